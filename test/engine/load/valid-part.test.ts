/** The part of a value that its schema accepts, and the mistakes that other checks find in it. */

import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { validPart } from '../../../src/engine/load/valid-part.ts';
import type { Json, Validator } from '#plugin';

const schema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    size: { type: 'integer', default: 1 },
    tags: { type: 'array', items: { type: 'string' } },
    rows: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['key'],
        additionalProperties: false,
        properties: { key: { type: 'string' }, list: { type: 'array', items: { type: 'integer' } } },
      },
    },
  },
};

const validate = new Ajv({ allErrors: true, verbose: true, useDefaults: true }).compile(schema) as unknown as Validator;

const part = (value: Json): Json | undefined => validPart(validate, value, '/spec')?.value;

describe('the valid part', () => {
  it.each<[string, Json, Json | undefined]>([
    ['is without an unknown key', { name: 'a', extra: 1 }, { name: 'a' }],
    ['is without a value of the wrong type', { name: 'a', size: 'x' }, { name: 'a' }],
    ['is without a wrong item of a list', { name: 'a', tags: ['a', 1, 'b', 2, 3] }, { name: 'a', tags: ['a', 'b'] }],
    [
      'is without an item that lacks a key, or has one too many',
      { name: 'a', rows: [{}, { key: 'b' }, { key: 'c', extra: 1 }] },
      { name: 'a', rows: [{ key: 'b' }, { key: 'c' }] },
    ],
    ['is without a list of which nothing is left', { name: 'a', rows: [{}] }, { name: 'a' }],
    ['does not exist where the value itself lacks a key', { size: 1 }, undefined],
    ['does not exist where a cut leaves the value without a key', { name: 1 }, undefined],
    ['does not exist of another type', [], undefined],
  ])('%s', (_name, value, expected) => {
    const before = structuredClone(value);
    expect(part(value)).toEqual(expected);
    expect(value).toEqual(before);
  });
});

describe('mistakes in the valid part', () => {
  const value = { name: 'a', size: 'x', tags: [1, 'b', 2, 'd'], rows: [{}, { key: 'k', list: ['x', 7] }] };
  const found = (...pointers: readonly string[]): readonly string[] =>
    (validPart(validate, value, '/spec')?.inWhole(pointers.map((pointer) => ({ pointer }))) ?? []).map(
      ({ pointer }) => pointer,
    );

  it('have pointers into the whole value', () => {
    expect(found('/spec/tags/0', '/spec/tags/1', '/spec/rows/0/key', '/spec/rows/0/list/0')).toEqual([
      '/spec/tags/1',
      '/spec/tags/3',
      '/spec/rows/1/key',
      '/spec/rows/1/list/1',
    ]);
    expect(found('/metadata/name')).toEqual(['/metadata/name']);
  });

  it('do not count at a place that was cut, nor at what contains it', () => {
    expect(found('/spec/size', '/spec', '/spec/tags', '/spec/name')).toEqual(['/spec/name']);
  });
});
