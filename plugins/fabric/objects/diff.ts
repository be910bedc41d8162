/** The next step of an object, from the cluster's answer to it. */

import {
  type Adoption,
  defined,
  type Desired,
  digestOf,
  type KnownResource,
  listed,
  type Memory,
  observedOf,
  type Proposal,
  sameJson,
  valueAt,
} from '#plugin';
import type { ObjectMemory, ObjectState, ObjectStep } from '../generated.ts';
import { addressParts } from '../kinds.ts';
import { type ObjectPreview, type ObjectResource, previewOf } from './facts.ts';
import type { Manifest } from './manifest.ts';
import type { ObjectPolicy } from './sighting.ts';

export function objectPolicy(
  desired: Desired<Manifest> | undefined,
  memory: Memory<ObjectMemory> | undefined,
): ObjectPolicy {
  if (desired === undefined) return { isDeclared: false, isEdited: false };
  const { applied, differs } = memory ?? {};
  const isApplied =
    applied !== undefined &&
    (applied.spec === undefined ? applied.digest === digestOf(desired.spec) : sameJson(applied.spec, desired.spec));
  return { isDeclared: true, isEdited: !isApplied || differs !== undefined };
}

function removal(preview: ObjectPreview | undefined): Proposal<ObjectStep> {
  const held = preview?.finalizers ?? [];
  const because = 'no manifest declares the object';
  if (held.length === 0) return { step: 'ORPHANED>absent', goal: 'remove', because };
  return {
    step: 'ORPHANED>DELETING',
    goal: 'remove',
    because: `${because}. The finalizers ${listed(held)} hold it until its controllers have finished`,
  };
}

/** Writers that changed fields of this project, with their times; undefined if the cluster does not say so. */
function changedBy({ others = [] }: ObjectPreview): string | undefined {
  const ours = others.filter(({ ours: own }) => own);
  const writers = new Set(ours.map(({ manager, time }) => (time === undefined ? manager : `${manager} at ${time}`)));
  return writers.size === 0 ? undefined : listed([...writers]);
}

function update(state: 'PENDING' | 'DRIFTED', preview: ObjectPreview): Proposal<ObjectStep> {
  const fields = preview.fields ?? [];
  const [only] = fields;
  const by = changedBy(preview);
  const isOwnership = fields.length === 1 && only?.path === '/metadata/managedFields';
  const because = isOwnership
    ? 'the object is as declared, and its fields do not belong to this project yet'
    : `the object differs from its manifest${by === undefined ? '' : `; ${by} changed it`}`;
  return { step: `${state}>SYNCED`, goal: 'update', fields, because, ...(by === undefined ? {} : { changedBy: by }) };
}

/** True for a question about the applied document, while an edit of it is pending: the preview is about the edit. */
function isAboutFormer({ desired, memory, policy }: ObjectResource): boolean {
  const { applied, differs } = memory ?? {};
  const { isEdited } = policy as ObjectPolicy;
  return isEdited && differs === undefined && applied?.spec !== undefined && sameJson(applied.spec, desired?.spec);
}

/** The step back to the applied document: by the fields that it declares and that somebody else changed. */
function wayBack({ desired }: ObjectResource, preview: ObjectPreview): Proposal<ObjectStep> | undefined {
  const fields = (preview.fields ?? []).flatMap(({ path, before, ...field }) => {
    const applied = valueAt(desired?.spec, path);
    return applied === undefined || sameJson(applied, before ?? null)
      ? []
      : [{ ...field, path, before, after: applied }];
  });
  return fields.length === 0
    ? undefined
    : update('DRIFTED', { ...preview, fields: fields.map((each) => defined(each)) });
}

export function diffObject(resource: KnownResource<ObjectResource>): Proposal<ObjectStep> | undefined {
  const observed = observedOf(resource);
  const preview = previewOf(resource);
  const state = (observed?.state ?? 'absent') as ObjectState;
  if (resource.desired === undefined) return state === 'ORPHANED' ? removal(preview) : undefined;
  if (observed === undefined) {
    const { fabric, namespace } = addressParts(resource.ref);
    const place = namespace === undefined ? fabric : `namespace ${namespace} of ${fabric}`;
    return { step: 'absent>SYNCED', goal: 'create', because: `the object does not exist in ${place}` };
  }
  if (preview === undefined || preview.outcome === 'unchanged') return undefined;
  if (isAboutFormer(resource)) return wayBack(resource, preview);
  return state === 'PENDING' || state === 'DRIFTED' ? update(state, preview) : undefined;
}

/** The differences that an adoption finds. The next plan applies them. */
export function adoptObject(resource: KnownResource<ObjectResource>): Adoption | undefined {
  const { fields = [], refusal } = previewOf(resource) ?? {};
  if (fields.length === 0) return undefined;
  const refused = refusal === undefined ? '' : `. The cluster says today: ${refusal.words}`;
  return { fields, because: `A later plan applies the differences${refused}` };
}
