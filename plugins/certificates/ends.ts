/** Findings about expiry, of authorities and of stored certificates with their chains, about failed renewals, and about waits. Pure. */

import {
  type Attempts,
  attemptsAt,
  countedFailures,
  defined,
  type FieldChange,
  type Finding,
  formatRef,
  instantText,
  isExhausted,
  lastFailureText,
  mayBeOwned,
  type Ref,
  type RetryPolicy,
  type Scene,
  spanText,
  seenFacts,
  seenState,
  isSeen,
  instantOf,
} from '#plugin';
import { faultFindings } from './acme/account-faults.ts';
import { orderWait, pendingOrder } from './acme/budget.ts';
import { pendingFacts, pendingText, valuePlaces } from './acme/open-order.ts';
import { waitText } from './acme/waits.ts';
import { DAY_MS, dueAt, isDue, isExpired, thresholdInForce } from './days.ts';
import { type CertificateResource, type IssuerResource, keptFields, lostTexts } from './diff.ts';
import { fieldText } from './differences.ts';
import { type CertificateFacts, usableUntil } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { isOtherKey, issuerRef } from './remembered.ts';
import { defaultPolicy, nextAttemptAt, policyOf, reloadsOf, uncountedText } from './renewal.ts';
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

/** The certificate that expires, and its time: `CN=Root (in ca.crt) expires at …`. */
function endText(
  { subject, from, not_after: notAfter }: Pick<ChainEnd, 'subject' | 'not_after'> & { readonly from?: string },
  verb: string,
): string {
  return `the certificate of ${subject}${from === undefined ? '' : ` (${from})`} ${verb} at ${notAfter}`;
}

/** The threshold of an Issuer, in days: the longest of the Certificates that name it. */
function issuerThreshold(name: string, scene: Pick<Scene, 'ofKind' | 'given'>): number {
  const named = Certificate.all(scene).flatMap((resource) =>
    resource.desired?.spec.issuer === name ? [policyOf(resource).renewal.thresholdDays] : [],
  );
  return Math.max(...(named.length === 0 ? [defaultPolicy(scene.given?.settings).renewal.thresholdDays] : named));
}

export function issuerFindings(resource: IssuerResource, scene: Scene): readonly Finding[] {
  return [...faultFindings(resource, scene), ...expiryFindings(resource, scene)];
}

/** The finding for a usable authority that expires soon. */
function expiryFindings(resource: IssuerResource, scene: Scene): readonly Finding[] {
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
  const message = `expires in ${spanText(left)}: ${which} (threshold: ${thresholdDays} days). All certificates that this authority has signed expire then. Replace or renew the authority`;
  return [
    finding(ref, 'ca-expiring', 'warning', message, {
      not_after: instantText(until),
      threshold_days: thresholdDays,
    }),
  ];
}

/** Validity of a stored pair, and the certificate that ends it; undefined if the pair is unusable. */
function endOf({ usable, subject, not_before: notBefore, not_after: notAfter, chain_end: chainEnd }: CertificateFacts) {
  if (!usable || subject === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  return {
    validity: usableIn(defined({ not_before: notBefore, not_after: notAfter, chain_end: chainEnd })),
    end: chainEnd ?? { subject, not_after: notAfter },
    isChain: chainEnd !== undefined,
  };
}

/** The finding for a declared certificate that has expired. */
function expiredFindings({ ref, desired, sight }: CertificateResource, now: number): readonly Finding[] {
  const ended = sight.is === 'seen' && sight.observed.state === 'expired' ? endOf(sight.observed.facts) : undefined;
  if (desired === undefined || ended === undefined || !isExpired(ended.validity, now)) return [];
  const ago = spanText(now - ended.validity.notAfter);
  const message = ended.isChain
    ? `its chain expired ${ago} ago: ${endText(ended.end, 'expired')}`
    : `expired ${ago} ago, at ${ended.end.not_after}`;
  return [finding(ref, 'expired', 'critical', message, { not_after: ended.end.not_after })];
}

/** The finding for a certificate that expires soon with its authority: a renewal would expire at the same time. */
function authorityFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  const { ref, desired, sight } = resource;
  const stored = sight.is === 'seen' && sight.observed.state !== 'expired' ? endOf(sight.observed.facts) : undefined;
  if (desired === undefined || stored === undefined) return [];
  const authority = seenFacts(Issuer.get(scene, issuerRef(desired.spec)));
  const signer = seenFacts(resource)?.issuer_fingerprint;
  // A pending or rejected change of the issuer: the stored certificate does not end with the declared one.
  if (signer !== undefined && authority?.fingerprint !== undefined && signer !== authority.fingerprint) return [];
  const until = usableUntil(authority ?? {});
  const { thresholdDays } = policyOf(resource).renewal;
  if (until === undefined || instantOf(until) > stored.validity.notAfter) return [];
  const left = instantOf(until) - scene.now;
  if (left > thresholdDays * DAY_MS) return [];
  const end = authority?.chain_end ?? { subject: authority?.subject ?? '', not_after: until };
  const message = `expires in ${spanText(left)} with the authority ${desired.spec.issuer}, and a renewal cannot extend it: ${endText(end, 'expires')}`;
  return [finding(ref, 'authority-ends', 'warning', message, { issuer: desired.spec.issuer, authority_until: until })];
}

interface Tried {
  /** The name of a failure, in singular and plural. */
  readonly texts: readonly [string, string];
  readonly policy: RetryPolicy;
  readonly setting: 'renewal' | 'recovery' | 'served';
  readonly attempts: Attempts;
}

/** Failed attempts under the present document. */
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
    of('served', ['unsuccessful reload', 'unsuccessful reloads'], reloads),
  ];
}

/** The finding for a failed last renewal, or for exhausted attempts. */
function failedFindings(resource: CertificateResource, now: number): readonly Finding[] {
  const { ref, desired, memory } = resource;
  if (desired === undefined || !isSeen(resource)) return [];
  const exhausted = tried(resource).find(({ policy, attempts }) => isExhausted(policy, attempts));
  if (exhausted !== undefined) {
    const { texts, setting, policy, attempts } = exhausted;
    const failed = countedFailures(attempts);
    const what = `${failed} ${texts[failed === 1 ? 0 : 1]}`;
    const message = `${what} in a row${uncountedText(attempts)}, ${setting}.maxRetries is ${policy.maxRetries}. No more attempts are made until the document changes${lastFailureText(attempts)}`;
    return [finding(ref, 'retry-exhausted', 'error', message, { failed, setting })];
  }
  const last = memory?.lastError;
  if (resource.sight.observed.state !== 'renewal_failed' || !renewalFailed(memory) || last === undefined) return [];
  const { renewal } = policyOf(resource);
  const until = endOf(resource.sight.observed.facts)?.validity.notAfter;
  const next = nextAttemptAt(renewal, attemptsAt(memory, desired, 'renewing'), until);
  const then = next === undefined || next <= now ? '' : `. The next attempt is at ${instantText(next)}`;
  const message = `the last renewal failed at ${instantText(last.at)}: ${last.message}${then}`;
  return [finding(ref, 'renewal-failed', 'error', message, { failed_at: last.at })];
}

/** The finding for an adopted certificate that differs from its document: its renewal changes it. */
function keptFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  const { ref, memory, desired } = resource;
  const facts = seenFacts(resource);
  // The row that adopts the certificate shows the differences.
  if (memory === undefined || !mayBeOwned(memory) || desired === undefined) return [];
  const fields = keptFields(resource, scene);
  const { thresholdDays, enabled } = policyOf(resource).renewal;
  const stored = facts === undefined ? undefined : endOf(facts);
  const lost = facts === undefined ? [] : lostTexts(facts);
  if (fields.length + lost.length === 0 || stored === undefined || seenState(resource) === 'expired') return [];
  const due = instantText(dueAt(thresholdDays, stored.validity));
  const when = enabled ? `its renewal, due at ${due},` : 'a renewal';
  const changes = `${when} changes ${fields.map((each) => changeText(each, desired.spec.issuer, facts?.issuer)).join(', ')}`;
  const texts = [...(fields.length === 0 ? [] : [changes]), ...lost];
  const message = `keeps the content that it had at its adoption: ${texts.join('. ')}`;
  return [
    finding(ref, 'changed-by-renewal', 'info', message, {
      fields: fields.map((each) => defined({ ...each })),
      due_at: due,
    }),
  ];
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

function changeText({ path, before, after }: FieldChange, issuer: string, signer = ''): string {
  if (path === '/issuer') return `${fieldText(path)} (${signer} → the Issuer ${issuer})`;
  return `${fieldText(path)} (${valueText(before)} → ${valueText(after)})`;
}

/** The finding for an authority that takes no order for a time. */
function waitFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  const wait = orderWait(resource, scene);
  return wait === undefined
    ? []
    : [finding(resource.ref, 'order-refused', 'warning', waitText(wait), { until: wait.until })];
}

/** The finding for an order that the authority has not completed, and that a step goes on with. */
function pendingFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  const order = pendingOrder(resource, scene);
  return order === undefined
    ? []
    : [finding(resource.ref, 'order-pending', 'warning', pendingText(order), pendingFacts(order))];
}

/** The finding for the rest of an order whose Certificate is no longer declared: a release changes no file. */
function leftFindings({ ref, desired, memory }: CertificateResource): readonly Finding[] {
  const { order_key: key, presented = [] } = memory?.kept ?? {};
  if (desired !== undefined || (key === undefined && presented.length === 0)) return [];
  const values = presented.flatMap((each) => valuePlaces(each));
  const files = [...(key === undefined ? [] : [key]), ...new Set(values)];
  const message = `its document was removed before its order ended, which left ${files.join(', ')}. Remove them`;
  return [finding(ref, 'leftover-files', 'warning', message, { files })];
}

/** The finding for a key of another program, which the next renewal would not overwrite. */
function replacedFindings(resource: CertificateResource): readonly Finding[] {
  const { ref, desired, memory } = resource;
  const facts = seenFacts(resource);
  if (desired === undefined || facts === undefined || !mayBeOwned(memory)) return [];
  if (facts.elsewhere === true || memory?.open !== undefined || !isOtherKey(facts, memory?.kept ?? {})) return [];
  // Without renewals of its own, the key is that of the program that renews the certificate.
  const { renewal, recovery } = policyOf(resource);
  if (!renewal.enabled && !recovery.enabled) return [];
  const address = formatRef(ref);
  const message = `another program has replaced the key, so the next renewal is rejected (foreign-key). Switch the renewals of that program off. Then run \`fettle state forget ${address}\` and \`fettle apply\`, which adopt the present key`;
  return [finding(ref, 'key-replaced', 'warning', message, { stored: facts.key_fingerprint ?? null })];
}

export function certificateFindings(resource: CertificateResource, scene: Scene): readonly Finding[] {
  return [
    ...expiredFindings(resource, scene.now),
    ...failedFindings(resource, scene.now),
    ...authorityFindings(resource, scene),
    ...keptFindings(resource, scene),
    ...replacedFindings(resource),
    ...waitFindings(resource, scene),
    ...pendingFindings(resource, scene),
    ...leftFindings(resource),
  ];
}
