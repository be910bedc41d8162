/**
 * Refreshes every Fabric: its connection, its objects in lists, and the cluster's answer to the next step of each.
 *
 * A cluster that does not answer is a fact about its Fabric, and a gap over its objects. A list that the cluster refuses
 * is a gap over the objects of that kind.
 */

import {
  type Desired,
  errorText,
  type Facts,
  formatRef,
  type Gap,
  type Memory,
  type Preview,
  type Query,
  type Ref,
  type Sighting,
  valueAt,
  type View,
} from '#plugin';
import { DeadlineError, withDeadline } from '#plugin/deadline';
import { forEachOf } from '#plugin/limit';
import { generationsOf } from './agents/await.ts';
import { courseOf, problemsOf, standingsOf } from './agents/evidence.ts';
import { listAgents } from './agents/list.ts';
import type { FabricMemory, FabricSpec, ObjectMemory } from './generated.ts';
import type { FabricFacts, FabricRaw } from './fabric/facts.ts';
import { namedSecrets } from './fabric/policy.ts';
import { addressParts, groupAt, OBJECT_KINDS, PLUGIN } from './kinds.ts';
import type { LiveObject, NamedSecret } from './objects/content.ts';
import { contentsOf, contentsOfNamespace, DEFINITION } from './objects/contents.ts';
import { DependantSearch, needsDependants } from './objects/dependants.ts';
import { asFacts, type ObjectFacts, type ObjectPreview } from './objects/facts.ts';
import { versionsOf } from './objects/groups.ts';
import type { Manifest } from './objects/manifest.ts';
import { keyOf, objectSighting, type ObjectRaw } from './objects/sighting.ts';
import { admissionOf, isProven } from './objects/proof.ts';
import { fieldsOfOthers } from './objects/others.ts';
import { settledByApply } from './objects/settled.ts';
import { type Declared, triedApply, triedRemove } from './objects/trial.ts';
import { asName, codedWords } from './live/answers.ts';
import type { ClusterReader, FabricReader, ServedKind } from './world.ts';
import { managerOf } from './manager.ts';
import { isBeforeTest } from './states/retries.ts';
import type { RepositoryFacts } from './repository/facts.ts';
import { refreshRepositories } from './repository/refresh.ts';

type ObjectDesired = Desired<Manifest>;
type FabricDesired = Desired<FabricSpec>;

/** One object to refresh: declared, recorded, or both. */
interface Wanted {
  readonly ref: Ref;
  readonly desired?: ObjectDesired;
  readonly memory?: Memory<ObjectMemory>;
}

/** One Fabric with its objects. */
interface Part {
  readonly fabric: FabricDesired;
  readonly memory: Memory<FabricMemory> | undefined;
  /** The names of the Git repositories that cannot be read. */
  readonly failedRepositories: Promise<ReadonlySet<string>>;
  readonly objects: readonly Wanted[];
}

/** The result of a refresh of one Fabric. */
interface Found {
  readonly observed: Sighting[];
  readonly previews: Preview[];
  readonly gaps: Gap[];
  /** Digest of the login, if it was read. */
  login?: string;
  /** Generations of the Agents, by switch; absent for a cluster without them. */
  generations?: Readonly<Record<string, number>>;
  /** The course of the Agents, if their reports show it. */
  course?: Pick<FabricRaw, 'agents'>;
  /** Addresses of the objects that differ; absent if not all objects were refreshed. */
  differing?: readonly string[];
}

/** Kinds that are listed and tried at once: while one is listed, the dry runs of others go on. */
const GROUPS_AT_ONCE = 4;
const TRIALS_AT_ONCE = 16;

/** Longest test of a connection. */
const TEST_MS = 30_000;

const ARGO_API = 'argoproj.io/v1alpha1';

function isObject({ kind }: Ref): boolean {
  return OBJECT_KINDS.includes(kind);
}

function wantedIn(query: Query): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const desired of query.desired)
    if (isObject(desired.ref))
      wanted.set(formatRef(desired.ref), { ref: desired.ref, desired: desired as ObjectDesired });
  for (const memory of query.memory) {
    if (!isObject(memory.ref)) continue;
    const address = formatRef(memory.ref);
    const known = wanted.get(address) ?? { ref: memory.ref };
    wanted.set(address, { ...known, memory: memory });
  }
  return [...wanted.values()];
}

/** The group and version of an object: as declared, as last applied, or of a creation whose outcome is unknown. */
function versionOf({ desired, memory }: Wanted): string | undefined {
  if (desired !== undefined) return desired.spec.apiVersion;
  const [applied, tried] = [memory?.applied, memory?.open?.applied].map(
    (each) => each?.spec as { readonly apiVersion?: string } | undefined,
  );
  return memory?.kept.api_version ?? applied?.apiVersion ?? tried?.apiVersion;
}

function gapOver(objects: readonly Wanted[], endpoint: string, message: string): Gap {
  return { plugin: PLUGIN, refs: objects.map(({ ref }) => ref), endpoint, message };
}

/** The objects of one kind in one namespace, which one list shows. */
interface Group {
  /** Undefined for objects whose creation failed: their version is not recorded. */
  readonly apiVersion: string | undefined;
  /** The API group that the addresses name. */
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly objects: readonly Wanted[];
}

function groupsOf(objects: readonly Wanted[]): readonly Group[] {
  const groups = Map.groupBy(objects, (each) => {
    const { kind, namespace = '' } = addressParts(each.ref);
    return `${versionOf(each) ?? ''} ${kind} ${namespace}`;
  });
  return [...groups.values()].map((own) => {
    const [first] = own as [Wanted, ...Wanted[]];
    const { kind, namespace } = addressParts(first.ref);
    const group = { apiVersion: versionOf(first), group: groupAt(first.ref), kind, objects: own };
    return namespace === undefined ? group : { ...group, namespace };
  });
}

class FabricRefresh {
  readonly #query: Query;
  readonly #world: FabricReader;
  readonly #part: Part;
  readonly #found: Found = { observed: [], previews: [], gaps: [] };

  constructor(world: FabricReader, part: Part, query: Query) {
    this.#world = world;
    this.#part = part;
    this.#query = query;
  }

  async run(progress: (done: number) => void): Promise<Found> {
    const { fabric, objects } = this.#part;
    const { signal, subject, only, scheduled } = this.#query;
    // The refresh around an action records no login, and waits for no schedule.
    const login = only === undefined || scheduled === true ? await this.#world.login(fabric.spec) : undefined;
    if (login !== undefined) this.#found.login = login;
    const wait = this.#waiting(login);
    if (wait !== undefined) return this.#keep(wait);
    let cluster: ClusterReader;
    // The requests of an action on an object prove the connection by themselves.
    const isTested = subject === undefined || subject.kind === 'Fabric';
    try {
      cluster = await this.#world.cluster(fabric.spec, signal);
      if (isTested) await withDeadline('the test of the connection', TEST_MS, signal, (own) => cluster.connect(own));
    } catch (error) {
      signal.throwIfAborted();
      this.#failed(
        error instanceof DeadlineError
          ? `the API server did not answer within ${TEST_MS / 1000} s (HH-K8S-004)`
          : errorText(error),
      );
      return this.#found;
    }
    const [identity] = await Promise.all([isTested ? this.#identity(cluster) : {}, this.#readAdmission(cluster)]);
    let done = 0;
    await forEachOf(groupsOf(objects), GROUPS_AT_ONCE, async (group) => {
      await this.#refreshGroup(cluster, group);
      progress((done += group.objects.length));
    });
    this.#sortGaps();
    const { server } = cluster;
    const evidence: FabricRaw = isTested
      ? { connection: 'passed', ...(await this.#evidence(cluster)) }
      : { connection: 'kept' };
    this.#fabricSighting({ server, ...identity }, evidence);
    return this.#found;
  }

  /** Groups end in any order, and their gaps are listed in the order of the objects. */
  #sortGaps(): void {
    const places = new Map(this.#part.objects.map(({ ref }, i) => [ref, i]));
    const placeOf = ({ refs = [] }: Gap): number => (refs[0] === undefined ? -1 : (places.get(refs[0]) ?? -1));
    this.#found.gaps.sort((a, b) => placeOf(a) - placeOf(b));
  }

  #fabricSighting(facts: FabricFacts, raw: FabricRaw): void {
    this.#found.observed.push({ ref: this.#part.fabric.ref, given: true, raw, facts, at: this.#query.now });
  }

  get #address(): string {
    const { server, context } = this.#part.fabric.spec;
    return server?.url ?? context ?? 'the cluster of this pod';
  }

  /** The time of the next test of a failed connection, if a schedule has to wait for it. A changed login is tested at once. */
  #waiting(login: string | undefined): string | undefined {
    const { memory } = this.#part;
    const { next_test: next, login: known, connection_failures: failures = 1 } = memory?.kept ?? {};
    const isDue = next === undefined || !isBeforeTest(next, failures, this.#query.now);
    const isFailed = memory?.others?.['connection'] === 'FAILED';
    return this.#query.scheduled === true && isFailed && !isDue && login === known ? next : undefined;
  }

  /** Keeps the recorded states of a failed connection. */
  #keep(next: string): Found {
    const { fabric, objects, memory } = this.#part;
    const error = memory?.kept.error ?? 'the connection failed';
    this.#fabricSighting({ server: memory?.kept.server ?? this.#address, error }, { connection: 'kept' });
    const message = `${error}. The next test is due at ${next}`;
    if (objects.length > 0) this.#found.gaps.push(gapOver(objects, fabric.ref.name, message));
    return this.#found;
  }

  #failed(message: string): void {
    const { fabric, objects } = this.#part;
    this.#fabricSighting({ server: this.#address, error: message }, { connection: 'failed' });
    if (objects.length > 0) this.#found.gaps.push(gapOver(objects, fabric.ref.name, message));
  }

  /** The identity of the cluster, by which several Fabrics for it are recognized: that of a namespace that each cluster has. */
  async #identity(cluster: ClusterReader): Promise<Pick<FabricFacts, 'cluster'>> {
    const served = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
    const found = await cluster.get({ served, name: 'kube-system' }, this.#query.signal).catch(() => undefined);
    const uid = found === undefined ? undefined : valueAt(found, '/metadata/uid');
    return typeof uid === 'string' ? { cluster: asName(uid) } : {};
  }

  /** The evidence of a refresh of the whole Fabric about its sync. */
  async #evidence(cluster: ClusterReader): Promise<Partial<FabricRaw>> {
    const { objects } = this.#part;
    const shown = {
      ...(await this.#deployed(cluster)),
      ...(await this.#agents(cluster)),
      ...(await this.#repository()),
    };
    // Without a part of the objects, nothing about the sync can be asserted.
    if (this.#query.only !== undefined || this.#found.gaps.length > 0) return shown;
    const differing = this.#differing();
    this.#found.differing = differing;
    return { ...shown, objects: { total: objects.length, differing: differing.length } };
  }

  async #repository(): Promise<Pick<FabricRaw, 'repositoryFailed'>> {
    const { gitRepository } = this.#part.fabric.spec;
    if (gitRepository === undefined) return {};
    return { repositoryFailed: (await this.#part.failedRepositories).has(gitRepository) };
  }

  /** Reads the Agents of the switches. */
  async #agents(cluster: ClusterReader): Promise<Pick<FabricRaw, 'agents' | 'switches'>> {
    const { name } = this.#part.fabric.ref;
    const reports = await listAgents(cluster, this.#query.signal).catch((error: unknown) => {
      this.#query.signal.throwIfAborted();
      return { words: errorText(error) };
    });
    if (reports === undefined) return { agents: 'none' };
    if ('words' in reports)
      return { switches: [{ name, course: 'unknown', words: `the Agents cannot be listed: ${reports.words}` }] };
    const standings = standingsOf(reports, this.#world.tracksOf(name), this.#query.now);
    this.#found.generations = Object.fromEntries(generationsOf(standings));
    this.#found.course = courseOf(standings);
    return { ...this.#found.course, switches: problemsOf(standings) };
  }

  /** Addresses of objects that are not as their documents declare, or that no document declares. */
  #differing(): readonly string[] {
    const answers = new Map(this.#found.previews.map(({ ref, facts }) => [formatRef(ref), facts]));
    const seen = new Set(this.#found.observed.map(({ ref }) => formatRef(ref)));
    const isDiffering = (address: string, { desired, memory }: Wanted): boolean => {
      if (desired === undefined) return seen.has(address) && memory?.owned !== undefined;
      const { outcome, fields } = answers.get(address) ?? {};
      return outcome === 'untried' ? Array.isArray(fields) && fields.length > 0 : outcome !== 'unchanged';
    };
    return this.#part.objects.flatMap((each) => {
      const address = formatRef(each.ref);
      return isDiffering(address, each) ? [address] : [];
    });
  }

  /** True if the Application of Argo CD is Synced and Healthy. */
  async #deployed(cluster: ClusterReader): Promise<Pick<FabricRaw, 'deployed'>> {
    const { application } = this.#part.fabric.spec;
    const { signal } = this.#query;
    if (application === undefined) return {};
    const served = (await cluster.served(ARGO_API, signal).catch(() => undefined))?.find(
      ({ kind }) => kind === 'Application',
    );
    if (served === undefined) return { deployed: false };
    const found = await cluster.get({ served, ...application }, signal);
    if (found === undefined || 'words' in found) return { deployed: false };
    const isSynced = valueAt(found, '/status/sync/status') === 'Synced';
    return { deployed: isSynced && valueAt(found, '/status/health/status') === 'Healthy' };
  }

  /** Reads what decides about admission, once for all actions of a run. */
  async #readAdmission(cluster: ClusterReader): Promise<void> {
    const { only, signal } = this.#query;
    const { name } = this.#part.fabric.ref;
    if (only !== undefined || this.#part.objects.length === 0) return;
    const admission = await admissionOf(cluster, signal).catch(() => undefined);
    if (admission === undefined) this.#world.admissions.delete(name);
    else this.#world.admissions.set(name, admission);
  }

  get #admission(): string | undefined {
    return this.#world.admissions.get(this.#part.fabric.ref.name);
  }

  async #refreshGroup(cluster: ClusterReader, group: Group): Promise<void> {
    const { signal } = this.#query;
    try {
      const served = await this.#servedKind(cluster, group);
      if (served === undefined) return this.#notServed(group);
      const wrong = scopeMistake(served, group);
      if (wrong !== undefined) return this.#refusedAll(group, wrong);
      await this.#refreshServed(cluster, group, served);
    } catch (error) {
      signal.throwIfAborted();
      this.#found.gaps.push(gapOver(group.objects, cluster.server, errorText(error)));
    }
  }

  /** The kind as the cluster serves it: in the version of the objects, or in any if that is not recorded. */
  async #servedKind(cluster: ClusterReader, { apiVersion, group, kind }: Group): Promise<ServedKind | undefined> {
    const { signal } = this.#query;
    const versions = apiVersion === undefined ? await cluster.versions(group, signal) : [apiVersion];
    for (const version of versions) {
      const served = (await cluster.served(version, signal))?.find((each) => each.kind === kind);
      if (served !== undefined) return served;
    }
    return undefined;
  }

  /** Objects of a kind that the cluster does not serve do not exist; a row of the plan may add their definition. */
  #notServed({ apiVersion, group, kind, objects }: Group): void {
    const words = `the cluster does not serve ${kind} of ${apiVersion ?? group}`;
    this.#refused(objects, { outcome: 'refused', refusal: { kind: 'not-served', words, code: 'HH-K8S-010' } });
  }

  #refusedAll({ objects }: Group, words: string): void {
    this.#refused(objects, { outcome: 'refused', refusal: { kind: 'invalid', words } });
  }

  #refused(objects: readonly Wanted[], preview: ObjectPreview): void {
    for (const { ref, desired } of objects)
      if (desired !== undefined) this.#found.previews.push({ ref, facts: asFacts(preview) });
  }

  async #refreshServed(cluster: ClusterReader, group: Group, served: ServedKind): Promise<void> {
    const live = await this.#readAll(cluster, group, served);
    if (live === undefined) return;
    const dependants = new DependantSearch(cluster, this.#query.signal);
    await forEachOf(group.objects, TRIALS_AT_ONCE, async (wanted) => {
      const { name, namespace } = addressParts(wanted.ref);
      const object = live.get(keyOf(namespace, name));
      const place = { served, name, ...(namespace === undefined ? {} : { namespace }) };
      const tried = await this.#trial(cluster, { wanted, place, object });
      const preview = tried === undefined ? undefined : await this.#withDependants(dependants, wanted, tried);
      if (object !== undefined) this.#found.observed.push(this.#sighting(wanted, object, preview));
      if (preview !== undefined) this.#found.previews.push({ ref: wanted.ref, facts: asFacts(preview) });
    });
  }

  async #triedRemove(cluster: ClusterReader, place: Declared['place'], live: LiveObject): Promise<ObjectPreview> {
    const { signal } = this.#query;
    const preview = await triedRemove(cluster, { place, live, secrets: this.#secrets() }, signal);
    const { served, name } = place;
    if (served.kind === DEFINITION) return { ...preview, contains: await contentsOf(cluster, live, signal) };
    if (served.kind !== 'Namespace' || served.apiVersion !== 'v1') return preview;
    const within = { namespace: name, versions: versionsOf(this.#part.fabric.spec) };
    return { ...preview, contains: await contentsOfNamespace(cluster, within, signal) };
  }

  async #withDependants(
    dependants: DependantSearch,
    { ref, desired }: Wanted,
    preview: ObjectPreview,
  ): Promise<ObjectPreview> {
    const { namespace, ...subject } = addressParts(ref);
    if (namespace === undefined || !needsDependants(ref.kind, desired === undefined, preview)) return preview;
    return { ...preview, dependants: await dependants.of({ ...subject, namespace }) };
  }

  /** The objects of a group by namespace and name; undefined with a gap if the cluster refuses to show them. */
  async #readAll(
    cluster: ClusterReader,
    group: Group,
    served: ServedKind,
  ): Promise<ReadonlyMap<string, LiveObject> | undefined> {
    const { signal, only } = this.#query;
    const { namespace, objects } = group;
    const scope = namespace === undefined ? {} : { namespace };
    if (only !== undefined) {
      const pairs = await Promise.all(
        objects.map(async ({ ref }) => {
          const { name } = addressParts(ref);
          const object = await cluster.get({ served, name, ...scope }, signal);
          return [keyOf(namespace, name), object] as const;
        }),
      );
      const bad = pairs.find(([, object]) => object !== undefined && 'words' in object)?.[1];
      if (bad !== undefined && 'words' in bad && typeof bad.words === 'string') {
        this.#found.gaps.push(gapOver(objects, cluster.server, bad.words));
        return undefined;
      }
      return new Map(pairs.flatMap(([key, object]) => (object === undefined ? [] : [[key, object as LiveObject]])));
    }
    const listed = await cluster.list(served, scope, signal);
    if ('words' in listed) {
      this.#found.gaps.push(
        gapOver(objects, cluster.server, `${served.plural} cannot be listed: ${codedWords(listed)}`),
      );
      return undefined;
    }
    return new Map(
      listed.map((object) => {
        const metadata = object['metadata'] as { readonly name?: string; readonly namespace?: string } | undefined;
        return [keyOf(metadata?.namespace, metadata?.name ?? ''), object];
      }),
    );
  }

  async #trial(
    cluster: ClusterReader,
    {
      wanted,
      place,
      object,
    }: { readonly wanted: Wanted; readonly place: Declared['place']; readonly object: LiveObject | undefined },
  ): Promise<ObjectPreview | undefined> {
    const { signal, subject } = this.#query;
    const { ref, desired, memory } = wanted;
    // The surroundings of an action are refreshed without a trial: no rule judges their next step.
    if (subject !== undefined && formatRef(subject) !== formatRef(ref)) return undefined;
    if (desired === undefined)
      return object === undefined || !isOurs(memory) ? undefined : this.#triedRemove(cluster, place, object);
    if (isProven({ manifest: desired.spec, live: object, memory, admission: this.#admission }))
      return { outcome: 'unchanged' };
    const { spec: fabric } = this.#part.fabric;
    const declared: Declared = {
      place,
      manifest: desired.spec,
      live: object,
      applied: memory?.applied?.spec,
      manager: managerOf(this.#world.project),
      controllers: fabric.controllers,
      secrets: this.#secrets(),
      isAdopted: isAdopted(memory),
    };
    const settled = subject !== undefined && memory?.open !== undefined ? settledByApply(declared) : undefined;
    return settled ?? triedApply(cluster, declared, signal);
  }

  #secrets(): readonly NamedSecret[] {
    const { fabric, memory } = this.#part;
    return namedSecrets(fabric.spec, memory);
  }

  /** Managers whose fields are not reported: our own, and the controllers that the Fabric names. */
  #ownManagers(): ReadonlySet<string> {
    return new Set([managerOf(this.#world.project), ...this.#part.fabric.spec.controllers]);
  }

  #sighting({ ref, desired }: Wanted, object: LiveObject, preview: ObjectPreview | undefined): Sighting<ObjectFacts> {
    const raw: ObjectRaw = {
      isDeclared: desired !== undefined,
      outcome: preview?.outcome ?? 'unchanged',
      ...(preview?.refusal === undefined ? {} : { refusal: preview.refusal }),
      differs: (preview?.fields?.length ?? 0) > 0,
      // A row has the kept fields as a warning.
      kept: preview?.outcome === 'unchanged' ? (preview.kept ?? []) : [],
      foreign: desired === undefined ? [] : fieldsOfOthers(object, desired.spec, this.#ownManagers()),
    };
    return objectSighting({
      ref,
      object,
      raw,
      self: managerOf(this.#world.project),
      admission: this.#admission,
      at: this.#query.now,
    });
  }
}

/** True for an object that the project made: also by a creation whose outcome is not recorded yet. */
function isOurs(memory: Wanted['memory']): boolean {
  return memory?.owned !== undefined || memory?.open?.goal === 'create';
}

/** True for an object that the project adopts, or adopted and has not applied yet. */
function isAdopted(memory: Wanted['memory']): boolean {
  return !isOurs(memory) || (memory?.owned === 'adopted' && memory.differs !== undefined);
}

/** The reason why an object of a kind has no place in the cluster; undefined if it has one. */
function scopeMistake({ kind, namespaced }: ServedKind, { namespace }: Group): string | undefined {
  if (namespaced && namespace === undefined) return `${kind} belongs to a namespace: set metadata.namespace`;
  return !namespaced && namespace !== undefined
    ? `${kind} does not belong to a namespace: remove metadata.namespace`
    : undefined;
}

/** Objects whose Fabric is not declared: the cluster is not known. */
function undeclared(objects: readonly Wanted[], fabrics: ReadonlySet<string>): readonly Gap[] {
  const lost = objects.filter(({ ref }) => !fabrics.has(addressParts(ref).fabric));
  if (lost.length === 0) return [];
  const names = [...new Set(lost.map(({ ref }) => addressParts(ref).fabric))].sort().join(', ');
  const message = `the Fabric ${names} is not declared, so its cluster is not known. Declare it, or remove its objects from the state with \`fettle state forget\``;
  return [gapOver(lost, names, message)];
}

/** Fabrics of a query: with `only`, those of its objects too. */
function fabricsIn({ desired }: Query): readonly FabricDesired[] {
  return desired.filter(({ ref }) => ref.kind === 'Fabric') as readonly FabricDesired[];
}

/** Names of the repositories that cannot be read, or whose login is missing. */
function failedIn({ observed, gaps }: Pick<View, 'observed' | 'gaps'>): ReadonlySet<string> {
  const failed = observed.filter(({ facts }) => (facts as RepositoryFacts).error !== undefined);
  return new Set([...failed.map(({ ref }) => ref), ...gaps.flatMap(({ refs = [] }) => refs)].map(({ name }) => name));
}

function fabricMemoryOf({ memory }: Query, { ref }: FabricDesired): Memory<FabricMemory> | undefined {
  const address = formatRef(ref);
  return memory.find((each) => formatRef(each.ref) === address);
}

/** Parts of a refresh that belong to no basis, by Fabric: the digest of its login, the generations and the course of its Agents, its differing objects. */
function extrasOf(fabrics: readonly FabricDesired[], found: readonly Found[]): Facts {
  const byName = <T>(part: (each: Found) => T | undefined): { readonly [name: string]: T } =>
    Object.fromEntries(
      fabrics.flatMap(({ ref }, i) => {
        const own = found[i];
        const value = own === undefined ? undefined : part(own);
        return value === undefined ? [] : [[ref.name, value]];
      }),
    );
  return {
    logins: byName(({ login }) => login),
    generations: byName(({ generations }) => generations),
    courses: byName(({ course }) => course),
    differing: byName(({ differing }) => differing),
  };
}

export async function observe(world: FabricReader, query: Query): Promise<View> {
  const fabrics = fabricsIn(query);
  const objects = wantedIn(query);
  let done = 0;
  const repositories = refreshRepositories(world.repositories, query);
  const failedRepositories = repositories.then(failedIn);
  // An error of the tests is thrown below; a Fabric without a repository does not wait for it.
  failedRepositories.catch(() => undefined);
  const refreshes = Promise.all(
    fabrics.map((fabric) => {
      const own = objects.filter(({ ref }) => addressParts(ref).fabric === fabric.ref.name);
      let counted = 0;
      const memory = fabricMemoryOf(query, fabric);
      return new FabricRefresh(world, { fabric, memory, failedRepositories, objects: own }, query).run((count) => {
        done += count - counted;
        counted = count;
        query.progress(done, objects.length);
      });
    }),
  );
  const [found, tested] = await Promise.all([refreshes, repositories]);
  const names = new Set(fabrics.map(({ ref }) => ref.name));
  return {
    observed: [...tested.observed, ...found.flatMap(({ observed }) => observed)],
    previews: found.flatMap(({ previews }) => previews),
    gaps: [...tested.gaps, ...found.flatMap(({ gaps }) => gaps), ...undeclared(objects, names)],
    // The surroundings of an action keep the extras of the refresh before the plan.
    ...(query.only === undefined ? { extras: { [PLUGIN]: extrasOf(fabrics, found) } } : {}),
    at: query.now,
  };
}
