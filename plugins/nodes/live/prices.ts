/** Server types and their prices, from two lists of the API. */

import type { PriceList, ServerTypeSeen, TypeInLocation } from '../world.ts';
import { type ApiServerType, pricingShape, serverTypeShape } from './answers.ts';
import { type Client, object } from '#plugin/http';
import { listAll } from './pages.ts';
import { defined } from '#plugin';

const MB_PER_GB = 1024;

function inLocations({ prices, locations, name: type }: ApiServerType): ServerTypeSeen['locations'] {
  const entries = prices.flatMap(({ location, price_hourly, price_monthly }): readonly [string, TypeInLocation][] => {
    const hourly = Number(price_hourly.net);
    const monthly = Number(price_monthly.net);
    if (!(hourly >= 0) || !(monthly >= 0)) throw new Error(`the price of ${type} in ${location} is not a number`);
    const place = locations?.find(({ name }) => name === location);
    // If the API lists the locations of a type, other locations do not offer it.
    if (locations !== undefined && place === undefined) return [];
    const ends = place?.deprecation?.unavailable_after;
    const available = place?.available ?? true;
    return [[location, defined({ available, hourly, monthly, endsAt: ends })]];
  });
  return Object.fromEntries(entries);
}

export function typeSeen(type: ApiServerType): ServerTypeSeen {
  return {
    id: type.id,
    name: type.name,
    cores: type.cores,
    memoryMb: type.memory * MB_PER_GB,
    diskGb: type.disk,
    architecture: type.architecture,
    deprecated: type.deprecated === true,
    locations: inLocations(type),
  };
}

export function readTypes(client: Client, signal: AbortSignal): Promise<readonly ApiServerType[]> {
  const listing = { what: 'list server types', path: '/server_types', member: 'server_types', item: serverTypeShape };
  return listAll(client, listing, signal);
}

/** Reads both lists in parallel. */
export async function readPrices(
  client: Client,
  readTypes: (signal: AbortSignal) => Promise<readonly ApiServerType[]>,
  signal: AbortSignal,
): Promise<PriceList> {
  const shape = object({ pricing: pricingShape });
  const [types, { pricing }] = await Promise.all([
    readTypes(signal),
    client.call({ what: 'read the prices', method: 'GET', path: '/pricing', shape }, signal),
  ]);
  const sorted = types.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { currency: pricing.currency, types: Object.fromEntries(sorted.map((type) => [type.name, typeSeen(type)])) };
}
