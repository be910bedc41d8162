/**
 * A change that is held until it is confirmed: made, checked, and then confirmed or taken back.
 *
 * A `Hold` is armed before it is returned. `holdOnHost` holds a change by a folder and a timer on the target, `holdOnSwitch`
 * (`redis-hold.ts`) by a record that the daemon on the switch takes.
 */

import { randomBytes } from 'node:crypto';
import { errorText, OutsideError } from '#plugin';
import { ipArguments } from '../linux/ip.ts';
import { arm, disarm, type LocalRedis } from './arm.ts';
import { momentNow, ownProcess } from './clock.ts';
import { carryOut, type OpenConfig } from './execute.ts';
import type { Guarantee } from './guarantee.ts';
import { confirmPending, moveEntry, openFolder, pruneEntries, readEntries, writePending } from './pending.ts';
import type { PendingRecord } from './record.ts';
import type { TakeBack, TakenBack } from './take-back.ts';

export interface Hold {
  readonly id: string;
  readonly guarantee: Guarantee;
  /** The deadline, in ms of `performance.now()`: at the latest, the take-back begins then. */
  readonly endsAt: number;
  /** Makes the change stay. False if it was taken back meanwhile. */
  readonly confirm: (signal: AbortSignal) => Promise<boolean>;
  /** Takes the change back now, also if the timer did already: a change may have been made after it. */
  readonly takeBack: (signal: AbortSignal) => Promise<TakenBack>;
}

export interface Held {
  /** The switch, as in plans; one change at a time is held for each. */
  readonly target: string;
  readonly ports: readonly string[];
  readonly takeBack: TakeBack;
  /** Seconds from the arming to the take-back. */
  readonly within: number;
}

export function newId(): string {
  return randomBytes(8).toString('hex');
}

/** The record of a change whose time begins now. */
export async function recordFor(id: string, { target, ports, takeBack, within }: Held): Promise<PendingRecord> {
  const [{ bootId, uptime }, owner] = await Promise.all([momentNow(), ownProcess()]);
  return { version: 1, id, target, ports, takeBack, bootId, due: uptime + within, owner };
}

export interface HostOptions {
  readonly folder: string;
  /** The switch's Redis server on this machine; undefined for a Linux host, and for a switch elsewhere. */
  readonly redis?: LocalRedis;
  readonly openConfig: OpenConfig;
  /** False if fettle does not run on the target: only the next run takes back, and no timer is armed. */
  readonly hasTimer: boolean;
  readonly signal: AbortSignal;
}

/**
 * Holds a change by a folder on this machine, and a timer. Rejects with an OutsideError if another change of the target is
 * held, or the timer cannot be armed: then the change must not be made.
 */
export async function holdOnHost(held: Held, options: HostOptions): Promise<Hold> {
  const { folder, redis, openConfig, hasTimer, signal } = options;
  // Throws for a name that a timer could not use, before anything is written.
  if (held.takeBack.kind === 'linux') ipArguments(held.takeBack, []);
  await openFolder(folder);
  const open = (await readEntries(folder)).find(
    ({ stage, record }) => stage !== 'taken-back' && record?.target === held.target,
  );
  if (open !== undefined) throw new OutsideError('an earlier change of the switch is neither confirmed nor taken back');
  const id = newId();
  const endsAt = performance.now() + held.within * 1000;
  const record = await recordFor(id, held);
  await writePending(folder, record);
  const armed = hasTimer ? await arm(folder, record, held.within, redis, signal) : undefined;
  if (armed !== undefined && 'failed' in armed) {
    await moveEntry(folder, id, 'pending', 'closed');
    throw new OutsideError(`no timer can be armed to take the change back: ${armed.failed.join('; ')}`);
  }
  const disarmed = async (): Promise<void> => {
    if (armed !== undefined) await disarm(armed, signal).catch(() => undefined);
    await pruneEntries(folder).catch(() => undefined);
  };
  return {
    id,
    guarantee: hasTimer ? 'timer' : 'next-run',
    endsAt,
    confirm: async () => {
      const isConfirmed = await confirmPending(folder, id);
      if (isConfirmed) await disarmed();
      return isConfirmed;
    },
    takeBack: async (takeBackSignal) => {
      const isOurs =
        (await moveEntry(folder, id, 'pending', 'taking-back')) ||
        (await moveEntry(folder, id, 'confirmed', 'taking-back'));
      let done: TakenBack;
      try {
        // The timer may be at it, or done: the same take-back again changes nothing.
        done = await carryOut(record.takeBack, openConfig, takeBackSignal);
      } catch (error) {
        // The timer repeats only what is pending.
        if (isOurs) await moveEntry(folder, id, 'taking-back', 'pending');
        throw error;
      }
      await moveEntry(folder, id, 'taking-back', 'taken-back');
      if (isOurs) await disarmed();
      return done;
    },
  };
}

export type Outcome =
  | { readonly ended: 'confirmed' }
  | {
      readonly ended: 'taken-back';
      /** The reason: the change failed, a port did not come up, or the time was over. */
      readonly why: string;
      readonly cause?: unknown;
      readonly kept: readonly string[];
    }
  /** The take-back failed: the timer, the daemon or the next run repeats it, and the change may last until then. */
  | { readonly ended: 'unknown'; readonly why: string; readonly problem: unknown };

export interface HeldChange {
  /**
   * Makes the change. Its signal fires when the time is nearly over: nothing may be changed after it, because the timer would
   * not take that back.
   */
  readonly change: (signal: AbortSignal) => Promise<void>;
  /** The reason why the change must not stay, from new connections; undefined if all is well (`checked`). */
  readonly check: (signal: AbortSignal) => Promise<string | undefined>;
  readonly signal: AbortSignal;
}

const TOO_LATE = 'the time for the confirmation was over';
/** Time for the confirmation itself, in ms: before the timer fires. */
const MARGIN_MS = 2000;
/** Time for a take-back by fettle, also after the run was interrupted. */
const TAKE_BACK_MS = 30_000;

/** Makes a held change, checks it, and confirms it or takes it back. */
export async function changeHeld(hold: Hold, { change, check, signal }: HeldChange): Promise<Outcome> {
  const left = Math.floor(hold.endsAt - performance.now() - MARGIN_MS);
  const limit = left > 0 ? AbortSignal.timeout(left) : AbortSignal.abort();
  const either = AbortSignal.any([signal, limit]);
  const attempt = async (): Promise<{ readonly why: string; readonly cause?: unknown } | undefined> => {
    try {
      either.throwIfAborted();
      await change(either);
      const why = await check(either);
      if (why !== undefined) return { why };
      return (await hold.confirm(either)) ? undefined : { why: TOO_LATE };
    } catch (error) {
      return { why: limit.aborted && !signal.aborted ? TOO_LATE : errorText(error), cause: error };
    }
  };
  const failed = await attempt();
  if (failed === undefined) return { ended: 'confirmed' };
  try {
    const { kept } = await hold.takeBack(AbortSignal.timeout(TAKE_BACK_MS));
    return { ended: 'taken-back', ...failed, kept };
  } catch (problem) {
    return { ended: 'unknown', why: failed.why, problem };
  }
}
