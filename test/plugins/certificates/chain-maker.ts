/** Certificates of every kind for tests: with the given dates, constraints, purposes and strengths. */

import { type KeyObject, X509Certificate, generateKeyPairSync, randomBytes } from 'node:crypto';
import type * as X509Library from '@peculiar/x509';
import { DAY } from './support.ts';

// The library finds its parts through it, and does not load it by itself.
await import('reflect-metadata');
const x509: typeof X509Library = await import('@peculiar/x509');

export type KeyKind = 'p256' | 'rsa1024' | 'rsa2048';
export type Usage = 'serverAuth' | 'clientAuth';

export interface Wanted {
  readonly name: string;
  /** The signer; by default, the certificate signs itself. */
  readonly by?: MadeCertificate;
  /** Days from `now`, which can be negative. */
  readonly from?: number;
  readonly to?: number;
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** True if its key usage has keyCertSign, which is the default of an authority. */
  readonly certSign?: boolean;
  readonly usage?: Usage;
  readonly dnsNames?: readonly string[];
  /** The names that it is allowed to sign for. */
  readonly permitted?: string;
  readonly key?: KeyKind;
  /** The hash of its signature. */
  readonly hash?: 'SHA-256' | 'SHA-1';
  /** A certificate whose key it shares. */
  readonly like?: MadeCertificate;
}

export interface MadeCertificate {
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const DIRECTORY: Readonly<Record<KeyKind, { privateKey: KeyObject; publicKey: KeyObject }[]>> = {
  p256: [],
  rsa1024: [],
  rsa2048: [],
};

/** RSA keys are slow to create: a few of each kind serve all certificates. */
function keysOf(kind: KeyKind, index: number): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (kind === 'p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pool = DIRECTORY[kind];
  return (pool[index] ??= generateKeyPairSync('rsa', { modulusLength: kind === 'rsa1024' ? 1024 : 2048 }));
}

let made = 0;

/** `now` is epoch ms. */
export async function makeCertificate(wanted: Wanted, now: number): Promise<MadeCertificate> {
  const { name, by, from = -1, to = 90, ca = false, like, hash = 'SHA-256' } = wanted;
  made += 1;
  const keys = like ?? keysOf(wanted.key ?? 'p256', made % 4);
  const signer = by ?? keys;
  const isRsa = signer.privateKey.asymmetricKeyType === 'rsa';
  const algorithm = isRsa ? { name: 'RSASSA-PKCS1-v1_5', hash } : { name: 'ECDSA', namedCurve: 'P-256', hash };
  const certSign = wanted.certSign ?? ca;
  const usages =
    (certSign ? x509.KeyUsageFlags.keyCertSign : 0) |
    (ca ? x509.KeyUsageFlags.cRLSign : x509.KeyUsageFlags.digitalSignature);
  const second = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `4${randomBytes(8).toString('hex')}`,
    subject: `CN=${name}`,
    issuer: by === undefined ? `CN=${name}` : by.certificate.subject,
    notBefore: second(now + from * DAY),
    notAfter: second(now + to * DAY),
    publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
    signingKey: signer.privateKey.toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(ca, wanted.pathLength, true),
      new x509.KeyUsagesExtension(usages, true),
      ...(wanted.usage === undefined
        ? []
        : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[wanted.usage]])]),
      ...(wanted.dnsNames === undefined
        ? []
        : [new x509.SubjectAlternativeNameExtension(wanted.dnsNames.map((value) => ({ type: 'dns', value })))]),
      ...(wanted.permitted === undefined ? [] : [permitting(wanted.permitted)]),
    ],
  });
  const own = new X509Certificate(Buffer.from(certificate.rawData));
  return { certificate: own, pem: own.toString(), privateKey: keys.privateKey, publicKey: keys.publicKey };
}

/** Name constraints that permit one DNS name and those below it. */
function permitting(name: string): X509Library.Extension {
  const wrap = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, content.length]), content]);
  const base = wrap(0x30, wrap(0x82, Buffer.from(name)));
  return new x509.Extension('2.5.29.30', true, wrap(0x30, wrap(0xa0, base)));
}

export function keyPemOf({ privateKey }: MadeCertificate): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
