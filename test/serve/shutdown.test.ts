/** The end of `fettle serve` during an action and during requests: what was begun ends, and what was accepted is kept. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bareEnvironment, cliFile, fettle, temporaryFolder, writeFiles } from '../support/cli.ts';
import { EVENT, PATH, SIGNED, signedHeaders } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';
import { domainYaml, recordsIn, serveOnce, tableIn } from './inbox-project.ts';
import { aWaitingAction, endedActions, goOn, ISSUER, ISSUES, project, records, slow } from './waiting-actions.ts';

const NAMES = ['a', 'b', 'c'];
const ACTIONS = { issuer: ISSUER, ...Object.fromEntries(NAMES.map((name) => [name, slow(name)])) };

/** A daemon that has refreshed once, and takes events in. The first of several actions of its second round waits. */
async function inAnAction(): Promise<{ readonly folder: string; readonly running: Daemon }> {
  const folder = project({ www: domainYaml('www') });
  const running = await daemon(folder, ISSUES, [], SIGNED);
  await running.said(/shop: 1 resource refreshed/u);
  writeFiles(folder, Object.fromEntries(Object.entries(ACTIONS).map(([name, text]) => [`desired/${name}.yaml`, text])));
  running.signal('SIGHUP');
  await aWaitingAction(folder);
  return { folder, running };
}

function eventBody(sourceEventId: string): string {
  return JSON.stringify({ ...EVENT, sourceEventId });
}

/** A request for an event whose body ends when `finish` is called. */
async function halfRequest(port: number, body: string): Promise<{ readonly finish: () => Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const headers = { host: 'shop', ...signedHeaders(body), 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${PATH} HTTP/1.1\r\n${lines.join('')}\r\n${body.slice(0, 10)}`);
  return {
    finish: async () => {
      socket.write(body.slice(10));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString().split('\r\n')[0] ?? '';
    },
  };
}

test('SIGTERM ends no action and no request under way: both finish, and events are taken in until the end', async () => {
  const { folder, running } = await inAnAction();
  const port = await running.port();
  expect((await running.ask('/readyz')).status).toBe(200);
  const half = await halfRequest(port, eventBody('half'));
  const stopped = running.stop();
  await running.said('stopping: running actions finish');
  expect(await half.finish()).toBe('HTTP/1.1 202 Accepted');
  expect(await running.ask('/readyz')).toEqual({ status: 503, text: 'the daemon is stopping\n' });
  expect((await running.ask('/healthz')).status).toBe(200);
  const body = eventBody('late');
  const late = await fetch(`http://127.0.0.1:${port}${PATH}`, { method: 'POST', body, headers: signedHeaders(body) });
  expect(late.status).toBe(202);
  goOn(folder);
  expect(await stopped).toBe(0);
  const ended = endedActions(await records(folder), 'serve');
  expect(ended.map(({ body: { outcome } }) => outcome)).toEqual(['done', 'done']);
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  expect((await fettle(folder, 'lock', 'status')).stdout).toMatch(/is not held$/mu);
  // The next start applies the events, each once.
  expect((await serveOnce(folder, [], SIGNED)).stderr).toBe('');
  const events = [...tableIn(await recordsIn(folder), 'certificate-events').values()];
  expect(events).toHaveLength(2);
});

test('a second SIGTERM cancels the running action, and the log says so', async () => {
  const { folder, running } = await inAnAction();
  const stopped = running.stop();
  await running.said('stopping: running actions finish');
  running.signal('SIGTERM');
  expect(await stopped).toBe(0);
  expect(running.lines()).toContain('stopping: running actions are cancelled');
  const log = await records(folder);
  expect(log.at(-1)).toMatchObject({ kind: 'end' });
  expect(endedActions(log, 'serve').map(({ body: { outcome } }) => outcome)).toEqual(['done', 'unknown']);
  expect((await fettle(folder, 'lock', 'status')).stdout).toMatch(/is not held$/mu);
});

test('Ctrl-C in a terminal, which signals every process of the group, lets the running action finish', async () => {
  const folder = project(ACTIONS);
  const limits = join(temporaryFolder(), 'serve.yaml');
  writeFileSync(limits, ISSUES);
  // The process leads a group, as a command of an interactive shell does.
  const command = [process.execPath, cliFile, 'serve', '--listen', '127.0.0.1:0', '--serve-config', limits];
  const child = spawn('setsid', command, { cwd: folder, env: bareEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await aWaitingAction(folder);
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await expect.poll(() => said).toContain('stopping: running actions finish');
  goOn(folder);
  expect(await closed).toEqual([0, null]);
  const ended = endedActions(await records(folder), 'serve');
  expect(ended.map(({ body: { outcome } }) => outcome)).toEqual(['done', 'done']);
});
