/** The rules of objects: what the cluster answered, and what it would let through although it cuts traffic. */

import {
  type Change,
  counted,
  defer,
  formatRef,
  isTree,
  type Json,
  listed,
  pass,
  type Ref,
  reject,
  type Rule,
  type Scene,
  valueAt,
  type Verdict,
  warn,
} from '#plugin';
import type { ObjectMemory, ObjectRuleId } from '../generated.ts';
import { addressParts, objectsOf } from '../kinds.ts';
import { type ObjectFacts, type ObjectPreview, type ObjectResource, previewOf } from './facts.ts';
import type { Manifest } from './manifest.ts';
import { DEFINITION } from './contents.ts';
import { isEslag, removedSubnets } from './dependants.ts';
import { keptText } from './kept.ts';
import { type OverlapIndex, overlapIndex, overlapOf } from './overlaps.ts';
import { referencesOf } from './references.ts';
import { suspended } from './suspended.ts';

type ObjectRule = Rule<Manifest, ObjectFacts, ObjectMemory>;

/** Addresses of the rows that come before this one: what it needs, and, before a removal, what needs it. */
function rowsBefore({ goal }: Change, { desired, address }: ObjectResource, scene: Scene): readonly string[] {
  if (goal !== 'remove') return (desired?.needs ?? []).map(formatRef);
  return [...scene.changes.values()].flatMap((change) => {
    const needs = scene.get(change.ref)?.memory?.needs ?? [];
    return change.goal === 'remove' && needs.includes(address) ? [formatRef(change.ref)] : [];
  });
}

/** Fields, warnings or objects in the facts of one rule. */
const MOST_FACTS = 20;

function factsAbout(all: readonly object[]): Json {
  return all.slice(0, MOST_FACTS) as unknown as Json;
}

function factsOf({ refusal }: ObjectPreview): { readonly [key: string]: Json } {
  return refusal === undefined ? {} : { ...refusal };
}

/** The refusal of a step. Rows before it may lift it: the step is unproven then, or waits as they do. */
function refusedUnless(
  change: Change,
  resource: ObjectResource,
  scene: Scene,
  kinds: readonly string[],
): Verdict | undefined {
  const preview = previewOf(resource);
  const { refusal } = preview ?? {};
  if (preview?.outcome !== 'refused' || refusal === undefined || !kinds.includes(refusal.kind)) return undefined;
  const before = rowsBefore(change, resource, scene);
  const first = before.filter((address) => scene.underWay.has(address));
  const waiting = before.filter((address) => scene.judged.get(address)?.verdict === 'defer');
  const staying = stayingDependants(change, resource, scene);
  const code = refusal.code === undefined ? '' : ` (${refusal.code})`;
  const facts = { ...factsOf(preview), first, ...(staying.length === 0 ? {} : { used_by: staying }) };
  // A step that comes after a waiting one waits too: nothing is known about its own fate.
  if (waiting.length > 0 && staying.length === 0)
    return defer(
      `The cluster says today: ${refusal.words}${code}. The step comes after ${listed(waiting)}, which is waiting`,
      { ...facts, waiting },
    );
  if (first.length > 0 && staying.length === 0)
    return {
      ...warn(
        `Unproven: the cluster says today: ${refusal.words}${code}. The step is tried again after ${first.join(', ')}`,
        facts,
      ),
      unproven: true,
    };
  const users = staying.length === 0 ? '' : `. Used by ${listed(staying)}`;
  return reject(`The cluster refuses the step: ${refusal.words}${code}${users}`, facts, remedyFor(refusal.words));
}

/** Objects in the cluster that still refer to a removed one after the plan. */
function stayingDependants({ goal }: Change, resource: ObjectResource, scene: Scene): readonly string[] {
  if (goal !== 'remove') return [];
  const found = previewOf(resource)?.dependants?.found ?? [];
  return found.flatMap(({ address, manifest: { kind } }) => {
    const known = siblings(kind, resource, scene).find((each) => each.address === address);
    if (known === undefined) return [address];
    const isMoved = known.desired !== undefined && !refersTo(known.desired.spec, resource.ref);
    return isMoved || isLeaving(known, scene) ? [] : [address];
  });
}

/** Refusals whose remedy the words do not name. */
function remedyFor(words: string): { readonly remedy?: { readonly outside: string } } {
  if (/gateway \S+ is not in the subnet|range/u.test(words))
    return {
      remedy: {
        outside: 'write gateway and range of the subnet: the cluster keeps the former ones, which no manager owns',
      },
    };
  if (/\bimmutable\b/u.test(words))
    return {
      remedy: {
        outside:
          'declare the former value; for another one, remove the manifest and apply that, and then declare the object again',
      },
    };
  if (/Invalid value: "null"/u.test(words))
    return {
      remedy: {
        outside: 'leave the key out instead of an empty mapping; in a list of mappings, write {} instead of nothing',
      },
    };
  return {};
}

const notServed: ObjectRule = (change, resource, scene) =>
  refusedUnless(change, resource, scene, ['not-served', 'no-namespace']) ?? pass('The cluster serves the kind');

/** A step that the cluster cannot try is judged by comparison alone. */
function untried(resource: ObjectResource): Verdict | undefined {
  const tried = previewOf(resource);
  if (tried?.outcome !== 'untried') return undefined;
  const { words = '', code } = tried.refusal ?? {};
  const message = `Unproven: the step cannot be tried: ${words}${code === undefined ? '' : ` (${code})`}. It is judged by comparison alone`;
  return { ...warn(message, factsOf(tried)), unproven: true };
}

const refused: ObjectRule = (change, resource, scene) =>
  untried(resource) ??
  refusedUnless(change, resource, scene, [
    'denied',
    'invalid',
    'bad-request',
    'changed',
    'exists',
    'conflict',
    'not-found',
    'unauthorized',
    'expired',
  ]) ??
  warned(resource) ??
  pass('The cluster accepts the step');

/** Warnings with which the cluster accepts a step: deprecations, and those of its webhooks. */
function warned(resource: ObjectResource): Verdict | undefined {
  const { warnings = [] } = previewOf(resource) ?? {};
  return warnings.length === 0
    ? undefined
    : warn(`The cluster warns: ${listed(warnings)}`, { warnings: warnings.slice(0, MOST_FACTS) });
}

/** A field that left the document, and that the object keeps. The cluster does not say that. */
function keptWarning(resource: ObjectResource): Verdict | undefined {
  const { kept = [] } = previewOf(resource) ?? {};
  return kept.length === 0 ? undefined : warn(keptText(kept), { fields: factsAbout(kept) });
}

const webhookDown: ObjectRule = (_change, resource) => {
  const preview = previewOf(resource);
  const kind = preview?.refusal?.kind;
  if (
    preview?.outcome !== 'refused' ||
    (kind !== 'webhook-down' && kind !== 'too-many-requests' && kind !== 'server-error' && kind !== 'terminating')
  )
    return pass('The cluster answers');
  return defer(`The cluster cannot decide now: ${preview.refusal?.words ?? ''}`, factsOf(preview));
};

const notAsSent: ObjectRule = (_change, resource) => {
  const { lost = [] } = previewOf(resource) ?? {};
  const facts = { lost: factsAbout(lost) };
  if (lost.length === 0) return keptWarning(resource) ?? pass('The cluster keeps every declared value', facts);
  const [first] = lost;
  const more = lost.length === 1 ? '' : `, and ${lost.length - 1} more`;
  const verb = first?.after === undefined ? 'drop' : 'replace';
  return reject(`The cluster would ${verb} ${first?.path ?? ''}${more}`, facts);
};

const fieldOwnedByOthers: ObjectRule = (_change, resource) => {
  const { others = [] } = previewOf(resource) ?? {};
  const foreign = others.filter(({ ours }) => !ours);
  const facts = { fields: factsAbout(foreign) };
  if (foreign.length === 0) return pass('No other manager owns a declared field', facts);
  const [first] = foreign;
  const more = foreign.length === 1 ? '' : `, and ${foreign.length - 1} more`;
  const since = first?.time === undefined ? '' : ` since ${first.time}`;
  return reject(`${first?.manager ?? ''} owns ${first?.field ?? ''}${since}${more}`, facts, {
    remedy: { outside: 'remove the field from one of the two sources' },
  });
};

const SHARED: ReadonlySet<string> = new Set(['Namespace', DEFINITION]);

/** A sentence about the objects that a removal would delete too; empty if they were not searched. */
function containedText(contains: ObjectPreview['contains']): string {
  if (contains === undefined) return '';
  if (!('objects' in contains)) return `. Their number is not known: ${contains.unread}`;
  const { objects, kinds, unlisted = [] } = contains;
  if (kinds === undefined) return `. The cluster has ${counted(objects, 'object')} of the kind`;
  const counts = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  const known =
    counts.length === 0 ? 'No object of the groups of the Fabric is in it' : `It contains ${listed(counts, 10)}`;
  return `. ${known}${unlisted.length === 0 ? '' : `. Kinds that cannot be listed: ${listed(unlisted)}`}`;
}

const sharedKind: ObjectRule = (_change, resource) => {
  const { kind, name } = addressParts(resource.ref);
  if (!SHARED.has(kind)) return pass('The kind contains no objects of others');
  const { contains } = previewOf(resource) ?? {};
  return reject(
    `Every object in the ${kind} ${name} would be deleted with it, those of others too${containedText(contains)}`,
    { kind, name, ...(contains === undefined ? {} : { contains }) },
  );
};

/** Objects of a kind in the same fabric and namespace, as the cluster has them or will have them. */
function siblings(kind: string, { ref }: ObjectResource, scene: Scene): readonly ObjectResource[] {
  const own = addressParts(ref);
  return objectsOf(kind, scene).filter((each) => {
    const other = addressParts(each.ref);
    return other.fabric === own.fabric && other.namespace === own.namespace;
  });
}

function manifestOf({ desired, memory }: ObjectResource): Manifest | undefined {
  return desired?.spec ?? (memory?.applied?.spec as unknown as Manifest | undefined);
}

/** True for a resource that the plan removes. */
function isLeaving({ address }: ObjectResource, scene: Scene): boolean {
  return scene.changes.get(address)?.goal === 'remove';
}

const NO_MANIFEST: Manifest = { apiVersion: '', kind: '', metadata: {} };

function refersTo(manifest: Manifest | undefined, { kind, name }: Ref): boolean {
  return referencesOf(manifest ?? NO_MANIFEST).some((to) => to.kind === kind && to.name === name);
}

/** An object that uses another one, as the plan leaves it. */
interface User {
  readonly address: string;
  readonly manifest: Manifest;
  readonly eslag?: true;
}

/** The objects of some kinds that refer to a resource after the plan: known ones, and others in the cluster. */
function usersOf(resource: ObjectResource, kinds: readonly string[], scene: Scene): readonly User[] {
  const dependants = previewOf(resource)?.dependants?.found ?? [];
  return kinds.flatMap((kind): readonly User[] => {
    const known = siblings(kind, resource, scene);
    const addresses = new Set(known.map(({ address }) => address));
    const staying = known.flatMap((each): readonly User[] => {
      const manifest = manifestOf(each);
      return manifest === undefined || isLeaving(each, scene) ? [] : [{ address: each.address, manifest }];
    });
    const others = dependants.filter(({ address, manifest }) => manifest.kind === kind && !addresses.has(address));
    return [...staying, ...others].filter(({ manifest }) => refersTo(manifest, resource.ref));
  });
}

/** A rejection if the objects that use a resource cannot be read. */
function unreadUsers(resource: ObjectResource): Verdict | undefined {
  const { unread } = previewOf(resource)?.dependants ?? {};
  if (unread === undefined) return undefined;
  return reject(
    `The objects that use ${resource.address} are not known: ${unread}`,
    { unread },
    { remedy: { outside: 'give the login the right to list them' } },
  );
}

/** Passes; unproven if rows of the plan change objects that use the resource now: the cluster is asked again after them. */
function passAfterUsers(message: string, resource: ObjectResource, scene: Scene): Verdict {
  const found = previewOf(resource)?.dependants?.found ?? [];
  const first = found.map(({ address }) => address).filter((address) => scene.changes.has(address));
  if (first.length === 0) return pass(message);
  return { ...warn(`Unproven: judged again after ${listed(first)}`, { first }), unproven: true };
}

/** The subnet of an attachment: `vpc-1` means `vpc-1/default`. */
function attachedSubnet(manifest: Manifest): string {
  const subnet = valueAt(manifest, '/spec/subnet');
  if (typeof subnet !== 'string') return '';
  return subnet.includes('/') ? subnet : `${subnet}/default`;
}

function subnetsRemovedFrom(resource: ObjectResource): readonly string[] {
  const old = valueAt(resource.memory?.applied?.spec, '/spec/subnets');
  const wanted = valueAt(resource.desired?.spec, '/spec/subnets');
  const undeclared = isTree(old)
    ? Object.keys(old).filter((name) => !isTree(wanted) || wanted[name] === undefined)
    : [];
  return [...new Set([...undeclared, ...removedSubnets(previewOf(resource)?.fields ?? [])])];
}

const subnetInUse: ObjectRule = (_change, resource, scene) => {
  const gone = subnetsRemovedFrom(resource);
  if (gone.length === 0) return pass('No removed subnet is in use', { removed: [], in_use_by: [] });
  const { name } = resource.ref;
  const inUse = usersOf(resource, ['VPCAttachment', 'VPCPeering', 'ExternalPeering', 'GatewayPeering'], scene)
    .filter(({ manifest }) => {
      if (manifest.kind === 'VPCAttachment') return gone.some((part) => attachedSubnet(manifest) === `${name}/${part}`);
      const text = JSON.stringify(valueAt(manifest, '/spec/permit') ?? valueAt(manifest, '/spec/peering') ?? null);
      return gone.some((part) => text.includes(JSON.stringify(part)));
    })
    .map(({ address }) => address);
  const facts = { removed: gone, in_use_by: inUse };
  if (inUse.length === 0)
    return unreadUsers(resource) ?? passAfterUsers('No removed subnet is in use', resource, scene);
  return reject(`The subnet ${gone.join(', ')} is in use by ${inUse.join(', ')}`, facts, {
    remedy: { outside: 'remove what uses the subnet first' },
  });
};

/** True for a VPC whose mode becomes one that attachments to several switches do not support. */
function becomesL3vni(resource: ObjectResource): boolean {
  if (valueAt(resource.desired?.spec, '/spec/mode') !== 'l3vni') return false;
  const isApplied = valueAt(resource.memory?.applied?.spec, '/spec/mode') === 'l3vni';
  return !isApplied || (previewOf(resource)?.fields ?? []).some(({ path }) => path === '/spec/mode');
}

const modeUnsupported: ObjectRule = (_change, resource, scene) => {
  if (!becomesL3vni(resource)) return pass('The mode of the VPC stays, or every attachment supports it');
  const connections = new Map(siblings('Connection', resource, scene).map((each) => [each.ref.name, manifestOf(each)]));
  const inUse = usersOf(resource, ['VPCAttachment'], scene)
    .filter(({ manifest, eslag }) => {
      const name = valueAt(manifest, '/spec/connection');
      const connection = typeof name === 'string' ? connections.get(name) : undefined;
      return connection === undefined ? eslag === true || isEslagAt(resource, name) : isEslag(connection);
    })
    .map(({ address }) => address);
  const facts = { mode: 'l3vni', attachments: inUse };
  if (inUse.length === 0)
    return unreadUsers(resource) ?? passAfterUsers('Every attachment supports the mode', resource, scene);
  return reject(`The mode l3vni is not supported by the ESLAG connections of ${inUse.join(', ')}`, facts, {
    remedy: { outside: 'remove these attachments first' },
  });
};

/** True if the cluster has an attachment of the VPC to the same connection, which has several switches. */
function isEslagAt(resource: ObjectResource, connection: Json | undefined): boolean {
  const { found = [] } = previewOf(resource)?.dependants ?? {};
  return found.some(({ manifest, eslag }) => eslag === true && valueAt(manifest, '/spec/connection') === connection);
}

const groupInUse: ObjectRule = (_change, resource, scene) => {
  const users = usersOf(resource, ['Switch'], scene).map(({ address }) => address);
  const facts = { switches: users };
  if (users.length === 0) return unreadUsers(resource) ?? passAfterUsers('No Switch is in the group', resource, scene);
  return reject(`The group is in use by ${users.join(', ')}`, facts, {
    remedy: { outside: 'take the switches out of the group first' },
  });
};

/** Indexes of the declared objects by kind: one for all judgements of a plan, and one for those of its apply. */
const indexes = new WeakMap<Scene['changes'], Map<string, OverlapIndex>>();

function scopeOf(ref: Ref): string {
  const { fabric, namespace = '' } = addressParts(ref);
  return `${fabric} ${namespace}`;
}

/** The declared objects of a kind, by what they claim. Objects that only the cluster has are compared by the cluster. */
function declaredIndex(kind: string, scene: Scene): OverlapIndex {
  const known = indexes.get(scene.changes) ?? new Map<string, OverlapIndex>();
  indexes.set(scene.changes, known);
  const index =
    known.get(kind) ??
    overlapIndex(
      objectsOf(kind, scene).flatMap(({ address, ref, desired }) =>
        desired === undefined ? [] : [{ address, scope: scopeOf(ref), manifest: desired.spec }],
      ),
    );
  known.set(kind, index);
  return index;
}

const oneAtATime: ObjectRule = (change, resource, scene) => {
  const own = resource.desired?.spec;
  if (own === undefined || change.goal === 'remove') return pass('The object does not overlap with another');
  for (const { address, manifest } of declaredIndex(own.kind, scene)(scopeOf(resource.ref), own)) {
    if (address === resource.address || scene.changes.get(address)?.goal === 'remove') continue;
    const overlap = overlapOf(own, manifest);
    if (overlap !== undefined)
      return reject(
        `The object and ${address} share ${overlap}`,
        { other: address, overlap },
        { remedy: { outside: 'change one of the two documents' } },
      );
  }
  return pass('The object does not overlap with another');
};

export const objectRules = {
  suspended,
  'not-served': notServed,
  refused,
  'webhook-down': webhookDown,
  'not-as-sent': notAsSent,
  'field-owned-by-others': fieldOwnedByOthers,
  'shared-kind': sharedKind,
  'subnet-in-use': subnetInUse,
  'mode-unsupported-by-attachment': modeUnsupported,
  'group-in-use': groupInUse,
  'one-at-a-time': oneAtATime,
} as const satisfies Record<ObjectRuleId, ObjectRule>;
