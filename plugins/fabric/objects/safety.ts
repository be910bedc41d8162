/** The rules of objects: what the cluster answered, and what it would let through although it cuts traffic. */

import {
  type Change,
  defer,
  formatRef,
  isTree,
  type Json,
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
import { type OverlapIndex, overlapIndex, overlapOf } from './overlaps.ts';
import { referencesOf } from './references.ts';
import { suspended } from './suspended.ts';

type ObjectRule = Rule<Manifest, ObjectFacts, ObjectMemory>;

/** Addresses of accepted rows that come before this one: what it needs, and, before a removal, what needs it. */
function comingFirst({ goal }: Change, { desired, address }: ObjectResource, scene: Scene): readonly string[] {
  if (goal !== 'remove') return (desired?.needs ?? []).map(formatRef).filter((need) => scene.underWay.has(need));
  return [...scene.underWay.values()].flatMap(({ change }) => {
    const dependent = formatRef(change.ref);
    const needs = scene.get(change.ref)?.memory?.needs ?? [];
    return change.goal === 'remove' && needs.includes(address) ? [dependent] : [];
  });
}

function factsOf({ refusal }: ObjectPreview): { readonly [key: string]: Json } {
  return refusal === undefined ? {} : { ...refusal };
}

/** The refusal of a step; unproven if rows before it may lift it. */
function refusedUnless(
  change: Change,
  resource: ObjectResource,
  scene: Scene,
  kinds: readonly string[],
): Verdict | undefined {
  const preview = previewOf(resource);
  const { refusal } = preview ?? {};
  if (preview?.outcome !== 'refused' || refusal === undefined || !kinds.includes(refusal.kind)) return undefined;
  const first = comingFirst(change, resource, scene);
  const code = refusal.code === undefined ? '' : ` (${refusal.code})`;
  const facts = { ...factsOf(preview), first };
  if (first.length > 0)
    return {
      ...warn(
        `Unproven: the cluster says today: ${refusal.words}${code}. The step is tried again after ${first.join(', ')}`,
        facts,
      ),
      unproven: true,
    };
  return reject(`The cluster refuses the step: ${refusal.words}${code}`, facts, remedyFor(refusal.words));
}

/** Refusals whose remedy the words do not name. */
function remedyFor(words: string): { readonly remedy?: { readonly outside: string } } {
  if (/gateway \S+ is not in the subnet|range/u.test(words))
    return {
      remedy: {
        outside: 'write gateway and range of the subnet: the cluster keeps the former ones, which no manager owns',
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
  const message = `Unproven: the step cannot be tried: ${tried.refusal?.words ?? ''}. It is judged by comparison alone`;
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
  pass('The cluster accepts the step');

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
  const facts = { lost: lost as unknown as Json };
  if (lost.length === 0) return pass('The cluster keeps every declared value', facts);
  const [first] = lost;
  const more = lost.length === 1 ? '' : `, and ${lost.length - 1} more`;
  const verb = first?.after === undefined ? 'drop' : 'replace';
  return reject(`The cluster would ${verb} ${first?.path ?? ''}${more}`, facts);
};

const fieldOwnedByOthers: ObjectRule = (_change, resource) => {
  const { others = [] } = previewOf(resource) ?? {};
  const foreign = others.filter(({ ours }) => !ours);
  const facts = { fields: foreign as unknown as Json };
  if (foreign.length === 0) return pass('No other manager owns a declared field', facts);
  const [first] = foreign;
  const more = foreign.length === 1 ? '' : `, and ${foreign.length - 1} more`;
  return reject(`${first?.manager ?? ''} owns ${first?.field ?? ''}${more}`, facts, {
    remedy: { outside: 'remove the field from one of the two sources' },
  });
};

const SHARED: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition']);

const sharedKind: ObjectRule = (_change, { ref }) => {
  const { kind, name } = addressParts(ref);
  return SHARED.has(kind)
    ? reject(`Every object in the ${kind} ${name} would be deleted with it, those of others too`, { kind, name })
    : pass('The kind contains no objects of others');
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

const subnetInUse: ObjectRule = (_change, resource, scene) => {
  const before = resource.memory?.applied?.spec;
  const [old, wanted] = [valueAt(before, '/spec/subnets'), valueAt(resource.desired?.spec, '/spec/subnets')];
  const gone = isTree(old) ? Object.keys(old).filter((name) => !isTree(wanted) || wanted[name] === undefined) : [];
  if (gone.length === 0) return pass('No removed subnet is in use', { removed: [], in_use_by: [] });
  const { name } = resource.ref;
  const users = siblings('VPCAttachment', resource, scene).filter((each) => {
    const subnet = valueAt(manifestOf(each), '/spec/subnet');
    const text = typeof subnet === 'string' ? (subnet.includes('/') ? subnet : `${subnet}/default`) : '';
    return !isLeaving(each, scene) && gone.some((part) => text === `${name}/${part}`);
  });
  const peers = ['VPCPeering', 'ExternalPeering'].flatMap((kind) =>
    siblings(kind, resource, scene).filter((each) => {
      const text = JSON.stringify(valueAt(manifestOf(each), '/spec/permit') ?? null);
      const isOurs = referencesOf(manifestOf(each) ?? { apiVersion: '', kind: '', metadata: {} }).some(
        (to) => to.kind === 'VPC' && to.name === name,
      );
      return isOurs && !isLeaving(each, scene) && gone.some((part) => text.includes(JSON.stringify(part)));
    }),
  );
  const inUse = [...users, ...peers].map(({ address }) => address);
  const facts = { removed: gone, in_use_by: inUse };
  if (inUse.length === 0) return pass('No removed subnet is in use', facts);
  return reject(`The subnet ${gone.join(', ')} is in use by ${inUse.join(', ')}`, facts, {
    remedy: { outside: 'remove what uses the subnet first' },
  });
};

const groupInUse: ObjectRule = (_change, resource, scene) => {
  const users = siblings('Switch', resource, scene)
    .filter((each) => !isLeaving(each, scene))
    .filter((each) =>
      referencesOf(manifestOf(each) ?? { apiVersion: '', kind: '', metadata: {} }).some(
        (to) => to.kind === 'SwitchGroup' && to.name === resource.ref.name,
      ),
    )
    .map(({ address }) => address);
  const facts = { switches: users };
  return users.length === 0
    ? pass('No Switch is in the group', facts)
    : reject(`The group is in use by ${users.join(', ')}`, facts, {
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
  'group-in-use': groupInUse,
  'one-at-a-time': oneAtATime,
} as const satisfies Record<ObjectRuleId, ObjectRule>;
