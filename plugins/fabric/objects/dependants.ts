/**
 * Dependants: objects in the cluster that refer to an object, declared here or not. The cluster accepts some changes that
 * cut their traffic, and refuses removals without naming them.
 */

import {
  compareText,
  errorText,
  type FieldChange,
  formatRef,
  isTree,
  type Json,
  unescapePointer,
  valueAt,
} from '#plugin';
import { PLUGIN } from '../kinds.ts';
import type { ClusterReader, ServedKind } from '../world.ts';
import { type LiveObject, textOr } from './content.ts';
import type { ObjectPreview } from './facts.ts';
import { type FabricKind, isFabricKind, KIND_GROUPS } from './groups.ts';
import type { Manifest } from './manifest.ts';
import { referencesOf } from './references.ts';

/** An object in the cluster that refers to another one, with the part of its manifest that decides about its use. */
export interface Dependant {
  readonly address: string;
  readonly manifest: Manifest;
  /** Of an attachment: its connection has several switches (ESLAG). */
  readonly eslag?: true;
}

/** Dependants of an object. `unread`: the reason why a kind could not be listed. */
export interface Dependants {
  readonly found: readonly Dependant[];
  readonly unread?: string;
}

/** The kinds whose objects refer to one of a kind. */
const REFERRERS: Partial<Record<FabricKind, readonly FabricKind[]>> = {
  Connection: ['VPCAttachment', 'ExternalAttachment'],
  Server: ['Connection'],
  ServerProfile: ['Server'],
  Switch: ['Connection'],
  SwitchGroup: ['Switch'],
  SwitchProfile: ['Switch'],
  VLANNamespace: ['Switch', 'VPC'],
  External: ['ExternalAttachment', 'ExternalPeering', 'GatewayPeering'],
  IPv4Namespace: ['VPC', 'External'],
  VPC: ['VPCAttachment', 'VPCPeering', 'ExternalPeering', 'Connection', 'GatewayPeering'],
  GatewayGroup: ['Gateway', 'GatewayPeering'],
};

/** Members of `spec` that decide about the use of another object. */
const DECIDING: Partial<Record<FabricKind, readonly string[]>> = {
  VPCAttachment: ['subnet', 'connection'],
  VPCPeering: ['permit'],
  ExternalPeering: ['permit'],
  GatewayPeering: ['peering'],
  Switch: ['groups', 'redundancy'],
};

function namesIn(value: Json | undefined): readonly string[] {
  return isTree(value) ? Object.keys(value) : [];
}

/** The subnets of a VPC that a change removes. */
export function removedSubnets(fields: readonly FieldChange[]): readonly string[] {
  return fields.flatMap(({ path, before, after }): readonly string[] => {
    const [, name] = /^\/spec\/subnets\/([^/]+)$/u.exec(path) ?? [];
    if (name !== undefined) return after === undefined ? [unescapePointer(name)] : [];
    if (path !== '/spec' && path !== '/spec/subnets') return [];
    const rest = path === '/spec' ? '/subnets' : '';
    const kept = namesIn(valueAt(after, rest));
    return namesIn(valueAt(before, rest)).filter((each) => !kept.includes(each));
  });
}

/** True for a change of a VPC that the cluster accepts, although attachments or peerings may depend on the former value. */
function isCutting({ fields = [] }: ObjectPreview): boolean {
  return removedSubnets(fields).length > 0 || fields.some(({ path }) => path === '/spec/mode' || path === '/spec');
}

/** True for a step whose judgement needs the dependants: a removal that the cluster accepts or does not explain. */
export function needsDependants(kind: string, isRemoval: boolean, preview: ObjectPreview): boolean {
  if (!isRemoval) return kind === 'VPC' && isCutting(preview);
  return kind === 'SwitchGroup' || preview.refusal?.kind === 'denied';
}

/** The object whose dependants are searched. */
interface Subject {
  readonly fabric: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

type Listed = readonly LiveObject[] | string;

/** Searches dependants in a cluster. Each kind is listed once. */
export class DependantSearch {
  readonly #cluster: ClusterReader;
  readonly #signal: AbortSignal;
  readonly #lists = new Map<string, Promise<Listed>>();

  constructor(cluster: ClusterReader, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  async of({ fabric, kind, namespace, name }: Subject): Promise<Dependants> {
    const found: Dependant[] = [];
    for (const referrer of (isFabricKind(kind) ? REFERRERS[kind] : undefined) ?? []) {
      const listed = await this.#listOnce(referrer, namespace);
      if (typeof listed === 'string') return { found, unread: listed };
      for (const object of listed) {
        const full = { ...object, metadata: {} } as unknown as Manifest;
        if (!referencesOf(full).some((to) => to.kind === kind && to.name === name)) continue;
        const ref = { plugin: PLUGIN, kind: referrer, scope: [fabric, namespace], name: nameOf(object) };
        found.push({ address: formatRef(ref), manifest: decidingPart(referrer, object) });
      }
    }
    if (kind === 'VPC') return this.#withConnections(found, namespace);
    return { found: sorted(found) };
  }

  /** The dependants of a VPC, with the types of the connections of its attachments. */
  async #withConnections(found: readonly Dependant[], namespace: string): Promise<Dependants> {
    const listed = await this.#listOnce('Connection', namespace);
    if (typeof listed === 'string') return { found, unread: listed };
    const names = new Set(listed.flatMap((each) => (isEslag(each) ? [nameOf(each)] : [])));
    return {
      found: sorted(
        found.map((each) =>
          names.has(textOr(valueAt(each.manifest, '/spec/connection'), '')) ? { ...each, eslag: true as const } : each,
        ),
      ),
    };
  }

  #listOnce(kind: FabricKind, namespace: string): Promise<Listed> {
    const key = `${kind} ${namespace}`;
    const known = this.#lists.get(key) ?? this.#list(kind, namespace);
    this.#lists.set(key, known);
    return known;
  }

  async #list(kind: FabricKind, namespace: string): Promise<Listed> {
    try {
      const served = await this.#served(kind);
      if (served === undefined) return [];
      const listed = await this.#cluster.list(served, { namespace }, this.#signal);
      return 'words' in listed ? `${served.plural} cannot be listed: ${listed.words}` : listed;
    } catch (error) {
      this.#signal.throwIfAborted();
      return errorText(error);
    }
  }

  async #served(kind: FabricKind): Promise<ServedKind | undefined> {
    for (const version of await this.#cluster.versions(KIND_GROUPS[kind], this.#signal)) {
      const served = (await this.#cluster.served(version, this.#signal))?.find((each) => each.kind === kind);
      if (served !== undefined) return served;
    }
    return undefined;
  }
}

/** True for a Connection to several switches. */
export function isEslag(connection: { readonly [member: string]: Json }): boolean {
  return valueAt(connection, '/spec/eslag') !== undefined;
}

function sorted(found: readonly Dependant[]): readonly Dependant[] {
  return found.toSorted((a, b) => compareText(a.address, b.address));
}

function nameOf({ metadata }: LiveObject): string {
  return isTree(metadata) ? textOr(metadata['name'], '') : '';
}

function decidingPart(kind: FabricKind, object: LiveObject): Manifest {
  const spec = isTree(object['spec']) ? object['spec'] : {};
  const members = DECIDING[kind] ?? [];
  const part = Object.fromEntries(members.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]])));
  return { apiVersion: textOr(object['apiVersion'], ''), kind, metadata: {}, spec: part };
}
