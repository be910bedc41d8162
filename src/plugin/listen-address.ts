/** `#plugin/listen-address`: the address that a daemon listens on. Without TLS, it must be local. */

import { BlockList, isIP } from 'node:net';
import { errorText } from './error-text.ts';
import { InputError } from './errors.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Parses `[::1]:9090` or `127.0.0.1:9090`. Throws an InputError. */
export function listenAddress(text: string): ListenAddress {
  const [, six, four, port] = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})$/iu.exec(text) ?? [];
  const host = six ?? four ?? '';
  if (isIP(host) !== (six === undefined ? 4 : 6) || Number(port) > 65_535)
    throw new InputError(`${text} is not an address to listen on. Write it like [::1]:9090`);
  return { host, port: Number(port) };
}

/** True if only this machine reaches the address. */
export function isLoopback({ host }: ListenAddress): boolean {
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Throws an InputError for an address that other machines reach. `need`: the condition for such an address. */
export function assertLoopback(address: ListenAddress, need: string): void {
  if (isLoopback(address)) return;
  throw new InputError(`the server listens on ${address.host} only with ${need}, or listen on a loopback address`);
}

export function cannotListen({ host, port }: ListenAddress, error: unknown): InputError {
  return new InputError(`the server cannot listen on ${host} port ${port}: ${errorText(error)}`);
}
