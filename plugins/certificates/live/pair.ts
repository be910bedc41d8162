/**
 * A pair in files, with the leftovers of an interrupted swap next to it.
 *
 * A swap writes a pending file and a backup next to each file; when all of them are durable, it renames the pending
 * ones into place, the key last, without syncs in between; then it removes the backups. A power loss
 * can keep any of the renames and lose any other. The files that are found determine the recovery:
 *
 * | certificate and key in place | next to them | recovery |
 * |---|---|---|
 * | match | nothing | nothing |
 * | match | a pending one of the two | `undo`: remove the backups, then the pending files |
 * | match | other pending files with the content for the pair | `finish`: rename those, then remove the backups |
 * | match | only backups | `finish`: remove them |
 * | do not match | a pending key that matches the certificate, or the reverse | `finish`: rename all pending files |
 * | do not match | a backup of one that matches the other | `finish`: restore all backups |
 * | do not match | backups that match each other | `finish`: restore both, unless neither of the pair exists |
 * | neither exists | pending ones that match, and another file that belongs to them is in place | `finish`: rename them |
 * | anything else | any | `undo` |
 *
 * A removal of leftovers removes the backups first: otherwise an interrupted removal would look like a swap that is
 * nearly done.
 */

import type { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { certificateId } from '../acme/certificate-id.ts';
import { type Place, besides, placesOf } from '../paths.ts';
import { refusal } from '../refusal.ts';
import type { ChainEnd, PairPart, PairSeen, PairStorage, SwapSeen } from '../world.ts';
import type { Accounts } from './accounts.ts';
import { endOf, endOfChain } from './client-path.ts';
import { namesThere } from './files.ts';
import {
  type Resource,
  type PartFile,
  type Parts,
  certificateFile,
  certificatesIn,
  contentOf,
  fits,
  keyFile,
  keyFingerprintOf,
  keyText,
  leafOf,
  pairOf,
  pathFrom,
  readParts,
  storedFiles,
} from './parts.ts';
import { publicTrustOf } from './public-trust.ts';
import { wellKnownAnchors } from './trust.ts';
import { fingerprintOf, isKeyOf, isSignedBy, x509Seen } from './x509-read.ts';
import { defined } from '#plugin';

/** A recovery of a pair: renames, then removals. */
export interface Settlement {
  readonly swap: SwapSeen;
  readonly renames: readonly { readonly from: string; readonly to: string }[];
  readonly drops: readonly string[];
}

export interface PairFiles {
  readonly storage: PairStorage;
  readonly places: readonly Place[];
  readonly stored: Parts;
  readonly pending: Parts;
  readonly backup: Parts;
  readonly pair: Resource;
  readonly settlement: Settlement;
  /** Neither certificate nor key exists, or the swap that stores the first pair was interrupted. */
  readonly absent: boolean;
  readonly leftovers: readonly string[];
}

/** Reports whether a file of another part belongs to a certificate: it holds the certificate, or, as a chain, its issuers. */
function belongs(part: PairPart, file: PartFile | undefined, leaf: X509Certificate | undefined): boolean {
  if (file === undefined || leaf === undefined || file.certificateProblem !== undefined) return false;
  const [first] = file.certificates;
  if (first === undefined) return false;
  if (part === 'chain') return first.raw.equals(leaf.raw) || leaf.issuer === first.subject;
  if (part === 'combined' && (file.key === undefined || !isKeyOf(file.key, leaf))) return false;
  return first.raw.equals(leaf.raw);
}

interface Found {
  readonly places: readonly Place[];
  readonly stored: Parts;
  readonly pending: Parts;
  readonly backup: Parts;
}

/** Certificate and key; the same file in a storage of one file. */
function isMain(part: PairPart, places: readonly Place[]): boolean {
  return part === 'certificate' || part === 'key' || places.length === 1;
}

function settlementOf({ places, stored, pending, backup }: Found): Settlement {
  const pendings = places.filter(({ part }) => pending[part]?.there === true);
  const backups = places.filter(({ part }) => backup[part]?.there === true);
  const keysFirst = (each: readonly Place[]): readonly Place[] => each.toReversed();
  const dropPending = keysFirst(pendings).map(({ path }) => besides(path).pending);
  const dropBackup = keysFirst(backups).map(({ path }) => besides(path).backup);
  const forward = (each: readonly Place[]): Settlement['renames'] =>
    each.map(({ path }) => ({ from: besides(path).pending, to: path }));
  const back = (each: readonly Place[]): Settlement['renames'] =>
    each.map(({ path }) => ({ from: besides(path).backup, to: path }));
  const all: readonly string[] = [...dropBackup, ...dropPending];
  const finish = (renames: Settlement['renames']): Settlement => ({ swap: 'finish', renames, drops: all });
  const undo: Settlement = { swap: all.length === 0 ? 'none' : 'undo', renames: [], drops: all };

  const certificates = [stored, pending, backup].map(certificateFile);
  const keys = [stored, pending, backup].map(keyFile);
  const [inPlace, pendingOne, backupOne] = certificates;
  const [keyInPlace, pendingKey, backupKey] = keys;
  const fit = (certificate: PartFile | undefined, key: PartFile | undefined): boolean =>
    certificate !== undefined && key !== undefined && fits(certificate, key);
  const others = (of: Parts, leaf: X509Certificate | undefined, each: readonly Place[]): readonly Place[] =>
    each.filter(({ part }) => !isMain(part, places) && belongs(part, of[part], leaf));
  /** Complete pending files. A swap renames them when all are durable; a repair must not. */
  const whole = (key: PartFile, leaf: X509Certificate | undefined): readonly Place[] => {
    if (leaf === undefined || key.key === undefined) return [];
    const path = pathFrom(leaf, certificatesIn(stored, pending));
    const text = keyText(key.key);
    const parts = new Set(places.map(({ part }) => part));
    return pendings.filter(
      ({ part }) => !isMain(part, places) && pending[part]?.text === contentOf(part, path, text, parts, pending[part]),
    );
  };

  if (inPlace !== undefined && keyInPlace !== undefined && fits(inPlace, keyInPlace)) {
    if (pendings.some(({ part }) => isMain(part, places))) return undo;
    const leaf = leafOf(inPlace, keyInPlace);
    const waiting = whole(keyInPlace, leaf);
    if (waiting.length > 0) return finish(forward(waiting));
    return pendings.length === 0 && backups.length > 0 ? finish([]) : undo;
  }
  if (fit(inPlace, pendingKey) || fit(pendingOne, keyInPlace)) return finish(forward(pendings));
  if (fit(inPlace, backupKey) || fit(backupOne, keyInPlace)) return finish(back(backups));
  const nothing = inPlace?.there !== true && keyInPlace?.there !== true;
  // If no pair exists, another user removed it, and it is not restored.
  if (fit(backupOne, backupKey) && !nothing) return finish(back(backups));
  if (nothing && pendingOne !== undefined && pendingKey !== undefined && fits(pendingOne, pendingKey)) {
    const leaf = leafOf(pendingOne, pendingKey);
    if (others(stored, leaf, places).length > 0) return finish(forward(pendings));
  }
  return undo;
}

function isAbsent({ stored, pending, backup }: Found): boolean {
  const certificate = certificateFile(stored);
  const key = keyFile(stored);
  if (!certificate.there && !key.there) return true;
  if (certificate.there && key.there) return false;
  if (Object.values(backup).some(({ there }) => there)) return false;
  return certificate.there ? fits(certificate, keyFile(pending)) : fits(certificateFile(pending), key);
}

/** Reads all files of a pair, and a swap's files next to them. Throws a StorageError if one of them cannot be read. */
export async function readPairFiles(storage: PairStorage): Promise<PairFiles> {
  const places = placesOf(storage);
  const namesOf = (which: 'pending' | 'backup'): readonly Place[] =>
    places.map(({ part, path }) => ({ part, path: besides(path)[which] }));
  const stored = await readParts(places);
  const besidesThere = new Set(namesThere([...namesOf('pending'), ...namesOf('backup')].map(({ path }) => path)));
  const there = (which: 'pending' | 'backup'): readonly Place[] =>
    namesOf(which).filter(({ path }) => besidesThere.has(path));
  const pending = await readParts(there('pending'));
  const backup = await readParts(there('backup'));
  const found = { places, stored, pending, backup };
  const left = (which: 'pending' | 'backup', parts: Parts): readonly string[] =>
    places.flatMap(({ part, path }) => (parts[part]?.there === true ? [basename(besides(path)[which])] : []));
  return {
    ...found,
    storage,
    pair: pairOf(stored),
    settlement: settlementOf(found),
    absent: isAbsent(found),
    leftovers: [...left('pending', pending), ...left('backup', backup)].sort(),
  };
}

/** Names of files, not owned, in the places of a first pair: all of them, if fettle has started no swap here. */
export function inTheWay(files: PairFiles, untouched: boolean): readonly string[] {
  const { places, stored, pending, absent } = files;
  if (!absent || untouched) return places.flatMap(({ part, path }) => (stored[part]?.there === true ? [path] : []));
  const certificate = certificateFile(pending);
  const key = keyFile(pending);
  const leaf = leafOf(certificate.there ? certificate : certificateFile(stored), key.there ? key : keyFile(stored));
  return places.flatMap(({ part, path }) => {
    const file = stored[part];
    if (file?.there !== true) return [];
    return part === 'key' || belongs(part, file, leaf) ? [] : [path];
  });
}

/** The certificate that ends the validity of the chain before the leaf ends. */
function chainEndOf({ path: [leaf, ...path], others }: Resource): { readonly chain_end?: ChainEnd } {
  if (leaf === undefined) return {};
  const stored = [...path, ...others];
  // If the root is stored with the pair, the well-known ones, which take some ms to read, are not needed.
  const isWhole = isSignedBy(leaf, leaf) || stored.some((each) => each.issuer === each.subject);
  const end = endOfChain({ leaf, others: stored, anchorsOf: isWhole ? () => [] : wellKnownAnchors });
  if (endOf(end) >= endOf(leaf)) return {};
  const from = stored.some((each) => each.raw.equals(end.raw)) ? 'stored with it' : 'one of the well-known anchors';
  const { subject, fingerprint, not_after: notAfter } = x509Seen(end);
  return { chain_end: { subject, fingerprint, not_after: notAfter, from } };
}

/** The facts of a pair; the certificates that lead to its root come first. */
export function seenOfPair(
  pair: Resource,
): Omit<Extract<PairSeen, { status: 'seen' }>, 'status' | 'files' | 'swap' | 'replaced' | 'leftovers'> {
  const [leaf, issuer] = pair.path;
  const signer = issuer ?? (leaf !== undefined && isSignedBy(leaf, leaf) ? leaf : undefined);
  const key = keyFingerprintOf(pair.key);
  return defined({
    problem_code: pair.problem?.code,
    problem: pair.problem?.text,
    chain: [...pair.path, ...pair.others].map(x509Seen),
    certificate_id: leaf === undefined ? undefined : certificateId(leaf),
    issuer_fingerprint: signer === undefined ? undefined : fingerprintOf(signer),
    ...chainEndOf(pair),
    public_trust: leaf === undefined ? undefined : publicTrustOf(leaf, [...pair.path.slice(1), ...pair.others]),
    key_matches: pair.matches,
    key_fingerprint: key,
  });
}

/** Throws if a file has the name of a swap's file, but fettle has started no swap here. */
export function refuseLeftovers({ leftovers }: PairFiles): void {
  const [first] = leftovers;
  if (first !== undefined)
    throw new Error(refusal(first, 'has the name of a copy that fettle keeps, but fettle did not create it'));
}

export function pairSeen(files: PairFiles, accounts: Accounts): PairSeen {
  const { places, stored, backup, pair, settlement, leftovers } = files;
  if (files.absent) return { status: 'absent', leftovers };
  const before = certificateFile(backup);
  const [replaced] = before.certificates;
  return {
    status: 'seen',
    ...seenOfPair(pair),
    files: storedFiles(places, stored, pair, files.storage, accounts),
    swap: settlement.swap,
    ...(replaced === undefined || before.certificateProblem !== undefined ? {} : { replaced: x509Seen(replaced) }),
    leftovers,
  };
}
