/** Names of the files that a resource of this plugin is stored in, and of those that lie beside them. */

import { posix } from 'node:path';
import type { PairPart, PairStorage } from './world.ts';

/** A storage with each of its paths changed. */
export function mapPaths(storage: PairStorage, change: (path: string) => string): PairStorage {
  const { file, directory } = storage;
  if (directory !== undefined) return { directory: { ...directory, path: change(directory.path) } };
  if (file === undefined) return storage;
  const paths = PARTS.flatMap((part) => {
    const path = file[part];
    return path === undefined ? [] : [[part, change(path)] as const];
  });
  return { file: { ...file, ...Object.fromEntries(paths) } };
}

/** Parts of a pair, in the order in which a swap puts them in their places: the key comes last. */
export const PARTS = ['certificate', 'chain', 'combined', 'fullchain', 'key'] as const satisfies readonly PairPart[];

/** A part of a pair, and the file that holds it for services. */
export interface Place {
  readonly part: PairPart;
  readonly path: string;
}

/** Names of the files in a folder that is switched as a whole: those that certbot uses, too. */
const FILE_NAMES: Readonly<Record<PairPart, string>> = {
  certificate: 'cert.pem',
  chain: 'chain.pem',
  combined: 'combined.pem',
  fullchain: 'fullchain.pem',
  key: 'privkey.pem',
};

/** Every file that a storage has, in the order of `PARTS`. */
export function placesOf({ file, directory }: PairStorage): readonly Place[] {
  if (directory !== undefined)
    return PARTS.flatMap((part) =>
      part === 'combined' && !directory.combined ? [] : [{ part, path: posix.join(directory.path, FILE_NAMES[part]) }],
    );
  return PARTS.flatMap((part) => {
    const path = file?.[part];
    return path === undefined ? [] : [{ part, path }];
  });
}

/** Whether the private key is in a part. */
export function holdsKey(part: PairPart): boolean {
  return part === 'key' || part === 'combined';
}

/** The file that a reader of a plan knows a storage by. */
export function mainPath({ file, directory }: PairStorage): string {
  return directory?.path ?? file?.certificate ?? file?.combined ?? '';
}

/** Files that a swap puts beside each file of a pair. */
export function besides(path: string): { readonly pending: string; readonly backup: string } {
  return { pending: `${path}.pending`, backup: `${path}.backup` };
}

/** Inside a folder that is switched as a whole: the link that is switched, and the folders that it leads to in turn. */
export function directoryPlaces(path: string): {
  readonly current: string;
  readonly pendingLink: string;
  readonly versions: string;
} {
  return {
    current: posix.join(path, 'current'),
    pendingLink: posix.join(path, 'current.pending'),
    versions: posix.join(path, 'versions'),
  };
}

/** Files of an authority in its folder. */
export function authorityFiles(dir: string): { readonly certificate: string; readonly key: string } {
  return { certificate: posix.join(dir, 'ca.crt'), key: posix.join(dir, 'ca.key') };
}
