/** Observe: every declared or recorded authority, pair and server, a limited number of them at once. */

import {
  comingAt,
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
  type Facts,
  type Instant,
  instantText,
  type Json,
  type Preview,
} from '#plugin';
import { forEachOf } from '#plugin/limit';
import type { CertificateMemory, CertificateSpec, CertificatesConfig, DomainMemory, DomainSpec } from './generated.ts';
import { isBackingOff } from './failure-policy.ts';
import { seenPair } from './observe-certificate.ts';
import { foreignFiles } from './own-files.ts';
import { placesOf } from './paths.ts';
import { type DomainRefresh, knownProbe, seenDomain, targetOf, targetText, verificationOf } from './observe-domain.ts';
import { seenAuthority, seenSelfSigned } from './observe-issuer.ts';
import { certificatePolicy, type Policy } from './renewal.ts';
import { PLUGIN, certificateSpec, issuerRef, issuerSpec, storageBefore } from './remembered.ts';
import { certificateState, dueRuleOf, renewalDueBy } from './state.ts';
import { oneShownText } from './served.ts';
import { authorityOf, formerKeyPath, seenAccount } from './acme/account.ts';
import { type Ari, ariIn, windowOf } from './acme/ari.ts';
import { MOST_ASK_AGAIN_MS } from './acme/renewal-window.ts';
import { MOST_CLOCK_SECONDS } from './acme/rules.ts';
import { ipAddressesOf } from './declared.ts';
import { differences, needsIssue, type WantedIssuer, withMove } from './differences.ts';
import type { CertificateFacts } from './facts.ts';
import type { AcmeSpec } from './acme/directories.ts';
import { solverFor } from './acme/solvers/choose.ts';
import type {
  AcmeAuthority,
  AcmeQuestions,
  CaaName,
  CertificatesReader,
  PairSeen,
  PairStorage,
  Probes,
  RenewalAnswer,
  ServerTarget,
  Trust,
} from './world.ts';

/** Maximum number of resources whose files are open at once. A refresh of no more of them needs no queue. */
const FILES_AT_ONCE = 100;

/**
 * Time in ms after which a refresh begins no more probes: it ends before its deadline, after which every resource would be a gap.
 * The probes that have begun end within `totalSeconds` each.
 */
const PROBES_MS = 12 * 60_000;

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
  /** Opens the questions to ACME authorities, once. */
  readonly acme: () => Promise<AcmeQuestions>;
  readonly pair: (storage: PairStorage) => ReturnType<CertificatesReader['readPair']>;
  readonly settings: Partial<CertificatesConfig>;
  readonly previews: Preview[];
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
  if (spec?.acme !== undefined) {
    const { world, at } = refresh;
    const former = formerKeyPath(spec.acme, memory);
    const keys = {
      present: await world.readAccountKey(spec.acme.accountKey),
      former: former === undefined ? undefined : await world.readAccountKey(former),
    };
    return seenAccount(ref, spec.acme, memory, keys, at);
  }
  if (spec === undefined) return cannotBeFound(memory);
  return desired === undefined ? undefined : seenSelfSigned(ref, refresh.at);
}

async function refreshCertificate(refresh: Refresh, target: Target): Promise<Sighting | undefined> {
  const { ref, desired, memory } = target;
  const spec = certificateSpec(desired, memory);
  if (spec === undefined) return cannotBeFound(memory);
  const here = await refresh.pair(spec.storage);
  const before = isMoved(spec, here, memory) ? storageBefore(spec, memory) : undefined;
  const there = before === undefined ? here : await refresh.pair(before);
  const elsewhere = before !== undefined && there.status === 'seen';
  const pair = elsewhere ? there : here;
  const foreign = foreignFiles(spec.storage, here, memory);
  const issuer = acmeIssuerOf(refresh, spec);
  const plain = seenPair(ref, pair, memory, refresh.at, { elsewhere, foreign, acme: issuer !== undefined });
  const seen = issuer === undefined ? plain : await withAcme(refresh, target, { spec, ...issuer, pair, plain });
  if (seen === undefined || desired !== undefined || memory?.onRemove !== 'remove') return seen;
  return { ...seen, signals: { ...seen.signals, servedAt: await servedAt(refresh, memory, seen.facts.fingerprint) } };
}

/** The ACME authority that a Certificate names; undefined for another Issuer. */
function acmeIssuerOf({ targets }: Refresh, spec: CertificateSpec): Pick<AcmePair, 'acme' | 'authority'> | undefined {
  const issuer = targets.get(formatRef(issuerRef(spec)));
  const acme = issuerSpec(issuer?.desired, issuer?.memory)?.acme;
  return acme === undefined ? undefined : { acme, authority: authorityOf(acme, issuer?.memory) };
}

interface AcmePair {
  readonly spec: CertificateSpec;
  readonly acme: AcmeSpec;
  readonly authority: AcmeAuthority;
  readonly pair: PairSeen;
  readonly plain: Sighting<CertificateFacts> | undefined;
}

/** The sighting with what the authority says about the certificate; asks about CAA before an order. */
async function withAcme(
  refresh: Refresh,
  { ref, desired, memory }: Target,
  { spec, acme, authority, pair, plain }: AcmePair,
): Promise<Sighting<CertificateFacts> | undefined> {
  const known: Memory<CertificateMemory> | undefined = memory;
  const signals = plain === undefined ? undefined : await acmeSignals(refresh, known, authority, pair);
  const seen = plain === undefined ? undefined : { ...plain, signals: { ...plain.signals, ...signals } };
  const policy = certificatePolicy(desired as Desired<CertificateSpec> | undefined, memory, refresh.settings);
  if (desired !== undefined && mayOrder({ spec, seen, known, policy, authority }, refresh.query.now))
    refresh.previews.push({ ref, facts: await orderPreview(refresh, authority, acme, spec) });
  return seen;
}

/** The window that the authority suggests: the recorded one, until the time at which the authority is asked again. */
async function acmeSignals(
  { acme, query }: Refresh,
  memory: Memory<CertificateMemory> | undefined,
  authority: AcmeAuthority,
  pair: PairSeen,
): Promise<Facts> {
  if (pair.status !== 'seen' || pair.problem !== undefined || pair.certificate_id === undefined) return {};
  const id = pair.certificate_id;
  const recorded = memory?.kept.ari?.id === id ? memory.kept.ari : undefined;
  if (recorded !== undefined && comingAt(recorded.next, query.now, MOST_ASK_AGAIN_MS) !== undefined)
    return { ari: recorded };
  return { ari: ariOf(await (await acme()).renewalInfo(authority, id), id, recorded, query.now) };
}

/** The answer for the record. Under a failure, the earlier window counts on: without one, the threshold decides. */
function ariOf(answer: RenewalAnswer, id: string, recorded: Ari | undefined, now: Instant): Json {
  const { window, failure, askAgainMs, clockSeconds } = answer;
  const isOff = clockSeconds !== undefined && Math.abs(clockSeconds) > MOST_CLOCK_SECONDS;
  const { start, end, explanation } =
    window === undefined
      ? { ...recorded }
      : { start: instantText(window.start), end: instantText(window.end), explanation: answer.explanation };
  return defined<Ari>({
    id,
    start,
    end,
    explanation,
    // A clock that was set should count soon.
    next: instantText(now + (isOff ? Math.min(CLOCK_AGAIN_MS, askAgainMs) : askAgainMs)),
    error: failure?.slice(0, 500),
    clock: isOff ? clockSeconds : undefined,
  });
}

/** Wait until an authority whose clock differs is asked again. */
const CLOCK_AGAIN_MS = 3_600_000;

/**
 * True if the next step of a Certificate may order, for any reason that `diffCertificate` has: nothing usable is stored,
 * its renewal is due or requested, its content or storage differs, or a freeze window can bring its renewal forward, which is
 * to any time in the window that the authority suggests.
 */
function mayOrder(
  {
    spec,
    seen,
    known,
    policy,
    authority,
  }: Pick<AcmePair, 'spec' | 'authority'> & {
    readonly seen: Sighting<CertificateFacts> | undefined;
    readonly known: Memory<CertificateMemory> | undefined;
    readonly policy: Policy;
  },
  now: number,
): boolean {
  if (seen === undefined) return true;
  const { facts, signals } = seen;
  const due = dueRuleOf(policy.renewal, facts, signals);
  if (certificateState(facts, due, known, now) !== 'normal') return true;
  if (renewalDueBy(facts, due, known, now) !== undefined) return true;
  const window = windowOf(ariIn(signals));
  if (window !== undefined && now >= window.start) return true;
  const { directory, made, fingerprint } = known?.kept ?? {};
  const issuer: WantedIssuer = {
    facts: undefined,
    rememberedSigner: undefined,
    directory: authority.directory,
    rememberedDirectory: directory,
    isMade: made !== undefined && made === fingerprint,
  };
  const before = facts.elsewhere === true ? storageBefore(spec, known) : undefined;
  return needsIssue(withMove(differences(spec, facts, issuer), before, spec));
}

/** The names whose CAA records decide, with the method of the solver that proves each. */
function namesOf({ dnsNames }: CertificateSpec, { solvers }: AcmeSpec): readonly CaaName[] {
  return dnsNames.map((text) => {
    const wildcard = text.startsWith('*.');
    const name = wildcard ? text.slice(2) : text;
    const entry = solverFor(solvers, { name, wildcard, kind: 'dns' });
    const method =
      entry?.http01 !== undefined ? 'http-01' : entry?.dnsPersist01 !== undefined ? 'dns-persist-01' : 'dns-01';
    return { name, wildcard, method };
  });
}

/** The registered domains of the names, and the CAA records that forbid the order. */
async function orderPreview(
  { acme: questions, query }: Refresh,
  authority: AcmeAuthority,
  acme: AcmeSpec,
  spec: CertificateSpec,
): Promise<Facts> {
  const { registeredDomains } = await import('./acme/registered.ts');
  // Records that cannot be read forbid nothing: the authority looks again.
  const caa = await (await questions()).caaRefusals(authority, namesOf(spec, acme)).catch((error: unknown) => {
    if (query.signal.aborted) throw error;
    return [];
  });
  return {
    domains: registeredDomains(spec.dnsNames, ipAddressesOf(spec)),
    ...(caa.length === 0 ? {} : { caa: caa as unknown as Json }),
  };
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

/**
 * Refreshes all resources of a query. A failed read is a gap on its own resource; throws only when aborted. `probesMs`: time
 * after which no more probes begin.
 */
export async function observe(world: CertificatesReader, query: Query, probesMs = PROBES_MS): Promise<View> {
  const only = query.only === undefined ? undefined : new Set(query.only.map(formatRef));
  const targets = targetsOf(query);
  const trust = once((key) => world.readTrust(key === '' ? [] : key.split('\0')));
  const acme = once(() => world.openAcmeQuestions(query.signal));
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
    acme: () => acme(''),
    pair: (storage) => pairs(JSON.stringify(storage)),
    settings: world.settings,
    previews: [],
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
  const late = AbortSignal.timeout(probesMs);
  const lookAtServer = async (target: Target): Promise<void> => {
    if (!late.aborted) return lookAt(target);
    const message = `not probed: the probes of this refresh took longer than ${probesMs / 1000} s`;
    gaps.push({ plugin: PLUGIN, refs: [target.ref], message });
  };
  try {
    await Promise.all([
      forEachOf(
        wanted.filter((target) => !isServer(target)),
        FILES_AT_ONCE,
        lookAt,
      ),
      forEachOf(wanted.filter(isServer), world.probes, lookAtServer),
    ]);
  } finally {
    await probes.close();
  }
  query.signal.throwIfAborted();
  const { previews } = refresh;
  return { observed: inAddressOrder(observed), ...(previews.length === 0 ? {} : { previews }), gaps, at: refresh.at };
}
