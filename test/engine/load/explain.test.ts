/** The findings of a validator, in plain words. */

import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { explain, pathWords } from '../../../src/engine/load/explain.ts';
import { withSchemas } from '#plugin';

const ajv = new Ajv({ allErrors: true, strict: false, formats: { host: /^[a-z.]+$/u, 'host-name': /^[a-z.-]+$/u } });

function words(schema: object, value: unknown): readonly string[] {
  const validate = withSchemas(ajv.compile(schema), schema);
  if (validate(value)) return [];
  return explain(validate.errors ?? [], value, '/spec', { host: 'a host name' }).map(
    ({ code, pointer, message, suggestion }) =>
      `${code} ${pointer} ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

function of(key: object): object {
  return { type: 'object', properties: { k: key } };
}

it.each<[object, unknown, string]>([
  [
    { type: 'integer', minimum: 1, maximum: 9 },
    'x',
    'wrong-type /spec/k `spec.k` must be a whole number from 1 to 9, not "x"',
  ],
  [
    { type: 'number', exclusiveMinimum: 0 },
    0,
    'wrong-value /spec/k `spec.k` must be a number that is greater than 0, not 0',
  ],
  [
    { type: 'number', exclusiveMinimum: 0, maximum: 60 },
    61,
    'wrong-value /spec/k `spec.k` must be a number that is greater than 0 and at most 60, not 61',
  ],
  [
    { type: 'number', exclusiveMaximum: 5 },
    5,
    'wrong-value /spec/k `spec.k` must be a number that is less than 5, not 5',
  ],
  [
    { type: 'integer', minimum: 0 },
    -1,
    'wrong-value /spec/k `spec.k` must be a whole number that is at least 0, not -1',
  ],
  [{ type: 'number', multipleOf: 5 }, 7, 'wrong-value /spec/k `spec.k` must be a multiple of 5, not 7'],
  [{ const: 'a' }, 'b', 'wrong-value /spec/k `spec.k` must be "a", not "b"'],
  [{ type: ['string', 'array'] }, 7, 'wrong-type /spec/k `spec.k` must be text or a list, not 7'],
  [{ type: 'string' }, true, 'wrong-type /spec/k `spec.k` must be text, not true (write it in quotes)'],
  [{ type: 'string', minLength: 3 }, 'ab', 'wrong-value /spec/k `spec.k` must have at least 3 characters, not "ab"'],
  [{ type: 'string', maxLength: 1 }, '日本', 'wrong-value /spec/k `spec.k` must have at most 1 character, and has 2'],
  [{ type: 'array', minItems: 2 }, [1], 'wrong-value /spec/k `spec.k` must have at least 2 items'],
  [{ enum: ['red', 'green'] }, null, 'missing-value /spec/k `spec.k` has no value; it must be one of red, green'],
  [
    { enum: ['red', 'green'] },
    'grene',
    'wrong-value /spec/k `spec.k` must be one of red, green, not "grene" (did you mean `green`?)',
  ],
  [{ type: 'object' }, null, 'missing-value /spec/k `spec.k` has no value; it must be a mapping'],
  [{ format: 'host' }, 'A', 'wrong-value /spec/k `spec.k` must be a host name, not "A"'],
  [
    { format: 'host-name' },
    'bücher.example',
    'wrong-value /spec/k `spec.k` must be a host-name, not "bücher.example" (write xn--bcher-kva.example)',
  ],
  [{ format: 'host-name' }, 'bü/cher', 'wrong-value /spec/k `spec.k` must be a host-name, not "bü/cher"'],
  [{ pattern: '^a$' }, 'b', 'wrong-value /spec/k `spec.k` must match ^a$, and is "b"'],
  [
    { pattern: '^a$', description: 'The letter a.' },
    'b',
    'wrong-value /spec/k `spec.k` must match ^a$, and is "b" (expected: The letter a.)',
  ],
  [{ type: 'object', minProperties: 1 }, {}, 'wrong-value /spec/k `spec.k` must have at least 1 key, and has none'],
  [
    { type: 'object', maxProperties: 1 },
    { a: 1, b: 2 },
    'wrong-value /spec/k `spec.k` must have at most 1 key, and has 2',
  ],
  [{ type: 'object', required: ['a'] }, {}, 'missing-key /spec/k `spec.k` needs the key `a`'],
  [
    { type: 'object', additionalProperties: false },
    { 'a/b': 1 },
    'unknown-key /spec/k/a~1b unknown key `a/b` in `spec.k` (no keys are expected here)',
  ],
  [{ not: {} }, 1, 'wrong-value /spec/k `spec.k` must NOT be valid'],
])('%j with %j', (schema, value, expected) => {
  expect(words(of(schema), { k: value })).toEqual([expected]);
});

it('reports one error for a place', () => {
  expect(words(of({ type: 'integer', enum: [1, 2], minimum: 1 }), { k: 'x' })).toHaveLength(1);
});

it.each([
  ['', 'the document'],
  ['/spec/dnsNames/0', '`spec.dnsNames[0]`'],
  ['/metadata/labels/a~1b c', '`metadata.labels["a/b c"]`'],
])('the pointer %j is shown as %s', (pointer, expected) => {
  expect(pathWords(pointer)).toBe(expected);
});
