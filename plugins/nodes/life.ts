/**
 * The history of a node, from its recorded state and one refresh. Pure.
 *
 * All counting is done here, once in a refresh. The same refresh again counts nothing: containers are distinguished by
 * the total of the source, or by their ids, and failed probes by their times.
 */

import { CLOCK_AHEAD_MS, digestOf, instantText, type Memory, stepParts, defined } from '#plugin';
import type { NodeLife, WorkloadsKnown } from './facts.ts';
import type { NodeMemory } from './generated.ts';
import { drainLabel } from './labels.ts';
import { ms, type Settings } from './settings.ts';
import { beforeOf, SERVED } from './state.ts';
import type { WorkloadsOfNode } from './workload-names.ts';
import type { ProviderStatus } from './world.ts';

/** A refresh of a node. */
export interface LookAtNode {
  /** Epoch ms. */
  readonly now: number;
  /** Status at the provider; `running` for a static machine. */
  readonly status: ProviderStatus;
  /** Time of the creation at the provider: ISO 8601, never later than `now`. */
  readonly created?: string;
  /** Time of the last recorded refresh, or slightly later: ISO 8601. */
  readonly lastLookAt?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** The recorded state of this server, without that of a former one. */
  readonly memory?: Memory<NodeMemory>;
  /** True if the server existed before it was owned: its history did not start now. */
  readonly recovered: boolean;
  readonly probe: 'answered' | 'failed' | 'none';
  readonly known: WorkloadsKnown;
  /** Report of the source about the node, if it lists the node. */
  readonly workloads?: WorkloadsOfNode;
  /** Earliest start of the emptiness, by its names at the source: ISO 8601. */
  readonly emptyFrom?: string;
  readonly probeIntervalMs: number;
  readonly workloadsIntervalMs: number;
}

/** Maximum number of recorded container ids if the source does not count; of more, only growth counts. */
export const MOST_IDS = 400;

interface Counted {
  readonly containersEver: number;
  /** Number of containers that started since the last refresh. */
  readonly came: number;
  readonly startedTotal?: number;
  readonly containerIds?: readonly string[];
}

const shortId = (id: string): string => digestOf(id).slice('sha256:'.length, 'sha256:'.length + 12);

function countByTotal(kept: Partial<NodeMemory>, startedTotal: number, present: number, isOfAnother: boolean): Counted {
  const [ever, before] = [kept.containersEver ?? 0, kept.startedTotal];
  if (before === undefined && isOfAnother) return { containersEver: ever, came: 0, startedTotal };
  // A smaller total means that the source started to count again.
  const came =
    before === undefined
      ? Math.max(0, startedTotal - ever)
      : startedTotal >= before
        ? startedTotal - before
        : startedTotal;
  const containersEver = Math.max(ever + came, present);
  return { containersEver, came: containersEver - ever, startedTotal };
}

function countByIds(kept: Partial<NodeMemory>, ids: readonly string[]): Counted {
  const ever = kept.containersEver ?? 0;
  const known = new Set(kept.containerIds);
  const containerIds = ids.map(shortId).sort().slice(0, MOST_IDS);
  const came =
    ids.length > MOST_IDS
      ? Math.max(0, ids.length - (kept.containers ?? 0))
      : containerIds.filter((id) => !known.has(id)).length;
  return { containersEver: Math.max(ever + came, ids.length), came, containerIds };
}

/** True if the report is about an earlier server: its emptiness started before this one, or this one was never ready. */
function isOfEarlier(
  { containers, emptySince: reported }: WorkloadsOfNode,
  { created }: LookAtNode,
  wasReady: boolean,
): boolean {
  if (containers.length > 0) return false;
  return reported === undefined || created === undefined ? !wasReady : Date.parse(reported) < Date.parse(created);
}

function count(kept: Partial<NodeMemory>, look: LookAtNode, wasReady: boolean): Counted {
  const { workloads } = look;
  if (workloads === undefined)
    return defined({
      containersEver: kept.containersEver ?? 0,
      came: 0,
      startedTotal: kept.startedTotal,
      containerIds: kept.containerIds,
    });
  const { startedTotal, containers } = workloads;
  if (startedTotal !== undefined)
    return countByTotal(kept, startedTotal, containers.length, isOfEarlier(workloads, look, wasReady));
  const counted = countByIds(
    kept,
    containers.map(({ id }) => id),
  );
  const unseen = counted.came === 0 && wasUsedBetween(kept, workloads) ? 1 : 0;
  return { ...counted, containersEver: counted.containersEver + unseen, came: counted.came + unseen };
}

/** True if a container ran between two refreshes of an empty node: its emptiness started after the first one. */
function wasUsedBetween(kept: Partial<NodeMemory>, { emptySince, containers }: WorkloadsOfNode): boolean {
  return (
    (kept.containers ?? 0) === 0 &&
    containers.length === 0 &&
    kept.emptySince !== undefined &&
    emptySince !== undefined &&
    Date.parse(emptySince) - Date.parse(kept.emptySince) > CLOCK_AHEAD_MS
  );
}

/** The earliest start of a node's emptiness that a report can have: epoch ms. */
function emptyFrom(
  kept: Partial<NodeMemory>,
  look: LookAtNode,
  initializedAt: string | undefined,
  came: number,
): number {
  const { created, lastLookAt, emptyFrom: named, now } = look;
  // The node had containers at the last refresh, so its emptiness started later.
  const hadSome = (kept.containers ?? 0) > 0 || came > 0;
  const times = [created, initializedAt, named, hadSome ? lastLookAt : kept.lastContainerAt];
  return Math.min(now, Math.max(...times.map((time) => (time === undefined ? 0 : Date.parse(time)))));
}

/** The start of the emptiness of a node that is listed without containers. */
function emptySince(
  kept: Partial<NodeMemory>,
  { now, workloadsIntervalMs }: LookAtNode,
  reported: string | undefined,
  came: number,
  from: number,
): string {
  // Limited to now, because clocks differ.
  if (reported !== undefined) return instantText(Math.min(Math.max(Date.parse(reported), from), now));
  // Between two distant refreshes, containers can have started and ended.
  const unbroken = kept.lookedAt !== undefined && now - Date.parse(kept.lookedAt) <= 2 * workloadsIntervalMs;
  return unbroken && came === 0 && kept.emptySince !== undefined && (kept.containers ?? 0) === 0
    ? instantText(Math.max(Date.parse(kept.emptySince), from))
    : instantText(now);
}

interface Failures {
  readonly probeFailures: number;
  readonly probeFailedAt?: string;
  readonly failingSince?: string;
}

/** Counts failed probes in a row. Failures within the interval count once. */
function failuresOf(kept: Partial<NodeMemory>, probe: LookAtNode['probe'], now: number, intervalMs: number): Failures {
  const { probeFailures = 0, probeFailedAt, failingSince = probeFailedAt } = kept;
  if (probe === 'answered') return { probeFailures: 0 };
  const same = defined<Failures>({
    probeFailures,
    probeFailedAt,
    failingSince,
  });
  if (probe === 'none') return same;
  if (probeFailedAt !== undefined && now - Date.parse(probeFailedAt) < intervalMs) return same;
  return {
    probeFailures: probeFailures + 1,
    probeFailedAt: instantText(now),
    failingSince: failingSince ?? instantText(now),
  };
}

/** Time of the first readiness: the declared time after the creation, else now. */
function readyAt({ settings, created, now }: LookAtNode): string {
  const times = settings.ways.map(({ after }) =>
    after === undefined || created === undefined ? now : Date.parse(created) + ms(after),
  );
  return instantText(Math.min(now, Math.max(...times)));
}

/** Time of the first container, from the present containers or the end of the last one. */
function earliest(
  workloads: WorkloadsOfNode,
  since: string | undefined,
  { created, now }: Pick<LookAtNode, 'created' | 'now'>,
): string {
  if (since !== undefined) return since;
  const times = workloads.containers.flatMap(({ since }) => (since === undefined ? [] : [Date.parse(since)]));
  const made = created === undefined ? 0 : Date.parse(created);
  return instantText(Math.max(made, Math.min(now, ...times)));
}

/** The containers of the node: listed, or last known. */
function knownContainers(
  kept: Partial<NodeMemory>,
  { known, workloads }: LookAtNode,
): { readonly containers?: number; readonly allocatedMb?: number } {
  if (known === 'none') return { containers: 0, allocatedMb: 0 };
  if (workloads !== undefined)
    return {
      containers: workloads.containers.length,
      allocatedMb: workloads.allocatedMb ?? workloads.containers.reduce((sum, { mb }) => sum + mb, 0),
    };
  return defined({
    containers: kept.containers,
    allocatedMb: kept.allocatedMb,
  });
}
/** Time at which all containers were first known after the node was found: the first complete refresh since. */
function syncCompletedAt(kept: Partial<NodeMemory>, { known, now }: LookAtNode): string | undefined {
  if (kept.syncCompletedAt !== undefined || kept.recoveredAt === undefined) return kept.syncCompletedAt;
  return known !== 'unread' && now > Date.parse(kept.recoveredAt) ? instantText(now) : undefined;
}

/**
 * Time of a drain, by the label of the server. The value counts for an interrupted drain of this project. A drain by
 * another program counts from its first refresh, so that a label cannot shorten a grace.
 */
function labelledAt({ labels, now, memory }: LookAtNode): string | undefined {
  const at = drainLabel(labels);
  if (at === undefined || at === 'invalid') return undefined;
  const open = memory?.open;
  const begun = open !== undefined && stepParts(open.step).to === 'draining' ? Date.parse(open.at) : now;
  return instantText(Math.min(now, Math.max(at, begun)));
}

/** Returns the recorded history after a refresh. */
export function lifeOf(look: LookAtNode): NodeLife {
  const { now, status, memory, recovered, probe, workloads } = look;
  const kept = memory?.kept ?? {};
  const before = beforeOf(memory);
  const containers = knownContainers(kept, look);
  const drainingAt = kept.drainingAt ?? labelledAt(look) ?? (before === 'draining' ? instantText(now) : undefined);
  const wasReady =
    kept.initializedAt !== undefined || recovered || kept.recoveredAt !== undefined || SERVED.has(before ?? '');
  const counted = count(kept, look, wasReady);
  const failures: Failures = wasReady ? failuresOf(kept, probe, now, look.probeIntervalMs) : { probeFailures: 0 };
  const becameReady = !wasReady && status === 'running' && probe === 'answered';
  const initializedAt = kept.initializedAt ?? (becameReady ? readyAt(look) : undefined);
  const isEmpty = workloads !== undefined && workloads.containers.length === 0;
  const from = emptyFrom(kept, look, initializedAt, counted.came);
  const since = isEmpty ? emptySince(kept, look, workloads.emptySince, counted.came, from) : undefined;
  const hadSome = (kept.containers ?? 0) > 0 || counted.came > 0;
  return defined({
    provisionedAt: look.created ?? kept.provisionedAt,
    initializedAt,
    firstContainerAt:
      kept.firstContainerAt ??
      (counted.containersEver > 0 && workloads !== undefined ? earliest(workloads, since, look) : undefined),
    lastContainerAt: isEmpty && hadSome ? since : kept.lastContainerAt,
    drainingAt,
    recoveredAt: kept.recoveredAt ?? (recovered ? instantText(now) : undefined),
    syncCompletedAt: syncCompletedAt(kept, look),
    containersEver: counted.containersEver,
    startedTotal: counted.startedTotal,
    containerIds: counted.containerIds,
    containers: containers.containers,
    allocatedMb: containers.allocatedMb,
    emptySince: workloads === undefined ? kept.emptySince : since,
    lookedAt: isEmpty && workloads.emptySince === undefined ? instantText(now) : undefined,
    probeFailures: failures.probeFailures,
    probeFailedAt: failures.probeFailedAt,
    failingSince: failures.failingSince,
  });
}
