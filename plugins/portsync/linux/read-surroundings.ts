/** Reads all of a host that a change of a link may lose. */

import { readAddresses } from './addresses.ts';
import type { LinkHost } from './ip.ts';
import { linksThatKeepIpv6 } from './kept-ipv6.ts';
import { readLinks } from './read-links.ts';
import type { Surroundings } from './surroundings.ts';

/** Links, addresses, routes, neighbours, and the links that keep their IPv6 addresses. Throws if a part cannot be read. */
export async function readSurroundings(host: LinkHost, signal: AbortSignal): Promise<Surroundings> {
  const [{ links }, dump] = await Promise.all([readLinks(host, signal), readAddresses(host, signal)]);
  const named = new Set(dump.addresses.flatMap(({ family, link }) => (family === 6 ? [link] : [])));
  return { links, ...dump, keepIpv6: await linksThatKeepIpv6(host, [...named], signal) };
}
