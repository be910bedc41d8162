/** Folders with documents for the tests of loading. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Loaded, load, type LoadOptions } from '../../../src/engine/load/load.ts';
import type { Problem } from '#plugin';
import { builtinPlugins } from '../../../src/plugins.ts';
import { temporaryFolder } from '../../support/cli.ts';

/** A new folder with these files; removed after the tests of the file. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

export async function loadFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<LoadOptions> = {},
): Promise<Loaded> {
  return load({ folder: folderOf(files), paths: ['.'], plugins: builtinPlugins, ...options });
}

/** `a.yaml:3:5 unknown-key` for each problem. */
export function brief(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ at, code }) => `${at === undefined ? '' : `${at.file}:${at.line}:${at.column} `}${code}`);
}

/** A document of the kind Domain, with its spec as lines. */
export function domain(name: string, ...spec: readonly string[]): string {
  const lines = spec.length === 0 ? ['host: example.test'] : spec;
  return `apiVersion: certificates/v1\nkind: Domain\nmetadata:\n  name: ${name}\nspec:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
