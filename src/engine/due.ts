/**
 * Due: the resources that a scheduled round refreshes. Pure.
 *
 * Time is divided into slots as long as the interval of a resource, which is due once in each slot. So no time is kept for
 * each resource: a round refreshes all that became due since the last recorded one. The slots of kinds that `spread` begin
 * at different multiples of the round's own interval, so that a long interval does not end for all resources at once.
 *
 * | resource | due |
 * |---|---|
 * | without a state, without a document, or in a state that it leaves by itself | in each slot of the round's interval, or of its own if that is shorter |
 * | with a row or under a gap at its last refresh, an open intent, a failure, an unfinished removal, or a document that was not applied | 〃 |
 * | any other, with a cadence of its kind | in its slots, and at the times that the kind names |
 * | any other | in each slot of the round's interval |
 * | one that a watcher reports | at once, and in its slots |
 *
 * The resources that a due one needs come along.
 */

import { type Changes, isChanged } from './changes.ts';
import { type Cadence, digestOf, type Instant, type Ref, type Resource, sameJson } from '#plugin';
import { isUnsettled } from './lifecycle.ts';
import { needsOf } from './safety-inputs.ts';

export interface Due {
  /** Undefined for every resource. */
  readonly only?: readonly Ref[];
  /** With `only`: plugins of which it has every resource. */
  readonly whole: ReadonlySet<string>;
  /** The time at which the next resource is due. */
  readonly nextAt: Instant;
}

export interface DueInput {
  /** As in the state: unseen. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly now: Instant;
  /** Time of the last recorded round; undefined if every resource is due. Later than now after the clock was set back. */
  readonly since: Instant | undefined;
  /** Longest time between two rounds, in ms. */
  readonly everyMs: number;
  /** Addresses of the resources that had a row or a gap at their last refresh: both may end at any time. */
  readonly restless: ReadonlySet<string>;
  /** Reports of watchers. */
  readonly changed: Changes;
}

/** True for a document that differs from the last applied one. */
function isEdited({ desired, memory }: Resource): boolean {
  const applied = memory?.applied;
  if (desired === undefined || applied === undefined) return false;
  return applied.spec === undefined ? applied.digest !== digestOf(desired.spec) : !sameJson(applied.spec, desired.spec);
}

/** True for a resource that is not at rest, so that it does not wait for a long interval of its kind. */
function isRestless(resource: Resource, { restless }: DueInput): boolean {
  const { address, desired, memory, tables } = resource;
  if (desired === undefined || memory === undefined || restless.has(address)) return true;
  const { open, unknown, removing, successor, state, failures } = memory;
  if (open !== undefined || unknown === true || removing === true || successor !== undefined) return true;
  if (failures !== undefined) return true;
  return (state !== undefined && isUnsettled(tables, state)) || isEdited(resource);
}

/** The kind's own cadence; undefined if it has none, fails, or returns an interval that is not valid. */
function ownCadence(resource: Resource, { now, resources }: DueInput): Cadence | undefined {
  try {
    const cadence = resource.kind.cadence?.(resource, now, resources);
    return cadence !== undefined && cadence.everyMs > 0 ? cadence : undefined;
  } catch {
    return undefined;
  }
}

function cadenceOf(resource: Resource, input: DueInput): Cadence {
  const { everyMs } = input;
  const own = ownCadence(resource, input) ?? { everyMs };
  return isRestless(resource, input) ? { everyMs: Math.min(own.everyMs, everyMs), at: own.at ?? [] } : own;
}

/** A number from an address that is the same in every run (FNV-1a). */
function numberOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < address.length; i += 1) hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** The beginning of the slots, as a distance from the epoch in ms. */
function phaseOf(address: string, { everyMs: own, spread }: Cadence, everyMs: number): number {
  const places = Math.floor(own / everyMs);
  return spread !== true || places <= 1 || !Number.isFinite(places) ? 0 : (numberOf(address) % places) * everyMs;
}

interface Timing {
  readonly isDue: boolean;
  readonly nextAt: Instant;
}

function timingOf(address: string, resource: Resource, input: DueInput): Timing {
  const { now, since, everyMs } = input;
  const cadence = cadenceOf(resource, input);
  const phase = phaseOf(address, cadence, everyMs);
  const slotOf = (time: Instant): number => Math.floor((time - phase) / cadence.everyMs);
  const times = cadence.at ?? [];
  const isDue = since === undefined || slotOf(now) > slotOf(since) || times.some((time) => since < time && time <= now);
  const slotEnd = Number.isFinite(cadence.everyMs) ? (slotOf(now) + 1) * cadence.everyMs + phase : Infinity;
  return { isDue, nextAt: Math.min(slotEnd, ...times.filter((time) => time > now)) };
}

/** Adds the addresses that the wanted ones need, to the last. */
function withNeeds(wanted: Set<string>, resources: ReadonlyMap<string, Resource>): ReadonlySet<string> {
  const open = [...wanted];
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    const resource = resources.get(address);
    for (const need of resource === undefined ? [] : needsOf(resource)) {
      if (wanted.has(need) || !resources.has(need)) continue;
      wanted.add(need);
      open.push(need);
    }
  }
  return wanted;
}

/** The resources that a round refreshes, and the time from which the next round has something to refresh. */
export function dueOf(input: DueInput): Due {
  const { resources, now, everyMs, changed } = input;
  const since = input.since === undefined || input.since > now ? undefined : input.since;
  const due = new Set<string>();
  let nextAt = now + everyMs;
  for (const [address, resource] of resources) {
    const timing = timingOf(address, resource, { ...input, since });
    if (timing.isDue || isChanged(changed, address)) due.add(address);
    nextAt = Math.min(nextAt, timing.nextAt);
  }
  if (since === undefined) return { whole: new Set(), nextAt };
  const wanted = withNeeds(due, resources);
  if (wanted.size === resources.size) return { whole: new Set(), nextAt };
  const left = new Set([...resources].flatMap(([address, { ref }]) => (wanted.has(address) ? [] : [ref.plugin])));
  const only = [...resources].flatMap(([address, { ref }]) => (wanted.has(address) ? [ref] : []));
  return { only, whole: new Set(only.flatMap(({ plugin }) => (left.has(plugin) ? [] : [plugin]))), nextAt };
}
