/**
 * The history of a node, from its recorded state and one refresh. Pure.
 *
 * All counting is done here, once in a refresh. The same refresh again counts nothing: containers are distinguished by
 * the total of the source, or by their ids, and failed probes by their times.
 */

import {
  CLOCK_AHEAD_MS,
  digestOf,
  type Instant,
  instantOf,
  instantText,
  type Memory,
  stepParts,
  defined,
} from '#plugin';
import type { NodeLife, WorkloadsKnown } from './facts.ts';
import type { NodeMemory } from './generated.ts';
import { drainLabel } from './labels.ts';
import { ms, type Settings } from './settings.ts';
import { beforeOf, SERVED } from './state.ts';
import type { WorkloadsOfNode } from './workload-names.ts';
import type { ProviderStatus } from './world.ts';

/** A refresh of a node. */
export interface NodeRefresh {
  /** Epoch ms. */
  readonly now: number;
  /** Status at the provider; `running` for a static machine. */
  readonly status: ProviderStatus;
  /** Time of the creation at the provider, never later than `now`. */
  readonly created?: Instant;
  /** The time of the last refresh in the log, or somewhat later. */
  readonly lastRefreshAt?: Instant;
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
  /** Earliest start of the emptiness, by its names at the source. */
  readonly emptyFrom?: Instant;
  readonly probeIntervalMs: number;
  readonly workloadsIntervalMs: number;
}

/** Maximum number of recorded container ids if the source does not count; of more, only growth counts. */
export const MOST_IDS = 400;

interface Counted extends Pick<NodeLife, 'containers_ever' | 'started_total' | 'container_ids'> {
  /** Number of containers that started since the last refresh. */
  readonly came: number;
}

const shortId = (id: string): string => digestOf(id).slice('sha256:'.length, 'sha256:'.length + 12);

function countByTotal(kept: Partial<NodeMemory>, startedTotal: number, present: number, isOfAnother: boolean): Counted {
  const [ever, before] = [kept.containers_ever ?? 0, kept.started_total];
  if (before === undefined && isOfAnother) return { containers_ever: ever, came: 0, started_total: startedTotal };
  // A smaller total means that the source started to count again.
  const came =
    before === undefined
      ? Math.max(0, startedTotal - ever)
      : startedTotal >= before
        ? startedTotal - before
        : startedTotal;
  const containersEver = Math.max(ever + came, present);
  return { containers_ever: containersEver, came: containersEver - ever, started_total: startedTotal };
}

function countByIds(kept: Partial<NodeMemory>, ids: readonly string[]): Counted {
  const ever = kept.containers_ever ?? 0;
  const known = new Set(kept.container_ids);
  const containerIds = ids.map(shortId).sort().slice(0, MOST_IDS);
  const came =
    ids.length > MOST_IDS
      ? Math.max(0, ids.length - (kept.containers ?? 0))
      : containerIds.filter((id) => !known.has(id)).length;
  return { containers_ever: Math.max(ever + came, ids.length), came, container_ids: containerIds };
}

/** True if the report is about an earlier server: its emptiness started before this one, or this one was never ready. */
function isOfEarlier(
  { containers, emptySince: reported }: WorkloadsOfNode,
  { created }: NodeRefresh,
  wasReady: boolean,
): boolean {
  if (containers.length > 0) return false;
  return reported === undefined || created === undefined ? !wasReady : instantOf(reported) < created;
}

function count(kept: Partial<NodeMemory>, refresh: NodeRefresh, wasReady: boolean): Counted {
  const { workloads } = refresh;
  if (workloads === undefined)
    return defined({
      containers_ever: kept.containers_ever ?? 0,
      came: 0,
      started_total: kept.started_total,
      container_ids: kept.container_ids,
    });
  const { startedTotal, containers } = workloads;
  if (startedTotal !== undefined)
    return countByTotal(kept, startedTotal, containers.length, isOfEarlier(workloads, refresh, wasReady));
  const counted = countByIds(
    kept,
    containers.map(({ id }) => id),
  );
  const unseen = counted.came === 0 && wasUsedBetween(kept, workloads) ? 1 : 0;
  return { ...counted, containers_ever: counted.containers_ever + unseen, came: counted.came + unseen };
}

/** True if a container ran between two refreshes of an empty node: its emptiness started after the first one. */
function wasUsedBetween(kept: Partial<NodeMemory>, { emptySince, containers }: WorkloadsOfNode): boolean {
  return (
    (kept.containers ?? 0) === 0 &&
    containers.length === 0 &&
    kept.empty_since !== undefined &&
    emptySince !== undefined &&
    instantOf(emptySince) - instantOf(kept.empty_since) > CLOCK_AHEAD_MS
  );
}

/** The earliest start of a node's emptiness that a report can have: epoch ms. */
function emptyFrom(
  kept: Partial<NodeMemory>,
  refresh: NodeRefresh,
  initializedAt: Instant | undefined,
  came: number,
): number {
  const { created, lastRefreshAt, emptyFrom: named, now } = refresh;
  // The node had containers at the last refresh, so its emptiness started later.
  const hadSome = (kept.containers ?? 0) > 0 || came > 0;
  const times = [created, initializedAt, named, hadSome ? lastRefreshAt : instantOf(kept.last_container_at)];
  return Math.min(now, Math.max(...times.map((time) => time ?? 0)));
}

/** The start of the emptiness of a node that is listed without containers. */
function emptySince(
  kept: Partial<NodeMemory>,
  { now, workloadsIntervalMs }: NodeRefresh,
  reported: string | undefined,
  came: number,
  from: number,
): string {
  // Limited to now, because clocks differ.
  if (reported !== undefined) return instantText(Math.min(Math.max(instantOf(reported), from), now));
  // Between two distant refreshes, containers can have started and ended.
  const unbroken = kept.looked_at !== undefined && now - instantOf(kept.looked_at) <= 2 * workloadsIntervalMs;
  return unbroken && came === 0 && kept.empty_since !== undefined && (kept.containers ?? 0) === 0
    ? instantText(Math.max(instantOf(kept.empty_since), from))
    : instantText(now);
}

type Failures = Pick<NodeLife, 'probe_failures' | 'probe_failed_at' | 'failing_since'>;

/** Counts failed probes in a row. Failures within the interval count once. */
function failuresOf(kept: Partial<NodeMemory>, probe: NodeRefresh['probe'], now: number, intervalMs: number): Failures {
  const {
    probe_failures: probeFailures = 0,
    probe_failed_at: probeFailedAt,
    failing_since: failingSince = probeFailedAt,
  } = kept;
  if (probe === 'answered') return { probe_failures: 0 };
  const same = defined<Failures>({
    probe_failures: probeFailures,
    probe_failed_at: probeFailedAt,
    failing_since: failingSince,
  });
  if (probe === 'none') return same;
  if (probeFailedAt !== undefined && now - instantOf(probeFailedAt) < intervalMs) return same;
  return {
    probe_failures: probeFailures + 1,
    probe_failed_at: instantText(now),
    failing_since: failingSince ?? instantText(now),
  };
}

/** Time of the first readiness: the declared time after the creation, else now. */
function readyAt({ settings, created, now }: NodeRefresh): string {
  const times = settings.ways.map(({ after }) =>
    after === undefined || created === undefined ? now : created + ms(after),
  );
  return instantText(Math.min(now, Math.max(...times)));
}

/** Time of the first container, from the present containers or the end of the last one. */
function earliest(
  workloads: WorkloadsOfNode,
  since: string | undefined,
  { created, now }: Pick<NodeRefresh, 'created' | 'now'>,
): string {
  if (since !== undefined) return since;
  const times = workloads.containers.flatMap(({ since }) => (since === undefined ? [] : [instantOf(since)]));
  return instantText(Math.max(created ?? 0, Math.min(now, ...times)));
}

/** The containers of the node: listed, or last known. */
function knownContainers(
  kept: Partial<NodeMemory>,
  { known, workloads }: NodeRefresh,
): Pick<NodeLife, 'containers' | 'allocated_mb'> {
  if (known === 'none') return { containers: 0, allocated_mb: 0 };
  if (workloads !== undefined)
    return {
      containers: workloads.containers.length,
      allocated_mb: workloads.allocatedMb ?? workloads.containers.reduce((sum, { mb }) => sum + mb, 0),
    };
  return defined({
    containers: kept.containers,
    allocated_mb: kept.allocated_mb,
  });
}
/** Time at which all containers were first known after the node was found: the first complete refresh since. */
function syncCompletedAt(kept: Partial<NodeMemory>, { known, now }: NodeRefresh): string | undefined {
  if (kept.sync_completed_at !== undefined || kept.recovered_at === undefined) return kept.sync_completed_at;
  return known !== 'unread' && now > instantOf(kept.recovered_at) ? instantText(now) : undefined;
}

/**
 * Time of a drain, by the label of the server. The value counts for an interrupted drain of this project. A drain by
 * another program counts from its first refresh, so that a label cannot shorten a grace.
 */
function labelledAt({ labels, now, memory }: NodeRefresh): string | undefined {
  const at = drainLabel(labels);
  if (at === undefined || at === 'invalid') return undefined;
  const open = memory?.open;
  const begun = open !== undefined && stepParts(open.step).to === 'draining' ? open.at : now;
  return instantText(Math.min(now, Math.max(at, begun)));
}

/** Returns the recorded history after a refresh. */
export function lifeOf(refresh: NodeRefresh): NodeLife {
  const { now, status, memory, recovered, probe, workloads } = refresh;
  const kept = memory?.kept ?? {};
  const before = beforeOf(memory);
  const containers = knownContainers(kept, refresh);
  const drainingAt = kept.draining_at ?? labelledAt(refresh) ?? (before === 'draining' ? instantText(now) : undefined);
  const wasReady =
    kept.initialized_at !== undefined || recovered || kept.recovered_at !== undefined || SERVED.has(before ?? '');
  const counted = count(kept, refresh, wasReady);
  const failures: Failures = wasReady ? failuresOf(kept, probe, now, refresh.probeIntervalMs) : { probe_failures: 0 };
  const becameReady = !wasReady && status === 'running' && probe === 'answered';
  const initializedAt = kept.initialized_at ?? (becameReady ? readyAt(refresh) : undefined);
  const isEmpty = workloads !== undefined && workloads.containers.length === 0;
  const from = emptyFrom(kept, refresh, instantOf(initializedAt), counted.came);
  const since = isEmpty ? emptySince(kept, refresh, workloads.emptySince, counted.came, from) : undefined;
  const hadSome = (kept.containers ?? 0) > 0 || counted.came > 0;
  return defined({
    provisioned_at: instantText(refresh.created) ?? kept.provisioned_at,
    initialized_at: initializedAt,
    first_container_at:
      kept.first_container_at ??
      (counted.containers_ever > 0 && workloads !== undefined ? earliest(workloads, since, refresh) : undefined),
    last_container_at: isEmpty && hadSome ? since : kept.last_container_at,
    draining_at: drainingAt,
    recovered_at: kept.recovered_at ?? (recovered ? instantText(now) : undefined),
    sync_completed_at: syncCompletedAt(kept, refresh),
    containers_ever: counted.containers_ever,
    started_total: counted.started_total,
    container_ids: counted.container_ids,
    containers: containers.containers,
    allocated_mb: containers.allocated_mb,
    empty_since: workloads === undefined ? kept.empty_since : since,
    looked_at: isEmpty && workloads.emptySince === undefined ? instantText(now) : undefined,
    probe_failures: failures.probe_failures,
    probe_failed_at: failures.probe_failed_at,
    failing_since: failures.failing_since,
  });
}
