/** The outside of the certificates plugin: PEM files of authorities and key pairs, and the TLS servers that clients reach. */

import type { CertificateSpec } from './generated.ts';

export type KeyAlgorithm = CertificateSpec['keyAlgorithm'];

/** One X.509 certificate as parsed. */
export interface X509Seen {
  /** SHA-256 of its DER form: `sha256:` and 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** Distinguished names on one line: `CN=www.example.test, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Hex digits. */
  readonly serial: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** DNS names in lower case, sorted. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** `ecdsa-p256`, `rsa-2048`, `ed25519` and so on; `unknown` where the key is of no known type. */
  readonly keyAlgorithm: string;
  readonly ca: boolean;
  /** It is signed by its own key. */
  readonly selfSigned: boolean;
}

/** What lies on the disk where one file ought to be. */
export interface FileMode {
  /** Four octal digits: `0600`. */
  readonly mode: string;
  readonly uid: number;
}

/** An authority in its folder. `absent`: neither file is there, or making them was interrupted. */
export type AuthoritySeen =
  | { readonly status: 'absent' }
  | {
      readonly status: 'seen';
      /** Why it can't sign, apart from its dates; no path and no key material in it. */
      readonly problem?: string;
      readonly certificate?: X509Seen;
      readonly keyFile?: FileMode;
      /** Names of files that its making left beside it. */
      readonly leftovers: readonly string[];
    };

/** Two files of one pair: relative to the project, or absolute. */
export interface PairPaths {
  readonly certificate: string;
  readonly key: string;
}

/**
 * What an interrupted swap left: `undo` if the stored pair was not touched yet, `finish` if files of the pair itself
 * still have to be put in place (or put back), or only the backups are left of it.
 */
export type SwapSeen = 'none' | 'undo' | 'finish';

/** A stored pair. `absent`: neither file is there, or storing the very first one was interrupted. */
export type PairSeen =
  | { readonly status: 'absent'; readonly leftovers: readonly string[] }
  | {
      readonly status: 'seen';
      /** Why the two files can't be used together, apart from their dates. */
      readonly problem?: string;
      /** The leaf first, in the order of the file. */
      readonly chain: readonly X509Seen[];
      /** Fingerprint of the certificate that signed the leaf, where it is in the file. */
      readonly issuerFingerprint?: string;
      readonly keyMatches: boolean;
      readonly certificateFile?: FileMode;
      readonly keyFile?: FileMode;
      readonly swap: SwapSeen;
      /** The certificate that an unfinished swap replaces; absent where it can't be used. */
      readonly replaced?: X509Seen;
      /** Names of files that a swap left behind, sorted. */
      readonly leftovers: readonly string[];
    };

/** Why nothing was seen of a server's certificate. */
export type ConnectError = 'refused' | 'timeout' | 'reset' | 'handshake' | 'unreachable' | 'name-not-resolved';

export interface ServerTarget {
  readonly host: string;
  readonly address?: string;
  readonly port: number;
}

export type ProbeSeen =
  | {
      readonly served: false;
      readonly error: ConnectError;
      /** Says the same of the same failure each time. */
      readonly message: string;
      readonly address?: string;
    }
  | {
      readonly served: true;
      /** The leaf first, at most ten. */
      readonly chain: readonly [X509Seen, ...X509Seen[]];
      /** A client accepts it for the host's name. */
      readonly namesHost: boolean;
      /** OpenSSL's code of why it does not lead to a trust anchor. */
      readonly distrust?: string;
      readonly protocol: string;
      readonly address: string;
      readonly rttMs: number;
    };

/** Trust anchors of a probe: the well-known ones and those of some files; made once a look. */
export interface Trust {
  readonly id: string;
}

/** A certificate and a key that belong together, found by looking through a folder. */
export interface FoundPair {
  /** Relative to the project where they lie inside, else absolute. */
  readonly paths: PairPaths;
  readonly leaf: X509Seen;
}

/** Reads files and probes servers. Files that can't be read throw a StorageError, and never look like missing ones. */
export interface CertificatesReader {
  /** Probes that are open at once. */
  readonly probes: number;
  readAuthority(dir: string): Promise<AuthoritySeen>;
  readPair(paths: PairPaths): Promise<PairSeen>;
  /** Looks through a folder and those below for pairs. Throws a StorageError where it can't be read. */
  findPairs(dir: string, signal: AbortSignal): Promise<readonly FoundPair[]>;
  /** Reads PEM files of trust anchors; what is missing is left out. */
  readTrust(files: readonly string[]): Promise<Trust>;
  /** Never sends application data. Throws where this machine, and not the server, fails (no file handles are left), and when aborted. */
  probe(target: ServerTarget, trust: Trust, now: number, signal: AbortSignal): Promise<ProbeSeen>;
}

export interface IssueOrder {
  readonly paths: PairPaths;
  /** Folder of the authority that signs, and the fingerprint that it must have; without it, the certificate signs itself. */
  readonly authority?: { readonly dir: string; readonly fingerprint?: string };
  readonly dnsNames: readonly string[];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validityDays: number;
  /** The pair is the first one: whatever lies in its place is somebody else's, and stays. */
  readonly first: boolean;
  /** Epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface Issued {
  readonly fingerprint: string;
  readonly notAfter: string;
  /** Fingerprint of the certificate that signed it: its own, if it signed itself. */
  readonly issuer: string;
}

/** Writes what it can read. Whatever it did is on the disk for good before it returns. */
export interface CertificatesWriter extends CertificatesReader {
  /** Makes a new authority, or finishes making it; never overwrites a file. Gives its fingerprint. */
  createAuthority(dir: string, commonName: string, now: number): Promise<string>;
  deleteAuthority(dir: string): Promise<void>;
  /** Sets the mode of the authority's key, and takes away what its making left beside it. */
  tidyAuthority(dir: string): Promise<void>;
  /** Issues a certificate for a new key, and swaps the pair in. */
  issue(order: IssueOrder): Promise<Issued>;
  /** Finishes or undoes an interrupted swap. */
  settleSwap(paths: PairPaths): Promise<void>;
  /** Sets the modes of both files right, and clears away what an interrupted swap left. */
  tidyPair(paths: PairPaths): Promise<void>;
  deletePair(paths: PairPaths): Promise<void>;
}
