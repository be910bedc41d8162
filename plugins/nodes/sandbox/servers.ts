/** `/servers`: list, show, create, rename and label, delete, measure. */

import type { Json } from '#plugin';
import { attachment, nextPublicAddress } from './addresses.ts';
import { LOCATIONS, type LocationRow, SERVER_TYPES, type ServerTypeRow } from './catalog.ts';
import { ApiError, invalidInput, notFound, notUnique } from './errors.ts';
import { filtered, selected, sorted } from './paginate.ts';
import {
  assigneeOf,
  defaultPointer,
  isLocked,
  membersOf,
  presentAction,
  presentServer,
  presentTime,
} from './present.ts';
import {
  type Answer,
  act,
  actionAnswer,
  type Body,
  type Call,
  flagIn,
  idOf,
  isSold,
  labelsIn,
  named,
  needed,
  objectIn,
  objectsIn,
  pageAnswer,
  referenceIn,
  rowOf,
  textIn,
  textsIn,
  wholeIn,
  wholesIn,
} from './request.ts';
import {
  type ActionRow,
  type Effect,
  type ImageRow,
  type PrimaryIpRow,
  patchRow,
  type ServerRow,
  type ServerStatus,
  takeId,
} from './state.ts';
import { defined } from '#plugin';

const STATUSES: readonly ServerStatus[] = [
  'running',
  'initializing',
  'starting',
  'stopping',
  'off',
  'deleting',
  'migrating',
  'rebuilding',
  'unknown',
];

/** RFC 1123. */
const HOSTNAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const USER_DATA_MAX = 32 * 1024;
/** Time for which a deprecated image can be used. */
const AFTER_DEPRECATION_MS = 92 * 86_400_000;
/** Maximum number of private networks of one server. */
export const NETWORKS_MAX = 3;
/** Maximum number of servers in a spread placement group. */
export const SPREAD_MAX = 10;

export function serverOf(call: Call): ServerRow {
  return rowOf(call.cloud.servers, 'server', idOf(call));
}

function shown(call: Call, row: ServerRow): Json {
  return presentServer(call.cloud, row, call.conduct.unavailable);
}

export function listServers(call: Call): Answer {
  const { query } = call;
  let rows: readonly ServerRow[] = [...call.cloud.servers.values()];
  rows = filtered(rows, query, 'name', ({ name }) => name);
  rows = filtered(rows, query, 'status', ({ status }) => status, STATUSES);
  rows = selected(rows, query);
  rows = sorted(rows, query, { id: ({ id }) => id, name: ({ name }) => name, created: ({ created }) => created });
  return pageAnswer(call, 'servers', rows, (row) => shown(call, row));
}

export function showServer(call: Call): Answer {
  return { status: 200, body: { server: shown(call, serverOf(call)) } };
}

function checkName(call: Call, name: string, own?: number): string {
  if (!HOSTNAME.test(name)) throw invalidInput('name', 'must be a valid hostname as per RFC 1123');
  // The provider treats `A` and `a` as the same host name.
  const same = [...call.cloud.servers.values()].find((row) => row.name.toLowerCase() === name.toLowerCase());
  if (same !== undefined && same.id !== own) throw notUnique('name', 'server');
  return name;
}

export function updateServer(call: Call): Answer {
  const { id } = serverOf(call);
  const name = textIn(call.body, 'name');
  const labels = labelsIn(call.body);
  patchRow(
    call.cloud.servers,
    id,
    defined({ name: name === undefined ? undefined : checkName(call, name, id), labels }),
  );
  return showServer(call);
}

/** Throws if an action runs on the server, which excludes others. */
export function checkUnlocked(call: Call, id: number): void {
  if (isLocked(call.cloud, 'server', id)) throw new ApiError('locked', 'server is locked by a running action');
}

export function deleteServer(call: Call): Answer {
  const server = serverOf(call);
  if (server.protection.delete) throw new ApiError('protected', 'server deletion is protected');
  checkUnlocked(call, server.id);
  const { id, status } = server;
  const action = act(call, {
    command: 'delete_server',
    resources: [{ id, type: 'server' }],
    takes: call.conduct.times.remove,
    begins: [{ do: 'server', id, patch: { status: 'deleting', guest: 'down' } }],
    effects: [{ do: 'remove-server', id }],
    undo: [{ do: 'server', id, patch: { status, guest: server.guest } }],
  });
  return actionAnswer(call, action, 200);
}

/** The server type that a request names, if it is sold. */
export function typeIn(call: Call, name = 'server_type'): ServerTypeRow {
  const reference = needed(referenceIn(call.body, name), name);
  const type = named(SERVER_TYPES, reference);
  if (type === undefined) throw invalidInput(name, `server type '${reference}' not found`);
  return type;
}

/** Throws if a type is not available in a location. */
export function checkAvailable(call: Call, type: ServerTypeRow, location: string): void {
  if (!isSold(type, location)) throw new ApiError('unsupported_error', 'unsupported location for server type');
  if (type.deprecation !== undefined && type.deprecation.unavailableAfter <= call.now)
    throw new ApiError('invalid_server_type', `server type ${type.name} is deprecated`);
  if (call.conduct.unavailable.has(`${type.name}@${location}`))
    throw new ApiError('resource_unavailable', `server type ${type.name} is not available in ${location}`);
  if (call.conduct.noPlace.has(`${type.name}@${location}`))
    throw new ApiError('placement_error', 'error during placement');
}

function locationIn(call: Call): LocationRow {
  const datacenter = textIn(call.body, 'datacenter')?.replace(/-dc\d+$/, '');
  const reference = textIn(call.body, 'location') ?? datacenter;
  if (reference === undefined) return LOCATIONS[1] as LocationRow;
  const location = named(LOCATIONS, reference);
  if (location === undefined) throw invalidInput('location', `location '${reference}' not found`);
  return location;
}

/** The image of this name for the type's architecture. */
export function imageIn(call: Call, architecture: string): ImageRow {
  const reference = needed(referenceIn(call.body, 'image'), 'image');
  const fitting = [...call.cloud.images.values()].filter((image) => image.architecture === architecture);
  const image = named(fitting, reference);
  if (image === undefined) {
    if (named(call.cloud.images.values(), reference) !== undefined)
      throw invalidInput('image', `image '${reference}' is of another architecture`);
    throw invalidInput('image', `image '${reference}' not found`);
  }
  if (image.status !== 'available') throw new ApiError('unsupported_error', 'image is not available');
  if (image.deprecated !== null && image.deprecated + AFTER_DEPRECATION_MS <= call.now)
    throw invalidInput('image', `image '${reference}' is deprecated`);
  return image;
}

function sshKeysIn(call: Call): readonly number[] {
  return textsIn(call.body, 'ssh_keys').map((reference) => {
    const key = named(call.cloud.sshKeys.values(), reference);
    if (key === undefined) throw invalidInput('ssh_keys', `SSH key '${reference}' not found`);
    return key.id;
  });
}

/** The primary IP of a new server: the named one, if free, or a new one that is deleted with the server. */
function primaryIpFor(
  call: Call,
  type: 'ipv4' | 'ipv6',
  server: { readonly name: string; readonly location: number },
  net: Body,
): PrimaryIpRow | undefined {
  if (flagIn(net, `enable_${type}`) === false) return undefined;
  const wanted = wholeIn(net, type);
  if (wanted !== undefined) {
    const row = rowOf(call.cloud.primaryIps, 'primary IP', wanted);
    if (row.type !== type) throw new ApiError('primary_ip_version_mismatch', `primary IP ${wanted} is not ${type}`);
    if (assigneeOf(call.cloud, wanted) !== undefined)
      throw new ApiError('primary_ip_assigned', `primary IP ${wanted} is assigned already`);
    if (row.location !== server.location)
      throw invalidInput(`public_net.${type}`, 'the primary IP is in another location');
    return row;
  }
  if (call.cloud.primaryIps.size >= call.conduct.limits.primaryIps)
    throw new ApiError('resource_limit_exceeded', 'primary IP limit exceeded');
  return makePrimaryIp(call, { type, location: server.location, autoDelete: true, labels: {} });
}

export function makePrimaryIp(
  call: Pick<Call, 'cloud' | 'now'>,
  draft: Pick<PrimaryIpRow, 'type' | 'location' | 'autoDelete' | 'labels'> & { readonly name?: string },
): PrimaryIpRow {
  const id = takeId(call.cloud);
  const ip = nextPublicAddress(call.cloud, draft.type);
  return {
    id,
    name: draft.name ?? `primary_ip-${id}`,
    labels: draft.labels,
    created: call.now,
    type: draft.type,
    ip,
    location: draft.location,
    dnsPtr: draft.type === 'ipv4' ? [{ ip, name: defaultPointer(ip) }] : [],
    protection: { delete: false },
    autoDelete: draft.autoDelete,
  };
}

function checkGroup(call: Call): number | null {
  const wanted = wholeIn(call.body, 'placement_group');
  if (wanted === undefined) return null;
  const group = call.cloud.placementGroups.get(wanted);
  if (group === undefined) throw notFound('placement group', wanted);
  checkRoom(call, group.id);
  return group.id;
}

/** Throws if a placement group is full. */
export function checkRoom(call: Call, group: number): void {
  if (membersOf(call.cloud, group).length >= SPREAD_MAX)
    throw new ApiError('placement_error', `a placement group holds ${SPREAD_MAX} servers at most`);
}

/** Checks the complete request before anything is created. */
export function createServer(call: Call): Answer {
  const { cloud, conduct, body } = call;
  const name = checkName(call, needed(textIn(body, 'name'), 'name'));
  const type = typeIn(call);
  const image = imageIn(call, type.architecture);
  if (image.disk > type.disk) throw invalidInput('image', 'image disk is bigger than server type disk');
  const location = locationIn(call);
  const labels = labelsIn(body) ?? {};
  const sshKeys = sshKeysIn(call);
  const userData = textIn(body, 'user_data') ?? '';
  if (Buffer.byteLength(userData) > USER_DATA_MAX) throw invalidInput('user_data', 'must not be larger than 32KiB');
  const volumes = wholesIn(body, 'volumes').map((id) => rowOf(cloud.volumes, 'volume', id));
  for (const volume of volumes) {
    if (volume.location !== location.id) throw invalidInput('volumes', `volume ${volume.id} is in another location`);
    if (volume.server !== null) throw new ApiError('volume_already_attached', `volume ${volume.id} is attached`);
  }
  const firewalls = objectsIn(body, 'firewalls').map((one) =>
    rowOf(cloud.firewalls, 'firewall', needed(wholeIn(one, 'firewall'), 'firewalls')),
  );
  const networks = wholesIn(body, 'networks').map((id) => rowOf(cloud.networks, 'network', id));
  if (networks.length > NETWORKS_MAX)
    throw new ApiError('resource_limit_exceeded', `a server is attached to ${NETWORKS_MAX} networks at most`);
  const placementGroup = checkGroup(call);
  if (cloud.servers.size >= conduct.limits.servers)
    throw new ApiError('resource_limit_exceeded', 'server limit exceeded');
  checkAvailable(call, type, location.name);
  const net = objectIn(body, 'public_net') ?? {};
  const place = { name, location: location.id };
  const ipv4 = primaryIpFor(call, 'ipv4', place, net);
  const ipv6 = primaryIpFor(call, 'ipv6', place, net);
  if (ipv4 === undefined && ipv6 === undefined && networks.length === 0)
    throw invalidInput('public_net', 'a server needs a public or a private network');

  const id = takeId(cloud);
  let row: ServerRow = {
    id,
    name,
    status: 'initializing',
    created: call.now,
    type: type.id,
    location: location.id,
    image: image.id,
    iso: null,
    ipv4: ipv4?.id ?? null,
    ipv6: ipv6?.id ?? null,
    privateNets: [],
    rescue: false,
    backupWindow: null,
    protection: { delete: false, rebuild: false },
    labels,
    placementGroup,
    disk: type.disk,
    userData,
    sshKeys,
    guest: 'down',
    boots: 0,
    faults: conduct.guests.shift() ?? {},
  };
  for (const network of networks) {
    const one = attachment(cloud, network, row, location.zone, { aliasIps: [] });
    row = { ...row, privateNets: [...row.privateNets, one] };
  }
  cloud.servers.set(id, row);
  for (const ip of [ipv4, ipv6]) if (ip !== undefined) cloud.primaryIps.set(ip.id, ip);
  for (const { id: firewall } of firewalls) {
    const servers = cloud.firewalls.get(firewall)?.servers ?? [];
    patchRow(cloud.firewalls, firewall, { servers: [...servers, { id, applied: false }] });
  }
  const action = act(call, {
    command: 'create_server',
    resources: [
      { id, type: 'server' },
      { id: image.id, type: 'image' },
    ],
    takes: conduct.times.create,
    effects: [
      { do: 'server', id, patch: { status: flagIn(body, 'start_after_create') === false ? 'off' : 'starting' } },
      ...firewalls.map((firewall): Effect => ({ do: 'firewall-applied', firewall: firewall.id, server: id })),
    ],
    // A server whose creation failed does not exist.
    undo: [{ do: 'remove-server', id }],
  });
  const next = followUps(
    call,
    id,
    action,
    volumes.map((volume) => volume.id),
  );
  return {
    status: 201,
    body: {
      server: shown(call, rowOf(cloud.servers, 'server', id)),
      action: presentAction(action, call.now),
      next_actions: next.map((one) => presentAction(one, call.now)),
      root_password: sshKeys.length > 0 ? null : `root-${id.toString(36)}`,
    },
  };
}

/** Actions after the creation: attaching volumes, and the start. */
function followUps(call: Call, id: number, made: ActionRow, volumes: readonly number[]): readonly ActionRow[] {
  const resources = [{ id, type: 'server' }];
  const attached: ActionRow[] = [];
  for (const volume of volumes) {
    attached.push(
      act(call, {
        command: 'attach_volume',
        resources: [...resources, { id: volume, type: 'volume' }],
        takes: call.conduct.times.other,
        effects: [{ do: 'volume', id: volume, patch: { server: id } }],
        after: attached.at(-1) ?? made,
      }),
    );
  }
  if (flagIn(call.body, 'start_after_create') === false) return attached;
  const started = act(call, {
    command: 'start_server',
    resources,
    takes: call.conduct.times.start,
    effects: [{ do: 'boot', id }],
    undo: [{ do: 'server', id, patch: { status: 'off' } }],
    after: attached.at(-1) ?? made,
  });
  return [...attached, started];
}

const METRICS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['cpu'],
  disk: ['disk.0.iops.read', 'disk.0.iops.write', 'disk.0.bandwidth.read', 'disk.0.bandwidth.write'],
  network: ['network.0.pps.in', 'network.0.pps.out', 'network.0.bandwidth.in', 'network.0.bandwidth.out'],
};
const SAMPLES_MAX = 500;

export function showMetrics(call: Call): Answer {
  const server = serverOf(call);
  const types = call.query.getAll('type').flatMap((text) => text.split(','));
  const series = types.map((type) => METRICS[type]);
  if (types.length === 0 || series.includes(undefined)) throw invalidInput('type', 'must be cpu, disk or network');
  const start = Date.parse(call.query.get('start') ?? '');
  const end = Date.parse(call.query.get('end') ?? '');
  if (Number.isNaN(start) || Number.isNaN(end) || end < start) throw invalidInput('start', 'must be before end');
  const given = Number(call.query.get('step') ?? '0');
  const step = Math.max(1, given, Math.ceil((end - start) / 1000 / SAMPLES_MAX));
  const values: Json[] = [];
  for (let at = Math.max(start, server.created); at <= Math.min(end, call.now); at += step * 1000)
    values.push([at / 1000, server.status === 'running' ? '1.5' : '0']);
  return {
    status: 200,
    body: {
      metrics: {
        start: presentTime(start),
        end: presentTime(end),
        step,
        time_series: Object.fromEntries(series.flatMap((names) => (names ?? []).map((name) => [name, { values }]))),
      },
    },
  };
}
