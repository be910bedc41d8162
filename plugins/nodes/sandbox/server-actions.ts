/** `/servers/{id}/actions/…`: power, type, disk, protection, backups, networks, placement. */

import { attachment, toNumber } from './addresses.ts';
import { ISOS, LOCATIONS, SERVER_TYPES } from './catalog.ts';
import { ApiError, invalidInput } from './errors.ts';
import { presentImage } from './present.ts';
import {
  type Answer,
  act,
  actionAnswer,
  type Call,
  flagIn,
  type Handler,
  labelsIn,
  named,
  needed,
  referenceIn,
  rowOf,
  textIn,
  textsIn,
  wholeIn,
  wholesIn,
} from './request.ts';
import { NETWORKS_MAX, checkAvailable, checkRoom, checkUnlocked, imageIn, serverOf, typeIn } from './servers.ts';
import { type Effect, type ImageRow, patchRow, type PrivateNet, type ServerRow, takeId } from './state.ts';
import type { ActionDraft } from './timeline.ts';

/** The server of the path, without a running action. */
function idle(call: Call): ServerRow {
  const server = serverOf(call);
  checkUnlocked(call, server.id);
  return server;
}

function checkStopped(server: ServerRow): void {
  if (server.status !== 'off') throw new ApiError('server_not_stopped', 'server must be stopped to run this action');
}

const change = (id: number, patch: Partial<ServerRow>): Effect => ({ do: 'server', id, patch });

type Plan = Pick<ActionDraft, 'begins' | 'effects' | 'undo'> & { readonly takes?: number };

/** An exclusive action on one server. */
function onServer(command: string, plan: (call: Call, server: ServerRow) => Plan): Handler {
  return (call) => {
    const server = idle(call);
    const resources = [{ id: server.id, type: 'server' }];
    const { takes = call.conduct.times.other, ...rest } = plan(call, server);
    return actionAnswer(call, act(call, { command, resources, takes, ...rest }));
  };
}

/** Powers a server on or off. The action also succeeds if the server is in that state already. */
const poweron = onServer('start_server', ({ conduct }, { id, status }) =>
  status === 'running'
    ? {}
    : {
        takes: conduct.times.start,
        begins: [change(id, { status: 'starting' })],
        effects: [{ do: 'boot', id }],
        undo: [change(id, { status })],
      },
);

const poweroff = onServer('stop_server', ({ conduct }, { id, status, guest }) =>
  status === 'off'
    ? {}
    : {
        takes: conduct.times.stop,
        begins: [change(id, { status: 'stopping', guest: 'down' })],
        effects: [change(id, { status: 'off' })],
        undo: [change(id, { status, guest })],
      },
);

/** Cuts the power and restores it. */
const reset = onServer('reset_server', ({ conduct }, { id, guest, status }) => ({
  takes: conduct.times.start,
  begins: [change(id, { guest: 'down' })],
  effects: [{ do: 'boot', id }],
  undo: [change(id, { guest, status })],
}));

/** Success means that the signal was sent, no more. */
function signal(command: string, then: 'off' | 'boot'): Handler {
  return onServer(command, ({ conduct }, { id }) => ({
    takes: conduct.times.signal,
    effects: [{ do: 'acpi', id, then }],
  }));
}

const changeType = onServer('change_server_type', (call, server) => {
  const type = typeIn(call);
  const upgrade = needed(flagIn(call.body, 'upgrade_disk'), 'upgrade_disk');
  checkStopped(server);
  const before = SERVER_TYPES.find(({ id }) => id === server.type);
  if (type.id === server.type) throw new ApiError('invalid_server_type', 'server already has this server type');
  if (type.architecture !== before?.architecture)
    throw new ApiError('invalid_server_type', 'server type has another architecture');
  if (type.disk < server.disk)
    throw new ApiError('invalid_server_type', 'new server type has less disk than the server');
  checkAvailable(call, type, LOCATIONS.find(({ id }) => id === server.location)?.name ?? '');
  const { id } = server;
  return {
    takes: call.conduct.times.changeType,
    begins: [change(id, { status: 'migrating' })],
    effects: [change(id, { type: type.id, ...(upgrade ? { disk: type.disk } : {}) }), { do: 'boot', id }],
    undo: [change(id, { status: 'off' })],
  };
});

function rebuild(call: Call): Answer {
  const server = idle(call);
  if (server.protection.rebuild) throw new ApiError('protected', 'server rebuild is protected');
  const architecture = SERVER_TYPES.find(({ id }) => id === server.type)?.architecture ?? 'x86';
  const image = imageIn(call, architecture);
  if (image.disk > server.disk) throw invalidInput('image', 'image disk is bigger than the server’s disk');
  const userData = textIn(call.body, 'user_data') ?? server.userData;
  const { id } = server;
  const action = act(call, {
    command: 'rebuild_server',
    resources: [
      { id, type: 'server' },
      { id: image.id, type: 'image' },
    ],
    takes: call.conduct.times.rebuild,
    begins: [change(id, { status: 'rebuilding', guest: 'down' })],
    effects: [change(id, { image: image.id, userData }), { do: 'boot', id }],
    undo: [change(id, { status: 'off' })],
  });
  return actionAnswer(call, action, 201, {
    root_password: server.sshKeys.length > 0 ? null : `root-${action.id.toString(36)}`,
  });
}

const changeProtection = onServer('change_protection', (call, server) => {
  const wanted = {
    delete: flagIn(call.body, 'delete') ?? server.protection.delete,
    rebuild: flagIn(call.body, 'rebuild') ?? server.protection.rebuild,
  };
  if (wanted.delete !== wanted.rebuild)
    throw invalidInput('rebuild', 'delete and rebuild protection must have the same value');
  return { effects: [change(server.id, { protection: wanted })] };
});

const BACKUP_WINDOW = '22-02';

const enableBackup = onServer('enable_backup', (_call, { id }) => ({
  effects: [change(id, { backupWindow: BACKUP_WINDOW })],
}));

/** Deletes all backups. */
const disableBackup = onServer('disable_backup', (_call, { id }) => ({
  effects: [change(id, { backupWindow: null }), { do: 'drop-backups', id }],
}));

function enableRescue(call: Call): Answer {
  const server = idle(call);
  const type = textIn(call.body, 'type') ?? 'linux64';
  if (type !== 'linux64') throw invalidInput('type', 'must be linux64');
  for (const key of wholesIn(call.body, 'ssh_keys')) rowOf(call.cloud.sshKeys, 'SSH key', key);
  const action = act(call, {
    command: 'enable_rescue',
    resources: [{ id: server.id, type: 'server' }],
    takes: call.conduct.times.other,
    effects: [change(server.id, { rescue: true })],
  });
  return actionAnswer(call, action, 201, { root_password: `rescue-${action.id.toString(36)}` });
}

const disableRescue = onServer('disable_rescue', (_call, { id }) => ({ effects: [change(id, { rescue: false })] }));

const BACKUPS_MAX = 7;

function createImage(call: Call): Answer {
  const server = idle(call);
  const type = textIn(call.body, 'type') ?? 'snapshot';
  if (type !== 'snapshot' && type !== 'backup') throw invalidInput('type', 'must be snapshot or backup');
  if (type === 'backup' && server.backupWindow === null)
    throw new ApiError('service_error', 'backups are not enabled for this server');
  const source = server.image === null ? undefined : call.cloud.images.get(server.image);
  const id = takeId(call.cloud);
  const image: ImageRow = {
    id,
    type,
    status: 'creating',
    name: null,
    description: textIn(call.body, 'description') ?? `${type} of ${server.name}`,
    imageSize: null,
    disk: server.disk,
    created: call.now,
    createdFrom: { id: server.id, name: server.name },
    boundTo: type === 'backup' ? server.id : null,
    os: source?.os ?? 'unknown',
    osVersion: source?.osVersion ?? null,
    protection: { delete: false },
    deprecated: null,
    labels: labelsIn(call.body) ?? {},
    architecture: source?.architecture ?? 'x86',
  };
  call.cloud.images.set(id, image);
  const older = [...call.cloud.images.values()].filter(({ boundTo }) => boundTo === server.id);
  const dropped = type === 'backup' && older.length > BACKUPS_MAX ? older.slice(0, older.length - BACKUPS_MAX) : [];
  const action = act(call, {
    command: 'create_image',
    resources: [
      { id: server.id, type: 'server' },
      { id, type: 'image' },
    ],
    takes: call.conduct.times.image,
    effects: [
      { do: 'image', id, patch: { status: 'available', imageSize: 1.4 } },
      ...dropped.map((old): Effect => ({ do: 'remove-image', id: old.id })),
    ],
    undo: [{ do: 'remove-image', id }],
  });
  return actionAnswer(call, action, 201, { image: presentImage(image) });
}

const attachIso = onServer('attach_iso', (call, { id }) => {
  const reference = needed(referenceIn(call.body, 'iso'), 'iso');
  const iso = named(ISOS, reference);
  if (iso === undefined) throw invalidInput('iso', `ISO '${reference}' not found`);
  return { effects: [change(id, { iso: iso.id })] };
});

const detachIso = onServer('detach_iso', (_call, { id }) => ({ effects: [change(id, { iso: null })] }));

/** An action on a server and one of its networks. */
function onNetwork(
  command: string,
  plan: (call: Call, server: ServerRow, network: number) => readonly PrivateNet[],
): Handler {
  return (call) => {
    const server = idle(call);
    const network = rowOf(call.cloud.networks, 'network', needed(wholeIn(call.body, 'network'), 'network')).id;
    const privateNets = plan(call, server, network);
    const action = act(call, {
      command,
      resources: [
        { id: server.id, type: 'server' },
        { id: network, type: 'network' },
      ],
      takes: call.conduct.times.other,
      effects: [change(server.id, { privateNets })],
    });
    return actionAnswer(call, action);
  };
}

const attachToNetwork = onNetwork('attach_to_network', (call, server, id) => {
  if (server.privateNets.length >= NETWORKS_MAX)
    throw new ApiError('resource_limit_exceeded', `a server is attached to ${NETWORKS_MAX} networks at most`);
  const zone = LOCATIONS.find((location) => location.id === server.location)?.zone ?? '';
  const one = attachment(call.cloud, rowOf(call.cloud.networks, 'network', id), server, zone, {
    ip: textIn(call.body, 'ip'),
    ipRange: textIn(call.body, 'ip_range'),
    aliasIps: textsIn(call.body, 'alias_ips'),
  });
  return [...server.privateNets, one];
});

function checkAttached(server: ServerRow, network: number): void {
  if (!server.privateNets.some((net) => net.network === network))
    throw new ApiError('server_not_attached_to_network', 'server is not attached to this network');
}

const detachFromNetwork = onNetwork('detach_from_network', (_call, server, network) => {
  checkAttached(server, network);
  return server.privateNets.filter((net) => net.network !== network);
});

const changeAliasIps = onNetwork('change_alias_ips', (call, server, network) => {
  checkAttached(server, network);
  const aliasIps = textsIn(call.body, 'alias_ips');
  if (aliasIps.some((ip) => toNumber(ip) === undefined)) throw invalidInput('alias_ips', 'must be IPv4 addresses');
  return server.privateNets.map((net) => (net.network === network ? { ...net, aliasIps } : net));
});

const changeDnsPtr = onServer('change_dns_ptr', (call, server) => {
  const ip = needed(textIn(call.body, 'ip'), 'ip');
  const name = textIn(call.body, 'dns_ptr');
  const own = [server.ipv4, server.ipv6].flatMap((id) => (id === null ? [] : (call.cloud.primaryIps.get(id) ?? [])));
  const row = own.find((address) => address.ip === ip || ip.startsWith(address.ip.replace(/::\/64$/, ':')));
  if (row === undefined) throw invalidInput('ip', `'${ip}' is not an address of this server`);
  const others = row.dnsPtr.filter((one) => one.ip !== ip);
  patchRow(call.cloud.primaryIps, row.id, { dnsPtr: name === undefined ? others : [...others, { ip, name }] });
  return {};
});

const addToPlacementGroup = onServer('add_to_placement_group', (call, server) => {
  const group = rowOf(
    call.cloud.placementGroups,
    'placement group',
    needed(wholeIn(call.body, 'placement_group'), 'placement_group'),
  );
  checkStopped(server);
  if (server.placementGroup !== null) throw new ApiError('resource_in_use', 'server is already in a placement group');
  checkRoom(call, group.id);
  return { effects: [change(server.id, { placementGroup: group.id })] };
});

const removeFromPlacementGroup = onServer('remove_from_placement_group', (_call, server) => {
  if (server.placementGroup === null) throw new ApiError('resource_in_use', 'server is not in a placement group');
  return { effects: [change(server.id, { placementGroup: null })] };
});

function requestConsole(call: Call): Answer {
  const server = idle(call);
  const action = act(call, {
    command: 'request_console',
    resources: [{ id: server.id, type: 'server' }],
    takes: call.conduct.times.other,
  });
  return actionAnswer(call, action, 201, {
    wss_url: `wss://console.sandbox.test/?server_id=${server.id}&token=${action.id}`,
    password: `console-${action.id.toString(36)}`,
  });
}

function resetPassword(call: Call): Answer {
  const server = idle(call);
  if (server.status !== 'running' || server.guest !== 'up')
    throw new ApiError('service_error', 'server is not running, or has no guest agent');
  const action = act(call, {
    command: 'reset_password',
    resources: [{ id: server.id, type: 'server' }],
    takes: call.conduct.times.other,
  });
  return actionAnswer(call, action, 201, { root_password: `root-${action.id.toString(36)}` });
}

/** By the last segment of the path. */
export const SERVER_ACTIONS: Readonly<Record<string, Handler>> = {
  poweron,
  poweroff,
  reset,
  shutdown: signal('shutdown_server', 'off'),
  reboot: signal('reboot_server', 'boot'),
  change_type: changeType,
  rebuild,
  change_protection: changeProtection,
  enable_backup: enableBackup,
  disable_backup: disableBackup,
  enable_rescue: enableRescue,
  disable_rescue: disableRescue,
  create_image: createImage,
  attach_iso: attachIso,
  detach_iso: detachIso,
  attach_to_network: attachToNetwork,
  detach_from_network: detachFromNetwork,
  change_alias_ips: changeAliasIps,
  change_dns_ptr: changeDnsPtr,
  add_to_placement_group: addToPlacementGroup,
  remove_from_placement_group: removeFromPlacementGroup,
  request_console: requestConsole,
  reset_password: resetPassword,
};
