/**
 * The parts of a pair: the content of each file, combined into one pair, and the expected content of each file.
 *
 * The certificate is the one that the key belongs to, at any position in its file; the path from it to its root is
 * searched in all files of the pair.
 */

import { type KeyObject, type X509Certificate, createPublicKey } from 'node:crypto';
import { type Place, PARTS, holdsKey } from '../paths.ts';
import type { PairPart, PairProblem, PairStorage, StoredFile } from '../world.ts';
import { type Accounts, idFor, nameFor } from './accounts.ts';
import { type Attributes, type FileStat, readWhole } from './files.ts';
import { blocksOf } from './pem.ts';
import { isKeyOf, isSignedBy, publicKeyFingerprint, readChain, readKey } from './x509-read.ts';
import { defined } from '#plugin';

const CHAIN_LIMIT = 1_048_576;
const KEY_LIMIT = 65_536;

const CERTIFICATE_MODE = 0o644;
const NEW_KEY_MODE = 0o600;
/** The widest permitted mode of a key. */
const MOST_KEY_MODE = 0o640;

interface Problem {
  readonly code: PairProblem;
  readonly text: string;
}

/** One file as read. Certificates and key are parsed only if the part holds them. */
export interface PartFile {
  readonly there: boolean;
  /** The kind of object, if the path is not a readable file. */
  readonly what?: string;
  readonly text?: string;
  readonly stat?: FileStat;
  readonly certificates: readonly X509Certificate[];
  readonly certificateProblem?: Problem;
  /** The reason for which servers refuse the file. */
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

/** Reads one file. Throws a StorageError if the path cannot be examined. */
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

/** The files of the certificate and of the key; the same in a storage of one file. */
export function certificateFile(parts: Parts): PartFile {
  return parts.certificate ?? parts.combined ?? NOTHING;
}

export function keyFile(parts: Parts): PartFile {
  return parts.key ?? parts.combined ?? NOTHING;
}

/** The certificate of a file that matches a key; the first one if none matches. */
export function leafOf(certificate: PartFile, key: PartFile): X509Certificate | undefined {
  const { certificates } = certificate;
  const own = key.key;
  return (own === undefined ? undefined : certificates.find((each) => isKeyOf(own, each))) ?? certificates[0];
}

/** Reports whether a certificate and a key of two files match. */
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

/** The path from a certificate towards its root, each signed by the next, as far as the others reach. */
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

/** All distinct certificates of some files, in the order of the parts. */
export function certificatesIn(...all: readonly Parts[]): readonly X509Certificate[] {
  const found = new Map<string, X509Certificate>();
  for (const parts of all)
    for (const part of PARTS)
      for (const each of parts[part]?.certificates ?? [])
        if (!found.has(each.fingerprint256)) found.set(each.fingerprint256, each);
  return [...found.values()];
}

/** A pair, combined from all of its files. */
export interface Resource {
  readonly problem?: Problem;
  readonly matches: boolean;
  /** The certificate and the path to its root. */
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

/** SHA-256 of the public part of a key, if it has one. */
export function keyFingerprintOf(key: KeyObject | undefined): string | undefined {
  try {
    return key === undefined ? undefined : publicKeyFingerprint(createPublicKey(key));
  } catch {
    return undefined;
  }
}

/** The certificates of a part. A self-signed one is its own authority, so that no service gets an empty file. */
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

/** Labels of blocks that follow from the pair; a new pair has its own. */
const OF_PAIR = /(?:CERTIFICATE|CERTIFICATE REQUEST|PRIVATE KEY|PUBLIC KEY|^EC PARAMETERS)$/u;

/** The blocks of a file that are not of the pair, such as the DH parameters that haproxy reads from the same file. */
function furtherBlocks({ text = '' }: Pick<PartFile, 'text'>): string {
  const blocks: string[] = [];
  for (const block of blocksOf(text))
    if (block.kind === 'block' && !OF_PAIR.test(block.label)) blocks.push(`${block.text.trimEnd()}\n`);
  return blocks.join('');
}

/** The text of one file of a pair: PEM. Further blocks of the file that it replaces are kept at its end. */
export function contentOf(
  part: PairPart,
  path: readonly X509Certificate[],
  keyText: string,
  parts: ReadonlySet<PairPart>,
  before: Pick<PartFile, 'text'> | undefined,
): string {
  const text = certificatesOf(part, path, parts)
    .map((each) => each.toString())
    .join('');
  return `${text}${holdsKey(part) ? keyText : ''}${before === undefined ? '' : furtherBlocks(before)}`;
}

/** Reports whether certificates have the expected order. The root, which clients have, is optional; others may follow. */
function inOrder(found: readonly X509Certificate[], expected: readonly X509Certificate[]): boolean {
  const last = expected.at(-1);
  const least =
    last !== undefined && expected.length > 1 && isSignedBy(last, last) ? expected.length - 1 : expected.length;
  return found.length >= least && expected.every((each, i) => (i >= found.length ? i >= least : same(found[i], each)));
}

/** The difference between the content of one file and the expected content. */
function contentProblem(
  part: PairPart,
  file: PartFile | undefined,
  pair: Resource,
  parts: ReadonlySet<PairPart>,
): string | undefined {
  if (file?.there !== true) return 'is missing';
  if (file.text === undefined) return 'is not a regular file';
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

/** Reports whether the issuer of the certificate is known, so that a chain can be written. */
function knowsChain({ path }: Resource): boolean {
  const [leaf] = path;
  return path.length > 1 || (leaf !== undefined && isSignedBy(leaf, leaf));
}

/** The reason for which an existing, non-empty file cannot be used as a part, regardless of the other files. */
function unusableAs(part: PairPart, file: PartFile | undefined): string | undefined {
  if (file?.there !== true) return undefined;
  if (file.text === undefined) return file.what ?? 'not a regular file';
  if (file.text.trim() === '') return undefined;
  const problems = [part === 'key' ? undefined : file.certificateProblem, holdsKey(part) ? file.keyProblem : undefined];
  return problems.find((each) => each !== undefined)?.text.replace(/^the (?:certificate|key)'s file /u, '');
}

/** Reports whether a certificate leads to another one through its issuers, cross-signed ones included. */
function leadsTo(leaf: X509Certificate, all: readonly X509Certificate[]): (found: X509Certificate) => boolean {
  const known = new Set([leaf]);
  // The loop also visits elements that are added during the iteration.
  for (const each of known) for (const other of all) if (!known.has(other) && isSignedBy(each, other)) known.add(other);
  return (found) => [...known].some((each) => same(each, found));
}

/**
 * The reason for which a readable file does not belong to a pair: its content is another pair's, such as the key of another
 * service, or a shared bundle of authorities. Outdated content, or another order, is not such a reason.
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
  // In that case the files that belong together are unknown.
  if (problem !== undefined) return undefined;
  if (holdsKey(part) && file.key !== undefined && !isKeyOf(file.key, leaf))
    return 'holds the key of another certificate';
  return part === 'key' || certificates.some(isOfPair) ? undefined : 'holds another certificate';
}

/** The facts of every file of a storage. If the pair cannot be used, the contents are not compared. */
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

/** Desired owner, group and mode of a file: as declared, else those of the present file. Throws for an unknown user. */
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

/** Owner, group and mode of a copy: those of the original, limited to the widest mode of a key. */
export function attributesOfCopy(part: PairPart, { uid, gid, mode }: FileStat): Attributes {
  const own = Number.parseInt(mode, 8);
  return { uid, gid, mode: holdsKey(part) ? own & MOST_KEY_MODE : own & 0o777 };
}

/** The private key of a pair as PEM, PKCS#8. */
export function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
