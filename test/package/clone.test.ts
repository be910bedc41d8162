/**
 * A clone as git gives it: generated JavaScript is made by the build, and an installation without build tools is left
 * alone.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');
const folder = realpathSync(temporaryFolder());
const clone = join(folder, 'clone');
const validators = join(clone, 'src/engine/generated.validators.js');

function node(...args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8' });
}

beforeAll(() => {
  execFileSync('git', ['checkout-index', '-a', `--prefix=${clone}/`], { cwd: root });
});
it('is not built if npm omitted the build tools, and says so', () => {
  mkdirSync(join(clone, 'node_modules'));
  const { status, stdout, stderr } = node('scripts/prepare.ts');
  expect([status, stdout]).toEqual([0, '']);
  expect(stderr).toBe('fettle was not built: dist/ needs the build tools. Run npm ci without --omit=dev.\n');
  expect(existsSync(validators)).toBe(false);
  rmSync(join(clone, 'node_modules'), { recursive: true });
});

it('has no generated JavaScript before it is built, and runs from source and from its bundle afterwards', () => {
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  expect(existsSync(validators)).toBe(false);
  expect(node('scripts/build.ts', '--out', join(folder, 'dist'))).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(validators)).toBe(true);
  for (const cli of ['src/cli.ts', join(folder, 'dist/cli.js')]) {
    const schema = node(cli, 'schema', 'fettle');
    expect([cli, schema.status, schema.stderr]).toEqual([cli, 0, '']);
    const validated = node(cli, 'validate', 'specs/examples');
    expect([cli, validated.status, validated.stderr]).toEqual([cli, 0, '']);
  }
});
