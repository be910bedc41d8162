/** The watchers of `fettle serve` at API servers that never end an answer. */

import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kubeconfigOf } from '../../plugins/fabric/sandbox/emulator.ts';
import { makeAuthority } from '../../plugins/fabric/sandbox/tls.ts';
import type { ApiServer } from '../support/kubernetes/api.ts';
import { emulatedServer } from '../support/kubernetes/servers.ts';
import { DEFINITIONS, HOST, startFabric, thing, value, watcherProcesses } from './watched-fabric.ts';

function memoryMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Writes until the client has gone. */
function pour(response: ServerResponse, next: () => string): void {
  const more = (): void => {
    while (!response.destroyed) if (!response.write(next())) return void response.once('drain', more);
  };
  more();
}

/** A server in front of another one, which answers watches by itself. */
async function hostileServer(
  server: ApiServer,
  answer: (response: ServerResponse, nth: number) => void,
): Promise<Pick<ApiServer, 'kubeconfig'>> {
  const authority = makeAuthority('hostile', Date.now());
  const pair = authority.forServer();
  let watches = 0;
  const between = createServer({ key: pair.key, cert: pair.certificate }, (asked, response) => {
    response.on('error', () => undefined);
    if (asked.url?.includes('watch=true') === true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      watches += 1;
      answer(response, watches);
      return;
    }
    const { method, headers } = asked;
    const passed = request(new URL(asked.url ?? '/', server.url), { method, headers, ca: server.ca }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response);
    });
    passed.on('error', () => response.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => {
    between.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    between.close();
    between.closeAllConnections();
  });
  const url = `https://127.0.0.1:${(between.address() as AddressInfo).port}`;
  return { kubeconfig: () => kubeconfigOf(url, authority.certificate, { hostile: server.tokens['admin'] ?? '' }) };
}

/** Tenths of a second that the server goes on for, after the daemon has noticed it. */
const CHECKS = process.env['FETTLE_TEST_FULL'] === undefined ? 20 : 50;

const FILLING = 'x'.repeat(20_000);

describe('a hostile API server', () => {
  test.each<[string, (response: ServerResponse, nth: number) => void]>([
    [
      'with endless events of new objects',
      (response) => {
        let made = 0;
        pour(response, () => {
          const objects = Array.from({ length: 10 }, () => {
            made += 1;
            const metadata = {
              name: `new-${made}`,
              namespace: 'default',
              uid: String(made),
              resourceVersion: String(made),
            };
            return JSON.stringify({ type: 'ADDED', object: { ...thing('', 1), metadata, filling: FILLING } });
          });
          return `${objects.join('\n')}\n`;
        });
      },
    ],
    ['with a line that does not end', (response) => pour(response, () => 'x'.repeat(65_536))],
  ])(
    '%s neither stops the daemon nor grows its memory',
    async (_name, answer) => {
      const server = await emulatedServer({ definitions: DEFINITIONS });
      onTestFinished(() => server.stop());
      const between = await hostileServer(server, answer);
      const { running } = await startFabric(between, HOST);
      await running.said(/refreshed in/u);
      await running.said(/warning: the (?:watcher of fabric does not see changes|process of the watchers was ended)/u);
      const before = memoryMiB(running.pid);
      const rounds = await value(running, 'fettle_rounds_total', { outcome: 'ok' });
      for (let i = 0; i < CHECKS; i += 1) {
        expect((await running.ask('/healthz')).status).toBe(200);
        for (const pid of watcherProcesses(running)) expect(memoryMiB(pid)).toBeLessThan(700);
        await sleep(100);
      }
      expect(memoryMiB(running.pid) - before).toBeLessThan(60);
      expect((await value(running, 'fettle_rounds_total', { outcome: 'ok' })) - rounds).toBeLessThan(4);
      expect(await running.stop()).toBe(0);
    },
    180_000,
  );
});
