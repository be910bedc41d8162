/** Effect: the effects of the steps of nodes, pools and containers that rows and specs do not show. Pure. */

import type { Change, Effect, Json, Scene } from '#plugin';
import { LABELS } from './labels.ts';
import type { ContainerResource, NodeResource, PoolResource } from './facts.ts';
import { inSource } from './pool/container.ts';
import { leastOf, poolOf, poolRef, settingsOfResource } from './settings.ts';
import { defined, seenFacts, type SeenResource, otherState } from '#plugin';
import { NodePool } from './kinds.ts';

/** The requirements of a pool for its leaving members. */
function poolLimits(resource: NodeResource, scene: Scene): Json {
  const name = poolOf(resource);
  const spec = name === undefined ? undefined : NodePool.get(scene, poolRef(name))?.desired?.spec;
  return spec === undefined ? null : { least: leastOf(spec), removalsAtOnce: spec.removalsAtOnce };
}

export function nodeEffect({ goal }: Change, resource: NodeResource, scene: Scene): Effect {
  const { desired, memory } = resource;
  const left = memory?.kept.left;
  const file = desired?.spec.userDataFile;
  if (goal === 'create')
    return {
      ...(file === undefined ? {} : { files: [{ path: file, use: 'send' }] }),
      // The order includes the settings of the former server.
      values: defined({ project: scene.given?.project ?? '', left }),
    };
  if (goal !== 'remove' && goal !== 'replace') return {};
  // The limits of a removed document still apply.
  const settings = desired === undefined ? { settings: settingsOfResource(resource) as unknown as Json } : {};
  return { values: { pool: poolLimits(resource, scene), ...settings } };
}

/**
 * The effect of a pool's step, which changes only the state: the rows of its nodes have their own effects. The file that
 * new servers get is approved with the pool, so that a pool that grows by itself sends no other one.
 */
export function poolEffect({ goal }: Change, { desired }: PoolResource): Effect {
  const file = goal === 'remove' ? undefined : desired?.spec.template.userDataFile;
  return file === undefined ? {} : { files: [{ path: file, use: 'send' }] };
}

export function containerEffect(_change: Change, resource: ContainerResource, scene: Scene): Effect {
  const [from, to] = [seenFacts(resource)?.node, resource.desired?.spec.node];
  return {
    values: {
      from: from === undefined ? null : inSource(from, scene),
      to: to === undefined ? null : inSource(to, scene),
    },
  };
}

/** Observed values of a server, in the shape of its spec, without the labels of other programs. */
export function nodeSeen(resource: SeenResource<NodeResource>): Json {
  const { desired, memory } = resource;
  const { facts } = resource.sight.observed;
  const { serverType, image, location, placementGroup, backups, protection, networks, firewalls, volumes, labels } =
    facts;
  const { ipv4, ipv6 } = facts;
  const power = otherState(resource, 'power');
  const own = new Set([...Object.keys(desired?.spec.labels ?? {}), ...(memory?.kept.labels ?? [])]);
  const plugins = new Set<string>(Object.values(LABELS));
  return JSON.parse(
    JSON.stringify({
      serverType,
      image: image?.name,
      location,
      placementGroup: placementGroup?.name,
      backups,
      protection: protection === undefined || protection.delete !== protection.rebuild ? undefined : protection.delete,
      networks: networks?.map(({ network, ip, aliasIps }) => ({ network: network.name, ip, aliasIps })),
      firewalls: firewalls?.map(({ name }) => name),
      volumes: volumes?.map(({ name }) => name),
      labels:
        labels === undefined
          ? undefined
          : Object.fromEntries(Object.entries(labels).filter(([key]) => own.has(key) && !plugins.has(key))),
      publicNet: { ipv4: ipv4 !== undefined, ipv6: ipv6 !== undefined },
      power: power === 'on' || power === 'off' ? power : undefined,
    }),
  ) as Json;
}
