/** Steps that an authority refuses for a time, or because of the account: they are planned again, and have not failed. */

import { errorText, type Facts, type Instant, instantText, isPartlyDone, PostponedError } from '#plugin';
import { ApiError } from '#plugin/http';
import type { AccountFault } from '../acme/account-faults.ts';
import { AcmeProblem } from '../acme/acme-problem.ts';
import type { AcmeClient } from '../acme/client.ts';
import { reactionTo } from '../acme/problems.ts';
import { type Asked, waitAfter, waitText, recordedReason } from '../acme/waits.ts';

/** A step that uses an account. */
export interface Asking {
  readonly asked: Asked;
  /** Undefined if it could not be opened. */
  readonly client: AcmeClient | undefined;
  readonly now: Instant;
  readonly signal: AbortSignal;
}

/** Problems of requests that an account which is no longer accepted has, among other causes. */
const OF_ACCOUNT: ReadonlySet<string> = new Set(['accountDoesNotExist', 'malformed', 'unauthorized']);

/**
 * Why the authority no longer accepts an account; undefined if it does, or if its answer does not show it. The answer about the
 * key decides: a refused request can have other reasons.
 */
export async function faultOf(
  client: AcmeClient,
  account: string,
  signal: AbortSignal,
): Promise<Pick<AccountFault, 'status' | 'reason'> | undefined> {
  try {
    const found = await client.lookUpAccount(signal);
    if (found === undefined) return { status: 'unknown', reason: 'the authority has no account for its key' };
    if (found.status !== 'valid') return { status: 'deactivated', reason: `its status is ${found.status}` };
    return found.url === account
      ? undefined
      : { status: 'unknown', reason: `its key belongs to another account, ${found.url}` };
  } catch (error) {
    // An account that is not valid cannot be found by some authorities.
    if (error instanceof AcmeProblem && error.code === 'unauthorized')
      return { status: 'deactivated', reason: errorText(error) };
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function problemIn(error: unknown): AcmeProblem | undefined {
  const cause = isPartlyDone(error) ? error.cause : error;
  return cause instanceof AcmeProblem ? cause : undefined;
}

/** The error of a step that has to wait; undefined if the step has failed. */
export async function postponed(error: unknown, asking: Asking): Promise<PostponedError | undefined> {
  const problem = problemIn(error);
  if (problem === undefined) return undefined;
  const { asked, client, now, signal } = asking;
  const { account } = asked;
  const partly: Facts = isPartlyDone(error) ? error.kept : {};
  const reason = errorText(problem);
  if (reactionTo(problem, { replaces: false }) === 'wait') {
    const kept = waitAfter(asked, { now, retryAfterMs: problem.retryAfterMs, reason });
    const text = waitText({ until: kept.wait_until, reason });
    return new PostponedError(text, { ...partly, ...kept }, { cause: error });
  }
  if (client === undefined || account === undefined || !OF_ACCOUNT.has(problem.code) || problem.status === undefined)
    return undefined;
  const fault = await faultOf(client, account, signal);
  if (fault === undefined) return undefined;
  const kept = { account, at: instantText(now), ...fault, reason: recordedReason(fault.reason) };
  return new PostponedError(
    `the authority no longer accepts the account ${account}: ${fault.reason}`,
    { ...partly, account_fault: kept },
    { cause: error },
  );
}
