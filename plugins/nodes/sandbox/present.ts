/** Converts rows to the API's objects. */

import type { Json } from '#plugin';
import { ISOS, LOCATIONS, type LocationRow, presentPrices, SERVER_TYPES, type ServerTypeRow } from './catalog.ts';
import { parseSelector } from './labels.ts';
import type {
  ActionRow,
  Cloud,
  FirewallRow,
  ImageRow,
  NetworkRow,
  PlacementGroupRow,
  PrimaryIpRow,
  ServerRow,
  SshKeyRow,
  VolumeRow,
} from './state.ts';

/** RFC 3339 in whole seconds, the provider's format of times. */
export function presentTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00');
}

export function presentAction(row: ActionRow, now: number): Json {
  const share = row.ends > row.started ? (now - row.started) / (row.ends - row.started) : 0;
  return {
    id: row.id,
    command: row.command,
    status: row.status,
    started: presentTime(row.started),
    finished: row.status === 'running' ? null : presentTime(row.ends),
    progress: row.status === 'running' ? Math.max(0, Math.min(99, Math.floor(share * 100))) : 100,
    resources: row.resources.map(({ id, type }) => ({ id, type })),
    error: row.error === null ? null : { ...row.error },
  };
}

export function presentLocation({ zone, ...rest }: LocationRow): Json {
  return { ...rest, network_zone: zone };
}

/** The deprecated grouping of a location, for older clients. */
export function presentDatacenter(location: LocationRow): Json {
  const ids = SERVER_TYPES.filter(({ prices }) => prices.some((price) => price.location === location.name)).map(
    ({ id }) => id,
  );
  return {
    id: location.id,
    name: `${location.name}-dc1`,
    description: `${location.city} DC 1`,
    location: presentLocation(location),
    server_types: { supported: ids, available: ids, available_for_migration: ids },
  };
}

/** Types that are not available in a location: `type@location`. */
export type Unavailable = ReadonlySet<string>;

export function presentServerType(row: ServerTypeRow, unavailable: Unavailable): Json {
  const deprecation =
    row.deprecation === undefined
      ? null
      : {
          announced: presentTime(row.deprecation.announced),
          unavailable_after: presentTime(row.deprecation.unavailableAfter),
        };
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    cores: row.cores,
    memory: row.memory,
    disk: row.disk,
    deprecated: deprecation !== null,
    prices: presentPrices(row),
    storage_type: 'local',
    cpu_type: row.cpu,
    category: row.category,
    architecture: row.architecture,
    deprecation,
    locations: LOCATIONS.filter(({ name }) => row.prices.some(({ location }) => location === name)).map(
      ({ id, name }) => ({
        id,
        name,
        deprecation,
        recommended: deprecation === null && !unavailable.has(`${row.name}@${name}`),
        available: deprecation === null && !unavailable.has(`${row.name}@${name}`),
      }),
    ),
  };
}

export function presentImage(row: ImageRow): Json {
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    name: row.name,
    description: row.description,
    image_size: row.imageSize,
    disk_size: row.disk,
    created: presentTime(row.created),
    created_from: row.createdFrom === null ? null : { ...row.createdFrom },
    bound_to: row.boundTo,
    os_flavor: row.os,
    os_version: row.osVersion,
    rapid_deploy: row.type === 'system',
    protection: { ...row.protection },
    deprecated: row.deprecated === null ? null : presentTime(row.deprecated),
    deleted: null,
    labels: { ...row.labels },
    architecture: row.architecture,
  };
}

export function presentIso({ id, name }: { readonly id: number; readonly name: string }): Json {
  return { id, name, description: name, type: 'public', deprecation: null, architecture: 'x86' };
}

export function presentPlacementGroup(cloud: Cloud, row: PlacementGroupRow): Json {
  return {
    id: row.id,
    name: row.name,
    labels: { ...row.labels },
    type: 'spread',
    created: presentTime(row.created),
    servers: membersOf(cloud, row.id).map(({ id }) => id),
  };
}

export function membersOf(cloud: Cloud, group: number): readonly ServerRow[] {
  return [...cloud.servers.values()].filter(({ placementGroup }) => placementGroup === group);
}

/** All firewalls of a server, applied by id or by label. */
function firewallsOf(cloud: Cloud, server: ServerRow): readonly { readonly id: number; readonly applied: boolean }[] {
  return [...cloud.firewalls.values()].flatMap((firewall) => {
    const named = firewall.servers.find(({ id }) => id === server.id);
    if (named !== undefined) return [{ id: firewall.id, applied: named.applied }];
    return firewall.selectors.some((selector) => parseSelector(selector)(server.labels))
      ? [{ id: firewall.id, applied: true }]
      : [];
  });
}

function presentAddresses(cloud: Cloud, server: ServerRow): Json {
  const v4 = server.ipv4 === null ? undefined : cloud.primaryIps.get(server.ipv4);
  const v6 = server.ipv6 === null ? undefined : cloud.primaryIps.get(server.ipv6);
  return {
    ipv4:
      v4 === undefined
        ? null
        : { id: v4.id, ip: v4.ip, blocked: false, dns_ptr: v4.dnsPtr[0]?.name ?? defaultPointer(v4.ip) },
    ipv6:
      v6 === undefined
        ? null
        : {
            id: v6.id,
            ip: v6.ip,
            blocked: false,
            dns_ptr: v6.dnsPtr.map(({ ip, name }) => ({ ip, dns_ptr: name })),
          },
    floating_ips: [],
    firewalls: firewallsOf(cloud, server).map(({ id, applied }) => ({ id, status: applied ? 'applied' : 'pending' })),
  };
}

export function defaultPointer(ip: string): string {
  return `static.${ip.split('.').toReversed().join('.')}.clients.sandbox.test`;
}

/** Reports whether an exclusive action runs on the server. */
export function isLocked(cloud: Cloud, type: string, id: number): boolean {
  return cloud.due.some(
    (due) =>
      due.what === 'action' &&
      cloud.actions.get(due.action)?.resources.some((resource) => resource.type === type && resource.id === id),
  );
}

export function presentServer(cloud: Cloud, row: ServerRow, unavailable: Unavailable): Json {
  const location = LOCATIONS.find(({ id }) => id === row.location);
  const type = SERVER_TYPES.find(({ id }) => id === row.type);
  if (location === undefined || type === undefined) throw new Error(`server ${row.id} has no location or type`);
  const image = row.image === null ? undefined : cloud.images.get(row.image);
  const iso = ISOS.find(({ id }) => id === row.iso);
  const group = row.placementGroup === null ? undefined : cloud.placementGroups.get(row.placementGroup);
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    created: presentTime(row.created),
    public_net: presentAddresses(cloud, row),
    private_net: row.privateNets.map(({ network, ip, aliasIps, mac }) => ({
      network,
      ip,
      alias_ips: [...aliasIps],
      mac_address: mac,
    })),
    server_type: presentServerType(type, unavailable),
    datacenter: presentDatacenter(location),
    location: presentLocation(location),
    image: image === undefined ? null : presentImage(image),
    iso: iso === undefined ? null : presentIso(iso),
    rescue_enabled: row.rescue,
    locked: isLocked(cloud, 'server', row.id),
    backup_window: row.backupWindow,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: 21_990_232_555_520,
    protection: { ...row.protection },
    labels: { ...row.labels },
    volumes: [...cloud.volumes.values()].filter(({ server }) => server === row.id).map(({ id }) => id),
    load_balancers: [],
    primary_disk_size: row.disk,
    placement_group: group === undefined ? null : presentPlacementGroup(cloud, group),
  };
}

export function presentSshKey(row: SshKeyRow): Json {
  return {
    id: row.id,
    name: row.name,
    fingerprint: row.fingerprint,
    public_key: row.publicKey,
    labels: { ...row.labels },
    created: presentTime(row.created),
  };
}

export function presentNetwork(cloud: Cloud, row: NetworkRow): Json {
  const servers = [...cloud.servers.values()].filter(({ privateNets }) =>
    privateNets.some(({ network }) => network === row.id),
  );
  return {
    id: row.id,
    name: row.name,
    ip_range: row.ipRange,
    subnets: row.subnets.map(({ type, ipRange, zone, gateway }) => ({
      type,
      ip_range: ipRange,
      network_zone: zone,
      gateway,
      vswitch_id: null,
    })),
    routes: row.routes.map(({ destination, gateway }) => ({ destination, gateway })),
    servers: servers.map(({ id }) => id),
    load_balancers: [],
    protection: { ...row.protection },
    labels: { ...row.labels },
    created: presentTime(row.created),
    expose_routes_to_vswitch: row.exposeRoutes,
  };
}

export function presentFirewall(cloud: Cloud, row: FirewallRow): Json {
  return {
    id: row.id,
    name: row.name,
    labels: { ...row.labels },
    created: presentTime(row.created),
    rules: row.rules.map((rule) => ({
      description: rule.description,
      direction: rule.direction,
      source_ips: [...rule.sourceIps],
      destination_ips: [...rule.destinationIps],
      protocol: rule.protocol,
      port: rule.port,
    })),
    applied_to: [
      ...row.servers.map(({ id }) => ({ type: 'server', server: { id } })),
      ...row.selectors.map((selector) => ({
        type: 'label_selector',
        label_selector: { selector },
        applied_to_resources: [...cloud.servers.values()]
          .filter(({ labels }) => parseSelector(selector)(labels))
          .map(({ id }) => ({ type: 'server', server: { id } })),
      })),
    ],
  };
}

export function presentVolume(row: VolumeRow): Json {
  const location = LOCATIONS.find(({ id }) => id === row.location);
  if (location === undefined) throw new Error(`volume ${row.id} has no location`);
  return {
    id: row.id,
    created: presentTime(row.created),
    name: row.name,
    server: row.server,
    location: presentLocation(location),
    size: row.size,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${row.id}`,
    protection: { ...row.protection },
    labels: { ...row.labels },
    status: row.status,
    format: row.format,
  };
}

export function presentPrimaryIp(cloud: Cloud, row: PrimaryIpRow): Json {
  const location = LOCATIONS.find(({ id }) => id === row.location);
  if (location === undefined) throw new Error(`primary IP ${row.id} has no location`);
  return {
    id: row.id,
    name: row.name,
    labels: { ...row.labels },
    created: presentTime(row.created),
    blocked: false,
    datacenter: presentDatacenter(location),
    location: presentLocation(location),
    ip: row.ip,
    dns_ptr: row.dnsPtr.map(({ ip, name }) => ({ ip, dns_ptr: name })),
    protection: { ...row.protection },
    type: row.type,
    auto_delete: row.autoDelete,
    assignee_type: 'server',
    assignee_id: assigneeOf(cloud, row.id)?.id ?? null,
  };
}

/** The server that has a primary IP. */
export function assigneeOf(cloud: Cloud, ip: number): ServerRow | undefined {
  return [...cloud.servers.values()].find(({ ipv4, ipv6 }) => ipv4 === ip || ipv6 === ip);
}
