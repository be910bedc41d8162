/** Ownership of files: fettle replaces and removes only files that it wrote, or adopted in a usable state. */

import { type Change, type Memory, pass, reject, type Verdict, defined, mayBeOwned, seenFacts } from '#plugin';
import type { CertificateResource, IssuerResource } from './diff.ts';
import type { CertificateFacts, ForeignFile } from './facts.ts';
import type { CertificateMemory, CertificateSpec } from './generated.ts';
import { holdsKey, placesOf } from './paths.ts';
import { certificateSpec, isOtherKey, issuerSpec, mayGain, swaps } from './remembered.ts';
import type { Judged, PairSeen, PairStorage, StoredFile } from './world.ts';

type Stored = Extract<PairSeen, { status: 'seen' }>;

function pathsOf(storage: PairStorage | undefined): readonly string[] {
  return storage === undefined ? [] : placesOf(storage).map(({ path }) => path);
}

function storageIn(spec: unknown): PairStorage | undefined {
  return (spec as CertificateSpec | undefined)?.storage;
}

/** Paths of owned files. Older state without `places` has them by its recorded key and the applied spec. */
function ownPaths(memory: Memory<CertificateMemory>): ReadonlySet<string> {
  const { kept, applied, open, owned } = memory;
  const isUsable = kept.key !== undefined || owned === 'created';
  const written = kept.places ?? (isUsable ? pathsOf(storageIn(applied?.spec)) : []);
  const begun = open !== undefined && swaps(open.step) ? pathsOf(storageIn(open.applied?.spec)) : [];
  return new Set([...written, ...begun]);
}

function isThere({ mode, unusable }: StoredFile): boolean {
  return mode !== undefined || unusable !== undefined;
}

/** True if a file belongs to the pair with the owned key, at any place. */
function holdsOurs({ part, problem, unusable }: StoredFile, pair: Stored, key: string | undefined): boolean {
  if (unusable !== undefined || key === undefined || pair.key_fingerprint !== key) return false;
  return part === 'key' || (pair.problem === undefined && problem === undefined);
}

/** Foreign files at the declared places of an owned resource. */
export function foreignFiles(
  storage: PairStorage,
  pair: PairSeen,
  memory: Memory<CertificateMemory> | undefined,
): readonly ForeignFile[] {
  if (pair.status === 'absent' || memory === undefined || !mayBeOwned(memory)) return [];
  const own = ownPaths(memory);
  const paths = new Map(placesOf(storage).map(({ part, path }) => [part, path]));
  return pair.files.flatMap((file) => {
    const path = paths.get(file.part);
    if (path === undefined || !isThere(file) || own.has(path) || holdsOurs(file, pair, memory.kept.key)) return [];
    return [{ path, holds: file.unusable ?? (holdsKey(file.part) ? 'holds a private key' : 'holds certificates') }];
  });
}

/** Records the owned files: usable files of an adopted pair, and all files that a step started to write. */
export function notePlaces(resource: CertificateResource): Partial<CertificateMemory> {
  const { desired, memory } = resource;
  const facts = seenFacts(resource);
  const spec = certificateSpec(desired, memory);
  if (spec === undefined || facts?.usable !== true || facts.elsewhere === true) return {};
  const isUnderWay = memory?.open !== undefined && swaps(memory.open.step);
  const isNew =
    mayGain(resource) && (!mayBeOwned(memory) || (memory?.kept.key === undefined && memory?.kept.places === undefined));
  if (!isUnderWay && !isNew) return {};
  const usable = new Set(
    facts.files.flatMap((file) => (isThere(file) && file.unusable === undefined ? [file.part] : [])),
  );
  const places = placesOf(spec.storage).flatMap(({ part, path }) => (isUnderWay || usable.has(part) ? [path] : []));
  return memory?.kept.places?.join('\0') === places.join('\0') ? {} : { places };
}

/** Files at owned places with damaged content. */
function damaged(
  facts: CertificateFacts,
  storage: PairStorage,
): readonly (ForeignFile & { readonly isKey: boolean })[] {
  const paths = new Map(placesOf(storage).map(({ part, path }) => [part, path]));
  return facts.files.flatMap(({ part, unusable }) => {
    const path = paths.get(part);
    return path === undefined || unusable === undefined ? [] : [{ path, holds: unusable, isKey: holdsKey(part) }];
  });
}

/** Damaged files in the place of the owned key, except during an incomplete swap, which explains them. */
function damagedKeys(facts: CertificateFacts, storage: PairStorage): readonly ForeignFile[] {
  if (facts.elsewhere === true || facts.swap !== 'none') return [];
  return damaged(facts, storage).filter(({ isKey }) => isKey);
}

/** Files that would be lost: no step replaces or removes them without an override. */
function lostFiles(resource: CertificateResource): readonly ForeignFile[] {
  const facts = seenFacts(resource);
  const spec = certificateSpec(resource.desired, resource.memory);
  if (facts === undefined || spec === undefined) return [];
  const foreign = facts.foreign ?? [];
  const keys = damagedKeys(facts, spec.storage).filter(({ path }) => !foreign.some((each) => each.path === path));
  return [...foreign, ...keys.map(({ path, holds }) => ({ path, holds }))];
}

/**
 * True if the stored certificate is owned: the last one that fettle issued, or one that was usable here at a refresh.
 * Without a recorded certificate, true.
 */
function isOwnCertificate({ fingerprint }: CertificateFacts, kept: Partial<CertificateMemory> | undefined): boolean {
  const { made, fingerprint: seen, former = [] } = kept ?? {};
  const own = made !== undefined ? [made] : seen !== undefined ? [seen, ...former] : [];
  return fingerprint === undefined || own.length === 0 || own.includes(fingerprint);
}

/** Files at owned places with foreign content, which may be its only copy. */
function oddFiles(resource: CertificateResource): readonly ForeignFile[] {
  const { desired, memory } = resource;
  const facts = seenFacts(resource);
  const spec = certificateSpec(desired, memory);
  // An incomplete swap explains these files.
  if (facts === undefined || spec === undefined || facts.elsewhere === true || facts.swap !== 'none') return [];
  const isOther = isOtherKey(facts, memory?.kept ?? {});
  const isOtherCertificate = !facts.usable && !isOwnCertificate(facts, memory?.kept);
  const there = new Set(facts.files.flatMap((file) => (isThere(file) ? [file.part] : [])));
  const odd = placesOf(spec.storage).filter(
    ({ part }) => there.has(part) && (holdsKey(part) ? isOther : isOtherCertificate || (isOther && facts.usable)),
  );
  const broken = damaged(facts, spec.storage);
  const known = new Set(broken.map(({ path }) => path));
  return [
    ...broken.map(({ path, holds }) => ({ path, holds })),
    ...odd.filter(({ path }) => !known.has(path)).map(({ path }) => ({ path, holds: 'holds another certificate' })),
  ];
}

/** Foreign files that a removal would delete. The rule `foreign-key` covers a foreign key. */
function strangeFiles(resource: CertificateResource): readonly ForeignFile[] {
  const lost = lostFiles(resource);
  if (isOtherKey(seenFacts(resource) ?? {}, resource.memory?.kept ?? {})) return lost;
  const known = new Set(lost.map(({ path }) => path));
  return [...lost, ...oddFiles(resource).filter(({ path }) => !known.has(path))];
}

/** The key that the rules judged, and the files that a step keeps next to their places. */
export function judgedOf(resource: CertificateResource, removes = false): { readonly found?: Judged } {
  const facts = seenFacts(resource);
  if (facts === undefined) return {};
  const keep = [
    ...new Set(
      [...(removes ? strangeFiles(resource) : [...lostFiles(resource), ...oddFiles(resource)])].map(({ path }) => path),
    ),
  ];
  return { found: defined({ key: facts.key_fingerprint, keep }) };
}

function listText(files: readonly ForeignFile[]): string {
  return files.map(({ path, holds }) => `${path} (${holds})`).join(', ');
}

/** The rule on every step that overwrites or removes files of a pair. */
export function foreignFile(change: Change, resource: CertificateResource): Verdict {
  if (change.step === 'normal>normal' && change.fields.length === 0) return pass('no file is written', {});
  // The rule `foreign-key` covers these.
  const isTold = ['encrypted', 'not-a-file'].includes(seenFacts(resource)?.problem_code ?? '');
  const lost = isTold
    ? (seenFacts(resource)?.foreign ?? [])
    : change.goal === 'remove'
      ? strangeFiles(resource)
      : lostFiles(resource);
  const used = { files: lost.map(({ path, holds }) => ({ path, holds })) };
  if (lost.length === 0) return pass('fettle wrote the files, or adopted them in a usable state', used);
  const verb = change.goal === 'remove' ? 'removed' : 'replaced';
  return reject(
    `${listText(lost)} would be ${verb}. fettle neither created nor adopted ${lost.length === 1 ? 'it' : 'them'} in a usable state`,
    used,
    {
      remedy: {
        outside:
          'move the file away, or declare another path; with an override, the file stays next to its place as `.kept-1`',
      },
    },
  );
}

/** The rule on the deactivation of an account: the key is the recorded one. A key that fettle did not create stays. */
function foreignAccount(resource: IssuerResource, path: string): Verdict {
  const { thumbprint } = seenFacts(resource) ?? {};
  const { thumbprint: recorded, account } = resource.memory?.kept ?? {};
  const used = { account: account ?? null, observed: thumbprint ?? null, remembered: recorded ?? null };
  if (thumbprint !== undefined && thumbprint === recorded) return pass('the key is that of the account', used);
  return reject(
    `the key ${path} is not that of the account ${account ?? ''}, so the account cannot be deactivated with it`,
    used,
    { remedy: { outside: `put the recorded key back to ${path}, or release the Issuer with \`fettle state forget\`` } },
  );
}

/** The rule on the removal of an authority: it must be the recorded one, and have been usable. */
export function foreignAuthority(_change: Change, resource: IssuerResource): Verdict {
  const { desired, memory } = resource;
  const spec = issuerSpec(desired, memory);
  if (spec?.acme !== undefined) return foreignAccount(resource, spec.acme.accountKey);
  const dir = spec?.localCa?.dir ?? '';
  const { fingerprint, problem } = seenFacts(resource) ?? {};
  const remembered = memory?.kept.fingerprint;
  const used = { dir, observed: fingerprint ?? null, remembered: remembered ?? null, problem: problem ?? null };
  const remedy = {
    outside: `move ca.crt and ca.key of ${dir} away; with an override, they stay next to their places as \`.kept-1\``,
  };
  if (remembered === undefined)
    return reject(`the files in ${dir} have never been a usable authority. ca.crt and ca.key would be removed`, used, {
      remedy,
    });
  if (fingerprint !== remembered)
    return reject(
      `the authority in ${dir} is ${fingerprint ?? 'not readable'}. The state records ${remembered}`,
      used,
      {
        remedy,
      },
    );
  // An interrupted removal has already removed the key.
  if (problem !== undefined && problem !== KEY_MISSING)
    return reject(`${problem} in ${dir}. The files there would be removed`, used, { remedy });
  return pass('the authority is the one in the state', used);
}

const KEY_MISSING = 'ca.key is missing';

/** True if the removal of an Issuer keeps its files next to their places, because an override accepted it. */
export function keepsAuthority(resource: IssuerResource, change: Change): boolean {
  return foreignAuthority(change, resource).outcome === 'reject';
}
