/** What is seen of a Node: pure, from its server, the answer of its probe, and what the workload source says. */

import {
  defined,
  type Facts,
  type Finding,
  instantText,
  intentId,
  isOwned,
  type Memory,
  type Ref,
  type Sighting,
  toldTime,
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
  type Told,
  type WorkloadsOfNode,
} from './workload-names.ts';
import type { NodesLimits, PriceList, ProbeSeen, ServerSeen } from './world.ts';

/** A disk that is fuller drains its node. */
export const DISK_FULL_PERCENT = 90;
const DISK_CRITICAL_PERCENT = 95;

/** What one look has for every node. */
export interface Surroundings {
  /** Epoch ms. */
  readonly now: number;
  readonly at: string;
  readonly limits: NodesLimits;
  /** When the last look was that the log holds, or somewhat later: ISO 8601; absent without one. */
  readonly lastLookAt?: string;
  /** The source has a hook that is told of a drain. */
  readonly drains: boolean;
  /** Absent where the source could not be read, or none is configured. */
  readonly workloads?: Workloads;
  /** There is a source, and it could not be read. */
  readonly isSourceDown?: true;
  /** The same by name. */
  readonly byName: ReadonlyMap<string, WorkloadsOfNode>;
  /** Absent where they could not be read. */
  readonly prices?: PriceList;
}

/** What one look has of one node. */
export interface NodeSeen {
  readonly ref: Ref;
  readonly spec?: NodeSpec;
  readonly settings: Settings;
  readonly memory?: Memory<NodeMemory>;
  /** Absent on a static node. */
  readonly server?: ServerSeen;
  /** Absent where there was nothing to ask. */
  readonly probe?: ProbeSeen;
  /** Digest of the file with its user data. */
  readonly userData?: string;
  /** Its alias is the name of another node: what the source says there is about that one. */
  readonly borrowed?: true;
}

/** A create of this project that is under way, or that failed or was lost, made this server: its label has that very intent. */
export function isOfOurCreate(memory: Memory<NodeMemory> | undefined, server: ServerSeen): boolean {
  const label = server.labels[LABELS.intent];
  if (label === undefined || memory === undefined) return false;
  const { open, tried = [] } = memory;
  return tried.includes(label) || (open?.goal === 'create' && label === intentId(open));
}

/**
 * The other project that a server belongs to by its label. A label that is this project's, or was when this very server
 * was last seen (a project can be renamed), is none of another.
 */
function claimOf(memory: Memory<NodeMemory> | undefined, server: ServerSeen, project: string): string | undefined {
  const label = projectOf(server.labels);
  if (label === undefined || label === labelValue(project)) return undefined;
  const isSame = isOwned(memory) && memory?.kept.serverId === server.id;
  return isSame && label === memory?.kept.project ? undefined : label;
}

/**
 * Whether a server is another one than what is remembered under its name. What vanished and was made anew by somebody
 * else is not ours because of its name; what a create of ours left behind is.
 */
export function isOther(memory: Memory<NodeMemory> | undefined, server: ServerSeen): boolean {
  if (!isOwned(memory) || isOfOurCreate(memory, server)) return false;
  return memory?.kept.serverId !== server.id;
}

/** What is remembered, as far as it is about this server: a new one under an old name has its life before it. */
export function memoryOfServer(
  memory: Memory<NodeMemory> | undefined,
  seen: number | undefined,
): Memory<NodeMemory> | undefined {
  if (memory === undefined || seen === undefined) return memory;
  const { serverId, labels, startedTotal } = memory.kept;
  if (serverId === undefined || serverId === seen) return memory;
  const { state: _state, since: _since, others: _others, ...rest } = memory;
  return {
    ...rest,
    kept: defined({
      labels,
      // A source that counts by name goes on from what it said of the server before.
      startedTotal,
    }),
  };
}

function factsOf({ server, spec, userData }: NodeSeen, { prices, limits }: Surroundings, other: boolean): NodeFacts {
  if (server === undefined) return {};
  const wanted = spec?.serverType === undefined ? undefined : prices?.types[spec.serverType];
  const architecture = prices?.types[server.serverType.name]?.architecture;
  return defined({
    serverId: server.id,
    name: server.name,
    serverType: server.serverType.name,
    diskGb: server.diskGb,
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
    wantedType:
      wanted === undefined || wanted.name === server.serverType.name
        ? undefined
        : { diskGb: wanted.diskGb, architecture: wanted.architecture },
    architecture,
    userData,
    project: labelValue(limits.project),
    other: other ? true : undefined,
  });
}

/** The names of a node, with those that its server had before. */
function namedOf({ ref, server }: NodeSeen, memory: Memory<NodeMemory> | undefined): NamedNode {
  const former = memory?.kept.names;
  return defined({
    name: ref.name,
    server: server?.name,
    former,
  });
}

/** What the source says of a node, under all of its names. */
function toldOf(seen: NodeSeen, memory: Memory<NodeMemory> | undefined, { byName }: Surroundings): Told | undefined {
  return mergedWorkloads(countedNames(namedOf(seen, memory), seen.settings).flatMap((name) => byName.get(name) ?? []));
}

function knownOf(
  { ref, settings, borrowed }: NodeSeen,
  memory: Memory<NodeMemory> | undefined,
  told: Told | undefined,
  { workloads, byName, isSourceDown }: Surroundings,
): WorkloadsKnown {
  if (borrowed === true) return 'unread';
  if (settings.unlisted) {
    // What is listed all the same counts, and so does what was, while nobody can ask.
    if (told !== undefined) return 'listed';
    return isSourceDown === true && (memory?.kept.containers ?? 0) > 0 ? 'unread' : 'none';
  }
  if (workloads === undefined) return 'unread';
  return expectedNames(ref.name, settings).every((name) => byName.has(name)) ? 'listed' : 'unlisted';
}

/** What waits for room that a member of this pool, or a node without one, could give. */
export function queueFor(workloads: Workloads | undefined, pool: string | undefined): QueueSeen | undefined {
  if (workloads === undefined) return undefined;
  const waiting = workloads.queue.filter((each) => each.pool === undefined || each.pool === pool);
  return { count: waiting.length, mb: waiting.reduce((sum, { mb }) => sum + mb, 0) };
}

function costOf(
  server: ServerSeen | undefined,
  prices: PriceList | undefined,
): Pick<NodeSignals, 'hourly' | 'monthly' | 'currency' | 'memoryMb'> {
  const type = server === undefined ? undefined : prices?.types[server.serverType.name];
  if (server === undefined || prices === undefined || type === undefined) return {};
  const price = type.locations[server.location];
  return {
    memoryMb: type.memoryMb,
    ...(price === undefined ? {} : { hourly: price.hourly, monthly: price.monthly, currency: prices.currency }),
  };
}

/** Findings that follow from the look alone. */
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
      `The server of this name has the id ${server.id}; ${memory?.kept.serverId === undefined ? 'the recorded server no longer exists' : `the recorded id is ${memory.kept.serverId}`}`,
      { serverId: server.id, ours: memory?.kept.serverId ?? null },
    );
  if (disk !== undefined && disk > DISK_CRITICAL_PERCENT)
    add('disk-critical', 'error', `The disk of the node is ${disk} % full`, { diskUsedPercent: disk });
  else if (disk !== undefined && disk > DISK_FULL_PERCENT)
    add('disk-full', 'warning', `The disk of the node is ${disk} % full`, { diskUsedPercent: disk });
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

/** Whether a server was there before it was ours, so that its life did not begin under our eyes. */
function isRecovered(memory: Memory<NodeMemory> | undefined, server: ServerSeen | undefined): boolean {
  return server !== undefined && !isOwned(memory) && !isOfOurCreate(memory, server);
}

export function seenNode(seen: NodeSeen, around: Surroundings): Sighting<NodeFacts> {
  const { ref, server, settings, probe } = seen;
  const other = server !== undefined && isOther(seen.memory, server);
  const memory = memoryOfServer(seen.memory, server?.id);
  const told = toldOf(seen, memory, around);
  const known = knownOf(seen, memory, told, around);
  // Not listed under a name that it ought to have, it is not known to be empty; what runs on it is known all the same.
  const counts = known === 'listed' || (told?.workloads.containers.length ?? 0) > 0;
  const workloads = counts ? told?.workloads : undefined;
  const created = server?.created === undefined ? undefined : toldTime(server.created, around.now);
  const life = lifeOf(
    defined({
      now: around.now,
      status: server?.status ?? 'running',
      created: created === undefined ? undefined : instantText(created),
      lastLookAt: around.lastLookAt,
      labels: server?.labels ?? {},
      settings,
      memory,
      recovered: isRecovered(seen.memory, server),
      probe: probe === undefined ? 'none' : probe.answered ? 'answered' : 'failed',
      known,
      workloads,
      emptyFrom: told?.emptyFrom,
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
    probeMessage: probe?.answered === false ? probe.message : undefined,
    rttMs: probe?.answered === true ? probe.rttMs : undefined,
    workloads: known,
    list: workloads?.containers,
    diskUsedPercent: disk,
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
