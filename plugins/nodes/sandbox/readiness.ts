/** Ports of emulated guests: one port at each server's address, open while the guest runs. */

import type { RequestListener } from 'node:http';
import { type Listening, listen } from './http.ts';
import type { Cloud, ServerRow } from './state.ts';

/** Reserves the port on all addresses, and answers no connection. */
const HOLDER = '127.64.0.1';

export interface Readiness {
  /** The port of every guest. */
  readonly port: number;
  /** Opens and closes ports to match the rows; resolves when done. */
  readonly settle: (cloud: Cloud) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Answers any path. */
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
  // Another process may hold the port of an earlier start.
  return listen(refuse, port, HOLDER)
    .catch(() => listen(refuse, 0, HOLDER))
    .catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined;
      throw error;
    });
}

/**
 * Reserves a port (the given one, if it is free) that is free on all addresses of emulated servers. The port is 0, and
 * no guest has a port, if 127.0.0.1 is the machine's only loopback address.
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
  // Changes run one after the other.
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
