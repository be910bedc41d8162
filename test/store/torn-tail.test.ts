/** The leftovers of a writer that dies in the middle of a record, distinguished from damage. */

import { describe, expect, it } from 'vitest';
import { formatLine, prepare } from '../../src/store/line.ts';
import { isTornTail } from '../../src/store/files/torn-tail.ts';
import { intent, note } from './drafts.ts';

const PREV = 'a'.repeat(64);
const TIME = '2026-11-20T12:00:00.000Z';
const actor = 'jö "quote" \\ \u0001';
const line = Buffer.from(formatLine(7, TIME, actor, prepare(intent('web-1'), actor), PREV).text);
const short = formatLine(7, TIME, 'me', prepare(note('r'), 'me'), PREV).text;
const start = '{"seq":7,"time":"2026-11-20T12:00:00.000Z","actor":"me","kind":"end",';

describe('a torn tail', () => {
  it('is every beginning of the record that was due', () => {
    for (let length = 1; length < line.length; length += 1)
      expect([length, isTornTail(line.subarray(0, length), 7, PREV)]).toEqual([length, true]);
  });

  it('is hardly ever a whole record with a changed bit, which counts as cut', () => {
    const whole = line.subarray(0, -1);
    let open = 0;
    for (let at = 0; at < whole.length; at += 1) {
      for (const bit of [1, 32, 128]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ bit;
        // A changed quote or bracket can make the rest an unfinished value, as in the beginning of any record.
        if (isTornTail(changed, 7, PREV)) open += 1;
      }
    }
    expect(open).toBeLessThan(whole.length * 0.05);
  });

  const table: readonly (readonly [string, string | Buffer, boolean])[] = [
    ['one NUL', '\0', true],
    ['a page of NULs', Buffer.alloc(4096), true],
    ['a beginning and NULs', `${start}"bo\0\0\0`, true],
    ['a whole record and NULs', `${short.trimEnd()}\0\0`, false],
    ['NULs and something', '\0\0{', false],
    ['a whole record without its newline', short.trimEnd(), true],
    ['a whole record with a changed newline', `${short.trimEnd()}K`, false],
    ['a whole record that does not match its hash', short.trimEnd().replace('"exit":0', '"exit":1'), false],
    ['a record out of turn', '{"seq":8,"ti', false],
    ['a blank', ' ', false],
    ['a word', 'hello', false],
    ['an open brace', '{', true],
    ['an array', '[', false],
    ['an invalid time', '{"seq":7,"time":"yesterday', false],
    ['a control character in a string', `${start}"body":{"a":"x\u0001`, false],
    ['an invalid escape', `${start}"body":{"a":"\\x`, false],
    ['a cut escape', `${start}"body":{"a":"\\u00`, true],
    ['a body that is an array', `${start}"body":[`, false],
    ['nested arrays', `${start}"body":{"a":[[1,-2.5e3],{}],"b":{"c":nul`, true],
    ['brackets that do not match', `${start}"body":{"a":[1}`, false],
    ['a key without its colon', `${start}"body":{"a" 1`, false],
    ['a comma too many', `${start}"body":{"a":1,,`, false],
    ['a comma before the end', `${start}"body":{"a":1,}`, false],
    ['a word that is not a value', `${start}"body":{"a":trux`, false],
    ['the hash of another previous record', `${start}"body":{},"prev":"b`, false],
    ['capital digits in its hash', `${start}"body":{},"prev":"${PREV}","hash":"A`, false],
  ];
  it.each(table)('%s', (_, bytes, torn) => {
    expect(isTornTail(Buffer.from(bytes), 7, PREV)).toBe(torn);
  });
});
