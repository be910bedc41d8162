/** `/networks`: private networks, their subnets and routes. */

import type { Json } from '#plugin';
import { isWithin, overlaps, privateRangeIn, type Range, toAddress, toNumber, toRange } from './addresses.ts';
import { LOCATIONS } from './catalog.ts';
import { ApiError, invalidInput } from './errors.ts';
import { presentNetwork } from './present.ts';
import {
  act,
  actionAnswer,
  type Body,
  type Call,
  flagIn,
  type Handler,
  labelsIn,
  needed,
  objectsIn,
  textIn,
} from './request.ts';
import { type NetworkRow, patchRow, type RouteRow, type SubnetRow, takeId } from './state.ts';
import { checkFree, checkLimit, checkNameOf, checkProtection, type Kind, thingOf } from './things.ts';

/** Maximum prefix lengths of a network and of a subnet. */
const NETWORK_BITS = 24;
const SUBNET_BITS = 29;

type Shape = Pick<NetworkRow, 'ipRange' | 'subnets' | 'routes'>;

function rangeOf(text: string): Range {
  const range = toRange(text);
  if (range === undefined) throw new Error(`${text} is not a range`);
  return range;
}

function isServed(network: Shape, subnet: string): boolean {
  return network.subnets.some(({ ipRange }) => ipRange === subnet);
}

/** The first free /24 of the network. */
function freeSubnet(network: Shape): string {
  const outer = rangeOf(network.ipRange);
  for (let base = outer.base; base < outer.base + outer.size; base += 256) {
    const range = { base, bits: 24, size: 256 };
    if (!network.subnets.some(({ ipRange }) => overlaps(rangeOf(ipRange), range))) return `${toAddress(base)}/24`;
  }
  throw invalidInput('ip_range', 'no range is free in the network');
}

function subnetIn(network: Shape, body: Body): SubnetRow {
  const type = needed(textIn(body, 'type'), 'type');
  if (type !== 'cloud' && type !== 'server' && type !== 'vswitch')
    throw invalidInput('type', 'must be cloud, server or vswitch');
  const zone = needed(textIn(body, 'network_zone'), 'network_zone');
  if (!LOCATIONS.some((location) => location.zone === zone)) throw invalidInput('network_zone', `unknown: '${zone}'`);
  const ipRange = textIn(body, 'ip_range') ?? freeSubnet(network);
  const range = privateRangeIn(ipRange, 'ip_range', SUBNET_BITS);
  if (!isWithin(range, rangeOf(network.ipRange))) throw invalidInput('ip_range', 'is not within the network');
  if (network.subnets.some((other) => overlaps(range, rangeOf(other.ipRange))))
    throw invalidInput('ip_range', 'overlaps with another subnet');
  return { type, ipRange, zone, gateway: toAddress(rangeOf(network.ipRange).base + 1) };
}

function routeIn(network: Shape, body: Body): RouteRow {
  const destination = needed(textIn(body, 'destination'), 'destination');
  if (toRange(destination) === undefined) throw invalidInput('destination', 'is not an IPv4 range');
  const gateway = needed(textIn(body, 'gateway'), 'gateway');
  const address = toNumber(gateway);
  if (address === undefined || !isWithin({ base: address, bits: 32, size: 1 }, rangeOf(network.ipRange)))
    throw invalidInput('gateway', 'is not within the network');
  if (network.routes.some((route) => route.destination === destination))
    throw invalidInput('destination', 'the route already exists');
  return { destination, gateway };
}

export const NETWORKS: Kind<NetworkRow> = {
  many: 'networks',
  one: 'network',
  type: 'network',
  table: ({ networks }) => networks,
  present: presentNetwork,
  update: ({ body }) => {
    const exposeRoutes = flagIn(body, 'expose_routes_to_vswitch');
    return exposeRoutes === undefined ? {} : { exposeRoutes };
  },
  checkRemoval: (call, row) => {
    checkProtection(row, 'network');
    if (hasServers(call, row.id)) throw new ApiError('resource_in_use', 'servers are attached to the network');
  },
  create: (call) => {
    const { cloud, body, conduct } = call;
    const name = checkNameOf(call, NETWORKS, needed(textIn(body, 'name'), 'name'));
    const ipRange = needed(textIn(body, 'ip_range'), 'ip_range');
    privateRangeIn(ipRange, 'ip_range', NETWORK_BITS);
    checkLimit(cloud.networks.size, conduct.limits.networks, 'network');
    let shape: Shape = { ipRange, subnets: [], routes: [] };
    for (const one of objectsIn(body, 'subnets'))
      shape = { ...shape, subnets: [...shape.subnets, subnetIn(shape, one)] };
    for (const one of objectsIn(body, 'routes')) shape = { ...shape, routes: [...shape.routes, routeIn(shape, one)] };
    const row: NetworkRow = {
      ...shape,
      id: takeId(cloud),
      name,
      protection: { delete: false },
      labels: labelsIn(body) ?? {},
      created: call.now,
      exposeRoutes: flagIn(body, 'expose_routes_to_vswitch') ?? false,
    };
    cloud.networks.set(row.id, row);
    return { status: 201, body: { network: presentNetwork(cloud, row) } };
  },
};

function hasServers({ cloud }: Call, network: number, within?: Range): boolean {
  return [...cloud.servers.values()].some(({ privateNets }) =>
    privateNets.some(
      (net) =>
        net.network === network &&
        (within === undefined || isWithin({ base: toNumber(net.ip) ?? 0, bits: 32, size: 1 }, within)),
    ),
  );
}

/** An action that changes the row of a network immediately. */
function onNetwork(command: string, change: (call: Call, network: NetworkRow) => Partial<NetworkRow>): Handler {
  return (call) => {
    const network = thingOf(call, NETWORKS);
    checkFree(call, 'network', network.id);
    patchRow(call.cloud.networks, network.id, change(call, network));
    const resources: readonly { readonly id: number; readonly type: string }[] = [{ id: network.id, type: 'network' }];
    return actionAnswer(call, act(call, { command, resources, takes: call.conduct.times.other }));
  };
}

export const NETWORK_ACTIONS: Readonly<Record<string, Handler>> = {
  add_subnet: onNetwork('add_subnet', ({ body }, network) => ({
    subnets: [...network.subnets, subnetIn(network, body)],
  })),
  delete_subnet: onNetwork('delete_subnet', (call, network) => {
    const ipRange = needed(textIn(call.body, 'ip_range'), 'ip_range');
    if (!isServed(network, ipRange)) throw invalidInput('ip_range', 'the subnet does not exist');
    if (hasServers(call, network.id, rangeOf(ipRange)))
      throw new ApiError('resource_in_use', 'servers are attached to the subnet');
    return { subnets: network.subnets.filter((subnet) => subnet.ipRange !== ipRange) };
  }),
  add_route: onNetwork('add_route', ({ body }, network) => ({ routes: [...network.routes, routeIn(network, body)] })),
  delete_route: onNetwork('delete_route', ({ body }, network) => {
    const destination: Json = body['destination'] ?? null;
    const routes = network.routes.filter((route) => route.destination !== destination);
    if (routes.length === network.routes.length) throw invalidInput('destination', 'the route does not exist');
    return { routes };
  }),
  change_ip_range: onNetwork('change_ip_range', ({ body }, network) => {
    const ipRange = needed(textIn(body, 'ip_range'), 'ip_range');
    const range = privateRangeIn(ipRange, 'ip_range', NETWORK_BITS);
    if (!isWithin(rangeOf(network.ipRange), range)) throw invalidInput('ip_range', 'can only be extended');
    return { ipRange };
  }),
  change_protection: onNetwork('change_protection', ({ body }, network) => ({
    protection: { delete: flagIn(body, 'delete') ?? network.protection.delete },
  })),
};
