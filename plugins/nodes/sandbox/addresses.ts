/** Allocates addresses: public ones from a loopback block of this machine, private ones from networks. */

import { ApiError, invalidInput } from './errors.ts';
import type { Cloud, NetworkRow, PrivateNet, ServerRow } from './state.ts';

/** Start of the public IPv4 addresses. The block is loopback, so that ports of emulated servers can be reached. */
const PUBLIC_V4 = [127, 64] as const;

/** Allocates the next public address: `127.64.x.y`, or a /64 of the documentation range (RFC 3849). */
export function nextPublicAddress(cloud: Cloud, type: 'ipv4' | 'ipv6'): string {
  const number = cloud.nextAddress + 1;
  cloud.nextAddress = number;
  if (type === 'ipv6') return `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::/64`;
  // Neither .0 nor .255, as at the provider.
  return [...PUBLIC_V4, Math.floor(number / 254) % 256, (number % 254) + 1].join('.');
}

export interface Range {
  readonly base: number;
  readonly bits: number;
  readonly size: number;
}

export function toNumber(ip: string): number | undefined {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || !/^[\d.]+$/.test(ip) || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Parses `10.0.0.0/16`; undefined if the text is not an IPv4 range, or has bits set after its prefix. */
export function toRange(text: string): Range | undefined {
  const [ip = '', length = '', ...rest] = text.split('/');
  const base = toNumber(ip);
  const bits = Number(length);
  if (base === undefined || rest.length > 0 || !/^\d+$/.test(length) || bits > 32) return undefined;
  const size = 2 ** (32 - bits);
  return base % size === 0 ? { base, bits, size } : undefined;
}

export function isWithin(inner: Range, outer: Range): boolean {
  return inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size;
}

export function overlaps(a: Range, b: Range): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

const PRIVATE: readonly Range[] = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].flatMap(
  (text) => toRange(text) ?? [],
);

/** Parses a private range of RFC 1918 with at least the given number of addresses. */
export function privateRangeIn(text: string, field: string, longest: number): Range {
  const range = toRange(text);
  if (range === undefined || !PRIVATE.some((outer) => isWithin(range, outer)))
    throw invalidInput(field, `'${text}' is not a private IPv4 range`);
  if (range.bits > longest) throw invalidInput(field, `'${text}' is too small`);
  return range;
}

function taken(cloud: Cloud, network: number): ReadonlySet<string> {
  return new Set(
    [...cloud.servers.values()].flatMap(({ privateNets }) =>
      privateNets.filter((net) => net.network === network).flatMap(({ ip, aliasIps }) => [ip, ...aliasIps]),
    ),
  );
}

/** Usable addresses of a subnet: all but the first, the gateway's and the last. */
function usable(range: Range): { readonly from: number; readonly to: number } {
  return { from: range.base + 2, to: range.base + range.size - 2 };
}

export interface AttachRequest {
  readonly ip?: string | undefined;
  readonly ipRange?: string | undefined;
  readonly aliasIps: readonly string[];
}

/** The address of a server in a network: the requested one, or the first free one of a subnet of its zone. */
export function attachment(
  cloud: Cloud,
  network: NetworkRow,
  server: Pick<ServerRow, 'id' | 'privateNets'>,
  zone: string,
  request: AttachRequest,
): PrivateNet {
  if (server.privateNets.some((net) => net.network === network.id))
    throw new ApiError('server_already_attached', 'server is already attached to this network');
  const own = toRange(network.ipRange);
  for (const net of server.privateNets) {
    const other = toRange(cloud.networks.get(net.network)?.ipRange ?? '');
    if (own !== undefined && other !== undefined && overlaps(own, other))
      throw new ApiError('networks_overlap', 'the network overlaps with another one of the server');
  }
  const ranges = network.subnets
    .filter((subnet) => subnet.zone === zone && (request.ipRange === undefined || subnet.ipRange === request.ipRange))
    .flatMap(({ ipRange }) => toRange(ipRange) ?? []);
  const used = taken(cloud, network.id);
  const fits = (ip: string): boolean => {
    const number = toNumber(ip);
    return (
      number !== undefined &&
      !used.has(ip) &&
      ranges.some((range) => number >= usable(range).from && number <= usable(range).to)
    );
  };
  const wrong = [...(request.ip === undefined ? [] : [request.ip]), ...request.aliasIps].find((ip) => !fits(ip));
  if (wrong !== undefined) throw new ApiError('ip_not_available', `IP ${wrong} is not available in the network`);
  const ip = request.ip ?? firstFree(ranges, new Set([...used, ...request.aliasIps]));
  if (ip === undefined) throw new ApiError('no_subnet_available', 'no subnet of the network has a free address here');
  return { network: network.id, ip, aliasIps: request.aliasIps, mac: macOf(ip) };
}

function firstFree(ranges: readonly Range[], used: ReadonlySet<string>): string | undefined {
  for (const range of ranges) {
    const { from, to } = usable(range);
    for (let number = from; number <= to; number += 1) {
      const ip = toAddress(number);
      if (!used.has(ip)) return ip;
    }
  }
}

function macOf(ip: string): string {
  const octets = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['86', '00', ...octets].join(':');
}
