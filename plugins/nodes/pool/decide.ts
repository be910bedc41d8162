/**
 * Decide: the next change of a pool, from its situation.
 *
 * | first condition that holds | change |
 * |---|---|
 * | no recorded members | start with its existing servers, and new ones up to its size |
 * | fewer members than the minimum | grow |
 * | a consolidation is in progress | complete it, abandon it, or wait for it |
 * | a member was drained, or has been unhealthy for too long | replace it |
 * | more members than the maximum | shrink |
 * | the reactive policy recommends more | grow by one, up to the maximum |
 * | the reactive policy recommends fewer | shrink by one, down to the minimum |
 * | consolidation is enabled, and saves enough | consolidate |
 */

import { counted, durationText, defined } from '#plugin';
import { type Consolidating, type Consolidation, type ConsolidationPolicy, consolidate } from './consolidation.ts';
import { moneyText } from './cost.ts';
import { type Fleet, isInUse, type PoolNode, project, type Projection, type Queue } from './fleet.ts';
import { type Candidate, inOrderOfLoss } from './lose.ts';
import { UNHEALTHY_GRACE_MS } from '../safety.ts';
import { whyFixed } from './migration.ts';
import { nameOf, numberOf, type Numbers, withMore, without } from './names.ts';
import {
  type Crossing,
  crossingOf,
  type ReactivePolicy,
  recommend,
  type Recommendation,
  type Scaled,
  waitsUntil,
} from './reactive.ts';

/** A node of a pool: a member, or a former member that still exists. */
export interface Member extends Candidate {
  readonly isMember: boolean;
  /** Start of its unhealthy state: epoch ms; absent unless it is unhealthy. */
  readonly unhealthySince?: number;
  /** Time of the first of the failures that made it unhealthy: epoch ms. */
  readonly failingSince?: number;
  /** True if its full disk requires a drain, after another member is created. */
  readonly isFull?: true;
}

/** A move of a container, by numbers of members. */
export interface Move {
  readonly container: string;
  readonly from: number;
  readonly to: number;
}

/** The recorded state of a pool. */
export interface Remembered extends Numbers {
  readonly scaled: Scaled;
  readonly crossing?: Crossing;
  /** Start of the last consolidation: epoch ms. */
  readonly consolidatedAt?: number;
  /** Members that a consolidation empties; empty without a consolidation. */
  readonly going: readonly number[];
  readonly moves: readonly Move[];
}

export interface Situation {
  readonly prefix: string;
  readonly min: number;
  readonly max: number;
  /** Reactive policy; absent with a fixed size. */
  readonly scaling?: ReactivePolicy;
  /** Consolidation policy; absent if it is off. */
  readonly consolidation?: ConsolidationPolicy;
  /** Share of memory that a consolidation must not exceed, in percent. */
  readonly upPercent: number;
  readonly removalsAtOnce: number;
  readonly replaceUnhealthyAfterMs?: number;
  /** Recorded state; absent if the pool has not started, or its state was lost. */
  readonly remembered?: Remembered;
  /** Numbers of existing servers of a pool without recorded members. */
  readonly found: readonly number[];
  readonly isTaken: (name: string) => boolean;
  readonly nodes: readonly Member[];
  /** Currency of prices; absent if unknown. */
  readonly currency?: string;
  /** Queued containers of any pool, during which no node is removed. Absent if unknown. */
  readonly queue?: Queue;
  /** Queued containers that count for this pool. */
  readonly queueHere?: Queue;
  /** True if the source can move containers. */
  readonly migrates: boolean;
  /** Errors of failed moves, by container. */
  readonly failedMoves: ReadonlyMap<string, string>;
  /** Epoch ms. */
  readonly now: number;
}

/** Source of the decision: the document, or a policy. */
export type By = 'document' | 'reactive' | 'consolidation' | 'health';

export interface Decision {
  readonly kind: 'begin' | 'grow' | 'shrink' | 'swap' | 'consolidate' | 'finish' | 'abandon';
  readonly by: By;
  readonly because: string;
  readonly numbers: Numbers;
  readonly added: readonly number[];
  readonly gone: readonly number[];
  /** Moves of a consolidation that starts. */
  readonly plan?: Consolidation;
  readonly recommendation?: Recommendation;
}

function numbersOf(situation: Situation): Numbers {
  const { remembered, found } = situation;
  if (remembered !== undefined) return { members: remembered.members, next: remembered.next };
  return { members: found, next: found.reduce((next, number) => Math.max(next, number + 1), 1) };
}

/** The fleet for policies: a former member, or one with a full disk, counts as leaving. */
export function fleetOf({ nodes, queueHere }: Situation): Fleet {
  return defined({
    nodes: nodes.map(({ node, isMember, isFull }) =>
      (isMember && isFull !== true) || node.phase === 'unseen' ? node : { ...node, phase: 'leaving' as const },
    ),
    queue: queueHere,
  });
}

function members({ nodes }: Situation): readonly Member[] {
  return nodes.filter(({ isMember }) => isMember);
}

/** Number of members that stay useful. */
function countOf(situation: Situation): number {
  return numbersOf(situation).members.length - members(situation).filter(({ isFull }) => isFull === true).length;
}

/** Numbers of the members that are the best to lose, at least one: removable ones, or the first candidate. */
function worst(situation: Situation, most: number): readonly number[] {
  const order = inOrderOfLoss(situation.prefix, members(situation));
  const free = order.filter(({ refusal, node }) => refusal === undefined && !isInUse(node)).slice(0, most);
  return (free.length === 0 ? order.slice(0, 1) : free).flatMap(
    ({ node }) => numberOf(situation.prefix, node.name) ?? [],
  );
}

function grow(situation: Situation, count: number, by: By, because: string): Decision {
  const before = numbersOf(situation);
  const numbers = withMore(situation.prefix, before, count, situation.isTaken);
  return { kind: 'grow', by, because, numbers, added: numbers.members.slice(before.members.length), gone: [] };
}

function shrink(situation: Situation, count: number, by: By, because: string): Decision {
  const gone = worst(situation, count);
  return { kind: 'shrink', by, because, numbers: without(numbersOf(situation), gone), added: [], gone };
}

function begin(situation: Situation): Decision | undefined {
  const { found, min, prefix, isTaken } = situation;
  const before = numbersOf(situation);
  const numbers = withMore(prefix, before, Math.max(0, min - found.length), isTaken);
  if (numbers.members.length === 0) return undefined;
  const because =
    found.length === 0
      ? `The pool needs ${counted(min, 'node')}`
      : `${counted(found.length, 'server')} of the pool already ${found.length === 1 ? 'exists' : 'exist'}`;
  return { kind: 'begin', by: 'document', because, numbers, added: numbers.members, gone: [] };
}

function nodeNumbered({ prefix, nodes }: Situation, number: number): Member | undefined {
  return nodes.find(({ node }) => node.name === nameOf(prefix, number));
}

/** The reason to abandon a consolidation; undefined for none. */
function whyAbandon(situation: Situation, going: readonly PoolNode[], moves: readonly Move[]): string | undefined {
  const { queueHere, prefix, failedMoves } = situation;
  if (queueHere !== undefined && queueHere.count > 0)
    return `${counted(queueHere.count, 'container')} ${queueHere.count === 1 ? 'waits' : 'wait'} in the queue`;
  const lost = going.find(({ phase }) => phase !== 'serving');
  if (lost !== undefined) return `${lost.name} is no longer in service`;
  for (const { name, containers } of going) {
    for (const container of containers) {
      const move = moves.find((each) => each.container === container.id && nameOf(prefix, each.from) === name);
      if (move === undefined) return `container ${container.id} was placed on ${name}`;
      const failed = failedMoves.get(container.id);
      if (failed !== undefined) return `container ${container.id} could not be moved: ${failed}`;
      const fixed = whyFixed(container);
      if (fixed !== undefined) return `container ${container.id} stays: ${fixed}`;
      const target = nodeNumbered(situation, move.to);
      if (target?.isMember !== true || target.node.phase !== 'serving')
        return `${nameOf(prefix, move.to)}, the target of container ${container.id}, is no longer in service`;
    }
  }
  return undefined;
}

/** The end of a consolidation; undefined while its containers move, or their nodes are unknown. */
function goOn(situation: Situation, remembered: Remembered): Decision | undefined {
  const numbers = numbersOf(situation);
  const going = remembered.going.flatMap((number) => nodeNumbered(situation, number)?.node ?? []);
  if (going.some(({ phase }) => phase === 'unseen') || situation.queueHere === undefined) return undefined;
  const by = 'consolidation' as const;
  const why = whyAbandon(situation, going, remembered.moves);
  if (why !== undefined)
    return { kind: 'abandon', by, because: `The consolidation is abandoned: ${why}`, numbers, added: [], gone: [] };
  if (going.some(({ containers, allocatedMb }) => containers.length > 0 || allocatedMb > 0)) return undefined;
  const gone = remembered.going;
  const because = `The containers have been moved: ${gone.map((number) => nameOf(situation.prefix, number)).join(', ')} can be removed`;
  return { kind: 'finish', by, because, numbers: without(numbers, gone), added: [], gone };
}

/** The reason to replace a member: it was drained, or has been unhealthy for too long. */
function uselessness(
  { node, unhealthySince, failingSince }: Member,
  { replaceUnhealthyAfterMs: after, now }: Situation,
): string | undefined {
  if (node.phase === 'leaving') return `${node.name} was drained`;
  if (after === undefined || unhealthySince === undefined) return undefined;
  return now - unhealthySince >= after && now - (failingSince ?? unhealthySince) >= UNHEALTHY_GRACE_MS
    ? `${node.name} has been unhealthy for too long`
    : undefined;
}

/** New members for the lost ones, up to the maximum of the pool. */
function swap(situation: Situation): Decision | undefined {
  const { prefix, removalsAtOnce, isTaken, max } = situation;
  const due = members(situation)
    .flatMap((member) => {
      const why = uselessness(member, situation);
      return why === undefined ? [] : [{ member, why }];
    })
    .slice(0, removalsAtOnce);
  if (due.length === 0) return undefined;
  const gone = due.flatMap(({ member }) => numberOf(prefix, member.node.name) ?? []);
  const left = without(numbersOf(situation), gone);
  const added = Math.max(0, Math.min(gone.length, max - left.members.length));
  const numbers = withMore(prefix, left, added, isTaken);
  return {
    kind: 'swap',
    by: 'health',
    because: due.map(({ why }) => why).join(', '),
    numbers,
    added: numbers.members.slice(left.members.length),
    gone,
  };
}

function recommended(situation: Situation, projection: Projection): Recommendation | undefined {
  const { scaling, prefix } = situation;
  if (scaling === undefined) return undefined;
  const [least] = inOrderOfLoss(prefix, members(situation));
  return recommend(projection, scaling, least?.node.phase === 'serving' ? least.node.ramMb : 0);
}

/** The crossed threshold, and its time; undefined for none or an unknown load. */
export function crossingNow(situation: Situation): Crossing | undefined {
  const projection = project(fleetOf(situation));
  const recommendation = projection === undefined ? undefined : recommended(situation, projection);
  return crossingOf(recommendation, situation.remembered?.crossing, situation.now);
}

function reactive(situation: Situation): Decision | undefined {
  const projection = project(fleetOf(situation));
  const recommendation = projection === undefined ? undefined : recommended(situation, projection);
  if (recommendation === undefined) return undefined;
  const count = countOf(situation);
  const { direction, because } = recommendation;
  if (direction === 'up')
    return count >= situation.max ? undefined : { ...grow(situation, 1, 'reactive', because), recommendation };
  // If every member is in use, only a consolidation can free one.
  const [least] = inOrderOfLoss(situation.prefix, members(situation));
  if (count <= situation.min || least === undefined || isInUse(least.node)) return undefined;
  return { ...shrink(situation, 1, 'reactive', because), recommendation };
}

/** Rules for nodes that clear with time, or by the consolidation itself. */
const PASSES: ReadonlySet<string> = new Set([
  'drains-containers',
  'has-containers',
  'allocated-memory',
  'idle-grace',
  'too-young',
]);

/** The result of a consolidation now, or the reason against it; undefined if it is off. */
export function consolidating(situation: Situation): Consolidating | undefined {
  const { consolidation: policy, min, upPercent, now, migrates, currency } = situation;
  if (policy === undefined) return undefined;
  const fixed = new Map(
    members(situation).flatMap(({ node, refusal }): readonly (readonly [string, string])[] => {
      if (refusal !== undefined && !PASSES.has(refusal.rule)) return [[node.name, refusal.message]];
      if (!migrates && node.containers.length > 0) return [[node.name, 'the workload source cannot move containers']];
      return [];
    }),
  );
  return consolidate({ fleet: fleetOf(situation), policy, min, upPercent, fixed, now, currency: currency ?? '' });
}

function consolidation(situation: Situation): Decision | undefined {
  const found = consolidating(situation);
  if (found === undefined || !('plan' in found)) return undefined;
  const { plan } = found;
  const gone = plan.going.flatMap((name) => numberOf(situation.prefix, name) ?? []);
  const because = `${plan.going.join(', ')} can be removed${plan.moves.length === 0 ? '' : ` once ${counted(plan.moves.length, 'container')} moved`}, which saves ${moneyText(plan.savings, 4, situation.currency ?? '')} an hour`;
  const before = numbersOf(situation);
  // Members to be emptied stay members until they are empty.
  const numbers = plan.moves.length === 0 ? without(before, gone) : before;
  return { kind: 'consolidate', by: 'consolidation', because, numbers, added: [], gone, plan };
}

/** Returns the next change of the pool; undefined for none. */
export function decide(situation: Situation): Decision | undefined {
  const { remembered, min, max, removalsAtOnce } = situation;
  if (remembered === undefined) {
    const first = begin(situation);
    if (first !== undefined) return first;
  }
  const count = countOf(situation);
  const full = members(situation).filter(({ isFull }) => isFull === true);
  const extra =
    full.length === 0 ? '' : ` in addition to ${full.map(({ node }) => node.name).join(', ')}, whose disk is full`;
  if (count < min)
    return grow(
      situation,
      min - count,
      'document',
      `The pool has ${counted(count, 'node')}${extra}; its ${situation.scaling === undefined ? 'size' : 'minimum'} is ${min}`,
    );
  if (remembered !== undefined && remembered.going.length > 0) return goOn(situation, remembered);
  const swapped = swap(situation);
  if (swapped !== undefined) return swapped;
  if (count > max) {
    const most = Math.min(count - max, removalsAtOnce);
    const limit = situation.scaling === undefined ? 'size' : 'maximum';
    return shrink(situation, most, 'document', `The pool has ${counted(count, 'node')}; its ${limit} is ${max}`);
  }
  return reactive(situation) ?? consolidation(situation);
}

/** A recommendation of the reactive policy that the limits of the pool do not allow. */
export function unmetGrowth(situation: Situation): Recommendation | undefined {
  const projection = project(fleetOf(situation));
  const wanted = projection === undefined ? undefined : recommended(situation, projection);
  return wanted?.direction === 'up' && countOf(situation) >= situation.max ? wanted : undefined;
}

/** Time until which a decision of a policy must wait, with the reason; undefined if it need not wait. */
export function cooldownOf(
  decision: Decision,
  situation: Situation,
): { readonly until: number; readonly because: string } | undefined {
  const { remembered, scaling, consolidation: policy, now } = situation;
  if (remembered === undefined) return undefined;
  if (decision.by === 'reactive' && scaling !== undefined && decision.recommendation?.atOnce !== true) {
    const since = crossingOf(decision.recommendation, remembered.crossing, now)?.since ?? now;
    const held = {
      until: since + scaling.forMs,
      because: `The threshold has been crossed for less than ${durationText(scaling.forMs)}`,
    };
    const waiting = waitsUntil(decision.kind === 'grow' ? 'up' : 'down', remembered.scaled, scaling, now);
    const waits = [...(now < held.until ? [held] : []), ...(waiting === undefined ? [] : [waiting])];
    return waits.toSorted((a, b) => b.until - a.until)[0];
  }
  if (decision.kind !== 'consolidate' || policy === undefined) return undefined;
  const waits = [
    ...(remembered.consolidatedAt === undefined
      ? []
      : [
          {
            until: remembered.consolidatedAt + policy.cooldownMs,
            because: `A consolidation started less than ${durationText(policy.cooldownMs)} ago`,
          },
        ]),
    ...(scaling === undefined ? [] : [waitsUntil('down', remembered.scaled, scaling, now) ?? []].flat()),
  ].toSorted((a, b) => b.until - a.until);
  return waits[0] === undefined || now >= waits[0].until ? undefined : waits[0];
}
