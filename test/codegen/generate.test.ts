/** Generation is deterministic and complete, and `--check` names the files that are out of date. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generate } from '../../src/codegen/generate.ts';
import { outputsOf } from '../../src/codegen/outputs.ts';
import { BEGIN, END } from '../../src/codegen/readme.ts';
import { engineText, fabricText, root, specsOf, specTexts } from './specs.ts';
import { temporaryFolder } from '../support/cli.ts';

/** The input and output of generation, in its own folder. */
function copyOfTree(): string {
  const folder = temporaryFolder();
  for (const part of ['specs', 'schemas', 'plugins', 'docs', 'src', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function check(folder: string): { readonly status: number | null; readonly out: string; readonly err: string } {
  const child = spawnSync(process.execPath, [join(folder, 'src/codegen/generate.ts'), '--check'], { encoding: 'utf8' });
  return { status: child.status, out: child.stdout, err: child.stderr };
}

function edit(folder: string, path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(folder, path), text.replace(from, to));
}

function read(path: string): string | undefined {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

test('the same specs give the same bytes, in any order of reading', () => {
  const texts = specTexts();
  const first = outputsOf(specsOf(texts), read);
  expect(outputsOf(specsOf(texts.toReversed()), read)).toEqual(first);
  expect(first.length).toBeGreaterThan(10);
});

test('--check passes on the tree', () => {
  expect(check(root)).toEqual({ status: 0, out: '', err: '' });
});

test('--check names the files that are out of date and writes nothing; generating fixes them', () => {
  const folder = copyOfTree();
  edit(folder, 'plugins/certificates/generated.ts', "'certificates'", "'certificate'");
  rmSync(join(folder, 'schemas/plan.json'));
  writeFileSync(join(folder, 'schemas/certificates/Old.json'), '{}');
  const checked = check(folder);
  expect(checked).toEqual({
    status: 1,
    out: ['plugins/certificates/generated.ts', 'schemas/plan.json', 'schemas/certificates/Old.json']
      .map((path) => `out of date: ${path}\n`)
      .join(''),
    err: 'run: npm run generate\n',
  });
  expect(existsSync(join(folder, 'schemas/plan.json'))).toBe(false);
  expect(generate(folder, { write: 'all' }).outdated).toHaveLength(3);
  expect(generate(folder, { write: 'nothing' })).toEqual({ problems: [], outdated: [] });
  expect(existsSync(join(folder, 'schemas/certificates/Old.json'))).toBe(false);
});

test('a change of a spec reaches types, tables, validators, schemas and the README', () => {
  const folder = copyOfTree();
  edit(folder, 'specs/certificates.yaml', 'maximum: 65535, default: 443', 'maximum: 65535, default: 8443');
  const committed = [
    'plugins/certificates/README.md',
    'plugins/certificates/generated.ts',
    'schemas/certificates/Domain.json',
    'schemas/document.json',
  ];
  expect(generate(folder, { write: 'nothing' }).outdated).toEqual(committed);
  expect(generate(folder, { write: 'all' }).outdated).toEqual([
    'plugins/certificates/README.md',
    'plugins/certificates/generated.ts',
    'plugins/certificates/generated.validators.js',
    'schemas/certificates/Domain.json',
    'schemas/document.json',
    'src/engine/generated.schemas.js',
  ]);
  edit(folder, 'specs/certificates.yaml', 'id: issuer-changed', 'id: issuer-other');
  expect(generate(folder, { write: 'nothing' }).outdated).toContain('plugins/certificates/generated.ts');
});

test('JavaScript is not committed, and is generated if it is missing', () => {
  const tracked = execFileSync('git', ['ls-files', '*generated*.js'], { cwd: root, encoding: 'utf8' });
  expect(tracked).toBe('');
  const folder = copyOfTree();
  const path = join(folder, 'plugins/certificates/generated.validators.js');
  const before = readFileSync(path, 'utf8');
  rmSync(path);
  edit(folder, 'plugins/certificates/generated.ts', "'certificates'", "'certificate'");
  expect(generate(folder, { write: 'nothing' }).outdated).toEqual(['plugins/certificates/generated.ts']);
  expect(generate(folder, { write: 'code' }).outdated).toEqual(['plugins/certificates/generated.validators.js']);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(generate(folder, { write: 'nothing' }).outdated).toEqual(['plugins/certificates/generated.ts']);
});

test('a mistake in a spec is printed with its place, and nothing is written', () => {
  const folder = copyOfTree();
  edit(folder, 'specs/certificates.yaml', 'summary: An authority that signs certificates.', 'sumary: x');
  const { status, out, err } = check(folder);
  expect(status).toBe(1);
  expect(out).toBe('');
  expect(err).toMatch(/^specs\/certificates\.yaml:\d+:\d+: .*unknown key sumary/mu);
});

test.each([
  ['none', 'text'],
  ['only one', BEGIN],
  ['in the wrong order', `${END}\n${BEGIN}`],
  ['doubled', `${BEGIN}\n${END}\n${BEGIN}\n${END}`],
])('a README needs its markers: %s', (_name, readme) => {
  const specs = specsOf([engineText, fabricText]);
  expect(() => outputsOf(specs, () => readme)).toThrow('plugins/fabric/README.md');
});

test('the text outside the markers of a README stays unchanged', () => {
  const specs = specsOf([engineText, fabricText]);
  const outputs = outputsOf(specs, () => `# By hand\n${BEGIN}\nwhat stood here\n${END}\nThe end.\n`);
  const readme = outputs.find(({ path }) => path === 'plugins/fabric/README.md')?.text ?? '';
  expect(readme.startsWith(`# By hand\n${BEGIN}\n`)).toBe(true);
  expect(readme.endsWith(`\n${END}\nThe end.\n`)).toBe(true);
  expect(readme).not.toContain('the old text');
  expect(readme).toContain('| `absent` | `ready` | create | fettle | 60 s | yes |  |');
  expect(readme).toContain('| `ready` | `absent` | remove | fettle | 90 s | yes | yes |');
  expect(readme).toContain('#### States of `sync`');
  expect(readme).toContain('  stale --> fresh: fettle push');
  expect(readme).toContain('| `subnets[].peer` | name of a VPC |  |  |  |');
  expect(readme).toContain(
    '| `one-at-a-time` | Another one is changing. | VPC `ready>ready`, `sync:stale>fresh` | yes |',
  );
});

test('types and tables of a kind with a scope and two machines', () => {
  const outputs = outputsOf(specsOf([engineText, fabricText]), () => `${BEGIN}${END}`);
  const text = outputs.find(({ path }) => path === 'plugins/fabric/generated.ts')?.text ?? '';
  expect(text).toContain("export type VPCState = 'absent' | 'ready';");
  expect(text).toContain("export type VPCStep = 'absent>ready' | 'ready>absent' | 'ready>ready' | 'sync:stale>fresh';");
  expect(text).toContain("export type VPCRuleId = 'one-at-a-time';");
  expect(text).toContain('export type FindingCode = never;');
  expect(text).toContain("scope: ['cluster', 'namespace']");
  expect(text).toContain("references: [{ pointer: '/subnets/*/peer', kind: 'VPC' }]");
  expect(text).toContain("group: 'cluster'");
  expect(text).toContain('as const satisfies PluginTables;');
});
