/** The links whose IPv6 addresses the kernel keeps while they are down: the setting `keep_addr_on_down`. */

import { readFileSync } from 'node:fs';
import type { LinkHost } from './ip.ts';
import { DEADLINE_MS, ipArguments, IP_ENVIRONMENT, ipProgram } from './ip.ts';
import { runProgram } from '#plugin/program';

const FOLDER = '/proc/sys/net/ipv6/conf';
const SETTING = 'keep_addr_on_down';
const MOST_BYTES = 1024 * 1024;

/**
 * The names that keep their addresses, by the settings of `all` and of each link. The one of `all` counts unless it is 0.
 * Source: net/ipv6/addrconf.c, addrconf_ifdown.
 */
export function keptBy(settings: ReadonlyMap<string, number>, names: readonly string[]): ReadonlySet<string> {
  const ofAll = settings.get('all') ?? 0;
  return new Set(names.filter((name) => (ofAll === 0 ? (settings.get(name) ?? 0) : ofAll) > 0));
}

/** The settings in lines of `grep -H`: a path, a colon, a number. */
export function settingsIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').flatMap((line) => {
    const [, name, value] = /^\/proc\/sys\/net\/ipv6\/conf\/([^/]+)\/keep_addr_on_down:(-?\d+)$/u.exec(line) ?? [];
    return name === undefined ? [] : [[name, Number(value)] as const];
  });
  return new Map(lines);
}

function ownSetting(name: string): readonly (readonly [string, number])[] {
  try {
    return [[name, Number(readFileSync(`${FOLDER}/${name}/${SETTING}`, 'utf8'))]];
  } catch {
    // The link has no IPv6, or the kernel has not.
    return [];
  }
}

/** The links of `names` that keep their addresses. Where the settings cannot be read, none does. */
export async function linksThatKeepIpv6(
  host: LinkHost,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const asked = ['all', ...names];
  if (host.namespace === undefined) return keptBy(new Map(asked.flatMap(ownSetting)), names);
  const files = asked.map((name) => `${FOLDER}/${name}/${SETTING}`);
  // Checks the name of the namespace.
  ipArguments(host, []);
  const ended = await runProgram({
    file: ipProgram(),
    args: ['netns', 'exec', host.namespace, '/bin/grep', '-Hs', '', ...files],
    folder: '/',
    env: IP_ENVIRONMENT,
    deadlineMs: DEADLINE_MS,
    mostBytes: MOST_BYTES,
    signal,
  });
  return ended.how === 'code' ? keptBy(settingsIn(ended.stdout), names) : new Set();
}
