/** `FETTLE_LOG` of the built command: contacted servers, by level, without a secret. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliFile, run, type Ran, temporaryFolder, writeFiles } from '../support/cli.ts';

const TOKEN = 'canary-5d2f90b1aa';
let folder: string;
let port: number;

/** An API that sends each request's token back, in a header and in a body. */
const server = createServer((request, response) => {
  response
    .writeHead(401, { 'x-token': String(request.headers.authorization) })
    .end(JSON.stringify({ error: { code: 'unauthorized', message: request.headers.authorization } }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  ({ port } = server.address() as AddressInfo);
  folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nplugins: { nodes: { provider: { hetzner: { token: "${env:HCLOUD_TOKEN}" } } } }\n',
    'desired/a.yaml':
      'apiVersion: nodes/v1\nkind: Node\nmetadata: { name: web-1 }\nspec: { provider: hetzner, serverType: cx23, image: debian-13, location: nbg1 }\n---\n' +
      `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: local }\nspec: { host: localhost, port: ${port} }\n`,
  });
});

afterAll(() => {
  server.close();
});

function plan(env: Readonly<Record<string, string>>): Promise<Ran> {
  const address = { HCLOUD_TOKEN: TOKEN, HCLOUD_ENDPOINT: `http://127.0.0.1:${port}/v1` };
  return run(process.execPath, [cliFile, 'plan'], folder, { ...address, ...env });
}

/** Lines of the log, without times. */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => /^\d{4}-\S+Z [A-Z]+ /u.test(line))
    .map((line) => line.replace(/^\S+ /u, '').replace(/ after \d+ ms$/u, ''));
}

describe('FETTLE_LOG', () => {
  it.each(['', 'off'])('is silent as "%s"', async (level) => {
    expect(lines((await plan({ FETTLE_LOG: level })).stderr)).toEqual([]);
  });

  it('info shows the command and its end', async () => {
    const found = lines((await plan({ FETTLE_LOG: 'info' })).stderr);
    expect(found).toEqual([expect.stringMatching(/^INFO  fettle \S+: plan$/u), 'ERROR plan: exit 4']);
  });

  it('debug shows connections and requests, also of probes', async () => {
    const found = lines((await plan({ FETTLE_LOG: 'debug' })).stderr);
    expect(found).toContainEqual(`DEBUG GET http://127.0.0.1:${port}: 401`);
    expect(found).toContainEqual(`DEBUG connected to 127.0.0.1 port ${port}`);
    expect(found.join('\n')).not.toContain('/v1/servers');
  });

  it('trace shows paths and names; no level shows a token', async () => {
    const { stdout, stderr } = await plan({ FETTLE_LOG: 'trace' });
    const found = lines(stderr);
    expect(found).toContainEqual(`TRACE GET http://127.0.0.1:${port}/v1/servers: 401`);
    expect(found.find((line) => line.startsWith('TRACE resolved localhost: '))).toContain('127.0.0.1');
    expect(stdout + stderr).not.toContain(TOKEN);
  });

  it('writes to a private file if it names one', async () => {
    const path = join(folder, 'fettle.log');
    const { stderr } = await plan({ FETTLE_LOG: 'debug', FETTLE_LOG_PATH: path });
    expect(lines(stderr)).toEqual([]);
    expect(lines(readFileSync(path, 'utf8')).length).toBeGreaterThan(2);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('lists the levels if one is unknown', async () => {
    const done = await plan({ FETTLE_LOG: 'loud' });
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining('FETTLE_LOG is "loud". Levels: off, error')]);
  });
});
