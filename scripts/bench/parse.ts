/** Reads every YAML file of a folder with `yaml` alone, as the reference for `validate`: `node parse.js FOLDER`. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: parse.js FOLDER');
const values: unknown[] = [];
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.yaml')) continue;
  for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) values.push(document.toJS());
}
process.stdout.write(`${values.length} documents\n`);
