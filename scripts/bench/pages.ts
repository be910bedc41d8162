/** A page of 1,000 rows: the time to render it, and its size. */

import { fleetData, fleetHtml } from '../../test/serve/fleet-page.ts';
import { median } from './measure.ts';
import type { Row } from './rows.ts';

const [ROWS, TIMES] = [1000, 21] as const;
const [MOST_MS, MOST_BYTES] = [20, 250_000] as const;

export function pagesRows(): readonly Row[] {
  const data = fleetData(ROWS);
  const times = Array.from({ length: TIMES }, () => {
    const from = performance.now();
    fleetHtml(data);
    return performance.now() - from;
  });
  const [ms, bytes] = [median(times), Buffer.byteLength(fleetHtml(data))];
  const detail = `median of ${TIMES}, slowest ${Math.max(...times).toFixed(1)} ms`;
  return [
    {
      figure: 'page of 1,000 rows: time to render',
      measured: `${ms.toFixed(1)} ms`,
      target: `under ${MOST_MS} ms`,
      verdict: ms < MOST_MS ? 'ok' : 'over',
      detail,
    },
    {
      figure: 'page of 1,000 rows: size',
      measured: `${(bytes / 1000).toFixed(0)} KB`,
      target: `under ${MOST_BYTES / 1000} KB`,
      verdict: bytes < MOST_BYTES ? 'ok' : 'over',
      detail: '',
    },
  ];
}
