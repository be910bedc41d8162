/** X.509 certificates as we make them: authorities of our own, and server certificates that one of them or their own key signs. */

import { type KeyObject, X509Certificate, generateKeyPair, hash, randomBytes, sign as signWith } from 'node:crypto';
import { promisify } from 'node:util';
import { DAY_MS } from '../days.ts';
import type { KeyAlgorithm } from '../world.ts';
import {
  BITS,
  BOOLEAN,
  GENERALIZED_TIME,
  INTEGER,
  OCTETS,
  SEQUENCE,
  SET,
  UTC_TIME,
  UTF8_TEXT,
  contextTag,
  namedBits,
  objectId,
  value,
  valuesOf,
} from './der.ts';
import { subjectKeyId, subjectOf } from './x509-extensions.ts';
import { keyAlgorithmOf } from './x509-read.ts';

const generate = promisify(generateKeyPair);

/** Not in the way of anything else that runs: a signature of a large RSA key takes milliseconds. */
function signData(algorithm: string | undefined, data: Buffer, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signWith(algorithm ?? null, data, key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
  });
}

/** Certificates begin a little in the past: the clocks of their clients may be behind ours. */
const CLOCK_SKEW_MS = 5 * 60_000;
const AUTHORITY_DAYS = 3650;
/** The longest common name that X.509 allows. */
const MAX_COMMON_NAME = 64;

/** A private key with its public key. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What signs: its key, and its certificate. */
export interface Signer {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

export interface LeafOrder {
  readonly dnsNames: readonly string[];
  readonly validityDays: number;
  readonly keys: KeyPair;
  /** Without one, the certificate signs itself. */
  readonly signer?: Signer;
  /** Without a common name: where its authority may sign some subjects only, none is always allowed (RFC 5280, 4.2.1.10). */
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

/** How a key signs: its hash, and its algorithm as certificates name it. */
interface Signing {
  /** Absent where the algorithm has one of its own. */
  readonly hash?: string;
  readonly algorithm: Buffer;
}

const NULL = Buffer.from([0x05, 0x00]);

/** How keys of a kind sign, with a hash as strong as the key (RFC 5758, 3.2; RFC 4055, 5; RFC 8410, 3). */
const SIGNING: Readonly<Record<string, Signing>> = {
  'ecdsa-p256': { hash: 'sha256', algorithm: value(SEQUENCE, objectId('1.2.840.10045.4.3.2')) },
  'ecdsa-p384': { hash: 'sha384', algorithm: value(SEQUENCE, objectId('1.2.840.10045.4.3.3')) },
  'ecdsa-p521': { hash: 'sha512', algorithm: value(SEQUENCE, objectId('1.2.840.10045.4.3.4')) },
  rsa: { hash: 'sha256', algorithm: value(SEQUENCE, objectId('1.2.840.113549.1.1.11'), NULL) },
  ed25519: { algorithm: value(SEQUENCE, objectId('1.3.101.112')) },
};

function signingOf(key: KeyObject): Signing {
  const algorithm = keyAlgorithmOf(key);
  const signing = SIGNING[algorithm.startsWith('rsa-') && !algorithm.startsWith('rsa-pss') ? 'rsa' : algorithm];
  if (signing === undefined) throw new Error(`a key of the type ${algorithm} cannot sign certificates here`);
  return signing;
}

/** Whether a key is of a type that can sign here. */
export function canSign(key: KeyObject): boolean {
  try {
    signingOf(key);
    return true;
  } catch {
    return false;
  }
}

/** A positive number of 127 bits, never with leading zeros. */
function randomSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return value(INTEGER, bytes);
}

/** Dates of certificates have no fractions of seconds. */
const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** A time: in two digits of the year until 2049, in four from then on (RFC 5280, 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-T:]/gu, '')}Z`;
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? value(UTC_TIME, Buffer.from(digits.slice(2), 'latin1'))
    : value(GENERALIZED_TIME, Buffer.from(digits, 'latin1'));
}

/** A distinguished name of a common name alone, or of nothing. */
function nameOf(commonName: string | undefined): Buffer {
  if (commonName === undefined) return value(SEQUENCE);
  const part = value(SEQUENCE, objectId('2.5.4.3'), value(UTF8_TEXT, Buffer.from(commonName, 'utf8')));
  return value(SEQUENCE, value(SET, part));
}

function extension(id: string, isCritical: boolean, content: Buffer): Buffer {
  const critical = isCritical ? [value(BOOLEAN, Buffer.from([0xff]))] : [];
  return value(SEQUENCE, objectId(id), ...critical, value(OCTETS, content));
}

/** Whether a certificate is an authority's, and how many others may stand below it (RFC 5280, 4.2.1.9). */
function basicConstraints(below: number | undefined): Buffer {
  const parts = below === undefined ? [] : [value(BOOLEAN, Buffer.from([0xff])), value(INTEGER, Buffer.from([below]))];
  return extension('2.5.29.19', true, value(SEQUENCE, ...parts));
}

/** RFC 5280, 4.2.1.3. */
const USAGE = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

function keyUsage(...uses: readonly (keyof typeof USAGE)[]): Buffer {
  return extension('2.5.29.15', true, namedBits(...uses.map((use) => USAGE[use])));
}

/** For the servers of TLS, and nothing else (RFC 5280, 4.2.1.12). */
const SERVER_AUTH = extension('2.5.29.37', false, value(SEQUENCE, objectId('1.3.6.1.5.5.7.3.1')));

/** DNS names (RFC 5280, 4.2.1.6). Throws where one is not ASCII: nothing else is a DNS name there. */
function alternativeNames(names: readonly string[], isCritical: boolean): Buffer {
  const each = names.map((name) => {
    // oxlint-disable-next-line no-control-regex
    if (!/^[\u0021-\u007e]+$/u.test(name)) throw new Error('a DNS name of a certificate has letters of ASCII alone');
    return value(contextTag(2, false), Buffer.from(name.toLowerCase(), 'latin1'));
  });
  return extension('2.5.29.17', isCritical, value(SEQUENCE, ...each));
}

/** What a public key is known by: SHA-1 of its bits (RFC 5280, 4.2.1.2, method 1). */
function keyIdOf(spki: Buffer): Buffer {
  const [whole] = valuesOf(spki) ?? [];
  const bits = whole === undefined ? undefined : valuesOf(whole.content)?.find(({ tag }) => tag === BITS);
  if (bits === undefined) throw new Error('a public key without its bits');
  // The first byte counts the bits that are not used.
  return hash('sha1', bits.content.subarray(1), 'buffer');
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

interface Draft {
  readonly subject: string | undefined;
  readonly keys: KeyPair;
  readonly signer: Signer | undefined;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Buffer[];
}

/** Name and key of what signs. Names are compared byte by byte: an authority's own encoding of its subject is taken over. */
function issuerOf(signer: Signer): { readonly name: Buffer; readonly keyId: Buffer } {
  const name = subjectOf(signer.certificate);
  if (name === undefined) throw new Error('the certificate of the authority has no subject');
  return { name, keyId: subjectKeyId(signer.certificate) ?? keyIdOf(spkiOf(signer.certificate.publicKey)) };
}

/** A certificate of version 3 (RFC 5280, 4.1). */
async function sign({ subject, keys, signer, notBefore, notAfter, extensions }: Draft): Promise<X509Certificate> {
  const spki = spkiOf(keys.publicKey);
  const name = nameOf(subject);
  const keyId = keyIdOf(spki);
  const issuer = signer === undefined ? { name, keyId } : issuerOf(signer);
  const key = signer?.key ?? keys.privateKey;
  const signing = signingOf(key);
  const all = [
    ...extensions,
    extension('2.5.29.14', false, value(OCTETS, keyId)),
    extension('2.5.29.35', false, value(SEQUENCE, value(contextTag(0, false), issuer.keyId))),
  ];
  const signed = value(
    SEQUENCE,
    value(contextTag(0, true), value(INTEGER, Buffer.from([2]))),
    randomSerial(),
    signing.algorithm,
    issuer.name,
    value(SEQUENCE, time(notBefore), time(notAfter)),
    name,
    spki,
    value(contextTag(3, true), value(SEQUENCE, ...all)),
  );
  const signature = await signData(signing.hash, signed, key);
  return new X509Certificate(value(SEQUENCE, signed, signing.algorithm, value(BITS, Buffer.from([0]), signature)));
}

/**
 * A new authority: it signs certificates of servers, and no other authorities but `below` so many steps down. Without a
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
    notBefore: wholeSecond(now - CLOCK_SKEW_MS),
    notAfter: wholeSecond(now + AUTHORITY_DAYS * DAY_MS),
    extensions: [basicConstraints(below), keyUsage('keyCertSign', 'cRLSign')],
  });
}

/** A server certificate. It never outlives its authority, for no client would accept it then. */
export async function makeLeaf(order: LeafOrder): Promise<X509Certificate> {
  const [first = ''] = order.dnsNames;
  const commonName = first.length <= MAX_COMMON_NAME && order.bare !== true ? first : undefined;
  const authority = order.signer?.certificate;
  const begins = order.now - CLOCK_SKEW_MS;
  const ends = order.now + order.validityDays * DAY_MS;
  const isRsa = order.keys.publicKey.asymmetricKeyType === 'rsa';
  return sign({
    subject: commonName,
    keys: order.keys,
    signer: order.signer,
    notBefore: wholeSecond(authority === undefined ? begins : Math.max(begins, authority.validFromDate.getTime())),
    notAfter: wholeSecond(authority === undefined ? ends : Math.min(ends, authority.validToDate.getTime())),
    extensions: [
      basicConstraints(undefined),
      // RSA key exchange, where an old client still asks for it, encrypts to the key.
      isRsa ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature'),
      SERVER_AUTH,
      // Without a subject, the names are all that identifies it: then clients have to understand them.
      alternativeNames(order.dnsNames, commonName === undefined),
    ],
  });
}
