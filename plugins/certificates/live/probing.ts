/** Probes servers with the settings of the project, in this thread or, for many in one refresh, in several. */

import { availableParallelism } from 'node:os';
import type { Outside } from '#plugin';
import { limiter } from '#plugin/limit';
import { allowedNetworks, denialBy, networkPolicy, openNames } from '#plugin/net';
import { isProbing } from '../environment.ts';
import { type CertificatesConfig, defaults } from '../generated.ts';
import type { CertificatesReader, Trust } from '../world.ts';
import { type ProbeWays, certificateReader, probe } from './probe.ts';
import { type TrustSet, openAnchors, readAnchors } from './trust.ts';

/** `allow` comes from the environment; in the configuration it is always empty. */
export type ProbeSettings = CertificatesConfig['probe'];

/** Minimum number of probes that justifies a thread. */
const WORTH_A_THREAD = 250;

/** The shared context of the probes of one thread. `places`: maximum number of open connections. */
export function probeWays(settings: ProbeSettings, places: number): ProbeWays {
  return {
    anchors: openAnchors(),
    read: certificateReader(),
    // A network of `deny` can still have the resolver.
    names: openNames(settings.resolvers, denialBy(networkPolicy(settings.allow, []))),
    denial: denialBy(networkPolicy(settings.allow, settings.deny)),
    limits: {
      connectMs: settings.connectSeconds * 1000,
      handshakeMs: settings.handshakeSeconds * 1000,
      greetingMs: settings.greetingSeconds * 1000,
      totalMs: settings.totalSeconds * 1000,
    },
    limit: limiter(places),
  };
}

/** Number of additional threads for a number of probes and cores. */
export function threadsFor(count: number, cores: number): number {
  const threads = Math.min(cores, Math.floor(count / WORTH_A_THREAD));
  return threads < 2 ? 0 : threads;
}

type ServersReader = Pick<
  CertificatesReader,
  'probes' | 'isProbing' | 'readTrust' | 'probe' | 'readTxt' | 'openProbes'
>;

/** `folder` is the base of the trust anchors' paths. Throws if a setting cannot be used. */
export function openProbing(
  { folder, env }: Pick<Outside, 'folder' | 'env'>,
  written: Partial<ProbeSettings> | undefined,
): ServersReader {
  // Threads get the settings as data, together with the permissions of the environment.
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
    isProbing: isProbing(env),
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
