/** Runs before any test: checks that the external tools of the tests are installed, and builds `dist/` if it is old. */

import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, globSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import { delimiter, join } from 'node:path';
import { generate } from '../../src/codegen/generate.ts';
import { cachedPebble, preparePebble } from './acme/programs.ts';
import { cachedPrograms, hasGo, preparePrograms } from './kubernetes/programs.ts';
import { unpackUserModeLinux, userModeLinux } from './user-mode-linux-files.ts';

const root = join(import.meta.dirname, '../..');

/** Debian package by command, or by a file in the package. */
const tools: Readonly<Record<string, string>> = {
  openssl: 'openssl',
  strace: 'strace',
  faketime: 'faketime',
  git: 'git',
  jq: 'jq',
  curl: 'curl',
  zsh: 'zsh',
  fish: 'fish',
  script: 'bsdutils',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ip: 'iproute2',
  python3: 'python3',
  socat: 'socat',
  postgres: 'postgresql',
  hcloud: 'hcloud-cli',
  '/usr/lib/python3/dist-packages/hcloud/__init__.py': 'python3-hcloud',
  nginx: 'nginx-light',
  named: 'bind9',
  knotd: 'knot',
  haproxy: 'haproxy',
  postfix: 'postfix',
  dovecot: 'dovecot-imapd',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  'systemd-notify': 'systemd',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  chromium: 'chromium',
  certbot: 'certbot',
  dehydrated: 'dehydrated',
  lego: 'lego',
};

/** Debian's folders of servers, which are not in an ordinary user's PATH. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Debian's folder of files in memory. */
const MEMORY_FOLDER = '/dev/shm';
/** Far more than the temporary folders of all tests that run at once. */
const MEMORY_BYTES = 4 * 2 ** 30;

/** The seed of samples and properties in CI: a change is judged by the same ones as the change before it. */
const CI_SEED = '1';

export function setup(): void {
  if (process.env['CI'] !== undefined) process.env['FETTLE_TEST_SEED'] ??= CI_SEED;
  // Stores sync each record: on a disk, tests of files wait for it half of their time.
  if (process.env['TMPDIR'] === undefined && hasMemoryFolder()) process.env['TMPDIR'] = MEMORY_FOLDER;
  // The processes and threads that the tests start compile the sources once, and not each time.
  process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.fettle/compiled');
  provideTools(tools);
  const named = process.argv.slice(2).filter((word) => word !== 'run' && !word.startsWith('-'));
  const runs = (plugin: string): boolean => named.length === 0 || named.some((name) => name.includes(plugin));
  if (process.env['CI'] !== undefined && runs('fabric')) provideKubernetes();
  if (runs('portsync')) provideUserModeLinux();
  if (runs('packaging')) provideContainerTools();
  if (runs('certificates')) provideAcme();
  provideGenerated();
  provideDist(named.length > 0);
}

/** True if temporary folders can be in memory: there is much of it, and programs can be run there. */
function hasMemoryFolder(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, place]) => place === MEMORY_FOLDER);
    const isUsable = mount?.[2] === 'tmpfs' && mount[3]?.split(',').includes('noexec') === false;
    accessSync(MEMORY_FOLDER, constants.W_OK);
    return isUsable && Math.min(bavail * bsize, freemem()) > MEMORY_BYTES;
  } catch {
    return false;
  }
}

/** `tools`: Debian package by command. */
function provideTools(tools: Readonly<Record<string, string>>): void {
  const missing = Object.keys(tools).filter((tool) => !isThere(tool));
  if (missing.length === 0) return;
  const packages = missing.map((tool) => tools[tool] ?? tool);
  installPackages(packages);
  const still = missing.filter((tool) => !isThere(tool));
  if (still.length > 0) {
    throw new Error(`the tests need ${still.join(', ')}; on Debian: apt-get install ${packages.join(' ')}`);
  }
}

/** Installs packages, if this user may. */
function installPackages(packages: readonly string[]): void {
  const apt = ['apt-get', '-y', '-qq'];
  const install = [...apt, '--no-install-recommends', 'install', ...packages];
  if (isOnPath('apt-get') && process.getuid?.() === 0) {
    aptGet([...apt, 'update']);
    aptGet(install);
  } else if (isOnPath('apt-get') && isOnPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0) {
    aptGet(['sudo', '-n', ...apt, 'update']);
    aptGet(['sudo', '-n', ...install]);
  }
}

/** In CI, the tests against the real API server of Kubernetes always run: its programs are built, or in the cache. */
function provideKubernetes(): void {
  if (cachedPrograms() !== undefined) return;
  if (!hasGo()) provideTools({ go: 'golang-go' });
  preparePrograms();
}

/**
 * Debian has user-mode Linux as a package, Ubuntu does not: in CI, Debian's package is unpacked there. Without it, its
 * tests are skipped, but not in CI.
 */
function provideUserModeLinux(): void {
  if (userModeLinux() !== undefined) return;
  if (!isOnPath('modprobe')) installPackages(['kmod']);
  if (!isOnPath('linux.uml')) installPackages(['user-mode-linux']);
  if (userModeLinux() === undefined && process.env['CI'] !== undefined) unpackUserModeLinux();
}

/** Without these programs, the tests of the image and of its compose file are skipped, but not in CI. */
function provideContainerTools(): void {
  if (!isOnPath('buildah')) installPackages(['buildah']);
  // Docker alone may be there without its plugin for Compose.
  const hasPlugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
  if (!isOnPath('docker-compose') && !hasPlugin) installPackages(['docker-compose']);
}

/**
 * Debian's ACME server, and the pinned one, which Go builds once. Without them, their tests are skipped; in CI, the pinned
 * one must be there.
 */
function provideAcme(): void {
  if (!isOnPath('pebble')) installPackages(['pebble']);
  if (cachedPebble() !== undefined) return;
  if (!hasGo() && process.env['CI'] !== undefined) provideTools({ go: 'golang-go' });
  preparePebble();
}

function aptGet([command = '', ...args]: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A failure shows in the tools still missing, and in the command's own output.
  spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function isThere(tool: string): boolean {
  if (tool.startsWith('/')) return statSync(tool, { throwIfNoEntry: false }) !== undefined;
  return isOnPath(tool);
}

function isOnPath(tool: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...serverFolders, ...postgresFolders()].some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian's folder of the programs of a PostgreSQL server, which is not in PATH. */
function postgresFolders(): readonly string[] {
  const folder = '/usr/lib/postgresql';
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder).map((version) => join(folder, version, 'bin'));
}

/** Generates the JavaScript that is not in git if it is missing, or older than the specs. */
function provideGenerated(): void {
  const made = globSync('{src/engine,plugins/*}/generated.*.d.ts', { cwd: root }).map((path) =>
    modified(join(root, path.replace(/\.d\.ts$/u, '.js'))),
  );
  const sources = ['specs', 'src/codegen'].map((name) => newest(join(root, name)));
  if (Math.min(...made) > Math.max(...sources)) return;
  const { problems } = generate(root, { write: 'code' });
  if (problems.length > 0) throw new Error(problems.map(({ file, message }) => `${file}: ${message}`).join('\n'));
}

/** Builds when a source is newer. A run of a few named tests continues without a build: it may not need one. */
function provideDist(filtered: boolean): void {
  const built = modified(join(root, 'dist', 'cli.js'));
  const sources = ['src', 'plugins', 'scripts', 'specs', 'package.json'].map((name) => newest(join(root, name)));
  if (built > Math.max(...sources)) return;
  try {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'pipe' });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    const message = `dist/ is older than the sources, and the build fails:\n${stderr?.toString() ?? String(error)}`;
    if (!filtered) throw new Error(message, { cause: error });
    console.warn(message);
  }
}

function newest(path: string): number {
  const own = modified(path);
  if (own === 0 || !statSync(path).isDirectory()) return own;
  return Math.max(own, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Modification time in epoch ms; 0 for a missing file. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
