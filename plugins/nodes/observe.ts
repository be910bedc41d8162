/**
 * Observe: the servers of the account, the report of the workload source, prices, and probes; concurrently, unless one
 * needs the result of another.
 *
 * A failed read is a gap: of the account, for all of its servers; of the workload source, for every node that it should
 * list, and for the containers; of the prices, for the pools. A node in a gap is still observed if its server is, and is
 * not removed. A complete refresh also returns undeclared servers.
 */

import {
  type Desired,
  errorText,
  formatRef,
  inAddressOrder,
  type Gap,
  type Memory,
  type Observed,
  type Query,
  type Ref,
  type Sighting,
  type View,
  defined,
  type KnownResource,
  observedOf,
} from '#plugin';
import { catalogueFor, type Lists, listsOf, type Order } from './catalogue.ts';
import { differencesOf } from './differences.ts';
import { type NodeFacts, type NodeResource, nodeSignals, PLUGIN } from './facts.ts';
import { orderOfNode } from './order-rules.ts';
import type { NodeMemory, NodePoolSpec, NodeSpec, Workloads } from './generated.ts';
import { assign, type Found, isTaken, isWritten, type NodeTarget, NOTHING_FOUND } from './find-servers.ts';
import { seenNode, type Surroundings } from './observe-node.ts';
import { type AccountSeen, observeContainer, observePool } from './pool/observe.ts';
import { pricesBeside } from './pool/summary.ts';
import { probeTarget } from './readiness.ts';
import { type Settings, settingsOf } from './settings.ts';
import { nodeStanding, OTHER_PROJECT } from './standing.ts';
import { expectedNames } from './workload-names.ts';
import type { CatalogueList, NodesReader, PriceList, ProbeSeen, ServerSeen } from './world.ts';

interface Target {
  readonly ref: Ref;
  readonly desired?: Desired;
  readonly memory?: Memory;
}

/** Number of servers above which reading the whole list takes fewer requests. */
const SINGLE_LOOKS = 8;

/** Maximum number of missing servers that are requested one by one. */
const MOST_LEFT_OUT = 50;

/** The result of a read, or its error. */
type Read<T> = { readonly value: T } | { readonly error: unknown };

async function attempt<T>(read: Promise<T>): Promise<Read<T>> {
  try {
    return { value: await read };
  } catch (error) {
    return { error };
  }
}

/** The read value; undefined after an error. */
function valueOf<T>(read: Read<T> | undefined): T | undefined {
  return read !== undefined && 'value' in read ? read.value : undefined;
}

function gapOf(error: unknown, what: { readonly kind: string } | { readonly refs: readonly Ref[] }): Gap {
  const said = errorText(error);
  // The same text for the same failure each time: request numbers would change the plan.
  const message = said.replace(/ \(correlation id [^)]*\)$/u, '');
  const endpoint =
    error instanceof Error && 'endpoint' in error && typeof error.endpoint === 'string' ? error.endpoint : undefined;
  return { plugin: PLUGIN, ...what, ...(endpoint === undefined ? {} : { endpoint }), message };
}

function targetsOf(query: Query): readonly Target[] {
  const only = query.only === undefined ? undefined : new Set(query.only.map(formatRef));
  const targets = new Map<string, Target>();
  for (const ref of query.only ?? []) targets.set(formatRef(ref), { ref });
  for (const memory of query.memory) targets.set(formatRef(memory.ref), { ref: memory.ref, memory });
  for (const desired of query.desired) {
    const address = formatRef(desired.ref);
    targets.set(address, { ...targets.get(address), ref: desired.ref, desired });
  }
  return [...targets].filter(([address]) => only === undefined || only.has(address)).map(([, target]) => target);
}

function nodeTarget({ ref, ...rest }: Target): NodeTarget {
  const desired = rest.desired as Desired<NodeSpec> | undefined;
  const memory: Memory<NodeMemory> | undefined = rest.memory;
  return defined({
    ref,
    desired,
    memory,
    settings: settingsOf(desired, memory),
  });
}

async function findOne(world: NodesReader, node: NodeTarget, signal: AbortSignal): Promise<ServerSeen | undefined> {
  const id = node.memory?.kept.server_id;
  const known = id === undefined ? undefined : await world.server(id, signal);
  const found = known ?? (await world.serverByName(node.ref.name, signal));
  return found === undefined || isTaken(node, found) ? undefined : found;
}

/**
 * Recorded servers that the list does not have. While pages are read, a deletion and a creation can hide a third server
 * between two pages: a missing server is requested by its id before it counts as removed.
 */
async function leftOut(
  world: NodesReader,
  nodes: readonly NodeTarget[],
  all: readonly ServerSeen[],
  signal: AbortSignal,
): Promise<readonly ServerSeen[]> {
  const listed = new Set(all.map(({ id }) => id));
  const ids = nodes.flatMap(({ memory }) => memory?.kept.server_id ?? []).filter((id) => !listed.has(id));
  // A larger number is not an effect of paging; the engine judges it.
  if (ids.length > MOST_LEFT_OUT) return [];
  const found = await Promise.all(ids.map((id) => world.server(id, signal)));
  return found.filter((server) => server !== undefined);
}

/** Reads the servers of the account, by node: the whole list for a complete refresh, single servers for a few nodes. */
async function readServers(
  world: NodesReader,
  nodes: readonly NodeTarget[],
  isWhole: boolean,
  signal: AbortSignal,
): Promise<Found> {
  if (isWhole || nodes.length > SINGLE_LOOKS) {
    const all = await world.servers(signal);
    const found = assign(nodes, [...all, ...(await leftOut(world, nodes, all, signal))]);
    return isWhole ? found : { ...found, others: [] };
  }
  const aliases = nodes.flatMap(({ ref, settings }) =>
    expectedNames(ref.name, settings).filter((name) => name !== ref.name),
  );
  const [found, aliased] = await Promise.all([
    Promise.all(nodes.map((node) => findOne(world, node, signal))),
    Promise.all(aliases.map((name) => world.serverByName(name, signal))),
  ]);
  const seen = [...found, ...aliased].flatMap((server) => (server === undefined ? [] : [[server.id, server] as const]));
  return { ...assign(nodes, [...new Map(seen).values()]), others: [] };
}

/** Share of silent nodes above which the network is doubted, from `safety.collapse.from` nodes on. */
const DOUBTED_FROM = 4;
const DOUBTED_SHARE = 0.5;

type Probes = ReadonlyMap<string, Read<ProbeSeen>>;

/** True if the node was ready once, so that its silence means a fault of the node or the network. */
function hasAnswered(memory: Memory<NodeMemory> | undefined): boolean {
  const health = memory?.others?.['health'];
  const { initialized_at: initializedAt, recovered_at: recoveredAt } = memory?.kept ?? {};
  return health === 'healthy' || (health === 'unhealthy' && (initializedAt ?? recoveredAt) !== undefined);
}

/**
 * Names of nodes that answered at the last refresh and do not now, if their number makes the network doubtful: their
 * silence does not count, and none of them is removed.
 */
function silenced(nodes: readonly NodeTarget[], probes: Probes, from: number): readonly string[] {
  const before = nodes.filter(({ ref, memory }) => hasAnswered(memory) && probes.has(ref.name));
  const silent = before.filter(({ ref }) => valueOf(probes.get(ref.name))?.answered === false);
  const isDoubted = before.length >= from && silent.length / before.length > DOUBTED_SHARE;
  return isDoubted ? silent.map(({ ref }) => ref.name) : [];
}

/** The probes of a complete refresh, with doubtful silence as a failed read. */
function withDoubt(nodes: readonly NodeTarget[], probes: Probes, from: number): Probes {
  const silent = silenced(nodes, probes, from);
  if (silent.length === 0) return probes;
  const error = new Error(
    `${silent.length} nodes that were ready do not answer in the same refresh. The network is probably at fault, so their health is unknown`,
  );
  return new Map([...probes, ...silent.map((name) => [name, { error }] as const)]);
}

/**
 * The answer that counts if the applied and the declared probe differ. For a node that was ready once, a success
 * counts; for another one, a failure counts. A node becomes unhealthy or ready only if both probes agree.
 */
function decisive(heard: readonly Read<ProbeSeen>[], { memory }: NodeTarget): Read<ProbeSeen> | undefined {
  const { initialized_at: initializedAt, recovered_at: recoveredAt } = memory?.kept ?? {};
  const wasReady = initializedAt !== undefined || recoveredAt !== undefined;
  return (
    heard.find((each) => 'value' in each && each.value.answered === wasReady) ??
    heard.find((each) => 'error' in each) ??
    heard[0]
  );
}

/** Answers by the name of the node, or the error if this machine could not probe. */
async function readProbes(
  world: NodesReader,
  nodes: readonly NodeTarget[],
  servers: ReadonlyMap<string, ServerSeen>,
  query: Query,
): Promise<Probes> {
  const answers = await Promise.all(
    nodes.map(async (node) => {
      const { ref, settings } = node;
      const asked = settings.ways.flatMap((way) => probeTarget(settings, way, servers.get(ref.name), query.now) ?? []);
      const heard = await Promise.all(
        asked.map(async (target) =>
          'answered' in target ? { value: target } : attempt(world.probe(target, query.signal)),
        ),
      );
      const answer = decisive(heard, node);
      return answer === undefined ? [] : [[ref.name, answer] as const];
    }),
  );
  const probes: Probes = new Map(answers.flat());
  return query.only === undefined ? withDoubt(nodes, probes, query.collapse?.from ?? DOUBTED_FROM) : probes;
}

async function readUserData(
  world: NodesReader,
  nodes: readonly NodeTarget[],
): Promise<ReadonlyMap<string, Read<string | undefined>>> {
  const files = nodes.flatMap(({ ref, desired }) => {
    const file = desired?.spec.userDataFile;
    return file === undefined ? [] : [[ref.name, file] as const];
  });
  const digests = new Map<string, Promise<Read<string | undefined>>>();
  for (const [, file] of files) if (!digests.has(file)) digests.set(file, attempt(world.userDataDigest(file)));
  const read = await Promise.all(
    files.map(async ([name, file]) => {
      const digest = await digests.get(file);
      return digest === undefined ? [] : [[name, digest] as const];
    }),
  );
  return new Map(read.flat());
}

const NO_SOURCE = 'No workload source is configured, so the containers of the node are unknown';

/** The resources of a query, by kind and provider. */
interface Targets {
  readonly count: number;
  readonly nodes: readonly NodeTarget[];
  /** Nodes at the cloud provider. */
  readonly cloud: readonly NodeTarget[];
  /** Static machines; only declared ones are refreshed. */
  readonly machines: readonly NodeTarget[];
  readonly pools: readonly Desired<NodePoolSpec>[];
  readonly containers: readonly Ref[];
}

function sorted(query: Query): Targets {
  const targets = targetsOf(query);
  const ofKind = (kind: string) => targets.filter(({ ref }) => ref.kind === kind);
  const nodes = ofKind('Node').map(nodeTarget);
  return {
    count: targets.length,
    nodes,
    cloud: nodes.filter(({ settings }) => settings.provider !== 'static'),
    machines: nodes.filter(({ settings, desired }) => settings.provider === 'static' && desired !== undefined),
    pools: ofKind('NodePool').flatMap(({ desired }) =>
      desired === undefined ? [] : [desired as Desired<NodePoolSpec>],
    ),
    containers: ofKind('Container').map(({ ref }) => ref),
  };
}

/** The results of all reads, or their errors. */
interface ReadAll {
  readonly servers: Read<Found>;
  readonly workloads: Read<Workloads | undefined>;
  readonly prices: Read<PriceList | undefined>;
  readonly userData: ReadonlyMap<string, Read<string | undefined>>;
  readonly probes: Probes;
}

async function readAll(world: NodesReader, query: Query, targets: Targets): Promise<ReadAll> {
  const { nodes, cloud, machines, pools } = targets;
  const needsAccount = cloud.length > 0 || pools.length > 0;
  const probed = async (servers: Read<Found>): Promise<ReadAll['probes']> => {
    const found = valueOf(servers)?.servers ?? NOTHING_FOUND.servers;
    const there = cloud.filter((node) => isWritten(node) && found.has(node.ref.name));
    return readProbes(world, [...there, ...machines], found, query);
  };
  const servers = attempt(
    needsAccount ? readServers(world, cloud, query.only === undefined, query.signal) : Promise.resolve(NOTHING_FOUND),
  );
  const [read, workloads, prices, userData, probes] = await Promise.all([
    servers,
    attempt(world.workloads(query.signal).then((seen) => seen?.workloads)),
    attempt(needsAccount ? world.prices(query.signal) : Promise.resolve(undefined)),
    readUserData(world, nodes),
    servers.then(probed),
  ]);
  query.signal.throwIfAborted();
  return { servers: read, workloads, prices, userData, probes };
}

/** Required lists of the catalogue, with the nodes and pools that need each. */
type Wanted = ReadonlyMap<CatalogueList, readonly Ref[]>;

/** Fields that are changed in place, and name an object at the provider. */
const NAMED_IN_PLACE: ReadonlySet<string> = new Set(['/networks', '/firewalls', '/volumes']);

/** The values of a node that its orders depend on. */
type OrderedNode = KnownResource<Pick<NodeResource, 'ref' | 'desired' | 'memory' | 'sight'>>;

/** True if a declared node may need the catalogue, because it is created, changed or replaced. */
function isToOrder(resource: OrderedNode): boolean {
  const { desired, memory, ref } = resource;
  const observed = observedOf(resource);
  if (desired === undefined || desired.spec.provider === 'static' || observed?.claimedBy !== undefined) return false;
  if (observed === undefined) return true;
  const signals = nodeSignals(resource);
  if (observed.state === 'draining' || signals?.life.draining_at !== undefined) return true;
  const found = differencesOf(ref.name, desired.spec, observed.facts, memory?.kept ?? {});
  return (
    found.inPlace.some(({ path }) => NAMED_IN_PLACE.has(path)) ||
    [found.cycle, found.rebuild, found.replace].some((fields) => fields.length > 0)
  );
}

/** A node at the time of its refresh. */
function withStates(
  { raw: _raw, ...seen }: Sighting<NodeFacts>,
  settings: Settings,
  memory: Memory<NodeMemory> | undefined,
): Observed<NodeFacts> {
  return { ...seen, findings: [], ...nodeStanding(settings, seen, memory, seen.at) };
}

/** Orders of all nodes and pools that may need the catalogue. */
function ordersOf(targets: Targets, observed: readonly Sighting[], read: ReadAll): readonly (readonly [Ref, Order])[] {
  // Without the list of servers, no server is created or changed.
  if (!('value' in read.servers)) return [];
  const seen = new Map(observed.map((each) => [formatRef(each.ref), each as Sighting<NodeFacts>]));
  const nodes = targets.cloud.flatMap(({ ref, desired, memory, settings }): readonly (readonly [Ref, Order])[] => {
    const there = seen.get(formatRef(ref));
    const sight: OrderedNode['sight'] =
      there === undefined ? { is: 'absent' } : { is: 'seen', observed: withStates(there, settings, memory) };
    const resource: OrderedNode = defined({ ref, desired, memory, sight });
    const order = isToOrder(resource) ? orderOfNode(resource) : undefined;
    if (order === undefined || desired === undefined) return [];
    // A change in place keeps the location of the server.
    const { location } = there?.facts ?? {};
    const here = { ...desired.spec, ...(location === undefined ? {} : { location }) };
    return [order, desired.spec, here].map((each) => [ref, each] as const);
  });
  return [...nodes, ...targets.pools.map(({ ref, spec }) => [ref, spec.template] as const)];
}

function wantedOf(orders: readonly (readonly [Ref, Order])[]): Wanted {
  const wanted = new Map<CatalogueList, readonly Ref[]>();
  for (const [ref, order] of orders)
    for (const list of listsOf(order)) wanted.set(list, [...(wanted.get(list) ?? []), ref]);
  return wanted;
}

/** The required lists, and a gap for the resources that need an unreadable one. */
async function readCatalogue(
  world: NodesReader,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<{ readonly lists: Lists; readonly gaps: readonly Gap[] }> {
  const read = await Promise.all(
    [...wanted].map(async ([list, refs]) => ({ list, refs, got: await attempt(world.catalogue(list, signal)) })),
  );
  signal.throwIfAborted();
  const unread = new Map<string, { readonly error: unknown; readonly refs: Map<string, Ref> }>();
  for (const { refs, got } of read) {
    if (!('error' in got)) continue;
    const known = unread.get(String(got.error)) ?? { error: got.error, refs: new Map<string, Ref>() };
    for (const ref of refs) known.refs.set(formatRef(ref), ref);
    unread.set(String(got.error), known);
  }
  return {
    lists: Object.fromEntries(read.flatMap(({ list, got }) => ('value' in got ? [[list, got.value]] : []))),
    gaps: [...unread.values()].map(({ error, refs }) => gapOf(error, { refs: [...refs.values()] })),
  };
}

function seenNodes(targets: Targets, read: ReadAll, around: Surroundings): readonly Sighting[] {
  const found = valueOf(read.servers) ?? NOTHING_FOUND;
  const { servers, others } = found;
  const borrowed = borrowedNames(targets, found);
  const known = [...targets.cloud.filter((node) => isWritten(node) && servers.has(node.ref.name)), ...targets.machines];
  const names = new Set(targets.nodes.filter(isWritten).map(({ ref }) => ref.name));
  const strangers = [
    ...targets.cloud.filter((node) => !isWritten(node)).flatMap(({ ref }) => servers.get(ref.name) ?? []),
    // A declared or recorded name means its own server, even if another server has the same name.
    ...others.filter(({ name }) => !names.has(name)),
  ];
  return [
    ...known.map(({ ref, desired, memory, settings }) => {
      const server = servers.get(ref.name);
      const probe = valueOf(read.probes.get(ref.name));
      const userData = valueOf(read.userData.get(ref.name));
      return seenNode(
        defined({
          ref,
          settings,
          spec: desired?.spec,
          memory,
          server,
          probe,
          userData,
          borrowed: borrowed.has(ref.name) ? true : undefined,
        }),
        around,
      );
    }),
    // A server of another project is not probed, and has no findings.
    ...strangers.map((server) => {
      const ref: Ref = { plugin: PLUGIN, kind: 'Node', name: server.name };
      const settings = settingsOf(undefined, undefined);
      return { ...seenNode({ ref, settings, server }, around), findings: [], raw: OTHER_PROJECT };
    }),
  ];
}

function observedOthers(
  { nodes, pools, containers }: Targets,
  read: ReadAll,
  { at, workloads, prices }: Surroundings,
  world: NodesReader,
): readonly Sighting[] {
  const found = valueOf(read.servers);
  const account: AccountSeen = defined({
    servers: found === undefined ? undefined : [...found.servers.values(), ...found.others],
    prices,
    workloads,
    project: world.limits.project,
    migrates: world.hooks.migrate,
  });
  const ours = new Map(
    nodes.flatMap(({ ref, settings }) => expectedNames(ref.name, settings).map((name) => [name, ref.name] as const)),
  );
  return [
    ...pools.map((desired) => observePool(desired, account, at)),
    ...containers.flatMap((ref) =>
      workloads === undefined
        ? []
        : (observeContainer(ref, workloads, (source) => ours.get(source) ?? source, at) ?? []),
    ),
  ];
}

/** Nodes whose alias is the name of another node, which the report under that name is about; by alias. */
function borrowedNames(targets: Targets, { servers, names }: Found): ReadonlyMap<string, string> {
  const written = targets.nodes.filter(isWritten);
  const taken = new Set([...written.map(({ ref }) => ref.name), ...names]);
  return new Map(
    written.flatMap(({ ref, settings }) => {
      const own = new Set([ref.name, servers.get(ref.name)?.name]);
      const alias = expectedNames(ref.name, settings).find((name) => !own.has(name) && taken.has(name));
      return alias === undefined ? [] : [[ref.name, alias] as const];
    }),
  );
}

function aliasGaps(known: readonly NodeTarget[], targets: Targets, found: Found): readonly Gap[] {
  const borrowed = borrowedNames(targets, found);
  return known.flatMap(({ ref }) => {
    const alias = borrowed.get(ref.name);
    if (alias === undefined) return [];
    const message = `workloads.name is ${alias}, which is the name of another node, so the containers of this node are unknown`;
    return [{ plugin: PLUGIN, refs: [ref], message }];
  });
}

/** The gap of a node whose name differs only by case from another server's: the provider cannot create both. */
function alikeGap(name: string, other: string): Gap {
  const refs: readonly Ref[] = [{ plugin: PLUGIN, kind: 'Node', name }];
  const message = `The unmanaged server ${other} has a name that differs from this one only in case. Rename that server or this node`;
  return { plugin: PLUGIN, refs, message };
}

/** Merges the gaps with the same error. */
function sharedGaps(nodes: readonly NodeTarget[], reads: ReadonlyMap<string, Read<unknown>>): readonly Gap[] {
  const byMessage = new Map<string, { readonly error: unknown; readonly refs: Ref[] }>();
  for (const { ref } of nodes) {
    const read = reads.get(ref.name);
    if (read === undefined || !('error' in read)) continue;
    const key = String(read.error);
    const known = byMessage.get(key);
    if (known === undefined) byMessage.set(key, { error: read.error, refs: [ref] });
    else known.refs.push(ref);
  }
  return [...byMessage.values()].map(({ error, refs }) => gapOf(error, { refs }));
}

function gapsOf(targets: Targets, read: ReadAll): readonly Gap[] {
  const { servers, alike } = valueOf(read.servers) ?? NOTHING_FOUND;
  const known = [...targets.cloud.filter((node) => isWritten(node) && servers.has(node.ref.name)), ...targets.machines];
  const listed = known.filter(({ settings }) => !settings.unlisted).map(({ ref }) => ref);
  const unread = [...listed, ...targets.containers];
  const noSource = 'value' in read.workloads && read.workloads.value === undefined ? new Error(NO_SOURCE) : undefined;
  const failed = 'error' in read.workloads ? read.workloads.error : noSource;
  const pools = targets.pools.map(({ ref }) => ref);
  return [
    ...('error' in read.servers ? [gapOf(read.servers.error, { kind: 'Node' })] : []),
    ...(failed === undefined || unread.length === 0 ? [] : [gapOf(failed, { refs: unread })]),
    ...('error' in read.prices && pools.length > 0 ? [gapOf(read.prices.error, { refs: pools })] : []),
    ...sharedGaps(known, read.probes),
    ...sharedGaps(known, read.userData),
    ...aliasGaps(known, targets, valueOf(read.servers) ?? NOTHING_FOUND),
    ...[...alike].map(([name, other]) => alikeGap(name, other)),
  ];
}

/** Refreshes all resources of a query; throws only when aborted. */
export async function observe(world: NodesReader, query: Query): Promise<View> {
  const targets = sorted(query);
  const read = await readAll(world, query, targets);
  const at = query.now;
  const workloads = valueOf(read.workloads);
  const prices = valueOf(read.prices);
  const around: Surroundings = defined({
    now: query.now,
    at,
    limits: world.limits,
    lastRefreshAt: query.lastLookAt,
    drains: world.hooks.drain,
    workloads,
    isSourceDown: 'error' in read.workloads ? true : undefined,
    byName: new Map((workloads?.nodes ?? []).map((node) => [node.name, node])),
    prices,
  });
  const observed = [...seenNodes(targets, read, around), ...observedOthers(targets, read, around, world)];
  const orders = ordersOf(targets, observed, read);
  const catalogue = await readCatalogue(world, wantedOf(orders), query.signal);
  query.progress(targets.count, targets.count);
  return {
    observed: inAddressOrder(observed),
    gaps: [...gapsOf(targets, read), ...catalogue.gaps],
    extras: {
      [PLUGIN]: {
        ...pricesBeside(prices, query.desired),
        catalogue: catalogueFor(
          catalogue.lists,
          orders.map(([, order]) => order),
          world.limits.project,
        ),
      },
    },
    at,
  };
}
