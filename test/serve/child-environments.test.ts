/** The environments of the processes that `fettle serve` starts, as the system shows them: each has the secrets that it needs. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHALLENGE_FOLDER } from '#plugin';
import { readerEnvironment, watcherEnvironment } from '../../src/serve/child-environments.ts';
import { clusterProject, FABRIC } from '../plugins/fabric/cluster.ts';
import { SIGNED } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';

const TOKEN = 'read-token';
const HOST = `interval: 10s
challenges: {}
access: { tokens: [{ name: reader, hash: "sha256:${createHash('sha256').update(TOKEN).digest('hex')}", roles: [read] }] }
alerts: { receivers: [{ name: team, kind: webhook, url: "\${env:TEAM_HOOK}", secret: "\${env:TEAM_KEY}" }] }
`;

/** Variables of receivers. */
const RECEIVERS = {
  CERT_ALERT_WEBHOOK_URL: 'http://127.0.0.1:1/canary-alert',
  CERT_RUNBOOK_WEBHOOK_URL: 'http://127.0.0.1:1/canary-runbook',
  CERT_RUNBOOK_SIGNING_SECRET: 'canary-signing',
  TEAM_HOOK: 'http://127.0.0.1:1/canary-hook',
  TEAM_KEY: 'canary-key',
};
/** Variables of providers, and of programs that have nothing to do with fettle. */
const OTHERS = { HCLOUD_TOKEN: 'canary-hcloud', FABRIC_TOKEN: 'canary-fabric', PAGER: 'canary-pager' };
const STORE = { PGPASSWORD: 'canary-pg', PGHOST: '127.0.0.1' };

const isIn =
  (names: Readonly<Record<string, string>>) =>
  (environment: ReadonlySet<string>): readonly string[] =>
    Object.keys(names).filter((name) => environment.has(name));
const receiversIn = isIn(RECEIVERS);
const othersIn = isIn(OTHERS);
const eventsIn = isIn(SIGNED);
const storeIn = isIn(STORE);

function parentOf(pid: number): number {
  return Number(/^\S (\d+)/u.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /u, ''))?.[1]);
}

/** The names of the variables of a process that the daemon started with an option; undefined without one. */
function environmentOf({ pid }: Daemon, option: string): ReadonlySet<string> | undefined {
  for (const each of readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)) {
    try {
      if (parentOf(each) !== pid) continue;
      const words = readFileSync(`/proc/${each}/cmdline`, 'utf8').split('\0');
      const variables = readFileSync(`/proc/${each}/environ`, 'utf8').split('\0');
      if (words.includes(option) && variables.length > 1)
        return new Set(variables.map((line) => line.split('=')[0] ?? ''));
    } catch {
      // The process has ended meanwhile.
    }
  }
  return undefined;
}

async function processWith(running: Daemon, option: string): Promise<ReadonlySet<string>> {
  let found: ReadonlySet<string> | undefined;
  await expect.poll(() => (found ??= environmentOf(running, option)), { timeout: 60_000, interval: 5 }).toBeDefined();
  return found ?? new Set();
}

test('a round has the secrets of receivers, a watcher those of providers, and the reader those of the store', async () => {
  const project = await clusterProject({ 'desired/fabric.yaml': FABRIC }, { hooks: [] });
  await project.run('apply --yes');
  const running = await daemon(project.folder, HOST, [], {
    ...project.env,
    ...SIGNED,
    ...RECEIVERS,
    ...OTHERS,
    ...STORE,
  });
  const round = await processWith(running, '--once');
  expect([eventsIn(round), round.has(CHALLENGE_FOLDER)]).toEqual([[], true]);
  expect([receiversIn(round), othersIn(round), storeIn(round)]).toEqual(
    [RECEIVERS, OTHERS, STORE].map((each) => Object.keys(each)),
  );

  const watcher = await processWith(running, '--watcher');
  expect([eventsIn(watcher), receiversIn(watcher), watcher.has(CHALLENGE_FOLDER)]).toEqual([[], [], false]);
  expect([othersIn(watcher), storeIn(watcher)]).toEqual([OTHERS, STORE].map((each) => Object.keys(each)));

  await running.said(/refreshed in/u);
  const response = await fetch(`http://127.0.0.1:${await running.port()}/v1/state`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(200);
  const reader = await processWith(running, '--answers');
  expect([eventsIn(reader), receiversIn(reader), othersIn(reader)]).toEqual([[], [], []]);
  expect([storeIn(reader), reader.has('PATH'), reader.has('HOME')]).toEqual([Object.keys(STORE), true, true]);
  expect(await running.stop()).toBe(0);
}, 120_000);

describe('the environment of the reader', () => {
  const uses = { events: ['CERT_EVENT_TOKEN'], receivers: ['SHARED', 'TEAM_KEY'] };
  const env = {
    FETTLE_STORE: 'postgresql://fettle:${env:SHARED}@db/log',
    SHARED: 'a',
    TEAM_KEY: 'b',
    DB_TOKEN: 'c',
    FETTLE_OTHER_TOKEN: 'd',
    NOTIFY_SOCKET: '/run/notify',
    LC_ALL: 'C',
    PGSSLROOTCERT: '/etc/ca.pem',
  };

  test('has the variables that the address of the store names, also if a receiver names them too', () => {
    expect(readerEnvironment(env, uses, ['SHARED', 'DB_TOKEN'])).toEqual({
      FETTLE_STORE: env.FETTLE_STORE,
      SHARED: 'a',
      DB_TOKEN: 'c',
      LC_ALL: 'C',
      PGSSLROOTCERT: '/etc/ca.pem',
    });
  });

  test('has no variable of a receiver otherwise, whose watcher has neither', () => {
    expect(Object.keys(readerEnvironment(env, uses, []))).toEqual(['FETTLE_STORE', 'LC_ALL', 'PGSSLROOTCERT']);
    expect(Object.keys(watcherEnvironment(env, uses))).not.toContain('SHARED');
  });
});
