/** Approve: of the actions that are right now, only those that a saved plan shows as rows that would run. */

import type { Plan, ResourceChange } from './plan.ts';
import type { Action, Override } from './types.ts';

export interface Approved {
  /** What may run, and what is rejected or waits. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Rows of the saved plan that no longer hold, and why. */
  readonly stale: readonly { readonly row: ResourceChange; readonly message: string }[];
  /** Addresses of rows that are new since the plan was saved: they do not run. */
  readonly added: readonly string[];
}

function staleness(row: ResourceChange, action: Action | undefined): string | undefined {
  if (action === undefined) return 'there is nothing to do any more';
  if (action.verdict !== 'accept') return `it is ${action.verdict === 'reject' ? 'rejected' : 'waiting'} now`;
  if (action.change.step !== row.step || action.change.goal !== row.goal) return `it now needs ${action.change.step}`;
  return action.basis === row.basis ? undefined : 'it is not as it was when the plan was made';
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

/** Overrides that a saved plan was made with: who approved the rows approved these. */
export function savedOverrides(saved: Plan): readonly Override[] {
  return saved.resource_changes.flatMap(({ address, overrides }) =>
    (overrides ?? []).map(({ rule, reason }) => ({ rule, address, reason })),
  );
}
