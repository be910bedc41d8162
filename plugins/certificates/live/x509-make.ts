/**
 * Creates X.509 certificates: an authority, and server certificates that an authority or their
 * own key signs. The library is loaded for the first certificate, because loading it takes longer than a plan.
 */

import { type KeyObject, X509Certificate, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type * as X509Library from '@peculiar/x509';
import { properDatesOf } from '#plugin/certificate-dates';
import { DAY_MS } from '../days.ts';
import { plainAddress, USAGE_IDS, type Usage, usagesOf } from '../declared.ts';
import type { KeyAlgorithm } from '../world.ts';
import { keyAlgorithmOf } from './x509-read.ts';

const generate = promisify(generateKeyPair);

/** Certificates start a little in the past, because clocks of clients may be late. */
const CLOCK_SKEW_MS = 5 * 60_000;
const AUTHORITY_DAYS = 3650;
/** The longest common name that X.509 allows. */
const MAX_COMMON_NAME = 64;

/** A private key with its public key. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A signer: its key, its certificate, and those above. */
export interface Signer {
  readonly certificate: X509Certificate;
  readonly above?: readonly X509Certificate[];
  readonly key: KeyObject;
}

export interface LeafOrder {
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** By default, the certificate is for TLS servers; an empty list allows every use. */
  readonly usages?: readonly Usage[];
  readonly validityDays: number;
  readonly keys: KeyPair;
  /** Absent for a self-signed certificate. */
  readonly signer?: Signer;
  /** Omits the common name: an empty subject satisfies every constraint of an authority (RFC 5280, 4.2.1.10). */
  readonly bare?: boolean;
  /** Epoch ms. */
  readonly now: number;
}

export async function makeKeys(algorithm: KeyAlgorithm): Promise<KeyPair> {
  switch (algorithm) {
    case 'ecdsa-p256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ecdsa-p384':
      return generate('ec', { namedCurve: 'P-384' });
    case 'rsa-2048':
      return generate('rsa', { modulusLength: 2048 });
    case 'rsa-4096':
      return generate('rsa', { modulusLength: 4096 });
    case 'ed25519':
      return generate('ed25519');
  }
}

/** PKCS#8, PEM. */
export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

type Library = typeof X509Library;

async function library(): Promise<Library> {
  // The library needs this module and does not load it by itself.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

type KeyAlgorithmName = Parameters<KeyObject['toCryptoKey']>[0];

interface Signing {
  readonly key: KeyAlgorithmName;
  readonly signature: { readonly name: string; readonly hash?: string };
}

/** The signature algorithm of a type of key, with a hash of matching strength. */
const SIGNING: Readonly<Record<string, Signing>> = {
  'ecdsa-p256': { key: { name: 'ECDSA', namedCurve: 'P-256' }, signature: { name: 'ECDSA', hash: 'SHA-256' } },
  'ecdsa-p384': { key: { name: 'ECDSA', namedCurve: 'P-384' }, signature: { name: 'ECDSA', hash: 'SHA-384' } },
  'ecdsa-p521': { key: { name: 'ECDSA', namedCurve: 'P-521' }, signature: { name: 'ECDSA', hash: 'SHA-512' } },
  rsa: {
    key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    signature: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
  ed25519: { key: { name: 'Ed25519' }, signature: { name: 'Ed25519' } },
};

function signingOf(key: KeyObject): Signing {
  const algorithm = keyAlgorithmOf(key);
  const signing = SIGNING[algorithm.startsWith('rsa-') && !algorithm.startsWith('rsa-pss') ? 'rsa' : algorithm];
  if (signing === undefined) throw new Error(`a key of the type ${algorithm} cannot sign certificates here`);
  return signing;
}

/** Reports whether a key has a supported type. */
export function canSign(key: KeyObject): boolean {
  try {
    signingOf(key);
    return true;
  } catch {
    return false;
  }
}

/** A positive number of 127 bits, never with leading zeros: hex digits. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** Dates of certificates have no fractions of seconds. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

interface Draft {
  readonly subject: string | undefined;
  readonly keys: KeyPair;
  readonly signer: Signer | undefined;
  readonly not_before: number;
  readonly not_after: number;
  readonly extensions: (x509: Library) => InstanceType<Library['Extension']>[];
}

/** The signer's part of every certificate. */
interface Signed {
  readonly name: InstanceType<Library['Name']>;
  /** Hex digits. */
  readonly keyId: string;
  readonly key: ReturnType<KeyObject['toCryptoKey']>;
  readonly algorithm: Signing['signature'];
}

/** Cached by key, because an authority signs many certificates. */
const signers = new WeakMap<KeyObject, Promise<Signed>>();

async function signedBy({ certificate, key }: Signer, x509: Library): Promise<Signed> {
  // Issuer names are compared byte by byte, so the authority's encoding of its subject is copied.
  const authority = new x509.X509Certificate(certificate.raw);
  const keyId =
    authority.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId ??
    (await x509.SubjectKeyIdentifierExtension.create(authority.publicKey)).keyId;
  return { name: authority.subjectName, keyId, ...signingKey(key) };
}

function signingKey(key: KeyObject): Pick<Signed, 'key' | 'algorithm'> {
  const signing = signingOf(key);
  return { key: key.toCryptoKey(signing.key, false, ['sign']), algorithm: signing.signature };
}

function knownSigner(signer: Signer, x509: Library): Promise<Signed> {
  const known = signers.get(signer.key) ?? signedBy(signer, x509);
  signers.set(signer.key, known);
  return known;
}

async function sign(draft: Draft): Promise<X509Certificate> {
  const x509 = await library();
  const { keys, signer } = draft;
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const subject = new x509.Name(draft.subject === undefined ? [] : [{ CN: [{ utf8String: draft.subject }] }]);
  const subjectKeyId = await x509.SubjectKeyIdentifierExtension.create(spki);
  const by: Signed =
    signer === undefined
      ? { name: subject, keyId: subjectKeyId.keyId, ...signingKey(keys.privateKey) }
      : await knownSigner(signer, x509);
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject,
    issuer: by.name,
    notBefore: new Date(draft.not_before),
    notAfter: new Date(draft.not_after),
    publicKey: spki,
    signingKey: by.key,
    signingAlgorithm: by.algorithm,
    extensions: [...draft.extensions(x509), subjectKeyId, new x509.AuthorityKeyIdentifierExtension(by.keyId)],
  });
  return new X509Certificate(Buffer.from(made.rawData));
}

/**
 * Creates an authority, which signs server certificates, and other authorities at most `below` levels down. Without a
 * signer it is a root.
 */
export async function makeAuthority(
  commonName: string,
  keys: KeyPair,
  now: number,
  { signer, below = 0 }: { readonly signer?: Signer; readonly below?: number } = {},
): Promise<X509Certificate> {
  return sign({
    subject: commonName,
    keys,
    signer,
    not_before: wholeSecond(now - CLOCK_SKEW_MS),
    not_after: wholeSecond(now + AUTHORITY_DAYS * DAY_MS),
    extensions: (x509) => [
      new x509.BasicConstraintsExtension(true, below, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
}

/** A DNS name as certificates have it. Other characters would be encoded in a form that clients do not compare with the host name. */
function asciiName(name: string): string {
  if (/^[\x21-\x7e]+$/u.test(name)) return name.toLowerCase();
  throw new Error('DNS names in certificates are limited to ASCII; use Punycode for other characters');
}

/** Creates a server certificate, which ends with its authorities at the latest; clients refuse it after that. */
export async function makeLeaf(order: LeafOrder): Promise<X509Certificate> {
  const dnsNames = order.dnsNames.map(asciiName);
  const [first] = order.dnsNames;
  const commonName = first !== undefined && first.length <= MAX_COMMON_NAME && order.bare !== true ? first : undefined;
  const usages = usagesOf(order.usages === undefined ? {} : { usages: order.usages });
  const { signer } = order;
  const authorities = signer === undefined ? [] : [signer.certificate, ...(signer.above ?? [])];
  const dates = authorities.map(properDatesOf);
  const begins = order.now - CLOCK_SKEW_MS;
  const ends = order.now + order.validityDays * DAY_MS;
  const isRsa = order.keys.publicKey.asymmetricKeyType === 'rsa';
  return sign({
    subject: commonName,
    keys: order.keys,
    signer,
    not_before: wholeSecond(Math.max(begins, ...dates.map(({ notBefore }) => notBefore))),
    not_after: wholeSecond(Math.min(ends, ...dates.map(({ notAfter }) => notAfter))),
    extensions: (x509) => [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        // RSA key exchange, for old clients, encrypts with the key.
        x509.KeyUsageFlags.digitalSignature | (isRsa ? x509.KeyUsageFlags.keyEncipherment : 0),
        true,
      ),
      ...(usages.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(usages.map((each) => USAGE_IDS[each]))]),
      // Without a subject, only the names identify the server, so the extension is critical.
      new x509.SubjectAlternativeNameExtension(
        [
          ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ...(order.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value: plainAddress(value) })),
        ],
        commonName === undefined,
      ),
    ],
  });
}

/** The names and the key of a certificate that another authority signs. */
export interface RequestOrder {
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly keys: KeyPair;
  /** Puts the first name into the subject, if X.509 allows its length. */
  readonly commonName?: boolean;
}

/** Creates a certificate signing request (PKCS #10, DER). */
export async function makeRequest({
  dnsNames,
  ipAddresses = [],
  keys,
  commonName = false,
}: RequestOrder): Promise<Buffer> {
  const x509 = await library();
  const names = dnsNames.map(asciiName);
  const subject = commonName ? [...names, ...ipAddresses].find((name) => name.length <= MAX_COMMON_NAME) : undefined;
  const { key, signature } = signingOf(keys.privateKey);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(subject === undefined ? [] : [{ CN: [{ utf8String: subject }] }]),
    keys: {
      privateKey: keys.privateKey.toCryptoKey(key, false, ['sign']),
      publicKey: keys.publicKey.toCryptoKey(key, true, ['verify']),
    },
    signingAlgorithm: signature,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...ipAddresses.map((value) => ({ type: 'ip' as const, value: plainAddress(value) })),
      ]),
    ],
  });
  return Buffer.from(made.rawData);
}
