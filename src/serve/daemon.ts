/**
 * The parent process of `fettle serve`: it starts rounds and answers requests. Work on documents and infrastructure is in
 * the processes of the rounds, so that the parent answers at any time.
 */

import { counted, errorText, spanText } from '#plugin';
import { isLoopback, type ListenAddress, listenAddress } from '#plugin/listen-address';
import { Access } from './access.ts';
import { type Challenges, challengeRoute } from './challenges.ts';
import type { ServeLimits } from './config.ts';
import type { RoundReport } from '../formats/round.ts';
import { type App, appOf, type Route } from './http/app.ts';
import { routesOf } from './http/routes.ts';
import { ProjectApi } from './project-api.ts';
import type { Deposited } from './deposits.ts';
import type { ReaderProgram } from './reader-process.ts';
import type { Announced } from './answers/answerer.ts';
import { type HttpServer, startHttp, startPublicHttp } from './http/server.ts';
import { Intake, INTAKE_RESULTS, type IntakeOptions } from './intake.ts';
import type { MeasuredPlugin } from './metric-families.ts';
import { serveMetrics } from './metrics.ts';
import { paced } from './paced.ts';
import type { Interruption } from '../run/interruption.ts';
import type { RoundOrder } from '../run/round.ts';
import { type RoundEnded, type RoundProcess, Rounds } from './rounds.ts';
import { pullOf } from './regions/pull.ts';
import { Replication } from './regions/replication.ts';
import { startService } from './service.ts';
import { openTls, renewTls } from './tls.ts';
import type { Handed } from '../run/last-valid.ts';
import type { WatchProcess } from './watch-process.ts';
import { Watcher } from './watcher.ts';

export interface ServedProject {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Its log, as `logOf` names it. */
  readonly log: string;
  readonly intake: Pick<IntakeOptions, 'openStore' | 'redactor'>;
}

export interface DaemonOptions {
  readonly projects: readonly ServedProject[];
  readonly limits: ServeLimits;
  /** Undefined if the daemon answers no challenges. */
  readonly challenges: Challenges | undefined;
  /** Every plugin that documents may use. */
  readonly plugins: readonly MeasuredPlugin[];
  /** The plugins that take events in. */
  readonly events: IntakeOptions['events'];
  readonly env: IntakeOptions['env'];
  readonly start: (project: ServedProject, order: RoundOrder, heard: (line: string) => void) => RoundProcess;
  /** The endpoints of every project. */
  readonly endpoints: readonly Announced[];
  /** The program of the process that answers requests about a project. */
  readonly reader: (project: ServedProject) => Omit<ReaderProgram, 'heard'>;
  readonly startWatch: (project: ServedProject, order: Handed, heard: (message: unknown) => void) => WatchProcess;
  /** Epoch ms. */
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly say: (line: string) => void;
  /** `stop`: running actions finish. `abort`: they are cancelled too. */
  readonly interruption: Interruption;
  readonly onListening?: (address: ListenAddress) => void;
  /** Calls `wake` for a signal to start a round at once. Returns a function that ends it. */
  readonly onWake: (wake: () => void) => () => void;
}

/** Rounds after which a project that had none that ended well is not ready. */
const MISSED_ROUNDS = 3;

/** Time between two reloads by requests, in ms. */
const RELOAD_MS = 10_000;

/** Time for the requests under way when the daemon stops, in ms. */
const CLOSE_MS = 3_000;

/** The caller of an open request. */
const UNNAMED = 'a caller without a token';

interface ProjectStatus {
  /** Time of the last round that refreshed, by the monotonic clock. */
  refreshedAt?: number;
  last?: RoundEnded;
}

function sum(counts: RoundReport['rows'], verdict: string): number {
  return counts.reduce((total, { labels, count }) => total + (labels['verdict'] === verdict ? count : 0), 0);
}

/** One line about an ended round. */
export function roundLine(project: string, { outcome, code, report, health, elapsedMs }: RoundEnded): string {
  const time = elapsedMs < 60_000 ? `${(elapsedMs / 1000).toFixed(1)} s` : spanText(elapsedMs);
  if (outcome === 'stopped') return `${project}: the round took longer than its deadline and was stopped after ${time}`;
  if (report === undefined && outcome === 'yielded')
    return `${project}: the round gave the lock to another process after ${time}. Nothing was recorded`;
  if (report === undefined) {
    const how = code === undefined ? 'was ended by a signal' : `ended with exit code ${code}`;
    return `${project}: the round ${how}, after ${time}. Nothing was recorded`;
  }
  const resources = report.resources.reduce((total, { count }) => total + count, 0);
  const done = report.actions.reduce((n, { labels, count }) => n + (labels['outcome'] === 'done' ? count : 0), 0);
  const failed = report.actions.reduce((n, { labels, count }) => n + (labels['outcome'] === 'done' ? 0 : count), 0);
  const parts = [
    report.refreshed === undefined
      ? `${counted(resources, 'resource')} refreshed in ${time}`
      : `${report.refreshed} of ${counted(resources, 'resource')} refreshed in ${time}`,
    `${report.drifted} drifted`,
    `${sum(report.rows, 'accept')} to apply`,
    `${sum(report.rows, 'reject')} rejected`,
    ...(done > 0 ? [`${counted(done, 'action')} done`] : []),
    ...(failed > 0 ? [`${counted(failed, 'action')} not done`] : []),
    ...(health?.documents_read === false ? ['by the last valid documents'] : []),
    ...(report.recorded ? [] : ['not recorded, because another process holds the lock']),
    ...(outcome === 'yielded' ? ['ended early, because another process waited for the lock'] : []),
  ];
  return `${project}: ${parts.join(', ')}`;
}

/** Reasons for which the daemon is not ready; none if it is. */
function notReady(
  projects: readonly ServedProject[],
  status: ReadonlyMap<string, ProjectStatus>,
  { intervalMs }: ServeLimits,
  now: number,
): readonly string[] {
  return projects.flatMap(({ name }) => {
    const { refreshedAt, last } = status.get(name) ?? {};
    const failed = last?.outcome === 'failed' ? '; the last round failed' : '';
    if (refreshedAt === undefined) return [`${name}: not refreshed yet${failed}`];
    const age = now - refreshedAt;
    if (age <= MISSED_ROUNDS * intervalMs) return [];
    return [`${name}: last refreshed ${spanText(age)} ago (interval: ${spanText(intervalMs)})${failed}`];
  });
}

/** Runs until it is stopped and the running rounds have ended. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { projects, limits, challenges, plugins, events, env, start, now, elapsed, say, interruption, onWake } =
    options;
  const { stop, abort } = interruption;
  const { permissions, intervalMs, deadlineMs } = limits;
  const listen = listenAddress(limits.listen);
  const results = [...[...events.values()].flatMap((each) => each.results), ...INTAKE_RESULTS];
  const metrics = serveMetrics({
    projects: projects.map(({ name }) => name),
    permissions,
    intervalMs,
    results,
    plugins,
    watch: limits.watch,
    peers: limits.regions?.peers.map(({ name }) => name),
    compat: limits.metrics.compat,
    mostSeries: limits.metrics.resourceSeries,
    startedAt: now(),
  });
  const access = new Access(limits.access, limits.regions?.peers);
  const status = new Map<string, ProjectStatus>();
  const ended = ({ name }: ServedProject, round: RoundEnded): void => {
    const before = status.get(name);
    const refreshedAt = round.report === undefined ? before?.refreshedAt : elapsed();
    status.set(name, { last: round, ...(refreshedAt === undefined ? {} : { refreshedAt }) });
    const text = roundLine(name, round);
    apis.get(name)?.ended(round, text);
    metrics.add({ project: name, ...round });
    if (round.report !== undefined) {
      intakes.get(name)?.refreshed(round.report);
      replications.get(name)?.refreshed(round.report);
    }
    watchers.get(name)?.follow(round.report?.documents, { lastValid: rounds.get(name)?.lastValid });
    say(text);
    if (!stop.aborted) service.status(text);
  };
  /** Orders of a round since the start of the last one, by project and caller: further ones are part of the same round. */
  const ordered = new Map<string, Map<string, Promise<Deposited>>>();
  const rounds = new Map(
    projects.map((project) => [
      project.name,
      new Rounds({
        start: (order) => {
          ordered.delete(project.name);
          return start(project, order, (line) => say(`${project.name}: ${line}`));
        },
        intervalMs,
        deadlineMs,
        elapsed,
        now,
        ended: (round) => {
          try {
            ended(project, round);
          } catch (error) {
            // The process of a round may be another version of the program.
            say(`error: ${project.name}: the report of the round is not used: ${errorText(error)}`);
          }
        },
      }),
    ]),
  );
  const intakes = new Map(
    projects.map(({ name, intake }) => [
      name,
      new Intake({
        ...intake,
        project: name,
        events,
        env,
        tokens: access.hashesOf('intake'),
        now,
        elapsed,
        wake: () => rounds.get(name)?.wake(),
        received: (result) => metrics.received(name, result),
        say,
      }),
    ]),
  );
  /** Plugins whose watchers see changes, by project. */
  const seeing = new Map<string, ReadonlySet<string>>();
  const apis = new Map(
    projects.map((project) => [
      project.name,
      new ProjectApi({
        project: project.name,
        log: project.log,
        program: { ...options.reader(project), heard: (line) => say(`${project.name}: ${line}`) },
        intervalMs,
        now,
        order: async (order, by) => (await intakes.get(project.name)?.order(order, by)) ?? 'failed',
        refresh: async (by) => {
          const waiting = ordered.get(project.name) ?? new Map<string, Promise<Deposited>>();
          ordered.set(project.name, waiting);
          const order = waiting.get(by) ?? intakes.get(project.name)?.refresh([by]) ?? Promise.resolve('failed');
          waiting.set(by, order);
          const deposited = await order;
          if (deposited !== 'deposited') waiting.delete(by);
          if (deposited === 'deposited') rounds.get(project.name)?.wake({ all: true });
          return deposited;
        },
        regions: () => replications.get(project.name)?.standing(),
        watchers: () => {
          const up = seeing.get(project.name);
          return watchers.has(project.name)
            ? Object.fromEntries([...watching].map((plugin) => [plugin, up?.has(plugin) === true]))
            : undefined;
        },
      }),
    ]),
  );
  const { regions } = limits;
  const replications = new Map(
    (regions === undefined ? [] : projects).flatMap(({ name }) => {
      const [api, intake] = [apis.get(name), intakes.get(name)];
      if (regions === undefined || api === undefined || intake === undefined) return [];
      const replication = new Replication({
        regions,
        events,
        pull: pullOf(name, env),
        deposit: (plugin, entries, isUrgent) => intake.share(plugin, entries, isUrgent),
        ask: (question) => api.ask(question),
        now,
        elapsed,
        ended: (region, result) => metrics.region.pulled(name, region, result),
        say: (line) => say(`${name}: ${line}`),
      });
      return [[name, replication] as const];
    }),
  );
  for (const warning of new Set([...intakes.values()].flatMap(({ warnings }) => warnings))) say(`warning: ${warning}`);
  const watching = new Set(plugins.flatMap((each) => (each.watches ? [each.name] : [])));
  const watchers = new Map(
    (limits.watch && watching.size > 0 ? projects : []).map((project) => [
      project.name,
      new Watcher({
        start: (order, heard) => options.startWatch(project, order, heard),
        plugins: watching,
        wake: (changed) => rounds.get(project.name)?.wake({ changed }),
        standing: (up) => {
          seeing.set(project.name, up);
          metrics.watcher.standing(project.name, up);
        },
        woken: (plugin) => metrics.watcher.woken(project.name, plugin),
        restarted: () => metrics.watcher.restarted(project.name),
        say: (line) => say(`${project.name}: ${line}`),
        elapsed,
      }),
    ]),
  );
  const wakeAll = (): void => {
    for (const each of watchers.values()) each.reload();
    for (const each of rounds.values()) each.wake({ all: true });
  };
  const reloaders = new Set<string>();
  const recordReload = async (): Promise<void> => {
    const by = [...reloaders];
    reloaders.clear();
    // A store that cannot be written to is reported, and the round shows what else is wrong.
    await Promise.all([...intakes.values()].map((each) => each.refresh(by)));
    wakeAll();
  };
  // Any user of this machine can send the request.
  const reloads = paced(() => void recordReload(), { gatherMs: 0, everyMs: RELOAD_MS, elapsed });
  const reload = (by = UNNAMED): void => {
    reloaders.add(by);
    reloads.call();
  };
  const routes = routesOf({
    metrics: {
      type: metrics.type,
      text: () => {
        for (const [name, each] of replications) metrics.region.show(name, each.measures());
        return metrics.text();
      },
    },
    regions: [...replications].map(([project, each]) => ({
      project,
      answer: (region, body) => each.answer(region, body),
    })),
    notReady: () => (stop.aborted ? ['the daemon is stopping'] : notReady(projects, status, limits, elapsed())),
    reload,
    callerOf: (request) => access.callerOf(request),
    intakes: [...intakes.values()],
    apis: [...apis.values()],
    endpoints: options.endpoints,
    isLocal: isLoopback(listen) && limits.tls === undefined,
    challengeFolder: challenges?.folder,
  });
  const appFor = (served: readonly Route[]): App =>
    appOf(served, {
      access,
      failed: (error) => say(`error: an answer failed: ${errorText(error)}`),
      refused: metrics.refused,
    });
  const tls = limits.tls === undefined ? undefined : await openTls(limits.tls);
  const server = await startHttp(listen, appFor(routes), tls);
  const challengeServers: HttpServer[] = [];
  const renewing = tls === undefined ? undefined : renewTls(tls, server, say);
  const { host, port } = server.address;
  say(`listening on ${host} port ${port}: /metrics, /healthz and /readyz`);
  options.onListening?.(server.address);
  const service = startService(env, say);
  const forget = onWake(wakeAll);
  try {
    for (const each of challenges?.listen ?? []) {
      const started = await startPublicHttp(each, appFor([challengeRoute(challenges?.folder ?? '')]));
      challengeServers.push(started);
      say(`listening on ${started.address.host} port ${started.address.port}: challenges`);
    }
    service.ready();
    wakeAll();
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    service.stopping();
    say('stopping: running actions finish');
    const cancel = (): void => {
      say('stopping: running actions are cancelled');
      for (const each of rounds.values()) each.abort();
    };
    if (abort.aborted) cancel();
    abort.addEventListener('abort', cancel, { once: true });
    await Promise.all([...rounds.values(), ...watchers.values(), ...replications.values()].map((each) => each.stop()));
  } finally {
    forget();
    reloads.cancel();
    clearInterval(renewing);
    for (const api of apis.values()) api.close();
    // Events are taken in until here. What was answered with 202 is durable.
    await Promise.all([server, ...challengeServers].map((each) => each.close(CLOSE_MS)));
    await Promise.all([...intakes.values()].map((each) => each.close()));
    await service.close();
  }
}
