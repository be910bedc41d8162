/** Canaries: nothing that is secret is in any byte that is printed, saved or logged. */

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { certificateProject, certificateYaml, cliFile, issueWithOpenssl, run, writeFiles } from '../support/cli.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const CANARY = 'canary-3f9b1c77d2';
const environment = { DEPLOY_TOKEN: `${CANARY}-env`, FETTLE_LOG: 'trace', PGPASSWORD: `${CANARY}-pg` };

/** Every file of a project that is not a private key itself. */
function bytesOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(folder, name)).isFile() && !/^(?:tls|ca|desired)\//u.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'latin1')] as const);
}

/** What private keys look like in text: their lines, and their bytes in other alphabets. */
function secretsOf(folder: string): readonly string[] {
  const keys = ['tls', 'ca'].flatMap((dir) =>
    readdirSync(join(folder, dir))
      .filter((name) => name.includes('.key'))
      .map((name) => readFileSync(join(folder, dir, name), 'utf8')),
  );
  return keys.flatMap((pem) => {
    const lines = pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
    const bytes = Buffer.from(lines.join(''), 'base64');
    return [...lines, bytes.toString('hex'), bytes.toString('base64url')].filter((text) => text.length > 20);
  });
}

it('through plan, apply, failing actions, broken keys and every command that prints', { timeout: 60_000 }, async () => {
  const folder = certificateProject(['www', 'api']);
  folders.push(folder);
  const printed: string[] = [];
  const fettle = async (...args: readonly string[]): Promise<void> => {
    const done = await run(process.execPath, [cliFile, ...args], folder, environment);
    printed.push(`${args.join(' ')}\n${done.stdout}${done.stderr}`);
  };
  await fettle('apply', '--yes');
  issueWithOpenssl(folder, 'www', 20);
  const keys = new Set(secretsOf(folder));
  await fettle('plan', '-o', 'plan.json', '--detail');
  await fettle('apply', '--yes');
  for (const key of secretsOf(folder)) keys.add(key);
  // A key file that holds a secret of another kind, and keys that are nearly keys.
  const key = readFileSync(join(folder, 'tls/api.key'), 'utf8');
  for (const text of [
    `password=${CANARY}-file\n`,
    key.replace('PRIVATE KEY', 'PRIVATE KEE'),
    `${key.slice(0, 120)}${CANARY}\n`,
    `${key}${CANARY}`,
  ]) {
    writeFileSync(join(folder, 'tls/api.key'), text);
    await fettle('plan', '--format', 'json');
    writeFileSync(join(folder, 'ca/ca.key'), text);
    await fettle('plan');
    await fettle('apply', '--yes');
  }
  // A file in the place of a folder: actions that fail.
  writeFiles(folder, { 'desired/new.yaml': certificateYaml('new').replaceAll('../tls/new', '../fettle.yaml/new') });
  await fettle('apply', '--yes');
  writeFiles(folder, {
    'desired/env.yaml': certificateYaml('env').replace('env.example.test', `"\${env:DEPLOY_TOKEN}"`),
  });
  await fettle('validate');
  await fettle('plan');
  rmSync(join(folder, 'desired/env.yaml'));
  await fettle('log', 'list', '--last', '0', '--format', 'json');
  await fettle('state', 'list', '--format', 'json');
  await fettle('state', 'show', 'certificates/Certificate/api');
  await fettle('show', 'plan.json', '--format', 'json');

  expect(keys.size).toBeGreaterThan(10);
  const everything = [...printed.map((text) => ['printed', text] as const), ...bytesOf(folder)];
  const leaks = everything.flatMap(([where, text]) =>
    [CANARY, ...keys]
      .filter((secret) => text.includes(secret))
      .map((secret) => `${where}: ${secret.slice(0, 12)} in ${text.slice(0, 80)}`),
  );
  expect(leaks).toEqual([]);
  expect(printed.join('')).toContain('secret-not-allowed');
});
