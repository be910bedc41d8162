/** The suite over the certificates plugin, on real files and real TLS servers. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { CertificateEvent } from '../../plugins/certificates/events/event.ts';
import { eventRound } from '../../plugins/certificates/events/fold.ts';
import type { Incident, IncidentType } from '../../plugins/certificates/events/incidents.ts';
import { incidentChange } from '../../plugins/certificates/events/tables.ts';
import { eventSettings } from '../../plugins/certificates/events/settings.ts';
import type { DomainSpec } from '../../plugins/certificates/generated.ts';
import { certificates } from '../../plugins/certificates/plugin.ts';
import type { CertificatesWriter } from '../../plugins/certificates/world.ts';
import { expand } from '../../src/engine/expand.ts';
import { emptyRecall } from '../../src/engine/remember.ts';
import type { Draft } from '../../src/formats/log-record.ts';
import { noteDrafts } from '../../src/engine/state-notes.ts';
import { type Desired, formatRef, type Lifecycle } from '#plugin';
import { issueWithOpenssl, temporaryFolder } from '../support/cli.ts';
import { type EmulatedAuthority, startEmulated } from '../support/acme/emulated.ts';
import { dnsServer, type Zone } from '../support/dns.ts';
import { reloadingServer } from '../support/reloading-server.ts';
import { type Bench, type Line, pluginConformance, type Situation } from '../../src/conformance/plugin.ts';
import { keyPem, makeKeys } from '../../plugins/certificates/live/x509-make.ts';

interface FilesBench extends Bench {
  readonly folder: string;
  /** The clock of the suite, in epoch ms. It does not advance during a situation. */
  readonly clock: { at: number };
  /** Starts a server, by default on a free port of 127.0.0.1; returns the port. */
  readonly serve: (server: Server, address?: string, port?: number) => Promise<number>;
  /** Sets the records of a name. */
  readonly resolves: (name: string, addresses: readonly string[], more?: Zone) => void;
  /** Starts an ACME authority, once. */
  readonly authority: () => Promise<EmulatedAuthority>;
}

async function open(): Promise<FilesBench> {
  const folder = temporaryFolder();
  // One moment for all of a situation: its plans must be the same, byte for byte.
  const clock = { at: Date.now() };
  const now = (): number => clock.at;
  // Addresses that never respond are listed here.
  const dns = await dnsServer({});
  const config = {
    probe: { handshakeSeconds: 1, resolvers: [dns.address] },
    pidFiles: [join(folder, 'www.pid')],
  };
  (await certificates.validators())['config']?.(config);
  // TCP has no broadcast: an address that is allowed here alone receives nothing.
  const env = { FETTLE_ALLOW_NETWORKS: '255.255.255.255' };
  const outside = { config, project: 'conformance', folder, fileRoots: [folder], env, now };
  const closing: (() => void)[] = [];
  let acme: Promise<EmulatedAuthority> | undefined;
  return {
    folder,
    clock,
    resolves: (name, addresses, more = {}) => void dns.names.set(name, { a: addresses, ...more }),
    authority: () => (acme ??= startEmulated({ ownHttp: true })),
    serve: async (server, address = '127.0.0.1', wanted = 0) => {
      const sockets = new Set<Socket>();
      server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
      await new Promise<void>((resolve) => {
        server.listen(wanted, address, resolve);
      });
      closing.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      return (server.address() as AddressInfo).port;
    },
    reader: await certificates.openReader(outside),
    writer: await certificates.openWriter(outside),
    world: () => filesOf(folder).join('\n'),
    secrets: () => secretsOf(folder),
    close: async () => {
      for (const close of closing) close();
      await (await acme)?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    now,
  };
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { mode, mtimeMs, ino } = lstatSync(join(folder, name));
      const bytes = lstatSync(join(folder, name)).isFile() ? readFileSync(join(folder, name)) : '';
      return [name, mode, mtimeMs, ino, createHash('sha256').update(bytes).digest('hex')].join(' ');
    });
}

/** Lines of every private key. */
function secretsOf(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.includes('.key') && lstatSync(join(folder, name)).isFile());
  return names.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line.length > 40),
  );
}

const validators = await certificates.validators();

/** A document as it is read, with the defaults of its schema. */
function document(
  kind: string,
  name: string,
  spec: object,
  needs: readonly string[] = [],
  lifecycle: Partial<Lifecycle> = {},
): Desired {
  const ref = { plugin: 'certificates', kind, name };
  const filled = structuredClone(spec);
  if (validators[`spec:${kind}`]?.(filled) !== true) throw new Error(`${kind} ${name} is not a valid document`);
  return {
    ref,
    spec: filled,
    meta: { labels: {}, lifecycle: { ignore: [], ...lifecycle } },
    needs: needs.map((each) => {
      const [needed = '', called = ''] = each.split(' ');
      return { plugin: 'certificates', kind: needed, name: called };
    }),
    source: { file: 'main.yaml', line: 1, column: 1 },
  };
}

function issuer(lifecycle: Partial<Lifecycle> = {}): Desired {
  return document('Issuer', 'ca', { localCa: { dir: 'ca', commonName: 'Test CA' } }, [], lifecycle);
}

function www(more: object = {}, lifecycle: Partial<Lifecycle> = {}): Desired {
  const spec = {
    issuer: 'ca',
    dnsNames: ['www.example.test'],
    keyAlgorithm: 'ecdsa-p256',
    validityDays: 90,
    storage: { file: { certificate: 'tls/www.crt', key: 'tls/www.key' } },
    ...more,
  };
  return document('Certificate', 'www', spec, ['Issuer ca'], lifecycle);
}

/** Another certificate of the same authority. */
function certificate(name: string, more: object = {}): Desired {
  const { spec, needs } = www({
    dnsNames: [`${name}.example.test`],
    storage: { file: { certificate: `tls/${name}.crt`, key: `tls/${name}.key` } },
    ...more,
  });
  return { ...document('Certificate', name, spec as object), needs };
}

function domain(name: string, port: number, more: object = {}): Desired {
  const spec = {
    host: `${name}.example.test`,
    address: '127.0.0.1',
    port,
    expiryWarnDays: 30,
    trust: ['ca/ca.crt'],
    ...more,
  };
  return document('Domain', name, spec, 'certificate' in more ? [`Certificate ${String(more.certificate)}`] : []);
}

/** Starts a server with the pair that is stored under a name. */
function serverOf(folder: string, name: string): Server {
  const read = (kind: string) => readFileSync(join(folder, `tls/${name}.${kind}`));
  return createTlsServer({ cert: read('crt'), key: read('key') });
}

/** Starts a server that fails every TLS handshake. */
function tcpServer(answer: (socket: Socket) => void): Server {
  return createTcpServer((socket) => {
    socket.on('error', () => undefined);
    answer(socket);
  });
}

const removed = { onRemove: 'remove' } as const;

const DAY = 86_400_000;
const HOUR = 3_600_000;
const VALIDITY_DAYS = 90;

/** Applies at the time at which the issued certificate has this number of days left now. */
async function appliedBefore(
  { apply, bench: { clock } }: Line<FilesBench>,
  days: number,
  documents: readonly Desired[],
): Promise<void> {
  const { at } = clock;
  clock.at = at - (VALIDITY_DAYS - days) * DAY;
  await apply(documents);
  clock.at = at;
}

/** An authority and an owned certificate that has this number of days left. */
async function settled(
  line: Line<FilesBench>,
  days = VALIDITY_DAYS,
  lifecycle: Partial<Lifecycle> = {},
  more: object = {},
): Promise<void> {
  await appliedBefore(line, days, [issuer(lifecycle), www(more, lifecycle)]);
}

/** A renewal that failed: a folder was in the place of its first file. */
async function failedBefore(
  { apply, bench }: Line<FilesBench>,
  documents: readonly Desired[],
  waited = HOUR,
): Promise<void> {
  const inTheWay = join(bench.folder, 'tls/www.key.pending');
  mkdirSync(join(inTheWay, 'x'), { recursive: true });
  const rows = await apply(documents);
  expect(rows.map(({ status }) => status)).toEqual(['failed']);
  rmSync(inTheWay, { recursive: true });
  bench.clock.at += waited;
}

/** A swap that was interrupted between its two renames: a new certificate, the old key, and both kinds of copies. */
function interrupt(folder: string): void {
  const at = (name: string) => join(folder, 'tls', name);
  for (const name of ['www.crt', 'www.key']) copyFileSync(at(name), at(`${name}.backup`));
  const old = readFileSync(at('www.key'));
  issueWithOpenssl(folder, 'www', 80, true);
  renameSync(at('www.key'), at('www.key.pending'));
  writeFileSync(at('www.key'), old, { mode: 0o600 });
  for (const name of ['www.key', 'www.key.pending', 'www.key.backup']) chmodSync(at(name), 0o600);
}

/** An hour ago: a certificate that begins now would not be valid yet for a slower clock. */
function openssl(...args: readonly string[]): void {
  execFileSync('faketime', ['-f', '-1h', 'openssl', ...args], { stdio: 'pipe' });
}

/** An authority from openssl that expires in this number of days. */
function authorityWithOpenssl(folder: string, days: number): void {
  const at = (name: string) => join(folder, 'ca', name);
  mkdirSync(at(''));
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('ca.key'));
  chmodSync(at('ca.key'), 0o600);
  const subject = ['-x509', '-subj', '/CN=Test CA', '-days', String(days)];
  openssl('req', ...subject, '-key', at('ca.key'), '-out', at('ca.crt'));
}

/** An authority whose certificate is signed by another authority. */
function subordinateWithOpenssl(folder: string): void {
  authorityWithOpenssl(folder, 3650);
  for (const name of ['crt', 'key']) renameSync(join(folder, `ca/ca.${name}`), join(folder, `root.${name}`));
  const at = (name: string) => join(folder, name);
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at('ca/ca.key'));
  chmodSync(at('ca/ca.key'), 0o600);
  openssl('req', '-new', '-subj', '/CN=Sub CA', '-key', at('ca/ca.key'), '-out', at('sub.csr'));
  writeFileSync(at('sub.ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
  const signer = ['-CA', at('root.crt'), '-CAkey', at('root.key'), '-days', '3650', '-extfile', at('sub.ext')];
  openssl('x509', '-req', '-in', at('sub.csr'), ...signer, '-out', at('ca/ca.crt'));
}

/** Replaces the authority in the state by another one. */
async function otherAuthority({ bench }: Line<FilesBench>): Promise<void> {
  renameSync(join(bench.folder, 'ca'), join(bench.folder, 'away'));
  await (bench.writer as CertificatesWriter).createAuthority('ca', 'Test CA', bench.now());
}

/** Records the outcomes of certificate events. */
async function receive(
  { bench, log }: Line<FilesBench>,
  documents: readonly Desired[],
  arrivals: readonly CertificateEvent[],
): Promise<void> {
  const { notes } = eventRound({
    tables: { events: new Map(), conflicts: new Map(), incidents: new Map() },
    arrivals,
    domains: documents.map(({ ref, spec }) => ({ ref, spec: spec as DomainSpec })),
    settings: eventSettings({}),
    now: bench.now(),
  });
  const desired = new Map(documents.map((each) => [formatRef(each.ref), each]));
  await log.record(noteDrafts(notes, { plugin: certificates, validators, desired, recall: log.recall, run: 'run' }));
}

/** An Issuer of the emulated ACME authority, and a Certificate with it. */
async function publicDocuments(
  { bench }: Line<FilesBench>,
  more: object = {},
  acme: object = {},
): Promise<readonly Desired[]> {
  const { directory, ca, httpPort, profile } = await bench.authority();
  writeFileSync(join(bench.folder, 'acme.pem'), ca);
  const listener = { port: httpPort, address: '127.0.0.1' };
  const spec = {
    directory,
    accountKey: 'account.key',
    ca: 'acme.pem',
    profile,
    solvers: [{ http01: { listener, selfCheck: 'skip' } }],
    ...acme,
  };
  return [document('Issuer', 'ca', { acme: spec }), www(more)];
}

/** An answer of the authority instead of the right one. */
async function failNext(
  { bench }: Line<FilesBench>,
  endpoint: string,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const type = `urn:ietf:params:acme:error:${status === 429 ? 'rateLimited' : 'serverInternal'}`;
  const answer = { status, headers: { 'content-type': 'application/problem+json', ...headers }, body: { type } };
  (await bench.authority()).acme.faults.list.push({ endpoint, when: 'before', times: status === 429 ? 1 : 20, answer });
}

/** Deactivates the account of the Issuer, as another program does that has its key. */
async function endAccount({ bench }: Line<FilesBench>): Promise<void> {
  const { directory } = await bench.authority();
  const authority = { directory, ca: 'acme.pem', accountKey: 'account.key' };
  const { signal } = new AbortController();
  const writer = bench.writer as CertificatesWriter;
  const { account } = await writer.createAccount({ authority, contact: [], signal });
  await writer.deactivateAccount({ ...authority, account }, true, signal);
}

const situations: readonly Situation<FilesBench>[] = [
  {
    name: 'an ACME authority without an account',
    prepare: (line) => publicDocuments(line),
    takes: ['Issuer absent>ready', 'Certificate absent>normal'],
  },
  {
    name: 'a certificate from an ACME authority, in order',
    prepare: async (line) => {
      const documents = await publicDocuments(line);
      await line.apply(documents);
      return documents;
    },
    takes: [],
  },
  {
    name: 'an ACME authority without the preferred chain',
    prepare: async (line) => {
      const documents = await publicDocuments(line, {}, { preferredChain: 'Another root' });
      await line.apply(documents);
      return documents;
    },
    takes: [],
    finds: ['Certificate chain-not-offered'],
  },
  {
    name: 'a certificate from an ACME authority, without its document',
    prepare: async (line) => {
      const documents = await publicDocuments(line);
      await line.apply(documents);
      return documents.slice(0, 1);
    },
    takes: ['Certificate release'],
  },
  {
    name: 'a certificate from an ACME authority that is to be removed with its account',
    prepare: async (line) => {
      const documents = (await publicDocuments(line)).map((each) => ({
        ...each,
        meta: { ...each.meta, lifecycle: { ...each.meta.lifecycle, onRemove: 'remove' as const } },
      }));
      await line.apply(documents);
      return [];
    },
    takes: ['Issuer ready>absent', 'Certificate normal>absent'],
  },
  {
    name: 'an account that others can read',
    prepare: async (line) => {
      const documents = await publicDocuments(line);
      await line.apply(documents);
      chmodSync(join(line.bench.folder, 'account.key'), 0o644);
      return documents;
    },
    takes: ['Issuer ready>ready'],
    finds: ['Issuer account-key-exposed'],
  },
  {
    name: 'a CAA record that permits another authority',
    prepare: async (line) => {
      line.bench.resolves('www.example.test', ['127.0.0.1'], { caa: [['issue', 'other.example.test']] });
      const documents = await publicDocuments(line);
      await line.apply(documents.slice(0, 1));
      return documents;
    },
    takes: [],
    rejects: ['Certificate caa-forbids'],
  },
  {
    name: 'a CAA record that names an account, before the account is known',
    prepare: async (line) => {
      const value = 'acme.example.test; accounturi=https://acme.example.test/account/1';
      line.bench.resolves('www.example.test', ['127.0.0.1'], { caa: [['issue', value]] });
      const key = (await makeKeys('ecdsa-p256')).privateKey;
      writeFileSync(join(line.bench.folder, 'account.key'), keyPem(key), { mode: 0o600 });
      return publicDocuments(line);
    },
    takes: ['Issuer absent>ready'],
    defers: ['Certificate caa-forbids'],
  },
  {
    name: 'an ACME authority that accepts no order for a time',
    prepare: async (line) => {
      await line.apply(await publicDocuments(line));
      await failNext(line, 'new-order', 429, { 'retry-after': '7200' });
      const documents = await publicDocuments(line, { dnsNames: ['other.example.test'] });
      await line.apply(documents);
      return documents;
    },
    takes: [],
    defers: ['Certificate acme-budget'],
    finds: ['Certificate order-refused'],
  },
  {
    name: 'an ACME authority that takes no request about an account for a time',
    prepare: async (line) => {
      await line.apply(await publicDocuments(line));
      await failNext(line, 'account', 429, { 'retry-after': '7200' });
      const documents = await publicDocuments(line, {}, { contact: ['ops@example.test'] });
      await line.apply(documents);
      return documents;
    },
    takes: [],
    defers: ['Issuer acme-budget'],
  },
  {
    name: 'an account that ended at its authority',
    prepare: async (line) => {
      await line.apply(await publicDocuments(line));
      await endAccount(line);
      const documents = await publicDocuments(line, { dnsNames: ['other.example.test'] });
      await line.apply(documents);
      const [issuer, ...others] = await publicDocuments(
        line,
        { dnsNames: ['other.example.test'] },
        { contact: ['ops@example.test'] },
      );
      return issuer === undefined ? [] : [issuer, ...others];
    },
    takes: [],
    rejects: ['Issuer account-unusable', 'Certificate account-unusable'],
    finds: ['Issuer account-unusable'],
  },
  {
    name: 'an account that ended at its authority, and another key',
    prepare: async (line) => {
      await line.apply(await publicDocuments(line));
      await endAccount(line);
      await line.apply(await publicDocuments(line, { dnsNames: ['other.example.test'] }));
      return publicDocuments(line, { dnsNames: ['other.example.test'] }, { accountKey: 'next.key' });
    },
    takes: ['Issuer ready>ready', 'Certificate normal>normal'],
    finds: ['Issuer account-unusable'],
  },
  {
    name: 'an account of two Issuers, one of which gets another key',
    prepare: async (line) => {
      const [first, certificate] = await publicDocuments(line);
      if (first === undefined || certificate === undefined) return [];
      const second = { ...first, ref: { ...first.ref, name: 'second' } };
      await line.apply([first, second, certificate]);
      const [changed] = await publicDocuments(line, {}, { accountKey: 'next.key' });
      return changed === undefined ? [] : [changed, second, certificate];
    },
    takes: [],
    rejects: ['Issuer account-shared'],
  },
  {
    name: 'an account of two Issuers, one of which was removed',
    prepare: async (line) => {
      const [first, certificate] = await publicDocuments(line);
      if (first === undefined || certificate === undefined) return [];
      const meta = { ...first.meta, lifecycle: { ...first.meta.lifecycle, ...removed } };
      const second = { ...first, meta, ref: { ...first.ref, name: 'second' } };
      await line.apply([first, second, certificate]);
      return [first, certificate];
    },
    takes: [],
    rejects: ['Issuer account-shared'],
  },
  {
    name: 'an account whose only Issuer was removed',
    prepare: async (line) => {
      const [first] = await publicDocuments(line);
      if (first === undefined) return [];
      await line.apply([{ ...first, meta: { ...first.meta, lifecycle: { ...first.meta.lifecycle, ...removed } } }]);
      return [];
    },
    takes: ['Issuer ready>absent'],
  },
  {
    name: 'an ACME authority that does not complete an order',
    prepare: async (line) => {
      await line.apply(await publicDocuments(line));
      const { list } = (await line.bench.authority()).acme.faults;
      for (const endpoint of ['finalize', 'order'])
        list.push({
          endpoint,
          when: 'after',
          answer: (right) => ({
            ...right,
            headers: { ...right.headers, 'retry-after': '7200' },
            body: { ...(right.body as object), status: 'processing', certificate: undefined },
          }),
        });
      const documents = await publicDocuments(line, { dnsNames: ['other.example.test'] });
      await line.apply(documents);
      list.length = 0;
      return documents;
    },
    takes: [],
    defers: ['Certificate acme-budget'],
    finds: ['Certificate order-pending'],
  },
  {
    name: 'an ACME authority that does not say when to renew',
    prepare: async (line) => {
      await failNext(line, 'renewal-info', 404);
      const documents = await publicDocuments(line);
      await line.apply(documents);
      return documents;
    },
    takes: [],
    finds: ['Certificate renewal-window-unknown'],
  },
  {
    name: 'an ACME authority with another clock',
    prepare: async (line) => {
      const documents = await publicDocuments(line);
      await line.apply(documents);
      line.bench.clock.at += 75 * DAY;
      return documents;
    },
    takes: [],
    defers: ['Certificate acme-clock'],
    finds: ['Certificate authority-clock'],
  },
  {
    name: 'nothing is there',
    prepare: async () => [issuer(), www()],
    takes: ['Issuer absent>ready', 'Certificate absent>normal'],
  },
  {
    name: 'everything is in order',
    prepare: async (line) => {
      await settled(line);
      return [issuer(), www()];
    },
    takes: [],
  },
  {
    name: 'a self-signed one',
    prepare: async () => [document('Issuer', 'ca', { selfSigned: {} }), www()],
    takes: ['Certificate absent>normal'],
  },
  {
    name: 'pairs that somebody else made',
    prepare: async (line) => {
      await settled(line);
      line.log.recall.resources.clear();
      return [issuer(), www()];
    },
    takes: ['Issuer adopt', 'Certificate adopt'],
  },
  {
    name: 'other names',
    prepare: async (line) => {
      await settled(line);
      return [issuer(), www({ dnsNames: ['www.example.test', 'example.test'] })];
    },
    takes: ['Certificate normal>normal'],
  },
  {
    name: 'a key that others can read',
    prepare: async (line) => {
      await settled(line);
      chmodSync(join(line.bench.folder, 'tls/www.key'), 0o644);
      return [issuer(), www()];
    },
    takes: ['Certificate normal>normal'],
  },
  {
    name: "an authority's key that others can read, and a leftover of its making",
    prepare: async (line) => {
      await settled(line);
      chmodSync(join(line.bench.folder, 'ca/ca.key'), 0o644);
      copyFileSync(join(line.bench.folder, 'ca/ca.crt'), join(line.bench.folder, 'ca/ca.crt.pending'));
      return [issuer(), www()];
    },
    takes: ['Issuer ready>ready'],
  },
  {
    name: 'little time left',
    prepare: async (line) => {
      await settled(line, 20);
      return [issuer(), www()];
    },
    takes: ['Certificate expiring_soon>renewing'],
  },
  {
    name: 'a renewal that failed',
    prepare: async (line) => {
      await settled(line, 20);
      await failedBefore(line, [issuer(), www()]);
      return [issuer(), www()];
    },
    takes: ['Certificate renewal_failed>renewing'],
    finds: ['Certificate renewal-failed'],
  },
  {
    name: 'a renewal that failed a moment ago',
    prepare: async (line) => {
      await settled(line, 20);
      await failedBefore(line, [issuer(), www()], HOUR - 1);
      return [issuer(), www()];
    },
    takes: [],
    defers: ['Certificate backoff'],
    finds: ['Certificate renewal-failed'],
  },
  {
    name: 'a renewal that failed too often',
    prepare: async (line) => {
      const documents = [issuer(), www({ renewal: { maxRetries: 2 } })];
      await settled(line, 20, {}, { renewal: { maxRetries: 2 } });
      await failedBefore(line, documents);
      await failedBefore(line, documents, DAY);
      return documents;
    },
    takes: [],
    rejects: ['Certificate retry-exhausted'],
    finds: ['Certificate retry-exhausted'],
  },
  {
    name: 'a renewal that a document asks for',
    prepare: async (line) => {
      await settled(line, 80);
      return [issuer(), www({ renewal: { issuedAfter: new Date(line.bench.now() - DAY).toISOString() } })];
    },
    takes: ['Certificate normal>renewing'],
  },
  {
    name: 'renewals and recoveries that are switched off',
    prepare: async (line) => {
      const off = certificate('api', { recovery: { enabled: false } });
      await appliedBefore(line, -2, [issuer(), off]);
      await appliedBefore(line, 20, [issuer(), off, www({ renewal: { enabled: false } })]);
      return [issuer(), off, www({ renewal: { enabled: false } })];
    },
    takes: [],
    finds: ['Certificate renewal-off', 'Certificate renewal-off', 'Certificate expired'],
  },
  {
    name: 'an old pair that somebody puts back',
    prepare: async (line) => {
      const { folder } = line.bench;
      await settled(line, 20);
      for (const name of ['www.crt', 'www.key']) copyFileSync(join(folder, 'tls', name), join(folder, name));
      await line.apply([issuer(), www()]);
      for (const name of ['www.crt', 'www.key']) copyFileSync(join(folder, name), join(folder, 'tls', name));
      line.bench.clock.at += HOUR;
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate foreign-key', 'Certificate renewal-loop'],
    finds: ['Certificate key-replaced'],
  },
  {
    name: 'an authority that ends before what it signed',
    prepare: async (line) => {
      const { folder } = line.bench;
      mkdirSync(join(folder, 'tls'));
      authorityWithOpenssl(folder, 10);
      await line.apply([issuer()]);
      issueWithOpenssl(folder, 'www', 20);
      await line.apply([issuer(), www()]);
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate never-without-valid-pair'],
    finds: ['Certificate authority-ends'],
  },
  {
    name: 'an adopted certificate with other names',
    prepare: async (line) => {
      const { folder } = line.bench;
      mkdirSync(join(folder, 'tls'));
      authorityWithOpenssl(folder, 1000);
      issueWithOpenssl(folder, 'www', 80);
      const other = www({ dnsNames: ['www.example.test', 'new.example.test'] });
      await line.apply([issuer(), other]);
      return [issuer(), other];
    },
    takes: [],
    finds: ['Certificate changed-by-renewal'],
  },
  {
    name: 'an adopted certificate of a public authority, with an edit of its names',
    prepare: async (line) => {
      const { folder } = line.bench;
      mkdirSync(join(folder, 'tls'));
      authorityWithOpenssl(folder, 1000);
      await line.apply([issuer()]);
      const at = (name: string) => join(folder, name);
      const names = ['-addext', 'subjectAltName=DNS:www.example.test'];
      const timestamps = [...names, '-addext', '1.3.6.1.4.1.11129.2.4.2=DER:0400'];
      const subject = ['-x509', '-subj', '/CN=www.example.test', '-days', '80', '-nodes', '-newkey', 'ed25519'];
      openssl('req', ...subject, ...timestamps, '-keyout', at('tls/www.key'), '-out', at('tls/www.crt'));
      await line.apply([issuer(), www()]);
      return [issuer(), www({ dnsNames: ['new.example.test'] })];
    },
    takes: [],
    rejects: ['Certificate public-to-private'],
    finds: ['Certificate changed-by-renewal'],
  },
  {
    name: 'an adopted certificate with a name of another type, with an edit of its names',
    prepare: async (line) => {
      const { folder } = line.bench;
      mkdirSync(join(folder, 'tls'));
      authorityWithOpenssl(folder, 1000);
      await line.apply([issuer()]);
      const at = (name: string) => join(folder, name);
      const names = ['-addext', 'subjectAltName=DNS:www.example.test,email:www@example.test'];
      const subject = ['-x509', '-subj', '/CN=www.example.test', '-days', '80', '-nodes', '-newkey', 'ed25519'];
      openssl('req', ...subject, ...names, '-keyout', at('tls/www.key'), '-out', at('tls/www.crt'));
      await line.apply([issuer(), www()]);
      return [issuer(), www({ dnsNames: ['new.example.test'] })];
    },
    takes: [],
    rejects: ['Certificate content-lost'],
    finds: ['Certificate changed-by-renewal'],
  },
  {
    name: 'an authority that ends before what it is to sign',
    prepare: async (line) => {
      authorityWithOpenssl(line.bench.folder, 20);
      await line.apply([issuer()]);
      return [issuer(), www()];
    },
    takes: ['Certificate absent>normal'],
  },
  {
    name: 'an authority that has half an hour left',
    prepare: async (line) => {
      authorityWithOpenssl(line.bench.folder, 1);
      await line.apply([issuer()]);
      line.bench.clock.at += 22.5 * HOUR;
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate cut-short'],
    finds: ['Issuer ca-expiring'],
  },
  {
    name: 'no time left',
    prepare: async (line) => {
      await settled(line, -2);
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
    finds: ['Certificate expired'],
  },
  {
    name: 'a key that does not belong to its certificate',
    prepare: async (line) => {
      await settled(line);
      const file = join(line.bench.folder, 'tls/www.crt');
      const before = readFileSync(file);
      const documents = [issuer(), www({ dnsNames: ['www.example.test', 'example.test'] })];
      await line.apply(documents);
      writeFileSync(file, before);
      return documents;
    },
    takes: ['Certificate expired>recovering'],
    finds: ['Certificate key-mismatch'],
  },
  {
    name: 'a certificate without its key',
    prepare: async (line) => {
      await settled(line);
      rmSync(join(line.bench.folder, 'tls/www.key'));
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
    finds: ['Certificate pair-incomplete'],
  },
  {
    name: 'a certificate that was damaged',
    prepare: async (line) => {
      await settled(line);
      writeFileSync(join(line.bench.folder, 'tls/www.crt'), 'x');
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
    finds: ['Certificate pair-unusable'],
  },
  {
    name: 'a key that somebody encrypted',
    prepare: async (line) => {
      await settled(line);
      const { folder } = line.bench;
      const words = ['pkcs8', '-topk8', '-in', 'tls/www.key', '-out', 'encrypted', '-passout', 'pass:x'];
      execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
      renameSync(join(folder, 'encrypted'), join(folder, 'tls/www.key'));
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate foreign-key'],
    finds: ['Certificate key-encrypted'],
  },
  {
    name: 'a folder in the place of a key',
    prepare: async (line) => {
      await settled(line);
      const key = join(line.bench.folder, 'tls/www.key');
      rmSync(key);
      mkdirSync(key);
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate foreign-key'],
    finds: ['Certificate not-a-file'],
  },
  {
    name: 'an authority that is not permitted to sign for a name',
    prepare: async (line) => {
      const { folder } = line.bench;
      const ext = 'basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:other.test\n';
      authorityWithOpenssl(folder, 3650);
      writeFileSync(join(folder, 'ca.ext'), ext);
      const at = (name: string) => join(folder, name);
      const request = ['-in', at('ca/ca.crt'), '-signkey', at('ca/ca.key'), '-clrext', '-extfile', at('ca.ext')];
      openssl('x509', ...request, '-days', '3650', '-out', at('ca/ca.crt'));
      await line.apply([issuer()]);
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate issuer-name-constraints'],
  },
  {
    name: 'a certificate that is not valid yet',
    prepare: async (line) => {
      const { clock } = line.bench;
      await line.apply([issuer()]);
      clock.at += DAY;
      await line.apply([issuer(), www()]);
      // The clock was set back.
      clock.at -= DAY;
      return [issuer(), www()];
    },
    takes: ['Certificate expired>recovering'],
    finds: ['Certificate not-yet-valid'],
  },
  {
    name: 'a swap that was interrupted before its renames',
    prepare: async (line) => {
      await settled(line);
      const at = (name: string) => join(line.bench.folder, 'tls', name);
      copyFileSync(at('www.crt'), at('www.crt.pending'));
      return [issuer(), www()];
    },
    takes: ['Certificate normal>normal'],
    finds: ['Certificate leftover-files'],
  },
  {
    name: 'a renewal that was interrupted between its renames',
    prepare: async (line) => {
      await settled(line);
      interrupt(line.bench.folder);
      return [issuer(), www()];
    },
    takes: ['Certificate renewing>normal'],
    finds: ['Certificate key-mismatch', 'Certificate leftover-files'],
  },
  {
    name: 'a recovery that was interrupted between its renames',
    prepare: async (line) => {
      await settled(line, -2);
      await line.plan([issuer(), www()]);
      interrupt(line.bench.folder);
      return [issuer(), www()];
    },
    takes: ['Certificate recovering>normal'],
    finds: ['Certificate key-mismatch', 'Certificate leftover-files'],
  },
  {
    name: 'orphans that are let go',
    prepare: async (line) => {
      await settled(line);
      return [];
    },
    takes: ['Issuer release', 'Certificate release'],
  },
  {
    name: 'orphans that are removed',
    prepare: async (line) => {
      await settled(line, VALIDITY_DAYS, removed);
      return [];
    },
    takes: ['Issuer ready>absent', 'Certificate normal>absent'],
  },
  {
    name: 'an orphan that a server still shows',
    prepare: async (line) => {
      const { folder, serve } = line.bench;
      await settled(line, VALIDITY_DAYS, removed);
      const port = await serve(serverOf(folder, 'www'));
      const server = domain('www', port, { certificate: 'www' });
      await line.apply([issuer(removed), www({}, removed), server]);
      return [issuer(removed), domain('www', port)];
    },
    takes: ['Domain protect'],
    rejects: ['Certificate dependency', 'Certificate still-served'],
  },
  {
    name: 'an orphan with little time left',
    prepare: async (line) => {
      await settled(line, 20, removed);
      return [issuer(removed)];
    },
    takes: ['Certificate expiring_soon>absent'],
  },
  {
    name: 'an orphan with no time left',
    prepare: async (line) => {
      await settled(line, -2, removed);
      return [issuer(removed)];
    },
    takes: ['Certificate expired>absent'],
  },
  {
    name: 'an orphan whose renewal failed',
    prepare: async (line) => {
      await settled(line, 20, removed);
      await failedBefore(line, [issuer(removed), www({}, removed)]);
      return [issuer(removed)];
    },
    takes: ['Certificate renewal_failed>absent'],
  },
  {
    name: 'an orphaned authority that cannot sign',
    prepare: async (line) => {
      await line.apply([issuer(removed)]);
      rmSync(join(line.bench.folder, 'ca/ca.key'));
      return [];
    },
    takes: ['Issuer broken>absent'],
    finds: ['Issuer ca-unusable'],
  },
  {
    name: 'an orphaned authority with something else in the place of its key',
    prepare: async (line) => {
      await line.apply([issuer(removed)]);
      writeFileSync(join(line.bench.folder, 'ca/ca.key'), 'no key\n');
      return [];
    },
    takes: [],
    rejects: ['Issuer foreign-file'],
    finds: ['Issuer ca-unusable'],
  },
  {
    name: 'a text in the place of a key',
    prepare: async (line) => {
      await settled(line);
      writeFileSync(join(line.bench.folder, 'tls/www.key'), 'no key\n');
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate foreign-file'],
    finds: ['Certificate pair-unusable'],
  },
  {
    name: 'an authority that cannot sign, and a certificate that has to be renewed',
    prepare: async (line) => {
      await settled(line, 20);
      writeFileSync(join(line.bench.folder, 'ca/ca.key'), 'no key\n');
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Certificate issuer-changed'],
    finds: ['Issuer ca-unusable'],
  },
  {
    name: 'an orphan whose place is not in the state, because its document was too large',
    prepare: async (line) => {
      const label = 'a'.repeat(60);
      const dnsNames = Array.from({ length: 60 }, (_, i) => `${label}.${label}.n${i}.example.test`);
      await line.apply([issuer(removed), www({ dnsNames }, removed)]);
      return [issuer(removed)];
    },
    takes: [],
    rejects: ['Certificate partial-view'],
  },
  {
    name: 'an authority that was removed',
    prepare: async (line) => {
      await settled(line, 20);
      renameSync(join(line.bench.folder, 'ca'), join(line.bench.folder, 'away'));
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Issuer issuer-changed', 'Certificate issuer-changed'],
  },
  {
    name: 'another authority in its place',
    prepare: async (line) => {
      await settled(line, 20);
      await otherAuthority(line);
      return [issuer(), www()];
    },
    takes: [],
    rejects: ['Issuer issuer-changed', 'Certificate issuer-changed'],
  },
  {
    name: 'a server that was never issued a certificate',
    prepare: async () => [issuer(), www(), domain('www', 1, { certificate: 'www' })],
    takes: ['Issuer absent>ready', 'Certificate absent>normal'],
  },
  {
    name: 'a server that serves what is stored for it',
    prepare: async (line) => {
      await settled(line);
      const port = await line.bench.serve(serverOf(line.bench.folder, 'www'));
      return [issuer(), www(), domain('www', port, { certificate: 'www' })];
    },
    takes: [],
  },
  {
    name: 'a server whose certificate is to be renewed soon',
    prepare: async (line) => {
      await settled(line, 32);
      const port = await line.bench.serve(serverOf(line.bench.folder, 'www'));
      return [issuer(), www(), domain('www', port, { certificate: 'www' })];
    },
    takes: [],
    alerts: ['Domain renewal_sla_warning'],
  },
  {
    name: 'a server whose certificate was not renewed in time',
    prepare: async (line) => {
      await settled(line, 20);
      await failedBefore(line, [issuer(), www()], HOUR - 1);
      const port = await line.bench.serve(serverOf(line.bench.folder, 'www'));
      return [issuer(), www(), domain('www', port, { certificate: 'www' })];
    },
    takes: [],
    defers: ['Certificate backoff'],
    finds: ['Certificate renewal-failed', 'Domain expiring'],
    alerts: ['Domain expiring', 'Domain renewal_sla_breach'],
  },
  {
    name: 'servers with incidents of every standing',
    prepare: async (line) => {
      await settled(line);
      const port = await line.bench.serve(serverOf(line.bench.folder, 'www'));
      const at = new Date(line.bench.now()).toISOString();
      const incident = (type: IncidentType, to: 'opened' | 'escalated' | 'acknowledged' | 'resolved'): Draft => {
        const address = `certificates/Domain/${to === 'resolved' ? 'old' : 'www'}`;
        const status = to === 'acknowledged' || to === 'resolved' ? to : 'open';
        const value: Incident = {
          id: `inc-${to}`,
          domain: address,
          host: 'localhost',
          type,
          status,
          tier: 2,
          opened_at: at,
          last_at: at,
          last_event: 'evt-1',
          changed: { to, at },
        };
        return { kind: 'ledger', body: { run: 'run', ...incidentChange(`${address} ${type}`, value) } };
      };
      await line.log.record([
        incident('issuance_failed', 'opened'),
        incident('renewal_failed', 'escalated'),
        incident('certificate_expiring', 'acknowledged'),
        incident('renewal_failed', 'resolved'),
      ]);
      return [issuer(), www(), domain('www', port, { certificate: 'www' }), domain('old', port, { verify: false })];
    },
    takes: [],
    alerts: [
      'Domain incident_acknowledged',
      'Domain incident_escalated',
      'Domain incident_opened',
      'Domain incident_resolved',
    ],
  },
  {
    name: 'a server whose document was removed',
    prepare: async (line) => {
      await settled(line);
      const port = await line.bench.serve(serverOf(line.bench.folder, 'www'));
      await line.apply([issuer(), www(), domain('www', port)]);
      return [issuer(), www()];
    },
    takes: [],
  },
  {
    name: 'servers whose certificates no client accepts',
    prepare: async (line) => {
      await settled(line);
      const { folder, serve } = line.bench;
      issueWithOpenssl(folder, 'old', -2);
      issueWithOpenssl(folder, 'early', 120);
      issueWithOpenssl(folder, 'soon', 20);
      const port = await serve(serverOf(folder, 'www'));
      return [
        issuer(),
        www(),
        certificate('soon', { renewal: { thresholdDays: 10 } }),
        domain('old', await serve(serverOf(folder, 'old'))),
        domain('early', await serve(serverOf(folder, 'early'))),
        domain('soon', await serve(serverOf(folder, 'soon'))),
        domain('other', port),
        domain('untrusted', port, { host: 'www.example.test', trust: [] }),
        domain('stale', port, { host: 'www.example.test', certificate: 'soon' }),
        domain('www', port, { trust: ['ca/ca.crt', 'tls/www.key'] }),
      ];
    },
    takes: ['Certificate adopt'],
    finds: [
      'Domain trust-file',
      'Domain expired',
      'Domain not-yet-valid',
      'Domain expiring',
      'Domain wrong-name',
      'Domain untrusted',
      'Domain served-other',
    ],
  },
  {
    name: 'servers that did not read the new certificate yet, all of them or one of several',
    prepare: async (line) => {
      const { folder, serve, resolves } = line.bench;
      await settled(line, 20);
      const port = await serve(serverOf(folder, 'www'), '127.0.0.1');
      await line.apply([issuer(), www()]);
      await serve(serverOf(folder, 'www'), '127.0.0.2', port);
      resolves('www.example.test', ['127.0.0.1', '127.0.0.2']);
      const spec = { host: 'www.example.test', port, trust: ['ca/ca.crt'], certificate: 'www' };
      const needs = ['Certificate www'];
      return [
        issuer(),
        www(),
        document('Domain', 'all', { ...spec, address: '127.0.0.1' }, needs),
        document('Domain', 'one', spec, needs),
      ];
    },
    takes: [],
    finds: ['Domain served-older-than-stored', 'Domain stale-address', 'Domain expiring', 'Domain expiring'],
  },
  {
    name: 'a service that was not reloaded since its certificate was stored',
    prepare: async (line) => {
      const { folder } = line.bench;
      const service = reloadingServer(folder, 'www');
      const stop = { signal: { pidFile: service.pidFile, name: 'HUP' } };
      await settled(line, 20);
      const server = domain('www', await service.start(), { certificate: 'www' });
      // Issued without the service.
      await line.apply([issuer(), www(), server]);
      return [issuer(), www({ reload: stop }), server];
    },
    takes: ['Certificate normal>normal'],
    finds: ['Domain served-older-than-stored', 'Domain expiring'],
  },
  {
    name: 'a server that leaves out what leads to its authority',
    prepare: async (line) => {
      const { folder, serve } = line.bench;
      mkdirSync(join(folder, 'tls'));
      subordinateWithOpenssl(folder);
      await line.apply([issuer()]);
      await line.apply([issuer(), www()]);
      const [leaf = ''] = readFileSync(join(folder, 'tls/www.crt'), 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/u);
      const port = await serve(createTlsServer({ cert: leaf, key: readFileSync(join(folder, 'tls/www.key')) }));
      return [issuer(), www(), domain('www', port, { certificate: 'www', trust: ['root.crt'] })];
    },
    takes: [],
    finds: ['Domain untrusted', 'Domain chain-incomplete'],
  },
  {
    name: 'a server whose authority ends before what it serves',
    prepare: async (line) => {
      const { folder, serve } = line.bench;
      await settled(line);
      const at = (name: string) => join(folder, name);
      const subject = ['-x509', '-subj', '/CN=Test CA', '-days', '20'];
      openssl('req', ...subject, '-key', at('ca/ca.key'), '-out', at('short.crt'));
      const port = await serve(serverOf(folder, 'www'));
      return [issuer(), www(), domain('www', port, { trust: ['short.crt'] })];
    },
    takes: [],
    finds: ['Domain chain-expiring'],
  },
  {
    name: 'servers whose certificate or authority ends within the critical days',
    prepare: async (line) => {
      const { folder, serve } = line.bench;
      await settled(line);
      const at = (name: string) => join(folder, name);
      const subject = ['-x509', '-subj', '/CN=Test CA', '-days', '5'];
      openssl('req', ...subject, '-key', at('ca/ca.key'), '-out', at('short.crt'));
      const port = await serve(serverOf(folder, 'www'));
      return [
        issuer(),
        www(),
        domain('www', port, { trust: ['short.crt'] }),
        domain('far', port, { verify: false, expiryWarnDays: 3650, expiryCriticalDays: 3649 }),
      ];
    },
    takes: [],
    finds: ['Domain chain-expiring-critical', 'Domain expiring-critical'],
  },
  {
    name: 'a server that does not staple the OCSP response that its certificate requires',
    prepare: async ({ bench: { folder, serve } }) => {
      const at = (name: string) => join(folder, name);
      const names = ['subjectAltName=DNS:www.example.test', 'tlsfeature=status_request'];
      const more = names.flatMap((each) => ['-addext', each]);
      const key = ['-newkey', 'ed25519', '-nodes', '-keyout', at('staple.key')];
      openssl('req', '-x509', ...key, '-out', at('staple.crt'), '-subj', '/CN=Staple', '-days', '90', ...more);
      const pair = { cert: readFileSync(at('staple.crt')), key: readFileSync(at('staple.key')) };
      return [domain('www', await serve(createTlsServer(pair)), { trust: ['staple.crt'] })];
    },
    takes: [],
    finds: ['Domain must-staple'],
  },
  {
    name: 'servers that cannot be talked to',
    prepare: async ({ bench }) => [
      // Only root can listen there, and no program does.
      domain('refused', 1),
      domain('timeout', await bench.serve(tcpServer(() => undefined))),
      domain('reset', await bench.serve(tcpServer((socket) => socket.once('data', () => socket.destroy())))),
      domain('handshake', await bench.serve(tcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))),
      // The wildcard address accepts no connection.
      domain('unreachable', 443, { address: '255.255.255.255' }),
      document('Domain', 'nowhere', { host: 'nowhere.invalid', port: 443, expiryWarnDays: 30 }),
    ],
    takes: [],
    finds: [
      'Domain refused',
      'Domain timeout',
      'Domain reset',
      'Domain handshake',
      'Domain unreachable',
      'Domain name-not-resolved',
    ],
  },
  {
    name: 'servers that are not talked to, or not in TLS',
    prepare: async ({ bench }) => {
      const many = Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}`);
      bench.resolves('many.example.test', many);
      const refusing = await bench.serve(tcpServer((socket) => socket.write('554 no\r\n')));
      return [
        domain('starttls', refusing, { startTls: 'smtp' }),
        domain('denied', 443, { address: '169.254.169.254' }),
        document('Domain', 'many', { host: 'many.example.test', port: 1 }),
        domain('unverified', 443, { verified: { txt: 'fettle=1' } }),
        domain('upstream', 1, { tlsMode: 'passthrough' }),
        domain('nowhere', 443, { route: 'none' }),
      ];
    },
    takes: [],
    finds: [
      'Domain starttls',
      'Domain denied',
      'Domain refused',
      'Domain too-many-addresses',
      'Domain not-verified',
      'Domain upstream',
    ],
  },
  {
    name: 'a server that failed, and a schedule that does not look again yet',
    scheduled: true,
    prepare: async (line) => {
      const documents = [domain('refused', 1)];
      await line.plan(documents);
      return documents;
    },
    takes: [],
    finds: ['Domain refused', 'Domain backing-off'],
  },
  {
    name: 'failures that events report, one of them twice with different content, and a schedule that does not probe yet',
    scheduled: true,
    prepare: async (line) => {
      const documents = [domain('issuance', 1), domain('renewal', 1)];
      const failed = (name: string, type: CertificateEvent['type'], digest: string): CertificateEvent => {
        const at = new Date(line.bench.now()).toISOString();
        const source = { source: 'cert_manager', cluster: 'prod', verified: true };
        return { ...source, id: `evt-${name}`, domain: `${name}.example.test`, type, at, received_at: at, digest };
      };
      await receive(line, documents, [
        failed('issuance', 'issuance_failed', 'one'),
        failed('renewal', 'renewal_failed', 'one'),
        failed('renewal', 'renewal_failed', 'two'),
      ]);
      return documents;
    },
    takes: [],
    finds: [
      'Domain issuance-failed',
      'Domain renewal-failed',
      'Domain event-conflict',
      'Domain backing-off',
      'Domain backing-off',
    ],
  },
  {
    name: 'a success that an event reports, and a probe after it that is refused',
    prepare: async (line) => {
      const documents = [domain('www', 1)];
      const at = new Date(line.bench.now()).toISOString();
      const type = 'renewal_succeeded';
      const source = { source: 'cert_manager', cluster: 'prod', verified: true };
      const event = {
        ...source,
        id: 'evt-s',
        domain: 'www.example.test',
        type,
        at,
        received_at: at,
        digest: 's',
      } as const;
      await receive(line, documents, [event]);
      expect(line.log.recall.resources.get('certificates/Domain/www')?.state).toBe('issued');
      line.bench.clock.at += HOUR;
      return documents;
    },
    takes: [],
    finds: ['Domain refused'],
  },
  {
    name: 'many at once, of all sorts',
    prepare: async (line) => {
      const { folder } = line.bench;
      const names = ['a', 'b', 'c', 'd', 'e'];
      const tolerant = { recovery: { enabled: false }, renewal: { thresholdDays: 1 } };
      await appliedBefore(line, -2, [issuer(), certificate('b')]);
      await appliedBefore(line, 20, [issuer(), certificate('b', tolerant), certificate('a')]);
      await line.apply([issuer(), ...names.map((name) => certificate(name, tolerant))]);
      chmodSync(join(folder, 'tls/c.key'), 0o644);
      rmSync(join(folder, 'tls/d.crt'));
      rmSync(join(folder, 'tls/d.key'));
      const port = await line.bench.serve(serverOf(folder, 'c'));
      return [
        issuer(),
        ...['a', 'b', 'c', 'd', 'new'].map((name) => certificate(name)),
        domain('c', port),
        domain('a', port),
      ];
    },
    takes: [
      'Certificate expiring_soon>renewing',
      'Certificate expired>recovering',
      'Certificate normal>normal',
      'Certificate absent>normal',
      'Certificate absent>normal',
      'Certificate release',
    ],
    finds: ['Domain wrong-name', 'Certificate expired'],
  },
];

pluginConformance({ describe, it }, certificates, open, situations);

it('resolves the paths of a document from its own folder', () => {
  const below = (desired: Desired): Desired => ({
    ...desired,
    source: { ...desired.source, file: 'desired/a/b.yaml' },
  });
  const plugins = new Map([[certificates.name, certificates]]);
  const expanded = (desired: Desired) => expand([desired], plugins, emptyRecall())[0]?.spec;
  const storage = (to: string) => ({ storage: { file: { certificate: `${to}www.crt`, key: `${to}www.key` } } });
  const localCa = (dir: string) => document('Issuer', 'ca', { localCa: { dir, commonName: 'Test CA' } });
  expect(expanded(below(www(storage('../../tls/'))))).toEqual(expanded(www(storage('./tls/'))));
  expect(expanded(below(www(storage('/etc/tls/'))))).toEqual(expanded(www(storage('/etc/./tls/'))));
  expect(expanded(below(localCa('../../ca/')))).toEqual(expanded(localCa('./x/../ca')));
  expect(expanded(below(domain('d', 1, { trust: ['../../ca/ca.crt', '/etc/ca.crt'] })))).toEqual(
    expanded(domain('d', 1, { trust: ['ca/ca.crt', '/etc/ca.crt'] })),
  );
});
