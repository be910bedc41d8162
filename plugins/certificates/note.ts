/** Note: what of a look is remembered, so that an interrupted run loses nothing; and findings that need two resources. */

import type { Finding, Scene } from '../../src/engine/types.ts';
import type { CertificatePair, DomainPair, IssuerPair } from './diff.ts';
import type { CertificateFacts } from './facts.ts';
import type { CertificateMemory, DomainMemory, FindingCode, IssuerMemory } from './generated.ts';
import { backoffSeconds } from './failure-policy.ts';
import { targetText } from './observe-domain.ts';
import { PLUGIN } from './remembered.ts';

/** Only ever the first authority that is seen: a different one has to stay visible as such. */
export function noteIssuer({ observed, memory }: IssuerPair): Partial<IssuerMemory> {
  const fingerprint = observed?.facts.fingerprint;
  if (observed?.state !== 'ready' || fingerprint === undefined || memory?.kept.fingerprint !== undefined) return {};
  return { fingerprint };
}

export function noteCertificate({ observed }: CertificatePair): Partial<CertificateMemory> {
  const { fingerprint, notAfter, issuerFingerprint, usable } = observed?.facts ?? {};
  if (usable !== true || fingerprint === undefined || notAfter === undefined) return {};
  return { fingerprint, notAfter, ...(issuerFingerprint === undefined ? {} : { issuer: issuerFingerprint }) };
}

/**
 * A look that failed is counted, with the time of the next one; what else it shows ends the count. Only what a client
 * would refuse counts: waiting for a certificate, a route or somebody else's server is no failure. What is over is an
 * empty text: what is not mentioned stays remembered.
 */
export function noteDomain({ desired, observed, memory }: DomainPair, now: number): Partial<DomainMemory> {
  if (observed === undefined || observed.facts.remembered === true) return {};
  const { fingerprint, notAfter, error, message } = observed.facts;
  const failures = observed.state === 'tls_error' ? (memory?.kept.failures ?? 0) + 1 : 0;
  const next = now + backoffSeconds(desired?.spec.failurePolicy ?? 'standard', failures) * 1000;
  return {
    error: error ?? '',
    message: message ?? '',
    failures,
    failedAt: failures === 0 ? '' : new Date(now).toISOString(),
    retryAt: failures === 0 ? '' : new Date(next).toISOString(),
    target: desired === undefined ? '' : targetText(desired.spec),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(notAfter === undefined ? {} : { notAfter }),
  };
}

const short = (fingerprint: string): string => fingerprint.slice(0, 'sha256:'.length + 12);

export function domainFindings({ ref, desired, observed }: DomainPair, scene: Scene): readonly Finding[] {
  const name = desired?.spec.certificate;
  const served = observed?.facts.fingerprint;
  if (name === undefined || served === undefined) return [];
  const certificate = scene.pair({ plugin: PLUGIN, kind: 'Certificate', name });
  const stored = (certificate?.observed?.facts as CertificateFacts | undefined)?.fingerprint;
  if (stored === undefined || stored === served) return [];
  const code: FindingCode = 'served-other';
  const message = `serves ${short(served)}, and ${short(stored)} is stored as ${name}`;
  return [{ ref, code, severity: 'warning', message, facts: { served, stored, certificate: name } }];
}
