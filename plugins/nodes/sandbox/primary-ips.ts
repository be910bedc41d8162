/** `/primary_ips`: public addresses that can outlive their server. */

import { LOCATIONS } from './catalog.ts';
import { ApiError, invalidInput } from './errors.ts';
import { filtered } from './paginate.ts';
import { assigneeOf, presentAction, presentPrimaryIp } from './present.ts';
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
import { checkUnlocked, makePrimaryIp } from './servers.ts';
import { type PrimaryIpRow, patchRow, type ServerRow } from './state.ts';
import { checkFree, checkLimit, checkNameOf, checkProtection, type Kind, thingOf } from './things.ts';

/** The server to assign an address to: off, without an address of that type, and without a running action. */
function assigneeIn(call: Call, id: number, ip: Pick<PrimaryIpRow, 'type' | 'location'>): ServerRow {
  const server = rowOf(call.cloud.servers, 'server', id);
  checkUnlocked(call, id);
  if (server.status !== 'off') throw new ApiError('server_not_stopped', 'server must be stopped to run this action');
  if (server.location !== ip.location) throw invalidInput('assignee_id', 'is in another location');
  if (server[ip.type] !== null) throw new ApiError('primary_ip_assigned', `server has a primary ${ip.type} already`);
  return server;
}

export const PRIMARY_IPS: Kind<PrimaryIpRow> = {
  many: 'primary_ips',
  one: 'primary_ip',
  type: 'primary_ip',
  table: ({ primaryIps }) => primaryIps,
  present: presentPrimaryIp,
  filter: (rows, query) => filtered(rows, query, 'ip', ({ ip }) => ip),
  update: ({ body }) => {
    const autoDelete = flagIn(body, 'auto_delete');
    return autoDelete === undefined ? {} : { autoDelete };
  },
  checkRemoval: ({ cloud }, row) => {
    checkProtection(row, 'primary IP');
    const server = assigneeOf(cloud, row.id);
    if (server !== undefined && server.status !== 'off')
      throw new ApiError('server_not_stopped', 'the primary IP is assigned to a running server');
    if (server !== undefined) patchRow(cloud.servers, server.id, { [row.type]: null });
  },
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, PRIMARY_IPS, needed(textIn(body, 'name'), 'name'));
    const type = needed(textIn(body, 'type'), 'type');
    if (type !== 'ipv4' && type !== 'ipv6') throw invalidInput('type', 'must be ipv4 or ipv6');
    const wanted = wholeIn(body, 'assignee_id');
    const reference = referenceIn(body, 'location') ?? referenceIn(body, 'datacenter')?.replace(/-dc\d+$/, '');
    const location =
      wanted === undefined
        ? named(LOCATIONS, needed(reference, 'location'))?.id
        : rowOf(cloud.servers, 'server', wanted).location;
    if (location === undefined) throw invalidInput('location', `location '${reference}' not found`);
    if (wanted !== undefined) assigneeIn(call, wanted, { type, location });
    const labels = labelsIn(body) ?? {};
    checkLimit(cloud.primaryIps.size, conduct.limits.primaryIps, 'primary IP');
    const row = makePrimaryIp(call, {
      type,
      location,
      labels,
      name,
      autoDelete: flagIn(body, 'auto_delete') ?? false,
    });
    cloud.primaryIps.set(row.id, row);
    if (wanted === undefined) return { status: 201, body: { primary_ip: presentPrimaryIp(cloud, row) } };
    const action = assign(call, row.id, wanted);
    return {
      status: 201,
      body: { primary_ip: presentPrimaryIp(cloud, row), action: presentAction(action, call.now) },
    };
  },
};

function assign(call: Call, id: number, server: number) {
  return act(call, {
    command: 'assign_primary_ip',
    resources: [
      { id, type: 'primary_ip' },
      { id: server, type: 'server' },
    ],
    takes: call.conduct.times.other,
    effects: [{ do: 'primary-ip', id, server }],
  });
}

function free(call: Call): PrimaryIpRow {
  const row = thingOf(call, PRIMARY_IPS);
  checkFree(call, 'primary_ip', row.id);
  return row;
}

/** Takes effect immediately. */
function change(call: Call, command: string, patch: Partial<PrimaryIpRow>) {
  const { id } = free(call);
  patchRow(call.cloud.primaryIps, id, patch);
  const resources = [{ id, type: 'primary_ip' }];
  return actionAnswer(call, act(call, { command, resources, takes: call.conduct.times.other }));
}

export const PRIMARY_IP_ACTIONS: Readonly<Record<string, Handler>> = {
  assign: (call) => {
    const row = free(call);
    if (assigneeOf(call.cloud, row.id) !== undefined)
      throw new ApiError('primary_ip_assigned', 'the primary IP is assigned already');
    const server = assigneeIn(call, needed(wholeIn(call.body, 'assignee_id'), 'assignee_id'), row);
    return actionAnswer(call, assign(call, row.id, server.id));
  },
  unassign: (call) => {
    const { id } = free(call);
    const server = assigneeOf(call.cloud, id);
    if (server === undefined) throw invalidInput('id', 'the primary IP is not assigned');
    checkUnlocked(call, server.id);
    if (server.status !== 'off') throw new ApiError('server_not_stopped', 'server must be stopped to run this action');
    const action = act(call, {
      command: 'unassign_primary_ip',
      resources: [
        { id, type: 'primary_ip' },
        { id: server.id, type: 'server' },
      ],
      takes: call.conduct.times.other,
      effects: [{ do: 'primary-ip', id, server: null }],
    });
    return actionAnswer(call, action);
  },
  change_dns_ptr: (call) => {
    const row = free(call);
    const ip = needed(textIn(call.body, 'ip'), 'ip');
    if (ip !== row.ip && !ip.startsWith(row.ip.replace(/::\/64$/, ':')))
      throw invalidInput('ip', `'${ip}' is not within the primary IP`);
    const name = textIn(call.body, 'dns_ptr');
    const others = row.dnsPtr.filter((one) => one.ip !== ip);
    return change(call, 'change_dns_ptr', { dnsPtr: name === undefined ? others : [...others, { ip, name }] });
  },
  change_protection: (call) =>
    change(call, 'change_protection', { protection: { delete: needed(flagIn(call.body, 'delete'), 'delete') } }),
};
