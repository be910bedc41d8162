/** Generated from specs/certificates.yaml by `npm run generate`: do not edit. */

import type { Json, PluginTables } from '#plugin';

/** An authority that signs certificates. With the defaults filled in. */
export interface IssuerSpec {
  /** A certificate authority in a folder, created by the first apply. */
  readonly localCa?: {
    /** Folder of `ca.crt` and `ca.key`, relative to the document. */
    readonly dir: string;
    /** Common name of the authority. */
    readonly commonName: string;
  };
  /** Each certificate signs itself. */
  readonly selfSigned?: Readonly<Record<string, never>>;
  /** An authority that issues by the ACME protocol (RFC 8555). The first apply creates the account and agrees to the terms of service of the authority. */
  readonly acme?: {
    /** `letsencrypt`, `letsencrypt-staging`, `zerossl`, `google`, `google-staging`, or the address of a directory. */
    readonly directory: string;
    /** Key of the account, PEM or a JSON Web Key, relative to the document; created by the first apply if the file does not exist. Another path replaces the key of the account (rollover). */
    readonly accountKey: string;
    /** E-mail addresses of the account. */
    readonly contact: readonly string[];
    /** External account of the authority: a name in `plugins.certificates.acme.accounts` of `fettle.yaml`. */
    readonly eab?: string;
    /** Profile of the certificates, such as `shortlived` at Let's Encrypt. Another profile counts from the next issuance on. */
    readonly profile?: string;
    /** Common name of the topmost issuer of the preferred chain. Another value downloads the other chain, without issuing. */
    readonly preferredChain?: string;
    /** PEM file with the anchors of a private directory, relative to the document, instead of the well-known ones. */
    readonly ca?: string;
    /** Ways to prove control of names. The first one whose `match` covers a name proves the name; http-01 cannot prove a wildcard, and dns-01 cannot prove an IP address. */
    readonly solvers: readonly {
      /** Names that the solver proves; by default, all. */
      readonly match?: {
        /** Names, or patterns such as `*.example.test` for every name below, and the wildcard itself. */
        readonly names: readonly string[];
      };
      /** http-01: the authority reads a file at port 80 of the name. Exactly one of `webroot`, `listener` and `serve`. */
      readonly http01?: {
        /** Folder that the web server serves: the file is in its `.well-known/acme-challenge` while an order runs. That folder can belong to several Issuers. */
        readonly webroot?: string;
        /** A listener of fettle, while an order runs. */
        readonly listener?: {
          /** Port of the listener. */
          readonly port: number;
          /** Address of the listener; by default, all addresses. */
          readonly address?: string;
        };
        /** The listener of `fettle serve`, which the host's file switches on. */
        readonly serve?: Readonly<Record<string, never>>;
        /** Reads the file at the name before the authority does. `advisory` only reports a failure; `skip` does not try. */
        readonly selfCheck: 'required' | 'advisory' | 'skip';
      };
      /** dns-01: the authority reads a TXT record at `_acme-challenge` of the name. Exactly one of `provider` and `exec`. */
      readonly dns01?: {
        /** A name in `plugins.certificates.acme.dnsProviders` of `fettle.yaml`. */
        readonly provider?: string;
        /** A command that sets and removes the record: fettle adds the words `present` or `cleanup`, the name and the value. */
        readonly exec?: {
          /** A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`. */
          readonly command: readonly string[];
          /** Deadline of the command, in seconds. */
          readonly timeoutSeconds: number;
        };
        /** DNS servers that must show the record before the authority looks, instead of the authoritative ones of the zone. */
        readonly resolvers?: readonly string[];
        /** Time to wait for the record, instead of looking for it. */
        readonly wait?: string;
        /** Longest time until every server shows the record. */
        readonly timeout: string;
      };
      /** dns-persist-01: a TXT record at `_validation-persist` of the name, which a person sets once. fettle checks it and reports what to write. */
      readonly dnsPersist01?: {
        /** DNS servers to ask for the record, instead of `probe.resolvers` or the resolver of this machine. */
        readonly resolvers?: readonly string[];
      };
    }[];
  };
}

/** Its state, as far as it is known. */
export interface IssuerMemory {
  /** SHA-256 of the authority's certificate, `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
  /** A creation was interrupted here: pending files belong to it. */
  readonly began: boolean;
  /** Address of the account at the ACME directory. */
  readonly account: string;
  /** Thumbprint of the key of the account (RFC 7638), base64url. */
  readonly thumbprint: string;
  /** Address of the directory that has the account. */
  readonly directory: string;
  /** E-mail addresses of the account. */
  readonly contact: readonly string[];
  /** True if fettle created the key of the account: a deactivation then removes its file. */
  readonly key_made: boolean;
  /** Time at which the authority last accepted a change of the account, ISO 8601: an older fault is over. */
  readonly account_at: string;
  /** Time before which the authority takes no request about the account, ISO 8601. */
  readonly wait_until: string;
  /** Digest of the subject of that limit: the directory. */
  readonly wait_for: string;
  /** The answer of the authority about that limit. */
  readonly wait_reason: string;
  /** The authority no longer accepts the account, as a step has found. */
  readonly account_fault: {
    /** Address of the account: another one is not concerned. */
    readonly account: string;
    /** Time of the answer, ISO 8601. */
    readonly at: string;
    /** `unknown`: the authority has no such account for the key. */
    readonly status: 'deactivated' | 'unknown';
    /** The answer of the authority. */
    readonly reason: string;
  };
}

export type IssuerState = 'absent' | 'ready' | 'broken';

/** Steps that fettle takes. */
export type IssuerStep = 'absent>ready' | 'ready>absent' | 'broken>absent' | 'ready>ready';

/** Rules that guard its steps. */
export type IssuerRuleId = 'issuer-changed' | 'foreign-file' | 'acme-budget' | 'account-unusable' | 'account-shared';

/** A key pair and its certificate in files. With the defaults filled in. */
export interface CertificateSpec {
  /** Name of the Issuer that signs the certificate. */
  readonly issuer: string;
  /** Names that the certificate is valid for; the first one is the common name, if it fits. A certificate has at least one name or IP address. */
  readonly dnsNames: readonly string[];
  /** IP addresses that the certificate is valid for. */
  readonly ipAddresses?: readonly string[];
  /** Extended key usages; by default `serverAuth` alone. An empty list: no extended key usage, which allows every use. */
  readonly usages?: readonly ('serverAuth' | 'clientAuth' | 'codeSigning' | 'emailProtection' | 'ipsecIKE')[];
  /** Algorithm of the key. */
  readonly keyAlgorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-4096' | 'ed25519';
  /** Validity of the certificate, in days. */
  readonly validityDays: number;
  /** Exactly one of the following. */
  readonly storage: {
    /** PEM files, relative to the document: `certificate` and `key`, or `combined`, and further files that services need. */
    readonly file?: {
      /** The certificate, with its chain unless `chain` or `fullchain` is set too; mode 0644. */
      readonly certificate?: string;
      /** The private key, PKCS#8. */
      readonly key?: string;
      /** The certificates between this one and its authority; mode 0644. */
      readonly chain?: string;
      /** The certificate and its chain; mode 0644. */
      readonly fullchain?: string;
      /** The certificate, its chain and the private key. */
      readonly combined?: string;
      /** Owner of the files, by name or number. Defaults to the present owner. */
      readonly owner?: string | number;
      /** Group of the files, by name or number. Defaults to the present group. */
      readonly group?: string | number;
      /** Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640. */
      readonly mode?: '0400' | '0440' | '0600' | '0640';
    };
    /** A folder with `cert.pem`, `chain.pem`, `fullchain.pem` and `privkey.pem`, switched together by one symbolic link. */
    readonly directory?: {
      /** The folder, relative to the document. */
      readonly path: string;
      /** Also keep `combined.pem`: the certificate, its chain and the private key. */
      readonly combined: boolean;
      /** Owner of the files, by name or number. Defaults to the present owner. */
      readonly owner?: string | number;
      /** Group of the files, by name or number. Defaults to the present group. */
      readonly group?: string | number;
      /** Mode of the files that hold the key. Defaults to 0600 for a new file; the mode of an existing file stays unless it allows more than 0640. */
      readonly mode?: '0400' | '0440' | '0600' | '0640';
    };
  };
  /** Copies a new pair to other places. Runs after every swap, before the reload. */
  readonly deploy?: {
    /** A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`. The paths are in its environment. */
    readonly command: readonly string[];
    /** Deadline of the command, in seconds. */
    readonly timeoutSeconds: number;
  };
  /** Makes the service that uses the pair reload it: `command` or `signal`. Certificates with the same value share a service, which is reloaded once for all of them. */
  readonly reload?: {
    /** A command line, word for word one of `plugins.certificates.commands` in `fettle.yaml`. */
    readonly command?: readonly string[];
    /** A signal to a process that runs on this machine. */
    readonly signal?: {
      /** File with the number of the process, relative to the document; one of `plugins.certificates.pidFiles` in `fettle.yaml`. */
      readonly pidFile: string;
      /** Signal to send. */
      readonly name: 'HUP' | 'USR1' | 'USR2';
    };
    /** Deadline of the command, in seconds. */
    readonly timeoutSeconds: number;
  };
  /** Renewal of the certificate. Defaults come from `plugins.certificates.renewal` in `fettle.yaml`. */
  readonly renewal: {
    /** Renews the certificate when it is due. With `false`, fettle only reports it. */
    readonly enabled?: boolean;
    /** Days left (30) at which a renewal is due, at most a third of the lifetime. */
    readonly thresholdDays?: number;
    /** Replaces a certificate that was issued before this time, even if it is still valid: for a key that leaked. */
    readonly issuedAfter?: string;
    /** Time between two records of a refresh that finds nothing new (24h); at least 1h. */
    readonly checkInterval?: string;
    /** Time from the first failed renewal to the next try (1h); at least 1m. */
    readonly retryInterval?: string;
    /** Failed renewals in a row (10) after which fettle does not try again. */
    readonly maxRetries?: number;
    /** Factor by which each further failure multiplies that time (2). */
    readonly backoffMultiplier?: number;
    /** Longest time to the next try (24h); at least `retryInterval`. */
    readonly maxBackoff?: string;
  };
  /** Replacement of an expired or unusable certificate. Defaults come from `plugins.certificates.recovery`. */
  readonly recovery: {
    /** Replaces the certificate after it has expired. With `false`, fettle only reports it. */
    readonly enabled?: boolean;
    /** Time from the first failed recovery to the next try (1m); at least 1m. */
    readonly retryInterval?: string;
    /** Failed recoveries in a row (3) after which fettle does not try again. */
    readonly maxRetries?: number;
    /** Factor by which each further failure multiplies that time (2). */
    readonly backoffMultiplier?: number;
    /** Longest time to the next try (1h); at least `retryInterval`. */
    readonly maxBackoff?: string;
  };
  /** Delivery of the certificate to its servers by `deploy` and `reload`. Defaults come from `plugins.certificates.served`. */
  readonly served: {
    /** Time after a reload (30 s) within which every address of its Domains must serve the certificate. */
    readonly withinSeconds?: number;
    /** Time from the first unsuccessful reload to the next one (1m); at least 1m. */
    readonly retryInterval?: string;
    /** Unsuccessful reloads in a row (10) after which fettle does not try again. */
    readonly maxRetries?: number;
    /** Factor by which each further failure multiplies that time (2). */
    readonly backoffMultiplier?: number;
    /** Longest time to the next try (1h); at least `retryInterval`. */
    readonly maxBackoff?: string;
  };
}

/** Its state, as far as it is known. */
export interface CertificateMemory {
  /** SHA-256 of the certificate at the last refresh. */
  readonly fingerprint: string;
  /** Expiry of that certificate, ISO 8601. */
  readonly not_after: string;
  /** Time from which its renewal is due, ISO 8601; empty if renewals are off. */
  readonly renewal_due_at: string;
  /** Number of times the certificate was issued or renewed. */
  readonly issued: number;
  /** Time of the last issue, ISO 8601. */
  readonly issued_at: string;
  /** Fingerprint of the last issued certificate. */
  readonly made: string;
  /** Fingerprint of the certificate at its adoption, which keeps its content until its renewal. */
  readonly adopted: string;
  /** Fingerprints of earlier stored certificates, the newest first. */
  readonly former: readonly string[];
  /** Time of the last refresh, ISO 8601; recorded once in `checkInterval`. */
  readonly checked_at: string;
  /** Fingerprint of the stored certificate at the last reload of its service. */
  readonly reloaded: string;
  /** Fingerprint of a certificate that was not served after a reload, or empty. */
  readonly unserved: string;
  /** Number of unsuccessful reloads in a row. */
  readonly unserved_tries: number;
  /** Time of the last unsuccessful reload, ISO 8601. */
  readonly unserved_at: string;
  /** Servers that served the certificate at a refresh. */
  readonly servers: readonly {
    readonly host: string;
    readonly address?: string;
    readonly port: number;
    readonly startTls?: 'smtp' | 'imap' | 'postgres';
    readonly greetingSeconds?: number;
    readonly keyTypes?: readonly ('ecdsa' | 'rsa')[];
  }[];
  /** Fingerprint of the authority that signed the certificate. */
  readonly issuer: string;
  /** SHA-256 of the public key of the pair that fettle made or adopted. */
  readonly key: string;
  /** Files that fettle wrote, or adopted in a usable state; fettle replaces no others. */
  readonly places: readonly string[];
  /** A swap was interrupted here: the pending files belong to it. */
  readonly began: boolean;
  /** ACME directory that issued the certificate. */
  readonly directory: string;
  /** Address of the certificate at the authority, for its other chains. */
  readonly download: string;
  /** `preferredChain` of the Issuer when the chain was downloaded; empty for none. */
  readonly chain: string;
  /** Topmost issuer of the stored chain, if the authority did not have the preferred one. */
  readonly other_chain: string;
  /** Address of the ACME account that ordered the certificate. */
  readonly account: string;
  /** The order that a step has begun: the next step goes on with it. */
  readonly order: {
    readonly url: string;
    readonly key: string;
    readonly for: string;
    /** Time after which the authority no longer completes the order, ISO 8601. */
    readonly expires?: string;
    /** Recorded with the three below before the certificate is stored. */
    readonly directory?: string;
    readonly account?: string;
    readonly download?: string;
    readonly chain?: string;
    /** Topmost issuer of the chain, if the authority does not have the preferred one. Recorded before the certificate is stored. */
    readonly other_chain?: string;
    /** Steps that waited for the authority in vain. */
    readonly waits?: number;
    /** Time of the first of them, ISO 8601. */
    readonly waiting_since?: string;
    /** Status of the order at the end of the last of them. */
    readonly status?: string;
    /** Time before which fettle does not ask for the order, ISO 8601. */
    readonly again?: string;
  };
  /** Path of the key of an order that has not ended. Recorded before the key exists. */
  readonly order_key: string;
  /** Values that solvers have put up for orders and not yet removed, with their places; the oldest first. */
  readonly presented: readonly Readonly<Record<string, Json>>[];
  /** Time before which the authority takes no order, ISO 8601. */
  readonly wait_until: string;
  /** Digest of the subject of that limit: directory, account and names. For others, the limit does not count. */
  readonly wait_for: string;
  /** The answer of the authority about that limit. */
  readonly wait_reason: string;
  /** The authority no longer accepts the account, as a step has found. */
  readonly account_fault: {
    /** Address of the account: another one is not concerned. */
    readonly account: string;
    /** Time of the answer, ISO 8601. */
    readonly at: string;
    /** `unknown`: the authority has no such account for the key. */
    readonly status: 'deactivated' | 'unknown';
    /** The answer of the authority. */
    readonly reason: string;
  };
  /** The renewal window that the authority suggests (RFC 9773). */
  readonly ari: {
    /** Identifier of the certificate. */
    readonly id: string;
    readonly start?: string;
    readonly end?: string;
    readonly explanation?: string;
    /** Time of the next question, ISO 8601. */
    readonly next: string;
    /** Reason why the last question failed. */
    readonly error?: string;
    /** Clock of the authority minus that of this machine, in seconds, if they differ by more than 5 minutes. */
    readonly clock?: number;
  };
  /** Time of the last rehearsal, ISO 8601. */
  readonly rehearsed_at: string;
  /** Result of the last rehearsal: `succeeded`, or the reason why it failed. */
  readonly rehearsal: string;
  /** Identifier of the certificate that the last order with `replaces` named. */
  readonly replaced_id: string;
  /** Answer to that order: `accepted`, or the reason why the authority refused it. */
  readonly replaced: string;
}

export type CertificateState =
  | 'absent'
  | 'normal'
  | 'expiring_soon'
  | 'expired'
  | 'renewing'
  | 'recovering'
  | 'renewal_failed';

/** Steps that fettle takes. */
export type CertificateStep =
  | 'absent>normal'
  | 'normal>renewing'
  | 'expiring_soon>renewing'
  | 'renewal_failed>renewing'
  | 'expired>recovering'
  | 'renewing>normal'
  | 'recovering>normal'
  | 'normal>absent'
  | 'expiring_soon>absent'
  | 'expired>absent'
  | 'renewal_failed>absent'
  | 'normal>normal';

/** Rules that guard its steps. */
export type CertificateRuleId =
  | 'issuer-changed'
  | 'never-without-valid-pair'
  | 'cut-short'
  | 'renewal-loop'
  | 'retry-exhausted'
  | 'backoff'
  | 'still-served'
  | 'foreign-key'
  | 'foreign-file'
  | 'public-to-private'
  | 'content-lost'
  | 'acme-budget'
  | 'account-unusable'
  | 'acme-clock'
  | 'caa-forbids'
  | 'issuer-name-constraints';

/** A TLS server and the certificate that its clients get. With the defaults filled in. */
export interface DomainSpec {
  /** Name for SNI, or an IP address; the certificate must be valid for it. */
  readonly host: string;
  /** Address to connect to, instead of resolving the host. */
  readonly address?: string;
  /** TCP port. */
  readonly port: number;
  /** Protocol whose STARTTLS comes first. By default, TLS starts at once. */
  readonly startTls?: 'smtp' | 'imap' | 'postgres';
  /** Deadline of the greeting with `startTls: smtp` or `imap`, in seconds. Defaults to `probe.greetingSeconds` of the settings. */
  readonly greetingSeconds?: number;
  /** Key types of the certificates that the server has. fettle requests each with a handshake of its own, as a client that accepts only this type, and each must be served. By default, one handshake accepts both types. After an ECDSA certificate, a second handshake prefers RSA, once for each served certificate, and at every refresh if the server has an RSA certificate too. */
  readonly keyTypes?: readonly ('ecdsa' | 'rsa')[];
  /** `passthrough`: another party manages the certificate; its problems are only reported. */
  readonly tlsMode: 'termination' | 'passthrough';
  /** Requires a certificate that clients accept. With `false`, only the days left count. */
  readonly verify: boolean;
  /** Says if you control the host; an unverified host is not probed. With `txt`, a DNS TXT record verifies the host. */
  readonly verified: boolean | {
    /** Text of the record. */
    readonly txt: string;
    /** Name of the record; by default `_fettle-verify.` and the host. */
    readonly name?: string;
  };
  /** Target of the host: `none`, or a target; by default the host's own addresses. */
  readonly route?: string | {
    /** Name or address to connect to, if `address` is not set. */
    readonly target?: string;
    /** Region of the target. */
    readonly region?: string;
  };
  /** Intervals at which `drift --record --backoff` probes a failing Domain: from 1 minute doubling to 6 hours, from 5 minutes to 12 hours, or from 10 minutes to a day. Without `--backoff`, every command probes it. */
  readonly failurePolicy: 'standard' | 'strict' | 'hold';
  /** Days left from which the certificate counts as expiring: the warning `expiring`. */
  readonly expiryWarnDays: number;
  /** Days left from which the finding is critical, fewer than `expiryWarnDays`: `expiring-critical`. Defaults to a quarter of `expiryWarnDays`, 7 at most, and to a sixth of the lifetime of the certificate if that is less; 0 means only after the expiry. */
  readonly expiryCriticalDays?: number;
  /** Name of the Certificate that should be served here. */
  readonly certificate?: string;
  /** Identifier of the host in another system, unique among Domains. A certificate event names the Domain by it (`domainId`), or by its host. */
  readonly externalId?: string;
  /** PEM files with further trust anchors, relative to the document. A file that is missing or has no PEM certificate is a finding. */
  readonly trust?: readonly string[];
}

/** Its state, as far as it is known. */
export interface DomainMemory {
  /** SHA-256 of the last served certificate. */
  readonly fingerprint: string;
  /** Expiry of that certificate, ISO 8601. */
  readonly not_after: string;
  /** Class of the last error. */
  readonly error: string;
  /** Text of the last error. */
  readonly message: string;
  /** Address that was probed. */
  readonly target: string;
  /** SHA-256 of the served ECDSA certificate, if clients that prefer RSA get it too. */
  readonly single: string;
  /** Time of the last probe, ISO 8601; recorded once an hour. */
  readonly checked_at: string;
  /** Failure policy of the document at the last probe. */
  readonly failure_policy: string;
  /** Failed probes, and events of failures, since the last success. */
  readonly failures: number;
  /** Time of the last failure, ISO 8601. */
  readonly failed_at: string;
  /** Time of the next scheduled probe, ISO 8601. */
  readonly retry_at: string;
  /** Type of the newest applied certificate event. */
  readonly cert_last_event_type: string;
  /** Time of that event, ISO 8601. */
  readonly cert_last_event_at: string;
  /** Time from which the renewal is due, as the newest event that has one reports, ISO 8601. */
  readonly cert_renewal_due_at: string;
  /** Certificate that events since the last served one report. */
  readonly cert_ref: string;
  /** Expiry of the certificate that events since the last served one report, ISO 8601. */
  readonly cert_not_after: string;
  /** Time of the newest event whose id another event with different content had, ISO 8601. */
  readonly cert_conflict_at: string;
  /** Id of that event. */
  readonly cert_conflict_id: string;
}

export type DomainState =
  | 'absent'
  | 'pending_issue'
  | 'pending_route'
  | 'issued'
  | 'expiring'
  | 'tls_error'
  | 'passthrough_unverified';

/** Steps that fettle takes. */
export type DomainStep = never;

/** Rules that guard its steps. */
export type DomainRuleId = never;

/** A certificate event: the body of `POST /v1/domains/cert-events`. Texts are trimmed, `source`, `clusterId`, `domainId` and `domain` are lower-cased, and unknown keys are ignored. */
export interface CertEvent {
  /** Program that sends the event. Defaults to the verified source, or to `cert_manager`. */
  readonly source?: string;
  /** Cluster of the program. */
  readonly clusterId?: string;
  /** Id of the event at its source. The same event is applied once. */
  readonly sourceEventId?: string;
  /** `externalId` of a Domain. */
  readonly domainId?: string;
  /** Host of a Domain, without `domainId`. */
  readonly domain?: string;
  /** The event. Optional if the callback says the same. */
  readonly eventType?: 'issuance_succeeded' | 'issuance_failed' | 'renewal_succeeded' | 'renewal_failed' | 'certificate_expiring';
  /** Operation of the callback. */
  readonly callbackClass?: 'issuance' | 'renewal' | 'challenge' | 'deployment';
  /** Result of the operation. */
  readonly callbackAction?: 'started' | 'succeeded' | 'failed' | 'retrying';
  /** Number of the attempt. */
  readonly callbackAttempt?: number;
  /** Time of the event. Defaults to the time of its arrival. */
  readonly callbackReceivedAt?: string;
  /** Expiry of the certificate. */
  readonly notAfter?: string;
  /** Time from which its renewal is due. */
  readonly renewalDueAt?: string;
  /** The certificate. */
  readonly certificateRef?: string;
  /** Reason of a failure. */
  readonly reason?: string;
  /** Further values of the source. */
  readonly payload?: Readonly<Record<string, Json>>;
}

export type FindingCode =
  | 'ca-unusable'
  | 'ca-expiring'
  | 'account-key-exposed'
  | 'account-unusable'
  | 'renewal-window-unknown'
  | 'authority-clock'
  | 'order-refused'
  | 'chain-not-offered'
  | 'order-pending'
  | 'expired'
  | 'renewal-failed'
  | 'retry-exhausted'
  | 'changed-by-renewal'
  | 'key-replaced'
  | 'authority-ends'
  | 'pair-unusable'
  | 'pair-incomplete'
  | 'not-a-file'
  | 'key-encrypted'
  | 'key-mismatch'
  | 'not-yet-valid'
  | 'renewal-off'
  | 'leftover-files'
  | 'refused'
  | 'timeout'
  | 'reset'
  | 'handshake'
  | 'unreachable'
  | 'name-not-resolved'
  | 'starttls'
  | 'denied'
  | 'upstream'
  | 'too-many-addresses'
  | 'not-verified'
  | 'backing-off'
  | 'issuance-failed'
  | 'event-conflict'
  | 'wrong-name'
  | 'untrusted'
  | 'expiring'
  | 'must-staple'
  | 'expiring-critical'
  | 'chain-expiring'
  | 'chain-expiring-critical'
  | 'trust-file'
  | 'served-older-than-stored'
  | 'stale-address'
  | 'chain-incomplete'
  | 'served-other';

export type AlertClass =
  | 'tls_error'
  | 'expiring'
  | 'renewal_sla_warning'
  | 'renewal_sla_breach'
  | 'incident_opened'
  | 'incident_escalated'
  | 'incident_acknowledged'
  | 'incident_resolved';

export type RuleId =
  | 'issuer-changed'
  | 'never-without-valid-pair'
  | 'cut-short'
  | 'renewal-loop'
  | 'retry-exhausted'
  | 'backoff'
  | 'still-served'
  | 'foreign-key'
  | 'foreign-file'
  | 'public-to-private'
  | 'content-lost'
  | 'acme-budget'
  | 'account-unusable'
  | 'account-shared'
  | 'acme-clock'
  | 'caa-forbids'
  | 'issuer-name-constraints';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface CertificatesConfig {
  /** Largest number of actions of this plugin that run at once, within `parallelism` of the project. */
  readonly parallelism: number;
  /** Defaults of Domains. */
  readonly domains: {
    /** `expiryWarnDays` of the Domains that do not set it. The environment variable `CERT_EXPIRY_WARN_DAYS` wins. */
    readonly expiryWarnDays: number;
  };
  /** Limits of the probes of TLS servers. */
  readonly probe: {
    /** Probes at once. */
    readonly concurrency: number;
    /** Deadline of the TCP connection. */
    readonly connectSeconds: number;
    /** Deadline of the TLS handshake. */
    readonly handshakeSeconds: number;
    /** Deadline of the greeting of a server with `startTls: smtp` or `imap`, in addition to `totalSeconds`: Postfix's postscreen, for one, greets after 6 seconds. */
    readonly greetingSeconds: number;
    /** Deadline of the whole probe of one address, of resolving a name, and of one question of a refresh to an ACME authority. */
    readonly totalSeconds: number;
    /** Must be empty: exceptions to denied networks come only from the environment variable `FETTLE_ALLOW_NETWORKS`. */
    readonly allow: readonly string[];
    /** Networks that fettle never connects to, even if a name resolves to them, in every form in which IPv6 embeds an IPv4 address. Link-local, multicast and unspecified networks and the metadata addresses of clouds are always denied, unless the environment variable `FETTLE_ALLOW_NETWORKS` names the same network or a narrower one. The narrowest matching network decides; `deny` wins over an equal one. */
    readonly deny: readonly string[];
    /** DNS servers to ask instead of the resolver of this machine. */
    readonly resolvers?: readonly string[];
  };
  /** Defaults for the renewal of Certificates. */
  readonly renewal: {
    /** Renews Certificates that are due. With `false`, fettle only reports them. */
    readonly enabled: boolean;
    /** Days left at which a renewal is due, at most a third of the lifetime. */
    readonly thresholdDays: number;
    /** Time between two records of a refresh that finds nothing new; at least 1h. */
    readonly checkInterval: string;
    /** Time from the first failed renewal to the next try; at least 1m. */
    readonly retryInterval: string;
    /** Failed renewals in a row, at least one, after which fettle does not try again until the document changes or an override lets it. With an ACME authority, only failures with its verdict count. */
    readonly maxRetries: number;
    /** Factor by which each further failure multiplies the time to the next try. */
    readonly backoffMultiplier: number;
    /** Longest time to the next try; at least `retryInterval`. */
    readonly maxBackoff: string;
  };
  /** Defaults for the replacement of expired Certificates. */
  readonly recovery: {
    /** Replaces expired Certificates. With `false`, fettle only reports them. */
    readonly enabled: boolean;
    /** Time from the first failed recovery to the next try; at least 1m. */
    readonly retryInterval: string;
    /** Failed recoveries in a row after which fettle does not try again, as for renewals. */
    readonly maxRetries: number;
    /** As for renewals. */
    readonly backoffMultiplier: number;
    /** As for renewals. */
    readonly maxBackoff: string;
  };
  /** Defaults for the delivery of Certificates to their servers. */
  readonly served: {
    /** Time after a reload within which every address of the Domains must serve the new certificate. */
    readonly withinSeconds: number;
    /** Time from the first unsuccessful reload to the next one; at least 1m. */
    readonly retryInterval: string;
    /** Unsuccessful reloads in a row after which fettle does not try again, as for renewals. */
    readonly maxRetries: number;
    /** As for renewals. */
    readonly backoffMultiplier: number;
    /** As for renewals. */
    readonly maxBackoff: string;
  };
  /** Command lines that `deploy` and `reload` of a Certificate may use, each a list of words. Only a line that is listed here word for word ever runs, and only in `apply`. */
  readonly commands: readonly (readonly string[])[];
  /** Accounts and credentials for Issuers with `acme`. */
  readonly acme: {
    /** External accounts (EAB) by the name that `eab` of an Issuer has. */
    readonly accounts: Readonly<Record<string, {
      /** Identifier of the key at the authority. */
      readonly kid: string;
      /** Key of the external account, base64url, from the environment variable `ACME_EAB_KEY` (the default) or one whose name begins with `ACME_EAB_KEY_`. The key is only used for directories whose origin the environment variable `FETTLE_PROVIDER_ORIGINS` names for it: `ACME_EAB_KEY=https://acme.zerossl.com`. */
      readonly hmacKey?: string;
    }>>;
    /** DNS servers and services by the name that `provider` of a solver has. */
    readonly dnsProviders: Readonly<Record<string, {
      /** A DNS server that takes updates (RFC 2136) signed with TSIG (RFC 8945). */
      readonly rfc2136?: {
        /** Name or address of the primary server, with the port if it is not 53. */
        readonly server: string;
        /** Name of the TSIG key. */
        readonly keyName: string;
        /** Algorithm of the TSIG key. */
        readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
        /** Secret of the TSIG key, base64, from the environment variable `DNS_TSIG_SECRET` (the default) or one whose name begins with `DNS_TSIG_SECRET_`. The secret only signs for servers in the environment variable `FETTLE_DNS_ORIGINS`, such as `dns://ns1.example.test:53`. */
        readonly secret?: string;
        /** Zone to update. Defaults to the zone that the server reports. */
        readonly zone?: string;
      };
      /** Zones in the Cloud API of Hetzner. */
      readonly hetzner?: {
        /** Token of the project, from the environment variable `DNS_HCLOUD_TOKEN` (the default) or one whose name begins with `DNS_HCLOUD_TOKEN_`. */
        readonly token?: string;
        /** Zone to change. Defaults to the longest zone of the project that the name is in. */
        readonly zone?: string;
        /** Address of the API. Any address but the usual one must have its origin in `FETTLE_DNS_ORIGINS`: `DNS_HCLOUD_TOKEN=https://…`. */
        readonly endpoint?: string;
      };
      /** An account of an acme-dns server. `_acme-challenge` of each name is a CNAME to its full domain. */
      readonly acmeDns?: {
        /** Address of the server. The password is only sent to origins that `FETTLE_DNS_ORIGINS` names for it: `DNS_ACMEDNS_PASSWORD=https://auth.example.test`. */
        readonly url: string;
        /** User of the account. */
        readonly username: string;
        /** Subdomain of the account. */
        readonly subdomain: string;
        /** Password of the account, from the environment variable `DNS_ACMEDNS_PASSWORD` (the default) or one whose name begins with `DNS_ACMEDNS_PASSWORD_`. */
        readonly password?: string;
      };
    }>>;
    /** Limits of new orders by directory: its name or its address, as in an Issuer. They apply in addition to the published limits of Let's Encrypt. */
    readonly limits: Readonly<Record<string, {
      /** Limit of the orders of the account. */
      readonly account?: {
        /** Number of orders in the period, and one more in each share of the period. */
        readonly max: number;
        /** Period; from 1m to 7d. */
        readonly per: string;
      };
      /** Limit of the certificates for one registered domain, such as `example.com` with all names below it. */
      readonly domain?: {
        /** As for the account. */
        readonly max: number;
        /** As for the account. */
        readonly per: string;
      };
      /** Limit of the certificates for exactly the same names. */
      readonly names?: {
        /** As for the account. */
        readonly max: number;
        /** As for the account. */
        readonly per: string;
      };
    }>>;
  };
  /** PID files, relative to `fettle.yaml`, of the processes that `reload` of a Certificate may signal. */
  readonly pidFiles: readonly string[];
}

/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = {
  config: {
    parallelism: 8,
    domains: { expiryWarnDays: 30 },
    probe: {
      concurrency: 100,
      connectSeconds: 5,
      handshakeSeconds: 5,
      greetingSeconds: 20,
      totalSeconds: 10,
      allow: [],
      deny: [],
    },
    renewal: {
      enabled: true,
      thresholdDays: 30,
      checkInterval: '24h',
      retryInterval: '1h',
      maxRetries: 10,
      backoffMultiplier: 2,
      maxBackoff: '24h',
    },
    recovery: { enabled: true, retryInterval: '1m', maxRetries: 3, backoffMultiplier: 2, maxBackoff: '1h' },
    served: { withinSeconds: 30, retryInterval: '1m', maxRetries: 10, backoffMultiplier: 2, maxBackoff: '1h' },
    commands: [],
    acme: { accounts: {}, dnsProviders: {}, limits: {} },
    pidFiles: [],
  },
  Issuer: { acme: { contact: [], solvers: [] } },
  Certificate: {
    dnsNames: [],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    storage: { directory: { combined: false } },
    deploy: { timeoutSeconds: 60 },
    reload: { signal: { name: 'HUP' }, timeoutSeconds: 60 },
    renewal: {},
    recovery: {},
    served: {},
  },
  Domain: {
    port: 443,
    tlsMode: 'termination',
    verify: true,
    verified: true,
    failurePolicy: 'standard',
    expiryWarnDays: 30,
  },
} as const;

export const tables = {
  name: 'certificates',
  version: 'v1',
  summary: 'TLS certificates, the authorities that issue them, and the servers that serve them.',
  parallelism: 8,
  kinds: {
    Issuer: {
      summary: 'An authority that signs certificates.',
      scope: [],
      onRemove: 'release',
      machines: {
        authority: {
          states: ['absent', 'ready', 'broken'],
          transitions: [
            { from: 'absent', to: 'ready', trigger: 'create', by: 'fettle', reversible: 'no', deadlineMs: 60000 },
            {
              from: 'ready',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              reversible: 'no',
              deadlineMs: 60000,
            },
            {
              from: 'broken',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              reversible: 'no',
              deadlineMs: 60000,
            },
            { from: 'absent', to: 'ready', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'broken', trigger: 'check', by: 'world' },
            { from: 'ready', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'ready', to: 'broken', trigger: 'check', by: 'world' },
            { from: 'broken', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'broken', to: 'ready', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'ready', reversible: 'no', deadlineMs: 60000 }],
        },
      },
      rules: [
        {
          id: 'issuer-changed',
          guards: ['absent>ready', 'ready>ready'],
          overridable: true,
          text: 'The authority is missing, or differs from the recorded one.',
        },
        {
          id: 'foreign-file',
          guards: ['ready>absent', 'broken>absent'],
          overridable: true,
          text: 'A foreign file is in the place of a file to store or remove: fettle neither created it nor adopted it in a usable state. An override lets fettle proceed and keeps the foreign file next to the new one.',
        },
        {
          id: 'acme-budget',
          guards: ['absent>ready', 'ready>absent', 'broken>absent', 'ready>ready'],
          overridable: true,
          text: 'The authority limits new orders: fettle counts its own and waits before the authority would refuse, and until the time that the authority has given, also for requests about an account. A step also waits for an order that the authority has not completed. It waits for the open order of another Certificate with the same names, too.',
        },
        {
          id: 'account-unusable',
          guards: ['ready>absent', 'broken>absent', 'ready>ready'],
          overridable: true,
          text: 'The authority no longer accepts the account of the Issuer, because the account was deactivated or has another key: no row uses the account, except for one try a day. A Certificate has not failed by that.',
        },
        {
          id: 'account-shared',
          guards: ['ready>absent', 'broken>absent', 'ready>ready'],
          overridable: true,
          text: 'Another Issuer, declared or in the state, uses the same account: a deactivation or another key of the account would end the account for it.',
        },
      ],
      references: [],
      fields: [
        '/localCa',
        '/localCa/dir',
        '/localCa/commonName',
        '/selfSigned',
        '/acme',
        '/acme/directory',
        '/acme/accountKey',
        '/acme/contact',
        '/acme/contact/*',
        '/acme/eab',
        '/acme/profile',
        '/acme/preferredChain',
        '/acme/ca',
        '/acme/solvers',
        '/acme/solvers/*',
        '/acme/solvers/*/match',
        '/acme/solvers/*/match/names',
        '/acme/solvers/*/match/names/*',
        '/acme/solvers/*/http01',
        '/acme/solvers/*/http01/webroot',
        '/acme/solvers/*/http01/listener',
        '/acme/solvers/*/http01/listener/port',
        '/acme/solvers/*/http01/listener/address',
        '/acme/solvers/*/http01/serve',
        '/acme/solvers/*/http01/selfCheck',
        '/acme/solvers/*/dns01',
        '/acme/solvers/*/dns01/provider',
        '/acme/solvers/*/dns01/exec',
        '/acme/solvers/*/dns01/exec/command',
        '/acme/solvers/*/dns01/exec/command/*',
        '/acme/solvers/*/dns01/exec/timeoutSeconds',
        '/acme/solvers/*/dns01/resolvers',
        '/acme/solvers/*/dns01/resolvers/*',
        '/acme/solvers/*/dns01/wait',
        '/acme/solvers/*/dns01/timeout',
        '/acme/solvers/*/dnsPersist01',
        '/acme/solvers/*/dnsPersist01/resolvers',
        '/acme/solvers/*/dnsPersist01/resolvers/*',
        '/localCa/fingerprint',
        '/localCa/key/mode',
        '/localCa/leftovers',
        '/acme/account',
        '/acme/accountKey/mode',
      ],
      paths: [
        { pointer: '/localCa/dir', use: 'write', folder: true },
        { pointer: '/acme/accountKey', use: 'write' },
        { pointer: '/acme/ca', use: 'read' },
        { pointer: '/acme/solvers/*/http01/webroot', use: 'write', folder: true },
      ],
      safetyInputs: [
        { pointer: '/acme/solvers', combine: 'shown' },
        { pointer: '/acme/profile', combine: 'shown' },
        { pointer: '/acme/preferredChain', combine: 'shown' },
        { pointer: '/acme/ca', combine: 'shown' },
        { pointer: '/acme/eab', combine: 'shown' },
      ],
      releases: [],
      undeciding: [
        '/domains/expiryWarnDays',
        '/probe/concurrency',
        '/probe/connectSeconds',
        '/probe/handshakeSeconds',
        '/probe/greetingSeconds',
        '/probe/totalSeconds',
        '/probe/allow',
        '/probe/deny',
        '/probe/resolvers',
        '/renewal',
        '/recovery',
        '/served',
        '/commands',
        '/pidFiles',
      ],
      memoryVersion: 1,
    },
    Certificate: {
      summary: 'A key pair and its certificate in files.',
      scope: [],
      onRemove: 'release',
      machines: {
        certificate: {
          states: ['absent', 'normal', 'expiring_soon', 'expired', 'renewing', 'recovering', 'renewal_failed'],
          transitions: [
            { from: 'absent', to: 'normal', trigger: 'issue', by: 'fettle', reversible: 'yes', deadlineMs: 2700000 },
            {
              from: 'normal',
              to: 'renewing',
              trigger: 'manual',
              by: 'fettle',
              settles: 'normal',
              fails: 'renewal_failed',
              reversible: 'partly',
              deadlineMs: 2700000,
            },
            {
              from: 'expiring_soon',
              to: 'renewing',
              trigger: 'renew',
              by: 'fettle',
              settles: 'normal',
              fails: 'renewal_failed',
              reversible: 'partly',
              deadlineMs: 2700000,
            },
            {
              from: 'renewal_failed',
              to: 'renewing',
              trigger: 'retry',
              by: 'fettle',
              settles: 'normal',
              fails: 'renewal_failed',
              reversible: 'partly',
              deadlineMs: 2700000,
            },
            {
              from: 'expired',
              to: 'recovering',
              trigger: 'recover',
              by: 'fettle',
              settles: 'normal',
              fails: 'expired',
              reversible: 'partly',
              deadlineMs: 2700000,
            },
            { from: 'renewing', to: 'normal', trigger: 'finish', by: 'fettle', reversible: 'no' },
            { from: 'recovering', to: 'normal', trigger: 'finish', by: 'fettle', reversible: 'no' },
            { from: 'normal', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true, reversible: 'no' },
            {
              from: 'expiring_soon',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              reversible: 'no',
            },
            { from: 'expired', to: 'absent', trigger: 'remove', by: 'fettle', destructive: true, reversible: 'no' },
            {
              from: 'renewal_failed',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              reversible: 'no',
            },
            { from: 'normal', to: 'expiring_soon', trigger: 'check', by: 'world' },
            { from: 'normal', to: 'expired', trigger: 'check', by: 'world' },
            { from: 'expiring_soon', to: 'normal', trigger: 'check', by: 'world' },
            { from: 'expiring_soon', to: 'expired', trigger: 'check', by: 'world' },
            { from: 'expired', to: 'normal', trigger: 'check', by: 'world' },
            { from: 'expired', to: 'expiring_soon', trigger: 'check', by: 'world' },
            { from: 'renewal_failed', to: 'normal', trigger: 'check', by: 'world' },
            { from: 'renewal_failed', to: 'expired', trigger: 'check', by: 'world' },
            { from: 'renewing', to: 'renewal_failed', trigger: 'error', by: 'world' },
            { from: 'recovering', to: 'expired', trigger: 'error', by: 'world' },
            { from: 'renewing', to: 'expiring_soon', trigger: 'interrupted', by: 'world' },
            { from: 'recovering', to: 'expired', trigger: 'interrupted', by: 'world' },
            { from: 'absent', to: 'normal', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expiring_soon', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expired', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'renewing', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'recovering', trigger: 'check', by: 'world' },
            { from: 'normal', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'expiring_soon', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'expired', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'renewing', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'recovering', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'renewal_failed', to: 'absent', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'normal', reversible: 'partly', deadlineMs: 2700000 }],
        },
      },
      rules: [
        {
          id: 'issuer-changed',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'The authority is missing, or differs from the recorded one.',
        },
        {
          id: 'never-without-valid-pair',
          guards: ['normal>renewing', 'expiring_soon>renewing', 'renewal_failed>renewing', 'normal>normal'],
          overridable: true,
          text: 'A valid pair is replaced only by one that is valid for longer. An ACME authority decides the lifetime.',
        },
        {
          id: 'cut-short',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'A certificate never outlives its authority or the chain above it: its validity is cut, with a warning, and is at least one hour.',
        },
        {
          id: 'renewal-loop',
          guards: ['normal>renewing', 'expiring_soon>renewing', 'renewal_failed>renewing', 'normal>normal'],
          overridable: true,
          text: 'A certificate is issued at most once in a third of its lifetime, unless its document changes.',
        },
        {
          id: 'retry-exhausted',
          guards: ['absent>normal', 'renewal_failed>renewing', 'expired>recovering', 'normal>normal'],
          overridable: true,
          text: 'The maximum number of failures is reached: fettle does not try again until the document changes. With an ACME authority, failures without its verdict (no connection, no answer, a status from 500) do not count.',
        },
        {
          id: 'backoff',
          guards: ['absent>normal', 'renewal_failed>renewing', 'expired>recovering', 'normal>normal'],
          overridable: true,
          text: 'The last try failed, and the next one has to wait.',
        },
        {
          id: 'still-served',
          guards: ['normal>absent', 'expiring_soon>absent', 'expired>absent', 'renewal_failed>absent'],
          overridable: true,
          text: 'A server still serves the certificate.',
        },
        {
          id: 'foreign-key',
          guards: [
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>absent',
            'expiring_soon>absent',
            'expired>absent',
            'renewal_failed>absent',
            'normal>normal',
          ],
          overridable: true,
          text: 'The stored key, or a copy of it, is not one that fettle created or adopted: it is not overwritten and not removed.',
        },
        {
          id: 'foreign-file',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>absent',
            'expiring_soon>absent',
            'expired>absent',
            'renewal_failed>absent',
            'normal>normal',
          ],
          overridable: true,
          text: 'A foreign file is in the place of a file to store or remove: fettle neither created it nor adopted it in a usable state. An override lets fettle proceed and keeps the foreign file next to the new one.',
        },
        {
          id: 'public-to-private',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'A certificate of a publicly trusted issuer, stored or served, is not replaced by one of a private issuer: clients would refuse it.',
        },
        {
          id: 'content-lost',
          guards: [
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'The stored certificate contains values that no document can declare, such as names of other types: a new certificate would not have them.',
        },
        {
          id: 'acme-budget',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'The authority limits new orders: fettle counts its own and waits before the authority would refuse, and until the time that the authority has given, also for requests about an account. A step also waits for an order that the authority has not completed. It waits for the open order of another Certificate with the same names, too.',
        },
        {
          id: 'account-unusable',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'The authority no longer accepts the account of the Issuer, because the account was deactivated or has another key: no row uses the account, except for one try a day. A Certificate has not failed by that.',
        },
        {
          id: 'acme-clock',
          guards: ['normal>renewing', 'expiring_soon>renewing', 'renewal_failed>renewing', 'expired>recovering'],
          overridable: true,
          text: 'The clock of the authority is more than 5 minutes behind that of this machine: a renewal waits until it is due by both.',
        },
        {
          id: 'caa-forbids',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'A CAA record of a name does not permit the authority to issue (RFC 8659): the order would fail.',
        },
        {
          id: 'issuer-name-constraints',
          guards: [
            'absent>normal',
            'normal>renewing',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
            'normal>normal',
          ],
          overridable: true,
          text: 'The name constraints of the authority exclude one of the names: clients would refuse the certificate.',
        },
      ],
      references: [{ pointer: '/issuer', kind: 'Issuer' }],
      fields: [
        '/issuer',
        '/dnsNames',
        '/dnsNames/*',
        '/ipAddresses',
        '/ipAddresses/*',
        '/usages',
        '/usages/*',
        '/keyAlgorithm',
        '/validityDays',
        '/storage',
        '/storage/file',
        '/storage/file/certificate',
        '/storage/file/key',
        '/storage/file/chain',
        '/storage/file/fullchain',
        '/storage/file/combined',
        '/storage/file/owner',
        '/storage/file/group',
        '/storage/file/mode',
        '/storage/directory',
        '/storage/directory/path',
        '/storage/directory/combined',
        '/storage/directory/owner',
        '/storage/directory/group',
        '/storage/directory/mode',
        '/deploy',
        '/deploy/command',
        '/deploy/command/*',
        '/deploy/timeoutSeconds',
        '/reload',
        '/reload/command',
        '/reload/command/*',
        '/reload/signal',
        '/reload/signal/pidFile',
        '/reload/signal/name',
        '/reload/timeoutSeconds',
        '/renewal',
        '/renewal/enabled',
        '/renewal/thresholdDays',
        '/renewal/issuedAfter',
        '/renewal/checkInterval',
        '/renewal/retryInterval',
        '/renewal/maxRetries',
        '/renewal/backoffMultiplier',
        '/renewal/maxBackoff',
        '/recovery',
        '/recovery/enabled',
        '/recovery/retryInterval',
        '/recovery/maxRetries',
        '/recovery/backoffMultiplier',
        '/recovery/maxBackoff',
        '/served',
        '/served/withinSeconds',
        '/served/retryInterval',
        '/served/maxRetries',
        '/served/backoffMultiplier',
        '/served/maxBackoff',
        '/storage/chain',
        '/storage/file/*/mode',
        '/storage/file/*/owner',
        '/storage/file/*/group',
        '/storage/file/leftovers',
        '/storage/directory/certificate',
        '/storage/directory/chain',
        '/storage/directory/fullchain',
        '/storage/directory/key',
        '/storage/directory/*/mode',
        '/storage/directory/*/owner',
        '/storage/directory/*/group',
        '/storage/directory/leftovers',
      ],
      paths: [
        { pointer: '/storage/file/certificate', use: 'write' },
        { pointer: '/storage/file/key', use: 'write' },
        { pointer: '/storage/file/chain', use: 'write' },
        { pointer: '/storage/file/fullchain', use: 'write' },
        { pointer: '/storage/file/combined', use: 'write' },
        { pointer: '/storage/directory/path', use: 'write', folder: true },
        { pointer: '/reload/signal/pidFile', use: 'read' },
      ],
      safetyInputs: [
        { pointer: '/validityDays', combine: 'larger' },
        { pointer: '/deploy', combine: 'shown' },
        { pointer: '/reload', combine: 'shown' },
      ],
      releases: [{ pointer: '/storage' }],
      undeciding: [
        '/domains/expiryWarnDays',
        '/probe/concurrency',
        '/probe/connectSeconds',
        '/probe/handshakeSeconds',
        '/probe/greetingSeconds',
        '/probe/totalSeconds',
        '/probe/allow',
        '/renewal',
        '/recovery',
        '/served',
        '/commands',
        '/pidFiles',
      ],
      memoryVersion: 1,
    },
    Domain: {
      summary: 'A TLS server and the certificate that its clients get.',
      scope: [],
      onRemove: 'release',
      machines: {
        tls: {
          states: [
            'absent',
            'pending_issue',
            'pending_route',
            'issued',
            'expiring',
            'tls_error',
            'passthrough_unverified',
          ],
          transitions: [
            { from: 'absent', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'passthrough_unverified', trigger: 'check', by: 'world' },
            { from: 'passthrough_unverified', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'passthrough_unverified', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'passthrough_unverified', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'passthrough_unverified', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'passthrough_unverified', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'absent', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'absent', to: 'tls_error', trigger: 'event', by: 'world' },
            { from: 'pending_issue', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'pending_issue', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'pending_issue', to: 'tls_error', trigger: 'event', by: 'world' },
            { from: 'pending_route', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'pending_route', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'pending_route', to: 'tls_error', trigger: 'event', by: 'world' },
            { from: 'issued', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'issued', to: 'tls_error', trigger: 'event', by: 'world' },
            { from: 'expiring', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'expiring', to: 'tls_error', trigger: 'event', by: 'world' },
            { from: 'tls_error', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'tls_error', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'passthrough_unverified', to: 'issued', trigger: 'event', by: 'world' },
            { from: 'passthrough_unverified', to: 'expiring', trigger: 'event', by: 'world' },
            { from: 'passthrough_unverified', to: 'tls_error', trigger: 'event', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [],
      references: [{ pointer: '/certificate', kind: 'Certificate' }],
      fields: [
        '/host',
        '/address',
        '/port',
        '/startTls',
        '/greetingSeconds',
        '/keyTypes',
        '/keyTypes/*',
        '/tlsMode',
        '/verify',
        '/verified',
        '/verified/txt',
        '/verified/name',
        '/route',
        '/route/target',
        '/route/region',
        '/failurePolicy',
        '/expiryWarnDays',
        '/expiryCriticalDays',
        '/certificate',
        '/externalId',
        '/trust',
        '/trust/*',
      ],
      paths: [{ pointer: '/trust/*', use: 'read' }],
      safetyInputs: [],
      releases: [],
      undeciding: [
        '/domains/expiryWarnDays',
        '/probe/concurrency',
        '/probe/connectSeconds',
        '/probe/handshakeSeconds',
        '/probe/greetingSeconds',
        '/probe/totalSeconds',
        '/probe/allow',
        '/probe/deny',
        '/probe/resolvers',
        '/renewal',
        '/recovery',
        '/served',
        '/commands',
        '/acme',
        '/pidFiles',
      ],
      memoryVersion: 1,
    },
  },
  secrets: [
    { pointer: '/acme/accounts/*/hmacKey', variable: 'ACME_EAB_KEY' },
    { pointer: '/acme/dnsProviders/*/rfc2136/secret', variable: 'DNS_TSIG_SECRET' },
    { pointer: '/acme/dnsProviders/*/hetzner/token', variable: 'DNS_HCLOUD_TOKEN' },
    { pointer: '/acme/dnsProviders/*/acmeDns/password', variable: 'DNS_ACMEDNS_PASSWORD' },
  ],
  settingPaths: [{ pointer: '/pidFiles/*', use: 'read' }],
  findings: [
    { code: 'ca-unusable', kind: 'Issuer', severity: 'error', text: "The authority's files exist and cannot be used." },
    {
      code: 'ca-expiring',
      kind: 'Issuer',
      severity: 'warning',
      text: 'The authority, or one above it, expires soon; every certificate that it signed expires with it.',
    },
    {
      code: 'account-key-exposed',
      kind: 'Issuer',
      severity: 'error',
      text: 'Users other than the owner can read the key of the account.',
    },
    {
      code: 'account-unusable',
      kind: 'Issuer',
      severity: 'error',
      text: 'The authority no longer accepts the account: no certificate can be ordered.',
    },
    {
      code: 'renewal-window-unknown',
      kind: 'Certificate',
      severity: 'info',
      text: 'The authority did not answer the question for the renewal window: the threshold decides.',
    },
    {
      code: 'authority-clock',
      kind: 'Certificate',
      severity: 'warning',
      text: 'The clock of this machine and that of the authority differ by more than 5 minutes.',
    },
    {
      code: 'order-refused',
      kind: 'Certificate',
      severity: 'warning',
      text: 'The authority accepts no request for the certificate for now.',
    },
    {
      code: 'chain-not-offered',
      kind: 'Certificate',
      severity: 'warning',
      text: 'The authority does not have the chain that `preferredChain` names, and another one is stored.',
    },
    {
      code: 'order-pending',
      kind: 'Certificate',
      severity: 'warning',
      text: 'The authority has not completed the order of the certificate.',
    },
    {
      code: 'expired',
      kind: 'Certificate',
      severity: 'critical',
      text: 'The stored certificate, or its chain, has expired.',
    },
    {
      code: 'renewal-failed',
      kind: 'Certificate',
      severity: 'error',
      text: 'The last renewal failed; the certificate before it is still valid.',
    },
    {
      code: 'retry-exhausted',
      kind: 'Certificate',
      severity: 'error',
      text: 'The maximum number of failures is reached: fettle does not try again.',
    },
    {
      code: 'changed-by-renewal',
      kind: 'Certificate',
      severity: 'info',
      text: 'The adopted certificate differs from its document. The renewal applies the difference.',
    },
    {
      code: 'key-replaced',
      kind: 'Certificate',
      severity: 'warning',
      text: 'Another program has replaced the key that fettle created or adopted: the next renewal is rejected.',
    },
    {
      code: 'authority-ends',
      kind: 'Certificate',
      severity: 'warning',
      text: 'The certificate expires soon together with its authority, and a renewal does not prolong it.',
    },
    {
      code: 'pair-unusable',
      kind: 'Certificate',
      severity: 'error',
      text: 'A file of the stored pair cannot be parsed.',
    },
    {
      code: 'pair-incomplete',
      kind: 'Certificate',
      severity: 'error',
      text: 'The certificate is stored without its key, or the key without its certificate.',
    },
    {
      code: 'not-a-file',
      kind: 'Certificate',
      severity: 'error',
      text: 'A folder or another object is in the place of a file.',
    },
    { code: 'key-encrypted', kind: 'Certificate', severity: 'error', text: 'The stored key needs a password.' },
    {
      code: 'key-mismatch',
      kind: 'Certificate',
      severity: 'error',
      text: 'The stored key does not belong to the stored certificate.',
    },
    { code: 'not-yet-valid', kind: 'Certificate', severity: 'error', text: 'The stored certificate is not valid yet.' },
    {
      code: 'renewal-off',
      kind: 'Certificate',
      severity: 'warning',
      text: 'A renewal or a recovery is due and is switched off.',
    },
    {
      code: 'leftover-files',
      kind: 'Certificate',
      severity: 'warning',
      text: 'Files of an interrupted swap are next to the pair, or those of an unfinished order are left after its document was removed.',
    },
    { code: 'refused', kind: 'Domain', severity: 'error', text: 'Nothing listens at the address.' },
    { code: 'timeout', kind: 'Domain', severity: 'error', text: 'The server did not answer in time.' },
    { code: 'reset', kind: 'Domain', severity: 'error', text: 'The server closed the connection.' },
    { code: 'handshake', kind: 'Domain', severity: 'error', text: 'The TLS handshake failed.' },
    { code: 'unreachable', kind: 'Domain', severity: 'error', text: 'The address is unreachable.' },
    { code: 'name-not-resolved', kind: 'Domain', severity: 'error', text: 'The name does not resolve.' },
    { code: 'starttls', kind: 'Domain', severity: 'error', text: 'The server refuses STARTTLS.' },
    { code: 'denied', kind: 'Domain', severity: 'error', text: 'An address is in a denied network.' },
    {
      code: 'upstream',
      kind: 'Domain',
      severity: 'warning',
      text: 'Clients would refuse the certificate of the other party, or the server presents no certificate.',
    },
    {
      code: 'too-many-addresses',
      kind: 'Domain',
      severity: 'warning',
      text: 'The name resolves to more addresses than fettle probes.',
    },
    {
      code: 'not-verified',
      kind: 'Domain',
      severity: 'warning',
      text: 'The DNS record that verifies the host does not exist; the host is not probed.',
    },
    {
      code: 'backing-off',
      kind: 'Domain',
      severity: 'info',
      text: 'An earlier probe failed, and the next scheduled probe is not due yet.',
    },
    {
      code: 'issuance-failed',
      kind: 'Domain',
      severity: 'error',
      text: 'A certificate event reports a failed issuance, and no probe has succeeded since.',
    },
    {
      code: 'renewal-failed',
      kind: 'Domain',
      severity: 'error',
      text: 'A certificate event reports a failed renewal, and no probe has succeeded since.',
    },
    {
      code: 'event-conflict',
      kind: 'Domain',
      severity: 'warning',
      text: 'Within the last 7 days, two certificate events with the same id had different content. The first one counts.',
    },
    { code: 'expired', kind: 'Domain', severity: 'critical', text: 'The served certificate has expired.' },
    { code: 'not-yet-valid', kind: 'Domain', severity: 'error', text: 'The served certificate is not valid yet.' },
    {
      code: 'wrong-name',
      kind: 'Domain',
      severity: 'error',
      text: 'The served certificate is not valid for the host.',
    },
    {
      code: 'untrusted',
      kind: 'Domain',
      severity: 'error',
      text: 'The served certificate does not lead to a trust anchor.',
    },
    { code: 'expiring', kind: 'Domain', severity: 'warning', text: 'The served certificate expires soon.' },
    {
      code: 'must-staple',
      kind: 'Domain',
      severity: 'warning',
      text: 'The served certificate requires a stapled OCSP response (TLS feature extension), and the server sends none.',
    },
    {
      code: 'expiring-critical',
      kind: 'Domain',
      severity: 'critical',
      text: 'The served certificate expires within `expiryCriticalDays`.',
    },
    {
      code: 'chain-expiring',
      kind: 'Domain',
      severity: 'warning',
      text: 'A certificate between the served one and its trust anchor, or the anchor itself, expires soon and before the served one.',
    },
    {
      code: 'chain-expiring-critical',
      kind: 'Domain',
      severity: 'critical',
      text: 'The same, within `expiryCriticalDays`.',
    },
    {
      code: 'trust-file',
      kind: 'Domain',
      severity: 'warning',
      text: 'A file of `trust` is missing, or does not hold certificates in PEM.',
    },
    {
      code: 'served-older-than-stored',
      kind: 'Domain',
      severity: 'error',
      text: 'The server serves an earlier certificate than the stored one.',
    },
    {
      code: 'stale-address',
      kind: 'Domain',
      severity: 'error',
      text: 'One address serves an earlier certificate than the stored one, and others serve the stored one.',
    },
    {
      code: 'chain-incomplete',
      kind: 'Domain',
      severity: 'error',
      text: 'An intermediate certificate is not served: clients that do not know it refuse the server.',
    },
    {
      code: 'served-other',
      kind: 'Domain',
      severity: 'warning',
      text: 'The server serves a certificate other than the stored one.',
    },
  ],
  alerts: [
    {
      class: 'tls_error',
      kind: 'Domain',
      severities: ['critical'],
      text: 'Clients refuse the certificate, or the server presents none.',
    },
    {
      class: 'expiring',
      kind: 'Domain',
      severities: ['warning'],
      text: 'The served certificate, or its chain, expires within `expiryWarnDays`.',
    },
    {
      class: 'renewal_sla_warning',
      kind: 'Domain',
      severities: ['warning'],
      text: 'The renewal of the certificate is due within the warning window (72 hours).',
    },
    {
      class: 'renewal_sla_breach',
      kind: 'Domain',
      severities: ['critical', 'warning'],
      text: 'The renewal of the certificate is overdue; critical in production.',
    },
    {
      class: 'incident_opened',
      kind: 'Domain',
      severities: ['critical', 'high', 'warning'],
      text: 'An incident is open: tier 3 is critical and pages in production, tier 2 is high, tier 1 is a warning.',
    },
    {
      class: 'incident_escalated',
      kind: 'Domain',
      severities: ['critical', 'high'],
      text: 'An incident has a higher tier, which was not acknowledged.',
    },
    {
      class: 'incident_acknowledged',
      kind: 'Domain',
      severities: ['info'],
      text: 'A person acknowledged an incident within the last day; for webhooks, once.',
    },
    {
      class: 'incident_resolved',
      kind: 'Domain',
      severities: ['info'],
      text: 'An event or a person resolved an incident within the last day; for webhooks, once.',
    },
  ],
} as const satisfies PluginTables;
