/**
 * Judge: every change gets a verdict, in an order in which each judgement knows the earlier ones.
 *
 * A dependency is judged before its dependents; dependents are judged before a removal. Otherwise, changes are judged
 * in the order of addresses, so that the result is deterministic. A rejected change stays in the plan, with all its
 * judgements.
 */

import { isCounted } from './budget.ts';
import { basisOf, coveredBy, editsOf, effectOf, uncovered } from './covers.ts';
import { engineRuleTables } from './generated.ts';
import {
  type Action,
  type Change,
  errorText,
  isMemoryOnly,
  isOwned,
  type Judgement,
  type Override,
  type Resource,
  redactPatterns,
  reject,
  type Scene,
  type Spent,
  type Verdict,
  defined,
} from '#plugin';
import { type Origin, followersOf, withFollowers } from './follow.ts';
import { soundVerdict } from './guard.ts';
import { withIgnored } from './ignored.ts';
import type { Matched } from './match.ts';
import { engineRules, type Ground } from './rules.ts';
import { needsOf } from './safety-inputs.ts';
import { shownLabels } from './selector.ts';
import { removalsByKind, withChanges, withLater } from './scene.ts';

/** Addresses of the dependents of each resource. */
export function dependents({ resources, unloaded }: Matched): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  const add = (address: string, needs: readonly string[]): void => {
    for (const need of needs) {
      const known = index.get(need);
      if (known === undefined) index.set(need, [address]);
      else known.push(address);
    }
  };
  for (const [address, resource] of resources)
    if (resource.desired !== undefined || resource.owned) add(address, needsOf(resource));
  for (const [address, known] of unloaded)
    if (known.desired !== undefined || isOwned(known.memory)) add(address, needsOf(known));
  return index;
}

/** Addresses of the changes before a change: those of its dependencies, or, before a removal, of its dependents. */
function changesBefore(
  change: Change,
  resource: Resource,
  changes: Scene['changes'],
  neededBy: readonly string[],
): readonly string[] {
  if (change.goal === 'remove' || change.goal === 'release') {
    return neededBy.filter((address) => {
      const goal = changes.get(address)?.goal;
      return goal === 'remove' || goal === 'release';
    });
  }
  return needsOf(resource).filter((address) => {
    const goal = changes.get(address)?.goal;
    return goal !== undefined && goal !== 'remove' && goal !== 'release';
  });
}

/** Sorts addresses so that each comes after those that it waits for. Iterative, for chains of any length. */
export function inOrder(before: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const start of before.keys()) {
    const stack = [start];
    while (stack.length > 0) {
      const address = stack[stack.length - 1] as string;
      if (state.get(address) === 'done') {
        stack.pop();
        continue;
      }
      if (state.get(address) === 'open') {
        state.set(address, 'done');
        order.push(address);
        stack.pop();
        continue;
      }
      state.set(address, 'open');
      for (const next of before.get(address) ?? []) if (state.get(next) === undefined) stack.push(next);
    }
  }
  return order;
}

/** The verdict of a plugin's rule. A rule that throws rejects the step. */
function judgedBy(rule: string, ask: () => Verdict): Verdict {
  try {
    return soundVerdict(ask());
  } catch (error) {
    return reject(`The rule ${rule} failed: ${redactPatterns(errorText(error))}`, {});
  }
}

interface Asked {
  readonly id: string;
  readonly overridable: boolean;
  readonly ask: () => Verdict;
}

function rulesFor(change: Change, resource: Resource, scene: Scene, ground: Ground): readonly Asked[] {
  const engine = engineRuleTables.map((table) => ({
    id: table.id,
    overridable: table.overridable,
    ask: () => engineRules[table.id](change, resource, scene, ground),
  }));
  const own = resource.tables.rules
    .filter((table) => table.guards.includes(change.step))
    .map((table) => ({
      id: table.id,
      overridable: table.overridable,
      ask: () => {
        const rule = resource.kind.rules[table.id];
        if (rule === undefined) throw new Error(`rule ${table.id} of ${change.ref.plugin} has no function`);
        return judgedBy(table.id, () => rule(change, resource, scene));
      },
    }));
  return isMemoryOnly(change) ? engine : [...engine, ...own];
}

function judgement(asked: Asked, override: Override | undefined): Judgement {
  const verdict = asked.ask();
  const stands = verdict.outcome === 'reject' || verdict.outcome === 'defer';
  const lifted = stands && asked.overridable && override !== undefined;
  return {
    ...verdict,
    rule: asked.id,
    overridable: asked.overridable,
    ...(lifted ? { overridden: override.reason } : {}),
  };
}

/** The effective outcome: an overridden rule passes. */
function effective(judgement: Judgement): Judgement['outcome'] {
  return judgement.overridden === undefined ? judgement.outcome : 'pass';
}

function verdictOf(judgements: readonly Judgement[]): Action['verdict'] {
  const outcomes = judgements.map(effective);
  return outcomes.includes('reject') ? 'reject' : outcomes.includes('defer') ? 'defer' : 'accept';
}

/** True if an override has not expired at the time of the judgement. */
function counts({ until }: Override, now: number): boolean {
  return until === undefined || now < until;
}

/** One change in its scene. */
interface ToJudge {
  readonly change: Change;
  readonly resource: Resource;
  readonly scene: Scene;
  /** Addresses of the resources that depend on its resource. */
  readonly neededBy: readonly string[];
  /** Addresses of the changes that come before it. */
  readonly after: readonly string[];
  /** Address of the change that it follows. */
  readonly follows?: string | undefined;
  /** True for the second judgement of an action that was unproven at the first. */
  readonly unproven?: true | undefined;
}

/** Judges one change in its scene. */
export function judgeOne({ change, resource, scene, neededBy, after, follows, ...planned }: ToJudge): Action {
  const given = withIgnored(resource);
  const effect = effectOf(change, given, scene);
  const ground: Ground = { neededBy, uncovered: uncovered(effect, scene) };
  const { address } = resource;
  const overrides = scene.safety.overrides.filter((each) => each.address === address && counts(each, scene.now));
  const judgements = rulesFor(change, given, scene, ground).map((asked) =>
    judgement(
      asked,
      overrides.find(({ rule }) => rule === asked.id),
    ),
  );
  const covers = coveredBy({ change, resource: given, scene, effect }, judgements);
  const { source, written } = resource.desired ?? {};
  const edits = isMemoryOnly(change) ? [] : editsOf(change, given);
  const verdict = verdictOf(judgements);
  const isUnproven = verdict === 'accept' && judgements.some((each) => each.unproven === true);
  const unproven = planned.unproven ?? (isUnproven ? true : undefined);
  return defined({
    change,
    verdict,
    judgements,
    covers,
    basis: basisOf({ change, resource: given, unproven }, covers),
    after,
    follows,
    unproven,
    source,
    labels: shownLabels(resource),
    written,
    edits: edits.length === 0 ? undefined : edits,
  });
}

/**
 * Judges all changes. Returns actions in a valid order of execution. A follower has an action if its origin is accepted,
 * instead of one for its own change.
 */
export function judge(
  changes: ReadonlyMap<string, Change>,
  resources: ReadonlyMap<string, Resource>,
  scene: Scene,
  spent: Iterable<Spent>,
  origins: readonly Origin[] = [],
): ReadonlyMap<string, Action> {
  if (changes.size === 0) return new Map();
  const followers = followersOf(origins);
  const all = withFollowers(changes, followers);
  const needed = dependents({ resources, unloaded: scene.unloaded });
  const before = new Map<string, readonly string[]>();
  for (const [address, change] of new Map([...changes, ...all])) {
    const follower = followers.get(address);
    const resource = follower?.resource ?? resources.get(address);
    if (resource === undefined) continue;
    const earlier = changesBefore(change, resource, all, needed.get(address) ?? []);
    before.set(address, [...new Set([...(follower === undefined ? [] : [follower.origin]), ...earlier])]);
  }
  const judged = new Map<string, Action>();
  const underWay = new Map<string, Action>();
  const budgets = scene.budgets.map((use) => ({ ...use }));
  const removals = removalsByKind(scene, all, spent);
  const seen = withChanges(scene, all, { removals, judged, underWay, budgets });
  const later = new Map<string, Resource>();
  const then = withLater(seen, later);
  for (const address of inOrder(before)) {
    const follower = later.has(address) ? followers.get(address) : undefined;
    const change = follower === undefined ? changes.get(address) : follower.change;
    const resource = follower?.resource ?? resources.get(address);
    if (change === undefined || resource === undefined) continue;
    const action = judgeOne({
      change,
      resource,
      scene: follower === undefined ? seen : then,
      neededBy: needed.get(address) ?? [],
      after: before.get(address) ?? [],
      follows: follower?.origin,
    });
    judged.set(address, action);
    if (action.verdict !== 'accept') continue;
    underWay.set(address, action);
    const origin = origins.find((each) => each.address === address);
    if (origin !== undefined) {
      later.set(address, origin.after);
      for (const [each, led] of origin.followers) later.set(each, led.resource);
    }
    if (budgets.length === 0 || !change.effect.disruptive) continue;
    for (const use of budgets) if (isCounted(use.budget, resource, scene.now)) use.accepted += 1;
  }
  return judged;
}
