/**
 * The emulated infrastructure of certificates: TLS servers on this machine, as in an environment that grew without fettle.
 *
 * Authorities and some certificates exist already. Most servers read their files at each connection, so that they serve
 * a new pair at once. One server needs a signal to the sandbox, and one of two addresses of a name is outdated. The
 * sandbox has its own DNS server for the name with two addresses, and an ACME authority for a name that has no certificate.
 */

import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { RunningWorld, SandboxWorld } from '#plugin';
import { startDns } from './sandbox/dns.ts';
import { type PairOrder, makeFiles } from './sandbox/pairs.ts';
import { type Listening, type Serving, firstThatListens, startServer, startTwo } from './sandbox/servers.ts';

const LOOPBACK = '127.0.0.1';
/** Further addresses of this machine for the second server of a name: not every system has the first. */
const SECOND = ['127.0.0.2', '::1'];

interface Endpoint {
  readonly name: string;
  readonly shows: string;
  readonly serving: Serving;
  /** Days left of the initial certificate; undefined for none. */
  readonly daysLeft?: number;
  /** Host of that certificate, if it is another one. */
  readonly host?: string;
  /** The authority that issues the certificate, if a document manages it. */
  readonly managed?: 'ca' | 'inner';
  /** Days left of the certificate at the second address. */
  readonly secondDaysLeft?: number;
}

const ENDPOINTS: readonly Endpoint[] = [
  { name: 'good', shows: 'a certificate with 80 days left', serving: 'anew', daysLeft: 80, managed: 'ca' },
  { name: 'expiring', shows: 'a certificate with 21 days left', serving: 'anew', daysLeft: 21, managed: 'ca' },
  { name: 'expired', shows: 'a certificate that expired 3 days ago', serving: 'anew', daysLeft: -3, managed: 'ca' },
  {
    name: 'reload',
    shows: 'a certificate with 14 days left; the server reads a new one after a signal',
    serving: 'at-start',
    daysLeft: 14,
    managed: 'ca',
  },
  {
    name: 'stale',
    shows: 'a certificate with 85 days left, and the previous one at another address',
    serving: 'anew',
    daysLeft: 85,
    managed: 'ca',
    secondDaysLeft: 40,
  },
  {
    name: 'chain',
    shows: 'a certificate of an intermediate authority, without the intermediate certificate',
    serving: 'leaf',
    daysLeft: 80,
    managed: 'inner',
  },
  {
    name: 'wrong-name',
    shows: 'a certificate of another host',
    serving: 'anew',
    daysLeft: 80,
    host: 'other.example.test',
  },
  { name: 'silent', shows: 'accepts connections, and never answers', serving: 'silent' },
];

/** The endpoint whose certificate the emulated ACME authority issues. */
const PUBLIC: Endpoint = {
  name: 'public',
  shows: 'no certificate yet; an ACME authority issues one',
  serving: 'anew',
};

/** A port that is free now: the preferred one if possible. */
async function freePort(preferred = 0): Promise<number> {
  const server = createServer();
  try {
    await once(server.listen(preferred, LOOPBACK), 'listening');
  } catch {
    return freePort();
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The Issuer of the ACME authority, and what it issues. */
function publicYaml(directory: string, httpPort: number, port: number): string {
  return `apiVersion: certificates/v1
kind: Issuer
metadata: { name: sandbox-public }
spec:
  acme:
    directory: ${directory}
    accountKey: ../acme/account.key
    ca: ../acme/directory.pem
    contact: [ops@example.test]
    solvers:
      - http01: { listener: { port: ${httpPort}, address: ${LOOPBACK} }, selfCheck: skip }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${PUBLIC.name} }
spec:
  issuer: sandbox-public
  dnsNames: [${hostOf(PUBLIC.name)}]
  storage: { file: { certificate: ../tls/${PUBLIC.name}.crt, key: ../tls/${PUBLIC.name}.key } }
---
apiVersion: certificates/v1
kind: Domain
metadata: { name: ${PUBLIC.name} }
spec:
  host: ${hostOf(PUBLIC.name)}
  address: ${LOOPBACK}
  port: ${port}
  trust: [../acme/root.pem]
  certificate: ${PUBLIC.name}
`;
}

/** Ports of the authority and of the listener of challenges: a restart uses them again, so that the documents stay. */
interface PublicPorts {
  readonly directory: number;
  readonly http: number;
}

async function publicPorts(file: string): Promise<PublicPorts> {
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Partial<PublicPorts>,
    () => undefined,
  );
  const ports = { directory: await freePort(before?.directory), http: await freePort(before?.http) };
  await writeFile(file, JSON.stringify(ports));
  return ports;
}

/** Starts the ACME authority, and writes the documents that use it. */
async function startPublic(
  folder: string,
  resolver: string,
  port: number,
  now: number,
): Promise<{ readonly stop: () => Promise<void> }> {
  const { startAcme } = await import('./sandbox/acme/authority.ts');
  const acme = join(folder, 'acme');
  await mkdir(acme, { recursive: true });
  const own = join(folder, 'acme-authority');
  await mkdir(own, { recursive: true });
  const { directory: ownPort, http: httpPort } = await publicPorts(join(own, 'ports.json'));
  const ahead = now - Date.now();
  const authority = await startAcme({
    folder: own,
    port: ownPort,
    validation: { httpPort, resolver },
    now: () => Date.now() + ahead,
  });
  await writeFile(join(acme, 'directory.pem'), authority.ca);
  await writeFile(join(acme, 'root.pem'), authority.roots.join(''));
  await writeFile(join(folder, 'desired', `${PUBLIC.name}.yaml`), publicYaml(authority.directory, httpPort, port));
  return authority;
}

/** PID file of the sandbox: a signal to this process makes the server read its pair again. */
const PID_FILE = 'reload.pid';

function hostOf(name: string): string {
  return `${name}.example.test`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function pairsOf({ name, daysLeft, host, managed = 'ca', secondDaysLeft }: Endpoint): readonly PairOrder[] {
  const order = { host: host ?? hostOf(name), issuer: managed };
  return [
    ...(daysLeft === undefined ? [] : [{ ...order, path: `tls/${name}`, daysLeft }]),
    ...(secondDaysLeft === undefined ? [] : [{ ...order, path: `before/${name}`, daysLeft: secondDaysLeft }]),
  ];
}

/** Starts a server for each address of an endpoint. */
async function startEndpoint(
  folder: string,
  { name, serving, secondDaysLeft }: Endpoint,
  second: string,
): Promise<readonly Listening[]> {
  const first = (port: number): Promise<Listening> => startServer(join(folder, 'tls', name), serving, LOOPBACK, port);
  if (secondDaysLeft === undefined) return [await first(0)];
  return startTwo(first, (port) => startServer(join(folder, 'before', name), 'at-start', second, port));
}

function certificateYaml(
  name: string,
  issuer: 'ca' | 'inner',
  more: { lifecycle?: string; reload?: string } = {},
): string {
  return `---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
${more.lifecycle ?? ''}spec:
  issuer: ${issuer === 'ca' ? 'sandbox' : 'sandbox-inner'}
  dnsNames: [${hostOf(name)}]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
${more.reload ?? ''}`;
}

function domainYaml({ name, managed, secondDaysLeft }: Endpoint, port: number): string {
  return `---
apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec:
  host: ${hostOf(name)}
${secondDaysLeft === undefined ? `  address: ${LOOPBACK}\n` : ''}  port: ${port}
  trust: [${managed === 'inner' ? '../root-ca/ca.crt' : '../ca/ca.crt'}]
${managed === undefined ? '' : `  certificate: ${name}\n`}`;
}

const ISSUERS_YAML = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: sandbox }
spec: { localCa: { dir: ../ca, commonName: Sandbox CA } }
---
apiVersion: certificates/v1
kind: Issuer
metadata: { name: sandbox-inner }
spec: { localCa: { dir: ../inner, commonName: Sandbox intermediate } }
`;

/** The documents, one resource in each file, so that a user can delete one. */
async function writeDocuments(folder: string, ports: ReadonlyMap<string, number>): Promise<void> {
  const desired = join(folder, 'desired');
  await mkdir(desired, { recursive: true });
  await writeFile(join(desired, 'issuer.yaml'), ISSUERS_YAML);
  await writeFile(join(desired, 'api.yaml'), certificateYaml('api', 'ca').slice(4));
  for (const endpoint of ENDPOINTS) {
    const { name, managed } = endpoint;
    const domain = domainYaml(endpoint, ports.get(name) ?? 0);
    const more = {
      lifecycle: name === 'good' ? 'lifecycle: { protect: true, onRemove: remove }\n' : '',
      reload: name === 'reload' ? `  reload: { signal: { pidFile: ../${PID_FILE} } }\n` : '',
    };
    const text = managed === undefined ? domain : certificateYaml(name, managed, more) + domain;
    await writeFile(join(desired, `${name}.yaml`), text.slice(4));
  }
}

async function start(folder: string, now: number): Promise<RunningWorld> {
  if (!(await exists(join(folder, 'ca')))) await makeFiles(folder, ENDPOINTS.flatMap(pairsOf), now);
  const running = new Map<string, readonly Listening[]>();
  const second = await firstThatListens(SECOND);
  for (const endpoint of [...ENDPOINTS, PUBLIC])
    running.set(endpoint.name, await startEndpoint(folder, endpoint, second));
  const all = [...running.values()].flat();
  const zone = second.includes(':') ? { a: [LOOPBACK], aaaa: [second] } : { a: [LOOPBACK, second] };
  const two = ENDPOINTS.filter(({ secondDaysLeft }) => secondDaysLeft !== undefined);
  const dns = await startDns({
    ...Object.fromEntries(two.map(({ name }) => [hostOf(name), zone])),
    [hostOf(PUBLIC.name)]: { a: [LOOPBACK] },
  });
  const reload = (): void => {
    for (const listening of running.get('reload') ?? []) listening.reload();
  };
  process.on('SIGHUP', reload);
  await writeFile(join(folder, PID_FILE), `${process.pid}\n`);
  const portOf = (name: string): number => running.get(name)?.[0]?.port ?? 0;
  await writeDocuments(folder, new Map(ENDPOINTS.map(({ name }) => [name, portOf(name)])));
  const authority = await startPublic(folder, dns.address, portOf(PUBLIC.name), now);
  const shown = [...ENDPOINTS, PUBLIC];
  return {
    addresses: Object.fromEntries(
      shown.map(({ name }) => [name, { host: hostOf(name), address: LOOPBACK, port: portOf(name) }]),
    ),
    config: {
      // A short deadline, because one server never answers.
      probe: { connectSeconds: 1, handshakeSeconds: 1, greetingSeconds: 3, totalSeconds: 3, resolvers: [dns.address] },
      pidFiles: [PID_FILE],
    },
    rows: shown.map(({ name, shows }) => ({ name: hostOf(name), address: `${LOOPBACK}:${portOf(name)}`, shows })),
    stop: async () => {
      process.off('SIGHUP', reload);
      dns.stop();
      await rm(join(folder, PID_FILE), { force: true });
      await Promise.all([authority.stop(), ...all.map(({ stop }) => stop())]);
    },
  };
}

export const tlsSandbox: SandboxWorld = { name: 'tls', start };
