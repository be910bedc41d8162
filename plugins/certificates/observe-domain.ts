/**
 * A Domain: the result of a refresh, and a client's judgement of it at a time. Pure.
 *
 * | refresh | state |
 * |---|---|
 * | the host is not verified (nothing is probed) | pending_issue |
 * | `route: none` (nothing is probed), or DNS answers that the name has no addresses | pending_route |
 * | DNS does not answer | none: a gap |
 * | any result, in `tlsMode: passthrough` | passthrough_unverified |
 * | an address fails, or a client would refuse it, and the Certificate was never issued | pending_issue |
 * | an address fails, or a client would refuse it | tls_error |
 * | all addresses work, and the leaf or chain of one has at most `expiryWarnDays` times 24 h left | expiring |
 * | all addresses work | issued |
 * | an earlier refresh failed, and the next scheduled one is not due | the recorded state |
 *
 * With `verify: false` every served certificate works, and only the days left count. An address that this machine has
 * no route to is ignored while another one is reached.
 */

import {
  ABSENT,
  counted,
  type Facts,
  type Finding,
  type Memory,
  type Ref,
  type Sighting,
  spanText,
  type Standing,
  type Instant,
  instantOf,
} from '#plugin';
import { addressNumber } from '#plugin/net';
import { DAY_MS, daysLeft, isExpired, isNotYetValid } from './days.ts';
import type { AddressFacts, DomainError, DomainFacts, EventError } from './facts.ts';
import type { DomainMemory, DomainSpec, DomainState, FindingCode } from './generated.ts';
import { validityOf } from './state.ts';
import type { AddressSeen, KeyType, ProbeSeen, ServerTarget, TrustProblem, X509Seen } from './world.ts';
import { defined } from '#plugin';

type Served = Extract<AddressSeen, { served: true }>;
type Reached = Extract<ProbeSeen, { resolved: true }>;
type Unresolved = Extract<ProbeSeen, { resolved: false; error: 'name-not-resolved' }>;

/** A probe with a result about its server. */
type KnownProbe = Reached | Unresolved;

/** Throws if a probe says nothing about its server: that is a gap, not a state. */
export function knownProbe(seen: ProbeSeen): KnownProbe {
  if (!seen.resolved && seen.error === 'no-answer') throw new Error(seen.message);
  return seen;
}

/** The state, facts and findings of a Domain at a time. */
type Judgement = Standing<DomainFacts> & { readonly findings: readonly Finding[] };

/** The result of a refresh of a Domain. */
type Recorded = Pick<Memory<DomainMemory>, 'state' | 'kept'>;

export type DomainRefresh =
  | { readonly kind: 'unverified'; readonly problem?: string }
  | { readonly kind: 'no-route' }
  | { readonly kind: 'spaced'; readonly memory: Recorded }
  /** Scheduled refreshes probe nothing here: the recorded state stays. */
  | { readonly kind: 'unprobed'; readonly memory: Recorded | undefined }
  | { readonly kind: 'probed'; readonly seen: KnownProbe; readonly trust: readonly TrustProblem[] };

/** Reports whether a host is an IP address. */
export function isAddress(host: string): boolean {
  return addressNumber(host) !== undefined;
}

/** `www.example.test:443`, `[2001:db8::1]:443`. */
export function placeText(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

/** The server of a Domain; undefined without a route. */
export function targetOf(spec: DomainSpec): ServerTarget | undefined {
  if (typeof spec.route === 'string') return undefined;
  const address = spec.address ?? spec.route?.target;
  return defined({
    host: spec.host,
    port: spec.port,
    address,
    startTls: spec.startTls,
    greetingSeconds: spec.startTls === undefined ? undefined : spec.greetingSeconds,
    keyTypes: spec.keyTypes,
  });
}

/** Name and text of the record that verifies a host; undefined if none is required. */
export function verificationOf(spec: DomainSpec): { readonly name: string; readonly txt: string } | undefined {
  if (typeof spec.verified !== 'object') return undefined;
  return { name: spec.verified.name ?? `_fettle-verify.${spec.host.replace(/\.$/u, '')}`, txt: spec.verified.txt };
}

/** The probed target, on one line: a failure says nothing about another target. */
export function targetText(spec: DomainSpec): string {
  const target = targetOf(spec);
  if (target === undefined) return '';
  const place = placeText(target.address ?? target.host, target.port);
  return [target.host, place, ...(target.startTls === undefined ? [] : [target.startTls])].join(' ');
}

/** A reason to refuse a server: `stable` never changes with time alone, `message` can. */
interface Refusal {
  readonly code: DomainError;
  readonly stable: string;
  readonly message: string;
}

function namesOf(leaf: X509Seen): readonly string[] {
  return [...leaf.dnsNames, ...leaf.ipAddresses];
}

const MOST_NAMES = 5;

function listText(items: readonly string[], most: number): string {
  const shown = items.slice(0, most).join(', ');
  return items.length <= most ? shown : `${shown} and ${items.length - most} more`;
}

/** The names of a certificate that is not valid for a host, and the reason if it seems to name the host. */
function wrongNameText(leaf: X509Seen, host: string): string {
  const named = host.replace(/\.$/u, '').toLowerCase();
  if (isAddress(named) && leaf.dnsNames.includes(named))
    return `carries the address ${host} as a DNS name. Clients accept an address only as an IP address: issue the certificate with subjectAltName IP:${host}`;
  const names = namesOf(leaf);
  if (names.length === 0) return 'the certificate has neither a DNS name nor an IP address in its subjectAltName';
  const text = `valid for ${listText(names, MOST_NAMES)}, not for ${host}`;
  const parent = named.slice(named.indexOf('.') + 1);
  return named.includes('_') && leaf.dnsNames.includes(`*.${parent}`)
    ? `${text}. Clients do not accept a wildcard for a name with an underscore`
    : text;
}

/** OpenSSL's codes for a chain that does not end at an anchor. The last one is also the code if the leaf has expired. */
const NOT_ANCHORED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** The served root that is not an anchor; undefined if none is served, or if it is not the reason. */
function rootText({ distrust = '', chain }: Served): string | undefined {
  if (!NOT_ANCHORED.has(distrust)) return undefined;
  if (chain[0].self_signed) return 'the certificate is self-signed, and is not a trust anchor';
  return chain.some(({ self_signed: isRoot }) => isRoot) ? 'the root is served, and is not a trust anchor' : undefined;
}

/** The reason of OpenSSL in words, with its code in parentheses. */
function untrustedText(seen: Served): string {
  const { issuer } = seen.chain[0];
  const missing = seen.missing_issuer?.name;
  const byIssuer = `issued by ${issuer === '' ? 'an unnamed issuer' : issuer}`;
  const root = rootText(seen);
  const text = (reason: string): string => `${reason} (${seen.distrust}); ${byIssuer}`;
  if (seen.distrustDetail !== undefined) return text(seen.distrustDetail);
  if (missing === undefined)
    return root === undefined ? `clients do not trust its chain: ${seen.distrust}; ${byIssuer}` : text(root);
  return text(`the certificate of ${missing === issuer ? 'its issuer' : missing} is neither served nor a trust anchor`);
}

/** All reasons of a client to refuse a certificate, in a fixed order. */
function refusals(seen: Served, host: string, now: number): readonly Refusal[] {
  const [leaf] = seen.chain;
  const validity = validityOf(leaf);
  const found: Refusal[] = [];
  if (isExpired(validity, now)) {
    const message = `expired ${spanText(now - validity.notAfter)} ago, at ${leaf.not_after}`;
    found.push({ code: 'expired', stable: `expired at ${leaf.not_after}`, message });
  }
  if (isNotYetValid(validity, now)) {
    const message = `not valid for another ${spanText(validity.notBefore - now)}, until ${leaf.not_before}`;
    found.push({ code: 'not-yet-valid', stable: `not valid before ${leaf.not_before}`, message });
  }
  if (!seen.namesHost) {
    const message = wrongNameText(leaf, host);
    found.push({ code: 'wrong-name', stable: message, message });
  }
  if (seen.distrust !== undefined) {
    const message = untrustedText(seen);
    found.push({ code: 'untrusted', stable: message, message });
  }
  return found;
}

/**
 * The missing certificate between the served ones and the authority. Without a stored chain to compare with, this is
 * known only for public authorities: their certificates give the download addresses of those above them.
 */
function incomplete(
  seen: AddressSeen,
  { certificate, verify }: DomainSpec,
): readonly { readonly code: FindingCode; readonly message: string }[] {
  if (!seen.served || !verify || certificate !== undefined || seen.missing_issuer?.published !== true) return [];
  return [{ code: 'chain-incomplete', message: `does not serve the certificate of ${seen.missing_issuer.name}` }];
}

/** An address with the objections of a client, the worst first. */
interface Judged {
  readonly seen: AddressSeen;
  readonly problems: readonly Refusal[];
}

function judgedAddress(seen: AddressSeen, spec: DomainSpec, place: string, now: number): Judged {
  if (!seen.served) {
    const message = `${place}: ${seen.message}`;
    return { seen, problems: [{ code: seen.error, stable: message, message }] };
  }
  return { seen, problems: spec.verify ? refusals(seen, spec.host, now) : [] };
}

/** True if the result of an address says anything about the server. */
function counts({ seen }: Judged, all: readonly Judged[]): boolean {
  return seen.served || seen.no_route !== true || all.every((each) => !each.seen.served && each.seen.no_route === true);
}

function addressFacts({ seen, problems: [first] }: Judged): AddressFacts {
  return defined({
    address: seen.address,
    key_type: seen.key_type,
    error: first?.code,
    message: first?.stable,
    ...(seen.served
      ? defined<Omit<AddressFacts, 'address'>>({
          fingerprint: seen.chain[0].fingerprint,
          not_before: seen.chain[0].not_before,
          not_after: seen.chain[0].not_after,
          chain: seen.chain.map(({ fingerprint }) => fingerprint),
          missing_issuer: seen.missing_issuer,
          complete: seen.complete,
          public_anchor: seen.public_anchor,
        })
      : seen.no_route === undefined
        ? {}
        : { no_route: seen.no_route }),
  });
}

function servedFacts(seen: Served): DomainFacts {
  const [leaf] = seen.chain;
  return defined({
    fingerprint: leaf.fingerprint,
    subject: leaf.subject,
    issuer: leaf.issuer,
    names: namesOf(leaf),
    not_before: leaf.not_before,
    not_after: leaf.not_after,
    keyAlgorithm: leaf.keyAlgorithm,
    protocol: seen.protocol,
    trusted: seen.distrust === undefined,
    trust_error: seen.distrust,
    chain_end: seen.chain_end,
    chain: seen.chain.map(({ subject, fingerprint }) => ({ subject, fingerprint })),
  });
}

/** Time from which a client refuses the served certificate: the expiry of the leaf, or of its verified chain. */
function endOf(seen: AddressSeen, { verify }: Pick<DomainSpec, 'verify'>): number {
  if (!seen.served) return Number.POSITIVE_INFINITY;
  return instantOf((verify ? seen.chain_end?.not_after : undefined) ?? seen.chain[0].not_after);
}

/** The address that represents the Domain: the first failing one, else the one whose certificate expires first. */
function foremost(counted: readonly Judged[], spec: DomainSpec): Judged | undefined {
  return (
    counted.find(({ problems }) => problems.length > 0) ??
    counted.toSorted((a, b) => endOf(a.seen, spec) - endOf(b.seen, spec))[0]
  );
}

const MOST_CRITICAL_DAYS = 7;
/** The part of its lifetime that a certificate has left when its expiry becomes critical, at the latest. */
const CRITICAL_PART = 6;

/**
 * Days left from which the finding about the expiry is critical. Without a limit by the lifetime, a certificate of six days
 * would be critical from its first second on.
 */
export function criticalDaysOf(
  { expiryCriticalDays, expiryWarnDays }: Pick<DomainSpec, 'expiryCriticalDays' | 'expiryWarnDays'>,
  lifetimeMs = Number.POSITIVE_INFINITY,
): number {
  if (expiryCriticalDays !== undefined) return expiryCriticalDays;
  const usual = Math.min(MOST_CRITICAL_DAYS, Math.floor(expiryWarnDays / 4));
  return Math.min(usual, Math.round((lifetimeMs / DAY_MS / CRITICAL_PART) * 10) / 10);
}

function lifetimeOf({ chain: [leaf] }: Served): number {
  return instantOf(leaf.not_after) - instantOf(leaf.not_before);
}

/** The severity of a problem of a server: an expired certificate stays as grave as one that expires soon. */
function severityOf(code: string): Finding['severity'] {
  return code === 'expired' ? 'critical' : 'error';
}

/** The finding for a served certificate that expires soon, or whose chain to its anchor does. */
function nearText(seen: Served, spec: DomainSpec, now: number): readonly [FindingCode, Finding['severity'], string] {
  const leftMs = endOf(seen, spec) - now;
  const left = spanText(leftMs);
  const criticalDays = criticalDaysOf(spec, lifetimeOf(seen));
  const isCritical = leftMs <= criticalDays * DAY_MS;
  const severity = isCritical ? 'critical' : 'warning';
  const limit = isCritical ? `expiryCriticalDays is ${criticalDays}` : `expiryWarnDays is ${spec.expiryWarnDays}`;
  const { chain_end: chainEnd } = seen;
  if (chainEnd === undefined || !spec.verify)
    return [isCritical ? 'expiring-critical' : 'expiring', severity, `expires in ${left} (${limit})`];
  const { subject, from, not_after: notAfter } = chainEnd;
  const message = `the chain of the served certificate expires in ${left}: the certificate of ${subject} (${from}) expires at ${notAfter} (${limit})`;
  return [isCritical ? 'chain-expiring-critical' : 'chain-expiring', severity, message];
}

/** Findings for unusable trust files. A missing file is not reported while no certificate can be served yet. */
function trustFindings(
  ref: Ref,
  problems: readonly TrustProblem[],
  state: DomainState,
  counted: readonly Judged[],
): readonly Finding[] {
  if (!counted.some(({ seen }) => seen.served)) return [];
  return problems
    .filter(({ missing }) => !missing || state !== 'pending_issue')
    .map(({ file, problem }) => ({
      ref,
      code: 'trust-file' satisfies FindingCode,
      severity: 'warning',
      message: `the trust anchor file ${file} ${problem}`,
      facts: { file },
    }));
}

const MOST_ADDRESSES = 3;

export const KEY_TYPE_NAMES: Readonly<Record<KeyType, string>> = { ecdsa: 'ECDSA', rsa: 'RSA' };

/** `192.0.2.1`, `192.0.2.1 (RSA)`. */
export function labelOf({ address, key_type: keyType }: Pick<AddressFacts, 'address' | 'key_type'>): string {
  return keyType === undefined ? address : `${address} (${KEY_TYPE_NAMES[keyType]})`;
}

/** Merges findings with the same code and message over all addresses. */
function grouped(
  ref: Ref,
  counted: readonly Judged[],
  messages: (each: Judged) => readonly (readonly [FindingCode, Finding['severity'], string])[],
): readonly Finding[] {
  const groups = new Map<string, { readonly first: Judged; readonly addresses: string[]; readonly found: Finding }>();
  for (const each of counted) {
    for (const [code, severity, message] of messages(each)) {
      const key = `${code} ${message}`;
      const known = groups.get(key);
      if (known !== undefined) {
        known.addresses.push(labelOf(each.seen));
        continue;
      }
      const facts: Facts = each.seen.served
        ? { fingerprint: each.seen.chain[0].fingerprint, not_after: each.seen.chain[0].not_after }
        : {};
      groups.set(key, {
        first: each,
        addresses: [labelOf(each.seen)],
        found: { ref, code, severity, message, facts },
      });
    }
  }
  return [...groups.values()].map(({ addresses, found }) =>
    counted.length === 1
      ? found
      : {
          ...found,
          message: `at ${listText(addresses, MOST_ADDRESSES)}: ${found.message}`,
          facts: { ...found.facts, addresses },
        },
  );
}

function unstapled(seen: Served): readonly (readonly [FindingCode, Finding['severity'], string])[] {
  if (seen.unstapled !== true) return [];
  const message =
    'the certificate requires a stapled OCSP response (must-staple), and the server sends none: clients that check this refuse the server';
  return [['must-staple', 'warning', message]];
}

/** The fingerprint of the one certificate that all addresses serve, if none has an RSA certificate in addition. */
function singleOf(addresses: readonly AddressSeen[]): Facts {
  const fingerprints = new Set(
    addresses.map((each) => (each.served && each.single === true ? each.chain[0].fingerprint : undefined)),
  );
  const [single] = fingerprints;
  return fingerprints.size === 1 && single !== undefined ? { single } : {};
}

function reached(
  ref: Ref,
  spec: DomainSpec,
  seen: Reached,
  trust: readonly TrustProblem[],
  neverIssued: boolean,
  now: number,
): Judgement {
  const target = targetOf(spec);
  const place = placeText(target?.address ?? spec.host, spec.port);
  const judged = seen.addresses.map((each) => judgedAddress(each, spec, place, now));
  const counted = judged.filter((each) => counts(each, judged));
  const fails = counted.some(({ problems }) => problems.length > 0);
  const isNear = (each: AddressSeen): boolean => endOf(each, spec) - now <= spec.expiryWarnDays * DAY_MS;
  const state = ((): DomainState => {
    if (spec.tlsMode === 'passthrough') return 'passthrough_unverified';
    if (fails) return neverIssued ? 'pending_issue' : 'tls_error';
    return counted.some((each) => isNear(each.seen)) ? 'expiring' : 'issued';
  })();
  const findingsOf = ({
    seen: each,
    problems,
  }: Judged): readonly (readonly [FindingCode, Finding['severity'], string])[] => {
    if (spec.tlsMode === 'passthrough')
      return problems.map(({ code, message }) => ['upstream', 'warning', `${code}: ${message}`]);
    if (problems.length > 0)
      return [...problems, ...incomplete(each, spec)].map(({ code, message }) => [code, severityOf(code), message]);
    if (!each.served) return [];
    const staple = spec.verify ? unstapled(each) : [];
    if (!isNear(each)) return staple;
    const validity = validityOf(each.chain[0]);
    if (isExpired(validity, now))
      return [
        ['expired', 'critical', `expired ${spanText(now - validity.notAfter)} ago, at ${each.chain[0].not_after}`],
      ];
    return [nearText(each, spec, now), ...staple];
  };
  // A certificate that was never issued cannot be served: the row that issues it reports this.
  const findings = state === 'pending_issue' ? [] : grouped(ref, counted, findingsOf);
  const probed = new Set(seen.addresses.map(({ address }) => address)).size;
  const leftOut: readonly Finding[] =
    seen.leftOut === 0
      ? []
      : [
          {
            ref,
            code: 'too-many-addresses' satisfies FindingCode,
            severity: 'warning',
            message: `the host has ${probed + seen.leftOut} addresses. ${seen.leftOut} of them were not probed`,
            facts: { left_out: seen.leftOut },
          },
        ];
  const first = foremost(counted, spec);
  const [problem] = first?.problems ?? [];
  return {
    state,
    facts: defined({
      error: problem?.code,
      message: problem?.stable,
      ...(first?.seen.served === true ? servedFacts(first.seen) : {}),
      addresses: judged.map(addressFacts),
    }),
    signals: {
      ...(first?.seen.served === true
        ? { days_left: daysLeft(endOf(first.seen, spec), now), rtt_ms: first.seen.rtt_ms }
        : {}),
      ...(first === undefined ? {} : { address: first.seen.address }),
      ...singleOf(seen.addresses),
    },
    findings: [...findings, ...trustFindings(ref, trust, state, counted), ...leftOut],
  };
}

function unresolved(ref: Ref, spec: DomainSpec, { error, message: why }: Unresolved): Judgement {
  const message = `${placeText(targetOf(spec)?.address ?? spec.host, spec.port)}: ${why}`;
  return {
    state: 'pending_route',
    facts: {},
    findings: [{ ref, code: error, severity: 'error', message, facts: {} }],
  };
}

/** Adds the recorded failures of a failing Domain, and the time of its next scheduled probe. */
function withFailures(spec: DomainSpec, judgement: Judgement, memory: Memory<DomainMemory> | undefined): Judgement {
  const { failures = 0, failed_at: failedAt = '', retry_at: retryAt = '', target } = memory?.kept ?? {};
  if (judgement.state !== 'tls_error' || failures === 0 || target !== targetText(spec)) return judgement;
  const recorded = {
    recorded_failures: failures,
    last_recorded_failure: failedAt,
    next_scheduled_probe: retryAt,
    failure_policy: spec.failurePolicy,
  };
  return { ...judgement, signals: { ...judgement.signals, ...recorded } };
}

/**
 * Adds the critical finding about the last served certificate while no server answers: an outage must not resolve a page
 * about an expiry. The certificate is taken from the state.
 */
function withLastServed(
  spec: DomainSpec,
  judgement: Judgement,
  memory: Memory<DomainMemory> | undefined,
  now: number,
): Judgement {
  const { not_after: notAfter = '', fingerprint = '', target } = memory?.kept ?? {};
  const isServed = judgement.facts?.remembered !== true && judgement.facts?.fingerprint !== undefined;
  if (memory === undefined || judgement.state !== 'tls_error' || isServed) return judgement;
  if (notAfter === '' || target !== targetText(spec)) return judgement;
  const leftMs = instantOf(notAfter) - now;
  const criticalDays = criticalDaysOf(spec);
  const code: FindingCode = leftMs <= 0 ? 'expired' : 'expiring-critical';
  if (leftMs > criticalDays * DAY_MS || judgement.findings.some((found) => found.code === code)) return judgement;
  const message =
    leftMs <= 0
      ? `the last served certificate expired ${spanText(-leftMs)} ago, at ${notAfter}; the server has not served another since`
      : `the last served certificate expires in ${spanText(leftMs)} (expiryCriticalDays is ${criticalDays}); the server has not served another since`;
  const facts = { fingerprint, not_after: notAfter };
  const found: Finding = { ref: memory.ref, code, severity: 'critical', message, facts };
  return { ...judgement, findings: [...judgement.findings, found] };
}

/** Errors that certificate events report, not probes. */
const REPORTED: ReadonlySet<string> = new Set<EventError>(['issuance-failed', 'renewal-failed']);

/** The recorded state of a failed Domain, until its next scheduled refresh. */
function spaced(ref: Ref, { state, kept }: Extract<DomainRefresh, { kind: 'spaced' }>['memory']): Judgement {
  const { error = 'timeout', message = '', failures = 0, failed_at: failedAt = '', retry_at: retryAt = '' } = kept;
  const isReported = REPORTED.has(error);
  const failed = `${failures} ${failures === 1 ? 'probe' : 'probes'} failed`;
  return {
    state: state ?? 'tls_error',
    facts: defined({
      error: error as DomainError,
      message,
      ...(kept.fingerprint === '' ? {} : { fingerprint: kept.fingerprint, not_after: kept.not_after }),
      remembered: true,
    }),
    findings: [
      {
        ref,
        code: error,
        severity: severityOf(error),
        message: `${message} (${isReported ? 'at' : 'probed at'} ${failedAt})`,
        facts: {},
      },
      {
        ref,
        code: 'backing-off' satisfies FindingCode,
        severity: 'info',
        message: `${isReported ? counted(failures, 'failure') : failed}. The next scheduled probe is at ${retryAt}`,
        facts: { failures, retry_at: retryAt },
      },
    ],
  };
}

/** The recorded state of a Domain that scheduled refreshes do not probe: certificate events alone change it. */
function unprobed(
  ref: Ref,
  { state = ABSENT, kept }: Partial<Recorded> & { readonly kept: Recorded['kept'] },
): Judgement {
  const { error = '', message = '', fingerprint = '', not_after: notAfter } = kept;
  const isFailing = state === 'tls_error' && error !== '';
  return {
    // A Domain that neither a probe nor an event is about waits for its first one.
    state: state === ABSENT ? 'pending_issue' : state,
    facts: defined({
      ...(isFailing ? { error: error as DomainError, message } : {}),
      ...(fingerprint === '' ? {} : { fingerprint, not_after: notAfter }),
      remembered: true as const,
    }),
    findings: isFailing ? [{ ref, code: error, severity: severityOf(error), message, facts: {} }] : [],
  };
}

/** The result of a refresh, with the spec that was used. */
interface Met {
  readonly spec: DomainSpec;
  readonly refresh: DomainRefresh;
  readonly neverIssued: boolean;
}

/** Facts of a refresh. `neverIssued`: its Certificate was never stored, so it cannot be served yet. */
export function seenDomain(
  ref: Ref,
  spec: DomainSpec,
  refresh: DomainRefresh,
  neverIssued: boolean,
  at: Instant,
): Sighting<DomainFacts> {
  const met: Met = { spec, refresh, neverIssued };
  const seenAt = refresh.kind === 'spaced' ? (instantOf(refresh.memory.kept.failed_at) ?? at) : at;
  return { ref, given: true, facts: {}, raw: met, at: seenAt };
}

/** The fields that decide which probes a refresh makes: documents that agree in them share the facts of one refresh. */
function probedBy(spec: DomainSpec): string {
  const { verified, trust = [], certificate } = spec;
  return JSON.stringify([targetOf(spec), verified, verificationOf(spec), trust, certificate]);
}

/**
 * The judgement of a client at a time about the probed servers. `declared` is the present document: an edit that asks
 * for the same probes is judged by the facts of the last refresh; any other edit waits for the next one.
 */
export function domainStanding(
  declared: unknown,
  { ref, raw }: Sighting<DomainFacts>,
  memory: Memory<DomainMemory> | undefined,
  now: number,
): Judgement {
  const { spec: probed, refresh, neverIssued } = raw as Met;
  const edited = declared as DomainSpec | undefined;
  const spec = edited !== undefined && probedBy(edited) === probedBy(probed) ? edited : probed;
  switch (refresh.kind) {
    case 'unverified': {
      const findings: readonly Finding[] =
        refresh.problem === undefined
          ? []
          : [{ ref, code: 'not-verified', severity: 'warning', message: refresh.problem, facts: {} }];
      return { state: 'pending_issue', facts: {}, findings };
    }
    case 'no-route':
      return { state: 'pending_route', facts: {}, findings: [] };
    case 'spaced':
      return withLastServed(spec, spaced(ref, refresh.memory), memory, now);
    case 'unprobed':
      return withLastServed(spec, unprobed(ref, { ...refresh.memory, kept: refresh.memory?.kept ?? {} }), memory, now);
    case 'probed':
      return refresh.seen.resolved
        ? withLastServed(
            spec,
            withFailures(spec, reached(ref, spec, refresh.seen, refresh.trust, neverIssued, now), memory),
            memory,
            now,
          )
        : unresolved(ref, spec, refresh.seen);
  }
}
