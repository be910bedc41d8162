/** The version of documents: of what a round has read, and not of files that change while the round begins. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtinPlugins } from '../../src/plugins.ts';
import { versionOf } from '../../src/run/due-now.ts';
import { keptAfter, keptText } from '../../src/run/last-valid.ts';
import { type Host, openDocuments, openProject, type Project, ProblemsError } from '../../src/run/project.ts';
import { openConfiguredStore } from '../../src/run/stores.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';

const HOST: Host = {
  env: {},
  now: Date.now,
  elapsed: () => performance.now(),
  randomId: randomUUID,
  uid: process.getuid?.(),
  actor: 'test',
  plugins: builtinPlugins,
  openStore: openConfiguredStore,
};

function domain(name: string, more = ''): string {
  return `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: ${name} }\nspec: { host: ${name}.example.test${more} }\n`;
}

const quiet = (): void => undefined;

async function read(folder: string): Promise<Project> {
  return openProject(HOST, { folder }, quiet);
}

function projectFolder(): string {
  const folder = temporaryFolder();
  writeFiles(folder, { 'fettle.yaml': 'name: shop\n', 'desired/a.yaml': domain('a'), 'desired/b.yaml': domain('b') });
  return folder;
}

test.each<[string, Readonly<Record<string, string>>]>([
  ['an edited document', { 'desired/a.yaml': domain('a', ', port: 8443') }],
  ['a new document', { 'desired/c.yaml': domain('c') }],
  ['an edited configuration', { 'fettle.yaml': 'name: shop\nparallelism: 3\n' }],
])('%s that arrives after the documents were read is for the next round', async (_name, files) => {
  const folder = projectFolder();
  const before = await read(folder);
  const version = versionOf(before);
  writeFiles(folder, files);
  expect(versionOf(before)).toBe(version);
  const after = versionOf(await read(folder));
  expect(after).not.toBe(version);
  expect(versionOf(await read(folder))).toBe(after);
});

test('the last valid documents have the version with which they were read', async () => {
  const folder = projectFolder();
  const project = await read(folder);
  writeFiles(folder, { 'desired/a.yaml': 'no document\n' });
  const error = await read(folder).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemsError);
  const kept = await openDocuments(keptAfter(error, HOST, keptText(project), quiet), quiet);
  expect(kept.documents.map(({ source }) => join('/', source.file))).toEqual(['/desired/a.yaml', '/desired/b.yaml']);
  expect(versionOf(kept)).toBe(versionOf(project));
});
