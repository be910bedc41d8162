/**
 * The `fettle.yaml` that counts: where it is searched, where its links can lead, and who can own it.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliFile, issuerYaml, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettleHere as fettle, fettleWith } from '../support/command-line.ts';

const SECRET = 'geheim-5c0e71';
const OTHER = 4001;
const isRoot = process.getuid?.() === 0;

/** `above/repo` is a repository with documents and without a configuration. */
function repository(): { readonly above: string; readonly repo: string } {
  const above = temporaryFolder();
  const repo = join(above, 'repo');
  writeFiles(repo, { 'desired/ca.yaml': issuerYaml, 'env/prod/note': '' });
  mkdirSync(join(repo, '.git'));
  return { above, repo };
}

const config = (name: string): string => `name: ${name}\ndesired: [desired/]\n`;

/** The name of the project that a command loads. */
async function projectOf(
  folder: string,
  ...more: readonly string[]
): Promise<{ readonly name: string; readonly ran: Done }> {
  const ran = await fettle(folder, 'plan', '--format', 'json', ...more);
  const plan = (ran.stdout === '' ? {} : JSON.parse(ran.stdout)) as { readonly project?: string };
  return { name: plan.project ?? '', ran };
}

describe('a configuration is searched', () => {
  it('in the folder and in its parents, up to the repository', async () => {
    const { above, repo } = repository();
    writeFiles(above, { 'fettle.yaml': config('above') });
    // A file above it is not read: the defaults apply.
    expect((await projectOf(repo)).name).toBe('repo');
    writeFiles(repo, { 'fettle.yaml': config('own') });
    expect((await projectOf(join(repo, 'env/prod'))).name).toBe('own');
    rmSync(join(repo, '.git'), { recursive: true });
    rmSync(join(repo, 'fettle.yaml'));
    // Without a repository, the folder above counts: the control for the limit above.
    expect((await fettle(repo, 'validate')).stderr).toContain('`desired/` matches no file');
  });

  it('up to the home folder', async () => {
    const { above, repo } = repository();
    rmSync(join(repo, '.git'), { recursive: true });
    writeFiles(above, { 'fettle.yaml': 'name: [' });
    const at = (home: string): Promise<Done> => fettleWith({ HOME: home }, repo, 'validate');
    expect((await at(repo)).code).toBe(0);
    expect((await at(above)).code).toBe(1);
  });

  it('up to a file that points to a repository', async () => {
    const { above, repo } = repository();
    rmSync(join(repo, '.git'), { recursive: true });
    writeFileSync(join(repo, '.git'), 'gitdir: ../main/.git/worktrees/repo\n');
    writeFiles(above, { 'fettle.yaml': 'name: [' });
    expect((await fettle(repo, 'validate')).code).toBe(0);
  });
});

describe('a configuration that is a link', () => {
  it.each<[string, (repo: string, above: string) => string]>([
    ['to a file of another folder', (_repo, above) => join(above, 'secret.json')],
    ['by a relative path', () => '../secret.json'],
    ['through another link', (repo) => (symlinkSync('../secret.json', join(repo, 'inner')), 'inner')],
    ['through a folder that is a link', (repo) => (symlinkSync('..', join(repo, 'up')), 'up/secret.json')],
    ['to the environment of the process', () => '/proc/self/environ'],
    ['to /etc/shadow', () => '/etc/shadow'],
    ['to a device', () => '/dev/zero'],
    ['to nothing', () => '/nowhere/fettle.yaml'],
    ['to itself', () => 'fettle.yaml'],
    ['to what git keeps', (repo) => (writeFileSync(join(repo, '.git/config'), SECRET), '.git/config')],
  ])('out of the repository is an error that shows no line of it: %s', async (_name, target) => {
    const { above, repo } = repository();
    writeFileSync(join(above, 'secret.json'), `{"auth": "${SECRET}"}\n`);
    symlinkSync(target(repo, above), join(repo, 'fettle.yaml'));
    const commands = ['validate', 'plan', 'drift', 'apply'];
    const all = [
      // A process has the secret in its environment.
      await run(process.execPath, [cliFile, 'plan'], repo, { CANARY: SECRET }),
      ...(await Promise.all(commands.map((command) => fettleWith({ CANARY: SECRET }, repo, command)))),
    ];
    for (const done of all) {
      expect(done.code).toBe(1);
      expect(done.stderr).toContain('outside-root');
      expect(done.stdout + done.stderr).not.toMatch(/geheim|root:[^ ]*:/u);
    }
  });

  it('is read if the command line names it: the same parser shows its lines', async () => {
    const { above, repo } = repository();
    writeFileSync(join(above, 'secret.json'), `{"auth": "${SECRET}"}\n`);
    symlinkSync('../secret.json', join(repo, 'fettle.yaml'));
    expect((await fettle(repo, 'validate', '--config', 'fettle.yaml')).stderr).toContain(SECRET);
  });

  it('is followed within the repository', async () => {
    const { repo } = repository();
    writeFiles(repo, { 'env/shared.yaml': config('shared') });
    symlinkSync('env/shared.yaml', join(repo, 'fettle.yaml'));
    expect((await projectOf(repo)).name).toBe('shared');
  });
});

it('a configuration that is a pipe is an error, and no command waits for it', async () => {
  const { repo } = repository();
  execFileSync('mkfifo', [join(repo, 'fettle.yaml')]);
  expect(await fettle(repo, 'validate')).toMatchObject({ code: 1, stderr: expect.stringContaining('pipe') as string });
});

describe.skipIf(!isRoot)('a configuration of another user', () => {
  /** A folder that a foreign user owns, or that every user can write to. */
  const SITUATIONS: readonly (readonly [string, (repo: string) => void, string])[] = [
    ['the file', (repo) => chownSync(join(repo, 'fettle.yaml'), OTHER, OTHER), 'belongs to user 4001'],
    ['its folder', (repo) => chownSync(repo, OTHER, OTHER), 'belongs to user 4001'],
    ['all of it', (repo) => execFileSync('chown', ['-R', `${OTHER}:${OTHER}`, repo]), 'belongs to user 4001'],
    ['a file that every user can write', (repo) => chmodSync(join(repo, 'fettle.yaml'), 0o666), 'by every user'],
    ['a folder that every user can write', (repo) => chmodSync(repo, 0o777), 'by every user'],
    ['a folder above that every user can write', (repo) => chmodSync(join(repo, '..'), 0o777), 'by every user'],
  ];

  it.each(SITUATIONS)('is an error that says what to do: %s', async (_name, change, reason) => {
    const { repo } = repository();
    writeFiles(repo, { 'fettle.yaml': config('own') });
    expect((await projectOf(repo)).name).toBe('own');
    change(repo);
    const { code, stderr } = await fettle(repo, 'plan');
    expect([code, stderr]).toEqual([1, expect.stringContaining('untrusted-owner')]);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('--config fettle.yaml');
    const trusted = /FETTLE_TRUST_OWNER=\d+/u.exec(stderr)?.[0] ?? '';
    // The message names both remedies.
    const within = await fettleWith({ FETTLE_TRUST_OWNER: trusted.split('=')[1] ?? '' }, repo, 'validate');
    expect(within).toMatchObject({ code: 0 });
    expect(await fettle(repo, 'validate', '--config', 'fettle.yaml')).toMatchObject({ code: 0 });
  });

  it('is accepted from the user who became root by sudo', async () => {
    const { repo } = repository();
    writeFiles(repo, { 'fettle.yaml': config('own') });
    execFileSync('chown', ['-R', `${OTHER}:${OTHER}`, repo]);
    const as = (uid: string): Promise<Done> => fettleWith({ SUDO_UID: uid }, repo, 'validate');
    expect((await as(String(OTHER))).code).toBe(0);
    expect((await as('4002')).code).toBe(1);
  });

  it('is not read from a folder that a foreign .git turns into a repository', async () => {
    const { above, repo } = repository();
    rmSync(join(repo, '.git'), { recursive: true });
    writeFiles(above, { 'other.yaml': `${SECRET}: [` });
    writeFiles(repo, { 'fettle.yaml': 'name: own\ndesired: [../other.yaml]\n' });
    mkdirSync(join(above, '.git'));
    // A repository of this user can be named as a whole.
    expect((await fettle(repo, 'validate')).stderr).toContain(SECRET);
    chownSync(join(above, '.git'), OTHER, OTHER);
    const { stderr } = await fettle(repo, 'validate');
    expect(stderr).toContain('outside-root');
    expect(stderr).not.toContain(SECRET);
  });
});
