/** The Kubernetes API in its own terms: what the plugin reads from a cluster and writes to it. */

import type { Json } from '#plugin';
import type { AgentTracks } from './agents/evidence.ts';
import type { LiveObject } from './objects/content.ts';
import type { Refusal } from './live/answers.ts';
import type { RepositoryAddress } from './repository/address.ts';
import type { Failure } from './repository/failures.ts';

/** A kind as discovery names it. */
export interface ServedKind {
  /** `vpc.githedgehog.com/v1beta1`; `v1` for the core group. */
  readonly apiVersion: string;
  readonly kind: string;
  /** `vpcs`, as in the path. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** One object, by its path. */
export interface ObjectPlace {
  readonly served: ServedKind;
  readonly namespace?: string;
  readonly name: string;
}

/** The answer to a write, or to its dry run. `object` is absent for a removal that is complete. */
export type Reply =
  | { readonly done: true; readonly object?: LiveObject; readonly warnings: readonly string[] }
  | { readonly done: false; readonly refusal: Refusal };

export interface ApplyOrder {
  readonly place: ObjectPlace;
  /** The whole body: with name and namespace, and for an update with `metadata.uid`. */
  readonly body: LiveObject;
  /** Takes over fields of other managers. Requires `metadata.resourceVersion` in the body. */
  readonly force?: true;
}

export interface RemoveOrder {
  readonly place: ObjectPlace;
  /** Another object of the same name is not removed. */
  readonly uid: string;
}

/** A cluster that answers. Every call throws an OutsideError if no usable answer comes. */
export interface ClusterReader {
  /** The address of the API server, for messages. */
  readonly server: string;
  /** Proves the connection and the login, by a new request. */
  connect(signal: AbortSignal): Promise<void>;
  /** The kinds of a group and version; undefined if the cluster does not serve it. */
  served(apiVersion: string, signal: AbortSignal): Promise<readonly ServedKind[] | undefined>;
  /** The versions of a group as `apiVersion` has them, the preferred one first; empty if the cluster does not serve it. */
  versions(group: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Every object of a kind, or those of a namespace; a Refusal if the cluster refuses the list. */
  list(served: ServedKind, options: ListOptions, signal: AbortSignal): Promise<readonly LiveObject[] | Refusal>;
  /**
   * Every object of a kind, or those of a namespace, and then each change until the signal fires, whose reason is thrown.
   * Lost connections are made again, and lost changes are found. Throws an OutsideError if the first list fails.
   */
  watch(served: ServedKind, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** One object; undefined if it does not exist. */
  get(place: ObjectPlace, signal: AbortSignal): Promise<LiveObject | undefined | Refusal>;
  /** The answer to an apply that changes nothing. */
  tryApply(order: ApplyOrder, signal: AbortSignal): Promise<Reply>;
  /** The answer to a removal that removes nothing. */
  tryRemove(order: RemoveOrder, signal: AbortSignal): Promise<Reply>;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labels?: string;
  /** Members of each object that are dropped as soon as the answer is parsed: they have secrets. */
  readonly omit?: readonly string[];
}

export interface WatchOptions extends ListOptions {
  /** Time without any event, not even a bookmark, after which the objects are listed again, in ms; 90 s by default. */
  readonly silenceMs?: number;
}

/** A change of an object, in its order. The object of a removal is its last known state. */
export type ObjectChange =
  | { readonly type: 'changed'; readonly object: LiveObject }
  | { readonly type: 'deleted'; readonly object: LiveObject };

export type WatchEvent =
  /** All objects. The first event, and the only one of this type. */
  | { readonly type: 'listed'; readonly objects: readonly LiveObject[] }
  | ObjectChange
  /** All changes up to now have been given. */
  | { readonly type: 'fresh' }
  /**
   * The objects were listed again: the watch was silent, its version was no longer kept, or it failed. `missed` changes
   * follow, which no watch had reported.
   */
  | { readonly type: 'relisted'; readonly cause: 'silent' | 'expired' | 'failed'; readonly missed: number }
  /** Changes come late: the cluster does not answer, and is asked again after this time. */
  | { readonly type: 'interrupted'; readonly reason: string; readonly retryMs: number }
  /** The last event: the cluster refuses the list or the watch. */
  | { readonly type: 'refused'; readonly refusal: Refusal };

export interface ClusterWriter extends ClusterReader {
  apply(order: ApplyOrder, signal: AbortSignal): Promise<Reply>;
  remove(order: RemoveOrder, signal: AbortSignal): Promise<Reply>;
  /** Replaces the managed fields of an object, by which fettle takes over those of another manager. */
  takeOver(place: ObjectPlace, from: LiveObject, managedFields: Json, signal: AbortSignal): Promise<Reply>;
}

/** A cluster as a Fabric names it. */
export interface ClusterAddress {
  readonly context?: string;
  readonly inCluster?: true;
  readonly server?: { readonly url: string; readonly ca?: string };
}

/** A branch to ask a repository for, and the login for it. */
export interface RepositoryQuestion {
  readonly address: RepositoryAddress;
  readonly branch: string;
  /** Name of a login of `fettle.yaml`. */
  readonly credentials?: string;
  /** PEM of the authority of the server. */
  readonly ca?: string;
}

export type RepositoryAnswer =
  /** `head`: the commit of the branch; absent if the repository does not have it. */
  | { readonly answers: true; readonly head?: string; readonly defaultBranch?: string }
  | { readonly answers: false; readonly failure: Failure };

export interface RepositoryReader {
  /** Asks a repository. Throws an InputError or an OutsideError for a mistake of this machine, which says nothing about it. */
  ask(question: RepositoryQuestion, signal: AbortSignal): Promise<RepositoryAnswer>;
  /** Text that changes with a login: its name and kind, and a short digest. Empty without one. Throws an InputError. */
  mark(credentials: string | undefined): Promise<string>;
  /** The last answer to a question; undefined before the first one. */
  last(question: RepositoryQuestion): RepositoryAnswer | undefined;
}

export interface FabricReader {
  readonly repositories: RepositoryReader;
  /** The project, which names the owner of applied fields. */
  readonly project: string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Digests of everything that decides about admission, by Fabric: of the last refresh of all objects. */
  readonly admissions: Map<string, string>;
  /** Readings of the Agents of a Fabric, for as long as the world is open. */
  tracksOf(fabric: string): AgentTracks;
  /** Opens a cluster; the same address gives the same one. Throws an InputError if the access is not configured. */
  cluster(address: ClusterAddress, signal: AbortSignal): Promise<ClusterReader>;
  /** Digest that changes with the login that the environment has for a cluster; undefined if the login cannot be read. */
  login(address: ClusterAddress): Promise<string | undefined>;
}

export interface FabricWriter extends FabricReader {
  cluster(address: ClusterAddress, signal: AbortSignal): Promise<ClusterWriter>;
}
