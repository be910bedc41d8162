/** Discover: pairs in folders that no document names yet, as the documents that would describe them. */

import type { Discovery, Found } from '../../src/engine/plugin.ts';
import { formatRef } from '../../src/engine/ref.ts';
import type { Desired, Gap } from '../../src/engine/types.ts';
import type { CertificateSpec } from './generated.ts';
import { certificateFromProject, toDocument } from './paths.ts';
import { PLUGIN, certificateSpec } from './remembered.ts';
import type { CertificatesReader, FoundPair, X509Seen } from './world.ts';

const KEY_ALGORITHMS: ReadonlySet<string> = new Set(['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'rsa-4096', 'ed25519']);
const DAY_MS = 86_400_000;
/** Written where no Issuer can be named: such a document is refused until somebody names one. */
const UNNAMED_ISSUER = 'name-the-issuer';

function nameOf({ paths, leaf }: FoundPair, taken: ReadonlySet<string>): string {
  const file =
    paths.certificate
      .split('/')
      .at(-1)
      ?.replace(/\.[^.]*$/u, '') ?? 'certificate';
  const base = leaf.dnsNames[0]?.replace(/^\*\./u, 'wildcard.') ?? file;
  if (!taken.has(base)) return base;
  for (let i = 2; ; i += 1) if (!taken.has(`${base}-${i}`)) return `${base}-${i}`;
}

function validityDays({ notBefore, notAfter }: X509Seen): number {
  const days = Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / DAY_MS);
  return Math.min(3650, Math.max(1, days));
}

function documentOf(pair: FoundPair, name: string, issuers: readonly string[], document: string): Found {
  const { leaf, paths } = pair;
  const known = KEY_ALGORITHMS.has(leaf.keyAlgorithm);
  const issuer = issuers.length === 1 ? issuers[0] : undefined;
  const spec = {
    issuer: issuer ?? UNNAMED_ISSUER,
    dnsNames: leaf.dnsNames,
    ...(known ? { keyAlgorithm: leaf.keyAlgorithm } : {}),
    validityDays: validityDays(leaf),
    storage: {
      file: { certificate: toDocument(document, paths.certificate), key: toDocument(document, paths.key) },
    },
  };
  return {
    ref: { plugin: PLUGIN, kind: 'Certificate', name },
    spec,
    notes: [
      `issued by ${leaf.issuer}, valid until ${leaf.notAfter}`,
      ...(issuer === undefined ? [`issuer: the name of the Issuer that is to renew it`] : []),
      ...(known ? [] : [`its key is ${leaf.keyAlgorithm}; the next one will be ecdsa-p256`]),
    ],
  };
}

/** Looks through the folders that are named. What a document names already is left out; a folder that can't be read is a gap. */
export async function discover(
  world: CertificatesReader,
  { desired, memory, places, document, signal, progress }: Discovery,
): Promise<{ readonly found: readonly Found[]; readonly gaps: readonly Gap[] }> {
  const known = new Set<string>();
  const taken = new Set<string>();
  const note = (name: string, spec: CertificateSpec | undefined): void => {
    taken.add(name);
    if (spec?.storage !== undefined) known.add(spec.storage.file.certificate);
  };
  const noteDocument = (each: Desired): void => {
    const spec = certificateSpec(each, undefined);
    note(each.ref.name, spec === undefined ? undefined : certificateFromProject(each.source.file, spec));
  };
  for (const each of desired) if (each.ref.kind === 'Certificate') noteDocument(each);
  for (const each of memory) if (each.ref.kind === 'Certificate') note(each.ref.name, certificateSpec(undefined, each));
  const issuers = desired.filter(({ ref }) => ref.kind === 'Issuer').map(({ ref }) => ref.name);
  const found: Found[] = [];
  const gaps: Gap[] = [];
  for (const [done, place] of places.entries()) {
    progress(done, places.length);
    try {
      for (const pair of await world.findPairs(place, signal)) {
        if (known.has(pair.paths.certificate) || pair.leaf.dnsNames.length === 0) continue;
        const name = nameOf(pair, taken);
        note(name, undefined);
        known.add(pair.paths.certificate);
        found.push(documentOf(pair, name, issuers, document));
      }
    } catch (error) {
      if (signal.aborted) throw error;
      gaps.push({ plugin: PLUGIN, endpoint: place, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { found: found.toSorted((a, b) => (formatRef(a.ref) < formatRef(b.ref) ? -1 : 1)), gaps };
}
