/** The handover by certbot, dehydrated and lego as installed: certificates from the emulated authority, taken over. */

import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import {
  certbotIssues,
  certbotRenews,
  type ClientsSite,
  dehydratedIssues,
  fettleAt,
  legoIssues,
  serialIn,
  startSite,
} from './clients.ts';

const running: ClientsSite[] = [];
async function site(): Promise<ClientsSite> {
  const started = await startSite();
  running.push(started);
  return started;
}
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

/** `commands`: command lines that fettle may run. */
function project(commands: readonly (readonly string[])[] = []): string {
  const folder = temporaryFolder();
  const plugins = `plugins: { certificates: { commands: ${JSON.stringify(commands)} } }\n`;
  writeFiles(folder, { 'fettle.yaml': `name: test\nstore: .fettle\n${plugins}` });
  mkdirSync(join(folder, 'desired'));
  return folder;
}

const LONG = 180_000;

interface Client {
  /** Folders of the client, and of its scheduler. */
  readonly own: readonly string[];
  /** File of the certificate. */
  readonly live: string;
  /** Address of the account, as the client recorded it. */
  readonly account: string;
  /** The command line that ran after the client's own issuance, and that fettle runs from now on. */
  readonly command: readonly string[];
  /** File that the command writes. */
  readonly ran: string;
}

/** Imports the folder, applies without an order, and renews by one order of the same account. */
async function takesOver(at: ClientsSite, { own, live, account, command, ran }: Client): Promise<string> {
  const { authority } = at;
  expect(existsSync(ran)).toBe(true);
  rmSync(ran);
  const folder = project([command]);
  const all = (...words: readonly string[]) => fettleAt(folder, at, ...words);
  const before = serialIn(live);
  const counts = { ...authority.acme.counts() };

  const imported = await all('import', '--all', '--plugin', 'certificates', ...own, '-o', 'desired/imported.yaml');
  expect([imported.code, imported.stderr]).toEqual([0, expect.stringContaining('2 documents')]);
  const file = join(folder, 'desired/imported.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(/enabled: false|PRIVATE|"d"/u);
  expect(text).toContain('command:');
  expect((await all('validate')).stdout + (await all('validate')).stderr).not.toMatch(/error|warning/u);
  // Nothing was asked of the authority.
  expect(authority.acme.counts()).toEqual(counts);

  const plan = await all('plan');
  expect(plan.stdout).toMatch(/Issuer\/\S+ +absent > ready/u);
  expect(plan.stdout).toMatch(/Certificate\/\S+ +normal > normal +adopt/u);
  const applied = await all('apply', '--yes');
  expect([applied.code, applied.stdout + applied.stderr]).toEqual([0, expect.stringContaining('2 done')]);
  // The modes of files are corrected; the content stays.
  await all('apply', '--yes');
  if (existsSync(ran)) rmSync(ran);
  expect((await all('plan')).stdout).toContain('0 to add, 0 to change');
  expect(serialIn(live)).toBe(before);
  expect(authority.acme.counts()['new-order']).toBe(counts['new-order']);
  expect((await all('log', 'export')).stdout).toContain(`"account":"${account}"`);

  writeFileSync(
    file,
    text.replace(/^( {2}storage:)/mu, `  renewal: { issuedAfter: "${new Date().toISOString()}" }\n$1`),
  );
  const renewed = await all('apply', '--yes');
  expect([renewed.code, renewed.stdout + renewed.stderr]).toEqual([0, expect.stringContaining('1 done')]);
  expect(serialIn(live)).not.toBe(before);
  expect(authority.acme.counts()['new-order']).toBe((counts['new-order'] ?? 0) + 1);
  expect((await all('log', 'export')).stdout.match(/"account":"[^"]*"/gu)).toSatisfy((found: readonly string[]) =>
    found.every((each) => each === `"account":"${account}"`),
  );
  return readFileSync(ran, 'utf8');
}

test(
  'certbot hands its certificate over, and the renewal uses its account and webroot',
  async () => {
    const at = await site();
    const ran = join(at.folder, 'reloaded');
    const command = ['touch', ran];
    const own = await certbotIssues(at, ['www.example.test', 'example.test'], '--deploy-hook', command.join(' '));
    const [regr = ''] = globSync('accounts/*/*/*/regr.json', { cwd: own });
    const { uri } = JSON.parse(readFileSync(join(own, regr), 'utf8')) as { uri: string };
    await takesOver(at, { own: [own], live: join(own, 'live/www.example.test/cert.pem'), account: uri, command, ran });
    // Only one program renews from now on.
    await expect(certbotRenews(at)).rejects.toThrow('to be a symlink');
  },
  LONG,
);

test(
  'dehydrated hands its certificate over, and the renewal uses its account and webroot',
  async () => {
    const at = await site();
    const ran = join(at.folder, 'deployed');
    const hook = join(at.folder, 'hook.sh');
    writeFileSync(hook, `#!/bin/sh\n[ "$1" != deploy_cert ] || { shift; echo "$@"; } >> ${ran}\n`);
    chmodSync(hook, 0o755);
    const own = await dehydratedIssues(at, ['www.example.test', 'example.test'], hook);
    const certs = join(own, 'certs/www.example.test');
    const files = ['privkey', 'cert', 'fullchain', 'chain'].map((name) => join(certs, `${name}.pem`));
    const before = readFileSync(ran, 'utf8');
    const [id = ''] = globSync('accounts/*/account_id.json', { cwd: own });
    const { url } = JSON.parse(readFileSync(join(own, id), 'utf8')) as { url: string };
    const command = [hook, 'deploy_cert', 'www.example.test', ...files, '0'];
    const after = await takesOver(at, { own: [own], live: join(certs, 'cert.pem'), account: url, command, ran });
    // The same words, but for the time at their end.
    expect(after.trim().replace(/\d+$/u, '')).toBe(before.trim().replace(/\d+$/u, ''));
  },
  LONG,
);

test('lego hands its certificate over, and the renewal uses the account and the options of its scheduler', {
  timeout: LONG,
}, async () => {
  const at = await site();
  const ran = join(at.folder, 'reloaded');
  const command = ['touch', ran];
  const { own, line } = await legoIssues(at, ['www.example.test'], command.join(' '));
  const scheduler = join(at.folder, 'cron.d');
  writeFiles(scheduler, { lego: `17 3 * * * root lego ${line} renew --renew-hook "${command.join(' ')}"\n` });
  const [account = ''] = globSync('accounts/*/*/account.json', { cwd: own });
  const { registration } = JSON.parse(readFileSync(join(own, account), 'utf8')) as { registration: { uri: string } };
  const live = join(own, 'certificates/www.example.test.crt');
  await takesOver(at, { own: [own, scheduler], live, account: registration.uri, command, ran });
});

test('without its scheduler, lego does not record its challenges: the renewal stays with lego until a person adds a solver', {
  timeout: LONG,
}, async () => {
  const at = await site();
  const { own } = await legoIssues(at, ['www.example.test'], 'true');
  const folder = project();
  const words = ['import', '--all', '--plugin', 'certificates', own, '-o', 'desired/imported.yaml'];
  expect((await fettleAt(folder, at, ...words)).code).toBe(0);
  const text = readFileSync(join(folder, 'desired/imported.yaml'), 'utf8');
  expect(text).toContain('lego does not record how it proves names. Search the folder of its `.lego.yml`');
  expect(text).toMatch(/renewal:\n {4}enabled: false/u);
  expect(text).toMatch(/contact:\n {6}- ops@example\.test/u);
  const applied = await fettleAt(folder, at, 'apply', '--yes');
  expect([applied.code, applied.stdout + applied.stderr]).toEqual([0, expect.stringContaining('2 done')]);
  expect(at.authority.acme.counts()['new-order']).toBe(1);
});
