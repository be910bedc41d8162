/** Open routes on a loopback address: a site whose name leads to this machine gets nothing of them. */

import { request } from 'node:http';
import { expect, test } from 'vitest';
import { httpBench } from './bench.ts';

function statusOf(port: number, method: string, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    // fetch would not send the header.
    const asked = request({ host: '127.0.0.1', port, method, path, headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject).end();
  });
}

test.each([
  ['127.0.0.1:9465', true],
  ['127.9.9.9', true],
  ['localhost:9465', true],
  ['[::1]:9465', true],
  ['attacker.example:9465', false],
  ['127.0.0.1.attacker.example', false],
  ['localhost.attacker.example', false],
  ['10.0.0.1', false],
])('a request for the host %j is answered: %j', async (host, isAnswered) => {
  const bench = await httpBench();
  expect([
    await statusOf(bench.port, 'GET', '/metrics', host),
    await statusOf(bench.port, 'POST', '/-/reload', host),
  ]).toEqual(isAnswered ? [200, 202] : [403, 403]);
  expect(bench.woken.length).toBe(isAnswered ? 1 : 0);
});
