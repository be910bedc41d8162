/** Discover: servers of the account that no document declares, as proposed documents. */

import {
  defined,
  type Desired,
  type Discovered,
  type Discovery,
  errorText,
  formatRef,
  type Found,
  type Json,
} from '#plugin';
import { PLUGIN } from './facts.ts';
import { isOfOther, LABELS, labelValue, OWN_PREFIX, projectOf } from './labels.ts';
import type { NodesReader, ServerSeen } from './world.ts';

/** Prefixes of labels that documents cannot declare. */
const NOT_WRITTEN = [OWN_PREFIX, 'hetzner.cloud/'];

function specOf(server: ServerSeen): Json {
  const labels = Object.entries(server.labels).filter(([key]) => !NOT_WRITTEN.some((prefix) => key.startsWith(prefix)));
  return defined({
    role: server.labels[LABELS.role] === 'system' ? 'system' : undefined,
    serverType: server.serverType.name,
    image: server.image?.name,
    location: server.location,
    networks:
      server.networks.length === 0
        ? undefined
        : server.networks.map(({ network, ip, aliasIps }) => ({
            network: network.name,
            ip,
            ...(aliasIps.length === 0 ? {} : { aliasIps }),
          })),
    firewalls: server.firewalls.length === 0 ? undefined : server.firewalls.map(({ name }) => name),
    placementGroup: server.placementGroup?.name,
    volumes: server.volumes.length === 0 ? undefined : server.volumes.map(({ name }) => name),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    backups: server.backups ? true : undefined,
    protection: server.protection.delete || server.protection.rebuild ? true : undefined,
    publicNet:
      server.ipv4 === undefined || server.ipv6 === undefined
        ? { ipv4: server.ipv4 !== undefined, ipv6: server.ipv6 !== undefined }
        : undefined,
    power: server.status === 'off' ? 'off' : undefined,
  });
}

function foundOf(server: ServerSeen): Found {
  return {
    ref: { plugin: PLUGIN, kind: 'Node', name: server.name },
    spec: specOf(server),
    notes: [
      `server ${server.id}${server.created === undefined ? '' : `, created at ${server.created}`}`,
      'role: system prevents its removal; readiness declares its probe',
      ...(server.image === undefined ? ['image: the image that the server was created from no longer exists'] : []),
    ],
  };
}

/** Names that are declared, or owned in the state. */
function known({ desired, memory }: Pick<Discovery, 'desired' | 'memory'>): ReadonlySet<string> {
  const nodes = [...desired, ...memory].filter(({ ref }) => ref.kind === 'Node');
  return new Set(nodes.map(({ ref }) => ref.name));
}

/** Finds undeclared servers. Static machines cannot be found. Servers of declared pools are left out. */
export async function discover(world: NodesReader, discovery: Discovery): Promise<Discovered> {
  const taken = known(discovery);
  const pools = new Set(
    discovery.desired.filter(({ ref }: Desired) => ref.kind === 'NodePool').map(({ ref }) => labelValue(ref.name)),
  );
  discovery.progress(0, 1);
  try {
    const servers = await world.servers(discovery.signal);
    const undeclared = servers.filter(
      ({ name, labels }) =>
        !taken.has(name) && !(projectOf(labels) !== undefined && pools.has(labels[LABELS.pool] ?? '')),
    );
    const isOther = ({ labels }: ServerSeen): boolean => isOfOther(labels, world.limits.project);
    const found = undeclared.filter((each) => !isOther(each));
    discovery.progress(1, 1);
    return {
      found: found.map(foundOf).toSorted((a, b) => (formatRef(a.ref) < formatRef(b.ref) ? -1 : 1)),
      passed: undeclared.filter(isOther).map(({ name, labels }) => ({
        what: `server ${name}`,
        why: `belongs to the project ${projectOf(labels) ?? ''}`,
      })),
      gaps: [],
    };
  } catch (error) {
    if (discovery.signal.aborted) throw error;
    return { found: [], passed: [], gaps: [{ plugin: PLUGIN, message: errorText(error) }] };
  }
}
