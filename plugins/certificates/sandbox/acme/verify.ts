/** Verifies what clients sign: requests (JWS, RFC 8555, 6.2), bindings of external accounts, and signing requests (PKCS #10). */

import { createHash, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { BITS, contextTag, INTEGER, OBJECT_ID, OCTETS, SEQUENCE, type Value, valuesOf } from '../../live/der.ts';
import { malformed, RefusalError } from './refusal.ts';

/** A key as JWK, with its canonical text (RFC 7638). */
export interface ClientKey {
  readonly key: KeyObject;
  readonly thumbprint: string;
}

export interface Jws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Buffer;
  readonly input: string;
  readonly signature: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;

const ALGORITHMS = ['ES256', 'ES384', 'RS256'];
/** Members of a key that its thumbprint covers, in their order. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] };

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} is not an object`);
  return value as Fields;
}

export function jsonOf(text: string, what: string): Fields {
  try {
    return fieldsOf(JSON.parse(text) as unknown, what);
  } catch {
    throw malformed(`${what} is not a JSON object`);
  }
}

function decoded(value: unknown, what: string): Buffer {
  if (typeof value !== 'string' || !/^[\w-]*$/u.test(value)) throw malformed(`${what} is not base64url`);
  return Buffer.from(value, 'base64url');
}

export function jwsOf(fields: Fields): Jws {
  if ('header' in fields || 'signatures' in fields) throw malformed('the JWS has unprotected parts');
  const header = jsonOf(decoded(fields['protected'], 'protected').toString(), 'the protected header');
  return {
    header,
    payload: decoded(fields['payload'], 'payload'),
    input: `${String(fields['protected'])}.${String(fields['payload'])}`,
    signature: decoded(fields['signature'], 'signature'),
  };
}

export function clientKeyOf(value: unknown): ClientKey {
  const jwk = fieldsOf(value, 'jwk');
  const members = MEMBERS[String(jwk['kty'])];
  if (members === undefined || 'd' in jwk)
    throw new RefusalError('badPublicKey', 400, 'the type of the key is not supported');
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if ((key.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048) throw new Error('short');
    const text = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
    return { key, thumbprint: createHash('sha256').update(text).digest('base64url') };
  } catch {
    throw new RefusalError('badPublicKey', 400, 'the key is not valid');
  }
}

export function verifyJws({ header, input, signature }: Jws, { key }: ClientKey): void {
  const { alg } = header;
  if (typeof alg !== 'string' || !ALGORITHMS.includes(alg))
    throw new RefusalError('badSignatureAlgorithm', 400, `the algorithm is not one of ${ALGORITHMS.join(', ')}`, {
      body: { algorithms: ALGORITHMS },
    });
  const isFitting = alg === 'RS256' ? key.asymmetricKeyType === 'rsa' : key.asymmetricKeyType === 'ec';
  const hash = alg === 'ES384' ? 'sha384' : 'sha256';
  const by = alg === 'RS256' ? key : ({ key, dsaEncoding: 'ieee-p1363' } as const);
  if (!isFitting || !verify(hash, Buffer.from(input), by, signature)) throw malformed('the signature is not valid');
}

/** Verifies the binding of an account's key to an external account. Returns the id of that account. */
export function verifyBinding(
  value: unknown,
  key: ClientKey,
  url: string,
  known: Readonly<Record<string, string>>,
): string {
  const { header, input, payload, signature } = jwsOf(fieldsOf(value, 'externalAccountBinding'));
  const { alg, kid } = header;
  const secret = typeof kid === 'string' && Object.hasOwn(known, kid) ? known[kid] : undefined;
  if (alg !== 'HS256' || header['url'] !== url)
    throw malformed('the header of the external account binding is not valid');
  if (secret === undefined || typeof kid !== 'string')
    throw new RefusalError('unauthorized', 403, 'the external account does not exist');
  const expected = createHmac('sha256', Buffer.from(secret, 'base64url')).update(input).digest();
  if (expected.length !== signature.length || !timingSafeEqual(expected, signature))
    throw new RefusalError('unauthorized', 403, 'the external account binding is not signed by its key');
  if (clientKeyOf(jsonOf(payload.toString(), 'the bound key')).thumbprint !== key.thumbprint)
    throw malformed('the external account binding is for another key');
  return kid;
}

export interface SigningRequest {
  readonly publicKey: KeyObject;
  readonly dnsNames: readonly string[];
  /** Addresses as bytes in hex. */
  readonly addresses: readonly string[];
}

/** 2.5.29.17 and 1.2.840.113549.1.9.14 */
const ALTERNATIVE_NAMES = '551d11';
const EXTENSION_REQUEST = '2a864886f70d01090e';
/** Hashes by signature algorithm: ecdsa-with-SHA256 and 384, sha256WithRSAEncryption, Ed25519. */
const HASHES: Readonly<Record<string, string | null>> = {
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a864886f70d01010b': 'sha256',
  '2b6570': null,
};

function inside(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : (valuesOf(value.content) ?? []);
}

/** The bytes of a value with its tag and length. */
function whole(within: Buffer, { content }: Value): Buffer {
  const end = content.byteOffset - within.byteOffset + content.length;
  // The tag and the length take at most six bytes.
  for (let begin = end - content.length - 2; begin >= 0; begin -= 1) {
    const bytes = within.subarray(begin, end);
    const [first, ...more] = valuesOf(bytes) ?? [];
    if (first !== undefined && more.length === 0 && first.content.length === content.length) return bytes;
  }
  return Buffer.alloc(0);
}

/** Reads a signing request (DER) and verifies that its key signed it. */
export function signingRequestOf(der: Buffer): SigningRequest {
  const refused = new RefusalError('badCSR', 400, 'the signing request is not valid');
  const parts = inside(valuesOf(der)?.[0]);
  const [info, algorithm, signature] = parts;
  const fields = inside(info);
  const spki = fields.filter(({ tag }) => tag === SEQUENCE)[1];
  const hash =
    HASHES[
      inside(algorithm)
        .find(({ tag }) => tag === OBJECT_ID)
        ?.content.toString('hex') ?? ''
    ];
  if (info === undefined || spki === undefined || signature?.tag !== BITS || hash === undefined) throw refused;
  if (fields[0]?.tag !== INTEGER) throw refused;
  try {
    const publicKey = createPublicKey({ key: whole(der, spki), format: 'der', type: 'spki' });
    if (!verify(hash, whole(der, info), publicKey, signature.content.subarray(1))) throw refused;
    const attributes = fields.find(({ tag }) => tag === contextTag(0, true));
    const request = inside(attributes).find((each) => inside(each)[0]?.content.toString('hex') === EXTENSION_REQUEST);
    const extensions = inside(inside(inside(request)[1])[0]);
    const names = extensions.find((each) => inside(each)[0]?.content.toString('hex') === ALTERNATIVE_NAMES);
    const octets = inside(names).find(({ tag }) => tag === OCTETS);
    const general = inside(inside(octets)[0]);
    return {
      publicKey,
      dnsNames: general
        .filter(({ tag }) => tag === contextTag(2, false))
        .map(({ content }) => content.toString('latin1')),
      addresses: general
        .filter(({ tag }) => tag === contextTag(7, false))
        .map(({ content }) => content.toString('hex')),
    };
  } catch {
    throw refused;
  }
}
