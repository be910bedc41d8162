/**
 * Messages of DNS (RFC 1035, 4.1) for dynamic updates (RFC 2136): the parts that neither Node.js nor a library writes. Pure.
 * Everything that is read comes from the network: every length is checked.
 */

/** The message is not one of DNS. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

export const TYPES = { SOA: 6, TXT: 16, TSIG: 250 } as const;
export const CLASSES = { IN: 1, NONE: 254, ANY: 255 } as const;
export const UPDATE = 5;

const HEADER = 12;
const MOST_LABEL = 63;
const MOST_STRING = 255;
const MOST_NAME = 255;

export function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

export function u48(value: number): Buffer {
  const buffer = Buffer.alloc(6);
  buffer.writeUIntBE(value, 0, 6);
  return buffer;
}

/** A name in its canonical form: lower case, without compression. */
export function nameBytes(name: string): Buffer {
  const labels = name.toLowerCase().replace(/\.$/u, '').split('.');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > MOST_LABEL) throw new MessageError(`${name} is not a name of DNS`);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  const whole = Buffer.concat([...parts, Buffer.from([0])]);
  if (whole.length > MOST_NAME) throw new MessageError(`${name} is not a name of DNS`);
  return whole;
}

/** The data of a TXT record: strings of at most 255 bytes. */
function textData(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += MOST_STRING) {
    const part = bytes.subarray(at, at + MOST_STRING);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

export interface RecordParts {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

export function recordBytes({ name, type, class: kind, ttl, data }: RecordParts): Buffer {
  return Buffer.concat([nameBytes(name), u16(type), u16(kind), u32(ttl), u16(data.length), data]);
}

/** A TXT value to add or to remove. */
export interface TextChange {
  readonly name: string;
  readonly text: string;
}

export interface Update {
  readonly id: number;
  readonly zone: string;
  readonly add: readonly TextChange[];
  readonly remove: readonly TextChange[];
  /** Time to live of added records, in seconds. */
  readonly ttl: number;
}

/** An update that adds and removes single values, and leaves all others (RFC 2136, 2.5.1 and 2.5.4). */
export function updateMessage({ id, zone, add, remove, ttl }: Update): Buffer {
  const records = [
    ...add.map(({ name, text }) =>
      recordBytes({ name, type: TYPES.TXT, class: CLASSES.IN, ttl, data: textData(text) }),
    ),
    ...remove.map(({ name, text }) =>
      recordBytes({ name, type: TYPES.TXT, class: CLASSES.NONE, ttl: 0, data: textData(text) }),
    ),
  ];
  const counts = [1, 0, records.length, 0];
  return Buffer.concat([
    ...[id, UPDATE << 11, ...counts].map(u16),
    nameBytes(zone),
    u16(TYPES.SOA),
    u16(CLASSES.IN),
    ...records,
  ]);
}

/** Reads a message from its start to its end. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MessageError('the message ends too early');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  number(bytes: 1 | 2 | 4 | 6): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  /** A name in lower case. A pointer may only lead backwards, so that none forms a loop. */
  name(): string {
    const labels: string[] = [];
    let end: number | undefined;
    let least = this.#at;
    for (let size = 0; ; ) {
      const length = this.number(1);
      if (length === 0) break;
      if (length >= 0xc0) {
        const to = ((length & 0x3f) << 8) | this.number(1);
        if (to >= least) throw new MessageError('a pointer in the message does not lead backwards');
        end ??= this.#at;
        least = to;
        this.#at = to;
        continue;
      }
      if (length > MOST_LABEL) throw new MessageError('a label in the message is too long');
      size += length + 1;
      if (size >= MOST_NAME) throw new MessageError('a name in the message is too long');
      labels.push(this.take(length).toString('latin1').toLowerCase());
    }
    if (end !== undefined) this.#at = end;
    return labels.join('.');
  }
}

/** The signature of a message (RFC 8945, 4.2). */
export interface Signature {
  /** Offset of its record in the message. */
  readonly at: number;
  readonly keyName: string;
  readonly algorithm: string;
  /** Unix seconds. */
  readonly time: number;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
}

export interface Answer {
  readonly id: number;
  readonly isAnswer: boolean;
  readonly opcode: number;
  readonly code: number;
  /** The number of additional records. */
  readonly additional: number;
  readonly signature?: Signature;
}

function signatureIn(data: Buffer, at: number, keyName: string): Signature {
  const reader = new Reader(data, 0);
  const algorithm = reader.name();
  const time = reader.number(6);
  const fudge = reader.number(2);
  const mac = reader.take(reader.number(2));
  const originalId = reader.number(2);
  const error = reader.number(2);
  const other = reader.take(reader.number(2));
  if (reader.at !== data.length) throw new MessageError('the signature of the message has a wrong length');
  return { at, keyName, algorithm, time, fudge, mac, originalId, error, other };
}

/** Reads the answer to an update: its header, and the signature at its end. Throws a MessageError. */
export function readAnswer(bytes: Buffer): Answer {
  const reader = new Reader(bytes, 0);
  const [id, flags, questions, answers, authorities, additional] = Array.from({ length: HEADER / 2 }, () =>
    reader.number(2),
  ) as [number, number, number, number, number, number];
  for (let i = 0; i < questions; i += 1) {
    reader.name();
    reader.take(4);
  }
  let signature: Signature | undefined;
  const records = answers + authorities + additional;
  for (let i = 0; i < records; i += 1) {
    const { at } = reader;
    const name = reader.name();
    const type = reader.number(2);
    const [kind, ttl] = [reader.number(2), reader.number(4)];
    const data = reader.take(reader.number(2));
    if (type !== TYPES.TSIG) continue;
    if (i !== records - 1 || additional === 0) throw new MessageError('the signature is not the last record');
    if (kind !== CLASSES.ANY || ttl !== 0) throw new MessageError('the record of the signature is not valid');
    signature = signatureIn(data, at, name);
  }
  if (reader.at !== bytes.length) throw new MessageError('the message has bytes behind its end');
  const header = { id, isAnswer: (flags & 0x8000) !== 0, opcode: (flags >> 11) & 15, code: flags & 15, additional };
  return signature === undefined ? header : { ...header, signature };
}
