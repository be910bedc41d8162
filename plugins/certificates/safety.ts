/**
 * Safety rules: only the recorded authority signs, a working pair is replaced only by one that works longer, failures
 * are delayed and limited, and a certificate that a server still presents is not removed.
 */

import {
  type Attempts,
  attemptsAt,
  type Change,
  counted,
  countedFailures,
  defer,
  type Facts,
  formatRef,
  instantText,
  isExhausted,
  lastFailureText,
  NOTHING_FAILED,
  pass,
  reject,
  type Remedy,
  type RetryPolicy,
  type Scene,
  spanText,
  type Verdict,
  warn,
  seenFacts,
  ABSENT,
  seenState,
  isSeen,
  seenSignals,
  instantOf,
} from '#plugin';
import { authorityOf as authorityOfAccount, changedAccount, isRollover } from './acme/account.ts';
import { ariIn, momentOf } from './acme/ari.ts';
import { acmeOf } from './acme/budget.ts';
import { DAY_MS } from './days.ts';
import { asksAuthority, issues } from './differences.ts';
import type { CertificateResource, IssuerResource } from './diff.ts';
import { usableUntil } from './facts.ts';
import type { FindingCode } from './generated.ts';
import { issuerOf, issuerRef, issuerSpec } from './remembered.ts';
import { nextAttemptAt, policyOf, reloadsOf, uncountedText } from './renewal.ts';
import { domainsServing, oneShownText, shownBy, storedOf } from './served.ts';
import { Issuer } from './kinds.ts';

/** The recorded and the observed authority of an Issuer. */
interface Authority {
  readonly dir: string;
  readonly remembered: string | undefined;
  readonly observed: string | undefined;
  readonly state: string;
}

function authorityOf(resource: IssuerResource | undefined): Authority | undefined {
  const { spec, fingerprint } = issuerOf(resource);
  if (spec?.localCa === undefined) return undefined;
  return {
    dir: spec.localCa.dir,
    remembered: fingerprint,
    observed: seenFacts(resource)?.fingerprint,
    state: resource === undefined ? ABSENT : (seenState(resource) ?? 'unseen'),
  };
}

function factsOf({ dir, remembered, observed, state }: Authority): Facts {
  return { dir, remembered: remembered ?? null, observed: observed ?? null, state };
}

function putBack({ dir, remembered }: Authority): Remedy {
  return { outside: `put ca.crt and ca.key of ${remembered ?? 'the authority'} back into ${dir}` };
}

/** The reason why an authority is not the recorded one; undefined if it is, or if the state records none. */
function changed(authority: Authority): string | undefined {
  const { remembered, observed, dir } = authority;
  if (remembered === undefined || remembered === observed) return undefined;
  if (observed === undefined) return `the authority in ${dir} is missing. The state records ${remembered}`;
  return `the authority in ${dir} is ${observed}. The state records ${remembered}`;
}

/** The reason why an authority cannot sign, from its finding. */
function unusableText(issuer: IssuerResource | undefined): string {
  const code: FindingCode = 'ca-unusable';
  const findings = issuer !== undefined && isSeen(issuer) ? issuer.sight.observed.findings : [];
  return findings.find((each) => each.code === code)?.message ?? 'cannot sign';
}

/** The verdict on the account of an ACME Issuer; undefined for other Issuers. */
function accountVerdict(resource: IssuerResource | undefined): Verdict | undefined {
  const acme = issuerSpec(resource?.desired, resource?.memory)?.acme;
  if (acme === undefined || resource === undefined) return undefined;
  const { kept = {} } = resource.memory ?? {};
  const facts = seenFacts(resource);
  const shown = {
    account: kept.account ?? null,
    remembered: kept.thumbprint ?? null,
    observed: facts?.thumbprint ?? null,
  };
  const problem = changedAccount(acme, kept, facts);
  if (problem === undefined)
    return pass(
      kept.account === undefined ? 'the state records no account yet' : 'the account is the one in the state',
      shown,
    );
  return reject(problem, shown, {
    remedy: {
      outside: `put the recorded key back to ${acme.accountKey}. For another account instead, run \`fettle state forget ${resource.address}\``,
    },
  });
}

/** The rule on the Issuer's own steps. */
export function issuerChanged(_change: Change, resource: IssuerResource): Verdict {
  const account = accountVerdict(resource);
  if (account !== undefined) return account;
  const authority = authorityOf(resource);
  if (authority === undefined) return pass('the Issuer is self-signed', { self_signed: true });
  const facts = factsOf(authority);
  const problem = changed(authority);
  if (problem === undefined)
    return pass(
      authority.remembered === undefined
        ? 'the state records no authority yet'
        : 'the authority is the one in the state',
      facts,
    );
  return reject(problem, facts, { remedy: putBack(authority) });
}

const NOTHING_ISSUED = pass('nothing is issued', {});

/** True if the recorded account is at the declared directory, and has the declared key. */
function isAccountDeclared({ desired, memory, sight }: IssuerResource): boolean {
  const acme = issuerSpec(desired, memory)?.acme;
  if (acme === undefined || authorityOfAccount(acme, memory).account === undefined) return false;
  return sight.is !== 'seen' || !isRollover(sight.observed.facts, memory?.kept.thumbprint);
}

/**
 * The verdict on a step that uses an account before the Issuer has the declared directory or key. The row of an Issuer that has
 * an account is an update: if it fails, the engine still runs the rows of its Certificates.
 */
function untilAccountDeclared(issuer: IssuerResource, scene: Scene, facts: Facts): Verdict {
  // Right before the step, the row of the Issuer has ended.
  if (scene.underWay.has(issuer.address))
    return pass('a row of this plan gives the account the declared key or directory first', facts);
  return defer(`the account of ${issuer.ref.name} does not have the declared key or directory yet`, facts, {
    remedy: { outside: `apply the row of ${issuer.address} first` },
  });
}

/** The verdict on a step by the account of an ACME Issuer; undefined for other Issuers. */
function accountOfIssuer(issuer: IssuerResource | undefined, scene: Scene): Verdict | undefined {
  const own = accountVerdict(issuer);
  if (own === undefined || issuer === undefined || own.outcome !== 'pass') return own;
  const facts = { issuer: issuer.ref.name, ...own.facts };
  if (issuer.sight.is === 'unseen')
    return reject(`the account of ${issuer.ref.name} cannot be read: ${issuer.sight.gap.message}`, facts);
  if (seenState(issuer) === 'broken')
    return reject(`the Issuer ${issuer.ref.name} ${unusableText(issuer)}`, facts, {
      remedy: { outside: 'restore the key of the account' },
    });
  if (issuer.memory?.kept.account !== undefined)
    return isAccountDeclared(issuer) ? own : untilAccountDeclared(issuer, scene, facts);
  const row = scene.judged.get(issuer.address);
  if (row?.verdict === 'defer') return defer(`the account of ${issuer.ref.name} has to wait`, facts);
  return row?.verdict === 'accept' && row.change.step === 'absent>ready'
    ? pass('a row of this plan creates the account first', facts)
    : reject(`the Issuer ${issuer.ref.name} has no account`, facts, {
        remedy: { outside: `apply the row of ${issuer.address} first` },
      });
}

/** The rule on the steps of a Certificate that ask its authority. */
export function certificateIssuerChanged(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  if (!asksAuthority(change)) return NOTHING_ISSUED;
  const spec = resource.desired?.spec;
  if (spec === undefined) return NOTHING_ISSUED;
  const ref = issuerRef(spec);
  const issuer = Issuer.get(scene, ref);
  const account = accountOfIssuer(issuer, scene);
  if (account !== undefined) return account;
  const authority = authorityOf(issuer);
  if (authority === undefined) return pass('the Issuer is self-signed', { issuer: spec.issuer });
  const facts = { issuer: spec.issuer, ...factsOf(authority) };
  // An accepted row creates the authority, or adopts the new one, before this step runs.
  const own = scene.judged.get(formatRef(ref));
  if (
    own?.verdict === 'accept' &&
    (own.change.step === 'absent>ready' || own.change.step === 'ready>ready') &&
    own.change.goal !== 'adopt' &&
    own.change.goal !== 'protect'
  )
    return pass('a row of this plan creates or adopts the authority first', facts);
  if (issuer?.sight.is === 'unseen')
    return reject(`the authority in ${authority.dir} cannot be read: ${issuer.sight.gap.message}`, facts, {
      remedy: { outside: `make ${authority.dir} readable` },
    });
  const problem = changed(authority);
  if (problem !== undefined) return reject(problem, facts, { remedy: putBack(authority) });
  if (authority.state === 'broken')
    return reject(`the authority in ${authority.dir} ${unusableText(issuer)}`, facts, {
      remedy: { outside: `fix ca.crt and ca.key in ${authority.dir}` },
    });
  return pass(
    authority.remembered === undefined ? 'the state records no authority yet' : 'the authority is the one in the state',
    facts,
  );
}

/** A working pair is not replaced by one that expires before it, because a certificate never outlives its authority. */
export function neverWithoutValidPair(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const spec = resource.desired?.spec;
  const { usable } = seenFacts(resource) ?? {};
  const notAfter = usableUntil(seenFacts(resource) ?? {});
  if (!issues(change) || spec === undefined) return NOTHING_ISSUED;
  if (usable !== true || notAfter === undefined) return pass('no valid pair is replaced', { usable: false });
  // A shorter lifetime is the decision of the authority, and the step does not store a certificate that is due at once.
  if (acmeOf(spec, scene) !== undefined) return pass('the authority decides the validity', { stored_until: notAfter });
  const authority = seenFacts(Issuer.get(scene, issuerRef(spec)));
  const stored = instantOf(notAfter);
  const wanted = scene.now + spec.validityDays * DAY_MS;
  const authorityUntil = usableUntil(authority ?? {});
  const signedUntil = authorityUntil === undefined ? Number.POSITIVE_INFINITY : instantOf(authorityUntil);
  const facts = {
    stored_until: notAfter,
    new_until: instantText(Math.min(wanted, signedUntil)),
    authority_until: authorityUntil ?? null,
  };
  if (signedUntil >= wanted) return pass('the new certificate is valid for all of validityDays', facts);
  if (signedUntil > stored) return pass('the new certificate expires with its authority, after the stored one', facts);
  return reject(
    `the new certificate would expire with its authority at ${instantText(signedUntil)}, before the stored one (${notAfter})`,
    facts,
    { remedy: { outside: `replace the authority of ${spec.issuer} with one that is valid for longer` } },
  );
}

/** Shortest validity of an issued certificate. */
const LEAST_LIFE_MS = 3_600_000;

/** A certificate never outlives its authority or the chain above it; a warning reports a shortened validity. */
export function cutShort(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const spec = resource.desired?.spec;
  if (!issues(change) || spec === undefined) return NOTHING_ISSUED;
  const authority = seenFacts(Issuer.get(scene, issuerRef(spec)));
  const until = usableUntil(authority ?? {});
  if (authority === undefined || until === undefined)
    return pass('the authority does not expire before the new certificate', { issuer: spec.issuer });
  const left = instantOf(until) - scene.now;
  const subject = authority.chain_end?.subject ?? authority.subject ?? '';
  const facts = { issuer: spec.issuer, validity_days: spec.validityDays, authority_until: until, subject };
  if (left >= spec.validityDays * DAY_MS)
    return pass('the authority does not expire before the new certificate', facts);
  const ends = `the authority ${spec.issuer} expires in ${spanText(left)}: ${subject} expires at ${until}`;
  if (left < LEAST_LIFE_MS)
    return reject(`${ends}. A certificate issued now would expire with it`, facts, {
      remedy: { outside: `replace the authority of ${spec.issuer} with one that is valid for longer` },
    });
  return warn(
    `${ends}. The new certificate is limited to ${spanText(left)} (validityDays is ${spec.validityDays}). Replace the authority to issue longer certificates`,
    facts,
  );
}

/**
 * Limits issuance to one in a third of the lifetime: a cause for more would repeat forever. In the last thirtieth of
 * the lifetime, a valid certificate is more important.
 */
export function renewalLoop(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const spec = resource.desired?.spec;
  if (!issues(change) || spec === undefined) return NOTHING_ISSUED;
  const { issued_at: issuedAt } = resource.memory?.kept ?? {};
  if (issuedAt === undefined) return pass('fettle has not issued this certificate before', {});
  const { not_before: notBefore } = seenFacts(resource) ?? {};
  const notAfter = usableUntil(seenFacts(resource) ?? {});
  const isAcme = acmeOf(spec, scene) !== undefined;
  const lifetime = Math.min(
    isAcme ? Number.POSITIVE_INFINITY : spec.validityDays * DAY_MS,
    notBefore === undefined || notAfter === undefined
      ? Number.POSITIVE_INFINITY
      : instantOf(notAfter) - instantOf(notBefore),
  );
  if (!Number.isFinite(lifetime)) return pass('the lifetime of the stored certificate is unknown', {});
  // The stored certificate must not expire meanwhile.
  const saving = notAfter === undefined ? Number.POSITIVE_INFINITY : instantOf(notAfter) - lifetime / 30;
  // An authority that revokes certificates suggests a renewal at once.
  const wait =
    isAcme && momentOf(ariIn(seenSignals(resource))) !== undefined ? Math.min(DAY_MS, lifetime / 3) : lifetime / 3;
  const clears = Math.min(instantOf(issuedAt) + wait, saving);
  const facts = { issued_at: issuedAt, lifetime_seconds: Math.round(lifetime / 1000), cause: change.cause };
  if (change.cause === 'edit' || change.cause === 'new') return pass('the document changed', facts);
  const { issuedAfter } = policyOf(resource).renewal;
  const signer = resource.memory?.kept.issuer ?? null;
  const authority = change.fields.find(({ path }) => path === '/issuer')?.after;
  if (authority !== undefined && authority !== signer)
    return pass('the authority is not the one that signed the stored certificate', { ...facts, signer, authority });
  if (issuedAfter !== undefined && instantOf(issuedAt) < issuedAfter && issuedAfter <= scene.now)
    return pass('renewal.issuedAfter asks for a newer certificate', facts);
  if (scene.now >= clears)
    return pass(
      clears === saving
        ? 'the certificate expires too soon to wait'
        : 'a third of the lifetime has passed since the last issuance',
      facts,
    );
  return reject(
    `the certificate was issued at ${issuedAt}. Only one issuance is allowed in ${spanText(wait)}${wait === lifetime / 3 ? ', a third of the lifetime' : ''}`,
    facts,
    { clearsAt: clears, remedy: { outside: 'find out which program replaces the certificate' } },
  );
}

interface Tried {
  readonly what: 'issuance' | 'renewal' | 'recovery' | 'reload' | 'change';
  readonly policy: RetryPolicy;
  readonly attempts: Attempts;
}

/** Earlier failures of the operation of a step. */
function triedBefore(change: Change, resource: CertificateResource): Tried {
  const { desired, memory } = resource;
  const policy = policyOf(resource);
  if (change.step === 'expired>recovering')
    return { what: 'recovery', policy: policy.recovery, attempts: attemptsAt(memory, desired, 'recovering') };
  if (change.step === 'absent>normal')
    return { what: 'issuance', policy: policy.renewal, attempts: attemptsAt(memory, desired, 'normal') };
  if (change.step !== 'normal>normal')
    return { what: 'renewal', policy: policy.renewal, attempts: attemptsAt(memory, desired, 'renewing') };
  // Corrections and new issues are tried like renewals; reloads have a count of their own.
  const reloads = reloadsOf(memory, desired, seenFacts(resource)?.fingerprint);
  if (change.fields.length === 0) return { what: 'reload', policy: policy.served, attempts: reloads };
  const attempts = reloads.failed > 0 ? NOTHING_FAILED : attemptsAt(memory, desired, 'normal');
  return { what: 'change', policy: policy.renewal, attempts };
}

function triedFacts({ what, policy, attempts }: Tried): Facts {
  return {
    what,
    failed: attempts.failed,
    ...((attempts.outages ?? 0) === 0 ? {} : { counted: countedFailures(attempts) }),
    max_retries: policy.maxRetries,
    ...(attempts.failed === 0 ? {} : { last_at: instantText(attempts.at) }),
  };
}

const FAILED = {
  issuance: 'failed issuance',
  renewal: 'failed renewal',
  recovery: 'failed recovery',
  reload: 'unsuccessful reload',
  change: 'failed change',
} as const;

function failedText(what: Tried['what'], failed: number): string {
  if (failed === 1) return `1 ${FAILED[what]}`;
  if (what === 'recovery') return `${failed} failed recoveries`;
  return what === 'reload' ? `${failed} unsuccessful reloads` : counted(failed, FAILED[what]);
}

/**
 * True for the first certificate of a local authority: a try has no cost, and the next apply repeats it. An ACME
 * authority counts failed validations.
 */
function isFree({ step }: Change, { desired }: CertificateResource, scene: Scene): boolean {
  return step === 'absent>normal' && acmeOf(desired?.spec, scene) === undefined;
}

const FREE = pass('a local authority issues the first certificate at any time', {});

/** Rejects further tries after the maximum number of failures in a row, until the document changes. */
export function retryExhausted(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  if (isFree(change, resource, scene)) return FREE;
  const tried = triedBefore(change, resource);
  const facts = triedFacts(tried);
  if (!isExhausted(tried.policy, tried.attempts)) return pass('attempts remain', facts);
  return reject(
    `${failedText(tried.what, countedFailures(tried.attempts))} in a row${uncountedText(tried.attempts)}, maxRetries is ${tried.policy.maxRetries}${lastFailureText(tried.attempts)}`,
    facts,
    { remedy: { outside: 'fix the cause of the failure, then change the document or override retry-exhausted' } },
  );
}

/** Defers the next try, for longer after each failure. */
export function backoff(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  if (isFree(change, resource, scene)) return FREE;
  const tried = triedBefore(change, resource);
  const facts = triedFacts(tried);
  const until = instantOf(usableUntil(seenFacts(resource) ?? {}));
  const next = nextAttemptAt(tried.policy, tried.attempts, until);
  if (next === undefined) return pass('no attempt has failed', facts);
  if (scene.now >= next)
    return pass('the wait after the last failure is over', { ...facts, next_at: instantText(next) });
  return defer(
    `after ${failedText(tried.what, tried.attempts.failed)}${uncountedText(tried.attempts)}, the next attempt waits ${spanText(next - tried.attempts.at)}${lastFailureText(tried.attempts)}`,
    { ...facts, next_at: instantText(next) },
    { clearsAt: next },
  );
}

/** Rejects the removal of a certificate that a server presents to its clients. */
export function stillServed(_change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const stored = storedOf(resource);
  const fingerprint = seenFacts(resource)?.fingerprint;
  if (fingerprint === undefined) return pass('no certificate is stored', {});
  const by = domainsServing(fingerprint, scene).flatMap((domain) =>
    shownBy(domain, stored ?? { fingerprint, former: [] }).filter(({ serves }) => serves === 'stored'),
  );
  const asked = seenSignals(resource)?.['servedAt'];
  const places = new Set([
    ...by.map(oneShownText),
    ...(Array.isArray(asked) ? asked.filter((each) => typeof each === 'string') : []),
  ]);
  const facts = { fingerprint, served_at: [...places].sort() };
  if (places.size === 0) return pass('no known server serves the certificate', facts);
  return reject(`the certificate is served at ${listText([...places].sort())}`, facts, {
    remedy: { outside: 'point the server at another certificate, or shut it down' },
  });
}

const MOST_NAMED = 3;

function listText(places: readonly string[]): string {
  const named = places.slice(0, MOST_NAMED).join(', ');
  return places.length <= MOST_NAMED ? named : `${named} and ${places.length - MOST_NAMED} more`;
}
