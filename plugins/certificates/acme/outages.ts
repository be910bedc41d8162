/** Failures of the network or of a server, which may pass without a change of a document. Pure. */

import { ApiError } from '#plugin/http';

const UNANSWERED: ReadonlySet<string> = new Set(['no_answer', 'no_connection', 'broken_connection']);

/** True if no answer came. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && UNANSWERED.has(error.code);
}

/** True for failures that may pass soon. */
export function isTransient(error: ApiError): boolean {
  return (error.status !== undefined && error.status >= 500) || isUnanswered(error);
}
