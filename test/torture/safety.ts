/**
 * Random worlds, documents, limits, overrides and changes in between, against a model of forbidden results.
 *
 * The model is independent of the rules' code: for each change of the world by a handler, it decides if the documents,
 * the state, the observations and the overrides allowed it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPlan, savePlan } from '../../src/run/plan-file.ts';
import { type Budget, type Desired, formatRef, type Override, type Safety } from '#plugin';
import { randomFrom } from '../support/seed.ts';
import { applyToy, item, safety as usual, START, toyLog, type ToyWorld, toyWorld, wanted } from '../support/toy.ts';
import { must } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

/** Plans of one round. */
const PLANS = 50;
const HOUR = 3_600_000;
const RULES = [
  'protected',
  'freeze',
  'not-thirteen',
  'too-many-removals',
  'budget',
  'keep-one',
  'not-owned',
  'partial-view',
  'observed-collapse',
  'lifecycle',
  'in-progress',
  'nonsense',
];

interface Chance {
  readonly number: () => number;
  readonly below: (limit: number) => number;
  readonly is: (share: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
}

function chanceOf(seed: number): Chance {
  const number = randomFrom(seed);
  const below = (limit: number): number => Math.floor(number() * limit);
  return { number, below, is: (share) => number() < share, pick: (items) => items[below(items.length)] as never };
}

const addressOf = (name: string): string => formatRef(item(name));

interface Case {
  readonly before: readonly Desired[];
  readonly documents: readonly Desired[];
  readonly limits: Safety;
  readonly foreign: ReadonlySet<string>;
  readonly blind: ReadonlySet<string>;
  /** Names whose value another user changes between plan and apply. */
  readonly moved: ReadonlySet<string>;
  /** Names that no longer exist when the plan is made. */
  readonly lost: ReadonlySet<string>;
}

function documentOf(name: string, chance: Chance): Desired {
  const lifecycle = {
    ...(chance.is(0.15) ? { protect: chance.is(0.8) } : {}),
    ...(chance.is(0.1) ? { hold: 'audit' } : {}),
    ...(chance.is(0.1) ? { onRemove: chance.pick(['remove', 'release'] as const) } : {}),
  };
  const labels = chance.is(0.5) ? { pool: chance.pick(['x', 'y']) } : {};
  return wanted(name, chance.pick([2, 4, 6, 13]), { lifecycle, labels });
}

function caseOf(chance: Chance): Case {
  const names = Array.from({ length: 1 + chance.below(12) }, (_, i) => `n${i}`);
  const before = names.filter(() => chance.is(0.8)).map((name) => documentOf(name, chance));
  const documents = names
    .filter(() => chance.is(0.6))
    .map((name) =>
      chance.is(0.6)
        ? (before.find(({ ref }) => ref.name === name) ?? documentOf(name, chance))
        : documentOf(name, chance),
    );
  const some = (share: number): ReadonlySet<string> => new Set(names.filter(() => chance.is(share)));
  const overrides: Override[] = Array.from({ length: chance.is(0.6) ? chance.below(5) : 0 }, () => ({
    rule: chance.pick(RULES),
    address: addressOf(chance.pick(names)),
    reason: 'because',
  }));
  const budgets: Budget[] = chance.is(0.4)
    ? [{ match: { labels: chance.is(0.5) ? { pool: 'x' } : {} }, max: chance.below(3), perMs: HOUR }]
    : [];
  return {
    before,
    documents,
    limits: {
      ...usual,
      removals: { max: chance.below(6), share: chance.pick([0.1, 0.3, 1]), from: 1 + chance.below(6), perMs: HOUR },
      budgets,
      freeze: chance.is(0.15) ? [{ from: START - HOUR, to: START + HOUR, reason: 'weekend' }] : [],
      overrides,
      ...(chance.is(0.2) ? { maxRemovals: { count: chance.below(8), reason: 'because' } } : {}),
    },
    foreign: chance.is(0.3) ? some(0.2) : new Set(),
    blind: chance.is(0.3) ? some(0.2) : new Set(),
    moved: chance.is(0.3) ? some(0.3) : new Set(),
    lost: chance.is(0.2) ? some(0.5) : new Set(),
  };
}

/** The model's knowledge of one item when the plan is made. */
interface Known {
  readonly written: Desired | undefined;
  readonly owned: boolean;
  readonly protect: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

function isOverridden({ overrides }: Safety, rule: string, name: string): boolean {
  return overrides.some((each) => each.rule === rule && each.address === addressOf(name));
}

/** The reason why a change of one item was not allowed; undefined if it was. */
function breach(step: string, name: string, known: Known, given: Case): string | undefined {
  const { limits } = given;
  const off = (rule: string): boolean => isOverridden(limits, rule, name);
  const removes = step.endsWith('>absent');
  const creates = step.startsWith('absent>');
  if (known.written?.meta.lifecycle.hold !== undefined && !off('freeze')) return 'on hold';
  if (limits.freeze.length > 0 && !off('freeze')) return 'inside a freeze window';
  if (!removes && (known.written?.spec as { readonly value: number } | undefined)?.value === 13 && !off('not-thirteen'))
    return 'thirteen';
  if (removes && known.protect && !off('protected')) return 'protected';
  if (!creates && !known.owned && !off('not-owned')) return 'not owned';
  if (given.blind.has(name)) return 'not seen';
  if (given.moved.has(name)) return 'changed since the plan was made';
  if (removes && known.written !== undefined) return 'written';
  return undefined;
}

interface Call {
  readonly step: string;
  readonly name: string;
}

/** Limits over all of them. */
function breaches(
  calls: readonly Call[],
  known: ReadonlyMap<string, Known>,
  given: Case,
  world: ToyWorld,
): readonly string[] {
  const { limits } = given;
  const found = calls.flatMap(({ step, name }) => {
    const one = known.get(name);
    const why = one === undefined ? 'unknown' : breach(step, name, one, given);
    return why === undefined ? [] : [`${step} ${name}: ${why}`];
  });
  const removed = calls.filter(({ step }) => step.endsWith('>absent')).map(({ name }) => name);
  const owned = [...known.values()].filter((one) => one.owned).length;
  const counted = removed.filter((name) => !isOverridden(limits, 'too-many-removals', name));
  const { max, share, from } = limits.removals;
  const allowed = limits.maxRemovals?.count;
  if (allowed !== undefined && counted.length > allowed)
    found.push(`${counted.length} removals, ${allowed} are allowed for this run`);
  if (counted.length > 0 && allowed === undefined) {
    if (counted.length > max) found.push(`${counted.length} removals, ${max} are allowed`);
    if (owned >= from && counted.length / owned > share) found.push(`${counted.length} removals of ${owned}`);
  }
  for (const budget of limits.budgets) {
    const spent = removed.filter((name) => {
      const labels = known.get(name)?.labels ?? {};
      return (
        Object.entries(budget.match.labels).every(([key, value]) => labels[key] === value) &&
        !isOverridden(limits, 'budget', name)
      );
    });
    // Only ready items are disrupted; no item here drains.
    if (spent.length > budget.max) found.push(`${spent.length} disruptions, ${budget.max} are allowed`);
  }
  for (const pool of ['x', 'y']) {
    const lost = removed.filter((name) => known.get(name)?.labels['pool'] === pool);
    const left = [...world.items].filter(
      ([name, each]) => each.state === 'ready' && known.get(name)?.labels['pool'] === pool,
    );
    if (lost.length > 0 && left.length === 0 && !lost.some((name) => isOverridden(limits, 'keep-one', name)))
      found.push(`pool ${pool} is empty`);
  }
  return found;
}

async function onePlan(
  chance: Chance,
): Promise<{ readonly calls: number; readonly rejected: number; readonly plan: unknown }> {
  const given = caseOf(chance);
  const world = toyWorld();
  const log = toyLog();
  const open = { removals: { max: 100, share: 1, from: 100, perMs: HOUR } };
  const first = given.before.map((each) => ({
    ...each,
    meta: { ...each.meta, lifecycle: { ...each.meta.lifecycle, hold: undefined as never } },
    spec: { value: 2 },
  }));
  await applyToy(world, first, log, { safety: open });
  for (const name of given.foreign) if (!world.items.has(name)) world.items.set(name, { value: 8, state: 'ready' });
  for (const name of given.lost) world.items.delete(name);
  for (const name of given.blind) world.blind.add(name);
  const known = new Map<string, Known>();
  for (const name of new Set([
    ...world.items.keys(),
    ...given.documents.map(({ ref }) => ref.name),
    ...given.before.map(({ ref }) => ref.name),
  ])) {
    const memory = log.recall.resources.get(addressOf(name));
    const written = given.documents.find(({ ref }) => ref.name === name);
    known.set(name, {
      written,
      // An item that neither exists nor is declared is forgotten.
      owned: memory?.owned !== undefined && (written !== undefined || !given.lost.has(name)),
      protect: memory?.protect === true || written?.meta.lifecycle.protect === true,
      labels: written?.meta.labels ?? memory?.labels ?? {},
    });
  }
  world.calls.length = 0;
  const { reconciled } = await applyToy(world, given.documents, log, {
    safety: given.limits,
    between: () => {
      for (const name of given.moved) {
        const there = world.items.get(name);
        world.items.set(name, { value: (there?.value ?? 0) + 20, state: 'ready' });
      }
    },
  });
  const calls = world.calls.map((text) => {
    const [step = '', name = ''] = text.split(' ');
    return { step, name };
  });
  const found = breaches(calls, known, given, world);
  must(found.length === 0, found.join('; '), JSON.stringify({ calls, limits: given.limits }));
  // No item that the plan rejects or defers is changed.
  const refused = [...reconciled.plan.rejected_changes, ...reconciled.plan.deferred_changes];
  for (const { resource_change: row } of refused)
    must(
      !calls.some(({ name }) => addressOf(name) === row.address),
      `${row.address} was refused, and changed`,
      row.step,
    );
  // Every override is in the log, with its reason.
  for (const record of log.records) {
    if (record.kind !== 'intent') continue;
    for (const { rule, reason } of record.body.overrides ?? [])
      must(
        reason === 'because' && isOverridden(given.limits, rule, record.body.ref.name),
        `${rule} was overridden on ${record.body.ref.name}`,
        'log',
      );
  }
  return { calls: calls.length, rejected: refused.length, plan: reconciled.plan };
}

/** A saved plan with one changed byte is refused, or has the same content. */
async function edited(plan: never, folder: string, chance: Chance): Promise<boolean> {
  const file = join(folder, 'plan.json');
  await savePlan(file, plan);
  const bytes = readFileSync(file);
  const original = JSON.stringify(JSON.parse(bytes.toString()));
  const at = chance.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(7));
  writeFileSync(file, bytes);
  try {
    const { altered, plan: read } = await readPlan(file);
    must(altered || JSON.stringify(read) === original, `byte ${at} of a plan was changed without detection`, file);
    return altered;
  } catch (error) {
    must(error instanceof Error && error.name === 'InputError', `byte ${at}: ${String(error)}`, file);
    return true;
  }
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const chance = chanceOf(seed * 1_000_003 + index);
  const counts = { plans: 0, steps: 0, refused: 0, edited: 0 };
  for (let i = 0; i < PLANS; i += 1) {
    const { calls, rejected, plan } = await onePlan(chance);
    counts.plans += 1;
    counts.steps += calls;
    counts.refused += rejected;
    if (i % 10 === 0 && (await edited(plan as never, folder, chance))) counts.edited += 1;
  }
  return counts;
}

export const torture: Torture = {
  name: 'safety',
  what: `${PLANS} random plans a round with random limits and overrides, and changes in between, against a model of forbidden results`,
  long: 2000,
  short: 3,
  parallel: 2,
  round,
};
