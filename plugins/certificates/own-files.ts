/** Whose files are whose: fettle replaces and removes what it wrote, or adopted in a usable state, and nothing else. */

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

/** Paths whose files are fettle's. Older memory says so by the key that it remembers of what was applied. */
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

/** Whether a file holds what follows from the pair whose key is ours, wherever it lies. */
function holdsOurs({ part, problem, unusable }: StoredFile, pair: Stored, key: string | undefined): boolean {
  if (unusable !== undefined || key === undefined || pair.key_fingerprint !== key) return false;
  return part === 'key' || (pair.problem === undefined && problem === undefined);
}

/** Files where a resource of ours is to be stored that are somebody else's. */
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

/** Which files are ours, as a look tells: those that can be used when a pair is adopted, and all that a step began to write. */
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

/** Files in the place of ours that hold none of what they ought to. */
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

/** Files in the place of ours that hold a key, and none of ours; a swap that has to be finished explains what lies there. */
function damagedKeys(facts: CertificateFacts, storage: PairStorage): readonly ForeignFile[] {
  if (facts.elsewhere === true || facts.swap !== 'none') return [];
  return damaged(facts, storage).filter(({ isKey }) => isKey);
}

/** What would be lost: the files that no step replaces or removes unless it is told to. */
function lostFiles(resource: CertificateResource): readonly ForeignFile[] {
  const facts = seenFacts(resource);
  const spec = certificateSpec(resource.desired, resource.memory);
  if (facts === undefined || spec === undefined) return [];
  const foreign = facts.foreign ?? [];
  const keys = damagedKeys(facts, spec.storage).filter(({ path }) => !foreign.some((each) => each.path === path));
  return [...foreign, ...keys.map(({ path, holds }) => ({ path, holds }))];
}

/**
 * Whether the stored certificate is one that was ours: the one that fettle made last, or one that was seen usable here.
 * Where none is remembered, nothing speaks against it.
 */
function isOwnCertificate({ fingerprint }: CertificateFacts, kept: Partial<CertificateMemory> | undefined): boolean {
  const { made, fingerprint: seen, former = [] } = kept ?? {};
  const own = made !== undefined ? [made] : seen !== undefined ? [seen, ...former] : [];
  return fingerprint === undefined || own.length === 0 || own.includes(fingerprint);
}

/** Files in the place of ours that hold something else, and may be all that somebody has of it. */
function oddFiles(resource: CertificateResource): readonly ForeignFile[] {
  const { desired, memory } = resource;
  const facts = seenFacts(resource);
  const spec = certificateSpec(desired, memory);
  // A swap that has to be finished explains what lies there.
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

/** What a removal would take away that is not ours; where the key is another one, the rule `foreign-key` says so. */
function strangeFiles(resource: CertificateResource): readonly ForeignFile[] {
  const lost = lostFiles(resource);
  if (isOtherKey(seenFacts(resource) ?? {}, resource.memory?.kept ?? {})) return lost;
  const known = new Set(lost.map(({ path }) => path));
  return [...lost, ...oddFiles(resource).filter(({ path }) => !known.has(path))];
}

/** What a step on a pair is judged on, and which files it keeps beside their places. */
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
  // Of these the rule `foreign-key` says what they are.
  const isTold = ['encrypted', 'not-a-file'].includes(seenFacts(resource)?.problem_code ?? '');
  const lost = isTold
    ? (seenFacts(resource)?.foreign ?? [])
    : change.goal === 'remove'
      ? strangeFiles(resource)
      : lostFiles(resource);
  const used = { files: lost.map(({ path, holds }) => ({ path, holds })) };
  if (lost.length === 0) return pass('what lies there was written by fettle, or adopted in a usable state', used);
  const verb = change.goal === 'remove' ? 'removed' : 'replaced';
  return reject(
    `${listText(lost)} would be ${verb}, and ${lost.length === 1 ? 'is' : 'are'} neither written by fettle nor adopted in a usable state`,
    used,
    {
      remedy: {
        outside: 'move what lies there away, or name another path; an override keeps it beside its place, as `.kept-1`',
      },
    },
  );
}

/** The rule on the removal of an authority: it is the one that is remembered, and was usable. */
export function foreignAuthority(_change: Change, resource: IssuerResource): Verdict {
  const { desired, memory } = resource;
  const dir = issuerSpec(desired, memory)?.localCa?.dir ?? '';
  const { fingerprint, problem } = seenFacts(resource) ?? {};
  const remembered = memory?.kept.fingerprint;
  const used = { dir, observed: fingerprint ?? null, remembered: remembered ?? null, problem: problem ?? null };
  const remedy = {
    outside: `move ca.crt and ca.key of ${dir} away; an override keeps them beside their places, as \`.kept-1\``,
  };
  if (remembered === undefined)
    return reject(
      `the files in ${dir} were never an authority that can sign: ca.crt and ca.key would be removed`,
      used,
      { remedy },
    );
  if (fingerprint !== remembered)
    return reject(`the authority in ${dir} is ${fingerprint ?? 'not readable'}, ${remembered} is remembered`, used, {
      remedy,
    });
  // A removal that was interrupted has removed the key already.
  if (problem !== undefined && problem !== KEY_MISSING)
    return reject(`${problem} in ${dir}: what lies there would be removed`, used, { remedy });
  return pass('the authority that is remembered', used);
}

const KEY_MISSING = 'ca.key is missing';

/** Whether what an Issuer's removal takes away is kept: an override let it through. */
export function keepsAuthority(resource: IssuerResource, change: Change): boolean {
  return foreignAuthority(change, resource).outcome === 'reject';
}
