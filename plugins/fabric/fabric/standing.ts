/** The states of a Fabric: status, connection and sync, from its recorded states and one refresh. */

import {
  type Finding,
  type Instant,
  instantOf,
  instantText,
  listed,
  type Memory,
  type OpenIntent,
  type Ref,
  type Sighting,
  type Standing,
  stepParts,
} from '#plugin';
import type { FabricMemory } from '../generated.ts';
import {
  type Combination,
  CONNECTIONS,
  type Connection,
  isPossible,
  type Recorded,
  type Sync,
  SYNCS,
} from '../states/combination.ts';
import { corrected, type FabricEvent, moved } from '../states/events.ts';
import { isStatus, refreshed, type StatusCauses } from '../states/refreshed.ts';
import { reviewDue } from '../states/retries.ts';
import type { FabricFacts, FabricRaw, SwitchProblem } from './facts.ts';
import { type FabricPolicy, type MaintenanceDue, maintenanceDue } from './policy.ts';

type Known = Memory<FabricMemory> | undefined;

/** Longest time of a test: a recorded one that is older was interrupted. */
const TEST_MS = 60_000;

/** The events of the steps of a status. */
export const STEP_EVENTS: Readonly<Record<string, FabricEvent>> = {
  'PLANNED>ACTIVE': 'activated',
  'ACTIVE>MAINTENANCE': 'maintenance-started',
  'MAINTENANCE>ACTIVE': 'maintenance-ended',
  'ACTIVE>DECOMMISSIONED': 'decommissioned',
  'MAINTENANCE>DECOMMISSIONED': 'decommissioned',
};

/** The recorded states; those of a new Fabric if none are recorded. */
export function recordedStates(memory: Known): Recorded {
  const { connection, sync } = memory?.others ?? {};
  return {
    status: isStatus(memory?.state) ? memory.state : 'PLANNED',
    connection: CONNECTIONS.find((each) => each === connection) ?? 'UNKNOWN',
    sync: SYNCS.find((each) => each === sync) ?? 'NEVER_SYNCED',
  };
}

/** The states with a step whose intent is recorded: its record is all that the step does. */
function withStep(states: Recorded, open: OpenIntent | undefined): Recorded {
  if (open === undefined) return states;
  if (stepParts(open.step).machine === 'sync') return corrected(states) ?? states;
  const event = STEP_EVENTS[open.step];
  if (event === undefined || !isPossible(states)) return states;
  const after = moved(states, event);
  return 'state' in after ? after.state : states;
}

/** Time since a recorded start, in ms. */
function since(start: string | undefined, now: Instant): number {
  return start === undefined ? 0 : now - instantOf(start);
}

function statusCauses(
  policy: FabricPolicy,
  memory: Known,
  due: MaintenanceDue | undefined,
  { deployed }: FabricRaw,
): StatusCauses {
  const by = memory?.kept.maintenance_by;
  return {
    isMaintenanceDue: due !== undefined,
    endsByItself: due === undefined && (by === 'window' || by === 'request') && policy.status !== 'MAINTENANCE',
    activates:
      policy.status === undefined
        ? 'after-first-sync'
        : policy.status === 'auto' && deployed === true
          ? 'now'
          : 'by-row',
  };
}

interface Judged {
  readonly ref: Ref;
  readonly state: Recorded;
  readonly facts: FabricFacts;
  readonly raw: FabricRaw;
  readonly memory: Known;
  readonly now: Instant;
}

/** True for a Fabric out of service, about which nothing is reported. */
function isQuiet({ status }: Recorded): boolean {
  return status === 'MAINTENANCE' || status === 'DECOMMISSIONED';
}

function unreachable({ ref, state, facts }: Judged): readonly Finding[] {
  if (facts.error === undefined || isQuiet(state)) return [];
  return [
    {
      ref,
      code: 'unreachable',
      severity: 'error',
      message: facts.error,
      facts: { server: facts.server, status: state.status },
    },
  ];
}

function maintenanceReview({ ref, state, memory, now }: Judged): readonly Finding[] {
  const start = memory?.state === 'MAINTENANCE' ? memory.since : undefined;
  if (state.status !== 'MAINTENANCE' || start === undefined || !reviewDue(start, now)) return [];
  return [
    {
      ref,
      code: 'maintenance-review',
      severity: 'warning',
      message: `The Fabric has been in maintenance since ${instantText(start)}. Review the maintenance, or end it`,
      facts: { since: instantText(start) },
    },
  ];
}

const AGENT_FINDINGS = { failing: 'error', silent: 'error', unknown: 'warning' } as const;

function switchesText(switches: readonly SwitchProblem[]): string {
  return listed(
    switches.map(({ name, words }) => `${name}: ${words}`),
    5,
    '; ',
  );
}

function agentFindings({ ref, state, raw }: Judged): readonly Finding[] {
  if (isQuiet(state)) return [];
  const courses = Map.groupBy(raw.switches ?? [], ({ course }) => course);
  return Object.entries(AGENT_FINDINGS).flatMap(([course, severity]) => {
    const switches = courses.get(course as keyof typeof AGENT_FINDINGS) ?? [];
    if (switches.length === 0) return [];
    const names = [...new Set(switches.map(({ name }) => name))];
    return [{ ref, code: `agent-${course}`, severity, message: switchesText(switches), facts: { switches: names } }];
  });
}

function syncFailed({ ref, state, memory }: Judged, error: string | undefined): readonly Finding[] {
  if (state.status !== 'ACTIVE' || state.sync !== 'ERROR') return [];
  const words = error ?? memory?.kept.sync_error ?? '';
  return [
    {
      ref,
      code: 'sync-failed',
      severity: 'warning',
      message: `The last sync of the Fabric failed${words === '' ? '' : `: ${words}`}`,
      facts: { sync: state.sync },
    },
  ];
}

/** A declared status to which no step leads. */
function forbiddenStatus({ ref, state }: Judged, wanted: FabricPolicy['status']): readonly Finding[] {
  const { status } = state;
  if (!isStatus(wanted) || wanted === status || `${status}>${wanted}` in STEP_EVENTS) return [];
  const remedy =
    status === 'DECOMMISSIONED'
      ? 'Declare another Fabric'
      : wanted === 'DECOMMISSIONED'
        ? 'Remove its manifests, and then its document'
        : 'Declare ACTIVE first';
  return [
    {
      ref,
      code: 'forbidden-status',
      severity: 'error',
      message: `The status of the Fabric cannot move from ${status} to ${wanted} (HH-STATE-001). ${remedy}`,
      facts: { status, declared: wanted },
    },
  ];
}

/** The reason of a failed sync, if the evidence of this refresh shows one; empty after a successful sync. */
function syncError(sync: Sync, before: Sync, raw: FabricRaw): string | undefined {
  if (sync !== 'ERROR') return sync === 'IN_SYNC' ? '' : undefined;
  const { switches = [], connection, repositoryFailed, syncFailure } = raw;
  if (syncFailure !== undefined) return syncFailure;
  const bad = switches.filter(({ course }) => course === 'failing' || course === 'silent');
  if (bad.length > 0)
    return `${switchesText(bad.map((each) => ({ ...each, words: each.lasting ?? each.words })))} (HH-STATE-020)`;
  if (before !== 'SYNCING') return undefined;
  if (connection === 'failed') return 'the connection was lost during the sync (HH-STATE-023)';
  if (repositoryFailed === true) return 'the Git repository cannot be read (HH-STATE-011)';
  return 'the Agents exceeded the deadline (HH-STATE-005)';
}

function standing(states: Recorded, findings: readonly Finding[]): Standing<FabricFacts> {
  const { status, connection, sync } = states;
  return { state: status, others: { connection, sync }, findings };
}

/** Records that contradict each other stay as they are until a row corrects them: nothing else may rest on them. */
function contradicting(ref: Ref, states: Recorded): Standing<FabricFacts> {
  const { status, connection, sync } = states;
  const message = `The recorded states of the Fabric contradict each other: status ${status}, connection ${connection}, sync ${sync} (HH-STATE-010)`;
  return standing(states, [{ ref, code: 'inconsistent', severity: 'error', message, facts: { ...states } }]);
}

/** All states but the last one, without the recorded first one. */
function between<State extends Connection | Sync | Combination['status']>(
  way: readonly State[],
  isRecorded: boolean,
): readonly State[] {
  return way.slice(isRecorded ? 1 : 0, -1);
}

export function fabricStanding(
  policy: FabricPolicy,
  seen: Sighting<FabricFacts>,
  memory: Known,
  now: Instant,
): Standing<FabricFacts> {
  const { ref, facts } = seen;
  const raw = seen.raw as FabricRaw;
  const before = withStep(recordedStates(memory), memory?.open);
  if (!isPossible(before)) return contradicting(ref, before);
  const isResuming = memory?.open?.step === 'MAINTENANCE>ACTIVE';
  const due = maintenanceDue(policy, now, memory?.state === 'MAINTENANCE' && !isResuming);
  const overdue = {
    test: since(memory?.kept.connection_since, now) > TEST_MS,
    sync: since(memory?.kept.sync_since, now) > policy.syncMs,
  };
  const { state, ways } = refreshed(before, raw, statusCauses(policy, memory, due, raw), overdue);
  const error = syncError(state.sync, before.sync, raw);
  const judged: Judged = { ref, state, facts, raw, memory, now };
  const isRecorded = memory?.others !== undefined;
  return {
    ...standing(state, [
      ...forbiddenStatus(judged, policy.status),
      ...unreachable(judged),
      ...agentFindings(judged),
      ...syncFailed(judged, error),
      ...maintenanceReview(judged),
    ]),
    via: between(ways.status, memory?.state !== undefined),
    viaOf: { connection: between(ways.connection, isRecorded), sync: between(ways.sync, isRecorded) },
    signals: {
      ...(raw.connection === 'kept' ? {} : { tested: raw.connection }),
      ...(error === undefined ? {} : { sync_error: error }),
      ...(raw.switches === undefined || raw.switches.length === 0
        ? {}
        : { agents: raw.switches.map(({ name, course }) => `${name}: ${course}`) }),
      ...(state.status !== 'MAINTENANCE' || due === undefined || policy.status === 'MAINTENANCE'
        ? {}
        : {
            // A maintenance that only a row ends is not one that ends by itself.
            ...('isOverridden' in due && due.isOverridden ? {} : { maintenance_by: due.by }),
            maintenance_reason: due.reason,
            maintenance_until: instantText(due.until),
          }),
    },
  };
}
