/**
 * Safety inputs: fields of a spec by which rules decide whether the resource may be disturbed or removed, or by which later
 * steps go, and settings that its kind names. `specs/` defines how the applied and the declared values combine.
 */

import { isGiven, isSeen } from './sight.ts';
import { sameJson } from './canonical.ts';
import { changeAt, valueAt } from './pointer.ts';
import type { Combining, SafetyInput } from './tables.ts';
import { durationMs } from './time.ts';
import type { FieldChange, Inputs, Json, Memory, Resource } from './types.ts';
import { defined } from './defined.ts';

type Known = Pick<Memory, 'safety' | 'applied' | 'open'>;

/** The safety inputs of a spec, by pointer. */
export function inputsOf(spec: unknown, table: readonly SafetyInput[]): Inputs {
  return Object.fromEntries(
    table.flatMap(({ pointer }) => {
      const value = valueAt(spec, pointer);
      return value === undefined ? [] : [[pointer, value]];
    }),
  );
}

/** The safety inputs of a declared resource, by pointer: fields of its spec, and settings. */
export function declaredInputs({ desired, kind, settings, tables }: Resource): Inputs | undefined {
  if (desired === undefined) return undefined;
  if (tables.safetyInputs.length === 0 && kind.settingInputs === undefined) return undefined;
  return { ...inputsOf(desired.spec, tables.safetyInputs), ...kind.settingInputs?.(desired.spec, settings) };
}

/** The pointers of inputs in the order of the table, those of settings last. */
export function inputPointers(table: readonly SafetyInput[], ...inputs: readonly Inputs[]): readonly string[] {
  return [...new Set([...table.map(({ pointer }) => pointer), ...inputs.flatMap((each) => Object.keys(each).sort())])];
}

/** The last applied safety inputs; undefined if the state has none. */
export function appliedInputs(memory: Known | undefined, table: readonly SafetyInput[]): Inputs | undefined {
  const { safety, applied, open } = memory ?? {};
  if (safety !== undefined) return safety;
  const spec = applied?.spec ?? open?.applied?.spec;
  return spec === undefined ? open?.meta?.safety : inputsOf(spec, table);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The number in `87.5%`, or a number itself. */
function amountOf(value: Json): number {
  return typeof value === 'number' ? value : Number.parseFloat(textOf(value));
}

function stricterOf(combine: Combining, applied: Json | undefined, written: Json | undefined): Json | undefined {
  if (typeof combine === 'object') return combine.find((value) => sameJson(value, applied) || sameJson(value, written));
  if (combine === 'longer') {
    if (applied === undefined || written === undefined) return undefined;
    return durationMs(textOf(applied)) > durationMs(textOf(written)) ? applied : written;
  }
  if (applied === undefined || written === undefined) return applied ?? written;
  if (combine === 'larger') return amountOf(applied) > amountOf(written) ? applied : written;
  if (combine === 'smaller') return amountOf(applied) < amountOf(written) ? applied : written;
  return combine === 'applied' ? applied : written;
}

/** The effective inputs until the declared ones are applied. A field with `combine: both` has its declared value. */
export function strictest(
  table: readonly SafetyInput[],
  applied: Inputs | undefined,
  written: Inputs | undefined,
): Inputs {
  if (applied === undefined || written === undefined) return applied ?? written ?? {};
  return Object.fromEntries(
    table.flatMap(({ pointer, combine }) => {
      const value = stricterOf(combine, applied[pointer], written[pointer]);
      return value === undefined ? [] : [[pointer, value]];
    }),
  );
}

/** A copy of the spec with these safety inputs. Inputs of the table that are not among them are removed. */
export function withInputValues<S>(spec: S, inputs: Inputs, table: readonly SafetyInput[]): S {
  return table.reduce<Json>(
    (all, { pointer }) =>
      sameJson(valueAt(all, pointer) ?? null, inputs[pointer] ?? null)
        ? all
        : changeAt(all, pointer, () => inputs[pointer]),
    spec as Json,
  ) as S;
}

/** True if the state records the applied values of the resource, so that a change can be detected. */
export function isKept(resource: Resource): boolean {
  return resource.owned || (isGiven(resource) && resource.memory !== undefined);
}

/** True for a field that says nothing: absent, or an empty list. */
function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** The change of one field; empty if the values are equal. */
export function fieldChange(path: string, before: Json | undefined, after: Json | undefined): readonly FieldChange[] {
  if (sameJson(before ?? null, after ?? null)) return [];
  return [defined({ path, before, after })];
}

/**
 * The safety inputs whose declared values differ from the applied ones; empty if the resource is not seen or not kept.
 */
export function changedSpecInputs(resource: Resource): readonly FieldChange[] {
  const table = resource.tables.safetyInputs;
  if (!isSeen(resource) || !isKept(resource)) return [];
  const [before, after] = [appliedInputs(resource.memory, table), declaredInputs(resource)];
  if (before === undefined || after === undefined) return [];
  return inputPointers(table, before, after).flatMap((pointer) =>
    isEmpty(before[pointer]) && isEmpty(after[pointer]) ? [] : fieldChange(pointer, before[pointer], after[pointer]),
  );
}
