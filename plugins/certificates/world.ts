/** The outside of the certificates plugin: PEM files of authorities and key pairs, and the TLS servers that clients reach. */

import type { CertificateSpec, DomainSpec } from './generated.ts';

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
  readonly not_before: string;
  readonly not_after: string;
  /** DNS names in lower case, sorted. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** `ecdsa-p256`, `rsa-2048`, `ed25519` and so on; `unknown` where the key is of no known type. */
  readonly keyAlgorithm: string;
  readonly ca: boolean;
  /** TLS feature `status_request` (RFC 7633): the server has to staple an OCSP response. */
  readonly must_staple?: true;
  /** It is signed by its own key. */
  readonly self_signed: boolean;
}

/** DNS names that an authority may sign for, as its certificates say (RFC 5280, 4.2.1.10). */
export type NameConstraints = {
  /** Each name and those below it; with a dot in front, only those below it. Absent: all that are not excluded. */
  readonly permitted?: readonly string[];
  readonly excluded: readonly string[];
};

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
      /** What leads from its certificate to its root, as far as `ca.crt` has it. */
      readonly above: readonly X509Seen[];
      /** Of its own certificate and those above it. */
      readonly name_constraints?: NameConstraints;
      readonly keyFile?: FileMode;
      /** Names of files that its making left beside it. */
      readonly leftovers: readonly string[];
    };

/** Where a pair is stored, as a document says it; paths are relative to the project, or absolute. */
export type PairStorage = CertificateSpec['storage'];

/** What one file of a pair holds: PEM. Those with the private key are `key` and `combined`. */
export type PairPart = 'certificate' | 'chain' | 'fullchain' | 'combined' | 'key';

/** One file of a stored pair. */
export interface StoredFile {
  readonly part: PairPart;
  /** Four octal digits; this and the two below are absent where no regular file is there. */
  readonly mode?: string;
  /** As the document writes it, where that is the same one; else the system's name for it, or its number. */
  readonly owner?: string;
  readonly group?: string;
  /** A symbolic link is in its place: a swap puts a file there, and leaves what the link leads to as it is. */
  readonly link?: true;
  /** Why what lies there cannot be used as this part, or is another pair's; absent where nothing lies there, or an empty file. */
  readonly unusable?: string;
  /** How what it holds is not what follows from the stored pair (`is missing`, `is not in order`); mended without another certificate. */
  readonly problem?: string;
  /** What it ought to hold is not stored anywhere: only another certificate mends it. */
  readonly lost?: true;
}

/**
 * What an interrupted swap left: `undo` if the stored pair was not touched yet, `finish` if files of the pair itself
 * still have to be put in place (or put back), or only the backups are left of it.
 */
export type SwapSeen = 'none' | 'undo' | 'finish';

/**
 * Why a stored pair can't be used, apart from its dates. `not-a-file`: a folder or the like is in its place;
 * `damaged`: a file that can't be parsed; `encrypted`: a key that needs a password.
 */
export type PairProblem = 'missing' | 'not-a-file' | 'damaged' | 'encrypted' | 'key-mismatch';

/** A stored pair. `absent`: neither certificate nor key is there, or storing the very first one was interrupted. */
export type PairSeen =
  | { readonly status: 'absent'; readonly leftovers: readonly string[] }
  | {
      readonly status: 'seen';
      /** Why certificate and key can't be used together, apart from their dates; with `problem`, always. */
      readonly problem_code?: PairProblem;
      readonly problem?: string;
      /** The leaf first, then what leads from it to its root, then what else is stored with it. */
      readonly chain: readonly X509Seen[];
      /** Fingerprint of the certificate that signed the leaf, where it is stored too. */
      readonly issuer_fingerprint?: string;
      /** Of the certificates above the leaf, the one with which its chain ends, where that is before the leaf does. */
      readonly chain_end?: ChainEnd;
      readonly key_matches: boolean;
      /** SHA-256 of the public half of the stored key, SPKI: `sha256:` and 64 hex digits. Absent where there is none that can be read. */
      readonly key_fingerprint?: string;
      /** Every file that the storage ought to have, in the order of `PairPart`. */
      readonly files: readonly StoredFile[];
      readonly swap: SwapSeen;
      /** The certificate that an unfinished swap replaces; absent where it can't be used. */
      readonly replaced?: X509Seen;
      /** Names of files that a swap left behind, sorted. */
      readonly leftovers: readonly string[];
    };

/**
 * Why nothing was seen of a server's certificate. `starttls`: it does not go over to TLS when it is asked to;
 * `denied`: the address lies in a network that is denied.
 */
export type ConnectError =
  | 'refused'
  | 'timeout'
  | 'reset'
  | 'handshake'
  | 'unreachable'
  | 'name-not-resolved'
  | 'starttls'
  | 'denied';

/** The type of a certificate's key, as clients select certificates. Ed25519 counts as `ecdsa`. */
export type KeyType = 'ecdsa' | 'rsa';

/** A protocol in which TLS is asked for first. */
export type StartTls = NonNullable<DomainSpec['startTls']>;

export interface ServerTarget {
  readonly host: string;
  /** Name or address to connect to instead of the host. */
  readonly address?: string;
  readonly port: number;
  readonly startTls?: StartTls;
  /** Deadline of the greeting before STARTTLS, in seconds; by default that of the settings. */
  readonly greetingSeconds?: number;
  /** Each is requested with a handshake of its own; by default, one handshake accepts all. */
  readonly keyTypes?: readonly KeyType[];
  /** Without `keyTypes`: also look for an RSA certificate next to an ECDSA one, unless the latter has this fingerprint. */
  readonly lookForRsa?: { readonly unless?: string };
}

/** What one address of a server shows to a client; `key_type`: to a client that accepts only such certificates. */
export type AddressSeen = { readonly key_type?: KeyType } & (
  | {
      readonly served: false;
      readonly address: string;
      readonly error: ConnectError;
      /** Says the same of the same failure each time, and names no address. */
      readonly message: string;
      /** This machine has no route to addresses of that kind: that says nothing about the server. */
      readonly no_route?: true;
    }
  | {
      readonly served: true;
      readonly address: string;
      /** The leaf first, at most ten. */
      readonly chain: readonly [X509Seen, ...X509Seen[]];
      /** A client accepts it for the host's name. */
      readonly namesHost: boolean;
      /** Why OpenSSL refuses it: its code, or its words where Node.js knows no code. */
      readonly distrust?: string;
      /** Which certificate that is about, and where it comes from; ends no sentence, and never changes with time alone. */
      readonly distrustDetail?: string;
      /** Of the certificates above the leaf, the one whose end is the end of the whole chain, where that is before the leaf's. */
      readonly chain_end?: ChainEnd;
      /** Whose certificate is neither served nor a trust anchor, where that is why. */
      readonly missing_issuer?: MissingIssuer;
      /** The served certificates alone lead to a root that is a trust anchor. */
      readonly complete?: true;
      /** The certificate requires a stapled OCSP response, and the server sends none. */
      readonly unstapled?: true;
      /** The server has no RSA certificate next to this ECDSA one. */
      readonly single?: true;
      readonly protocol: string;
      readonly rtt_ms: number;
    }
);

/** The certificate with which a chain ends before its leaf does. */
export type ChainEnd = {
  /** Its distinguished name, on one line. */
  readonly subject: string;
  readonly fingerprint: string;
  /** ISO 8601, UTC. */
  readonly not_after: string;
  /** Where it was found: `served`, `in ca.crt`, `one of the well-known anchors`. */
  readonly from: string;
};

/** Where a chain breaks off. */
export interface MissingIssuer {
  /** Its distinguished name, on one line. */
  readonly name: string;
  /** The certificate that it signed says where its own is to be had, as those of public authorities do. */
  readonly published: boolean;
}

/** The result of a probe at every address of a server. `no-answer`: DNS did not answer, so nothing is known of the server. */
export type ProbeSeen =
  | { readonly resolved: false; readonly error: 'name-not-resolved'; readonly message: string }
  | { readonly resolved: false; readonly error: 'no-answer'; readonly message: string }
  | {
      readonly resolved: true;
      /** In the order of the addresses, each one once, or once for each key type. */
      readonly addresses: readonly [AddressSeen, ...AddressSeen[]];
      /** How many more addresses the name has than are looked at. */
      readonly leftOut: number;
    };

/** Trust anchors of a probe: the well-known ones and those of some files; made once a look. */
export interface Trust {
  readonly id: string;
  readonly problems: readonly TrustProblem[];
}

/** A file of trust anchors that gives none, or not all that it holds. */
export interface TrustProblem {
  /** As it is written. */
  readonly file: string;
  /** Continues the file's name: `is missing`. */
  readonly problem: string;
  readonly missing: boolean;
}

/** Probes of one look. */
export interface Probes {
  readonly probe: (target: ServerTarget, trust: Trust, now: number) => Promise<ProbeSeen>;
  readonly close: () => Promise<void>;
}

/** A certificate and a key that belong together, found by looking through a folder. */
export interface FoundPair {
  /** Relative to the project where it lies inside, else absolute. */
  readonly storage: PairStorage;
  readonly leaf: X509Seen;
  /** Of the file with the key: four octal digits. */
  readonly key_mode: string;
  /** Other files that hold the same certificate, and are not part of the storage. */
  readonly copies: readonly string[];
}

/** A file that could not be read, with the code of the system, or that is PEM which no server loads, with why. */
export interface Unread {
  readonly path: string;
  readonly message: string;
}

/** Reads files and probes servers. Files that can't be read throw a StorageError, and never look like missing ones. */
export interface CertificatesReader {
  /** Probes that are open at once. */
  readonly probes: number;
  readAuthority(dir: string): Promise<AuthoritySeen>;
  readPair(storage: PairStorage): Promise<PairSeen>;
  /** Looks through a folder and those below for pairs. Throws a StorageError where it can't be read. */
  findPairs(
    dir: string,
    signal: AbortSignal,
  ): Promise<{ readonly pairs: readonly FoundPair[]; readonly unread: readonly Unread[] }>;
  /** Reads PEM files of trust anchors, and says what is wrong with each. */
  readTrust(files: readonly string[]): Promise<Trust>;
  /**
   * Looks at every address of a server. Never sends application data, but for asking for TLS. Throws where this
   * machine, and not the server, fails (no file handles are left), and when aborted.
   */
  probe(target: ServerTarget, trust: Trust, now: number, signal: AbortSignal): Promise<ProbeSeen>;
  /** For so many probes in one look, which all end when the signal fires: on several cores, where that is worth it. */
  openProbes(count: number, signal: AbortSignal): Promise<Probes>;
  /** Texts of the TXT records of a name; none where it has none. Throws where they can't be asked for. */
  readTxt(name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** What has to read a pair again: documents that write the same are about one service. */
export type Service = NonNullable<CertificateSpec['reload']>;

/** What a step was judged on: where it finds something else, it throws, and changes nothing. */
export interface Judged {
  /** SHA-256 of the public half of the stored key; absent where there was none that could be read. */
  readonly key?: string;
  /** Files that are somebody else's, or damaged: each is kept beside its place, under a name that nothing has. */
  readonly keep: readonly string[];
}

export interface IssueOrder {
  readonly storage: PairStorage;
  /** What will be reloaded afterwards: no reload of it begins while this swap is under way. */
  readonly service?: Service;
  /** Folder of the authority that signs, and the fingerprint that it must have; without it, the certificate signs itself. */
  readonly authority?: { readonly dir: string; readonly fingerprint?: string };
  readonly dnsNames: readonly string[];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validityDays: number;
  /** The pair is the first one: whatever lies in its place is somebody else's, and stays. */
  readonly first: boolean;
  /** Nothing was ever swapped here: what lies beside the files, called as a swap calls its own, is somebody else's, and stays. */
  readonly untouched?: boolean;
  readonly found?: Judged;
  /** Epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface Issued {
  readonly fingerprint: string;
  readonly not_after: string;
  /** Fingerprint of the certificate that signed it: its own, if it signed itself. */
  readonly issuer: string;
  /** SHA-256 of its public key, SPKI. */
  readonly key: string;
}

export interface DeployOrder {
  readonly deploy: NonNullable<CertificateSpec['deploy']>;
  readonly storage: PairStorage;
  /** What will be reloaded afterwards: no reload of it begins while this runs. */
  readonly service?: Service;
  /** Of the resource. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called right before the command is run; throws where what it would run is not what was approved. */
  readonly stillApproved: () => Promise<void>;
}

export interface ReloadOrder {
  readonly service: Service;
  /** Of the resource that asks. */
  readonly name: string;
  /** Names of all that this run is going to swap, or has swapped, for the same service. */
  readonly members: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** As of a DeployOrder; asked of the first member of a reload. */
  readonly stillApproved: () => Promise<void>;
}

/** Writes what it can read. Whatever it did is on the disk for good before it returns. */
export interface CertificatesWriter extends CertificatesReader {
  /** Makes a new authority, or finishes making it; never overwrites a file. Gives its fingerprint. */
  createAuthority(dir: string, commonName: string, now: number, untouched?: boolean): Promise<string>;
  /** Throws where another authority is there than the one that is expected; `keep` leaves its files beside their places. */
  deleteAuthority(dir: string, expected: { readonly fingerprint?: string; readonly keep: boolean }): Promise<void>;
  /** Sets the mode of the authority's key, and, unless nothing was made here, takes away what its making left beside it. */
  tidyAuthority(dir: string, untouched?: boolean): Promise<void>;
  /** Issues a certificate for a new key, and swaps the pair in. */
  issue(order: IssueOrder): Promise<Issued>;
  /** Finishes or undoes an interrupted swap. Gives the public key of what is stored then, as `Issued` does. */
  settleSwap(storage: PairStorage): Promise<{ readonly key?: string }>;
  /**
   * Sets owner, group and mode of all files right, writes those anew that follow from the stored pair and do not hold
   * what they ought to, and clears away what an interrupted swap left. `rewritten`: services have to read it again.
   * `untouched`: as of an `IssueOrder`.
   */
  tidyPair(storage: PairStorage, untouched?: boolean, found?: Judged): Promise<{ readonly rewritten: boolean }>;
  deletePair(storage: PairStorage, untouched?: boolean, found?: Judged): Promise<void>;
  /** Runs a command with the paths of a stored pair in its environment. Throws where it fails, or is none that may be run. */
  deploy(order: DeployOrder): Promise<void>;
  /**
   * Reloads a service, once for all that ask for it: when no swap or deploy of it is under way, and either all of its
   * members have asked, or none has been heard of for a while; at the latest 30 s after the first one asked. Throws
   * where that fails, to all of them.
   */
  reload(order: ReloadOrder): Promise<void>;
}
