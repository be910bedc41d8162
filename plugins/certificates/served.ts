/**
 * Comparison of the certificates that the addresses of Domains serve with the stored certificate. Pure.
 *
 * | an address serves | result |
 * |---|---|
 * | the stored certificate | stored |
 * | one that was stored before it, or one for the same host whose validity starts before it | older |
 * | another one | other |
 * | nothing, or the address was not probed | nothing |
 *
 * A reload is due only for an older certificate; fettle never issues another one because of it.
 */

import type { Resource, Ref, Scene } from '#plugin';
import type { AddressFacts, CertificateFacts, DomainFacts } from './facts.ts';
import type { CertificateMemory, CertificateSpec, DomainSpec } from './generated.ts';
import { placeText, targetOf } from './observe-domain.ts';
import type { KeyType, ServerTarget } from './world.ts';
import { defined, seenFacts, instantOf } from '#plugin';
import { Domain } from './kinds.ts';

type CertificateResource = Resource<CertificateSpec, CertificateFacts, CertificateMemory>;
type DomainResource = Resource<DomainSpec, DomainFacts>;

export type Serves = 'stored' | 'older' | 'other' | 'nothing';

/** An address of a Domain, and the certificate that it serves. */
export interface Shown {
  readonly domain: Ref;
  readonly target: ServerTarget;
  readonly address: string;
  readonly serves: Serves;
  /** Fingerprint of the served leaf. */
  readonly fingerprint?: string;
}

/** The stored certificate, which addresses must serve, and earlier stored ones. */
export interface Stored {
  readonly fingerprint: string;
  readonly keyType?: KeyType;
  /** ISO 8601. */
  readonly not_before?: string;
  readonly former: readonly string[];
}

/** The stored certificate, if it is usable. */
export function storedOf(resource: CertificateResource): Stored | undefined {
  const { fingerprint, not_before: notBefore, usable, keyAlgorithm } = seenFacts(resource) ?? {};
  if (fingerprint === undefined || usable !== true) return undefined;
  const former = resource.memory?.kept.former ?? [];
  const keyType = keyAlgorithm === undefined ? undefined : keyTypeOf(keyAlgorithm);
  return defined({ fingerprint, former, not_before: notBefore, keyType });
}

function keyTypeOf(keyAlgorithm: string): KeyType {
  return keyAlgorithm.startsWith('rsa') ? 'rsa' : 'ecdsa';
}

/** Compares the certificate at an address with the stored one. */
export function servesOf(
  { fingerprint, not_before: notBefore, error }: Pick<AddressFacts, 'fingerprint' | 'not_before' | 'error'>,
  stored: Stored,
): Serves {
  if (fingerprint === undefined) return 'nothing';
  if (fingerprint === stored.fingerprint) return 'stored';
  if (stored.former.includes(fingerprint)) return 'older';
  const began = instantOf(notBefore ?? '');
  return error !== 'wrong-name' && began < instantOf(stored.not_before ?? '') ? 'older' : 'other';
}

/** The server of a Domain, with the key types of the certificates that it showed. */
function targetShown(domain: DomainResource): ServerTarget | undefined {
  const { desired } = domain;
  const target = desired === undefined ? undefined : targetOf(desired.spec);
  if (target === undefined || target.keyTypes !== undefined) return target;
  const keyTypes = [...new Set((seenFacts(domain)?.addresses ?? []).flatMap(({ key_type: keyType }) => keyType ?? []))];
  return keyTypes.length === 0 ? target : { ...target, keyTypes };
}

/** The certificate to compare with the stored one, of those that an address serves to different clients. */
function comparable(all: readonly AddressFacts[], stored: Stored): AddressFacts | undefined {
  return (
    all.find(({ fingerprint }) => fingerprint === stored.fingerprint) ??
    all.find(({ key_type: keyType }) => keyType !== undefined && keyType === stored.keyType) ??
    all[0]
  );
}

/** Compares every probed address of a Domain with the stored certificate. */
export function shownBy(domain: DomainResource, stored: Stored): readonly Shown[] {
  const target = targetShown(domain);
  if (target === undefined) return [];
  const byAddress = Map.groupBy(seenFacts(domain)?.addresses ?? [], ({ address }) => address);
  return [...byAddress.values()].flatMap((all) => {
    const each = comparable(all, stored);
    if (each === undefined) return [];
    const { address, fingerprint } = each;
    return [defined({ domain: domain.ref, target, address, serves: servesOf(each, stored), fingerprint })];
  });
}

type DomainScene = Pick<Scene, 'ofKind' | 'get' | 'changes'>;

/** Documents do not change while resources are refreshed: one index serves all scenes of a plan. */
const indexes = new WeakMap<DomainScene['changes'], ReadonlyMap<string, readonly Ref[]>>();

/** The Domains that name each Certificate. */
function namingIndex(scene: DomainScene): ReadonlyMap<string, readonly Ref[]> {
  const known = indexes.get(scene.changes);
  if (known !== undefined) return known;
  const domains = Domain.all(scene).filter(({ desired }) => desired?.spec.certificate !== undefined);
  const made = new Map(
    [...Map.groupBy(domains, ({ desired }) => desired?.spec.certificate ?? '')].map(([name, resources]) => [
      name,
      resources.map(({ ref }) => ref),
    ]),
  );
  indexes.set(scene.changes, made);
  return made;
}

/** The Domains whose documents name a certificate, in the order of their addresses. */
export function domainsNaming(certificate: string, scene: DomainScene): readonly DomainResource[] {
  const refs = namingIndex(scene).get(certificate) ?? [];
  return refs.flatMap((ref) => Domain.get(scene, ref) ?? []);
}

/** The Domains that serve a certificate at an address, including those that name another one. */
export function domainsServing(fingerprint: string, scene: DomainScene): readonly DomainResource[] {
  return Domain.all(scene).filter(
    (domain) => seenFacts(domain)?.addresses?.some((each) => each.fingerprint === fingerprint) === true,
  );
}

/** The addresses that should serve the stored certificate, without those of passthrough Domains. */
export function shownFor(certificate: string, stored: Stored, scene: DomainScene): readonly Shown[] {
  return domainsNaming(certificate, scene)
    .filter(({ desired }) => desired?.spec.tlsMode !== 'passthrough')
    .flatMap((domain) => shownBy(domain, stored));
}

/** True if the Certificate has a `deploy` or `reload`. */
export function canReload(spec: Pick<CertificateSpec, 'deploy' | 'reload'>): boolean {
  return spec.deploy !== undefined || spec.reload !== undefined;
}

/** Text of a place: `www.example.test:443`, with the address if it differs from the host. */
export function oneShownText({ target, address }: Pick<Shown, 'target' | 'address'>): string {
  return `${placeText(target.host, target.port)}${address === target.host ? '' : ` (${address})`}`;
}

const MOST_SHOWN = 3;

/** Text of places on one line, with the first few by name. */
export function shownText(places: readonly Pick<Shown, 'target' | 'address'>[]): string {
  const shown = places.slice(0, MOST_SHOWN).map(oneShownText).join(', ');
  return places.length <= MOST_SHOWN ? shown : `${shown} and ${places.length - MOST_SHOWN} more`;
}

/** The reason for a reload; `places` must serve the certificate afterwards. */
export interface ReloadDue {
  readonly because: string;
  readonly places: readonly Shown[];
}

/**
 * The due reload of a certificate: an address still serves an older one, or its servers were not reloaded since it was
 * stored and no refresh found it served. Undefined if no reload is due or possible.
 */
export function reloadDue(resource: CertificateResource, scene: DomainScene): ReloadDue | undefined {
  const stored = storedOf(resource);
  const spec = resource.desired?.spec;
  if (stored === undefined || spec === undefined || !canReload(spec)) return undefined;
  const places = shownFor(resource.ref.name, stored, scene);
  const older = places.filter(({ serves }) => serves === 'older');
  if (older.length > 0)
    return {
      because: `${shownText(older)} still ${older.length === 1 ? 'serves' : 'serve'} the previous certificate`,
      places: older,
    };
  if (resource.memory?.kept.reloaded === stored.fingerprint) return undefined;
  const serving = places.filter(({ serves }) => serves !== 'nothing');
  if (serving.length > 0 && serving.every(({ serves }) => serves === 'stored')) return undefined;
  return { because: 'the servers have not been reloaded since the certificate was stored', places: [] };
}

/** Resources to refresh with a step: Domains that should serve the certificate, and before a removal those that do. */
export function certificateMatters(resource: CertificateResource, scene: DomainScene): readonly Ref[] {
  const { desired, ref } = resource;
  if (desired !== undefined)
    return canReload(desired.spec) ? domainsNaming(ref.name, scene).map((each) => each.ref) : [];
  const fingerprint = seenFacts(resource)?.fingerprint;
  return fingerprint === undefined ? [] : domainsServing(fingerprint, scene).map((each) => each.ref);
}

const MOST_SERVERS = 20;

type Server = NonNullable<CertificateMemory['servers']>[number];

function serverKey({ host, address, port, startTls }: Server): string {
  return `${host} ${address ?? ''} ${port} ${startTls ?? ''}`;
}

/**
 * Servers of a certificate, to be probed once no Domain names it: the recorded ones, without those that now serve
 * another certificate at a refresh, and those that a Domain shows.
 */
export function serversOf(resource: CertificateResource, scene: DomainScene): readonly Server[] {
  const fingerprint = seenFacts(resource)?.fingerprint;
  const remembered = resource.memory?.kept.servers ?? [];
  if (fingerprint === undefined) return remembered;
  const all = new Map(remembered.map((server) => [serverKey(server), server]));
  for (const domain of domainsNaming(resource.ref.name, scene)) {
    const target = targetShown(domain);
    const addresses = seenFacts(domain)?.addresses ?? [];
    if (target === undefined || addresses.length === 0) continue;
    const shows = addresses.some((each) => each.fingerprint === fingerprint);
    if (shows || addresses.every((each) => each.fingerprint !== undefined)) all.delete(serverKey(target));
    if (shows) all.set(serverKey(target), target);
  }
  return [...all]
    .slice(-MOST_SERVERS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, server]) => server);
}
