/** Refreshes while authorities and DNS are silent or slow: they end, ask no server again and again, and record when to ask next. */

import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiError } from '#plugin/http';
import { openServers } from '../../../../plugins/certificates/live/server-failures.ts';
import { openQuestions, type QuestionLimits } from '../../../../plugins/certificates/live/acme-questions.ts';
import type { AcmeAuthority, AcmeQuestions } from '../../../../plugins/certificates/world.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { fettle } from '../../../support/command-line.ts';
import { dnsServer } from '../../../support/dns.ts';
import { anySignal } from './issuing.ts';
import { outside } from '../outside.ts';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { keptOf } from './hostile.ts';
import { acmeDocuments, acmeProject } from './project.ts';
import { type Script, startScripted } from './scripted.ts';

const HOUR = 3_600_000;

interface SilentServer {
  readonly port: number;
  readonly connections: () => number;
}

/** A server that accepts connections and sends nothing. */
async function silentServer(port = 0): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => sockets.length };
}

async function scripted(script: Script): Promise<Awaited<ReturnType<typeof startScripted>>> {
  const server = await startScripted(script);
  onTestFinished(() => server.stop());
  return server;
}

function questions(limits: QuestionLimits, config = {}, folder = temporaryFolder()): AcmeQuestions {
  return openQuestions(outside(folder, config), limits)(anySignal);
}

const authorityAt = (directory: string, accountKey = 'account.key'): AcmeAuthority => ({ directory, accountKey });
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `AAAA.${at}`);
const LONG = 600_000;

test('a silent directory is asked once for all certificates and accounts of a refresh, also about CAA records', async () => {
  const silent = await silentServer();
  const directory = `http://127.0.0.1:${silent.port}/dir`;
  const { renewalInfo, caaRefusals } = questions({ askMs: 200, allMs: LONG });
  const answers = await Promise.all(ids(300).map((id, at) => renewalInfo(authorityAt(directory, `${at}.key`), id)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([
      JSON.stringify({
        failure: `read the directory ${directory}: no complete response within 0.2 s`,
        askAgainMs: 6 * HOUR,
      }),
    ]),
  );
  const name = { name: 'www.example.test', wildcard: false, method: 'http-01' } as const;
  await expect(caaRefusals(authorityAt(directory), [name])).rejects.toThrow('no complete response within 0.2 s');
  expect(silent.connections()).toBe(1);
});

test('a later refresh of the same run does not wait for a silent directory again', async () => {
  const silent = await silentServer();
  const authority = authorityAt(`http://127.0.0.1:${silent.port}/dir`);
  const open = openQuestions(outside(temporaryFolder()), { askMs: 200, allMs: LONG });
  for (const id of ids(3)) expect((await open(anySignal).renewalInfo(authority, id)).failure).toContain('0.2 s');
  expect(silent.connections()).toBe(1);
});

test('an authority that leaves questions without an answer is asked no more in this refresh', async () => {
  const server = await scripted(({ path }) => (path.startsWith('/renewalInfo/') ? 'silent' : undefined));
  const { renewalInfo } = questions({ askMs: 200, allMs: LONG });
  const answers = await Promise.all(ids(300).map((id) => renewalInfo(authorityAt(server.directory), id)));
  // Sixteen at once, and two before the third of them has failed.
  const asked = server.received.filter(({ path }) => path.startsWith('/renewalInfo/')).length;
  expect(asked).toBeLessThanOrEqual(16 + 2);
  const left = answers.filter(({ failure = '' }) => failure.includes('did not answer 3 other questions'));
  expect(left.length).toBeGreaterThanOrEqual(300 - (16 + 2));
  expect(new Set(left.map(({ askAgainMs }) => askAgainMs))).toEqual(new Set([HOUR]));
});

test('the questions of a refresh end together, however slowly an authority answers', async () => {
  const window = { start: '2027-01-01T00:00:00Z', end: '2027-01-02T00:00:00Z' };
  const server = await scripted(({ path }) => {
    if (!path.startsWith('/renewalInfo/')) return undefined;
    return Number(path.split('.').at(-1)) < 20 ? { body: { suggestedWindow: window } } : 'silent';
  });
  const { renewalInfo } = questions({ askMs: LONG, allMs: 1000 });
  const answers = await Promise.all(ids(300).map((id) => renewalInfo(authorityAt(server.directory), id)));
  expect(answers.filter((answer) => answer.window !== undefined)).toHaveLength(20);
  const rest = answers.filter((answer) => answer.window === undefined);
  expect(new Set(rest.map(({ failure, askAgainMs }) => `${failure} ${askAgainMs}`))).toEqual(
    new Set([`the questions for renewal windows of one refresh took longer than 1 s ${HOUR}`]),
  );
  expect(server.received.length).toBe(1 + 20 + 16);
});

test('silent DNS delays the questions about CAA records for a limited time, and forbids nothing', async () => {
  const broken = { silent: true } as const;
  const names = Array.from({ length: 20 }, (_, at) => `n${at}.example.test`);
  const dns = await dnsServer({
    ...Object.fromEntries(names.map((name) => [name, broken])),
    'bad.example.test': { caa: [['issue', 'other.test']] },
  });
  const authority = await startEmulated({ ownHttp: true }, { caaIdentities: ['ca.test'] });
  onTestFinished(() => authority.stop());
  const folder = temporaryFolder();
  writeFiles(folder, { 'acme.pem': authority.ca });
  const issuer = { ...authorityAt(authority.directory), ca: 'acme.pem' };
  const config = { probe: { resolvers: [dns.address] } };
  const caaName = (name: string) => ({ name, wildcard: false, method: 'http-01' }) as const;
  const forOne = questions({ askMs: 3000, allMs: LONG }, config, folder);
  // The records that are known by then count.
  const found = await forOne.caaRefusals(issuer, ['bad.example.test', ...names].map(caaName));
  expect(found).toMatchObject([{ name: 'bad.example.test' }]);
  const forAll = questions({ askMs: LONG, allMs: 500 }, config, folder);
  const before = dns.asked.length;
  const all = await Promise.all(Array.from({ length: 50 }, () => forAll.caaRefusals(issuer, names.map(caaName))));
  expect(all.flat()).toEqual([]);
  // Each certificate asks for 8 names at once, and repeats none.
  expect(dns.asked.length - before).toBeLessThanOrEqual(50 * 8);
});

test('a plan with a silent authority asks it once, and an apply records when to ask next', {
  timeout: 120_000,
}, async () => {
  const start = Date.now();
  let clock = start;
  const authority = await startEmulated(
    { ownHttp: true },
    { now: () => clock, retryAfterSeconds: 0, caaIdentities: [] },
  );
  const [issuer = '', www = ''] = acmeDocuments(authority).split('---\n');
  const names = ['www', ...Array.from({ length: 11 }, (_, at) => `c${at}`)];
  const project = acmeProject(authority, [issuer, ...names.map((name) => www.replaceAll('www', name))].join('---\n'));
  const expectDone = async (line: string, at: number): Promise<void> => {
    clock = at;
    const { code, stdout, stderr } = await fettle(project.folder, line, { now: () => clock });
    expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  };
  await expectDone('apply --yes', start);
  await authority.stop();
  // Orders need their time also on a busy machine: the short deadline is for the silent server.
  const config = readFileSync(join(project.folder, 'fettle.yaml'), 'utf8');
  writeFiles(project.folder, {
    'fettle.yaml': `${config}plugins: { certificates: { probe: { totalSeconds: 0.5 } } }\n`,
  });
  const silent = await silentServer(Number(new URL(authority.directory).port));
  await expectDone('plan --detailed-exitcode', start + 24 * HOUR);
  expect(silent.connections()).toBe(1);
  await expectDone('apply --yes', start + 24 * HOUR);
  expect(silent.connections()).toBe(2);
  const { ari } = await keptOf(project);
  expect(ari).toMatchObject({
    error: `read the directory ${authority.directory}: no complete response within 0.5 s`,
    next: new Date(start + 30 * HOUR).toISOString(),
  });
  // The record says when to ask next: no round before that repeats the wait.
  await expectDone('apply --yes', start + 29 * HOUR);
  expect(silent.connections()).toBe(2);
});

test('a server that could not be opened is tried again after five minutes; other failures are not kept', async () => {
  let now = 0;
  let tries = 0;
  const open = openServers(() => now);
  const fail = (error: Error) => async (): Promise<never> => {
    tries += 1;
    throw error;
  };
  const silence = new ApiError({ what: 'read', code: 'no_answer', fate: 'nothing', message: 'no response' });
  for (const [at, expected] of [
    [0, 1],
    [5 * 60_000 - 1, 1],
    [5 * 60_000, 2],
    // The clock was set back.
    [60_000, 3],
  ] as const) {
    now = at;
    await expect(open('a', fail(silence))).rejects.toBe(silence);
    expect(tries).toBe(expected);
  }
  expect(await open('b', async () => 'opened')).toBe('opened');
  await expect(open('b', fail(new Error('the key does not exist')))).rejects.toThrow('key');
  expect(await open('b', async () => 'opened')).toBe('opened');
});
