/** Waits that an authority has asked for: the subject of each, and its end. Pure. */

import { comingAt, defer, digestOf, type Facts, type Instant, instantOf, instantText, type Verdict } from '#plugin';
import { directoryUrl } from './directories.ts';

/** The subject of a request: a certificate with these names, in their usual form, or the account itself. */
export type AskedAbout =
  | { readonly kind: 'certificate'; readonly names: readonly string[] }
  | { readonly kind: 'account' };

/** A request that an authority can refuse for a time. */
export interface Asked {
  /** Address of the directory. */
  readonly directory: string;
  /** Address of the account that asks, if it is known. */
  readonly account: string | undefined;
  readonly about: AskedAbout;
}

/** The part of the state that records a wait. */
interface KeptWait {
  readonly wait_until?: string;
  readonly wait_for?: string;
  readonly wait_reason?: string;
}

/** A wait that is not over. */
export interface Wait {
  readonly until: string;
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
const LIMIT_MS = { least: 60_000, usual: HOUR_MS, most: 7 * 24 * HOUR_MS };
const LONGEST_REASON = 1000;

/** The part of a server's reason that the state records. */
export function recordedReason(reason: string): string {
  return reason.slice(0, LONGEST_REASON);
}

/** Nothing is left of a wait. */
export const NO_WAIT = { wait_until: null, wait_for: null, wait_reason: null } as const;

/** The digest of a subject. A wait of a request about an account counts for all accounts of its directory. */
function subjectOf({ directory, account = '', about }: Asked): string {
  const subject = about.kind === 'account' ? { account: '', names: [] } : { account, names: about.names };
  return digestOf({ directory: directoryUrl(directory), ...subject });
}

/** The wait that follows from a refusal, as the state records it. */
export function waitAfter(
  asked: Asked,
  { now, retryAfterMs, reason }: { readonly now: Instant; readonly retryAfterMs: number | undefined; reason: string },
): Required<KeptWait> & Facts {
  const { least, usual, most } = LIMIT_MS;
  const waitMs = Math.min(most, Math.max(least, retryAfterMs ?? usual));
  return {
    wait_until: instantText(now + waitMs),
    wait_for: subjectOf(asked),
    wait_reason: recordedReason(reason),
  };
}

/** True if the recorded wait is for this subject. */
export function isWaitFor({ wait_for: subject }: KeptWait, asked: Asked): boolean {
  return subject === subjectOf(asked);
}

/** The wait for a subject; undefined if none is recorded, or if it is over. */
export function waitOf(kept: KeptWait | undefined, asked: Asked, now: Instant): Wait | undefined {
  if (kept === undefined || !isWaitFor(kept, asked)) return undefined;
  const { wait_until: until, wait_reason: reason = '' } = kept;
  return until === undefined || comingAt(until, now, LIMIT_MS.most) === undefined ? undefined : { until, reason };
}

export function waitText({ until, reason }: Wait): string {
  return `the authority accepts no request until ${until}: ${reason}`;
}

/** The verdict of a rule on a step that has to wait. */
export function deferredBy(wait: Wait, directory: string): Verdict {
  return defer(waitText(wait), { directory, wait_until: wait.until }, { clearsAt: instantOf(wait.until) });
}
