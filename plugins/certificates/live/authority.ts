/**
 * A certificate authority in a folder: reads, creates and removes it.
 *
 * Creation writes both files under pending names, then moves the key, then the certificate into place, and never
 * over an existing file. A key without a certificate, with a matching pending certificate, is an interrupted
 * creation: the authority counts as absent, and the next run completes the same authority.
 */

import type { X509Certificate } from 'node:crypto';
import { basename, join } from 'node:path';
import { withConstraints } from '../name-constraints.ts';
import { refusal } from '../refusal.ts';
import type { AuthoritySeen, NameConstraints } from '../world.ts';
import {
  closeKey,
  fileExists,
  makeFolder,
  moveNew,
  namesThere,
  readWhole,
  removeEmptyFolder,
  removeFile,
  setAside,
  syncFolder,
  writeNew,
} from './files.ts';
import { authoritiesFlaw } from './client-flaws.ts';
import { type Signer, canSign, keyPem, makeAuthority, makeKeys } from './x509-make.ts';
import { isPublicAuthority } from './public-trust.ts';
import { constraintsOf } from './x509-extensions.ts';
import { fingerprintOf, isKeyOf, isSignedBy, readChain, readKey, x509Seen } from './x509-read.ts';
import { defined } from '#plugin';

const CHAIN_LIMIT = 1_048_576;
const KEY_LIMIT = 65_536;

interface Places {
  readonly dir: string;
  readonly certificate: string;
  readonly key: string;
  readonly pendingCertificate: string;
  readonly pendingKey: string;
}

function placesOf(dir: string): Places {
  return {
    dir,
    certificate: join(dir, 'ca.crt'),
    key: join(dir, 'ca.key'),
    pendingCertificate: join(dir, 'ca.crt.pending'),
    pendingKey: join(dir, 'ca.key.pending'),
  };
}

interface Read {
  readonly seen: AuthoritySeen;
  /** The signing key and certificate, if usable. */
  readonly signer?: Signer;
  /** The certificate of the authority and the path to its root. */
  readonly chain: readonly X509Certificate[];
}

/** Set if a key exists whose certificate is still pending. */
async function isUnfinished(places: Places, keyText: string): Promise<boolean> {
  const pending = await readWhole(places.pendingCertificate, CHAIN_LIMIT);
  const key = readKey(keyText);
  if (pending.kind !== 'file' || !('key' in key)) return false;
  const [certificate] = readChain(pending.text).certificates;
  return certificate !== undefined && isKeyOf(key.key, certificate);
}

async function read(places: Places): Promise<Read> {
  const certificateFile = await readWhole(places.certificate, CHAIN_LIMIT);
  const keyFile = await readWhole(places.key, KEY_LIMIT);
  if (certificateFile.kind === 'missing') {
    if (keyFile.kind === 'missing') return { seen: { status: 'absent' }, chain: [] };
    if (keyFile.kind === 'file' && (await isUnfinished(places, keyFile.text)))
      return { seen: { status: 'absent' }, chain: [] };
  }
  const chain = certificateFile.kind === 'file' ? readChain(certificateFile.text) : undefined;
  const key = keyFile.kind === 'file' ? readKey(keyFile.text) : undefined;
  const chainUp = chainFrom(chain?.certificates ?? []);
  const [own] = chainUp;
  const certificate = own === undefined ? undefined : x509Seen(own);
  const problem =
    certificateFile.kind === 'missing'
      ? 'ca.crt is missing'
      : certificateFile.kind === 'other'
        ? `ca.crt is ${certificateFile.what}`
        : chain?.problem !== undefined
          ? `ca.crt ${chain.problem}`
          : keyFile.kind === 'missing'
            ? 'ca.key is missing'
            : keyFile.kind === 'other'
              ? `ca.key is ${keyFile.what}`
              : key !== undefined && 'problem' in key
                ? `ca.key ${key.problem}`
                : own === undefined || key === undefined || !isKeyOf(key.key, own)
                  ? 'ca.key does not belong to ca.crt'
                  : !canSign(key.key)
                    ? 'ca.key is of a type that cannot sign here'
                    : authoritiesFlaw(chainUp);
  const leftovers = namesThere([places.pendingKey, places.pendingCertificate]).map((path) => basename(path));
  const nameConstraints = chainUp
    .map((each) => constraintsOf(each).dns)
    .reduce<NameConstraints | undefined>(withConstraints, undefined);
  return {
    seen: defined({
      status: 'seen',
      leftovers,
      above: chainUp.slice(1).map(x509Seen),
      problem,
      certificate,
      public_trust: isPublicAuthority(chainUp) ? (true as const) : undefined,
      name_constraints: nameConstraints,
      keyFile: keyFile.kind === 'file' ? keyFile.stat : undefined,
    }),
    chain: chainUp,
    ...(problem === undefined && own !== undefined && key !== undefined && 'key' in key
      ? { signer: { certificate: own, key: key.key } }
      : {}),
  };
}

/** The chain after the first certificate, each signed by the next; other certificates are left out. */
function chainFrom(certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (const certificate of certificates) {
    const last = chain.at(-1);
    if (last === undefined || isSignedBy(last, certificate)) chain.push(certificate);
  }
  return chain;
}

/** Throws a StorageError if the files cannot be read. */
export async function readAuthority(dir: string): Promise<AuthoritySeen> {
  return (await read(placesOf(dir))).seen;
}

/** The signer of this authority, and its chain. Throws if it cannot sign, or is not the expected authority. */
export async function openAuthority(
  dir: string,
  expected: string | undefined,
): Promise<{ readonly signer: Signer; readonly chain: readonly X509Certificate[] }> {
  const { seen, signer, chain } = await read(placesOf(dir));
  if (seen.status === 'absent') throw new Error(`the folder ${dir} contains no authority`);
  if (signer === undefined) throw new Error(`the authority in ${dir} cannot sign: ${seen.problem ?? 'unknown'}`);
  const fingerprint = fingerprintOf(signer.certificate);
  if (expected !== undefined && expected !== fingerprint)
    throw new Error(`the authority in ${dir} is ${fingerprint}, not ${expected}`);
  return { signer, chain };
}

async function finish(places: Places): Promise<void> {
  await moveNew(places.pendingCertificate, places.certificate);
  if (await removeFile(places.pendingKey)) await syncFolder(places.dir);
}

/** Creates or completes an authority and returns its fingerprint. Throws if another file is in its place. */
export async function createAuthority(
  dir: string,
  commonName: string,
  now: number,
  untouched = false,
): Promise<string> {
  const places = placesOf(dir);
  const { seen } = await read(places);
  const [there] = untouched ? namesThere([places.key, places.pendingKey, places.pendingCertificate]) : [];
  if (there !== undefined) throw new Error(refusal(there));
  if (seen.status === 'seen') throw new Error(refusal(dir, 'already contains a file'));
  if (await fileExists(places.key)) {
    await finish(places);
  } else {
    await makeFolder(dir);
    await removeFile(places.pendingKey);
    await removeFile(places.pendingCertificate);
    const keys = await makeKeys('ecdsa-p256');
    const certificate = await makeAuthority(commonName, keys, now);
    await writeNew(places.pendingKey, keyPem(keys.privateKey), { mode: 0o600 });
    await writeNew(places.pendingCertificate, certificate.toString(), { mode: 0o644 });
    await syncFolder(dir);
    await moveNew(places.pendingKey, places.key);
    await finish(places);
  }
  const { signer } = await openAuthority(dir, undefined);
  return fingerprintOf(signer.certificate);
}

/** Sets the mode of the key and removes leftovers of an interrupted creation. The authority itself is unchanged. */
export async function tidyAuthority(dir: string, untouched = false): Promise<void> {
  const places = placesOf(dir);
  await closeKey(places.key, KEY_LIMIT, (text) => {
    const key = readKey(text);
    if ('problem' in key) throw new Error(`${places.key} ${key.problem}`);
  });
  if (untouched) return;
  for (const path of [places.pendingKey, places.pendingCertificate]) if (await removeFile(path)) await syncFolder(dir);
}

/**
 * Removes an authority: pending files, then the key, then the certificate. An interrupted removal leaves a
 * certificate without a key, which cannot sign and is reported as broken, so that the next run removes the rest.
 */
export async function deleteAuthority(
  dir: string,
  { fingerprint, keep }: { readonly fingerprint?: string; readonly keep: boolean },
): Promise<void> {
  const places = placesOf(dir);
  const { seen } = await read(places);
  const found = seen.status === 'seen' ? seen.certificate?.fingerprint : undefined;
  if (found !== fingerprint) throw new Error(`the authority in ${dir} has changed since the plan was created`);
  if (keep) {
    for (const path of namesThere([places.key, places.certificate])) {
      await setAside(path);
      await removeFile(path);
    }
    await syncFolder(dir);
    return;
  }
  let removed = false;
  for (const path of [places.pendingKey, places.pendingCertificate, places.key, places.certificate]) {
    if (!(await removeFile(path))) continue;
    removed = true;
    await syncFolder(dir);
  }
  if (removed) await removeEmptyFolder(dir);
}
