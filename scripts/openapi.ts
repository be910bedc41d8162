/**
 * Writes `docs/openapi.json`, the description of the API with the plugins of this package. `npm run generate` runs it.
 *
 * `--check` writes nothing, and fails if the file is out of date.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinPlugins } from '../src/plugins.ts';
import { description } from '../src/serve/answers/project-endpoints.ts';

const path = 'docs/openapi.json';
const file = join(import.meta.dirname, '..', path);
const text = `${JSON.stringify(await description(builtinPlugins, 'NAME'), null, 2)}\n`;
const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text;

if (process.argv.includes('--check')) {
  if (!isCurrent) {
    process.stdout.write(`out of date: ${path}\n`);
    process.stderr.write('run: npm run generate\n');
    process.exitCode = 1;
  }
} else if (!isCurrent) {
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
