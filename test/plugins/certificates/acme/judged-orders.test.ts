/** Every step that asks an authority is judged by what its refresh foresaw, and waits as long as the authority asks for. */

import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { dnsServer } from '../../../support/dns.ts';
import { keptOf } from './hostile.ts';
import { acmeDocuments, type AcmeProject, acmeProject } from './project.ts';
import { windowFrom } from './window-from.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Bench {
  readonly authority: EmulatedAuthority;
  readonly project: AcmeProject;
  readonly start: number;
  /** Runs a command line at a time. */
  readonly run: (line: string, at: number) => Promise<Done>;
  readonly orders: () => number;
}

async function bench(): Promise<Bench> {
  const start = Math.floor(Date.now() / MINUTE) * MINUTE;
  let clock = start;
  const authority = await startEmulated({ ownHttp: true }, { now: () => clock, retryAfterSeconds: 0 });
  onTestFinished(() => authority.stop());
  const project = acmeProject(authority);
  return {
    authority,
    project,
    start,
    run: (line, at) => {
      clock = at;
      return fettle(project.folder, line, { now: () => clock });
    },
    orders: () => authority.acme.counts()['new-order'] ?? 0,
  };
}

/** Lets a name server with CAA records for another authority answer from now on. */
async function forbid({ folder }: AcmeProject, safety = ''): Promise<void> {
  const { address } = await dnsServer({ 'www.example.test': { caa: [['issue', 'other.test']] } });
  const plugins = `plugins: { certificates: { probe: { resolvers: ["${address}"] } } }\n`;
  writeFileSync(join(folder, 'fettle.yaml'), `name: test\nstore: .fettle\ndesired: ['*.yaml']\n${plugins}${safety}`);
}

test('a moved storage is an order, which a CAA record can forbid', async () => {
  const { authority, project, start, run, orders } = await bench();
  expect(await run('apply --yes', start)).toMatchObject({ code: 0 });
  await forbid(project);
  project.declare(acmeDocuments(authority).replaceAll('./tls/www', './moved/www'));
  const before = orders();
  const { code, stdout } = await run('apply --yes', start + HOUR);
  expect([code, stdout]).toEqual([3, expect.stringMatching(/REJECTED caa-forbids: .*other\.test/u)]);
  expect(orders()).toBe(before);
});

test('a renewal that comes before a freeze is an order, which a CAA record can forbid', async () => {
  const { authority, project, start, run, orders } = await bench();
  expect(await run('apply --yes', start)).toMatchObject({ code: 0 });
  const id = authority.acme.orders()[0]?.certificate ?? '';
  const end = Date.parse(new X509Certificate(readFileSync(join(project.folder, 'tls/www.crt'))).validTo);
  const window = windowFrom(end - 30 * DAY, id);
  authority.acme.suggestRenewal(id, window);
  const from = new Date(Math.floor((renewalMoment(window, id) - HOUR) / MINUTE) * MINUTE);
  const cron = `${from.getUTCMinutes()} ${from.getUTCHours()} ${from.getUTCDate()} ${from.getUTCMonth() + 1} *`;
  await forbid(project, `safety: { freeze: [{ cron: '${cron}', for: 240h, reason: Books. }] }\n`);
  const before = orders();
  const { stdout } = await run('apply --yes', from.getTime() - 1);
  expect(stdout).toContain('so the renewal comes before it');
  expect(stdout).toMatch(/REJECTED caa-forbids: .*other\.test/u);
  expect(orders()).toBe(before);
});

test('the download of another chain waits as long as the authority asks for', async () => {
  const { authority, project, start, run } = await bench();
  expect(await run('apply --yes', start)).toMatchObject({ code: 0 });
  const [, root] = authority.acme.roots;
  const other = new X509Certificate(root).subject.replace(/^.*CN=/su, '');
  project.declare(acmeDocuments(authority, { acme: `preferredChain: "${other}"` }));
  authority.acme.faults.list.push({
    endpoint: 'certificate',
    times: 1,
    when: 'before',
    answer: {
      status: 429,
      headers: { 'retry-after': '86400', 'content-type': 'application/problem+json' },
      body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'slow down' },
    },
  });
  const downloads = () => authority.acme.counts()['certificate'] ?? 0;
  const before = downloads();
  expect((await run('apply --yes', start + HOUR)).stdout).toContain('slow down');
  for (const at of [2, 12, 24]) {
    const { stdout } = await run('apply --yes', start + at * HOUR);
    expect(stdout).toMatch(/WAITING acme-budget: the authority accepts no request until .*slow down/u);
  }
  expect(downloads()).toBe(before + 1);
  const done = await run('apply --yes', start + 25 * HOUR);
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('Apply: 1 done')]);
  expect(downloads()).toBeGreaterThan(before + 1);
  const { chain, wait_until: until } = await keptOf(project);
  expect([chain, until]).toEqual([other, undefined]);
});
