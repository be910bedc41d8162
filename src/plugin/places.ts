/** Places as data: what a resource describes in the world, and which of it another one describes too. */

import type { Resource } from './types.ts';

/** A place that a resource describes. */
export type Claim = {
  /** Where its spec says so, as a JSON pointer into the spec. */
  readonly pointer?: string;
} & (
  | {
      /** `folder`: with all that is in it. Paths are as seen from the project's folder. */
      readonly kind: 'file' | 'folder';
      readonly path: string;
      /** A file that a step puts beside another one, or that several may share as it is: links to it are no concern. */
      readonly aside?: true;
    }
  | {
      /** A name that stands for one thing alone, in the plugin's own words: `server 42`, `switch leaf-1 port 7`. */
      readonly kind: 'key';
      readonly key: string;
    }
);

/** One part of an identity: equal as it is, or where the disk folds case, folded. `near` is the nearest folder that is there. */
export interface Identity {
  readonly exact: string;
  readonly folded: string;
  readonly near: string;
}

/** Where a path really is. */
export interface Spot {
  /** Each of them stands for the place: its real path, and, where a folder that leads there has an inode, that. */
  readonly identities: readonly Identity[];
  /** Those of the folders around it. */
  readonly around: readonly Identity[];
  readonly real: string;
}

/** Who describes a place: a document, what is remembered of a resource of ours, or the project itself. */
export type Holder =
  | { readonly by: 'document' | 'memory'; readonly address: string }
  | { readonly by: 'project'; readonly what: string };

export interface Occupied {
  readonly holder: Holder;
  readonly claim: Claim;
  readonly spot: Spot;
  /** Absent for a place that is no file, or where nothing is. */
  readonly inode?: { readonly inode: string; readonly isShared: boolean };
}

/** A place that two describe: the one's own, and the other's. */
export interface Sharing {
  readonly own: Occupied;
  readonly other: Occupied;
  /** How they meet: one place, one inside the other, or two names of one file. */
  readonly how: 'same' | 'inside' | 'link';
}

/** What a rule asks: who else describes the places of a resource. */
export type SharedPlaces = (resource: Resource) => readonly Sharing[];
