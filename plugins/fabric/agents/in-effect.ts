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
  listed,
  type Memory,
  type Ref,
  sameJson,
  type Scene,
  shortLine,
  spanText,
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
import { type AgentsProgress, type AgentsWait, awaitAgents, generationsOf } from './await.ts';
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
  /** The awaited switches that have not applied the change. */
  readonly open: readonly string[];
  /** Generations of the awaited switches that have applied the change. */
  readonly applied: Generations;
  readonly course: Pick<Evidence, 'agents'>;
}

/** The Agents at one reading. A lost connection may be back at the next one. */
async function readOnce({ fabric, cluster, world, wait, now, signal }: Waiting): Promise<Awaited> {
  const unread = { open: wait.switches, applied: {}, course: {} };
  try {
    const reports = await listAgents(cluster, signal);
    if (reports === undefined)
      return {
        outcome: 'applied',
        reason: 'the cluster does not have Agents',
        open: [],
        applied: {},
        course: { agents: 'none' },
      };
    // A refused list ends the wait: nothing shows the Agents.
    if ('words' in reports)
      return { ...unread, outcome: 'timed-out', reason: `the Agents cannot be listed: ${reports.words}` };
    const standings = standingsOf(reports, world.tracksOf(fabric.name), now());
    const { outcome, reason, switches } = awaitAgents(wait, standings, now());
    // A switch without an Agent shows nothing yet.
    const isWhole = switches.every(({ state }) => state !== 'missing');
    const open = switches.flatMap(({ name, state }) => (state === 'applied' ? [] : [name]));
    const done = new Set(switches.flatMap(({ name, state }) => (state === 'applied' ? [name] : [])));
    const applied = [...generationsOf(standings)].filter(([name]) => done.has(name));
    return { outcome, reason, open, applied: Object.fromEntries(applied), course: isWhole ? courseOf(standings) : {} };
  } catch (error) {
    if (signal.aborted) return { ...unread, outcome: 'waiting', reason: 'the wait was interrupted' };
    const outcome = now() - wait.from >= wait.deadlineMs ? 'timed-out' : 'waiting';
    return { ...unread, outcome, reason: `the Agents cannot be read: ${shortLine(errorText(error))}` };
  }
}

/** Time after which the progress of a wait is reported again, in ms. */
const REMIND_MS = 30_000;

/** The awaited switches, and the time that is left. */
function waitText({ reason, open }: Awaited, { from, deadlineMs }: AgentsWait, now: Instant): string {
  const leftMs = from + deadlineMs - now;
  // Rounded up, because it is a limit.
  const most = spanText(leftMs >= 120_000 ? leftMs + 59_999 : leftMs + 999);
  return `${reason}. Waiting for ${listed(open)}, for ${most} at most`;
}

/** Reads the Agents until the wait ends. The result is `waiting` after an interruption. */
async function awaited(waiting: Waiting): Promise<Awaited> {
  const { fabric, signal, progress, wait, now } = waiting;
  let said: { readonly reason: string; readonly at: Instant } | undefined;
  for (;;) {
    const found = await readOnce(waiting);
    if (found.outcome !== 'waiting' || signal.aborted) return found;
    const at = now();
    if (said === undefined || found.reason !== said.reason || at - said.at >= REMIND_MS) {
      progress(fabric, waitText(found, wait, at));
      said = { reason: found.reason, at };
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return found;
  }
}

/** Codes of a wait that failed. */
const FAILURE_CODES: Partial<Record<Awaited['outcome'], string>> = {
  failing: ' (HH-STATE-020)',
  'timed-out': ' (HH-STATE-021)',
};

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
  /** Generations of Agents with all that is applied. */
  readonly agents: Generations;
  readonly memory: Memory<FabricMemory>;
  readonly raw: FabricRaw;
  readonly now: Instant;
}

/** The states of the Fabric after the apply, as a note. */
function noteOf({ fabric, memory, agents, raw, now }: Ending): StateNote {
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
    kept: { ...fabricNote({ ref, memory, policy, facts, standing }, now), agents },
  };
}

/** False for a change of the state, and for one of metadata alone, which has no generation: no Agent follows. */
function reachesSwitches(change: Change): boolean {
  const { goal, fields } = change;
  if (isMemoryOnly(change)) return false;
  return goal !== 'update' || fields.some(({ path }) => !path.startsWith('/metadata/'));
}

/** True for a change that only restores what was applied before: another tool had changed or removed the object. */
function isRestored({ ref }: Change, scene: Scene): boolean {
  const { memory, desired } = scene.get(ref) ?? {};
  return memory?.applied?.spec !== undefined && sameJson(memory.applied.spec, desired?.spec);
}

/**
 * The generations to record after an apply. An awaited switch that has not applied the change has none: nothing shows
 * which of its generations will have it.
 */
function generationsAfter(recorded: Generations, switches: readonly string[], { outcome, open, applied }: Awaited) {
  const awaitedOnes = new Set(switches);
  // At a wait that ended well, the open switches are those that the change does not concern.
  const kept = Object.entries(recorded).filter(
    ([name]) => !awaitedOnes.has(name) || (outcome === 'applied' && open.includes(name)),
  );
  return { ...Object.fromEntries(kept), ...applied };
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
  // In a cluster without any Agent, only a new switch shows whether a controller runs.
  const hasSwitch = done.some(({ change }) => change.ref.kind === 'Switch' && change.goal === 'create');
  const hasAgents = before !== undefined && (hasSwitch || Object.keys(before).length > 0);
  const switches = hasAgents ? switchesOfChanges(changes, reachesOf(scene, ref.name)) : [];
  const { agents } = desired.spec;
  const recorded = (memory.kept as Partial<FabricMemory>).agents ?? {};
  const isRestoration = done.every(({ change }) => !reachesSwitches(change) || isRestored(change, scene));
  const wait: AgentsWait = {
    switches,
    isLong: changes.length > 1,
    before: new Map(Object.entries(before ?? {})),
    restored: new Map(isRestoration ? Object.entries(recorded) : []),
    from: now(),
    noticeMs: durationMs(agents.settle),
    deadlineMs: durationMs(agents.deadline),
  };
  const waited: Awaited =
    switches.length === 0
      ? { outcome: 'applied', reason: '', open: [], applied: {}, course: coursesIn(scene)[ref.name] ?? {} }
      : await awaited({ ...ended, fabric: ref, cluster: await world.cluster(desired.spec, ended.signal), world, wait });
  const { outcome } = waited;
  const reason = `${waited.reason}${FAILURE_CODES[outcome] ?? ''}`;
  // Objects outside of the selection of the apply count too, and those that were only adopted.
  const changed = new Set(done.flatMap(({ change }) => (isMemoryOnly(change) ? [] : [formatRef(change.ref)])));
  const open = differingIn(scene)[ref.name]?.filter((address) => !changed.has(address));
  const raw: FabricRaw = {
    connection: 'kept',
    ...(before === undefined ? { agents: 'none' } : courseAtEnd(waited)),
    ...(open === undefined ? {} : { objects: { total: done.length + open.length, differing: open.length } }),
    ...(outcome === 'applied' || outcome === 'waiting' ? {} : { syncFailure: reason }),
  };
  return {
    notes: [noteOf({ fabric, memory, agents: generationsAfter(recorded, switches, waited), raw, now: now() })],
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
