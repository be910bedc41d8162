/**
 * Speeds, lanes, corrections and auto-negotiation that do not go together. Pure.
 *
 * Sources: IEEE 802.3 clauses 74 (FC-FEC: 10GBASE-R, 25GBASE-R and 40GBASE-R), 91 and 108 (RS-FEC: 25, 50 and 100 Gbit/s,
 * and all faster ones), 119 and 134 (PAM4 signals always need RS-FEC). A lane of NRZ carries at most 28 Gbit/s.
 */

import type { Facts } from '#plugin';
import { lanesOf, type Row } from './fields.ts';

/** Mbit/s that a lane with NRZ carries at most; a faster lane uses PAM4. */
const NRZ_LANE = 28_000;

const FC_SPEEDS: ReadonlySet<number> = new Set([10_000, 25_000, 40_000, 50_000]);

export interface Combination {
  /** A sentence without its full stop. */
  readonly message: string;
  readonly facts: Facts;
  /** Values of `fec` that go with the speed. */
  readonly fecs: readonly string[];
}

/** The corrections that go with a speed over a number of lanes; undefined if any does. */
function fecsFor(speed: number, lanes: number): readonly string[] {
  const perLane = speed / lanes;
  if (perLane > NRZ_LANE) return ['rs', 'auto'];
  const isBelowRs = speed < 25_000 || speed === 40_000;
  return ['none', 'auto', ...(isBelowRs ? [] : ['rs']), ...(FC_SPEEDS.has(speed) ? ['fc'] : [])];
}

/** The reason why a port with these fields would have no link; undefined if there is none, or a field is not known. */
export function combinationMistake(row: Row): Combination | undefined {
  const speed = Number(row['speed']);
  const lanes = row['lanes'] === undefined ? Number.NaN : lanesOf(row['lanes']).length;
  const { fec, autoneg, adv_speeds: advertised } = row;
  if (autoneg === 'on' && advertised !== undefined && advertised !== 'all' && !Number.isNaN(speed)) {
    const speeds = advertised.split(',').map((each) => Number(each.trim()));
    if (!speeds.includes(speed))
      return {
        message: `speed ${speed} is not among adv_speeds (${advertised}), and autoneg is on`,
        facts: { speed, adv_speeds: advertised, autoneg },
        fecs: [],
      };
  }
  if (fec === undefined || Number.isNaN(speed) || Number.isNaN(lanes) || autoneg === 'on') return undefined;
  const fecs = fecsFor(speed, lanes);
  if (fecs.includes(fec)) return undefined;
  const per = lanes === 1 ? 'one lane' : `${lanes} lanes`;
  return {
    message: `fec ${fec} does not go with speed ${speed} over ${per}; ${fecs.join(', ')} ${fecs.length === 1 ? 'does' : 'do'}`,
    facts: { speed, lanes, fec },
    fecs,
  };
}
