/** A GitRepository in a project: its states in plan, apply and log, new logins and addresses, and scheduled tests. */

import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { textOr } from '../../../plugins/fabric/objects/content.ts';
import type { Json } from '#plugin';
import { temporaryFolder, writeFiles } from '../../support/cli.ts';
import { fettle } from '../../support/command-line.ts';
import { type GitServer, makeRepositories, type Repositories, startGitServer } from '../../support/git-server.ts';

const ADDRESS = 'fabric/GitRepository/infra';
const SECRET = 'canary-9c20aa41';
const START = Date.parse('2026-11-20T08:00:00Z');
const MINUTE = 60_000;
const basic = (secret: string): string => `Basic ${Buffer.from(`git:${secret}`).toString('base64')}`;

let repositories: Repositories;
beforeAll(() => {
  repositories = makeRepositories();
});

async function served(secret = SECRET): Promise<GitServer> {
  const server = await startGitServer(repositories, basic(secret));
  onTestFinished(server.stop);
  return server;
}

interface Shown {
  readonly state: string;
  readonly kept: { readonly [key: string]: Json };
}

/** A project whose clock and secret the test sets. */
function project(server: GitServer) {
  const folder = temporaryFolder();
  const clock = { now: START };
  const env: { [name: string]: string } = {
    PATH: process.env['PATH'] ?? '',
    FABRIC_GIT_SECRET_INFRA: SECRET,
    FETTLE_PROVIDER_ORIGINS: `FABRIC_GIT_SECRET_INFRA=${server.origin}`,
  };
  const declare = (spec: object): void =>
    writeFiles(folder, {
      'desired/git.yaml': JSON.stringify({
        apiVersion: 'fabric/v1',
        kind: 'GitRepository',
        metadata: { name: 'infra' },
        spec,
      }),
    });
  writeFiles(folder, {
    'fettle.yaml': JSON.stringify({
      name: 'demo',
      desired: ['desired/'],
      plugins: {
        fabric: { git: { credentials: { infra: { auth: 'TOKEN', secret: '${env:FABRIC_GIT_SECRET_INFRA}' } } } },
      },
    }),
  });
  declare({ url: server.url, ca: server.ca, credentials: 'infra' });
  const run = (line: string) => fettle(folder, line, { env, now: () => clock.now });
  return {
    clock,
    env,
    declare,
    undeclare: () => writeFiles(folder, { 'fettle.yaml': JSON.stringify({ name: 'demo', desired: [] }) }),
    run,
    /** Runs a command an hour and a half later. Each output is searched for the secret. */
    later: async (line: string, after = 90 * MINUTE) => {
      clock.now += after;
      const done = await run(line);
      expect(done.stdout + done.stderr).not.toContain(SECRET);
      return done;
    },
    shown: async () => JSON.parse((await run(`state show ${ADDRESS}`)).stdout) as Shown,
    /** The moves of the connection in the log, oldest first. */
    moves: async (): Promise<readonly string[]> =>
      (await run('log export')).stdout
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => {
          const { kind, body } = JSON.parse(line) as {
            readonly kind: string;
            readonly body: {
              readonly resources?: readonly { readonly moves?: readonly { from: string; to: string }[] }[];
            };
          };
          return kind === 'seen' ? (body.resources ?? []).flatMap(({ moves = [] }) => moves) : [];
        })
        .map(({ from, to }) => `${from}>${to}`),
  };
}

const UNREACHABLE = 'repository-unreachable';

test('the states of a first test are in the log, and a later success adds its time alone', async () => {
  const server = await served();
  const { later, shown, moves } = project(server);
  expect((await later('plan', 0)).code).toBe(0);
  expect((await later('apply --yes', 0)).code).toBe(0);
  expect(await shown()).toMatchObject({
    state: 'CONNECTED',
    kept: { url: server.url, last_validated: '2026-11-20T08:00:00.000Z', validation_error: '', failures: 0 },
  });
  await later('apply --yes', MINUTE);
  expect((await shown()).kept['last_validated']).toBe('2026-11-20T08:00:00.000Z');
  await later('apply --yes');
  expect((await shown()).kept['last_validated']).toBe('2026-11-20T09:31:00.000Z');
  expect(await moves()).toEqual(['absent>PENDING', 'PENDING>TESTING', 'TESTING>CONNECTED']);
});

test('a new commit is recorded', async () => {
  const server = await served();
  const { later, shown } = project(server);
  await later('apply --yes', 0);
  const head = repositories.commit('main');
  await later('apply --yes', MINUTE);
  expect((await shown()).kept['head']).toBe(head);
});

test('a failing repository is a finding of every plan, and scheduled tests wait longer each time', async () => {
  const server = await served('another-secret');
  const { clock, later, shown, moves } = project(server);
  const plan = await later('plan', 0);
  expect(plan.code).toBe(0);
  expect(plan.stdout).toContain(UNREACHABLE);
  expect(plan.stdout).toContain(`${server.url}: the server refuses the login`);
  expect((await later('drift --fail-on error', 0)).code).not.toBe(0);
  // A test that nothing records does not count.
  expect((await later(`explain ${ADDRESS}`, 0)).stdout).toContain('recorded failures 0');
  const asked = (): number => server.logins.length;
  const waits: number[] = [];
  for (let failures = 1; failures <= 6; failures += 1) {
    await later('drift --record --backoff', 0);
    const { state, kept } = await shown();
    expect([state, kept['failures'], kept['error_code']]).toEqual(['FAILED', failures, 'HH-GIT-002']);
    const retryAt = Date.parse(textOr(kept['retry_at'], ''));
    waits.push((retryAt - clock.now) / 1000);
    // Until then, the recorded failure counts, and nothing is asked.
    const before = asked();
    const early = await later('drift --record --backoff', retryAt - clock.now - 1);
    expect(early.stdout).toContain(`Tested at ${textOr(kept['failed_at'], '')}; the next scheduled test is at`);
    expect(asked()).toBe(before);
    clock.now = retryAt;
  }
  expect(waits).toEqual([30, 60, 120, 300, 600, 600]);
  expect((await later(`explain ${ADDRESS}`, 0)).stdout).toContain('recorded failures 6');
  // A plan does not wait.
  const before = asked();
  await later('plan', 0);
  expect(asked()).toBeGreaterThan(before);
  expect(await moves()).toEqual(['absent>PENDING', 'PENDING>TESTING', 'TESTING>FAILED']);
});

test('a new secret and a new address are tested at once, also by a scheduled run', async () => {
  const server = await served();
  const { env, declare, later, shown, moves } = project(server);
  await later('apply --yes', 0);
  env['FABRIC_GIT_SECRET_INFRA'] = 'revoked-secret';
  await later('apply --yes', MINUTE);
  expect(await shown()).toMatchObject({ state: 'FAILED', kept: { validation_error: 'the server refuses the login' } });
  env['FABRIC_GIT_SECRET_INFRA'] = SECRET;
  await later('drift --record --backoff', 1000);
  expect(await shown()).toMatchObject({
    state: 'CONNECTED',
    kept: { validation_error: '', error_code: '', retry_at: '' },
  });
  declare({ url: `${server.origin}/other.git`, ca: server.ca, credentials: 'infra' });
  await later('apply --yes', MINUTE);
  expect(await shown()).toMatchObject({ state: 'FAILED', kept: { failures: 1, error_code: 'HH-GIT-001' } });
  declare({ url: server.url, ca: server.ca, credentials: 'infra' });
  await later('drift --record --backoff', 1000);
  expect((await moves()).slice(3).join(' ')).toBe(
    [
      'CONNECTED>TESTING TESTING>FAILED',
      'FAILED>TESTING TESTING>CONNECTED',
      'CONNECTED>PENDING PENDING>TESTING TESTING>FAILED',
      'FAILED>PENDING PENDING>TESTING TESTING>CONNECTED',
    ].join(' '),
  );
});

test('a branch that does not exist is a finding of its own', async () => {
  const server = await served();
  const { declare, later, shown } = project(server);
  declare({ url: server.url, ca: server.ca, credentials: 'infra', branch: 'release' });
  const plan = await later('plan', 0);
  expect(plan.stdout).toContain('branch-not-found');
  expect(plan.stdout).toContain('does not have the branch release. The default branch is main: edit spec.branch');
  expect(plan.stdout).not.toContain(UNREACHABLE);
  await later('apply --yes', 0);
  expect(await shown()).toMatchObject({ state: 'CONNECTED', kept: { head: '' } });
});

test('a login that must not be sent there is a gap: the recorded state stays', async () => {
  const server = await served();
  const { env, later, shown } = project(server);
  await later('apply --yes', 0);
  env['FETTLE_PROVIDER_ORIGINS'] = 'https://localhost:1';
  const asked = server.logins.length;
  const done = await later('apply --yes');
  expect(done.stdout + done.stderr).toContain(
    `the secret of the login infra is only sent to ${server.origin} if the environment variable FETTLE_PROVIDER_ORIGINS names that origin`,
  );
  expect(server.logins.length).toBe(asked);
  expect(await shown()).toMatchObject({ state: 'CONNECTED', kept: { last_validated: '2026-11-20T08:00:00.000Z' } });
});

test('the state of a removed document is forgotten, and nothing is asked', async () => {
  const server = await served();
  const { later, undeclare, run } = project(server);
  await later('apply --yes', 0);
  const asked = server.logins.length;
  undeclare();
  expect((await later('apply --yes')).code).toBe(0);
  expect(server.logins.length).toBe(asked);
  expect((await run('state list')).stdout).not.toContain('GitRepository');
});

test.each([
  [{ url: 'ext::sh -c id' }, 'the address of the repository names a helper program'],
  [{ url: '--upload-pack=id' }, 'the address of the repository begins with -'],
  [{ url: 'https://ann:hidden-word@git.example.com/a' }, 'the address of the repository has a user or a password'],
  [{ branch: '--output=x' }, 'the name of the branch begins with -'],
  [{ credentials: 'infr' }, 'fettle.yaml does not have the login infr'],
  [{ url: 'git@git.example.com:a.git', ca: undefined }, 'has the kind TOKEN, which is not for an address with ssh'],
  [{ url: 'git@git.example.com:a.git', credentials: undefined }, 'ssh requires a private key'],
  [{ url: 'git@git.example.com:a.git' }, 'an address with ssh does not have a certificate'],
])('%j is refused before anything runs', async (edit, message) => {
  const server = await served();
  const { declare, run } = project(server);
  declare({ url: server.url, ca: server.ca, credentials: 'infra', ...edit });
  const done = await run('plan');
  expect(done.code).toBe(1);
  expect(done.stderr).toContain(message);
  expect(done.stderr).not.toContain('hidden-word');
  expect(server.logins).toEqual([]);
});

test.each([
  [{ auth: 'BASIC' }, 'does not have a user'],
  [{ auth: 'SSH_KEY', username: 'git' }, 'is part of the address'],
  [{ auth: 'TOKEN', secret: 'literal' }, 'secret'],
  [{ auth: 'TOKEN', secret: '${env:AWS_SECRET_ACCESS_KEY}' }, 'AWS_SECRET_ACCESS_KEY is not allowed here'],
  [{ auth: 'TOKEN', username: 'a:b' }, 'username'],
])('a login %j in fettle.yaml is refused', async (login, message) => {
  const folder = temporaryFolder();
  const config = {
    name: 'demo',
    desired: ['desired/'],
    plugins: { fabric: { git: { credentials: { infra: login } } } },
  };
  writeFiles(folder, { 'fettle.yaml': JSON.stringify(config), 'desired/.keep': '' });
  const done = await fettle(folder, 'validate');
  expect(done.code).toBe(1);
  expect(done.stderr).toContain(message);
});
