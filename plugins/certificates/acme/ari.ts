/** When a certificate of an ACME authority is due: by the window that the authority suggests, else by its lifetime. Pure. */

import { type Facts, type Instant, instantOf, instantText, type TimeWindow } from '#plugin';
import { DAY_MS, type Validity } from '../days.ts';
import type { CertificateMemory } from '../generated.ts';
import { type RenewalWindow, renewalMoment } from './renewal-window.ts';

/** The answer of an authority, or the failure to get one; `id` names the certificate. */
export type Ari = NonNullable<CertificateMemory['ari']>;

/** The answer among the signals of a refresh; undefined if the certificate is of another authority. */
export function ariIn(signals: Facts | undefined): Ari | undefined {
  const ari = signals?.['ari'];
  return typeof ari === 'object' && ari !== null && !Array.isArray(ari) ? (ari as unknown as Ari) : undefined;
}

/** The suggested window; undefined if the authority gave none. */
export function windowOf(ari: Ari | undefined): RenewalWindow | undefined {
  if (ari?.start === undefined || ari.end === undefined) return undefined;
  const window = { start: instantOf(ari.start), end: instantOf(ari.end) };
  return window.end > window.start ? window : undefined;
}

/** The moment within the suggested window. */
export function momentOf(ari: Ari | undefined): Instant | undefined {
  const window = windowOf(ari);
  return window === undefined || ari === undefined ? undefined : renewalMoment(window, ari.id);
}

const SHORT_LIFE_MS = 10 * DAY_MS;

/** The time before the end from which a renewal is due without a window: a third of the lifetime, half below ten days. */
function leadMs(thresholdDays: number, { notBefore, notAfter }: Validity): number {
  const lifetime = notAfter - notBefore;
  return Math.min(thresholdDays * DAY_MS, lifetime / (lifetime < SHORT_LIFE_MS ? 2 : 3));
}

/** The time from which a renewal waits for no authority: one that errs must not let a certificate expire. */
export function backstopAt(thresholdDays: number, validity: Validity): Instant {
  return validity.notAfter - leadMs(thresholdDays, validity) / 2;
}

/**
 * The time from which a renewal is due, epoch ms. A window decides, except that it cannot postpone a renewal to the second
 * half of the lead time that counts without a window.
 */
export function acmeDueAt(thresholdDays: number, validity: Validity, ari: Ari | undefined): Instant {
  const moment = momentOf(ari);
  if (moment === undefined) return validity.notAfter - leadMs(thresholdDays, validity);
  return Math.min(moment, backstopAt(thresholdDays, validity));
}

/** True if the renewal of a certificate is due as soon as it is stored: a renewal by it would only be followed by another. */
export function isDueAtOnce(thresholdDays: number, validity: Validity, now: Instant): boolean {
  return acmeDueAt(thresholdDays, validity, undefined) <= now;
}

/** The part of the lifetime that a freeze window leaves for a renewal: a later one gives way. */
export function latestRenewal({ notBefore, notAfter }: Validity): Instant {
  return notAfter - (notAfter - notBefore) / 10;
}

/**
 * An earlier moment for a renewal whose moment is in a freeze window that outlasts the suggested window: within the part of
 * the suggested window before the freeze. Undefined if there is none, or none is needed.
 */
export function momentBeforeFreeze(ari: Ari | undefined, freeze: readonly TimeWindow[]): Instant | undefined {
  const [window, moment] = [windowOf(ari), momentOf(ari)];
  if (ari === undefined || window === undefined || moment === undefined) return undefined;
  const frozen = freeze.find(({ from, to }) => from <= moment && moment < to);
  if (frozen === undefined || frozen.to <= window.end || frozen.from <= window.start) return undefined;
  return renewalMoment({ start: window.start, end: frozen.from }, ari.id);
}

/** The window in a sentence, with the reason that the authority gives. */
export function windowText(ari: Ari): string {
  const moment = momentOf(ari);
  const when = moment === undefined ? '' : `, and its time within that window is ${instantText(moment)}`;
  const why = ari.explanation === undefined ? '' : ` (see ${ari.explanation})`;
  return `the authority suggests a renewal between ${ari.start ?? ''} and ${ari.end ?? ''}${when}${why}`;
}
