/**
 * Policy of the tries of renewals, recoveries and reloads, from documents and state. Pure.
 * `src/plugin/backoff.ts` counts failures and computes delays.
 */

import {
  type Attempts,
  type Desired,
  durationMs,
  isNewDocument,
  type Instant,
  type Json,
  type Memory,
  nextTryAt,
  NOTHING_FAILED,
  type Resource,
  type RetryPolicy,
  instantOf,
} from '#plugin';
import { type CertificateMemory, type CertificateSpec, type CertificatesConfig, defaults } from './generated.ts';

type Draft = Partial<Pick<CertificateSpec, 'renewal' | 'recovery' | 'served'>>;
type Settings = Partial<Pick<CertificatesConfig, 'renewal' | 'recovery' | 'served'>>;

/** The three parts of a document that get defaults from the plugin's configuration. */
type Complete = Pick<CertificatesConfig, 'recovery' | 'served'> & {
  readonly renewal: CertificatesConfig['renewal'] & Pick<CertificateSpec['renewal'], 'issuedAfter'>;
};

/** Fills in the defaults of a document from the plugin's configuration. No other code does. */
export function withSettings<S extends Draft>(spec: S, settings: Settings): S & Complete {
  const { renewal, recovery, served } = defaults.config;
  return {
    ...spec,
    renewal: { ...renewal, ...settings.renewal, ...spec.renewal },
    recovery: { ...recovery, ...settings.recovery, ...spec.recovery },
    served: { ...served, ...settings.served, ...spec.served },
  };
}

/** The policy of renewal, recovery and reload of a Certificate, from its document or the last applied one. */
export function certificatePolicy(
  desired: Pick<Desired<CertificateSpec>, 'spec'> | undefined,
  memory: Pick<Memory, 'applied'> | undefined,
  settings: Settings,
): Policy {
  // `expand` has filled in the defaults.
  if (desired !== undefined) return numbersOf(desired.spec as CertificateSpec & Complete);
  return numbersOf(withSettings((memory?.applied?.spec ?? {}) as Draft, settings));
}

export interface Policy {
  readonly renewal: RetryPolicy & {
    readonly enabled: boolean;
    readonly thresholdDays: number;
    /** Epoch ms. */
    readonly issuedAfter?: number;
    readonly checkMs: number;
  };
  readonly recovery: RetryPolicy & { readonly enabled: boolean };
  readonly served: RetryPolicy & { readonly withinMs: number };
}

/** The policy of a Certificate, as computed by the engine. */
export function policyOf({ policy }: Pick<Resource, 'policy'>): Policy {
  return policy as Policy;
}

/** The policy of a Certificate without a document. */
export function defaultPolicy(settings: ReadonlyMap<string, Json> | undefined): Policy {
  return certificatePolicy(undefined, undefined, (settings?.get('certificates') ?? {}) as unknown as Settings);
}

interface DeclaredRetry {
  readonly retryInterval: string;
  readonly maxRetries: number;
  readonly backoffMultiplier: number;
  readonly maxBackoff: string;
}

function retryOf({ retryInterval, maxRetries, backoffMultiplier, maxBackoff }: DeclaredRetry): RetryPolicy {
  return {
    retryMs: durationMs(retryInterval),
    maxRetries,
    multiplier: backoffMultiplier,
    maxMs: durationMs(maxBackoff),
  };
}

/** Returns the policy of a document with all defaults, in numbers. */
function numbersOf({ renewal, recovery, served }: Complete): Policy {
  const { issuedAfter } = renewal;
  return {
    renewal: {
      ...retryOf(renewal),
      enabled: renewal.enabled,
      thresholdDays: renewal.thresholdDays,
      checkMs: durationMs(renewal.checkInterval),
      ...(issuedAfter === undefined ? {} : { issuedAfter: instantOf(issuedAfter) }),
    },
    recovery: { ...retryOf(recovery), enabled: recovery.enabled },
    served: { ...retryOf(served), withinMs: served.withinSeconds * 1000 },
  };
}

const HOUR_MS = 3_600_000;
/** An attempt that nothing judged is repeated after this share of the time that is left, or earlier. */
const OUTAGE_SHARE = 12;

/**
 * The earliest time of the next attempt, in epoch ms; undefined if no attempt has failed. `until`: the end of the stored
 * certificate, if there is one. An outage can end at any time, so an attempt that nothing judged waits for a twelfth of the time
 * that is left at most, but for an hour in any case.
 */
export function nextAttemptAt(
  policy: RetryPolicy,
  attempts: Attempts,
  until: Instant | undefined,
): Instant | undefined {
  const next = nextTryAt(policy, attempts);
  if (next === undefined || attempts.isOutage !== true) return next;
  const left = (until ?? attempts.at) - attempts.at;
  return Math.min(next, attempts.at + Math.max(policy.retryMs, HOUR_MS, left / OUTAGE_SHARE));
}

/** The end of the sentence about failures that do not count; empty without any. */
export function uncountedText({ outages = 0 }: Attempts): string {
  return outages === 0 ? '' : ` (${outages} more without a verdict of the authority do not count)`;
}

/** Unsuccessful reloads in a row under the present document. */
export function reloadsOf(
  memory: Pick<Memory<CertificateMemory>, 'kept' | 'lastError'> | undefined,
  desired: Desired | undefined,
  stored: string | undefined,
): Attempts {
  const { unserved, unserved_tries: unservedTries = 0, unserved_at: unservedAt } = memory?.kept ?? {};
  if (stored === undefined || unserved !== stored || unservedAt === undefined || isNewDocument(memory, desired))
    return NOTHING_FAILED;
  return { failed: unservedTries, at: instantOf(unservedAt) };
}

interface SettingsMistake {
  readonly pointer: string;
  readonly message: string;
}

const MINUTE_MS = 60_000;

type Retrying = Partial<Pick<DeclaredRetry, 'retryInterval' | 'maxBackoff'>> & { readonly checkInterval?: string };

function retryMistakes(pointer: string, written: Retrying, fallback: DeclaredRetry): readonly SettingsMistake[] {
  const { retryInterval, maxBackoff, checkInterval } = written;
  const retry = retryInterval ?? fallback.retryInterval;
  const most = maxBackoff ?? fallback.maxBackoff;
  const atFault = maxBackoff === undefined ? 'retryInterval' : 'maxBackoff';
  return [
    ...(checkInterval !== undefined && durationMs(checkInterval) < HOUR_MS
      ? [{ pointer: `${pointer}/checkInterval`, message: `${checkInterval} is too short. The minimum is 1h` }]
      : []),
    ...(retryInterval !== undefined && durationMs(retryInterval) < MINUTE_MS
      ? [{ pointer: `${pointer}/retryInterval`, message: `${retryInterval} is too short. The minimum is 1m` }]
      : []),
    ...((retryInterval !== undefined || maxBackoff !== undefined) && durationMs(most) < durationMs(retry)
      ? [
          {
            pointer: `${pointer}/${atFault}`,
            message: `maxBackoff (${most}) is shorter than retryInterval (${retry})`,
          },
        ]
      : []),
  ];
}

/** Problems of the declared times that a schema cannot express; `settings` has the defaults. */
export function timeMistakes(
  written: Draft | Settings,
  settings: Settings,
  pointer: string,
): readonly SettingsMistake[] {
  const of = (part: 'renewal' | 'recovery' | 'served'): readonly SettingsMistake[] =>
    retryMistakes(`${pointer}/${part}`, written[part] ?? {}, { ...defaults.config[part], ...settings[part] });
  return [...of('renewal'), ...of('recovery'), ...of('served')];
}
