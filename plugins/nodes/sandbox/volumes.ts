/** `/volumes`: disks that outlive their server. */

import { LOCATIONS } from './catalog.ts';
import { ApiError, invalidInput } from './errors.ts';
import { filtered } from './paginate.ts';
import { presentAction, presentVolume } from './present.ts';
import {
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
  wholeIn,
} from './request.ts';
import { checkUnlocked } from './servers.ts';
import { patchRow, takeId, type VolumeRow } from './state.ts';
import { checkFree, checkLimit, checkNameOf, checkProtection, type Kind, thingOf } from './things.ts';

/** GB. */
const SIZE = { min: 10, max: 10_240 };
const FORMATS = ['ext4', 'xfs'];

function sizeIn(call: Call): number {
  const size = needed(wholeIn(call.body, 'size'), 'size');
  if (size < SIZE.min || size > SIZE.max) throw invalidInput('size', `must be from ${SIZE.min} to ${SIZE.max}`);
  return size;
}

export const VOLUMES: Kind<VolumeRow> = {
  many: 'volumes',
  one: 'volume',
  type: 'volume',
  table: ({ volumes }) => volumes,
  present: (_cloud, row) => presentVolume(row),
  filter: (rows, query) => filtered(rows, query, 'status', ({ status }) => status, ['available', 'creating']),
  checkRemoval: (_call, row) => {
    checkProtection(row, 'volume');
    if (row.server !== null) throw new ApiError('resource_in_use', 'the volume is still attached to a server');
  },
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, VOLUMES, needed(textIn(body, 'name'), 'name'));
    const size = sizeIn(call);
    const format = textIn(body, 'format') ?? null;
    if (format !== null && !FORMATS.includes(format)) throw invalidInput('format', `'${format}' is not supported`);
    const wanted = wholeIn(body, 'server');
    const server = wanted === undefined ? undefined : rowOf(cloud.servers, 'server', wanted);
    const reference = referenceIn(body, 'location');
    if ((server === undefined) === (reference === undefined))
      throw invalidInput('location', 'either a location or a server is required');
    const location = reference === undefined ? undefined : named(LOCATIONS, reference);
    if (reference !== undefined && location === undefined)
      throw invalidInput('location', `location '${reference}' not found`);
    if (server !== undefined) checkUnlocked(call, server.id);
    const labels = labelsIn(body) ?? {};
    checkLimit(cloud.volumes.size, conduct.limits.volumes, 'volume');
    const row: VolumeRow = {
      id: takeId(cloud),
      name,
      created: call.now,
      server: null,
      location: server?.location ?? location?.id ?? 0,
      size,
      protection: { delete: false },
      labels,
      status: 'creating',
      format,
    };
    cloud.volumes.set(row.id, row);
    const resources = [{ id: row.id, type: 'volume' }];
    const made = act(call, {
      command: 'create_volume',
      resources,
      takes: conduct.times.other,
      effects: [{ do: 'volume', id: row.id, patch: { status: 'available' } }],
    });
    const next =
      server === undefined
        ? []
        : [
            act(call, {
              command: 'attach_volume',
              resources: [...resources, { id: server.id, type: 'server' }],
              takes: conduct.times.other,
              effects: [{ do: 'volume', id: row.id, patch: { server: server.id } }],
              after: made,
            }),
          ];
    return {
      status: 201,
      body: {
        volume: presentVolume(row),
        action: presentAction(made, call.now),
        next_actions: next.map((action) => presentAction(action, call.now)),
      },
    };
  },
};

function free(call: Call): VolumeRow {
  const volume = thingOf(call, VOLUMES);
  checkFree(call, 'volume', volume.id);
  return volume;
}

export const VOLUME_ACTIONS: Readonly<Record<string, Handler>> = {
  attach: (call) => {
    const volume = free(call);
    const server = rowOf(call.cloud.servers, 'server', needed(wholeIn(call.body, 'server'), 'server'));
    if (volume.server !== null)
      throw new ApiError('volume_already_attached', 'the volume is attached to a server already');
    if (server.location !== volume.location) throw invalidInput('server', 'is in another location');
    checkUnlocked(call, server.id);
    const action = act(call, {
      command: 'attach_volume',
      resources: [
        { id: volume.id, type: 'volume' },
        { id: server.id, type: 'server' },
      ],
      takes: call.conduct.times.other,
      effects: [{ do: 'volume', id: volume.id, patch: { server: server.id } }],
    });
    return actionAnswer(call, action);
  },
  detach: (call) => {
    const volume = free(call);
    if (volume.server === null) throw invalidInput('volume', 'is not attached');
    checkUnlocked(call, volume.server);
    const action = act(call, {
      command: 'detach_volume',
      resources: [
        { id: volume.id, type: 'volume' },
        { id: volume.server, type: 'server' },
      ],
      takes: call.conduct.times.other,
      effects: [{ do: 'volume', id: volume.id, patch: { server: null } }],
    });
    return actionAnswer(call, action);
  },
  resize: (call) => {
    const { id, size } = free(call);
    const wanted = sizeIn(call);
    if (wanted <= size) throw invalidInput('size', 'a volume can only grow');
    const action = act(call, {
      command: 'resize_volume',
      resources: [{ id, type: 'volume' }],
      takes: call.conduct.times.other,
      effects: [{ do: 'volume', id, patch: { size: wanted } }],
    });
    return actionAnswer(call, action);
  },
  change_protection: (call) => {
    const { id, protection } = free(call);
    patchRow(call.cloud.volumes, id, { protection: { delete: flagIn(call.body, 'delete') ?? protection.delete } });
    const resources = [{ id, type: 'volume' }];
    return actionAnswer(call, act(call, { command: 'change_protection', resources, takes: call.conduct.times.other }));
  },
};
