/** Orders that an authority does not complete, and certificates that must not be stored: which order the next try asks for. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAuthority, makeKeys, makeLeaf } from '../../../../plugins/certificates/live/x509-make.ts';
import type { AcmeProfile } from '../../../../plugins/certificates/sandbox/acme/context.ts';
import type { Answer, Fault } from '../../../../plugins/certificates/sandbox/acme/server.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { PROFILES } from '../../../support/acme/authority.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { bodyWith, keptOf } from './hostile.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The clock of the authority minus that of this machine, in ms. */
let aheadMs = 0;
const profiles: Record<string, AcmeProfile> = {};
let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated(
    { ownHttp: true },
    { profiles, now: () => Date.now() + aheadMs, retryAfterSeconds: 0 },
  );
});
afterAll(() => authority.stop());
beforeEach(() => {
  profiles['default'] = { description: '', validitySeconds: PROFILES.default.validityPeriod };
});
afterEach(() => {
  aheadMs = 0;
  authority.acme.faults.list.length = 0;
});

const run = ({ folder }: Pick<AcmeProject, 'folder'>, line: string, laterMs = 0): Promise<Done> =>
  fettle(folder, line, { now: () => Date.now() + laterMs });

const isStored = ({ folder }: AcmeProject): boolean => existsSync(join(folder, 'tls/www.crt'));
const pending = ({ folder }: AcmeProject): readonly string[] => readdirSync(join(folder, 'acme/account.key.orders'));
const ordered = (): number => authority.acme.counts()['new-order'] ?? 0;
const fault = (each: Fault): void => void authority.acme.faults.list.push(each);

/** Certificates of another authority, PEM. */
let foreign = { leaf: '', root: '' };
beforeAll(async () => {
  const [keys, own] = await Promise.all([makeKeys('ecdsa-p256'), makeKeys('ecdsa-p256')]);
  const root = await makeAuthority('Another CA', keys, Date.now());
  const signer = { certificate: root, key: keys.privateKey };
  const leaf = await makeLeaf({ dnsNames: ['www.example.test'], validityDays: 9, keys: own, signer, now: Date.now() });
  foreign = { leaf: leaf.toString(), root: root.toString() };
});

const leafOf = ({ body }: Answer): string => String(body).split(/(?<=END CERTIFICATE-----\n)/u)[0] ?? '';

interface Refused {
  readonly name: string;
  /** Changes the answer with the certificate, or the authority. */
  readonly answer?: (right: Answer) => Answer;
  readonly prepare?: () => void;
  readonly why: string;
}

const REFUSED: readonly Refused[] = [
  {
    name: 'is for another key',
    answer: (right) => ({ ...right, body: foreign.leaf + foreign.root }),
    why: 'the certificate is for another key',
  },
  {
    name: 'has the chain of another authority',
    answer: (right) => ({ ...right, body: leafOf(right) + foreign.root }),
    why: 'a certificate of the chain is not signed by the next one',
  },
  {
    name: 'has an endless chain',
    answer: (right) => ({ ...right, body: String(right.body) + foreign.root.repeat(20) }),
    why: 'the chain has more than 10 certificates',
  },
  {
    name: 'is not valid yet',
    prepare: () => {
      aheadMs = 9 * DAY_MS;
    },
    why: 'is not valid now',
  },
  {
    name: 'has expired',
    prepare: () => {
      aheadMs = -100 * DAY_MS;
    },
    why: 'is not valid now',
  },
];

describe('a certificate that', () => {
  it.each(REFUSED)('$name ends its order, and the next try is another one', async ({ answer, prepare, why }) => {
    const project = acmeProject(authority);
    const before = ordered();
    prepare?.();
    if (answer !== undefined) fault({ endpoint: 'certificate', when: 'after', times: 1, answer });
    const first = await run(project, 'apply --yes');
    expect([first.code, first.stdout]).toEqual([7, expect.stringContaining(why)]);
    expect(first.stdout).toMatch(/The order https:\S+\/order\/\d+ has failed: the next try is another order/u);
    expect([isStored(project), pending(project)]).toEqual([false, []]);
    expect(Object.keys(await keptOf(project))).not.toContain('order');
    expect((await run(project, 'apply --yes')).stdout).toMatch(/waiting .*backoff: /u);
    expect(ordered() - before).toBe(1);
    aheadMs = 0;
    expect((await run(project, 'apply --yes', 2 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before, pending(project)]).toEqual([true, 2, []]);
  });

  const UNUSABLE: readonly (readonly [name: string, fault: Omit<Fault, 'endpoint'>])[] = [
    [
      'a broken gateway',
      { when: 'before', times: 6, answer: { status: 502, headers: { 'retry-after': '0' }, body: '' } },
    ],
    ['a page', { when: 'after', times: 1, answer: { body: '<html>-----BEGIN PRIVATE KEY-----' } }],
    ['more than any chain has', { when: 'after', times: 1, answer: { body: 'x'.repeat(2_000_000) } }],
    [
      'the request of the certificate',
      {
        when: 'after',
        times: 1,
        answer: { body: '-----BEGIN CERTIFICATE REQUEST-----\nQUFB\n-----END CERTIFICATE REQUEST-----\n' },
      },
    ],
  ];
  it.each(UNUSABLE)('cannot be downloaded, because of %s, is downloaded from the same order', async (_name, by) => {
    const project = acmeProject(authority);
    const before = ordered();
    fault({ endpoint: 'certificate', ...by });
    const first = await run(project, 'apply --yes');
    expect([first.code, first.stdout]).toEqual([7, expect.stringContaining('download the certificate: ')]);
    expect([isStored(project), pending(project)]).toEqual([false, ['www.key']]);
    expect((await run(project, 'apply --yes', 2 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before, pending(project)]).toEqual([true, 1, []]);
  });

  it('is for another key leaves the stored pair as it is', async () => {
    const project = acmeProject(authority);
    aheadMs = -70 * DAY_MS;
    expect((await run(project, 'apply --yes', aheadMs)).code).toBe(0);
    aheadMs = 0;
    const texts = (): readonly string[] =>
      ['www.crt', 'www.key'].map((name) => readFileSync(join(project.folder, 'tls', name), 'latin1'));
    const stored = texts();
    const before = ordered();
    fault({ endpoint: 'certificate', when: 'after', times: 1, answer: { body: foreign.leaf + foreign.root } });
    const other = await run(project, 'apply --yes');
    expect([other.code, other.stdout]).toEqual([7, expect.stringContaining('is for another key')]);
    expect([texts(), pending(project), ordered() - before]).toEqual([stored, [], 1]);
    expect(await keptOf(project)).toMatchObject({ replaced: 'the certificate that replaced it was refused' });
  });
});

const LATER = { 'retry-after': '7200' };
const processing = (right: Answer): Answer => ({
  ...bodyWith(() => ({ status: 'processing', certificate: undefined }))(right),
  headers: { ...right.headers, ...LATER },
});

/** Answers that leave the order of one certificate `processing`. */
function neverEnds(times?: number): void {
  for (const endpoint of ['finalize', 'order'])
    fault({ endpoint, when: 'after', ...(times === undefined ? {} : { times }), answer: processing });
}

describe('an order that the authority does not complete', () => {
  it('lets its row wait, and the next step goes on with it', async () => {
    const project = acmeProject(authority);
    const before = ordered();
    neverEnds();
    const first = await run(project, 'apply --yes');
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringMatching(
        /waiting .*the authority has not completed the order in 1 run: it is processing, and fettle/u,
      ),
    ]);
    expect(await keptOf(project)).toMatchObject({ order: { waits: 1, status: 'processing' } });
    expect([isStored(project), pending(project)]).toEqual([false, ['www.key']]);
    const asked = (): readonly unknown[] => ['order', 'finalize'].map((name) => authority.acme.counts()[name]);
    const requests = asked();
    const plan = await run(project, 'plan');
    expect(plan.stdout).toMatch(/WAITING acme-budget: the authority has not completed the order in 1 run/u);
    expect((await run(project, 'apply --yes', HOUR_MS)).code).toBe(0);
    expect(asked()).toEqual(requests);
    const second = await run(project, 'apply --yes', 3 * HOUR_MS);
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('in 2 runs: it is processing')]);
    authority.acme.faults.list.length = 0;
    expect((await run(project, 'apply --yes', 6 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before, pending(project)]).toEqual([true, 1, []]);
  });

  it('is a finding as long as a step goes on with it', async () => {
    const project = acmeProject(authority);
    expect((await run(project, 'apply --yes')).code).toBe(0);
    neverEnds();
    project.declare(acmeDocuments(authority, { names: ['second.example.test'] }));
    expect((await run(project, 'apply --yes')).code).toBe(0);
    expect((await run(project, 'plan')).stdout).toContain('order-pending');
    project.declare(acmeDocuments(authority, { names: ['third.example.test'] }));
    const { stdout } = await run(project, 'plan');
    expect(stdout).toContain('third.example.test');
    expect(stdout).not.toContain('order-pending');
  });

  it('fails when it expires: the next try, after the backoff, is another order', async () => {
    const project = acmeProject(authority);
    const before = ordered();
    neverEnds();
    expect((await run(project, 'apply --yes')).code).toBe(0);
    // The authority still has the order.
    const expired = await run(project, 'apply --yes', 9 * HOUR_MS);
    expect([expired.code, expired.stdout]).toEqual([
      7,
      expect.stringContaining('the order expired before the authority had completed it'),
    ]);
    expect([isStored(project), pending(project), ordered() - before]).toEqual([false, [], 1]);
    authority.acme.faults.list.length = 0;
    expect((await run(project, 'apply --yes', 9 * HOUR_MS)).stdout).toMatch(/waiting .*backoff: /u);
    expect((await run(project, 'apply --yes', 11 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before]).toEqual([true, 2]);
  });

  it('holds up neither another certificate nor a change of its document', async () => {
    const [issuer = '', www = ''] = acmeDocuments(authority).split('---\n');
    const project = acmeProject(authority, `${issuer}---\n${www}`);
    // The one order, the other order, and so on.
    neverEnds(2);
    expect((await run(project, 'apply --yes')).code).toBe(0);
    authority.acme.faults.list.length = 0;
    const other = www.replaceAll(/www(?=[.}\s])/gu, 'other');
    const changed = www.replace('www.example.test', 'changed.example.test');
    project.declare(`${issuer}---\n${www}---\n${other}`);
    const second = await run(project, 'apply --yes');
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/waiting .*has not completed the order/u)]);
    expect([isStored(project), existsSync(join(project.folder, 'tls/other.crt'))]).toEqual([false, true]);
    project.declare(`${issuer}---\n${changed}---\n${other}`);
    expect((await run(project, 'apply --yes')).code).toBe(0);
    expect(isStored(project)).toBe(true);
  });
});

describe('the page of a gateway in the place of a recorded order', () => {
  const page = (status: number): Omit<Fault, 'endpoint'> => ({
    when: 'before',
    times: 1,
    answer: { status, headers: { 'content-type': 'text/html' }, body: '<html>' },
  });

  it.each([403, 404, 408])('with status %d keeps the order and its key', async (status) => {
    const project = acmeProject(authority);
    const before = ordered();
    fault({ endpoint: 'certificate', ...page(404) });
    expect((await run(project, 'apply --yes')).code).toBe(7);
    const { order } = await keptOf(project);
    const key = (): string => readFileSync(join(project.folder, 'acme/account.key.orders/www.key'), 'latin1');
    const first = key();
    fault({ endpoint: 'order', ...page(status) });
    const second = await run(project, 'apply --yes', 2 * HOUR_MS);
    expect([second.code, second.stdout]).toEqual([7, expect.stringContaining(`status ${status} without a reason`)]);
    expect([(await keptOf(project))['order'], key()]).toEqual([order, first]);
    expect((await run(project, 'apply --yes', 4 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before, pending(project)]).toEqual([true, 1, []]);
  });

  it('is the end of one that has expired: some authorities forget it', async () => {
    const project = acmeProject(authority);
    const before = ordered();
    fault({ endpoint: 'finalize', ...page(404) });
    expect((await run(project, 'apply --yes')).code).toBe(7);
    fault({ endpoint: 'order', ...page(404) });
    expect((await run(project, 'apply --yes', 9 * HOUR_MS)).code).toBe(0);
    expect([isStored(project), ordered() - before, pending(project)]).toEqual([true, 2, []]);
  });
});
