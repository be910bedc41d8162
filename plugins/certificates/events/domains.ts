/** The Domains among declared resources. */

import type { Desired } from '#plugin';
import type { DomainSpec } from '../generated.ts';

export function isDomain(each: Desired): each is Desired<DomainSpec> {
  return each.ref.kind === 'Domain';
}
