/**
 * Changes of a switch elsewhere, held by records in its STATE_DB that the daemon on the switch takes.
 *
 * | Key in STATE_DB | Value |
 * |---|---|
 * | `FETTLE_CONFIRM_OPEN` | id of the latest held change; one at a time is open |
 * | `FETTLE_CONFIRM\|ID` | hash: `stage` (the stages of `pending.ts`), `record` (`record.ts`), `held_by`, `result` |
 * | `FETTLE_CONFIRM_DUE\|ID` | exists until the deadline, by the clock of the switch |
 * | `FETTLE_CONFIRM_HOLDER` | name of the daemon that takes take-backs; it expires unless the daemon renews it |
 *
 * The daemon calls `tendTakeBacks` every second, and at its start. A stage is changed by a script that compares it, so that
 * only one of confirmation and take-back succeeds. Redis does nothing by itself at the deadline: without a daemon, the next
 * run of fettle takes the change back.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { OutsideError } from '#plugin';
import type { CallOptions, Redis } from '../redis/client.ts';
import { runScript, scriptOf } from '../redis/script.ts';
import { type DatabaseOptions, openSwitch, type SwitchPlace } from '../sonic/connect.ts';
import { hasRunEnded, momentNow } from './clock.ts';
import { takeBackRows } from './execute.ts';
import { type Held, type Hold, newId, recordFor } from './hold.ts';
import type { Stage } from './pending.ts';
import { type PendingRecord, recordIn, recordText } from './record.ts';
import { DONE, type TakenBack, takenBackIn } from './take-back.ts';

const OPEN = 'FETTLE_CONFIRM_OPEN';
const HOLDER = 'FETTLE_CONFIRM_HOLDER';
const rowOf = (id: string): string => `FETTLE_CONFIRM|${id}`;
const dueOf = (id: string): string => `FETTLE_CONFIRM_DUE|${id}`;

/** Settled changes stay readable for a week. */
const KEPT_MS = 7 * 86_400_000;
const MOST_BYTES = 16 << 20;

/** The databases of a switch that a take-back needs. */
export interface HoldDatabases {
  readonly state: Redis;
  readonly config: Redis;
  readonly close: () => void;
}

/** Opens the databases by new connections. */
export async function openHeld(place: SwitchPlace, options: DatabaseOptions): Promise<HoldDatabases> {
  const { config, state, close } = await openSwitch(place, options);
  return { config: config.redis, state: state.redis, close };
}

/** Keys: the row, its deadline, the open change. Arguments: the record, the time in ms, the id. Answers the id of an open change. */
const HOLD = scriptOf(`
local open = redis.call('GET', KEYS[3])
if open then
  local stage = redis.call('HGET', '${rowOf('')}' .. open, 'stage')
  if stage == 'pending' or stage == 'taking-back' then return open end
end
redis.call('HSET', KEYS[1], 'stage', 'pending', 'record', ARGV[1])
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
redis.call('SET', KEYS[3], ARGV[3])
return ''
`);

/** Keys: the row. Arguments: the new stage, ms after which the row expires or 0, the result, and the stages before. */
const MOVE = scriptOf(`
local stage = redis.call('HGET', KEYS[1], 'stage')
for i = 4, #ARGV do
  if stage == ARGV[i] then
    redis.call('HSET', KEYS[1], 'stage', ARGV[1])
    if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'result', ARGV[3]) end
    if ARGV[2] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return 1
  end
end
return 0
`);

/** Keys: the row. Arguments: the name of the daemon. Only for a change that waits. */
const ACCEPT = scriptOf(`
if redis.call('HGET', KEYS[1], 'stage') ~= 'pending' then return 0 end
redis.call('HSET', KEYS[1], 'held_by', ARGV[1])
return 1
`);

async function move(
  state: Redis,
  id: string,
  from: readonly Stage[],
  to: Stage,
  options: CallOptions,
  result = '',
): Promise<boolean> {
  const isSettled = to === 'confirmed' || to === 'taken-back' || to === 'closed';
  const args = [to, isSettled ? String(KEPT_MS) : '0', result, ...from];
  return (await runScript(state, MOVE, { keys: [rowOf(id)], args }, options)) === 1;
}

/** The latest held change of a switch. */
export interface HeldChangeSeen {
  readonly id: string;
  readonly stage: string;
  /** Undefined if the record is damaged. */
  readonly record: PendingRecord | undefined;
  /** The daemon that takes it back. */
  readonly heldBy?: string;
  /** Milliseconds until its deadline; 0 after it. */
  readonly left: number;
  /** The fields that others changed and that stayed, after a take-back. */
  readonly kept: readonly string[];
}

/** Reads the latest held change of a switch; undefined if there was not one in the last week. */
export async function latestHeld(state: Redis, options: CallOptions = {}): Promise<HeldChangeSeen | undefined> {
  const id = await state.call(['GET', OPEN], options);
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/u.test(id)) return undefined;
  const [row = {}] = await state.hashes([rowOf(id)], options);
  const { stage, record = '', held_by: heldBy, result } = row;
  if (stage === undefined || record.length > MOST_BYTES) return undefined;
  const left = await state.call(['PTTL', dueOf(id)], options);
  const read = recordIn(record);
  return {
    id,
    stage,
    record: read?.id === id && read.takeBack.kind === 'sonic' ? read : undefined,
    ...(heldBy === undefined ? {} : { heldBy }),
    left: typeof left === 'number' ? Math.max(0, left) : 0,
    kept: takenBackIn(result)?.kept ?? [],
  };
}

/** The name of the daemon that takes take-backs of the switch now; undefined without one. */
export async function holderOf(state: Redis, options: CallOptions = {}): Promise<string | undefined> {
  const name = await state.call(['GET', HOLDER], options);
  return typeof name === 'string' ? name : undefined;
}

/** Records a change, before it is made. Rejects with an OutsideError if another one is open. */
export async function holdTakeBack(
  state: Redis,
  record: PendingRecord,
  withinMs: number,
  options: CallOptions = {},
): Promise<void> {
  const { id } = record;
  const call = { keys: [rowOf(id), dueOf(id), OPEN], args: [recordText(record), String(withinMs), id] };
  const open = await runScript(state, HOLD, call, options);
  if (open !== '') throw new OutsideError('an earlier change of the switch is neither confirmed nor taken back');
}

/** The held change that has to be taken back now: its time is over, or its take-back was interrupted. */
export async function dueTakeBack(state: Redis, options: CallOptions = {}): Promise<HeldChangeSeen | undefined> {
  const seen = await latestHeld(state, options);
  if (seen === undefined) return undefined;
  return seen.stage === 'taking-back' || (seen.stage === 'pending' && seen.left === 0) ? seen : undefined;
}

/**
 * Takes a held change back. Undefined if it was confirmed or taken back already; with `isForced`, the take-back is repeated
 * then. Rejects with an OutsideError while CONFIG_DB is loaded: call again.
 */
export async function takeBack(
  { state, config }: HoldDatabases,
  { id, record }: Pick<HeldChangeSeen, 'id' | 'record'>,
  signal: AbortSignal,
  isForced = false,
): Promise<TakenBack | undefined> {
  const options = { signal };
  const from = ['pending', 'taking-back', ...(isForced ? (['confirmed', 'taken-back'] as const) : [])] as const;
  if (record?.takeBack.kind !== 'sonic') {
    await move(state, id, from, 'closed', options);
    throw new OutsideError('the record of a held change is damaged, so the change cannot be taken back');
  }
  if (!(await move(state, id, from, 'taking-back', options)) && !isForced) return undefined;
  const done = await takeBackRows(config, record.takeBack, signal);
  await move(state, id, ['taking-back'], 'taken-back', options, `${DONE} ${JSON.stringify(done)}`);
  return done;
}

/** A take-back by the daemon. */
export interface Tended {
  readonly id: string;
  readonly ports: readonly string[];
  readonly done: TakenBack;
}

/**
 * The work of the daemon: announces itself under `name` for `ttlMs`, accepts the held change, and takes back the one that is
 * due. To be called every second, at the start too, with a `ttlMs` of several seconds. Rejects if a database fails: call
 * again.
 */
export async function tendTakeBacks(
  databases: HoldDatabases,
  name: string,
  ttlMs: number,
  signal: AbortSignal,
): Promise<Tended | undefined> {
  const { state } = databases;
  const options = { signal };
  await state.call(['SET', HOLDER, name, 'PX', String(ttlMs)], options);
  const seen = await latestHeld(state, options);
  if (seen?.stage === 'pending' && seen.left > 0 && seen.record !== undefined && seen.heldBy !== name)
    await runScript(state, ACCEPT, { keys: [rowOf(seen.id)], args: [name] }, options);
  const due = await dueTakeBack(state, options);
  if (due === undefined) return undefined;
  const done = await takeBack(databases, due, signal);
  return done === undefined ? undefined : { id: due.id, ports: due.record?.ports ?? [], done };
}

export interface SwitchHoldOptions {
  /** Opens new connections: a change may have cut the earlier ones. */
  readonly open: (signal: AbortSignal) => Promise<HoldDatabases>;
  /** Milliseconds within which the daemon must accept. */
  readonly acceptMs?: number;
  readonly signal: AbortSignal;
}

const ACCEPT_MS = 5000;
const PAUSE_MS = 100;

async function isAccepted(state: Redis, acceptMs: number, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + acceptMs;
  for (;;) {
    const seen = await latestHeld(state, { signal });
    // A daemon that has ended since the last change may still be named.
    if (seen?.heldBy !== undefined && seen.heldBy === (await holderOf(state, { signal }))) return true;
    if (performance.now() >= end) return false;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/**
 * Holds a change by the daemon on the switch. Rejects with an OutsideError if another change is open, or the daemon does not
 * accept: then the change must not be made.
 */
export async function holdOnSwitch(
  held: Held,
  { open, acceptMs = ACCEPT_MS, signal }: SwitchHoldOptions,
): Promise<Hold> {
  const id = newId();
  // The daemon may take seconds to accept, and the time of the record runs meanwhile.
  const endsAt = performance.now() + held.within * 1000;
  const record = await recordFor(id, held);
  const within = async <T>(work: (databases: HoldDatabases) => Promise<T>, workSignal: AbortSignal): Promise<T> => {
    const databases = await open(workSignal);
    try {
      return await work(databases);
    } finally {
      databases.close();
    }
  };
  await within(async ({ state }) => {
    await holdTakeBack(state, record, held.within * 1000, { signal });
    if (await isAccepted(state, acceptMs, signal)) return;
    await move(state, id, ['pending'], 'closed', { signal });
    throw new OutsideError("the switch's daemon does not take the take-back of the change");
  }, signal);
  return {
    id,
    guarantee: 'daemon',
    endsAt,
    confirm: (confirmSignal) =>
      within(({ state }) => move(state, id, ['pending'], 'confirmed', { signal: confirmSignal }), confirmSignal),
    takeBack: (takeBackSignal) =>
      within(async (databases) => {
        const done = await takeBack(databases, { id, record }, takeBackSignal, true);
        return done ?? { back: 0, kept: [] };
      }, takeBackSignal),
  };
}

/**
 * Settles the held change that an earlier run left: takes it back if it is due, or if its run, on this machine, has ended.
 * Undefined if no change is open. `open` has the milliseconds until its deadline: wait, or refuse.
 */
export async function adoptHeld(
  databases: HoldDatabases,
  signal: AbortSignal,
): Promise<
  | { readonly end: 'open'; readonly left: number; readonly ports: readonly string[] }
  | {
      readonly end: 'taken-back';
      readonly ports: readonly string[];
      readonly kept: readonly string[];
      readonly id: string;
    }
  | undefined
> {
  const seen = await latestHeld(databases.state, { signal });
  if (seen === undefined) return undefined;
  const { id, stage, record, left, kept } = seen;
  const ports = record?.ports ?? [];
  if (stage === 'taken-back') return { end: 'taken-back', id, ports, kept };
  if (stage !== 'pending' && stage !== 'taking-back') return undefined;
  const isOrphan = record !== undefined && (await hasRunEnded(record, await momentNow()));
  if (stage === 'pending' && left > 0 && !isOrphan) return { end: 'open', left, ports };
  const done = await takeBack(databases, seen, signal);
  // The daemon, or the confirmation, was faster.
  if (done === undefined) return await adoptHeld(databases, signal);
  return { end: 'taken-back', id, ports, kept: done.kept };
}

/** Closes a held change that was taken back, after the state has recorded it. */
export async function acknowledgeHeld(state: Redis, id: string, options: CallOptions = {}): Promise<void> {
  await move(state, id, ['taken-back'], 'closed', options);
}
