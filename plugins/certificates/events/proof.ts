/** Proofs of a request: digests, and comparisons in constant time. */

import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 in 64 hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

function isEqual(digest: Uint8Array, hex: string): boolean {
  return timingSafeEqual(digest, Buffer.from(hex, 'hex'));
}

/** True if the SHA-256 of a text is one of `hashes` (64 hex digits each). The time depends on their number alone. */
export function isKnownSecret(text: string, hashes: readonly string[]): boolean {
  const digest = hash('sha256', text, 'buffer');
  return hashes.map((each) => isEqual(digest, each)).includes(true);
}

const HEX_MAC = /^[0-9a-f]{64}$/u;

/** A signature over the exact bytes of a body: HMAC-SHA-256 of `<timestamp>.<body>`, 64 lower-case hex digits. */
export interface Signed {
  readonly timestamp: string;
  readonly body: Uint8Array;
  readonly signature: string;
}

/** True if one of the secrets made the signature. The time does not depend on which one. */
export function isSignedBy(secrets: readonly string[], { timestamp, body, signature }: Signed): boolean {
  if (!HEX_MAC.test(signature)) return false;
  return secrets
    .map((secret) => isEqual(createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest(), signature))
    .includes(true);
}
