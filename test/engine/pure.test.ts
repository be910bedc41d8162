/** Tables for the small pure parts: addresses, canonical JSON, lifecycles, matching, order. */

import { resourceWith } from '../support/resource.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  digestOf,
  formatRef,
  type Gap,
  type KindTables,
  type Memory,
  type Observed,
  type OpenIntent,
  type Resource,
  parseRef,
  type Ref,
  sameJson,
  type Scene,
  type Step,
  stepParts,
  stepTransition,
} from '#plugin';
import { gapFinder, gapScope } from '../../src/engine/gap.ts';
import { inOrder } from '../../src/engine/judge.ts';
import {
  isUnsettled,
  moveOf,
  movesBetween,
  movesOf,
  movesOfFailure,
  movesOfUndone,
  worldLeadsTo,
} from '../../src/engine/lifecycle.ts';
import { match } from '../../src/engine/match.ts';
import { addressMatcher } from '../../src/engine/address-glob.ts';
import { emptyRecall } from '../../src/engine/remember.ts';
import { isAsPlanned } from '../../src/engine/settle.ts';
import { addressOf, item, toyPlugins, toyTables, wanted } from '../support/toy.ts';

const itemTables = toyTables.kinds.Item as NonNullable<(typeof toyTables.kinds)['Item']>;

const BY = { plugins: toyPlugins, settings: new Map(), now: 0 };

describe('addresses', () => {
  it.each<[Ref, string]>([
    [{ plugin: 'nodes', kind: 'Node', name: 'web-1' }, 'nodes/Node/web-1'],
    [{ plugin: 'portsync', kind: 'Port', scope: ['leaf-1'], name: 'Ethernet0' }, 'portsync/Port/leaf-1/Ethernet0'],
    [{ plugin: 'fabric', kind: 'VPC', scope: ['prod', 'default'], name: 'web' }, 'fabric/VPC/prod/default/web'],
    [{ plugin: 'c', kind: 'Domain', name: '*.a b/c@d?%' }, 'c/Domain/%2A.a%20b%2Fc%40d%3F%25'],
  ])('%j is %s, and back', (ref, address) => {
    expect(formatRef(ref)).toBe(address);
    expect(parseRef(address)).toEqual(ref);
  });

  it.each(['', 'a', 'a/b', 'a//b', '/a/b', 'a/b/%', 'a/b/'])('%j is none', (text) => {
    expect(parseRef(text)).toBeUndefined();
  });

  it('any name survives the way through an address', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: 3 }), (name, scope) => {
        const ref: Ref =
          scope.length === 0 ? { plugin: 'p', kind: 'K', name } : { plugin: 'p', kind: 'K', scope, name };
        expect(parseRef(formatRef(ref))).toEqual(ref);
      }),
    );
  });

  it.each([
    ['a/K/x', 'a/K/x', true],
    ['a/K/*', 'a/K/x', true],
    ['a/K/*', 'a/K/s/x', false],
    ['a/**', 'a/K/s/x', true],
    ['a/K/x?', 'a/K/x1', true],
    ['a/K/x.y', 'a/K/xzy', false],
  ])('%s matches %s: %s', (glob, address, expected) => {
    expect(addressMatcher(glob)(address)).toBe(expected);
  });
});

describe('canonical JSON', () => {
  it('is the same in whatever order members were built, and says whether values are the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const shuffled = JSON.parse(JSON.stringify(a), (_key, value: unknown) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).toReversed())
            : value,
        ) as unknown;
        expect(canonicalJson(shuffled)).toBe(canonicalJson(JSON.parse(JSON.stringify(a))));
        const [x, y] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))] as [unknown, unknown];
        expect(sameJson(x, shuffled)).toBe(true);
        expect(sameJson(x, y)).toBe(canonicalJson(x) === canonicalJson(y));
      }),
    );
  });

  it('leaves undefined members out', () => {
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  });
});

describe('lifecycle', () => {
  it('takes steps apart', () => {
    expect(stepParts('a>b')).toEqual({ from: 'a', to: 'b' });
    expect(stepParts('sync:A>B')).toEqual({ machine: 'sync', from: 'A', to: 'B' });
  });

  it.each([
    ['absent>ready', true],
    ['ready>absent', true],
    ['ready>ready', true],
    ['starting>starting', false],
    ['starting>ready', false],
    ['ready>draining', false],
    ['nowhere:a>b', false],
  ] as const)('%s is a step of ours: %s', (step, expected) => {
    expect(stepTransition(itemTables, step) !== undefined).toBe(expected);
  });

  it('names moves, and marks those that the table does not have', () => {
    expect(moveOf(itemTables, 'item', 'absent', 'ready', 'world')).toEqual({
      machine: 'item',
      from: 'absent',
      to: 'ready',
      trigger: 'create',
    });
    expect(moveOf(itemTables, 'item', 'draining', 'ready', 'world').unlisted).toBe(true);
    expect(movesOf(itemTables, 'ready>ready', 'ready')).toEqual([]);
    expect(movesOf(itemTables, 'absent>ready', 'ready')).toHaveLength(1);
  });

  /** A step that passes through a state, and what may become of it. */
  const mending: KindTables = {
    ...itemTables,
    machines: {
      item: {
        states: ['absent', 'bad', 'good', 'mending', 'failed'],
        edits: [],
        transitions: [
          { from: 'absent', to: 'good', trigger: 'create', by: 'fettle' },
          { from: 'absent', to: 'good', trigger: 'found', by: 'world' },
          { from: 'bad', to: 'mending', trigger: 'mend', by: 'fettle', settles: 'good', fails: 'failed' },
          { from: 'failed', to: 'mending', trigger: 'again', by: 'fettle', settles: 'good', fails: 'failed' },
          { from: 'mending', to: 'good', trigger: 'finish', by: 'fettle' },
          { from: 'mending', to: 'failed', trigger: 'interrupted', by: 'world' },
          { from: 'mending', to: 'failed', trigger: 'error', by: 'world' },
          { from: 'mending', to: 'bad', trigger: 'interrupted', by: 'world' },
          { from: 'bad', to: 'absent', trigger: 'lost', by: 'world' },
          { from: 'good', to: 'bad', trigger: 'check', by: 'world' },
        ],
      },
    },
  };
  const short = (moves: readonly { from: string; to: string; trigger: string; unlisted?: true }[]): readonly string[] =>
    moves.map(({ from, to, trigger, unlisted }) => `${from}>${to} ${unlisted === true ? '?' : trigger}`);

  it('a move has the trigger of who made it', () => {
    expect(short([moveOf(mending, 'item', 'absent', 'good', 'world')])).toEqual(['absent>good found']);
    expect(short([moveOf(mending, 'item', 'absent', 'good', 'fettle')])).toEqual(['absent>good create']);
    expect(short([moveOf(mending, 'item', 'mending', 'failed', 'world', 'error')])).toEqual(['mending>failed error']);
  });

  it.each<[Step, string, string, readonly string[]]>([
    ['bad>mending', 'bad', 'failed', ['bad>mending mend', 'mending>failed error']],
    ['failed>mending', 'failed', 'failed', ['failed>mending again', 'mending>failed error']],
    ['bad>mending', 'good', 'good', ['bad>mending mend', 'mending>good finish']],
    ['bad>mending', 'mending', 'mending', ['bad>mending mend']],
    ['bad>mending', 'absent', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', 'absent', []],
  ])('%s failed, and it is seen %s: it is %s', (step, seen, state, moves) => {
    const found = movesOfFailure(mending, step, seen);
    expect([found.state, short(found.moves)]).toEqual([state, moves]);
  });

  it.each<[Step, string, readonly string[]]>([
    ['bad>mending', 'bad', ['bad>mending mend', 'mending>bad interrupted']],
    ['bad>mending', 'mending', ['bad>mending mend']],
    ['bad>mending', 'failed', ['bad>mending mend', 'mending>failed interrupted']],
    ['bad>mending', 'absent', ['bad>absent lost']],
    ['absent>good', 'absent', []],
  ])('%s was broken off, and it is seen %s', (step, seen, moves) => {
    expect(short(movesOfUndone(mending, step, seen))).toEqual(moves);
  });

  it.each<[string, string, Step | undefined, readonly string[]]>([
    ['good', 'good', undefined, []],
    ['good', 'bad', undefined, ['good>bad check']],
    ['bad', 'failed', 'bad>mending', ['bad>mending mend', 'mending>failed error']],
    ['bad', 'failed', undefined, ['bad>failed ?']],
    // A step that was broken off long ago: out of it, and on.
    ['mending', 'absent', undefined, ['mending>bad interrupted', 'bad>absent lost']],
    ['failed', 'bad', undefined, ['failed>bad ?']],
  ])('a look that finds %s as %s (failed %s)', (from, to, failed, moves) => {
    expect(short(movesBetween(mending, 'item', from, to, failed))).toEqual(moves);
  });

  it.each<[Step, OpenIntent['goal'], string, boolean]>([
    ['bad>mending', 'update', 'good', true],
    // It may have been good in between; just as well nothing was done.
    ['bad>mending', 'update', 'bad', false],
    ['bad>mending', 'update', 'absent', false],
    // A failure leads nowhere else by itself.
    ['bad>mending', 'update', 'failed', false],
    ['absent>good', 'create', 'good', true],
    ['absent>good', 'create', 'bad', true],
  ])('%s (%s) is as planned where it is seen %s: %s', (step, goal, state, expected) => {
    const observed: Observed = { ref: item('a'), state, facts: {}, findings: [], at: '2026-01-01T00:00:00Z' };
    const resource: Resource =
      state === 'absent'
        ? resourceWith({ ref: item('a'), tables: mending })
        : resourceWith({ ref: item('a'), tables: mending, observed });
    expect(isAsPlanned(resource, { step, goal }, {}, {} as Scene)).toBe(expected);
  });

  it('knows what the world does by itself', () => {
    expect(worldLeadsTo(itemTables, undefined, 'starting', 'ready')).toBe(true);
    expect(worldLeadsTo(itemTables, undefined, 'ready', 'starting')).toBe(false);
    expect(isUnsettled(itemTables, 'starting')).toBe(true);
    expect(isUnsettled(itemTables, 'ready')).toBe(false);
  });
});

describe('match', () => {
  const seen: Observed = { ref: item('a'), state: 'ready', facts: {}, findings: [], at: '2026-01-01T00:00:00Z' };
  const memory: Memory = { ref: item('a'), version: 1, kept: {}, owned: 'created' };
  const gap: Gap = { plugin: 'toy', refs: [item('a')], message: 'silent' };

  it.each<[string, { desired?: boolean; observed?: boolean; memory?: boolean; gap?: boolean }]>([
    ['written, seen and remembered', { desired: true, observed: true, memory: true }],
    ['written and seen', { desired: true, observed: true }],
    ['written alone', { desired: true }],
    ['seen alone', { observed: true }],
    ['remembered alone', { memory: true }],
    ['written, under a gap', { desired: true, gap: true }],
    ['remembered, under a gap', { memory: true, gap: true }],
  ])('%s', (_name, has) => {
    const recall = emptyRecall();
    if (has.memory === true) recall.resources.set(addressOf('a'), memory);
    const view = { observed: has.observed === true ? [seen] : [], gaps: has.gap === true ? [gap] : [], at: '' };
    const resource = match(has.desired === true ? [wanted('a', 1)] : [], view, recall, BY).resources.get(
      addressOf('a'),
    ) as Resource;
    expect(resource.desired !== undefined).toBe(has.desired === true);
    expect(resource.sight.observed !== undefined).toBe(has.observed === true);
    expect(resource.memory !== undefined).toBe(has.memory === true);
    expect(resource.sight.gap !== undefined).toBe(has.gap === true);
    expect(resource.owned).toBe(has.memory === true);
  });

  it('is ordered by address, whatever order things come in', () => {
    const all = ['c', 'a', 'b'].map((name) => wanted(name, 1));
    expect([...match(all, { observed: [], gaps: [], at: '' }, emptyRecall(), BY).resources.keys()]).toEqual(
      ['a', 'b', 'c'].map(addressOf),
    );
  });

  it('does not count a resource that a damage put in doubt as ours', () => {
    expect(resourceWith({ ref: item('a'), memory: { ...memory, unknown: true } }).owned).toBe(false);
  });

  it.each<[Gap, string, boolean]>([
    [{ plugin: 'toy', message: '' }, 'toy', true],
    [{ plugin: 'toy', kind: 'Item', message: '' }, 'toy/Item', true],
    [{ plugin: 'toy', kind: 'Other', message: '' }, 'toy/Other', false],
    [{ plugin: 'toy', refs: [item('a')], message: '' }, 'toy/Item/a', true],
    [{ plugin: 'toy', refs: [item('b')], message: '' }, 'toy/Item/b', false],
    [{ plugin: 'other', message: '' }, 'other', false],
  ])('gap %j has scope %s and covers toy/Item/a: %s', (each, scope, covers) => {
    expect(gapScope(each)).toBe(scope);
    expect(gapFinder([each])(item('a'), addressOf('a')) !== undefined).toBe(covers);
  });
});

describe('order', () => {
  it('puts each after what it waits for, for any graph; a chain of 100,000 is no recursion', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 60 }), (edges) => {
        const before = new Map<string, readonly string[]>(Array.from({ length: 21 }, (_, i) => [String(i), []]));
        // Only downward edges: no cycle.
        for (const [a, b] of edges) if (b < a) before.set(String(a), [...(before.get(String(a)) ?? []), String(b)]);
        const order = inOrder(before);
        expect([...order].sort()).toEqual([...before.keys()].sort());
        for (const [address, needs] of before)
          for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(address));
      }),
    );
    const chain = new Map(
      Array.from({ length: 100_000 }, (_, i) => [`${i}`, i === 99_999 ? [] : [`${i + 1}`]] as const),
    );
    expect(inOrder(chain)[0]).toBe('99999');
  });

  it('ends for a cycle, and keeps everything', () => {
    expect(
      [
        ...inOrder(
          new Map([
            ['a', ['b']],
            ['b', ['a']],
          ]),
        ),
      ].sort(),
    ).toEqual(['a', 'b']);
  });
});
