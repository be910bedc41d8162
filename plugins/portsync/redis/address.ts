/** Addresses of Redis servers. Only a TCP address can come from a document. Pure. */

import { InputError, printable } from '#plugin';

export type RedisAddress = TcpAddress | SocketAddress;

export interface TcpAddress {
  readonly kind: 'tcp';
  /** A name or an address, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A Unix socket. Its path comes from a default, the environment or a flag. */
export interface SocketAddress {
  readonly kind: 'socket';
  readonly path: string;
}

export const DEFAULT_PORT = 6379;

const FORM =
  /^(?:redis:\/\/)?(?:\[(?<v6>[0-9a-f:.]{2,45})\]|(?<name>[a-z0-9](?:[a-z0-9._-]{0,252})))(?::(?<port>\d{1,5}))?\/?$/iu;

/** Reads `host:port`, `[address]:port` or `redis://host:port`; the port is 6379 by default. Undefined for other texts. */
export function tcpAddressIn(text: string): TcpAddress | undefined {
  const { v6, name, port = String(DEFAULT_PORT) } = FORM.exec(text)?.groups ?? {};
  const host = v6 ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { kind: 'tcp', host, port: Number(port) };
}

/** Reads an address. Throws an InputError for a text that is not one. */
export function tcpAddress(text: string): TcpAddress {
  const address = tcpAddressIn(text);
  if (address === undefined)
    throw new InputError(
      `${printable(text.slice(0, 200))} is not a valid address of a Redis server. Write redis://HOST:PORT, without a password or a database.`,
    );
  return address;
}

/** The address of a Unix socket. Throws an InputError if the path is not absolute. */
export function socketAddress(path: string): SocketAddress {
  if (!path.startsWith('/')) throw new InputError(`${printable(path)} is not an absolute path of a socket.`);
  return { kind: 'socket', path };
}

/** `192.0.2.1:6379`, `[2001:db8::1]:6379` or the path of the socket. */
export function addressText(address: RedisAddress): string {
  if (address.kind === 'socket') return printable(address.path);
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
