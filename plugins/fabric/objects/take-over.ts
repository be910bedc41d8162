/**
 * Take-over: after its adoption, the fields of the tools that wrote an object become ours, so that a field that leaves the
 * manifest is really removed. Other fields, and those of controllers, stay with their managers.
 */

import { type FieldChange, isTree, type Json, sameJson } from '#plugin';
import { changesOf, type LiveObject, textOr } from './content.ts';
import { ownEntry, ownedPaths, valueOfField } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';

type Tree = { readonly [key: string]: Json };

/** Fields of the metadata that belong to the controllers of an object, also if a tool wrote them. */
const CONTROLLED = ['f:finalizers', 'f:ownerReferences'];

/** An object that the project adopts. */
export interface Adopted {
  readonly live: LiveObject;
  readonly manifest: Manifest;
  /** Our field manager. */
  readonly manager: string;
  /** Managers whose fields are never taken over. */
  readonly controllers: readonly string[];
}

/** The entries that a take-over makes of those of an object. */
export interface TakeOver {
  /** Managers whose fields become ours. */
  readonly from: readonly string[];
  /** The fields, in the form of the API. */
  readonly fields: Json;
  readonly managedFields: readonly Json[];
}

function entriesOf({ metadata }: LiveObject): readonly Json[] {
  const entries = isTree(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(entries) ? (entries as readonly Json[]) : [];
}

/** The union of two sets of fields. */
function union(a: Json, b: Json): Json {
  if (!isTree(a)) return b;
  if (!isTree(b)) return a;
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, inner]) => [key, union(a[key] ?? {}, inner)])) };
}

function withoutControlled(fields: Json): Json {
  const metadata = isTree(fields) ? fields['f:metadata'] : undefined;
  if (!isTree(fields) || !isTree(metadata)) return fields;
  const kept = Object.entries(metadata).filter(([key]) => !CONTROLLED.includes(key));
  return { ...fields, 'f:metadata': Object.fromEntries(kept) };
}

/** True for an entry of a tool that wrote, other than by server-side apply, a field that the manifest declares. */
function isWriter(entry: Json, { manifest, controllers }: Adopted): entry is Tree {
  if (!isTree(entry)) return false;
  const { manager, operation, subresource, apiVersion, fieldsV1 = {} } = entry;
  return (
    operation === 'Update' &&
    textOr(subresource, '') === '' &&
    apiVersion === manifest.apiVersion &&
    !controllers.includes(textOr(manager, '')) &&
    ownedPaths(fieldsV1).some((path) => valueOfField(manifest, path) !== undefined)
  );
}

/** The take-over of an adopted object; undefined if it has an entry of ours, or no tool wrote a declared field. */
export function takeOverOf(adopted: Adopted): TakeOver | undefined {
  const { live, manifest, manager } = adopted;
  if (ownEntry(live, manager) !== undefined) return undefined;
  const entries = entriesOf(live);
  const taken = entries.filter((entry) => isWriter(entry, adopted));
  const [first] = taken;
  if (first === undefined) return undefined;
  const fields = withoutControlled(taken.reduce<Json>((all, { fieldsV1 = {} }) => union(all, fieldsV1), {}));
  const times = taken.map(({ time }) => textOr(time, '')).toSorted();
  const time = times.at(-1) ?? '';
  const ours: Json = {
    manager,
    operation: 'Apply',
    apiVersion: manifest.apiVersion,
    ...(time === '' ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  return {
    from: [...new Set(taken.map((entry) => textOr(entry['manager'], '')))],
    fields,
    managedFields: [...entries.filter((entry) => !isWriter(entry, adopted)), ours],
  };
}

/** The part of an owned list that the manifest keeps: items with keys, and values of sets. */
function keptItems(owned: Tree, live: readonly Json[], declared: readonly Json[]): readonly Json[] {
  const isOwned = (item: Json): boolean =>
    Object.keys(owned).some((key) => {
      if (key.startsWith('v:')) return sameJson(JSON.parse(key.slice(2)) as Json, item);
      return key.startsWith('k:') && hasKeys(item, JSON.parse(key.slice(2)) as Json);
    });
  const isDeclared = (item: Json): boolean =>
    declared.some((other) =>
      Object.keys(owned).some((key) => {
        const given = JSON.parse(key.slice(2) === '' ? 'null' : key.slice(2)) as Json;
        return key.startsWith('k:') ? hasKeys(item, given) && hasKeys(other, given) : sameJson(other, item);
      }),
    );
  return live.filter((item) => !isOwned(item) || isDeclared(item));
}

function hasKeys(item: Json, keys: Json): boolean {
  return isTree(item) && isTree(keys) && Object.entries(keys).every(([key, value]) => sameJson(item[key], value));
}

/** An object without the owned fields that its manifest does not declare. */
function withoutUndeclared(live: Json, declared: Json | undefined, owned: Json): Json {
  if (!isTree(owned)) return live;
  if (Array.isArray(live)) return keptItems(owned, live, Array.isArray(declared) ? declared : []);
  if (!isTree(live)) return live;
  return Object.fromEntries(
    Object.entries(live).flatMap(([key, value]) => {
      const fields = owned[`f:${key}`];
      if (!isTree(fields)) return [[key, value]];
      const wanted = isTree(declared) ? declared[key] : undefined;
      const isWhole = fields['.'] !== undefined || Object.keys(fields).length === 0;
      if (wanted === undefined && isWhole) return [];
      return [[key, withoutUndeclared(value, wanted, fields)]];
    }),
  );
}

/** The fields that the first apply after a take-over removes. A dry run before the take-over does not show them. */
export function removedByTakeOver({ live, manifest }: Adopted, { fields }: TakeOver): readonly FieldChange[] {
  return changesOf(live, withoutUndeclared(live, manifest, fields) as LiveObject);
}

/** Paths of changes that are neither among expected ones nor below one. */
export function unexpectedPaths(changes: readonly FieldChange[], expected: readonly FieldChange[]): readonly string[] {
  return changes
    .map(({ path }) => path)
    .filter((path) => !expected.some((each) => path === each.path || path.startsWith(`${each.path}/`)));
}
