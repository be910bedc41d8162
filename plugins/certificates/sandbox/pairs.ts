/** The files of the sandbox: authorities, and pairs that were issued manually in the past. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Signer, keyPem, makeAuthority, makeKeys, makeLeaf } from '../live/x509-make.ts';
import { defined } from '#plugin';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const VALIDITY_DAYS = 90;
/** Start of validity, early enough for expired certificates. */
const AUTHORITY_AGE_MS = 400 * DAY_MS;

/** A pair that exists from the start. */
export interface PairOrder {
  /** Folder and name of its files: `tls/good` is `tls/good.crt` and `tls/good.key`. */
  readonly path: string;
  readonly host: string;
  readonly daysLeft: number;
  readonly issuer: 'ca' | 'inner';
}

interface Authority extends Signer {
  /** PEM of its certificate and of the path to its root. */
  readonly chain: string;
}

/** Writes `DIR/ca.crt` and `DIR/ca.key`. */
async function authority(
  folder: string,
  dir: string,
  commonName: string,
  now: number,
  above?: Authority,
  below = 0,
): Promise<Authority> {
  const keys = await makeKeys('ecdsa-p256');
  const made = await makeAuthority(commonName, keys, now - AUTHORITY_AGE_MS, defined({ below, signer: above }));
  const chain = made.toString() + (above?.chain ?? '');
  await mkdir(join(folder, dir), { recursive: true });
  await writeFile(join(folder, dir, 'ca.key'), keyPem(keys.privateKey), { mode: 0o600 });
  await writeFile(join(folder, dir, 'ca.crt'), chain);
  return { certificate: made, key: keys.privateKey, chain };
}

async function pair(folder: string, order: PairOrder, signer: Authority, now: number): Promise<void> {
  const { path, host, daysLeft } = order;
  const own = await makeKeys('ecdsa-p256');
  const leaf = await makeLeaf({
    dnsNames: [host],
    validityDays: VALIDITY_DAYS,
    keys: own,
    signer,
    // An extra hour on either side keeps the number of whole days stable for a while.
    now: now - (VALIDITY_DAYS - daysLeft) * DAY_MS + Math.sign(daysLeft) * HOUR_MS,
  });
  await writeFile(join(folder, `${path}.key`), keyPem(own.privateKey), { mode: 0o600 });
  await writeFile(join(folder, `${path}.crt`), leaf.toString() + signer.chain);
}

/** Creates an authority `ca`, one below a root of its own (`inner`, `root-ca`), and the pairs that they signed. */
export async function makeFiles(folder: string, orders: readonly PairOrder[], now: number): Promise<void> {
  const ca = await authority(folder, 'ca', 'Sandbox CA', now);
  const root = await authority(folder, 'root-ca', 'Sandbox root', now, undefined, 1);
  const inner = await authority(folder, 'inner', 'Sandbox intermediate', now, root);
  await mkdir(join(folder, 'tls'));
  await mkdir(join(folder, 'before'));
  for (const order of orders) await pair(folder, order, order.issuer === 'ca' ? ca : inner, now);
}
