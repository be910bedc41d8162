/** What looks at servers: probes with the settings of the project, in this thread or, for many in one look, in several. */

import { availableParallelism } from 'node:os';
import type { Outside } from '#plugin';
import { allowedNetworks, denialBy, networkPolicy, openNames } from '#plugin/net';
import { type CertificatesConfig, defaults } from '../generated.ts';
import type { CertificatesReader, Trust } from '../world.ts';
import { openGate } from './gate.ts';
import { type ProbeWays, certificateReader, probe } from './probe.ts';
import { type TrustSet, openAnchors, readAnchors } from './trust.ts';

/** `allow` holds what the environment allows; in the configuration it is always empty. */
export type ProbeSettings = CertificatesConfig['probe'];

/** As many probes as pay for the start of a thread. */
const WORTH_A_THREAD = 250;

/** Everything that probes share: made once for each thread. `places`: connections that are open at once. */
export function probeWays(settings: ProbeSettings, places: number): ProbeWays {
  return {
    anchors: openAnchors(),
    read: certificateReader(),
    // `deny` is about servers that are probed: names may well be resolved by one among them.
    names: openNames(settings.resolvers, denialBy(networkPolicy(settings.allow, []))),
    denial: denialBy(networkPolicy(settings.allow, settings.deny)),
    limits: {
      connectMs: settings.connectSeconds * 1000,
      handshakeMs: settings.handshakeSeconds * 1000,
      totalMs: settings.totalSeconds * 1000,
    },
    gate: openGate(places),
  };
}

/** How many threads so many probes are worth on so many cores; 0: none beside this one. */
export function threadsFor(count: number, cores: number): number {
  const threads = Math.min(cores, Math.floor(count / WORTH_A_THREAD));
  return threads < 2 ? 0 : threads;
}

type ServersReader = Pick<CertificatesReader, 'probes' | 'readTrust' | 'probe' | 'readTxt' | 'openProbes'>;

/** `folder` is what the paths of trust anchors start from. Throws where a setting cannot be used. */
export function openProbing(
  { folder, env }: Pick<Outside, 'folder' | 'env'>,
  written: Partial<ProbeSettings> | undefined,
): ServersReader {
  // Threads get the settings as data: what the environment allows goes with them.
  const settings = { ...defaults.config.probe, ...written, allow: [...allowedNetworks(env)] };
  const ways = probeWays(settings, settings.concurrency);
  const sets = new WeakMap<Trust, TrustSet>();
  const setOf = (trust: Trust): TrustSet => {
    const set = sets.get(trust);
    if (set === undefined) throw new Error('these trust anchors were read by another reader');
    return set;
  };
  return {
    probes: settings.concurrency,
    readTrust: async (files) => {
      const { anchors, problems } = await readAnchors(folder, files);
      const trust: Trust = { id: files.join('\n'), problems };
      sets.set(trust, { id: trust.id, anchors });
      return trust;
    },
    probe: (target, trust, now, signal) => probe(target, setOf(trust), ways, now, signal),
    readTxt: (name, signal) => ways.names.texts(name, ways.limits.totalMs, signal),
    openProbes: async (count, signal) => {
      const threads = threadsFor(count, availableParallelism());
      if (threads === 0)
        return { probe: (target, trust, now) => probe(target, setOf(trust), ways, now, signal), close: async () => {} };
      const { openThreads } = await import('./probe-threads.ts');
      const pool = openThreads(threads, settings, signal);
      return { probe: (target, trust, now) => pool.probe(target, setOf(trust), now), close: pool.close };
    },
  };
}
