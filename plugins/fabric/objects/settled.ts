/** After an apply: the object has what was sent, so no other dry run is needed to see that the step is done. */

import { lostValues } from './as-sent.ts';
import type { ObjectPreview } from './facts.ts';
import { ownEntry } from './managed-fields.ts';
import type { Declared } from './trial.ts';

/** The preview of an object that has every declared value, each of them applied by us; undefined for any other. */
export function settledByApply({ manifest, live, manager }: Declared): ObjectPreview | undefined {
  if (live === undefined || ownEntry(live, manager) === undefined) return undefined;
  return lostValues(manifest, live).length === 0 ? { outcome: 'unchanged' } : undefined;
}
