/**
 * The switches that an object concerns: those whose Agents the controller changes for it.
 *
 * The controller copies into an Agent the connections of its switch, the attachments to them, and the VPCs and externals
 * that these reach. A change of one of them raises the generation of the Agent. Agents are not read for this, as their
 * specification has secrets. Source: https://github.com/githedgehog/fabric/blob/master/pkg/ctrl/agent_ctrl.go
 */

import { isTree, type Json, textsAt } from '#plugin';
import { type LiveObject, textOr } from '../objects/content.ts';
import type { FabricKind } from '../objects/groups.ts';
import type { Manifest } from '../objects/manifest.ts';
import { referencesOf } from '../objects/references.ts';

/** The kinds whose objects decide which switches an object concerns. */
export const REACH_KINDS = [
  'Switch',
  'Connection',
  'VPC',
  'VPCAttachment',
  'VPCPeering',
  'ExternalAttachment',
  'ExternalPeering',
] as const satisfies readonly FabricKind[];

/** Names of switches by object: `VPC/vpc-1`. */
export type Reach = ReadonlyMap<string, ReadonlySet<string>>;

/** The key of an object in a `Reach`. */
export function reachKey(kind: string, name: string): string {
  return `${kind}/${name}`;
}

/** Kinds that are part of every Agent of a fabric. */
const EVERYWHERE: ReadonlySet<string> = new Set(['External', 'IPv4Namespace']);

/** Prefix of the label that the webhook sets on a connection for each of its switches. */
const SWITCH_LABEL = 'switch.fabric.githedgehog.com/';

interface Named {
  readonly name: string;
  readonly object: LiveObject;
}

function namedOf(object: LiveObject): Named {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  return { name: textOr(metadata['name'], ''), object };
}

function specOf({ object }: Named): { readonly [key: string]: Json } {
  return isTree(object['spec']) ? object['spec'] : {};
}

/** Names of the objects of a kind to which another one refers. */
function named(each: Named, kind: FabricKind): readonly string[] {
  // References are read from kind and spec alone.
  return referencesOf(each.object as unknown as Manifest)
    .filter((reference) => reference.kind === kind)
    .map(({ name }) => name);
}

function switchesOf(connection: Named): readonly string[] {
  const metadata = isTree(connection.object['metadata']) ? connection.object['metadata'] : {};
  const labels = isTree(metadata['labels']) ? metadata['labels'] : {};
  const labelled = Object.entries(labels).flatMap(([label, value]) =>
    label.startsWith(SWITCH_LABEL) && value === 'true' ? [label.slice(SWITCH_LABEL.length)] : [],
  );
  // Without labels: not stored yet, or of a type that the webhook does not label.
  return labelled.length > 0 ? labelled : named(connection, 'Switch');
}

/** Objects by the names that `keys` gives for each. */
function indexed(
  objects: readonly Named[],
  keys: (each: Named) => readonly string[],
): (key: string) => readonly Named[] {
  const index = new Map<string, Named[]>();
  for (const each of objects)
    for (const key of keys(each)) {
      const list = index.get(key) ?? [];
      list.push(each);
      index.set(key, list);
    }
  return (key) => index.get(key) ?? [];
}

/** VPCs whose DHCP servers the attached subnets of a VPC use. */
function relaysOf(vpc: Named): readonly string[] {
  return textsAt(specOf(vpc), '/subnets/*/dhcp/relayVPC').map(({ text }) => text);
}

class Fabric {
  readonly #kinds: (kind: string) => readonly Named[];
  readonly #vpcs: (name: string) => readonly Named[];
  readonly #attachments: (connection: string) => readonly Named[];
  readonly #externalAttachments: (connection: string) => readonly Named[];
  readonly #peerings: (vpc: string) => readonly Named[];
  readonly #externalPeerings: (external: string) => readonly Named[];
  readonly #connections: (device: string) => readonly Named[];

  constructor(objects: readonly LiveObject[]) {
    const kinds = Map.groupBy(objects.map(namedOf), ({ object }) => textOr(object['kind'], ''));
    this.#kinds = (kind) => kinds.get(kind) ?? [];
    this.#vpcs = indexed(this.#kinds('VPC'), ({ name }) => [name]);
    this.#attachments = indexed(this.#kinds('VPCAttachment'), (each) => named(each, 'Connection'));
    this.#externalAttachments = indexed(this.#kinds('ExternalAttachment'), (each) => named(each, 'Connection'));
    this.#peerings = indexed(this.#kinds('VPCPeering'), (each) => named(each, 'VPC'));
    this.#externalPeerings = indexed(this.#kinds('ExternalPeering'), (each) => named(each, 'External'));
    this.#connections = indexed(this.#kinds('Connection'), switchesOf);
  }

  get switches(): readonly Named[] {
    return this.#kinds('Switch');
  }

  /** Everything that the Agent of a switch has. */
  of(device: Named): ReadonlySet<string> {
    const connections = this.#connections(device.name);
    const attachments = connections.flatMap(({ name }) => this.#attachments(name));
    const externalAttachments = connections.flatMap(({ name }) => this.#externalAttachments(name));
    const attached = new Set([
      ...attachments.flatMap((each) => named(each, 'VPC')),
      ...connections.flatMap((each) => named(each, 'VPC')),
    ]);
    const own = new Set([...attached, ...[...attached].flatMap((name) => this.#vpcs(name).flatMap(relaysOf))]);
    const peerings = [...own].flatMap((name) => this.#peerings(name));
    const externals = new Set(externalAttachments.flatMap((each) => named(each, 'External')));
    const externalPeerings = [...externals].flatMap((name) => this.#externalPeerings(name));
    const vpcs = [...own, ...[...peerings, ...externalPeerings].flatMap((each) => named(each, 'VPC'))];
    const keys = (kind: string, all: readonly Named[]): readonly string[] =>
      all.map(({ name }) => reachKey(kind, name));
    return new Set([
      reachKey('Switch', device.name),
      ...named(device, 'SwitchProfile').map((name) => reachKey('SwitchProfile', name)),
      ...named(device, 'VLANNamespace').map((name) => reachKey('VLANNamespace', name)),
      ...keys('Connection', connections),
      ...keys('Connection', this.#fromSpines(device)),
      ...keys('VPCAttachment', attachments),
      ...vpcs.map((name) => reachKey('VPC', name)),
      ...keys('VPCPeering', peerings),
      ...keys('ExternalAttachment', externalAttachments),
      ...keys('ExternalPeering', externalPeerings),
    ]);
  }

  /** Static external connections outside of VPCs, which spines know too. */
  #fromSpines(device: Named): readonly Named[] {
    if (specOf(device)['role'] !== 'spine') return [];
    return this.#kinds('Connection').filter((each) => {
      const { staticExternal } = specOf(each);
      return isTree(staticExternal) && textOr(staticExternal['withinVPC'], '') === '';
    });
  }
}

/** The switches of every object, from all objects of `REACH_KINDS`: as the cluster has them, or as documents declare them. Pure. */
export function reachOf(objects: readonly LiveObject[]): Reach {
  const fabric = new Fabric(objects);
  const reach = new Map<string, Set<string>>();
  for (const device of fabric.switches)
    for (const key of fabric.of(device)) {
      const switches = reach.get(key) ?? new Set();
      switches.add(device.name);
      reach.set(key, switches);
    }
  const all = new Set(fabric.switches.map(({ name }) => name));
  for (const kind of EVERYWHERE) reach.set(reachKey(kind, '*'), all);
  return reach;
}

/**
 * The switches that changes concern, in order. A change concerns those that have the object before it, and those that
 * have it afterwards: give a `Reach` of each. Empty for kinds that are not part of an Agent, such as Server.
 */
export function switchesOfChanges(
  changes: readonly { readonly kind: string; readonly name: string }[],
  reaches: readonly Reach[],
): readonly string[] {
  const found = changes.flatMap(({ kind, name }) =>
    reaches.flatMap((reach) => [...(reach.get(reachKey(kind, EVERYWHERE.has(kind) ? '*' : name)) ?? [])]),
  );
  return [...new Set(found)].sort();
}
