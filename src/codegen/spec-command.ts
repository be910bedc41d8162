#!/usr/bin/env node
/**
 * `fettle-spec SPEC [--out DIR] [--check]`: writes the types, tables and validators of a plugin in another package.
 *
 * They are generated from the plugin's spec, like those of the plugins here, and import `fettle/plugin`.
 */

import { errorText } from '#plugin';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { headerOf } from './header.ts';
import { pluginCode } from './outputs.ts';
import { readSpecs } from './read-spec.ts';

const USAGE = `Usage: fettle-spec SPEC [--out DIR] [--check]

Write generated.ts, generated.validators.js and generated.validators.d.ts of a plugin.

  --out DIR   The folder to write to. Default: the folder of SPEC.
  --check     Write nothing. Fail if a file is out of date.
`;

/** Prints a line for each changed file. Returns the exit code. */
function specCommand(args: readonly string[], engineSpec: string): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const [path] = positionals;
  if (values.help === true || path === undefined || positionals.length > 1) {
    (values.help === true ? process.stdout : process.stderr).write(USAGE);
    return values.help === true ? 0 : 1;
  }
  const engine = { file: 'engine.yaml', text: readFileSync(engineSpec, 'utf8') };
  const { specs, problems } = readSpecs([engine, { file: path, text: readFileSync(path, 'utf8') }]);
  for (const { file, line, column, message } of problems)
    process.stderr.write(`${file}:${line}:${column}: ${message}\n`);
  const plugin = specs?.plugins[0];
  if (specs === undefined || plugin === undefined) return 1;
  const folder = resolve(values.out ?? dirname(path));
  const outputs = pluginCode(specs.engine, plugin, folder, 'fettle/plugin', headerOf(basename(path), 'fettle-spec'));
  const changed = outputs.filter((each) => !existsSync(each.path) || readFileSync(each.path, 'utf8') !== each.text);
  for (const each of changed) process.stdout.write(`${values.check === true ? 'out of date: ' : ''}${each.path}\n`);
  if (values.check === true) return changed.length > 0 ? 1 : 0;
  mkdirSync(folder, { recursive: true });
  for (const each of changed) writeFileSync(each.path, each.text);
  return 0;
}

if (import.meta.main)
  try {
    // From source and in the package alike: `dist/api` is as deep as `src/codegen`.
    process.exitCode = specCommand(process.argv.slice(2), join(import.meta.dirname, '../../specs/engine.yaml'));
  } catch (error) {
    process.stderr.write(`fettle-spec: ${errorText(error)}\n`);
    process.exitCode = 1;
  }
