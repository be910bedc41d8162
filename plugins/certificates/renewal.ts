/**
 * When a renewal, a recovery or a reload is tried again, and when no more: pure, from what is written and remembered.
 * `src/plugin/backoff.ts` has how failures are counted, and how long each of them waits.
 */

import {
  type Attempts,
  type Desired,
  durationMs,
  isNewDocument,
  type Memory,
  NOTHING_FAILED,
  type RetryPolicy,
} from '#plugin';
import type { CertificateMemory, CertificateSpec, CertificatesConfig } from './generated.ts';

/** As in the plugin's configuration: for documents that are read without one, and specs that an older version remembered. */
export const DEFAULTS = {
  renewal: {
    enabled: true,
    thresholdDays: 30,
    checkInterval: '24h',
    retryInterval: '1h',
    maxRetries: 10,
    backoffMultiplier: 2,
    maxBackoff: '24h',
  },
  recovery: { enabled: true, retryInterval: '1m', maxRetries: 3, backoffMultiplier: 2, maxBackoff: '1h' },
  served: { withinSeconds: 30, retryInterval: '1m', maxRetries: 10, backoffMultiplier: 2, maxBackoff: '1h' },
} as const satisfies Pick<CertificatesConfig, 'renewal' | 'recovery' | 'served'>;

type Written = Partial<Pick<CertificateSpec, 'renewal' | 'recovery' | 'served'>>;
type Settings = Partial<Pick<CertificatesConfig, 'renewal' | 'recovery' | 'served'>>;

/** A document with all that it leaves to the plugin's configuration, or to its defaults. */
export function withSettings(spec: CertificateSpec, settings: Settings): CertificateSpec {
  return {
    ...spec,
    renewal: { ...DEFAULTS.renewal, ...settings.renewal, ...spec.renewal },
    recovery: { ...DEFAULTS.recovery, ...settings.recovery, ...spec.recovery },
    served: { ...DEFAULTS.served, ...settings.served, ...spec.served },
  };
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

interface WrittenRetry {
  readonly retryInterval: string;
  readonly maxRetries: number;
  readonly backoffMultiplier: number;
  readonly maxBackoff: string;
}

function retryOf({ retryInterval, maxRetries, backoffMultiplier, maxBackoff }: WrittenRetry): RetryPolicy {
  return {
    retryMs: durationMs(retryInterval),
    maxRetries,
    multiplier: backoffMultiplier,
    maxMs: durationMs(maxBackoff),
  };
}

/** What a spec says, in numbers; what it leaves open is as in `DEFAULTS`. */
export function policyOf(spec: Written): Policy {
  const renewal = { ...DEFAULTS.renewal, ...spec.renewal };
  const recovery = { ...DEFAULTS.recovery, ...spec.recovery };
  const served = { ...DEFAULTS.served, ...spec.served };
  const { issuedAfter } = renewal;
  return {
    renewal: {
      ...retryOf(renewal),
      enabled: renewal.enabled,
      thresholdDays: renewal.thresholdDays,
      checkMs: durationMs(renewal.checkInterval),
      ...(issuedAfter === undefined ? {} : { issuedAfter: Date.parse(issuedAfter) }),
    },
    recovery: { ...retryOf(recovery), enabled: recovery.enabled },
    served: { ...retryOf(served), withinMs: served.withinSeconds * 1000 },
  };
}

/** Reloads in a row after which a stored certificate was not served, by the document of now. */
export function reloadsOf(
  memory: Pick<Memory<CertificateMemory>, 'kept' | 'lastError'> | undefined,
  desired: Desired | undefined,
  stored: string | undefined,
): Attempts {
  const { unserved, unservedTries = 0, unservedAt } = memory?.kept ?? {};
  if (stored === undefined || unserved !== stored || unservedAt === undefined || isNewDocument(memory, desired))
    return NOTHING_FAILED;
  return { failed: unservedTries, at: Date.parse(unservedAt) };
}

interface SettingsMistake {
  readonly pointer: string;
  readonly message: string;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type Retrying = Partial<Pick<WrittenRetry, 'retryInterval' | 'maxBackoff'>> & { readonly checkInterval?: string };

function retryMistakes(pointer: string, written: Retrying, fallback: WrittenRetry): readonly SettingsMistake[] {
  const { retryInterval, maxBackoff, checkInterval } = written;
  const retry = retryInterval ?? fallback.retryInterval;
  const most = maxBackoff ?? fallback.maxBackoff;
  const atFault = maxBackoff === undefined ? 'retryInterval' : 'maxBackoff';
  return [
    ...(checkInterval !== undefined && durationMs(checkInterval) < HOUR_MS
      ? [{ pointer: `${pointer}/checkInterval`, message: `${checkInterval} is too short, 1h at least` }]
      : []),
    ...(retryInterval !== undefined && durationMs(retryInterval) < MINUTE_MS
      ? [{ pointer: `${pointer}/retryInterval`, message: `${retryInterval} is too short, 1m at least` }]
      : []),
    ...((retryInterval !== undefined || maxBackoff !== undefined) && durationMs(most) < durationMs(retry)
      ? [
          {
            pointer: `${pointer}/${atFault}`,
            message: `the longest time to a try (maxBackoff, ${most}) is shorter than the first (retryInterval, ${retry})`,
          },
        ]
      : []),
  ];
}

/** What no schema can say of the times that are written; `settings` has those that a document leaves open. */
export function timeMistakes(
  written: Written | Settings,
  settings: Settings,
  pointer: string,
): readonly SettingsMistake[] {
  const of = (part: 'renewal' | 'recovery' | 'served'): readonly SettingsMistake[] =>
    retryMistakes(`${pointer}/${part}`, written[part] ?? {}, { ...DEFAULTS[part], ...settings[part] });
  return [...of('renewal'), ...of('recovery'), ...of('served')];
}
