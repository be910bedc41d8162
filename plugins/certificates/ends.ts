/** Findings about ends: of authorities, of stored certificates with their chains, and of what is tried to renew them. Pure. */

import {
  type Attempts,
  attemptsAt,
  defined,
  type Finding,
  instantText,
  isExhausted,
  nextTryAt,
  type Ref,
  type RetryPolicy,
  type Scene,
  spanText,
  seenFacts,
  seenState,
  isSeen,
} from '#plugin';
import { DAY_MS, isDue, isExpired, thresholdInForce } from './days.ts';
import type { CertificateResource, IssuerResource } from './diff.ts';
import { type CertificateFacts, usableUntil } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { issuerRef } from './remembered.ts';
import { defaultPolicy, policyOf, reloadsOf } from './renewal.ts';
import { renewalFailed, usableIn } from './state.ts';
import type { ChainEnd } from './world.ts';
import { Certificate, Issuer } from './kinds.ts';

function finding(
  ref: Ref,
  code: FindingCode,
  severity: Finding['severity'],
  message: string,
  facts: Finding['facts'],
): Finding {
  return { ref, code, severity, message, facts };
}

/** Which certificate ends, and when: `CN=Root (in ca.crt) expires at …`. */
function endText(
  { subject, from, not_after: notAfter }: Pick<ChainEnd, 'subject' | 'not_after'> & { readonly from?: string },
  verb: string,
): string {
  return `the certificate of ${subject}${from === undefined ? '' : ` (${from})`} ${verb} at ${notAfter}`;
}

/** The threshold of an Issuer, in days: the longest of the Certificates that name it, as their own renewals begin there. */
function issuerThreshold(name: string, scene: Pick<Scene, 'ofKind' | 'given'>): number {
  const named = Certificate.all(scene).flatMap((resource) =>
    resource.desired?.spec.issuer === name ? [policyOf(resource).renewal.thresholdDays] : [],
  );
  return Math.max(...(named.length === 0 ? [defaultPolicy(scene.given?.settings).renewal.thresholdDays] : named));
}

/** An authority that works, and ends soon. */
export function issuerFindings(resource: IssuerResource, scene: Scene): readonly Finding[] {
  const { ref } = resource;
  const { subject, not_before: notBefore, not_after: notAfter, chain_end: chainEnd } = seenFacts(resource) ?? {};
  if (seenState(resource) !== 'ready' || subject === undefined || notBefore === undefined || notAfter === undefined)
    return [];
  const validity = usableIn(defined({ not_before: notBefore, not_after: notAfter, chain_end: chainEnd }));
  const until = validity.notAfter;
  const threshold = issuerThreshold(ref.name, scene);
  if (!isDue(threshold, validity, scene.now)) return [];
  const left = until - scene.now;
  const thresholdDays = thresholdInForce(threshold, validity);
  const which = endText(chainEnd ?? { subject, not_after: notAfter }, 'expires');
  const message = `ends in ${spanText(left)}: ${which} (threshold: ${thresholdDays} days). All certificates that this authority has signed end then. Replace or renew the authority`;
  return [
    finding(ref, 'ca-expiring', 'warning', message, {
      not_after: instantText(until),
      threshold_days: thresholdDays,
    }),
  ];
}

/** When a stored pair can be used, and with which certificate that ends; undefined where it can't be. */
function endOf({ usable, subject, not_before: notBefore, not_after: notAfter, chain_end: chainEnd }: CertificateFacts) {
  if (!usable || subject === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  return {
    validity: usableIn(defined({ not_before: notBefore, not_after: notAfter, chain_end: chainEnd })),
    end: chainEnd ?? { subject, not_after: notAfter },
    isChain: chainEnd !== undefined,
  };
}

/** What is wanted, and has ended, whoever is to replace it. */
function expiredFindings({ ref, desired, sight }: CertificateResource, now: number): readonly Finding[] {
  const ended = sight.is === 'seen' && sight.observed.state === 'expired' ? endOf(sight.observed.facts) : undefined;
  if (desired === undefined || ended === undefined || !isExpired(ended.validity, now)) return [];
  const ago = spanText(now - ended.validity.notAfter);
  const message = ended.isChain
    ? `its chain expired ${ago} ago: ${endText(ended.end, 'expired')}`
    : `expired ${ago} ago, at ${ended.end.not_after}`;
  return [finding(ref, 'expired', 'error', message, { not_after: ended.end.not_after })];
}

/** It ends soon because its authority does: a renewal gives one that ends at the same time. */
function authorityFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  const { ref, desired, sight } = resource;
  const stored = sight.is === 'seen' && sight.observed.state !== 'expired' ? endOf(sight.observed.facts) : undefined;
  if (desired === undefined || stored === undefined) return [];
  const authority = seenFacts(Issuer.get(scene, issuerRef(desired.spec)));
  const until = usableUntil(authority ?? {});
  const { thresholdDays } = policyOf(resource).renewal;
  if (until === undefined || Date.parse(until) > stored.validity.notAfter) return [];
  const left = Date.parse(until) - scene.now;
  if (left > thresholdDays * DAY_MS) return [];
  const end = authority?.chain_end ?? { subject: authority?.subject ?? '', not_after: until };
  const message = `ends in ${spanText(left)} with the authority ${desired.spec.issuer}, and a renewal cannot extend it: ${endText(end, 'expires')}`;
  return [finding(ref, 'authority-ends', 'warning', message, { issuer: desired.spec.issuer, authority_until: until })];
}

interface Tried {
  /** One failure, and several of them. */
  readonly texts: readonly [string, string];
  readonly policy: RetryPolicy;
  readonly setting: 'renewal' | 'recovery' | 'served';
  readonly attempts: Attempts;
}

/** What was tried in vain, by the document of now. */
function tried(resource: CertificateResource): readonly Tried[] {
  const { desired, memory } = resource;
  const policy = policyOf(resource);
  const of = (setting: Tried['setting'], texts: Tried['texts'], attempts: Attempts): Tried => ({
    texts,
    policy: policy[setting],
    setting,
    attempts,
  });
  const { renewing, recovering, normal } = {
    renewing: attemptsAt(memory, desired, 'renewing'),
    recovering: attemptsAt(memory, desired, 'recovering'),
    normal: attemptsAt(memory, desired, 'normal'),
  };
  const reloads = reloadsOf(memory, desired, seenFacts(resource)?.fingerprint);
  return [
    seenState(resource) === 'expired'
      ? of('recovery', ['failed recovery', 'failed recoveries'], recovering)
      : of('renewal', ['failed renewal', 'failed renewals'], renewing),
    of('renewal', ['failed change', 'failed changes'], normal),
    of('served', ['reload without effect', 'reloads without effect'], reloads),
  ];
}

/** The last renewal failed, or nothing more is tried. */
function failedFindings(resource: CertificateResource, now: number): readonly Finding[] {
  const { ref, desired, memory } = resource;
  if (desired === undefined || !isSeen(resource)) return [];
  const exhausted = tried(resource).find(({ policy, attempts }) => isExhausted(policy, attempts));
  if (exhausted !== undefined) {
    const { texts, setting, policy, attempts } = exhausted;
    const { failed, message: last } = attempts;
    const what = `${failed} ${texts[failed === 1 ? 0 : 1]}`;
    const message = `${what} in a row, ${setting}.maxRetries is ${policy.maxRetries}. No more attempts are made until the document changes${last === undefined ? '' : `. The last one: ${last}`}`;
    return [finding(ref, 'retry-exhausted', 'error', message, { failed, setting })];
  }
  const last = memory?.lastError;
  if (resource.sight.observed.state !== 'renewal_failed' || !renewalFailed(memory) || last === undefined) return [];
  const { renewal } = policyOf(resource);
  const next = nextTryAt(renewal, attemptsAt(memory, desired, 'renewing'));
  const then = next === undefined || next <= now ? '' : `. The next attempt is at ${instantText(next)}`;
  const message = `the last renewal failed at ${last.at}: ${last.message}${then}`;
  return [finding(ref, 'renewal-failed', 'error', message, { failed_at: last.at })];
}

export function certificateFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  return [
    ...expiredFindings(resource, scene.now),
    ...failedFindings(resource, scene.now),
    ...authorityFindings(resource, scene),
  ];
}
