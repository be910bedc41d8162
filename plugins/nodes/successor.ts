/**
 * Settings that a server passes to its successor. Pure. If a document leaves volumes, networks, firewalls, the
 * placement group, backups or protection open, they do not change; a server that replaces another one gets its settings.
 */

import type { FieldChange, Json } from '#plugin';
import type { NodeFacts } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';

export type Left = NodeMemory['left'];

/** The present values of the fields that the document leaves open; undefined for none. */
export function leftBy(spec: NodeSpec, facts: NodeFacts): Left | undefined {
  const { networks = [], firewalls = [], volumes = [], placementGroup, backups, protection } = facts;
  const ids = (all: readonly { readonly id: number }[]): readonly string[] => all.map(({ id }) => String(id));
  const left: Left = {
    ...(spec.networks !== undefined || networks.length === 0
      ? {}
      : {
          networks: networks.map(({ network, ip, aliasIps }) => ({ network: String(network.id), ip, aliasIps })),
        }),
    ...(spec.firewalls !== undefined || firewalls.length === 0 ? {} : { firewalls: ids(firewalls) }),
    ...(spec.volumes !== undefined || volumes.length === 0 || staysBehind(spec, facts)
      ? {}
      : { volumes: ids(volumes) }),
    ...(spec.placementGroup !== undefined || placementGroup === undefined
      ? {}
      : { placementGroup: String(placementGroup.id) }),
    ...(spec.backups === undefined && backups === true ? { backups: true } : {}),
    ...(spec.protection === undefined && protection?.delete === true ? { protection: true } : {}),
  };
  return Object.keys(left).length === 0 ? undefined : left;
}

/** True if the volumes can be attached: they stay in their location. */
export function staysBehind(spec: NodeSpec, { location }: NodeFacts): boolean {
  return spec.location !== undefined && location !== undefined && spec.location !== location;
}

/** A spec with the values of its predecessor for the fields that it leaves open. */
export function withLeft(spec: NodeSpec, left: Left | undefined): NodeSpec {
  return left === undefined ? spec : { ...(left as Partial<NodeSpec>), ...spec };
}

/** The passed settings, as fields of the row that creates the successor. */
export function leftFields(spec: NodeSpec, left: Left | undefined): readonly FieldChange[] {
  return Object.entries(left ?? {})
    .filter(([name]) => !(name in spec))
    .map(([name, after]) => ({ path: `/${name}`, after: after as Json }));
}

/** The passed settings of a row: the inverse. */
export function leftInRow(fields: readonly FieldChange[]): Left {
  return Object.fromEntries(fields.map(({ path, after }) => [path.slice(1), after]));
}
