/** The provider's catalogue: server types, images and locations, one list per read, each cached for a short time. */

import type { Catalogue, CatalogueList, PriceList } from '../world.ts';
import {
  type ApiServerType,
  imageShape,
  locationShape,
  namedShape,
  networkShape,
  placementGroupShape,
  primaryIpShape,
  volumeShape,
} from './answers.ts';
import { type Client, recentRead, type Shape } from '#plugin/http';
import { listAll } from './pages.ts';
import { typeSeen } from './prices.ts';

/** Time that a list stays fresh, in ms. */
const FRESH_MS = 15_000;

type Readers = { readonly [List in CatalogueList]: (signal: AbortSignal) => Promise<Catalogue[List]> };

function lists<T extends { readonly id: number }>(
  client: Client,
  member: string,
  item: Shape<T>,
  query: readonly (readonly [string, string])[] = [],
): (signal: AbortSignal) => Promise<readonly T[]> {
  const listing = {
    what: `list ${member.replaceAll('_', ' ')}`,
    path: `/${member}`,
    query: [['sort', 'id:asc'] as const, ...query],
    member,
    item,
  };
  return (signal) => listAll(client, listing, signal);
}

function readersOf(client: Client, types: (signal: AbortSignal) => Promise<readonly ApiServerType[]>): Readers {
  const [images, locations] = [
    // A deprecated image can still be used for a time.
    lists(client, 'images', imageShape, [['include_deprecated', 'true']]),
    lists(client, 'locations', locationShape),
  ];
  const [networks, volumes] = [lists(client, 'networks', networkShape), lists(client, 'volumes', volumeShape)];
  const [groups, addresses] = [
    lists(client, 'placement_groups', placementGroupShape),
    lists(client, 'primary_ips', primaryIpShape),
  ];
  return {
    types: async (signal): Promise<PriceList['types']> => {
      const all = await types(signal);
      return Object.fromEntries(all.map((type) => [type.name, typeSeen(type)]));
    },
    images: async (signal) =>
      (await images(signal)).map(({ id, name, type, status, architecture, disk_size, deprecated }) => ({
        id,
        name: name ?? String(id),
        isSystem: type === 'system' || type === 'app',
        isAvailable: status === 'available',
        architecture,
        diskGb: disk_size,
        ...(deprecated === null ? {} : { deprecated }),
      })),
    locations: async (signal) =>
      (await locations(signal)).map(({ id, name, network_zone: zone }) => ({ id, name, zone })),
    sshKeys: lists(client, 'ssh_keys', namedShape),
    firewalls: lists(client, 'firewalls', namedShape),
    networks: async (signal) =>
      (await networks(signal)).map(({ id, name, subnets }) => ({
        id,
        name,
        zones: [...new Set(subnets.map(({ network_zone: zone }) => zone))].sort(),
      })),
    placementGroups: async (signal) =>
      (await groups(signal)).map(({ id, name, type, servers }) => ({ id, name, type, servers })),
    volumes: async (signal) =>
      (await volumes(signal)).map(({ id, name, location, server, labels }) => ({
        id,
        name,
        location: location.name,
        labels,
        ...(server === null ? {} : { server }),
      })),
    primaryIps: async (signal) =>
      (await addresses(signal)).map(({ id, name, type, location, assignee_id: server, auto_delete, labels }) => ({
        id,
        name,
        type,
        location: location.name,
        goesWithServer: auto_delete,
        labels,
        ...(server === null ? {} : { server }),
      })),
  };
}

/** Reads lists of the catalogue. Concurrent requests for the same list share one read. */
export interface CatalogueReader {
  readonly list: <List extends CatalogueList>(list: List, signal: AbortSignal) => Promise<Catalogue[List]>;
}

export function catalogueReader(
  client: Client,
  types: (signal: AbortSignal) => Promise<readonly ApiServerType[]>,
): CatalogueReader {
  const readers = readersOf(client, types);
  const recent = Object.fromEntries(
    Object.entries(readers).map(([name, read]) => [
      name,
      recentRead(read as (signal: AbortSignal) => Promise<unknown>, FRESH_MS, client.timing.now),
    ]),
  );
  return {
    list: <List extends CatalogueList>(list: List, signal: AbortSignal) => (recent[list] as Readers[List])(signal),
  };
}
