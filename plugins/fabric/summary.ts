/** Summary of a plan: the VPCs and external networks that its peerings let reach each other, and those that they no longer do. */

import {
  type Change,
  changeAt,
  formatRef,
  isTree,
  type Json,
  type Resource,
  type Scene,
  type Summary,
  textsAt,
  valueAt,
} from '#plugin';
import { addressParts, objectsOf } from './kinds.ts';
import type { ObjectResource } from './objects/facts.ts';
import { EXTERNAL_PREFIX } from './objects/references.ts';

/** Lines of one summary. */
const MOST_LINES = 20;

function textsIn(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? (value as readonly Json[]) : []).flatMap((each) =>
    typeof each === 'string' ? [each] : [],
  );
}

function vpcText(name: string, subnets: Json | undefined): string {
  const named = textsIn(subnets);
  return `${name} (${named.length === 0 ? 'all subnets' : named.toSorted().join(', ')})`;
}

/** The pairs that a VPCPeering permits. */
function betweenVpcs(manifest: Json | undefined): readonly string[] {
  const permit = valueAt(manifest, '/spec/permit');
  return (Array.isArray(permit) ? (permit as readonly Json[]) : []).flatMap((entry) =>
    isTree(entry)
      ? [
          Object.entries(entry)
            .map(([name, part]) => vpcText(name, valueAt(part, '/subnets')))
            .toSorted()
            .join(' and '),
        ]
      : [],
  );
}

/** The pair that an ExternalPeering permits. */
function withExternal(manifest: Json | undefined): readonly string[] {
  const permit = valueAt(manifest, '/spec/permit');
  const [vpc, external] = [valueAt(permit, '/vpc/name'), valueAt(permit, '/external/name')];
  if (typeof vpc !== 'string' || typeof external !== 'string') return [];
  const given = valueAt(permit, '/external/prefixes');
  const prefixes = (Array.isArray(given) ? (given as readonly Json[]) : []).flatMap((each) => {
    const prefix = valueAt(each, '/prefix');
    return typeof prefix === 'string' ? [prefix] : [];
  });
  const reached = `the External ${external} (${prefixes.length === 0 ? 'no prefix' : prefixes.toSorted().join(', ')})`;
  return [`${vpcText(vpc, valueAt(permit, '/vpc/subnets'))} and ${reached}`];
}

/** Addresses that a side of a GatewayPeering exposes: `subnet default`, `10.0.0.0/24`, `not 10.0.0.1/32`. */
function exposed(side: Json | undefined): string {
  const all = [
    ...textsAt(side, '/expose/*/ips/*/vpcSubnet').map(({ text }) => `subnet ${text}`),
    ...textsAt(side, '/expose/*/ips/*/cidr').map(({ text }) => text),
    ...textsAt(side, '/expose/*/ips/*/not').map(({ text }) => `not ${text}`),
    ...textsAt(side, '/expose/*/as/*/cidr').map(({ text }) => `as ${text}`),
  ];
  const expose = valueAt(side, '/expose');
  const isDefault =
    Array.isArray(expose) && (expose as readonly Json[]).some((each) => valueAt(each, '/default') === true);
  const named = isDefault ? [...all, 'default route'] : all;
  return named.length === 0 ? 'nothing' : named.toSorted().join(', ');
}

/** The pair that a GatewayPeering permits, with the addresses that each side exposes. */
function byGateway(manifest: Json | undefined): readonly string[] {
  const peering = valueAt(manifest, '/spec/peering');
  if (!isTree(peering)) return [];
  const sides = Object.entries(peering).map(([name, side]) => {
    const what = name.startsWith(EXTERNAL_PREFIX) ? `the External ${name.slice(EXTERNAL_PREFIX.length)}` : name;
    return `${what} (${exposed(side)})`;
  });
  if (sides.length === 0) return [];
  const limits = valueAt(manifest, '/spec/acl') === undefined ? '' : ', limited by an ACL';
  return [`${sides.toSorted().join(' and ')} through a gateway${limits}`];
}

const PEERINGS = { VPCPeering: betweenVpcs, ExternalPeering: withExternal, GatewayPeering: byGateway } as const;

/** The manifest that the cluster has before a change, and the one that it has afterwards. */
function manifestsOf({ desired, memory }: ObjectResource, { goal, fields }: Change): readonly (Json | undefined)[] {
  const wanted = desired?.spec as Json | undefined;
  if (goal === 'create') return [undefined, wanted];
  if (goal === 'remove') return [memory?.applied?.spec, undefined];
  if (goal !== 'update' || wanted === undefined) return [undefined, undefined];
  return [fields.reduce<Json>((all, { path, before }) => changeAt(all, path, () => before), wanted), wanted];
}

/** Summarizes who reaches whom after the accepted rows of a plan; empty if none changes that. */
export function summary(_resources: readonly Resource[], scene: Scene): readonly Summary[] {
  const added: string[] = [];
  const removed: string[] = [];
  for (const kind of ['VPCPeering', 'ExternalPeering', 'GatewayPeering'] as const) {
    for (const resource of objectsOf(kind, scene)) {
      const action = scene.judged.get(formatRef(resource.ref));
      if (action?.verdict !== 'accept') continue;
      const [before = [], after = []] = manifestsOf(resource, action.change).map((each) => PEERINGS[kind](each));
      const { fabric } = addressParts(resource.ref);
      const named = (pair: string): string => `${fabric}: ${pair}, by ${resource.address}`;
      added.push(...after.filter((pair) => !before.includes(pair)).map(named));
      removed.push(...before.filter((pair) => !after.includes(pair)).map(named));
    }
  }
  const lines = [...added.map((text) => `+ ${text}`), ...removed.map((text) => `- ${text}`)];
  if (lines.length === 0) return [];
  const more = lines.length - MOST_LINES;
  return [
    {
      title: 'reach each other',
      lines: more > 0 ? [...lines.slice(0, MOST_LINES), `and ${more} more`] : lines,
      facts: { added, removed },
    },
  ];
}
