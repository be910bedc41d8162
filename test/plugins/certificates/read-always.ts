/** Reads a stored pair repeatedly, in a process of its own, until its input ends; then prints the results. */

import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', kind = 'files'] = process.argv.slice(2);

function tryTo<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function isPair(certificate: string | undefined, key: string | undefined): boolean {
  if (certificate === undefined || key === undefined) return false;
  return tryTo(() => new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) === true;
}

const text = (path: string): string | undefined => tryTo(() => readFileSync(path, 'latin1'));

/** Opens the folder once, through the link at one moment, as a program does. */
function readsFolder(): boolean {
  const now = realpathSync(join(folder, 'current'));
  const certificate = text(join(now, 'fullchain.pem'));
  return isPair(certificate, text(join(now, 'privkey.pem'))) && isPair(certificate, text(join(now, 'combined.pem')));
}

/** A certificate and a key: in place, pending, or as a backup. */
function readsFiles(): boolean {
  const texts = (name: string): readonly (string | undefined)[] =>
    ['', '.pending', '.backup'].map((suffix) => text(join(folder, `www.${name}${suffix}`)));
  const certificates = texts('crt');
  return texts('key').some((key) => certificates.some((certificate) => isPair(certificate, key)));
}

/** Files with a key that others can read, without files that disappear meanwhile. */
function openKeys(path: string): number {
  let open = 0;
  for (const name of tryTo(() => readdirSync(path, { recursive: true, encoding: 'utf8' })) ?? []) {
    if (!/key|combined/u.test(name)) continue;
    const found = tryTo(() => statSync(join(path, name)));
    if (found?.isFile() === true && (found.mode & 0o077) !== 0) open += 1;
  }
  return open;
}

const seen = { looks: 0, bad: 0, open: 0, pairs: new Set<string>() };
const input = { ended: false };
process.stdin.on('end', () => {
  input.ended = true;
});
process.stdin.resume();
const reads = kind === 'directory' ? readsFolder : readsFiles;
while (!input.ended) {
  // A rename between two reads can hide a pair of files from a reader, which then reads again.
  if (!reads() && (kind === 'directory' || (!reads() && !reads()))) seen.bad += 1;
  seen.open += openKeys(folder);
  seen.pairs.add(text(join(folder, kind === 'directory' ? 'cert.pem' : 'www.crt')) ?? '');
  seen.looks += 1;
  process.stdout.write('.');
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
process.stdout.write(`\n${JSON.stringify({ ...seen, pairs: seen.pairs.size })}\n`);
