/** Secrets of a configuration: named where a plugin says so, read from the environment or a file, and never written out. */

import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSecrets } from '../../../src/commands/secrets.ts';
import { loadConfig } from '../../../src/engine/load/config.ts';
import { secretsIn, withSecrets } from '../../../src/engine/load/secrets.ts';
import type { Plugin, Validator } from '../../../src/engine/plugin.ts';
import { formatTexts } from '../../../src/engine/generated.ts';
import { toyPlugin } from '../../support/toy.ts';
import { brief, folderOf } from './files.ts';

const PLACES = ['/provider/token', '/keys/*'];

/** Takes anything where no secret is; what a secret's format takes is the schema's matter. */
const config: Validator = () => true;

const plugin: Plugin = {
  ...toyPlugin,
  validators: async () => ({ config }),
};
const plugins = new Map([
  ['toy', async (): Promise<Plugin> => ({ ...plugin, tables: { ...plugin.tables, secrets: PLACES } })],
]);

async function read(text: string) {
  return loadConfig({ startFolder: folderOf({ 'fettle.yaml': text }), plugins, now: 0 });
}

describe('references to secrets', () => {
  it('may stand where the plugin has a secret, and nowhere else', async () => {
    const good = await read('plugins: { toy: { provider: { token: "${env:A}" }, keys: { a: "${file:k/a}" } } }\n');
    expect(good.problems).toEqual([]);
    const bad = await read('plugins: { toy: { provider: { url: "${env:A}" }, other: "${file:a}" } }\n');
    expect(brief(bad.problems)).toEqual([
      expect.stringContaining('secret-not-allowed'),
      expect.stringContaining('secret-not-allowed'),
    ]);
  });

  it('are found and replaced by pointer', () => {
    const given = { provider: { token: '${env:A}', url: 'x' }, keys: ['${file:a/b}', 'plain'] };
    expect(secretsIn(given, PLACES)).toEqual([
      { pointer: '/provider/token', from: 'env', name: 'A' },
      { pointer: '/keys/0', from: 'file', name: 'a/b' },
    ]);
    expect(withSecrets(given, new Map([['/keys/0', 'geheim']]))).toEqual({ ...given, keys: ['geheim', 'plain'] });
  });

  it('have a format that no secret itself has', () => {
    expect(formatTexts['secret']).toContain('${env:NAME}');
  });
});

describe('secrets', () => {
  it('come from the environment and from files of the project', async () => {
    const folder = folderOf({ 'fettle.yaml': '', 'k/a': 'from a file\r\n' });
    const given = { provider: { token: '${env:A}' }, keys: ['${file:k/a}'] };
    expect(await readSecrets(given, PLACES, { folder, env: { A: 'from the environment' } })).toEqual({
      config: { provider: { token: 'from the environment' }, keys: ['from a file'] },
      secrets: ['from the environment', 'from a file'],
    });
  });

  it.each([
    ['${env:UNSET}', 'the environment variable UNSET is not set'],
    ['${env:EMPTY}', 'the environment variable EMPTY is not set'],
    ['${file:none}', 'the file none of a secret is not there'],
    ['${file:/etc/hostname}', 'lies outside'],
    ['${file:out}', 'lies outside'],
    ['${file:dir}', 'is no file'],
    ['${file:empty}', 'is empty'],
    ['${file:long}', 'is longer than 65536 bytes'],
  ])('%s: %s', async (token, words) => {
    const folder = folderOf({ 'fettle.yaml': '', empty: '\n', long: 'x'.repeat(65_537) });
    mkdirSync(join(folder, 'dir'));
    symlinkSync('/etc/hostname', join(folder, 'out'));
    chmodSync(join(folder, 'long'), 0o600);
    expect(await readSecrets({ provider: { token } }, PLACES, { folder, env: { EMPTY: '' } })).toEqual({
      missing: expect.stringContaining(words),
      secrets: [],
    });
  });
});
