/** Places as they are on this machine, for lines that belong to no project: nothing is reserved. */

import { openLookUp } from '../../src/engine/load/look-up.ts';
import type { PlacesInput } from '../../src/engine/shared-places.ts';

export const everyPlace: PlacesInput = { look: () => openLookUp('/'), clock: () => performance.now(), reserved: [] };
