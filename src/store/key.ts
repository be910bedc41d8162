/** The store's key: compares secrets without keeping them, and is never part of the log. */

import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorCode } from './errors.ts';
import { keyFile } from './layout.ts';

/** A new key as the text of its file: it must not be guessable, so its randomness is always the system's. */
export function newKeyText(): string {
  return `${randomBytes(32).toString('hex')}\n`;
}

/** Undefined where the text is no key. */
export function parseKey(text: string): Buffer | undefined {
  return /^[0-9a-f]{64}\n$/u.test(text) ? Buffer.from(text.trimEnd(), 'hex') : undefined;
}

export async function readKey(folder: string): Promise<Buffer | 'missing' | 'malformed'> {
  try {
    return parseKey(await readFile(keyFile(folder), 'latin1')) ?? 'malformed';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

export function macUnder(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(secret, 'utf8').digest('hex');
}

/** What a checkpoint says of the key: shows a changed one, and nothing of the key itself. */
export function keyCheckOf(key: Buffer): string {
  return macUnder(key, 'fettle store key').slice(0, 32);
}
