/** Outages of an authority: no number of them ends the attempts, and the verdicts of an authority do. */

import { expect, onTestFinished, test } from 'vitest';
import type { Answer } from '../../../../plugins/certificates/sandbox/acme/server.ts';
import { nextAttemptAt } from '../../../../plugins/certificates/renewal.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { WWW } from './hostile.ts';
import { acmeProject } from './project.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PROBLEM = { 'content-type': 'application/problem+json' };
const problem = (status: number, type: string) =>
  ({ status, headers: PROBLEM, body: { type: `urn:ietf:params:acme:error:${type}`, detail: 'a reason' } }) as const;

interface Memory {
  readonly failures?: number;
  readonly outages?: number;
  readonly last_error?: { readonly outage?: true };
}

async function issued(): Promise<{
  readonly start: number;
  readonly refuse: (answer: Answer) => void;
  readonly accept: () => void;
  readonly run: (line: string, at: number) => Promise<Done>;
  readonly memory: () => Promise<Memory>;
}> {
  const start = Math.floor(Date.now() / MINUTE) * MINUTE;
  let clock = start;
  const authority = await startEmulated({ ownHttp: true }, { now: () => clock, retryAfterSeconds: 0 });
  onTestFinished(() => authority.stop());
  const project = acmeProject(authority);
  const run = (line: string, at: number): Promise<Done> => {
    clock = at;
    return fettle(project.folder, line, { now: () => clock });
  };
  expect((await run('apply --yes', start)).code).toBe(0);
  const { list } = authority.acme.faults;
  return {
    start,
    refuse: (answer) => void list.splice(0, list.length, { endpoint: 'new-order', times: 999, when: 'before', answer }),
    accept: () => void (list.length = 0),
    run,
    memory: async () => JSON.parse((await run(`state show ${WWW}`, clock)).stdout) as Memory,
  };
}

test('a recovery goes on after any number of outages, and ends after three verdicts', {
  timeout: 120_000,
}, async () => {
  const { start, refuse, accept, run, memory } = await issued();
  const expired = start + 91 * DAY;
  refuse(problem(500, 'serverInternal'));
  for (const hours of [0, 1, 2, 3, 4]) expect((await run('apply --yes', expired + hours * HOUR)).code).toBe(7);
  expect(await memory()).toMatchObject({ failures: 5, outages: 5, last_error: { outage: true } });
  // A page of a proxy is not a verdict either.
  refuse({ status: 403, headers: { 'content-type': 'text/html' }, body: '<html>blocked</html>' });
  expect((await run('apply --yes', expired + 6 * HOUR)).code).toBe(7);
  refuse(problem(403, 'rejectedIdentifier'));
  for (const hours of [8, 10, 12]) expect((await run('apply --yes', expired + hours * HOUR)).code).toBe(7);
  const over = await run('plan', expired + 14 * HOUR);
  expect(over.stdout.replace(/\s+/gu, ' ')).toContain(
    '3 failed recoveries in a row (6 more without a verdict of the authority do not count), maxRetries is 3',
  );
  accept();
  expect((await run(`apply --yes --override retry-exhausted@${WWW} --reason fixed`, expired + 15 * HOUR)).code).toBe(0);
  expect(await memory()).not.toHaveProperty('outages');
});

test('a recovery is done as soon as a long outage is over', { timeout: 120_000 }, async () => {
  const { start, refuse, accept, run } = await issued();
  const expired = start + 91 * DAY;
  refuse(problem(500, 'serverInternal'));
  for (const minutes of [0, 2, 6, 20]) expect((await run('apply --yes', expired + minutes * MINUTE)).code).toBe(7);
  accept();
  expect((await run('apply --yes', expired + 3 * DAY)).code).toBe(0);
});

test.each([
  ['a verdict', false, 20 * HOUR, 24 * HOUR],
  ['an outage with much time left', true, 60 * DAY, 24 * HOUR],
  ['an outage with less time left', true, 60 * HOUR, 5 * HOUR],
  ['an outage just before the end', true, HOUR, HOUR],
  ['an outage after the end', true, -DAY, HOUR],
  ['an outage without a certificate', true, undefined, HOUR],
])('the wait of a renewal after %s', (_name, isOutage, left, wait) => {
  const policy = { retryMs: HOUR, maxRetries: 10, multiplier: 2, maxMs: 24 * HOUR };
  const until = left === undefined ? undefined : 1000 + left;
  expect(nextAttemptAt(policy, { failed: 8, isOutage, at: 1000 }, until)).toBe(1000 + wait);
});
