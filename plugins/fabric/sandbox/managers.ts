/**
 * Field managers: who owns which fields of an object after an apply or an update. Source of the rules:
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/ and structured-merge-diff's `merge/update.go`
 */

import { instantText } from '#plugin';
import {
  compare,
  type FieldSet,
  fieldsOf,
  pathOrder,
  pathText,
  readFields,
  withoutFields,
  withParents,
  writeFields,
} from './fields.ts';
import { merge } from './merge.ts';
import { faultsOf, type Shape } from './shape.ts';
import { badRequest, type Cause, fieldConflicts, unreasoned } from './status.ts';
import { isTree, listAt, textAt, type Tree, treeAt, type Value, without } from './value.ts';

/** The writer of a request. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

interface Manager extends Writer {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

type Managers = ReadonlyMap<string, Manager>;

/** Fields of the object itself that have no owner. */
const UNOWNED = [
  'f:apiVersion',
  'f:kind',
  'f:metadata',
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => `f:metadata\0f:${name}`),
];

/** Updates of more managers than this are merged into one entry. */
const MAX_UPDATERS = 10;

/** Times of objects have no fractions of seconds. */
export function wholeSecond(ms: number): string {
  return instantText(Math.floor(ms / 1000) * 1000).replace('.000Z', 'Z');
}

/** Appliers have one entry for all versions; updaters have one for each. */
function idOf({ manager, operation, apiVersion, subresource }: Writer): string {
  return JSON.stringify([operation, manager, subresource, operation === 'Apply' ? '' : apiVersion]);
}

function readManagers(object: Tree): Managers {
  const entries = listAt(object, 'metadata', 'managedFields').filter(isTree);
  return new Map(
    entries.flatMap((entry) => {
      const operation = entry['operation'];
      if (operation !== 'Apply' && operation !== 'Update') return [];
      const one: Manager = {
        manager: textAt(entry, 'manager'),
        operation,
        apiVersion: textAt(entry, 'apiVersion'),
        subresource: textAt(entry, 'subresource'),
        time: typeof entry['time'] === 'string' ? entry['time'] : undefined,
        fields: readFields(entry['fieldsV1']),
      };
      return [[idOf(one), one] as const];
    }),
  );
}

function order(a: Manager, b: Manager): number {
  const keys = (one: Manager): readonly string[] => [
    one.operation,
    one.time ?? '',
    one.manager,
    one.apiVersion,
    one.subresource,
  ];
  const [left, right] = [keys(a), keys(b)];
  const at = left.findIndex((text, i) => text !== right[i]);
  return at < 0 ? 0 : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

function withManagers(object: Tree, managers: Managers): Tree {
  const entries = [...managers.values()].toSorted(order).map(
    ({ manager, operation, apiVersion, time, fields, subresource }): Tree => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: writeFields(fields),
      ...(subresource === '' ? {} : { subresource }),
    }),
  );
  const metadata = without(treeAt(object, 'metadata'), 'managedFields');
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } };
}

function withoutManagers(object: Tree): Tree {
  return { ...object, metadata: without(treeAt(object, 'metadata'), 'managedFields') };
}

/** The fields that a manager can own: neither identity, nor those that the endpoint does not write. */
function ownable(fields: FieldSet, ignored: readonly string[]): FieldSet {
  return new Set(
    [...fields].filter(
      (path) => !UNOWNED.includes(path) && !ignored.some((top) => path === top || path.startsWith(`${top}\0`)),
    ),
  );
}

/** The kind of the written object, for ownership. */
export interface Typing {
  readonly shape: Shape;
  /** `default/vpc-1; vpc.githedgehog.com/v1beta1, Kind=VPC` */
  readonly label: string;
  /** Top fields that this endpoint does not write: `f:status`. */
  readonly ignored: readonly string[];
}

interface Managed {
  readonly object: Value;
  readonly managers: Managers;
}

function typed({ shape, label }: Typing, value: Tree, what: 'patch' | 'live'): void {
  const faults = faultsOf(shape, value);
  if (faults.length === 0) return;
  const lines = faults.map(({ path, why }) => `${path}: ${why}`);
  const text = lines.length === 1 ? ` ${lines[0]}` : ` errors:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  throw unreasoned(`failed to create typed ${what} object (${label}):${text}`);
}

/** Takes changed fields from the other managers. Without `force`, a changed field of another manager is a conflict. */
function settle(
  typing: Typing,
  { object, managers }: Managed,
  live: Tree,
  writer: { readonly id: string; readonly force: boolean },
): { readonly managers: Map<string, Manager>; readonly comparison: ReturnType<typeof compare> } {
  const found = compare(typing.shape, live, object);
  const comparison = {
    added: ownable(found.added, typing.ignored),
    modified: ownable(found.modified, typing.ignored),
    removed: ownable(found.removed, typing.ignored),
  };
  const touched = comparison.modified.union(comparison.added);
  const next = new Map(managers);
  const conflicts: (readonly [Manager, FieldSet])[] = [];
  for (const [id, one] of managers) {
    if (id === writer.id) continue;
    const taken = one.fields.intersection(touched);
    if (taken.size > 0) conflicts.push([one, taken]);
    next.set(id, { ...one, fields: one.fields.difference(taken).difference(comparison.removed) });
  }
  if (!writer.force && conflicts.length > 0) throw conflictOf(conflicts);
  for (const [id, { fields }] of next) if (fields.size === 0) next.delete(id);
  return { managers: next, comparison };
}

function managerText({ manager, subresource, operation, apiVersion, time }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation === 'Apply') return name;
  return `${name} using ${apiVersion}${time === undefined ? '' : ` at ${time}`}`;
}

function conflictOf(conflicts: readonly (readonly [Manager, FieldSet])[]): Error {
  // The identity of a manager has no time.
  const named = conflicts
    .map(([one, fields]) => ({
      name: managerText({ ...one, time: undefined }),
      paths: [...fields].toSorted(pathOrder).map(pathText),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const causes = named.flatMap(({ name, paths }) =>
    paths.map((field): Cause => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  const [only] = causes;
  const text =
    causes.length === 1 && only !== undefined
      ? `${only.message}: ${only.field}`
      : named
          .map(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
          .join('\n');
  return fieldConflicts(causes, text);
}

export interface Application {
  readonly writer: Writer;
  readonly force: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/** Server-side apply: the live object after it, with its managed fields. `live` is `{}` for a new object. */
export function applied(typing: Typing, live: Tree, config: Tree, { writer, force, now }: Application): Tree {
  if (valuePresent(config, 'managedFields')) throw badRequest('metadata.managedFields must be nil');
  typed(typing, config, 'patch');
  const former = managersBefore(typing, live, writer, now);
  const bare = withoutManagers(live);
  const id = idOf(writer);
  const last = former.get(id)?.fields ?? new Set<string>();
  const merged = merge(typing.shape, bare, config) ?? {};
  // The identity of the object counts as owned until the end: pruning must not take it.
  const fields = fieldsOf(typing.shape, config);
  const managers = new Map(former).set(id, { ...writer, time: wholeSecond(now), fields });
  const pruned = prune(typing.shape, merged, managers, last);
  const result = settle(typing, { object: pruned, managers }, bare, { id, force });
  const own = result.managers.get(id);
  const kept = ownable(fields, typing.ignored);
  if (own !== undefined && kept.size > 0) result.managers.set(id, { ...own, fields: kept });
  else result.managers.delete(id);
  return withManagers(isTree(pruned) ? pruned : {}, result.managers);
}

/** Owner of the fields of an object without managers, at its next apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/** The managers of an object before an apply. Without any, a manager of that name owns all its fields. */
function managersBefore(typing: Typing, live: Tree, writer: Writer, now: number): Managers {
  const managers = readManagers(live);
  if (managers.size > 0) return managers;
  const first: Writer = { ...writer, manager: BEFORE_FIRST_APPLY, operation: 'Update' };
  return readManagers(updated(typing, {}, live, { writer: first, now }));
}

function valuePresent(config: Tree, key: string): boolean {
  return key in treeAt(config, 'metadata');
}

/** Removes the fields of the last apply that no manager owns now. */
function prune(shape: Shape, merged: Value, managers: Managers, last: FieldSet): Value {
  if (last.size === 0) return merged;
  const lastWhole = withParents(last, shape);
  const owned = withParents(
    [...managers.values()].reduce<FieldSet>((all, { fields }) => all.union(fields), new Set()),
    shape,
  );
  const mergedSet = withParents(fieldsOf(shape, merged), shape);
  const setOf = (value: Value): FieldSet => withParents(fieldsOf(shape, value), shape);
  const first = withoutFields(merged, shape, lastWhole);
  const second = withoutFields(merged, shape, mergedSet.difference(setOf(first).union(owned)));
  return withoutFields(merged, shape, mergedSet.difference(setOf(second)).intersection(lastWhole));
}

/** An update: the new object, whose changed fields the writer owns. `live` is `{}` for a new object. */
export function updated(typing: Typing, live: Tree, next: Tree, { writer, now }: Omit<Application, 'force'>): Tree {
  const given = listAt(next, 'metadata', 'managedFields');
  const [first] = given;
  const isReset = given.length === 1 && isTree(first) && Object.keys(first).length === 0;
  const sent = writer.subresource === '' ? readManagers(next) : new Map();
  const managers: Managers = isReset ? new Map() : sent.size > 0 ? sent : readManagers(live);
  const [before, after] = [withoutManagers(live), withoutManagers(next)];
  const id = idOf(writer);
  // As a new writer: the own entry counts only for what it had before.
  const others = new Map(managers);
  const own = others.get(id);
  const settled = settle(typing, { object: after, managers: others }, before, { id: '', force: true });
  const taken = settled.comparison.modified.union(settled.comparison.added);
  const kept =
    own === undefined ? new Set<string>() : own.fields.difference(settled.comparison.removed).difference(taken);
  const fields = kept.union(taken);
  if (fields.size === 0) settled.managers.delete(id);
  else
    settled.managers.set(id, {
      ...writer,
      fields,
      time: taken.size > 0 ? wholeSecond(now) : own?.time,
    });
  return withManagers(after, capped(settled.managers, now));
}

/** Joins the oldest updaters where there are too many. */
function capped(managers: ReadonlyMap<string, Manager>, now: number): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update');
  if (updaters.length <= MAX_UPDATERS) return managers;
  const old = updaters.toSorted(([, a], [, b]) => order(a, b)).slice(0, updaters.length - MAX_UPDATERS + 1);
  const next = new Map(managers);
  for (const [id, one] of old) {
    next.delete(id);
    const joined: Manager = { ...one, manager: 'ancient-changes', time: one.time ?? wholeSecond(now) };
    const known = next.get(idOf(joined))?.fields ?? new Set<string>();
    next.set(idOf(joined), { ...joined, fields: known.union(one.fields) });
  }
  return next;
}

/** An object whose managed fields have no times, to compare what a request would store. */
export function withoutTimes(object: Tree): Tree {
  const entries = listAt(object, 'metadata', 'managedFields').map((entry) =>
    isTree(entry) ? without(entry, 'time') : entry,
  );
  return entries.length === 0
    ? object
    : { ...object, metadata: { ...treeAt(object, 'metadata'), managedFields: entries } };
}
