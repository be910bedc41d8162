/**
 * The state of a node, its health and its power, from what is seen and what it was before: pure.
 *
 * | the provider says | and | state |
 * |---|---|---|
 * | deleting | | decommissioned |
 * | any | it was unhealthy after it had been drained | unhealthy: it never returns to service |
 * | migrating, rebuilding, unknown | | as before |
 * | off, stopping | as it ought to be | as before |
 * | off, stopping | not asked for | unhealthy |
 * | initializing, starting | it never ran | provisioning |
 * | initializing, starting | it ran before | as before |
 * | running | never ready, and within its time to start | initializing |
 * | running | never ready, and later than that | unhealthy |
 * | running | five probes in a row failed, or it was unhealthy and none was answered | unhealthy |
 * | running | drained | draining |
 * | running | a system node | active |
 * | running | it has containers | active |
 * | running | it had containers | idle |
 * | running | it never had any | ready |
 */

import type { Memory } from '#plugin';
import type { NodeState } from './generated.ts';
import type { ProviderStatus } from './world.ts';

/** So many failed probes in a row make a node unhealthy. */
export const MOST_FAILURES = 5;

export type Seen = Exclude<NodeState, 'absent'>;
/** What a node can have been before: one that was decommissioned is another one when it is there again. */
export type Before = Exclude<Seen, 'decommissioned'>;
export type Health = 'unknown' | 'healthy' | 'unhealthy';
export type Power = 'on' | 'off' | 'changing';

export interface Standing {
  readonly status: ProviderStatus;
  /** State at the last look; absent where it was not there, or nobody looked. */
  readonly before?: Before;
  readonly healthBefore?: Health;
  readonly wanted: 'on' | 'off';
  /** It was ready once, or was ready before it was ours. */
  readonly initialized: boolean;
  /** It never was ready, and had its time to become so. */
  readonly late: boolean;
  readonly drained: boolean;
  /** A system node is in use as long as it is there. */
  readonly system: boolean;
  readonly probe: 'answered' | 'failed' | 'none';
  /** Failed probes in a row, this one included. */
  readonly failures: number;
  /** Last known. */
  readonly containers: number;
  readonly containersEver: number;
}

/** States of a node that was ready. */
export const SERVED: ReadonlySet<string> = new Set(['ready', 'active', 'idle', 'draining']);

/** What a node was before; undefined where it was not there. */
export function beforeOf(memory: Pick<Memory, 'state'> | undefined): Before | undefined {
  const was = memory?.state as Seen | 'absent' | undefined;
  return was === 'absent' || was === 'decommissioned' ? undefined : was;
}

const BUSY: ReadonlySet<ProviderStatus> = new Set(['migrating', 'rebuilding', 'unknown']);
const OFF: ReadonlySet<ProviderStatus> = new Set(['off', 'stopping']);
const COMING: ReadonlySet<ProviderStatus> = new Set(['initializing', 'starting']);

/** Its provider is at it, or does not say what it does. */
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

/** In service or drained, by its containers. */
function serving({ drained, system, containers, containersEver, before }: Standing): Seen {
  if (drained) return 'draining';
  if (system || containers > 0) return 'active';
  // There is no way back to `ready`, whatever was forgotten of its containers.
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

/** States that a node went through between two looks, oldest first: only those that the lifecycle has no way around. */
export function via(before: Before | undefined, now: Seen): readonly Seen[] {
  if (before === 'provisioning' && now === 'ready') return ['initializing'];
  if (before === 'provisioning' && SERVICE.has(now)) return ['initializing', 'ready'];
  if ((before === 'initializing' || before === 'unhealthy') && SERVICE.has(now)) return ['ready'];
  return [];
}
