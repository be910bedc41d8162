/** Rows of an apply, counted by how they ended. */

import type { Row, RowStatus } from './action.ts';

/** In the order in which reports list them. */
export const ROW_STATUSES: readonly RowStatus[] = [
  'done',
  'failed',
  'unknown',
  'stale',
  'not-attempted',
  'rejected',
  'deferred',
];

/** Counts by status, all of them always there. */
export function countRows(rows: Iterable<Row>): Readonly<Record<RowStatus, number>> {
  const counts = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
  for (const { status } of rows) counts[status] += 1;
  return counts;
}
