/** Two daemons of one project in two regions, each with a store of its own, and proxies between them that cut. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Daemon, daemon } from './daemon.ts';

export type Region = 'us' | 'eu';
export const REGIONS = ['us', 'eu'] as const;

export const TOKEN = 'the-shared-token';
const READ = 'read-token';

/** Certificates of an authority, and of another one. */
export interface Certificates {
  readonly folder: string;
  readonly issue: (name: string, names: string, by?: string) => void;
  readonly pem: (file: string) => string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

export function certificates(): Certificates {
  const folder = temporaryFolder();
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', ['req', '-x509', ...NEW_KEY, ...args], { cwd: folder, stdio: 'pipe' });
  };
  const issue = (name: string, names: string, by = 'ca'): void => {
    const own = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
    const signed = ['-addext', 'basicConstraints=critical,CA:FALSE', '-CA', `${by}.crt`, '-CAkey', `${by}.key`];
    openssl(...own, ...signed, '-keyout', `${name}.key`, '-out', `${name}.crt`);
    chmodSync(join(folder, `${name}.key`), 0o600);
  };
  for (const name of ['ca', 'strange'])
    openssl('-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`);
  issue('server', 'IP:127.0.0.1');
  for (const region of REGIONS) issue(region, `URI:spiffe://example.org/${region}`);
  return { folder, issue, pem: (file) => readFileSync(join(folder, file), 'utf8') };
}

export type Cut =
  /** Every byte goes through. */
  | 'none'
  /** Connections end, and new ones too. */
  | 'gone'
  /** Connections stay open, and nothing passes. */
  | 'silent'
  /** The answer ends after its first bytes. */
  | 'answer';

export interface CuttingProxy {
  readonly port: number;
  to: number;
  cut: (mode: Cut) => void;
  /** Connections that were cut in the middle of an answer. */
  readonly halves: () => number;
}

/** Bytes of the server after which `answer` cuts: more than those of the handshake. */
const HALF = 4000;

export async function cuttingProxy(): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let mode: Cut = 'none';
  let halves = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const proxy = { port: 0, to: 0, cut: (next: Cut) => change(next), halves: () => halves };
  const change = (next: Cut): void => {
    mode = next;
    if (next === 'gone') for (const socket of sockets) socket.destroy();
  };
  const server = createServer((inner) => {
    const client = keep(inner);
    if (mode === 'gone') return void client.destroy();
    const upstream = keep(connect(proxy.to, '127.0.0.1'));
    let bytes = 0;
    client.on('data', (chunk: Buffer) => {
      if (mode !== 'silent') upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (mode === 'silent') return;
      bytes += chunk.byteLength;
      if (mode === 'answer' && bytes > HALF) {
        halves += 1;
        client.end(chunk.subarray(0, 20), () => client.destroy());
        return void upstream.destroy();
      }
      client.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    change('gone');
    server.close();
  });
  proxy.port = (server.address() as { readonly port: number }).port;
  return proxy;
}

/** A Domain at a port of this machine that nothing listens on, with a route to a region. */
export function routed(name: string, region: string | undefined): string {
  const route = region === undefined ? '' : `, route: { target: 127.0.0.1, region: ${region} }`;
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec: { host: ${name}.example.test, address: 127.0.0.1, port: 1${route} }
`;
}

export interface HostOptions {
  readonly peer: { readonly name: string; readonly port: number };
  readonly certificates: Certificates;
  readonly pull?: string;
}

/** The file of the host of a region. */
export function regionYaml(own: string, { peer, certificates: { folder }, pull = '1s' }: HostOptions): string {
  const hash = createHash('sha256').update(READ).digest('hex');
  const at = (file: string): string => join(folder, file);
  return `interval: 10s
tls: { certificate: ${at('server.crt')}, key: ${at('server.key')}, clientAuthority: ${at('ca.crt')} }
access: { tokens: [{ name: reader, hash: "sha256:${hash}", roles: [read, metrics, operate] }] }
regions:
  name: ${own}
  pull: ${pull}
  peers:
    - name: ${peer.name}
      url: https://127.0.0.1:${peer.port}
      san: "URI:spiffe://example.org/${peer.name}"
      authority: ${at('ca.crt')}
      certificate: ${at(`${own}.crt`)}
      key: ${at(`${own}.key`)}
`;
}

export interface RegionDaemon {
  readonly region: string;
  readonly folder: string;
  readonly running: Daemon;
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly json: (path: string) => Promise<Record<string, unknown>>;
  /** Sends an event, and gives the status of the answer. */
  readonly send: (event: object) => Promise<number>;
  /** The events of the log by id, as `status region`. */
  readonly events: () => Promise<Readonly<Record<string, string>>>;
}

export function ask(
  port: number,
  path: string,
  { certificates: { pem }, method = 'GET', headers = {}, body, client }: Asked,
): Promise<{ readonly status: number; readonly text: string }> {
  const own = client === undefined ? {} : { cert: pem(`${client}.crt`), key: pem(`${client}.key`) };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path, method, headers, ca: pem('ca.crt'), agent: false, ...own },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    asked.on('error', reject).end(body);
  });
}

export interface Asked {
  readonly certificates: Certificates;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The client's certificate. */
  readonly client?: string;
}

export async function regionDaemon(
  region: string,
  folder: string,
  options: HostOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<RegionDaemon> {
  const running = await daemon(folder, regionYaml(region, options), [], {
    CERT_EVENT_INGEST_TOKEN: TOKEN,
    CERT_REPLICATION_TARGET_REGIONS: REGIONS.join(','),
    ...env,
  });
  const own = options.certificates;
  const get: RegionDaemon['get'] = async (path) =>
    ask(await running.port(), path, { certificates: own, headers: { authorization: `Bearer ${READ}` } });
  const json: RegionDaemon['json'] = async (path) => JSON.parse((await get(path)).text) as Record<string, unknown>;
  return {
    region,
    folder,
    running,
    get,
    json,
    send: async (event) => {
      const sent = { method: 'POST', headers: { 'x-cert-event-token': TOKEN }, body: JSON.stringify(event) };
      return (await ask(await running.port(), '/v1/domains/cert-events', { certificates: own, ...sent })).status;
    },
    events: async () => {
      const { events } = (await json('/v1/admin/cert-events?limit=500')) as {
        readonly events: readonly {
          readonly status: string;
          readonly region?: string;
          readonly event: { readonly source_event_id?: string };
        }[];
      };
      return Object.fromEntries(
        events.map(({ status, region: to, event }) => [
          event.source_event_id ?? '',
          to === undefined ? status : `${status} ${to}`,
        ]),
      );
    },
  };
}

export interface RegionSite {
  readonly us: RegionDaemon;
  readonly eu: RegionDaemon;
  /** The way to each region. */
  readonly ways: Readonly<Record<Region, CuttingProxy>>;
  readonly certificates: Certificates;
  /** Starts a region again, on its store. */
  readonly again: (region: Region, env?: Readonly<Record<string, string>>) => Promise<RegionDaemon>;
  readonly route: (name: string, region: string | undefined) => void;
}

export interface SiteOptions {
  readonly domains?: Readonly<Record<string, string | undefined>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The store of each region. */
  readonly store?: (region: Region) => string;
}

export async function regionSite({
  domains = { 'in-us': 'us', 'in-eu': 'eu', nowhere: undefined },
  env = {},
  store = () => '.fettle',
}: SiteOptions = {}): Promise<RegionSite> {
  const own = certificates();
  const ways = { us: await cuttingProxy(), eu: await cuttingProxy() };
  const folders = { us: join(temporaryFolder(), 'shop'), eu: join(temporaryFolder(), 'shop') };
  const route: RegionSite['route'] = (name, region) => {
    for (const folder of Object.values(folders)) writeFiles(folder, { [`desired/${name}.yaml`]: routed(name, region) });
  };
  for (const region of REGIONS) {
    mkdirSync(folders[region]);
    writeFiles(folders[region], { 'fettle.yaml': `name: shop\nstore: "${store(region)}"\n` });
  }
  for (const [name, region] of Object.entries(domains)) route(name, region);
  const again: RegionSite['again'] = async (region, more = {}) => {
    const name = region === 'us' ? 'eu' : 'us';
    const peer = { name, port: ways[name].port };
    const found = await regionDaemon(region, folders[region], { peer, certificates: own }, { ...env, ...more });
    ways[region].to = await found.running.port();
    return found;
  };
  const [us, eu] = await Promise.all([again('us'), again('eu')]);
  return { us, eu, ways, certificates: own, again, route };
}

/** The copies of a region, as `domain@region state`. */
export async function copiesIn({ json }: RegionDaemon): Promise<readonly string[]> {
  const { targets } = (await json('/v1/domains/cert-replication')) as {
    readonly targets: readonly { readonly domain: string; readonly region: string; readonly state: string }[];
  };
  return targets.map(({ domain, region, state }) => `${domain}@${region} ${state}`);
}

export function until<T>(read: () => Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 60_000, interval: 250 });
}
