/** The reader of RESP2: every answer in any chunks, hashes as objects, and no other bytes. */

import { describe, expect, test } from 'vitest';
import { RedisError } from '../../../../plugins/portsync/redis/errors.ts';
import {
  LIMITS,
  type Limits,
  ProtocolError,
  type Reply,
  RespReader,
  type Row,
  type Shape,
} from '../../../../plugins/portsync/redis/reader.ts';
import fc from '../../../support/property.ts';

/** The answers in chunks of bytes. */
function answersIn(chunks: readonly Buffer[], shapes: readonly Shape[] = [], limits: Limits = LIMITS) {
  const answers: (Reply | Row)[] = [];
  const lengths: number[] = [];
  const take = (reply: Reply | Row, length: number): void => {
    answers.push(reply);
    lengths.push(length);
  };
  const reader = new RespReader(take, () => shapes[answers.length] ?? 'reply', limits);
  for (const chunk of chunks) reader.read(chunk);
  return { answers, lengths };
}

/** An answer as Redis writes it. */
function encodedReply(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if (reply instanceof RedisError) return `-${reply.message.replace('Redis answered: ', '')}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodedReply).join('')}`;
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('\r\n', '$3\r\nabc\r\n', '', '*2\r\n'),
);
const { reply: replies } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    text,
    fc.integer(),
    fc.constant(null),
    fc.constant(new RedisError('ERR no')),
    fc.array(tie('reply'), { maxLength: 5 }),
  ),
}));
const rows = fc.dictionary(text, text, { maxKeys: 20, noNullPrototype: true });

function hashOf(row: Row): string {
  return encodedReply(Object.entries(row).flat());
}

/** Bytes in chunks, which end at the given parts of the whole. */
function cut(bytes: Buffer, parts: readonly number[]): readonly Buffer[] {
  const ends = parts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => Buffer.from(bytes.subarray(ends[i - 1] ?? 0, end)));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe('any chunks', () => {
  test('give the same answers and lengths', () => {
    fc.assert(
      fc.property(fc.array(replies, { maxLength: 6 }), cuts, (all, parts) => {
        const encoded = all.map(encodedReply);
        const { answers, lengths } = answersIn(cut(Buffer.from(encoded.join('')), parts));
        expect(answers).toEqual(all);
        expect(lengths).toEqual(encoded.map((each) => Buffer.byteLength(each)));
      }),
    );
  });

  test('give the same objects for hashes', () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 6 }), cuts, (all, parts) => {
        const { answers } = answersIn(
          cut(Buffer.from(all.map(hashOf).join('')), parts),
          all.map(() => 'hash'),
        );
        expect(answers.map((row) => Object.entries(row as Row))).toEqual(all.map((row) => Object.entries(row)));
      }),
    );
  });

  test('of one byte each give the same answers', () => {
    const bytes = Buffer.from(`${encodedReply(['é', ['x'.repeat(3000)], 12, null])}${hashOf({ a: '1', b: 'ü' })}`);
    const { answers } = answersIn(
      Array.from(bytes, (byte) => Buffer.of(byte)),
      ['reply', 'hash'],
    );
    expect(answers).toEqual([['é', ['x'.repeat(3000)], 12, null], { a: '1', b: 'ü' }]);
  });
});

describe('a hash', () => {
  test('takes no name from another hash whose field only begins with the same letters or has the same length', () => {
    const all = [{ mtu: '1', fec: '2' }, { mtu: '3', fed: '4' }, { mtux: '5', fe: '6' }, { fec: '5', mtu: '6' }, {}];
    expect(
      answersIn(
        [Buffer.from(all.map(hashOf).join(''))],
        all.map(() => 'hash'),
      ).answers,
    ).toEqual(all);
  });

  test('can have a field named __proto__', () => {
    const pairs = ['__proto__', 'x', 'mtu', '1'];
    const twice = `${encodedReply(pairs)}${encodedReply(pairs)}`;
    for (const row of answersIn([Buffer.from(twice)], ['hash', 'hash']).answers)
      expect(Object.entries(row as Row)).toEqual([
        ['__proto__', 'x'],
        ['mtu', '1'],
      ]);
  });

  test('that is an error is an error', () => {
    expect(answersIn([Buffer.from('-WRONGTYPE no\r\n')], ['hash']).answers).toEqual([new RedisError('WRONGTYPE no')]);
  });
});

const small: Limits = { bulk: 10, line: 8, items: 3, depth: 2, reply: 40 };

test.each<[name: string, bytes: string, shape?: Shape]>([
  ['another protocol', 'HTTP/1.1 400 Bad Request\r\n'],
  ['RESP3', '%1\r\n+a\r\n+b\r\n'],
  ['a text that is too long', '$11\r\n'],
  ['a text of a negative length', '$-2\r\n'],
  ['a text that is longer than announced', '$2\r\nabc\r\n'],
  ['a list that is too long', '*4\r\n'],
  ['a list of a negative length', '*-2\r\n'],
  ['lists that are too deep', '*1\r\n*1\r\n*1\r\n'],
  ['a line that is too long', '+123456789'],
  ['a line without an end', `:${'1'.repeat(30)}`],
  ['a number that is not one', ':1x\r\n'],
  ['a number without digits', ':\r\n'],
  ['a negative number without digits', ':-\r\n'],
  ['CR without LF', ':1\rx'],
  ['CR without LF in a line', '+a\rb\r\n'],
  ['an answer that is too long', '*3\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n$1\r\na\r\n'],
  ['a hash with a field without a value', '*3\r\n', 'hash'],
  ['a hash with a number', '*2\r\n$1\r\na\r\n:1\r\n', 'hash'],
  ['a hash with a null', '*2\r\n$1\r\na\r\n$-1\r\n', 'hash'],
])('%s is refused', (_name, bytes, shape = 'reply') => {
  expect(() => answersIn([Buffer.from(bytes)], [shape], small)).toThrow(ProtocolError);
  const single = Array.from(Buffer.from(bytes), (byte) => Buffer.of(byte));
  expect(() => answersIn(single, [shape], small)).toThrow(ProtocolError);
});

test('random bytes are answers or are refused', () => {
  const soup = fc.array(fc.constantFrom('*', '$', ':', '+', '-', '1', '2', '0', '\r\n', '\r', 'a', '\xff'), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(soup, fc.constantFrom<Shape>('reply', 'hash'), (parts, shape) => {
      try {
        answersIn([Buffer.from(parts.join(''), 'latin1')], [shape]);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 2000 },
  );
});
