/** Diff: the next step of an Issuer or a Certificate towards its document. A Domain has no steps. */

import {
  type Adoption,
  type Facts,
  attemptsAt,
  counted,
  type FieldChange,
  type Proposal,
  type Resource,
  type Scene,
  spanText,
  instantText,
  type KnownResource,
  type Observed,
  observedOf,
  seenFacts,
  isSeen,
} from '#plugin';
import { accountStep, authorityOf, createText } from './acme/account.ts';
import { acmeDueAt, ariIn, momentBeforeFreeze, momentOf, windowText } from './acme/ari.ts';
import { faultInForce } from './acme/account-faults.ts';
import { acmeOf, orderAhead } from './acme/budget.ts';
import { directoryUrl } from './acme/directories.ts';
import { daysLeft, dueAt, isExpired, thresholdInForce } from './days.ts';
import {
  KEY_MODE,
  ORDER_LEFT,
  type WantedIssuer,
  differences,
  fieldText,
  isContent,
  issues,
  needsIssue,
  withMove,
} from './differences.ts';
import type { CertificateFacts, DomainFacts, IssuerFacts } from './facts.ts';
import type {
  CertificateMemory,
  CertificateSpec,
  CertificateStep,
  DomainMemory,
  DomainSpec,
  IssuerMemory,
  IssuerSpec,
  IssuerStep,
} from './generated.ts';
import { Issuer } from './kinds.ts';
import { issuerRef, rememberedSpec, storageBefore, storedOrder } from './remembered.ts';
import { policyOf } from './renewal.ts';
import { whenApplied, withoutWider } from './kept.ts';
import { certificateRemoval, issuerRemoval } from './removals.ts';
import { reloadDue } from './served.ts';
import { dueRuleOf, renewalDueBy, validityOfFacts } from './state.ts';

export type IssuerResource = Resource<IssuerSpec, IssuerFacts, IssuerMemory>;
export type CertificateResource = Resource<CertificateSpec, CertificateFacts, CertificateMemory>;
export type DomainResource = Resource<DomainSpec, DomainFacts, DomainMemory>;

/** The field that identifies the authority. */
export const AUTHORITY_FIELD = '/localCa/fingerprint';

export function diffIssuer(resource: KnownResource<IssuerResource>, scene: Scene): Proposal<IssuerStep> | undefined {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  if (observed?.given === true) return undefined;
  if (desired === undefined) {
    if (observed === undefined) return undefined;
    const because = issuerRemoval(resource, scene);
    return { step: observed.state === 'broken' ? 'broken>absent' : 'ready>absent', goal: 'remove', because };
  }
  const { acme } = desired.spec;
  if (observed === undefined)
    return {
      step: 'absent>ready',
      goal: 'create',
      because: acme === undefined ? `no authority exists in ${desired.spec.localCa?.dir ?? ''}` : createText(acme),
    };
  // Broken files of an authority are not replaced: a finding reports them.
  if (observed.state !== 'ready') return undefined;
  if (acme !== undefined) return accountStep(resource, observed.facts, faultInForce(resource, scene));
  const { fingerprint, key_mode: keyMode, leftovers } = observed.facts;
  const known = memory?.kept.fingerprint;
  const isOther = known !== undefined && fingerprint !== undefined && known !== fingerprint;
  const fields: readonly FieldChange[] = [
    ...(isOther ? [{ path: AUTHORITY_FIELD, before: known, after: fingerprint }] : []),
    ...(keyMode === undefined || keyMode === KEY_MODE
      ? []
      : [{ path: '/localCa/key/mode', before: keyMode, after: KEY_MODE }]),
    // Leftovers next to an adopted authority are foreign.
    ...(leftovers === undefined || memory?.owned !== 'created'
      ? []
      : [{ path: '/localCa/leftovers', before: leftovers, after: [] }]),
  ];
  if (fields.length === 0) return undefined;
  const because = isOther
    ? 'another authority has replaced the recorded one'
    : 'the files of the authority must be corrected';
  return { step: 'ready>ready', goal: 'update', fields, because };
}

function acmeDirectory(spec: CertificateSpec, scene: Scene): string | undefined {
  const acme = acmeOf(spec, scene);
  return acme === undefined ? undefined : directoryUrl(acme.directory);
}

/**
 * The recorded and the declared chain of a certificate that can be downloaded again: an authority refuses the certificate to
 * an account that did not order it, whose next order has the declared chain.
 */
function chains(
  { memory }: CertificateResource,
  spec: CertificateSpec,
  scene: Scene,
): Pick<WantedIssuer, 'chain' | 'rememberedChain'> {
  const acme = acmeOf(spec, scene);
  const { download, chain, ...kept } = memory?.kept ?? {};
  if (acme === undefined || download === undefined || chain === undefined) return {};
  const { directory, account } = authorityOf(acme, Issuer.get(scene, issuerRef(spec))?.memory);
  return account !== undefined && account === kept.account && directory === kept.directory
    ? { chain: acme.preferredChain ?? '', rememberedChain: chain }
    : {};
}

function wantedIssuer(resource: CertificateResource, spec: CertificateSpec, scene: Scene): WantedIssuer {
  const { memory } = resource;
  return {
    facts: seenFacts(Issuer.get(scene, issuerRef(spec))),
    rememberedSigner: memory?.kept.fingerprint === undefined ? undefined : memory.kept.issuer,
    directory: acmeDirectory(spec, scene),
    rememberedDirectory: memory?.kept.directory,
    isMade: memory?.kept.made !== undefined && memory.kept.made === memory.kept.fingerprint,
    ...chains(resource, spec, scene),
  };
}

/** True if the Issuer is an authority that does not exist yet. That of an ACME account does: its directory identifies it. */
function isFutureIssuer(spec: CertificateSpec, scene: Scene): boolean {
  const issuer = scene.get(issuerRef(spec));
  return issuer !== undefined && !isSeen(issuer) && acmeDirectory(spec, scene) === undefined;
}

/** The issuer, if it is created in this plan, and is therefore not the one that signed the stored certificate. */
function newIssuer(
  { memory }: CertificateResource,
  spec: CertificateSpec,
  facts: CertificateFacts,
  scene: Scene,
): readonly FieldChange[] {
  const before = (rememberedSpec(memory) as CertificateSpec | undefined)?.issuer;
  if (before === undefined || before === spec.issuer || !isFutureIssuer(spec, scene)) return [];
  return [{ path: '/issuer', before: facts.issuer_fingerprint ?? before, after: spec.issuer }];
}

/** The rest of an order, as a field. */
function orderLeft({ memory }: CertificateResource): FieldChange {
  return { path: ORDER_LEFT, before: memory?.kept.order?.url ?? memory?.kept.order_key ?? '', after: '' };
}

/** The order of an interrupted step that a valid certificate no longer needs. */
function unneededOrder(resource: CertificateResource): readonly FieldChange[] {
  const isLeft = resource.memory?.kept.order_key !== undefined && storedOrder(resource) === undefined;
  return isLeft ? [orderLeft(resource)] : [];
}

/** Differences, with the new storage instead of the differences of files that are no longer used. */
function fieldsOf(
  resource: CertificateResource,
  spec: CertificateSpec,
  facts: CertificateFacts,
  scene: Scene,
): readonly FieldChange[] {
  const all = [
    ...(storedOrder(resource) === undefined ? [] : [orderLeft(resource)]),
    ...withoutWider(resource, differences(spec, facts, wantedIssuer(resource, spec, scene))),
    ...newIssuer(resource, spec, facts, scene),
  ];
  const before = facts.elsewhere === true ? storageBefore(spec, resource.memory) : undefined;
  return withMove(all, before, spec);
}

/** The names of fields, in a sentence. */
function fieldsText(fields: readonly FieldChange[]): string {
  return fields.map(({ path }) => fieldText(path)).join(', ');
}

function differText(fields: readonly FieldChange[]): string {
  return `to update: ${fieldsText(fields)}`;
}

function dueText(facts: CertificateFacts, thresholdDays: number, now: number, signals: Facts | undefined): string {
  const ari = facts.acme === true ? ariIn(signals) : undefined;
  const moment = momentOf(ari);
  if (ari !== undefined && moment !== undefined && now >= moment) return windowText(ari);
  const validity = validityOfFacts(facts);
  if (validity === undefined) return 'a renewal is due';
  const days = daysLeft(validity.notAfter, now);
  const left = days >= 1 ? counted(days, 'day') : spanText(validity.notAfter - now);
  if (facts.acme === true)
    return `expires in ${left}, and ${spanText(validity.notAfter - acmeDueAt(thresholdDays, validity, ari))} before that a renewal is due`;
  const inForce = thresholdInForce(thresholdDays, validity);
  const what =
    facts.chain_end === undefined ? 'expires' : `${facts.chain_end.subject}, a certificate of its chain, expires`;
  return `${what} in ${left}, threshold ${inForce}${inForce < thresholdDays ? ' (a third of its lifetime)' : ''}`;
}

const ASKED_FOR = 'renewal.issuedAfter asks for a newer certificate';

function recovery(facts: CertificateFacts, now: number): Pick<Proposal, 'because' | 'cause'> {
  const ended = facts.usable ? validityOfFacts(facts) : undefined;
  if (ended === undefined) return { because: `the stored certificate cannot be used: ${facts.problem ?? 'unknown'}` };
  const what =
    facts.chain_end === undefined ? 'the certificate' : `${facts.chain_end.subject}, a certificate of its chain,`;
  if (isExpired(ended, now)) return { because: `${what} expired ${spanText(now - ended.notAfter)} ago`, cause: 'time' };
  return { because: `the certificate is not valid for another ${spanText(ended.notBefore - now)}` };
}

function removal(resource: CertificateResource, state: string): Proposal<CertificateStep> | undefined {
  if (state !== 'normal' && state !== 'expiring_soon' && state !== 'expired' && state !== 'renewal_failed')
    return undefined;
  return { step: `${state}>absent`, goal: 'remove', because: certificateRemoval(resource) };
}

const INTERRUPTED = { goal: 'update', because: 'an interrupted swap must be completed', cause: 'progress' } as const;

/** The next step of a Certificate. If it goes on with an order, the row says so. */
export function diffCertificate(
  resource: KnownResource<CertificateResource>,
  scene: Scene,
): Proposal<CertificateStep> | undefined {
  const proposal = certificateStep(resource, scene);
  if (proposal === undefined || !orders(proposal) || storedOrder(resource) !== undefined) return proposal;
  const order = orderAhead(resource, scene);
  return order === undefined
    ? proposal
    : { ...proposal, because: `${proposal.because}. The step goes on with the order ${order.url}` };
}

/** True if the step issues a certificate. */
function orders({ step, goal, fields = [] }: Proposal<CertificateStep>): boolean {
  if (goal === 'remove' || step === 'renewing>normal' || step === 'recovering>normal') return false;
  return issues({ step, fields });
}

function certificateStep(
  resource: KnownResource<CertificateResource>,
  scene: Scene,
): Proposal<CertificateStep> | undefined {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  if (observed === undefined)
    return desired === undefined
      ? undefined
      : { step: 'absent>normal', goal: 'create', because: 'no certificate is stored' };
  if (observed.state === 'renewing') return { step: 'renewing>normal', ...INTERRUPTED };
  if (observed.state === 'recovering') return { step: 'recovering>normal', ...INTERRUPTED };
  if (desired === undefined) return removal(resource, observed.state);
  const { facts } = observed;
  const { spec } = desired;
  const policy = policyOf(resource);
  const fields = fieldsOf(resource, spec, facts, scene);
  const { now } = whenApplied(resource, fields);
  const dueBy = renewalDueBy(facts, dueRuleOf(policy.renewal, facts, observed.signals), memory, scene.now);
  const due =
    dueBy === 'request' ? ASKED_FOR : dueText(facts, policy.renewal.thresholdDays, scene.now, observed.signals);
  switch (observed.state) {
    case 'expiring_soon':
      return policy.renewal.enabled || needsIssue(now)
        ? { step: 'expiring_soon>renewing', goal: 'update', fields, because: due, cause: 'time' }
        : undefined;
    case 'renewal_failed': {
      if (!policy.renewal.enabled && !needsIssue(now)) return undefined;
      const { failed } = attemptsAt(memory, undefined, 'renewing');
      const because = `${due}; ${failed <= 1 ? 'the last renewal' : `the last ${failed} renewals`} failed`;
      return { step: 'renewal_failed>renewing', goal: 'update', fields, because, cause: 'time' };
    }
    case 'expired':
      return policy.recovery.enabled || needsIssue(now)
        ? { step: 'expired>recovering', goal: 'update', fields, ...recovery(facts, scene.now) }
        : undefined;
    default:
      return dueBy === 'request'
        ? { step: 'normal>renewing', goal: 'update', fields, because: ASKED_FOR, cause: 'policy' }
        : (beforeFreeze(resource, fields, scene) ??
            inPlace(resource, needsIssue(now) ? fields : [...now, ...unneededOrder(resource)], scene));
  }
}

/** The renewal of a certificate whose time is in a freeze window that outlasts the window of the authority. */
function beforeFreeze(
  resource: KnownResource<CertificateResource>,
  fields: readonly FieldChange[],
  scene: Scene,
): Proposal<CertificateStep> | undefined {
  const observed = observedOf(resource);
  if (observed?.facts.acme !== true || !policyOf(resource).renewal.enabled) return undefined;
  const ari = ariIn(observed.signals);
  const moment = momentBeforeFreeze(ari, scene.safety.freeze);
  if (ari === undefined || moment === undefined || scene.now < moment) return undefined;
  const because = `${windowText(ari)}; that time is in a freeze window, so the renewal comes before it`;
  return { step: 'normal>renewing', goal: 'update', fields, because, cause: 'time' };
}

/** Name of the Issuer in the last applied document. */
function appliedIssuer({ memory }: CertificateResource): string | undefined {
  return (rememberedSpec(memory) as CertificateSpec | undefined)?.issuer;
}

/** The step of a valid certificate that needs no renewal. */
function inPlace(
  resource: CertificateResource,
  fields: readonly FieldChange[],
  scene: Scene,
): Proposal<CertificateStep> | undefined {
  if (fields.length > 0) {
    // The Issuer decides: neither the document of the Certificate nor the files have changed.
    const isByIssuer = seenFacts(resource)?.acme === true && fields.every(({ path }) => path.startsWith('/issuer'));
    return {
      step: 'normal>normal',
      goal: 'update',
      fields,
      because: differText(fields),
      ...(isByIssuer && resource.desired?.spec.issuer === appliedIssuer(resource) ? { cause: 'policy' as const } : {}),
    };
  }
  const reload = reloadDue(resource, scene);
  return reload === undefined
    ? undefined
    : { step: 'normal>normal', goal: 'update', because: reload.because, cause: 'progress' };
}

/** The content that an adopted certificate keeps until its renewal, although its document declares another one. */
export function keptFields(resource: CertificateResource, scene: Scene): readonly FieldChange[] {
  const { desired } = resource;
  const facts = seenFacts(resource);
  if (desired === undefined || facts === undefined || facts.swap === 'finish') return [];
  return whenApplied(resource, fieldsOf(resource, desired.spec, facts, scene)).later;
}

/** The row of an adoption: every difference, and when it is applied. */
export function adoptCertificate(resource: KnownResource<CertificateResource>, scene: Scene): Adoption | undefined {
  const { desired } = resource;
  const observed = observedOf(resource);
  if (desired === undefined || observed === undefined || observed.facts.swap === 'finish') return undefined;
  const fields = [
    ...fieldsOf(resource, desired.spec, observed.facts, scene),
    ...futureIssuer(resource, desired.spec, observed.facts, scene),
  ];
  if (fields.length === 0 && observed.facts.undeclarable === undefined) return undefined;
  const files = fields.filter((field) => !isContent(field));
  const because = [
    ...(files.length === fields.length ? [] : [keepText(resource, observed, scene)]),
    ...(files.length === 0 ? [] : [`The next apply corrects ${fieldsText(files)}`]),
    ...lostTexts(observed.facts),
  ];
  return { fields, because: because.join('. ') };
}

/** Content that a new certificate would not have. */
export function lostTexts({ undeclarable = [] }: CertificateFacts): readonly string[] {
  return undeclarable.length === 0
    ? []
    : [`A new certificate would not have ${undeclarable.join(', ')}, which no document can declare`];
}

/** The issuer, if the first apply creates it: its authority cannot be compared yet. */
function futureIssuer(
  { desired }: CertificateResource,
  spec: CertificateSpec,
  facts: CertificateFacts,
  scene: Scene,
): readonly FieldChange[] {
  if (desired === undefined || !isFutureIssuer(spec, scene)) return [];
  return [{ path: '/issuer', before: facts.issuer_fingerprint ?? facts.issuer ?? '', after: spec.issuer }];
}

function keepText(
  resource: CertificateResource,
  { state, facts, signals }: Observed<CertificateFacts>,
  scene: Scene,
): string {
  if (state === 'expired') return 'The certificate cannot be used now: its recovery applies the differences';
  const { renewal } = policyOf(resource);
  const validity = validityOfFacts(facts);
  if (!renewal.enabled || validity === undefined)
    return 'The certificate is kept: only a renewal applies the differences';
  if (renewalDueBy(facts, dueRuleOf(renewal, facts, signals), undefined, scene.now) === 'time')
    return 'The renewal, which is due now, applies the differences';
  const due = instantText(
    facts.acme === true
      ? acmeDueAt(renewal.thresholdDays, validity, ariIn(signals))
      : dueAt(renewal.thresholdDays, validity),
  );
  return `The certificate is kept until its renewal, due at ${due}, which applies the differences`;
}

export function diffDomain(): undefined {
  return undefined;
}
