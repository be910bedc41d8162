/** `npm run generate`: writes what is made from `specs/`; with `--check`, writes nothing and names what is out of date. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Output, outputsOf } from './outputs.ts';
import { readSpecs, type SpecProblem } from './read-spec.ts';

export interface Generated {
  readonly problems: readonly SpecProblem[];
  /** Paths of files that differ from what the specs give, or that no spec gives any more. */
  readonly outdated: readonly string[];
}

function textAt(root: string, path: string): string | undefined {
  const full = join(root, path);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}

/** Schemas of kinds that are gone: all of `schemas/` is generated. */
function strayFiles(root: string, outputs: readonly Output[]): readonly string[] {
  const made = new Set(outputs.map(({ path }) => path));
  const folder = join(root, 'schemas');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => `schemas/${name}`)
    .filter((path) => !made.has(path))
    .sort();
}

/** Generates everything below `root`; `write: false` only compares. */
export function generate(root: string, { write }: { readonly write: boolean }): Generated {
  const names = readdirSync(join(root, 'specs')).filter((name) => name.endsWith('.yaml'));
  const texts = names.sort().map((name) => ({ file: `specs/${name}`, text: textAt(root, `specs/${name}`) ?? '' }));
  const { specs, problems } = readSpecs(texts);
  if (specs === undefined) return { problems, outdated: [] };
  const outputs = outputsOf(specs, (path) => textAt(root, path));
  const stray = strayFiles(root, outputs);
  const changed = outputs.filter(({ path, text }) => textAt(root, path) !== text);
  if (write) {
    for (const { path, text } of changed) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    for (const path of stray) rmSync(join(root, path));
  }
  return { problems, outdated: [...changed.map(({ path }) => path), ...stray] };
}

function main(args: readonly string[], root: string): number {
  const check = args.includes('--check');
  const { problems, outdated } = generate(root, { write: !check });
  for (const { file, line, column, message } of problems)
    process.stderr.write(`${file}:${line}:${column}: ${message}\n`);
  for (const path of outdated) process.stdout.write(`${check ? 'out of date: ' : ''}${path}\n`);
  if (check && outdated.length > 0) process.stderr.write('run: npm run generate\n');
  return problems.length > 0 || (check && outdated.length > 0) ? 1 : 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2), join(import.meta.dirname, '../..'));
