/** The Domains among declared resources. */

import type { Desired } from '#plugin';
import type { DomainSpec } from '../generated.ts';

export function isDomain(each: Desired): each is Desired<DomainSpec> {
  return each.ref.kind === 'Domain';
}

/** The region of the route of a Domain; undefined without one. */
export function routedTo({ route }: DomainSpec): string | undefined {
  return typeof route === 'object' ? route.region : undefined;
}

/** The same for people: `unassigned` without one. */
export function regionOf(spec: DomainSpec): string {
  return routedTo(spec) ?? 'unassigned';
}
