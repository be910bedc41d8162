/**
 * The emulated world of certificates: TLS servers on this machine, as an estate that has grown without fettle has them.
 *
 * An authority and some certificates are there already. Servers of managed certificates read their files anew at each
 * connection, so that what is swapped in is served at once.
 */

import { readFileSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, createSecureContext, type SecureContext } from 'node:tls';
import type { RunningWorld, SandboxWorld } from '../../src/sandbox/sandbox.ts';
import { keyPem, makeAuthority, makeKeys, makeLeaf, type Signer } from './live/x509-make.ts';

const LOOPBACK = '127.0.0.1';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const VALIDITY_DAYS = 90;

interface Endpoint {
  readonly name: string;
  readonly shows: string;
  /** Days left of the certificate that is there from the beginning; undefined: it has none, or never answers. */
  readonly daysLeft?: number;
  /** Names of that certificate, where they are not the host's. */
  readonly names?: readonly string[];
  /** A document manages its certificate. */
  readonly managed?: true;
  readonly silent?: true;
}

const ENDPOINTS: readonly Endpoint[] = [
  { name: 'good', shows: 'a certificate with 80 days left', daysLeft: 80, managed: true },
  { name: 'expiring', shows: 'a certificate with 21 days left', daysLeft: 21, managed: true },
  { name: 'expired', shows: 'a certificate that ended 3 days ago', daysLeft: -3, managed: true },
  { name: 'wrong-name', shows: 'a certificate of another host', daysLeft: 80, names: ['other.example.test'] },
  { name: 'silent', shows: 'takes connections, and never answers', silent: true },
];

function hostOf(name: string): string {
  return `${name}.example.test`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** An authority, and a certificate for each endpoint that has one. */
async function makeFiles(folder: string, now: number): Promise<void> {
  const ca = join(folder, 'ca');
  const tls = join(folder, 'tls');
  await mkdir(ca);
  await mkdir(tls);
  const keys = await makeKeys('ecdsa-p256');
  // Old enough for certificates that have ended.
  const certificate = await makeAuthority('Sandbox CA', keys, now - 400 * DAY_MS);
  const signer: Signer = { certificate, key: keys.privateKey };
  await writeFile(join(ca, 'ca.key'), keyPem(keys.privateKey), { mode: 0o600 });
  await writeFile(join(ca, 'ca.crt'), certificate.toString());
  for (const endpoint of ENDPOINTS) {
    if (endpoint.daysLeft === undefined) continue;
    const own = await makeKeys('ecdsa-p256');
    const leaf = await makeLeaf({
      dnsNames: endpoint.names ?? [hostOf(endpoint.name)],
      validityDays: VALIDITY_DAYS,
      keys: own,
      signer,
      // An hour more on either side: the days are whole ones for a while.
      now: now - (VALIDITY_DAYS - endpoint.daysLeft) * DAY_MS + Math.sign(endpoint.daysLeft) * HOUR_MS,
    });
    await writeFile(join(tls, `${endpoint.name}.key`), keyPem(own.privateKey), { mode: 0o600 });
    await writeFile(join(tls, `${endpoint.name}.crt`), leaf.toString() + certificate.toString());
  }
}

function contextOf(folder: string, name: string): SecureContext {
  return createSecureContext({
    cert: readFileSync(join(folder, 'tls', `${name}.crt`)),
    key: readFileSync(join(folder, 'tls', `${name}.key`)),
  });
}

function serverOf(folder: string, { name, silent }: Endpoint): Server {
  if (silent === true) return createTcpServer();
  return createTlsServer({
    SNICallback: (_host, take) => {
      try {
        take(null, contextOf(folder, name));
      } catch (error) {
        // Between the two renames of a swap the pair does not match: this client is refused, the next one is not.
        take(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}

interface Listening {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, LOOPBACK, resolve);
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, stop };
}

function certificateYaml(name: string, lifecycle = ''): string {
  return `---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
${lifecycle}spec:
  issuer: sandbox
  dnsNames: [${hostOf(name)}]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
`;
}

function domainYaml({ name, managed }: Endpoint, port: number): string {
  return `---
apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec:
  host: ${hostOf(name)}
  address: ${LOOPBACK}
  port: ${port}
  trust: [../ca/ca.crt]
${managed === true ? `  certificate: ${name}\n` : ''}`;
}

const ISSUER_YAML = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: sandbox }
spec: { localCa: { dir: ../ca, commonName: Sandbox CA } }
`;

/** One file a thing, so that somebody who plays can delete one. */
async function writeDocuments(folder: string, ports: ReadonlyMap<string, number>): Promise<void> {
  const desired = join(folder, 'desired');
  await mkdir(desired, { recursive: true });
  await writeFile(join(desired, 'issuer.yaml'), ISSUER_YAML);
  await writeFile(join(desired, 'api.yaml'), certificateYaml('api').slice(4));
  for (const endpoint of ENDPOINTS) {
    const domain = domainYaml(endpoint, ports.get(endpoint.name) ?? 0);
    const lifecycle = endpoint.name === 'good' ? 'lifecycle: { protect: true, onRemove: remove }\n' : '';
    const text = endpoint.managed === true ? certificateYaml(endpoint.name, lifecycle) + domain : domain;
    await writeFile(join(desired, `${endpoint.name}.yaml`), text.slice(4));
  }
}

async function start(folder: string, now: number): Promise<RunningWorld> {
  if (!(await exists(join(folder, 'ca')))) await makeFiles(folder, now);
  const running = new Map<string, Listening>();
  for (const endpoint of ENDPOINTS) running.set(endpoint.name, await listen(serverOf(folder, endpoint)));
  await writeDocuments(folder, new Map([...running].map(([name, { port }]) => [name, port])));
  const of = (name: string) => running.get(name)?.port ?? 0;
  return {
    addresses: Object.fromEntries(
      ENDPOINTS.map(({ name }) => [name, { host: hostOf(name), address: LOOPBACK, port: of(name) }]),
    ),
    // What never answers here is known to; nobody has to wait for it.
    config: { probe: { connectSeconds: 1, handshakeSeconds: 1, totalSeconds: 3 } },
    rows: ENDPOINTS.map(({ name, shows }) => ({ name: hostOf(name), address: `${LOOPBACK}:${of(name)}`, shows })),
    stop: async () => {
      await Promise.all([...running.values()].map(({ stop }) => stop()));
    },
  };
}

export const tlsSandbox: SandboxWorld = { name: 'tls', start };
