/**
 * Kept fields: fields that left a document, and that the object keeps. Another manager owns them too, or no manager does: the
 * cluster then keeps them without a word. Our own entry has them until the next apply.
 */

import type { Json } from '#plugin';
import { asName } from '../live/answers.ts';
import type { LiveObject } from './content.ts';
import { ownEntry, ownedPaths, valueOfField, writersOf } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';

export interface KeptField {
  /** `.spec.defaultIsolated`. */
  readonly field: string;
  /** The manager that owns the field too; absent if no manager does. */
  readonly manager?: string;
}

/** Fields that the fabric derives from another one, and keeps without it. */
const DERIVED: Readonly<Record<string, readonly { readonly from: string; readonly field: string }[]>> = {
  Switch: [{ from: '.spec.redundancy', field: '.spec.groups' }],
};

/** True for a value without content: a cluster may fill in empty mappings and lists. */
function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** The kept fields of an apply: `live` is the object before, and `answer` the one that the apply would make. */
export function keptFields(
  manifest: Manifest,
  live: LiveObject,
  answer: LiveObject,
  self: string,
): readonly KeptField[] {
  const owned = ownedPaths(ownEntry(live, self)?.fields ?? {});
  const derived = (DERIVED[manifest.kind] ?? []).flatMap(({ from, field }) =>
    owned.some((path) => path.startsWith(from)) && valueOfField(manifest, from) === undefined ? [field] : [],
  );
  return [...new Set([...owned, ...derived])].flatMap((field): readonly KeptField[] => {
    if (valueOfField(manifest, field) !== undefined || isEmpty(valueOfField(answer, field))) return [];
    const [writer] = writersOf(answer, field, self);
    return [{ field: asName(field), ...(writer === undefined ? {} : { manager: asName(writer.manager) }) }];
  });
}

/** Says which fields an object keeps, and why. */
export function keptText([first, ...others]: readonly KeptField[]): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more fields that left the document`;
  const because = first?.manager === undefined ? 'the cluster filled it in' : `${first.manager} owns it too`;
  return `The object keeps ${first?.field ?? ''}, which left the document, because ${because}${more}. Declare another value, or remove the field in the cluster`;
}
