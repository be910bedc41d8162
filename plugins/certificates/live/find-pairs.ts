/** Finds pairs: certificates and keys in a folder and below it, matched by their public keys. */

import { type X509Certificate, createPublicKey } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { directoryPlaces } from '../paths.ts';
import type { FoundPair, PairStorage, Unread, X509Seen } from '../world.ts';
import { codeOf, defined, type PassedOver } from '#plugin';
import { StorageError, readLink } from './files.ts';
import { type PartFile, pathFrom, readPart } from './parts.ts';
import { publicTrustOf } from './public-trust.ts';
import { fingerprintOf, isDer, isSignedBy, publicKeyFingerprint, x509Seen } from './x509-read.ts';

const DEEPEST = 10;
const MOST_FILES = 100_000;
const ENDINGS = /\.(?:pem|crt|cer|cert|key|chain|der|p12|pfx|jks)$/iu;
const STORES = /\.(?:p12|pfx|jks)$/iu;
/** The folder in which certbot keeps the versions that its folder `live` leads to. */
const ARCHIVED = /\/archive\/[^/]+\/(?:cert|chain|fullchain|privkey)\d+\.pem$/u;
/** A version of dehydrated, which a link without the number leads to. */
const VERSION = /^(cert|chain|fullchain|privkey)-\d+\.pem$/u;
/** Maximum number of certificates of a file that are matched against keys. */
const MOST_IN_A_CHAIN = 20;

interface Below {
  readonly files: readonly string[];
  /** Folders that are switched as a whole. */
  readonly switched: readonly string[];
}

/** Reports whether a folder is switched as a whole: its files are links through one. */
async function isSwitched(folder: string): Promise<boolean> {
  const link = await readLink(directoryPlaces(folder).current);
  return link.kind === 'link' && /^versions\/\d+$/u.test(link.to);
}

async function below(folder: string, signal: AbortSignal): Promise<Below> {
  const files: string[] = [];
  const switched: string[] = [];
  const look = async (at: string, depth: number): Promise<void> => {
    signal.throwIfAborted();
    const entries = await readdir(at, { withFileTypes: true }).catch((error: unknown) => {
      throw new StorageError(at, codeOf(error) ?? 'unreadable');
    });
    if (entries.some(({ name }) => name === 'current') && (await isSwitched(at))) {
      switched.push(at);
      return;
    }
    const links = new Set(entries.filter((each) => each.isSymbolicLink()).map(({ name }) => name));
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= MOST_FILES) throw new StorageError(folder, `more than ${MOST_FILES} files`);
      const path = join(at, entry.name);
      // Links to files count, as in `live/` folders; a link to a folder could form a cycle.
      if (entry.isDirectory() && depth < DEEPEST) await look(path, depth + 1);
      else if (
        (entry.isFile() || entry.isSymbolicLink()) &&
        ENDINGS.test(entry.name) &&
        !ARCHIVED.test(path) &&
        !links.has(`${VERSION.exec(entry.name)?.[1] ?? ''}.pem`)
      )
        files.push(path);
    }
  };
  await look(folder, 0);
  return { files, switched };
}

/** The content of one file that matters for pairs. */
interface Holding {
  readonly path: string;
  readonly mode: string;
  readonly certificates: readonly X509Certificate[];
  /** Public keys of its certificates, in their order; empty if one is of an unknown type. */
  readonly publics: readonly string[];
  /** Public part of its private key. */
  readonly key?: string;
  /** Reason why the file can be no part of a pair. */
  readonly why?: string;
}

function publicOf(read: () => Parameters<typeof publicKeyFingerprint>[0]): string {
  try {
    return publicKeyFingerprint(read());
  } catch {
    return '';
  }
}

/** The reason why a file without a certificate or usable key is passed over. */
function unusableText({ text = '', keyProblem }: PartFile, path: string): string {
  if (STORES.test(path)) return 'is a key store, not PEM; convert it, for example with `openssl pkcs12`';
  if (isDer(text))
    return 'is in DER form, not PEM; convert it with `openssl x509` or `openssl pkey`, and `-inform DER`';
  if (keyProblem?.code === 'encrypted') return 'holds an encrypted key; decrypt it with `openssl pkey`';
  return 'holds no certificate and no private key that can be read';
}

/** Throws a StorageError if the file cannot be read, or is PEM that servers refuse. */
async function holdingOf(path: string): Promise<Holding | undefined> {
  const part = await readPart('combined', path);
  const { stat, certificates: all, key, broken } = part;
  if (broken !== undefined) throw new StorageError(path, broken);
  if (stat === undefined) return undefined;
  const certificates = all.slice(0, MOST_IN_A_CHAIN);
  const publics = certificates.map((each) => publicOf(() => each.publicKey));
  const own = key === undefined ? '' : publicOf(() => createPublicKey(key));
  const why = certificates.length === 0 && own === '' ? { why: unusableText(part, path) } : {};
  return { path, mode: stat.mode, certificates, publics, ...(own === '' ? {} : { key: own }), ...why };
}

/** A file that contains a leaf. */
interface Copy {
  readonly file: Holding;
  readonly leaf: X509Certificate;
}

/** Reports whether a file is named as the chain of a certificate: after it, or as by certbot if it is the only one. */
function isNamedChain({ path }: Holding, leafPath: string, isAlone: boolean): boolean {
  const name = basename(path).toLowerCase();
  const own = basename(leafPath)
    .replace(/\.[^.]*$/u, '')
    .toLowerCase();
  return (name === 'chain.pem' && isAlone) || (name.startsWith(own) && name !== basename(leafPath).toLowerCase());
}

/** A file that holds the issuers of a leaf without the leaf, and is named after it. */
function chainFor(
  leaf: X509Certificate,
  leafPath: string,
  files: readonly Holding[],
  isAlone: boolean,
): string | undefined {
  const found = files.find(
    (file) =>
      file.key === undefined &&
      dirname(file.path) === dirname(leafPath) &&
      isNamedChain(file, leafPath, isAlone) &&
      file.certificates[0] !== undefined &&
      !file.certificates.some((each) => each.raw.equals(leaf.raw)) &&
      isSignedBy(leaf, file.certificates[0]),
  );
  return found?.path;
}

type FoundFiles = NonNullable<PairStorage['file']>;

interface Group {
  readonly leaf: X509Certificate;
  readonly key: Holding;
  readonly copies: readonly Holding[];
}

/** The files of one pair, and other files with the same content, which stay unmanaged. */
function storageOf(
  group: Group,
  files: readonly Holding[],
  groups: readonly Group[],
): { readonly file: FoundFiles; readonly others: readonly string[] } {
  const { leaf, key, copies } = group;
  const near = (file: Holding): number => (dirname(file.path) === dirname(key.path) ? 0 : 1);
  const inOrder = copies.toSorted((a, b) => near(a) - near(b) || (a.path < b.path ? -1 : 1));
  const bare = inOrder.filter((file) => file.key === undefined);
  const isFull = (file: Holding): boolean => file.certificates.length > 1 || /fullchain/iu.test(basename(file.path));
  const single = bare.find((file) => !isFull(file));
  const full = bare.find(isFull);
  const combined = inOrder.find((file) => file.key !== undefined);
  const certificate = single ?? full;
  if (certificate === undefined || key === combined) {
    const path = (combined ?? key).path;
    return { file: { combined: path }, others: inOrder.map((file) => file.path).filter((each) => each !== path) };
  }
  const folder = dirname(certificate.path);
  const isAlone = groups.every(
    (other) => other === group || other.copies.every(({ path }) => dirname(path) !== folder),
  );
  const chain = single === undefined ? undefined : chainFor(leaf, single.path, files, isAlone);
  const file = defined<FoundFiles>({
    certificate: certificate.path,
    key: key.path,
    chain,
    fullchain: single === undefined ? undefined : full?.path,
    combined: combined?.path,
  });
  const used = new Set<unknown>(Object.values(file));
  return { file, others: inOrder.map(({ path }) => path).filter((each) => !used.has(each)) };
}

/** Every certificate with a matching key, with all files that hold it. */
function groupsOf(files: readonly Holding[]): readonly Group[] {
  const keys = new Map<string, Holding[]>();
  for (const file of files) if (file.key !== undefined) keys.set(file.key, [...(keys.get(file.key) ?? []), file]);
  const copies = new Map<string, Copy[]>();
  for (const file of files) {
    const at = file.publics.findIndex((each) => each !== '' && keys.has(each));
    const leaf = file.certificates[at];
    if (leaf === undefined) continue;
    copies.set(leaf.fingerprint256, [...(copies.get(leaf.fingerprint256) ?? []), { file, leaf }]);
  }
  return [...copies.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const own = keys.get(publicOf(() => first.leaf.publicKey)) ?? [];
    const folders = new Set(group.map(({ file }) => dirname(file.path)));
    // A separate key file first, then a key file in the same folder, then others.
    const [key] = own.toSorted(
      (a, b) =>
        a.certificates.length - b.certificates.length ||
        Number(!folders.has(dirname(a.path))) - Number(!folders.has(dirname(b.path))),
    );
    return key === undefined ? [] : [{ leaf: first.leaf, key, copies: group.map(({ file }) => file) }];
  });
}

/** An authority that is not a server's: its certificate names no server. */
function isAuthority({ ca, dnsNames, ipAddresses }: X509Seen): boolean {
  return ca && dnsNames.length + ipAddresses.length === 0;
}

export interface Found {
  readonly pairs: readonly FoundPair[];
  /** Files that belong to no pair, with the reason. */
  readonly passed: readonly PassedOver[];
  /** Files that could not be read, or that servers refuse. */
  readonly unread: readonly Unread[];
}

/** The reason why a file that can be read is part of no pair. */
function aloneText({ certificates, key, why }: Holding): string {
  if (why !== undefined) return why;
  const [leaf] = certificates;
  if (leaf === undefined) return 'holds a private key, and no certificate for it was found';
  const { subject, ca } = x509Seen(leaf);
  if (ca)
    return `is the certificate of the authority ${subject}${key === undefined ? '' : ', with its key: declare an Issuer'}`;
  return `holds the certificate of ${subject}, and no key for it was found`;
}

/** Files that are in no pair. The chain of a pair, and further files with its key, belong to it. */
function passedOver(files: readonly Holding[], groups: readonly Group[]): readonly PassedOver[] {
  const keys = new Set(groups.map(({ key }) => key.key));
  const copies = new Set(groups.flatMap((group) => group.copies));
  const leaves = groups.map(({ leaf }) => leaf);
  const isChain = ({ key, certificates: [first] }: Holding): boolean =>
    key === undefined && first !== undefined && leaves.some((leaf) => isSignedBy(leaf, first));
  const isUsed = (file: Holding): boolean =>
    copies.has(file) ||
    (file.certificates.length === 0 && file.key !== undefined && keys.has(file.key)) ||
    isChain(file);
  return files.filter((file) => !isUsed(file)).map((file) => ({ what: file.path, why: aloneText(file) }));
}

/** Facts about the signer of a leaf, from the certificates of the same files. */
function signerOf(leaf: X509Certificate, others: readonly X509Certificate[]) {
  const path = pathFrom(leaf, others);
  const signer = path[1];
  return defined<Pick<FoundPair, 'issuer_fingerprint' | 'public_trust'>>({
    issuer_fingerprint: signer === undefined ? undefined : fingerprintOf(signer),
    public_trust: publicTrustOf(leaf, others),
  });
}

/** One pair for every certificate with a key. Throws if a folder cannot be read. */
export async function findPairs(project: string, dir: string, signal: AbortSignal): Promise<Found> {
  const { files, switched } = await below(resolve(project, dir), signal);
  const holdings: Holding[] = [];
  const unread: Unread[] = [];
  for (const path of files) {
    signal.throwIfAborted();
    try {
      const holding = await holdingOf(path);
      if (holding !== undefined) holdings.push(holding);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      unread.push({ path: error.path, message: error.code });
    }
  }
  const inProject = (path: string): string => {
    const inside = relative(project, path);
    return inside.startsWith('..') ? path : inside;
  };
  const pairs: FoundPair[] = [];
  const groups = groupsOf(holdings).filter(({ leaf }) => !isAuthority(x509Seen(leaf)));
  const passed = passedOver(holdings, groups).map(({ what, why }) => ({ what: inProject(what), why }));
  const all = new Map(holdings.flatMap(({ certificates }) => certificates.map((each) => [each.fingerprint256, each])));
  const authorities = [...all.values()].filter(({ ca }) => ca);
  for (const group of groups) {
    const leaf = x509Seen(group.leaf);
    const { file, others } = storageOf(group, holdings, groups);
    pairs.push({
      storage: {
        file: Object.fromEntries(Object.entries(file).map(([part, path]) => [part, inProject(String(path))])),
      },
      leaf,
      key_mode: group.key.mode,
      copies: others.map(inProject),
      ...signerOf(group.leaf, authorities),
    });
  }
  for (const folder of switched) {
    const key = await readPart('key', join(folder, 'privkey.pem'));
    const certificate = await readPart('certificate', join(folder, 'cert.pem'));
    const combined = await readLink(join(folder, 'combined.pem'));
    const [own] = certificate.certificates;
    if (own === undefined || key.stat === undefined) continue;
    pairs.push({
      storage: { directory: { path: inProject(folder), combined: combined.kind === 'link' } },
      leaf: x509Seen(own),
      key_mode: key.stat.mode,
      copies: [],
      ...signerOf(own, certificate.certificates),
    });
  }
  return { pairs, passed, unread };
}
