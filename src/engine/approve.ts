/** Approve: selects the present actions that a saved plan has as rows. */

import type { Plan, ResourceChange } from '../formats/plan.ts';
import { coverDifference } from './cover-difference.ts';
import { overridesOf } from './standing.ts';
import type { Action } from '#plugin';

export interface Approved {
  /** The approved actions, and those that are rejected or wait. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Rows of the saved plan that no longer apply, with the reason. */
  readonly stale: readonly { readonly row: ResourceChange; readonly message: string }[];
  /** Addresses of rows that are not in the saved plan: they do not run. */
  readonly added: readonly string[];
}

/** Rules that a saved row passed by an override that is missing now. */
function withdrawn({ overrides = [] }: ResourceChange, action: Action): readonly string[] {
  const stands = new Set(
    action.judgements.flatMap(({ rule, outcome, overridden }) =>
      (outcome === 'reject' || outcome === 'defer') && overridden === undefined ? [rule] : [],
    ),
  );
  return overrides.flatMap(({ rule }) => (stands.has(rule) ? [rule] : []));
}

function staleness(row: ResourceChange, action: Action | undefined): string | undefined {
  if (action === undefined) return 'The resource no longer needs a step';
  if (action.verdict !== 'accept') {
    const now = `The row is now ${action.verdict === 'reject' ? 'rejected' : 'waiting'}`;
    const gone = withdrawn(row, action);
    return gone.length === 0
      ? now
      : `${now}. The plan overrides ${gone.join(', ')}: use the same override in the command line or fettle.yaml`;
  }
  if (action.change.step !== row.step || action.change.goal !== row.goal)
    return `The resource now needs the step ${action.change.step}`;
  const approved = new Set(row.overrides?.map(({ rule }) => rule));
  const more = overridesOf(action).filter(({ rule }) => !approved.has(rule));
  if (more.length > 0) return `The row now needs an override of ${more.map(({ rule }) => rule).join(', ')}`;
  if (action.basis === row.basis) return undefined;
  const parts = coverDifference(row.covers, action.covers);
  return parts.length === 0
    ? 'The resource has changed since the plan was created'
    : `Changed since the plan was created: ${parts.join(', ')}`;
}

/** Compares the present actions with a saved plan. */
export function approve(saved: Plan, actions: ReadonlyMap<string, Action>): Approved {
  const rows = new Map(saved.resource_changes.map((row) => [row.address, row]));
  const stale = saved.resource_changes.flatMap((row) => {
    const message = staleness(row, actions.get(row.address));
    return message === undefined ? [] : [{ row, message }];
  });
  const refused = new Set(stale.map(({ row }) => row.address));
  const isAdded = (address: string, action: Action): boolean => action.verdict === 'accept' && !rows.has(address);
  return {
    actions: new Map(
      [...actions].filter(
        ([address, action]) => !isAdded(address, action) && !(refused.has(address) && action.verdict === 'accept'),
      ),
    ),
    stale,
    added: [...actions].flatMap(([address, action]) => (isAdded(address, action) ? [address] : [])),
  };
}
