/** The real world for reading: files of the project's folder, and TLS servers. */

import { resolve } from 'node:path';
import type { Outside } from '../../../src/engine/plugin.ts';
import type { CertificatesConfig } from '../generated.ts';
import type { CertificatesReader, PairPaths } from '../world.ts';
import { readAuthority } from './authority.ts';
import { findPairs } from './find-pairs.ts';
import { pairSeen, readPairFiles } from './pair.ts';
import { openProbing } from './probing.ts';

export function pathsIn(folder: string, paths: PairPaths): PairPaths {
  return { certificate: resolve(folder, paths.certificate), key: resolve(folder, paths.key) };
}

export function openReader(outside: Outside): CertificatesReader {
  const { folder } = outside;
  return {
    ...openProbing(folder, (outside.config as unknown as Partial<CertificatesConfig>).probe),
    readAuthority: (dir) => readAuthority(resolve(folder, dir)),
    readPair: async (paths) => pairSeen(await readPairFiles(pathsIn(folder, paths))),
    findPairs: (dir, signal) => findPairs(folder, dir, signal),
  };
}
