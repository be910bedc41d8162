/** Readiness: the probe of a node, or its answer from labels and age. Pure. */

import { instantOf } from '#plugin';
import { ms, type Settings, type Way } from './settings.ts';
import type { ProbeSeen, ProbeTarget, ServerSeen } from './world.ts';

/** Returns the first address of an IPv6 network of the provider: `2001:db8:1::1` for `2001:db8:1::/64`. */
function firstOf(network: string): string {
  const prefix = network.replace(/\/\d+$/u, '');
  return prefix.endsWith('::') ? `${prefix}1` : prefix;
}

function hostOf(server: ServerSeen, network: string | undefined): string | undefined {
  if (network === undefined)
    return server.ipv4?.ip ?? (server.ipv6 === undefined ? undefined : firstOf(server.ipv6.ip));
  return server.networks.find((each) => each.network.name === network || String(each.network.id) === network)?.ip;
}

function byNet(way: Way, host: string | undefined, where: string): ProbeTarget | ProbeSeen | undefined {
  const port = way.tcp?.port ?? way.http?.port;
  if (port === undefined) return undefined;
  if (host === undefined) return { answered: false, message: `the node has no address ${where}` };
  return way.http === undefined ? { tcp: { host, port } } : { http: { host, port, path: way.http.path } };
}

function byLabel(label: string, labels: Readonly<Record<string, string>>): ProbeSeen {
  const [key = '', value = ''] = label.split(/=(.*)/su);
  return labels[key] === value
    ? { answered: true, rttMs: 0 }
    : { answered: false, message: `the server has no label ${label}` };
}

/** The probe for a readiness, or its answer if no probe is necessary; undefined for a node that is not running. */
export function probeTarget(
  { provider, address }: Pick<Settings, 'provider' | 'address'>,
  readiness: Way,
  server: ServerSeen | undefined,
  now: number,
): ProbeTarget | ProbeSeen | undefined {
  if (provider === 'static') return byNet(readiness, address, 'in its document') ?? { answered: true, rttMs: 0 };
  if (server?.status !== 'running') return undefined;
  const network = readiness.tcp?.network ?? readiness.http?.network;
  if (readiness.label !== undefined) return byLabel(readiness.label, server.labels);
  if (readiness.after !== undefined) {
    const due = server.created === undefined ? undefined : instantOf(server.created) + ms(readiness.after);
    return due === undefined || now >= due
      ? { answered: true, rttMs: 0 }
      : { answered: false, message: `the server was created less than ${readiness.after} ago` };
  }
  return byNet(
    readiness,
    hostOf(server, network),
    network === undefined ? 'that is public' : `in the network ${network}`,
  );
}
