/** Converts servers from the API's format to fettle's. */

import { instantText, instantOf } from '#plugin';
import type { Attachment, Named, ProviderStatus, ServerSeen } from '../world.ts';
import type { ApiServer } from './answers.ts';
import type { Directories } from './directory.ts';
import { defined } from '#plugin';

const STATUSES: ReadonlySet<string> = new Set<ProviderStatus>([
  'running',
  'initializing',
  'starting',
  'stopping',
  'off',
  'deleting',
  'migrating',
  'rebuilding',
  'unknown',
]);

function statusOf(word: string): ProviderStatus {
  return STATUSES.has(word) ? (word as ProviderStatus) : 'unknown';
}

/** Ids of the objects that a server refers to by id alone. */
export interface References {
  readonly networks: readonly number[];
  readonly firewalls: readonly number[];
  readonly volumes: readonly number[];
}

/** The references of all of these servers. */
function referencesOf(servers: readonly ApiServer[]): References {
  return {
    networks: servers.flatMap(({ private_net }) => private_net.flatMap(({ network }) => network ?? [])),
    firewalls: servers.flatMap(({ public_net }) => (public_net.firewalls ?? []).flatMap(({ id }) => id ?? [])),
    volumes: servers.flatMap(({ volumes }) => volumes ?? []),
  };
}

/** Starts to read the names that these servers need. */
export function prepareNames(servers: readonly ApiServer[], names: Directories, signal: AbortSignal): void {
  const { networks, firewalls, volumes } = referencesOf(servers);
  if (networks.length > 0) names.networks.prepare(signal);
  if (firewalls.length > 0) names.firewalls.prepare(signal);
  if (volumes.length > 0) names.volumes.prepare(signal);
}

type Names = ReadonlyMap<number, Named>;

function named(names: Names, id: number): Named {
  return names.get(id) ?? { id, name: String(id) };
}

function byName(a: Named, b: Named): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id;
}

function attachmentsOf({ private_net }: ApiServer, networks: Names): readonly Attachment[] {
  return private_net
    .flatMap(({ network, ip, alias_ips = [] }) =>
      network === undefined || ip === undefined ? [] : [{ network: named(networks, network), ip, aliasIps: alias_ips }],
    )
    .sort((a, b) => byName(a.network, b.network));
}

/** Stands for the missing id of the provider's legacy addresses; no object has this id. */
const NO_ID = 0;

function addressOf(address: ApiServer['public_net']['ipv4']): { readonly id: number; readonly ip: string } | undefined {
  return address === null ? undefined : { id: address.id ?? NO_ID, ip: address.ip };
}

function isDeprecated({ server_type, location }: ApiServer): boolean {
  const here = server_type.locations?.find(({ name }) => name === location.name);
  return server_type.deprecated === true || (here?.deprecation ?? null) !== null;
}

/** A time as ISO 8601 in UTC; undefined if the text is not a time. */
function timeOf(text: string): string | undefined {
  const at = instantOf(text);
  return Number.isNaN(at) ? undefined : instantText(at);
}

function seen(server: ApiServer, networks: Names, firewalls: Names, volumes: Names): ServerSeen {
  const { image, placement_group: group } = server;
  const created = timeOf(server.created);
  const ipv4 = addressOf(server.public_net.ipv4);
  const ipv6 = addressOf(server.public_net.ipv6);
  const references = referencesOf([server]);
  return defined({
    id: server.id,
    name: server.name,
    status: statusOf(server.status),
    created,
    serverType: { id: server.server_type.id, name: server.server_type.name, deprecated: isDeprecated(server) },
    diskGb: server.primary_disk_size,
    location: server.location.name,
    image:
      image === null
        ? undefined
        : { id: image.id, name: image.name ?? String(image.id), deprecated: image.deprecated !== null },
    locked: server.locked,
    protection: server.protection,
    backups: server.backup_window !== null,
    labels: server.labels,
    ipv4,
    ipv6,
    networks: attachmentsOf(server, networks),
    firewalls: references.firewalls.map((id) => named(firewalls, id)).sort(byName),
    volumes: references.volumes.map((id) => named(volumes, id)).sort(byName),
    placementGroup: group ?? undefined,
    rescue: server.rescue_enabled === true ? true : undefined,
    iso: server.iso === undefined || server.iso === null ? undefined : (server.iso.name ?? 'an ISO'),
  });
}

/** Servers with the names of all objects that they refer to. */
export async function serversSeen(
  servers: readonly ApiServer[],
  names: Directories,
  signal: AbortSignal,
): Promise<readonly ServerSeen[]> {
  const references = referencesOf(servers);
  const [networks, firewalls, volumes] = await Promise.all([
    names.networks.named(references.networks, signal),
    names.firewalls.named(references.firewalls, signal),
    names.volumes.named(references.volumes, signal),
  ]);
  return servers.map((server) => seen(server, networks, firewalls, volumes));
}
