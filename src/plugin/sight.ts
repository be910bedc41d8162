/**
 * Sight: queries on the result of a refresh for a resource.
 *
 * No query treats `unseen` as `absent`. A query about observed values (facts, findings) returns undefined for both. A
 * query whose result differs between the two takes a resource that is known to be seen or absent.
 */

import type { Absent, Facts, Gap, KnownResource, Observed, Resource, Seen, SeenResource, Sight } from './types.ts';
import { ABSENT } from './steps.ts';

interface Sighted<F = unknown> {
  readonly sight: Sight<F>;
}

export function isSeen<R extends Pick<Resource, 'sight'>>(resource: R): resource is SeenResource<R> {
  return resource.sight.is === 'seen';
}

/** Returns true for a resource that does not exist: a refresh would have shown it. */
export function isAbsent({ sight }: Sighted): boolean {
  return sight.is === 'absent';
}

/** Returns true for a resource that is known to exist or not to exist. */
export function isKnown<R extends Pick<Resource, 'sight'>>(resource: R): resource is KnownResource<R> {
  return resource.sight.is !== 'unseen';
}

/** Returns the observed resource; undefined only for an absent one. */
export function observedOf<F>({ sight }: { readonly sight: Seen<F> | Absent }): Observed<F> | undefined {
  return sight.is === 'seen' ? sight.observed : undefined;
}

/** Returns the gap that covers a resource, whether it is seen or not. */
export function gapOver({ sight }: Sighted): Gap | undefined {
  return sight.is === 'absent' ? undefined : sight.gap;
}

/** Returns the state of the kind's first machine: `absent` for an absent resource, undefined for an unseen one. */
export function seenState({ sight }: { readonly sight: Seen | Absent }): string;
export function seenState({ sight }: Sighted): string | undefined;
export function seenState({ sight }: Sighted): string | undefined {
  switch (sight.is) {
    case 'seen':
      return sight.observed.state;
    case 'absent':
      return ABSENT;
    case 'unseen':
      return undefined;
  }
}

/** Returns the state of another machine, if it is seen. */
export function otherState({ sight }: Sighted, machine: string): string | undefined {
  return sight.is === 'seen' ? sight.observed.others?.[machine] : undefined;
}

/** Returns the facts of a resource, if it is seen. */
export function seenFacts<F>(resource: Sighted<F> | undefined): F | undefined {
  return resource?.sight.is === 'seen' ? resource.sight.observed.facts : undefined;
}

/** Returns the signals of a resource, if it is seen. */
export function seenSignals(resource: Sighted | undefined): Facts | undefined {
  return resource?.sight.is === 'seen' ? resource.sight.observed.signals : undefined;
}

/** Returns true for a resource that is seen, and exists without a step: a probed host. */
export function isGiven({ sight }: Sighted): boolean {
  return sight.is === 'seen' && sight.observed.given === true;
}

/** Returns the name of another project that marks a resource, if it is seen, as its own. */
export function claimedBy({ sight }: Sighted): string | undefined {
  return sight.is === 'seen' ? sight.observed.claimedBy : undefined;
}

/** Returns the provider's protection of a resource, if it is seen. */
export function protectedBy({ sight }: Sighted): string | undefined {
  return sight.is === 'seen' ? sight.observed.protectedBy : undefined;
}
