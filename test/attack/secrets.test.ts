/** Canaries: no secret is in any byte that is printed, saved or logged. */

import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { certificateProject, certificateYaml, cliFile, issueWithOpenssl, run, writeFiles } from '../support/cli.ts';
import { applyAgo } from '../support/command-line.ts';

const CANARY = 'canary-3f9b1c77d2';
const environment = {
  DEPLOY_TOKEN: `${CANARY}-env`,
  PGPASSWORD: `${CANARY}-pg`,
  HTTPS_PROXY: `http://user:${CANARY}-proxy@127.0.0.1:1`,
  // Where it runs is recorded.
  BUILD_URL: `https://robot:${CANARY}-url@ci.example.test/job/7/`,
  FETTLE_LOG: 'trace',
};

/** Every file of a project that is not itself a key of certificates or of the store. */
function bytesOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(folder, name)).isFile() && !/^(?:tls|ca|desired)\/|^\.fettle\/key$/u.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'latin1')] as const);
}

/** Text forms of private keys: their lines, and their bytes in other alphabets. */
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

it('through plan, apply, failing actions, broken keys and every command that prints', async () => {
  const folder = certificateProject(['www', 'api']);
  const printed: string[] = [];
  const fettle = async (...args: readonly string[]): Promise<void> => {
    const done = await run(process.execPath, [cliFile, ...args], folder, environment);
    printed.push(`${args.join(' ')}\n${done.stdout}${done.stderr}`);
  };
  const keys = new Set<string>();
  const apply = async (...args: readonly string[]): Promise<void> => {
    await fettle('apply', '--yes', ...args);
    for (const key of secretsOf(folder)) keys.add(key);
  };
  printed.push((await applyAgo(folder, 70)).stdout);
  for (const key of secretsOf(folder)) keys.add(key);
  for (const key of secretsOf(folder)) keys.add(key);
  await fettle('plan', '-o', 'plan.json', '--detail');
  await apply();
  // A key file that holds a secret of another kind, and keys that are nearly keys.
  for (const path of ['tls/api.key', 'ca/ca.key']) {
    const key = readFileSync(join(folder, path), 'utf8');
    // Something to sign, and to be rejected where there is nothing to sign it with.
    issueWithOpenssl(folder, 'www', -5);
    for (const own of secretsOf(folder)) keys.add(own);
    const texts = [
      `password=${CANARY}-file\n`,
      key.replace('PRIVATE KEY', 'PRIVATE KEE'),
      `${key.slice(0, 120)}${CANARY}\n`,
      `${key.slice(0, 60)}${CANARY}${key.slice(60)}`,
      `${key}${CANARY}`,
    ];
    for (const text of texts) {
      writeFileSync(join(folder, path), text);
      await fettle('plan', '--format', 'json');
      await fettle('plan', '--detail');
      await apply();
    }
    if (path.startsWith('ca/')) writeFileSync(join(folder, path), key);
  }
  // A file in the place of a folder, and a place that cannot be read: actions that fail, and gaps.
  writeFiles(folder, { 'desired/new.yaml': certificateYaml('new').replaceAll('../tls/new', '../fettle.yaml/new') });
  await apply('--parallelism', '1');
  rmSync(join(folder, 'tls/api.key'));
  symlinkSync('api.key', join(folder, 'tls/api.key'));
  await fettle('plan');
  await fettle('apply', '--yes');
  rmSync(join(folder, 'tls/api.key'));
  await apply();
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
  await fettle('show', 'plan.json', '--detail');
  await fettle('apply', 'plan.json');
  // A damaged log is quoted nowhere either.
  writeFileSync(join(folder, '.fettle/log/000000000001-00000001.ndjson'), `${CANARY.slice(0, 3)}\n`, { flag: 'a' });
  await fettle('log', 'verify');
  await fettle('plan');
  await fettle('log', 'recover');
  await fettle('apply', '--yes');
  await fettle('frobnicate');

  expect(keys.size).toBeGreaterThan(10);
  const everything = [...printed.map((text) => ['printed', text] as const), ...bytesOf(folder)];
  const leaks = everything.flatMap(([where, text]) =>
    [CANARY, ...keys]
      .filter((secret) => text.includes(secret))
      .map((secret) => `${where}: ${secret.slice(0, 12)} in ${text.slice(0, 80)}`),
  );
  expect(leaks).toEqual([]);
  // All of it did happen.
  const said = printed.join('');
  for (const word of [
    'secret-not-allowed',
    ': failed',
    'ca-unusable',
    'REJECTED',
    'expiring_soon',
    'in quarantine',
    ' INFO  fettle ',
  ])
    expect(said).toContain(word);
  const log = bytesOf(folder).filter(([name]) => name.startsWith('.fettle/log/'));
  expect(log.map(([, text]) => text).join('')).toContain('https://ci.example.test/job/7/');
});
