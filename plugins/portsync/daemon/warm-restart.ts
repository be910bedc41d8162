/** The choice between a warm and a cold start, and the warm-restart tables of SONiC. Pure. */

import type { Row } from '../redis/reader.ts';
import type { WarmState } from './machine.ts';

/** The result of the recovery of the state file. An unchecked state has no checksum. */
export type Recovered = 'none' | 'checked' | 'unchecked, and the links agree' | 'unchecked, and the links differ';

export interface StartInput {
  /** `WARM_RESTART_ENABLE_TABLE|system` of STATE_DB. */
  readonly system: Row;
  /** `WARM_RESTART_ENABLE_TABLE|swss` of STATE_DB. */
  readonly docker: Row;
  /** `WARM_RESTART_TABLE|portsyncd` of STATE_DB. */
  readonly own: Row;
  readonly recovered: Recovered;
}

export interface StartDecision {
  readonly start: 'ColdStart' | 'WarmStart';
  /** The new `restore_count` of `WARM_RESTART_TABLE|portsyncd`. */
  readonly restoreCount: string;
  /** The state to publish at a cold start. A warm start publishes those of its machine. */
  readonly state?: WarmState;
  readonly because: string;
  /** Set if the start was meant to be warm. */
  readonly isUnexpected: boolean;
}

/** True if warm restart is enabled for the system or for the container `swss`. */
export function isWarmRestartEnabled({ system, docker }: Pick<StartInput, 'system' | 'docker'>): boolean {
  return system['enable'] === 'true' || docker['enable'] === 'true';
}

/** The state that a program sees if it asks: `reconciled` while warm restart is disabled. */
export function warmStateOf(input: Pick<StartInput, 'system' | 'docker' | 'own'>): WarmState {
  if (!isWarmRestartEnabled(input)) return 'reconciled';
  const { state } = input.own;
  const known: readonly WarmState[] = ['initialized', 'restored', 'replayed', 'reconciled', 'disabled'];
  return known.find((each) => each === state) ?? 'unknown';
}

function cold(because: string, isUnexpected: boolean): StartDecision {
  return {
    start: 'ColdStart',
    restoreCount: '0',
    state: isUnexpected ? 'unknown' : 'disabled',
    because,
    isUnexpected,
  };
}

/** Decides the start. Every doubt leads to a cold start. */
export function startDecision(input: StartInput): StartDecision {
  if (!isWarmRestartEnabled(input)) return cold('warm restart is not enabled', false);
  const count = input.own['restore_count'];
  if (count === undefined || !/^\d{1,15}$/u.test(count))
    return cold('warm restart is enabled, but restore_count is missing: STATE_DB was flushed', true);
  switch (input.recovered) {
    case 'none':
      return cold('warm restart is enabled, but no state file could be read', true);
    case 'unchecked, and the links differ':
      return cold('the state file has no checksum, and the links differ from it', true);
    case 'checked':
    case 'unchecked, and the links agree':
      return {
        start: 'WarmStart',
        restoreCount: String(Number(count) + 1),
        because: 'warm restart is enabled, and the state file is valid',
        isUnexpected: false,
      };
  }
}

const TIMER_DISABLED = 9999;

/**
 * Parses `portsyncd_timer` of CONFIG_DB's `WARM_RESTART|swss` as `strtoul` with base 0 does: decimal, octal with `0`,
 * hexadecimal with `0x`. 0, a text that is not a number, and values above 9999 are not set; 9999 disables the timer.
 */
export function warmTimer(text: string | undefined): number | 'disabled' | undefined {
  const [, hex, octal, decimal] = /^(?:0x([0-9a-f]+)|0([0-7]+)|([1-9]\d*))$/iu.exec(text ?? '') ?? [];
  const value =
    hex === undefined ? (octal === undefined ? Number(decimal) : Number.parseInt(octal, 8)) : Number.parseInt(hex, 16);
  if (!(value > 0 && value <= TIMER_DISABLED)) return undefined;
  return value === TIMER_DISABLED ? 'disabled' : value;
}
