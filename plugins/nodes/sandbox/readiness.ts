/** What the guests of emulated servers offer: a port of their own address, open while the guest is up. */

import type { RequestListener } from 'node:http';
import { type Listening, listen } from './http.ts';
import type { Cloud, ServerRow } from './state.ts';

/** Holds the port for all the addresses, and answers nobody. */
const HOLDER = '127.64.0.1';

export interface Readiness {
  /** The port that every guest offers. */
  readonly port: number;
  /** Opens and closes ports as the rows say; resolves when that is so. */
  readonly settle: (cloud: Cloud) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Any path is answered: by then the guest is up. */
const healthy: RequestListener = (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n');
};

function offers(server: ServerRow): boolean {
  return server.status === 'running' && server.guest === 'up' && server.faults.silent !== true;
}

function wanted(cloud: Cloud): ReadonlySet<string> {
  const addresses = [...cloud.servers.values()].filter(offers).flatMap(({ ipv4 }) => {
    const ip = ipv4 === null ? undefined : cloud.primaryIps.get(ipv4)?.ip;
    return ip === undefined ? [] : [ip];
  });
  return new Set(addresses);
}

async function hold(port: number): Promise<Listening | undefined> {
  const refuse: RequestListener = (request) => request.destroy();
  // The port of an earlier start may be somebody else's by now.
  return listen(refuse, port, HOLDER)
    .catch(() => listen(refuse, 0, HOLDER))
    .catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined;
      throw error;
    });
}

/**
 * Takes a port (the given one, where it is free) that is free on all the addresses of emulated servers. Port 0 where this
 * machine has 127.0.0.1 alone for its loopback: nothing is offered there.
 */
export async function startReadiness(port = 0): Promise<Readiness> {
  const holder = await hold(port);
  if (holder === undefined) return { port: 0, settle: () => Promise.resolve(), stop: () => Promise.resolve() };
  const open = new Map<string, Listening>();
  const change = async (cloud: Cloud): Promise<void> => {
    const addresses = wanted(cloud);
    for (const [address, listening] of open) {
      if (addresses.has(address)) continue;
      open.delete(address);
      await listening.stop();
    }
    for (const address of addresses)
      if (!open.has(address)) open.set(address, await listen(healthy, holder.port, address));
  };
  // One change after the other.
  let last: Promise<void> = Promise.resolve();
  return {
    port: holder.port,
    settle: (cloud) => {
      last = last.catch(() => undefined).then(() => change(cloud));
      return last;
    },
    stop: async () => {
      await last.catch(() => undefined);
      await Promise.all([holder, ...open.values()].map((listening) => listening.stop()));
    },
  };
}
