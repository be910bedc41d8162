/** The kind of every object of a cluster. */

import { type Kind, type KnownResource, observedOf, type Ref } from '#plugin';
import type { ObjectMemory, ObjectRuleId, ObjectStep } from '../generated.ts';
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

export const objectKind: Kind<FabricWriter, Manifest, ObjectFacts, ObjectMemory, ObjectStep, ObjectRuleId> = {
  policy: objectPolicy,
  state: objectStanding,
  diff: diffObject,
  adoption: adoptObject,
  matters: fabricOf,
  note: (resource: KnownResource<ObjectResource>) => {
    const facts = observedOf(resource)?.facts;
    return facts === undefined ? {} : { uid: facts.uid, api_version: facts.api_version, ...proofOf(resource) };
  },
  rules: objectRules,
  handlers: objectHandlers,
};
