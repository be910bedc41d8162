/**
 * The warm-restart machine: `(state, event, now) → state and effects`. Pure; `now` is monotonic, in ms.
 *
 * | From | Event | To |
 * |---|---|---|
 * | `WarmStart` | `begin` | `InitialSyncInProgress` |
 * | `InitialSyncInProgress` | `end-of-dump` | `InitialSyncComplete` |
 * | `InitialSyncInProgress` | `change-mask-zero`, with the option | `InitialSyncComplete` |
 * | `InitialSyncInProgress` | `check`, once the timeout has passed | `InitialSyncComplete` |
 *
 * Every other event changes nothing and has no effects.
 */

import type { Recording } from './metrics.ts';

/** Seconds until the initial sync ends by itself; 0 ends it at the first check. */
export type EoiuTimeout = number | 'disabled';

export const EOIU_TIMEOUT = 'PORTSYNCD_EOIU_TIMEOUT_SECS';
export const DEFAULT_EOIU_TIMEOUT_SECS = 10;

/** Parses the value of `PORTSYNCD_EOIU_TIMEOUT_SECS`: whole seconds, or `disabled`. 10 for any other text. */
export function eoiuTimeout(text: string | undefined): EoiuTimeout {
  if (text === 'disabled') return 'disabled';
  if (text === undefined || !/^\+?\d{1,20}$/u.test(text)) return DEFAULT_EOIU_TIMEOUT_SECS;
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

export interface MachineOptions {
  readonly timeout: EoiuTimeout;
  /**
   * Takes a link message with change mask 0 for the end of the dump. Every entry of a kernel's dump has that mask, so
   * the option is only for simulated sources. False by default.
   */
  readonly maskZeroEnds?: boolean;
}

/** The reason why an initial sync is complete. */
export type SyncEnd = 'end-of-dump' | 'change-mask-zero' | 'timeout';

type Stage =
  | { readonly phase: 'ColdStart' | 'WarmStart' }
  | { readonly phase: 'InitialSyncInProgress'; readonly startedAt: number }
  | {
      readonly phase: 'InitialSyncComplete';
      readonly startedAt: number;
      readonly endedAt: number;
      readonly by: SyncEnd;
    };

export type Phase = Stage['phase'];

export type Machine = Stage & { readonly options: MachineOptions };

export type MachineEvent =
  | { readonly type: 'begin' | 'end-of-dump' | 'change-mask-zero' | 'check' }
  | { readonly type: 'set-timeout'; readonly timeout: EoiuTimeout };

/** States of `WARM_RESTART_TABLE|portsyncd`. */
export type WarmState = 'initialized' | 'restored' | 'replayed' | 'reconciled' | 'disabled' | 'unknown';

export type Effect =
  | { readonly type: 'record'; readonly recording: Recording }
  | { readonly type: 'publish'; readonly state: WarmState }
  /** Write the differences between the stored and the observed ports. */
  | { readonly type: 'reconcile' };

export interface Moved {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}

function record(recording: Recording): Effect {
  return { type: 'record', recording };
}

/** The machine after the start of the daemon. */
export function startMachine(start: 'ColdStart' | 'WarmStart', options: MachineOptions): Moved {
  return {
    machine: { phase: start, options },
    effects:
      start === 'WarmStart'
        ? [
            record({ event: 'warm-restart' }),
            { type: 'publish', state: 'initialized' },
            { type: 'publish', state: 'restored' },
          ]
        : [record({ event: 'cold-start' })],
  };
}

function elapsedMs(from: number, to: number): number {
  return Math.max(0, to - from);
}

/** Whole seconds since the initial sync began, or its duration once it is complete; null before it began. */
export function elapsedSeconds(machine: Machine, now: number): number | null {
  switch (machine.phase) {
    case 'ColdStart':
    case 'WarmStart':
      return null;
    case 'InitialSyncInProgress':
      return Math.floor(elapsedMs(machine.startedAt, now) / 1000);
    case 'InitialSyncComplete':
      return Math.floor(elapsedMs(machine.startedAt, machine.endedAt) / 1000);
  }
}

function completed(
  { options, startedAt }: Extract<Machine, { readonly phase: 'InitialSyncInProgress' }>,
  by: SyncEnd,
  now: number,
): Moved {
  return {
    machine: { phase: 'InitialSyncComplete', startedAt, endedAt: now, by, options },
    effects: [
      record({ event: by === 'timeout' ? 'eoiu-timeout' : 'eoiu-detected' }),
      record({ event: 'sync-duration', seconds: elapsedMs(startedAt, now) / 1000 }),
      { type: 'reconcile' },
      { type: 'publish', state: 'reconciled' },
    ],
  };
}

/** The reason why an event completes a sync that is in progress; undefined if it does not. */
function endBy(machine: Machine, event: MachineEvent, now: number): SyncEnd | undefined {
  const { timeout, maskZeroEnds = false } = machine.options;
  switch (event.type) {
    case 'end-of-dump':
      return 'end-of-dump';
    case 'change-mask-zero':
      return maskZeroEnds ? 'change-mask-zero' : undefined;
    case 'check':
      return timeout !== 'disabled' && (elapsedSeconds(machine, now) ?? 0) >= timeout ? 'timeout' : undefined;
    case 'begin':
    case 'set-timeout':
      return undefined;
  }
}

/** The next state of the machine, and what the daemon does for it. */
export function moved(machine: Machine, event: MachineEvent, now: number): Moved {
  if (event.type === 'set-timeout')
    return { machine: { ...machine, options: { ...machine.options, timeout: event.timeout } }, effects: [] };
  if (machine.phase === 'WarmStart' && event.type === 'begin')
    return { machine: { phase: 'InitialSyncInProgress', startedAt: now, options: machine.options }, effects: [] };
  if (machine.phase !== 'InitialSyncInProgress') return { machine, effects: [] };
  const by = endBy(machine, event, now);
  return by === undefined ? { machine, effects: [] } : completed(machine, by, now);
}

/** True while neither STATE_DB nor APPL_DB is written. */
export function skipsUpdates({ phase }: Machine): boolean {
  return phase === 'InitialSyncInProgress';
}

export function isWarmRestarting({ phase }: Machine): boolean {
  return phase === 'WarmStart' || phase === 'InitialSyncInProgress';
}
