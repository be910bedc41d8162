/**
 * The check before a confirmation: the target answers over a new connection, ports that were up and should be up are up,
 * and aggregates have their `min_links`. Nothing else is checked.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '#plugin';
import { raced } from '#plugin/deadline';
import type { Device } from '../path/evidence.ts';
import type { PortEffect } from '../path/judge-path.ts';

/** An aggregate that a change touches. */
export interface Group {
  readonly name: string;
  readonly members: readonly string[];
  readonly needs: number;
}

/** The ports and aggregates that must work after a change. */
export interface Expected {
  readonly ports: readonly string[];
  readonly groups: readonly Group[];
}

/**
 * The ports of a change that carried traffic before it, and are not taken down for good; and the aggregates of its ports
 * that worked. Pure.
 */
export function expectedAfter(devices: ReadonlyMap<string, Device>, effects: readonly PortEffect[]): Expected {
  const changed = new Set(effects.map(({ port }) => port));
  const down = new Set(effects.filter((each) => each.down === 'lasting').map(({ port }) => port));
  const carries = (name: string): boolean => devices.get(name)?.carries === true;
  return {
    ports: [...changed].filter((name) => carries(name) && !down.has(name)).sort(),
    groups: [...devices.values()]
      .filter(
        ({ role, carries: works, lower }) => role === 'aggregate' && works && lower.some((each) => changed.has(each)),
      )
      .map(({ name, lower, needs = 1 }) => ({ name, members: lower, needs })),
  };
}

/** The ports and aggregates that do not work: `Ethernet0 is down`. Pure. */
export function missingFrom({ ports, groups }: Expected, devices: ReadonlyMap<string, Device>): readonly string[] {
  const carries = (name: string): boolean => devices.get(name)?.carries === true;
  return [
    ...ports.filter((name) => !carries(name)).map((name) => `${name} has no link`),
    ...groups.flatMap(({ name, members, needs }) => {
      const count = members.filter(carries).length;
      return count >= needs ? [] : [`${name} has ${count} of ${needs} needed links`];
    }),
  ];
}

export interface CheckOptions {
  /** Reads the devices of the target over a new connection, which it closes. */
  readonly look: (signal: AbortSignal) => Promise<ReadonlyMap<string, Device>>;
  readonly expected: Expected;
  /** Seconds within which all must work. */
  readonly settle: number;
  readonly signal: AbortSignal;
}

const PAUSE_MS = 500;
const LOOK_MS = 5000;

/**
 * Waits until all expected ports and aggregates work. Resolves with the reason if they do not in time: the last failure, or
 * what is missing. Rejects with the reason of the signal.
 */
export async function checked({ look, expected, settle, signal }: CheckOptions): Promise<string | undefined> {
  const end = performance.now() + settle * 1000;
  for (;;) {
    let why: string | undefined;
    try {
      const late = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
      const missing = missingFrom(expected, await raced(look(late), late));
      if (missing.length === 0) return undefined;
      why = missing.slice(0, 10).join(', ');
    } catch (error) {
      signal.throwIfAborted();
      why = `the target does not answer over a new connection: ${errorText(error)}`;
    }
    if (performance.now() >= end) return why;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
