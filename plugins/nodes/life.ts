/**
 * What a node has been through: pure, from what is remembered and what one look sees.
 *
 * Everything that is counted is counted here, once a look. The same look again counts nothing again: containers are
 * told apart by what the source counts, or by their ids, failed probes by their times.
 */

import { CLOCK_AHEAD_MS, digestOf, instantText, type Memory, stepParts, defined } from '#plugin';
import type { NodeLife, WorkloadsKnown } from './facts.ts';
import type { NodeMemory } from './generated.ts';
import { drainLabel } from './labels.ts';
import { ms, type Settings } from './settings.ts';
import { beforeOf, SERVED } from './state.ts';
import type { WorkloadsOfNode } from './workload-names.ts';
import type { ProviderStatus } from './world.ts';

/** One look at one node. */
export interface LookAtNode {
  /** Epoch ms. */
  readonly now: number;
  /** `running` for a machine that no cloud manages. */
  readonly status: ProviderStatus;
  /** When the provider made it: ISO 8601, never later than `now`. */
  readonly created?: string;
  /** When the last look was that the log holds, or somewhat later: ISO 8601. */
  readonly lastLookAt?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** What is remembered of this very server; nothing of one before it. */
  readonly memory?: Memory<NodeMemory>;
  /** It was there before it was ours: it is not held to have begun now. */
  readonly recovered: boolean;
  readonly probe: 'answered' | 'failed' | 'none';
  readonly known: WorkloadsKnown;
  /** Where it is listed. */
  readonly workloads?: WorkloadsOfNode;
  /** It is not empty for longer than this, by one of its names: ISO 8601. */
  readonly emptyFrom?: string;
  readonly probeIntervalMs: number;
  readonly workloadsIntervalMs: number;
}

/** So many ids of containers are remembered where the source does not count; of more, only the growth of their number is counted. */
export const MOST_IDS = 400;

interface Counted {
  readonly containersEver: number;
  /** Containers that came since the last look. */
  readonly came: number;
  readonly startedTotal?: number;
  readonly containerIds?: readonly string[];
}

const shortId = (id: string): string => digestOf(id).slice('sha256:'.length, 'sha256:'.length + 12);

function countByTotal(kept: Partial<NodeMemory>, startedTotal: number, present: number, isOfAnother: boolean): Counted {
  const [ever, before] = [kept.containersEver ?? 0, kept.startedTotal];
  if (before === undefined && isOfAnother) return { containersEver: ever, came: 0, startedTotal };
  // Where it runs backwards, the source has begun to count anew.
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

/** What a source says is about an earlier server of the name: nothing ran there since this one was made, or it was never ready. */
function isOfEarlier(
  { containers, emptySince: told }: WorkloadsOfNode,
  { created }: LookAtNode,
  wasReady: boolean,
): boolean {
  if (containers.length > 0) return false;
  return told === undefined || created === undefined ? !wasReady : Date.parse(told) < Date.parse(created);
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

/** It was empty at the last look and is empty now, and by its source for less long: something ran there in between. */
function wasUsedBetween(kept: Partial<NodeMemory>, { emptySince, containers }: WorkloadsOfNode): boolean {
  return (
    (kept.containers ?? 0) === 0 &&
    containers.length === 0 &&
    kept.emptySince !== undefined &&
    emptySince !== undefined &&
    Date.parse(emptySince) - Date.parse(kept.emptySince) > CLOCK_AHEAD_MS
  );
}

/** Nothing that a source says of a node's emptiness is about a time before this: epoch ms. */
function emptyFrom(
  kept: Partial<NodeMemory>,
  look: LookAtNode,
  initializedAt: string | undefined,
  came: number,
): number {
  const { created, lastLookAt, emptyFrom: named, now } = look;
  // It had some at the last look: it is empty from then on at the earliest.
  const hadSome = (kept.containers ?? 0) > 0 || came > 0;
  const times = [created, initializedAt, named, hadSome ? lastLookAt : kept.lastContainerAt];
  return Math.min(now, Math.max(...times.map((time) => (time === undefined ? 0 : Date.parse(time)))));
}

/** Since when a node that is listed without containers has none. */
function emptySince(
  kept: Partial<NodeMemory>,
  { now, workloadsIntervalMs }: LookAtNode,
  told: string | undefined,
  came: number,
  from: number,
): string {
  // Never later than now: clocks differ.
  if (told !== undefined) return instantText(Math.min(Math.max(Date.parse(told), from), now));
  // Between two looks that lie far apart, anything may have come and gone.
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

/** Failed probes in a row. Those that follow each other faster than the interval count once. */
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

/** When it became ready: by its time where only time makes it so, else now. */
function readyAt({ settings, created, now }: LookAtNode): string {
  const times = settings.ways.map(({ after }) =>
    after === undefined || created === undefined ? now : Date.parse(created) + ms(after),
  );
  return instantText(Math.min(now, Math.max(...times)));
}

/** When its first container started, as far as the ones that are there, or the end of the last one, tell. */
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

/** What is known of its containers: as listed, or as last known. */
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
/** When its containers were known for the first time, all of them, after it was found: at the first whole look since. */
function syncCompletedAt(kept: Partial<NodeMemory>, { known, now }: LookAtNode): string | undefined {
  if (kept.syncCompletedAt !== undefined || kept.recoveredAt === undefined) return kept.syncCompletedAt;
  return known !== 'unread' && now > Date.parse(kept.recoveredAt) ? instantText(now) : undefined;
}

/**
 * When a server was drained, by its label. The value counts where a drain of ours was begun and not finished; anybody
 * else's drain counts from when it is first seen, so that no label makes a grace shorter.
 */
function labelledAt({ labels, now, memory }: LookAtNode): string | undefined {
  const at = drainLabel(labels);
  if (at === undefined || at === 'invalid') return undefined;
  const open = memory?.open;
  const begun = open !== undefined && stepParts(open.step).to === 'draining' ? Date.parse(open.at) : now;
  return instantText(Math.min(now, Math.max(at, begun)));
}

/** What one look makes of what is remembered. */
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
