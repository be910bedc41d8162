/** Write access to the infrastructure: the reader, and every change of a server. */

import type { Outside } from '#plugin';
import type { Call, LabelChange, NodesWriter } from '../world.ts';
import { ActionError, actionWaiter } from './actions.ts';
import { begunShape, serverShape } from './answers.ts';
import { ApiError, isNotFound, object, realTiming, type Timing } from '#plugin/http';
import { type Limiter, limiter } from '#plugin/limit';
import { begin, type Change, makeChange, presentServer, settledServer, type Writable } from './change.ts';
import {
  aliasIps,
  applyFirewall,
  attachVolume,
  backups,
  changeType,
  detachNetwork,
  detachVolume,
  joinPlacementGroup,
  leavePlacementGroup,
  powerOff,
  powerOn,
  protection,
  rebuild,
  removeFirewall,
  shutdown,
} from './changes.ts';
import { attach, createServer } from './create.ts';
import { getServer, open } from './reader.ts';
import { defined } from '#plugin';

/** Time between the shutdown request and the power cut, in ms. */
const SHUTDOWN_MS = 120_000;
const SHUTDOWN_LOOK_MS = 3000;

async function deleteServer(writable: Writable, id: number, call: Call): Promise<void> {
  const what = `delete server ${id}`;
  try {
    const { action } = await writable.client.call(
      { what, method: 'DELETE', path: `/servers/${id}`, shape: begunShape },
      call.signal,
    );
    if (action === undefined) return;
    call.progress(`waiting for ${action.command}`);
    await writable.actions.finished(what, [action], call.signal);
  } catch (error) {
    if (isNotFound(error)) return;
    // The action may have been deleted with the server.
    if (error instanceof ActionError && (await getServer(writable, id, call.signal)) === undefined) return;
    throw error;
  }
}

/** Reports whether the guest system received the request; a guest that is still starting does not. */
async function isHeard(writable: Writable, asked: Change, call: Call): Promise<boolean> {
  try {
    await begin(writable, asked, call);
    return true;
  } catch (error) {
    if (error instanceof ApiError || error instanceof ActionError) return false;
    throw error;
  }
}

async function turnOff(writable: Writable, id: number, call: Call): Promise<void> {
  const { timing } = writable.client;
  const before = await settledServer(writable, id, call);
  const asked = shutdown(id);
  if (asked.isDone(before)) return;
  if (await isHeard(writable, asked, call)) {
    const until = timing.now() + SHUTDOWN_MS;
    while (timing.now() < until) {
      if (asked.isDone(await presentServer(writable, id, call.signal))) return;
      call.progress('waiting for the server to shut down');
      await timing.sleep(SHUTDOWN_LOOK_MS, call.signal);
    }
  }
  call.progress('the server did not shut down; turning it off');
  await makeChange(writable, id, powerOff(id), call);
}

/** A synchronous call, which starts no action. */
async function put(writable: Writable, id: number, what: string, body: Change['body'], call: Call): Promise<void> {
  const shape = object({ server: serverShape });
  const path = `/servers/${id}`;
  await writable.client.call(
    { what, method: 'PUT', path, shape, ...defined<Pick<Change, 'body'>>({ body }) },
    call.signal,
  );
}

async function changeLabels(writable: Writable, id: number, { set, remove }: LabelChange, call: Call): Promise<void> {
  // The provider replaces all labels, so the labels of other tools are sent back unchanged.
  const { labels } = await presentServer(writable, id, call.signal);
  const wanted = { ...labels, ...set };
  for (const key of remove) delete wanted[key];
  const keys = new Set([...Object.keys(labels), ...Object.keys(wanted)]);
  if ([...keys].every((key) => labels[key] === wanted[key])) return;
  await put(writable, id, `label server ${id}`, { labels: wanted }, call);
}

export function openWriter(outside: Outside, timing: Timing = realTiming): NodesWriter {
  const { account, source, reader } = open(outside, timing);
  let writable: Writable | undefined;
  const opened = async (signal: AbortSignal): Promise<Writable> => {
    const known = await account(signal);
    writable ??= { ...known, actions: actionWaiter(known.client) };
    return writable;
  };
  const make = async (id: number, change: Change, call: Call): Promise<void> =>
    makeChange(await opened(call.signal), id, change, call);
  /** Label updates of one server run one after the other; concurrent ones would overwrite each other. */
  const labelling = new Map<number, Limiter>();

  return {
    ...reader,
    createServer: async (order, call) => {
      return createServer(await opened(call.signal), order, call);
    },
    deleteServer: async (id, call) => deleteServer(await opened(call.signal), id, call),
    rename: async (id, name, call) => {
      const known = await opened(call.signal);
      if ((await presentServer(known, id, call.signal)).name === name) return;
      await put(known, id, `rename server ${id} to ${name}`, { name }, call);
    },
    changeLabels: async (id, change, call) => {
      const known = await opened(call.signal);
      const turn = labelling.get(id) ?? limiter(1);
      labelling.set(id, turn);
      await turn(() => changeLabels(known, id, change, call), { signal: call.signal });
    },
    powerOn: (id, call) => make(id, powerOn(id), call),
    powerOff: async (id, call) => turnOff(await opened(call.signal), id, call),
    changeType: (id, serverType, upgradeDisk, call) => make(id, changeType(id, serverType, upgradeDisk), call),
    rebuild: async (id, image, call) => make(id, rebuild(id, image), call),
    setProtection: (id, isProtected, call) => make(id, protection(id, isProtected), call),
    setBackups: (id, enabled, call) => make(id, backups(id, enabled), call),
    attachNetwork: async (id, network, ip, wanted, call) =>
      attach(await opened(call.signal), id, defined({ network, aliasIps: wanted, ip }), call),
    detachNetwork: async (id, network, call) => {
      const { names } = await opened(call.signal);
      await make(id, detachNetwork(id, await names.networks.find(network, call.signal)), call);
    },
    setAliasIps: async (id, network, wanted, call) => {
      const { names } = await opened(call.signal);
      await make(id, aliasIps(id, await names.networks.find(network, call.signal), wanted), call);
    },
    applyFirewall: async (id, firewall, call) => {
      const { names } = await opened(call.signal);
      await make(id, applyFirewall(id, await names.firewalls.find(firewall, call.signal)), call);
    },
    removeFirewall: async (id, firewall, call) => {
      const { names } = await opened(call.signal);
      await make(id, removeFirewall(id, await names.firewalls.find(firewall, call.signal)), call);
    },
    attachVolume: async (id, volume, call) => {
      const { names } = await opened(call.signal);
      await make(id, attachVolume(id, await names.volumes.find(volume, call.signal)), call);
    },
    detachVolume: async (id, volume, call) => {
      const { names } = await opened(call.signal);
      await make(id, detachVolume(id, await names.volumes.find(volume, call.signal)), call);
    },
    joinPlacementGroup: async (id, group, call) => {
      const known = await opened(call.signal);
      const wanted = joinPlacementGroup(id, await known.names.placementGroups.find(group, call.signal));
      const before = await settledServer(known, id, call);
      // A server is in at most one group.
      if (!wanted.isDone(before)) await makeChange(known, id, leavePlacementGroup(id), call, before);
      await makeChange(known, id, wanted, call);
    },
    leavePlacementGroup: (id, call) => make(id, leavePlacementGroup(id), call),
    drainHook: (node, call) => source.tell('drain', { node }, call.signal),
    migrateHook: async (container, from, to, call) => {
      if (!(await source.tell('migrate', { container, from, to }, call.signal)))
        throw new Error('the workload source has no move hook');
    },
  };
}
