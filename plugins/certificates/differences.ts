/** Differences between a stored certificate and what is written of it, as fields of its spec. */

import type { FieldChange } from '../../src/engine/types.ts';
import type { CertificateFacts, IssuerFacts } from './facts.ts';
import type { CertificateSpec } from './generated.ts';

const CERTIFICATE_MODE = '0644';
export const KEY_MODE = '0600';

/** Fields that only another certificate sets right. */
const CONTENT = new Set(['/dnsNames', '/keyAlgorithm', '/issuer']);

/** What is known of the Issuer that a certificate ought to come from. */
export interface WantedIssuer {
  readonly facts: IssuerFacts | undefined;
  /** Fingerprint of what signed the stored certificate, as remembered. */
  readonly rememberedSigner: string | undefined;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a.map((name) => name.toLowerCase()));
  const right = new Set(b.map((name) => name.toLowerCase()));
  return left.size === right.size && [...left].every((name) => right.has(name));
}

/** By whom it was signed, where that is not who ought to have signed it. */
function issuerField(
  facts: CertificateFacts,
  { facts: issuer, rememberedSigner }: WantedIssuer,
): FieldChange | undefined {
  if (issuer === undefined) return undefined;
  if (issuer.selfSigned === true)
    return facts.selfSigned === true
      ? undefined
      : { path: '/issuer', before: facts.issuer ?? '', after: 'self-signed' };
  if (issuer.fingerprint === undefined || issuer.subject === undefined) return undefined;
  const signer = facts.issuerFingerprint ?? rememberedSigner;
  // A chain without its issuer, which nobody remembers either, can only be told by its name.
  const same = signer === undefined ? facts.issuer === issuer.subject : signer === issuer.fingerprint;
  if (same) return undefined;
  return { path: '/issuer', before: signer ?? facts.issuer ?? '', after: issuer.fingerprint };
}

function modeField(path: string, before: string | undefined, after: string): readonly FieldChange[] {
  return before === undefined || before === after ? [] : [{ path, before, after }];
}

/** Everything that differs; nothing that only time changes. */
export function differences(
  spec: CertificateSpec,
  facts: CertificateFacts,
  issuer: WantedIssuer,
): readonly FieldChange[] {
  const names = facts.dnsNames ?? [];
  const algorithm = spec.keyAlgorithm;
  const signed = issuerField(facts, issuer);
  return [
    ...(sameNames(names, spec.dnsNames) ? [] : [{ path: '/dnsNames', before: names, after: spec.dnsNames }]),
    ...(facts.keyAlgorithm === algorithm
      ? []
      : [{ path: '/keyAlgorithm', before: facts.keyAlgorithm ?? '', after: algorithm }]),
    ...(signed === undefined ? [] : [signed]),
    ...modeField('/storage/file/certificate/mode', facts.certificateMode, CERTIFICATE_MODE),
    ...modeField('/storage/file/key/mode', facts.keyMode, KEY_MODE),
    ...(facts.leftovers.length === 0 ? [] : [{ path: '/storage/file/leftovers', before: facts.leftovers, after: [] }]),
  ];
}

/** Whether fields ask for another certificate, and not just for a tidy folder. */
export function needsIssue(fields: readonly FieldChange[]): boolean {
  return fields.some(({ path }) => CONTENT.has(path));
}
