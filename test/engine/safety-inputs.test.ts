/**
 * Safety inputs: until a change of one is applied, no verdict is laxer than under the applied or the declared value
 * alone.
 */

import { resourceWith } from '../support/resource.ts';
import { describe, expect, it } from 'vitest';
import { tables as certificates } from '../../plugins/certificates/generated.ts';
import { tables as nodes } from '../../plugins/nodes/generated.ts';
import {
  type Change,
  changeAt,
  changeOf,
  type Combining,
  type Desired,
  durationMs,
  formatRef,
  type Inputs,
  type Json,
  type KindTables,
  type Memory,
  type Resource,
  type SafetyInput,
  strictest,
  withInputValues,
} from '#plugin';
import {
  changedInputs,
  hiddenInputs,
  holdOf,
  labelsOf,
  metaAfter,
  metaOf,
  needsOf,
} from '../../src/engine/safety-inputs.ts';
import fc from '../support/property.ts';

const KINDS: readonly (readonly [string, KindTables])[] = [nodes, certificates].flatMap(({ name, kinds }) =>
  Object.entries(kinds).map(([kind, tables]) => [`${name}/${kind}`, tables] as const),
);

const INPUTS = KINDS.flatMap(([kind, tables]) =>
  tables.safetyInputs.map((input) => [`${kind} ${input.pointer}`, input, tables] as const),
);

const DURATIONS = ['0s', '1s', '90s', '2m', '1h', '7d'];
const AMOUNTS: readonly Json[] = [0, 1, 2.5, 30, '30%', '87.5%', '100%'];

/** Values of a field, one for each way of combining. */
function valuesOf(combine: Combining): readonly (Json | undefined)[] {
  if (typeof combine === 'object') return combine;
  if (combine === 'longer') return [...DURATIONS, undefined];
  if (combine === 'larger' || combine === 'smaller') return AMOUNTS;
  return ['a', 'b', undefined];
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Larger is stricter; undefined if a single value does not count. */
function strictness(combine: Combining, value: Json | undefined): number | undefined {
  if (typeof combine === 'object') return -combine.indexOf(value ?? null);
  if (combine === 'longer') return value === undefined ? Number.POSITIVE_INFINITY : durationMs(textOf(value));
  const amount = Number.parseFloat(textOf(value ?? null));
  if (combine === 'larger') return amount;
  return combine === 'smaller' ? -amount : undefined;
}

const REF = { plugin: 'nodes', kind: 'Node', name: 'a' };
const NEED = { plugin: 'nodes', kind: 'Node', name: 'b' };

interface Written {
  readonly spec?: unknown;
  readonly labels?: Readonly<Record<string, string>>;
  readonly needs?: Desired['needs'];
  readonly lifecycle?: Omit<Desired['meta']['lifecycle'], 'ignore'>;
}

function desiredOf({ spec = {}, labels = {}, needs = [], lifecycle = {} }: Written): Desired {
  return {
    ref: REF,
    spec,
    meta: { labels, lifecycle: { ...lifecycle, ignore: [] } },
    needs,
    source: { file: 'a.yaml', line: 1, column: 1 },
  };
}

function declared(desired: Desired, tables: KindTables): Resource & { readonly desired: Desired } {
  return { ...resourceWith({ ref: REF, tables, desired }), desired };
}

/** A resource with one document applied and another declared. */
function resourceOf(applied: Written, written: Written, tables: KindTables): Resource {
  const { protect, hold, ...meta } = metaOf(declared(desiredOf(applied), tables));
  const memory: Memory = {
    ref: REF,
    version: 1,
    kept: {},
    owned: 'created',
    ...meta,
    ...(protect === undefined ? {} : { protect }),
    ...(hold === undefined ? {} : { hold }),
  };
  const observed = { ref: REF, state: 'ready', facts: {}, findings: [], at: Date.parse('2026-11-20T12:00:00Z') };
  return resourceWith({ ref: REF, tables, desired: desiredOf(written), observed, memory });
}

const NODE: KindTables = nodes.kinds.Node;

describe('fields of a spec', () => {
  it.each(INPUTS)('%s: the combined value is at least as strict as either', (_name, { pointer, combine }) => {
    const value = fc.constantFrom(...valuesOf(combine));
    const inputs = (each: Json | undefined): Inputs => (each === undefined ? {} : { [pointer]: each });
    fc.assert(
      fc.property(value, value, (applied, written) => {
        const combined = strictest([{ pointer, combine }], inputs(applied), inputs(written))[pointer];
        const [found, a, b] = [combined, applied, written].map((each) => strictness(combine, each));
        if (found === undefined || a === undefined || b === undefined)
          expect(combined).toBe(combine === 'applied' ? (applied ?? written) : (written ?? applied));
        else expect(found).toBe(Math.max(a, b));
      }),
    );
  });

  it.each(INPUTS)('%s: a change is a row, and is applied by it', (_name, { pointer, combine }, tables) => {
    const [before, after] = valuesOf(combine) as readonly [Json, Json];
    const spec = (value: Json | undefined): Json => changeAt({}, pointer, () => value);
    const resource = resourceOf({ spec: spec(before) }, { spec: spec(after) }, tables);
    const rows = hiddenInputs(undefined, resource);
    expect(rows).toEqual([{ path: pointer, before, after }]);
    const protect: Change = { ...CHANGE, goal: 'protect', fields: rows };
    const desired = resource.desired as Desired;
    expect(metaAfter(protect, { ...resource, desired }).safety).toEqual({ [pointer]: after });
    // A step for other fields keeps the applied value, unless every row shows its edit; a step that shows the field applies the new one.
    const other: Change = { ...CHANGE, fields: [{ path: '/elsewhere', after: 1 }] };
    expect(metaAfter(other, { ...resource, desired }).safety).toEqual({
      [pointer]: combine === 'shown' ? after : before,
    });
    expect(hiddenInputs({ ...CHANGE, fields: [{ path: pointer, after }] }, resource)).toEqual([]);
  });

  it('can be added to a spec, and removed from it, without another change', () => {
    const table: readonly SafetyInput[] = [
      { pointer: '/a/b', combine: 'longer' },
      { pointer: '/c', combine: 'larger' },
    ];
    expect(withInputValues({ a: { b: '1s', x: 1 }, y: 2 }, { '/c': 3 }, table)).toEqual({ a: { x: 1 }, y: 2, c: 3 });
  });
});

const CHANGE = changeOf(REF, nodes.kinds.Node, { step: 'ready>ready', goal: 'update', because: '', cause: 'edit' });

describe('fields of the envelope', () => {
  it.each([
    ['a label that is removed', { labels: { pool: 'web' } }, {}, { path: '/metadata/labels/pool', before: 'web' }],
    ['a label that is added', {}, { labels: { 'a/b': '1' } }, { path: '/metadata/labels/a~1b', after: '1' }],
    [
      'a need that is removed',
      { needs: [NEED] },
      {},
      { path: '/metadata/dependsOn', before: [formatRef(NEED)], after: [] },
    ],
    [
      'a protection that is lifted',
      { lifecycle: { protect: true } },
      { lifecycle: { protect: false } },
      { path: '/lifecycle/protect', before: true, after: false },
    ],
    [
      'another onRemove',
      {},
      { lifecycle: { onRemove: 'release' as const } },
      { path: '/lifecycle/onRemove', before: 'remove', after: 'release' },
    ],
    ['a hold that is removed', { lifecycle: { hold: 'why' } }, {}, { path: '/lifecycle/hold', before: 'why' }],
    [
      'a hold that is false',
      { lifecycle: { hold: 'why' } },
      { lifecycle: { hold: false as const } },
      { path: '/lifecycle/hold', before: 'why' },
    ],
    ['a hold that is added', {}, { lifecycle: { hold: 'why' } }, { path: '/lifecycle/hold', after: 'why' }],
  ] as const)('%s is a row', (_what, applied, written, row) => {
    const resource = resourceOf(applied, written, NODE);
    expect(changedInputs(resource)).toEqual([row]);
    const protect: Change = { ...CHANGE, goal: 'protect', fields: [row] };
    const desired = resource.desired as Desired;
    const { safety: _safety, labels_before: labelsBefore, ...meta } = metaAfter(protect, { ...resource, desired });
    const { safety: _written, ...all } = metaOf({ ...resource, desired });
    expect(meta).toEqual(all);
    // A removed label is shown: budgets count by it until it is applied.
    expect(labelsBefore).toEqual(row.path.startsWith('/metadata/labels') ? resource.memory?.labels : undefined);
  });

  it.each([
    ['a protection that the document omits', { lifecycle: { protect: true } }, {}],
    ['a hold that is the same', { lifecycle: { hold: 'why' } }, { lifecycle: { hold: 'why' } }],
    ['a need that is added: it counts at once', {}, { needs: [NEED] }],
  ])('%s is not a row', (_what, applied, written) => {
    expect(changedInputs(resourceOf(applied, written, NODE))).toEqual([]);
  });

  it('applied and declared holds, labels and needs both count until then', () => {
    const resource = resourceOf(
      { labels: { a: '1' }, needs: [NEED], lifecycle: { hold: 'why' } },
      { labels: { b: '2' } },
      NODE,
    );
    expect(holdOf(resource)).toBe('why');
    expect(labelsOf(resource)).toEqual([{ b: '2' }, { a: '1' }]);
    expect(needsOf(resource)).toEqual([formatRef(NEED)]);
  });

  it('a change of labels that no limit counts by is not a row', () => {
    const issuer: KindTables = certificates.kinds.Issuer;
    expect(changedInputs(resourceOf({ labels: { a: '1' } }, {}, issuer))).toEqual([]);
  });
});
