/** Observe: every declared or recorded authority, pair and server, a limited number of them at once. */

import {
  type Desired,
  errorText,
  formatRef,
  inAddressOrder,
  type Gap,
  type Memory,
  type Query,
  type Ref,
  type Sighting,
  sameJson,
  type View,
  defined,
  mayBeOwned,
  type Instant,
} from '#plugin';
import { forEachOf } from '#plugin/limit';
import type { CertificateMemory, CertificateSpec, DomainMemory, DomainSpec } from './generated.ts';
import { isBackingOff } from './failure-policy.ts';
import { seenPair } from './observe-certificate.ts';
import { foreignFiles } from './own-files.ts';
import { placesOf } from './paths.ts';
import { type DomainRefresh, knownProbe, seenDomain, targetOf, targetText, verificationOf } from './observe-domain.ts';
import { seenAuthority, seenSelfSigned } from './observe-issuer.ts';
import { PLUGIN, certificateSpec, issuerSpec, storageBefore } from './remembered.ts';
import { oneShownText } from './served.ts';
import type { CertificatesReader, PairSeen, PairStorage, Probes, ServerTarget, Trust } from './world.ts';

/** Maximum number of resources whose files are open at once. A refresh of no more of them needs no queue. */
const FILES_AT_ONCE = 100;

/** A resource to refresh: declared, recorded, or both. */
interface Target {
  readonly ref: Ref;
  readonly desired?: Desired;
  readonly memory?: Memory;
}

/** A refresh, with the values that all of its parts share. */
interface Refresh {
  readonly world: CertificatesReader;
  readonly query: Query;
  readonly at: Instant;
  readonly targets: ReadonlyMap<string, Target>;
  /** Reads each set of trust anchors once in a refresh. */
  readonly trust: (files: readonly string[]) => Promise<Trust>;
  readonly probes: Probes;
  readonly pair: (storage: PairStorage) => ReturnType<CertificatesReader['readPair']>;
}

function targetsOf(query: Query): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const memory of query.memory) targets.set(formatRef(memory.ref), { ref: memory.ref, memory });
  for (const desired of query.desired) {
    const address = formatRef(desired.ref);
    targets.set(address, { ...targets.get(address), ref: desired.ref, desired });
  }
  return targets;
}

function once<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const reading = read(key);
    known.set(key, reading);
    return reading;
  };
}

/** The gap of an owned resource without a document or a recorded spec: its place is unknown, it may still exist. */
function cannotBeFound(memory: Memory | undefined): undefined {
  if (!mayBeOwned(memory) && memory?.open === undefined) return undefined;
  throw new Error('the document was removed, and the spec was too large for the state: restore the document');
}

async function refreshIssuer(refresh: Refresh, { ref, desired, memory }: Target): Promise<Sighting | undefined> {
  const spec = issuerSpec(desired, memory);
  if (spec?.localCa !== undefined)
    return seenAuthority(ref, await refresh.world.readAuthority(spec.localCa.dir), refresh.at);
  if (spec === undefined) return cannotBeFound(memory);
  return desired === undefined ? undefined : seenSelfSigned(ref, refresh.at);
}

async function refreshCertificate(refresh: Refresh, { ref, desired, memory }: Target): Promise<Sighting | undefined> {
  const spec = certificateSpec(desired, memory);
  if (spec === undefined) return cannotBeFound(memory);
  const here = await refresh.pair(spec.storage);
  const before = isMoved(spec, here, memory) ? storageBefore(spec, memory) : undefined;
  const there = before === undefined ? here : await refresh.pair(before);
  const elsewhere = before !== undefined && there.status === 'seen';
  const pair = elsewhere ? there : here;
  const foreign = foreignFiles(spec.storage, here, memory);
  const seen = seenPair(ref, pair, memory, refresh.at, { elsewhere, foreign });
  if (seen === undefined || desired !== undefined || memory?.onRemove !== 'remove') return seen;
  return { ...seen, signals: { ...seen.signals, servedAt: await servedAt(refresh, memory, seen.facts.fingerprint) } };
}

/**
 * True if an owned pair is read from the storage of the previous document: the present storage does not have the owned
 * pair, and declares other files for certificate and key.
 */
function isMoved(spec: CertificateSpec, here: PairSeen, memory: Memory<CertificateMemory> | undefined): boolean {
  const before = storageBefore(spec, memory);
  if (before === undefined) return false;
  if (here.status === 'absent') return true;
  const main = (storage: PairStorage): string =>
    placesOf(storage)
      .flatMap(({ part, path }) => (part === 'certificate' || part === 'key' || part === 'combined' ? [path] : []))
      .join('\0');
  const isBegun = memory?.open !== undefined && sameJson(storageOfOpen(memory), spec.storage);
  const isOurs = here.key_fingerprint !== undefined && here.key_fingerprint === memory?.kept.key;
  return !isBegun && !isOurs && main(before) !== main(spec.storage);
}

function storageOfOpen(memory: Memory<CertificateMemory>): PairStorage | undefined {
  return (memory.open?.applied?.spec as CertificateSpec | undefined)?.storage;
}

/** Places that still serve a certificate to be removed: probes the recorded servers, which no Domain covers. */
async function servedAt(
  { probes, trust, query }: Refresh,
  memory: Memory<CertificateMemory>,
  fingerprint: string | undefined,
): Promise<readonly string[]> {
  const anchors = await trust([]);
  const served = await Promise.all(
    (memory.kept.servers ?? []).map(async (server) => {
      const seen = knownProbe(await probes.probe(server, anchors, query.now));
      return seen.resolved
        ? seen.addresses.flatMap((each) =>
            each.served && each.chain[0].fingerprint === fingerprint
              ? [oneShownText({ target: server, address: each.address })]
              : [],
          )
        : [];
    }),
  );
  return served.flat();
}

/** True if the Certificate of a Domain was never observed, and does not exist now. */
async function neverIssued(refresh: Refresh, spec: DomainSpec): Promise<boolean> {
  if (spec.certificate === undefined) return false;
  const target = refresh.targets.get(formatRef({ plugin: PLUGIN, kind: 'Certificate', name: spec.certificate }));
  const stored = certificateSpec(target?.desired, target?.memory);
  if (stored === undefined || target?.memory?.kept['fingerprint'] !== undefined) return false;
  // Files that cannot be read may have a certificate; they have their own gap.
  return refresh.pair(stored.storage).then(
    (pair) => pair.status === 'absent',
    () => false,
  );
}

/** Searches for an RSA certificate next to an ECDSA one, unless the server is known to have none next to the latter. */
function withSearch(target: ServerTarget, spec: DomainSpec, memory: Memory<DomainMemory> | undefined): ServerTarget {
  // A second connection is slow where servers delay their greeting.
  if (spec.startTls !== undefined || spec.tlsMode === 'passthrough') return target;
  const single = memory?.kept.target === targetText(spec) ? memory.kept.single : undefined;
  return { ...target, searchRsa: single === undefined ? {} : { unless: single } };
}

async function probeDomain(
  refresh: Refresh,
  spec: DomainSpec,
  memory: Memory<DomainMemory> | undefined,
): Promise<DomainRefresh> {
  const { now, signal, scheduled } = refresh.query;
  if (spec.verified === false) return { kind: 'unverified' };
  const target = targetOf(spec);
  if (target === undefined) return { kind: 'no-route' };
  const record = verificationOf(spec);
  if (record !== undefined && !(await refresh.world.readTxt(record.name, signal)).includes(record.txt))
    return { kind: 'unverified', problem: `the TXT record ${record.name} with the text ${record.txt} does not exist` };
  if (scheduled === true && memory !== undefined && isBackingOff(spec, memory, now)) return { kind: 'spaced', memory };
  if (scheduled === true && !refresh.world.isProbing) return { kind: 'unprobed', memory };
  const trust = await refresh.trust(spec.trust ?? []);
  return {
    kind: 'probed',
    seen: knownProbe(await refresh.probes.probe(withSearch(target, spec, memory), trust, now)),
    trust: trust.problems,
  };
}

async function refreshDomain(refresh: Refresh, { ref, desired, memory }: Target): Promise<Sighting | undefined> {
  if (desired === undefined) return undefined;
  const spec = desired.spec as DomainSpec;
  const met = await probeDomain(refresh, spec, memory);
  const isNew = met.kind === 'probed' && (await neverIssued(refresh, spec));
  return seenDomain(ref, spec, met, isNew, refresh.at);
}

const REFRESHERS: Readonly<Record<string, (refresh: Refresh, target: Target) => Promise<Sighting | undefined>>> = {
  Issuer: refreshIssuer,
  Certificate: refreshCertificate,
  Domain: refreshDomain,
};

function gapOf(ref: Ref, error: unknown): Gap {
  const message = errorText(error);
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  return defined({ plugin: PLUGIN, refs: [ref], endpoint: path, message });
}

/** Refreshes all resources of a query. A failed read is a gap on its own resource; throws only when aborted. */
export async function observe(world: CertificatesReader, query: Query): Promise<View> {
  const only = query.only === undefined ? undefined : new Set(query.only.map(formatRef));
  const targets = targetsOf(query);
  const trust = once((key) => world.readTrust(key === '' ? [] : key.split('\0')));
  const pairs = once((key) => world.readPair(JSON.parse(key) as PairStorage));
  const wanted = [...targets].flatMap(([address, target]) => (only === undefined || only.has(address) ? [target] : []));
  const domains = wanted.filter(({ ref }) => ref.kind === 'Domain').length;
  const probes = await world.openProbes(domains, query.signal);
  const refresh: Refresh = {
    world,
    query,
    at: query.now,
    targets,
    trust: (files) => trust(files.join('\0')),
    probes,
    pair: (storage) => pairs(JSON.stringify(storage)),
  };
  const observed: Sighting[] = [];
  const gaps: Gap[] = [];
  let done = 0;
  const lookAt = async (target: Target): Promise<void> => {
    if (query.signal.aborted) return;
    try {
      const seen = await REFRESHERS[target.ref.kind]?.(refresh, target);
      if (seen !== undefined) observed.push(seen);
    } catch (error) {
      if (!query.signal.aborted) gaps.push(gapOf(target.ref, error));
    }
    done += 1;
    query.progress(done, wanted.length);
  };
  const isServer = ({ ref }: Target): boolean => ref.kind === 'Domain';
  try {
    await Promise.all([
      forEachOf(
        wanted.filter((target) => !isServer(target)),
        FILES_AT_ONCE,
        lookAt,
      ),
      forEachOf(wanted.filter(isServer), world.probes, lookAt),
    ]);
  } finally {
    await probes.close();
  }
  query.signal.throwIfAborted();
  return { observed: inAddressOrder(observed), gaps, at: refresh.at };
}
