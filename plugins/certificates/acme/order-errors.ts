/** The errors of an order that the authority has not completed, or that yields no certificate. */

import { ApiError } from '#plugin/http';
import type { Order } from './answers.ts';

/** Thrown if the authority takes longer with an order than a step waits for it. The order can still be completed. */
export class PendingOrderError extends ApiError {
  readonly orderStatus: Order['status'];

  /** `retryAfterMs`: the wait that the authority asked for. */
  constructor(orderStatus: Order['status'], retryAfterMs: number | undefined) {
    super({
      what: 'read the order',
      code: 'no_answer',
      fate: 'unknown',
      message: `the authority has not completed the order, which is ${orderStatus}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.name = 'PendingOrderError';
    this.orderStatus = orderStatus;
  }
}

/** Thrown for an order whose certificate must not be used, or that ended without one: only another order can succeed. */
export class FailedOrderError extends Error {
  override readonly name = 'FailedOrderError';
}
