/** DNS-01: TXT values at the end of the CNAMEs of `_acme-challenge.NAME`, written by a provider, and seen before the authority looks. */

import { errorText, InputError, listed } from '#plugin';
import { finalName } from '../dns/lookup.ts';
import type { Dns } from '../dns/lookup.ts';
import { delegationMistake } from './delegation.ts';
import type { Expected, Propagation } from '../dns/propagation.ts';
import { type Challenge, type PreparedValue, type Solver, type SolverRun, type Via, valuesFor } from './solver.ts';

/** Writes and removes single TXT values. Both are idempotent, and leave all other values. */
export interface TextProvider {
  readonly via: Via;
  /** As in Solver. */
  readonly room?: string;
  /** The provider writes at one place, of its own account, wherever a CNAME leads. */
  readonly isFixed?: true;
  /** Completes values, for example with their zones. Throws if one cannot be written. Changes nothing. */
  readonly place?: (values: readonly PreparedValue[], run: SolverRun) => Promise<readonly PreparedValue[]>;
  readonly add: (values: readonly PreparedValue[], run: SolverRun) => Promise<void>;
  readonly remove: (values: readonly PreparedValue[], run: SolverRun) => Promise<void>;
}

export interface DnsSolverOptions {
  readonly dns: Dns;
  /** False if nothing is looked up: names are written as they are. */
  readonly isFollowing: boolean;
  /** Names and zones that CNAMEs may lead to, in addition to names of challenges. */
  readonly delegated: readonly string[];
  readonly propagate: Propagation;
}

function challengeName({ name, kind }: Challenge): string {
  if (kind === 'ip') throw new InputError(`${name} is an address, and DNS cannot prove an address. Use http01`);
  return `_acme-challenge.${name.toLowerCase()}`;
}

/** Does the work for each item, also after a failure. Then throws the failures. */
export async function attemptEach<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new Error(listed(failures.map(errorText), 3, '; '), { cause: failures[0] });
}

/** Values with their zones. `given`: the zone of all of them. Throws an InputError if a value is not in its zone. */
export async function placedInZones(
  values: readonly PreparedValue[],
  given: string | undefined,
  zoneFor: (place: string) => Promise<string>,
): Promise<readonly PreparedValue[]> {
  const zones = new Map<string, string>();
  for (const { place } of values) {
    const zone = given ?? zones.get(place) ?? (await zoneFor(place));
    if (place !== zone && !place.endsWith(`.${zone}`)) throw new InputError(`${place} is not in the zone ${zone}`);
    zones.set(place, zone);
  }
  return values.map((each) => ({ ...each, zone: zones.get(each.place) ?? '' }));
}

/** Values of different names can be the same record. */
function distinct(values: readonly PreparedValue[]): readonly PreparedValue[] {
  const byRecord = new Map(values.map((each) => [`${each.place} ${each.text}`, each]));
  return [...byRecord.values()];
}

function expectedOf(values: readonly PreparedValue[]): readonly Expected[] {
  const byPlace = Map.groupBy(values, ({ place }) => place);
  return [...byPlace].map(([name, own]) => ({ name, texts: own.map(({ text }) => text) }));
}

export function dnsSolver(
  provider: TextProvider,
  { dns, isFollowing, delegated, propagate }: DnsSolverOptions,
): Solver {
  const { via, room, isFixed = false } = provider;
  return {
    type: 'dns-01',
    via,
    ...(room === undefined ? {} : { room }),
    prepare: async (challenges, run) => {
      const values: PreparedValue[] = [];
      for (const each of challenges) {
        const name = challengeName(each);
        const place = isFollowing ? await finalName(dns.ask, name, run.signal) : name;
        const mistake = isFixed ? undefined : delegationMistake(name, place, delegated);
        if (mistake !== undefined) throw new InputError(mistake);
        values.push({ name: each.name, place, text: each.txt });
      }
      const all = distinct(values);
      return { via, values: provider.place === undefined ? all : await provider.place(all, run) };
    },
    present: async (prepared, run) => {
      const values = valuesFor(prepared, via);
      if (values.length === 0) return;
      await provider.add(values, run);
      await propagate(expectedOf(values), run);
    },
    remove: async (prepared, run) => {
      const values = valuesFor(prepared, via);
      if (values.length > 0) await provider.remove(values, run);
    },
  };
}
