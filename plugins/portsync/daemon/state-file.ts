/**
 * The state file and its backups in the state folder of the daemon: atomic saves, rotation, retention, recovery.
 *
 * | Path | Content |
 * |---|---|
 * | `port_state.json` | the last saved state |
 * | `backups/port_state_<unix ns>_<sequence>.json` | copies of it, from starts of the daemon; `port_state_<unix s>.json` is read too |
 * | `set-aside/` | damaged and stale files |
 * | `metrics.json` | the metrics (`metrics-file.ts`) |
 * | `status.json`, `reset-metrics` | the status of the daemon, and a request to it (`status-file.ts`) |
 * | `daemon.pid` | the lock (`process-lock.ts`) |
 */

import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, errorText } from '#plugin';
import { byteLimit, decodeState, encodeState, MAX_PORTS, type PortState } from './port-state.ts';
import {
  addOwn,
  entriesOfOwn,
  ownFolder,
  readOwn,
  replaceOwn,
  setAsideOwn,
  syncFolder,
  type WriteOptions,
} from './own-folder.ts';
import type { Recording } from './metrics.ts';

export const STATE_FILE = 'port_state.json';
export const METRICS_FILE = 'metrics.json';
export const STATUS_FILE = 'status.json';
/** A request to reset the metrics. */
export const RESET_FILE = 'reset-metrics';
const BACKUPS = 'backups';
const DAY_MS = 86_400_000;

export interface StateSettings {
  /** Largest number of ports of a state. */
  readonly maxPorts: number;
  /** Number of backups that are kept. */
  readonly retention: number;
  /** Age at which another `.json` file of the folder is set aside, in days. */
  readonly staleDays: number;
}

export const STATE_DEFAULTS: StateSettings = { maxPorts: MAX_PORTS, retention: 10, staleDays: 7 };

/** The folder of a daemon. */
export interface StateFolder {
  readonly path: string;
  readonly settings: StateSettings;
}

/** Opens the folder, and creates it if necessary. Throws an InputError if other users could change it. */
export async function openStateFolder(path: string, settings: Partial<StateSettings> = {}): Promise<StateFolder> {
  return { path: await ownFolder(path), settings: { ...STATE_DEFAULTS, ...settings } };
}

/** Replaces the state file. Rejects if it cannot be written, or read back; the earlier file then stays. */
export async function saveState(
  { path, settings }: StateFolder,
  state: PortState,
  options?: WriteOptions,
): Promise<void> {
  if (state.ports.size > settings.maxPorts)
    throw new Error(`${state.ports.size} ports are more than the limit of ${settings.maxPorts}. Raise --max-ports`);
  await replaceOwn(path, STATE_FILE, encodeState(state), options);
}

/** Seconds since the state file was written; null without one. `now`: epoch ms. */
export async function stateAgeSeconds({ path }: Pick<StateFolder, 'path'>, now: number): Promise<number | null> {
  try {
    return Math.max(0, Math.floor((now - (await lstat(join(path, STATE_FILE))).mtimeMs) / 1000));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The time in a backup's name, in unix ns, and its sequence number. */
interface BackupTime {
  readonly ns: bigint;
  readonly sequence: number;
}

const NS_PER_S = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

function backupTime(name: string): BackupTime | undefined {
  const [, seconds, ns, sequence = '0'] = /^port_state_(?:(\d{1,12})|(\d{13,20})_(\d{1,9}))\.json$/u.exec(name) ?? [];
  if (seconds !== undefined) return { ns: BigInt(seconds) * NS_PER_S, sequence: 0 };
  return ns === undefined ? undefined : { ns: BigInt(ns), sequence: Number(sequence) };
}

function backupName({ ns, sequence }: BackupTime): string {
  return `port_state_${String(ns).padStart(19, '0')}_${String(sequence).padStart(4, '0')}.json`;
}

function isLater(a: BackupTime, b: BackupTime): boolean {
  return a.ns > b.ns || (a.ns === b.ns && a.sequence > b.sequence);
}

/** Names of the backups, newest first. Recovery and retention share this order. */
export async function listBackups({ path }: StateFolder): Promise<readonly string[]> {
  const found = (await entriesOfOwn(join(path, BACKUPS)))
    .filter((entry) => entry.isFile())
    .flatMap(({ name }) => {
      const time = backupTime(name);
      return time === undefined ? [] : [{ name, time }];
    });
  return found.sort((a, b) => (isLater(a.time, b.time) ? -1 : 1)).map(({ name }) => name);
}

/** Removes the backups above the retention, the oldest ones, and returns their number. */
export async function pruneBackups(folder: StateFolder): Promise<number> {
  const surplus = (await listBackups(folder)).slice(folder.settings.retention);
  const place = join(folder.path, BACKUPS);
  for (const name of surplus) await unlink(join(place, name));
  if (surplus.length > 0) await syncFolder(place);
  return surplus.length;
}

/** Number of sequence numbers that are tried for a backup. */
const MOST_SEQUENCES = 1000;

/**
 * Copies the state file to a new backup, which is the newest one even if the clock was set back, and removes backups
 * above the retention. Without a valid file, nothing changes. `now`: epoch ms.
 */
export async function rotateState(folder: StateFolder, now: number): Promise<readonly Recording[]> {
  const { path, settings } = folder;
  const file = await readOwn(join(path, STATE_FILE), byteLimit(settings.maxPorts));
  if (file.status !== 'read' || decodeState(file.text, settings.maxPorts).status === 'damaged') return [];
  const place = await ownFolder(join(path, BACKUPS));
  const [newest] = (await listBackups(folder)).map(backupTime);
  const own = BigInt(Math.trunc(now)) * NS_PER_MS;
  const first: BackupTime =
    newest === undefined || newest.ns < own ? { ns: own, sequence: 0 } : { ...newest, sequence: newest.sequence + 1 };
  for (let tried = 0; !(await addOwn(place, backupName({ ...first, sequence: first.sequence + tried }), file.text)); ) {
    tried += 1;
    if (tried === MOST_SEQUENCES) throw new Error(`no name is free for a backup in ${place}`);
  }
  const removed = await pruneBackups(folder);
  return [{ event: 'backup-created' }, ...(removed > 0 ? [{ event: 'backups-removed', removed } as const] : [])];
}

/** The state that a start begins with. */
export interface RecoveredState {
  /** Undefined if neither the file nor a backup is valid. */
  readonly state?: PortState;
  /** False for a file without a checksum, which is valid only if the links agree. */
  readonly isChecked: boolean;
  /** `port_state.json`, or the path of a backup in the folder. */
  readonly from?: string;
  readonly recordings: readonly Recording[];
  /** Sentences about files that were not used. */
  readonly warnings: readonly string[];
}

/**
 * Reads the state file, or else the newest valid backup. A damaged state file is set aside and counts as corruption;
 * damaged backups do not count, and stay.
 */
export async function recoverState(folder: StateFolder): Promise<RecoveredState> {
  const { path, settings } = folder;
  const recordings: Recording[] = [];
  const warnings: string[] = [];
  const names = [STATE_FILE, ...(await listBackups(folder)).map((name) => join(BACKUPS, name))];
  for (const name of names) {
    const file = await readOwn(join(path, name), byteLimit(settings.maxPorts));
    if (file.status === 'missing') continue;
    const decoded =
      file.status === 'refused'
        ? { status: 'damaged' as const, reason: file.reason }
        : decodeState(file.text, settings.maxPorts);
    if (decoded.status !== 'damaged') {
      if (name !== STATE_FILE) recordings.push({ event: 'recovery' });
      return { state: decoded.state, isChecked: decoded.status === 'checked', from: name, recordings, warnings };
    }
    warnings.push(`${name} is not used: ${decoded.reason}`);
    if (name !== STATE_FILE) continue;
    recordings.push({ event: 'corruption' });
    try {
      await setAsideOwn(path, STATE_FILE);
    } catch (error) {
      warnings.push(`${name} cannot be set aside: ${errorText(error)}`);
    }
  }
  return { isChecked: false, recordings, warnings };
}

/** Files that are never stale. */
const LIVE: ReadonlySet<string> = new Set([STATE_FILE, METRICS_FILE, STATUS_FILE]);

export interface CleanUp {
  readonly recordings: readonly Recording[];
  readonly warnings: readonly string[];
}

/**
 * Sets aside `.json` files of the folder that are `staleDays` old or older, except for the state file and the metrics.
 * A failure for one file is a warning. `now`: epoch ms.
 */
export async function setAsideStale({ path, settings }: StateFolder, now: number): Promise<CleanUp> {
  const warnings: string[] = [];
  let removed = 0;
  for (const entry of await entriesOfOwn(path)) {
    if (!entry.isFile() || !entry.name.endsWith('.json') || LIVE.has(entry.name)) continue;
    try {
      const { mtimeMs } = await lstat(join(path, entry.name));
      if (now - mtimeMs < settings.staleDays * DAY_MS) continue;
      await setAsideOwn(path, entry.name);
      removed += 1;
    } catch (error) {
      warnings.push(`${entry.name} cannot be set aside: ${errorText(error)}`);
    }
  }
  return { recordings: removed > 0 ? [{ event: 'backups-removed', removed }] : [], warnings };
}
