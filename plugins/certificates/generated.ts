/** Generated from specs/certificates.yaml by `npm run generate`: do not edit. */

import type { PluginTables } from '../../src/engine/tables.ts';

/** Something that signs certificates. With the defaults filled in. */
export interface IssuerSpec {
  /** A certificate authority in a folder, made on the first apply. */
  readonly localCa?: {
    /** Folder of `ca.crt` and `ca.key`, relative to the document. */
    readonly dir: string;
    /** Common name of the authority. */
    readonly commonName: string;
  };
  /** Each certificate signs itself. */
  readonly selfSigned?: Readonly<Record<string, never>>;
}

/** What is remembered of it, as far as it is known. */
export interface IssuerMemory {
  /** SHA-256 of the authority's certificate, `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
}

export type IssuerState = 'absent' | 'ready' | 'broken';

/** Steps that fettle takes. */
export type IssuerStep = 'absent>ready' | 'ready>absent' | 'broken>absent' | 'ready>ready';

/** Rules that guard its steps. */
export type IssuerRuleId = 'issuer-changed';

/** A key pair and its certificate in files. With the defaults filled in. */
export interface CertificateSpec {
  /** Name of the Issuer that signs it. */
  readonly issuer: string;
  /** The names it is valid for; the first one is the common name, where it fits. */
  readonly dnsNames: readonly string[];
  /** Algorithm of its key. */
  readonly keyAlgorithm: 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-4096' | 'ed25519';
  /** How long it is issued for, in days. */
  readonly validityDays: number;
  readonly storage: {
    /** Two PEM files, relative to the document. */
    readonly file: {
      /** The certificate and its chain, mode 0644. */
      readonly certificate: string;
      /** The private key, PKCS#8, mode 0600. */
      readonly key: string;
    };
  };
  readonly renewal: {
    /** It is renewed when so many days are left, or a third of its lifetime, whichever is less. */
    readonly thresholdDays: number;
  };
}

/** What is remembered of it, as far as it is known. */
export interface CertificateMemory {
  /** SHA-256 of the certificate that was seen last. */
  readonly fingerprint: string;
  /** End of its validity, ISO 8601. */
  readonly notAfter: string;
  /** How often it was issued or renewed. */
  readonly issued: number;
  /** When it was issued last, ISO 8601. */
  readonly issuedAt: string;
  /** Fingerprint of the authority that signed it. */
  readonly issuer: string;
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
export type CertificateRuleId = 'issuer-changed';

/** A TLS server, and whether its clients can trust what it serves. With the defaults filled in. */
export interface DomainSpec {
  /** Name for SNI, and what the certificate must be valid for. */
  readonly host: string;
  /** Address to connect to, instead of resolving the host. */
  readonly address?: string;
  /** TCP port. */
  readonly port: number;
  /** The certificate is expiring when so many days are left. */
  readonly expiryWarnDays: number;
  /** Name of the Certificate that ought to be served here. */
  readonly certificate?: string;
  /** PEM files with more trust anchors, relative to the document; one that is not there yet is left out. */
  readonly trust?: readonly string[];
}

/** What is remembered of it, as far as it is known. */
export interface DomainMemory {
  /** SHA-256 of the certificate that was served last. */
  readonly fingerprint: string;
  /** End of its validity, ISO 8601. */
  readonly notAfter: string;
  /** Class of the last error. */
  readonly error: string;
}

export type DomainState = 'absent' | 'pending_issue' | 'pending_route' | 'issued' | 'expiring' | 'tls_error';

/** Steps that fettle takes. */
export type DomainStep = never;

/** Rules that guard its steps. */
export type DomainRuleId = never;

export type FindingCode =
  | 'ca-unusable'
  | 'pair-unusable'
  | 'leftover-files'
  | 'refused'
  | 'timeout'
  | 'reset'
  | 'handshake'
  | 'unreachable'
  | 'name-not-resolved'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-name'
  | 'untrusted'
  | 'expiring'
  | 'served-other';

export type RuleId = 'issuer-changed';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface CertificatesConfig {
  /** How many actions of this plugin run at once. */
  readonly parallelism: number;
  /** How TLS servers are probed. */
  readonly probe: {
    /** Probes that are open at once. */
    readonly concurrency: number;
    /** Deadline of the TCP connection. */
    readonly connectSeconds: number;
    /** Deadline of the TLS handshake. */
    readonly handshakeSeconds: number;
    /** Deadline of the whole probe, name resolution included. */
    readonly totalSeconds: number;
  };
}

export const tables = {
  name: 'certificates',
  version: 'v1',
  summary: 'TLS certificates, the authorities that issue them, and what servers really serve.',
  parallelism: 8,
  kinds: {
    Issuer: {
      summary: 'Something that signs certificates.',
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
          text: 'The authority is missing, or is another one than was remembered.',
        },
      ],
      references: [],
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
            { from: 'absent', to: 'normal', trigger: 'issue', by: 'fettle', reversible: 'yes', deadlineMs: 120000 },
            { from: 'normal', to: 'renewing', trigger: 'manual', by: 'world' },
            {
              from: 'expiring_soon',
              to: 'renewing',
              trigger: 'renew',
              by: 'fettle',
              settles: 'normal',
              reversible: 'partly',
              deadlineMs: 120000,
            },
            {
              from: 'renewal_failed',
              to: 'renewing',
              trigger: 'retry',
              by: 'fettle',
              settles: 'normal',
              reversible: 'partly',
              deadlineMs: 120000,
            },
            {
              from: 'expired',
              to: 'recovering',
              trigger: 'recover',
              by: 'fettle',
              settles: 'normal',
              reversible: 'partly',
              deadlineMs: 120000,
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
            { from: 'renewing', to: 'expiring_soon', trigger: 'interrupted', by: 'world' },
            { from: 'recovering', to: 'expired', trigger: 'interrupted', by: 'world' },
            { from: 'absent', to: 'normal', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expiring_soon', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expired', trigger: 'check', by: 'world' },
            { from: 'normal', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'expiring_soon', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'expired', to: 'absent', trigger: 'check', by: 'world' },
            { from: 'renewal_failed', to: 'absent', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'normal', reversible: 'partly', deadlineMs: 120000 }],
        },
      },
      rules: [
        {
          id: 'issuer-changed',
          guards: [
            'absent>normal',
            'normal>normal',
            'expiring_soon>renewing',
            'renewal_failed>renewing',
            'expired>recovering',
          ],
          overridable: true,
          text: 'The authority is missing, or is another one than was remembered.',
        },
      ],
      references: [{ pointer: '/issuer', kind: 'Issuer' }],
      memoryVersion: 1,
    },
    Domain: {
      summary: 'A TLS server, and whether its clients can trust what it serves.',
      scope: [],
      onRemove: 'release',
      machines: {
        tls: {
          states: ['absent', 'pending_issue', 'pending_route', 'issued', 'expiring', 'tls_error'],
          transitions: [
            { from: 'absent', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'pending_issue', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'pending_route', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'expiring', trigger: 'check', by: 'world' },
            { from: 'issued', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'expiring', to: 'tls_error', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'pending_issue', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'pending_route', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'issued', trigger: 'check', by: 'world' },
            { from: 'tls_error', to: 'expiring', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [],
      references: [{ pointer: '/certificate', kind: 'Certificate' }],
      memoryVersion: 1,
    },
  },
  secrets: [],
  findings: [
    {
      code: 'ca-unusable',
      kind: 'Issuer',
      severity: 'error',
      text: "The authority's files are there, and cannot be used.",
    },
    {
      code: 'pair-unusable',
      kind: 'Certificate',
      severity: 'error',
      text: 'The stored key and certificate cannot be used together.',
    },
    {
      code: 'leftover-files',
      kind: 'Certificate',
      severity: 'warning',
      text: 'Files of an interrupted swap lie beside the pair.',
    },
    { code: 'refused', kind: 'Domain', severity: 'error', text: 'Nothing listens at the address.' },
    { code: 'timeout', kind: 'Domain', severity: 'error', text: 'The server did not answer in time.' },
    { code: 'reset', kind: 'Domain', severity: 'error', text: 'The server closed the connection.' },
    { code: 'handshake', kind: 'Domain', severity: 'error', text: 'The TLS handshake failed.' },
    { code: 'unreachable', kind: 'Domain', severity: 'error', text: 'There is no way to the address.' },
    { code: 'name-not-resolved', kind: 'Domain', severity: 'error', text: 'The name does not resolve.' },
    { code: 'expired', kind: 'Domain', severity: 'error', text: 'The validity of the served certificate has ended.' },
    {
      code: 'not-yet-valid',
      kind: 'Domain',
      severity: 'error',
      text: 'The validity of the served certificate has not begun.',
    },
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
    { code: 'expiring', kind: 'Domain', severity: 'warning', text: 'The end of the served certificate is near.' },
    {
      code: 'served-other',
      kind: 'Domain',
      severity: 'warning',
      text: 'Another certificate is served than the one that is stored for it.',
    },
  ],
} as const satisfies PluginTables;
