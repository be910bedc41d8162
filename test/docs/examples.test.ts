/** Examples of the docs that belong together: they validate as they are printed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bareEnvironment, temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The YAML blocks of a section whose first line is the name of a file, by that name. */
function filesIn(path: string, section: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const [, part = ''] = text.split(`\n## ${section}\n`);
  const [own = ''] = part.split('\n## ');
  return Object.fromEntries(
    [...own.matchAll(/^```yaml\n# (\S+\.yaml)\n(.*?)^```$/gmsu)].map(([, name = '', content = '']) => [name, content]),
  );
}

test.each([['plugins/certificates/README.md', 'Public certificates (ACME)', 2]])(
  'the files of %s in the section %s validate',
  async (path, section, count) => {
    const files = filesIn(path, section);
    expect(Object.keys(files)).toHaveLength(count);
    const folder = temporaryFolder();
    writeFiles(folder, files);
    const { code, stdout, stderr } = await fettle(folder, 'validate', { env: bareEnvironment() });
    expect([code, stdout + stderr]).toEqual([0, expect.any(String)]);
  },
);
