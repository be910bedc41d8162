/** What is seen of authorities, pairs and servers, as the stable facts that judgements rest on. */

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

/** Facts of an Issuer. A self-signing one has none of an authority's. */
export interface IssuerFacts {
  readonly self_signed?: true;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  /** A certificate above it that ends before it does. */
  readonly chain_end?: ChainEnd;
  /** Which names it may sign for; absent where it says nothing of that. */
  readonly name_constraints?: NameConstraints;
  /** Four octal digits. */
  readonly key_mode?: string;
  /** Names of files that its making left beside it. */
  readonly leftovers?: readonly string[];
  /** Why it can't sign, apart from its dates. */
  readonly problem?: string;
}

/** A file of somebody else's, and what it holds. */
export type ForeignFile = { readonly path: string; readonly holds: string };

export interface CertificateFacts {
  /** Certificate and key fit together; whether their dates do, the state says. */
  readonly usable: boolean;
  readonly problem_code?: PairProblem;
  readonly problem?: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** Lower case, sorted. */
  readonly dnsNames?: readonly string[];
  /** Distinguished name of what signed it. */
  readonly issuer?: string;
  /** Its certificate, where it is part of the chain; of a self-signed one, its own. */
  readonly issuer_fingerprint?: string;
  readonly self_signed?: boolean;
  readonly serial?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  /** The certificate above it with which its chain ends before it does itself. */
  readonly chain_end?: ChainEnd;
  readonly key_matches: boolean;
  /** SHA-256 of the public half of the stored key. */
  readonly key_fingerprint?: string;
  /** Certificates that are stored. */
  readonly chain_length: number;
  /** Fingerprints of the authorities between it and its root that are stored with it: what a server has to send. */
  readonly intermediates?: readonly string[];
  /** It lies where the document before this one said, and is to be stored elsewhere now. */
  readonly elsewhere?: true;
  readonly files: readonly StoredFile[];
  readonly swap: SwapSeen;
  /** Dates of the certificate that an unfinished swap replaces; ISO 8601, UTC. */
  readonly replaced?: { readonly not_before: string; readonly not_after: string };
  /** Names of files that an interrupted swap left, sorted. */
  readonly leftovers: readonly string[];
  /** What lies where it is stored, or is to be, and was neither written by fettle nor adopted in a usable state. */
  readonly foreign?: readonly ForeignFile[];
  /** Names of files that are called like copies of a swap, and are somebody else's: fettle made none here yet. */
  readonly copies?: readonly string[];
}

export type CertificateError = 'expired' | 'not-yet-valid' | 'wrong-name' | 'untrusted';

/** Why a client would refuse a server, in the order in which one of them is named first. */
export type DomainError = ConnectError | CertificateError;

/** What one address of a Domain shows. */
export interface AddressFacts {
  readonly address: string;
  /** The key type that the client accepts, where the server was probed for more than one. */
  readonly key_type?: KeyType;
  /** Why a client would refuse what it serves, or that nothing is served. */
  readonly error?: DomainError;
  /** Says the same of the same failure each time, and names no address. */
  readonly message?: string;
  /** This machine has no route to addresses of that kind: that says nothing about the server. */
  readonly no_route?: true;
  /** Of the leaf; absent where nothing is served. */
  readonly fingerprint?: string;
  /** ISO 8601, UTC. */
  readonly not_before?: string;
  readonly not_after?: string;
  /** Fingerprints of all that is served, the leaf first. */
  readonly chain?: readonly string[];
  /** Whose certificate is neither served nor a trust anchor. */
  readonly missing_issuer?: MissingIssuer;
  /** The served certificates alone lead to a root that is a trust anchor. */
  readonly complete?: true;
}

/** Facts of a Domain. What one certificate says is said of the first address that fails, or else of the one whose certificate ends first. */
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
  readonly not_before?: string;
  readonly not_after?: string;
  readonly keyAlgorithm?: string;
  readonly protocol?: string;
  readonly trusted?: boolean;
  /** Why OpenSSL does not trust it: its code, or its words. */
  readonly trust_error?: string;
  /** The certificate above the leaf with which the chain ends before the leaf does. */
  readonly chain_end?: ChainEnd;
  readonly chain?: readonly { readonly subject: string; readonly fingerprint: string }[];
  /** Every address that was looked at, in their order; absent where nothing was probed. */
  readonly addresses?: readonly AddressFacts[];
  /** It was not probed this time: what is said of it is what is remembered. */
  readonly remembered?: true;
}

/** When a certificate, or an authority, can be used no more: it has ended then, or its chain; ISO 8601. */
export function usableUntil({
  not_after: notAfter,
  chain_end: chainEnd,
}: {
  readonly not_after?: string;
  readonly chain_end?: ChainEnd;
}): string | undefined {
  return chainEnd?.not_after ?? notAfter;
}
