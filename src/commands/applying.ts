/** Options of the commands that plan, ask for approval and apply, and their meaning. */

import { InputError } from '#plugin';
import { applyJsonRenderer, applyMarkdownRenderer, applyTextRenderer } from '../report/apply-renderers.ts';
import type { ApplyOptions, Approval } from '../run/apply-round.ts';
import type { Shell } from '../shell.ts';
import { version } from '../version.ts';
import { mustAgree } from './ask.ts';
import type { Flags, Render, View } from './command.ts';
import {
  asking,
  failOn,
  flag,
  locking,
  parsed,
  passes,
  passesOf,
  rendered,
  stream,
  text,
  where,
  wholeNumber,
} from './options.ts';

export const applying = {
  ...where,
  ...asking,
  yes: flag('Approve without asking. Rejected rows stay rejected.', { short: 'y' }),
  ...passes,
  allowRejected: flag('Exit 0 even if rejected rows remain.'),
  failOn,
  planDigest: text('<digest>', 'Apply only if the plan has this digest.'),
  parallelism: parsed('<n>', wholeNumber(1), 'Maximum number of concurrent actions.'),
  ...locking,
  ...rendered,
  ...stream,
};

type Applying = Flags<typeof applying>;

/** Throws InputError for options that contradict each other. */
export function checkApplying({ planDigest, allowRejected, failOn: values }: Applying): void {
  if (planDigest !== undefined && !/^sha256:[0-9a-f]{64}$/u.test(planDigest))
    throw new InputError('--plan-digest must be sha256: followed by 64 hex digits, as printed by plan');
  if (allowRejected === true && values?.includes('rejected') === true)
    throw new InputError('--allow-rejected and --fail-on rejected contradict each other. Omit one of them');
}

/** The approval of a new plan: by its digest, or by an answer. `ways` names the alternatives to a question. */
export function approvalOf(flags: Applying, ways: string, shell: Shell, isStream: boolean): Approval {
  if (flags.planDigest !== undefined) return { by: 'digest', digest: flags.planDigest };
  const approving = { ...flags, ways, isUnseen: isStream || flags.format !== 'text' };
  return { by: 'ask', ask: (_plan, stop) => mustAgree('Apply these actions?', approving, shell, stop) };
}

/** The options of the run that the flags make. Throws InputError. */
export function applyOptionsOf(
  flags: Applying,
): Pick<ApplyOptions, 'passes' | 'allowRejected' | 'failOn' | 'parallelism' | 'lockTimeout'> {
  const { allowRejected, failOn: values, parallelism, lockTimeout } = flags;
  return { passes: passesOf(flags), allowRejected, failOn: values, parallelism, lockTimeout };
}

/** Renders the plan, the actions and the result. */
export function applyRender({ format, detail = false }: Applying, view: () => View): Render {
  if (format === 'json') return applyJsonRenderer(version);
  return format === 'markdown' ? applyMarkdownRenderer : applyTextRenderer(() => ({ ...view(), detail }));
}
