/** Note: facts that the state records, so that an interrupted run loses nothing; and findings over two resources. */

import {
  defined,
  type Finding,
  instantText,
  type Scene,
  type KnownResource,
  observedOf,
  seenFacts,
  instantOf,
} from '#plugin';
import { ariIn } from './acme/ari.ts';
import type { CertificateResource, DomainResource, IssuerResource } from './diff.ts';
import type { CertificateMemory, DomainMemory, FindingCode, IssuerMemory } from './generated.ts';
import { KEPT_MS } from './events/event.ts';
import { backoffSeconds } from './failure-policy.ts';
import { labelOf, targetText } from './observe-domain.ts';
import { mayGain, PLUGIN, storedOrder } from './remembered.ts';
import { policyOf } from './renewal.ts';
import { renewalDueAt } from './schedule.ts';
import { noteKey } from './storage-rules.ts';
import { type Serves, type Shown, serversOf, shownBy, shownFor, storedOf } from './served.ts';
import { Certificate } from './kinds.ts';

/** Records only the first observed authority: a different one must stay visible as a change. */
export function noteIssuer(resource: KnownResource<IssuerResource>): Partial<IssuerMemory> {
  const { memory } = resource;
  const observed = observedOf(resource);
  if (memory?.open?.goal === 'create' && memory.kept.began !== true && observed === undefined) return { began: true };
  if (observed?.facts.account !== undefined) return {};
  const fingerprint = observed?.facts.fingerprint;
  if (!mayGain(resource)) return {};
  if (observed?.state !== 'ready' || fingerprint === undefined || memory?.kept.fingerprint !== undefined) return {};
  return { fingerprint };
}

/** Time of the refresh, recorded once in an interval. */
function checkedAt(
  { memory }: CertificateResource | DomainResource,
  now: number,
  everyMs: number,
): { readonly checked_at?: string } {
  const last = instantOf(memory?.kept.checked_at ?? '');
  return now - last < everyMs && now >= last ? {} : { checked_at: instantText(now) };
}

const MOST_FORMER = 5;

/** Fingerprints of earlier stored certificates. */
export function formerOf(kept: Partial<CertificateMemory> | undefined, fingerprint: string): readonly string[] {
  const all = [kept?.fingerprint ?? fingerprint, ...(kept?.former ?? [])];
  return [...new Set(all)].filter((each) => each !== fingerprint).slice(0, MOST_FORMER);
}

/** Records a certificate that an interrupted run issued: its intent is in the log, and the certificate is stored. */
function madeBefore({ memory }: CertificateResource, fingerprint: string): Partial<CertificateMemory> {
  const { open, kept } = memory ?? {};
  if (open === undefined || open.goal === 'remove' || kept?.fingerprint === fingerprint) return {};
  return { made: fingerprint, issued: (kept?.issued ?? 0) + 1, issued_at: instantText(open.at) };
}

/** Records the source of a certificate whose step was interrupted after the swap: the order has the stored key. */
function orderedBefore(resource: CertificateResource): Partial<CertificateMemory> {
  const { directory, account, download, chain } = storedOrder(resource) ?? {};
  return defined({ directory, account, download, chain });
}

/**
 * Records the reload of a certificate: an adopted certificate needs none, and no reload is left once every probed
 * server serves the stored one.
 */
function reloaded(resource: CertificateResource, fingerprint: string, scene: Scene): Partial<CertificateMemory> {
  const { kept, owned, open } = resource.memory ?? {};
  const untouched = kept?.reloaded === undefined && kept?.made === undefined && open === undefined;
  const known = kept?.fingerprint;
  if (untouched && (known === undefined ? owned !== 'created' : known === fingerprint))
    return { reloaded: fingerprint };
  const stored = storedOf(resource);
  const shown = stored === undefined ? [] : shownFor(resource.ref.name, stored, scene);
  const serving = shown.filter(({ serves }) => serves !== 'nothing');
  if (serving.length === 0 || serving.some(({ serves }) => serves !== 'stored')) return {};
  return { reloaded: fingerprint, ...(kept?.unserved === fingerprint ? { unserved: '' } : {}) };
}

export function noteCertificate(
  resource: KnownResource<CertificateResource>,
  now: number,
  scene: Scene,
): Partial<CertificateMemory> {
  const { memory } = resource;
  const observed = observedOf(resource);
  if (observed === undefined) return {};
  const { fingerprint, not_after: notAfter, issuer_fingerprint: issuerFingerprint, usable } = observed.facts;
  const checked = checkedAt(resource, now, policyOf(resource).renewal.checkMs);
  // During an incomplete swap, the stored pair is neither the old nor the new one.
  const unfinished = observed.state === 'renewing' || observed.state === 'recovering';
  if (unfinished || !usable || fingerprint === undefined || notAfter === undefined) return checked;
  const former = formerOf(memory?.kept, fingerprint);
  const due = instantText(renewalDueAt(observed.facts, policyOf(resource), memory, observed.signals)) ?? '';
  const ari = ariIn(observed.signals);
  const servers = serversOf(resource, scene);
  return {
    ...checked,
    fingerprint,
    not_after: notAfter,
    ...(due === '' && memory?.kept.renewal_due_at === undefined ? {} : { renewal_due_at: due }),
    ...(issuerFingerprint === undefined ? {} : { issuer: issuerFingerprint }),
    ...(ari === undefined ? {} : { ari }),
    ...(former.length === 0 ? {} : { former }),
    ...(servers.length === 0 && memory?.kept.servers === undefined ? {} : { servers }),
    ...madeBefore(resource, fingerprint),
    ...orderedBefore(resource),
    ...noteKey(resource),
    ...reloaded(resource, fingerprint, scene),
  };
}

/** The interval at which the time of a successful probe is recorded. */
const DOMAIN_CHECK_MS = 3_600_000;

/**
 * Counts failed refreshes, with the time of the next one; any other result resets the count. Only a fault that a client
 * would refuse counts: waiting for a certificate, a route or another party's server is not a failure. An empty text
 * clears a field; a field that is left out keeps its recorded value.
 */
export function noteDomain(resource: KnownResource<DomainResource>, now: number): Partial<DomainMemory> {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  // A Domain without a document is not probed.
  if (desired === undefined || observed === undefined || observed.facts.remembered === true) return {};
  const { signals } = observed;
  const { fingerprint, not_after: notAfter, error, message } = observed.facts;
  const kept = memory?.kept ?? {};
  const isServed = fingerprint !== undefined;
  const failures = observed.state === 'tls_error' ? (memory?.kept.failures ?? 0) + 1 : 0;
  const next = now + backoffSeconds(desired.spec.failurePolicy, failures) * 1000;
  return defined({
    // Only a success, or the end of its route, clears the error of a host: one that is not probed keeps it.
    ...(observed.state === 'pending_issue' && observed.facts.addresses === undefined
      ? {}
      : { error: error ?? '', message: message ?? '' }),
    failures,
    failed_at: failures === 0 ? '' : instantText(now),
    retry_at: failures === 0 ? '' : instantText(next),
    // A failure, the recovery from it and the first probe after an event have a record of their own: their time is exact.
    ...checkedAt(resource, now, failures > 0 || (kept.failures ?? 0) > 0 || isAfterEvent(kept) ? 0 : DOMAIN_CHECK_MS),
    failure_policy: desired.spec.failurePolicy,
    target: targetText(desired.spec),
    // A Domain without a route serves nothing: its last certificate says nothing about it.
    ...(observed.state === 'pending_route' ? withoutCertificate(memory?.kept) : { fingerprint, not_after: notAfter }),
    ...(isServed || observed.state === 'pending_route' ? withoutReported(kept) : {}),
    single: typeof signals?.['single'] === 'string' ? signals['single'] : undefined,
  });
}

/** True if the newest event is newer than the recorded probe. */
function isAfterEvent({ cert_last_event_at: eventAt = '', checked_at: checked = '' }: Partial<DomainMemory>): boolean {
  return eventAt !== '' && !(instantOf(eventAt) <= instantOf(checked));
}

/** A probe is newer than the certificate that events report. */
function withoutReported({
  cert_ref: reference = '',
  cert_not_after: notAfter = '',
}: Partial<DomainMemory>): Partial<DomainMemory> {
  return reference === '' && notAfter === '' ? {} : { cert_ref: '', cert_not_after: '' };
}

function withoutCertificate(kept: Partial<DomainMemory> | undefined): Partial<DomainMemory> {
  return kept?.fingerprint === undefined ? {} : { fingerprint: '', not_after: '' };
}

const short = (fingerprint: string): string => fingerprint.slice(0, 'sha256:'.length + 12);

/** Findings for addresses that serve another certificate than the stored one: an older one, or a foreign one. */
function servedFindings(resource: DomainResource, scene: Scene): readonly Finding[] {
  const name = resource.desired?.spec.certificate;
  if (name === undefined || resource.desired?.spec.tlsMode === 'passthrough') return [];
  const certificate = Certificate.get(scene, { plugin: PLUGIN, kind: 'Certificate', name });
  const stored = certificate === undefined ? undefined : storedOf(certificate);
  if (stored === undefined) return [];
  const shown = shownBy(resource, stored);
  const of = (serves: Serves): readonly Shown[] => shown.filter((each) => each.serves === serves);
  const [older, other, right] = [of('older'), of('other'), of('stored')];
  const finding = (
    code: FindingCode,
    severity: Finding['severity'],
    those: readonly Shown[],
    more: string,
  ): Finding => {
    const served = those[0]?.fingerprint ?? '';
    const where = shown.length === 1 ? '' : `${addressesText(those)} `;
    const verb = those.length === 1 ? 'serves' : 'serve';
    return {
      ref: resource.ref,
      code,
      severity,
      message: `${where}${verb} ${short(served)}, and ${short(stored.fingerprint)} is stored as ${name}${more}`,
      facts: {
        served,
        stored: stored.fingerprint,
        certificate: name,
        ...(shown.length === 1 ? {} : { addresses: those.map(({ address }) => address) }),
      },
    };
  };
  return [
    ...(older.length === 0
      ? []
      : right.length > 0
        ? [finding('stale-address', 'error', older, ` and served at ${addressesText(right)}`)]
        : [finding('served-older-than-stored', 'error', older, '')]),
    ...(other.length === 0 ? [] : [finding('served-other', 'warning', other, '')]),
  ];
}

const MOST_ADDRESSES = 3;

function addressesText(shown: readonly Shown[]): string {
  const named = shown.slice(0, MOST_ADDRESSES).map(({ address }) => address);
  return shown.length <= MOST_ADDRESSES
    ? named.join(', ')
    : `${named.join(', ')} and ${shown.length - MOST_ADDRESSES} more`;
}

/**
 * Certificates of authorities that a server must send and does not: those stored with the served certificate, or one
 * that gives its own download address, as only those below a well-known root do.
 */
function chainFindings(resource: DomainResource, scene: Scene): readonly Finding[] {
  const { desired, ref } = resource;
  if (desired === undefined || desired.spec.tlsMode === 'passthrough' || !desired.spec.verify) return [];
  const name = desired.spec.certificate;
  const facts =
    name === undefined ? undefined : seenFacts(Certificate.get(scene, { plugin: PLUGIN, kind: 'Certificate', name }));
  const addresses = seenFacts(resource)?.addresses ?? [];
  const lacking = addresses.flatMap((each) => {
    const { fingerprint, chain = [], missing_issuer: missingIssuer, complete } = each;
    const address = labelOf(each);
    // Another intermediate of the same name and key, signed by another root, can lead to an anchor as well.
    if (complete === true) return [];
    const left =
      fingerprint !== undefined && fingerprint === facts?.fingerprint
        ? (facts.intermediates ?? []).filter((each) => !chain.includes(each)).length
        : 0;
    if (left > 0)
      return [
        {
          address,
          why: `does not send ${left} of the ${facts?.intermediates?.length ?? 0} intermediate certificates that are stored with it`,
        },
      ];
    return missingIssuer?.published === true ? [{ address, why: `does not send ${missingIssuer.name}` }] : [];
  });
  const [first] = lacking;
  if (first === undefined) return [];
  const where = addresses.length === 1 ? '' : `at ${lacking.map(({ address }) => address).join(', ')}: `;
  return [
    {
      ref,
      code: 'chain-incomplete' satisfies FindingCode,
      severity: 'error',
      message: `${where}${first.why}`,
      facts: { addresses: lacking.map(({ address }) => address) },
    },
  ];
}

/** The finding that two events with the same id had different content. */
function conflictFindings({ ref, memory }: DomainResource, { now }: Scene): readonly Finding[] {
  const { cert_conflict_at: at = '', cert_conflict_id: id = '' } = memory?.kept ?? {};
  if (at === '' || now - instantOf(at) > KEPT_MS) return [];
  const message = `another certificate event with the id ${id} and different content arrived at ${at}. Only the first one counts`;
  return [
    { ref, code: 'event-conflict' satisfies FindingCode, severity: 'warning', message, facts: { event: id, at } },
  ];
}

export function domainFindings(resource: DomainResource, scene: Scene): readonly Finding[] {
  return [...servedFindings(resource, scene), ...chainFindings(resource, scene), ...conflictFindings(resource, scene)];
}
