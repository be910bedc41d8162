/**
 * Decide: the one change that a pool needs next, from all that is known of it.
 *
 * | first that holds | change |
 * |---|---|
 * | it never began | begin: with its servers that are there, and new ones up to its size |
 * | fewer members than it has to have | grow |
 * | a consolidation goes on | finish it, give it up, or wait for it |
 * | a member was drained, or is unhealthy for too long | swap it for a new one |
 * | more members than it may have | shrink |
 * | the reactive policy asks for more | grow by one, up to what it may have |
 * | the reactive policy asks for fewer | shrink by one, down to what it has to have |
 * | consolidation is on, and worth it | consolidate |
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

/** A node of a pool: a member, or one that was let go and is still there. */
export interface Member extends Candidate {
  readonly isMember: boolean;
  /** Epoch ms; absent unless it is unhealthy. */
  readonly unhealthySince?: number;
  /** When it first failed, of the failures that made it unhealthy: epoch ms. */
  readonly failingSince?: number;
  /** Its disk is so full that it is to be drained: another one is needed in its place first. */
  readonly isFull?: true;
}

/** A container that has to move, by numbers of members. */
export interface Move {
  readonly container: string;
  readonly from: number;
  readonly to: number;
}

/** What a pool remembers. */
export interface Remembered extends Numbers {
  readonly scaled: Scaled;
  readonly crossing?: Crossing;
  /** When a consolidation last began: epoch ms. */
  readonly consolidatedAt?: number;
  /** Members that a consolidation empties; empty where none goes on. */
  readonly going: readonly number[];
  readonly moves: readonly Move[];
}

export interface Situation {
  readonly prefix: string;
  readonly min: number;
  readonly max: number;
  /** Absent where the size is fixed. */
  readonly scaling?: ReactivePolicy;
  /** Absent where it is off. */
  readonly consolidation?: ConsolidationPolicy;
  /** Share of memory that must not be passed by moving containers together, in percent. */
  readonly upPercent: number;
  readonly removalsAtOnce: number;
  readonly replaceUnhealthyAfterMs?: number;
  /** Absent where it never began, or nobody remembers. */
  readonly remembered?: Remembered;
  /** Numbers of servers that belong to it though it remembers none. */
  readonly found: readonly number[];
  readonly isTaken: (name: string) => boolean;
  readonly nodes: readonly Member[];
  /** Of prices; absent where nobody knows. */
  readonly currency?: string;
  /** What waits for room in any pool: nothing is taken away meanwhile. Absent where nobody knows. */
  readonly queue?: Queue;
  /** What of it is this pool's to find room for. */
  readonly queueHere?: Queue;
  /** The source can move containers. */
  readonly migrates: boolean;
  /** Why moves failed, by container. */
  readonly failedMoves: ReadonlyMap<string, string>;
  /** Epoch ms. */
  readonly now: number;
}

/** Who decides: the document, or a policy. */
export type By = 'document' | 'reactive' | 'consolidation' | 'health';

export interface Decision {
  readonly kind: 'begin' | 'grow' | 'shrink' | 'swap' | 'consolidate' | 'finish' | 'abandon';
  readonly by: By;
  readonly because: string;
  readonly numbers: Numbers;
  readonly added: readonly number[];
  readonly gone: readonly number[];
  /** Of a consolidation that begins. */
  readonly plan?: Consolidation;
  readonly recommendation?: Recommendation;
}

function numbersOf(situation: Situation): Numbers {
  const { remembered, found } = situation;
  if (remembered !== undefined) return { members: remembered.members, next: remembered.next };
  return { members: found, next: found.reduce((next, number) => Math.max(next, number + 1), 1) };
}

/** The fleet as policies see it: what is no member any more, or has a full disk, is on its way out, whatever it does. */
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

/** How many members it has that are of use for longer. */
function countOf(situation: Situation): number {
  return numbersOf(situation).members.length - members(situation).filter(({ isFull }) => isFull === true).length;
}

/** Numbers of the members that are the best to lose, at least one: those that may go, or the one that may go first. */
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

/** Why a consolidation that goes on has to be given up; undefined where it need not. */
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

/** What becomes of a consolidation that goes on; undefined while its containers move, or nobody knows. */
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

/** Why a member is no use any more: it was drained, and never returns to service, or is unhealthy for too long. */
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

/** As many new ones as are lost, but no more than the pool may have. */
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

/** The threshold that is crossed now, and since when; undefined where none is, or nobody knows. */
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
  // Where every one of them is in use, only a consolidation can make one go.
  const [least] = inOrderOfLoss(situation.prefix, members(situation));
  if (count <= situation.min || least === undefined || isInUse(least.node)) return undefined;
  return { ...shrink(situation, 1, 'reactive', because), recommendation };
}

/** What a rule for nodes says that passes with time, or that a consolidation itself mends. */
const PASSES: ReadonlySet<string> = new Set([
  'drains-containers',
  'has-containers',
  'allocated-memory',
  'idle-grace',
  'too-young',
]);

/** What a consolidation would do now, or why it does nothing; undefined where it is off. */
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
  // Those that are to be emptied first stay members until they are.
  const numbers = plan.moves.length === 0 ? without(before, gone) : before;
  return { kind: 'consolidate', by: 'consolidation', because, numbers, added: [], gone, plan };
}

/** The change that the pool needs next; undefined for none. */
export function decide(situation: Situation): Decision | undefined {
  const { remembered, min, max, removalsAtOnce } = situation;
  if (remembered === undefined) {
    const first = begin(situation);
    if (first !== undefined) return first;
  }
  const count = countOf(situation);
  const full = members(situation).filter(({ isFull }) => isFull === true);
  const beside =
    full.length === 0 ? '' : ` in addition to ${full.map(({ node }) => node.name).join(', ')}, whose disk is full`;
  if (count < min)
    return grow(
      situation,
      min - count,
      'document',
      `The pool has ${counted(count, 'node')}${beside}; its minimum is ${min}`,
    );
  if (remembered !== undefined && remembered.going.length > 0) return goOn(situation, remembered);
  const swapped = swap(situation);
  if (swapped !== undefined) return swapped;
  if (count > max) {
    const most = Math.min(count - max, removalsAtOnce);
    return shrink(situation, most, 'document', `The pool has ${counted(count, 'node')}; its maximum is ${max}`);
  }
  return reactive(situation) ?? consolidation(situation);
}

/** What the reactive policy wants and the pool's size does not allow. */
export function unmetGrowth(situation: Situation): Recommendation | undefined {
  const projection = project(fleetOf(situation));
  const wanted = projection === undefined ? undefined : recommended(situation, projection);
  return wanted?.direction === 'up' && countOf(situation) >= situation.max ? wanted : undefined;
}

/** Until when a decision of a policy has to wait, and why; undefined where it need not. */
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
            because: `A consolidation began less than ${durationText(policy.cooldownMs)} ago`,
          },
        ]),
    ...(scaling === undefined ? [] : [waitsUntil('down', remembered.scaled, scaling, now) ?? []].flat()),
  ].toSorted((a, b) => b.until - a.until);
  return waits[0] === undefined || now >= waits[0].until ? undefined : waits[0];
}
