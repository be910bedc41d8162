/** Audit: the snapshot of a node for each decision about it, with the source of the decision. */

import {
  type Change,
  type Facts,
  formatRef,
  type Scene,
  seenState,
  otherState,
  seenFacts,
  defined,
  instantOf,
} from '#plugin';
import { decisionOf } from './decision.ts';
import { type NodeResource, nodeSignals } from './facts.ts';

/** Whole minutes since a time; undefined for an unknown time. */
function minutes(since: string | undefined, now: number): number | undefined {
  return since === undefined ? undefined : Math.max(0, Math.floor((now - instantOf(since)) / 60_000));
}

/** The actions of a node's decisions. */
export const NODE_ACTIONS = ['node_provision', 'node_decommission', 'node_change'] as const;

const ACTIONS: Readonly<Record<string, (typeof NODE_ACTIONS)[number]>> = {
  create: 'node_provision',
  remove: 'node_decommission',
  replace: 'node_decommission',
};

/** True if a policy caused a change: a full disk, or a decision of the pool. */
function decidedBy(change: Change, resource: NodeResource, scene: Scene): string {
  return change.cause === 'policy' && change.goal === 'update' ? 'reactive_policy' : decisionOf(resource, scene).by;
}

/** The snapshot, without unknown values. */
export function auditNode(change: Change, resource: NodeResource, scene: Scene): Facts {
  const signals = nodeSignals(resource);
  const life = signals?.life;
  const { now } = scene;
  return defined<Facts>({
    lifecycle_state: seenState(resource) ?? 'unknown',
    health_status: otherState(resource, 'health') ?? 'unknown',
    container_count: life?.containers,
    allocated_ram_mb: life?.allocated_mb,
    total_containers_ever: life?.containers_ever,
    age_minutes: minutes(life?.provisioned_at, now),
    initialized_age_minutes: minutes(life?.initialized_at, now),
    hourly_cost: signals?.hourly,
    currency: signals?.currency,
    first_container_at: life?.first_container_at,
    last_container_at: life?.last_container_at,
    idle_minutes: minutes(life?.empty_since, now),
    node_id: formatRef(resource.ref),
    server_id: seenFacts(resource)?.server_id,
    action: ACTIONS[change.goal] ?? 'node_change',
    decision_by: decidedBy(change, resource, scene),
  });
}
