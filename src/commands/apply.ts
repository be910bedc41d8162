/** `fettle apply [FILE]`: applies a saved plan, or plans and asks. */

import { InputError } from '#plugin';
import { applyJsonRenderer, applyMarkdownRenderer, applyTextRenderer } from '../report/apply-renderers.ts';
import { apply as runApply, SETTLING_MS } from '../run/apply.ts';
import type { Approval } from '../run/apply-round.ts';
import { readPlan } from '../run/plan-file.ts';
import { version } from '../version.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import {
  asking,
  causes,
  duration,
  failOn,
  flag,
  locking,
  optional,
  parsed,
  passes,
  passesOf,
  rendered,
  selection,
  selectionOf,
  stream,
  text,
  where,
  wholeNumber,
} from './options.ts';

export const apply = command({
  name: 'apply',
  summary: 'Apply a saved plan; without one, plan, ask for approval and apply.',
  words: { file: optional('Saved plan to apply.') },
  options: {
    ...where,
    ...asking,
    yes: flag('Approve without asking. Rejected rows stay rejected.', { short: 'y' }),
    ...selection,
    ...causes,
    ...passes,
    allowRejected: flag('Exit 0 even if rejected rows remain.'),
    failOn,
    planDigest: text('<digest>', 'Apply only if the plan has this digest.'),
    untilSettled: flag(
      'Repeat plan and apply until no changes remain; wait for rejected and deferred rows that clear.',
    ),
    timeout: parsed('<time>', duration, 'Limit on the duration of --until-settled. Default: 1h.'),
    parallelism: parsed('<n>', wholeNumber(1), 'Maximum number of concurrent actions.'),
    ...locking,
    ...rendered,
    ...stream,
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, words: { file }, path, shell, say, interruption, isStream, openWorkspace }) => {
    const { planDigest: digest, parallelism, lockTimeout, allowRejected } = flags;
    if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/u.test(digest))
      throw new InputError('--plan-digest must be sha256: followed by 64 hex digits, as printed by plan');
    if (flags.untilSettled === true && (file !== undefined || digest !== undefined))
      throw new InputError('--until-settled makes a new plan each round, so it cannot apply a saved or approved plan');
    if (allowRejected === true && flags.failOn?.includes('rejected') === true)
      throw new InputError('--allow-rejected and --fail-on rejected contradict each other. Omit one of them');
    const workspace = await openWorkspace();
    const ways = 'Use --yes or --plan-digest, or apply a saved plan';
    const approving = { ...flags, ways, isUnseen: isStream || flags.format !== 'text' };
    const approval: Approval =
      file !== undefined
        ? { by: 'saved', saved: await readPlan(path(file)), digest }
        : digest !== undefined
          ? { by: 'digest', digest }
          : { by: 'ask', ask: (_plan, stop) => mustAgree('Apply these actions?', approving, shell, stop) };
    const { ending } = await runApply(
      workspace,
      {
        selection: selectionOf(flags),
        passes: passesOf(flags),
        approval,
        allowRejected,
        failOn: flags.failOn,
        parallelism,
        lockTimeout,
        interruption: interruption(),
        untilSettled: flags.untilSettled === true ? { timeoutMs: flags.timeout ?? SETTLING_MS } : undefined,
      },
      say,
    );
    return ending;
  },
  render: ({ format, detail = false }, view) =>
    format === 'json'
      ? applyJsonRenderer(version)
      : format === 'markdown'
        ? applyMarkdownRenderer
        : applyTextRenderer(() => ({ ...view(), detail })),
});
