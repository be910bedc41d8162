/** Certificates with the same names, by the command line. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { fettle } from '../../../support/command-line.ts';
import { keptOf } from './hostile.ts';
import { acmeDocuments, acmeProject } from './project.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An Issuer, and a Certificate for each of two key types with the same names. */
function documentsOf(authority: EmulatedAuthority): readonly [issuer: string, ecdsa: string, rsa: string] {
  const [issuer = '', ecdsa = ''] = acmeDocuments(authority).split('---\n');
  const rsa = ecdsa
    .replace('name: www', 'name: www-rsa')
    .replaceAll('www.crt', 'rsa.crt')
    .replaceAll('www.key', 'rsa.key')
    .replace('issuer: public,', 'issuer: public, keyAlgorithm: rsa-2048,');
  return [issuer, ecdsa, rsa];
}

function stored({ folder }: { readonly folder: string }): readonly string[] {
  return readdirSync(join(folder, 'tls'))
    .filter((name) => name.endsWith('.crt'))
    .toSorted();
}

/** A project whose authority answers with open orders, and postpones the first order at its end; with the other one from then on. */
async function postponed(hours: number, declared: readonly number[] = [0, 1]) {
  let laterMs = 0;
  const now = (): number => Date.now() + laterMs;
  const authority = await startEmulated({ ownHttp: true }, { reusesOrders: true, retryAfterSeconds: 0, now });
  onTestFinished(authority.stop);
  const documents = documentsOf(authority);
  const project = acmeProject(authority, declared.map((i) => documents[i]).join('---\n'));
  const run = (line: string, at: number) => {
    laterMs = at;
    return fettle(project.folder, line, { now });
  };
  authority.acme.faults.list.push({
    endpoint: 'finalize',
    times: 1,
    when: 'before',
    answer: {
      status: 429,
      headers: { 'retry-after': String(hours * 3600), 'content-type': 'application/problem+json' },
      body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'slow' },
    },
  });
  const ordered = (): number => authority.acme.counts()['new-order'] ?? 0;
  const first = await run('apply --yes', 0);
  expect([first.code, ordered()]).toEqual([0, 1]);
  project.declare(documents.join('---\n'));
  return { project, documents, run, ordered, first };
}

test('an authority that answers with an open order for the same names issues for both keys', async () => {
  const authority = await startEmulated({ ownHttp: true }, { reusesOrders: true });
  onTestFinished(authority.stop);
  const { run } = acmeProject(authority, documentsOf(authority).join('---\n'));
  const { stdout, stderr } = await run('apply', '--yes');
  expect(stdout + stderr).toContain('Apply: 3 done, 0 failed');
  expect(authority.acme.counts()['new-order']).toBe(2);
});

test('an order that has to wait stays with its Certificate, and the other one waits for it', async () => {
  const { project, run, ordered } = await postponed(1);
  const { order } = await keptOf(project);
  const second = await run('apply --yes', 30 * MINUTE);
  expect(second.stdout).toMatch(/www-rsa .*acme-budget: the Certificate www has an open order for the same names/u);
  expect([second.code, ordered(), (await keptOf(project))['order']]).toEqual([0, 1, order]);
  const third = await run('apply --yes', 2 * HOUR);
  expect([third.code, third.stdout]).toEqual([0, expect.stringContaining('www: done')]);
  const last = await run('apply --yes', 3 * HOUR);
  expect([last.code, stored(project)]).toEqual([0, ['rsa.crt', 'www.crt']]);
  expect(ordered()).toBe(2);
});

test('the other one waits in the same run, too', async () => {
  const { project, run, ordered, first } = await postponed(1, [0, 1, 2]);
  expect(first.stdout).toMatch(/waiting +certificates\/Certificate\/\S+ +the authority accepts no request until/u);
  expect(first.stdout).toMatch(/waiting +certificates\/Certificate\/\S+ +the Certificate \S+ has an open order for/u);
  // The holder goes first; the other one follows in the same run only if it enters after it.
  expect((await run('apply --yes', 2 * HOUR)).code).toBe(0);
  const last = await run('apply --yes', 3 * HOUR);
  expect([last.code, stored(project)]).toEqual([0, ['rsa.crt', 'www.crt']]);
  expect(ordered()).toBe(2);
});

test('an order of a Certificate without a document holds up no other one', async () => {
  const { project, documents, run, ordered } = await postponed(100);
  const [issuer, , rsa] = documents;
  project.declare([issuer, rsa].join('---\n'));
  const second = await run('apply --yes', 30 * MINUTE);
  expect(second.stdout).toContain('www-rsa: done');
  expect(second.code).toBe(0);
  expect(ordered()).toBe(2);
});

test('an order that has expired holds up no other one', async () => {
  const { run, ordered } = await postponed(100);
  const held = await run('apply --yes', 7 * HOUR);
  expect(held.stdout).toMatch(/www-rsa .*has an open order for the same names/u);
  const second = await run('apply --yes', 9 * HOUR);
  expect(second.stdout).toContain('www-rsa: done');
  expect(ordered()).toBe(2);
});
