/**
 * State, health and power of a node, from an observation and its recorded state. Pure.
 *
 * | status at the provider | condition | state |
 * |---|---|---|
 * | deleting | | decommissioned |
 * | any | unhealthy after a drain | unhealthy: a drained node never returns to service |
 * | migrating, rebuilding, unknown | | recorded state |
 * | off, stopping | as declared | recorded state |
 * | off, stopping | not declared | unhealthy |
 * | initializing, starting | never ran | provisioning |
 * | initializing, starting | ran before | recorded state |
 * | running | never ready, before the start deadline | initializing |
 * | running | never ready, after the start deadline | unhealthy |
 * | running | five probes in a row failed, or it was unhealthy and no probe has succeeded | unhealthy |
 * | running | drained | draining |
 * | running | a system node | active |
 * | running | has containers | active |
 * | running | had containers | idle |
 * | running | never had containers | ready |
 */

import type { Memory } from '#plugin';
import type { NodeState } from './generated.ts';
import type { ProviderStatus } from './world.ts';

/** Number of failed probes in a row that make a node unhealthy. */
export const MOST_FAILURES = 5;

export type Seen = Exclude<NodeState, 'absent'>;
/** Recorded states of a node. A node that exists again after it was decommissioned is a new one. */
export type Before = Exclude<Seen, 'decommissioned'>;
export type Health = 'unknown' | 'healthy' | 'unhealthy';
export type Power = 'on' | 'off' | 'changing';

export interface Standing {
  readonly status: ProviderStatus;
  /** State at the last refresh; absent if it did not exist, or was not refreshed. */
  readonly before?: Before;
  readonly healthBefore?: Health;
  readonly wanted: 'on' | 'off';
  /** True if the node was ready once, or before it was owned. */
  readonly initialized: boolean;
  /** True if the node was never ready, and its start deadline has passed. */
  readonly late: boolean;
  readonly drained: boolean;
  /** True for a system node, which is in use as long as it exists. */
  readonly system: boolean;
  readonly probe: 'answered' | 'failed' | 'none';
  /** Failed probes in a row, including the present one. */
  readonly failures: number;
  /** Last known number of containers. */
  readonly containers: number;
  readonly containersEver: number;
}

/** States of a node that was ready once. */
export const SERVED: ReadonlySet<string> = new Set(['ready', 'active', 'idle', 'draining']);

/** The recorded state of a node; undefined if it did not exist. */
export function beforeOf(memory: Pick<Memory, 'state'> | undefined): Before | undefined {
  const was = memory?.state as Seen | 'absent' | undefined;
  return was === 'absent' || was === 'decommissioned' ? undefined : was;
}

const BUSY: ReadonlySet<ProviderStatus> = new Set(['migrating', 'rebuilding', 'unknown']);
const OFF: ReadonlySet<ProviderStatus> = new Set(['off', 'stopping']);
const COMING: ReadonlySet<ProviderStatus> = new Set(['initializing', 'starting']);

/** True if the provider is working on the server, or does not report its status. */
export function isBusy(status: ProviderStatus | undefined): boolean {
  return status !== undefined && BUSY.has(status);
}

export function powerOf(status: ProviderStatus): Power {
  return status === 'running' ? 'on' : status === 'off' ? 'off' : 'changing';
}

export function healthOf(standing: Standing): Health {
  const { status, wanted, initialized, late, probe, failures, healthBefore, system } = standing;
  if (OFF.has(status)) return wanted === 'off' ? 'unknown' : 'unhealthy';
  if (status !== 'running') return 'unknown';
  if (!initialized) return late ? 'unhealthy' : 'unknown';
  if (failures >= MOST_FAILURES) return 'unhealthy';
  return probe === 'answered' ? 'healthy' : (healthBefore ?? (system ? 'healthy' : 'unknown'));
}

/** The state of a node in service, or drained, by its containers. */
function serving({ drained, system, containers, containersEver, before }: Standing): Seen {
  if (drained) return 'draining';
  if (system || containers > 0) return 'active';
  // A node never returns to `ready`, even if its recorded containers were lost.
  return containersEver > 0 || before === 'active' || before === 'idle' ? 'idle' : 'ready';
}

function running(standing: Standing): Seen {
  const { before, initialized, late, probe, failures } = standing;
  if (!initialized && probe !== 'answered') return late || before === 'unhealthy' ? 'unhealthy' : 'initializing';
  if (failures >= MOST_FAILURES) return 'unhealthy';
  if (before === 'unhealthy' && probe !== 'answered') return 'unhealthy';
  return serving(standing);
}

export function stateOf(standing: Standing): Seen {
  const { status, before, wanted, drained } = standing;
  if (status === 'deleting') return 'decommissioned';
  if (before === 'unhealthy' && drained) return 'unhealthy';
  const asBefore = before ?? serving(standing);
  if (BUSY.has(status)) return asBefore;
  if (OFF.has(status)) {
    if (wanted === 'on') return 'unhealthy';
    return before === undefined || before === 'provisioning' ? 'initializing' : asBefore;
  }
  if (COMING.has(status)) return before === undefined || before === 'provisioning' ? 'provisioning' : asBefore;
  return running(standing);
}

const SERVICE: ReadonlySet<Seen> = new Set(['active', 'idle', 'draining']);

/** States between two refreshes, oldest first: only those that the lifecycle requires. */
export function via(before: Before | undefined, now: Seen): readonly Seen[] {
  if (before === 'provisioning' && now === 'ready') return ['initializing'];
  if (before === 'provisioning' && SERVICE.has(now)) return ['initializing', 'ready'];
  if ((before === 'initializing' || before === 'unhealthy') && SERVICE.has(now)) return ['ready'];
  return [];
}
