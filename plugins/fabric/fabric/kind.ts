/** The kind Fabric: a cluster that exists independent of fettle, with its status, connection and sync. */

import {
  type Cadence,
  defineKind,
  type Facts,
  type Instant,
  instantText,
  isKnown,
  type KnownResource,
  type Proposal,
  type Rule,
  observedOf,
  pass,
  reject,
  type Scene,
  instantOf,
  durationMs,
  otherState,
} from '#plugin';
import { syncCadence } from '../cadence.ts';
import type { FabricMemory, FabricRuleId, FabricSpec, FabricStep } from '../generated.ts';
import { isPossible, type Status } from '../states/combination.ts';
import { corrected } from '../states/events.ts';
import { isStatus } from '../states/refreshed.ts';
import { syncWait } from '../states/retries.ts';
import { GitRepository, PLUGIN } from '../kinds.ts';
import { repositoryHold } from '../repository/facts.ts';
import type { FabricWriter } from '../world.ts';
import type { FabricFacts, FabricResource } from './facts.ts';
import { noteFabric } from './note.ts';
import { fabricPolicy, type FabricPolicy } from './policy.ts';
import { fabricStanding, recordedStates, STEP_EVENTS } from './standing.ts';

/** The step that corrects recorded states that contradict each other. */
function correction({ memory }: KnownResource<FabricResource>): Proposal<FabricStep> | undefined {
  const states = recordedStates(memory);
  const after = isPossible(states) ? undefined : corrected(states);
  if (after === undefined) return undefined;
  return {
    step: `sync:${states.sync}>${after.sync}` as FabricStep,
    goal: 'update',
    because: `the recorded states contradict each other: status ${states.status}, connection ${states.connection}, sync ${states.sync}`,
    cause: 'progress',
  };
}

/** The reason of a step to a status. */
function becauseOf(to: Status, { status: wanted, request }: FabricPolicy, at: Instant): string {
  if (to === 'ACTIVE' && request?.isOverridden === true && at < request.until)
    return `the changed document ends the maintenance that ${request.requester} requested until ${instantText(request.until)}: ${request.reason}`;
  return isStatus(wanted) ? `the document declares the status ${to}` : 'the document no longer declares MAINTENANCE';
}

/** The step to the declared status; undefined if none leads there, which is a finding. */
function statusStep(resource: KnownResource<FabricResource>): Proposal<FabricStep> | undefined {
  const observed = observedOf(resource);
  const { desired, policy } = resource;
  if (observed === undefined || desired === undefined || !isStatus(observed.state)) return undefined;
  const { state, signals = {} } = observed;
  const { status: wanted } = policy as FabricPolicy;
  const isTemporary = signals['maintenance_by'] !== undefined;
  // Without a declared status, only a maintenance that a former document declared ends by a row.
  const to = isStatus(wanted) ? wanted : state === 'MAINTENANCE' && !isTemporary ? 'ACTIVE' : state;
  const step = `${state}>${to}`;
  if (!(step in STEP_EVENTS) || (to === 'ACTIVE' && isTemporary)) return undefined;
  return {
    step: step as FabricStep,
    goal: 'update',
    fields: [{ path: '/status', before: state, after: to }],
    because: becauseOf(to, policy as FabricPolicy, observed.at),
  };
}

/** The reason why the Git repository of a Fabric cannot be used; undefined if it can, or the Fabric names none. */
function repositoryReason({ desired }: FabricResource, scene: Scene): string | undefined {
  const name = desired?.spec.gitRepository;
  if (name === undefined) return undefined;
  return repositoryHold(GitRepository.get(scene, { plugin: PLUGIN, kind: 'GitRepository', name }), scene.now);
}

const notConnected: Rule<FabricSpec, FabricFacts, FabricMemory> = (_change, resource, scene) => {
  const connection = isKnown(resource) ? (otherState(resource, 'connection') ?? 'UNKNOWN') : 'UNKNOWN';
  const facts = { connection };
  const hold = repositoryReason(resource, scene);
  if (connection === 'CONNECTED' && hold !== undefined)
    return reject(`The Git repository cannot be used (HH-STATE-002): ${hold}`, facts, {
      remedy: { outside: 'restore the connection to the Git repository' },
    });
  if (connection === 'CONNECTED') return pass('The connection is CONNECTED', facts);
  return reject(`The connection is ${connection} (HH-STATE-002)`, facts, {
    remedy: { outside: 'restore the connection to the cluster' },
  });
};

/** A step of a Fabric changes its recorded status alone: its intent and its outcome are the whole effect. */
const recordOnly = async (): Promise<undefined> => undefined;

/** When a Fabric is due: its next scheduled refresh, the next tries after a failure, the end of a maintenance. */
function schedule({ desired, memory }: FabricResource): Facts {
  const {
    last_validated: validated,
    next_test: next,
    request_until: until,
    sync_failures: failed,
    sync_since: since,
  } = memory?.kept ?? {};
  const interval = durationMs(desired?.spec.syncInterval ?? '0s');
  return {
    ...(validated === undefined || interval === 0
      ? {}
      : { next_refresh: instantText(instantOf(validated) + interval) }),
    ...(next === undefined ? {} : { next_test: next }),
    ...(failed === undefined || since === undefined
      ? {}
      : { next_sync: instantText(instantOf(since) + syncWait(failed)) }),
    ...(until === undefined ? {} : { requested_maintenance_until: until }),
  };
}

/** Rounds refresh a Fabric at its interval, and when a try or the end of a maintenance is due. */
function cadence(resource: FabricResource): Cadence | undefined {
  const { next_test: test, next_sync: sync, requested_maintenance_until: until } = schedule(resource);
  const own = syncCadence(resource.desired);
  const at = [test, sync, until].flatMap((time) => (typeof time === 'string' ? [instantOf(time)] : []));
  return own === undefined ? undefined : { ...own, at };
}

export const fabricKind = defineKind<FabricWriter, FabricSpec, FabricFacts, FabricMemory, FabricStep, FabricRuleId>({
  policy: fabricPolicy,
  state: (policy, seen, memory, now) => fabricStanding(policy as FabricPolicy, seen, memory, now),
  diff: (resource) => correction(resource) ?? statusStep(resource),
  note: noteFabric,
  schedule,
  cadence,
  rules: { 'not-connected': notConnected },
  handlers: {
    'PLANNED>ACTIVE': recordOnly,
    'ACTIVE>MAINTENANCE': recordOnly,
    'MAINTENANCE>ACTIVE': recordOnly,
    'ACTIVE>DECOMMISSIONED': recordOnly,
    'MAINTENANCE>DECOMMISSIONED': recordOnly,
    'sync:IN_SYNC>OUT_OF_SYNC': recordOnly,
    'sync:SYNCING>ERROR': recordOnly,
  },
});
