/** Reads all links of a host at once. */

import { type LinkHost, readIp } from './ip.ts';
import { type LinkSeen, linksIn } from './link.ts';

/** The links of a host at one time. */
export interface LinkDump {
  readonly links: readonly LinkSeen[];
  /** False if links came or went meanwhile: the kernel may have left some out. */
  readonly isConsistent: boolean;
}

/** One dump. Throws an OutsideError or an InputError if the links cannot be read. */
export async function dumpLinks(host: LinkHost, signal: AbortSignal): Promise<LinkDump> {
  const args = ['-j', '-d', '-s', '-s', 'link', 'show'];
  const { stdout, stderr } = await readIp('the links', { host, args, signal });
  return { links: linksIn(stdout), isConsistent: !/^Dump was interrupted/mu.test(stderr) };
}

/** Number of dumps after which an inconsistent one counts: links can come and go for as long as a host boots. */
export const MOST_DUMPS = 3;

/** Dumps until one is consistent, three times at most; the last one counts. */
export async function readLinks(host: LinkHost, signal: AbortSignal): Promise<LinkDump> {
  let dump = await dumpLinks(host, signal);
  for (let tries = 1; tries < MOST_DUMPS && !dump.isConsistent; tries += 1) dump = await dumpLinks(host, signal);
  return dump;
}
