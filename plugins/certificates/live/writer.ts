/** The real world for writing: what the reader sees, and the files that issuing needs. */

import { resolve } from 'node:path';
import type { Outside } from '../../../src/engine/plugin.ts';
import type { CertificatesWriter } from '../world.ts';
import { createAuthority, deleteAuthority, tidyAuthority } from './authority.ts';
import { issue } from './issue.ts';
import { openReader, pathsIn } from './reader.ts';
import { deletePair, settleSwap, tidyPair } from './swap.ts';

export function openWriter(outside: Outside): CertificatesWriter {
  const { folder } = outside;
  return {
    ...openReader(outside),
    createAuthority: (dir, commonName, now) => createAuthority(resolve(folder, dir), commonName, now),
    deleteAuthority: (dir) => deleteAuthority(resolve(folder, dir)),
    tidyAuthority: (dir) => tidyAuthority(resolve(folder, dir)),
    issue: (order) =>
      issue({
        ...order,
        paths: pathsIn(folder, order.paths),
        ...(order.authority === undefined
          ? {}
          : { authority: { ...order.authority, dir: resolve(folder, order.authority.dir) } }),
      }),
    settleSwap: async (paths) => {
      await settleSwap(pathsIn(folder, paths));
    },
    tidyPair: (paths) => tidyPair(pathsIn(folder, paths)),
    deletePair: (paths) => deletePair(pathsIn(folder, paths)),
  };
}
