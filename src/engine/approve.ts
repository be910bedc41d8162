/** Approve: of the actions that are right now, only those that a saved plan shows as rows that would run. */

import type { Plan, ResourceChange } from '../formats/plan.ts';
import { coverDifference } from './cover-difference.ts';
import { overridesOf } from './standing.ts';
import type { Action } from '#plugin';

export interface Approved {
  /** What may run, and what is rejected or waits. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Rows of the saved plan that no longer hold, and why. */
  readonly stale: readonly { readonly row: ResourceChange; readonly message: string }[];
  /** Addresses of rows that are new since the plan was saved: they do not run. */
  readonly added: readonly string[];
}

/** Rules that a saved row passed by an override which nobody gives now. */
function withdrawn({ overrides = [] }: ResourceChange, action: Action): readonly string[] {
  const stands = new Set(
    action.judgements.flatMap(({ rule, outcome, overridden }) =>
      (outcome === 'reject' || outcome === 'defer') && overridden === undefined ? [rule] : [],
    ),
  );
  return overrides.flatMap(({ rule }) => (stands.has(rule) ? [rule] : []));
}

function staleness(row: ResourceChange, action: Action | undefined): string | undefined {
  if (action === undefined) return 'there is nothing to do any more';
  if (action.verdict !== 'accept') {
    const now = `the row is ${action.verdict === 'reject' ? 'rejected' : 'waiting'} now`;
    const gone = withdrawn(row, action);
    return gone.length === 0
      ? now
      : `${now}: the plan's override of ${gone.join(', ')} counts only while the command line or fettle.yaml gives it`;
  }
  if (action.change.step !== row.step || action.change.goal !== row.goal) return `it now needs ${action.change.step}`;
  const approved = new Set(row.overrides?.map(({ rule }) => rule));
  const more = overridesOf(action).filter(({ rule }) => !approved.has(rule));
  if (more.length > 0) return `it now needs an override of ${more.map(({ rule }) => rule).join(', ')}`;
  if (action.basis === row.basis) return undefined;
  const parts = coverDifference(row.covers, action.covers);
  return parts.length === 0
    ? 'it is not as it was when the plan was made'
    : `it is not as it was when the plan was made: other ${parts.join(', ')}`;
}

/** Holds the actions of now against a saved plan. */
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
