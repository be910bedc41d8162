/**
 * The real programs of Kubernetes: kube-apiserver, kubectl and etcd, built once from pinned modules into a cache.
 *
 * The cache is `~/.cache/fettle/kubernetes`, or FETTLE_KUBERNETES_CACHE. A build takes some minutes and needs Go 1.21
 * or newer, which downloads the toolchain that the modules ask for.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Paths of the programs. */
export interface Programs {
  readonly apiServer: string;
  readonly kubectl: string;
  readonly etcd: string;
}

const modules = join(import.meta.dirname, 'modules');
/** Packages by the name of their program, with the folder of their module. */
const PACKAGES = [
  { program: 'etcd', module: 'etcd', path: '.' },
  { program: 'kube-apiserver', module: 'kubernetes', path: './kube-apiserver' },
  { program: 'kubectl', module: 'kubernetes', path: './kubectl' },
] as const;

/** The version of a required module, without `v`. */
function versionOf(module: string, name: string): string {
  const text = readFileSync(join(modules, module, 'go.mod'), 'utf8');
  const [, version = ''] =
    new RegExp(`^\\s*(?:require )?${name.replaceAll('.', '\\.')} v(\\S+)`, 'mu').exec(text) ?? [];
  return version;
}

/** The version of Kubernetes that the programs have: `1.34.1`. */
export const KUBERNETES_VERSION = versionOf('kubernetes', 'k8s.io/kubernetes');

function cacheFolder(): string {
  return process.env['FETTLE_KUBERNETES_CACHE'] ?? join(homedir(), '.cache', 'fettle', 'kubernetes');
}

/** The folder of the programs: another one for other versions, sums or sources. */
function programsFolder(): string {
  const hash = createHash('sha256');
  for (const file of globSync('**/*', { cwd: modules, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted())
    hash.update(readFileSync(file));
  const etcd = versionOf('etcd', 'go.etcd.io/etcd/server/v3');
  return join(cacheFolder(), `${KUBERNETES_VERSION}-etcd-${etcd}-${hash.digest('hex').slice(0, 12)}`);
}

function programsIn(folder: string): Programs {
  return { apiServer: join(folder, 'kube-apiserver'), kubectl: join(folder, 'kubectl'), etcd: join(folder, 'etcd') };
}

/** The programs, if they are in the cache. */
export function cachedPrograms(): Programs | undefined {
  const folder = programsFolder();
  return existsSync(folder) ? programsIn(folder) : undefined;
}

/** Go, with the folder of its own archive, which is often not in PATH. */
export function goEnvironment(): NodeJS.ProcessEnv {
  const path = [process.env['PATH'] ?? '', '/usr/local/go/bin', '/usr/lib/go/bin'].join(delimiter);
  return { ...process.env, PATH: path, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' };
}

/** Reports whether Go is installed. */
export function hasGo(): boolean {
  return spawnSync('go', ['version'], { env: goEnvironment(), stdio: 'ignore' }).status === 0;
}

function build(folder: string, say: (line: string) => void): void {
  const flags = ['gitVersion=v', 'gitMajor=', 'gitMinor='].map((name, i) => {
    const [major = '', minor = ''] = KUBERNETES_VERSION.split('.');
    return `-X k8s.io/component-base/version.${name}${[KUBERNETES_VERSION, major, minor][i]}`;
  });
  for (const { program, module, path } of PACKAGES) {
    say(
      `building ${program} of ${module} ${module === 'etcd' ? versionOf('etcd', 'go.etcd.io/etcd/server/v3') : KUBERNETES_VERSION}`,
    );
    const ldflags = ['-s', '-w', ...(module === 'kubernetes' ? flags : [])].join(' ');
    execFileSync('go', ['build', `-ldflags=${ldflags}`, '-o', join(folder, program), path], {
      cwd: join(modules, module),
      env: goEnvironment(),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }
}

/** Builds the programs unless they are in the cache. Call it under the lock: `preparePrograms`. */
export function buildPrograms(say: (line: string) => void): void {
  const folder = programsFolder();
  if (existsSync(folder)) return;
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  try {
    build(made, say);
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  say(`the programs of Kubernetes are in ${folder}`);
}

/** Builds the programs if they are missing, in one process at a time: the kernel holds the lock. */
export function preparePrograms(): Programs {
  const cached = cachedPrograms();
  if (cached !== undefined) return cached;
  if (!hasGo()) throw new Error('the programs of Kubernetes are built with Go, which is not installed');
  mkdirSync(cacheFolder(), { recursive: true });
  const script = join(import.meta.dirname, 'build-programs.ts');
  execFileSync('flock', [join(cacheFolder(), 'lock'), process.execPath, script], { stdio: 'inherit' });
  return programsIn(programsFolder());
}
