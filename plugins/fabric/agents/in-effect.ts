/**
 * The end of an apply on a fabric: waits until the Agents of the concerned switches have applied the changes, and moves the
 * sync of the Fabric accordingly.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApplyEffect,
  type Change,
  durationMs,
  type EndedApply,
  errorText,
  type Facts,
  formatRef,
  type Instant,
  isMemoryOnly,
  type Memory,
  type Ref,
  type Scene,
  shortLine,
  type StateNote,
} from '#plugin';
import type { FabricRaw, FabricResource } from '../fabric/facts.ts';
import { fabricNote } from '../fabric/note.ts';
import { fabricPolicy } from '../fabric/policy.ts';
import { fabricStanding } from '../fabric/standing.ts';
import { type FabricMemory, tables } from '../generated.ts';
import { addressParts, Fabric, OBJECT_KINDS, objectsOf, PLUGIN } from '../kinds.ts';
import type { LiveObject } from '../objects/content.ts';
import type { Evidence } from '../states/refreshed.ts';
import type { ClusterReader, FabricWriter } from '../world.ts';
import { type AgentsProgress, type AgentsWait, awaitAgents } from './await.ts';
import { courseOf, standingsOf } from './evidence.ts';
import { listAgents } from './list.ts';
import { REACH_KINDS, type Reach, reachOf, switchesOfChanges } from './reach.ts';

/** Time between two readings of the Agents, in ms. */
const POLL_MS = 1000;

type Generations = Readonly<Record<string, number>>;

/** The generations of a Fabric's Agents at the refresh before the plan; undefined for a cluster without Agents. */
function generationsIn({ extras }: Pick<Scene, 'extras'>, fabric: string): Generations | undefined {
  const all = extras?.[PLUGIN]?.['generations'] as Readonly<Record<string, Generations>> | undefined;
  return all?.[fabric];
}

/** The course of each Fabric's Agents at the refresh before the plan. */
function coursesIn({ extras }: Pick<Scene, 'extras'>): Readonly<Record<string, Pick<Evidence, 'agents'>>> {
  return (extras?.[PLUGIN]?.['courses'] ?? {}) as Readonly<Record<string, Pick<Evidence, 'agents'>>>;
}

/** Addresses of each Fabric's differing objects at the refresh before the plan; absent if not all were refreshed. */
function differingIn({ extras }: Pick<Scene, 'extras'>): Readonly<Record<string, readonly string[]>> {
  return (extras?.[PLUGIN]?.['differing'] ?? {}) as Readonly<Record<string, readonly string[]>>;
}

/** The documents of a Fabric that decide which switches an object concerns: as applied before, and as declared. */
function reachesOf(scene: Scene, fabric: string): readonly Reach[] {
  const resources = REACH_KINDS.flatMap((kind) => objectsOf(kind, scene)).filter(
    ({ ref }) => addressParts(ref).fabric === fabric,
  );
  const named = (name: string, spec: unknown): readonly LiveObject[] => {
    if (spec === undefined) return [];
    const manifest = spec as { readonly metadata?: Facts };
    return [{ ...manifest, metadata: { ...manifest.metadata, name } }];
  };
  return [
    reachOf(resources.flatMap(({ ref, memory }) => named(ref.name, memory?.applied?.spec))),
    reachOf(resources.flatMap(({ ref, desired }) => named(ref.name, desired?.spec))),
  ];
}

interface Waiting extends Pick<EndedApply, 'now' | 'signal' | 'progress'> {
  readonly fabric: Ref;
  readonly cluster: ClusterReader;
  readonly world: FabricWriter;
  readonly wait: AgentsWait;
}

/** The end of a wait, and the course of all Agents; without one, nothing shows it. */
interface Awaited extends Pick<AgentsProgress, 'outcome' | 'reason'> {
  readonly course: Pick<Evidence, 'agents'>;
}

/** The Agents at one reading. A lost connection may be back at the next one. */
async function readOnce({ fabric, cluster, world, wait, now, signal }: Waiting): Promise<Awaited> {
  try {
    const reports = await listAgents(cluster, signal);
    if (reports === undefined)
      return { outcome: 'applied', reason: 'the cluster does not have Agents', course: { agents: 'none' } };
    // A refused list ends the wait: nothing shows the Agents.
    if ('words' in reports)
      return { outcome: 'timed-out', reason: `the Agents cannot be listed: ${reports.words}`, course: {} };
    const standings = standingsOf(reports, world.tracksOf(fabric.name), now());
    const { outcome, reason, switches } = awaitAgents(wait, standings, now());
    // A switch without an Agent shows nothing yet.
    const isWhole = switches.every(({ state }) => state !== 'missing');
    return { outcome, reason, course: isWhole ? courseOf(standings) : {} };
  } catch (error) {
    signal.throwIfAborted();
    const outcome = now() - wait.from >= wait.deadlineMs ? 'timed-out' : 'waiting';
    return { outcome, reason: `the Agents cannot be read: ${shortLine(errorText(error))}`, course: {} };
  }
}

/** Reads the Agents until the wait ends. The result is `waiting` after an interruption. */
async function awaited(waiting: Waiting): Promise<Awaited> {
  const { fabric, signal, progress } = waiting;
  let said = '';
  for (;;) {
    const found = await readOnce(waiting);
    if (found.outcome !== 'waiting') return found;
    if (found.reason !== said) progress(fabric, found.reason);
    said = found.reason;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return found;
  }
}

/** The course of the Agents at the end of a wait: of the awaited ones, or of all once these have applied the change. */
function courseAtEnd({ outcome, course }: Awaited): Pick<Evidence, 'agents'> {
  if (outcome === 'applied') return course;
  // A deadline that has passed is a failure.
  return { agents: outcome === 'waiting' ? 'pending' : 'failing' };
}

/** The moves of a machine along a way, with their triggers in the spec. */
function movesAlong(
  machine: 'status' | 'connection' | 'sync',
  way: readonly string[],
): NonNullable<StateNote['moves']> {
  const { transitions } = tables.kinds.Fabric.machines[machine];
  return way.slice(1).flatMap((to, i) => {
    const from = way[i] ?? to;
    const found = transitions.find((each) => each.by === 'world' && each.from === from && each.to === to);
    return found === undefined ? [] : [{ machine, from, to, trigger: found.trigger }];
  });
}

interface Ending {
  readonly fabric: FabricResource;
  readonly memory: Memory<FabricMemory>;
  readonly raw: FabricRaw;
  readonly now: Instant;
}

/** The states of the Fabric after the apply, as a note. */
function noteOf({ fabric, memory, raw, now }: Ending): StateNote {
  const { ref, desired } = fabric;
  const policy = fabricPolicy(desired, memory);
  const facts = { server: memory.kept.server ?? '' };
  const standing = fabricStanding(policy, { ref, facts, raw, at: now }, memory, now);
  const { state, others = {}, via = [], viaOf = {} } = standing;
  const sync = [
    ...(memory.others?.['sync'] === undefined ? [] : [memory.others['sync']]),
    ...(viaOf['sync'] ?? []),
    others['sync'] ?? '',
  ];
  const status = [...(memory.state === undefined ? [] : [memory.state]), ...via, state];
  return {
    ref,
    moves: [...movesAlong('sync', sync), ...movesAlong('status', status)],
    kept: fabricNote({ ref, memory, policy, facts, standing }, now),
  };
}

/** False for a change of the state, and for one of metadata alone, which has no generation: no Agent follows. */
function reachesSwitches(change: Change): boolean {
  const { goal, fields } = change;
  if (isMemoryOnly(change)) return false;
  return goal !== 'update' || fields.some(({ path }) => !path.startsWith('/metadata/'));
}

async function endOf(world: FabricWriter, fabric: FabricResource, ended: EndedApply): Promise<ApplyEffect> {
  const { scene, now } = ended;
  const { ref, desired } = fabric;
  const memory = ended.memoryOf(ref);
  const isOwn = (change: Change): boolean =>
    OBJECT_KINDS.includes(change.ref.kind) && addressParts(change.ref).fabric === ref.name;
  const done = ended.rows.filter(({ change, isDone }) => isDone && isOwn(change));
  if (desired === undefined || memory === undefined || memory.open !== undefined || done.length === 0)
    return { notes: [], late: [] };
  const before = generationsIn(scene, ref.name);
  const changes = done.filter(({ change }) => reachesSwitches(change)).map(({ change }) => addressParts(change.ref));
  // A cluster without any Agent has no controller that would create one.
  const hasAgents = before !== undefined && Object.keys(before).length > 0;
  const switches = hasAgents ? switchesOfChanges(changes, reachesOf(scene, ref.name)) : [];
  const { agents } = desired.spec;
  const wait: AgentsWait = {
    switches,
    before: new Map(Object.entries(before ?? {})),
    from: now(),
    noticeMs: durationMs(agents.settle),
    deadlineMs: durationMs(agents.deadline),
  };
  const waited: Awaited =
    switches.length === 0
      ? { outcome: 'applied', reason: '', course: coursesIn(scene)[ref.name] ?? {} }
      : await awaited({ ...ended, fabric: ref, cluster: await world.cluster(desired.spec, ended.signal), world, wait });
  const { outcome, reason } = waited;
  // Objects outside of the selection of the apply count too, and those that were only adopted.
  const changed = new Set(done.flatMap(({ change }) => (isMemoryOnly(change) ? [] : [formatRef(change.ref)])));
  const open = differingIn(scene)[ref.name]?.filter((address) => !changed.has(address));
  const raw: FabricRaw = {
    connection: 'kept',
    ...(before === undefined ? { agents: 'none' } : courseAtEnd(waited)),
    ...(open === undefined ? {} : { objects: { total: done.length + open.length, differing: open.length } }),
    ...(outcome === 'applied' || outcome === 'waiting'
      ? {}
      : { switches: [{ name: ref.name, course: 'failing' as const, words: reason }] }),
  };
  return {
    notes: [noteOf({ fabric, memory, raw, now: now() })],
    late: outcome === 'applied' ? [] : [{ ref, message: reason }],
  };
}

/** The end of an apply on one Fabric. An error ends the wait for this Fabric alone. */
async function soundEnd(world: FabricWriter, fabric: FabricResource, ended: EndedApply): Promise<ApplyEffect> {
  try {
    return await endOf(world, fabric, ended);
  } catch (error) {
    ended.signal.throwIfAborted();
    return { notes: [], late: [{ ref: fabric.ref, message: shortLine(errorText(error)) }] };
  }
}

/** Waits until the changes of an apply are in effect on the switches of every Fabric. */
export async function inEffect(world: FabricWriter, ended: EndedApply): Promise<ApplyEffect> {
  const ends = await Promise.all(Fabric.all(ended.scene).map((fabric) => soundEnd(world, fabric, ended)));
  return { notes: ends.flatMap(({ notes }) => notes), late: ends.flatMap(({ late }) => late) };
}
