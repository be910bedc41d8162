/** The package as users get it: packed, installed elsewhere without a network, and run. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const root = join(import.meta.dirname, '../..');
const folder = temporaryFolder();
const home = join(folder, 'home');
const installed = join(folder, 'elsewhere');
const command = join(installed, 'node_modules', '.bin', 'fettle');
const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

/** The tests' own Node.js in front, and nothing else of this project. */
const path = [dirname(process.execPath), ...outsideProject()].join(delimiter);
const env = { PATH: path, HOME: home, npm_config_cache: join(home, 'npm') };
let packed: Packed;
/** The lines of npm's installation about scripts. */
let warnings: readonly string[];

function outsideProject(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((one) => one !== '' && !one.includes('node_modules'));
}

/** A Node.js of the machine that is older than what fettle needs. */
function oldNode(): string | undefined {
  return outsideProject()
    .map((one) => join(one, 'node'))
    .filter((file) => existsSync(file))
    .find((file) => Number(/^v(\d+)/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[1]) < 24);
}

beforeAll(() => {
  mkdirSync(home);
  mkdirSync(installed);
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const said = JSON.parse(execFileSync('npm', pack, { cwd: root, env, encoding: 'utf8', stdio: 'pipe' })) as
    | readonly Packed[]
    | Readonly<Record<string, Packed>>;
  const [only] = Object.values(said);
  if (only === undefined) throw new Error('npm pack made nothing');
  packed = only;
  writeFileSync(join(installed, 'package.json'), '{ "private": true }\n');
  const install = ['install', '--omit=dev', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)];
  const { status, stderr } = spawnSync('npm', install, { cwd: installed, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  warnings = stderr.split('\n').filter((line) => line.includes('script'));
}, 120_000);

describe('npm pack', () => {
  it('contains the files needed to run, and nothing else', () => {
    const allowed = [
      /^dist\/cli\.js$/,
      /^dist\/lib\/(?!bench)[\w.-]+\.cjs$/,
      /^dist\/api\/[\w.-]+\.js$/,
      /^dist\/types\/[\w./-]+\.d\.ts$/,
      /^dist\/THIRD_PARTY_LICENSES\.txt$/,
      /^schemas\/[\w./-]+\.json$/,
      /^specs\/[\w./-]+\.(yaml|md|json)$/,
      /^templates\/[\w./-]+$/,
      /^docs\/[\w-]+\.md$/,
      /^docs\/openapi\.json$/,
      /^docs\/images\/[\w-]+\.png$/,
      /^plugins\/\w+\/README\.md$/,
      /^monitoring\/dashboards\/[\w-]+\.json$/,
      /^monitoring\/rules\/[\w-]+\.yml$/,
      /^packaging\/(Dockerfile|[\w-]+\.(service|yaml|yml))$/,
      /^(README|CHANGELOG|ARCHITECTURE|CONTRIBUTING|RELIABILITY)\.md$/,
      /^LICENSE$/,
      /^package\.json$/,
    ];
    const paths = packed.files.map((file) => file.path);
    expect(paths.filter((one) => !allowed.some((pattern) => pattern.test(one)))).toEqual([]);
    for (const needed of [
      'dist/cli.js',
      'dist/lib/main.cjs',
      'dist/THIRD_PARTY_LICENSES.txt',
      'LICENSE',
      'README.md',
    ]) {
      expect(paths).toContain(needed);
    }
    console.log(
      `package: ${Math.round(packed.size / 1024)} KiB packed, ${Math.round(packed.unpackedSize / 1024)} KiB unpacked`,
    );
    expect(packed.unpackedSize).toBeLessThan(9.5 * 1024 * 1024);
  });
});

describe('an installation elsewhere', () => {
  it('brings no other package, and no install script', () => {
    const names = readdirSync(join(installed, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['fettle']);
    const { dependencies = {}, scripts = {} } = JSON.parse(
      readFileSync(join(installed, 'node_modules/fettle/package.json'), 'utf8'),
    ) as { readonly dependencies?: object; readonly scripts?: object };
    expect(dependencies).toEqual({});
    // npm asks for an approval of `prepare` too if a package is not from a registry.
    expect(Object.keys(scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('runs', () => {
    const version = execFileSync(command, ['version', '--json'], { env, cwd: installed, encoding: 'utf8' });
    expect(JSON.parse(version)).toEqual({
      fettle_version: about.version,
      node: process.version,
      platform: `${process.platform}_${process.arch}`,
    });
    const help = spawnSync(command, ['--help'], { env, cwd: installed, encoding: 'utf8' });
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('plan');
  });

  it.skipIf(oldNode() === undefined)('says in one line that an old Node.js is too old', () => {
    const old = oldNode() ?? '';
    const ended = spawnSync(old, [command, 'version'], { env, cwd: installed, encoding: 'utf8' });
    expect(ended.status).toBe(1);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(/^fettle needs Node\.js 24 or later; this is v\d+\.\d+\.\d+ \(\/.*node\)\n$/);
  });
});
