/** Scheduled events: the ends of actions, and the starts and stops of guests, in order of time. */

import { type ActionRow, type Cloud, type Due, type Effect, patchRow, takeId } from './state.ts';

/** Durations at the provider, in ms. */
export interface Times {
  /** From the request until the disk of a new server is ready. */
  readonly create: number;
  readonly start: number;
  /** From the start of a guest until its port answers. */
  readonly boot: number;
  readonly stop: number;
  /** Until an ACPI signal is sent; the guest then takes `guestStop`. */
  readonly signal: number;
  readonly guestStop: number;
  readonly remove: number;
  readonly changeType: number;
  readonly rebuild: number;
  readonly image: number;
  /** All other actions. */
  readonly other: number;
}

export const TIMES: Times = {
  create: 6000,
  start: 3000,
  boot: 30_000,
  stop: 2000,
  signal: 1000,
  guestStop: 8000,
  remove: 2000,
  changeType: 25_000,
  rebuild: 20_000,
  image: 30_000,
  other: 1000,
};

/** A failure of the next action of a command. */
export interface ActionFailure {
  readonly command: string;
  readonly code: string;
  readonly message: string;
}

export interface ActionDraft {
  readonly command: string;
  readonly resources: ActionRow['resources'];
  /** ms. */
  readonly takes: number;
  /** Immediate effects. */
  readonly begins?: readonly Effect[];
  /** Effects of success. */
  readonly effects?: readonly Effect[];
  /** Effects of failure. */
  readonly undo?: readonly Effect[];
  /** The action before this one: this one starts after it has succeeded, and fails with it. */
  readonly after?: ActionRow;
}

function schedule(cloud: Cloud, due: Due): void {
  const index = cloud.due.findIndex(({ at }) => at > due.at);
  cloud.due.splice(index === -1 ? cloud.due.length : index, 0, due);
}

/** Starts an action, which ends in the failure `fails`, if given. */
export function startAction(
  cloud: Cloud,
  now: number,
  draft: ActionDraft,
  fails: ActionFailure | null,
  times: Times,
): ActionRow {
  const from = draft.after === undefined ? now : Math.max(now, draft.after.ends);
  const row: ActionRow = {
    id: takeId(cloud),
    command: draft.command,
    status: 'running',
    started: now,
    ends: from + draft.takes,
    resources: draft.resources,
    error: null,
    effects: draft.effects ?? [],
    undo: draft.undo ?? [],
    fails: fails === null ? null : { code: fails.code, message: fails.message },
    next: null,
  };
  cloud.actions.set(row.id, row);
  if (draft.after !== undefined) patchRow(cloud.actions, draft.after.id, { next: row.id });
  schedule(cloud, { at: row.ends, what: 'action', action: row.id });
  for (const effect of draft.begins ?? []) happen(cloud, effect, now, times);
  return row;
}

/** The time of the next event; undefined if none is scheduled. */
export function nextDue(cloud: Cloud): number | undefined {
  return cloud.due[0]?.at;
}

/** Processes all events that are due. */
export function advance(cloud: Cloud, now: number, times: Times): void {
  for (let due = cloud.due[0]; due !== undefined && due.at <= now; due = cloud.due[0]) {
    cloud.due.shift();
    come(cloud, due, times);
  }
}

function come(cloud: Cloud, due: Due, times: Times): void {
  if (due.what === 'action') {
    endAction(cloud, due.action, due.at, times);
    return;
  }
  const server = cloud.servers.get(due.server);
  if (server === undefined || server.boots !== due.boot || server.guest === 'down') return;
  if (due.what === 'guest-up') patchRow(cloud.servers, server.id, { guest: 'up' });
  else if (due.then === 'boot') happen(cloud, { do: 'boot', id: server.id }, due.at, times);
  else patchRow(cloud.servers, server.id, { status: 'off', guest: 'down' });
}

function endAction(cloud: Cloud, id: number, at: number, times: Times): void {
  const action = cloud.actions.get(id);
  if (action === undefined || action.status !== 'running') return;
  if (action.fails === null) {
    patchRow(cloud.actions, id, { status: 'success' });
    for (const effect of action.effects) happen(cloud, effect, at, times);
    return;
  }
  fail(cloud, action, action.fails, at, times);
}

/** Fails the actions after a failed one at the same time. */
function fail(cloud: Cloud, action: ActionRow, error: NonNullable<ActionRow['fails']>, at: number, times: Times): void {
  patchRow(cloud.actions, action.id, { status: 'error', error, ends: at });
  const index = cloud.due.findIndex((due) => due.what === 'action' && due.action === action.id);
  if (index !== -1) cloud.due.splice(index, 1);
  const next = action.next === null ? undefined : cloud.actions.get(action.next);
  if (next !== undefined) fail(cloud, next, error, at, times);
  for (const effect of action.undo) happen(cloud, effect, at, times);
}

function happen(cloud: Cloud, effect: Effect, at: number, times: Times): void {
  switch (effect.do) {
    case 'server':
      return patchRow(cloud.servers, effect.id, effect.patch);
    case 'boot':
      return boot(cloud, effect.id, at, times);
    case 'acpi': {
      const server = cloud.servers.get(effect.id);
      // A guest that is still starting, or ignores signals, is unchanged.
      if (server === undefined || server.guest !== 'up' || server.faults.deaf === true) return;
      const due = { what: 'guest-off', server: server.id, boot: server.boots, then: effect.then } as const;
      return schedule(cloud, { at: at + times.guestStop, ...due });
    }
    case 'remove-server':
      return removeServer(cloud, effect.id);
    case 'drop-backups':
      return dropBackups(cloud, effect.id);
    case 'image':
      return patchRow(cloud.images, effect.id, effect.patch);
    case 'remove-image':
      return void cloud.images.delete(effect.id);
    case 'volume':
      return patchRow(cloud.volumes, effect.id, effect.patch);
    case 'firewall-applied': {
      const firewall = cloud.firewalls.get(effect.firewall);
      const servers = firewall?.servers.map((one) => (one.id === effect.server ? { ...one, applied: true } : one));
      return servers === undefined ? undefined : patchRow(cloud.firewalls, effect.firewall, { servers });
    }
    case 'primary-ip':
      return assign(cloud, effect.id, effect.server);
  }
}

function boot(cloud: Cloud, id: number, at: number, times: Times): void {
  const server = cloud.servers.get(id);
  if (server === undefined) return;
  const boots = server.boots + 1;
  patchRow(cloud.servers, id, { status: 'running', guest: 'booting', boots });
  if (server.faults.neverReady !== true)
    schedule(cloud, { at: at + times.boot, what: 'guest-up', server: id, boot: boots });
}

function dropBackups(cloud: Cloud, server: number): void {
  for (const image of cloud.images.values()) if (image.boundTo === server) cloud.images.delete(image.id);
}

/** Assigns a primary IP to a server, or unassigns it. */
function assign(cloud: Cloud, ip: number, server: number | null): void {
  const type = cloud.primaryIps.get(ip)?.type;
  if (type === undefined) return;
  for (const row of cloud.servers.values()) if (row[type] === ip) patchRow(cloud.servers, row.id, { [type]: null });
  if (server !== null) patchRow(cloud.servers, server, { [type]: ip });
}

/** Removes a server with its backups and the addresses that belong to it; other attached objects stay. */
export function removeServer(cloud: Cloud, id: number): void {
  const server = cloud.servers.get(id);
  if (server === undefined) return;
  for (const ip of [server.ipv4, server.ipv6])
    if (ip !== null && cloud.primaryIps.get(ip)?.autoDelete === true) cloud.primaryIps.delete(ip);
  for (const volume of cloud.volumes.values())
    if (volume.server === id) patchRow(cloud.volumes, volume.id, { server: null });
  for (const firewall of cloud.firewalls.values()) {
    const servers = firewall.servers.filter((one) => one.id !== id);
    if (servers.length < firewall.servers.length) patchRow(cloud.firewalls, firewall.id, { servers });
  }
  dropBackups(cloud, id);
  cloud.servers.delete(id);
}
