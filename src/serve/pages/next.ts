/** The next steps of a fleet: rows of the last plan, and the times at which resources are due. Pure. */

import { compareText, type Facts, instantOf, instantText } from '#plugin';
import type { Found, PlanRow } from '../answers/found.ts';

/** A step, or a time from which something is due. */
export interface Next {
  readonly address: string;
  /** ISO 8601. A refused step that no time clears is due since its plan. */
  readonly due_at: string;
  /** The row of the step. Absent for a resource that is not due yet. */
  readonly row?: PlanRow;
  /** The part that is due: `renewal due`. Absent with a row. */
  readonly due?: string;
}

/** The first time after `now` at which a schedule says that its resource is due. */
function dueIn(schedule: Facts, now: number): Omit<Next, 'address'> | undefined {
  const times = Object.entries(schedule).flatMap(([name, value]) => {
    const isDue = name.endsWith('_at') && (name.startsWith('next_') || name.endsWith('due_at'));
    return isDue && typeof value === 'string' && instantOf(value) > now
      ? [{ due_at: value, due: name.replace(/_at$/u, '').replaceAll('_', ' ') }]
      : [];
  });
  return times.toSorted((a, b) => instantOf(a.due_at) - instantOf(b.due_at))[0];
}

function dueOf({ verdict, clears_at: clears, planned_at: planned }: PlanRow): string {
  return verdict !== 'accept' && clears !== undefined ? clears : instantText(planned);
}

const RANK: Readonly<Record<PlanRow['verdict'], number>> = { reject: 0, defer: 1, accept: 2 };

function rankOf({ row }: Next): number {
  return row === undefined ? 3 : RANK[row.verdict];
}

/** By the time at which each is due. `rows`: those that are left of the last plans. */
export function comesNext(
  rows: readonly PlanRow[],
  found: Pick<Found, 'seen'> | undefined,
  { now, most }: { readonly now: number; readonly most: number },
): readonly Next[] {
  const planned = new Set(rows.map(({ change }) => change.address));
  const steps = rows.map((row): Next => ({ address: row.change.address, due_at: dueOf(row), row }));
  const later = [...(found?.seen ?? [])].flatMap(([address, { schedule }]): Next[] => {
    const due = planned.has(address) || schedule === undefined ? undefined : dueIn(schedule, now);
    return due === undefined ? [] : [{ address, ...due }];
  });
  const at = ({ due_at: due }: Next): number => instantOf(due);
  return [...steps, ...later]
    .toSorted(
      (a, b) =>
        Math.max(at(a), now) - Math.max(at(b), now) || rankOf(a) - rankOf(b) || compareText(a.address, b.address),
    )
    .slice(0, most);
}
