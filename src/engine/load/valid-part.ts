/** The part of a value that its schema accepts, so that one mistake does not hide those that other checks find. */

import { escapePointer, isTree, type Json, pointerKeys, type Validator } from '#plugin';
import { formatTexts } from '../generated.ts';
import { explain, type PointerMistake } from './explain.ts';

/** The part of a value that passes its schema, without defaults. */
export interface ValidPart {
  readonly value: Json;
  /** The same mistakes at pointers into the whole value; without those about a place that was cut, or what contains it. */
  readonly inWhole: <T extends { readonly pointer: string }>(mistakes: readonly T[]) => readonly T[];
}

/** Cuts that one value can need: a cut may leave the object around it without a key that it needs. */
const MOST_ROUNDS = 16;

/** Indices of a list's items in the whole value. */
type Origins = Map<unknown, number[]>;

/** Returns the mistakes that a schema finds, in plain words. Fills the defaults of the schema into `value`. */
export function errorsOf(validate: Validator, value: unknown, base: string): readonly PointerMistake[] {
  return validate(value) ? [] : explain(validate.errors ?? [], value, base, formatTexts);
}

/**
 * Cuts what the schema rejects out of a copy of a value that has mistakes. Pointers of `inWhole` begin with `base`.
 * Returns undefined if no part of the value is valid.
 */
export function validPart(validate: Validator, value: Json, base: string): ValidPart | undefined {
  const part = structuredClone(value);
  const origins: Origins = new Map();
  const cuts: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const wrong = errorsOf(validate, structuredClone(part), '');
    if (wrong.length === 0) return partOf(part, origins, cuts, base);
    const pointers = new Set(wrong.map(({ pointer }) => pointer));
    if (pointers.has('')) return undefined;
    // The last items of a list first: a cut moves the items behind it.
    for (const pointer of [...pointers].sort(lastItemFirst)) {
      const whole = wholePointer(part, origins, pointer);
      if (!cut(part, origins, pointer)) continue;
      cuts.push(`${base}${whole}`);
    }
  }
  return undefined;
}

function lastItemFirst(a: string, b: string): number {
  const [left, right] = [pointerKeys(a), pointerKeys(b)];
  const at = left.findIndex((key, i) => key !== right[i]);
  return at < 0 ? -1 : Number(right[at] ?? -1) - Number(left[at]) || right.length - left.length;
}

function partOf(value: Json, origins: Origins, cuts: readonly string[], base: string): ValidPart {
  return {
    value,
    inWhole: (mistakes) =>
      mistakes
        .map((mistake) =>
          mistake.pointer.startsWith(base)
            ? { ...mistake, pointer: `${base}${wholePointer(value, origins, mistake.pointer.slice(base.length))}` }
            : mistake,
        )
        .filter(({ pointer }) => !cuts.some((each) => each === pointer || each.startsWith(`${pointer}/`))),
  };
}

/** A pointer into the part as one into the whole value. */
function wholePointer(part: Json, origins: Origins, pointer: string): string {
  let at: Json | undefined = part;
  return pointerKeys(pointer)
    .map((key) => {
      const index: number | undefined = at === undefined ? undefined : origins.get(at)?.[Number(key)];
      at = Array.isArray(at) ? (at as readonly Json[])[Number(key)] : isTree(at) ? at[key] : undefined;
      return `/${escapePointer(index === undefined ? key : String(index))}`;
    })
    .join('');
}

/** Removes the value at a pointer; returns false if an earlier cut removed it. */
function cut(part: Json, origins: Origins, pointer: string): boolean {
  const keys = pointerKeys(pointer).slice(0, -1);
  const last = pointerKeys(pointer).at(-1) ?? '';
  let at: unknown = part;
  for (const key of keys) at = (at as Readonly<Record<string, unknown>> | undefined)?.[key];
  if (Array.isArray(at)) {
    const kept = origins.get(at) ?? [...at.keys()];
    kept.splice(Number(last), 1);
    origins.set(at, kept);
    return at.splice(Number(last), 1).length > 0;
  }
  return isTree(at) && Object.hasOwn(at, last) && Reflect.deleteProperty(at, last);
}
