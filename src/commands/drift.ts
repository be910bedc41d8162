/** `fettle drift`: how the world differs from what was last applied. It writes nothing, but with `--record` what it saw. */

import { driftReport } from '../engine/drift.ts';
import { driftText } from '../report/drift-text.ts';
import type { Shell } from '../shell.ts';
import { driftEnding, type ExitName } from './ending.ts';
import { type Flags, wantsColor, withinOf } from './flags.ts';
import { type Looked, looking } from './looking.ts';

export interface DriftFlags extends Flags {
  readonly record?: boolean;
}

/** Prints what drifted; gives the ending. */
export function tellDrift(
  looked: Pick<Looked, 'project' | 'plugins' | 'reconciled' | 'report'>,
  flags: DriftFlags,
  shell: Shell,
): ExitName {
  const { project, plugins, reconciled, report: log } = looked;
  const { plan, pairs, actions, scene } = reconciled;
  const report = driftReport({
    plan,
    pairs,
    actions,
    scene,
    plugins,
    suppress: project.config.suppress,
    within: withinOf(flags),
    hasLog: log.status !== 'none',
  });
  if (flags.format === 'json') shell.stdout.write(`${JSON.stringify(report)}\n`);
  else
    shell.stdout.write(
      driftText(report, { color: wantsColor(flags, shell), now: shell.now(), detail: flags.detail ?? false }),
    );
  return driftEnding(report, plan, flags);
}

export async function drift(flags: DriftFlags, shell: Shell): Promise<number> {
  return looking(flags, shell, async (looked) => tellDrift(looked, flags, shell));
}
