/** The recorded part of a refresh of a Fabric: times, failures and the next tries. */

import {
  defined,
  formatRef,
  type Instant,
  instantOf,
  instantText,
  type KnownResource,
  type Memory,
  type Note,
  observedOf,
  type Ref,
  type Scene,
  type Standing,
} from '#plugin';
import { fabricConditions } from '../alerts/conditions.ts';
import { alertsNote, nextAlerts } from '../alerts/record.ts';
import { PLUGIN } from '../kinds.ts';
import type { Recorded } from '../states/combination.ts';
import type { FabricMemory } from '../generated.ts';
import { connectionWait } from '../states/retries.ts';
import type { FabricFacts, FabricResource } from './facts.ts';
import { type FabricPolicy, NO_REQUEST } from './policy.ts';
import { recordedStates } from './standing.ts';

/** Time between two records of a successful test that finds nothing new. */
const VALIDATED_MS = 3_600_000;

type Kept = Partial<FabricMemory>;
type Signals = Readonly<Record<string, unknown>>;

function connectionNote(
  now: Instant,
  states: { from: string; to: string },
  kept: Kept,
  tested: unknown,
): Note<FabricMemory> {
  const at = instantText(now);
  const isMoved = states.from !== states.to || kept.connection_since === undefined;
  const began = isMoved ? { connection_since: at } : {};
  if (tested === 'passed') {
    const isOld = Math.abs(now - (instantOf(kept.last_validated) ?? 0)) >= VALIDATED_MS;
    return {
      ...began,
      ...(isMoved || isOld ? { last_validated: at } : {}),
      ...(kept.connection_failures === undefined ? {} : { connection_failures: null }),
      ...(kept.next_test === undefined ? {} : { next_test: null }),
    };
  }
  if (tested !== 'failed') return began;
  const failures = (kept.connection_failures ?? 0) + 1;
  return { ...began, connection_failures: failures, next_test: instantText(now + connectionWait(failures)) };
}

function syncNote(now: Instant, states: { from: string; to: string }, kept: Kept, error: unknown): Note<FabricMemory> {
  const { from, to } = states;
  const isMoved = from !== to;
  const at = instantText(now);
  return {
    ...(isMoved || kept.sync_since === undefined ? { sync_since: at } : {}),
    ...(to === 'IN_SYNC' && isMoved ? { last_sync: at } : {}),
    ...(typeof error === 'string' && error !== (kept.sync_error ?? '') ? { sync_error: error } : {}),
    ...(to === 'ERROR' && isMoved ? { sync_failures: (kept.sync_failures ?? 0) + 1 } : {}),
    ...(to === 'IN_SYNC' && kept.sync_failures !== undefined ? { sync_failures: null } : {}),
  };
}

/** Cause of the present maintenance; `null` drops the former one. */
function maintenanceNote(
  status: string,
  { status: wanted }: FabricPolicy,
  signals: Signals,
  kept: Kept,
): Note<FabricMemory> {
  if (status !== 'MAINTENANCE') return kept.maintenance_by === undefined ? {} : { maintenance_by: null };
  const by = signals['maintenance_by'];
  if (wanted === 'MAINTENANCE') return { maintenance_by: 'document' };
  return by === 'window' || by === 'request' ? { maintenance_by: by } : {};
}

/** A request that a row has ended, or that is over, is dropped: no later document revives it. */
function requestNote(state: string, { request }: FabricPolicy, now: Instant): Note<FabricMemory> {
  const isEnded = request?.isOverridden === true && state !== 'MAINTENANCE';
  const isOver = isEnded || (request !== undefined && request.until <= now);
  return isOver ? NO_REQUEST : {};
}

/** Digests of the logins, by Fabric: a part of the refresh that belongs to no basis, because each machine has its own. */
export function loginsIn({ extras }: Pick<Scene, 'extras'>): Readonly<Record<string, string>> {
  return (extras?.[PLUGIN]?.['logins'] ?? {}) as Readonly<Record<string, string>>;
}

/** The alerts of a Fabric after a refresh. */
function alertsOf({ ref, memory, policy, facts, standing }: NotedFabric, now: Instant): Note<FabricMemory> {
  const { state, others = {}, signals = {} } = standing;
  const error = signals['sync_error'];
  const states = { ...recordedStates(undefined), ...others, status: state } as Recorded;
  const words = { error: facts.error, syncError: typeof error === 'string' && error !== '' ? error : undefined, now };
  const alerting = { address: formatRef(ref), now, isOn: policy.alerts.isOn, expireMs: policy.alerts.expireMs };
  const before = memory?.kept.alerts;
  return alertsNote(before, nextAlerts(before ?? {}, fabricConditions(states, memory, words), alerting));
}

/** A Fabric as a refresh, or the end of an apply, shows it. */
export interface NotedFabric {
  readonly ref: Ref;
  readonly memory: Memory<FabricMemory> | undefined;
  readonly policy: FabricPolicy;
  readonly facts: FabricFacts;
  readonly standing: Standing<FabricFacts>;
  /** Digest of the login, if it was read. */
  readonly login?: string | undefined;
}

/** The recorded part of a Fabric: only differences from the state are written. */
export function fabricNote(noted: NotedFabric, now: Instant): Note<FabricMemory> {
  const { memory, policy, facts, standing, login } = noted;
  const kept = memory?.kept ?? {};
  const { state, others = {}, signals = {} } = standing;
  const before = recordedStates(memory);
  return {
    server: facts.server,
    ...defined({ cluster: facts.cluster }),
    error: facts.error ?? '',
    ...defined({ login }),
    ...connectionNote(now, { from: before.connection, to: others['connection'] ?? '' }, kept, signals['tested']),
    ...syncNote(now, { from: before.sync, to: others['sync'] ?? '' }, kept, signals['sync_error']),
    ...maintenanceNote(state, policy, signals, kept),
    ...requestNote(state, policy, now),
    ...alertsOf(noted, now),
    ...(state === 'ACTIVE' && kept.activated_at === undefined ? { activated_at: instantText(now) } : {}),
    ...(state === 'DECOMMISSIONED' && kept.decommissioned_at === undefined
      ? { decommissioned_at: instantText(now) }
      : {}),
  };
}

export function noteFabric(resource: KnownResource<FabricResource>, now: Instant, scene: Scene): Note<FabricMemory> {
  const observed = observedOf(resource);
  if (observed === undefined) return {};
  const { memory, policy, ref } = resource;
  const login = loginsIn(scene)[ref.name];
  const { facts } = observed;
  return fabricNote({ ref, memory, policy: policy as FabricPolicy, facts, standing: observed, login }, now);
}
