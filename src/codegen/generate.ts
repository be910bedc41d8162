/**
 * `npm run generate`: writes the files generated from `specs/`.
 *
 * `--check` writes nothing, and names the committed files that are out of date. `--code` writes only the generated
 * JavaScript, which is not committed; every build does the same.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { headerOf } from './header.ts';
import { isBuilt, type Output, outputsOf, pluginCode } from './outputs.ts';
import { readSpecs, type SpecProblem, type SpecText } from './read-spec.ts';

export interface Generated {
  readonly problems: readonly SpecProblem[];
  /** Paths of files that are out of date, or that no spec generates any longer. */
  readonly outdated: readonly string[];
}

function textAt(root: string, path: string): string | undefined {
  const full = join(root, path);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}

/** Schemas of removed kinds: all of `schemas/` is generated. */
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

/** Writes a file by renaming, so that concurrent readers see a complete one. An unchanged file only gets a new time. */
function writeWhole(path: string, text: string, isSame: boolean): void {
  if (isSame) {
    utimesSync(path, new Date(), new Date());
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

export interface GenerateOptions {
  /** `code`: writes the JavaScript that is not committed; `nothing`: only compares the committed files. */
  readonly write: 'all' | 'code' | 'nothing';
}

/** The code of the plugins in `examples/`: each has its spec in its own folder, and imports the package. */
function exampleOutputs(root: string, specs: readonly SpecText[]): readonly Output[] {
  const engine = specs.filter(({ file }) => file === 'specs/engine.yaml');
  const folder = join(root, 'examples');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.sort().flatMap((name) => {
    const file = `examples/${name}/${name}.yaml`;
    const read = readSpecs([...engine, { file, text: textAt(root, file) ?? '' }]);
    const [plugin] = read.specs?.plugins ?? [];
    if (read.specs === undefined || plugin === undefined) throw new Error(`${file}: ${JSON.stringify(read.problems)}`);
    const header = headerOf(`${name}.yaml`, 'fettle-spec');
    return pluginCode(read.specs.engine, plugin, `examples/${name}`, 'fettle/plugin', header);
  });
}

/** Generates the files below `root`. */
export function generate(root: string, { write }: GenerateOptions): Generated {
  const names = readdirSync(join(root, 'specs')).filter((name) => name.endsWith('.yaml'));
  const texts = names.sort().map((name) => ({ file: `specs/${name}`, text: textAt(root, `specs/${name}`) ?? '' }));
  const { specs, problems } = readSpecs(texts);
  if (specs === undefined) return { problems, outdated: [] };
  const examples = exampleOutputs(root, texts);
  const all = [...outputsOf(specs, (path) => textAt(root, path)), ...examples];
  const outputs = all.filter((output) => write === 'all' || isBuilt(output) === (write === 'code'));
  const stray = write === 'code' ? [] : strayFiles(root, all);
  const changed = outputs.filter(({ path, text }) => textAt(root, path) !== text);
  if (write !== 'nothing') {
    // The times of generated files show that they are newer than the specs.
    for (const output of outputs)
      if (isBuilt(output) || changed.includes(output))
        writeWhole(join(root, output.path), output.text, !changed.includes(output));
    for (const path of stray) rmSync(join(root, path));
  }
  return { problems, outdated: [...changed.map(({ path }) => path), ...stray] };
}

function main(args: readonly string[], root: string): number {
  const check = args.includes('--check');
  const { problems, outdated } = generate(root, {
    write: check ? 'nothing' : args.includes('--code') ? 'code' : 'all',
  });
  for (const { file, line, column, message } of problems)
    process.stderr.write(`${file}:${line}:${column}: ${message}\n`);
  for (const path of outdated) process.stdout.write(`${check ? 'out of date: ' : ''}${path}\n`);
  if (check && outdated.length > 0) process.stderr.write('run: npm run generate\n');
  return problems.length > 0 || (check && outdated.length > 0) ? 1 : 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2), join(import.meta.dirname, '../..'));
