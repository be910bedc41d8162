/** Consolidation: members that could be removed if their containers moved to the others, and the saving. */

import { counted, durationText } from '#plugin';
import { moneyText } from './cost.ts';
import { type Fleet, isInUse, type PoolNode, percent, project, unknowns } from './fleet.ts';
import { type Emptying, empty, type Migration, type Room, roomOn } from './migration.ts';
import { isOver } from './reactive.ts';

/** Maximum number of moves of a consolidation: all of them are recorded, and must stay valid until they are done. */
export const MOST_MOVES = 50;

/** Times in ms, shares in percent of memory, money in the provider's currency, net. */
export interface ConsolidationPolicy {
  readonly cooldownMs: number;
  /** Greatest share of allocated memory at which a consolidation starts. */
  readonly mostPercent: number;
  readonly minUptimeMs: number;
  /** Time for which a node to remove must not have received a container. */
  readonly minIdleMs: number;
  readonly minSavingsHourly: number;
  /** Least number of nodes in service. */
  readonly minNodes: number;
}

export const CONSOLIDATION: ConsolidationPolicy = {
  cooldownMs: 2 * 60 * 60_000,
  mostPercent: 70,
  minUptimeMs: 30 * 60_000,
  minIdleMs: 15 * 60_000,
  minSavingsHourly: 0.1,
  minNodes: 2,
};

export interface ConsolidationInput {
  readonly fleet: Fleet;
  readonly policy: ConsolidationPolicy;
  /** Number of members that stay in any case. */
  readonly min: number;
  /** Share of memory above which the pool would have to grow again at once. */
  readonly upPercent: number;
  /** Currency of prices; empty if unknown. */
  readonly currency: string;
  /** Members that must stay, with the reasons. */
  readonly fixed: ReadonlyMap<string, string>;
  /** Epoch ms. */
  readonly now: number;
}

/** A member that stays, with the reason. */
export interface Kept {
  readonly name: string;
  readonly why: string;
}

export interface Consolidation {
  readonly going: readonly string[];
  readonly moves: readonly Migration[];
  readonly kept: readonly Kept[];
  /** Saving per hour, in the provider's currency, net. */
  readonly savings: number;
  /** Shares of allocated memory, in percent. */
  readonly before: number;
  readonly after: number;
}

/** A consolidation, or the reason against it, with the members that stay. */
export type Consolidating = { readonly plan: Consolidation } | { readonly why: string; readonly kept: readonly Kept[] };

/** Time since which a node received no container: its emptiness, or its last container. Epoch ms; undefined if unknown. */
export function quietSince({ containers, emptySince }: PoolNode): number | undefined {
  if (containers.length === 0) return emptySince;
  return containers.reduce<number | undefined>(
    (latest, { since }) => (latest === undefined || since === undefined ? undefined : Math.max(latest, since)),
    0,
  );
}

function whyTooFresh(node: PoolNode, { policy, now }: ConsolidationInput): string | undefined {
  const { initializedAt } = node;
  if (initializedAt === undefined) return 'the start time of the node is unknown';
  const [up, least] = [now - initializedAt, durationText(policy.minUptimeMs)];
  if (up < policy.minUptimeMs) return `the node has been up for ${minutes(up)}; minUptime is ${least}`;
  const quiet = quietSince(node);
  if (quiet === undefined) return 'the time of the last container of the node is unknown';
  if (now - quiet < policy.minIdleMs)
    return `the node has received no container for ${minutes(now - quiet)}; minIdle is ${durationText(policy.minIdleMs)}`;
  return undefined;
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} min`;
}

/** The first condition that prevents a consolidation; undefined for none. */
function whyNotNow({ fleet, policy }: ConsolidationInput): string | undefined {
  const projection = project(fleet);
  if (projection === undefined) return `unknown: ${unknowns(fleet).join(', ')}`;
  const { queued, coming, serving, allocatedMb, servingMb } = projection;
  if (queued > 0) return `${counted(queued, 'container')} ${queued === 1 ? 'waits' : 'wait'} in the queue`;
  if (coming > 0) return `${counted(coming, 'node')} still starting`;
  if (serving < policy.minNodes) return `${counted(serving, 'node')} in service; minNodes is ${policy.minNodes}`;
  if (isOver(allocatedMb, servingMb, policy.mostPercent))
    return `${percent(allocatedMb, servingMb)} % of the memory is allocated; maxUtilization is ${policy.mostPercent} %`;
  return undefined;
}

/** Sorts members by their cost for each allocated MB, the highest first: they are removed first. */
function byWorth(nodes: readonly PoolNode[]): readonly PoolNode[] {
  return nodes.toSorted(
    (a, b) => a.allocatedMb - b.allocatedMb || (b.hourly ?? 0) - (a.hourly ?? 0) || (a.name < b.name ? 1 : -1),
  );
}

interface Progress {
  readonly going: readonly PoolNode[];
  readonly moves: readonly Migration[];
  readonly kept: readonly Kept[];
  readonly room: Room;
}

/** The reason why a further member must stay; undefined if it can be removed. */
function whyEnough(
  node: PoolNode,
  so: Progress,
  staying: readonly PoolNode[],
  input: ConsolidationInput,
): string | undefined {
  const left = staying.filter(({ name }) => name !== node.name && !so.going.some((each) => each.name === name));
  const allocated = input.fleet.nodes.reduce((all, { allocatedMb }) => all + allocatedMb, 0);
  const least = Math.max(input.min, input.fleet.nodes.some(isInUse) ? 1 : 0);
  if (left.length < least) return `the pool must keep ${counted(least, 'node')}`;
  const total = left.reduce((all, { ramMb = 0 }) => all + ramMb, 0);
  if (isOver(allocated, total, input.upPercent))
    return `${percent(allocated, total)} % of the remaining memory would be allocated; scaling.up is ${input.upPercent} %`;
  return undefined;
}

function takeOne(so: Progress, node: PoolNode, staying: readonly PoolNode[], input: ConsolidationInput): Progress {
  const keep = (why: string): Progress => ({ ...so, kept: [...so.kept, { name: node.name, why }] });
  const why =
    input.fixed.get(node.name) ??
    (node.hourly === undefined ? 'the price is unknown' : undefined) ??
    whyTooFresh(node, input) ??
    // Containers that are moved to this node would have to be moved twice.
    (so.moves.some(({ to }) => to === node.name) ? 'containers are moved to the node' : undefined) ??
    whyEnough(node, so, staying, input);
  if (why !== undefined) return keep(why);
  const emptying: Emptying = empty(node, so.room);
  if ('why' in emptying) return keep(emptying.why);
  if (so.moves.length + emptying.moves.length > MOST_MOVES)
    return keep(`more than ${MOST_MOVES} containers would be moved at once`);
  return {
    going: [...so.going, node],
    moves: [...so.moves, ...emptying.moves],
    kept: so.kept,
    room: emptying.room,
  };
}

/** Finds the members that can be removed, one after another, and checks the saving. */
export function consolidate(input: ConsolidationInput): Consolidating {
  const notNow = whyNotNow(input);
  if (notNow !== undefined) return { why: notNow, kept: [] };
  const { fleet, policy } = input;
  const staying = fleet.nodes.filter(({ phase }) => phase === 'serving');
  const first: Progress = { going: [], moves: [], kept: [], room: roomOn(staying) };
  const found = byWorth(staying).reduce((so, node) => takeOne(so, node, staying, input), first);
  const { going, moves, kept } = found;
  const savings = going.reduce((all, { hourly = 0 }) => all + hourly, 0);
  if (going.length === 0) return { why: 'no node of the pool can be removed', kept };
  // Prices have at most ten decimals: a sum that equals the threshold must not fall below it by rounding.
  if (Math.round(savings * 1e10) < Math.round(policy.minSavingsHourly * 1e10))
    return {
      why: `${going.map(({ name }) => name).join(', ')} could be removed, which would save ${moneyText(savings, 4, input.currency)} an hour; minSavings is ${moneyText(policy.minSavingsHourly, 4, input.currency)}`,
      kept,
    };
  const total = (nodes: readonly PoolNode[]) => nodes.reduce((all, { ramMb = 0 }) => all + ramMb, 0);
  const allocated = fleet.nodes.reduce((all, { allocatedMb }) => all + allocatedMb, 0);
  return {
    plan: {
      going: going.map(({ name }) => name),
      moves,
      kept,
      savings,
      before: percent(allocated, total(staying)),
      after: percent(allocated, total(staying.filter((node) => !going.includes(node)))),
    },
  };
}
