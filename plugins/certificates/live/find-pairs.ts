/** Finds pairs: certificates and keys in a folder and below it, put together by their public keys. */

import { type KeyObject, createPublicKey, hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { FoundPair } from '../world.ts';
import { StorageError, codeOf, readWhole } from './files.ts';
import { readChain, readKey, x509Seen } from './x509-read.ts';

const DEEPEST = 10;
const MOST_FILES = 100_000;
/** No certificate with its chain, and no key, is larger. */
const LARGEST_BYTES = 256 * 1024;
const ENDINGS = /\.(?:pem|crt|cer|cert|key|chain)$/iu;

async function filesBelow(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files: string[] = [];
  const look = async (at: string, depth: number): Promise<void> => {
    signal.throwIfAborted();
    const entries = await readdir(at, { withFileTypes: true }).catch((error: unknown) => {
      throw new StorageError(at, codeOf(error) ?? 'unreadable');
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= MOST_FILES) throw new StorageError(folder, `more than ${MOST_FILES} files`);
      const path = join(at, entry.name);
      // A link to a file counts (that is how `live/` folders are made), one to a folder might lead in a circle.
      if (entry.isDirectory() && depth < DEEPEST) await look(path, depth + 1);
      else if ((entry.isFile() || entry.isSymbolicLink()) && ENDINGS.test(entry.name)) files.push(path);
    }
  };
  await look(folder, 0);
  return files;
}

/** Names a public key: the digest of its SPKI form. */
function spkiOf(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' }));
}

/** The public half of a private key, or undefined where it is of a kind without one that can be written. */
function publicOf(key: KeyObject): string | undefined {
  try {
    return spkiOf(createPublicKey(key));
  } catch {
    return undefined;
  }
}

/** One pair for every certificate (the first of its file, and no authority) whose key is there too. */
export async function findPairs(project: string, dir: string, signal: AbortSignal): Promise<readonly FoundPair[]> {
  const folder = resolve(project, dir);
  const keys = new Map<string, string>();
  const leaves: { readonly path: string; readonly spki: string; readonly leaf: FoundPair['leaf'] }[] = [];
  for (const path of await filesBelow(folder, signal)) {
    signal.throwIfAborted();
    const file = await readWhole(path, LARGEST_BYTES);
    if (file.kind !== 'file') continue;
    const key = readKey(file.text);
    const spki = 'key' in key ? publicOf(key.key) : undefined;
    if (spki !== undefined && !keys.has(spki)) keys.set(spki, path);
    const [first] = readChain(file.text).certificates;
    if (first === undefined || first.ca) continue;
    const leaf = x509Seen(first);
    const own = leaf.keyAlgorithm === 'unknown' ? undefined : spkiOf(first.publicKey);
    if (own !== undefined) leaves.push({ path, spki: own, leaf });
  }
  const inProject = (path: string): string => {
    const inside = relative(project, path);
    return inside.startsWith('..') ? path : inside;
  };
  // Where a chain lies in several files (cert.pem, fullchain.pem), the one with the most certificates is served.
  const byLeaf = new Map<string, (typeof leaves)[number]>();
  for (const each of leaves) {
    const known = byLeaf.get(each.leaf.fingerprint);
    if (known === undefined || /fullchain/iu.test(each.path)) byLeaf.set(each.leaf.fingerprint, each);
  }
  return [...byLeaf.values()].flatMap(({ path, spki, leaf }) => {
    const key = keys.get(spki);
    return key === undefined || key === path
      ? []
      : [{ paths: { certificate: inProject(path), key: inProject(key) }, leaf }];
  });
}
