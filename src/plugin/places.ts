/**
 * Places as data: the files, folders and names that a resource manages, and those that another resource manages too.
 */

import type { Resource } from './types.ts';

/** A place that a resource manages. */
export type Claim = {
  /** JSON pointer to the field of the spec that names the place. */
  readonly pointer?: string;
} & (
  | {
      /** `folder` includes its contents. Paths are relative to the project's folder. */
      readonly kind: 'file' | 'folder';
      readonly path: string;
      /**
       * Set for a file that a step writes next to another one, or that several resources may share: links are
       * permitted.
       */
      readonly aside?: true;
      /** Set for a place that several resources may have: those whose claims have the same text share it. */
      readonly shared?: string;
    }
  | {
      /** A unique name, in the plugin's own words: `server 42`, `switch leaf-1 port 7`. */
      readonly kind: 'key';
      readonly key: string;
    }
);

/** An identity of a place. `folded` counts if the disk folds case. `near` is the nearest folder that exists. */
export interface Identity {
  readonly exact: string;
  readonly folded: string;
  readonly near: string;
}

/** The real location of a path. */
export interface Spot {
  /** Equivalent identities of the place: its real path, and paths from the inodes of folders above it. */
  readonly identities: readonly Identity[];
  /** The identities of the folders above it. */
  readonly around: readonly Identity[];
  readonly real: string;
}

/** The holder of a place: a document, an owned resource in the state, or the project itself. */
export type Holder =
  | { readonly by: 'document' | 'memory'; readonly address: string }
  | { readonly by: 'project'; readonly what: string };

export interface Occupied {
  readonly holder: Holder;
  readonly claim: Claim;
  readonly spot: Spot;
  /** Absent for a place that is not a file, or does not exist. */
  readonly inode?: { readonly inode: string; readonly isShared: boolean };
}

/** A place with two holders. */
export interface Sharing {
  readonly own: Occupied;
  readonly other: Occupied;
  /** `same`: one place. `inside`: one place is inside the other. `link`: two names of one file. */
  readonly how: 'same' | 'inside' | 'link';
}

/** Returns the places of a resource that another holder manages too. */
export type SharedPlaces = (resource: Resource) => readonly Sharing[];
