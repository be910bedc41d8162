/**
 * Evidence of a Linux host: links, default routes of every table, SSH sessions, neighbours and bridges, in the namespace of
 * the ports and in that of fettle.
 *
 * `readLinux` runs `ip`, `ss` and `bridge`, and `linuxEvidence` derives the evidence from their answers. An answer that is
 * missing is a reason in the evidence. The formats are those of iproute2 6.1.
 */

import { accessSync, constants, existsSync, readlinkSync } from 'node:fs';
import { errorText, isRecord } from '#plugin';
import { type Ended, runProgram } from '#plugin/program';
import { namespaceMistake } from '../linux/ip.ts';
import { addTo, type Device, type Evidence, type Family, familyOf, type Way } from './evidence.ts';
import type { Connection } from './evidence-sonic.ts';

/** An answer, or the reason why there is not one. */
export type Answer = { readonly rows: readonly Readonly<Record<string, unknown>>[] } | { readonly failed: string };

/** An established SSH session. */
export interface Session {
  readonly here: string;
  /** The link that the session is bound to. */
  readonly bound?: string;
  readonly herePort: number;
  readonly there: string;
  readonly therePort: number;
  /** The MTU of the path in use (`pmtu`), in bytes. */
  readonly mtu?: number;
}

export interface SessionRoute {
  readonly session: Session;
  readonly route: Answer;
}

/** The answers of one namespace. */
export interface NamespaceReading {
  /** `ip -j -d addr`. */
  readonly links: Answer;
  /** `ip -j route show table all default`, for both families. */
  readonly defaults: readonly (readonly [Family, Answer])[];
  readonly sessions: readonly SessionRoute[] | { readonly failed: string };
  /** `ip -j neigh`. */
  readonly neighbours: Answer;
  /** `bridge -j fdb`; not asked without a bridge. */
  readonly learned: Answer;
}

export interface LinuxReading {
  /** The namespace of the ports. */
  readonly target: NamespaceReading;
  /** The namespace of fettle, if it is another one. */
  readonly own?: NamespaceReading;
  /** fettle is in a container or another namespace than the host, and the ports are in the same one. */
  readonly isContained: boolean;
}

const NONE: Answer = { rows: [] };
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'] as const;
const DEADLINE_MS = 5000;
const MOST_BYTES = 64 << 20;
const MOST_SESSIONS = 64;

/** The absolute path of a program of the system; undefined if it is not installed. */
export function systemProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The end of a program as an error text; undefined if it ended well. */
function failureOf(ended: Ended): string | undefined {
  switch (ended.how) {
    case 'code':
      return ended.code === 0 ? undefined : (ended.stderr.trim().split('\n')[0] ?? `exit code ${ended.code}`);
    case 'signal':
      return `ended by ${ended.by}`;
    case 'not-started':
      return `not started (${ended.code})`;
    case 'late':
      return `no answer within ${DEADLINE_MS / 1000} s`;
    case 'too-much':
      return 'the answer is too long';
  }
}

type Ask = (
  program: string,
  args: readonly string[],
) => Promise<{ readonly text: string } | { readonly failed: string }>;

function asking(signal: AbortSignal): Ask {
  return async (program, args) => {
    const file = systemProgram(program);
    if (file === undefined) return { failed: `${program} is not installed` };
    const ended = await runProgram({
      file,
      args,
      folder: '/',
      env: { LC_ALL: 'C', PATH: FOLDERS.join(':') },
      deadlineMs: DEADLINE_MS,
      mostBytes: MOST_BYTES,
      signal,
    });
    const failed = failureOf(ended);
    return failed === undefined && ended.how === 'code'
      ? { text: ended.stdout }
      : { failed: `${program} ${args.join(' ')}: ${failed}` };
  };
}

/** The rows of a JSON answer of `ip` and `bridge`. */
function rowsOf(answer: { readonly text: string } | { readonly failed: string }): Answer {
  if ('failed' in answer) return answer;
  try {
    const parsed: unknown = JSON.parse(answer.text.trim() === '' ? '[]' : answer.text);
    return Array.isArray(parsed) ? { rows: parsed.filter(isRecord) } : { failed: 'the answer is not a list' };
  } catch (error) {
    return { failed: errorText(error) };
  }
}

/** `[fe80::1%eth0]:22`, `10.9.0.1%mgmt:22`. */
const END = /^\[?(?<address>[0-9a-fA-F.:]+)(?:%(?<bound>[^\]:]+))?\]?(?:%(?<also>[^:]+))?:(?<port>\d{1,5})$/u;

function endOf(text: string): { address: string; bound?: string; port: number } | undefined {
  const { address, bound, also, port } = END.exec(text)?.groups ?? {};
  if (address === undefined || port === undefined) return undefined;
  const on = bound ?? also;
  // An IPv4 peer of a socket of both families.
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/iu, '');
  return { address: plain, ...(on === undefined ? {} : { bound: on }), port: Number(port) };
}

/** The sessions in the output of `ss -tinHO state established`. Pure. */
export function sessionsIn(text: string): readonly Session[] {
  return text.split('\n').flatMap((line) => {
    const [, , local = '', remote = ''] = line.trim().split(/\s+/u);
    const here = endOf(local);
    const there = endOf(remote);
    if (here === undefined || there === undefined) return [];
    const mtu = /\spmtu:(?<mtu>\d{2,5})\b/u.exec(line)?.groups?.['mtu'];
    return [
      {
        here: here.address,
        ...(here.bound === undefined ? {} : { bound: here.bound }),
        herePort: here.port,
        there: there.address,
        therePort: there.port,
        ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
      },
    ];
  });
}

/** The session in `SSH_CONNECTION`: `192.0.2.7 51234 192.0.2.1 22`. Pure. */
export function sessionInEnvironment(value: string | undefined): Session | undefined {
  const [there = '', therePort = '', here = '', herePort = '', more] = (value ?? '').split(' ');
  const from = endOf(`${there}:${therePort}`);
  const to = endOf(`${here}:${herePort}`);
  if (from === undefined || to === undefined || more !== undefined) return undefined;
  return { here: to.address, herePort: to.port, there: from.address, therePort: from.port };
}

function isSameSession(a: Session, b: Session): boolean {
  return a.here === b.here && a.herePort === b.herePort && a.there === b.there && a.therePort === b.therePort;
}

/** The name of the VRF among the links; undefined for another device. */
function isVrf(links: Answer, name: string): boolean {
  return 'rows' in links && links.rows.some((row) => row['ifname'] === name && kindOf(row) === 'vrf');
}

async function routeOf(ask: Ask, base: readonly string[], links: Answer, session: Session): Promise<Answer> {
  const { here, there, herePort, therePort, bound } = session;
  const on = bound === undefined ? [] : [isVrf(links, bound) ? 'vrf' : 'oif', bound];
  const flow = ['ipproto', 'tcp', 'sport', String(herePort), 'dport', String(therePort)];
  const get = async (rest: readonly string[]): Promise<Answer> =>
    rowsOf(await ask('ip', [...base, '-j', 'route', 'get', there, 'from', here, ...on, ...rest, 'fibmatch']));
  const exact = await get(flow);
  // Kernels before 4.17 do not take ports.
  return 'failed' in exact ? get([]) : exact;
}

type Sessions = { readonly sessions: readonly Session[] } | { readonly failed: string };

/** The established sessions of a namespace. The one of this process counts, also if `ss` fails. */
async function sessionsOf(
  ask: Ask,
  namespace: string | undefined,
  sshConnection: string | undefined,
): Promise<Sessions> {
  const inherited = sessionInEnvironment(sshConnection);
  const ports = [...new Set([22, ...(inherited === undefined ? [] : [inherited.herePort])])];
  const filter = ports.flatMap((port, i) => [...(i === 0 ? [] : ['or']), 'sport', '=', `:${port}`]);
  const within = namespace === undefined ? [] : ['-N', namespace];
  const found = await ask('ss', [...within, '-tinHO', 'state', 'established', '(', ...filter, ')']);
  if ('failed' in found) return inherited === undefined ? found : { sessions: [inherited] };
  const listed = sessionsIn(found.text);
  const isListed = inherited === undefined || listed.some((each) => isSameSession(each, inherited));
  return { sessions: isListed ? listed : [...listed, inherited] };
}

async function readNamespace(
  ask: Ask,
  namespace: string | undefined,
  sshConnection: string | undefined,
): Promise<NamespaceReading> {
  const base = namespace === undefined ? [] : ['-n', namespace];
  const ip = async (...args: readonly string[]): Promise<Answer> => rowsOf(await ask('ip', [...base, '-j', ...args]));
  const [links, v4, v6, neighbours, found] = await Promise.all([
    ip('-d', 'addr'),
    ip('-4', 'route', 'show', 'table', 'all', 'default'),
    ip('-6', 'route', 'show', 'table', 'all', 'default'),
    ip('neigh'),
    sessionsOf(ask, namespace, sshConnection),
  ]);
  const hasBridge = 'rows' in links && links.rows.some((row) => kindOf(row) === 'bridge');
  const learned = hasBridge ? rowsOf(await ask('bridge', [...base, '-j', 'fdb'])) : NONE;
  const rest = {
    links,
    defaults: [
      [4, v4],
      [6, v6],
    ] as const,
    neighbours,
    learned,
  };
  if ('failed' in found) return { ...rest, sessions: found };
  const count = found.sessions.length;
  if (count > MOST_SESSIONS)
    return { ...rest, sessions: { failed: `${count} sessions are more than the limit of ${MOST_SESSIONS}` } };
  const routes: SessionRoute[] = [];
  for (const session of found.sessions) routes.push({ session, route: await routeOf(ask, base, links, session) });
  return { ...rest, sessions: routes };
}

/**
 * The SSH sessions of this host, as connections to the switch that it is (`sonicEvidence`). Empty if they cannot be read:
 * then the way of fettle itself, over a socket, stays unknown. Rejects with the reason of the signal.
 */
export async function readSessions({ env, signal }: Omit<LinuxOptions, 'namespace'>): Promise<readonly Connection[]> {
  const found = await sessionsOf(asking(signal), undefined, env['SSH_CONNECTION']);
  if ('failed' in found) return [];
  return found.sessions.map(({ here, there, mtu }) => ({
    what: `the SSH session with ${there}`,
    here,
    there,
    ...(mtu === undefined ? {} : { mtu }),
  }));
}

export interface LinuxOptions {
  /** The namespace of the ports; undefined for that of fettle. */
  readonly namespace?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Reads the evidence of this host. Never rejects for a program that is missing or fails: the answer says so. Rejects with
 * the reason of the signal.
 */
export async function readLinux({ namespace, env, signal }: LinuxOptions): Promise<LinuxReading> {
  const ask = asking(signal);
  const mistake = namespace === undefined ? undefined : namespaceMistake(namespace);
  if (mistake !== undefined) {
    const failed = { failed: `the namespace ${mistake}` };
    const target = { links: failed, defaults: [], sessions: failed, neighbours: failed, learned: failed };
    return { target, isContained: false };
  }
  const ssh = env['SSH_CONNECTION'];
  if (namespace === undefined) return { target: await readNamespace(ask, undefined, ssh), isContained: isContained() };
  const [target, own] = await Promise.all([
    readNamespace(ask, namespace, undefined),
    readNamespace(ask, undefined, ssh),
  ]);
  return { target, own, isContained: false };
}

/** The namespace behind a link in /proc; undefined if it is not readable. */
function namespaceAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** True if fettle is in a container, or in another network namespace than the first process, as far as files show. */
function isContained(): boolean {
  const first = namespaceAt('/proc/1/ns/net');
  const isApart = first !== undefined && first !== namespaceAt('/proc/self/ns/net');
  return isApart || existsSync('/.dockerenv') || existsSync('/run/.containerenv');
}

function textIn(row: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = row[field];
  return typeof value === 'string' ? value : undefined;
}

function numberIn(row: Readonly<Record<string, unknown>>, field: string): number | undefined {
  const value = row[field];
  return typeof value === 'number' ? value : undefined;
}

function partOf(row: Readonly<Record<string, unknown>>, field: string): Readonly<Record<string, unknown>> {
  const value = row[field];
  return isRecord(value) ? value : {};
}

function kindOf(link: Readonly<Record<string, unknown>>): string | undefined {
  return textIn(partOf(link, 'linkinfo'), 'info_kind');
}

const AGGREGATES = new Set(['bond', 'team']);
/** A veth also has `link`, which is its peer. */
const STACKED = new Set(['vlan', 'macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'macsec', 'vxlan']);

function roleOf(kind: string | undefined): Device['role'] {
  if (kind === undefined) return 'port';
  if (AGGREGATES.has(kind)) return 'aggregate';
  if (kind === 'bridge') return 'bridge';
  return STACKED.has(kind) ? 'stacked' : 'port';
}

/** True if a bond uses its member now. Source: the attributes `mii_status` and `ad_aggregator_id` of iproute2. */
function isInUse(
  member: Readonly<Record<string, unknown>>,
  bond: Readonly<Record<string, unknown>> | undefined,
): boolean {
  const data = partOf(partOf(member, 'linkinfo'), 'info_slave_data');
  const status = textIn(data, 'mii_status');
  if (status !== undefined && status !== 'UP') return false;
  const active = numberIn(partOf(partOf(partOf(bond ?? {}, 'linkinfo'), 'info_data'), 'ad_info'), 'aggregator');
  const own = numberIn(data, 'ad_aggregator_id');
  return active === undefined || own === undefined || active === own;
}

function isFlagged(link: Readonly<Record<string, unknown>>, flag: string): boolean {
  const flags = link['flags'];
  return Array.isArray(flags) && flags.includes(flag);
}

function devicesOf(links: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, Device> {
  const byName = new Map(links.map((link) => [textIn(link, 'ifname') ?? '', link] as const));
  const lower = new Map<string, string[]>();
  const used = new Set<string>();
  for (const [name, link] of byName) {
    const master = textIn(link, 'master');
    const kind = kindOf(link);
    const above = master === undefined ? undefined : roleOf(kindOf(byName.get(master) ?? {}));
    // A member of a VRF may have routes without an address of its own.
    if (master !== undefined) used.add(name);
    if (master !== undefined && (above === 'aggregate' || above === 'bridge')) addTo(lower, master, name);
    const parent = textIn(link, 'link');
    if (parent !== undefined && roleOf(kind) === 'stacked' && link['link_netnsid'] === undefined) {
      addTo(lower, name, parent);
      used.add(parent);
    }
    const addresses = link['addr_info'];
    if (Array.isArray(addresses) && addresses.some((each) => isRecord(each) && each['scope'] === 'global'))
      used.add(name);
  }
  return new Map(
    [...byName]
      .filter(([name, link]) => name !== '' && kindOf(link) !== 'vrf')
      .map(([name, link]) => {
        const role = roleOf(kindOf(link));
        const master = textIn(link, 'master');
        const isUp = isFlagged(link, 'UP');
        const mtu = numberIn(link, 'mtu');
        const least = numberIn(partOf(partOf(link, 'linkinfo'), 'info_data'), 'min_links') ?? 1;
        return [
          name,
          {
            name,
            role,
            isUp,
            carries:
              isUp &&
              !isFlagged(link, 'NO-CARRIER') &&
              isInUse(link, master === undefined ? undefined : byName.get(master)),
            ...(mtu === undefined ? {} : { mtu }),
            lower: lower.get(name) ?? [],
            ...(role === 'aggregate' ? { needs: Math.max(1, least) } : {}),
            isUsed: used.has(name),
          },
        ] as const;
      }),
  );
}

interface Hop {
  readonly device: string;
  readonly gateway?: string;
}

/** The types of routes that do not lead to a device. */
const NOWHERE = new Set(['local', 'unreachable', 'prohibit', 'blackhole', 'throw', 'broadcast']);

function hopsOf(route: Readonly<Record<string, unknown>>): readonly Hop[] {
  if (NOWHERE.has(textIn(route, 'type') ?? '')) return [];
  const parts = Array.isArray(route['nexthops']) ? route['nexthops'].filter(isRecord) : [route];
  return parts.flatMap((part) => {
    const device = textIn(part, 'dev');
    const gateway = textIn(part, 'gateway') ?? textIn(partOf(part, 'via'), 'host');
    return device === undefined || device === 'lo' ? [] : [{ device, ...(gateway === undefined ? {} : { gateway }) }];
  });
}

interface Known {
  readonly ways: readonly Way[];
  readonly unknown: readonly string[];
  readonly links: readonly Readonly<Record<string, unknown>>[];
}

/** The ways of one namespace. `of` names the namespace in texts: ` in the namespace of fettle`. */
function knownIn(reading: NamespaceReading, of: string): Known {
  const unknown: string[] = [];
  const rowsIn = (answer: Answer, what: string): readonly Readonly<Record<string, unknown>>[] => {
    if ('rows' in answer) return answer.rows;
    unknown.push(`${what}${of} could not be read: ${answer.failed}`);
    return [];
  };
  const links = rowsIn(reading.links, 'the links');
  const near = new Map(
    rowsIn(reading.neighbours, 'the neighbours').map((row) => [
      `${textIn(row, 'dev')} ${textIn(row, 'dst')}`,
      textIn(row, 'lladdr')?.toLowerCase(),
    ]),
  );
  const wayOf = (what: string, hop: Hop, family: Family, target: string | undefined, mtu?: Way['mtu']): Way => {
    const neighbour = near.get(`${hop.device} ${hop.gateway ?? target}`);
    return {
      what,
      device: hop.device,
      family,
      ...(mtu === undefined ? {} : { mtu }),
      ...(neighbour === undefined ? {} : { neighbour }),
    };
  };
  const ways: Way[] = [];
  for (const [family, answer] of reading.defaults)
    for (const row of rowsIn(answer, `the default routes of IPv${family}`)) {
      const table = row['table'];
      const where =
        table === undefined ? '' : ` in table ${typeof table === 'number' || typeof table === 'string' ? table : '?'}`;
      const what = `the default route of IPv${family}${where}${of}`;
      ways.push(...hopsOf(row).map((hop) => wayOf(what, hop, family, undefined)));
    }
  if ('failed' in reading.sessions) unknown.push(`the SSH sessions${of} could not be read: ${reading.sessions.failed}`);
  else
    for (const { session, route } of reading.sessions) {
      const { there, mtu = 'unknown' } = session;
      const what = `the SSH session with ${there}`;
      const rows = rowsIn(route, `the route of ${what}`);
      const hops = rows.flatMap(hopsOf);
      const isLocal = rows.length > 0 && rows.every((row) => row['type'] === 'local');
      if (hops.length === 0 && !isLocal && 'rows' in route) unknown.push(`the route of ${what}${of} names no device`);
      ways.push(...hops.map((hop) => wayOf(what, hop, familyOf(there), there, mtu)));
    }
  return { ways, unknown, links };
}

function learnedFrom(answer: Answer): Evidence['learned'] {
  const learned = new Map<string, Map<string, string[]>>();
  for (const row of 'rows' in answer ? answer.rows : []) {
    const [mac, port, bridge] = [textIn(row, 'mac'), textIn(row, 'ifname'), textIn(row, 'master')];
    // A permanent entry is an address of the bridge or port itself.
    if (mac === undefined || port === undefined || bridge === undefined || row['state'] === 'permanent') continue;
    const inBridge = learned.get(bridge) ?? new Map<string, string[]>();
    addTo(inBridge, mac.toLowerCase(), port);
    learned.set(bridge, inBridge);
  }
  return learned;
}

/** Devices among `names`, with the devices below them. */
function withLower(names: readonly string[], devices: ReadonlyMap<string, Device>): ReadonlySet<string> {
  const all = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (all.has(name)) continue;
    all.add(name);
    waiting.push(...(devices.get(name)?.lower ?? []));
  }
  return all;
}

/**
 * Links of the target whose other end, a link of the namespace of fettle, carries a way. Both ends of a veth know the index
 * of the other one.
 */
function crossings(own: Known, target: Known): readonly Way[] {
  const devices = devicesOf(own.links);
  return own.ways.flatMap((way) => {
    const below = withLower([way.device], devices);
    const ends = own.links.filter((link) => below.has(textIn(link, 'ifname') ?? ''));
    return ends.flatMap((end) =>
      target.links
        .filter(
          (link) =>
            kindOf(end) === 'veth' &&
            kindOf(link) === 'veth' &&
            link['link_index'] === end['ifindex'] &&
            end['link_index'] === link['ifindex'],
        )
        .map((link): Way => {
          const { what, family, mtu } = way;
          return {
            what,
            device: textIn(link, 'ifname') ?? '',
            ...(family === undefined ? {} : { family }),
            ...(mtu === undefined ? {} : { mtu }),
          };
        }),
    );
  });
}

/** The evidence in the answers of a host. Pure. */
export function linuxEvidence({ target, own, isContained }: LinuxReading): Evidence {
  const known = knownIn(target, '');
  const outer = own === undefined ? undefined : knownIn(own, ' in the namespace of fettle');
  const ways = [...known.ways, ...(outer === undefined ? [] : crossings(outer, known))];
  const contained = isContained
    ? [
        'fettle runs in a container or a namespace, from which the ports of the host and the sessions over them are not visible',
      ]
    : [];
  const unknown = [...contained, ...known.unknown, ...(outer?.unknown ?? [])];
  return {
    devices: devicesOf(known.links),
    ways,
    learned: learnedFrom(target.learned),
    unknown:
      unknown.length === 0 && ways.length === 0 && (outer?.ways.length ?? 0) === 0
        ? ['the host has neither an SSH session nor a default route']
        : unknown,
  };
}
