/** The kind Fabric: a cluster that exists independent of fettle. */

import { type Kind, type KnownResource, observedOf } from '#plugin';
import type { FabricMemory, FabricSpec } from './generated.ts';
import type { FabricFacts, FabricResource } from './objects/facts.ts';
import type { FabricWriter } from './world.ts';

export const fabricKind: Kind<FabricWriter, FabricSpec, FabricFacts, FabricMemory, never, never> = {
  diff: () => undefined,
  note: (resource: KnownResource<FabricResource>) => {
    const facts = observedOf(resource)?.facts;
    return facts === undefined ? {} : { server: facts.server, error: facts.error ?? '' };
  },
  rules: {},
  handlers: {},
};
