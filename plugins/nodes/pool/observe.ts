/** Pools and containers at a refresh: queued containers, the price of a member, and the node of a container. */

import type { Desired, Facts, Ref, Sighting } from '#plugin';
import type { ContainerFacts, ContainerSignals, PoolFacts, PoolSignals } from '../facts.ts';
import type { NodePoolSpec, Workloads } from '../generated.ts';
import { LABELS, labelValue } from '../labels.ts';
import { queueFor } from '../observe-node.ts';
import type { PriceList, ServerSeen } from '../world.ts';
import { defined, type Instant } from '#plugin';

/** Results of a refresh of the account and the workload source; failed reads are absent. */
export interface AccountSeen {
  readonly servers?: readonly Pick<ServerSeen, 'name' | 'labels'>[];
  readonly prices?: PriceList;
  readonly workloads?: Workloads;
  readonly project: string;
  /** True if the source has a hook that moves containers. */
  readonly migrates: boolean;
}

/** Prices and size of a server type in a location, without unknown values. */
function offerOf(
  prices: PriceList | undefined,
  serverType: string | undefined,
  location: string | undefined,
): Pick<PoolSignals, 'hourly' | 'monthly' | 'currency' | 'memory_mb' | 'available'> {
  const type = serverType === undefined ? undefined : prices?.types[serverType];
  if (prices === undefined || type === undefined) return {};
  const here = location === undefined ? undefined : type.locations[location];
  const size: Pick<PoolSignals, 'memory_mb' | 'currency'> = { memory_mb: type.memoryMb, currency: prices.currency };
  if (here === undefined) return { ...size, available: false };
  return { ...size, hourly: here.hourly, monthly: here.monthly, available: here.available };
}

/** A pool at a refresh. A pool exists as soon as it is declared. */
export function observePool(desired: Desired<NodePoolSpec>, seen: AccountSeen, at: Instant): Sighting<PoolFacts> {
  const { name } = desired.ref;
  const { template } = desired.spec;
  const { workloads } = seen;
  const queue = queueFor(workloads, name);
  const unnamed = queueFor(workloads, undefined);
  const labelled = (seen.servers ?? []).filter(
    ({ labels }) => labels[LABELS.project] === labelValue(seen.project) && labels[LABELS.pool] === labelValue(name),
  );
  const signals: PoolSignals = defined({
    queue,
    unnamed,
    labelled: labelled.map((server) => server.name).sort(),
    ...offerOf(seen.prices, template.serverType, template.location),
    migrates: seen.migrates,
  });
  return {
    ref: desired.ref,
    given: true,
    facts: {},
    signals: signals as unknown as Facts,
    at,
  };
}

/** The node of a container; undefined if no node lists it. `nodeName` maps a name of the source to the node. */
export function observeContainer(
  ref: Ref,
  workloads: Workloads,
  nodeName: (source: string) => string,
  at: Instant,
): Sighting<ContainerFacts> | undefined {
  for (const node of workloads.nodes) {
    const found = node.containers.find(({ id }) => id === ref.name);
    if (found === undefined) continue;
    const { mb, tier, players, since } = found;
    const signals: ContainerSignals = defined({
      mb,
      tier,
      players,
      since,
    });
    return {
      ref,
      given: true,
      facts: { node: nodeName(node.name) },
      signals: signals as unknown as Facts,
      at,
    };
  }
  return undefined;
}
