/** The limits of an ACME authority for new orders, counted by the log. Pure. */

import {
  type Change,
  counted,
  defer,
  defined,
  digestOf,
  type Facts,
  type Instant,
  instantOf,
  instantText,
  type Note,
  pass,
  sameJson,
  type Scene,
  seenFacts,
  seenSignals,
  spanText,
  stateOrLast,
  USES_KEPT_MS,
  type Verdict,
} from '#plugin';
import { asksAuthority, issuesAnew } from '../differences.ts';
import type { CertificateResource } from '../diff.ts';
import type { CertificateMemory, CertificatesConfig, CertificateSpec } from '../generated.ts';
import { Certificate, Issuer } from '../kinds.ts';
import { issuerRef, issuerSpec, PLUGIN } from '../remembered.ts';
import type { AcmeAuthority } from '../world.ts';
import { authorityOf } from './account.ts';
import { type Ari, ariIn, windowOf } from './ari.ts';
import { type AcmeSpec, directoryUrl, exemptsRenewals, limitsOf, type OrderLimit, RENEWAL_MS } from './directories.ts';
import {
  askedAgainAt,
  identifiersOf,
  type OpenOrder,
  pendingFacts,
  pendingText,
  purposeOf,
  usableOrder,
} from './open-order.ts';
import { isWithin, type RenewalWindow } from './renewal-window.ts';
import { type Asked, deferredBy, isWaitFor, NO_WAIT, type Wait, waitOf } from './waits.ts';

/** The registered domains of the names of a resource, as its refresh found them. No step orders without them. */
function domainsOf({ preview }: Pick<CertificateResource, 'preview'>): readonly string[] {
  const domains = preview?.['domains'];
  return Array.isArray(domains) ? (domains as readonly string[]) : [];
}

/** The verdict on an order that the refresh did not foresee; undefined if it did. */
export function unforeseen({ preview }: Pick<CertificateResource, 'preview'>, directory: string): Verdict | undefined {
  return preview === undefined
    ? defer('the refresh did not look up CAA records and registered domains for this order: the next plan does', {
        directory,
      })
    : undefined;
}

/** A directory, and the account there that orders, if it is known. */
type Orderer = Pick<AcmeAuthority, 'directory' | 'account'>;

/** The window that the authority suggests for the stored certificate, as the last refresh or the state has it. */
function suggestionFor(resource: CertificateResource): Ari | undefined {
  return ariIn(seenSignals(resource)) ?? resource.memory?.kept.ari;
}

/**
 * True if the directory has issued the stored certificate, as far as is known: by the record of fettle's own order, or because
 * the directory suggests a window for a certificate that was adopted.
 */
function isIssuedBy(resource: CertificateResource, directory: string): boolean {
  const { made, fingerprint, directory: known } = resource.memory?.kept ?? {};
  if (made !== undefined && made === (seenFacts(resource)?.fingerprint ?? fingerprint)) return known === directory;
  return windowOf(suggestionFor(resource)) !== undefined && (known ?? directory) === directory;
}

/** True if the stored certificate has exactly the declared names, and is not older than the directory remembers. */
function isSameSet(resource: CertificateResource, spec: Parameters<typeof identifiersOf>[0], now: Instant): boolean {
  const { dnsNames = [], ipAddresses = [], not_before: notBefore } = seenFacts(resource) ?? {};
  if (notBefore === undefined || now - instantOf(notBefore) >= RENEWAL_MS) return false;
  return sameJson(identifiersOf({ dnsNames, ipAddresses }), identifiersOf(spec));
}

type OrderSpec = Pick<CertificateSpec, 'dnsNames' | 'ipAddresses' | 'issuer'>;

/**
 * The keys under which an order counts against the limits of a directory: only the limit of an account is one of its own. An
 * account that is not created yet counts by its Issuer. A renewal counts by its names alone, where the directory exempts it.
 */
function orderKeys(
  { directory, account }: Orderer,
  resource: CertificateResource,
  spec: OrderSpec,
  { now, spentOn }: Pick<Scene, 'now' | 'spentOn'>,
): Readonly<Record<OrderLimit['by'], readonly string[]>> {
  const url = directoryUrl(directory);
  const base = `acme ${url}`;
  const set = `${base} set ${digestOf(identifiersOf(spec))}`;
  // The directory compares the names alone: any account can have ordered the earlier certificate, for any key.
  const isRenewal = spentOn(set).length > 0 || (isSameSet(resource, spec, now) && isIssuedBy(resource, url));
  if (isRenewal && exemptsRenewals(url)) return { account: [], domain: [], set: [set] };
  return {
    account: [`${base} account ${account ?? spec.issuer}`],
    domain: domainsOf(resource).map((domain) => `${base} domain ${domain}`),
    set: [set],
  };
}

/** The keys that an order uses when it is created, and those that it uses when its certificate is issued. */
export interface OrderUses {
  readonly created: readonly string[];
  readonly issued: readonly string[];
  /** The window in which an order that replaces the stored certificate uses nothing when it is created. */
  readonly exempt?: RenewalWindow;
}

export function usesOf(
  orderer: Orderer,
  resource: CertificateResource,
  spec: OrderSpec,
  scene: Pick<Scene, 'now' | 'spentOn'>,
): OrderUses {
  const { account, domain, set } = orderKeys(orderer, resource, spec, scene);
  return defined({ created: account, issued: [...domain, ...set], exempt: exemptWindow(resource, orderer.directory) });
}

/** The window in which the directory accepts any order that replaces the stored certificate; undefined if it has none. */
function exemptWindow(resource: CertificateResource, directory: string): RenewalWindow | undefined {
  return exemptsRenewals(directory) ? windowOf(suggestionFor(resource)) : undefined;
}

/** The ACME Issuer of a Certificate; undefined if its Issuer is of another type. */
export function acmeOf(spec: CertificateSpec | undefined, scene: Pick<Scene, 'get'>): AcmeSpec | undefined {
  if (spec === undefined) return undefined;
  const issuer = Issuer.get(scene, issuerRef(spec));
  return issuerSpec(issuer?.desired, issuer?.memory)?.acme;
}

/** The authority of an ACME Issuer that a document names, with the account of the state. */
export function ordererOf(issuer: AcmeSpec, spec: CertificateSpec, scene: Pick<Scene, 'get'>): AcmeAuthority {
  return authorityOf(issuer, Issuer.get(scene, issuerRef(spec))?.memory);
}

/** The requests for a certificate. */
function askedFor({ directory, account }: Orderer, spec: Parameters<typeof identifiersOf>[0]): Asked {
  return { directory, account, about: { kind: 'certificate', names: identifiersOf(spec) } };
}

/** The wait that the authority has asked for, for the declared names and the account of a Certificate. */
export function orderWait(resource: CertificateResource, scene: Pick<Scene, 'get' | 'now'>): Wait | undefined {
  const asked = declaredAsk(resource, scene);
  return asked === undefined ? undefined : waitOf(resource.memory?.kept, asked, scene.now);
}

function declaredAsk({ desired }: CertificateResource, scene: Pick<Scene, 'get'>): Asked | undefined {
  const issuer = acmeOf(desired?.spec, scene);
  return desired === undefined || issuer === undefined
    ? undefined
    : askedFor(ordererOf(issuer, desired.spec, scene), desired.spec);
}

/** Drops a recorded wait that is for other names, another account or another directory. */
export function noteWait(resource: CertificateResource, scene: Scene): Note<CertificateMemory> {
  const { desired, memory } = resource;
  if (desired === undefined || memory?.kept.wait_until === undefined) return {};
  const asked = declaredAsk(resource, scene);
  return asked !== undefined && isWaitFor(memory.kept, asked) ? {} : NO_WAIT;
}

/**
 * True if the order names the certificate that it replaces (RFC 9773, 5): this account ordered the stored certificate, its
 * renewal window is known, and the authority has not refused it as the one to replace.
 */
export function replacesOwn({ memory }: CertificateResource, { directory, account }: AcmeAuthority): boolean {
  const { ari, made, fingerprint, replaced, replaced_id: answered, ...kept } = memory?.kept ?? {};
  return (
    ari?.start !== undefined &&
    account !== undefined &&
    account === kept.account &&
    directory === kept.directory &&
    made !== undefined &&
    made === fingerprint &&
    (answered !== ari.id || replaced === 'accepted')
  );
}

/** The order that a step of a Certificate goes on with; undefined if it needs another one. */
export function openOrder(
  { memory }: CertificateResource,
  issuer: AcmeSpec,
  spec: CertificateSpec,
  scene: Scene,
): OpenOrder | undefined {
  const { account } = ordererOf(issuer, spec, scene);
  return usableOrder(memory?.kept.order, purposeOf(issuer, account, spec), scene.now);
}

/** The order that the next step of a declared Certificate goes on with. */
export function orderAhead(resource: CertificateResource, scene: Scene): OpenOrder | undefined {
  const spec = resource.desired?.spec;
  const issuer = acmeOf(spec, scene);
  return spec === undefined || issuer === undefined ? undefined : openOrder(resource, issuer, spec, scene);
}

/** The order that the next step of a declared Certificate goes on with, if the authority is asked for it at a later time. */
export function pendingOrder(resource: CertificateResource, scene: Scene): OpenOrder | undefined {
  const order = orderAhead(resource, scene);
  return askedAgainAt(order, scene.now) === undefined ? undefined : order;
}

/** True if the authority limits no such order: it replaces a certificate, within the renewal window of that certificate. */
function isExempt(resource: CertificateResource, issuer: AcmeSpec, spec: CertificateSpec, scene: Scene): boolean {
  const window = exemptWindow(resource, issuer.directory);
  return isWithin(window, scene.now) && replacesOwn(resource, ordererOf(issuer, spec, scene));
}

/** The limits of the directory of an Issuer, with those of `fettle.yaml`. */
function limitsIn({ directory }: AcmeSpec, { given }: Scene): readonly OrderLimit[] {
  const settings = given?.settings.get(PLUGIN) as Partial<CertificatesConfig> | undefined;
  return limitsOf(directory, settings?.acme?.limits);
}

/** Numbers of accepted orders by key, in a plan: filled up as its actions are accepted. */
const plannedBy = new WeakMap<Scene['underWay'], { counted: number; readonly keys: Map<string, number> }>();
/** Uses of accepted actions that the log does not have yet, by key; without this action. */
function planned(change: Change, scene: Scene): ReadonlyMap<string, number> {
  const { underWay } = scene;
  // Running actions come and go, and use limits meanwhile, so they are counted anew each time. A plan only adds actions.
  const isRunning = [...underWay.values().take(1)].some(({ spent }) => spent !== undefined);
  const known = isRunning ? undefined : plannedBy.get(underWay);
  const counts = known ?? { counted: 0, keys: new Map<string, number>() };
  let at = 0;
  for (const other of underWay.values()) {
    at += 1;
    if (at <= counts.counted || other.change === change) continue;
    const { ref } = other.change;
    const resource = ref.kind === 'Certificate' ? Certificate.get(scene, ref) : undefined;
    const issuer = acmeOf(resource?.desired?.spec, scene);
    if (resource?.desired === undefined || issuer === undefined || !issuesAnew(other.change)) continue;
    const { spec } = resource.desired;
    const { created, issued } = usesOf(ordererOf(issuer, spec, scene), resource, spec, scene);
    const isCreated =
      openOrder(resource, issuer, spec, scene) === undefined && !isExempt(resource, issuer, spec, scene);
    const ahead = [...(isCreated ? created : []), ...issued];
    for (const key of ahead)
      if (other.spent?.includes(key) !== true) counts.keys.set(key, (counts.keys.get(key) ?? 0) + 1);
  }
  counts.counted = underWay.size;
  if (!isRunning) plannedBy.set(underWay, counts);
  return counts.keys;
}

interface Use {
  readonly limit: OrderLimit;
  readonly key: string;
  readonly spent: number;
  readonly planned: number;
  readonly clearsAt: Instant;
}

/** The time in which a limit refills by one. */
function refillMs({ max, perMs }: OrderLimit): number {
  return perMs / max;
}

/**
 * The time at which a limit is whole again after its uses: each one takes the time of its refill. Uses before `since`, which
 * the log no longer has, may have emptied the limit, but never so far that the authority would have refused a later one.
 */
function wholeAt(limit: OrderLimit, uses: readonly Instant[], since: Instant): Instant {
  let whole = since + limit.perMs;
  for (const at of uses) whole = Math.min(Math.max(whole, at) + refillMs(limit), at + limit.perMs);
  return whole;
}

/** Periods of a limit whose uses are counted: earlier ones rarely have an effect. */
const KNOWN_PERIODS = 5;

/** The times after a time; they are ascending. */
function after(times: readonly Instant[], since: Instant): readonly Instant[] {
  let from = times.length;
  while (from > 0 && (times[from - 1] ?? since) > since) from -= 1;
  return times.slice(from);
}

/**
 * Recorded uses by the clock of `now`. One that is ahead by at most the period of its limit is as old as `now`; one that is
 * further ahead is from before the clock was set back, and does not count.
 */
function byClock(uses: readonly Instant[], now: Instant, perMs: number): readonly Instant[] {
  const latest = uses.at(-1);
  if (latest === undefined || latest <= now) return uses;
  return uses.filter((at) => at - now <= perMs).map((at) => Math.min(at, now));
}

/** The use of a limit that has no room for another order; undefined if there is room. */
function fullUse(limit: OrderLimit, key: string, more: number, { spentOn, now }: Scene): Use | undefined {
  const since = now - Math.min(USES_KEPT_MS, KNOWN_PERIODS * limit.perMs);
  const uses = after(byClock(spentOn(key), now, limit.perMs), since);
  // Orders of this plan are as old as `now`.
  const whole = Math.max(now, wholeAt(limit, uses, since)) + more * refillMs(limit);
  const clearsAt = whole + refillMs(limit) - limit.perMs;
  if (clearsAt <= now) return undefined;
  return { limit, key, spent: after(uses, now - limit.perMs).length, planned: more, clearsAt };
}

const NOUN: Readonly<Record<OrderLimit['by'], string>> = {
  account: 'order',
  domain: 'certificate',
  set: 'certificate',
};

const LIMIT_TEXT: Readonly<Record<OrderLimit['by'], string>> = {
  account: 'for the account',
  domain: 'for one registered domain',
  set: 'for the same names',
};

/** The use that leaves no room for another order of a Certificate, and clears last; undefined if there is room. */
function fullestUse(
  issuer: AcmeSpec,
  resource: CertificateResource,
  spec: CertificateSpec,
  accepted: ReadonlyMap<string, number>,
  scene: Scene,
): Use | undefined {
  const keys = orderKeys(ordererOf(issuer, spec, scene), resource, spec, scene);
  return limitsIn(issuer, scene)
    .flatMap((limit) => keys[limit.by].flatMap((key) => fullUse(limit, key, accepted.get(key) ?? 0, scene) ?? []))
    .sort((a, b) => b.clearsAt - a.clearsAt)[0];
}

/** The time from which an order of a declared Certificate may be created; undefined if that is now, or it needs none. */
export function ordersFrom(resource: CertificateResource, scene: Scene): Instant | undefined {
  const spec = resource.desired?.spec;
  const issuer = acmeOf(spec, scene);
  if (spec === undefined || issuer === undefined) return undefined;
  const wait = orderWait(resource, scene);
  if (wait !== undefined) return instantOf(wait.until);
  // A certificate that is valid needs no order. An edit that needs one is a row of the plan.
  const isUncounted = openOrder(resource, issuer, spec, scene) !== undefined || isExempt(resource, issuer, spec, scene);
  if (isUncounted || stateOrLast(resource) === 'normal') return undefined;
  return fullestUse(issuer, resource, spec, new Map(), scene)?.clearsAt;
}

/** The rule on every step that orders a certificate. */
export function acmeBudget(change: Change, resource: CertificateResource, scene: Scene): Verdict {
  const spec = resource.desired?.spec;
  const issuer = asksAuthority(change) ? acmeOf(spec, scene) : undefined;
  if (spec === undefined || issuer === undefined) return pass('no order is created', {});
  const directory = directoryUrl(issuer.directory);
  const wait = orderWait(resource, scene);
  if (wait !== undefined) return deferredBy(wait, directory);
  if (!issuesAnew(change)) return pass('no order is created', {});
  const unknown = unforeseen(resource, directory);
  if (unknown !== undefined) return unknown;
  const order = openOrder(resource, issuer, spec, scene);
  if (order !== undefined) {
    const again = askedAgainAt(order, scene.now);
    if (again !== undefined)
      return defer(pendingText(order), { directory, ...pendingFacts(order) }, { clearsAt: again });
    return pass('the step goes on with an order that exists', { directory });
  }
  if (isExempt(resource, issuer, spec, scene))
    return pass('the order replaces a certificate within its renewal window: no limit applies', { directory });
  const facts: Facts = {
    directory,
    limits: limitsIn(issuer, scene).map(({ by, max, perMs, declared }) => ({
      by,
      max,
      per_hours: perMs / 3_600_000,
      ...(declared === undefined ? {} : { declared }),
    })),
  };
  const full = fullestUse(issuer, resource, spec, planned(change, scene), scene);
  if (full === undefined) return pass('the limits have room for the order', facts);
  const { limit, key, spent, planned: inPlan, clearsAt } = full;
  const used = `${counted(spent, NOUN[limit.by])} in the last ${spanText(limit.perMs)}${inPlan === 0 ? '' : ` and ${inPlan} in this plan`}`;
  return defer(
    `${limit.declared === undefined ? 'the authority' : 'fettle.yaml'} permits ${counted(limit.max, NOUN[limit.by])} in ${spanText(limit.perMs)} ${LIMIT_TEXT[limit.by]}, one more each ${spanText(refillMs(limit))}, and the log has ${used}`,
    { ...facts, key, spent, planned: inPlan, max: limit.max, clears_at: instantText(clearsAt) },
    { clearsAt },
  );
}
