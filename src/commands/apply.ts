/** `fettle apply [FILE]`: applies a saved plan, or plans and asks. */

import { InputError } from '#plugin';
import { apply as runApply, SETTLING_MS } from '../run/apply.ts';
import type { Approval } from '../run/apply-round.ts';
import { readPlan } from '../run/plan-file.ts';
import { applying, applyOptionsOf, applyRender, approvalOf, checkApplying } from './applying.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import { causes, duration, flag, optional, parsed, selection, selectionOf } from './options.ts';

export const apply = command({
  name: 'apply',
  summary: 'Apply a saved plan; without one, plan, ask for approval and apply.',
  words: { file: optional('Saved plan to apply.') },
  options: {
    ...applying,
    ...selection,
    ...causes,
    untilSettled: flag(
      'Repeat plan and apply until no changes remain; wait for rejected and deferred rows that clear.',
    ),
    timeout: parsed('<time>', duration, 'Limit on the duration of --until-settled. Default: 1h.'),
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, words: { file }, path, shell, say, interruption, isStream, openWorkspace }) => {
    const { planDigest: digest } = flags;
    checkApplying(flags);
    if (flags.untilSettled === true && (file !== undefined || digest !== undefined))
      throw new InputError('--until-settled makes a new plan each round, so it cannot apply a saved or approved plan');
    const workspace = await openWorkspace();
    const approval: Approval =
      file !== undefined
        ? { by: 'saved', saved: await readPlan(path(file)), digest }
        : approvalOf(flags, 'Use --yes or --plan-digest, or apply a saved plan', shell, isStream);
    const { ending } = await runApply(
      workspace,
      {
        ...applyOptionsOf(flags),
        selection: selectionOf(flags),
        approval,
        interruption: interruption(),
        untilSettled: flags.untilSettled === true ? { timeoutMs: flags.timeout ?? SETTLING_MS } : undefined,
      },
      say,
    );
    return ending;
  },
  render: applyRender,
});
