/** TXT values by signed dynamic updates of the zone's primary server (RFC 2136): bind9, knot and others. */

import { isIP } from 'node:net';
import { errorText, InputError } from '#plugin';
import { serverText } from '#plugin/net';
import { type Dns, lookUpFailure, zoneOf } from '../dns/lookup.ts';
import { type Change, sendUpdate, type UpdateServer } from '../dns/update.ts';
import { attemptEach, placedInZones, type TextProvider } from './dns-01.ts';
import type { PreparedValue } from './solver.ts';

export interface Rfc2136Options extends UpdateServer {
  /** Found by a search for SOA records at the server if absent. */
  readonly zone?: string;
}

const ADDRESS_MS = 8000;

/** Values by their zones. */
function byZone(values: readonly PreparedValue[]): ReadonlyMap<string, readonly PreparedValue[]> {
  return Map.groupBy(values, ({ zone, place }) => {
    if (zone === undefined) throw new InputError(`the zone of ${place} is not recorded`);
    return zone;
  });
}

const changesOf = (values: readonly PreparedValue[]): Change['add'] =>
  values.map(({ place, text }) => ({ name: place, text }));

export function rfc2136Provider(server: Rfc2136Options, dns: Dns): TextProvider {
  const zoneAtServer = async (name: string, signal: AbortSignal): Promise<string> => {
    const { host, port } = server;
    try {
      const resolved = isIP(host) === 0 ? await dns.names.addresses(host, ADDRESS_MS, signal) : undefined;
      if (resolved?.ok === false) throw lookUpFailure(resolved);
      return await zoneOf(dns.askAt(serverText(resolved?.addresses[0] ?? host, port)), name, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new InputError(`${errorText(error)}. Set zone for the server ${host}`, { cause: error });
    }
  };
  return {
    via: 'rfc2136',
    place: (values, { signal }) => placedInZones(values, server.zone, (place) => zoneAtServer(place, signal)),
    add: async (values, { signal, progress }) => {
      for (const [zone, own] of byZone(values)) {
        progress(`updating the zone ${zone}`);
        await sendUpdate(server, { zone, add: changesOf(own), remove: [] }, signal);
      }
    },
    remove: async (values, { signal }) => {
      await attemptEach(byZone(values), signal, ([zone, own]) =>
        sendUpdate(server, { zone, add: [], remove: changesOf(own) }, signal),
      );
    },
  };
}
