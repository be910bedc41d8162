/**
 * Adds to package-lock.json what an incomplete mirror of the registry left out: run it after `npm install`.
 *
 * Tools with a native binary name one optional package for each platform. A mirror that has only some of them makes
 * `npm install` leave the others out of the lock file without a word, and then `npm ci` refuses the lock file as out of
 * sync. An entry with the version and the platform is enough for npm to know that it is not wanted here; on its own
 * platform npm gets it from the registry by its exact version.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, Entry>>;
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const cLibraries: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
};

/** The platform that a package like `@rolldown/binding-linux-arm64-musl` is for, as npm writes it. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.replace(/^@[^/]*\//, '').split('-');
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = words.flatMap((word) => cLibraries[word] ?? []);
  if (cpu.length === 0) return undefined;
  return { ...(os.length > 0 && { os }), cpu, ...(libc.length > 0 && { libc }) };
}

/** The lock with an entry for each optional package that it names. */
export function completeLock(lock: Lock): Lock {
  const added = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, version]): readonly (readonly [string, Entry])[] => {
      if (isFound(lock, path, name)) return [];
      const platform = platformOf(name);
      if (platform === undefined || !/^\d+\.\d+\.\d+/.test(version)) return [];
      return [[`node_modules/${name}`, { version, dev: true, optional: true, ...platform }]];
    }),
  );
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(added) });
  return { ...lock, packages: Object.fromEntries(packages.toSorted(([a], [b]) => a.localeCompare(b, 'en'))) };
}

/** npm looks for a package in the folder of the one that needs it, and then in those above. */
function isFound(lock: Lock, from: string, name: string): boolean {
  for (let path = from; ; path = path.slice(0, Math.max(path.lastIndexOf('/node_modules/'), 0))) {
    if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in lock.packages) return true;
    if (path === '') return false;
  }
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const complete = completeLock(lock);
  writeFileSync(file, `${JSON.stringify(complete, undefined, 2)}\n`);
  const count = Object.keys(complete.packages).length - Object.keys(lock.packages).length;
  process.stdout.write(`package-lock.json: ${count} packages of other platforms added\n`);
}
