/** An approval for tests of parts: nothing covered, no file used. */

import type { Covered } from '#plugin';
import type { ActionRun } from '#plugin';

export const NOTHING_COVERED: Covered = {
  lifecycle: {},
  rules: [],
  limits: {},
  uses: {},
  settings: {},
  files: [],
  commands: [],
  values: {},
};

/** Of an action that uses no file. */
export const NO_FILES: Pick<ActionRun, 'files' | 'stillApproved'> = { files: [], stillApproved: async () => undefined };
