/**
 * The conformance suite for plugins.
 *
 * A plugin supplies situations: worlds in which a change is required, or must not happen. The suite refreshes, plans
 * and applies each one with the real engine on the plugin's real world. Together, the situations must take every step
 * of the plugin's tables, and must make every rule pass, and reject or defer.
 */

import { conformingCommands } from './commands.ts';
import { derivedView } from './derived.ts';
import { alertsOf } from '../engine/alerts.ts';
import { raisingPlugins } from '../engine/raising.ts';
import type { Recall } from '../engine/remember.ts';
import { type Planned, planned } from '../formats/plan.ts';
import { openLookUp } from '../engine/load/look-up.ts';
import { expect } from './expect.ts';
import { memoryLog, type MemoryLog, usualSafety } from './memory-log.ts';
import { hasField } from '../engine/field-path.ts';
import { apply } from '../engine/apply.ts';
import type { Row } from '../engine/action.ts';
import { seenOf } from '../engine/covers.ts';
import { matters } from '../engine/matters.ts';
import { MEMORY_LIMIT_BYTES } from '../engine/note.ts';
import {
  type Desired,
  formatRef,
  type Gap,
  type Json,
  type Memory,
  type Observed,
  type Override,
  type Resource,
  type Plugin,
  stepTransition,
  isSeen,
} from '#plugin';
import { reconcile } from '../engine/reconcile.ts';

/** A world, open during a situation. */
export interface Bench {
  readonly reader: unknown;
  readonly writer: unknown;
  /** The contents of the world that a refresh must not change, as text. */
  readonly world: () => string;
  /** Every secret in the world now. */
  readonly secrets: () => readonly string[];
  /** Shuffles a world whose lists have an order. */
  readonly reorder?: (shuffled: <T>(items: readonly T[]) => readonly T[]) => void;
  readonly close: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** The plugin's part of `fettle.yaml`, with its defaults; `{}` by default. */
  readonly settings?: Json;
}

/** Tools for preparing a situation. */
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
  /** Prepares the world and the state. Returns the documents for the tested run. */
  readonly prepare: (line: Line<B>) => Promise<readonly Desired[]>;
  /** Set for scheduled refreshes. */
  readonly scheduled?: true;
  /** `Kind step` of every accepted row. */
  readonly takes: readonly string[];
  /** `Kind rule` of every rejection of the rejected rows. */
  readonly rejects?: readonly string[];
  /** `Kind rule` of every deferral by a rule of the plugin, of rows that are not accepted. By default, not checked. */
  readonly defers?: readonly string[];
  /** Overrides of every plan. */
  readonly overrides?: readonly Override[];
  /** `Kind step` of the rows that are refused after the apply; by default, those refused before. */
  readonly leaves?: readonly string[];
  /** `Kind step` of the rows that the next plan accepts because of the apply; by default, none. */
  readonly then?: readonly string[];
  /** Runs between plan and apply. `stale` then has `Kind rule` of each refusal right before an action. */
  readonly between?: (line: Line<B>) => Promise<unknown>;
  readonly stale?: readonly string[];
  /** `Kind code` of every finding of the first refresh. */
  readonly finds?: readonly string[];
  /** `Kind class` of every alert after the first refresh. By default, not checked. */
  readonly alerts?: readonly string[];
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
      settings: new Map([[plugin.name, bench.settings ?? {}]]),
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

/** `Kind class` of every alert of a plan, as it holds in production. */
async function alertsIn(plugin: Plugin, planned: Planned, { ledger }: Recall): Promise<readonly string[]> {
  const settings = { environment: 'prod', renewalWarningMs: 72 * 3_600_000 } as const;
  const raising = await raisingPlugins(new Map([[plugin.name, plugin]]));
  const { alerts, failures } = alertsOf(planned, raising, { ledger, settings }, (text) => text);
  expect([...failures]).toEqual([]);
  return alerts.map((alert) => `${baseOf(plugin, alert.ref.kind)} ${alert.class}`);
}

/** The kind whose steps and rules a kind shares, or the kind itself. */
function baseOf(plugin: Plugin, kind: string): string {
  return plugin.tables.kinds[kind]?.base ?? kind;
}

/** The steps of every kind; kinds with a base have those of their base. */
function stepsOf(plugin: Plugin): readonly string[] {
  return Object.entries(plugin.tables.kinds).flatMap(([kind, { machines, base }]) =>
    (base === undefined ? Object.entries(machines) : []).flatMap(([name, { transitions, edits }], index) => {
      const machine = index === 0 ? '' : `${name}:`;
      const own = transitions.filter(({ by }) => by === 'fettle').map(({ from, to }) => `${from}>${to}`);
      return [...own, ...edits.map(({ state }) => `${state}>${state}`)].map((step) => `${kind} ${machine}${step}`);
    }),
  );
}

function named(
  plugin: Plugin,
  changes: Iterable<{ readonly ref: { readonly kind: string }; readonly step: string; readonly goal: string }>,
): readonly string[] {
  return [...changes]
    .map(
      ({ ref, step, goal }) =>
        `${baseOf(plugin, ref.kind)} ${['adopt', 'protect', 'release'].includes(goal) ? goal : step}`,
    )
    .sort();
}

/** The parts of a sighting that must not differ between two refreshes. */
function seen({ ref, state, others, facts, findings }: Observed): unknown {
  // Messages are left out: they can contain ages, which change.
  return { ref, state, others, facts, findings: findings.map(({ code, severity }) => [code, severity]) };
}

function stable({ view, resources }: Planned): unknown {
  return {
    observed: [...resources.values()]
      .flatMap(({ sight }) => (sight.is === 'seen' ? [sight.observed] : []))
      .map(seen)
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    // A resource that is only in the state may be forgotten by the first refresh.
    bases: [...resources].flatMap(([address, resource]) =>
      resource.desired === undefined && !isSeen(resource) && resource.memory === undefined
        ? []
        : [[address, seenOf(resource)]],
    ),
    gaps: view.gaps,
  };
}

/**
 * The plan as bytes, without the parts that the first refresh records: settled steps, the age of findings, and recorded
 * failures in the schedules of resources.
 */
function bytesOf({ plan }: Planned): string {
  const checks = plan.checks.map(({ since: _recorded, ...check }) => check);
  const resources = plan.prior_state.resources.map(({ schedule: _recorded, ...resource }) => resource);
  return JSON.stringify({ ...plan, checks, prior_state: { resources }, settled: [] });
}

/** True if a gap of a refresh of some resources is a part of a gap of the full refresh. */
function isWithin({ refs, ...gap }: Gap, { refs: all, ...known }: Gap): boolean {
  const covered = new Set(all?.map(formatRef));
  const isPart = refs === undefined ? all === undefined : refs.every((ref) => covered.has(formatRef(ref)));
  return isPart && JSON.stringify(gap) === JSON.stringify(known);
}

/** Refreshes as right before an action: the resource and those that it depends on, with their documents and state. */
async function lookAt(
  plugin: Plugin,
  bench: Bench,
  resource: Resource,
  first: Planned,
  scheduled: true | undefined,
): Promise<readonly Observed[]> {
  const wanted = matters(resource, first.scene);
  const only = [...wanted.values()];
  const { now } = first.scene;
  const settings = first.scene.given?.settings.get(plugin.name) ?? {};
  const query = {
    desired: first.desired.filter((each) => wanted.has(formatRef(each.ref))),
    memory: [...first.resources.values()].flatMap(({ ref, memory }) =>
      memory === undefined || !wanted.has(formatRef(ref)) ? [] : [memory],
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
  expect(observed.filter(({ ref }) => !wanted.has(formatRef(ref)))).toEqual([]);
  return observed.filter(({ ref }) => formatRef(ref) === formatRef(resource.ref));
}

/** Other orders of a list: any two items change places in the first, and distances change in the second. */
const REORDERS = [<T>(items: readonly T[]): readonly T[] => items.toReversed(), shuffled] as const;

function shuffled<T>(items: readonly T[]): readonly T[] {
  const rank = (index: number): number => ((index + 1) * 2_654_435_761 * 3) % 4_294_967_291;
  return items
    .map((item, index) => ({ item, rank: rank(index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Expects the same plan, byte for byte, for any order of documents, state and world. */
async function sameInAnyOrder(
  line: Line<Bench>,
  documents: readonly Desired[],
  overrides: readonly Override[],
  expected: string,
): Promise<void> {
  const { bench, log } = line;
  for (const reordered of REORDERS) {
    const memories = reordered([...log.recall.resources]);
    log.recall.resources.clear();
    for (const [address, memory] of memories) log.recall.resources.set(address, memory);
    bench.reorder?.(reordered);
    expect(bytesOf(await line.plan(reordered(documents), overrides))).toEqual(expected);
  }
}

/** Expects that a document always expands to the same resources, and that these do not expand further. */
function expandsOnce(plugin: Plugin, documents: readonly Desired[], memory: ReadonlyMap<string, Memory>): void {
  for (const document of documents) {
    const expand = (each: Desired): readonly Desired[] =>
      plugin.kinds[each.ref.kind]?.expand?.(each, (ref) => memory.get(formatRef(ref)), {}) ?? [each];
    const before = JSON.stringify(document);
    const expanded = expand(document);
    expect(expand(document)).toEqual(expanded);
    expect(JSON.stringify(document)).toEqual(before);
    // Only for documents in the project's folder, whose paths are relative to the project already.
    if (!document.source.file.includes('/'))
      for (const each of expanded.flatMap(expand)) expect(expanded).toContainEqual(each);
  }
}

/** The rule of a kind with which a message starts: `rule: message`. */
function ruleOf(plugin: Plugin, kind: string, message: string): readonly string[] {
  const rules = plugin.tables.kinds[kind]?.rules ?? [];
  return rules.flatMap(({ id }) => (message.startsWith(`${id}: `) ? [`${baseOf(plugin, kind)} ${id}`] : []));
}

/** `describe` and `it` of a test runner, such as `node:test` or vitest. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, run: () => Promise<void>) => unknown;
}

/** Defines the tests of a plugin. `open` creates the world of a situation; `close` of the world ends it. */
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
  const alerted = new Set<string>();
  const isOwnRule = (kind: string, rule: string): boolean =>
    plugin.tables.kinds[kind]?.rules.some(({ id }) => id === rule) ?? false;

  const isAdvisory = (kind: string, rule: string): boolean =>
    plugin.tables.kinds[kind]?.rules.some(({ id, advisory }) => id === rule && advisory === true) ?? false;

  describe(`plugin ${plugin.name}`, () => {
    it('has a function for each rule and a handler for each step of its tables, and no others', async () => {
      for (const [name, tables] of Object.entries(plugin.tables.kinds)) {
        const kind = plugin.kinds[name];
        expect(Object.keys(kind?.rules ?? {}).sort()).toEqual(tables.rules.map(({ id }) => id).sort());
        const base = baseOf(plugin, name);
        const steps = stepsOf(plugin)
          .filter((step) => step.startsWith(`${base} `))
          .map((step) => step.slice(base.length + 1));
        expect(Object.keys(kind?.handlers ?? {}).sort()).toEqual(steps.toSorted());
      }
    });

    it('has well-formed commands, whose pure functions refuse absurd input with an InputError', () =>
      conformingCommands(plugin));

    for (const situation of situations)
      it(`${situation.name}: the refresh changes nothing, all plans are equal, and the apply settles`, async () => {
        const bench = await open();
        try {
          const line = lineOf(plugin, bench, situation.scheduled);
          const documents = await situation.prepare(line);
          const secrets = new Set(bench.secrets());
          expandsOnce(plugin, documents, line.log.recall.resources);

          // A refresh changes nothing, in any number and order.
          const before = bench.world();
          const { overrides = [] } = situation;
          const first = await line.plan(documents, overrides);
          const second = await line.plan(documents, overrides);
          expect(stable(second)).toEqual(stable(first));
          expect(second.plan.plan_digest).toEqual(first.plan.plan_digest);
          expect(bytesOf(second)).toEqual(bytesOf(first));
          await sameInAnyOrder(line, documents, overrides, bytesOf(first));

          // A refresh of some resources shows them like a full refresh.
          for (const resource of first.resources.values())
            expect((await lookAt(plugin, bench, resource, first, situation.scheduled)).map(seen)).toEqual(
              isSeen(resource) ? [seen(resource.sight.observed)] : [],
            );
          expect(bench.world()).toEqual(before);

          // Findings are in the tables, with the same severity.
          const findings = first.plan.checks.map(({ address, code, severity }) => {
            const kind = baseOf(plugin, first.resources.get(address)?.ref.kind ?? '');
            const table = plugin.tables.findings.find((each) => each.code === code && each.kind === kind);
            expect([address, code, severity]).toEqual([address, table?.code, table?.severity]);
            return `${kind} ${code}`;
          });
          expect(findings.toSorted()).toEqual((situation.finds ?? []).toSorted());
          for (const finding of findings) found.add(finding);

          // Alerts are in the tables. Some are recorded by the first refresh.
          const alerts = await alertsIn(plugin, second, line.log.recall);
          if (situation.alerts !== undefined) expect(alerts.toSorted()).toEqual(situation.alerts.toSorted());
          for (const alert of alerts) alerted.add(alert);

          // Every proposed step is in the tables.
          const actions = [...first.actions.values()];
          for (const { change } of actions) {
            const tables = plugin.tables.kinds[change.ref.kind];
            const legal = tables !== undefined && stepTransition(tables, change.step) !== undefined;
            expect([change.step, legal || ['adopt', 'protect', 'release'].includes(change.goal)]).toEqual([
              change.step,
              true,
            ]);
            // Every changed path can be suppressed.
            if (tables !== undefined && ['update', 'replace'].includes(change.goal))
              for (const { path } of change.fields) expect([path, hasField(tables, path)]).toEqual([path, true]);
          }
          expect(
            named(
              plugin,
              actions.filter(({ verdict }) => verdict === 'accept').map(({ change }) => change),
            ),
          ).toEqual(situation.takes.toSorted());
          const rejections = actions
            .filter(({ verdict }) => verdict === 'reject')
            .flatMap(({ change, judgements }) =>
              judgements
                .filter(({ outcome }) => outcome === 'reject')
                .map(({ rule }) => `${baseOf(plugin, change.ref.kind)} ${rule}`),
            );
          expect([...new Set(rejections)].sort()).toEqual((situation.rejects ?? []).toSorted());
          const deferrals = actions
            .filter(({ verdict }) => verdict !== 'accept')
            .flatMap(({ change, judgements }) =>
              judgements
                .filter(({ rule, outcome }) => outcome === 'defer' && isOwnRule(change.ref.kind, rule))
                .map(({ rule }) => `${baseOf(plugin, change.ref.kind)} ${rule}`),
            );
          if (situation.defers !== undefined)
            expect([...new Set(deferrals)].sort()).toEqual(situation.defers.toSorted());
          for (const refusal of [...rejections, ...deferrals]) rejected.add(refusal);
          for (const { change, judgements } of actions)
            for (const { rule, outcome, message } of judgements) {
              expect(message).toMatch(/\S/u);
              const name = `${baseOf(plugin, change.ref.kind)} ${rule}`;
              if (outcome === 'pass') passed.add(name);
              if (outcome === 'warn' && isAdvisory(change.ref.kind, rule)) rejected.add(name);
            }

          // Every accepted step is done. Afterwards, only refused rows remain.
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
          for (const alert of await alertsIn(plugin, after, line.log.recall)) alerted.add(alert);
          const refused = named(
            plugin,
            rows.flatMap(({ action, status }) =>
              status === 'rejected' || status === 'deferred' ? [action.change] : [],
            ),
          );
          const accepted = [...after.actions.values()].filter(({ verdict }) => verdict === 'accept');
          expect(
            named(
              plugin,
              accepted.map(({ change }) => change),
            ),
          ).toEqual((situation.then ?? []).toSorted());
          expect(after.plan.settled).toEqual([]);
          const waiting = [...after.actions.values()].filter(({ verdict }) => verdict !== 'accept');
          expect(
            named(
              plugin,
              waiting.map(({ change }) => change),
            ),
          ).toEqual((situation.leaves ?? refused).toSorted());

          // Every move is in the tables.
          const moves = line.log.records.flatMap(({ kind, body }) =>
            kind === 'seen' ? body.resources.flatMap((each) => each.moves ?? []) : kind === 'outcome' ? body.moves : [],
          );
          expect(moves.filter((move) => move?.unlisted === true)).toEqual([]);

          // The state of each resource is valid by its schema, and within the size limit.
          const validators = await plugin.validators();
          for (const [address, memory] of line.log.recall.resources) {
            const validate = validators[`memory:${baseOf(plugin, memory.ref.kind)}`];
            expect([address, validate?.({ ...memory.kept }), validate?.errors ?? null]).toEqual([address, true, null]);
            expect(Buffer.byteLength(JSON.stringify(memory))).toBeAtMost(MEMORY_LIMIT_BYTES);
            expect(memory.open).toEqual(undefined);
          }

          const { resources } = line.log.recall;
          const shown = [first, after].map(({ plan, view, changes }) => [plan, view, [...changes]]);
          const everything = JSON.stringify([shown, rows, [...resources], line.log.records]);
          expect([...secrets].filter((secret) => everything.includes(secret))).toEqual([]);
        } finally {
          await bench.close();
        }
      });

    // A rule that only warns has a situation in which it does.
    it('has situations for every step, finding and alert, and for every rule to pass and to reject or defer', async () => {
      const ofKinds = Object.entries(plugin.tables.kinds).flatMap(([kind, tables]) =>
        tables.rules.map(({ id }) => `${baseOf(plugin, kind)} ${id}`),
      );
      const rules = [...new Set(ofKinds)];
      expect({
        steps: stepsOf(plugin).filter((step) => !taken.has(step)),
        passes: rules.filter((rule) => !passed.has(rule)),
        rejections: rules.filter((rule) => !rejected.has(rule)),
        findings: plugin.tables.findings
          .map(({ kind, code }) => `${kind} ${code}`)
          .filter((finding) => !found.has(finding)),
        alerts: (plugin.tables.alerts ?? [])
          .map((alert) => `${alert.kind} ${alert.class}`)
          .filter((alert) => !alerted.has(alert)),
      }).toEqual({ steps: [], passes: [], rejections: [], findings: [], alerts: [] });
    });
  });
}
