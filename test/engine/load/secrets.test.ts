/**
 * Secrets of a configuration: named at the fields that a plugin declares, read from the environment or a file, never
 * written.
 */

import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSecrets } from '../../../src/run/secrets.ts';
import { loadConfig } from '../../../src/engine/load/config.ts';
import { isFileOf, secretsIn, withSecrets } from '../../../src/engine/load/secrets.ts';
import { missingReason, missingSecret, type Plugin, type Validator } from '#plugin';
import { formatTexts } from '../../../src/engine/generated.ts';
import { toyPlugin } from '../../support/toy.ts';
import { brief, folderOf } from './files.ts';

const PLACES = [
  { pointer: '/provider/token', variable: 'A_TOKEN' },
  { pointer: '/keys/*', variable: 'A_KEY' },
];

/** Accepts any value outside of secrets; the schema checks the format of a secret. */
const config: Validator = () => true;

const plugin: Plugin = {
  ...toyPlugin,
  validators: async () => ({ config }),
};
const plugins = new Map([
  ['toy', async (): Promise<Plugin> => ({ ...plugin, tables: { ...plugin.tables, secrets: PLACES } })],
]);

async function read(text: string) {
  return loadConfig({ owners: 'everybody', startFolder: folderOf({ 'fettle.yaml': text }), plugins, now: 0 });
}

describe('references to secrets', () => {
  it('are allowed at a secret of the plugin, and nowhere else', async () => {
    const good = await read(
      'plugins: { toy: { provider: { token: "${env:A_TOKEN}" }, keys: { a: "${file:k/a-key}" } } }\n',
    );
    expect(good.problems).toEqual([]);
    const bad = await read('plugins: { toy: { provider: { url: "${env:A}" }, other: "${file:a}" } }\n');
    expect(brief(bad.problems)).toEqual([
      expect.stringContaining('secret-not-allowed'),
      expect.stringContaining('secret-not-allowed'),
    ]);
  });

  it.each([
    ['provider: { token: "${env:AWS_SECRET_ACCESS_KEY}" }', 'A_TOKEN_'],
    ['provider: { token: "${env:A_TOKENS}" }', 'A_TOKEN_'],
    ['provider: { token: "${env:A_KEY}" }', 'A_TOKEN_'],
    ['keys: [ "${env:A_TOKEN}" ]', 'A_KEY_'],
    ['keys: [ "${file:.fettle/key}" ]', 'a-key-'],
    ['keys: [ "${file:.git/config}" ]', 'a-key-'],
  ])('can only name the variable of that field: %s', async (field, suggestion) => {
    const { problems } = await read(`plugins: { toy: { ${field} } }\n`);
    expect(problems).toMatchObject([
      { code: 'secret-not-allowed', suggestion: expect.stringContaining(suggestion) as string },
    ]);
  });

  it.each(['a-key', 'A_KEY', 'a/key', 'run/a-key-shop.txt', 'a_key_2'])('name a file as %s', (path) => {
    expect(isFileOf(path, 'A_KEY')).toBe(true);
  });

  it('are found and replaced by pointer', () => {
    const given = { provider: { token: '${env:A_TOKEN}', url: 'x' }, keys: ['${file:a/key}', 'plain'] };
    expect(secretsIn(given, PLACES)).toEqual([
      { pointer: '/provider/token', from: 'env', name: 'A_TOKEN', variable: 'A_TOKEN' },
      { pointer: '/keys/0', from: 'file', name: 'a/key', variable: 'A_KEY' },
    ]);
    expect(withSecrets(given, new Map([['/keys/0', 'geheim']]))).toEqual({ ...given, keys: ['geheim', 'plain'] });
  });

  it('have a format that no secret has', () => {
    expect(formatTexts['secret']).toContain('${env:NAME}');
  });
});

describe('secrets', () => {
  it('are read from the environment and from files of the project', async () => {
    const folder = folderOf({ 'fettle.yaml': '', 'k/a-key': 'from a file\r\n' });
    const given = { provider: { token: '${env:A_TOKEN}' }, keys: ['${file:k/a-key}'] };
    expect(
      await readSecrets(given, PLACES, { folder, roots: [folder], env: { A_TOKEN: 'from the environment' } }),
    ).toEqual({
      config: { provider: { token: 'from the environment' }, keys: ['from a file'] },
      secrets: ['from the environment', 'from a file'],
    });
  });

  it.each([
    ['${env:A_TOKEN_UNSET}', 'the environment variable A_TOKEN_UNSET is not set'],
    ['${env:A_TOKEN_EMPTY}', 'the environment variable A_TOKEN_EMPTY is not set'],
    ['${file:a-token-none}', 'the secret file a-token-none cannot be read (ENOENT)'],
    ['${file:/etc/a-token}', 'is outside the content of'],
    ['${file:a-token-out}', 'is outside the content of'],
    ['${file:a-token-nowhere}', 'is outside the content of'],
    ['${file:a-token-dir}', 'is not a regular file'],
    ['${file:a-token-empty}', 'is empty'],
    ['${file:a-token-long}', 'is larger than 65536 bytes'],
    ['${file:a-token-link}', 'is a link to a file with another name'],
    ['${file:a-token-key}', 'is outside the content of'],
  ])('%s: %s', async (token, words) => {
    const folder = folderOf({
      'fettle.yaml': '',
      'a-token-empty': '\n',
      'a-token-long': 'x'.repeat(65_537),
      'other/secret': 'another secret',
      '.fettle/key': 'the key of the store',
    });
    mkdirSync(join(folder, 'a-token-dir'));
    symlinkSync('/etc/hostname', join(folder, 'a-token-out'));
    symlinkSync('/nowhere', join(folder, 'a-token-nowhere'));
    symlinkSync('other/secret', join(folder, 'a-token-link'));
    symlinkSync('.fettle/key', join(folder, 'a-token-key'));
    chmodSync(join(folder, 'a-token-long'), 0o600);
    expect(
      await readSecrets({ provider: { token } }, PLACES, { folder, roots: [folder], env: { A_TOKEN_EMPTY: '' } }),
    ).toEqual({
      config: { provider: { token: expect.stringMatching(/^\$\{missing:.*\}$/u) as string } },
      secrets: [],
    });
    const { config } = await readSecrets({ provider: { token } }, PLACES, {
      folder,
      roots: [folder],
      env: { A_TOKEN_EMPTY: '' },
    });
    expect(missingReason((config as { provider: { token: string } }).provider.token)).toContain(words);
  });

  it('are read, although another one is missing', async () => {
    const given = { provider: { token: '${env:A_TOKEN}' }, keys: ['${env:A_KEY}', '${env:A_KEY_2}'] };
    const { config, secrets } = await readSecrets(given, PLACES, { folder: '/', roots: [], env: { A_KEY_2: 'two' } });
    expect(config).toEqual({
      provider: { token: missingSecret('the environment variable A_TOKEN is not set') },
      keys: [missingSecret('the environment variable A_KEY is not set'), 'two'],
    });
    expect(secrets).toEqual(['two']);
  });
});
