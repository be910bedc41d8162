/** The settings in force for a port. */

import type { Json } from '#plugin';
import type { PortsyncConfig } from '../generated.ts';

export interface PortPolicy {
  /** Time within which the switch must take up a change, as a duration. */
  readonly takeUp: string;
  /** Greatest number of changes of the link within `per`. */
  readonly flaps: { readonly max: number; readonly per: string };
}

export function portPolicy(settings: Json): PortPolicy {
  const { takeUp, flaps } = settings as unknown as PortsyncConfig;
  return { takeUp, flaps };
}
