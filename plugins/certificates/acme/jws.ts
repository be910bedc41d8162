/** Signatures of ACME requests (RFC 8555, 6.2), the binding of external accounts, and account keys as JWK. */

import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { InputError, type Json } from '#plugin';
import { keyAlgorithmOf, readKey } from '../live/x509-read.ts';

export type PublicJwk = Readonly<Record<string, string>>;

/** The private key of an account. */
export interface AccountKey {
  readonly key: KeyObject;
  /** The public key. */
  readonly jwk: PublicJwk;
  readonly algorithm: string;
  /** SHA-256 of the public key (RFC 7638), in base64url. */
  readonly thumbprint: string;
}

/** The credentials by which an account is bound to one at the authority outside ACME (RFC 8555, 7.3.4). */
export interface ExternalAccount {
  readonly kid: string;
  /** base64url. */
  readonly hmacKey: string;
}

type Header = {
  readonly alg: string;
  readonly url: string;
  readonly nonce?: string;
  readonly kid?: string;
  readonly jwk?: PublicJwk;
};

/** Signature algorithms by key algorithm (RFC 7518, 3.1; RFC 8037, 3.1). */
const ALGORITHMS: Readonly<Record<string, string>> = {
  'ecdsa-p256': 'ES256',
  'ecdsa-p384': 'ES384',
  ed25519: 'EdDSA',
};
const LEAST_RSA_BITS = 2048;
/** Least length of the key that binds an external account, in bytes. */
const LEAST_HMAC_BYTES = 16;

function algorithmFor(key: KeyObject): string | undefined {
  const name = keyAlgorithmOf(key);
  const bits = /^rsa-(\d+)$/u.exec(name)?.[1];
  return bits === undefined ? ALGORITHMS[name] : Number(bits) >= LEAST_RSA_BITS ? 'RS256' : undefined;
}

/** The key as an account's key. Throws an InputError for a key that ACME servers do not accept. */
export async function accountKeyOf(key: KeyObject): Promise<AccountKey> {
  const algorithm = algorithmFor(key);
  if (algorithm === undefined)
    throw new InputError(
      `an account key must be ECDSA P-256, P-384, Ed25519, or RSA of at least ${LEAST_RSA_BITS} bits, not ${keyAlgorithmOf(key)}`,
    );
  const { calculateJwkThumbprint } = await import('jose');
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as PublicJwk;
  return { key, jwk, algorithm, thumbprint: await calculateJwkThumbprint(jwk) };
}

/** A private key in JSON (RFC 7517), as certbot stores it. Faults contain nothing of the text. */
function readJwk(text: string): ReturnType<typeof readKey> {
  try {
    return { key: createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' }) };
  } catch {
    return { problem: 'has a JSON Web Key that cannot be parsed', code: 'damaged' };
  }
}

/** Reads the key of an account: PEM, or a JSON Web Key. Throws an InputError, whose message has the path and nothing of the text. */
export async function readAccountKey(text: string, path: string): Promise<AccountKey> {
  const read = text.trimStart().startsWith('{') ? readJwk(text) : readKey(text);
  if ('problem' in read)
    throw new InputError(
      `the key of the account, ${path}, ${read.problem}. Write a private key in PEM without a password, or a JSON Web Key`,
    );
  return accountKeyOf(read.key);
}

async function sign(payload: string, header: Header, key: KeyObject | Uint8Array): Promise<Json> {
  const { FlattenedSign } = await import('jose');
  const {
    payload: text,
    protected: head = '',
    signature,
  } = await new FlattenedSign(Buffer.from(payload)).setProtectedHeader(header).sign(key);
  return { protected: head, payload: text, signature };
}

/** Signs a payload; undefined is the empty text of a POST-as-GET. `kid`: URL of the account; without it, the key is sent. */
export function signed(
  payload: Json | undefined,
  { key, jwk, algorithm }: AccountKey,
  header: { readonly url: string; readonly nonce?: string; readonly kid?: string },
): Promise<Json> {
  const by = header.kid === undefined ? { jwk } : {};
  return sign(payload === undefined ? '' : JSON.stringify(payload), { alg: algorithm, ...header, ...by }, key);
}

/** The binding of an account's key to an external account. Throws an InputError for a key that is not valid. */
export async function bound({ jwk }: AccountKey, { kid, hmacKey }: ExternalAccount, url: string): Promise<Json> {
  const bytes = Buffer.from(hmacKey, 'base64url');
  if (!/^[\w-]+=*$/u.test(hmacKey) || bytes.length < LEAST_HMAC_BYTES)
    throw new InputError(
      `the key of the external account ${kid} is not base64url of at least ${LEAST_HMAC_BYTES} bytes. Set the environment variable that its \`hmacKey\` names (ACME_EAB_KEY by default) to the key that the authority gave`,
    );
  return sign(JSON.stringify(jwk), { alg: 'HS256', kid, url }, bytes);
}

/** The text that proves control of a name: the content of the file of http-01. */
export function keyAuthorization(token: string, { thumbprint }: Pick<AccountKey, 'thumbprint'>): string {
  return `${token}.${thumbprint}`;
}

/** The value of the TXT record of dns-01. */
export function dnsDigest(authorization: string): string {
  return hash('sha256', authorization, 'base64url');
}
