/** Discover: pairs in folders that no document declares, as proposed documents. */

import { type Discovery, errorText, formatRef, type Found, type Gap, type Json, toDocument, instantOf } from '#plugin';
import type { CertificateSpec } from './generated.ts';
import { mainPath, mapPaths, placesOf } from './paths.ts';
import { PLUGIN, certificateSpec } from './remembered.ts';
import type { CertificatesReader, FoundPair, PairStorage, X509Seen } from './world.ts';

const KEY_ALGORITHMS: ReadonlySet<string> = new Set(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-4096', 'ed25519']);
const DAY_MS = 86_400_000;
/** Maximum number of names in a document. */
const MOST_NAMES = 1000;
const MOST_KEY_MODE = 0o640;
/** Placeholder for an unknown Issuer: such a document is refused until it names one. */
const UNNAMED_ISSUER = 'name-the-issuer';

function nameOf({ storage, leaf }: FoundPair, taken: ReadonlySet<string>): string {
  const file =
    mainPath(storage)
      .split('/')
      .at(-1)
      ?.replace(/\.[^.]*$/u, '') ?? 'certificate';
  const base = leaf.dnsNames[0]?.replace(/^\*\./u, 'wildcard.') ?? file;
  if (!taken.has(base)) return base;
  for (let i = 2; ; i += 1) if (!taken.has(`${base}-${i}`)) return `${base}-${i}`;
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

function documentOf(pair: FoundPair, name: string, issuers: readonly string[], document: string): Found {
  const { leaf, storage, key_mode: keyMode, copies } = pair;
  const known = KEY_ALGORITHMS.has(leaf.keyAlgorithm);
  const issuer = issuers.length === 1 ? issuers[0] : undefined;
  const spec = {
    issuer: issuer ?? UNNAMED_ISSUER,
    dnsNames: leaf.dnsNames.slice(0, MOST_NAMES),
    ...(known ? { keyAlgorithm: leaf.keyAlgorithm } : {}),
    validityDays: validityDays(leaf),
    storage: writtenStorage(storage, document),
  };
  const wide = (Number.parseInt(keyMode, 8) & ~MOST_KEY_MODE) !== 0;
  return {
    ref: { plugin: PLUGIN, kind: 'Certificate', name },
    spec,
    notes: [
      `issued by ${leaf.issuer}, valid until ${leaf.not_after}`,
      ...(issuer === undefined ? [`issuer: the name of the Issuer that will renew it`] : []),
      ...(known ? [] : [`its key is ${leaf.keyAlgorithm}; the next one will be ecdsa-p256`]),
      ...(wide ? [`its key has the mode ${keyMode}, which lets other users read it; it becomes 0600`] : []),
      ...(leaf.dnsNames.length > MOST_NAMES
        ? [`it has ${leaf.dnsNames.length} names, of which the first ${MOST_NAMES} are listed here`]
        : []),
      ...(copies.length === 0 ? [] : [`copies in ${copies.join(', ')} are not replaced when it is renewed`]),
    ],
  };
}

/** Searches the given folders, and leaves out declared pairs. A folder that cannot be read is a gap. */
export async function discover(
  world: CertificatesReader,
  { desired, memory, places, document, signal, progress }: Discovery,
): Promise<{ readonly found: readonly Found[]; readonly gaps: readonly Gap[] }> {
  const known = new Set<string>();
  const taken = new Set<string>();
  const note = (name: string, spec: CertificateSpec | undefined): void => {
    taken.add(name);
    for (const { path } of spec === undefined ? [] : placesOf(spec.storage)) known.add(path);
  };
  for (const each of desired)
    if (each.ref.kind === 'Certificate') note(each.ref.name, certificateSpec(each, undefined));
  for (const each of memory) if (each.ref.kind === 'Certificate') note(each.ref.name, certificateSpec(undefined, each));
  const issuers = desired.filter(({ ref }) => ref.kind === 'Issuer').map(({ ref }) => ref.name);
  const found: Found[] = [];
  const gaps: Gap[] = [];
  for (const [done, place] of places.entries()) {
    progress(done, places.length);
    try {
      const { pairs, unread } = await world.findPairs(place, signal);
      for (const pair of pairs) {
        // Several pairs may share a chain or a key.
        const paths = placesOf(pair.storage)
          .filter(({ part }) => part !== 'chain' && part !== 'key')
          .map(({ path }) => path);
        if (paths.some((path) => known.has(path)) || pair.leaf.dnsNames.length === 0) continue;
        const name = nameOf(pair, taken);
        note(name, undefined);
        for (const path of paths) known.add(path);
        found.push(documentOf(pair, name, issuers, document));
      }
      for (const { path, message } of unread) gaps.push({ plugin: PLUGIN, endpoint: path, message });
    } catch (error) {
      if (signal.aborted) throw error;
      gaps.push({ plugin: PLUGIN, endpoint: place, message: errorText(error) });
    }
  }
  return { found: found.toSorted((a, b) => (formatRef(a.ref) < formatRef(b.ref) ? -1 : 1)), gaps };
}
