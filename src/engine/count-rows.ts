/** Counts of the rows of an apply, by status. */

import type { Row, RowStatus } from './action.ts';

/** Statuses in the order of reports. */
export const ROW_STATUSES: readonly RowStatus[] = [
  'done',
  'failed',
  'unknown',
  'stale',
  'not-attempted',
  'rejected',
  'deferred',
];

/** Counts by status; every status has a count. */
export function countRows(rows: Iterable<Row>): Readonly<Record<RowStatus, number>> {
  const counts = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
  for (const { status } of rows) counts[status] += 1;
  return counts;
}
