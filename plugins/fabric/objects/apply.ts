/** The steps of an object. */

import {
  type ActionRun,
  isTree,
  type Handler,
  type Json,
  OutsideError,
  seenFacts,
  seenSignals,
  UnknownOutcomeError,
} from '#plugin';
import type { ObjectMemory, ObjectStep } from '../generated.ts';
import { addressParts, Fabric } from '../kinds.ts';
import { managerOf } from '../manager.ts';
import type { ClusterWriter, FabricWriter, ObjectPlace, Reply } from '../world.ts';
import { type LiveObject, textOr } from './content.ts';
import { type ObjectFacts, type ObjectResource, previewOf } from './facts.ts';
import { ownEntry } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';
import { applyOrder } from './trial.ts';

type ObjectHandler = Handler<FabricWriter, Manifest, ObjectFacts, ObjectMemory>;

async function clusterOf(
  world: FabricWriter,
  { ref }: ObjectResource,
  { scene, signal }: ActionRun,
): Promise<ClusterWriter> {
  const { fabric } = addressParts(ref);
  const declared = Fabric.get(scene, { plugin: ref.plugin, kind: 'Fabric', name: fabric })?.desired;
  if (declared === undefined) throw new Error(`the Fabric ${fabric} is not declared, so its cluster is not known`);
  return world.cluster(declared.spec, signal);
}

async function placeOf(
  cluster: ClusterWriter,
  { ref, desired, memory }: ObjectResource,
  signal: AbortSignal,
): Promise<ObjectPlace> {
  const { kind, namespace, name } = addressParts(ref);
  const apiVersion = desired?.spec.apiVersion ?? memory?.kept.api_version ?? '';
  const served = (await cluster.served(apiVersion, signal))?.find((each) => each.kind === kind);
  if (served === undefined) throw new Error(`the cluster does not serve ${kind} of ${apiVersion}`);
  return { served, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A write whose answer is lost may have been done: a refresh settles it. */
async function written(reply: Promise<Reply>): Promise<Extract<Reply, { done: true }>> {
  const answer = await reply.catch((error: unknown) => {
    throw error instanceof OutsideError ? new UnknownOutcomeError(error) : error;
  });
  if (answer.done) return answer;
  const { words, code } = answer.refusal;
  throw new Error(`the cluster refused the step: ${words}${code === undefined ? '' : ` (${code})`}`);
}

/** The object as the refresh before the action showed it, as far as an update needs it. */
function identityOf(resource: ObjectResource): LiveObject | undefined {
  const { uid } = seenFacts(resource) ?? {};
  if (uid === undefined) return undefined;
  const version: Json = seenSignals(resource)?.['resource_version'] ?? '';
  return { metadata: { uid, resourceVersion: version } };
}

function recorded({ object }: { readonly object?: LiveObject }): Partial<ObjectMemory> {
  const metadata = isTree(object?.['metadata']) ? object['metadata'] : {};
  const { uid } = metadata;
  const apiVersion = object?.['apiVersion'];
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof apiVersion === 'string' ? { api_version: apiVersion } : {}),
  };
}

function manifestOf({ desired }: ObjectResource): Manifest {
  if (desired === undefined) throw new Error('an object without a manifest is not applied');
  return desired.spec;
}

const create: ObjectHandler = async (world, resource, run) => {
  const cluster = await clusterOf(world, resource, run);
  const place = await placeOf(cluster, resource, run.signal);
  const order = applyOrder({ place, manifest: manifestOf(resource), live: undefined });
  const answer = await written(cluster.apply(order, run.signal));
  for (const warning of answer.warnings) run.remark(warning);
  return recorded(answer);
};

/** True for an entry of a tool that wrote the object itself, other than by server-side apply. */
function isWriter(entry: Json): boolean {
  return isTree(entry) && entry['operation'] === 'Update' && textOr(entry['subresource'], '') === '';
}

/**
 * Makes the fields of the tool that wrote the object before its adoption ours, so that a field that leaves the manifest is
 * really removed. Returns false if the fields stay: with several writers, the server could not merge their entries.
 */
async function takeOverFields(
  cluster: ClusterWriter,
  place: ObjectPlace,
  self: string,
  signal: AbortSignal,
): Promise<boolean> {
  const live = await cluster.get(place, signal);
  if (live === undefined || 'words' in live)
    throw new Error('the object cannot be read before its fields are taken over');
  const object: LiveObject = live;
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const entries = Array.isArray(metadata['managedFields']) ? (metadata['managedFields'] as readonly Json[]) : [];
  if (ownEntry(object, self) !== undefined || entries.filter(isWriter).length !== 1) return false;
  const fields = entries.map((entry) =>
    isWriter(entry) && isTree(entry) ? { ...entry, manager: self, operation: 'Apply' } : entry,
  );
  await written(cluster.takeOver(place, object, fields, signal));
  return true;
}

const update: ObjectHandler = async (world, resource, run) => {
  const cluster = await clusterOf(world, resource, run);
  const place = await placeOf(cluster, resource, run.signal);
  const preview = previewOf(resource);
  const isAdopted = resource.memory?.owned === 'adopted' && resource.memory.differs !== undefined;
  const isTaken = isAdopted && (await takeOverFields(cluster, place, managerOf(world.project), run.signal));
  // Without a force, fields that somebody else wrote since the refresh are refused, and not taken over.
  const force = (preview?.others?.length ?? 0) > 0 && !isTaken;
  const answer = await written(
    cluster.apply(applyOrder({ place, manifest: manifestOf(resource), live: identityOf(resource) }, force), run.signal),
  );
  for (const warning of answer.warnings) run.remark(warning);
  return recorded(answer);
};

const remove: ObjectHandler = async (world, resource, run) => {
  const cluster = await clusterOf(world, resource, run);
  const place = await placeOf(cluster, resource, run.signal);
  const { uid } = seenFacts(resource) ?? {};
  if (uid === undefined) throw new Error('the identity of the object is not known');
  await written(cluster.remove({ place, uid }, run.signal));
  return undefined;
};

export const objectHandlers = {
  'absent>SYNCED': create,
  'PENDING>SYNCED': update,
  'DRIFTED>SYNCED': update,
  'ORPHANED>absent': remove,
  'ORPHANED>DELETING': remove,
} as const satisfies Record<ObjectStep, ObjectHandler>;
