/** Changes of a server as data: the call that starts each, and the test for its being in effect. */

import type { Named } from '../world.ts';
import type { ApiServer } from './answers.ts';
import type { Change } from './change.ts';
import { defined } from '#plugin';

function on(id: number, action: string): string {
  return `/servers/${id}/actions/${action}`;
}

/** Reports whether an object has this name, or this id as text. */
function isNamed({ id, name }: { readonly id: number; readonly name: string | null }, wanted: string): boolean {
  return name === wanted || String(id) === wanted;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  const other = new Set(b);
  return new Set(a).size === other.size && a.every((text) => other.has(text));
}

export function powerOn(id: number): Change {
  return {
    what: `turn on server ${id}`,
    isDone: ({ status }) => status === 'running',
    path: on(id, 'poweron'),
    safe: true,
  };
}

/** Cuts the power. */
export function powerOff(id: number): Change {
  return {
    what: `turn off server ${id}`,
    isDone: ({ status }) => status === 'off',
    path: on(id, 'poweroff'),
    safe: true,
  };
}

/** Asks the guest system to shut down. The action ends once the request has been sent. */
export function shutdown(id: number): Change {
  return { ...powerOff(id), what: `shut down server ${id}`, path: on(id, 'shutdown') };
}

export function changeType(id: number, serverType: string, upgradeDisk: boolean): Change {
  return {
    what: `change server ${id} to ${serverType}`,
    isDone: ({ server_type: type }) => isNamed(type, serverType),
    path: on(id, 'change_type'),
    body: { server_type: serverType, upgrade_disk: upgradeDisk },
    safe: false,
  };
}

export function rebuild(id: number, image: string): Change {
  return {
    what: `rebuild server ${id} from ${image}`,
    isDone: ({ image: seen }) => seen !== null && isNamed(seen, image),
    path: on(id, 'rebuild'),
    body: { image },
    safe: false,
  };
}

/** The provider requires the same value for both protections. */
export function protection(id: number, isProtected: boolean): Change {
  return {
    what: `${isProtected ? 'protect' : 'unprotect'} server ${id}`,
    isDone: ({ protection: seen }) => seen.delete === isProtected && seen.rebuild === isProtected,
    path: on(id, 'change_protection'),
    body: { delete: isProtected, rebuild: isProtected },
    safe: true,
  };
}

/** Disabling backups deletes every backup. */
export function backups(id: number, enabled: boolean): Change {
  return {
    what: `${enabled ? 'enable' : 'disable'} backups of server ${id}`,
    isDone: ({ backup_window: window }) => (window !== null) === enabled,
    path: on(id, enabled ? 'enable_backup' : 'disable_backup'),
    safe: true,
  };
}

/** The attachment of a server to a network. */
export function attachmentIn({ private_net }: ApiServer, network: Named): ApiServer['private_net'][number] | undefined {
  return private_net.find((each) => each.network === network.id);
}

export function attachNetwork(id: number, network: Named, ip: string | undefined, aliasIps: readonly string[]): Change {
  return {
    what: `attach server ${id} to network ${network.name}`,
    isDone: (server) => attachmentIn(server, network) !== undefined,
    path: on(id, 'attach_to_network'),
    body: defined({
      network: network.id,
      ip,
      alias_ips: aliasIps.length === 0 ? undefined : aliasIps,
    }),
    safe: true,
  };
}

export function detachNetwork(id: number, network: Named): Change {
  return {
    what: `detach server ${id} from network ${network.name}`,
    isDone: (server) => attachmentIn(server, network) === undefined,
    path: on(id, 'detach_from_network'),
    body: { network: network.id },
    safe: true,
  };
}

/** Replaces all alias addresses of the server in a network. */
export function aliasIps(id: number, network: Named, wanted: readonly string[]): Change {
  return {
    what: `set the alias addresses of server ${id} in network ${network.name}`,
    isDone: (server) => sameTexts(attachmentIn(server, network)?.alias_ips ?? [], wanted),
    path: on(id, 'change_alias_ips'),
    body: { network: network.id, alias_ips: wanted },
    safe: true,
  };
}

function hasFirewall({ public_net }: ApiServer, firewall: Named): boolean {
  return (public_net.firewalls ?? []).some((each) => each.id === firewall.id);
}

export function applyFirewall(id: number, firewall: Named): Change {
  return {
    what: `apply firewall ${firewall.name} to server ${id}`,
    isDone: (server) => hasFirewall(server, firewall),
    path: `/firewalls/${firewall.id}/actions/apply_to_resources`,
    body: { apply_to: [{ type: 'server', server: { id } }] },
    safe: true,
  };
}

export function removeFirewall(id: number, firewall: Named): Change {
  return {
    what: `remove firewall ${firewall.name} from server ${id}`,
    isDone: (server) => !hasFirewall(server, firewall),
    path: `/firewalls/${firewall.id}/actions/remove_from_resources`,
    body: { remove_from: [{ type: 'server', server: { id } }] },
    safe: true,
  };
}

/** The provider refuses a volume that is attached elsewhere. */
export function attachVolume(id: number, volume: Named): Change {
  return {
    what: `attach volume ${volume.name} to server ${id}`,
    isDone: ({ volumes }) => (volumes ?? []).includes(volume.id),
    path: `/volumes/${volume.id}/actions/attach`,
    body: { server: id, automount: false },
    safe: true,
  };
}

/** The call is not repeatable: the volume may have been attached to another server since. */
export function detachVolume(id: number, volume: Named): Change {
  return {
    what: `detach volume ${volume.name} from server ${id}`,
    isDone: ({ volumes }) => !(volumes ?? []).includes(volume.id),
    path: `/volumes/${volume.id}/actions/detach`,
    safe: false,
  };
}

export function joinPlacementGroup(id: number, group: Named): Change {
  return {
    what: `put server ${id} into placement group ${group.name}`,
    isDone: ({ placement_group: seen }) => seen?.id === group.id,
    path: on(id, 'add_to_placement_group'),
    body: { placement_group: group.id },
    safe: true,
  };
}

export function leavePlacementGroup(id: number): Change {
  return {
    what: `take server ${id} out of its placement group`,
    isDone: ({ placement_group: seen }) => (seen ?? null) === null,
    path: on(id, 'remove_from_placement_group'),
    safe: true,
  };
}
