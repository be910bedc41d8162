/**
 * Failures of the network or of a server, which may pass without a change of a document. Pure.
 *
 * | Failure of a step | Its class |
 * |---|---|
 * | the name of a server does not resolve, no connection, no answer, a status from 500 | outage |
 * | an answer of another program in the place of the authority: another certificate, a redirect, a page | outage |
 * | DNS, or the service that takes the records of challenges, does not answer | outage |
 * | a problem of ACME, also one of a validation | verdict of the authority |
 * | any other, such as a certificate that is refused, a self-check that fails or a file that cannot be written | verdict |
 */

import { isPartlyDone, isPostponed, OutageError } from '#plugin';
import { ApiError, ExchangeError } from '#plugin/http';
import { AcmeProblem } from './acme-problem.ts';

const UNANSWERED: ReadonlySet<string> = new Set(['no_answer', 'no_connection', 'broken_connection']);
/** Codes of answers that are not those of an ACME server. */
const OF_OTHERS: ReadonlySet<string> = new Set(['unknown_name', 'untrusted', 'redirected', 'bad_answer']);
const SILENCES: ReadonlySet<ExchangeError['reason']> = new Set([
  'timeout',
  'connect',
  'broken',
  'unknown-name',
  'untrusted',
]);
/** Depth of the causes of an error. */
const MOST_CAUSES = 5;

/** True if no answer came. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && UNANSWERED.has(error.code);
}

/** True for failures that may pass soon. */
export function isTransient(error: ApiError): boolean {
  return (error.status !== undefined && error.status >= 500) || isUnanswered(error);
}

function isOfNetwork(error: Error): boolean | undefined {
  if (error instanceof OutageError) return true;
  if (error instanceof ExchangeError) return SILENCES.has(error.reason);
  if (!(error instanceof ApiError)) return undefined;
  // A problem without a status is that of an order: the authority has judged it.
  if (error instanceof AcmeProblem && error.status !== undefined && error.problem.foreign === true) return true;
  return isTransient(error) || OF_OTHERS.has(error.code);
}

/** True for a failure of a step that nothing has judged. A step that waits, or whose order is over, is judged. */
export function isOutageOf(error: unknown): boolean {
  if (isPostponed(error) || isPartlyDone(error)) return false;
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < MOST_CAUSES; depth += 1) {
    const known = isOfNetwork(cause);
    if (known !== undefined) return known;
    ({ cause } = cause);
  }
  return false;
}
