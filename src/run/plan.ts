/** Plans: refreshes, compares and judges. Writes nothing. */

import type { Plan } from '../formats/plan.ts';
import { foundIn } from './drifted.ts';
import { type Ending, type FailOn, refreshEnding } from './ending.ts';
import type { Listener } from './events.ts';
import type { Workspace } from './project.ts';
import { refreshed, type RefreshOptions } from './refresh.ts';
import type { RoundFound } from './round-found.ts';

export interface PlanOptions extends Omit<RefreshOptions, 'memoryMayBeUnread'>, FailOn {
  /** Receives the plan before it is reported, to save it. */
  readonly save?: ((plan: Plan) => Promise<void>) | undefined;
  /** Gets the refresh and the ledger. */
  readonly found?: (found: RoundFound) => Promise<void>;
}

/** Creates a plan. The plan is absent if the run was stopped. */
export async function plan(
  workspace: Workspace,
  options: PlanOptions,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly plan?: Plan }> {
  // A pull request from a fork has no secrets, and still gets the rest of the plan.
  return refreshed(workspace, { ...options, memoryMayBeUnread: true }, say, async (result) => {
    const { project, reconciled, plugins, recall, store } = result;
    const sealed = reconciled.plan;
    await options.found?.({ reconciled, plugins, ledger: { before: recall.ledger, after: recall.ledger }, store });
    await options.save?.(sealed);
    say({ type: 'planned', plan: sealed });
    return { ending: refreshEnding(foundIn(reconciled, project, options.selection), options), plan: sealed };
  });
}
