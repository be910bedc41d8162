/** `fettle portsync run`: the daemon with its folder, its lock, its server and the service manager. */

import { constants } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, InputError } from '#plugin';
import { listenAddress } from '#plugin/listen-address';
import { serviceManager } from '#plugin/service-manager';
import { type MutualTls, startStatusServer } from '#plugin/status-server';
import type { HoldDatabases } from '../confirm/redis-hold.ts';
import type { LinkSource } from '../linux/watch-links.ts';
import { Daemon, type DaemonSettings } from './daemon.ts';
import { exposition } from './exposition.ts';
import { heldChanges } from './held-changes.ts';
import { preferSmallHeap } from './memory.ts';
import { type KeptMetrics, loadMetrics, NO_KEPT_METRICS, readMetrics } from './metrics-file.ts';
import { addOwn, readOwn } from './own-folder.ts';
import { byteLimit, decodeState } from './port-state.ts';
import { lockFolder } from './process-lock.ts';
import { rivalText, runningPortsyncd } from './rivals.ts';
import { statusRoutes } from './routes.ts';
import type { Session } from './session.ts';
import { openStateFolder, STATE_FILE, type StateFolder, type StateSettings } from './state-file.ts';
import { takeReset, writeStatus } from './status-file.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly env: Env;
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Connects to the databases for changes that wait for a confirmation. */
  readonly openHeld: (signal: AbortSignal) => Promise<HoldDatabases>;
  readonly links: LinkSource;
  readonly settings: DaemonSettings;
  readonly state: Partial<StateSettings>;
  /** Path of the state folder. */
  readonly folder: string;
  /** A state file of a `portsyncd` that this daemon replaces; read while the folder has none. */
  readonly takeOver?: string;
  /** Address of the metrics; undefined for no server. */
  readonly listen: string | undefined;
  /** True to serve the names of `portsyncd` too. */
  readonly compatMetrics?: boolean;
  /** Paths of certificate, key and authority. */
  readonly tls: Partial<MutualTls>;
  /** The folder with the processes of this machine, if its ports are those of the switch: `/proc`. */
  readonly processes: string | undefined;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const STATUS_MS = 1_000;
const HELD_MS = 1_000;
/** Time for which `READY=1` is repeated: the time that systemd gives a service to start, by default. */
const READY_MS = 90_000;
const PEM_BYTES = 1 << 20;

/** Environment variables that name the files of mutual TLS. */
const TLS_VARIABLES = {
  cert: 'PORTSYNCD_METRICS_CERT',
  key: 'PORTSYNCD_METRICS_KEY',
  ca: 'PORTSYNCD_METRICS_CA',
} as const;

async function pemAt(path: string): Promise<string> {
  try {
    await using file = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat();
    if (size > PEM_BYTES) throw new Error(`it is larger than ${PEM_BYTES} bytes`);
    return await file.readFile('utf8');
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${errorText(error)}`);
  }
}

/** Reads the files of mutual TLS: all three, or none. */
async function readTls(paths: Partial<MutualTls>, env: Env): Promise<MutualTls | undefined> {
  const named = (['cert', 'key', 'ca'] as const).map((part) => paths[part] ?? env[TLS_VARIABLES[part]]);
  const [cert, key, ca] = named;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined)
    throw new InputError('mutual TLS needs a certificate, a key and the authority of the clients. Name all three');
  return { cert: await pemAt(cert), key: await pemAt(key), ca: await pemAt(ca) };
}

/** Copies the state of another program into a folder that has none. */
async function takeOverState({ path, settings }: StateFolder, from: string): Promise<void> {
  const file = await readOwn(from, byteLimit(settings.maxPorts));
  if (file.status === 'missing') return;
  const reason = file.status === 'refused' ? file.reason : undefined;
  const decoded = file.status === 'read' ? decodeState(file.text, settings.maxPorts) : undefined;
  const damage = decoded?.status === 'damaged' ? decoded.reason : reason;
  if (damage !== undefined) throw new InputError(`the state file ${from} cannot be read: ${damage}`);
  if (file.status === 'read') await addOwn(path, STATE_FILE, file.text);
}

/** Throws an InputError if another program writes the same rows. */
async function refuseRivals({ open: connect, processes, signal }: RunOptions): Promise<void> {
  const session = await connect(signal).catch((error: unknown) => {
    if (Error.isError(error) && error.name === 'InputError') throw error;
    // The databases may start later than the daemon.
    return undefined;
  });
  const clients = (await session?.rivals().catch(() => 0)) ?? 0;
  session?.close();
  const rival = rivalText(processes === undefined ? undefined : runningPortsyncd(processes), clients);
  if (rival !== undefined)
    throw new InputError(`the daemon is not started: ${rival}. Stop it first, or observe with --observe`);
}

/** Does work at once and then at an interval, until the signal fires. A failure is said, once as long as it lasts. */
async function every(
  ms: number,
  signal: AbortSignal,
  say: (line: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    try {
      await work();
      last = '';
    } catch (error) {
      const text = errorText(error);
      if (text !== last && !signal.aborted) say(text);
      last = text;
    }
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

async function keptBy(folder: StateFolder, isObserving: boolean, say: (line: string) => void): Promise<KeptMetrics> {
  if (isObserving) return (await readMetrics(folder)) ?? NO_KEPT_METRICS;
  const kept = await loadMetrics(folder);
  for (const warning of kept.warnings) say(warning);
  return kept;
}

/** Runs the daemon until the signal fires. Throws an InputError if it must not run. */
export async function runDaemon(options: RunOptions): Promise<void> {
  const { env, links, settings, state, listen, tls, signal, say, takeOver } = options;
  const { isObserving } = settings;
  preferSmallHeap();
  const folder = await openStateFolder(options.folder, state);
  const address = listen === undefined ? undefined : listenAddress(listen);
  const files = await readTls(tls, env);
  // A daemon that observes changes nothing in the folder, and shares it.
  await using open = new AsyncDisposableStack();
  if (!isObserving) open.use(await lockFolder(folder.path));
  if (!isObserving) await refuseRivals(options);
  if (takeOver !== undefined && !isObserving) await takeOverState(folder, takeOver);
  const kept = await keptBy(folder, isObserving, say);
  const manager = serviceManager(env);
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const notify = (assignments: readonly string[], forMs: number): void =>
    void manager.notify(assignments, { forMs, signal: stop }).catch((error: unknown) => say(errorText(error)));
  const daemon = new Daemon({
    folder,
    kept,
    open: options.open,
    links,
    settings,
    say,
    onReady: () => notify(['READY=1', 'STATUS=The ports are in step.'], READY_MS),
  });
  if (address !== undefined) {
    const served = {
      metrics: () => exposition(daemon.exposed, { compat: options.compatMetrics === true }),
      health: () => daemon.health,
    };
    const server = open.use(await startStatusServer(address, files, statusRoutes(served)));
    say(`metrics are served on ${server.address.host} port ${server.address.port}`);
  }
  const held = heldChanges(options.openHeld, say);
  const { watchdogMs } = manager;
  const asides = [
    ...(isObserving
      ? []
      : [
          every(HELD_MS, stop, say, () => held.tend(stop)),
          every(STATUS_MS, stop, say, async () => {
            if (await takeReset(folder)) daemon.resetMetrics();
            await writeStatus(folder, daemon.status);
          }),
        ]),
    ...(watchdogMs === undefined
      ? []
      : [every(watchdogMs, stop, say, () => manager.notify(['WATCHDOG=1'], { forMs: watchdogMs, signal: stop }))]),
  ];
  const onStop = (): void => notify(['STOPPING=1'], 0);
  signal.addEventListener('abort', onStop, { once: true });
  try {
    await daemon.run(signal);
  } finally {
    signal.removeEventListener('abort', onStop);
    ended.abort();
    await Promise.allSettled(asides);
    held.close();
    if (!isObserving) await writeStatus(folder, daemon.status).catch(() => undefined);
  }
}
