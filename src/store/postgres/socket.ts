/** The socket of a connection to a store: it goes to the addresses that were checked, and to no others. */

import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { StoreError } from '../errors.ts';
import type { Target } from './target.ts';

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** Throws StoreError where an address may not be connected to. */
function check(target: Target, address: string): void {
  if (target.loopbackOnly && !isLoopbackAddress(address)) {
    throw new StoreError(
      `the store ${target.place} cannot be used: ${target.host} leads to ${address}, which is another machine, and the connection has no TLS`,
    );
  }
}

/** A socket that has not connected yet; whoever connects it by name gets checked addresses alone. */
export function guardedSocket(target: Target): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  const checked: LookupFunction = (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
      try {
        if (error !== null) throw error;
        for (const { address } of found) check(target, address);
      } catch (problem) {
        done(problem as NodeJS.ErrnoException, '', 0);
        return;
      }
      if (options.all === true) done(null, found);
      else done(null, found[0]?.address ?? '', found[0]?.family ?? 0);
    });
  };
  // The driver connects it, by a port and a host or by a path.
  socket.connect = ((...way: readonly unknown[]) => {
    const [port, host] = way;
    if (typeof port !== 'number' || typeof host !== 'string') return connect(String(port));
    if (isIP(host) !== 0) check(target, host);
    return connect({ port, host, lookup: checked });
  };
  return socket;
}
