/** Errors of a Redis connection: an answer that is an error, and a connection that is lost. */

import { OutsideError, printable } from '#plugin';

const LONGEST = 200;

/** Text of a server, for people: short, and without control characters. */
export function serverText(text: string): string {
  return printable(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** An error that Redis answered. The command had no effect, except for a script that failed in its middle. */
export class RedisError extends OutsideError {
  override readonly name = 'RedisError';
  /** The first word: `WRONGTYPE`, `NOSCRIPT`, `ERR`. */
  readonly code: string;

  constructor(text: string) {
    super(`Redis answered: ${serverText(text)}`);
    this.code = /^[A-Z]+/u.exec(text)?.[0] ?? 'ERR';
  }
}

/** The connection is not made or is lost: it is refused, ended, late, or does not speak RESP. */
export class RedisLostError extends OutsideError {
  override readonly name = 'RedisLostError';
}
