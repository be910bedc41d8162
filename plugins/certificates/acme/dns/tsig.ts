/** Signatures of DNS messages with a shared key: TSIG with HMAC (RFC 8945). */

import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type Answer,
  CLASSES,
  MessageError,
  nameBytes,
  recordBytes,
  type Signature,
  TYPES,
  u16,
  u32,
  u48,
} from './message.ts';

export const ALGORITHMS = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

export type TsigAlgorithm = (typeof ALGORITHMS)[number];

export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

/** Largest difference of the clocks, in seconds: as RFC 8945 recommends. */
const FUDGE = 300;

/** The variables that a signature covers in addition to the message (RFC 8945, 4.3.3). */
type Covered = Pick<Signature, 'keyName' | 'algorithm' | 'time' | 'fudge' | 'error' | 'other'>;

function coveredBytes({ keyName, algorithm, time, fudge, error, other }: Covered): Buffer {
  return Buffer.concat([
    nameBytes(keyName),
    u16(CLASSES.ANY),
    u32(0),
    nameBytes(algorithm),
    u48(time),
    u16(fudge),
    u16(error),
    u16(other.length),
    other,
  ]);
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(algorithm.replace('hmac-', ''), secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

export interface Signed {
  readonly message: Buffer;
  readonly mac: Buffer;
}

/** Signs a message. `now`: epoch ms. */
export function signMessage(message: Buffer, key: TsigKey, now: number): Signed {
  const none = Buffer.alloc(0);
  const time = Math.trunc(now / 1000);
  const covered: Covered = { keyName: key.name, algorithm: key.algorithm, time, fudge: FUDGE, error: 0, other: none };
  const mac = macOf(key, [message, coveredBytes(covered)]);
  const data = Buffer.concat([
    nameBytes(key.algorithm),
    u48(time),
    u16(FUDGE),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const record = recordBytes({ name: key.name, type: TYPES.TSIG, class: CLASSES.ANY, ttl: 0, data });
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return { message: signed, mac };
}

/** The answer as its server signed it: without the signature, and with the id of the question. */
function unsigned(bytes: Buffer, { at, originalId }: Signature, additional: number): Buffer {
  const message = Buffer.from(bytes.subarray(0, at));
  message.writeUInt16BE(originalId, 0);
  message.writeUInt16BE(additional - 1, 10);
  return message;
}

/**
 * Throws a MessageError unless the answer to a signed question has a valid signature of the same key. `bytes`: the whole
 * answer. `now`: epoch ms.
 */
export function checkSignature(bytes: Buffer, answer: Answer, key: TsigKey, asked: Signed, now: number): void {
  const { signature } = answer;
  if (signature === undefined) throw new MessageError('the answer is not signed');
  const isOwnKey = nameBytes(key.name).equals(nameBytes(signature.keyName)) && signature.algorithm === key.algorithm;
  if (!isOwnKey) throw new MessageError('the answer is signed with another key');
  const expected = macOf(key, [
    u16(asked.mac.length),
    asked.mac,
    unsigned(bytes, signature, answer.additional),
    coveredBytes(signature),
  ]);
  if (signature.mac.length !== expected.length || !timingSafeEqual(signature.mac, expected))
    throw new MessageError('the signature of the answer is not valid');
  if (Math.abs(Math.trunc(now / 1000) - signature.time) > FUDGE)
    throw new MessageError('the signature of the answer has another time than this machine');
}
