/**
 * Managed fields: who owns which field of an object. Source of the format:
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */

import { isRecord, isTree, type Json } from '#plugin';
import type { LiveObject } from './content.ts';

export interface ManagedEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** `status` or `scale`; absent for the object itself. */
  readonly subresource?: string;
  readonly time?: string;
  readonly fields: Json;
}

/** The entries of an object, as far as they have the form of the API. */
export function managedEntries(object: LiveObject): readonly ManagedEntry[] {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const entries = metadata['managedFields'];
  return (Array.isArray(entries) ? (entries as readonly Json[]) : []).flatMap((entry): readonly ManagedEntry[] => {
    if (!isTree(entry)) return [];
    const { manager, operation, subresource, time, fieldsV1 } = entry;
    if (typeof manager !== 'string' || (operation !== 'Apply' && operation !== 'Update')) return [];
    return [
      {
        manager,
        operation,
        fields: fieldsV1 ?? {},
        ...(typeof subresource === 'string' && subresource !== '' ? { subresource } : {}),
        ...(typeof time === 'string' ? { time } : {}),
      },
    ];
  });
}

/**
 * The owned fields of an entry, in the notation of the server's conflicts: `.spec.subnets.second.vlan`. Items of lists
 * are `[name="x"]` or `[index]`.
 */
export function ownedPaths(fields: Json, at = ''): readonly string[] {
  if (!isTree(fields)) return [];
  const members = Object.entries(fields).filter(([key]) => key !== '.');
  if (members.length === 0) return at === '' ? [] : [at];
  return members.flatMap(([key, inner]) => ownedPaths(inner, `${at}${stepOf(key)}`));
}

/**
 * The value at a field of a conflict or an entry, such as `.spec.subnets.second.vlan`; undefined if it does not exist. A field
 * in a list is the list. Keys may contain dots: `.metadata.labels.example.com/a`.
 */
export function valueOfField(value: Json | undefined, field: string): Json | undefined {
  const path = field.replace(/\[.*$/su, '');
  if (path === '') return value;
  if (!isTree(value)) return undefined;
  const keys = Object.keys(value).filter((key) => path === `.${key}` || path.startsWith(`.${key}.`));
  return keys.map((key) => valueOfField(value[key], path.slice(key.length + 1))).find((found) => found !== undefined);
}

function stepOf(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith('f:')) return `.${rest}`;
  if (key.startsWith('k:')) {
    const keys: unknown = JSON.parse(rest);
    return isRecord(keys)
      ? `[${Object.entries(keys)
          .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
          .join(',')}]`
      : `[${rest}]`;
  }
  return `[${rest}]`;
}

function isAtOrBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

/** The last writers of a field, other than `self`, newest first. */
export function writersOf(object: LiveObject, path: string, self: string): readonly ManagedEntry[] {
  return managedEntries(object)
    .filter(
      ({ manager, fields, subresource }) =>
        manager !== self &&
        subresource === undefined &&
        ownedPaths(fields).some((owned) => isAtOrBelow(owned, path) || isAtOrBelow(path, owned)),
    )
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
}

/** Our own entry, if the object has one. */
export function ownEntry(object: LiveObject, self: string): ManagedEntry | undefined {
  return managedEntries(object).find(
    ({ manager, operation, subresource }) => manager === self && operation === 'Apply' && subresource === undefined,
  );
}
