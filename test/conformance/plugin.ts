/**
 * The suite that every plugin passes.
 *
 * A plugin brings situations: worlds in which something is to be done, or must not be. Each is looked at, planned and
 * applied by the real line over the plugin's real world; together they have to take every step of the plugin's tables
 * and to make every rule pass and reject.
 */

import { afterAll, describe, expect, it } from 'vitest';
import { apply } from '../../src/engine/apply.ts';
import type { Row } from '../../src/engine/action.ts';
import { basisOf } from '../../src/engine/judge.ts';
import { stepTransition } from '../../src/engine/lifecycle.ts';
import type { Plugin } from '../../src/engine/plugin.ts';
import { type Reconciled, reconcile } from '../../src/engine/reconcile.ts';
import { formatRef } from '../../src/engine/ref.ts';
import type { Desired, Override } from '../../src/engine/types.ts';
import { safety, toyLog, type ToyLog } from '../support/toy.ts';

/** One world, open for the time of a situation. */
export interface Bench {
  readonly reader: unknown;
  readonly writer: unknown;
  /** Everything in the world that a look must not change, as text. */
  readonly world: () => string;
  readonly close: () => Promise<void>;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What a situation is prepared with. */
export interface Line<B extends Bench> {
  readonly bench: B;
  readonly log: ToyLog;
  readonly plan: (documents: readonly Desired[], overrides?: readonly Override[]) => Promise<Reconciled>;
  readonly apply: (documents: readonly Desired[], overrides?: readonly Override[]) => Promise<readonly Row[]>;
}

export interface Situation<B extends Bench> {
  readonly name: string;
  /** Makes the world and the memory; gives the documents for the run that is looked at. */
  readonly prepare: (line: Line<B>) => Promise<readonly Desired[]>;
  /** `Kind step` of every accepted row. */
  readonly takes: readonly string[];
  /** `Kind rule` of every rejection. */
  readonly rejects?: readonly string[];
}

function lineOf<B extends Bench>(plugin: Plugin, bench: B): Line<B> {
  const log = toyLog(bench.now);
  const plugins = new Map([[plugin.name, plugin]]);
  const reader = async (): Promise<unknown> => bench.reader;
  const plan = (documents: readonly Desired[], overrides: readonly Override[] = []): Promise<Reconciled> =>
    reconcile({
      project: 'conformance',
      version: '0.0.0',
      run: 'run',
      documents,
      plugins,
      reader,
      recall: log.recall,
      record: log.record,
      safety: { ...safety, overrides },
      now: bench.now,
      abort: new AbortController().signal,
    });
  const line: Line<B> = {
    bench,
    log,
    plan,
    apply: async (documents, overrides = []) => {
      const reconciled = await plan(documents, overrides);
      const rows = await apply({
        ...reconciled,
        plugins,
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

/** Facts, states and findings of a look, without what is allowed to differ between two looks. */
function stable({ view, pairs }: Reconciled): unknown {
  return {
    bases: [...pairs].map(([address, pair]) => [address, basisOf(pair)]),
    findings: view.observed.map(({ findings }) => findings.map(({ code }) => code)),
    gaps: view.gaps,
  };
}

export function pluginConformance<B extends Bench>(
  plugin: Plugin,
  open: () => Promise<B>,
  situations: readonly Situation<B>[],
  secrets: (bench: B) => readonly string[] = () => [],
): void {
  const taken = new Set<string>();
  const passed = new Set<string>();
  const rejected = new Set<string>();

  describe(`the plugin ${plugin.name}`, () => {
    it('has a function for every rule and a handler for every step of its tables, and no more', () => {
      for (const [name, tables] of Object.entries(plugin.tables.kinds)) {
        const kind = plugin.kinds[name];
        expect(Object.keys(kind?.rules ?? {}).sort()).toEqual(tables.rules.map(({ id }) => id).sort());
        const steps = stepsOf(plugin)
          .filter((step) => step.startsWith(`${name} `))
          .map((step) => step.slice(name.length + 1));
        expect(Object.keys(kind?.handlers ?? {}).sort()).toEqual(steps.toSorted());
      }
    });

    describe.each(situations.map((situation) => [situation.name, situation] as const))('%s', (_name, situation) => {
      it('is looked at without a trace, planned the same every time, applied, and then settled', {
        timeout: 60_000,
      }, async () => {
        const bench = await open();
        try {
          const line = lineOf(plugin, bench);
          const documents = await situation.prepare(line);

          // To look changes nothing, however often, in whatever order.
          const before = bench.world();
          const first = await line.plan(documents);
          const second = await line.plan(documents.toReversed());
          expect(bench.world()).toBe(before);
          expect(stable(second)).toEqual(stable(first));
          expect(second.plan.plan_digest).toBe(first.plan.plan_digest);
          // What the first look settled is settled.
          expect(JSON.stringify({ ...second.plan, settled: [] })).toBe(JSON.stringify({ ...first.plan, settled: [] }));

          // A look at some is the same as a look at all.
          for (const pair of first.pairs.values()) {
            if (pair.observed === undefined) continue;
            const view = await plugin.observe(bench.reader, {
              desired: first.desired.filter((each) => formatRef(each.ref) === formatRef(pair.ref)),
              memory: pair.memory === undefined ? [] : [pair.memory],
              only: [pair.ref],
              now: first.scene.now,
              signal: new AbortController().signal,
              progress: () => undefined,
            });
            expect(view.observed.map(({ ref, state, facts }) => ({ ref, state, facts }))).toEqual([
              { ref: pair.ref, state: pair.observed.state, facts: pair.observed.facts },
            ]);
          }

          // Every step that is proposed is one of the tables.
          const actions = [...first.actions.values()];
          for (const { change } of actions) {
            const tables = plugin.tables.kinds[change.ref.kind];
            const legal = tables !== undefined && stepTransition(tables, change.step) !== undefined;
            expect([change.step, legal || ['adopt', 'protect', 'release'].includes(change.goal)]).toEqual([
              change.step,
              true,
            ]);
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
          for (const rejection of rejections) rejected.add(rejection);
          for (const { change, judgements } of actions)
            for (const { rule, outcome, message } of judgements) {
              expect(message).toMatch(/\S/u);
              if (outcome === 'pass') passed.add(`${change.ref.kind} ${rule}`);
            }

          // Every accepted step is taken, and then nothing is left but what is rejected.
          const rows = await line.apply(documents);
          expect(
            rows
              .filter(({ action, status }) => action.verdict === 'accept' && status !== 'done')
              .map(({ address, message }) => `${address}: ${message}`),
          ).toEqual([]);
          for (const step of situation.takes) taken.add(step);
          const after = await line.plan(documents);
          expect(after.plan.resource_changes).toEqual([]);
          expect(after.plan.rejected_changes.length).toBe(rows.filter(({ status }) => status === 'rejected').length);

          // What is remembered is what the spec declares, and not much.
          const validators = await plugin.validators();
          for (const [address, memory] of line.log.recall.resources) {
            const validate = validators[`memory:${memory.ref.kind}`];
            expect([address, validate?.({ ...memory.kept }), validate?.errors ?? null]).toEqual([address, true, null]);
            expect(JSON.stringify(memory).length).toBeLessThanOrEqual(16_384);
            expect(memory.open).toBeUndefined();
          }

          const everything = JSON.stringify([first.plan, after.plan, line.log.records]);
          expect(secrets(bench).filter((secret) => everything.includes(secret))).toEqual([]);
        } finally {
          await bench.close();
        }
      });
    });

    afterAll(() => {
      expect([...stepsOf(plugin)].filter((step) => !taken.has(step))).toEqual([]);
      const rules = Object.entries(plugin.tables.kinds).flatMap(([kind, tables]) =>
        tables.rules.map(({ id }) => `${kind} ${id}`),
      );
      expect(rules.filter((rule) => !passed.has(rule))).toEqual([]);
      expect(rules.filter((rule) => !rejected.has(rule))).toEqual([]);
    });
  });
}
