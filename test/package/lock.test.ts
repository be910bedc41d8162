/** The lock file: complete for every platform, so that `npm ci` accepts it with any registry mirror. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Entry {
  readonly version: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, Entry>> };

function find(from: string, name: string): Entry | undefined {
  return packages[`${from}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
}

it('has an entry for each optional package, of the version that is asked for', () => {
  const named = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).map(([name, version]) => ({ from, name, version })),
  );
  expect(named.length).toBeGreaterThan(10);
  // npm silently omits packages that a mirror does not have; then `npm ci` refuses the file.
  const missing = named.filter(({ from, name, version }) => {
    const found = find(from, name);
    return found === undefined || (/^\d/.test(version) && found.version !== version);
  });
  expect(missing).toEqual([]);
});

it('pins the content of every package', () => {
  const open = Object.entries(packages).filter(([path, entry]) => path !== '' && entry.integrity === undefined);
  expect(open.map(([path]) => path)).toEqual([]);
});

it('is asked for exact versions only', () => {
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const ranges = Object.entries({ ...about.dependencies, ...about.devDependencies });
  // An alias has the name of its package too.
  expect(ranges.filter(([, version]) => !/^(?:npm:@[\w-]+\/[\w-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
