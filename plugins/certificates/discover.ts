/** Discover: pairs in folders that no document declares, as proposed documents. */

import { dirname } from 'node:path';
import {
  counted,
  defined,
  type Desired,
  type Discovered,
  type Discovery,
  errorText,
  formatRef,
  type Found,
  type Gap,
  type Json,
  type PassedOver,
  toDocument,
  instantOf,
} from '#plugin';
import type { CertificateSpec, IssuerSpec } from './generated.ts';
import { type HandedOver, openHandover } from './handover/handover.ts';
import { freeNames } from './handover/look-up.ts';
import { mainPath, mapPaths, placesOf } from './paths.ts';
import { PLUGIN, certificateSpec } from './remembered.ts';
import type { CertificatesReader, FoundPair, PairStorage, X509Seen } from './world.ts';

const KEY_ALGORITHMS: ReadonlySet<string> = new Set(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-4096', 'ed25519']);
const DAY_MS = 86_400_000;
/** Maximum number of names in a document. */
const MOST_NAMES = 1000;
const MOST_KEY_MODE = 0o640;

function nameOf({ storage, leaf }: FoundPair): string {
  const file =
    mainPath(storage)
      .split('/')
      .at(-1)
      ?.replace(/\.[^.]*$/u, '') ?? 'certificate';
  return leaf.dnsNames[0]?.replace(/^\*\./u, 'wildcard.') ?? leaf.ipAddresses[0] ?? file;
}

function validityDays({ not_before: notBefore, not_after: notAfter }: X509Seen): number {
  const days = Math.round((instantOf(notAfter) - instantOf(notBefore)) / DAY_MS);
  return Math.min(3650, Math.max(1, days));
}

/** A storage in the form of a document, without settings that are at their defaults. */
function writtenStorage(storage: PairStorage, document: string): Json {
  const { file, directory } = mapPaths(storage, (path) => toDocument(document, path));
  if (directory === undefined) return { file: { ...file } };
  return { directory: { path: directory.path, ...(directory.combined ? { combined: true } : {}) } };
}

/** A declared Issuer, with the certificate of its authority. */
interface IssuerSeen {
  readonly name: string;
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly self_signed?: true;
  /** True if the authority issues by ACME: its own certificates are unknown. */
  readonly acme?: true;
}

function hasSigned({ fingerprint, subject, acme, self_signed: selfSigned }: IssuerSeen, pair: FoundPair): boolean {
  const { leaf, issuer_fingerprint: signer } = pair;
  if (acme === true) return false;
  if (selfSigned === true || leaf.self_signed) return selfSigned === true && leaf.self_signed;
  return signer === undefined ? subject === leaf.issuer : fingerprint === signer;
}

/** The Issuer for a pair: the one that has signed it, or the only one; else the reason why none is named. */
function issuerFor(pair: FoundPair, issuers: readonly IssuerSeen[]): IssuerSeen | { readonly why: string } {
  const signers = issuers.filter((each) => hasSigned(each, pair));
  const [only, ...more] = signers.length > 0 ? signers : issuers;
  const by = `was issued by ${pair.leaf.issuer}`;
  if (only === undefined)
    return { why: `${by}, and no Issuer is declared. Declare the Issuer that will renew it first` };
  if (more.length === 0) return only;
  return { why: `${by}, and several declared Issuers could renew it. Declare the Certificate by hand` };
}

/** Settings that leave the renewal to another program. */
const NOT_RENEWED = { renewal: { enabled: false }, recovery: { enabled: false } };

function isInTwoFolders({ storage }: FoundPair): boolean {
  const { certificate, key } = storage.file ?? {};
  return certificate !== undefined && key !== undefined && dirname(certificate) !== dirname(key);
}

/** Notes on the renewal: by fettle, or by another program and the reasons. */
function renewalNotes(pair: FoundPair, issuer: IssuerSeen, handed: HandedOver | undefined): readonly string[] {
  if (handed !== undefined) {
    const { client, obstacles } = handed;
    if (obstacles.length === 0)
      return [`fettle renews it from the first apply on: stop its renewal by ${client} before`];
    const until = `its renewal stays with ${client} until this is settled and \`renewal\` and \`recovery\` are removed`;
    return [until, ...obstacles];
  }
  if (pair.public_trust !== undefined)
    return ['it is publicly trusted: fettle leaves its renewal to the program that issued it'];
  return hasSigned(issuer, pair)
    ? []
    : [`another authority than that of the Issuer ${issuer.name} has signed it: its renewal changes the issuer`];
}

interface Declaring {
  readonly name: string;
  readonly issuer: IssuerSeen;
  readonly handed: HandedOver | undefined;
  readonly document: string;
}

function documentOf(pair: FoundPair, { name, issuer, handed, document }: Declaring): Found {
  const { leaf, storage, key_mode: keyMode, copies, public_trust: publicTrust } = pair;
  const known = KEY_ALGORITHMS.has(leaf.keyAlgorithm);
  const spec = {
    issuer: issuer.name,
    dnsNames: leaf.dnsNames.slice(0, MOST_NAMES),
    ...(leaf.ipAddresses.length === 0 ? {} : { ipAddresses: leaf.ipAddresses.slice(0, MOST_NAMES) }),
    // An ACME authority decides usages and validity.
    ...(issuer.acme === true || (leaf.usages.length === 1 && leaf.usages[0] === 'serverAuth')
      ? {}
      : { usages: leaf.usages }),
    ...(known ? { keyAlgorithm: leaf.keyAlgorithm } : {}),
    ...(issuer.acme === true ? {} : { validityDays: validityDays(leaf) }),
    storage: writtenStorage(storage, document),
    ...(handed?.deploy === undefined ? {} : { deploy: { command: handed.deploy } }),
    ...(handed?.reload === undefined ? {} : { reload: { command: handed.reload } }),
    ...((handed === undefined ? publicTrust === undefined : handed.obstacles.length === 0) ? {} : NOT_RENEWED),
  };
  const wide = (Number.parseInt(keyMode, 8) & ~MOST_KEY_MODE) !== 0;
  return {
    ref: { plugin: PLUGIN, kind: 'Certificate', name },
    spec,
    notes: [
      `issued by ${leaf.issuer}, valid until ${leaf.not_after}`,
      ...renewalNotes(pair, issuer, handed),
      ...(isInTwoFolders(pair) ? ['its key is in another folder than its certificate'] : []),
      ...(leaf.undeclarable === undefined
        ? []
        : [`no document can declare ${leaf.undeclarable.join(', ')}: the rule content-lost rejects its renewal`]),
      ...(known ? [] : [`its key is ${leaf.keyAlgorithm}; the next one will be ecdsa-p256`]),
      ...(wide ? [`its key has the mode ${keyMode}, which lets other users read it; it becomes 0600`] : []),
      ...(leaf.dnsNames.length > MOST_NAMES
        ? [`it has ${leaf.dnsNames.length} names, of which the first ${MOST_NAMES} are listed here`]
        : []),
      ...(copies.length === 0 ? [] : [`copies in ${copies.join(', ')} are not replaced when it is renewed`]),
    ],
  };
}

/** The declared Issuers, with the authorities that can be read. */
async function issuersOf(world: CertificatesReader, desired: readonly Desired[]): Promise<readonly IssuerSeen[]> {
  const issuers = desired.filter(({ ref }) => ref.kind === 'Issuer');
  return Promise.all(
    issuers.map(async ({ ref: { name }, spec }) => {
      const { localCa, acme } = spec as IssuerSpec;
      if (acme !== undefined) return { name, acme: true as const };
      if (localCa === undefined) return { name, self_signed: true as const };
      // An authority that cannot be read, or does not exist yet, has signed nothing that is known.
      const seen = await world.readAuthority(localCa.dir).catch(() => undefined);
      const certificate = seen?.status === 'seen' ? seen.certificate : undefined;
      return defined({ name, fingerprint: certificate?.fingerprint, subject: certificate?.subject });
    }),
  );
}

/** The reason why a pair cannot be declared next to others. */
function whyNot(pair: FoundPair, known: ReadonlySet<string>): string | undefined {
  if (pair.leaf.dnsNames.length + pair.leaf.ipAddresses.length === 0)
    return `its certificate (${pair.leaf.subject}) has no DNS names and no IP addresses`;
  const shared = placesOf(pair.storage).find(({ path }) => known.has(path));
  return shared === undefined
    ? undefined
    : `shares ${shared.path} with another Certificate, and a file belongs to one Certificate alone`;
}

/** The steps of a person that let fettle run the commands of other clients. */
function stepsFor(
  unlisted: readonly (readonly string[])[],
  commands: readonly (readonly string[])[] = [],
): readonly string[] {
  if (unlisted.length === 0) return [];
  const all = JSON.stringify([...commands, ...unlisted]);
  return [
    `fettle.yaml does not list ${counted(unlisted.length, 'command')} after renewals. Set \`plugins: { certificates: { commands: ${all} } }\`, remove the written documents, and run the import again`,
  ];
}

/** Searches the given folders, and leaves out declared pairs. A folder that cannot be read is a gap. */
export async function discover(
  world: CertificatesReader,
  { desired, memory, places, document, signal, progress }: Discovery,
): Promise<Discovered> {
  const known = new Set<string>();
  const taken = new Set<string>();
  const freeName = freeNames(taken);
  const note = (name: string, spec: CertificateSpec | undefined): void => {
    taken.add(name);
    for (const { path } of spec === undefined ? [] : placesOf(spec.storage)) known.add(path);
  };
  for (const each of desired)
    if (each.ref.kind === 'Certificate') note(each.ref.name, certificateSpec(each, undefined));
  for (const each of memory) if (each.ref.kind === 'Certificate') note(each.ref.name, certificateSpec(undefined, each));
  const declared = new Set(known);
  const issuers = await issuersOf(world, desired);
  const authorities = new Set(
    desired.flatMap(({ ref, spec }) => (ref.kind === 'Issuer' ? ((spec as IssuerSpec).localCa?.dir ?? []) : [])),
  );
  const clients = await world.findAcmeClients(places, signal);
  const handover = openHandover({
    clients,
    desired,
    settings: world.settings,
    document,
  });
  const found: Found[] = [];
  const passed: PassedOver[] = [];
  const gaps: Gap[] = clients.unread.map(({ path, message }) => ({ plugin: PLUGIN, endpoint: path, message }));
  const add = (pair: FoundPair): void => {
    const parts = placesOf(pair.storage);
    // The certificate's file identifies the pair: several pairs can share a chain or a key.
    const own = parts.filter(({ part }) => part !== 'chain' && part !== 'key');
    if (own.some(({ path }) => declared.has(path))) return;
    const unfit = whyNot(pair, known) ?? handover.elsewhere(pair);
    const handed = unfit === undefined ? handover.take(pair) : undefined;
    const issuer = handed === undefined ? issuerFor(pair, issuers) : { name: handed.issuer, acme: true as const };
    const why = unfit ?? ('why' in issuer ? issuer.why : undefined);
    if (why !== undefined || 'why' in issuer) {
      passed.push({ what: parts.map(({ path }) => path).join(', '), why: why ?? '' });
      return;
    }
    const name = freeName(nameOf(pair));
    note(name, undefined);
    for (const { path } of parts) known.add(path);
    found.push(documentOf(pair, { name, issuer, handed, document }));
  };
  for (const [done, place] of places.entries()) {
    progress(done, places.length);
    try {
      const { pairs, passed: over, unread } = await world.findPairs(place, signal);
      for (const pair of pairs) add(pair);
      // Files of declared resources are accounted for.
      passed.push(
        ...over.filter(
          ({ what }) => !declared.has(what) && !authorities.has(dirname(what)) && !handover.isAccountKey(what),
        ),
      );
      for (const { path, message } of unread) gaps.push({ plugin: PLUGIN, endpoint: path, message });
    } catch (error) {
      if (signal.aborted) throw error;
      gaps.push({ plugin: PLUGIN, endpoint: place, message: errorText(error) });
    }
  }
  found.push(...handover.issuers());
  passed.push(...handover.passed());
  return {
    found: found.toSorted((a, b) => (formatRef(a.ref) < formatRef(b.ref) ? -1 : 1)),
    passed,
    gaps,
    steps: stepsFor(handover.unlisted(), world.settings.commands),
  };
}
