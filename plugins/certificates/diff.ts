/** Diff: the one step that brings an Issuer or a Certificate nearer to what is written. A Domain has none. */

import type { FieldChange, Pair, Proposal, Scene } from '../../src/engine/types.ts';
import { daysLeft, isExpired, spanText, thresholdInForce } from './days.ts';
import { KEY_MODE, type WantedIssuer, differences } from './differences.ts';
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
import { issuerRef } from './remembered.ts';
import { validityOf } from './state.ts';

export type IssuerPair = Pair<IssuerSpec, IssuerFacts, IssuerMemory>;
export type CertificatePair = Pair<CertificateSpec, CertificateFacts, CertificateMemory>;
export type DomainPair = Pair<DomainSpec, DomainFacts, DomainMemory>;

const GONE = 'no longer written';

/** The field that says which authority it is. */
export const AUTHORITY_FIELD = '/localCa/fingerprint';

export function diffIssuer({ desired, observed, memory }: IssuerPair): Proposal<IssuerStep> | undefined {
  if (observed?.given === true) return undefined;
  if (desired === undefined) {
    if (observed === undefined) return undefined;
    return { step: observed.state === 'broken' ? 'broken>absent' : 'ready>absent', goal: 'remove', because: GONE };
  }
  if (observed === undefined)
    return {
      step: 'absent>ready',
      goal: 'create',
      because: `there is no authority in ${desired.spec.localCa?.dir ?? ''}`,
    };
  // Nothing is put in the place of files that somebody else has to look at: a finding says so.
  if (observed.state !== 'ready') return undefined;
  const { fingerprint, keyMode, leftovers } = observed.facts;
  const known = memory?.kept.fingerprint;
  const isOther = known !== undefined && fingerprint !== undefined && known !== fingerprint;
  const fields: readonly FieldChange[] = [
    ...(isOther ? [{ path: AUTHORITY_FIELD, before: known, after: fingerprint }] : []),
    ...(keyMode === undefined || keyMode === KEY_MODE
      ? []
      : [{ path: '/localCa/key/mode', before: keyMode, after: KEY_MODE }]),
    ...(leftovers === undefined ? [] : [{ path: '/localCa/leftovers', before: leftovers, after: [] }]),
  ];
  if (fields.length === 0) return undefined;
  const because = isOther ? 'another authority is in its place' : 'its files have to be set right';
  return { step: 'ready>ready', goal: 'update', fields, because };
}

function wantedIssuer({ memory }: CertificatePair, spec: CertificateSpec, scene: Scene): WantedIssuer {
  const issuer = scene.pair(issuerRef(spec));
  return {
    facts: issuer?.observed?.facts as IssuerFacts | undefined,
    rememberedSigner: memory?.kept.fingerprint === undefined ? undefined : memory.kept.issuer,
  };
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  '/dnsNames': 'its names',
  '/keyAlgorithm': 'the algorithm of its key',
  '/issuer': 'what signed it',
  '/storage/file/certificate/mode': 'the mode of its certificate',
  '/storage/file/key/mode': 'the mode of its key',
  '/storage/file/leftovers': 'files of an interrupted swap',
};

function differText(fields: readonly FieldChange[]): string {
  const names = fields.map(({ path }) => FIELD_NAMES[path] ?? path);
  return `to set right: ${names.join(', ')}`;
}

function dueText(facts: CertificateFacts, thresholdDays: number, now: number): string {
  if (facts.notBefore === undefined || facts.notAfter === undefined) return 'a renewal is due';
  const validity = validityOf({ notBefore: facts.notBefore, notAfter: facts.notAfter });
  const days = daysLeft(validity.notAfter, now);
  const left = days >= 1 ? `${days} day${days === 1 ? '' : 's'}` : spanText(validity.notAfter - now);
  const inForce = thresholdInForce(thresholdDays, validity);
  return `expires in ${left}, threshold ${inForce}${inForce < thresholdDays ? ' (a third of its lifetime)' : ''}`;
}

function recovery(facts: CertificateFacts, now: number): Pick<Proposal, 'because' | 'cause'> {
  const ended =
    facts.usable && facts.notBefore !== undefined && facts.notAfter !== undefined
      ? validityOf({ notBefore: facts.notBefore, notAfter: facts.notAfter })
      : undefined;
  if (ended === undefined) return { because: `it cannot be used: ${facts.problem ?? 'unknown'}` };
  if (isExpired(ended, now)) return { because: `it expired ${spanText(now - ended.notAfter)} ago`, cause: 'time' };
  return { because: `it is not valid for another ${spanText(ended.notBefore - now)}` };
}

function removal(state: string): Proposal<CertificateStep> | undefined {
  switch (state) {
    case 'normal':
      return { step: 'normal>absent', goal: 'remove', because: GONE };
    case 'expiring_soon':
      return { step: 'expiring_soon>absent', goal: 'remove', because: GONE };
    case 'expired':
      return { step: 'expired>absent', goal: 'remove', because: GONE };
    case 'renewal_failed':
      return { step: 'renewal_failed>absent', goal: 'remove', because: GONE };
    default:
      return undefined;
  }
}

const INTERRUPTED = { goal: 'update', because: 'an interrupted swap has to be finished', cause: 'progress' } as const;

export function diffCertificate(pair: CertificatePair, scene: Scene): Proposal<CertificateStep> | undefined {
  const { desired, observed, memory } = pair;
  if (observed === undefined)
    return desired === undefined
      ? undefined
      : { step: 'absent>normal', goal: 'create', because: 'no certificate is stored' };
  if (observed.state === 'renewing') return { step: 'renewing>normal', ...INTERRUPTED };
  if (observed.state === 'recovering') return { step: 'recovering>normal', ...INTERRUPTED };
  if (desired === undefined) return removal(observed.state);
  const { facts } = observed;
  const { spec } = desired;
  const fields = differences(spec, facts, wantedIssuer(pair, spec, scene));
  const due = dueText(facts, spec.renewal.thresholdDays, scene.now);
  switch (observed.state) {
    case 'expiring_soon':
      return { step: 'expiring_soon>renewing', goal: 'update', fields, because: due, cause: 'time' };
    case 'renewal_failed': {
      const failures = memory?.failures ?? 0;
      const because = `${due}; ${failures === 1 ? 'the last renewal' : `the last ${failures} renewals`} failed`;
      return { step: 'renewal_failed>renewing', goal: 'update', fields, because, cause: 'time' };
    }
    case 'expired':
      return { step: 'expired>recovering', goal: 'update', fields, ...recovery(facts, scene.now) };
    default:
      return fields.length === 0
        ? undefined
        : { step: 'normal>normal', goal: 'update', fields, because: differText(fields) };
  }
}

export function diffDomain(): undefined {
  return undefined;
}
