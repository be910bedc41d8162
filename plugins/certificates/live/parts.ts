/**
 * The parts of a pair: what each of its files holds, put together to one pair, and what each of them ought to hold.
 *
 * The certificate is the one that the key belongs to, wherever in its file it stands; what leads from it to its root is
 * looked for in all files of the pair.
 */

import { type KeyObject, type X509Certificate, createPublicKey } from 'node:crypto';
import { type Place, PARTS, holdsKey } from '../paths.ts';
import type { PairPart, PairProblem, PairStorage, StoredFile } from '../world.ts';
import { type Accounts, idFor, nameFor } from './accounts.ts';
import { type Attributes, type FileStat, readWhole } from './files.ts';
import { isKeyOf, isSignedBy, publicKeyFingerprint, readChain, readKey } from './x509-read.ts';
import { defined } from '#plugin';

const CHAIN_LIMIT = 1_048_576;
const KEY_LIMIT = 65_536;

const CERTIFICATE_MODE = 0o644;
const NEW_KEY_MODE = 0o600;
/** No key may be open to more than this. */
const MOST_KEY_MODE = 0o640;

interface Problem {
  readonly code: PairProblem;
  readonly text: string;
}

/** One file as it was read. Of the two, only what its part holds is looked for. */
export interface PartFile {
  readonly there: boolean;
  /** What it is, where it is no file that can be read. */
  readonly what?: string;
  readonly text?: string;
  readonly stat?: FileStat;
  readonly certificates: readonly X509Certificate[];
  readonly certificateProblem?: Problem;
  /** Why no server loads it, whatever it holds. */
  readonly broken?: string;
  readonly key?: KeyObject;
  readonly keyProblem?: Problem;
}

function unread(problem: Pick<Problem, 'code'>, what: string, there: boolean): PartFile {
  return {
    there,
    ...(there ? { what } : {}),
    certificates: [],
    certificateProblem: {
      ...problem,
      text: there ? `the certificate's file is ${what}` : `the certificate is ${what}`,
    },
    keyProblem: { ...problem, text: there ? `the key's file is ${what}` : `the key is ${what}` },
  };
}

/** Reads one file. Throws a StorageError where it can't be told what is there. */
export async function readPart(part: PairPart, path: string): Promise<PartFile> {
  const seen = await readWhole(path, part === 'key' ? KEY_LIMIT : CHAIN_LIMIT);
  if (seen.kind === 'missing') return unread({ code: 'missing' }, 'missing', false);
  if (seen.kind === 'other') return unread({ code: 'not-a-file' }, seen.what, true);
  const chain = part === 'key' ? undefined : readChain(seen.text);
  const key = holdsKey(part) ? readKey(seen.text) : undefined;
  return {
    there: true,
    text: seen.text,
    stat: seen.stat,
    certificates: chain?.certificates ?? [],
    ...(chain?.broken === true && chain.problem !== undefined ? { broken: chain.problem } : {}),
    ...(chain?.problem === undefined
      ? {}
      : { certificateProblem: { code: 'damaged', text: `the certificate's file ${chain.problem}` } }),
    ...(key === undefined
      ? {}
      : 'key' in key
        ? { key: key.key }
        : { keyProblem: { code: key.code, text: `the key's file ${key.problem}` } }),
  };
}

export type Parts = Readonly<Partial<Record<PairPart, PartFile>>>;

export async function readParts(places: readonly Place[]): Promise<Parts> {
  const read = await Promise.all(places.map(async ({ part, path }) => [part, await readPart(part, path)] as const));
  return Object.fromEntries(read);
}

const NOTHING: PartFile = unread({ code: 'missing' }, 'missing', false);

/** The files that the certificate and the key are read from: in a storage of one file, the same. */
export function certificateFile(parts: Parts): PartFile {
  return parts.certificate ?? parts.combined ?? NOTHING;
}

export function keyFile(parts: Parts): PartFile {
  return parts.key ?? parts.combined ?? NOTHING;
}

/** The certificate of a file that a key belongs to; without a key that fits, the first. */
export function leafOf(certificate: PartFile, key: PartFile): X509Certificate | undefined {
  const { certificates } = certificate;
  const own = key.key;
  return (own === undefined ? undefined : certificates.find((each) => isKeyOf(own, each))) ?? certificates[0];
}

/** Whether a certificate and a key, each of its own file, can be used together. */
export function fits(certificate: PartFile, key: PartFile): boolean {
  const own = key.key;
  return (
    certificate.certificateProblem === undefined &&
    own !== undefined &&
    certificate.certificates.some((each) => isKeyOf(own, each))
  );
}

function same(a: X509Certificate | undefined, b: X509Certificate | undefined): boolean {
  return a !== undefined && b !== undefined && (a === b || a.raw.equals(b.raw));
}

/** A certificate and what leads from it to its root, each signed by the next, as far as the others reach. */
export function pathFrom(leaf: X509Certificate, others: readonly X509Certificate[]): readonly X509Certificate[] {
  const path = [leaf];
  for (;;) {
    const last = path.at(-1) ?? leaf;
    if (isSignedBy(last, last)) return path;
    const next = others.find((each) => isSignedBy(last, each) && !path.some((known) => same(known, each)));
    if (next === undefined) return path;
    path.push(next);
  }
}

/** All certificates of some files, each one once, in the order of the parts. */
export function certificatesIn(...all: readonly Parts[]): readonly X509Certificate[] {
  const found = new Map<string, X509Certificate>();
  for (const parts of all)
    for (const part of PARTS)
      for (const each of parts[part]?.certificates ?? [])
        if (!found.has(each.fingerprint256)) found.set(each.fingerprint256, each);
  return [...found.values()];
}

/** A pair as all of its files together make it. */
export interface Resource {
  readonly problem?: Problem;
  readonly matches: boolean;
  /** The certificate, and what leads from it to its root. */
  readonly path: readonly X509Certificate[];
  /** Other certificates in the same files. */
  readonly others: readonly X509Certificate[];
  readonly key?: KeyObject;
}

export function pairOf(parts: Parts): Resource {
  const certificate = certificateFile(parts);
  const key = keyFile(parts);
  const matches = fits(certificate, key);
  const problem =
    certificate.certificateProblem ??
    key.keyProblem ??
    (matches ? undefined : { code: 'key-mismatch' as const, text: 'the key does not belong to the certificate' });
  const leaf = leafOf(certificate, key);
  const all = certificatesIn(parts);
  const path = leaf === undefined ? [] : pathFrom(leaf, all);
  return defined({
    problem,
    matches,
    path,
    others: all.filter((each) => !path.some((known) => same(known, each))),
    key: key.key,
  });
}

/** SHA-256 of the public half of a key, as far as it has one. */
export function keyFingerprintOf(key: KeyObject | undefined): string | undefined {
  try {
    return key === undefined ? undefined : publicKeyFingerprint(createPublicKey(key));
  } catch {
    return undefined;
  }
}

/** The certificates that a part holds. One that signed itself is its own authority: a service gets no empty file. */
function certificatesOf(
  part: PairPart,
  path: readonly X509Certificate[],
  parts: ReadonlySet<PairPart>,
): readonly X509Certificate[] {
  if (part === 'key') return [];
  if (part === 'certificate' && (parts.has('chain') || parts.has('fullchain'))) return path.slice(0, 1);
  if (part !== 'chain') return path;
  const [leaf] = path;
  return leaf !== undefined && path.length === 1 && isSignedBy(leaf, leaf) ? path : path.slice(1);
}

/** The text of one file of a pair: PEM. */
export function contentOf(
  part: PairPart,
  path: readonly X509Certificate[],
  keyText: string,
  parts: ReadonlySet<PairPart>,
): string {
  const text = certificatesOf(part, path, parts)
    .map((each) => each.toString())
    .join('');
  return holdsKey(part) ? text + keyText : text;
}

/** Whether certificates are those that are expected, in their order. Clients have the root, so it may be left out; others may follow. */
function inOrder(found: readonly X509Certificate[], expected: readonly X509Certificate[]): boolean {
  const last = expected.at(-1);
  const least =
    last !== undefined && expected.length > 1 && isSignedBy(last, last) ? expected.length - 1 : expected.length;
  return found.length >= least && expected.every((each, i) => (i >= found.length ? i >= least : same(found[i], each)));
}

/** How the content of one file is not what the pair makes of it. */
function contentProblem(
  part: PairPart,
  file: PartFile | undefined,
  pair: Resource,
  parts: ReadonlySet<PairPart>,
): string | undefined {
  if (file?.there !== true) return 'is missing';
  if (file.text === undefined) return 'is no regular file';
  const [leaf] = pair.path;
  if (part === 'key' || leaf === undefined) return undefined;
  const found = file.certificates;
  const expected = certificatesOf(part, pair.path, parts);
  if (part === 'combined' && (file.key === undefined || !isKeyOf(file.key, leaf))) return 'does not hold the key';
  if (part === 'chain') {
    if (file.certificateProblem !== undefined) return 'holds no certificates';
  } else if (!found.some((each) => same(each, leaf))) return 'holds another certificate';
  if (part === 'certificate' && same(found[0], leaf) && expected.length < pair.path.length && found.length > 1)
    return 'holds more than the certificate';
  return inOrder(found, expected) ? undefined : 'is not in order';
}

/** Whether it is known what signed the certificate, so that a chain can be written. */
function knowsChain({ path }: Resource): boolean {
  const [leaf] = path;
  return path.length > 1 || (leaf !== undefined && isSignedBy(leaf, leaf));
}

/** Why a file that is there, and not empty, cannot be used as a part, whatever the other files hold. */
function unusableAs(part: PairPart, file: PartFile | undefined): string | undefined {
  if (file?.there !== true) return undefined;
  if (file.text === undefined) return file.what ?? 'no regular file';
  if (file.text.trim() === '') return undefined;
  const problems = [part === 'key' ? undefined : file.certificateProblem, holdsKey(part) ? file.keyProblem : undefined];
  return problems.find((each) => each !== undefined)?.text.replace(/^the (?:certificate|key)'s file /u, '');
}

/** Whether a certificate leads to another one, by way of those in between: as its issuer, or that of its issuer, however often it was cross-signed. */
function leadsTo(leaf: X509Certificate, all: readonly X509Certificate[]): (found: X509Certificate) => boolean {
  const known = new Set([leaf]);
  // What is added while the set is gone through is met by the same loop.
  for (const each of known) for (const other of all) if (!known.has(other) && isSignedBy(each, other)) known.add(other);
  return (found) => [...known].some((each) => same(each, found));
}

/**
 * Why a file that can be read does not belong to a pair: what it holds is another one's, such as the key of another
 * service, or a bundle of authorities that others use too. Out of date, or in another order, is no such reason.
 */
function otherThan(pair: Resource, part: PairPart, file: PartFile | undefined): string | undefined {
  const { problem, path, others, key } = pair;
  const [leaf] = path;
  if (leaf === undefined || file?.there !== true) return undefined;
  const { certificates } = file;
  const isOfPair = (each: X509Certificate): boolean => same(each, leaf) || (key !== undefined && isKeyOf(key, each));
  if (part === 'chain') {
    const belongs = leadsTo(leaf, [...path, ...others]);
    return certificates.every((each) => belongs(each) || isOfPair(each))
      ? undefined
      : 'holds certificates that do not lead to its authority';
  }
  // What belongs together is not known then.
  if (problem !== undefined) return undefined;
  if (holdsKey(part) && file.key !== undefined && !isKeyOf(file.key, leaf))
    return 'holds the key of another certificate';
  return part === 'key' || certificates.some(isOfPair) ? undefined : 'holds another certificate';
}

/** Every file of a storage, as it is seen. Where the pair itself can't be used, nothing is said of what the files hold. */
export function storedFiles(
  places: readonly Place[],
  files: Parts,
  pair: Resource,
  storage: PairStorage,
  accounts: Accounts,
): readonly StoredFile[] {
  const wanted = storage.file ?? storage.directory;
  const parts = new Set(places.map(({ part }) => part));
  return places.map(({ part }) => {
    const file = files[part];
    const stat = file?.stat;
    const problem = pair.problem === undefined ? contentProblem(part, file, pair, parts) : undefined;
    const isEmpty = file?.text?.trim() === '';
    const unusable = unusableAs(part, file) ?? (isEmpty ? undefined : otherThan(pair, part, file));
    const isLost = problem !== undefined && part !== 'certificate' && !knowsChain(pair);
    return {
      part,
      ...(stat === undefined
        ? {}
        : {
            mode: stat.mode,
            owner: nameFor(stat.uid, wanted?.owner, 'user', accounts),
            group: nameFor(stat.gid, wanted?.group, 'group', accounts),
          }),
      ...(stat?.link === true ? { link: true as const } : {}),
      ...(unusable === undefined ? {} : { unusable }),
      ...(problem === undefined ? {} : { problem }),
      ...(isLost ? { lost: true as const } : {}),
    };
  });
}

function keyMode(written: string | undefined, stat: FileStat | undefined): number {
  if (written !== undefined) return Number.parseInt(written, 8);
  const mode = stat === undefined ? NEW_KEY_MODE : Number.parseInt(stat.mode, 8);
  return (mode & ~MOST_KEY_MODE) === 0 && mode !== 0 ? mode : NEW_KEY_MODE;
}

/** Owner, group and mode that a file is to have: as the document says, else as those of the one in its place. Throws where there is no such user. */
export function attributesFor(part: PairPart, storage: PairStorage, files: Parts, accounts: Accounts): Attributes {
  const wanted = storage.file ?? storage.directory;
  const like = files[part]?.stat ?? (holdsKey(part) ? keyFile(files) : certificateFile(files)).stat;
  const uid = idFor(wanted?.owner, 'user', accounts) ?? like?.uid;
  const gid = idFor(wanted?.group, 'group', accounts) ?? like?.gid;
  return defined({
    uid,
    gid,
    mode: holdsKey(part) ? keyMode(wanted?.mode, like) : CERTIFICATE_MODE,
  });
}

/** Owner, group and mode of a copy: as those of the original, and never open to more than a key may be. */
export function attributesOfCopy(part: PairPart, { uid, gid, mode }: FileStat): Attributes {
  const own = Number.parseInt(mode, 8);
  return { uid, gid, mode: holdsKey(part) ? own & MOST_KEY_MODE : own & 0o777 };
}

/** The private key of a pair as PEM, PKCS#8. */
export function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
