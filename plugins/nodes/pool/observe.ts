/** What is seen of pools and containers: what waits for room, what a member costs, and where a container runs. */

import type { Desired, Facts, Ref, Sighting } from '#plugin';
import type { ContainerFacts, ContainerSignals, PoolFacts, PoolSignals } from '../facts.ts';
import type { NodePoolSpec, Workloads } from '../generated.ts';
import { LABELS, labelValue } from '../labels.ts';
import { queueFor } from '../observe-node.ts';
import type { PriceList, ServerSeen } from '../world.ts';
import { defined } from '#plugin';

/** What one look at the account and the workload source found; what could not be read is absent. */
export interface AccountSeen {
  readonly servers?: readonly Pick<ServerSeen, 'name' | 'labels'>[];
  readonly prices?: PriceList;
  readonly workloads?: Workloads;
  readonly project: string;
  /** The source has a hook that moves containers. */
  readonly migrates: boolean;
}

/** Prices and size of a server type in a location; nothing of what is not known. */
function offerOf(
  prices: PriceList | undefined,
  serverType: string | undefined,
  location: string | undefined,
): Pick<PoolSignals, 'hourly' | 'monthly' | 'currency' | 'memoryMb' | 'available'> {
  const type = serverType === undefined ? undefined : prices?.types[serverType];
  if (prices === undefined || type === undefined) return {};
  const here = location === undefined ? undefined : type.locations[location];
  const size = { memoryMb: type.memoryMb, currency: prices.currency };
  if (here === undefined) return { ...size, available: false };
  return { ...size, hourly: here.hourly, monthly: here.monthly, available: here.available };
}

/** A pool as one look sees it. It is there as soon as it is written. */
export function observePool(desired: Desired<NodePoolSpec>, seen: AccountSeen, at: string): Sighting<PoolFacts> {
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

/** Where a container runs; undefined where no node lists it. `nodeName` says what we call a node of the source. */
export function observeContainer(
  ref: Ref,
  workloads: Workloads,
  nodeName: (source: string) => string,
  at: string,
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
