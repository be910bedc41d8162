/**
 * The suite that every plugin passes.
 *
 * A plugin brings situations: worlds in which something is to be done, or must not be. Each is looked at, planned and
 * applied by the real line over the plugin's real world; together they have to take every step of the plugin's tables
 * and to make every rule pass, and reject or defer.
 */

import { derivedView } from './derived.ts';
import { type Planned, planned } from '../formats/plan.ts';
import { openLookUp } from '../engine/load/look-up.ts';
import { expect } from './expect.ts';
import { memoryLog, type MemoryLog, usualSafety } from './memory-log.ts';
import { hasField } from '../engine/field-path.ts';
import { apply } from '../engine/apply.ts';
import type { Row } from '../engine/action.ts';
import { seenOf } from '../engine/covers.ts';
import { MEMORY_LIMIT_BYTES } from '../engine/note.ts';
import {
  type Desired,
  formatRef,
  type Gap,
  type Memory,
  type Observed,
  type Override,
  type Resource,
  type Plugin,
  stepTransition,
  isSeen,
} from '#plugin';
import { reconcile } from '../engine/reconcile.ts';

/** One world, open for the time of a situation. */
export interface Bench {
  readonly reader: unknown;
  readonly writer: unknown;
  /** Everything in the world that a look must not change, as text. */
  readonly world: () => string;
  /** Every secret that the world holds now. */
  readonly secrets: () => readonly string[];
  /** Brings a world that has an order of its own into another one. */
  readonly reorder?: (shuffled: <T>(items: readonly T[]) => readonly T[]) => void;
  readonly close: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What a situation is prepared with. */
export interface Line<B extends Bench> {
  readonly bench: B;
  readonly log: MemoryLog;
  readonly plan: (documents: readonly Desired[], overrides?: readonly Override[]) => Promise<Planned>;
  readonly apply: (
    documents: readonly Desired[],
    overrides?: readonly Override[],
    between?: () => Promise<unknown>,
  ) => Promise<readonly Row[]>;
}

export interface Situation<B extends Bench> {
  readonly name: string;
  /** Makes the world and the memory; gives the documents for the run that is looked at. */
  readonly prepare: (line: Line<B>) => Promise<readonly Desired[]>;
  /** Its looks are those of a schedule. */
  readonly scheduled?: true;
  /** `Kind step` of every accepted row. */
  readonly takes: readonly string[];
  /** `Kind rule` of every rejection, of rows that are rejected. */
  readonly rejects?: readonly string[];
  /** `Kind rule` of every deferral by a rule of the plugin, of rows that are not accepted; unchecked where this is left out. */
  readonly defers?: readonly string[];
  /** Given to every plan. */
  readonly overrides?: readonly Override[];
  /** `Kind step` of the rows that are refused afterwards; the same as before, where this is left out. */
  readonly leaves?: readonly string[];
  /** Happens between the plan and its apply; then `stale` has `Kind rule` of what rules said right before the actions. */
  readonly between?: (line: Line<B>) => Promise<unknown>;
  readonly stale?: readonly string[];
  /** `Kind code` of every finding of the first look. */
  readonly finds?: readonly string[];
}

function lineOf<B extends Bench>(plugin: Plugin, bench: B, scheduled: true | undefined): Line<B> {
  const log = memoryLog(bench.now);
  const plugins = new Map([[plugin.name, plugin]]);
  const reader = async (): Promise<unknown> => bench.reader;
  const plan = (documents: readonly Desired[], overrides: readonly Override[] = []): Promise<Planned> =>
    reconcile({
      places: { look: () => openLookUp('/'), clock: () => performance.now(), reserved: [] },
      project: 'conformance',
      version: '0.0.0',
      run: 'run',
      documents,
      plugins,
      reader,
      recall: log.recall,
      record: log.record,
      safety: { ...usualSafety, overrides },
      now: bench.now,
      abort: new AbortController().signal,
      scheduled,
    }).then(planned);
  const line: Line<B> = {
    bench,
    log,
    plan,
    apply: async (documents, overrides = [], between = async () => undefined) => {
      const reconciled = await plan(documents, overrides);
      await between();
      const rows = await apply({
        ...reconciled,
        recall: log.recall,
        look: { plugins, reader, desired: reconciled.desired, recall: log.recall, now: bench.now },
        writer: async () => bench.writer,
        record: log.record,
        run: 'run',
        parallelism: 4,
        limits: {},
        now: bench.now,
        stop: new AbortController().signal,
        abort: new AbortController().signal,
        on: () => undefined,
      });
      return [...rows.values()];
    },
  };
  return line;
}

function stepsOf(plugin: Plugin): readonly string[] {
  return Object.entries(plugin.tables.kinds).flatMap(([kind, { machines }]) =>
    Object.entries(machines).flatMap(([name, { transitions, edits }], index) => {
      const machine = index === 0 ? '' : `${name}:`;
      const own = transitions.filter(({ by }) => by === 'fettle').map(({ from, to }) => `${from}>${to}`);
      return [...own, ...edits.map(({ state }) => `${state}>${state}`)].map((step) => `${kind} ${machine}${step}`);
    }),
  );
}

function named(
  changes: Iterable<{ readonly ref: { readonly kind: string }; readonly step: string; readonly goal: string }>,
): readonly string[] {
  return [...changes]
    .map(({ ref, step, goal }) => `${ref.kind} ${['adopt', 'protect', 'release'].includes(goal) ? goal : step}`)
    .sort();
}

/** What a look saw, without what is allowed to differ between two looks. */
function seen({ ref, state, others, facts, findings }: Observed): unknown {
  // How long ago something ended is said in words, and moves on.
  return { ref, state, others, facts, findings: findings.map(({ code, severity }) => [code, severity]) };
}

function stable({ view, resources }: Planned): unknown {
  return {
    observed: [...resources.values()]
      .flatMap(({ sight }) => (sight.is === 'seen' ? [sight.observed] : []))
      .map(seen)
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    // What was only remembered may be forgotten by the first look.
    bases: [...resources].flatMap(([address, resource]) =>
      resource.desired === undefined && !isSeen(resource) && resource.memory === undefined
        ? []
        : [[address, seenOf(resource)]],
    ),
    gaps: view.gaps,
  };
}

/** The plan as bytes, without the parts that the first refresh records: settled steps, and the age of findings. */
function bytesOf({ plan }: Planned): string {
  const checks = plan.checks.map(({ since: _recorded, ...check }) => check);
  return JSON.stringify({ ...plan, checks, settled: [] });
}

/** Whether a gap of a look at some is one of a look at all, as far as that asked. */
function isWithin({ refs, ...gap }: Gap, { refs: all, ...known }: Gap): boolean {
  const covered = new Set(all?.map(formatRef));
  const isPart = refs === undefined ? all === undefined : refs.every((ref) => covered.has(formatRef(ref)));
  return isPart && JSON.stringify(gap) === JSON.stringify(known);
}

/** The look right before an action: nothing but the resource and what it needs, and what is known of these. */
async function lookAt(
  plugin: Plugin,
  bench: Bench,
  resource: Resource,
  first: Planned,
  scheduled: true | undefined,
): Promise<readonly Observed[]> {
  const matters = plugin.kinds[resource.ref.kind]?.matters?.(resource, first.scene) ?? [];
  const all = [resource.ref, ...(resource.desired?.needs ?? []), ...matters];
  const only = [...new Map(all.map((ref) => [formatRef(ref), ref])).values()];
  const addresses = new Set(only.map(formatRef));
  const { now } = first.scene;
  const settings = first.scene.given?.settings.get(plugin.name) ?? {};
  const query = {
    desired: first.desired.filter((each) => addresses.has(formatRef(each.ref))),
    memory: [...first.resources.values()].flatMap(({ ref, memory }) =>
      memory === undefined || !addresses.has(formatRef(ref)) ? [] : [memory],
    ),
    only,
    ...(scheduled === undefined ? {} : { scheduled }),
    now,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const view = await plugin.observe(bench.reader, query);
  const { observed, gaps } = derivedView(plugin, view, { ...query, settings });
  expect(gaps.filter((gap) => !first.view.gaps.some((known) => isWithin(gap, known)))).toEqual([]);
  expect(observed.filter(({ ref }) => !addresses.has(formatRef(ref)))).toEqual([]);
  return observed.filter(({ ref }) => formatRef(ref) === formatRef(resource.ref));
}

/** How many orders each situation is planned in. */
const ORDERS = 4;

/** The same items in another order, which the seed decides. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const rank = (index: number): number => ((index + 1) * 2_654_435_761 * (2 * seed + 1)) % 4_294_967_291;
  return items
    .map((item, index) => ({ item, rank: rank(index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Orders of documents, memory and world that are as good as the given ones: all give the same bytes. */
async function sameInAnyOrder(
  line: Line<Bench>,
  documents: readonly Desired[],
  overrides: readonly Override[],
  expected: string,
): Promise<void> {
  const { bench, log } = line;
  for (let seed = 1; seed <= ORDERS; seed += 1) {
    const memories = shuffled([...log.recall.resources], seed);
    log.recall.resources.clear();
    for (const [address, memory] of memories) log.recall.resources.set(address, memory);
    bench.reorder?.((items) => shuffled(items, seed));
    expect(bytesOf(await line.plan(shuffled(documents, seed), overrides))).toEqual(expected);
  }
}

/** A document stands for the same resources every time, and none of them stands for others. */
function expandsOnce(plugin: Plugin, documents: readonly Desired[], memory: ReadonlyMap<string, Memory>): void {
  for (const document of documents) {
    const expand = (each: Desired): readonly Desired[] =>
      plugin.kinds[each.ref.kind]?.expand?.(each, (ref) => memory.get(formatRef(ref)), {}) ?? [each];
    const before = JSON.stringify(document);
    const expanded = expand(document);
    expect(expand(document)).toEqual(expanded);
    expect(JSON.stringify(document)).toEqual(before);
    // A document at the top of the project: its paths are the project's.
    if (!document.source.file.includes('/'))
      for (const each of expanded.flatMap(expand)) expect(expanded).toContainEqual(each);
  }
}

/** Rules of a kind that a message begins with: `rule: what it says`. */
function ruleOf(plugin: Plugin, kind: string, message: string): readonly string[] {
  const rules = plugin.tables.kinds[kind]?.rules ?? [];
  return rules.flatMap(({ id }) => (message.startsWith(`${id}: `) ? [`${kind} ${id}`] : []));
}

/** `describe` and `it` of a runner: of `node:test` or of vitest. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
}

/** Defines the tests of a plugin: `open` makes the world of a situation, which `close` ends. */
export function pluginConformance<B extends Bench>(
  { describe, it }: Runner,
  plugin: Plugin,
  open: () => Promise<B>,
  situations: readonly Situation<B>[],
): void {
  const taken = new Set<string>();
  const passed = new Set<string>();
  const rejected = new Set<string>();
  const found = new Set<string>();
  const isOwnRule = (kind: string, rule: string): boolean =>
    plugin.tables.kinds[kind]?.rules.some(({ id }) => id === rule) ?? false;

  describe(`the plugin ${plugin.name}`, () => {
    it('has a function for every rule and a handler for every step of its tables, and no more', async () => {
      for (const [name, tables] of Object.entries(plugin.tables.kinds)) {
        const kind = plugin.kinds[name];
        expect(Object.keys(kind?.rules ?? {}).sort()).toEqual(tables.rules.map(({ id }) => id).sort());
        const steps = stepsOf(plugin)
          .filter((step) => step.startsWith(`${name} `))
          .map((step) => step.slice(name.length + 1));
        expect(Object.keys(kind?.handlers ?? {}).sort()).toEqual(steps.toSorted());
      }
    });

    for (const situation of situations)
      it(`${situation.name}: refreshed without a trace, planned the same every time, applied, and then settled`, async () => {
        const bench = await open();
        try {
          const line = lineOf(plugin, bench, situation.scheduled);
          const documents = await situation.prepare(line);
          const secrets = new Set(bench.secrets());
          expandsOnce(plugin, documents, line.log.recall.resources);

          // To look changes nothing, however often, in whatever order.
          const before = bench.world();
          const { overrides = [] } = situation;
          const first = await line.plan(documents, overrides);
          const second = await line.plan(documents, overrides);
          expect(stable(second)).toEqual(stable(first));
          expect(second.plan.plan_digest).toEqual(first.plan.plan_digest);
          expect(bytesOf(second)).toEqual(bytesOf(first));
          await sameInAnyOrder(line, documents, overrides, bytesOf(first));

          // A look at some is the same as a look at all.
          for (const resource of first.resources.values())
            expect((await lookAt(plugin, bench, resource, first, situation.scheduled)).map(seen)).toEqual(
              isSeen(resource) ? [seen(resource.sight.observed)] : [],
            );
          expect(bench.world()).toEqual(before);

          // Findings are those of the tables, and what the tables say of them.
          const findings = first.plan.checks.map(({ address, code, severity }) => {
            const kind = first.resources.get(address)?.ref.kind ?? '';
            const table = plugin.tables.findings.find((each) => each.code === code && each.kind === kind);
            expect([address, code, severity]).toEqual([address, table?.code, table?.severity]);
            return `${kind} ${code}`;
          });
          expect(findings.toSorted()).toEqual((situation.finds ?? []).toSorted());
          for (const finding of findings) found.add(finding);

          // Every step that is proposed is one of the tables.
          const actions = [...first.actions.values()];
          for (const { change } of actions) {
            const tables = plugin.tables.kinds[change.ref.kind];
            const legal = tables !== undefined && stepTransition(tables, change.step) !== undefined;
            expect([change.step, legal || ['adopt', 'protect', 'release'].includes(change.goal)]).toEqual([
              change.step,
              true,
            ]);
            // A suppression can name every path that drift can have.
            if (tables !== undefined && ['update', 'replace'].includes(change.goal))
              for (const { path } of change.fields) expect([path, hasField(tables, path)]).toEqual([path, true]);
          }
          expect(named(actions.filter(({ verdict }) => verdict === 'accept').map(({ change }) => change))).toEqual(
            situation.takes.toSorted(),
          );
          const rejections = actions
            .filter(({ verdict }) => verdict === 'reject')
            .flatMap(({ change, judgements }) =>
              judgements.filter(({ outcome }) => outcome === 'reject').map(({ rule }) => `${change.ref.kind} ${rule}`),
            );
          expect([...new Set(rejections)].sort()).toEqual((situation.rejects ?? []).toSorted());
          const deferrals = actions
            .filter(({ verdict }) => verdict !== 'accept')
            .flatMap(({ change, judgements }) =>
              judgements
                .filter(({ rule, outcome }) => outcome === 'defer' && isOwnRule(change.ref.kind, rule))
                .map(({ rule }) => `${change.ref.kind} ${rule}`),
            );
          if (situation.defers !== undefined)
            expect([...new Set(deferrals)].sort()).toEqual(situation.defers.toSorted());
          for (const refusal of [...rejections, ...deferrals]) rejected.add(refusal);
          for (const { change, judgements } of actions)
            for (const { rule, outcome, message } of judgements) {
              expect(message).toMatch(/\S/u);
              if (outcome === 'pass') passed.add(`${change.ref.kind} ${rule}`);
            }

          // Every accepted step is taken, and then nothing is left but what is rejected.
          const rows = await line.apply(documents, overrides, async () => situation.between?.(line));
          if (situation.stale !== undefined) {
            const stale = rows
              .filter(({ status }) => status === 'stale')
              .flatMap(({ action, message }) => ruleOf(plugin, action.change.ref.kind, message));
            expect(stale.toSorted()).toEqual(situation.stale.toSorted());
            for (const rule of stale) rejected.add(rule);
            return;
          }
          for (const secret of bench.secrets()) secrets.add(secret);
          expect(
            rows
              .filter(({ action, status }) => action.verdict === 'accept' && status !== 'done')
              .map(({ address, message }) => `${address}: ${message}`),
          ).toEqual([]);
          for (const step of situation.takes) taken.add(step);
          const after = await line.plan(documents, overrides);
          const refused = named(
            rows.flatMap(({ action, status }) =>
              status === 'rejected' || status === 'deferred' ? [action.change] : [],
            ),
          );
          expect(after.plan.resource_changes).toEqual([]);
          expect(after.plan.settled).toEqual([]);
          const waiting = [...after.actions.values()].filter(({ verdict }) => verdict !== 'accept');
          expect(named(waiting.map(({ change }) => change))).toEqual((situation.leaves ?? refused).toSorted());

          // Whatever moved, moved as the tables say.
          const moves = line.log.records.flatMap(({ kind, body }) =>
            kind === 'seen' ? body.resources.flatMap((each) => each.moves ?? []) : kind === 'outcome' ? body.moves : [],
          );
          expect(moves.filter((move) => move?.unlisted === true)).toEqual([]);

          // What is remembered is what the spec declares, and not much.
          const validators = await plugin.validators();
          for (const [address, memory] of line.log.recall.resources) {
            const validate = validators[`memory:${memory.ref.kind}`];
            expect([address, validate?.({ ...memory.kept }), validate?.errors ?? null]).toEqual([address, true, null]);
            expect(Buffer.byteLength(JSON.stringify(memory))).toBeAtMost(MEMORY_LIMIT_BYTES);
            expect(memory.open).toEqual(undefined);
          }

          const { resources } = line.log.recall;
          const told = [first, after].map(({ plan, view, changes }) => [plan, view, [...changes]]);
          const everything = JSON.stringify([told, rows, [...resources], line.log.records]);
          expect([...secrets].filter((secret) => everything.includes(secret))).toEqual([]);
        } finally {
          await bench.close();
        }
      });

    it('has a situation for every step, for every rule to pass and to reject, and for every finding', async () => {
      const rules = Object.entries(plugin.tables.kinds).flatMap(([kind, tables]) =>
        tables.rules.map(({ id }) => `${kind} ${id}`),
      );
      expect({
        steps: stepsOf(plugin).filter((step) => !taken.has(step)),
        passes: rules.filter((rule) => !passed.has(rule)),
        rejections: rules.filter((rule) => !rejected.has(rule)),
        findings: plugin.tables.findings
          .map(({ kind, code }) => `${kind} ${code}`)
          .filter((finding) => !found.has(finding)),
      }).toEqual({ steps: [], passes: [], rejections: [], findings: [] });
    });
  });
}
