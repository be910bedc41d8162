/** ACME challenges that the daemon answers from its folder. */

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CHALLENGE_PATH } from '#plugin';
import { challengeRoute, openChallenges } from '../../src/serve/challenges.ts';
import { Access } from '../../src/serve/access.ts';
import { appOf } from '../../src/serve/http/app.ts';
import { startPublicHttp } from '../../src/serve/http/server.ts';
import { temporaryFolder } from '../support/cli.ts';
import { daemon } from './daemon.ts';

const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';

describe('the route', () => {
  async function serving(folder: string): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
    const access = new Access({ tokens: [], clients: [] });
    const failed = (error: unknown): void => {
      throw error;
    };
    const server = await startPublicHttp(
      { host: '0.0.0.0', port: 0 },
      appOf([challengeRoute(folder)], { access, failed }),
    );
    onTestFinished(() => server.close(0));
    return (path, init) => fetch(`http://127.0.0.1:${server.address.port}${path}`, init);
  }

  test('it answers with the content of the file of a token, and only by GET', async () => {
    const folder = temporaryFolder();
    const ask = await serving(folder);
    const path = `${CHALLENGE_PATH}/${TOKEN}`;
    expect((await ask(path)).status).toBe(404);
    writeFileSync(join(folder, TOKEN), `${TOKEN}.abc`);
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([200, `${TOKEN}.abc`]);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect((await ask(path, { method: 'POST' })).status).toBe(405);
    expect((await ask('/metrics')).status).toBe(404);
  });

  test('no other path, link, folder, pipe or large file leads to a file', async () => {
    const folder = temporaryFolder();
    const ask = await serving(join(folder, 'challenges'));
    mkdirSync(join(folder, 'challenges/folder'), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'secret');
    writeFileSync(join(folder, 'challenges/a.b'), 'secret');
    writeFileSync(join(folder, 'challenges/empty'), '');
    symlinkSync('../secret', join(folder, 'challenges/link'));
    execFileSync('mkfifo', [join(folder, 'challenges/pipe')]);
    const names = [
      '',
      '..%2fsecret',
      '%2e%2e%2fsecret',
      '../../secret',
      'a.b',
      'empty',
      'link',
      'pipe',
      'folder',
      '%00',
    ];
    for (const name of names) expect((await ask(`${CHALLENGE_PATH}/${name}`)).status, name).toBe(404);
    writeFileSync(join(folder, 'challenges/large'), 'x'.repeat(100_000));
    expect((await (await ask(`${CHALLENGE_PATH}/large`)).text()).length).toBe(1024);
  });
});

describe('the folder', () => {
  const owners = new Set([process.getuid?.() ?? 0, 0]);

  test('by default it is one of the daemon alone, and ends with it', async () => {
    const challenges = await openChallenges({ listen: [], folder: undefined }, owners);
    expect(execFileSync('stat', ['-c', '%a', challenges.folder], { encoding: 'utf8' }).trim()).toBe('700');
    await challenges.close();
    expect(existsSync(challenges.folder)).toBe(false);
  });

  test('a given one must exist, others may not write it, and it stays', async () => {
    const folder = join(temporaryFolder(), 'shared');
    const settings = { listen: [], folder };
    await expect(openChallenges(settings, owners)).rejects.toThrow('was not found');
    mkdirSync(folder);
    await (await openChallenges(settings, owners)).close();
    expect(existsSync(folder)).toBe(true);
    chmodSync(folder, 0o777);
    await expect(openChallenges(settings, owners)).rejects.toThrow('can be written by every user');
  });
});

test('a daemon answers on both of its servers', async () => {
  const folder = temporaryFolder();
  const shared = join(temporaryFolder(), 'challenges');
  mkdirSync(shared);
  mkdirSync(join(folder, 'desired'));
  writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\n');
  const running = await daemon(folder, `challenges: { listen: ["127.0.0.1:0"], folder: ${shared} }\n`);
  await running.said(/port \d+: challenges/u);
  writeFileSync(join(shared, TOKEN), `${TOKEN}.abc`);
  const port = Number(/port (\d+): challenges/u.exec(running.lines())?.[1]);
  expect(await (await fetch(`http://127.0.0.1:${port}${CHALLENGE_PATH}/${TOKEN}`)).text()).toBe(`${TOKEN}.abc`);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
  expect(await running.ask(`${CHALLENGE_PATH}/${TOKEN}`)).toMatchObject({ status: 200, text: `${TOKEN}.abc` });
  expect(await running.stop()).toBe(0);
});

test('a port that another program has ends the daemon with its reason', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'fettle.yaml'), 'name: shop\n');
  mkdirSync(join(folder, 'desired'));
  const first = await daemon(folder, 'challenges: { listen: ["127.0.0.1:0"] }\n');
  await first.said(/port \d+: challenges/u);
  const port = Number(/port (\d+): challenges/u.exec(first.lines())?.[1]);
  const second = await daemon(folder, `challenges: { listen: ["127.0.0.1:${port}"] }\n`);
  await second.said(`the server cannot listen on 127.0.0.1 port ${port}`);
  expect(await second.ended()).toBe(1);
});
