/** Plans: refreshes, compares and judges. Nothing is written. */

import type { Plan } from '../formats/plan.ts';
import { type Ending, type FailOn, planEnding } from './ending.ts';
import type { Listener } from './events.ts';
import type { Workspace } from './project.ts';
import { refreshed, type RefreshOptions } from './refresh.ts';

export interface PlanOptions extends Omit<RefreshOptions, 'memoryMayBeUnread'>, FailOn {
  /** Gets the plan before it is reported, to save it. */
  readonly save?: ((plan: Plan) => Promise<void>) | undefined;
}

/** The plan is absent where the run was stopped. */
export async function plan(
  workspace: Workspace,
  options: PlanOptions,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly plan?: Plan }> {
  // A pull request from a fork has no secrets, and is to see the rest.
  return refreshed(workspace, { ...options, memoryMayBeUnread: true }, say, async ({ reconciled }) => {
    const sealed = reconciled.plan;
    await options.save?.(sealed);
    say({ type: 'planned', plan: sealed });
    return { ending: planEnding(sealed, options), plan: sealed };
  });
}
