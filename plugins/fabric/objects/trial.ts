/** Trials: the cluster's answer to the next step of an object, from dry runs, in the terms of the plan. */

import { type FieldChange, isTree, type Json, leavesOf, sameJson, valueAt } from '#plugin';
import { asName, type Refusal } from '../live/answers.ts';
import type { ApplyOrder, ClusterReader, ObjectPlace, Reply } from '../world.ts';
import { lostValues } from './as-sent.ts';
import {
  changesOf,
  contentOf,
  differencesBetween,
  finalizersOf,
  type LiveObject,
  masked,
  type NamedSecret,
  secretPointers,
} from './content.ts';
import type { ObjectPreview, OwnedByOther } from './facts.ts';
import { keptFields } from './kept.ts';
import { ownEntry, valueOfField, writersOf } from './managed-fields.ts';
import type { Manifest } from './manifest.ts';
import { hideSecrets, publicWords, type Secrets } from './secret-words.ts';
import { removedByTakeOver, type TakeOver, takeOverOf } from './take-over.ts';

/** One declared object in its cluster. */
export interface Declared {
  readonly place: ObjectPlace;
  readonly manifest: Manifest;
  readonly live: LiveObject | undefined;
  /** The last applied manifest of this project. */
  readonly applied: Json | undefined;
  /** Our field manager. */
  readonly manager: string;
  /** Managers whose fields are never taken over. */
  readonly controllers: readonly string[];
  /** JSON pointers to secret values of the kind. */
  readonly secrets: readonly NamedSecret[];
  /** The fields of the tools that wrote the object before its adoption become ours. */
  readonly isAdopted: boolean;
}

function metadataOf(live: LiveObject | undefined): { readonly [key: string]: Json } {
  const metadata = live?.['metadata'];
  return isTree(metadata) ? metadata : {};
}

/** The body of an apply. An update names the object's identity, so that it never creates another one. */
export function bodyOf(
  { place, manifest, live }: Pick<Declared, 'place' | 'manifest' | 'live'>,
  force = false,
): LiveObject {
  const { uid, resourceVersion } = metadataOf(live);
  return {
    ...(manifest as LiveObject),
    metadata: {
      ...manifest.metadata,
      name: place.name,
      ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
      ...(uid === undefined ? {} : { uid }),
      // A forced update takes over only what the refresh showed.
      ...(force && resourceVersion !== undefined ? { resourceVersion } : {}),
    },
  };
}

export function applyOrder(declared: Pick<Declared, 'place' | 'manifest' | 'live'>, force = false): ApplyOrder {
  return { place: declared.place, body: bodyOf(declared, force), ...(force ? { force } : {}) };
}

/** A field of a conflict, with its last writer. A field is ours if this project applied it, and a person changed it. */
function owner(
  { field, manager }: { readonly field: string; readonly manager: string },
  { live, applied, controllers, manager: self }: Declared,
): OwnedByOther {
  const writer = live === undefined ? undefined : writersOf(live, field, self).find((each) => each.manager === manager);
  const wasApplied = valueOfField(applied, field) !== undefined;
  const ours = wasApplied && writer?.operation !== 'Apply' && !controllers.includes(manager);
  const names = { field: asName(field), manager: asName(manager) };
  return { ...names, ours, ...(writer?.time === undefined ? {} : { time: asName(writer.time) }) };
}

/** Differences of the document from the object, by the fields that it declares or declared: without the cluster's answer. */
export function comparedFields(declared: Declared): readonly FieldChange[] {
  const { manifest, live, secrets } = declared;
  const present = live === undefined ? {} : contentOf(live);
  const fields = leavesOf(manifest).flatMap((path): readonly FieldChange[] => {
    const [before, after] = [valueAt(present, path), valueAt(manifest, path)];
    if (isTree(after) && Object.keys(after).length === 0) return [];
    return sameJson(before ?? null, after ?? null) ? [] : differencesBetween(before, after, path);
  });
  return masked([...fields, ...leftFields(declared, present)], secretPointers(manifest.kind, secrets));
}

/** Fields of the last applied manifest that left the document, and that the object has. */
function leftFields({ manifest, applied }: Declared, present: LiveObject): readonly FieldChange[] {
  return leavesOf(applied ?? {}).flatMap((path): readonly FieldChange[] => {
    const before = valueAt(present, path);
    const isLeft = valueAt(manifest, path) === undefined && before !== undefined;
    return isLeft ? [{ path, before }] : [];
  });
}

function refusedPreview(refusal: Refusal, secrets: Secrets): Pick<ObjectPreview, 'outcome' | 'refusal'> {
  const { kind, code } = refusal;
  const isUntried = kind === 'forbidden' || kind === 'no-dry-run';
  const words = publicWords(refusal, secrets);
  return {
    outcome: isUntried ? 'untried' : 'refused',
    refusal: { kind, words, ...(code === undefined ? {} : { code }) },
  };
}

function secretsOf({ manifest, live, secrets }: Declared): Secrets {
  return { pointers: secretPointers(manifest.kind, secrets), holders: [manifest, live] };
}

function refused(declared: Declared, refusal: Refusal): ObjectPreview {
  const fields = declared.live === undefined ? [] : comparedFields(declared);
  return { ...refusedPreview(refusal, secretsOf(declared)), ...(fields.length === 0 ? {} : { fields }) };
}

function answered(
  declared: Declared,
  { object, warnings }: Extract<Reply, { done: true }>,
  others: readonly OwnedByOther[],
): ObjectPreview {
  const { live, manifest, manager, secrets } = declared;
  const predicted = object ?? {};
  const removed = removedWith(declared, predicted);
  const fields = masked([...changesOf(live, predicted), ...removed], secretPointers(manifest.kind, secrets));
  const lost = lostValues(manifest, predicted);
  // Without an entry of its own, fettle does not own what it declares: the first apply writes the entry.
  const isOwner = live !== undefined && ownEntry(live, manager) !== undefined;
  const isUnchanged = live !== undefined && fields.length === 0 && others.length === 0 && isOwner;
  const kept = live === undefined ? [] : keptFields(manifest, live, predicted, manager);
  const taken = live !== undefined && fields.length === 0 && !isUnchanged ? [ownership(live, manager)] : [];
  return {
    outcome: isUnchanged && lost.length === 0 ? 'unchanged' : 'changes',
    ...(fields.length + taken.length === 0 ? {} : { fields: [...fields, ...taken] }),
    ...(others.length === 0 ? {} : { others }),
    ...(lost.length === 0 ? {} : { lost: maskedLost(lost, declared) }),
    ...(kept.length === 0 ? {} : { kept }),
    ...(warnings.length === 0 ? {} : { warnings: warnings.map((text) => hideSecrets(text, secretsOf(declared))) }),
  };
}

function takenOver(declared: Declared): TakeOver | undefined {
  const { live, isAdopted } = declared;
  return live === undefined || !isAdopted ? undefined : takeOverOf({ ...declared, live });
}

/** The fields that the apply removes from its predicted result, once the fields of the former managers are ours. */
function removedWith(declared: Declared, predicted: LiveObject): readonly FieldChange[] {
  const taken = takenOver(declared);
  return taken === undefined ? [] : removedByTakeOver({ ...declared, live: predicted }, taken);
}

function maskedLost(
  lost: ReturnType<typeof lostValues>,
  { manifest, secrets }: Declared,
): ReturnType<typeof lostValues> {
  const pointers = secretPointers(manifest.kind, secrets);
  const isSecret = (path: string): boolean =>
    pointers.some((pointer) => path === pointer || path.startsWith(`${pointer}/`));
  return lost.map((each) => (isSecret(each.path) ? { path: each.path, sent: '(secret)' } : each));
}

/** The row of an apply that changes only who manages the fields. */
function ownership(live: LiveObject, manager: string): FieldChange {
  const managed = ownEntry(live, manager);
  return { path: '/metadata/managedFields', ...(managed === undefined ? {} : { before: manager }), after: manager };
}

/** Tries an apply: first without taking over fields, and only after a conflict with it. */
export async function triedApply(
  cluster: ClusterReader,
  declared: Declared,
  signal: AbortSignal,
): Promise<ObjectPreview> {
  const first = await cluster.tryApply(applyOrder(declared), signal);
  if (first.done) return answered(declared, first, []);
  const { refusal } = first;
  if (refusal.kind !== 'conflict' || declared.live === undefined) return refused(declared, refusal);
  const { from: taken = [] } = takenOver(declared) ?? {};
  const others = (refusal.conflicts ?? [])
    .filter(({ manager }) => !taken.includes(manager))
    .map((conflict) => owner(conflict, declared));
  const forced = await cluster.tryApply(applyOrder(declared, true), signal);
  return forced.done ? answered(declared, forced, others) : { ...refused(declared, forced.refusal), others };
}

/** Tries a removal. `secrets`: those that its Fabric names. */
export async function triedRemove(
  cluster: ClusterReader,
  { place, live, secrets }: Pick<Declared, 'place' | 'secrets'> & { readonly live: LiveObject },
  signal: AbortSignal,
): Promise<ObjectPreview> {
  const { uid } = metadataOf(live);
  const reply = await cluster.tryRemove({ place, uid: typeof uid === 'string' ? uid : '' }, signal);
  if (!reply.done)
    return refusedPreview(reply.refusal, { pointers: secretPointers(place.served.kind, secrets), holders: [live] });
  const held = finalizersOf(live);
  return { outcome: 'changes', ...(held.length === 0 ? {} : { finalizers: held }) };
}
