/** `fettle serve`: refreshes projects on a schedule, and applies what its host permits. `--once` runs one round. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openChallenges } from '../serve/challenges.ts';
import { defaultLimits, type ServeLimits, serveLimits } from '../serve/config.ts';
import { readText } from '../engine/load/read-text.ts';
import { InputError, secretsOf, valueRedactor } from '#plugin';
import { realpath } from '#plugin/direct-files';
import { distrustOf, trustedOwners } from '#plugin/owner';
import { version } from '../version.ts';
import type { Host, Workspace } from '../run/project.ts';
import { openWorkspace, ProblemsError } from '../run/project.ts';
import type { Ending } from '../run/ending.ts';
import { round, type RoundOrder } from '../run/round.ts';
import { type Handed, openHanded } from '../run/last-valid.ts';
import { isInside, logOf } from '../run/stores.ts';
import { redactorFor, storeVariables } from '../run/worlds.ts';
import type { Listener } from '../run/events.ts';
import type { Interruption } from '../run/interruption.ts';
import { endedDeliveries } from '../serve/alerts/delivery-counts.ts';
import { secretsOfDestinations } from '../serve/alerts/receiver.ts';
import {
  readerEnvironment,
  roundEnvironment,
  type VariableUses,
  watcherEnvironment,
} from '../serve/child-environments.ts';
import type { DaemonOptions, ServedProject } from '../serve/daemon.ts';
import type { Shell } from '../shell.ts';
import type { MeasuredPlugin } from '../serve/metric-families.ts';
import type { RoundHealth } from '../formats/round.ts';
import type { RoundMessage } from '../serve/round-process.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import { flag, stream, text, where } from './options.ts';

/** Longest wait of a round for the lock, in ms: a later round refreshes again. */
const LOCK_TIMEOUT_MS = 2000;

const CONFIG = 'fettle.yaml';

/** The limits in the file of the host. Throws for a file that others can write, or that belongs to a project. */
export async function limitsIn(file: string, host: Host, roots: readonly string[]): Promise<ServeLimits> {
  const real = await realpath(file).catch(() => {
    throw new InputError(`${file} was not found. Name an existing file with --serve-config`);
  });
  for (const root of roots)
    if (await isInside(real, root))
      throw new InputError(
        `${file} is in the repository ${root}, where a pull request can change it. Move the file of --serve-config to a folder of the host`,
      );
  const distrust = await distrustOf(real, trustedOwners(host.uid, host.env));
  if (distrust !== undefined)
    throw new InputError(`${file} is not trusted: ${distrust.path} ${distrust.reason}. Correct its owner and mode`);
  const read = await readText(real);
  if ('unreadable' in read) throw new InputError(`${file} cannot be read: ${read.unreadable.message}`);
  const { env, plugins: loaders } = host;
  const { limits, problems } = await serveLimits({ name: file, file: real, text: read.text, env, loaders });
  if (problems.length > 0) throw new ProblemsError(problems);
  return limits;
}

/** The parts of all plugins that metrics depend on. */
async function measuredPlugins({ plugins, env }: Host): Promise<readonly MeasuredPlugin[]> {
  const measured: MeasuredPlugin[] = [];
  for (const [name, load] of plugins) {
    const plugin = await load();
    // A variable that is not valid stops the daemon before its first round.
    plugin.onHost?.({}, env);
    const metrics = await plugin.metrics?.();
    measured.push({
      name,
      families: metrics?.families ?? [],
      tables: plugin.tables,
      watches: plugin.watchers !== undefined,
    });
  }
  return measured;
}

/** The folders below `folder` that have a configuration. */
async function projectFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new InputError(`${folder} cannot be read. Name a folder of projects with --projects`);
  });
  const folders: string[] = [];
  for (const entry of entries.filter((each) => each.isDirectory()).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const names = await readdir(join(folder, entry.name)).catch((): string[] => []);
    if (names.includes(CONFIG)) folders.push(join(folder, entry.name));
  }
  if (folders.length === 0) throw new InputError(`no folder in ${folder} has a ${CONFIG}`);
  return folders;
}

/** The projects of a folder of projects. Throws if two have the same name. */
async function openProjects(folder: string, host: Host, say: Listener): Promise<readonly Workspace[]> {
  const workspaces: Workspace[] = [];
  for (const each of await projectFolders(folder)) workspaces.push(await openWorkspace(host, { folder: each }, say));
  const names = workspaces.map(({ config }) => config.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`two projects have the name ${twice}. Give each a name of its own`);
  return workspaces;
}

/** Runs the watchers of a project until the daemon stops this process, or has ended. */
async function runWatchers({
  host,
  shell: { fromParent, toParent, parentEnded },
  say,
  open,
  stop,
}: Pick<Serving, 'host' | 'shell' | 'say'> &
  Pick<Interruption, 'stop'> & { readonly open: () => Promise<Workspace> }): Promise<Ending> {
  if (fromParent === undefined || toParent === undefined || parentEnded === undefined)
    throw new InputError('--watcher is for the watchers of a daemon. Omit --watcher');
  const orphaned = new AbortController();
  void parentEnded().then(() => orphaned.abort());
  const handed = (await fromParent()) as Handed;
  const { lastValid } = handed;
  const workspace = await openHanded(open, host, handed, say);
  const { watch } = await import('../run/watch.ts');
  return watch(workspace, { lastValid, stop: AbortSignal.any([stop, orphaned.signal]), send: toParent });
}

export interface Serving {
  readonly workspaces: readonly Workspace[];
  readonly limits: ServeLimits;
  readonly host: Host;
  readonly shell: Shell;
  readonly say: Listener;
  /** The options of the rounds of a project. */
  readonly argsOf: (project: ServedProject) => readonly string[];
  /** Gets each line of the output. */
  readonly tell: (line: string) => void;
  readonly interruption: Interruption;
  readonly onListening?: DaemonOptions['onListening'];
}

/** Serves projects until the interruption. */
export async function serveProjects(serving: Serving): Promise<void> {
  const { workspaces, limits, host, shell, say, argsOf, tell, interruption, onListening } = serving;
  const { program } = shell;
  if (program === undefined) throw new InputError('the program of a round is not known');
  const [{ runDaemon }, { eventsOf }, { startRound }, { startWatch }] = await Promise.all([
    import('../serve/daemon.ts'),
    import('../serve/intake.ts'),
    import('../serve/round-process.ts'),
    import('../serve/watch-process.ts'),
  ]);
  const { announcedEndpoints } = await import('../serve/answers/answerer.ts');
  const events = await eventsOf(host.plugins);
  const uses: VariableUses = {
    events: [...events.values()].flatMap((each) => each.secretVariables),
    receivers: limits.alerts.variables,
  };
  const variablesOfStore = new Map(workspaces.map(({ config }) => [config.folder, storeVariables(config)]));
  // A process that lacks a secret cannot hide it in what it prints.
  const redact = valueRedactor([...secretsOf(host.env), ...secretsOfDestinations(limits.alerts.destinations)]);
  const projects = workspaces.map(
    (workspace): ServedProject => ({
      name: workspace.config.name,
      folder: workspace.config.folder,
      log: logOf(workspace.config),
      intake: {
        openStore: () => host.openStore(workspace, say),
        redactor: (secrets) => redactorFor(workspace, secrets),
      },
    }),
  );
  tell(`fettle ${version} serves ${projects.map(({ name }) => name).join(', ')}`);
  const challenges = limits.challenges && (await openChallenges(limits.challenges, trustedOwners(host.uid, host.env)));
  try {
    await runDaemon({
      projects,
      limits,
      challenges,
      plugins: await measuredPlugins(host),
      events,
      env: host.env,
      endpoints: await announcedEndpoints(host.plugins),
      reader: (project) => ({
        program,
        args: ['serve', '--answers', ...argsOf(project)],
        env: readerEnvironment(host.env, uses, variablesOfStore.get(project.folder) ?? []),
      }),
      start: (project, order, heard) =>
        startRound({
          program,
          args: ['serve', '--once', ...argsOf(project), '--ordered'],
          env: roundEnvironment(host.env, uses, challenges?.folder),
          order: { ...order, log: project.log },
          heard,
        }),
      startWatch: (project, order, heard) =>
        startWatch({
          program,
          args: ['serve', '--watcher', ...argsOf(project)],
          env: watcherEnvironment(host.env, uses),
          order: { ...order, log: project.log },
          heard,
        }),
      now: host.now,
      elapsed: host.elapsed,
      say: (line) => tell(redact(line)),
      interruption,
      onWake: (wake) => shell.onHangup?.(wake) ?? (() => undefined),
      ...(onListening === undefined ? {} : { onListening }),
    });
  } finally {
    await challenges?.close();
  }
}

/** Answers the questions of the daemon until it ends. */
async function answerParent(
  { messages, toParent }: Shell,
  open: (handed: Handed) => Promise<Workspace>,
  say: Listener,
): Promise<Ending> {
  if (messages === undefined || toParent === undefined)
    throw new InputError('--answers is for the processes of a daemon. Omit --answers');
  const { runReader } = await import('../serve/answers/reader.ts');
  await runReader(open, messages(), toParent, say);
  return 'ok';
}

export const serve = command({
  name: 'serve',
  summary: 'Refresh on a schedule, record drift, and apply what the host permits.',
  options: {
    ...where,
    projects: text('<dir>', 'Serve every project in this folder, instead of one.'),
    serveConfig: text('<file>', 'File with the permissions and limits of this host. Default: no row is applied.'),
    listen: text('<address>', 'Address and port of the metrics. Default: 127.0.0.1:9465.'),
    once: flag('Run one round, and exit.'),
    ordered: { ...flag('Wait for the order of the process that started this one.'), hidden: true },
    answers: { ...flag('Answer the requests of the process that started this one.'), hidden: true },
    watcher: { ...flag('Run the watchers for the process that started this one.'), hidden: true },
    ...stream,
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, host, shell, say, print, path, source, interruption, openWorkspace: open, isStream }) => {
    const {
      projects: folder,
      once = false,
      ordered = false,
      answers = false,
      watcher = false,
      serveConfig,
      listen,
    } = flags;
    if (watcher) return runWatchers({ host, shell, say, open, stop: interruption().stop });
    if (once && folder !== undefined) throw new InputError('--once runs a round of one project. Omit --projects');
    if (!once && isStream) throw new InputError('--json prints the events of one round. Add --once');
    if (folder !== undefined && flags.config !== undefined)
      throw new InputError('--config names the configuration of one project. Omit --projects');
    const order = ordered ? ((await shell.fromParent?.()) as RoundOrder | undefined) : { gaveWay: 0 };
    if (order === undefined) throw new InputError('--ordered is for the rounds of a daemon. Omit --ordered');
    if (answers) return answerParent(shell, (handed) => openHanded(open, host, handed, say), say);
    const workspaces =
      folder === undefined ? [await openHanded(open, host, order, say)] : await openProjects(path(folder), host, say);
    const roots = workspaces.map(({ config }) => config.root);
    const given = serveConfig === undefined ? defaultLimits(host.env) : await limitsIn(path(serveConfig), host, roots);
    const limits: ServeLimits = { ...given, ...(listen === undefined ? {} : { listen }) };
    const stopping = interruption();
    const [workspace] = workspaces;
    if (once && workspace !== undefined) {
      let message: RoundMessage = {};
      const { roundAlerts } = await import('../serve/round-alerts.ts');
      const options = {
        permissions: limits.permissions,
        interruption: stopping,
        lockTimeout: LOCK_TIMEOUT_MS,
        everyMs: limits.intervalMs,
        order,
        regions: limits.regions,
        alerts: roundAlerts({ workspace, stop: stopping.stop, skippedMs: order.skippedMs ?? 0, ...limits.alerts }, say),
        measure: { alerts: limits.alerts.settings, mostSeries: limits.metrics.resourceSeries },
        onHealth: (health: RoundHealth) => {
          message = { ...message, health };
        },
      };
      try {
        const { ending, report, ledger, lastValid, plan, rules = {} } = await round(workspace, options, say);
        const deliveries =
          ledger === undefined ? [] : endedDeliveries(ledger.before, ledger.after, limits.alerts.destinations);
        message = { ...message, report, yielded: ending === 'yielded', deliveries, lastValid };
        // A plan of thousands of resources takes time to pack, and only callers of the API see it.
        if (plan !== undefined && limits.hasReaders) {
          const { packedPlan } = await import('../serve/answers/snapshot.ts');
          message = { ...message, plan: packedPlan(plan, rules) };
        }
        return ending;
      } finally {
        await shell.toParent?.(message);
      }
    }
    const named = serveConfig === undefined ? [] : [`--serve-config=${path(serveConfig)}`];
    const own = flags.config === undefined ? [] : [`--config=${path(flags.config)}`];
    const folderOf = (project: ServedProject): string => (folder === undefined ? source.folder : project.folder);
    await serveProjects({
      workspaces,
      limits,
      host,
      shell,
      say,
      argsOf: (project) => [`--chdir=${folderOf(project)}`, ...own, ...named],
      tell: (line) => print(`${line}\n`),
      interruption: stopping,
    });
    return 'ok';
  },
});
