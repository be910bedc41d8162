/** The Domains among declared resources. */

import type { Desired } from '#plugin';
import type { DomainSpec } from '../generated.ts';

export function isDomain(each: Desired): each is Desired<DomainSpec> {
  return each.ref.kind === 'Domain';
}

/** The region of the route of a Domain; `unassigned` without one. */
export function regionOf({ route }: DomainSpec): string {
  return (typeof route === 'object' ? route.region : undefined) ?? 'unassigned';
}
