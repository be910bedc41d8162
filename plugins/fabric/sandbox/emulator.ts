/**
 * The emulated Kubernetes API server: HTTPS on this machine, custom resource definitions, server-side apply, admission,
 * watches. Not emulated: the schemas of the server's own kinds, rules in CEL other than `self == oldSelf`, conversion
 * between versions, bodies in YAML that are not JSON, bodies in protobuf (`kubectl auth can-i`, `kubectl create
 * namespace`), garbage collection.
 */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { EVERYTHING, type User } from './access.ts';
import { admission, type Cluster, type Hook } from './admission.ts';
import type { ArmedFault, Fault } from './faults.ts';
import { type Controller, controllerOf } from './inside.ts';
import {
  BUILT_IN,
  DEFINITIONS,
  establishedDefinition,
  groupVersion,
  type Kind,
  kindsOf,
  NAMESPACES,
  storageOf,
} from './kinds.ts';
import { wholeSecond } from './managers.ts';
import { type Seen, serve, type Service } from './server.ts';
import { keyOf, openStore, type SavedStore, type Store } from './store.ts';
import { type Authority, authorityOf, makeAuthority, type Pair } from './tls.ts';
import { encode, parseValue, textAt, type Tree, treeAt } from './value.ts';

const LOOPBACK = '127.0.0.1';
const AUTHORITY_NAME = 'fettle sandbox';
const BOOKMARKS_MS = 60_000;

export interface EmulatorOptions {
  /** 0, the default, selects a free port. */
  readonly port?: number;
  /** Epoch ms. */
  readonly now?: () => number;
  /** Custom resource definitions that are there from the start. */
  readonly definitions?: readonly Tree[];
  readonly hooks?: readonly Hook[];
  /** Objects that a controller has made before the start: admission does not see them. */
  readonly objects?: readonly Tree[];
  /** Users by bearer token, in addition to the administrator. */
  readonly users?: Readonly<Record<string, User>>;
  /** Ms between two bookmarks of a watch. */
  readonly bookmarks?: number;
  /** False for a server that runs for days: it does not keep the requests that it received. */
  readonly remembers?: boolean;
  /** As `save` returned it. */
  readonly saved?: string;
}

export interface Emulator {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  /** The bearer token of an administrator. */
  readonly adminToken: string;
  /** A kubeconfig (as JSON) for a bearer token; the administrator's by default. */
  readonly kubeconfig: (token?: string) => string;
  /** Received requests, oldest first. */
  readonly seen: Seen[];
  /** Number of TLS handshakes. */
  readonly handshakes: () => number;
  readonly inject: (fault: Fault) => void;
  /** Ends all injected faults. */
  readonly endFaults: () => void;
  readonly store: Store;
  /** Other objects, as admission sees them. */
  readonly cluster: Cluster;
  /** A controller inside the emulator, with this field manager. */
  readonly controller: (manager: string) => Controller;
  /** Ends all connections, as a restart does. */
  readonly disconnect: () => void;
  readonly save: () => string;
  readonly stop: () => Promise<void>;
}

interface Saved {
  readonly authority: Pair;
  readonly adminToken: string;
  readonly store: SavedStore;
}

/** Puts an object into the store, as it is at the start. */
function seed(store: Store, kind: Kind, object: Tree, now: number): void {
  const name = textAt(object, 'metadata', 'name');
  const metadata = { uid: crypto.randomUUID(), creationTimestamp: wholeSecond(now), ...treeAt(object, 'metadata') };
  store.put(storageOf(kind), keyOf(textAt(object, 'metadata', 'namespace'), name), { ...object, metadata });
}

/** Puts an object of a served kind into the store. */
function seedObject(store: Store, object: Tree, kinds: readonly Kind[], now: number): void {
  const kind = kinds.find((one) => one.kind === object['kind'] && groupVersion(one) === object['apiVersion']);
  if (kind === undefined) throw new Error(`${textAt(object, 'kind')} is not served`);
  seed(store, kind, object, now);
}

function namespaceObject(name: string): Tree {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

/** The served kinds, which follow the definitions in the store. */
function servedKinds(store: Store): () => readonly Kind[] {
  const read = (): readonly Kind[] => [...BUILT_IN, ...store.list(storageOf(DEFINITIONS)).flatMap(kindsOf)];
  let known = read();
  store.watch(({ storage }) => {
    if (storage === storageOf(DEFINITIONS)) known = read();
  });
  return () => known;
}

function clusterOf(store: Store, kinds: () => readonly Kind[]): Cluster {
  const storages = (kind: string): readonly string[] => [
    ...new Set(
      kinds()
        .filter((one) => one.kind === kind)
        .map(storageOf),
    ),
  ];
  const list = (kind: string): readonly Tree[] => storages(kind).flatMap((storage) => store.list(storage));
  return {
    list,
    get: (kind, name) =>
      storages(kind)
        .map((storage) => store.get(storage, keyOf('default', name)))
        .find((found) => found !== undefined),
  };
}

/** Starts the emulated API server. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { now = Date.now, port = 0, hooks = [], users = {}, definitions = [], bookmarks = BOOKMARKS_MS } = options;
  const { remembers = true } = options;
  const saved = options.saved === undefined ? undefined : (parseValue(options.saved) as unknown as Saved);
  const authority =
    saved === undefined ? makeAuthority(AUTHORITY_NAME, now()) : authorityOf(saved.authority, AUTHORITY_NAME, now());
  const adminToken = saved?.adminToken ?? randomBytes(16).toString('hex');
  const store = openStore(saved?.store);
  const kinds = servedKinds(store);
  if (saved === undefined) {
    for (const name of ['default', 'kube-system']) seed(store, NAMESPACES, namespaceObject(name), now());
    for (const one of definitions) seed(store, DEFINITIONS, establishedDefinition(one, wholeSecond(now())), now());
    for (const one of options.objects ?? []) seedObject(store, one, kinds(), now());
  }
  const cluster = clusterOf(store, kinds);
  const faults: ArmedFault[] = [];
  const seen: Seen[] = [];
  const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'], rules: EVERYTHING };
  const service: Service = {
    store,
    kinds,
    admission: admission(store, hooks, cluster),
    credentials: {
      tokens: new Map([[adminToken, admin], ...Object.entries(users)]),
      certificates: new Map(Object.values({ ...users, admin }).map((user) => [user.name, user])),
    },
    now,
    timing: { bookmarks },
    faults,
    record: (request) => void (remembers && seen.push(request)),
  };

  const pair = authority.forServer();
  const tls = {
    key: pair.key,
    cert: pair.certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = createServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    response.on('error', () => undefined);
    serve(service, request, response).catch(() => response.destroy());
  });
  const sockets = new Set<Socket>();
  let handshakes = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', () => {
    handshakes += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, LOOPBACK, resolve);
  });
  const address = server.address() as AddressInfo;
  const url = `https://${LOOPBACK}:${address.port}`;
  const disconnect = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url,
    port: address.port,
    authority,
    adminToken,
    kubeconfig: (token = adminToken) => kubeconfigOf(url, authority.certificate, { sandbox: token }),
    seen,
    handshakes: () => handshakes,
    inject: (fault) => void faults.push({ fault, seen: 0 }),
    endFaults: () => void faults.splice(0),
    store,
    cluster,
    controller: (manager) => controllerOf(service, manager),
    disconnect,
    save: () =>
      encode({
        authority: { certificate: authority.certificate, key: authority.key },
        adminToken,
        store: store.save() as unknown as Tree,
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        disconnect();
      }),
  };
}

/** A kubeconfig (as JSON) with a context for each login, by name. The first one is the current context. */
export function kubeconfigOf(server: string, certificate: string, tokens: Readonly<Record<string, string>>): string {
  const ca = Buffer.from(certificate).toString('base64');
  const names = Object.keys(tokens);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server, 'certificate-authority-data': ca } }],
    users: names.map((name) => ({ name, user: { token: tokens[name] } })),
    contexts: names.map((name) => ({ name, context: { cluster: 'sandbox', user: name, namespace: 'default' } })),
    'current-context': names[0],
  });
}
