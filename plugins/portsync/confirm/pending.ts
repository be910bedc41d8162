/**
 * Changes that wait for their confirmation, as folders on the target.
 *
 * `pending/ID/` has the record and the file of the take-back, written and synced before the first change. A rename of this
 * folder decides: to `confirmed/ID` by fettle, or to `taking-back/ID` by the timer or fettle. Only one of two renames
 * succeeds, and the other side does nothing. After a take-back, the folder is in `taken-back/ID` until a run has recorded
 * it. Nothing else depends on a process that may be killed.
 *
 * | Folder | The change |
 * |---|---|
 * | `pending` | may be made, and is not confirmed |
 * | `confirmed` | stays |
 * | `taking-back` | is being taken back; a take-back that was interrupted is repeated |
 * | `taken-back` | was taken back, and no run has recorded it |
 * | `closed` | was taken back and recorded, or is void: it was not made, or ended with a restart |
 */

import { constants, existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, InputError } from '#plugin';
import { checkOwnFolder, ownFolder, readOwn, syncFolder } from '../daemon/own-folder.ts';
import { isId, type PendingRecord, recordIn, recordText } from './record.ts';
import { luaFile } from './take-back.ts';
import { linksFile, TAKE_BACK_LINKS } from './take-back-links.ts';

/** The variable with the folder of the state of this plugin. */
export const STATE_VARIABLE = 'FETTLE_PORTSYNC_STATE';
const DEFAULT_STATE = '/var/lib/fettle/portsync';

export const STAGES = ['pending', 'confirmed', 'taking-back', 'taken-back', 'closed'] as const;
export type Stage = (typeof STAGES)[number];

export const RECORD_FILE = 'record.json';
/** The data of a take-back of links, and the program that reads it: systemd would replace parts of it in an argument. */
export const LINKS_FILE = 'take-back.links';
export const LINKS_PROGRAM = 'take-back.sh';
export const LUA_FILE = 'take-back.lua';
/** The output of the program that took the change back. */
export const OUTPUT_FILE = 'output';

const MOST_BYTES = 16 << 20;
const MOST_ENTRIES = 1000;
const KEPT_ENTRIES = 20;

/** The folder of confirmations on this machine. Throws an InputError if the variable is not an absolute path. */
export function confirmFolder(env: Readonly<Record<string, string | undefined>>): string {
  const state = env[STATE_VARIABLE] ?? DEFAULT_STATE;
  if (!state.startsWith('/')) throw new InputError(`${STATE_VARIABLE} must be an absolute path, not ${state}`);
  return join(state, 'confirm');
}

/** Creates the folder if it does not exist, and checks it. Throws an InputError. */
export async function openFolder(folder: string): Promise<void> {
  await ownFolder(folder);
  for (const stage of STAGES) await ownFolder(join(folder, stage));
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes a record and the file of its take-back, durably. It is pending as a whole, or not at all. */
export async function writePending(folder: string, record: PendingRecord): Promise<void> {
  const { takeBack } = record;
  const made = join(folder, `new-${record.id}`);
  await mkdir(made, { mode: 0o700 });
  await writeDurably(join(made, RECORD_FILE), recordText(record));
  if (takeBack.kind === 'linux') {
    await writeDurably(join(made, LINKS_PROGRAM), TAKE_BACK_LINKS);
    await writeDurably(join(made, LINKS_FILE), linksFile(takeBack));
  } else await writeDurably(join(made, LUA_FILE), luaFile(takeBack));
  await syncFolder(made);
  await rename(made, join(folder, 'pending', record.id));
  await syncFolder(join(folder, 'pending'));
}

/** Moves an entry to another stage, durably. False if it is not in the first one: another process moved it. */
export async function moveEntry(folder: string, id: string, from: Stage, to: Stage): Promise<boolean> {
  try {
    await rename(join(folder, from, id), join(folder, to, id));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  await syncFolder(join(folder, to));
  await syncFolder(join(folder, from));
  return true;
}

/** Makes the change stay. False if it was taken back, or is being taken back. */
export async function confirmPending(folder: string, id: string): Promise<boolean> {
  return moveEntry(folder, id, 'pending', 'confirmed');
}

/** An entry of the folder. */
export interface Entry {
  readonly id: string;
  readonly stage: Stage;
  /** Undefined for an entry whose record is damaged. */
  readonly record: PendingRecord | undefined;
}

async function readText(path: string): Promise<string | undefined> {
  const file = await readOwn(path, MOST_BYTES);
  return file.status === 'read' ? file.text : undefined;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter(isId).slice(0, MOST_ENTRIES);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function entryOf(folder: string, stage: Stage, id: string): Promise<Entry> {
  const text = await readText(join(folder, stage, id, RECORD_FILE));
  const record = text === undefined ? undefined : recordIn(text);
  return { id, stage, record: record?.id === id ? record : undefined };
}

/**
 * The entries that are not settled: in `pending`, `taking-back` and `taken-back`. Only reads, and takes a missing folder
 * for an empty one. Throws an InputError if other users can enter the folder.
 */
export async function readEntries(folder: string): Promise<readonly Entry[]> {
  if (!existsSync(folder)) return [];
  await checkOwnFolder(folder);
  const entries: Entry[] = [];
  for (const stage of ['pending', 'taking-back', 'taken-back'] as const)
    for (const id of await namesIn(join(folder, stage))) entries.push(await entryOf(folder, stage, id));
  return entries;
}

/** The output of the program that took a change back; undefined if fettle itself did. */
export async function outputOf(folder: string, { id, stage }: Entry): Promise<string | undefined> {
  return readText(join(folder, stage, id, OUTPUT_FILE));
}

/** Removes old settled entries, and the beginnings of entries that were never pending. */
export async function pruneEntries(folder: string): Promise<void> {
  for (const stage of ['confirmed', 'closed'] as const) {
    const names = await namesIn(join(folder, stage));
    const times = await Promise.all(
      names.map(async (id) => ({ id, at: (await lstat(join(folder, stage, id))).ctimeMs })),
    );
    const old = times.sort((a, b) => b.at - a.at).slice(KEPT_ENTRIES);
    for (const { id } of old) await rm(join(folder, stage, id), { recursive: true, force: true });
  }
  // The lock of the project, and the deadline of its owner, outlast the writing of an entry by far.
  const begun = (await readdir(folder)).filter((name) => name.startsWith('new-') && isId(name.slice('new-'.length)));
  for (const name of begun) {
    const { ctimeMs } = await lstat(join(folder, name));
    if (Date.now() - ctimeMs > 3_600_000) await rm(join(folder, name), { recursive: true, force: true });
  }
}
