/**
 * What a server hands on to its successor: pure. A document that leaves volumes, networks, firewalls, the placement group,
 * backups or protection open leaves them as they are; a server that is made in the place of another gets what that one had.
 */

import type { FieldChange, Json } from '#plugin';
import type { NodeFacts } from './facts.ts';
import type { NodeMemory, NodeSpec } from './generated.ts';

export type Left = NodeMemory['left'];

/** What a server has of what its document leaves open; undefined where that is nothing. */
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

/** Volumes stay in their location: a server that is made in another one cannot have them. */
export function staysBehind(spec: NodeSpec, { location }: NodeFacts): boolean {
  return spec.location !== undefined && location !== undefined && spec.location !== location;
}

/** A spec with what its predecessor left, where the spec leaves it open. */
export function withLeft(spec: NodeSpec, left: Left | undefined): NodeSpec {
  return left === undefined ? spec : { ...(left as Partial<NodeSpec>), ...spec };
}

/** What is handed on, as fields of the row that makes the successor: nothing is done that no row says. */
export function leftFields(spec: NodeSpec, left: Left | undefined): readonly FieldChange[] {
  return Object.entries(left ?? {})
    .filter(([name]) => !(name in spec))
    .map(([name, after]) => ({ path: `/${name}`, after: after as Json }));
}

/** What a row hands on: the other way round. */
export function leftInRow(fields: readonly FieldChange[]): Left {
  return Object.fromEntries(fields.map(({ path, after }) => [path.slice(1), after]));
}
