/** Explanations: one resource with its state, rules, findings, and the remedies that let its next step pass. */

import { explain as explainResource } from '../engine/explain.ts';
import { type Explanation, explanationDocument } from '../formats/explanation.ts';
import { dependents } from '../engine/judge.ts';
import { formatRef, InputError, type Ref } from '#plugin';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import type { Workspace } from './project.ts';
import { lastRecords } from './records.ts';
import { refreshed, type RefreshOptions } from './refresh.ts';
import { didYouMean } from './selection.ts';

export interface ExplainOptions extends Pick<RefreshOptions, 'passes' | 'stop'> {
  readonly ref: Ref;
  /** Number of log records; 0 for none. */
  readonly last: number;
}

/** Explains a resource. Throws InputError if it is unknown. The explanation is absent if the run was stopped. */
export async function explain(
  workspace: Workspace,
  { ref, last, ...options }: ExplainOptions,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly explanation?: Explanation }> {
  return refreshed(workspace, options, say, async ({ project, reconciled, store }) => {
    const address = formatRef(ref);
    const neededBy =
      dependents({ resources: reconciled.resources, unloaded: reconciled.scene.unloaded }).get(address) ?? [];
    const records = store === undefined ? [] : await lastRecords(store, address, last);
    const explained = explainResource(reconciled, ref, neededBy, records);
    if (explained === undefined)
      throw new InputError(
        `${address} is not declared, was not found, and is not in the state${didYouMean(address, reconciled.resources.keys())}`,
      );
    const explanation = explanationDocument(explained);
    say({ type: 'explained', explanation, project: project.config.name });
    return { ending: explanation.gap === undefined ? 'ok' : 'partly-read', explanation };
  });
}
