/** The facts of an object, and the answer of the cluster to a trial of its next step. */

import type { FieldChange, Json, Resource } from '#plugin';
import type { ObjectMemory } from '../generated.ts';
import type { RefusalKind } from '../live/answers.ts';
import type { Lost } from './as-sent.ts';
import type { Contents } from './contents.ts';
import type { Dependants } from './dependants.ts';
import type { KeptField } from './kept.ts';
import type { Manifest } from './manifest.ts';

export interface ObjectFacts {
  readonly api_version: string;
  readonly kind: string;
  readonly uid: string;
  /** Digest of the object without status, times and managed fields. */
  readonly content: string;
  /** Managers of fields, other than this project. */
  readonly managers: readonly string[];
  readonly finalizers?: readonly string[];
  /** True if the object is being deleted, and a finalizer holds it. */
  readonly deleting?: true;
}

/** A field that another manager owns. `ours`: this project applied it last, and the other one changed it. */
export interface OwnedByOther {
  readonly field: string;
  readonly manager: string;
  readonly time?: string;
  readonly ours: boolean;
}

/**
 * The answer of the cluster. `changes`: the step would change the object; `unchanged`: nothing; `refused`: it would not be
 * accepted now; `untried`: the dry run is not possible for this login or this webhook.
 */
export interface ObjectPreview {
  readonly outcome: 'changes' | 'unchanged' | 'refused' | 'untried';
  readonly fields?: readonly FieldChange[];
  readonly refusal?: { readonly kind: RefusalKind; readonly words: string; readonly code?: string };
  readonly others?: readonly OwnedByOther[];
  readonly lost?: readonly Lost[];
  /** Of a removal: the finalizers that will hold the object. */
  readonly finalizers?: readonly string[];
  readonly warnings?: readonly string[];
  /** Objects in the cluster that refer to this one; searched if the step removes something that they may use. */
  readonly dependants?: Dependants;
  /** Of the removal of a definition: the objects of its kind. */
  readonly contains?: Contents;
  /** Fields that left the document, and that the object keeps. */
  readonly kept?: readonly KeptField[];
}

export type ObjectResource = Resource<Manifest, ObjectFacts, ObjectMemory>;

/** The cluster's answer for a resource; undefined if none was asked for. */
export function previewOf({ preview }: Pick<Resource, 'preview'>): ObjectPreview | undefined {
  // The plugin's own observation made it.
  return preview as unknown as ObjectPreview | undefined;
}

export function asFacts(preview: ObjectPreview): Readonly<Record<string, Json>> {
  return preview as unknown as Readonly<Record<string, Json>>;
}
