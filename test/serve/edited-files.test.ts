/** Files of the repository that a step runs: a round of `fettle serve` runs them as they were approved, and with few variables. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bareEnvironment, certificateYaml, issuerYaml, temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettle } from '../support/command-line.ts';

const DAY_MS = 86_400_000;

/** Variables of the daemon that no command needs. */
const SECRETS = {
  CERT_RUNBOOK_WEBHOOK_URL: 'https://runbook.example.test/secret-path',
  CERT_RUNBOOK_SIGNING_SECRET: 'canary-signing',
  PGPASSWORD: 'canary-pg',
  HCLOUD_TOKEN: 'canary-hcloud',
  RECEIVER: 'canary-receiver',
};

const script = (mark: string): string => `#!/bin/sh\nenv > ran\necho "${mark}" >> marks\n`;

interface Reloaded {
  readonly folder: string;
  readonly marks: () => string;
  readonly variables: () => string;
  /** Runs a command line some days after the first apply. */
  readonly run: (line: string, days: number, env?: Readonly<Record<string, string>>) => Promise<Done>;
  /** Runs a round whose host permits renewals for these causes, and `more`. */
  readonly round: (
    causes: string,
    days: number,
    env?: Readonly<Record<string, string>>,
    more?: string,
  ) => Promise<Done>;
}

/** A project with a certificate, after its first apply: its document reloads a service with a program of the repository. */
async function reloaded(): Promise<Reloaded> {
  const folder = temporaryFolder();
  const host = join(temporaryFolder(), 'serve.yaml');
  writeFiles(folder, {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'fettle.yaml': 'name: test\nstore: .fettle\nplugins: { certificates: { commands: [[./scripts/reload.sh]] } }\n',
    'desired/ca.yaml': issuerYaml,
    'desired/www.yaml': `${certificateYaml('www')}  reload: { command: [./scripts/reload.sh] }\n`,
  });
  writeFiles(folder, { 'scripts/reload.sh': script('approved') });
  chmodSync(join(folder, 'scripts/reload.sh'), 0o755);
  const began = Date.now();
  const read = (name: string): string => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const run: Reloaded['run'] = (line, days, env = {}) =>
    fettle(folder, line, { env: bareEnvironment({ ...SECRETS, ...env }), now: () => began + days * DAY_MS });
  const first = await run('apply --yes', -70);
  expect([first.code, read('marks')]).toEqual([0, 'approved\n']);
  return {
    folder,
    marks: () => read('marks'),
    variables: () => read('ran'),
    run,
    round: (causes, days, env, more = '') => {
      const steps = '["normal>normal", "expiring_soon>renewing"]';
      writeFileSync(host, `apply: [{ plugin: certificates, steps: ${steps}, causes: [${causes}] }${more}]\n`);
      return run(`serve --once --serve-config ${host}`, days, env);
    },
  };
}

test('an approved program runs in a renewal, without a secret in its environment', async () => {
  const { round, marks, variables } = await reloaded();
  await round('time, progress, policy', 0);
  expect(marks()).toBe('approved\napproved\n');
  expect(variables()).toMatch(/^PATH=/mu);
  expect(variables()).toMatch(/^HOME=/mu);
  for (const [name, value] of Object.entries(SECRETS)) {
    expect(variables()).not.toContain(name);
    expect(variables()).not.toContain(value);
  }
});

test('a variable that the host names reaches a program', async () => {
  const { round, variables } = await reloaded();
  await round('time', 0, { FETTLE_COMMAND_ENV: 'RECEIVER, DBUS_SESSION_BUS_ADDRESS' });
  expect(variables()).toMatch(/^RECEIVER=canary-receiver$/mu);
  expect(variables()).not.toContain('canary-pg');
});

test('an edited program does not run without the cause edit, and runs after a person has applied it', async () => {
  const { folder, run, round, marks } = await reloaded();
  writeFileSync(join(folder, 'scripts/reload.sh'), script('edited'));
  await round('time, progress, policy', 0);
  expect(marks()).toBe('approved\n');
  const { stdout } = await run('plan', 0);
  expect(stdout).toMatch(/expiring_soon > renewing[^]*reads +scripts\/reload\.sh sha256:/u);
  expect((await run('apply --yes', 0)).code).toBe(0);
  expect(marks()).toBe('approved\nedited\n');
  await round('time, progress, policy', 70);
  expect(marks()).toBe('approved\nedited\nedited\n');
}, 60_000);

test('an edited program runs with the cause edit', async () => {
  const { folder, round, marks } = await reloaded();
  writeFileSync(join(folder, 'scripts/reload.sh'), script('edited'));
  await round('time, edit', 0);
  expect(marks()).toBe('approved\nedited\n');
});

test('a renewal waits while its Issuer has an edit, also if the host permits edits of another plugin', async () => {
  const { folder, round, marks } = await reloaded();
  const fabrics = ', { plugin: fabric, steps: ["DRIFTED>SYNCED"], causes: [edit] }';
  writeFiles(folder, { 'desired/ca.yaml': issuerYaml.replace('Test CA', 'Other CA') });
  await round('time, progress, policy', 0, {}, fabrics);
  expect(marks()).toBe('approved\n');
  // That round found nothing to do for the edit, so the edit counts as applied from then on.
  await round('time, progress, policy', 0, {}, fabrics);
  expect(marks()).toBe('approved\napproved\n');
});
