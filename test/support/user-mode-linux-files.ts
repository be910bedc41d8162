/** The files of user-mode Linux: installed from Debian's package, or unpacked from it into a cache. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface UserModeLinuxFiles {
  /** The program that is a kernel. */
  readonly kernel: string;
  /** The folder of its modules, by version. */
  readonly modules: string;
}

/** Debian 12's package. Source of the digest: the package lists of Debian. */
const PACKAGE = {
  url: 'https://deb.debian.org/debian/pool/main/u/user-mode-linux/user-mode-linux_6.1um4+b13_amd64.deb',
  sha256: '0ce700f835c385ab09860ad33137817402403a29e424177510244bd75a81c687',
} as const;

const cache = join(homedir(), '.cache/fettle/user-mode-linux');

/** The files; undefined if they or `modprobe` are missing. */
export function userModeLinux(): UserModeLinuxFiles | undefined {
  const hasModprobe = ['/sbin', '/usr/sbin'].some((folder) => existsSync(join(folder, 'modprobe')));
  const root = ['/', cache].find((folder) => existsSync(join(folder, 'usr/bin/linux.uml')));
  if (root === undefined || !hasModprobe) return undefined;
  return { kernel: join(root, 'usr/bin/linux.uml'), modules: join(root, 'usr/lib/uml/modules') };
}

/** Downloads Debian's package, and unpacks it into the cache. Throws if that fails. */
export function unpackUserModeLinux(): void {
  const folder = `${cache}.new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'package.deb');
  execFileSync('curl', ['--fail', '--silent', '--show-error', '--location', '--output', file, PACKAGE.url]);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (digest !== PACKAGE.sha256) throw new Error(`${PACKAGE.url} has another SHA-256 than expected: ${digest}`);
  execFileSync('dpkg-deb', ['-x', file, folder]);
  rmSync(file);
  rmSync(cache, { recursive: true, force: true });
  renameSync(folder, cache);
}
