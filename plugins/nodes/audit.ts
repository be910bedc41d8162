/** Audit: what a node is like beside every decision about it, and who decided. */

import { type Change, type Facts, type Scene, seenState, otherState, seenFacts } from '#plugin';
import { decisionOf } from './decision.ts';
import { type NodeResource, nodeSignals } from './facts.ts';

/** Whole minutes since a time; undefined where nobody knows it. */
function minutes(since: string | undefined, now: number): number | undefined {
  return since === undefined ? undefined : Math.max(0, Math.floor((now - Date.parse(since)) / 60_000));
}

const ACTIONS: Readonly<Record<string, string>> = {
  create: 'node_provision',
  remove: 'node_decommission',
  replace: 'node_decommission',
};

/** Whether a policy is behind a change: a full disk, or what a pool decided. */
function decidedBy(change: Change, resource: NodeResource, scene: Scene): string {
  return change.cause === 'policy' && change.goal === 'update' ? 'reactive_policy' : decisionOf(resource, scene).by;
}

/** The snapshot; what is not known is left out. */
export function auditNode(change: Change, resource: NodeResource, scene: Scene): Facts {
  const signals = nodeSignals(resource);
  const life = signals?.life;
  const { now } = scene;
  const snapshot = {
    lifecycle_state: seenState(resource) ?? 'unknown',
    health_status: otherState(resource, 'health') ?? 'unknown',
    container_count: life?.containers,
    allocated_ram_mb: life?.allocatedMb,
    total_containers_ever: life?.containersEver,
    age_minutes: minutes(life?.provisionedAt, now),
    initialized_age_minutes: minutes(life?.initializedAt, now),
    hourly_cost: signals?.hourly,
    currency: signals?.currency,
    first_container_at: life?.firstContainerAt,
    last_container_at: life?.lastContainerAt,
    idle_minutes: minutes(life?.emptySince, now),
    node_id: seenFacts(resource)?.serverId,
    action: ACTIONS[change.goal] ?? 'node_change',
    decision_by: decidedBy(change, resource, scene),
  };
  return Object.fromEntries(Object.entries(snapshot).filter(([, value]) => value !== undefined)) as Facts;
}
