/** What looks at servers: probes with the settings of the project, in this thread or, for many in one look, in several. */

import { availableParallelism } from 'node:os';
import type { CertificatesConfig } from '../generated.ts';
import type { CertificatesReader, Trust } from '../world.ts';
import { openGate } from './gate.ts';
import { type NetworkPolicy, denialOf, networkPolicy } from '../networks.ts';
import { type ProbeWays, certificateReader, probe } from './probe.ts';
import { openNames } from './resolve.ts';
import { type TrustSet, openAnchors, readAnchors } from './trust.ts';

export type ProbeSettings = CertificatesConfig['probe'];

/** For a project that configures nothing. */
const DEFAULTS: ProbeSettings = {
  concurrency: 100,
  connectSeconds: 5,
  handshakeSeconds: 5,
  totalSeconds: 10,
  allow: [],
  deny: [],
};

/** As many probes as pay for the start of a thread. */
const WORTH_A_THREAD = 250;

/** Addresses whose denial is kept: many names lead to the same few. */
const MOST_DENIALS = 1000;

function denials(policy: NetworkPolicy): (address: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (address) => {
    if (known.has(address)) return known.get(address);
    const denial = denialOf(address, policy);
    const [oldest] = known.keys();
    if (known.size >= MOST_DENIALS && oldest !== undefined) known.delete(oldest);
    known.set(address, denial);
    return denial;
  };
}

/** Everything that probes share: made once for each thread. `places`: connections that are open at once. */
export function probeWays(settings: ProbeSettings, places: number): ProbeWays {
  return {
    anchors: openAnchors(),
    read: certificateReader(),
    names: openNames(settings.resolvers),
    denial: denials(networkPolicy(settings.allow, settings.deny)),
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

/** `folder` is what the paths of trust anchors start from. Throws where a setting is none that can be used. */
export function openProbing(folder: string, written: Partial<ProbeSettings> | undefined): ServersReader {
  const settings = { ...DEFAULTS, ...written };
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
      const set: TrustSet = { id: files.join('\n'), pems: await readAnchors(folder, files) };
      sets.set(set, set);
      return set;
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
