/**
 * Making a server: one call that must not be made twice for nothing, and what the order itself cannot carry.
 *
 * A name is there once in a project, so a call that is repeated after a lost answer makes no second server: it is refused
 * (`uniqueness_error`). Whose server has the name then is told by its labels, which hold the id of the intent.
 */

import type { Json } from '#plugin';
import type { Call, CreateOrder, Named, ServerSeen } from '../world.ts';
import { type ApiServer, createdShape } from './answers.ts';
import { ApiError } from '#plugin/http';
import { makeChange, presentServer, settledServer, type Writable } from './change.ts';
import { aliasIps, attachmentIn, attachNetwork, backups, detachNetwork, powerOn, protection } from './changes.ts';
import { getServerByName, serverSeen } from './reader.ts';
import { defined } from '#plugin';

/** Waits between looks for a server whose making nobody answered for, in ms; after the last the call is made again. */
const LOOKS_MS = [0, 2000, 5000];
const MOST_CALLS = 3;

type Network = CreateOrder['networks'][number];

/** The order carries networks alone; an address or an alias has to be asked for by itself. */
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
    // Its first start is to find the network as it was ordered.
    start_after_create: order.start && plain.length === order.networks.length,
    labels: order.labels,
    public_net: defined({
      enable_ipv4: publicNet.ipv4,
      enable_ipv6: publicNet.ipv6,
      ipv4,
      ipv6,
    }),
    ...(order.sshKeys.length === 0 ? {} : { ssh_keys: order.sshKeys }),
    user_data: userData,
    ...(networks.length === 0 ? {} : { networks }),
    ...(firewalls.length === 0 ? {} : { firewalls: firewalls.map((firewall) => ({ firewall })) }),
    ...(volumes.length === 0 ? {} : { volumes, automount: false }),
    ...(group === undefined ? {} : { placement_group: group }),
  });
}

/** Whether a server was made by this order: it has all of its labels. */
function isOurs(server: ApiServer, { labels }: CreateOrder): boolean {
  const entries = Object.entries(labels);
  return entries.length > 0 && entries.every(([key, value]) => server.labels[key] === value);
}

/** The server that this order made; undefined where there is none. Throws where somebody else's has its name. */
async function madeBefore(writable: Writable, order: CreateOrder, signal: AbortSignal): Promise<ApiServer | undefined> {
  const server = await getServerByName(writable, order.name, signal);
  if (server === undefined || isOurs(server, order)) return server;
  throw new Error(`there is a server ${order.name} already (id ${server.id}), and this did not make it`);
}

/** Looks for a server whose making may have begun. */
async function lookFor(writable: Writable, order: CreateOrder, call: Call): Promise<ApiServer | undefined> {
  for (const ms of LOOKS_MS) {
    if (ms > 0) await writable.client.timing.sleep(ms, call.signal);
    const server = await madeBefore(writable, order, call.signal);
    if (server !== undefined) return server;
  }
  return undefined;
}

/** The server, with nothing running on it. */
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
      call.progress('looking for what it made');
      const found =
        error.fate === 'nothing'
          ? await madeBefore(writable, order, call.signal)
          : await lookFor(writable, order, call);
      if (found !== undefined) return settledServer(writable, found.id, call);
      if (calls >= MOST_CALLS) throw error;
    }
  }
}

/** Attaches a server to one network, with the address and the aliases that are wanted. */
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

/** Makes a server, or goes on where an earlier call was cut short. */
export async function createServer(writable: Writable, order: CreateOrder, call: Call): Promise<ServerSeen> {
  const server = await made(writable, order, call);
  const { id } = server;
  const special = order.networks.filter((each) => !isPlain(each));
  for (const network of special) await attach(writable, id, network, call);
  // One that is starting already comes up by itself.
  const isOff = order.start && server.status === 'off';
  if (isOff) await makeChange(writable, id, powerOn(id), call);
  const wanted = [...(order.backups ? [backups(id, true)] : []), ...(order.protection ? [protection(id, true)] : [])];
  const missing = wanted.filter(({ isDone }) => !isDone(server));
  for (const change of missing) await makeChange(writable, id, change, call);
  const isTouched = special.length > 0 || isOff || missing.length > 0;
  return serverSeen(writable, isTouched ? await presentServer(writable, id, call.signal) : server, call.signal);
}
