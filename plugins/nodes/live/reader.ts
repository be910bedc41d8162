/** Read access to the infrastructure: the account at the provider, the workload source, and the servers' ports. */

import { dialectFor } from './dialect.ts';
import { durationMs, type Outside } from '#plugin';
import { defaults, type NodesConfig } from '../generated.ts';
import type { NodesReader, ServerSeen } from '../world.ts';
import { type ApiServer, type ApiServerType, serverShape } from './answers.ts';
import {
  type Client,
  isNotFound,
  list,
  object,
  openClient,
  realTiming,
  recentRead,
  sharedRead,
  type Timing,
} from '#plugin/http';
import { limiter } from '#plugin/limit';
import { openHttp, type SendHttp, usualDenial } from '#plugin/net';
import { type CatalogueReader, catalogueReader } from './catalogue.ts';
import { type Directories, directories } from './directory.ts';
import { endpointOf } from './endpoint.ts';
import { listAll } from './pages.ts';
import { readPrices, readTypes } from './prices.ts';
import { probe } from './probe.ts';
import { prepareNames, serversSeen } from './server-seen.ts';
import { tokenOf } from './token.ts';
import { type FilePlace, userDataDigest } from './user-data.ts';
import { openSource, type Source } from './workloads.ts';

/** The account, opened on first use: a project of static nodes alone needs no token. */
export interface Account {
  readonly client: Client;
  readonly names: Directories;
  readonly types: (signal: AbortSignal) => Promise<readonly ApiServerType[]>;
  readonly catalogue: CatalogueReader;
}

export type OpenAccount = (signal: AbortSignal) => Promise<Account>;

/** The common part of reader and writer. */
export interface Opened {
  readonly account: OpenAccount;
  readonly source: Source;
  readonly reader: NodesReader;
  /** The place of user data files. */
  readonly files: FilePlace;
}

const SERVERS = {
  what: 'list servers',
  path: '/servers',
  query: [['sort', 'id:asc']],
  member: 'servers',
  item: serverShape,
} as const;

/** Time that the server types stay fresh, in ms. */
const TYPES_MS = 15_000;

function openAccount(outside: Outside, timing: Timing, send: SendHttp): Account {
  const config = outside.config as unknown as NodesConfig;
  const { hetzner } = config.provider;
  const token = tokenOf(hetzner.token, outside.env);
  const endpoint = endpointOf(hetzner.endpoint, token.value, outside.env);
  const requestMs = config.requestSeconds * 1000;
  const client = openClient({
    send,
    endpoint,
    token,
    dialect: dialectFor(token),
    timing,
    requestMs,
    reserve: config.requestReserve,
  });
  const types = recentRead((signal) => readTypes(client, signal), TYPES_MS, timing.now);
  return { client, names: directories(client), types, catalogue: catalogueReader(client, types) };
}

/** One server in the API's format; undefined if it does not exist. */
export async function getServer({ client }: Account, id: number, signal: AbortSignal): Promise<ApiServer | undefined> {
  try {
    const shape = object({ server: serverShape });
    return (await client.call({ what: `read server ${id}`, method: 'GET', path: `/servers/${id}`, shape }, signal))
      .server;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The server with this name; undefined if it does not exist. */
export async function getServerByName(
  { client }: Account,
  name: string,
  signal: AbortSignal,
): Promise<ApiServer | undefined> {
  const shape = object({ servers: list(serverShape) });
  const call = {
    what: `find server ${name}`,
    method: 'GET',
    path: '/servers',
    query: [['name', name]],
    shape,
  } as const;
  const { servers } = await client.call(call, signal);
  // The provider filters exactly; a proxy may drop the filter.
  return servers.find((server) => server.name === name);
}

/** One server in fettle's format. */
export async function serverSeen({ names }: Account, server: ApiServer, signal: AbortSignal): Promise<ServerSeen> {
  const [seen] = await serversSeen([server], names, signal);
  if (seen === undefined) throw new Error(`server ${server.id} is missing from the converted list`);
  return seen;
}

export function open(outside: Outside, timing: Timing): Opened {
  const config = outside.config as unknown as NodesConfig;
  const { folder, fileRoots, env, now, project } = outside;
  const denial = usualDenial(env);
  const send = openHttp(denial);
  const opening = sharedRead(async () => openAccount(outside, timing, send));
  const account: OpenAccount = (signal) => opening.get(signal);
  const workloadsIntervalMs = durationMs(config.workloads?.interval ?? defaults.config.workloads.interval);
  const source = openSource({
    send,
    config: config.workloads,
    folder,
    fileRoots,
    env,
    now,
    oldestMs: 2 * workloadsIntervalMs,
  });
  const prices = sharedRead(async (signal) => {
    const { client, types } = await account(signal);
    return readPrices(client, types, signal);
  });
  const probes = limiter(config.probe.concurrency);
  const probeMs = config.probe.timeoutSeconds * 1000;

  const one = async (
    find: (account: Account) => Promise<ApiServer | undefined>,
    signal: AbortSignal,
  ): Promise<ServerSeen | undefined> => {
    const opened = await account(signal);
    const server = await find(opened);
    return server === undefined ? undefined : serverSeen(opened, server, signal);
  };

  const reader: NodesReader = {
    limits: {
      probes: config.probe.concurrency,
      probeIntervalMs: durationMs(config.probe.interval),
      workloadsIntervalMs,
      project,
    },
    hooks: source.hooks,
    servers: async (signal) => {
      const { client, names } = await account(signal);
      const servers = await listAll(client, SERVERS, signal, (first) => prepareNames(first, names, signal));
      return serversSeen(servers, names, signal);
    },
    server: (id, signal) => one((opened) => getServer(opened, id, signal), signal),
    serverByName: (name, signal) => one((opened) => getServerByName(opened, name, signal), signal),
    prices: (signal) => prices.get(signal),
    catalogue: async (list, signal) => (await account(signal)).catalogue.list(list, signal),
    workloads: (signal) => source.read(signal),
    probe: (target, signal) => probes(() => probe(target, denial, probeMs, signal), { signal }),
    userDataDigest: (file) => userDataDigest(outside, file),
  };
  return { account, source, reader, files: outside };
}

export function openReader(outside: Outside, timing: Timing = realTiming): NodesReader {
  return open(outside, timing).reader;
}
