/** HTTP-01: files in the folder of a real web server, and a server of this process. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CHALLENGE_FOLDER, CHALLENGE_PATH } from '#plugin';
import { openNames, usualDenial } from '#plugin/net';
import { serveSolver, webrootSolver } from '../../../../plugins/certificates/acme/solvers/challenge-files.ts';
import { listenerSolver } from '../../../../plugins/certificates/acme/solvers/listener.ts';
import { selfCheck, type SelfCheckMode } from '../../../../plugins/certificates/acme/solvers/self-check.ts';
import type { Solver } from '../../../../plugins/certificates/acme/solvers/solver.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { freePort, startNginx } from '../../../support/daemons.ts';
import { dnsServer } from '../../../support/dns.ts';
import { challenge, solverRun } from './support.ts';

const check = (port: number, mode: SelfCheckMode = 'required') => selfCheck({ mode, denial: usualDenial({}), port });
const unchecked = check(80, 'skip');

/** Status and text of a path at 127.0.0.1. */
async function get(port: number, path: string, init: RequestInit = {}): Promise<readonly [number, string]> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return [answer.status, await answer.text()];
}

let webroot = '';

beforeEach(() => {
  webroot = temporaryFolder();
});

const folder = (): string => join(webroot, CHALLENGE_PATH);

describe('a webroot', () => {
  test('nginx serves the files of two orders until each is removed', async () => {
    const port = await freePort();
    const home = temporaryFolder();
    const nginx = await startNginx(home, `server { listen 127.0.0.1:${port}; root ${webroot}; }`, [port]);
    onTestFinished(nginx.stop);
    const solver = webrootSolver(webroot, check(port));
    const [one, other] = [challenge('127.0.0.1', { kind: 'ip' }), challenge('localhost')];
    const first = await solver.prepare([one], solverRun());
    const second = await solver.prepare([other], solverRun());
    await Promise.all([solver.present(first, solverRun()), solver.present(second, solverRun())]);
    expect(await get(port, `${CHALLENGE_PATH}/${one.token}`)).toEqual([200, one.keyAuthorization]);
    await solver.remove(first, solverRun());
    expect((await get(port, `${CHALLENGE_PATH}/${one.token}`))[0]).toBe(404);
    expect(await get(port, `${CHALLENGE_PATH}/${other.token}`)).toEqual([200, other.keyAuthorization]);
    await solver.remove(second, solverRun());
    expect(readdirSync(folder())).toEqual([]);
  });

  test('presenting twice and removing twice is harmless, also in another process', async () => {
    const solver = webrootSolver(webroot, unchecked);
    const prepared = await solver.prepare([challenge('a.test')], solverRun());
    await solver.present(prepared, solverRun());
    await solver.present(prepared, solverRun());
    const [name = ''] = readdirSync(folder());
    expect(lstatSync(join(folder(), name)).mode & 0o777).toBe(0o644);
    const later = webrootSolver(webroot, unchecked);
    const recorded = JSON.parse(JSON.stringify(prepared)) as typeof prepared;
    await later.remove(recorded, solverRun());
    await later.remove(recorded, solverRun());
    expect(readdirSync(folder())).toEqual([]);
  });

  test('a file that an interrupted write left is replaced, and is removed', async () => {
    const solver = webrootSolver(webroot, unchecked);
    const { token, keyAuthorization } = challenge('a.test');
    const prepared = await solver.prepare([challenge('a.test', { token, keyAuthorization })], solverRun());
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), token), keyAuthorization.slice(0, 10));
    await solver.present(prepared, solverRun());
    expect(readFileSync(join(folder(), token), 'utf8')).toBe(keyAuthorization);
    writeFileSync(join(folder(), token), '');
    await solver.remove(prepared, solverRun());
    expect(readdirSync(folder())).toEqual([]);
  });

  test("a stranger's file of the same name is neither replaced nor removed", async () => {
    const solver = webrootSolver(webroot, unchecked);
    const wanted = challenge('a.test');
    const prepared = await solver.prepare([wanted], solverRun());
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), wanted.token), 'of another program');
    await expect(solver.present(prepared, solverRun())).rejects.toThrow('exists with another content');
    await solver.remove(prepared, solverRun());
    expect(readFileSync(join(folder(), wanted.token), 'utf8')).toBe('of another program');
  });

  test('files of strangers next to it stay', async () => {
    const solver = webrootSolver(webroot, unchecked);
    const prepared = await solver.prepare([challenge('a.test')], solverRun());
    await solver.present(prepared, solverRun());
    writeFileSync(join(folder(), 'theirs'), 'theirs');
    await solver.remove(prepared, solverRun());
    expect(readdirSync(folder())).toEqual(['theirs']);
  });

  test.each(['.well-known', '.well-known/acme-challenge'])(
    'nothing is written or removed through a link at %s',
    async (link) => {
      const solver = webrootSolver(webroot, unchecked);
      const wanted = challenge('a.test');
      const prepared = await solver.prepare([wanted], solverRun());
      const target = temporaryFolder();
      mkdirSync(join(target, 'acme-challenge'));
      if (link.includes('/')) mkdirSync(join(webroot, '.well-known'));
      symlinkSync(target, join(webroot, link));
      await expect(solver.present(prepared, solverRun())).rejects.toThrow('is a symbolic link');
      const behind = join(folder(), wanted.token);
      expect(existsSync(behind)).toBe(false);
      writeFileSync(behind, wanted.keyAuthorization);
      await solver.remove(prepared, solverRun());
      expect(existsSync(behind)).toBe(true);
    },
  );

  test('nothing is written through a link in place of the file', async () => {
    const solver = webrootSolver(webroot, unchecked);
    const wanted = challenge('a.test');
    const prepared = await solver.prepare([wanted], solverRun());
    mkdirSync(folder(), { recursive: true });
    const target = join(temporaryFolder(), 'target');
    symlinkSync(target, join(folder(), wanted.token));
    await expect(solver.present(prepared, solverRun())).rejects.toThrow('exists with another content');
    await solver.remove(prepared, solverRun());
    expect(existsSync(target)).toBe(false);
    expect(lstatSync(join(folder(), wanted.token)).isSymbolicLink()).toBe(true);
  });

  test('the webroot itself can be behind a link', async () => {
    const link = join(temporaryFolder(), 'current');
    symlinkSync(webroot, link);
    const solver = webrootSolver(link, unchecked);
    const wanted = challenge('a.test');
    const prepared = await solver.prepare([wanted], solverRun());
    await solver.present(prepared, solverRun());
    expect(readdirSync(folder())).toEqual([wanted.token]);
    await solver.remove(prepared, solverRun());
    expect(readdirSync(folder())).toEqual([]);
  });

  test('its folders are open to the web server under any umask, and the self-check names one that is not', async () => {
    const port = await freePort();
    const nginx = await startNginx(temporaryFolder(), `server { listen 127.0.0.1:${port}; root ${webroot}; }`, [port]);
    onTestFinished(nginx.stop);
    chmodSync(webroot, 0o755);
    const solver = webrootSolver(webroot, check(port));
    const prepared = await solver.prepare([challenge('127.0.0.1', { kind: 'ip' })], solverRun());
    const before = process.umask(0o077);
    try {
      await solver.present(prepared, solverRun());
    } finally {
      process.umask(before);
    }
    const wellKnown = join(webroot, '.well-known');
    for (const path of [wellKnown, folder()]) expect(lstatSync(path).mode & 0o777).toBe(0o755);
    // A folder that is there already keeps its mode.
    chmodSync(wellKnown, 0o700);
    const other = webrootSolver(webroot, check(await freePort()));
    await expect(other.present(prepared, solverRun())).rejects.toThrow(`${wellKnown} has the mode 0700`);
    expect(lstatSync(wellKnown).mode & 0o777).toBe(0o700);
    await solver.remove(prepared, solverRun());
  });

  test('a webroot that does not exist is not created', async () => {
    const solver = webrootSolver(join(webroot, 'missing'), unchecked);
    const prepared = await solver.prepare([challenge('a.test')], solverRun());
    await expect(solver.present(prepared, solverRun())).rejects.toThrow('Create the folder');
    await solver.remove(prepared, solverRun());
    expect(readdirSync(webroot)).toEqual([]);
  });

  test.each(['', '../../../etc/cron.d/x', 'a/b', 'a.b', 'ä', 'a'.repeat(201)])(
    'the token %j is refused',
    async (token) => {
      const solver = webrootSolver(webroot, unchecked);
      await expect(solver.prepare([challenge('a.test', { token })], solverRun())).rejects.toThrow('token for a.test');
    },
  );

  test('a record that names another file removes nothing', async () => {
    const solver = webrootSolver(webroot, unchecked);
    const other = join(webroot, 'index');
    writeFileSync(other, 'x');
    const recorded = { via: 'webroot', values: [{ name: 'a.test', place: other, text: 'x' }] } as const;
    await expect(solver.remove(recorded, solverRun())).rejects.toThrow('is not the file of a challenge');
    await expect(solver.present(recorded, solverRun())).rejects.toThrow('is not the file of a challenge');
    expect(existsSync(other)).toBe(true);
  });
});

describe('the folder of a daemon', () => {
  test('the host names it, and it must exist', async () => {
    expect(() => serveSolver({}, unchecked)).toThrow(CHALLENGE_FOLDER);
    const solver = serveSolver({ [CHALLENGE_FOLDER]: webroot }, unchecked);
    const wanted = challenge('a.test');
    const prepared = await solver.prepare([wanted], solverRun());
    await solver.present(prepared, solverRun());
    expect(readdirSync(webroot)).toEqual([wanted.token]);
    await solver.remove(prepared, solverRun());
    expect(readdirSync(webroot)).toEqual([]);
  });

  test('another solver does not take its records', async () => {
    const prepared = await serveSolver({ [CHALLENGE_FOLDER]: webroot }, unchecked).prepare([], solverRun());
    await expect(webrootSolver(webroot, unchecked).remove(prepared, solverRun())).rejects.toThrow(
      'prepared by the solver serve',
    );
  });
});

describe('a listener', () => {
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });

  async function presented(solver: Solver, wanted = challenge('127.0.0.1')) {
    const prepared = await solver.prepare([wanted], solverRun());
    const remove = (): Promise<void> => solver.remove(prepared, solverRun());
    opened.push(remove);
    await solver.present(prepared, solverRun());
    return { ...wanted, path: `${CHALLENGE_PATH}/${wanted.token}`, remove };
  }

  test('it is shared by orders at once, and ends with the last one', async () => {
    const port = await freePort();
    const at = { port, address: '127.0.0.1' };
    const [one, other] = await Promise.all([
      presented(listenerSolver(at, check(port))),
      presented(listenerSolver(at, check(port))),
    ]);
    await one.remove();
    expect((await get(port, one.path))[0]).toBe(404);
    expect(await get(port, other.path)).toEqual([200, other.keyAuthorization]);
    await other.remove();
    await expect(get(port, other.path)).rejects.toThrow('fetch failed');
    const again = await presented(listenerSolver(at, check(port)));
    expect((await get(port, again.path))[0]).toBe(200);
  });

  test('only exact paths of known tokens are answered, by GET and HEAD', async () => {
    const port = await freePort();
    const { path, keyAuthorization } = await presented(listenerSolver({ port, address: '127.0.0.1' }, unchecked));
    for (const other of [
      '/',
      CHALLENGE_PATH,
      `${CHALLENGE_PATH}/`,
      `${path}/`,
      `${path}?x`,
      `//${path}`,
      `${CHALLENGE_PATH}/constructor`,
    ])
      expect((await get(port, other))[0], other).toBe(404);
    expect((await get(port, path, { method: 'POST' }))[0]).toBe(404);
    expect(await get(port, path, { method: 'HEAD' })).toEqual([200, '']);
    expect(await get(port, path)).toEqual([200, keyAuthorization]);
  });

  test('a port that another program has is named, and a later order gets it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const solver = listenerSolver({ port, address: '127.0.0.1' }, unchecked);
    await expect(presented(solver)).rejects.toThrow(
      `the challenges cannot be served on 127.0.0.1 port ${port}: another program listens there`,
    );
    await new Promise((resolve) => other.close(resolve));
    expect((await get(port, (await presented(solver)).path))[0]).toBe(200);
  });
});

describe('the self-check', () => {
  async function answering(answer: RequestListener): Promise<number> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }
  const served = [{ name: 'localhost', token: 'abc', text: 'abc.def' }];

  test.each<readonly [string, RequestListener, string]>([
    ['another status', (_, response) => void response.writeHead(403).end(), 'answers with status 403'],
    ['another text', (_, response) => void response.end('abc.deg'), 'answers with another text'],
    ['a huge text', (_, response) => void response.end('x'.repeat(100_000)), 'larger than 4096 bytes'],
    ['a connection that is cut', (request) => void request.socket.destroy(), 'cannot be asked'],
  ])('%s fails a required check, and is reported by an advisory one', async (_, answer, message) => {
    const port = await answering(answer);
    await expect(check(port)(served, solverRun())).rejects.toThrow(message);
    const run = solverRun();
    await check(port, 'advisory')(served, run);
    expect(run.remarks).toEqual([expect.stringContaining(message)]);
  });

  test('white space after the text and redirects pass', async () => {
    const spaced = await answering((_, response) => void response.end('abc.def\n'));
    await check(spaced)(served, solverRun());
    let asked = 0;
    const elsewhere = await answering((_, response) => {
      asked += 1;
      response.writeHead(301, { location: 'http://169.254.169.254/' }).end();
    });
    await check(elsewhere)(served, solverRun());
    expect(asked).toBe(1);
  });

  test('with resolvers, they alone resolve the name, and every address is tried', async () => {
    let host: string | undefined;
    const port = await answering((request, response) => {
      host = request.headers.host;
      response.end('abc.def');
    });
    // Nothing listens at the first address.
    const { address } = await dnsServer({ 'www.example.test': { a: ['127.0.0.2', '127.0.0.1'] } });
    const denial = usualDenial({});
    const asked = selfCheck({ mode: 'required', denial, names: openNames([address], denial), port });
    const named = { ...served[0]!, name: 'www.example.test' };
    await asked([named], solverRun());
    expect(host).toBe(`www.example.test:${port}`);
    await expect(check(port)([named], solverRun())).rejects.toThrow('does not resolve');
    await expect(asked(served, solverRun())).rejects.toThrow('cannot be asked: the name does not resolve');
  });

  test('a denied network is not asked', async () => {
    const asked = selfCheck({ mode: 'required', denial: usualDenial({}), port: 80 });
    await expect(asked([{ ...served[0]!, name: '169.254.169.254' }], solverRun())).rejects.toThrow('denied');
  });

  test('a run that is stopped ends it', async () => {
    const stop = new AbortController();
    const port = await answering(() => stop.abort(new Error('stopped')));
    await expect(check(port, 'advisory')(served, solverRun(stop.signal))).rejects.toThrow('stopped');
  });
});
