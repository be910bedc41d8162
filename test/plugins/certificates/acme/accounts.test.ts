/** Accounts at an ACME authority that several Issuers use, that ended, and that the authority refuses for a time. */

import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../../plugins/certificates/live/postponed.ts';
import { startEmulated, type EmulatedAuthority } from '../../../support/acme/emulated.ts';
import { temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { accountKey, anySignal, openFor } from './issuing.ts';

let authority: EmulatedAuthority;
let elsewhere: EmulatedAuthority;
beforeAll(async () => {
  [authority, elsewhere] = await Promise.all(
    [1, 2].map(() => startEmulated({ ownHttp: true }, { retryAfterSeconds: 0 })) as [
      Promise<EmulatedAuthority>,
      Promise<EmulatedAuthority>,
    ],
  );
});
afterAll(() => Promise.all([authority.stop(), elsewhere.stop()]));
afterEach(() => {
  authority.acme.faults.list.length = 0;
});

const HOUR_MS = 3_600_000;

interface IssuerText {
  readonly key?: string;
  readonly more?: string;
  readonly lifecycle?: string;
  readonly at?: EmulatedAuthority;
}

function issuer(
  name: string,
  { key = './acme/account.key', more = '', lifecycle, at = authority }: IssuerText = {},
): string {
  const { directory, httpPort } = at;
  const listener = `{ http01: { listener: { port: ${httpPort}, address: 127.0.0.1 }, selfCheck: skip } }`;
  const anchors = at === authority ? './acme.pem' : './elsewhere.pem';
  return `apiVersion: certificates/v1
kind: Issuer
metadata: { name: ${name} }
spec: { acme: { directory: "${directory}", accountKey: ${key}, ca: ${anchors}, profile: default, solvers: [${listener}]${more} } }
${lifecycle === undefined ? '' : `lifecycle: ${lifecycle}\n`}`;
}

function certificate(name: string, by: string, host = `${name}.example.test`): string {
  return `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec: { issuer: ${by}, dnsNames: [${host}], storage: { file: { certificate: ./tls/${name}.crt, key: ./tls/${name}.key } } }
`;
}

/** A project without documents is invalid. */
const OTHER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: self }
spec: { selfSigned: {} }
`;

interface Project {
  readonly folder: string;
  readonly declare: (...documents: readonly string[]) => void;
  readonly run: (line: string, laterMs?: number) => Promise<Done>;
  readonly applied: () => Promise<void>;
  readonly kept: (address: string) => Promise<Readonly<Record<string, unknown>>>;
}

function project(...documents: readonly string[]): Project {
  const folder = temporaryFolder();
  const declare = (...texts: readonly string[]): void =>
    writeFiles(folder, { 'certs.yaml': [...texts, OTHER].join('---\n') });
  writeFiles(folder, {
    'fettle.yaml': `name: test\nstore: .fettle\ndesired: ['*.yaml']\n`,
    'acme.pem': authority.ca,
    'elsewhere.pem': elsewhere.ca,
  });
  declare(...documents);
  const run = (line: string, laterMs = 0): Promise<Done> => fettle(folder, line, { now: () => Date.now() + laterMs });
  return {
    folder,
    declare,
    run,
    applied: async () => {
      const done = await run('apply --yes');
      expect([done.code, done.code === 0 ? '' : done.stdout + done.stderr]).toEqual([0, '']);
    },
    kept: async (address) =>
      (JSON.parse((await run(`state show ${address}`)).stdout) as { readonly kept: Readonly<Record<string, unknown>> })
        .kept,
  };
}

const PUB = 'certificates/Issuer/pub';
const PUB2 = 'certificates/Issuer/pub2';
const remove = '{ onRemove: remove }';

/** Two Issuers with one account: the second one has a copy of the key. */
async function twoIssuers(first: IssuerText = {}): Promise<Project> {
  const site = project(issuer('pub', first));
  await site.applied();
  copyFileSync(join(site.folder, 'acme/account.key'), join(site.folder, 'acme/two.key'));
  site.declare(issuer('pub', first), issuer('pub2', { key: './acme/two.key' }), certificate('www', 'pub2'));
  await site.applied();
  expect((await site.kept(PUB2))['account']).toBe((await site.kept(PUB))['account']);
  return site;
}

describe('an account that two Issuers use', { timeout: 60_000 }, () => {
  it('is not deactivated for one of them, and stays if that one is forgotten', async () => {
    const site = await twoIssuers({ lifecycle: remove });
    site.declare(issuer('pub2', { key: './acme/two.key' }), certificate('www', 'pub2'));
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(/REJECTED account-shared: certificates\/Issuer\/pub2 uses the same account/u);
    expect(plan.stdout).toContain(`fettle state forget ${PUB}`);
    await site.run('apply --yes');
    expect((await site.run(`state forget ${PUB} --reason test --yes`)).code).toBe(0);
    site.declare(issuer('pub2', { key: './acme/two.key' }), certificate('www', 'pub2', 'other.example.test'));
    await site.applied();
  });

  it('is deactivated for the last of them', async () => {
    const site = await twoIssuers({ lifecycle: remove });
    site.declare(issuer('pub', { lifecycle: remove }), certificate('www', 'pub'));
    await site.applied();
    site.declare();
    const done = await site.run('apply --yes');
    expect([done.code, done.stdout]).toEqual([0, expect.not.stringContaining('REJECTED')]);
    site.declare(issuer('pub2', { key: './acme/two.key' }));
    expect((await site.run('apply --yes')).stdout).toContain('the account is deactivated');
  });

  it('does not get another key for one of them, and gets it for both', async () => {
    const site = await twoIssuers();
    site.declare(
      issuer('pub', { key: './acme/new.key' }),
      issuer('pub2', { key: './acme/two.key' }),
      certificate('www', 'pub2'),
    );
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(
      /REJECTED account-shared: certificates\/Issuer\/pub2 uses the same account with its old/u,
    );
    const both = ['pub', 'pub2'].map((name) => issuer(name, { key: './acme/new.key' }));
    site.declare(...both, certificate('www', 'pub2', 'other.example.test'));
    // The key of the second row can be new only after the first row.
    await site.run('apply --yes');
    await site.applied();
    const { thumbprint } = await site.kept(PUB);
    expect((await site.kept(PUB2))['thumbprint']).toBe(thumbprint);
    expect(readFileSync(join(site.folder, 'tls/www.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
    expect((await site.run('plan')).stdout).toContain('0 to ');
  });

  it('has one key at one path', async () => {
    const site = project(
      issuer('pub', { lifecycle: remove }),
      issuer('pub2', { at: elsewhere }),
      issuer('pub3'),
      certificate('www', 'pub'),
      certificate('www3', 'pub3'),
    );
    expect((await site.run('validate')).code).toBe(0);
    await site.applied();
    const [one, three] = [await site.kept(PUB), await site.kept('certificates/Issuer/pub3')];
    expect([one['account'], one['thumbprint']]).toEqual([three['account'], three['thumbprint']]);
    // The Issuer at the other directory has another account, and still needs the key.
    site.declare(issuer('pub2', { at: elsewhere }));
    await site.run(`state forget certificates/Issuer/pub3 --reason test --yes`);
    await site.applied();
    expect(existsSync(join(site.folder, 'acme/account.key'))).toBe(true);
  });
});

describe('an Issuer whose row is not done', { timeout: 60_000 }, () => {
  const orders = (): number => authority.acme.counts()['new-order'] ?? 0;

  it('holds up its orders if its new key is rejected', async () => {
    const site = await twoIssuers();
    const before = orders();
    site.declare(
      issuer('pub', { key: './acme/new.key' }),
      issuer('pub2', { key: './acme/two.key' }),
      certificate('www', 'pub2'),
      certificate('two', 'pub'),
    );
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(/REJECTED account-shared/u);
    expect(plan.stdout).toMatch(/WAITING issuer-changed: the account of pub does not have the declared key/u);
    expect((await site.run('apply --yes')).stdout).toContain(' 0 failed,');
    expect(orders()).toBe(before);
    const both = ['pub', 'pub2'].map((name) => issuer(name, { key: './acme/new.key' }));
    site.declare(...both, certificate('www', 'pub2'), certificate('two', 'pub'));
    await site.run('apply --yes');
    await site.applied();
    expect(existsSync(join(site.folder, 'tls/two.crt'))).toBe(true);
  });

  it.each([
    ['key-change', { key: './acme/new.key' }, () => authority],
    ['new-account', { directory: 'elsewhere' }, () => elsewhere],
  ] as const)('holds up its orders if its request to %s has failed', async (endpoint, changed, at) => {
    const site = project(issuer('pub'));
    await site.applied();
    const body = { type: 'urn:ietf:params:acme:error:malformed', detail: 'not now' };
    const headers = { 'content-type': 'application/problem+json' };
    at().acme.faults.list.push({ endpoint, when: 'before', times: 1, answer: { status: 400, headers, body } });
    const before = orders();
    site.declare(issuer('pub', 'directory' in changed ? { at: elsewhere } : changed), certificate('www', 'pub'));
    const first = await site.run('apply --yes');
    expect(first.stdout).toMatch(/ 1 failed, 0 unknown, 1 stale/u);
    expect(first.stdout).toContain('the account of pub does not have the declared key or directory yet');
    expect(orders()).toBe(before);
    // The failed row is tried again after its pause.
    const later = await site.run('apply --yes', 2 * HOUR_MS);
    expect([later.code, existsSync(join(site.folder, 'tls/www.crt'))]).toEqual([0, true]);
  });
});

/** Changes the account of a project as another program does that has its key. */
async function change(site: Project, ...documents: readonly string[]): Promise<Project> {
  const other = project(issuer('other', { lifecycle: remove }));
  writeFiles(other.folder, { 'acme/account.key': readFileSync(join(site.folder, 'acme/account.key'), 'utf8') });
  await other.applied();
  other.declare(...documents);
  await other.applied();
  return other;
}

const deactivate = (site: Project): Promise<Project> => change(site);

describe('an account that ended', { timeout: 60_000 }, () => {
  it('and has another key cannot be deactivated, and the row names the command', async () => {
    const site = project(issuer('pub', { lifecycle: remove }));
    await site.applied();
    await change(site, issuer('other', { key: './acme/rolled.key' }));
    site.declare();
    expect((await site.run('apply --yes')).stdout).toContain('the authority has no account for its key');
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(/REJECTED account-unusable/u);
    expect(plan.stdout).toContain(`fettle state forget ${PUB}`);
  });

  it('leaves a missing key missing', async () => {
    const site = project(issuer('pub'));
    await site.applied();
    rmSync(join(site.folder, 'acme/account.key'));
    site.declare(issuer('pub'), certificate('www', 'pub'));
    const overrides = ['issuer-changed', 'dependency'].map((rule) => `--override ${rule}@certificates/Certificate/www`);
    const done = await site.run(`apply --yes ${overrides.join(' ')} --reason test`);
    expect(done.stdout).toContain('account.key: the file does not exist');
    expect(existsSync(join(site.folder, 'acme/account.key'))).toBe(false);
  });

  it('costs no Certificate a try, and another key brings another account', async () => {
    const site = project(issuer('pub'), certificate('www', 'pub'));
    await site.applied();
    const { account } = await site.kept(PUB);
    await deactivate(site);
    site.declare(issuer('pub'), certificate('www', 'pub', 'other.example.test'), certificate('two', 'pub'));
    const first = await site.run('apply --yes');
    expect(first.stdout).toContain('no longer accepts the account');
    expect(first.stdout).toContain(' 0 failed,');
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(/REJECTED account-unusable: the authority no longer accepts the account/u);
    expect(plan.stdout).toContain(`declare another \`accountKey\` in ${PUB}`);
    const requests = authority.acme.counts()['new-order'];
    await site.run('apply --yes');
    expect(authority.acme.counts()['new-order']).toBe(requests);
    site.declare(
      issuer('pub', { key: './acme/next.key' }),
      certificate('www', 'pub', 'other.example.test'),
      certificate('two', 'pub'),
    );
    await site.applied();
    expect((await site.kept(PUB))['account']).not.toBe(account);
    expect(existsSync(join(site.folder, 'tls/two.crt'))).toBe(true);
    expect((await site.run('plan')).stdout).not.toContain('account-unusable');
  });

  it('is tried again by one row after a day', async () => {
    const site = project(issuer('pub'));
    await site.applied();
    await deactivate(site);
    site.declare(issuer('pub'), certificate('www', 'pub'), certificate('two', 'pub'));
    await site.run('apply --yes');
    const requests = authority.acme.counts()['new-order'] ?? 0;
    const later = await site.run('apply --yes', 25 * HOUR_MS);
    expect(later.stdout).toContain('no longer accepts the account');
    expect(later.stdout).toMatch(/WAITING account-unusable: certificates\/Certificate\/two tries the account first/u);
    expect(authority.acme.counts()['new-order']).toBe(requests + 1);
  });

  it('is released as deactivated, and its key is named for a new Issuer', async () => {
    const site = project(issuer('pub', { lifecycle: remove }));
    await site.applied();
    await deactivate(site);
    copyFileSync(join(site.folder, 'acme/account.key'), join(site.folder, 'kept.key'));
    site.declare();
    await site.applied();
    site.declare(issuer('pub', { key: './kept.key' }));
    const done = await site.run('apply --yes');
    expect([done.code, done.stdout]).toEqual([7, expect.stringContaining('Declare another `accountKey`')]);
  });

  it('for its key is left by the printed command alone', async () => {
    const site = project(issuer('pub'), certificate('www', 'pub'));
    await site.applied();
    await change(site, issuer('other', { key: './acme/rolled.key' }));
    site.declare(issuer('pub'), certificate('www', 'pub', 'other.example.test'));
    expect((await site.run('apply --yes')).stdout).toContain('the authority has no account for its key');
    expect((await site.run('plan')).stdout).toContain(`fettle state forget ${PUB}`);
    await site.run(`state forget ${PUB} --reason test --yes`);
    await site.applied();
  });
});

it('an account that is found by its present key is used at once', async () => {
  const site = project(issuer('pub'), certificate('www', 'pub'));
  await site.applied();
  const { account } = await site.kept(PUB);
  const other = await change(site, issuer('other', { key: './acme/rolled.key' }));
  site.declare(issuer('pub'), certificate('www', 'pub', 'other.example.test'));
  expect((await site.run('apply --yes')).stdout).toContain('the authority has no account for its key');
  copyFileSync(join(other.folder, 'acme/rolled.key'), join(site.folder, 'acme/account.key'));
  expect((await site.run('plan')).stdout).toContain(`fettle state forget ${PUB}`);
  await site.run(`state forget ${PUB} --reason test --yes`);
  await site.run('apply --yes');
  await site.applied();
  expect((await site.kept(PUB))['account']).toBe(account);
  expect((await site.kept('certificates/Certificate/www'))['account_fault']).toBeUndefined();
  expect((await site.run('plan')).stdout).toContain('0 to ');
});

it('the question whether an account has ended leaves the client with its account', async () => {
  const key = await accountKey();
  const first = await openFor(authority, { key });
  const { url } = await first.createAccount({ contact: [], termsAgreed: true }, anySignal);
  const recorded = `${url}0`;
  const client = await openFor(authority, { key, account: recorded });
  expect(await faultOf(client, recorded, anySignal)).toEqual({
    status: 'unknown',
    reason: `its key belongs to another account, ${url}`,
  });
  expect(client.accountUrl()).toBe(recorded);
});

it('an old fault of an account does not turn another key into another account', async () => {
  const site = project(issuer('pub'));
  await site.applied();
  await deactivate(site);
  site.declare(issuer('pub'), certificate('www', 'pub'));
  await site.run('apply --yes');
  site.declare(issuer('pub', { key: './acme/next.key' }), certificate('www', 'pub'));
  expect((await site.run('plan')).stdout).toContain('→ "another account"');
  expect((await site.run('plan', 25 * HOUR_MS)).stdout).toMatch(/acme\.accountKey: .* → "a new key"/u);
});

function refuse(endpoint: string, times = 1): void {
  authority.acme.faults.list.push({
    endpoint,
    when: 'before',
    times,
    answer: {
      status: 429,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '7200' },
      body: { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many' },
    },
  });
}

describe('a refusal for a time', { timeout: 60_000 }, () => {
  it('of a new account is planned', async () => {
    const site = project(issuer('pub'), certificate('www', 'pub'));
    refuse('new-account', 20);
    const first = await site.run('apply --yes');
    expect(first.stdout).toMatch(/waiting .*accepts no request until/u);
    expect(first.stdout).toMatch(/ 0 failed, .* 2 waiting/u);
    const plan = await site.run('plan');
    expect(plan.stdout).toMatch(/WAITING acme-budget: the authority accepts no request until/u);
    expect(plan.stdout).not.toContain('REJECTED');
    const requests = authority.acme.counts()['new-account'];
    await site.run('apply --yes');
    expect(authority.acme.counts()['new-account']).toBe(requests);
    authority.acme.faults.list.length = 0;
    const later = await site.run('apply --yes', 3 * HOUR_MS);
    expect([later.code, existsSync(join(site.folder, 'tls/www.crt'))]).toEqual([0, true]);
    expect(Object.keys(await site.kept(PUB)).filter((name) => name.startsWith('wait'))).toEqual([]);
  });

  it.each([
    ['account', { more: ', contact: [ops@example.test]' }, 'ready > ready'],
    ['key-change', { key: './acme/next.key' }, 'ready > ready'],
    ['account', undefined, 'ready > absent'],
  ] as const)('of a request to %s is planned', async (endpoint, changed, step) => {
    const site = project(issuer('pub', { lifecycle: remove }));
    await site.applied();
    refuse(endpoint);
    site.declare(...(changed === undefined ? [] : [issuer('pub', { ...changed, lifecycle: remove })]));
    const first = await site.run('apply --yes');
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/waiting .*accepts no request until/u)]);
    const plan = await site.run('plan');
    expect(plan.stdout).toContain('WAITING acme-budget: the authority accepts no request until');
    expect(plan.stdout).toContain(step);
    const later = await site.run('apply --yes', 3 * HOUR_MS);
    expect([later.code, later.stdout]).toEqual([0, expect.stringContaining(' 0 waiting.')]);
  });

  it('of an order counts for its names, its account and its directory alone', async () => {
    const site = project(issuer('pub'), issuer('away', { at: elsewhere, key: './acme/away.key' }));
    await site.applied();
    const declare = (by: string, host: string) =>
      site.declare(
        issuer('pub'),
        issuer('away', { at: elsewhere, key: './acme/away.key' }),
        certificate('www', by, host),
      );
    refuse('new-order');
    declare('pub', 'a.example.test');
    expect((await site.run('apply --yes')).stdout).toContain('accepts no request until');
    expect((await site.run('plan')).stdout).toContain('WAITING acme-budget');
    declare('pub', 'b.example.test');
    expect((await site.run('plan')).stdout).not.toContain('WAITING');
    declare('away', 'a.example.test');
    expect((await site.run('plan')).stdout).not.toContain('WAITING');
    declare('pub', 'a.example.test');
    expect((await site.run('plan')).stdout).toContain('WAITING acme-budget');
    declare('pub', 'b.example.test');
    await site.applied();
  });
});

it.each(['release', 'remove'])('%s of a Certificate whose document was removed', async (onRemove) => {
  const document = `${certificate('www', 'pub')}lifecycle: { onRemove: ${onRemove} }\n`;
  const site = project(issuer('pub'), document);
  await site.applied();
  site.declare(issuer('pub'));
  await site.applied();
  expect(existsSync(join(site.folder, 'tls/www.crt'))).toBe(onRemove === 'release');
  expect((await site.run('state list')).stdout).not.toContain('Certificate/www');
});

it('a new account shows the terms of service that it agreed to', async () => {
  const site = project(issuer('pub'));
  expect((await site.run('apply --yes')).stdout).toMatch(/agreed to the terms of service at https:\/\/\S+\/terms/u);
  rmSync(join(site.folder, 'acme'), { recursive: true });
});
