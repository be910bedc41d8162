/**
 * The longest times of the parts of a step that orders a certificate, in ms. Their sum, with those that documents declare for
 * the delivery, is shorter than the deadline of the step in its spec, so that each part ends with its own reason. Pure.
 */
export const STEP_LIMITS_MS = {
  /** Writing the values of challenges, and waiting until they can be seen. */
  presenting: 15 * 60_000,
  /** The longest `wait` and `timeout` of a solver, within the above. */
  propagation: 10 * 60_000,
  /** Reading an order until its names are validated. */
  validation: 5 * 60_000,
  /** Reading an order until its certificate is issued. */
  issuance: 2 * 60_000,
  /** Removing values: also for a step that was cancelled. */
  removal: 60_000,
} as const;
