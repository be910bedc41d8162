/** A figure as a row of the table that `npm run bench` prints. */

export interface Row {
  readonly figure: string;
  readonly measured: string;
  readonly target: string;
  /** `over`: above an upper limit; `short`: below a lower one. */
  readonly verdict: 'ok' | 'over' | 'short' | 'failed' | '';
  readonly detail: string;
}

/** A ratio with an upper limit. */
export function ratioRow(figure: string, limit: number, ratio: number, detail: string): Row {
  return {
    figure,
    measured: `${ratio.toFixed(2)} x`,
    target: `at most ${limit} x`,
    verdict: ratio <= limit ? 'ok' : 'over',
    detail,
  };
}

/** A ratio with a lower limit. */
export function atLeastRow(figure: string, limit: number, ratio: number, detail: string): Row {
  return {
    figure,
    measured: `${ratio.toFixed(2)} x`,
    target: `at least ${limit} x`,
    verdict: ratio >= limit ? 'ok' : 'short',
    detail,
  };
}

export const fixed = (value: number): string => value.toFixed(1);
