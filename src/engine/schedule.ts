/** The schedule of a resource: when its kind acts on it next, when it was last refreshed, and its retries. */

import { defined, type Facts, type Resource } from '#plugin';

/** Returns the schedule at `now` (epoch ms); undefined if the kind has none. A function that fails has none either. */
export function scheduleOf(resource: Resource, now: number): Facts | undefined {
  try {
    const schedule = defined<Facts>(resource.kind.schedule?.(resource, now) ?? {});
    return Object.keys(schedule).length === 0 ? undefined : schedule;
  } catch {
    return undefined;
  }
}
