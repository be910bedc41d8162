/** Answers of an ACME authority that refuse an order, or that no client may use: the row, the state and the next plan. */

import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Fault } from '../../../../plugins/certificates/sandbox/acme/server.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { bareEnvironment } from '../../../support/cli.ts';
import { bodyWith, keptOf, payloadOf } from './hostile.ts';
import { siteFor } from './killed.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 });
});
afterAll(() => authority.stop());
afterEach(() => {
  authority.acme.faults.list.length = 0;
});

function problem(type: string, status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: { type: `urn:ietf:params:acme:error:${type}`, detail: `because of ${type}` },
  };
}

const HOUR_MS = 3_600_000;

const run = ({ folder }: Pick<AcmeProject, 'folder'>, line: string, laterMs = 0): Promise<Done> =>
  fettle(folder, line, { now: () => Date.now() + laterMs });

/** Contents of all files below a folder of the project. */
function textsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'))
    .join('\n');
}

function expectNothingStored({ folder }: AcmeProject, ...done: readonly Done[]): void {
  expect(existsSync(join(folder, 'tls/www.crt')) || existsSync(join(folder, 'tls/www.key'))).toBe(false);
  for (const text of [textsIn(join(folder, '.fettle')), ...done.map(({ stdout, stderr }) => stdout + stderr)])
    expect(text).not.toMatch(/PRIVATE KEY/u);
}

interface Refused {
  readonly type: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly endpoint: string;
}

async function refusedBy({ endpoint, type, status, headers }: Refused) {
  const project = acmeProject(authority);
  const before = authority.acme.orders().length;
  authority.acme.faults.list.push({ endpoint, when: 'before', times: 1, answer: problem(type, status, headers) });
  const first = await run(project, 'apply --yes');
  return { project, first, orders: () => authority.acme.orders().length - before };
}

const LATER = { 'retry-after': '7200' };

describe('a problem', { timeout: 60_000 }, () => {
  it.each<Refused>([
    { endpoint: 'new-order', type: 'rateLimited', status: 429, headers: LATER },
    { type: 'rateLimited', status: 429, headers: LATER, endpoint: 'finalize' },
  ])('$type ($status) at $endpoint waits for the time of the authority, and goes on', async (refused) => {
    const { project, first, orders } = await refusedBy(refused);
    expect([first.code, first.stdout]).toEqual([
      0,
      expect.stringMatching(/waiting .*accepts no request until .*because of/u),
    ]);
    expectNothingStored(project, first);
    const plan = await run(project, 'plan');
    expect(plan.stdout).toMatch(/WAITING acme-budget: the authority accepts no request until/u);
    const requests = authority.acme.counts()['new-order'];
    expect((await run(project, 'apply --yes')).code).toBe(0);
    expect(authority.acme.counts()['new-order']).toBe(requests);
    expect((await run(project, 'apply --yes', 3 * HOUR_MS)).code).toBe(0);
    expect([existsSync(join(project.folder, 'tls/www.crt')), orders()]).toEqual([true, 1]);
  });

  it.each<Refused>([
    { endpoint: 'new-order', type: 'alreadyReplaced', status: 409 },
    { endpoint: 'new-order', type: 'malformed', status: 404 },
    { endpoint: 'new-order', type: 'unauthorized', status: 403 },
    { endpoint: 'new-order', type: 'serverInternal', status: 500 },
  ])('$type ($status) to a replacement: the same order at once without it, and recorded', async ({ type, status }) => {
    const site = await siteFor('renewal');
    try {
      const { acme } = site.authority;
      const before = acme.counts()['new-order'] ?? 0;
      acme.faults.list.push({ endpoint: 'new-order', when: 'before', times: 1, answer: problem(type, status) });
      const done = await run(site, 'apply --yes');
      expect([done.code, done.code === 0 ? '' : done.stdout]).toEqual([0, '']);
      expect(acme.counts()['new-order']).toBe(before + 2);
      expect(acme.orders().length).toBe(2);
      expect((await keptOf(site))['replaced']).toContain(`because of ${type}`);
    } finally {
      await site.stop();
    }
  });
});

interface Hostile {
  readonly name: string;
  readonly endpoint: Fault['endpoint'];
  /** Changes the right answer. */
  readonly answer: (right: Answer) => Answer;
  readonly why: string;
}

const HOSTILE: readonly Hostile[] = [
  {
    name: 'redirects',
    endpoint: 'new-order',
    answer: () => ({ status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' }),
    why: 'redirect, which is not followed',
  },
  {
    name: 'makes the order one for other names',
    endpoint: 'new-order',
    answer: bodyWith(() => ({ identifiers: [{ type: 'dns', value: 'bank.example' }] })),
    why: 'the order is for other names',
  },
  {
    name: 'sends requests to another server',
    endpoint: 'new-order',
    answer: bodyWith(() => ({ authorizations: ['https://other.example.test/authz/1'] })),
    why: 'leads to https://other.example.test',
  },
  {
    name: 'names endless authorizations',
    endpoint: 'new-order',
    answer: bodyWith(({ finalize }) => ({ authorizations: Array.from({ length: 1001 }, () => finalize) })),
    why: 'more than 1000 entries',
  },
  {
    name: 'asks to prove another name',
    endpoint: 'authz',
    answer: bodyWith(() => ({ identifier: { type: 'dns', value: 'bank.example' } })),
    why: 'for a name that was not ordered',
  },
  {
    name: 'gives a path as a token',
    endpoint: 'authz',
    answer: bodyWith(({ challenges }) => ({
      challenges: (challenges as object[]).map((each) => ({ ...each, token: '../../../../../etc/cron.d/x' })),
    })),
    why: 'is not a token',
  },
  {
    name: 'ends the order without a reason',
    endpoint: 'order',
    answer: bodyWith(() => ({ status: 'invalid' })),
    why: 'the order became invalid without a reason',
  },
];

describe('an authority that', { timeout: 60_000 }, () => {
  it.each(HOSTILE)('$name is refused by name, and nothing is stored', async ({ endpoint, answer, why }) => {
    const project = acmeProject(authority);
    authority.acme.faults.list.push({ endpoint, when: 'after', answer });
    const first = await run(project, 'apply --yes');
    expect([first.code, first.stdout]).toEqual([7, expect.stringContaining(why)]);
    expectNothingStored(project, first);
    authority.acme.faults.list.length = 0;
    const honest = await run(project, 'apply --yes', 2 * HOUR_MS);
    expect([honest.code, honest.code === 0 ? '' : honest.stdout]).toEqual([0, '']);
    expect(existsSync(join(project.folder, 'tls/www.crt'))).toBe(true);
  });
});

describe('an authority that repeats each request in its refusal', { timeout: 60_000 }, () => {
  it('gets no secret, and puts none into a message, the plan or the log', async () => {
    const secrets = {
      ACME_EAB_KEY: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W',
      DNS_TSIG_SECRET: 'c2VjcmV0LW9mLWEtdHNpZy1rZXktMDEyMzQ1Njc4OQ==',
    };
    const echoing = await startEmulated(
      { ownHttp: true, externalAccounts: { 'kid-1': secrets.ACME_EAB_KEY } },
      { retryAfterSeconds: 0 },
    );
    try {
      const accounts = 'accounts: { main: { kid: kid-1 } }';
      const providers = 'dnsProviders: { corp: { rfc2136: { server: 127.0.0.1, keyName: fettle } } }';
      const project = acmeProject(
        echoing,
        acmeDocuments(echoing, { acme: 'eab: main' }),
        `plugins: { certificates: { acme: { ${accounts}, ${providers} } } }\n`,
      );
      const env = {
        ...bareEnvironment(secrets),
        FETTLE_PROVIDER_ORIGINS: `ACME_EAB_KEY=${new URL(echoing.directory).origin}`,
      };
      const outputs: string[] = [];
      const repeats = ['new-account', 'new-order', 'authz', 'challenge', 'finalize', 'order', 'certificate'];
      for (const [i, endpoint] of [...repeats, ''].entries()) {
        echoing.acme.faults.list.push({
          endpoint,
          when: 'after',
          times: 1,
          answer: (_right, asked) => ({
            status: 403,
            body: {
              type: 'urn:ietf:params:acme:error:ofTheFuture',
              detail: `repeated ${payloadOf(asked)} ${asked.body}`,
            },
          }),
        });
        for (const line of ['plan', 'apply --yes']) {
          const done = await fettle(project.folder, line, { env, now: () => Date.now() + i * 30 * HOUR_MS });
          outputs.push(done.stdout + done.stderr);
        }
        expect(outputs.at(-1)).toContain(endpoint === '' ? ' 0 failed' : ' 1 failed');
      }
      expect(existsSync(join(project.folder, 'tls/www.crt'))).toBe(true);
      const jwk = createPrivateKey(readFileSync(join(project.folder, 'acme/account.key'))).export({ format: 'jwk' });
      for (const text of [...outputs, textsIn(join(project.folder, '.fettle'))])
        for (const secret of [...Object.values(secrets), String(jwk['d']), 'PRIVATE KEY'])
          expect(text).not.toContain(secret);
    } finally {
      await echoing.stop();
    }
  });
});
