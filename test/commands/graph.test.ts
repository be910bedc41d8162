/** `fettle graph`: Mermaid of documents and of lifecycles. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
it('draws an arrow from each resource to its dependencies', async () => {
  await fettle(folder, 'init .');
  const { code, stdout } = await fettle(folder, 'graph');
  expect([code, stdout]).toEqual([
    0,
    'flowchart LR\n  r1["certificates/Certificate/www"]\n  r2["certificates/Issuer/internal"]\n  r1 --> r2\n',
  ]);
});

it('keeps the name of a document inside its label', async () => {
  writeFiles(folder, {
    'desired/a.yaml': `apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: 'a"];click,r1"javascript:1"' }\nspec: { selfSigned: {} }\n`,
  });
  const { stdout } = await fettle(folder, 'graph');
  expect(stdout).toBe('flowchart LR\n  r1["certificates/Issuer/a#34;#93;#59;click#44;r1#34;javascript#58;1#34;"]\n');
});

it('draws the lifecycle of a kind as its documentation does', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../plugins/certificates/README.md'), 'utf8');
  const { code, stdout } = await fettle(folder, 'graph Certificate');
  expect(code).toBe(0);
  expect(stdout).toContain('  expiring_soon --> renewing: fettle ');
  expect(readme).toContain(`\`\`\`mermaid\n${stdout}\`\`\``);
});

it('lists the kinds if one is unknown', async () => {
  const { code, stderr } = await fettle(folder, 'graph Certifcate');
  expect([code, stderr]).toEqual([1, expect.stringContaining('certificates/Certificate')]);
});
