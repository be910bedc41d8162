/** Shapes: expected forms of responses, as data. A read keeps the members that the shape names, and drops the rest. */

import { isRecord } from '../defined.ts';
import { instantOf } from '../time.ts';

/** An untyped shape. A test compares it with the published API description. */
export type Form =
  | { readonly is: 'text' | 'time' | 'number' | 'id' | 'count' | 'flag' | 'labels' }
  | { readonly is: 'nullable'; readonly of: Form }
  | { readonly is: 'list'; readonly of: Form }
  | {
      readonly is: 'object';
      readonly members: Readonly<Record<string, Form>>;
      /** Optional members. */
      readonly optional: Readonly<Record<string, Form>>;
    };

declare const typed: unique symbol;

/** A shape, with the type of its values. */
export type Shape<T> = Form & { readonly [typed]?: T };

/** The type of a shape's values. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

type Shapes = Readonly<Record<string, Shape<unknown>>>;

/** Thrown if a value does not match its shape. The message has the path and the expected form, never the value. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export const text: Shape<string> = { is: 'text' };
/** A time as ISO 8601 text, unchanged. */
export const time: Shape<string> = { is: 'time' };
export const number: Shape<number> = { is: 'number' };
/** A safe integer of at least 1. */
export const id: Shape<number> = { is: 'id' };
/** A safe integer of at least 0. */
export const count: Shape<number> = { is: 'count' };
export const flag: Shape<boolean> = { is: 'flag' };
/** A table of texts by name. */
export const labels: Shape<Readonly<Record<string, string>>> = { is: 'labels' };

export function nullable<T>(of: Shape<T>): Shape<T | null> {
  return { is: 'nullable', of };
}

export function list<T>(of: Shape<T>): Shape<readonly T[]> {
  return { is: 'list', of };
}

/** An object; other members are dropped. */
export function object<M extends Shapes>(members: M): Shape<{ readonly [K in keyof M]: TypeOf<M[K]> }> {
  return { is: 'object', members, optional: {} };
}

/** An object with optional members. */
export function partly<M extends Shapes, O extends Shapes>(
  members: M,
  optional: O,
): Shape<{ readonly [K in keyof M]: TypeOf<M[K]> } & { readonly [K in keyof O]?: TypeOf<O[K]> }> {
  return { is: 'object', members, optional };
}

function wrong(path: string, wanted: string): ShapeError {
  return new ShapeError(`${path === '' ? 'it' : path} is not ${wanted}`);
}

function readMember(form: Form, value: Readonly<Record<string, unknown>>, name: string, path: string): unknown {
  // Inherited members are not part of a response.
  if (!Object.hasOwn(value, name)) throw new ShapeError(`${path}/${name} is missing`);
  return readForm(form, value[name], `${path}/${name}`);
}

function readForm(form: Form, value: unknown, path: string): unknown {
  switch (form.is) {
    case 'text':
      if (typeof value !== 'string') throw wrong(path, 'text');
      return value;
    case 'time':
      if (typeof value !== 'string' || Number.isNaN(instantOf(value))) throw wrong(path, 'a time');
      return value;
    case 'number':
      if (typeof value !== 'number') throw wrong(path, 'a number');
      return value;
    case 'id':
      if (!Number.isSafeInteger(value) || (value as number) < 1) throw wrong(path, 'an id');
      return value;
    case 'count':
      if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(path, 'a count');
      return value;
    case 'flag':
      if (typeof value !== 'boolean') throw wrong(path, 'true or false');
      return value;
    case 'labels':
      if (!isRecord(value) || !Object.values(value).every((each) => typeof each === 'string'))
        throw wrong(path, 'a table of texts');
      return Object.fromEntries(Object.entries(value));
    case 'nullable':
      return value === null ? null : readForm(form.of, value, path);
    case 'list':
      if (!Array.isArray(value)) throw wrong(path, 'a list');
      return value.map((each: unknown, index) => readForm(form.of, each, `${path}/${index}`));
    case 'object': {
      if (!isRecord(value)) throw wrong(path, 'an object');
      const members = Object.entries(form.members).map(([name, of]) => [name, readMember(of, value, name, path)]);
      const optional = Object.entries(form.optional)
        .filter(([name]) => Object.hasOwn(value, name) && value[name] !== undefined)
        .map(([name, of]) => [name, readMember(of, value, name, path)]);
      return Object.fromEntries([...members, ...optional]);
    }
  }
}

/** Reads parsed JSON by a shape. Throws ShapeError at the first difference. */
export function readShape<T>(shape: Shape<T>, value: unknown): T {
  return readForm(shape, value, '') as T;
}
