/** Names of the files of a resource of this plugin, and of the files next to them. */

import { posix } from 'node:path';
import { CHALLENGE_PATH } from '#plugin';
import type { PairPart, PairStorage } from './world.ts';

/** Returns a storage with each of its paths mapped. */
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

/** Parts of a pair, in the order in which a swap renames them: the key comes last. */
export const PARTS = ['certificate', 'chain', 'combined', 'fullchain', 'key'] as const satisfies readonly PairPart[];

/** A part of a pair, and its file for services. */
export interface Place {
  readonly part: PairPart;
  readonly path: string;
}

/** Names of the files in a switched folder: certbot's names. */
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

/** True if a part contains the private key. */
export function holdsKey(part: PairPart): boolean {
  return part === 'key' || part === 'combined';
}

/** The main file of a storage, for output. */
export function mainPath({ file, directory }: PairStorage): string {
  return directory?.path ?? file?.certificate ?? file?.combined ?? '';
}

/** Suffixes of the files that a swap creates next to each file of a pair. */
export function besides(path: string): { readonly pending: string; readonly backup: string } {
  return { pending: `${path}.pending`, backup: `${path}.backup` };
}

/** Names inside a switched folder: the link, and the folder of its versions. */
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

/** Folder of the files of challenges in a webroot. */
export function challengeFolder(webroot: string): string {
  return posix.join(webroot, CHALLENGE_PATH);
}

/** Folder of the keys of orders that are not finished, next to the key of the account. */
export function ordersFolder(accountKey: string): string {
  return `${accountKey}.orders`;
}

/** The key of an order that is not finished. */
export function orderKeyPath(accountKey: string, name: string): string {
  return posix.join(ordersFolder(accountKey), `${encodeURIComponent(name)}.key`);
}

/** Files of an authority in its folder. */
export function authorityFiles(dir: string): { readonly certificate: string; readonly key: string } {
  return { certificate: posix.join(dir, 'ca.crt'), key: posix.join(dir, 'ca.key') };
}
