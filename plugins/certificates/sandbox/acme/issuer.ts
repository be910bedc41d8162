/** The keys of the emulated authority: an intermediate below two roots, the pair of its own HTTPS, and what it signs. */

import { type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyPem, type KeyPair, makeAuthority, makeKeys, makeLeaf } from '../../live/x509-make.ts';
import { readKey } from '../../live/x509-read.ts';

export interface AcmeIssuer {
  /** PEM of the anchor of its own HTTPS. */
  readonly serverCa: string;
  readonly serverPair: { readonly cert: string; readonly key: string };
  /** PEM of the roots. */
  readonly roots: readonly [string, string];
  /** A chain for each root, the leaf first: PEM. */
  readonly sign: (
    order: SignOrder,
  ) => Promise<{ readonly leaf: X509Certificate; readonly chains: readonly [string, string] }>;
}

export interface SignOrder {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly publicKey: KeyObject;
  readonly validitySeconds: number;
  /** Epoch ms. */
  readonly now: number;
}

const DAY_SECONDS = 86_400;
/** Authorities begin in the past, so that a test can set the clock back. */
const AGE_MS = 400 * DAY_SECONDS * 1000;

interface Made {
  readonly certificate: X509Certificate;
  readonly keys: KeyPair;
}

async function authority(commonName: string, now: number, above?: Made, keys?: KeyPair): Promise<Made> {
  const own = keys ?? (await makeKeys('ecdsa-p256'));
  const signer = above === undefined ? {} : { signer: { certificate: above.certificate, key: above.keys.privateKey } };
  return {
    certificate: await makeAuthority(commonName, own, now - AGE_MS, { below: above === undefined ? 1 : 0, ...signer }),
    keys: own,
  };
}

async function stored(folder: string, name: string, make: () => Promise<Made>): Promise<Made> {
  const [crt, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  try {
    const certificate = new X509Certificate(await readFile(crt));
    const read = readKey(await readFile(key, 'latin1'));
    if ('problem' in read) throw new Error(read.problem);
    return { certificate, keys: { privateKey: read.key, publicKey: certificate.publicKey } };
  } catch {
    const made = await make();
    await writeFile(crt, made.certificate.toString());
    await writeFile(key, keyPem(made.keys.privateKey), { mode: 0o600 });
    return made;
  }
}

/** Reads the authorities of a folder, or creates them. `host`: a name of the server. */
export async function openIssuer(folder: string, now: number, host?: string): Promise<AcmeIssuer> {
  await mkdir(folder, { recursive: true });
  const one = await stored(folder, 'root-1', () => authority('Sandbox ACME root 1', now));
  const two = await stored(folder, 'root-2', () => authority('Sandbox ACME root 2', now));
  const first = await stored(folder, 'intermediate', () => authority('Sandbox ACME intermediate', now, one));
  const second = await stored(folder, 'intermediate-2', () =>
    authority('Sandbox ACME intermediate', now, two, first.keys),
  );
  const server = await stored(folder, 'server-ca', () => authority('Sandbox ACME server', now));
  const keys = await makeKeys('ecdsa-p256');
  const own = await makeLeaf({
    dnsNames: ['localhost', ...(host === undefined ? [] : [host])],
    ipAddresses: ['127.0.0.1'],
    validityDays: 90,
    keys,
    signer: { certificate: server.certificate, key: server.keys.privateKey },
    now,
  });
  const signer = { certificate: first.certificate, key: first.keys.privateKey };
  return {
    serverCa: server.certificate.toString(),
    serverPair: { cert: own.toString(), key: keyPem(keys.privateKey) },
    roots: [one.certificate.toString(), two.certificate.toString()],
    sign: async ({ dnsNames, ipAddresses, publicKey, validitySeconds, now: at }) => {
      const leaf = await makeLeaf({
        dnsNames,
        ipAddresses,
        validityDays: validitySeconds / DAY_SECONDS,
        // Only a self-signed certificate needs the private key of its own.
        keys: { publicKey, privateKey: signer.key },
        signer,
        now: at,
      });
      const [a, b] = [first, second].map(({ certificate }) => leaf.toString() + certificate.toString());
      return { leaf, chains: [a ?? '', b ?? ''] };
    },
  };
}
