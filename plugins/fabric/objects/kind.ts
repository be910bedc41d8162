/** The kind of every object of a cluster. */

import { defineKind, type Kind, type KnownResource, observedOf, type Ref } from '#plugin';
import { type ObjectMemory, type ObjectRuleId, type ObjectStep, tables } from '../generated.ts';
import { addressParts, PLUGIN } from '../kinds.ts';
import type { FabricWriter } from '../world.ts';
import { objectHandlers } from './apply.ts';
import { adoptObject, diffObject, objectPolicy } from './diff.ts';
import type { ObjectFacts, ObjectResource } from './facts.ts';
import type { Manifest } from './manifest.ts';
import { proofOf } from './proof.ts';
import { objectRules } from './safety.ts';
import { objectStanding } from './sighting.ts';

/** The Fabric of an object, whose cluster a refresh before an action needs. */
function fabricOf({ ref }: ObjectResource): readonly Ref[] {
  return [{ plugin: PLUGIN, kind: 'Fabric', name: addressParts(ref).fabric }];
}

type ObjectKind = Kind<FabricWriter, Manifest, ObjectFacts, ObjectMemory, ObjectStep, ObjectRuleId>;

const common: Omit<ObjectKind, 'rules'> = {
  policy: objectPolicy,
  state: objectStanding,
  diff: diffObject,
  adoption: adoptObject,
  matters: fabricOf,
  note: (resource: KnownResource<ObjectResource>) => {
    const facts = observedOf(resource)?.facts;
    return facts === undefined ? {} : { uid: facts.uid, api_version: facts.api_version, ...proofOf(resource) };
  },
  handlers: objectHandlers,
};

/** The kind with the rules that the spec has for it. */
export function objectKind(name: string): Kind<FabricWriter> {
  const own: readonly { readonly id: string }[] = tables.kinds[name as keyof typeof tables.kinds].rules;
  const ids = new Set(own.map(({ id }) => id));
  const rules = Object.fromEntries(Object.entries(objectRules).filter(([id]) => ids.has(id)));
  return defineKind({ ...common, rules: rules as ObjectKind['rules'] });
}
