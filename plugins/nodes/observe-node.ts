/** A Node at a refresh, from its server, the answer of its probe and the report of the workload source. Pure. */

import {
  defined,
  type Facts,
  type Finding,
  intentId,
  isOwned,
  type Memory,
  type Ref,
  type Sighting,
  toldTime,
  type Instant,
} from '#plugin';
import type { NodeFacts, NodeSignals, QueueSeen, WorkloadsKnown } from './facts.ts';
import type { FindingCode, NodeMemory, NodeSpec, Workloads } from './generated.ts';
import { drainLabel, LABELS, labelValue, projectOf } from './labels.ts';
import { lifeOf } from './life.ts';
import type { Settings } from './settings.ts';
import {
  countedNames,
  expectedNames,
  mergedWorkloads,
  type Named as NamedNode,
  type Report,
  type WorkloadsOfNode,
} from './workload-names.ts';
import type { NodesLimits, PriceList, ProbeSeen, ServerSeen } from './world.ts';

/** Percentage of disk use above which a node is drained. */
export const DISK_FULL_PERCENT = 90;
const DISK_CRITICAL_PERCENT = 95;

/** Values of a refresh that all nodes share. */
export interface Surroundings {
  /** Epoch ms. */
  readonly now: number;
  readonly at: Instant;
  readonly limits: NodesLimits;
  /** Time of the last recorded refresh, or slightly later; absent without one. */
  readonly lastRefreshAt?: Instant;
  /** True if the source has a hook for drains. */
  readonly drains: boolean;
  /** Report of the source; absent if it could not be read, or is not configured. */
  readonly workloads?: Workloads;
  /** True if the configured source could not be read. */
  readonly isSourceDown?: true;
  /** The report by name. */
  readonly byName: ReadonlyMap<string, WorkloadsOfNode>;
  /** Absent if the prices could not be read. */
  readonly prices?: PriceList;
}

/** Values of a refresh for a node. */
export interface NodeSeen {
  readonly ref: Ref;
  readonly spec?: NodeSpec;
  readonly settings: Settings;
  readonly memory?: Memory<NodeMemory>;
  /** Server of the node; absent for a static node. */
  readonly server?: ServerSeen;
  /** Answer of the probe; absent if nothing was probed. */
  readonly probe?: ProbeSeen;
  /** Digest of the user data file. */
  readonly userData?: string;
  /** True if its alias is the name of another node, which the report under that name is about. */
  readonly borrowed?: true;
}

/** True if an open or failed creation of this project created this server: its label has that intent. */
export function isOfOurCreate(memory: Memory<NodeMemory> | undefined, server: ServerSeen): boolean {
  const label = server.labels[LABELS.intent];
  if (label === undefined || memory === undefined) return false;
  const { open, tried = [] } = memory;
  return tried.includes(label) || (open?.goal === 'create' && label === intentId(open));
}

/**
 * The other project that the label of a server names. A label with the name of this project, or with its name at the
 * last refresh of this server (a project can be renamed), is not another project.
 */
function claimOf(memory: Memory<NodeMemory> | undefined, server: ServerSeen, project: string): string | undefined {
  const label = projectOf(server.labels);
  if (label === undefined || label === labelValue(project)) return undefined;
  const isSame = isOwned(memory) && memory?.kept.server_id === server.id;
  return isSame && label === memory?.kept.project ? undefined : label;
}

/**
 * True if a server is not the one that the state has under its name. A server that another program created again is not
 * owned because of its name; a server that an interrupted creation of this project left is.
 */
export function isOther(memory: Memory<NodeMemory> | undefined, server: ServerSeen): boolean {
  if (!isOwned(memory) || isOfOurCreate(memory, server)) return false;
  return memory?.kept.server_id !== server.id;
}

/** The recorded state of this server; a new server under an old name has no history. */
export function memoryOfServer(
  memory: Memory<NodeMemory> | undefined,
  seen: number | undefined,
): Memory<NodeMemory> | undefined {
  if (memory === undefined || seen === undefined) return memory;
  const { server_id: serverId, labels, started_total: startedTotal } = memory.kept;
  if (serverId === undefined || serverId === seen) return memory;
  const { state: _state, since: _since, others: _others, ...rest } = memory;
  return {
    ...rest,
    kept: defined({
      labels,
      // A source that counts by name continues the total of the former server.
      started_total: startedTotal,
    }),
  };
}

function factsOf({ server, spec, userData }: NodeSeen, { prices, limits }: Surroundings, other: boolean): NodeFacts {
  if (server === undefined) return {};
  const wanted = spec?.serverType === undefined ? undefined : prices?.types[spec.serverType];
  const architecture = prices?.types[server.serverType.name]?.architecture;
  return defined({
    server_id: server.id,
    name: server.name,
    serverType: server.serverType.name,
    disk_gb: server.diskGb,
    location: server.location,
    image: server.image === undefined ? undefined : { id: server.image.id, name: server.image.name },
    protection: server.protection,
    backups: server.backups,
    labels: server.labels,
    ipv4: server.ipv4,
    ipv6: server.ipv6,
    networks: server.networks,
    firewalls: server.firewalls,
    volumes: server.volumes,
    placementGroup: server.placementGroup,
    wanted_type:
      wanted === undefined || wanted.name === server.serverType.name
        ? undefined
        : { disk_gb: wanted.diskGb, architecture: wanted.architecture },
    architecture,
    userData,
    project: labelValue(limits.project),
    other: other ? true : undefined,
  });
}

/** The names of a node, with the former names of its server. */
function namedOf({ ref, server }: NodeSeen, memory: Memory<NodeMemory> | undefined): NamedNode {
  const former = memory?.kept.names;
  return defined({
    name: ref.name,
    server: server?.name,
    former,
  });
}

/** The report of the source about a node, under all of its names. */
function reportOf(
  seen: NodeSeen,
  memory: Memory<NodeMemory> | undefined,
  { byName }: Surroundings,
): Report | undefined {
  return mergedWorkloads(countedNames(namedOf(seen, memory), seen.settings).flatMap((name) => byName.get(name) ?? []));
}

function knownOf(
  { ref, settings, borrowed }: NodeSeen,
  memory: Memory<NodeMemory> | undefined,
  report: Report | undefined,
  { workloads, byName, isSourceDown }: Surroundings,
): WorkloadsKnown {
  if (borrowed === true) return 'unread';
  if (settings.unlisted) {
    // A listed node counts in any case. While the source cannot be read, an earlier report counts.
    if (report !== undefined) return 'listed';
    return isSourceDown === true && (memory?.kept.containers ?? 0) > 0 ? 'unread' : 'none';
  }
  if (workloads === undefined) return 'unread';
  return expectedNames(ref.name, settings).every((name) => byName.has(name)) ? 'listed' : 'unlisted';
}

/** Queued containers that could run on a member of this pool, or on a node without a pool. */
export function queueFor(workloads: Workloads | undefined, pool: string | undefined): QueueSeen | undefined {
  if (workloads === undefined) return undefined;
  const waiting = workloads.queue.filter((each) => each.pool === undefined || each.pool === pool);
  return { count: waiting.length, mb: waiting.reduce((sum, { mb }) => sum + mb, 0) };
}

function costOf(
  server: ServerSeen | undefined,
  prices: PriceList | undefined,
): Pick<NodeSignals, 'hourly' | 'monthly' | 'currency' | 'memory_mb'> {
  const type = server === undefined ? undefined : prices?.types[server.serverType.name];
  if (server === undefined || prices === undefined || type === undefined) return {};
  const price = type.locations[server.location];
  return {
    memory_mb: type.memoryMb,
    ...(price === undefined ? {} : { hourly: price.hourly, monthly: price.monthly, currency: prices.currency }),
  };
}

/** Findings of the refresh itself. */
function findingsOf(seen: NodeSeen, disk: number | undefined, other: boolean): readonly Finding[] {
  const { ref, server, memory } = seen;
  const found: Finding[] = [];
  const add = (code: FindingCode, severity: Finding['severity'], message: string, facts: Facts): void => {
    found.push({ ref, code, severity, message, facts });
  };
  if (other && server !== undefined)
    add(
      'other-server',
      'error',
      `The server of this name has the id ${server.id}; ${memory?.kept.server_id === undefined ? 'the recorded server no longer exists' : `the recorded id is ${memory.kept.server_id}`}`,
      { server_id: server.id, ours: memory?.kept.server_id ?? null },
    );
  if (disk !== undefined && disk > DISK_CRITICAL_PERCENT)
    add('disk-critical', 'error', `The disk of the node is ${disk} % full`, { disk_used_percent: disk });
  else if (disk !== undefined && disk > DISK_FULL_PERCENT)
    add('disk-full', 'warning', `The disk of the node is ${disk} % full`, { disk_used_percent: disk });
  if (drainLabel(server?.labels ?? {}) === 'invalid')
    add(
      'drain-label',
      'warning',
      `The value of the label ${LABELS.drain} is not a time in Unix seconds; the label is ignored`,
      {
        value: server?.labels[LABELS.drain] ?? '',
      },
    );
  const deprecated = [
    ...(server?.serverType.deprecated === true ? [`server type ${server.serverType.name}`] : []),
    ...(server?.image?.deprecated === true ? [`image ${server.image.name}`] : []),
  ];
  if (deprecated.length > 0)
    add(
      'deprecated',
      'warning',
      `The ${deprecated.join(' and the ')} ${deprecated.length === 1 ? 'is' : 'are'} deprecated`,
      {
        deprecated,
      },
    );
  return found;
}

function protectedBy(server: ServerSeen | undefined): string | undefined {
  if (server === undefined || !(server.protection.delete || server.protection.rebuild)) return undefined;
  return server.protection.delete ? 'delete protection' : 'rebuild protection';
}

/** True if the server existed before it was owned, so that its earlier history is unknown. */
function isRecovered(memory: Memory<NodeMemory> | undefined, server: ServerSeen | undefined): boolean {
  return server !== undefined && !isOwned(memory) && !isOfOurCreate(memory, server);
}

export function seenNode(seen: NodeSeen, around: Surroundings): Sighting<NodeFacts> {
  const { ref, server, settings, probe } = seen;
  const other = server !== undefined && isOther(seen.memory, server);
  const memory = memoryOfServer(seen.memory, server?.id);
  const report = reportOf(seen, memory, around);
  const known = knownOf(seen, memory, report, around);
  // A node that is not listed under a required name does not count as empty, but its listed containers count.
  const counts = known === 'listed' || (report?.workloads.containers.length ?? 0) > 0;
  const workloads = counts ? report?.workloads : undefined;
  const created = server?.created === undefined ? undefined : toldTime(server.created, around.now);
  const life = lifeOf(
    defined({
      now: around.now,
      status: server?.status ?? 'running',
      created,
      lastRefreshAt: around.lastRefreshAt,
      labels: server?.labels ?? {},
      settings,
      memory,
      recovered: isRecovered(seen.memory, server),
      probe: probe === undefined ? 'none' : probe.answered ? 'answered' : 'failed',
      known,
      workloads,
      emptyFrom: report?.emptyFrom,
      probeIntervalMs: around.limits.probeIntervalMs,
      workloadsIntervalMs: around.limits.workloadsIntervalMs,
    }),
  );
  const disk = seen.borrowed === true ? undefined : workloads?.diskUsedPercent;
  const queue = queueFor(around.workloads, settings.pool);
  const signals: NodeSignals = defined({
    status: server?.status,
    locked: server?.locked,
    rescue: server?.rescue,
    iso: server?.iso,
    probe: probe === undefined ? 'none' : probe.answered ? 'answered' : 'failed',
    probe_message: probe?.answered === false ? probe.message : undefined,
    rtt_ms: probe?.answered === true ? probe.rttMs : undefined,
    workloads: known,
    list: workloads?.containers,
    disk_used_percent: disk,
    life,
    drains: around.drains,
    queue,
    ...costOf(server, around.prices),
  });
  const by = protectedBy(server);
  const claim = server === undefined ? undefined : claimOf(seen.memory, server, around.limits.project);
  return defined({
    ref,
    protectedBy: by,
    claimedBy: claim,
    stranger: other ? true : undefined,
    given: settings.provider === 'static' ? true : undefined,
    facts: factsOf(seen, around, other),
    signals: signals as unknown as Facts,
    findings: findingsOf(seen, disk, other),
    at: around.at,
  });
}
