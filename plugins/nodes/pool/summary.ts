/** Summary: nodes by state, their cost before and after the plan, and the input of pool policies. */

import {
  type Change,
  counted,
  type Desired,
  type Facts,
  formatRef,
  type Resource,
  type Scene,
  type Summary,
  defined,
  mayBeOwned,
  isGiven,
  claimedBy,
  ABSENT,
  seenFacts,
  seenState,
} from '#plugin';
import { type NodeResource, nodeSignals, PLUGIN, type PoolResource } from '../facts.ts';
import type { NodePoolSpec, NodeSpec } from '../generated.ts';
import type { PriceList } from '../world.ts';
import { type Cost, costLines, costOf, moneyText, type Price, type Priced, withBackups } from './cost.ts';
import { consolidating, fleetOf, type Situation } from './decide.ts';
import { decideFor } from './diff.ts';
import { percent, project, unknowns } from './fleet.ts';
import { nameOf } from './names.ts';
import { Node, NodePool } from '../kinds.ts';

interface Offered {
  readonly serverType?: string | undefined;
  readonly location?: string | undefined;
  readonly backups?: boolean | undefined;
}

function offerKey(serverType: string, location: string): string {
  return `${serverType}@${location}`;
}

/** Prices of declared server types, for servers that do not exist yet. */
export function pricesBeside(prices: PriceList | undefined, documents: readonly Desired[]): Facts {
  if (prices === undefined) return {};
  const wanted = documents.flatMap(({ ref, spec }): readonly Offered[] => {
    if (ref.kind === 'Node') return [spec as NodeSpec];
    return ref.kind === 'NodePool' ? [(spec as NodePoolSpec).template] : [];
  });
  const offers = wanted.flatMap(({ serverType, location }) => {
    const price = serverType === undefined ? undefined : prices.types[serverType]?.locations[location ?? ''];
    if (serverType === undefined || location === undefined || price === undefined) return [];
    return [[offerKey(serverType, location), { hourly: price.hourly, monthly: price.monthly }] as const];
  });
  return { currency: prices.currency, offers: Object.fromEntries(offers.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function besideOf(scene: Scene): { readonly currency?: string; readonly offers: Readonly<Record<string, Price>> } {
  const { currency, offers } = scene.extras?.[PLUGIN] ?? {};
  return {
    ...(typeof currency === 'string' ? { currency } : {}),
    offers: (offers ?? {}) as unknown as Readonly<Record<string, Price>>,
  };
}

function offered(name: string, { serverType, location, backups }: Offered, scene: Scene): Priced {
  const price = besideOf(scene).offers[offerKey(serverType ?? '', location ?? '')];
  return price === undefined ? { name } : { name, price: withBackups(price, backups) };
}

/** The cost of an existing server; a static one has no cost. */
function seen(resource: NodeResource): Priced | undefined {
  const { ref, sight, memory } = resource;
  if (isGiven(resource) || claimedBy(resource) !== undefined) return undefined;
  if (resource.desired === undefined && !mayBeOwned(memory)) return undefined;
  if (sight.is === 'absent') return undefined;
  if (sight.is === 'unseen')
    return memory?.state === undefined || memory.state === ABSENT ? undefined : { name: ref.name };
  const { hourly, monthly } = nodeSignals(resource) ?? {};
  if (hourly === undefined || monthly === undefined) return { name: ref.name };
  return { name: ref.name, price: withBackups({ hourly, monthly }, sight.observed.facts.backups) };
}

function acceptedChange({ ref }: Resource, scene: Scene): Change | undefined {
  const action = scene.judged.get(formatRef(ref));
  return action?.verdict === 'accept' ? action.change : undefined;
}

/** The cost of a server after its accepted change; undefined for a removed server. */
function later(
  resource: NodeResource,
  now: Priced | undefined,
  change: Change | undefined,
  scene: Scene,
): Priced | undefined {
  if (change?.goal === 'remove') return undefined;
  const spec = resource.desired?.spec;
  const changes = (path: string): boolean => change?.fields.some((field) => field.path === path) ?? false;
  const isNew = change?.goal === 'create' || change?.goal === 'replace';
  if (spec === undefined || !(isNew || changes('/serverType') || changes('/backups'))) return now;
  const location = isNew ? spec.location : seenFacts(resource)?.location;
  return offered(resource.ref.name, { serverType: spec.serverType, location, backups: spec.backups }, scene);
}

/** Names that accepted changes add to pools and remove from them; a new member with a row of its own is not among them. */
function poolChanges(resources: readonly Resource[], scene: Scene) {
  const declared = new Set(
    Node.among(resources).flatMap(({ ref, desired }) => (desired === undefined ? [] : ref.name)),
  );
  const comes: Priced[] = [];
  const goes = new Set<string>();
  for (const resource of NodePool.among(resources)) {
    const template = resource.desired?.spec.template;
    for (const { path, after } of acceptedChange(resource, scene)?.fields ?? []) {
      if (!path.startsWith('/members/')) continue;
      const name = path.slice('/members/'.length);
      if (after === undefined) goes.add(name);
      else if (after === 'new' && template !== undefined && !declared.has(name))
        comes.push(offered(name, template, scene));
    }
  }
  return { comes, goes };
}

function costFacts(now: Cost, after: Cost, currency: string): Facts {
  return {
    currency,
    now: { hourly: now.hourly, monthly: now.monthly, servers: now.servers },
    after: { hourly: after.hourly, monthly: after.monthly, servers: after.servers },
    unknown: [...new Set([...now.unknown, ...after.unknown])].sort(),
  };
}

function costSummary(resources: readonly Resource[], scene: Scene): readonly Summary[] {
  const { currency } = besideOf(scene);
  const nodes = Node.among(resources);
  const { comes, goes } = poolChanges(resources, scene);
  const now = nodes.map(seen);
  const after = nodes.map((resource, i) =>
    goes.has(resource.ref.name) ? undefined : later(resource, now[i], acceptedChange(resource, scene), scene),
  );
  const [before, then] = [
    costOf(now.flatMap((each) => each ?? [])),
    costOf([...after.flatMap((each) => each ?? []), ...comes]),
  ];
  if (currency === undefined || before.servers + then.servers === 0) return [];
  return [{ title: 'cost', lines: costLines(before, then, currency), facts: costFacts(before, then, currency) }];
}

function stateSummary(resources: readonly Resource[]): readonly Summary[] {
  const states = resources
    .filter(({ ref, desired, memory }) => ref.kind === 'Node' && (desired !== undefined || memory !== undefined))
    .filter((resource) => claimedBy(resource) === undefined)
    .map((resource) => seenState(resource) ?? resource.memory?.state ?? ABSENT);
  if (states.length === 0) return [];
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const sorted = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const line = sorted.map(([state, count]) => `${count} ${state}`).join(', ');
  return [
    { title: 'states', lines: [`${counted(states.length, 'node')}: ${line}`], facts: Object.fromEntries(sorted) },
  ];
}

/** The progress of a consolidation; undefined without one. */
function goingOn({ remembered, nodes, prefix }: Situation): string | undefined {
  if (remembered === undefined || remembered.going.length === 0) return undefined;
  const names = remembered.going.map((number) => nameOf(prefix, number));
  const left = nodes
    .filter(({ node }) => names.includes(node.name))
    .reduce((count, { node }) => count + node.containers.length, 0);
  const moves = remembered.moves.length;
  return `consolidation: in progress: ${Math.max(0, moves - left)} of ${counted(moves, 'container')} moved, to remove ${names.join(', ')}`;
}

/** Maximum number of lines about nodes that stay, for each pool. */
const KEPT_SHOWN = 5;

function poolSummary(resource: PoolResource, scene: Scene): readonly Summary[] {
  const { situation } = decideFor(resource, scene) ?? {};
  if (situation === undefined || (situation.scaling === undefined && situation.consolidation === undefined)) return [];
  const fleet = fleetOf(situation);
  const projection = project(fleet);
  const currency = besideOf(scene).currency ?? '';
  const members = situation.nodes.filter(({ isMember }) => isMember).length;
  const lines =
    projection === undefined
      ? [`${counted(members, 'member')}; unknown: ${unknowns(fleet).join(', ')}`]
      : [
          `${counted(members, 'member')}, ${projection.serving} in service, ${projection.coming} starting; ` +
            `${percent(projection.allocatedMb, projection.servingMb)} % of ${projection.servingMb} MB allocated, ` +
            `${counted(projection.queued, 'container')} queued for ${projection.queuedMb} MB`,
        ];
  const underWay = goingOn(situation);
  const found = underWay === undefined ? consolidating(situation) : undefined;
  const kept = found === undefined ? [] : 'plan' in found ? found.plan.kept : found.kept;
  const facts: Facts = defined({
    members,
    serving: projection?.serving,
    coming: projection?.coming,
    serving_mb: projection?.servingMb,
    coming_mb: projection?.comingMb,
    allocated_mb: projection?.allocatedMb,
    queued: projection?.queued,
    queued_mb: projection?.queuedMb,
  });
  const consolidation =
    underWay !== undefined
      ? [underWay]
      : found === undefined
        ? []
        : 'plan' in found
          ? [
              `consolidation: ${found.plan.going.join(', ')} can be removed: ${moneyText(found.plan.savings, 4, currency)} an hour less, ` +
                `${found.plan.before} % of the memory allocated now, ${found.plan.after} % then`,
              ...found.plan.moves.map(
                ({ container, mb, from, to }) => `moves ${container} (${mb} MB) from ${from} to ${to}`,
              ),
            ]
          : [`consolidation: none: ${found.why}`];
  const stays = kept.slice(0, KEPT_SHOWN).map(({ name, why }) => `${name} stays: ${why}`);
  const more = kept.length - KEPT_SHOWN;
  return [
    {
      title: `pool ${resource.ref.name}`,
      lines: [
        ...lines,
        ...consolidation,
        ...stays,
        ...(more > 0 ? [`${counted(more, 'other node')} ${more === 1 ? 'stays' : 'stay'}`] : []),
      ],
      facts,
    },
  ];
}

export function summaryOf(resources: readonly Resource[], scene: Scene): readonly Summary[] {
  return [
    ...stateSummary(resources),
    ...costSummary(resources, scene),
    ...NodePool.among(resources).flatMap((resource) => poolSummary(resource, scene)),
  ];
}
