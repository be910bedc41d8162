/** What is seen of authorities, pairs and servers, as the stable facts that judgements rest on. */

import type { ConnectError, SwapSeen } from './world.ts';

/** Facts of an Issuer. A self-signing one has none of an authority's. */
export interface IssuerFacts {
  readonly selfSigned?: true;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly keyAlgorithm?: string;
  /** Four octal digits. */
  readonly keyMode?: string;
  /** Names of files that its making left beside it. */
  readonly leftovers?: readonly string[];
  /** Why it can't sign, apart from its dates. */
  readonly problem?: string;
}

export interface CertificateFacts {
  /** The two files fit together; whether their dates do, the state says. */
  readonly usable: boolean;
  readonly problem?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** Lower case, sorted. */
  readonly dnsNames?: readonly string[];
  /** Distinguished name of what signed it. */
  readonly issuer?: string;
  /** Its certificate, where it is part of the chain; of a self-signed one, its own. */
  readonly issuerFingerprint?: string;
  readonly selfSigned?: boolean;
  readonly serial?: string;
  /** ISO 8601, UTC. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly keyAlgorithm?: string;
  readonly keyMatches: boolean;
  /** Certificates in the file. */
  readonly chainLength: number;
  /** Four octal digits. */
  readonly certificateMode?: string;
  readonly certificateUid?: number;
  readonly keyMode?: string;
  readonly keyUid?: number;
  readonly swap: SwapSeen;
  /** Names of files that an interrupted swap left, sorted. */
  readonly leftovers: readonly string[];
}

export type CertificateError = 'expired' | 'not-yet-valid' | 'wrong-name' | 'untrusted';

/** Why a client would refuse a server, in the order in which one of them is named first. */
export type DomainError = ConnectError | CertificateError;

export interface DomainFacts {
  readonly error?: DomainError;
  /** Says the same of the same failure each time: no times since, no resolved addresses. */
  readonly message?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly issuer?: string;
  /** DNS names and addresses that it is valid for. */
  readonly names?: readonly string[];
  /** ISO 8601, UTC. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly keyAlgorithm?: string;
  readonly protocol?: string;
  readonly trusted?: boolean;
  /** OpenSSL's code of why it is not. */
  readonly trustError?: string;
  readonly chain?: readonly { readonly subject: string; readonly fingerprint: string }[];
}
