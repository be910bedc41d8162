/** The sentences of YAML's syntax errors, for the mistakes that people make. */

import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../../src/engine/load/documents.ts';

function firstMistake(text: string) {
  for (const { mistakes } of readDocuments(text)) if (mistakes.length > 0) return mistakes[0];
  return undefined;
}

describe('a syntax error', () => {
  it.each([
    ['a: {b: 1\nc: 2', '`{` is not closed before this line', 'add `}`'],
    ['a: [1, 2\nb: 3', '`[` is not closed before this line', 'add `]`'],
    ['{', '`{` is not closed', 'add `}`'],
    ['a: "b\nc: d\n', 'the quote `"` is not closed', 'add `"`'],
    ["a: 'b\n", "the quote `'` is not closed", "add `'`"],
    ['a:\n  b: 1\n c: 2', 'this line is not indented like the lines before it', 'the same indentation'],
    ['a: b: c', 'a second `key: value` is not allowed here', 'in quotes'],
    ['a:b\nc: d', 'a key on this line does not have a colon', '`key: value`'],
    ['a:\n\tb: 1', 'a tab is not allowed as indentation', 'indent with spaces'],
    ['k: @foo', 'a text without quotes cannot start with `@`', 'quotes'],
    ['k: %x', 'a text without quotes cannot start with `%`', 'quotes'],
    ['k: `x`', 'a text without quotes cannot start with ```', 'quotes'],
    ['k: [a, , b]', 'an item between two commas is missing', 'remove the comma'],
    ['k: "\\q"', '`\\q` is not a valid escape in double quotes', 'single quotes'],
    ['a: |x\n b', 'text follows `|` or `>` on the same line', 'next line'],
    ['a: &x &y b', 'a value can have only one anchor (`&name`)', ''],
    ['!!str !!int a', 'a value can have only one tag (`!name`)', ''],
    ['a: ]', 'a closing `]` or `}` does not have an opening one', 'remove it'],
    ['a: *', '`*` and `&` are followed by a name', 'quotes'],
    ['a: - b', 'a list cannot start on the line of its key', 'new line'],
    ["a: 'it's'", 'text follows the end of a value', 'quotes'],
    ['a: {"b" 1}', 'two items are not separated by a comma', 'add a comma'],
    ['--- a: b\n', 'a document after a directive, or a mapping, does not start on the line of `---`', 'new line'],
    ['"a": b\n"c" d: e', 'a key on this line does not have a colon', '`key: value`'],
  ])('%j: %s', (text, message, suggestion) => {
    const mistake = firstMistake(text);
    expect(mistake?.message).toBe(message);
    expect(mistake?.suggestion ?? '').toContain(suggestion);
  });

  it('never prints the words of the parser', () => {
    for (const { mistakes } of readDocuments('a: {b: 1\nc: 2\n---\n- x\n - y: [\n'))
      for (const { message } of mistakes) expect(message).not.toMatch(/flow|block (?:map|seq|collection)|implicit/iu);
  });
});
