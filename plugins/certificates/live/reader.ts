/** The real world for reading: files of the project's folder, and TLS servers. */

import { resolve } from 'node:path';
import type { Outside } from '../../../src/engine/plugin.ts';
import type { CertificatesConfig } from '../generated.ts';
import type { CertificatesReader, PairPaths, Trust } from '../world.ts';
import { readAuthority } from './authority.ts';
import type { ProbeLimits } from './connect.ts';
import { findPairs } from './find-pairs.ts';
import { networkPolicy } from './networks.ts';
import { pairSeen, readPairFiles } from './pair.ts';
import { certificateReader, probe } from './probe.ts';
import { openNames } from './resolve.ts';
import { type TrustSet, readTrustSet } from './trust.ts';

/** For a project that configures nothing. */
const DEFAULTS: CertificatesConfig['probe'] = {
  concurrency: 100,
  connectSeconds: 5,
  handshakeSeconds: 5,
  totalSeconds: 10,
  allow: [],
  deny: [],
};

export function pathsIn(folder: string, paths: PairPaths): PairPaths {
  return { certificate: resolve(folder, paths.certificate), key: resolve(folder, paths.key) };
}

export function openReader(outside: Outside): CertificatesReader {
  const { folder } = outside;
  const config = { ...DEFAULTS, ...(outside.config as unknown as Partial<CertificatesConfig>).probe };
  const limits: ProbeLimits = {
    connectMs: config.connectSeconds * 1000,
    handshakeMs: config.handshakeSeconds * 1000,
    totalMs: config.totalSeconds * 1000,
  };
  const names = openNames(config.resolvers);
  const ways = { read: certificateReader(), names, networks: networkPolicy(config.allow, config.deny), limits };
  const sets = new WeakMap<Trust, TrustSet>();
  return {
    probes: config.concurrency,
    readAuthority: (dir) => readAuthority(resolve(folder, dir)),
    readPair: async (paths) => pairSeen(await readPairFiles(pathsIn(folder, paths))),
    findPairs: (dir, signal) => findPairs(folder, dir, signal),
    readTrust: async (files) => {
      const set = await readTrustSet(folder, files);
      sets.set(set, set);
      return set;
    },
    probe: (target, trust, now, signal) => {
      const set = sets.get(trust);
      if (set === undefined) throw new Error('these trust anchors were read by another reader');
      return probe(target, set, ways, now, signal);
    },
    readTxt: (name, signal) => names.texts(name, limits.totalMs, signal),
  };
}
