/** Merge patches (RFC 7386) and JSON patches (RFC 6902) of objects. */

import { unescapePointer } from '#plugin';
import { ApiError, badRequest } from './status.ts';
import { type Draft, encode, isList, isTree, sameValue, textAt, type Tree, type Value } from './value.ts';

export function mergePatch(target: Value | undefined, patch: Value): Value {
  if (!isTree(patch)) return patch;
  const next: Draft = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key];
    else next[key] = mergePatch(next[key], value);
  }
  return next;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: Value;
}

class PatchError extends Error {}

function keysOf(path: string): readonly string[] {
  return path.split('/').slice(1).map(unescapePointer);
}

function indexOf(list: readonly Value[], key: string, isInsertion: boolean): number {
  const index = key === '-' && isInsertion ? list.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index >= list.length + (isInsertion ? 1 : 0))
    throw new PatchError(`Unable to access invalid index: ${key}: invalid index referenced`);
  return index;
}

function read(target: Value, keys: readonly string[], path: string): Value {
  return keys.reduce<Value>((at, key) => {
    const next = isList(at) ? at[indexOf(at, key, false)] : isTree(at) ? at[key] : undefined;
    if (next === undefined) throw new PatchError(`missing value at path ${path}: missing path`);
    return next;
  }, target);
}

/** A copy with a value added, replaced or (undefined) removed at a path. */
function written(target: Value, keys: readonly string[], value: Value | undefined, isInsertion: boolean): Value {
  const [key, ...rest] = keys;
  if (key === undefined) return value ?? null;
  if (isList(target)) {
    const index = indexOf(target, key, isInsertion && rest.length === 0);
    if (rest.length > 0) return target.with(index, written(target[index] ?? null, rest, value, isInsertion));
    return target.toSpliced(index, isInsertion ? 0 : 1, ...(value === undefined ? [] : [value]));
  }
  if (!isTree(target)) throw new PatchError('missing path');
  if (rest.length > 0) {
    if (!Object.hasOwn(target, key)) throw new PatchError(`doc is missing path: "/${keys.join('/')}": missing value`);
    return { ...target, [key]: written(target[key] ?? null, rest, value, isInsertion) };
  }
  if (value !== undefined) return { ...target, [key]: value };
  return Object.fromEntries(Object.entries(target).filter(([name]) => name !== key));
}

function applyOperation(target: Value, { op, path, from, value }: Operation): Value {
  const keys = keysOf(path);
  switch (op) {
    case 'add':
      return written(target, keys, value, true);
    case 'replace':
      read(target, keys, path);
      return written(target, keys, value, false);
    case 'remove':
      read(target, keys, path);
      return written(target, keys, undefined, false);
    case 'test':
      if (!sameValue(readOr(target, keys), value)) throw new PatchError(`testing value ${path} failed: test failed`);
      return target;
    case 'move': {
      const moved = read(target, keysOf(from), from);
      return written(written(target, keysOf(from), undefined, false), keys, moved, true);
    }
    case 'copy':
      return written(target, keys, read(target, keysOf(from), from), true);
    default:
      throw new PatchError(`Unexpected kind: ${op}`);
  }
}

function readOr(target: Value, keys: readonly string[]): Value {
  try {
    return read(target, keys, '');
  } catch {
    return null;
  }
}

/** Applies a JSON patch. Throws 400 for a patch that is not a list, and 422 for one that does not fit. */
export function jsonPatch(target: Tree, patch: Value): Value {
  if (!isList(patch)) throw badRequest(`error decoding patch: json: cannot unmarshal ${encode(patch).slice(0, 60)}`);
  try {
    return patch.reduce<Value>(
      (at, one) =>
        applyOperation(at, {
          op: textAt(one, 'op'),
          path: textAt(one, 'path'),
          from: textAt(one, 'from'),
          value: (isTree(one) ? one['value'] : null) ?? null,
        }),
      target,
    );
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request');
  }
}
