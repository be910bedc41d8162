/** The steps of an object. */

import {
  type ActionRun,
  type Desired,
  isTree,
  type Handler,
  type Json,
  OutsideError,
  seenFacts,
  seenSignals,
  UnknownOutcomeError,
} from '#plugin';
import type { FabricResource } from '../fabric/facts.ts';
import { namedSecrets } from '../fabric/policy.ts';
import type { FabricSpec, ObjectMemory, ObjectStep } from '../generated.ts';
import { addressParts, Fabric } from '../kinds.ts';
import { managerOf } from '../manager.ts';
import type { ClusterWriter, FabricWriter, ObjectPlace, Reply } from '../world.ts';
import type { Refusal } from '../live/answers.ts';
import { changesOf, type LiveObject, secretPointers } from './content.ts';
import { type ObjectFacts, type ObjectResource, previewOf } from './facts.ts';
import type { Manifest } from './manifest.ts';
import { publicWords } from './secret-words.ts';
import { takeOverOf, unexpectedPaths } from './take-over.ts';
import { applyOrder } from './trial.ts';

type ObjectHandler = Handler<FabricWriter, Manifest, ObjectFacts, ObjectMemory>;

function fabricOf(
  { ref }: ObjectResource,
  { scene }: ActionRun,
): FabricResource & { readonly desired: Desired<FabricSpec> } {
  const { fabric } = addressParts(ref);
  const found = Fabric.get(scene, { plugin: ref.plugin, kind: 'Fabric', name: fabric });
  if (found?.desired === undefined)
    throw new Error(`the Fabric ${fabric} is not declared, so its cluster is not known`);
  return { ...found, desired: found.desired };
}

async function placeOf(cluster: ClusterWriter, resource: ObjectResource, signal: AbortSignal): Promise<ObjectPlace> {
  const { ref, desired, memory } = resource;
  const { kind, namespace, name } = addressParts(ref);
  const apiVersion = desired?.spec.apiVersion ?? memory?.kept.api_version ?? seenFacts(resource)?.api_version ?? '';
  const served = (await cluster.served(apiVersion, signal))?.find((each) => each.kind === kind);
  if (served === undefined) throw new Error(`the cluster does not serve ${kind} of ${apiVersion}`);
  return { served, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The object of a step, with the pointers to its secret values. */
interface Target {
  readonly cluster: ClusterWriter;
  readonly place: ObjectPlace;
  readonly secrets: readonly string[];
}

async function targetOf(world: FabricWriter, resource: ObjectResource, run: ActionRun): Promise<Target> {
  const { desired, memory } = fabricOf(resource, run);
  const cluster = await world.cluster(desired.spec, run.signal);
  const place = await placeOf(cluster, resource, run.signal);
  return { cluster, place, secrets: secretPointers(place.served.kind, namedSecrets(desired.spec, memory)) };
}

/** The words of a refusal without the secret values of the object, which is read for that. */
async function wordsOf({ cluster, place, secrets }: Target, refusal: Refusal, signal: AbortSignal): Promise<string> {
  if (secrets.length === 0) return refusal.words;
  const live = await cluster.get(place, signal).catch(() => 'unknown' as const);
  if (live === 'unknown' || (live !== undefined && 'words' in live))
    return 'its words are hidden, because they may quote a secret of the object, which cannot be read';
  return publicWords(refusal, { pointers: secrets, holders: [live] });
}

/** A write whose answer is lost, or comes from a server that failed, may have been done: a refresh settles it. */
async function written(
  target: Target,
  reply: Promise<Reply>,
  signal: AbortSignal,
): Promise<Extract<Reply, { done: true }>> {
  const answer = await reply.catch((error: unknown) => {
    throw error instanceof OutsideError ? new UnknownOutcomeError(error) : error;
  });
  if (answer.done) return answer;
  const { kind, code } = answer.refusal;
  const words = await wordsOf(target, answer.refusal, signal);
  if (kind === 'server-error') throw new UnknownOutcomeError(new Error(`the cluster failed during the step: ${words}`));
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
  const target = await targetOf(world, resource, run);
  const { cluster, place } = target;
  const order = applyOrder({ place, manifest: manifestOf(resource), live: undefined });
  const answer = await written(target, cluster.apply(order, run.signal), run.signal);
  for (const warning of answer.warnings) run.remark(warning);
  return recorded(answer);
};

/**
 * Makes the fields of the tools that wrote the object before its adoption ours, so that a field that leaves the manifest is
 * really removed. Throws if the apply would then change more than the plan showed.
 * Returns the object after that; undefined if no field is taken over.
 */
async function takeOverFields(
  target: Target,
  self: string,
  resource: ObjectResource,
  run: ActionRun,
): Promise<LiveObject | undefined> {
  const { cluster, place } = target;
  const { signal } = run;
  const live = await cluster.get(place, signal);
  if (live === undefined || 'words' in live)
    throw new Error('the object cannot be read before its fields are taken over');
  const object: LiveObject = live;
  const manifest = manifestOf(resource);
  const { controllers } = fabricOf(resource, run).desired.spec;
  const taken = takeOverOf({ live: object, manifest, manager: self, controllers });
  if (taken === undefined) return undefined;
  const done = await written(
    target,
    cluster.takeOver(place, seenAgain(object, resource), taken.managedFields, signal),
    signal,
  );
  const tried = await cluster.tryApply(applyOrder({ place, manifest, live: identityOf(resource) }), signal);
  // A refusal is that of the apply, which follows.
  if (!tried.done) return done.object;
  const unexpected = unexpectedPaths(changesOf(object, tried.object ?? {}), previewOf(resource)?.fields ?? []);
  if (unexpected.length > 0)
    throw new Error(
      `the fields of ${taken.from.join(', ')} belong to this project now, and the apply would also change ${unexpected.slice(0, 5).join(', ')}. Plan again to see and approve that`,
    );
  return done.object;
}

/** An object at the version that the refresh before the action showed: a later one is refused. */
function seenAgain(object: LiveObject, resource: ObjectResource): LiveObject {
  const metadata = isTree(object['metadata']) ? object['metadata'] : {};
  const version = seenSignals(resource)?.['resource_version'] ?? '';
  return { ...object, metadata: { ...metadata, resourceVersion: version } };
}

const update: ObjectHandler = async (world, resource, run) => {
  const target = await targetOf(world, resource, run);
  const { cluster, place } = target;
  const preview = previewOf(resource);
  const isAdopted = resource.memory?.owned === 'adopted' && resource.memory.differs !== undefined;
  const taken = isAdopted ? await takeOverFields(target, managerOf(world.project), resource, run) : undefined;
  // Without a force, fields that somebody else wrote since the refresh are refused, and not taken over.
  const force = (preview?.others?.length ?? 0) > 0;
  // The take-over makes a new version of the object.
  const order = applyOrder({ place, manifest: manifestOf(resource), live: taken ?? identityOf(resource) }, force);
  const answer = await written(target, cluster.apply(order, run.signal), run.signal);
  for (const warning of answer.warnings) run.remark(warning);
  return recorded(answer);
};

const remove: ObjectHandler = async (world, resource, run) => {
  const target = await targetOf(world, resource, run);
  const { cluster, place } = target;
  const { uid } = seenFacts(resource) ?? {};
  if (uid === undefined) throw new Error('the identity of the object is not known');
  await written(target, cluster.remove({ place, uid }, run.signal), run.signal);
  return undefined;
};

export const objectHandlers = {
  'absent>SYNCED': create,
  'PENDING>SYNCED': update,
  'DRIFTED>SYNCED': update,
  'ORPHANED>absent': remove,
  'ORPHANED>DELETING': remove,
} as const satisfies Record<ObjectStep, ObjectHandler>;
