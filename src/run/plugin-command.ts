/**
 * Commands of plugins. The plugin decides by pure functions of documents, state and arguments; everything that reaches
 * outside or is recorded happens here: the lock, the refresh, the log, and the apply with its rules and approval.
 */

import { expand } from '../engine/expand.ts';
import { gapFinder } from '../engine/gap.ts';
import { kindIn } from '../engine/match.ts';
import { writesOf } from '../engine/places.ts';
import { otherThanApproved } from '../engine/covers.ts';
import { soundReport } from '../engine/plugin-commands.ts';
import { emptyRecall, type Recall } from '../engine/remember.ts';
import { noteDrafts } from '../engine/state-notes.ts';
import {
  type ApplyCommand,
  type CommandInput,
  type CommandReport,
  defined,
  errorText,
  type FileSeen,
  type FileUse,
  formatRef,
  inAddressOrder,
  InputError,
  type NoteCommand,
  type Plugin,
  type PluginCommand,
  type Ref,
  type RefreshCommand,
  type Resource,
  resourceOf,
  type RunCommand,
  type ShowCommand,
  type StateNote,
  type TrialCommand,
  type WatchCommand,
} from '#plugin';
import { raced } from '#plugin/deadline';
import { apply } from './apply.ts';
import type { ApplyOptions } from './apply-round.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import { eitherOf, type Interruption, stoppedEnding } from './interruption.ts';
import { openDocuments, type Project, type Workspace } from './project.ts';
import { reconcileProject } from './reconcile-project.ts';
import { sayLogState, withStore } from './stores.ts';
import { repeatedProgress } from './repeated-progress.ts';
import { filesFor, openWorlds, pluginsFor, redactorFor, settingsFor, upgradeRecall } from './worlds.ts';
import { type OpenLog, refuseInCi, writeLog } from './write-log.ts';

/** A command of a plugin with its arguments. */
export interface CommandCall<C extends PluginCommand = PluginCommand>
  extends Pick<CommandInput, 'words' | 'flags' | 'reason'> {
  readonly plugin: Plugin;
  readonly command: C;
}

export interface CommandOptions {
  readonly interruption: Interruption;
  readonly lockTimeout?: number | undefined;
  /** Asks for approval before notes are recorded. Throws if it is declined. */
  readonly ask: (question: string, stop: AbortSignal) => Promise<void>;
}

/** The name of a command behind `fettle`, as in the log. */
function nameOf({ plugin, command }: CommandCall): string {
  return `${plugin.name} ${command.name}`;
}

/** The result of a function of the plugin. A plugin of another package brings its own copy of InputError. */
function asked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (Error.isError(error) && error.name === 'InputError') throw new InputError(error.message, { cause: error });
    throw error;
  }
}

/** Plugins of documents and state, and the input of a command. */
interface Given {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly input: CommandInput;
}

async function givenTo(
  { plugin, words, flags, reason }: CommandCall,
  project: Project,
  recall: Recall,
): Promise<Given> {
  const { host, documents } = project;
  const plugins = new Map([...(await pluginsFor(project, documents, recall)), [plugin.name, plugin] as const]);
  upgradeRecall(recall, plugins);
  const settings = await settingsFor(plugins, project);
  const isOwn = ({ ref }: { readonly ref: Ref }): boolean => ref.plugin === plugin.name;
  const input = defined<CommandInput>({
    words,
    flags,
    reason,
    desired: inAddressOrder(expand(documents, plugins, recall, settings).filter(isOwn)),
    memory: inAddressOrder([...recall.resources.values()].filter(isOwn)),
    now: host.now(),
    actor: host.actor,
    settings: settings.get(plugin.name) ?? {},
  });
  return { plugins, input };
}

/** Reads documents and state for a command that does not write. */
async function reading<T>(
  workspace: Workspace,
  call: CommandCall,
  say: Listener,
  use: (project: Project, read: Pick<Given, 'input'> & { readonly ending: Ending }) => Promise<T>,
): Promise<T> {
  const project = await openDocuments(workspace, say);
  return withStore(project, say, async (store) => {
    const { recall, report } = await store.state();
    if (report.status !== 'none') sayLogState(report, store, say);
    const { input } = await givenTo(call, project, recall);
    return use(project, { input, ending: report.status === 'damaged' ? 'error' : 'ok' });
  });
}

/** Prints the output of a command that only reads documents and state. */
export async function showCommand(
  workspace: Workspace,
  call: CommandCall<ShowCommand>,
  say: Listener,
): Promise<Ending> {
  return reading<Ending>(workspace, call, say, async (_project, { input, ending }) => {
    const report = soundReport(
      asked(() => call.command.show(input)),
      redactorFor(workspace),
    );
    say({ type: 'command-output', command: nameOf(call), report });
    return ending;
  });
}

/** Watches the infrastructure until the command ends, or is stopped. */
export async function watchCommand(
  workspace: Workspace,
  call: CommandCall<WatchCommand>,
  { interruption }: Pick<CommandOptions, 'interruption'>,
  say: Listener,
): Promise<Ending> {
  const { plugin, command } = call;
  return reading<Ending>(workspace, call, say, async (project, { input, ending }) => {
    const worlds = await openWorlds(new Map([[plugin.name, plugin]]), project);
    const { stop, abort } = interruption;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    abort.addEventListener('abort', () => resolve(), { once: true });
    try {
      const watching = async (): Promise<void> =>
        command.watch(await worlds.reader(plugin.name), {
          ...input,
          signal: stop,
          print: (line, facts) => {
            const report = soundReport({ lines: [line], facts }, worlds.redact);
            if (!abort.aborted) say({ type: 'command-output', command: nameOf(call), report });
          },
        });
      await Promise.race([watching(), aborted]);
      return stoppedEnding(interruption) ?? ending;
    } catch (error) {
      const stopped = stoppedEnding(interruption);
      if (stopped !== undefined) return stopped;
      if (Error.isError(error) && error.name === 'InputError') throw new InputError(error.message, { cause: error });
      say({ type: 'watch-failed', plugin: plugin.name, message: worlds.redact(errorText(error)) });
      return 'partly-read';
    } finally {
      await worlds.close();
    }
  });
}

/**
 * Runs a program of the plugin until it ends. It needs neither the store nor its lock: a daemon goes on while both are
 * used. A program that ends in order after a stop has ended well.
 */
export async function runCommand(
  workspace: Workspace,
  call: CommandCall<RunCommand>,
  { interruption }: Pick<CommandOptions, 'interruption'>,
  say: Listener,
): Promise<Ending> {
  const project = await openDocuments(workspace, say);
  const { input } = await givenTo(call, project, emptyRecall());
  const redact = redactorFor(workspace);
  const { stop, abort } = interruption;
  const running = call.command.run({
    ...input,
    env: workspace.host.env,
    signal: stop,
    print: (lines, facts) => {
      const report = soundReport({ lines: typeof lines === 'string' ? [lines] : lines, facts }, redact);
      if (!abort.aborted) say({ type: 'command-output', command: nameOf(call), report });
    },
  });
  try {
    await raced(running, abort);
    return 'ok';
  } catch (error) {
    const stopped = abort.aborted ? stoppedEnding(interruption) : undefined;
    if (stopped !== undefined) return stopped;
    if (Error.isError(error) && error.name === 'InputError') throw new InputError(error.message, { cause: error });
    throw error;
  }
}

/** Takes the lock for a command, and records its run. */
async function writing(
  workspace: Workspace,
  call: CommandCall,
  { interruption, lockTimeout }: CommandOptions,
  say: Listener,
  work: (
    log: OpenLog,
    project: Project,
    given: Given,
  ) => Promise<{ readonly ending: Ending; readonly report?: Output }>,
): Promise<Ending> {
  const command = nameOf(call);
  const project = await openDocuments(workspace, say);
  refuseInCi(workspace, command);
  const body = call.reason === undefined ? {} : { reason: call.reason };
  const { ending, result } = await writeLog<Output>(
    workspace,
    { command, body, lockTimeout, interruption },
    say,
    async (log) => {
      const { ending: own, report } = await work(log, project, await givenTo(call, project, log.recall));
      return defined({ ending: own, result: report });
    },
  );
  if (result !== undefined) say(defined({ type: 'command-output' as const, command, ...result }));
  return ending;
}

interface Output {
  readonly report: CommandReport;
  readonly head: ReturnType<OpenLog['head']>;
}

/** The resources to refresh. Throws InputError for one that is neither declared nor in the state. */
function wantedOf({ plugin, command }: CommandCall<RefreshCommand>, input: CommandInput): ReadonlyMap<string, Ref> {
  const only = new Map(asked(() => command.only(input)).map((ref) => [formatRef(ref), ref]));
  const known = new Set([...input.desired, ...input.memory].map(({ ref }) => formatRef(ref)));
  for (const [address, ref] of only) {
    if (ref.plugin !== plugin.name) throw new Error(`the plugin ${plugin.name} cannot refresh ${address}`);
    if (!known.has(address)) throw new InputError(`${address} is neither declared nor in the state`);
  }
  if (only.size === 0) throw new InputError('no resource to refresh is declared or in the state');
  return only;
}

/** Refreshes the resources that a command names, records the refresh, and reports them. */
export async function refreshCommand(
  workspace: Workspace,
  call: CommandCall<RefreshCommand>,
  options: CommandOptions,
  say: Listener,
): Promise<Ending> {
  const { interruption } = options;
  return writing(workspace, call, options, say, async (log, project, { plugins, input }) => {
    const only = wantedOf(call, input);
    const worlds = await openWorlds(plugins, project);
    try {
      const { sealed, resources } = await reconcileProject(
        {
          project,
          recall: log.recall,
          record: log.record,
          run: log.run,
          selection: {},
          passes: {},
          plugins,
          worlds,
          head: log.head(),
          abort: eitherOf(interruption),
          only: [...only.values()],
          within: (address) => only.has(address),
        },
        say,
      );
      const stopped = stoppedEnding(interruption);
      if (stopped !== undefined) return { ending: stopped };
      const refreshed = [...only.keys()].flatMap((address) => resources.get(address) ?? []);
      const { failed = false, ...own } = asked(() =>
        call.command.report(refreshed, { ...input, now: project.host.now() }),
      );
      const gapOf = gapFinder(sealed.gaps);
      const isGap = [...only].some(([address, ref]) => gapOf(ref, address) !== undefined);
      const ending = isGap ? 'partly-read' : failed ? 'failure-reported' : 'ok';
      return { ending, report: { report: soundReport(own, worlds.redact), head: log.head() } };
    } finally {
      await worlds.close();
    }
  });
}

/** Records the decision of a command in the state. The infrastructure does not change. */
export async function noteCommand(
  workspace: Workspace,
  call: CommandCall<NoteCommand>,
  options: CommandOptions,
  say: Listener,
): Promise<Ending> {
  const { plugin, command } = call;
  if (command.needsReason === true && (call.reason ?? '').trim() === '')
    throw new InputError(`${nameOf(call)} requires --reason "…", which is recorded in the log`);
  return writing(workspace, call, options, say, async (log, _project, { input }) => {
    const { recall, run, record, head } = log;
    const { notes, lines, facts = {}, ask } = asked(() => command.decide(input));
    const desired = new Map(input.desired.map((each) => [formatRef(each.ref), each]));
    const drafts = noteDrafts(notes, { plugin, validators: await plugin.validators(), desired, recall, run });
    const report = soundReport({ lines, facts }, redactorFor(workspace));
    const { stop } = options.interruption;
    if (ask !== undefined && drafts.length > 0) await options.ask(ask, stop);
    stop.throwIfAborted();
    await record(drafts);
    return { ending: 'ok', report: { report, head: head() } };
  });
}

/** Command lines of a trial, as they were when they were approved. */
interface ApprovedCommands {
  readonly stillApproved: () => Promise<void>;
  /** The command lines with the digests of their files, for the one who approves. */
  readonly runs: readonly string[];
}

async function approvedCommands(
  commands: readonly (readonly string[])[],
  project: Project,
  { desired, memory }: CommandInput,
  plugin: Plugin,
): Promise<ApprovedCommands> {
  const uses = commands.map((words): FileUse => ({ words, use: 'run' }));
  const readFiles = filesFor(project);
  const resourcesOf = (ref: Ref, own: Partial<Pick<Resource, 'desired' | 'memory'>>): readonly Resource[] => {
    const loaded = kindIn(plugin, ref.kind);
    if (loaded === undefined) return [];
    const parts = { ref, ...loaded, sight: { is: 'absent' }, desired: undefined, memory: undefined, ...own } as const;
    return [resourceOf(parts, formatRef(ref), null)];
  };
  const written = writesOf([
    ...desired.flatMap((each) => resourcesOf(each.ref, { desired: each })),
    ...memory.flatMap((each) => resourcesOf(each.ref, { memory: each })),
  ]);
  const read = async (): Promise<readonly FileSeen[]> => [...(await readFiles(uses, written)).values()].flat();
  const approved = await read();
  const bad = approved.find(({ problem }) => problem !== undefined);
  if (bad !== undefined) throw new InputError(`${bad.path} ${bad.problem}`);
  const digests = approved.map(({ path, digest = '' }) => `${path} ${digest}`);
  return {
    stillApproved: async () => {
      const other = otherThanApproved(approved, await read());
      if (other !== undefined) throw new Error(`${other} has changed since the approval, so it was not run`);
    },
    runs: [
      ...commands.map((words) => `runs ${JSON.stringify(words)}`),
      ...[...new Set(digests)].map((each) => `the approval covers ${each}`),
    ],
  };
}

/** Runs a trial with the writer of its plugin, and records its result. */
export async function trialCommand(
  workspace: Workspace,
  call: CommandCall<TrialCommand>,
  options: CommandOptions,
  say: Listener,
): Promise<Ending> {
  const { plugin, command } = call;
  const { interruption } = options;
  return writing(workspace, call, options, say, async (log, project, { plugins, input }) => {
    const { recall, run, record, head } = log;
    const question = asked(() => command.ask(input));
    const { stillApproved, runs } = await approvedCommands(
      asked(() => command.commands?.(input) ?? []),
      project,
      input,
      plugin,
    );
    const redact = redactorFor(workspace);
    for (const text of runs) say({ type: 'trial-progress', command: nameOf(call), text: redact(text) });
    await options.ask(question, interruption.stop);
    interruption.stop.throwIfAborted();
    const desired = new Map(input.desired.map((each) => [formatRef(each.ref), each]));
    const validators = await plugin.validators();
    const keep = async (notes: readonly StateNote[]): Promise<void> => {
      await record(noteDrafts(notes, { plugin, validators, desired, recall, run, isTrial: true }));
    };
    const worlds = await openWorlds(plugins, project);
    const report = (lines: readonly string[], facts: CommandReport['facts']): CommandReport =>
      soundReport({ lines, facts }, worlds.redact);
    let ended = (): void => undefined;
    try {
      const { progress, end } = repeatedProgress((text) => {
        say({ type: 'trial-progress', command: nameOf(call), text: worlds.redact(errorText(text)) });
      });
      ended = end;
      const writer = await worlds.writer(plugin.name);
      const trial = { ...input, signal: eitherOf(interruption), progress, stillApproved, keep };
      const {
        notes,
        lines,
        facts = {},
        failed = false,
      } = await command.try(writer, trial).catch((error: unknown) => {
        if (Error.isError(error) && error.name === 'InputError') throw new InputError(error.message, { cause: error });
        throw error;
      });
      await keep(notes);
      const stopped = stoppedEnding(interruption);
      return {
        ending: stopped ?? (failed ? 'trial-failed' : 'ok'),
        report: { report: report(lines, facts), head: head() },
      };
    } finally {
      ended();
      await worlds.close();
    }
  });
}

/** Plans and applies the steps of the resources that a command selects. */
export async function applyCommand(
  workspace: Workspace,
  call: CommandCall<ApplyCommand>,
  options: Omit<ApplyOptions, 'selection' | 'part'>,
  say: Listener,
): Promise<Ending> {
  const { plugin, command } = call;
  const target = await reading(
    workspace,
    call,
    () => undefined,
    async (_project, { input }) => asked(() => command.targets(input)),
  );
  if (target.length === 0) throw new InputError('the command selects no resource');
  const foreign = target.find((each) => !each.startsWith(`${plugin.name}/`));
  if (foreign !== undefined) throw new Error(`the plugin ${plugin.name} cannot apply ${foreign}`);
  const part = { command: nameOf(call) };
  return (await apply(workspace, { ...options, selection: { target }, part }, say)).ending;
}
