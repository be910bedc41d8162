/** Stable facts of authorities, pairs and servers, for judgements. */

import type {
  ChainEnd,
  ConnectError,
  KeyType,
  MissingIssuer,
  NameConstraints,
  PairProblem,
  StoredFile,
  SwapSeen,
} from './world.ts';

/** Facts of an Issuer. A self-signed Issuer has no authority. */
export interface IssuerFacts {
  readonly self_signed?: true;
  /** Address of the ACME directory. */
  readonly directory?: string;
  /** Address of the account at the directory, as the state has it. */
  readonly account?: string;
  /** Thumbprint of the key of the account, and of the key at the path of the last applied document, if it is another one. */
  readonly thumbprint?: string;
  readonly former_thumbprint?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  /** A certificate above the authority that expires before it does. */
  readonly chain_end?: ChainEnd;
  /** True if it leads to a well-known anchor: clients trust its certificates. */
  readonly public_trust?: true;
  /** Names that the authority is permitted to sign for; absent if it has no constraints. */
  readonly name_constraints?: NameConstraints;
  /** Four octal digits. */
  readonly key_mode?: string;
  /** Names of files that an interrupted creation left. */
  readonly leftovers?: readonly string[];
  /** Reason why the authority cannot sign, apart from its dates. */
  readonly problem?: string;
}

/** A foreign file, and a text for its content. */
export type ForeignFile = { readonly path: string; readonly holds: string };

export interface CertificateFacts {
  /** True if certificate and key fit together; the state covers their dates. */
  readonly usable: boolean;
  readonly problem_code?: PairProblem;
  readonly problem?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** Lower case, sorted. */
  readonly dnsNames?: readonly string[];
  /** In their usual form, sorted; absent for none. */
  readonly ipAddresses?: readonly string[];
  /** Extended key usages that a document can declare; absent if the certificate has none and allows every use. */
  readonly usages?: readonly string[];
  /** Values that a document cannot declare, as texts; absent for none. */
  readonly undeclarable?: readonly string[];
  /** Distinguished name of the signer. */
  readonly issuer?: string;
  /** Fingerprint of the signer's certificate, if the chain has it; of a self-signed certificate, its own. */
  readonly issuer_fingerprint?: string;
  readonly self_signed?: boolean;
  readonly serial?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  /** The certificate above the leaf that expires first, if it expires before the leaf. */
  readonly chain_end?: ChainEnd;
  /** Sign of a publicly trusted issuer; absent for a private one. */
  readonly public_trust?: string;
  readonly key_matches: boolean;
  /** SHA-256 of the public part of the stored key. */
  readonly key_fingerprint?: string;
  /** Number of stored certificates. */
  readonly chain_length: number;
  /** Fingerprints of the stored authorities between the leaf and its root, which a server must send. */
  readonly intermediates?: readonly string[];
  /** True if the pair is at the storage of the previous document, and the present one declares another. */
  readonly elsewhere?: true;
  readonly files: readonly StoredFile[];
  readonly swap: SwapSeen;
  /** Dates of the certificate that an incomplete swap replaces; ISO 8601, UTC. */
  readonly replaced?: { readonly not_before: string; readonly not_after: string };
  /** Names of files that an interrupted swap left, sorted. */
  readonly leftovers: readonly string[];
  /** Files at the declared places that fettle neither wrote nor adopted in a usable state. */
  readonly foreign?: readonly ForeignFile[];
  /** Names of foreign files that have the names of a swap's copies: fettle has not swapped here yet. */
  readonly copies?: readonly string[];
  /** True if the declared Issuer is an ACME authority. */
  readonly acme?: true;
}

export type CertificateError = 'expired' | 'not-yet-valid' | 'wrong-name' | 'untrusted';

/** Failures that certificate events report. */
export type EventError = 'issuance-failed' | 'renewal-failed';

/** Reasons of a client to refuse a server, the most important first, and failures that events report. */
export type DomainError = ConnectError | CertificateError | EventError;

/** Facts of one address of a Domain. */
export interface AddressFacts {
  readonly address: string;
  /** The key type that the client accepts, if the server was probed for more than one. */
  readonly key_type?: KeyType;
  /** Reason of a client to refuse the address, or the failure of the probe. */
  readonly error?: DomainError;
  /** Text that is the same for the same failure each time, without addresses. */
  readonly message?: string;
  /** True if this machine has no route to such addresses: the result says nothing about the server. */
  readonly no_route?: true;
  /** Fingerprint of the leaf; absent if no certificate is served. */
  readonly fingerprint?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  /** Fingerprints of all served certificates, the leaf first. */
  readonly chain?: readonly string[];
  /** Name of the issuer whose certificate is neither served nor a trust anchor. */
  readonly missing_issuer?: MissingIssuer;
  /** The served certificates alone lead to a root that is a trust anchor. */
  readonly complete?: true;
  /** The well-known anchor that the chain leads to. */
  readonly public_anchor?: string;
}

/** Facts of a Domain; of its certificate at the first failing address, else at the one that expires first. */
export interface DomainFacts {
  readonly error?: DomainError;
  /** Text that is the same for the same failure each time, without durations and resolved addresses. */
  readonly message?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly issuer?: string;
  /** DNS names and addresses that the certificate is valid for. */
  readonly names?: readonly string[];
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  readonly protocol?: string;
  readonly trusted?: boolean;
  /** OpenSSL's reason not to trust the certificate: its code, or its text. */
  readonly trust_error?: string;
  /** The certificate above the leaf that expires first, if it expires before the leaf. */
  readonly chain_end?: ChainEnd;
  readonly chain?: readonly { readonly subject: string; readonly fingerprint: string }[];
  /** Every probed address, in order; absent if nothing was probed. */
  readonly addresses?: readonly AddressFacts[];
  /** True if the Domain was not probed this time: its facts are the recorded ones. */
  readonly remembered?: true;
}

/** Time at which a certificate or authority, or its chain, expires; ISO 8601. */
export function usableUntil({
  not_after: notAfter,
  chain_end: chainEnd,
}: {
  readonly not_after?: string;
  readonly chain_end?: ChainEnd;
}): string | undefined {
  return chainEnd?.not_after ?? notAfter;
}
