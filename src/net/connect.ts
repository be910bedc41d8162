/**
 * The one way out: every connection of fettle is made here, to a checked address.
 *
 * A name is resolved once, each of its addresses is checked, and the connection goes to one that passed: a name that
 * resolves to another address a moment later changes nothing. `test/architecture.test.ts` keeps all other files from
 * connecting by themselves.
 */

import { lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { reported } from './contacts.ts';
import { allowedNetworks, denialOf, type NetworkPolicy, networkPolicy } from './networks.ts';

/** The network for which connections to an address are denied; undefined if they are permitted. */
export type Denial = (address: string) => string | undefined;

/** Addresses whose denial is kept: many names lead to the same few. */
const MOST_DENIALS = 1000;

export function denialBy(policy: NetworkPolicy): Denial {
  const known = new Map<string, string | undefined>();
  return (address) => {
    if (known.has(address)) return known.get(address);
    const denial = denialOf(address, policy);
    const [oldest] = known.keys();
    if (known.size >= MOST_DENIALS && oldest !== undefined) known.delete(oldest);
    known.set(address, denial);
    return denial;
  };
}

/** The policy of a configuration without `deny`. Throws if `FETTLE_ALLOW_NETWORKS` is malformed. */
export function usualDenial(env: Readonly<Record<string, string | undefined>>): Denial {
  return denialBy(networkPolicy(allowedNetworks(env), []));
}

/** `is in 169.254.0.0/16, which is denied`. */
export function deniedWords(network: string): string {
  return `is in ${network}, which is denied`;
}

/** Thrown for a denied address. The message does not name the address or its network. */
export class DeniedError extends Error {
  override readonly name = 'DeniedError';
  /** Like the errors of the system. */
  readonly code = 'EDENIED';

  constructor() {
    super('its address is in a network that is denied');
  }
}

/** An address that passed the policy. Only `checkedAddress` makes one. */
export type CheckedAddress = string & { readonly checked: unique symbol };

/** Throws a DeniedError. */
export function checkedAddress(address: string, denial: Denial): CheckedAddress {
  if (denial(address) !== undefined) throw new DeniedError();
  return address as CheckedAddress;
}

/** Begins a TCP connection to an address. */
export function connectTo(address: CheckedAddress, port: number): Socket {
  return reported(connect({ host: address, port }), `${address} port ${port}`);
}

/** Begins a connection to a Unix socket. The path must not come from a document or a remote API: it is checked nowhere. */
export function connectToPath(path: string): Socket {
  return reported(connect({ path }), path);
}

/** TLS over a connection that was made here. */
export function secureOver(
  socket: Socket,
  options: Omit<ConnectionOptions, 'socket' | 'host' | 'port' | 'path'>,
): TLSSocket {
  return connectTls({ ...options, socket });
}

/** A lookup that returns only checked addresses, and a DeniedError if a name has none. Node.js never calls it for literals. */
function checkedLookup(denial: Denial): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const checked = found.filter(({ address }) => denial(address) === undefined);
      const [first] = checked;
      if (first === undefined) return done(new DeniedError(), []);
      if (options.all === true) done(null, checked);
      else done(null, first.address, first.family);
    });
  };
}

/** A host as Node.js connects to it: without the brackets of an address in a URL. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/u, '$1');
}

/** Options for a client of Node.js that connects by itself: the host, checked if it is an address, and the lookup for names. Throws a DeniedError. */
export function checkedHost(host: string, denial: Denial): { readonly host: string; readonly lookup: LookupFunction } {
  const bare = bareHost(host);
  return { host: isIP(bare) === 0 ? bare : checkedAddress(bare, denial), lookup: checkedLookup(denial) };
}

/** Begins a TCP connection to a name or an address. Throws a DeniedError; for a name, the socket fails with it. */
export function connectToHost(host: string, port: number, denial: Denial): Socket {
  return reported(connect({ ...checkedHost(host, denial), port }), `${host} port ${port}`);
}

/**
 * A socket for a client that connects by itself, by port and host or by the path of a Unix socket. The connection goes to
 * a checked address, for any host that the client names. `connect` throws a DeniedError for an address, and the socket fails
 * with a DeniedError for a name.
 */
export function checkedSocket(denial: Denial): Socket {
  const socket = new Socket();
  const begin = socket.connect.bind(socket);
  socket.connect = (...way: readonly unknown[]): Socket => {
    const [port, host] = way;
    if (typeof port === 'string') return reported(begin(port), port);
    if (typeof port !== 'number' || typeof host !== 'string') throw new TypeError('a port and a host, or a path');
    return reported(begin({ ...checkedHost(host, denial), port }), `${host} port ${port}`);
  };
  return socket;
}
