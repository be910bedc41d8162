/**
 * Safety inputs: fields of a document by which rules decide whether its own resource may be disturbed or removed, or by
 * which later steps go without a difference that shows them, and settings that the kind names.
 *
 * The author of such a field is judged by it. So the state has the applied value, a change of it is a row, and until
 * that row is applied the stricter of the two values counts, or both. `specs/` defines the combination for each field.
 *
 * A change does not need its own row if the next step of the resource shows it: the field itself, an edit of a field by
 * which only later steps go, or, for a removed dependency, the reference that named it.
 */

import {
  appliedInputs,
  type Change,
  changedSpecInputs,
  compareText,
  declaredInputs,
  type Desired,
  escapePointer,
  type FieldChange,
  fieldChange as field,
  formatRef,
  inputPointers,
  type Inputs,
  isKept,
  type KindTables,
  type Labels,
  type Memory,
  type MetaNote,
  type OnRemove,
  type Resource,
  type SafetyInput,
  sameJson,
  defined,
} from '#plugin';
import type { EnvelopeInput } from './generated.ts';

/** The effect of removing the document: `remove` or `release`. The recorded value outlives the document. */
export function onRemoveOf(desired: Desired | undefined, memory: Memory | undefined, tables: KindTables): OnRemove {
  return desired?.meta.lifecycle.onRemove ?? memory?.onRemove ?? tables.onRemove;
}

/** The reason of a hold: declared, or recorded. */
export function holdOf({ desired, memory }: Resource): string | undefined {
  return writtenHold(desired) ?? memory?.hold;
}

function writtenHold(desired: Desired | undefined): string | undefined {
  const hold = desired?.meta.lifecycle.hold;
  return hold === false ? undefined : hold;
}

/** Labels by which a limit counts a resource: the recorded and the declared ones. */
export function labelsOf({ desired, memory }: Resource): readonly Labels[] {
  const [remembered, written] = [memory?.labels ?? {}, desired?.meta.labels];
  return written === undefined || sameJson(written, remembered) ? [remembered] : [written, remembered];
}

/** Addresses of the dependencies of a resource, declared or applied. */
export function needsOf({ desired, memory }: Pick<Resource, 'desired' | 'memory'>): readonly string[] {
  return [...new Set([...(desired?.needs.map(formatRef) ?? []), ...(memory?.needs ?? [])])];
}

/** True if a limit may count the kind by its labels: a disruption budget, or a group of a rule. */
function isCountedByLabels({ machines, rules }: KindTables): boolean {
  return (
    rules.some(({ group }) => group?.startsWith('label:') === true) ||
    Object.values(machines).some(({ edits, transitions }) =>
      [...edits, ...transitions].some(({ disruptive }) => disruptive === true),
    )
  );
}

const LABELS = '/metadata/labels';
const NEEDS = '/metadata/dependsOn';

type Compare = (desired: Desired, memory: Memory, tables: KindTables) => readonly FieldChange[];

const ENVELOPE: Readonly<Record<EnvelopeInput, Compare>> = {
  '/lifecycle/protect': ({ meta }, { protect = false }) =>
    field('/lifecycle/protect', protect, meta.lifecycle.protect ?? protect),
  '/lifecycle/onRemove': (desired, memory, tables) =>
    field('/lifecycle/onRemove', onRemoveOf(undefined, memory, tables), onRemoveOf(desired, memory, tables)),
  '/lifecycle/hold': (desired, { hold }) => field('/lifecycle/hold', hold, writtenHold(desired)),
  [LABELS]: ({ meta }, { labels = {} }, tables) =>
    isCountedByLabels(tables)
      ? [...new Set([...Object.keys(labels), ...Object.keys(meta.labels)])]
          .sort()
          .flatMap((key) => field(`${LABELS}/${escapePointer(key)}`, labels[key], meta.labels[key]))
      : [],
  // An added dependency counts at once: it must not be removed from now on.
  [NEEDS]: ({ needs }, { needs: before = [] }) => {
    const written = needs.map(formatRef);
    return before.every((need) => written.includes(need)) ? [] : field(NEEDS, before, written);
  },
};

/**
 * Safety inputs whose declared value differs from the applied one. Those about removal do not apply to given resources.
 */
export function changedInputs(resource: Resource): readonly FieldChange[] {
  const { desired, memory, tables } = resource;
  if (desired === undefined || memory === undefined || resource.sight.is !== 'seen' || !isKept(resource)) return [];
  const isGiven = resource.sight.observed.given === true;
  const envelope = Object.entries(ENVELOPE).flatMap(([input, compare]) =>
    isGiven && (input === '/lifecycle/protect' || input === '/lifecycle/onRemove')
      ? []
      : compare(desired, memory, tables),
  );
  return [...envelope, ...changedSpecInputs(resource)];
}

/** True for a field by which only later steps go: each row of the resource shows its edit. */
export function isShownInput(path: string, { safetyInputs }: Pick<KindTables, 'safetyInputs'>): boolean {
  return safetyInputs.some(({ pointer, combine }) => combine === 'shown' && pointer === path);
}

/** True if a step of the resource shows the change of a safety input, and applies it. */
function isShownBy(change: FieldChange, { fields }: Pick<Change, 'fields'>, tables: KindTables): boolean {
  const { references } = tables;
  if (isShownInput(change.path, tables)) return true;
  if (change.path !== NEEDS) return fields.some(({ path }) => path === change.path);
  const dropped = (change.before as readonly string[]).filter(
    (need) => !(change.after as readonly string[]).includes(need),
  );
  return fields.some(
    ({ path, before }) =>
      path === NEEDS ||
      references.some(({ pointer }) => pointer === path) ||
      dropped.every((need) => typeof before === 'string' && need.endsWith(`/${before}`)),
  );
}

/** The changed safety inputs that the next step does not show: they need a row before it. */
export function hiddenInputs(own: Change | undefined, resource: Resource): readonly FieldChange[] {
  const changed = changedInputs(resource);
  return own === undefined ? changed : changed.filter((each) => !isShownBy(each, own, resource.tables));
}

/** True if a change of the document releases a managed object: the object stays, and is no longer managed. */
export function letsGo({ goal, fields }: Pick<Change, 'goal' | 'fields'>, { releases = [] }: KindTables): boolean {
  if (goal === 'adopt') return false;
  return releases.some(({ pointer, to }) =>
    fields.some(
      ({ path, before, after }) =>
        path === pointer && before !== undefined && (to?.some((value) => sameJson(value, after)) ?? true),
    ),
  );
}

type Declared = Resource & { readonly desired: Desired };

/** The recorded part of a declared document. A protection that it does not mention stays. */
export function metaOf(resource: Declared): Omit<MetaNote, 'read'> {
  const { desired, memory, tables } = resource;
  const hold = writtenHold(desired);
  const { ignore } = desired.meta.lifecycle;
  const protect = desired.meta.lifecycle.protect ?? memory?.protect ?? false;
  return defined({
    protect: protect ? true : undefined,
    on_remove: onRemoveOf(desired, memory, tables),
    hold,
    needs: desired.needs.map(formatRef),
    labels: desired.meta.labels,
    safety: declaredInputs(resource),
    ignore: ignore.length === 0 ? undefined : ignore.toSorted(compareText),
  });
}

/** The declared inputs, except for those that keep their applied value. */
function partly(applied: Inputs, written: Inputs, staying: ReadonlySet<string>, table: readonly SafetyInput[]): Inputs {
  return Object.fromEntries(
    inputPointers(table, applied, written).flatMap((pointer) => {
      const value = (staying.has(pointer) ? applied : written)[pointer];
      return value === undefined ? [] : [[pointer, value]];
    }),
  );
}

/** The recorded part of a document after a change, other than its spec: only safety inputs that the change shows. */
export function metaAfter(change: Change, resource: Declared): MetaNote {
  const { read } = resource.desired;
  const note = { ...shownMeta(change, resource), ...(read === undefined ? {} : { read }) };
  const { labels } = resource.memory ?? {};
  return labels === undefined || sameJson(labels, note.labels) ? note : { ...note, labels_before: labels };
}

function shownMeta(change: Change, resource: Declared): MetaNote {
  const { memory, tables } = resource;
  const written = metaOf(resource);
  if (memory === undefined || change.goal === 'create' || change.goal === 'adopt') return written;
  const hidden = new Set(hiddenInputs(change, resource).map(({ path }) => path));
  const keeps = (input: EnvelopeInput): boolean =>
    [...hidden].some((path) => path === input || path.startsWith(`${input}/`));
  const before = appliedInputs(memory, tables.safetyInputs);
  const { protect: _protect, hold: _hold, ...rest } = written;
  const protect = keeps('/lifecycle/protect') ? memory.protect : written.protect;
  const hold = keeps('/lifecycle/hold') ? memory.hold : written.hold;
  return {
    ...rest,
    ...(protect === undefined ? {} : { protect }),
    ...(hold === undefined ? {} : { hold }),
    ...(keeps('/lifecycle/onRemove') ? { on_remove: onRemoveOf(undefined, memory, tables) } : {}),
    ...(keeps(NEEDS) ? { needs: needsOf(resource) } : {}),
    ...(keeps(LABELS) ? { labels: memory.labels ?? {} } : {}),
    ...(written.safety === undefined || before === undefined
      ? {}
      : { safety: partly(before, written.safety, hidden, tables.safetyInputs) }),
  };
}

/**
 * The part of a document, other than its spec, that a refresh records: all before the first apply, then inputs without
 * a row.
 */
export function metaSeen(resource: Resource): Partial<Pick<MetaNote, 'hold' | 'needs' | 'labels' | 'safety' | 'read'>> {
  const { desired, memory, tables } = resource;
  if (desired === undefined) return {};
  const { hold, needs: written, labels, safety } = metaOf({ ...resource, desired });
  const kept = isKept(resource);
  const needs = kept ? needsOf(resource) : written;
  const isFirst = memory === undefined || (kept && appliedInputs(memory, tables.safetyInputs) === undefined);
  return {
    ...(hold === undefined || memory !== undefined ? {} : { hold }),
    ...(needs.length === (memory?.needs ?? []).length && needs.every((need) => memory?.needs?.includes(need) === true)
      ? {}
      : { needs }),
    ...(sameJson(labels, memory?.labels ?? {}) || (kept && isCountedByLabels(tables)) ? {} : { labels }),
    ...(isFirst && safety !== undefined ? { safety } : {}),
    ...(desired.read === undefined || sameJson(desired.read, memory?.read) ? {} : { read: desired.read }),
  };
}
