/**
 * Reads answers of Redis (RESP2) from chunks of bytes, cut anywhere. Pure but for its own buffer.
 *
 * A chunk is decoded once, as latin1: a character of that text is a byte, so that positions are those of the bytes. Texts
 * are parts of it, without a copy; only a chunk with bytes above 127 has its texts decoded one by one, as UTF-8. A hash
 * becomes an object directly, and takes the names of its fields from the hash before it where they are equal. Unread
 * bytes are copied once, and are not parsed again until as many have arrived as the answer needs.
 */

import { isAscii } from 'node:buffer';
import { RedisError } from './errors.ts';

/** An answer. An error within a list is a value. An integer above 2^53 is rounded. */
export type Reply = string | number | null | RedisError | readonly Reply[];

/** The fields of a Redis hash. */
export type Row = Readonly<Record<string, string>>;

/** The form in which an answer is wanted. A `hash` is an answer of HGETALL. */
export type Shape = 'reply' | 'hash';

export interface Limits {
  /** Longest text, in bytes. */
  readonly bulk: number;
  /** Longest line: a simple string or an error, in bytes. */
  readonly line: number;
  /** Most items of a list. */
  readonly items: number;
  /** Most lists within each other. */
  readonly depth: number;
  /** Longest answer, in bytes. */
  readonly reply: number;
}

export const LIMITS: Limits = { bulk: 1 << 20, line: 4096, items: 200_000, depth: 8, reply: 16 << 20 };

/** Thrown for bytes that are not RESP2, or exceed a limit. The reader cannot continue. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Most fields, and longest name, for which names are kept for the next hash. */
const KEPT_NAMES = 128;
const KEPT_LENGTH = 64;

const [CR, LF, PLUS, MINUS, COLON, DOLLAR, STAR, ZERO] = [13, 10, 43, 45, 58, 36, 42, 48];
/** Digits of an integer of 64 bits. */
const DIGITS = 19;

interface List {
  readonly items: Reply[];
  left: number;
}

interface Hash {
  readonly row: Record<string, string>;
  name: string | undefined;
  /** Fields before this one. */
  at: number;
  left: number;
}

const NOT_ENOUGH = -1;

/** Adds a field; `__proto__` too is an ordinary one. */
function setField(row: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, writable: true });
  else row[name] = value;
}

export class RespReader {
  readonly #limits: Limits;
  readonly #shape: () => Shape;
  readonly #take: (reply: Reply | Row, bytes: number) => void;
  #buffer: Buffer = Buffer.alloc(0);
  /** Unread bytes. */
  #from = 0;
  #to = 0;
  #isOwn = false;
  /** Unread bytes that must be there before parsing continues. */
  #need = 1;
  /** Bytes of the present answer that are read. */
  #bytes = 0;
  readonly #lists: List[] = [];
  #hash: Hash | undefined;
  /** The answer that is complete. */
  #ready: Reply | Row = null;
  /** Names of the fields of the last hash. */
  readonly #names: string[] = [];
  /** The end of the last number or line that was read. */
  #after = 0;

  /** `shape` is asked at the beginning of each answer, `take` gets it with its length in bytes. */
  constructor(take: (reply: Reply | Row, bytes: number) => void, shape: () => Shape, limits: Limits = LIMITS) {
    this.#take = take;
    this.#shape = shape;
    this.#limits = limits;
  }

  /** Throws a ProtocolError, and what `take` throws. */
  read(chunk: Buffer): void {
    this.#append(chunk);
    const unread = this.#to - this.#from;
    if (unread < this.#need) return;
    const bytes = this.#buffer.subarray(this.#from, this.#to);
    this.#need = 0;
    const done = this.#parse(bytes.toString('latin1'), isAscii(bytes) ? undefined : bytes);
    this.#from += done;
    const left = unread - done;
    if (this.#need <= left) this.#need = left + 1;
  }

  #append(chunk: Buffer): void {
    const unread = this.#to - this.#from;
    const total = unread + chunk.length;
    if (unread === 0) {
      this.#buffer = chunk;
      this.#isOwn = false;
    } else if (this.#isOwn && this.#buffer.length >= this.#to + chunk.length) {
      chunk.copy(this.#buffer, this.#to);
      this.#to += chunk.length;
      return;
    } else {
      const next = Buffer.allocUnsafe(Math.max(total, Math.min(2 * total, this.#need)));
      this.#buffer.copy(next, 0, this.#from, this.#to);
      chunk.copy(next, unread);
      this.#buffer = next;
      this.#isOwn = true;
    }
    this.#from = 0;
    this.#to = total;
  }

  /** Parses as far as it can; returns the position up to which everything is read. `bytes`: of a text that is not ASCII. */
  #parse(text: string, bytes: Buffer | undefined): number {
    let at = 0;
    let begun = 0;
    while (at < text.length) {
      const hash = this.#hash;
      const next = hash === undefined ? this.#value(text, bytes, at) : this.#fields(hash, text, bytes, at);
      if (next === NOT_ENOUGH || next === at) break;
      at = next;
      const length = this.#bytes + at - begun;
      if (length > this.#limits.reply) throw new ProtocolError(`an answer is longer than ${this.#limits.reply} bytes`);
      if (this.#lists.length > 0 || this.#hash !== undefined) continue;
      begun = at;
      this.#bytes = 0;
      this.#take(this.#ready, length);
    }
    this.#bytes += at - begun;
    return at;
  }

  /** A value that is complete: an item of the innermost list, which may complete that one too, or the whole answer. */
  #complete(value: Reply): void {
    let done = value;
    for (let list = this.#lists.at(-1); list !== undefined; list = this.#lists.at(-1)) {
      list.items.push(done);
      list.left -= 1;
      if (list.left > 0) return;
      this.#lists.pop();
      done = list.items;
    }
    this.#ready = done;
  }

  #value(text: string, bytes: Buffer | undefined, at: number): number {
    switch (text.charCodeAt(at)) {
      case DOLLAR: {
        const length = this.#number(text, at + 1);
        if (length === undefined) return NOT_ENOUGH;
        if (length === -1) {
          this.#complete(null);
          return this.#after;
        }
        const begin = this.#after;
        const end = this.#endOfBulk(text, begin, length, at);
        if (end === NOT_ENOUGH) return NOT_ENOUGH;
        this.#complete(bytes === undefined ? text.slice(begin, end) : bytes.toString('utf8', begin, end));
        return end + 2;
      }
      case STAR: {
        const count = this.#number(text, at + 1);
        if (count === undefined) return NOT_ENOUGH;
        this.#begin(count);
        return this.#after;
      }
      case COLON: {
        const number = this.#number(text, at + 1);
        if (number === undefined) return NOT_ENOUGH;
        this.#complete(number);
        return this.#after;
      }
      case PLUS:
      case MINUS: {
        const line = this.#line(text, bytes, at + 1);
        if (line === undefined) return NOT_ENOUGH;
        this.#complete(text.charCodeAt(at) === PLUS ? line : new RedisError(line));
        return this.#after;
      }
      default:
        throw new ProtocolError('an answer does not begin like one of Redis');
    }
  }

  #begin(count: number): void {
    const { items, depth } = this.#limits;
    if (count < -1 || count > items) throw new ProtocolError(`a list has ${count} items (limit: ${items})`);
    if (this.#lists.length >= depth) throw new ProtocolError(`lists are nested deeper than ${depth}`);
    const isHash = this.#lists.length === 0 && this.#shape() === 'hash';
    if (isHash && (count < 0 || count % 2 !== 0)) throw new ProtocolError('a hash has a field without a value');
    if (isHash && count > 0) this.#hash = { row: {}, name: undefined, at: 0, left: count };
    else if (isHash) this.#ready = {};
    else if (count > 0) this.#lists.push({ items: [], left: count });
    else this.#complete(count === 0 ? [] : null);
  }

  /** Reads fields of a hash until it is complete or the bytes end; returns the position after the last text. */
  #fields(hash: Hash, text: string, bytes: Buffer | undefined, from: number): number {
    let at = from;
    const { row } = hash;
    while (hash.left > 0) {
      if (at >= text.length) return at;
      if (text.charCodeAt(at) !== DOLLAR) throw new ProtocolError('a field of a hash is not a text');
      const length = this.#number(text, at + 1);
      if (length === undefined) return at;
      const begin = this.#after;
      const end = this.#endOfBulk(text, begin, length, at);
      if (end === NOT_ENOUGH) return at;
      if (hash.name === undefined) hash.name = this.#name(hash.at, text, bytes, begin, end);
      else {
        setField(row, hash.name, bytes === undefined ? text.slice(begin, end) : bytes.toString('utf8', begin, end));
        hash.name = undefined;
        hash.at += 1;
      }
      hash.left -= 1;
      at = end + 2;
    }
    this.#hash = undefined;
    this.#ready = row;
    return at;
  }

  /** The name of a field: that of the same field of the last hash if it is equal. */
  #name(index: number, text: string, bytes: Buffer | undefined, begin: number, end: number): string {
    const known = this.#names[index];
    if (bytes !== undefined) return bytes.toString('utf8', begin, end);
    if (known !== undefined && known.length === end - begin && text.startsWith(known, begin)) return known;
    const name = text.slice(begin, end);
    if (index < KEPT_NAMES && name.length <= KEPT_LENGTH) this.#names[index] = name;
    return name;
  }

  /** The end of a text of `length` bytes without its CR LF. `start`: of the unread bytes of which it is the first. */
  #endOfBulk(text: string, begin: number, length: number, start: number): number {
    if (length < 0 || length > this.#limits.bulk)
      throw new ProtocolError(`a text has ${length} bytes (limit: ${this.#limits.bulk})`);
    const end = begin + length;
    if (end + 2 > text.length) {
      this.#need = end + 2 - start;
      return NOT_ENOUGH;
    }
    if (text.charCodeAt(end) !== CR || text.charCodeAt(end + 1) !== LF)
      throw new ProtocolError('a text is not as long as announced');
    return end;
  }

  /** A number up to CR LF, whose end is then `#after`; undefined if it is not complete. */
  #number(text: string, from: number): number | undefined {
    const isNegative = text.charCodeAt(from) === MINUS;
    const first = isNegative ? from + 1 : from;
    let at = first;
    let number = 0;
    for (; at < text.length; at += 1) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    if (at - first > DIGITS) throw new ProtocolError('a number is too long');
    if (at < text.length && (at === first || text.charCodeAt(at) !== CR)) throw new ProtocolError('not a number');
    if (at + 1 >= text.length) return undefined;
    if (text.charCodeAt(at + 1) !== LF) throw new ProtocolError('a line does not end in CR LF');
    this.#after = at + 2;
    return isNegative ? -number : number;
  }

  #line(text: string, bytes: Buffer | undefined, from: number): string | undefined {
    const end = text.indexOf('\r', from);
    const length = (end < 0 ? text.length : end) - from;
    if (length > this.#limits.line) throw new ProtocolError(`a line is longer than ${this.#limits.line} bytes`);
    if (end < 0 || end + 1 >= text.length) return undefined;
    if (text.charCodeAt(end + 1) !== LF) throw new ProtocolError('a line does not end in CR LF');
    this.#after = end + 2;
    return bytes === undefined ? text.slice(from, end) : bytes.toString('utf8', from, end);
  }
}
