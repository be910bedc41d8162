/** The outside of the certificates plugin: PEM files of authorities and key pairs, and TLS servers. */

import type { Instant, PassedOver } from '#plugin';
import type { Usage } from './declared.ts';
import type { CaaRefusal } from './acme/rules.ts';
import type { OrderUses } from './acme/budget.ts';
import type { AcmeSpec } from './acme/directories.ts';
import type { HeldOrder } from './acme/held-orders.ts';
import type { ClientFolder } from './handover/forms.ts';
import type { CertificateMemory, CertificateSpec, CertificatesConfig, DomainSpec } from './generated.ts';

export type KeyAlgorithm = CertificateSpec['keyAlgorithm'];

/** A parsed X.509 certificate. */
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
  /** Extended key usages that a document can declare; empty without any, which allows every use. */
  readonly usages: readonly string[];
  /** Values that a document cannot declare, as texts: `email:a@example.test`. */
  readonly undeclarable?: readonly string[];
  /** `ecdsa-p256`, `rsa-2048`, `ed25519` and so on; `unknown` for a key of an unknown type. */
  readonly keyAlgorithm: string;
  readonly ca: boolean;
  /** TLS feature `status_request` (RFC 7633): the server has to staple an OCSP response. */
  readonly must_staple?: true;
  /** True if the certificate is signed with its own key. */
  readonly self_signed: boolean;
}

/** DNS names that an authority is permitted to sign for, from its certificates (RFC 5280, 4.2.1.10). */
export type NameConstraints = {
  /** Each name and those below it; with a leading dot, only those below it. Absent: all names that are not excluded. */
  readonly permitted?: readonly string[];
  readonly excluded: readonly string[];
};

/** The entry on the disk in the place of a file. */
export interface FileMode {
  /** Four octal digits: `0600`. */
  readonly mode: string;
  readonly uid: number;
}

/** An authority in its folder. `absent`: neither file exists, or their creation was interrupted. */
export type AuthoritySeen =
  | { readonly status: 'absent' }
  | {
      readonly status: 'seen';
      /** Reason why the authority cannot sign, apart from its dates; without paths and key material. */
      readonly problem?: string;
      readonly certificate?: X509Seen;
      /** The certificates from the authority to its root, as far as `ca.crt` has them. */
      readonly above: readonly X509Seen[];
      /** True if it leads to a well-known anchor. */
      readonly public_trust?: true;
      /** Constraints of its own certificate and of those above it. */
      readonly name_constraints?: NameConstraints;
      readonly keyFile?: FileMode;
      /** Names of files that an interrupted creation left. */
      readonly leftovers: readonly string[];
    };

/** The key of an account. */
export type AccountKeySeen =
  | { readonly status: 'absent' }
  | {
      readonly status: 'seen';
      /** RFC 7638, base64url; absent for a key that cannot be used. */
      readonly thumbprint?: string;
      /** Reason why the key cannot be used, as a predicate. */
      readonly problem?: string;
      /** Four octal digits. */
      readonly mode: string;
    };

/** An ACME authority and the account there. */
export interface AcmeAuthority {
  /** Address of the directory. */
  readonly directory: string;
  /** Path of the PEM file with the anchors of the directory, instead of the well-known ones. */
  readonly ca?: string;
  /** Path of the key of the account. */
  readonly accountKey: string;
  /** Address of the account, if it is known. */
  readonly account?: string;
}

/** A name of a certificate, and the type of the challenge that proves it. */
export interface CaaName {
  /** Without `*.`. */
  readonly name: string;
  readonly wildcard: boolean;
  readonly method: 'http-01' | 'dns-01' | 'dns-persist-01';
}

/** The answer of an authority to the question when a certificate should be renewed: a window, or a failure. */
export interface RenewalAnswer {
  readonly window?: { readonly start: Instant; readonly end: Instant };
  readonly explanation?: string;
  /** The reason why the authority gave none. */
  readonly failure?: string;
  /** Wait until the authority is asked again, in ms. */
  readonly askAgainMs: number;
  /** Clock of the authority minus that of this machine, in seconds. */
  readonly clockSeconds?: number;
}

/** The declared storage of a pair; paths are relative to the project, or absolute. */
export type PairStorage = CertificateSpec['storage'];

/** A part of a pair: the content of one PEM file. `key` and `combined` have the private key. */
export type PairPart = 'certificate' | 'chain' | 'fullchain' | 'combined' | 'key';

/** A file of a stored pair. */
export interface StoredFile {
  readonly part: PairPart;
  /** Four octal digits; this field and the next two are absent without a regular file. */
  readonly mode?: string;
  /** The declared form, if it is the same user; else the system's name, or the number. */
  readonly owner?: string;
  readonly group?: string;
  /** True for a symbolic link: a swap replaces the link with a file, and leaves its target unchanged. */
  readonly link?: true;
  /** Reason why the file is not a usable part of this pair; absent for a missing or empty file. */
  readonly unusable?: string;
  /** Difference from the content that follows from the stored pair (`is missing`, `is not in order`). */
  readonly problem?: string;
  /** True if the required content is not stored anywhere: only another certificate provides it. */
  readonly lost?: true;
}

/**
 * The rest of an interrupted swap: `undo` if the stored pair has not changed yet; `finish` if files of the pair still
 * have to be renamed or restored, or only the backups are left.
 */
export type SwapSeen = 'none' | 'undo' | 'finish';

/**
 * Reason why a stored pair is unusable, apart from its dates. `not-a-file`: a folder or another object in its place;
 * `damaged`: a file that cannot be parsed; `encrypted`: a key that needs a password.
 */
export type PairProblem = 'missing' | 'not-a-file' | 'damaged' | 'encrypted' | 'key-mismatch';

/** A stored pair. `absent`: neither certificate nor key exists, or storing the first pair was interrupted. */
export type PairSeen =
  | { readonly status: 'absent'; readonly leftovers: readonly string[] }
  | {
      readonly status: 'seen';
      /** Code of the reason why the pair is unusable, apart from its dates; `problem` has the text. */
      readonly problem_code?: PairProblem;
      readonly problem?: string;
      /** The leaf, then its chain to the root, then the other stored certificates. */
      readonly chain: readonly X509Seen[];
      /** Identifier of the leaf for the renewal information of its authority (RFC 9773). */
      readonly certificate_id?: string;
      /** Fingerprint of the certificate that signed the leaf, if it is stored too. */
      readonly issuer_fingerprint?: string;
      /** The certificate above the leaf that expires first, if it expires before the leaf. */
      readonly chain_end?: ChainEnd;
      /** Sign that the certificate has a publicly trusted issuer: `its chain leads to CN=…`; absent for a private one. */
      readonly public_trust?: string;
      readonly key_matches: boolean;
      /** SHA-256 of the public part of the key, SPKI: `sha256:` and 64 hex digits. Absent without a readable key. */
      readonly key_fingerprint?: string;
      /** Every declared file of the storage, in the order of `PairPart`. */
      readonly files: readonly StoredFile[];
      readonly swap: SwapSeen;
      /** The certificate that an incomplete swap replaces; absent if it is unusable. */
      readonly replaced?: X509Seen;
      /** Names of files that a swap left, sorted. */
      readonly leftovers: readonly string[];
    };

/**
 * Reason why a server's certificate was not read. `starttls`: the server refuses to start TLS; `denied`: the address is
 * in a denied network.
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

/** A protocol with a command that starts TLS. */
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
  /** Without `keyTypes`: also search for an RSA certificate next to an ECDSA one, unless the latter has this fingerprint. */
  readonly searchRsa?: { readonly unless?: string };
}

/** The result of a probe at an address; `key_type`: for clients that accept only such certificates. */
export type AddressSeen = { readonly key_type?: KeyType } & (
  | {
      readonly served: false;
      readonly address: string;
      readonly error: ConnectError;
      /** Text that is the same for the same failure each time, without addresses. */
      readonly message: string;
      /** True if this machine has no route to such addresses: the result says nothing about the server. */
      readonly no_route?: true;
    }
  | {
      readonly served: true;
      readonly address: string;
      /** Served certificates, the leaf first, at most ten. */
      readonly chain: readonly [X509Seen, ...X509Seen[]];
      /** True if a client accepts the certificate for the host name. */
      readonly namesHost: boolean;
      /** OpenSSL's reason to refuse the certificate: its code, or its text if Node.js has no code for it. */
      readonly distrust?: string;
      /** The certificate that the reason refers to, with its source; never changes with time alone. */
      readonly distrustDetail?: string;
      /** The certificate above the leaf that expires first, if it expires before the leaf. */
      readonly chain_end?: ChainEnd;
      /** The issuer whose certificate is neither served nor a trust anchor, if that is the reason. */
      readonly missing_issuer?: MissingIssuer;
      /** The served certificates alone lead to a root that is a trust anchor. */
      readonly complete?: true;
      /** The well-known anchor that the chain leads to, if no declared one is needed. */
      readonly public_anchor?: string;
      /** The certificate requires a stapled OCSP response, and the server sends none. */
      readonly unstapled?: true;
      /** A client that prefers RSA gets this ECDSA certificate too. */
      readonly single?: true;
      readonly protocol: string;
      readonly rtt_ms: number;
    }
);

/** The certificate of a chain that expires first, before the leaf. */
export type ChainEnd = {
  /** Distinguished name, on one line. */
  readonly subject: string;
  readonly fingerprint: string;
  /** ISO 8601, UTC. */
  readonly not_after: string;
  /** Source of the certificate: `served`, `in ca.crt`, `one of the well-known anchors`. */
  readonly from: string;
};

/** The missing issuer of an incomplete chain. */
export interface MissingIssuer {
  /** Distinguished name, on one line. */
  readonly name: string;
  /** True if the certificate below has a download address for the missing one, as those of public authorities do. */
  readonly published: boolean;
}

/** The result of a probe at every address of a server. `no-answer`: DNS did not answer, so the state is unknown. */
export type ProbeSeen =
  | { readonly resolved: false; readonly error: 'name-not-resolved'; readonly message: string }
  | { readonly resolved: false; readonly error: 'no-answer'; readonly message: string }
  | {
      readonly resolved: true;
      /** Results in the order of the addresses, each address once, or once for each key type. */
      readonly addresses: readonly [AddressSeen, ...AddressSeen[]];
      /** Number of further addresses that are not probed. */
      readonly leftOut: number;
    };

/** Trust anchors of a probe: the well-known ones and those of some files; created once in a refresh. */
export interface Trust {
  readonly id: string;
  readonly problems: readonly TrustProblem[];
}

/** A trust file from which not every certificate could be read. */
export interface TrustProblem {
  /** Path in its declared form. */
  readonly file: string;
  /** Predicate for the file's name: `is missing`. */
  readonly problem: string;
  readonly missing: boolean;
}

/** Probes of one refresh. */
export interface Probes {
  readonly probe: (target: ServerTarget, trust: Trust, now: number) => Promise<ProbeSeen>;
  readonly close: () => Promise<void>;
}

/** The questions of one refresh to ACME authorities. Silent servers delay the refresh for a limited time. */
export interface AcmeQuestions {
  /** Asks an authority when a certificate should be renewed. Throws only when aborted. */
  readonly renewalInfo: (authority: AcmeAuthority, certificateId: string) => Promise<RenewalAnswer>;
  /**
   * The CAA records that do not permit the authority to issue for names. Names whose records are unknown are left out. Throws
   * if the authority does not answer.
   */
  readonly caaRefusals: (authority: AcmeAuthority, names: readonly CaaName[]) => Promise<readonly CaaRefusal[]>;
}

/** A certificate and its key, found in a folder. */
export interface FoundPair {
  /** Paths relative to the project if they are inside it, else absolute. */
  readonly storage: PairStorage;
  readonly leaf: X509Seen;
  /** Mode of the file with the key: four octal digits. */
  readonly key_mode: string;
  /** Other files with the same certificate that are not part of the storage. */
  readonly copies: readonly string[];
  /** Fingerprint of the certificate that signed the leaf, if the files have it. */
  readonly issuer_fingerprint?: string;
  /** Sign of a publicly trusted issuer. */
  readonly public_trust?: string;
}

/** A file that could not be read, with the system's error code, or PEM that no server loads, with the reason. */
export interface Unread {
  readonly path: string;
  readonly message: string;
}

/** Reads files and probes servers. An unreadable file throws a StorageError, and never counts as missing. */
export interface CertificatesReader {
  /** Maximum number of concurrent probes. */
  readonly probes: number;
  /** The plugin's part of `fettle.yaml`. */
  readonly settings: Partial<CertificatesConfig>;
  /** False if scheduled refreshes probe no Domain. */
  readonly isProbing: boolean;
  readAuthority(dir: string): Promise<AuthoritySeen>;
  readPair(storage: PairStorage): Promise<PairSeen>;
  /** Searches a folder and its subfolders for pairs. Throws a StorageError if the folder cannot be read. */
  findPairs(
    dir: string,
    signal: AbortSignal,
  ): Promise<{
    readonly pairs: readonly FoundPair[];
    readonly passed: readonly PassedOver[];
    readonly unread: readonly Unread[];
  }>;
  /** Accounts and settings of other ACME clients in folders and below them. */
  findAcmeClients(
    places: readonly string[],
    signal: AbortSignal,
  ): Promise<ClientFolder & { readonly unread: readonly Unread[] }>;
  /** Reads PEM files of trust anchors, with the problems of each. */
  readTrust(files: readonly string[]): Promise<Trust>;
  /**
   * Probes every address of a server. Sends no application data except the request to start TLS. Throws if this machine
   * fails instead of the server (no file handles are left), and when aborted.
   */
  probe(target: ServerTarget, trust: Trust, now: number, signal: AbortSignal): Promise<ProbeSeen>;
  /** Opens `count` probes of a refresh, on several cores for large counts. All of them end when the signal fires. */
  openProbes(count: number, signal: AbortSignal): Promise<Probes>;
  readAccountKey(path: string): Promise<AccountKeySeen>;
  /** Opens the questions of a refresh to ACME authorities. All of them end when the signal fires. */
  openAcmeQuestions(signal: AbortSignal): Promise<AcmeQuestions>;
  /** Returns the texts of a name's TXT records. Throws if DNS does not answer. */
  readTxt(name: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** The service to reload: documents with the same value share a service. */
export type Service = NonNullable<CertificateSpec['reload']>;

/** The judged state of files: a step that finds another state throws, and changes nothing. */
export interface Judged {
  /** SHA-256 of the public part of the stored key; absent without a readable key. */
  readonly key?: string;
  /** Foreign or damaged files: each is kept next to its place, under an unused name. */
  readonly keep: readonly string[];
}

export interface IssueOrder {
  readonly storage: PairStorage;
  /** Service that is reloaded afterwards: its reload does not start during this swap. */
  readonly service?: Service;
  /** Folder of the signing authority, and its expected fingerprint. Absent for a self-signed certificate. */
  readonly authority?: { readonly dir: string; readonly fingerprint?: string };
  readonly dnsNames: readonly string[];
  /** None by default. */
  readonly ipAddresses?: readonly string[];
  /** By default `serverAuth` alone. */
  readonly usages?: readonly Usage[];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly validityDays: number;
  /** True for the first pair: existing files in its place are foreign, and stay. */
  readonly first: boolean;
  /** True if fettle never swapped here: files with the names of a swap's copies are foreign, and stay. */
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
  /** Fingerprint of the signer's certificate; the certificate's own if it is self-signed. */
  readonly issuer: string;
  /** SHA-256 of the public key, SPKI. */
  readonly key: string;
}

/** An order of a certificate from an ACME authority. */
export interface AcmeOrder extends Omit<IssueOrder, 'authority' | 'validityDays'> {
  readonly authority: AcmeAuthority;
  readonly issuer: AcmeSpec;
  /** Name of the resource, for the file of the key. */
  readonly name: string;
  /** An order that an earlier step has begun. */
  readonly begun?: NonNullable<CertificateMemory['order']>;
  /** Path of the key of an order that an earlier step has begun, or started to. */
  readonly orderKey?: string;
  /** Values that earlier steps have put up. */
  readonly presented?: CertificateMemory['presented'];
  /** Identifier of the certificate that the order replaces. */
  readonly replaces?: string;
  /**
   * End of the validity of a stored pair that a renewal replaces, epoch ms, and the threshold of its renewal: a certificate
   * that ends before it, and whose own renewal would be due at once, is not stored.
   */
  readonly stored?: { readonly until: Instant; readonly thresholdDays: number };
  /** Keys of the limits of the authority. */
  readonly uses: OrderUses;
  readonly stillApproved: () => Promise<void>;
  /** Adds a sentence to the result of the step. */
  readonly remark: (text: string) => void;
  /** Epoch ms. */
  readonly clock: () => number;
  /** The open orders of other Certificates with the same names and account, as the state has them now. */
  readonly others: () => readonly HeldOrder[];
  /** Waits for the end of another order, as `ActionRun.awaitTurn`. */
  readonly awaitTurn: <T>(waiting: Promise<T>) => Promise<T>;
  /** Records progress, durable. */
  readonly keep: (
    fields: { readonly [K in keyof CertificateMemory]?: CertificateMemory[K] | null },
    spends?: readonly string[],
  ) => Promise<void>;
}

/** A certificate from an ACME authority. */
export interface AcmeIssued extends Issued {
  readonly directory: string;
  readonly download: string;
  readonly chain: string;
  /** Topmost issuer of the chain, if the authority does not have the preferred one. */
  readonly other_chain: string | null;
  /** Address of the account that ordered it. */
  readonly account: string;
}

/** The rest of an order that no step goes on with. */
export interface DroppedOrder
  extends Pick<AcmeOrder, 'orderKey' | 'presented' | 'signal' | 'progress' | 'stillApproved'> {
  /** The solvers of the Issuer, if it still exists. */
  readonly solvers: AcmeSpec['solvers'];
}

/** The part of such a rest that could not be removed. */
export interface OrderRest {
  /** The key of the order. */
  readonly orderKey?: string;
  readonly presented: CertificateMemory['presented'];
  /** The reasons. */
  readonly problems: readonly string[];
}

export interface DeployOrder {
  readonly deploy: NonNullable<CertificateSpec['deploy']>;
  readonly storage: PairStorage;
  /** Service that is reloaded afterwards: its reload does not start during this deploy. */
  readonly service?: Service;
  /** Name of the resource. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called immediately before the command runs; throws if the command or its files are not the approved ones. */
  readonly stillApproved: () => Promise<void>;
}

/** An order at a rehearsal directory, for the names of a Certificate. Nothing of it is stored. */
export interface Rehearsal
  extends Pick<
    AcmeOrder,
    | 'issuer'
    | 'dnsNames'
    | 'ipAddresses'
    | 'keyAlgorithm'
    | 'presented'
    | 'signal'
    | 'progress'
    | 'remark'
    | 'clock'
    | 'keep'
    | 'stillApproved'
  > {
  /** Address of the directory. */
  readonly directory: string;
  /** Path of the PEM file with its anchors, instead of the well-known ones. */
  readonly ca?: string;
  /** Name of the external account in the settings. */
  readonly eab?: string;
  readonly profile?: string;
}

/** The key of an account. `key_made`: fettle has created it just now. */
export interface KeyUse {
  readonly thumbprint: string;
  readonly key_made: boolean;
}

/** An account to find or create. */
export interface AccountOrder {
  readonly authority: AcmeAuthority;
  readonly contact: readonly string[];
  /** Name of the external account in the settings. */
  readonly eab?: string;
  readonly signal: AbortSignal;
}

/** A chain to download for a stored certificate. */
export interface ChainOrder
  extends Pick<
    IssueOrder,
    'storage' | 'service' | 'dnsNames' | 'ipAddresses' | 'untouched' | 'found' | 'signal' | 'progress'
  > {
  readonly authority: AcmeAuthority;
  /** Address of the certificate at the authority. */
  readonly download: string;
  /** Common name of the topmost issuer; empty for the usual chain. */
  readonly preferred: string;
}

export interface ReloadOrder {
  readonly service: Service;
  /** Name of the requesting resource. */
  readonly name: string;
  /** Names of all Certificates of the service that this run swaps; called once for each reload. */
  readonly members: () => ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** The check of a DeployOrder, called for the first member of a reload. */
  readonly stillApproved: () => Promise<void>;
}

/** Writes files, and deploys and reloads. All changes are durable before a method returns. */
export interface CertificatesWriter extends CertificatesReader {
  /** Creates an authority, or completes an interrupted creation; never overwrites a file. Returns its fingerprint. */
  createAuthority(dir: string, commonName: string, now: number, untouched?: boolean): Promise<string>;
  /** Deletes an authority. Throws if it is not the expected one; `keep` keeps its files next to their places. */
  deleteAuthority(dir: string, expected: { readonly fingerprint?: string; readonly keep: boolean }): Promise<void>;
  /** Corrects the mode of the authority's key, and removes the leftovers of its creation unless `untouched`. */
  tidyAuthority(dir: string, untouched?: boolean): Promise<void>;
  /** Finds or creates an account, and its key if the file does not exist. `terms`: those that a new account has agreed to. */
  createAccount(order: AccountOrder): Promise<KeyUse & { readonly account: string; readonly terms?: string }>;
  updateContact(authority: AcmeAuthority, contact: readonly string[], signal: AbortSignal): Promise<void>;
  /** Replaces the key of an account by the one at another path, which is created if the file does not exist. */
  rollover(authority: AcmeAuthority, newKey: string, signal: AbortSignal): Promise<KeyUse>;
  /** Deactivates an account, and removes its key unless `keepKey`. */
  deactivateAccount(authority: AcmeAuthority, keepKey: boolean, signal: AbortSignal): Promise<void>;
  /** Sets the mode of the key of an account. */
  tidyAccountKey(path: string): Promise<void>;
  /**
   * Orders a certificate for a new key, or goes on with an order, and stores the pair with a swap. Throws a PostponedError
   * if the authority accepts no order for now.
   */
  orderCertificate(order: AcmeOrder): Promise<AcmeIssued>;
  /** Removes the key of an order that no step goes on with, and its values. Throws if a value is left. */
  dropOrder(order: DroppedOrder): Promise<OrderRest>;
  /** Orders a certificate that is thrown away, by an account that is too. Returns the end of its validity. */
  rehearse(rehearsal: Rehearsal): Promise<{ readonly until: Instant }>;
  /** Downloads another chain of the stored certificate, and stores it with the same key. Returns the preferred chain. */
  downloadChain(order: ChainOrder): Promise<{ readonly chain: string }>;
  /** Issues a certificate for a new key, and stores the pair with a swap. */
  issue(order: IssueOrder): Promise<Issued>;
  /** Completes or undoes an interrupted swap. Returns the public key of the stored pair, as in `Issued`. */
  settleSwap(storage: PairStorage): Promise<{ readonly key?: string }>;
  /**
   * Corrects owner, group and mode of all files, rewrites files with the wrong content that follow from the stored pair,
   * and removes the rest of an interrupted swap. `rewritten`: services must read the pair again. `untouched`: as in an
   * `IssueOrder`.
   */
  tidyPair(storage: PairStorage, untouched?: boolean, found?: Judged): Promise<{ readonly rewritten: boolean }>;
  deletePair(storage: PairStorage, untouched?: boolean, found?: Judged): Promise<void>;
  /** Runs a command with the paths of a stored pair in its environment. Throws if it fails or is not permitted. */
  deploy(order: DeployOrder): Promise<void>;
  /**
   * Reloads a service once for all requests: when none of its swaps and deploys is running, and either all of its members
   * have requested it, or none has for a while; at the latest 30 s after the first request. If the reload fails, every
   * request throws.
   */
  reload(order: ReloadOrder): Promise<void>;
}
