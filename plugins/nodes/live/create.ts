/**
 * Creates a server: one call that must not be repeated blindly, and the settings that the request cannot carry.
 *
 * Names are unique in a project, so a call that is repeated after a lost answer creates no second server: it is refused
 * (`uniqueness_error`). The labels hold the id of the intent and show which intent created the server.
 */

import type { Json } from '#plugin';
import type { Call, CreateOrder, Named, ServerSeen } from '../world.ts';
import { type ApiServer, createdShape } from './answers.ts';
import { ApiError } from '#plugin/http';
import { makeChange, presentServer, settledServer, type Writable } from './change.ts';
import { aliasIps, attachmentIn, attachNetwork, backups, detachNetwork, powerOn, protection } from './changes.ts';
import { getServerByName, serverSeen } from './reader.ts';
import { defined } from '#plugin';

/** Waits between reads, in ms, after a create call without an answer; after the last the call is repeated. */
const LOOKS_MS = [0, 2000, 5000];
const MOST_CALLS = 3;

type Network = CreateOrder['networks'][number];

/** The create request carries networks alone; an address or an alias needs a request of its own. */
function isPlain({ ip, aliasIps }: Network): boolean {
  return ip === undefined && aliasIps.length === 0;
}

async function idOf(found: Promise<Named>): Promise<number> {
  return (await found).id;
}

async function bodyOf({ names }: Writable, order: CreateOrder, signal: AbortSignal): Promise<Json> {
  const { publicNet, userData } = order;
  const plain = order.networks.filter(isPlain);
  const [networks, firewalls, volumes, group, ipv4, ipv6] = await Promise.all([
    Promise.all(plain.map(({ network }) => idOf(names.networks.find(network, signal)))),
    Promise.all(order.firewalls.map((firewall) => idOf(names.firewalls.find(firewall, signal)))),
    Promise.all(order.volumes.map((volume) => idOf(names.volumes.find(volume, signal)))),
    order.placementGroup === undefined ? undefined : idOf(names.placementGroups.find(order.placementGroup, signal)),
    publicNet.ipv4Address === undefined ? undefined : idOf(names.primaryIps.find(publicNet.ipv4Address, signal)),
    publicNet.ipv6Address === undefined ? undefined : idOf(names.primaryIps.find(publicNet.ipv6Address, signal)),
  ]);
  return defined({
    name: order.name,
    server_type: order.serverType,
    image: order.image,
    location: order.location,
    // The network must be complete before the first start.
    start_after_create: order.start && plain.length === order.networks.length,
    labels: order.labels,
    public_net: defined({
      enable_ipv4: publicNet.ipv4,
      enable_ipv6: publicNet.ipv6,
      ipv4,
      ipv6,
    }),
    ssh_keys: order.sshKeys.length === 0 ? undefined : order.sshKeys,
    user_data: userData,
    networks: networks.length === 0 ? undefined : networks,
    firewalls: firewalls.length === 0 ? undefined : firewalls.map((firewall) => ({ firewall })),
    ...(volumes.length === 0 ? {} : { volumes, automount: false }),
    placement_group: group,
  });
}

/** Reports whether this request created the server: the server has all of its labels. */
function isOurs(server: ApiServer, { labels }: CreateOrder): boolean {
  const entries = Object.entries(labels);
  return entries.length > 0 && entries.every(([key, value]) => server.labels[key] === value);
}

/** The server that this request created; undefined if none. Throws if another server has its name. */
async function madeBefore(writable: Writable, order: CreateOrder, signal: AbortSignal): Promise<ApiServer | undefined> {
  const server = await getServerByName(writable, order.name, signal);
  if (server === undefined || isOurs(server, order)) return server;
  throw new Error(`server ${order.name} already exists (id ${server.id}) and was not created by this action`);
}

/** Finds a server whose creation may have started. */
async function lookFor(writable: Writable, order: CreateOrder, call: Call): Promise<ApiServer | undefined> {
  for (const ms of LOOKS_MS) {
    if (ms > 0) await writable.client.timing.sleep(ms, call.signal);
    const server = await madeBefore(writable, order, call.signal);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** The server, once no action runs on it. */
async function made(writable: Writable, order: CreateOrder, call: Call): Promise<ApiServer> {
  const what = `create server ${order.name}`;
  const body = await bodyOf(writable, order, call.signal);
  const secrets = order.userData === undefined ? [] : [order.userData];
  for (let calls = 1; ; calls += 1) {
    try {
      const {
        server,
        action,
        next_actions: next,
      } = await writable.client.call(
        { what, method: 'POST', path: '/servers', body, shape: createdShape, secrets },
        call.signal,
      );
      call.progress(`waiting for ${action.command}`);
      await writable.actions.finished(what, [action, ...next], call.signal);
      return await presentServer(writable, server.id, call.signal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.fate === 'nothing' && error.code !== 'uniqueness_error') throw error;
      call.progress('looking for the created server');
      const found =
        error.fate === 'nothing'
          ? await madeBefore(writable, order, call.signal)
          : await lookFor(writable, order, call);
      if (found !== undefined) return settledServer(writable, found.id, call);
      if (calls >= MOST_CALLS) throw error;
    }
  }
}

/** Attaches a server to one network, with the requested address and aliases. */
export async function attach(
  writable: Writable,
  id: number,
  { network: nameOrId, ip, aliasIps: wanted }: Network,
  call: Call,
): Promise<void> {
  const network = await writable.names.networks.find(nameOrId, call.signal);
  const before = await settledServer(writable, id, call);
  const there = attachmentIn(before, network);
  if (there !== undefined && ip !== undefined && there.ip !== ip)
    await makeChange(writable, id, detachNetwork(id, network), call, before);
  await makeChange(writable, id, attachNetwork(id, network, ip, wanted), call);
  await makeChange(writable, id, aliasIps(id, network, wanted), call);
}

/** Creates a server, or continues an interrupted creation. */
export async function createServer(writable: Writable, order: CreateOrder, call: Call): Promise<ServerSeen> {
  const server = await made(writable, order, call);
  const { id } = server;
  const special = order.networks.filter((each) => !isPlain(each));
  for (const network of special) await attach(writable, id, network, call);
  // A server that is already starting needs no call.
  const isOff = order.start && server.status === 'off';
  if (isOff) await makeChange(writable, id, powerOn(id), call);
  const wanted = [...(order.backups ? [backups(id, true)] : []), ...(order.protection ? [protection(id, true)] : [])];
  const missing = wanted.filter(({ isDone }) => !isDone(server));
  for (const change of missing) await makeChange(writable, id, change, call);
  const isTouched = special.length > 0 || isOff || missing.length > 0;
  return serverSeen(writable, isTouched ? await presentServer(writable, id, call.signal) : server, call.signal);
}
