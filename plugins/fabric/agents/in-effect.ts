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
  type Facts,
  type Instant,
  isMemoryOnly,
  type Memory,
  type Ref,
  type Scene,
  type StateNote,
} from '#plugin';
import type { FabricRaw, FabricResource } from '../fabric/facts.ts';
import { fabricNote } from '../fabric/note.ts';
import { fabricPolicy } from '../fabric/policy.ts';
import { fabricStanding } from '../fabric/standing.ts';
import { type FabricMemory, tables } from '../generated.ts';
import { addressParts, Fabric, OBJECT_KINDS, objectsOf, PLUGIN } from '../kinds.ts';
import type { LiveObject } from '../objects/content.ts';
import type { AgentCourse } from '../states/refreshed.ts';
import type { ClusterReader, FabricWriter } from '../world.ts';
import { type AgentsProgress, type AgentsWait, awaitAgents } from './await.ts';
import { standingsOf } from './evidence.ts';
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

/** Reads the Agents until the wait ends. The result is `waiting` after an interruption. */
async function awaited({ fabric, cluster, world, wait, now, signal, progress }: Waiting): Promise<AgentsProgress> {
  const tracks = world.tracksOf(fabric.name);
  let said = '';
  for (;;) {
    const reports = await listAgents(cluster, signal);
    if (reports === undefined) return { outcome: 'applied', reason: 'the cluster does not have Agents', switches: [] };
    // A refused list ends the wait: nothing shows the Agents.
    if ('words' in reports)
      return { outcome: 'timed-out', reason: `the Agents cannot be listed: ${reports.words}`, switches: [] };
    const found = awaitAgents(wait, standingsOf(reports, tracks, now()), now());
    if (found.outcome !== 'waiting' || signal.aborted) return found;
    if (found.reason !== said) progress(fabric, found.reason);
    said = found.reason;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The course of the Agents at the end of a wait. A deadline that has passed is a failure. */
const COURSES: Readonly<Record<AgentsProgress['outcome'], AgentCourse>> = {
  applied: 'applied',
  waiting: 'pending',
  failing: 'failing',
  'timed-out': 'failing',
};

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
  const rows = ended.rows.filter(
    ({ change }) => OBJECT_KINDS.includes(change.ref.kind) && addressParts(change.ref).fabric === ref.name,
  );
  const done = rows.filter(({ isDone }) => isDone);
  if (desired === undefined || memory === undefined || memory.open !== undefined || done.length === 0)
    return { notes: [], late: [] };
  const before = generationsIn(scene, ref.name);
  const changes = done.filter(({ change }) => reachesSwitches(change)).map(({ change }) => addressParts(change.ref));
  const switches =
    before === undefined
      ? []
      : switchesOfChanges(changes, reachesOf(scene, ref.name)).filter((name) => before[name] !== undefined);
  const { agents } = desired.spec;
  const wait: AgentsWait = {
    switches,
    before: new Map(Object.entries(before ?? {})),
    from: now(),
    noticeMs: durationMs(agents.settle),
    deadlineMs: durationMs(agents.deadline),
  };
  const progress: AgentsProgress =
    switches.length === 0
      ? { outcome: 'applied', reason: '', switches: [] }
      : await awaited({ ...ended, fabric: ref, cluster: await world.cluster(desired.spec, ended.signal), world, wait });
  const isPartial = scene.gaps.some(({ plugin }) => plugin === PLUGIN);
  const raw: FabricRaw = {
    connection: 'kept',
    agents: before === undefined ? 'none' : COURSES[progress.outcome],
    ...(isPartial ? {} : { objects: { total: rows.length, differing: rows.length - done.length } }),
    ...(progress.outcome === 'applied' || progress.outcome === 'waiting'
      ? {}
      : { switches: [{ name: ref.name, course: 'failing' as const, words: progress.reason }] }),
  };
  return {
    notes: [noteOf({ fabric, memory, raw, now: now() })],
    late: progress.outcome === 'applied' ? [] : [{ ref, message: progress.reason }],
  };
}

/** Waits until the changes of an apply are in effect on the switches of every Fabric. */
export async function inEffect(world: FabricWriter, ended: EndedApply): Promise<ApplyEffect> {
  const ends = await Promise.all(Fabric.all(ended.scene).map((fabric) => endOf(world, fabric, ended)));
  return { notes: ends.flatMap(({ notes }) => notes), late: ends.flatMap(({ late }) => late) };
}
