/**
 * Kept fields: fields that left a document, and that the object keeps. Another manager owns them too, or no manager does: the
 * cluster then keeps them without a word.
 */

import { type Json, leavesOf, valueAt } from '#plugin';
import type { LiveObject } from './content.ts';
import { writersOf } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';

export interface KeptField {
  readonly path: string;
  /** The manager that owns the field too; absent if no manager does. */
  readonly manager?: string;
}

/** Fields that the fabric derives from another one, and keeps without it. */
const DERIVED: Readonly<Record<string, readonly (readonly [from: string, field: string])[]>> = {
  Switch: [['/spec/redundancy', '/spec/groups']],
};

/** The fields of the last applied manifest, and those derived from them. */
function appliedPaths(applied: Json, kind: string): readonly string[] {
  const derived = (DERIVED[kind] ?? []).flatMap(([from, field]) =>
    valueAt(applied, from) === undefined ? [] : [field],
  );
  return [...leavesOf(applied), ...derived];
}

/** True for a value without content: a cluster may fill in empty mappings and lists. */
function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** The highest part of a path that a value does not have. */
function missingPart(value: Json, path: string): string | undefined {
  const parts = path.split('/');
  const at = parts.findIndex((_part, i) => i > 0 && valueAt(value, parts.slice(0, i + 1).join('/')) === undefined);
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}

/** The kept fields of an apply: `applied` is the last applied manifest, `answer` the object that the apply would make. */
export function keptFields(
  manifest: Manifest,
  applied: Json | undefined,
  answer: LiveObject,
  self: string,
): readonly KeptField[] {
  if (applied === undefined) return [];
  const gone = appliedPaths(applied, manifest.kind).flatMap((path) => {
    const missing = missingPart(manifest, path);
    const isDerivedAway = DERIVED[manifest.kind]?.some(
      ([from, field]) => field === path && valueAt(manifest, from) !== undefined,
    );
    return missing === undefined || isDerivedAway === true || isEmpty(valueAt(answer, path)) ? [] : [missing];
  });
  return [...new Set(gone)].map((path) => {
    const [writer] = writersOf(answer, path.replaceAll('/', '.'), self);
    return { path, ...(writer === undefined ? {} : { manager: writer.manager }) };
  });
}

/** Says which fields an object keeps, and why. */
export function keptText([first, ...others]: readonly KeptField[]): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more fields that left the document`;
  const because = first?.manager === undefined ? 'the cluster filled it in' : `${first.manager} owns it too`;
  return `The object keeps ${first?.path ?? ''}, which left the document, because ${because}${more}. Declare another value, or remove the field in the cluster`;
}
