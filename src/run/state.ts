/** The state: lists, moves, renames and forgets its resources. Does not change the infrastructure. */

import { addressMatcher } from '../engine/address-glob.ts';
import { PROJECT_NAME } from '../engine/load/config.ts';
import { match } from '../engine/match.ts';
import type { PluginSummary } from '../engine/seal.ts';
import { emptyRecall, type Recall, rememberedOf } from '../engine/remember.ts';
import { scheduleOf } from '../engine/schedule.ts';
import { sceneOf } from '../engine/scene.ts';
import { summarize } from '../engine/summary.ts';
import {
  defined,
  type Facts,
  formatRef,
  type Gap,
  InputError,
  type Memory,
  parseRef,
  type Plugin,
  type Ref,
  type Resource,
} from '#plugin';
import type { Head } from '../store/store.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import type { Locking } from './lock.ts';
import type { Workspace } from './project.ts';
import {
  judgeSelectors,
  labelsByAddress,
  nothingRemembered,
  removedLately,
  type Selection,
  selects,
} from './selection.ts';
import { sayLogState, withStore } from './stores.ts';
import { pluginsFor, redactorFor, safetyOf, settingsFor, upgradeRecall } from './worlds.ts';
import { type Ended, refuseInCi, writeLog } from './write-log.ts';

/** Reads the state. Damage to the log is reported as an event. */
export async function readState(
  workspace: Workspace,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly recall: Recall }> {
  return withStore(workspace, say, async (store) => {
    const { recall, report } = await store.state();
    sayLogState(report, store, say);
    return { ending: report.status === 'damaged' ? 'error' : 'ok', recall };
  });
}

/** The selected resources of the state, sorted by address. */
export async function listState(
  workspace: Workspace,
  selection: Selection,
  say: Listener,
): Promise<ReadonlyMap<string, Memory>> {
  const { recall } = await readState(workspace, say);
  const addresses = [...recall.resources.keys()].sort();
  const known = new Map([...recall.resources].map(([address, memory]) => [address, { memory }]));
  judgeSelectors(
    selection,
    { addresses, labels: labelsByAddress(known), removed: removedLately(recall), gaps: [] },
    say,
    'matches no resource in the state',
  );
  const within = selects(selection, known);
  return new Map(
    addresses.flatMap((address) => {
      const memory = recall.resources.get(address);
      return memory === undefined || within?.(address) === false ? [] : [[address, memory] as const];
    }),
  );
}

/** One resource of the state. */
export interface ShownState {
  readonly memory: Memory;
  /** When the resource is due, as far as the state has it. */
  readonly schedule?: Facts;
}

/** One resource of the state. Throws InputError if it is not in the state. */
export async function showState(workspace: Workspace, ref: Ref, say: Listener): Promise<ShownState> {
  const { recall } = await readState(workspace, say);
  const address = formatRef(ref);
  const memory = recall.resources.get(address);
  if (memory === undefined) throw new InputError(nothingRemembered(address, recall.resources.keys()));
  const { resources, now } = await unrefreshed(workspace, new Map([[address, memory]]));
  const resource = resources.get(address);
  return defined({ memory, schedule: resource === undefined ? undefined : scheduleOf(resource, now) });
}

/** Resources as the state has them. */
interface Unrefreshed {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly gaps: readonly Gap[];
  readonly recall: Recall;
  /** Epoch ms. */
  readonly now: number;
}

async function unrefreshed(workspace: Workspace, known: ReadonlyMap<string, Memory>): Promise<Unrefreshed> {
  const now = workspace.host.now();
  const recall = { ...emptyRecall(), resources: new Map(known), at: now };
  const plugins = await pluginsFor(workspace, [], recall);
  // Resources that a newer version of the plugin recorded are listed, but this version cannot summarize them.
  for (const [address, { ref, version }] of known)
    if (version > (plugins.get(ref.plugin)?.tables.kinds[ref.kind]?.memoryVersion ?? version))
      recall.resources.delete(address);
  upgradeRecall(recall, plugins);
  const gaps = [...plugins.keys()].map((plugin): Gap => ({ plugin, message: 'not refreshed' }));
  const settings = await settingsFor(plugins, workspace);
  const { resources } = match([], { observed: [], gaps, at: now }, recall, { plugins, settings, now });
  return { plugins, resources, gaps, recall, now };
}

/** The plugins' summaries of the listed resources. Without a refresh, the actual state of each resource is unknown. */
export async function stateSummaries(
  workspace: Workspace,
  known: ReadonlyMap<string, Memory>,
): Promise<readonly PluginSummary[]> {
  const { plugins, resources, gaps, recall, now } = await unrefreshed(workspace, known);
  const safety = await safetyOf(workspace.config, {}, now);
  const scene = sceneOf({ resources, gaps, now, viewedAt: now, safety, spent: recall.spent, uses: recall.uses });
  return summarize(resources, plugins, scene, redactorFor(workspace));
}

export interface StateWrite extends Omit<Locking, 'command'> {
  readonly reason?: string | undefined;
}

/** Moves a resource in the state to another address, with references to it. The result is the log's head, absent if the run was stopped. */
export async function moveState(
  workspace: Workspace,
  names: { readonly from: Ref; readonly to: Ref },
  { reason, ...locking }: StateWrite,
  say: Listener,
): Promise<Ended<Head | undefined>> {
  const { from, to } = names;
  const [source, target] = [formatRef(from), formatRef(to)];
  if (from.plugin !== to.plugin || from.kind !== to.kind)
    throw new InputError('a resource keeps its plugin and kind; only scope and name can change');
  if (source === target) throw new InputError('both names are identical');
  refuseInCi(workspace, 'state mv');
  const writing = { ...locking, command: 'state mv' };
  return writeLog(workspace, writing, say, async ({ recall, record, run, head }) => {
    const memory = recall.resources.get(source);
    if (memory === undefined) throw new InputError(nothingRemembered(source, recall.resources.keys()));
    if (memory.open !== undefined)
      throw new InputError(`${source} has an open step (${memory.open.step}). Run apply first to settle it`);
    if (recall.resources.has(target)) throw new InputError(`${target} is already in the state`);
    await record([{ kind: 'moved', body: { run, from, ref: to, ...(reason === undefined ? {} : { reason }) } }]);
    return { ending: 'ok', counts: { moved: 1 }, result: head() };
  });
}

/** Renames the project in its log. */
export async function renameProject(
  workspace: Workspace,
  names: { readonly from: string; readonly to: string },
  { reason, ...locking }: StateWrite,
  say: Listener,
): Promise<Ending> {
  const { from, to } = names;
  for (const name of [from, to])
    if (!PROJECT_NAME.test(name))
      throw new InputError(
        `"${name}" is not a valid project name. Use up to 63 letters, digits, dots, underscores and dashes`,
      );
  if (from === to) throw new InputError('both names are identical');
  const { config } = workspace;
  refuseInCi(workspace, 'state rename');
  if (config.nameWritten && config.name !== from && config.name !== to)
    throw new InputError(`fettle.yaml has the name ${config.name}, which is neither ${from} nor ${to}`);
  // `from` must match the name in the log, so that another project's log is not renamed by accident.
  const old = { ...workspace, config: { ...config, name: from } };
  await withStore(old, say, async (store) => {
    const found = await store.project();
    if (found === undefined) throw new InputError(`no log of project ${from} was found at ${store.place}`);
    if (found !== from) throw new InputError(`the log at ${store.place} belongs to project ${found}, not ${from}`);
  });
  const writing = { ...locking, command: 'state rename' };
  const { ending } = await writeLog(old, writing, say, async ({ store, recall, fence, run }) => {
    const rename = { to, run, ...(reason === undefined ? {} : { reason }) };
    await store.rename(rename, rememberedOf(recall), fence);
    return { ending: 'ok', counts: { renamed: 1 } };
  });
  return ending;
}

/** Resources that are about to be forgotten. */
export interface Forgetting {
  readonly addresses: readonly string[];
  /** Those of `addresses` that are protected. */
  readonly guarded: readonly string[];
}

export interface ForgetOptions extends StateWrite {
  /** Addresses or globs. */
  readonly addresses: readonly string[];
  /** Asks for approval before resources are forgotten. Throws if it is declined. */
  readonly ask: (forgetting: Forgetting, stop: AbortSignal) => Promise<void>;
}

export interface Forgotten {
  /** Number of resources. */
  readonly forgotten: number;
  readonly head: Head | undefined;
}

/** Forgets resources. The result is absent if the run was stopped. */
export async function forgetState(
  workspace: Workspace,
  { addresses: globs, ask, reason, ...locking }: ForgetOptions,
  say: Listener,
): Promise<Ended<Forgotten>> {
  if (globs.length === 0) throw new InputError('an address is expected, or a glob such as "nodes/Node/*"');
  const tests = globs.map((glob) => ({ glob, matches: addressMatcher(glob) }));
  refuseInCi(workspace, 'state forget');
  const writing = { ...locking, command: 'state forget' };
  return writeLog(workspace, writing, say, async ({ recall, record, run, head }) => {
    const { stop } = locking.interruption;
    const known = [...recall.resources.keys()].sort();
    for (const { glob, matches } of tests)
      if (!known.some(matches)) throw new InputError(nothingRemembered(glob, known));
    const addresses = known.filter((address) => tests.some(({ matches }) => matches(address)));
    const guarded = addresses.filter((address) => recall.resources.get(address)?.protect === true);
    await ask({ addresses, guarded }, stop);
    stop.throwIfAborted();
    await record(
      addresses.flatMap((address) => {
        const ref = recall.resources.get(address)?.ref ?? parseRef(address);
        if (ref === undefined) return [];
        return [{ kind: 'memory', body: { run, ref, goal: 'release', because: reason ?? 'state forget' } } as const];
      }),
    );
    const forgotten = addresses.length;
    return { ending: 'ok', counts: { forgotten }, result: { forgotten, head: head() } };
  });
}
