/** JSON Schemas and the TypeScript types that stand for their values; values and the literals that stand for them. */

import { describe, expect, test } from 'vitest';
import { printUnion, printValue } from '../../src/codegen/print-value.ts';
import type { Schema } from '../../src/codegen/schema.ts';
import { typeOf } from '../../src/codegen/type-of-schema.ts';

const types: readonly (readonly [Schema, string])[] = [
  [{}, 'Json'],
  [{ type: 'string', maxLength: 3 }, 'string'],
  [{ type: 'integer' }, 'number'],
  [{ type: 'number' }, 'number'],
  [{ type: 'boolean' }, 'boolean'],
  [{ type: 'null' }, 'null'],
  [{ const: 'a' }, "'a'"],
  [{ const: 3 }, '3'],
  [{ enum: ['a', "b'c", 1, null] }, "'a' | 'b\\'c' | 1 | null"],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ type: 'array' }, 'readonly Json[]'],
  [{ type: 'array', items: { type: 'string' } }, 'readonly string[]'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, "readonly ('a' | 'b')[]"],
  [{ type: 'array', items: { type: 'array', items: { type: 'integer' } } }, 'readonly (readonly number[])[]'],
  [{ type: ['string', 'array'], items: { type: 'string' } }, 'string | readonly string[]'],
  [{ $ref: '#/definitions/Reason' }, 'Reason'],
  [{ type: 'object' }, 'Readonly<Record<string, Json>>'],
  [{ type: 'object', additionalProperties: false, properties: {} }, 'Readonly<Record<string, never>>'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'Readonly<Record<string, string>>'],
  [
    {
      type: 'object',
      required: ['a'],
      properties: {
        a: { type: 'string', description: 'First.' },
        b: { type: 'integer' },
        'c-d': { type: 'boolean', default: false },
      },
    },
    "{\n  /** First. */\n  readonly a: string;\n  readonly b?: number;\n  readonly 'c-d': boolean;\n}",
  ],
  [
    {
      type: 'object',
      properties: {
        a: { type: 'object', default: {}, properties: { b: { type: 'null', description: 'No */ end.' } } },
      },
    },
    '{\n  readonly a: {\n    /** No *\\/ end. */\n    readonly b?: null;\n  };\n}',
  ],
  [
    { type: 'array', items: { type: 'object', properties: { a: { enum: [1, 2] } } } },
    'readonly {\n  readonly a?: 1 | 2;\n}[]',
  ],
];

describe('types', () => {
  test.each(types)('%j', (schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });
});

const long = 'x'.repeat(70);

const values: readonly (readonly [unknown, string])[] = [
  [null, 'null'],
  ['a', "'a'"],
  ["it's", '"it\'s"'],
  [`it's "it"`, `'it\\'s "it"'`],
  ['a\nb\\', "'a\\nb\\\\'"],
  [[1, true], '[1, true]'],
  [{}, '{}'],
  [{ a: 1, 'b-c': undefined, 'd-e': [] }, "{ a: 1, 'd-e': [] }"],
  [[long, long], `[\n  '${long}',\n  '${long}',\n]`],
  [{ a: long, b: [long, { c: long }] }, `{\n  a: '${long}',\n  b: [\n    '${long}',\n    { c: '${long}' },\n  ],\n}`],
];

describe('literals', () => {
  test.each(values)('%j', (value, text) => {
    expect(printValue(value)).toBe(text);
    // eslint-disable-next-line no-eval -- the text is one of the table above
    expect((0, eval)(`(${text})`)).toEqual(JSON.parse(JSON.stringify(value)));
  });

  test.each([
    [[], 'export type A = never;\n'],
    [['a', 'a', 'b'], "export type A = 'a' | 'b';\n"],
    [[long, `${long}y`], `export type A =\n  | '${long}'\n  | '${long}y';\n`],
  ])('union of %j', (names, text) => {
    expect(printUnion('A', names)).toBe(text);
  });
});
