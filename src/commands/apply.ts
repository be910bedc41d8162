/** `fettle apply [FILE]`: applies a saved plan, or plans and asks. */

import { InputError } from '#plugin';
import { applyJsonRenderer, applyMarkdownRenderer, applyTextRenderer } from '../report/apply-renderers.ts';
import { apply as runApply, SETTLING_MS } from '../run/apply.ts';
import type { Approval } from '../run/apply-round.ts';
import { readPlan } from '../run/plan-file.ts';
import { openWorkspace } from '../run/project.ts';
import { version } from '../version.ts';
import { mustAgree } from './ask.ts';
import { command } from './command.ts';
import { exitCodesText } from './exit-codes-text.ts';
import {
  causes,
  choice,
  duration,
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
  summary: 'Apply a saved plan, or plan, ask and apply.',
  words: { file: optional('a plan that was saved') },
  options: {
    ...where,
    yes: flag('do not ask; overrides nothing', { short: 'y' }),
    input: choice('<answer>', ['true', 'false'], 'false: never ask'),
    ...selection,
    ...causes,
    ...passes,
    allowRejected: flag('exit 0 though rejected rows remain'),
    planDigest: text('<digest>', 'apply all of the plan with this digest, or nothing'),
    untilSettled: flag('round after round, waiting for what clears, until nothing is left'),
    timeout: parsed('<time>', duration, 'how long all rounds of --until-settled may take; 1h by default'),
    parallelism: parsed('<n>', wholeNumber(1), 'actions at once'),
    ...locking,
    ...rendered,
    ...stream,
  },
  more: exitCodesText,
  events: true,
  call: async ({ flags, words: { file }, host, source, path, shell, say, interruption, isStream }) => {
    const { planDigest: digest, parallelism, lockTimeout, allowRejected } = flags;
    if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/u.test(digest))
      throw new InputError('--plan-digest must be sha256: and 64 hex digits, as plan prints it');
    if (flags.untilSettled === true && (file !== undefined || digest !== undefined))
      throw new InputError('--until-settled plans anew each round: no plan can be approved before');
    const workspace = await openWorkspace(host, source, say);
    const ways = 'use --yes, --plan-digest, or apply a saved plan';
    const asking = { ...flags, ways, isUnseen: isStream || flags.format !== 'text' };
    const approval: Approval =
      file !== undefined
        ? { by: 'saved', saved: await readPlan(path(file)), digest }
        : digest !== undefined
          ? { by: 'digest', digest }
          : { by: 'ask', ask: (_plan, stop) => mustAgree('Apply these actions?', asking, shell, stop) };
    const { ending } = await runApply(
      workspace,
      {
        selection: selectionOf(flags),
        passes: passesOf(flags),
        approval,
        allowRejected,
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
