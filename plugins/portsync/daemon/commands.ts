/** The commands of the daemon: `fettle portsync run`, `status` and `metrics reset`. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineCommand,
  type Desired,
  type Facts,
  formatRef,
  InputError,
  namedResource,
  OutsideError,
  type PluginCommand,
  spanText,
  suggest,
} from '#plugin';
import { usualDenial } from '#plugin/net';
import { openHeld } from '../confirm/redis-hold.ts';
import { linkSource } from '../linux/watch-links.ts';
import { localPlace, remotePlace, type SwitchPlace } from '../sonic/connect.ts';
import { DEFAULT_RULES } from './alerts.ts';
import { DAEMON_DEFAULTS, type DaemonStatus } from './daemon.ts';
import { EOIU_TIMEOUT, eoiuTimeout } from './machine.ts';
import { type KeptMetrics, NO_KEPT_METRICS, readMetrics, saveMetrics } from './metrics-file.ts';
import { type Derived, derived, durationAt } from './metrics.ts';
import { holderOf } from './process-lock.ts';
import { runDaemon } from './run.ts';
import { stateFolderPath } from './state-path.ts';
import { type Histogram, LATENCY_BUCKETS } from './runtime.ts';
import { DEFAULT_LISTEN } from './routes.ts';
import { openSession } from './session.ts';
import { openStateFolder, STATE_DEFAULTS, stateAgeSeconds } from './state-file.ts';
import { askReset, isResetAsked, readStatus } from './status-file.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The part of a Switch that names its databases. */
interface SonicSwitch {
  readonly sonic?: { readonly redis?: string; readonly local?: true; readonly namespace?: string };
}

function switchNamed(word: string, known: Parameters<typeof namedResource>[2]): SonicSwitch {
  const ref = namedResource('Switch', word, known);
  const desired: Desired | undefined = known.desired.find((each) => formatRef(each.ref) === formatRef(ref));
  return desired?.spec ?? {};
}

/** The databases of a switch. Throws an InputError for one without databases. */
async function placeOf({ sonic }: SonicSwitch, env: Env): Promise<SwitchPlace> {
  if (sonic === undefined) throw new InputError('the daemon keeps the databases of SONiC. Name a Switch with `sonic`');
  if (sonic.redis !== undefined) return remotePlace(sonic.redis);
  return localPlace({ env, ...(sonic.namespace === undefined ? {} : { namespace: sonic.namespace }) });
}

function wholeNumber(text: string | undefined, name: string, usual: number, most: number): number {
  if (text === undefined) return usual;
  const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= most)) throw new InputError(`${name} is not a whole number from 1 to ${most}`);
  return value;
}

/** The names of alerts in a list. Throws an InputError with the nearest known name. */
function alertNames(text: string | undefined): readonly string[] {
  const known = DEFAULT_RULES.map(({ name }) => name);
  const names = text === undefined ? [] : text.split(',').map((name) => name.trim());
  for (const name of names)
    if (!known.includes(name)) throw new InputError(`"${name}" is not an alert; ${suggest(name, known, 'alerts')}`);
  return names;
}

const stateDir = {
  summary: 'Folder of the state, with mode 0700. Default: FETTLE_PORTSYNC_STATE, or /var/lib/fettle/portsync.',
  value: '<folder>',
} as const;

const MOST_PORTS = 100_000;

const run = defineCommand({
  name: 'run',
  summary: 'Keep STATE_DB and APPL_DB of a switch in step with its links, in the place of portsyncd.',
  does: 'run',
  words: { switch: { summary: 'Name of the Switch.', as: 'required' } },
  options: {
    observe: { summary: 'Write nothing, and report differences.', kind: 'switch' },
    listen: { summary: `Address of the metrics, or off. Default: ${DEFAULT_LISTEN}.`, value: '<address>' },
    compatMetrics: {
      summary: 'Also serve the counters of the warm restart under the names of portsyncd, without _total.',
      kind: 'switch',
    },
    metricsCert: {
      summary: 'File with the certificate for mutual TLS. Default: PORTSYNCD_METRICS_CERT.',
      value: '<file>',
    },
    metricsKey: { summary: 'File with its key. Default: PORTSYNCD_METRICS_KEY.', value: '<file>' },
    metricsCa: { summary: 'File with the authority of the clients. Default: PORTSYNCD_METRICS_CA.', value: '<file>' },
    stateDir,
    stateFile: {
      summary: 'State file of a portsyncd that the daemon replaces, read while the folder has no state.',
      value: '<file>',
    },
    eoiuTimeout: {
      summary: `Seconds until an initial sync ends by itself, or disabled. Default: ${EOIU_TIMEOUT}, or 10.`,
      value: '<seconds>',
    },
    maxPorts: {
      summary: `Largest number of ports of a state. Default: ${STATE_DEFAULTS.maxPorts}.`,
      value: '<number>',
    },
    backups: { summary: `Number of backups that are kept. Default: ${STATE_DEFAULTS.retention}.`, value: '<number>' },
    suppress: { summary: 'Names of alerts to suppress, between commas.', value: '<names>' },
    staleDays: {
      summary: `Age at which other files of the folder are set aside. Default: ${STATE_DEFAULTS.staleDays} days.`,
      value: '<days>',
    },
  },
  async run({ words, flags, env, signal, print, ...known }) {
    const named = switchNamed(words.switch, known);
    const place = await placeOf(named, env);
    const denial = usualDenial(env);
    const { sonic: { namespace, redis } = {} } = named;
    const timeout = flags.eoiuTimeout ?? env[EOIU_TIMEOUT];
    await runDaemon({
      env,
      open: (ended) => openSession(place, { denial, signal: ended }),
      openHeld: (ended) => openHeld(place, { denial, signal: ended }),
      links: linkSource(namespace === undefined ? {} : { namespace }),
      settings: {
        ...DAEMON_DEFAULTS,
        isObserving: flags.observe === true,
        suppressed: alertNames(flags.suppress),
        ...(timeout === undefined ? {} : { eoiuTimeout: eoiuTimeout(timeout) }),
      },
      state: {
        maxPorts: wholeNumber(flags.maxPorts, '--max-ports', STATE_DEFAULTS.maxPorts, MOST_PORTS),
        retention: wholeNumber(flags.backups, '--backups', STATE_DEFAULTS.retention, 1_000),
        staleDays: wholeNumber(flags.staleDays, '--stale-days', STATE_DEFAULTS.staleDays, 36_500),
      },
      folder: stateFolderPath(flags.stateDir, env),
      ...(flags.stateFile === undefined ? {} : { takeOver: flags.stateFile }),
      listen: flags.listen === 'off' ? undefined : (flags.listen ?? DEFAULT_LISTEN),
      compatMetrics: flags.compatMetrics === true,
      tls: {
        ...(flags.metricsCert === undefined ? {} : { cert: flags.metricsCert }),
        ...(flags.metricsKey === undefined ? {} : { key: flags.metricsKey }),
        ...(flags.metricsCa === undefined ? {} : { ca: flags.metricsCa }),
      },
      processes: redis === undefined ? '/proc' : undefined,
      signal,
      say: (line) => print(line, { message: line }),
    });
  },
});

/** The upper bound of the bucket with a share of the values, in seconds; null without values, Infinity above all bounds. */
export function latencyAt({ buckets }: Histogram, share: number): number | null {
  const count = buckets.reduce((sum, each) => sum + each, 0);
  if (count === 0) return null;
  let seen = 0;
  const at = buckets.findIndex((each) => (seen += each) >= count * share);
  return LATENCY_BUCKETS[at] ?? Number.POSITIVE_INFINITY;
}

function latencyText(values: Histogram): string {
  const text = (share: number): string => {
    const seconds = latencyAt(values, share);
    if (seconds === null) return 'unknown';
    return seconds === Number.POSITIVE_INFINITY ? 'above 5 s' : `at most ${seconds * 1000} ms`;
  };
  return `median ${text(0.5)}, 99th percentile ${text(0.99)}`;
}

function percent(value: number): string {
  return `${Math.round(value * 10) / 10} %`;
}

/** Lines about a daemon. */
export function statusLines(
  pid: number | undefined,
  status: DaemonStatus | undefined,
  { metrics, totals }: KeptMetrics,
  values: Derived,
  ageSeconds: number | null,
): readonly string[] {
  const daemon =
    pid === undefined || status === undefined
      ? ['the daemon does not run']
      : [
          `the daemon runs as process ${pid}${status.isObserving ? ', and observes' : ''}: ${status.health.status}`,
          ...status.health.reasons.map((reason) => `  ${reason}`),
          `phase ${status.phase}, warm restart ${status.warmState}, ${status.ports} ports, ${status.waiting} rows wait`,
          `PortConfigDone ${status.isPortConfigDone ? 'written' : 'not written'}, PortInitDone ${status.isPortInitDone ? 'written' : 'not written'}`,
          ...status.alerts.map(({ name, severity, status: state }) => `alert ${name} (${severity}) is ${state}`),
        ];
  const duration = (percentile: number): string => {
    const seconds = durationAt(metrics, percentile);
    return seconds === null ? 'unknown' : `${seconds.toFixed(2)} s`;
  };
  return [
    ...daemon,
    `starts: ${metrics.warm_restart_count} warm, ${metrics.cold_start_count} cold (${percent(values.warm_restart_percent)} warm)`,
    `initial syncs: ${metrics.eoiu_detected_count} by the end of the dump, ${metrics.eoiu_timeout_count} by the timeout (rate ${percent(values.eoiu_timeout_rate)}), average ${duration(50)}, 99th percentile ${duration(99)}`,
    `state saved: ${ageSeconds === null ? 'never' : `${spanText(ageSeconds * 1000)} ago`}`,
    `state files: ${metrics.corruption_detected_count} damaged, ${metrics.state_recovery_count} recovered (${percent(values.recovery_success_rate)}), ${metrics.backup_created_count} backups, ${metrics.backup_cleanup_count} cleaned`,
    `health score ${Math.round(values.health_score)} of 100${values.is_anomalous ? ', anomalous' : ''}`,
    `events: ${totals.events_processed} processed, ${totals.events_failed} failed`,
    `event to write: ${latencyText(totals.event_latency)}`,
    `Redis command: ${latencyText(totals.redis_latency)}`,
    ...Object.entries(totals.port_flaps)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([port, count]) => `flaps of ${port}: ${count}`),
  ];
}

const status = defineCommand({
  name: 'status',
  summary: 'Show the state of the daemon of this machine, and its metrics.',
  does: 'run',
  options: { stateDir },
  async run({ flags, env, print }) {
    const path = stateFolderPath(flags.stateDir, env);
    const pid = await holderOf(path);
    const folder = { path };
    const kept = await readMetrics(folder);
    if (kept === undefined) throw new OutsideError(`the metrics in ${path} are damaged or cannot be read`);
    const values = derived(kept.metrics);
    const found = await readStatus(folder);
    const age = await stateAgeSeconds(folder, Date.now());
    const lines = statusLines(pid, found, kept, values, age);
    const facts = {
      pid: pid ?? null,
      status: pid === undefined ? null : (found ?? null),
      metrics: kept.metrics,
      derived: values,
      runtime: kept.totals,
      state_age_seconds: age,
    };
    print(lines, facts as unknown as Facts);
  },
});

const RESET_MS = 10_000;
const POLL_MS = 100;

const metricsReset = defineCommand({
  name: 'metrics reset',
  summary: 'Set all metrics of the daemon of this machine to 0.',
  does: 'run',
  options: { stateDir },
  async run({ flags, env, signal, print }) {
    const folder = await openStateFolder(stateFolderPath(flags.stateDir, env));
    if ((await holderOf(folder.path)) === undefined) await saveMetrics(folder, NO_KEPT_METRICS, Date.now());
    else {
      await askReset(folder);
      for (let waited = 0; await isResetAsked(folder); waited += POLL_MS) {
        if (signal.aborted || waited >= RESET_MS)
          throw new OutsideError('the daemon has not reset its metrics. Look at its log');
        await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    print('the metrics are reset', { reset: true });
  },
});

export const daemonCommands: readonly PluginCommand[] = [run, status, metricsReset];
