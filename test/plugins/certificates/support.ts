/** Shared parts of the certificates tests: temporary folders, certificates from openssl, and pairs as data. */

import { sceneAt } from '../../support/scene.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import { derivedView } from '../../../src/conformance/derived.ts';
import { type Given, resourceWith } from '../../support/resource.ts';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsOf } from '../../support/cli.ts';
import type { CertificateFacts } from '../../../plugins/certificates/facts.ts';
import type {
  CertificateMemory,
  CertificateSpec,
  DomainSpec,
  IssuerSpec,
} from '../../../plugins/certificates/generated.ts';
import { withSettings } from '../../../plugins/certificates/renewal.ts';
import {
  type Desired,
  type Facts,
  type Memory,
  type Observed,
  type Resource,
  type Query,
  type Ref,
  type Scene,
  type KnownResource,
} from '#plugin';
export { outside } from './outside.ts';

export const NOW = Date.parse('2026-11-20T12:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const iso = (ms: number): string => new Date(ms).toISOString();

/** Runs a command line of openssl in a folder, with `more` as its last words; returns its output. */
export function openssl(folder: string, line: string, ...more: readonly string[]): string {
  const words = [...wordsOf(line), ...more];
  return execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function read(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8');
}

export function refOf(kind: string, name: string): Ref {
  return { plugin: 'certificates', kind, name };
}

export function desiredOf<S>(kind: string, name: string, spec: S, file = 'main.yaml'): Desired<S> {
  return {
    ref: refOf(kind, name),
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file, line: 1, column: 1 },
  };
}

export function memoryOf(kind: string, name: string, more: Partial<Memory> = {}): Memory {
  return { ref: refOf(kind, name), version: 1, kept: {}, owned: 'created', ...more };
}

export function observedOf<F>(kind: string, name: string, state: string, facts: F): Observed<F> {
  return { ref: refOf(kind, name), state, facts, findings: [], at: NOW };
}

export function sceneOf(resources: readonly Resource[] = [], more: Partial<Scene> = {}): Scene {
  return sceneAt(NOW, resources, more);
}

export function queryOf(desired: readonly Desired[], more: Partial<Query> = {}): Query {
  return { desired, memory: [], now: NOW, signal: new AbortController().signal, progress: () => {}, ...more };
}

export const CA_SPEC: IssuerSpec = { localCa: { dir: 'ca', commonName: 'Test CA' } };

/** A Certificate as an expanded document: omitted values have the defaults. */
export function certificateSpec(more: Partial<CertificateSpec> = {}): CertificateSpec {
  const spec: CertificateSpec = {
    issuer: 'ca',
    dnsNames: ['www.example.test', 'example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    storage: { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } },
    renewal: {},
    recovery: {},
    served: {},
    ...more,
  };
  return withSettings(spec, {});
}

/** A declared Domain, with the defaults of its schema. */
export function domainSpec(more: Partial<DomainSpec> = {}): DomainSpec {
  return {
    host: 'www.example.test',
    port: 443,
    tlsMode: 'termination',
    verify: true,
    verified: true,
    failurePolicy: 'standard',
    expiryWarnDays: 30,
    ...more,
  };
}

export function fingerprint(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/** Facts of a certificate that matches `certificateSpec()`, issued by the authority `a`. */
export function certificateFacts(more: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    usable: true,
    fingerprint: fingerprint('c'),
    subject: 'CN=www.example.test',
    dnsNames: ['example.test', 'www.example.test'],
    issuer: 'CN=Test CA',
    issuer_fingerprint: fingerprint('a'),
    self_signed: false,
    serial: '01',
    not_before: new Date(NOW - 10 * DAY).toISOString(),
    not_after: new Date(NOW + 80 * DAY).toISOString(),
    keyAlgorithm: 'ecdsa-p256',
    key_matches: true,
    chain_length: 2,
    files: [
      { part: 'certificate', mode: '0644', owner: 'root', group: 'root' },
      { part: 'key', mode: '0600', owner: 'root', group: 'root' },
    ],
    swap: 'none',
    leftovers: [],
    ...more,
  };
}

/** A Certificate that is seen or absent. */
export type AnyCertificateResource = KnownResource<Resource<CertificateSpec, CertificateFacts, CertificateMemory>>;

export interface CertificateParts {
  /** Undefined for one that is not observed. */
  readonly state?: string | undefined;
  readonly facts?: Partial<CertificateFacts>;
  readonly signals?: Facts;
  readonly spec?: Partial<CertificateSpec>;
  readonly kept?: Partial<CertificateMemory>;
  readonly memory?: Partial<Memory>;
}

/** The Certificate `www`, normal and in the state, with these parts. */
export function certificateResource(parts: CertificateParts = {}): AnyCertificateResource {
  const { state, facts, signals, spec, kept, memory } = { state: 'normal', ...parts };
  const seen = state === undefined ? undefined : observedOf('Certificate', 'www', state, certificateFacts(facts));
  return resourceWith({
    ref: refOf('Certificate', 'www'),
    desired: desiredOf('Certificate', 'www', certificateSpec(spec)),
    ...(seen === undefined ? {} : { observed: signals === undefined ? seen : { ...seen, signals } }),
    memory: memoryOf('Certificate', 'www', { ...(kept === undefined ? {} : { kept }), ...memory }),
  });
}

/** The Issuer `ca`, ready and in the state. */
export function issuerResource(more: Partial<Given> = {}): Resource {
  return resourceWith({
    ref: refOf('Issuer', 'ca'),
    desired: desiredOf('Issuer', 'ca', CA_SPEC),
    observed: observedOf('Issuer', 'ca', 'ready', { fingerprint: fingerprint('a'), subject: 'CN=Test CA' }),
    memory: memoryOf('Issuer', 'ca', { kept: { fingerprint: fingerprint('a') } }),
    ...more,
  });
}

/** Refreshes, and derives the states. */
export async function refreshed(reader: unknown, query: Query): Promise<ReturnType<typeof derivedView>> {
  return derivedView(certificates, await certificates.observe(reader, query), query);
}
