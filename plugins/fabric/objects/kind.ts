/** The kind of every object of a cluster. */

import {
  type Claim,
  formatRef,
  defineKind,
  durationMs,
  type Instant,
  isKnown,
  type Kind,
  type KnownResource,
  type Note,
  observedOf,
  type Ref,
  type Scene,
  seenState,
} from '#plugin';
import { objectConditions, scoreOf } from '../alerts/conditions.ts';
import { driftSeverity } from '../states/drift-score.ts';
import { alertsNote, nextAlerts } from '../alerts/record.ts';
import { type ObjectMemory, type ObjectRuleId, type ObjectStep, tables } from '../generated.ts';
import { syncCadence } from '../cadence.ts';
import { addressParts, Fabric, PLUGIN } from '../kinds.ts';
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

/** The alerts of an object after a refresh. A maintenance of its Fabric begins none. */
function noteAlerts(resource: KnownResource<ObjectResource>, now: Instant, scene: Scene): Note<ObjectMemory> {
  const fabric = Fabric.get(scene, { plugin: PLUGIN, kind: 'Fabric', name: addressParts(resource.ref).fabric });
  const { alerts } = fabric?.desired?.spec ?? {};
  const isQuiet = fabric === undefined || (isKnown(fabric) && seenState(fabric) === 'MAINTENANCE');
  const alerting = {
    address: resource.address,
    now,
    isOn: alerts?.enabled === true && !isQuiet,
    expireMs: durationMs(alerts?.expireAfter ?? '30d'),
  };
  const before = resource.memory?.kept.alerts;
  return alertsNote(before, nextAlerts(before ?? {}, objectConditions(resource), alerting));
}

/** The identity of the object in its cluster: two addresses, such as those of two Fabrics for one cluster, may lead to it. */
function placesOf({ sight, memory }: ObjectResource): readonly Claim[] {
  const uid = (sight.is === 'seen' ? sight.observed.facts.uid : undefined) ?? memory?.kept.uid ?? '';
  return uid === '' ? [] : [{ kind: 'key', key: `object ${uid}` }];
}

type ObjectKind = Kind<FabricWriter, Manifest, ObjectFacts, ObjectMemory, ObjectStep, ObjectRuleId>;

const common: Omit<ObjectKind, 'rules'> = {
  policy: objectPolicy,
  state: objectStanding,
  diff: diffObject,
  adoption: adoptObject,
  matters: fabricOf,
  cadence: (resource, _now, resources) =>
    syncCadence(fabricOf(resource).map((ref) => resources.get(formatRef(ref))?.desired)[0]),
  places: placesOf,
  driftSeverity: ({ fields }, { desired }) => driftSeverity(desired === undefined ? 1 : scoreOf(desired.spec, fields)),
  note: (resource: KnownResource<ObjectResource>, now, scene) => {
    const facts = observedOf(resource)?.facts;
    const known = facts === undefined ? {} : { uid: facts.uid, api_version: facts.api_version, ...proofOf(resource) };
    return { ...known, ...noteAlerts(resource, now, scene) };
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
