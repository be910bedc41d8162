/** Keys and values of orders whose step was killed or failed: the next step goes on with them, or removes them where they are. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { entryAt, type SolverPlace, solverPlace } from '../../../../plugins/certificates/acme/solvers/solver-place.ts';
import type { DnsProvider, SolverConfig } from '../../../../plugins/certificates/acme/solvers/open.ts';
import { writeFiles } from '../../../support/cli.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { keptOf } from './hostile.ts';
import { applyKilled, filesIn, type Site, siteFor } from './killed.ts';
import { acmeProject } from './project.ts';

const WEBROOT = 'webroot: ./website';
const DESPITE_BACKOFF = 'apply --yes --override backoff@certificates/Certificate/www --reason test';

let site: Site | undefined;
afterEach(async () => {
  await site?.stop();
  site = undefined;
});

const run = ({ folder }: Site, line: string): Promise<Done> => fettle(folder, line);

/** Replaces a text of the documents. */
function edit({ folder }: Site, text: string, by: string): void {
  const path = join(folder, 'certs.yaml');
  const before = readFileSync(path, 'utf8');
  if (!before.includes(text)) throw new Error(`the documents do not have ${text}`);
  writeFileSync(path, before.replace(text, by));
}

const tokens = ({ folder }: Site, webroot: string): readonly string[] =>
  filesIn(join(folder, webroot, '.well-known/acme-challenge'));
const keys = ({ folder }: Site, account: string): readonly string[] =>
  filesIn(join(folder, `acme/${account}.key.orders`));
const isStored = ({ folder }: Site): boolean => existsSync(join(folder, 'tls/www.crt'));

function expectDone({ code, stdout }: Done): void {
  expect([code, code === 0 ? '' : stdout]).toEqual([0, '']);
}

describe('values of a killed order', { timeout: 120_000 }, () => {
  it('are removed from the webroot that has them, also if the document names another one', async () => {
    site = await siteFor('issuance');
    expect(await applyKilled(site, { file: 'website/.well-known/acme-challenge' })).toBe(true);
    expect(tokens(site, 'website').length).toBe(1);
    writeFiles(site.folder, { 'second/index.html': '' });
    edit(site, WEBROOT, 'webroot: ./second');
    expectDone(await run(site, 'apply --yes'));
    expect([tokens(site, 'website'), tokens(site, 'second'), keys(site, 'account')]).toEqual([[], [], []]);
    expect(site.authority.acme.orders().length).toBe(1);
    expect(Object.keys(await keptOf(site))).not.toContain('presented');
  });

  it('stay recorded while no solver has their place, and are removed by the next order that has one', async () => {
    site = await siteFor('issuance');
    const { folder } = site;
    mkdirSync(join(folder, 'trace'));
    writeFiles(folder, {
      'hook.sh': '#!/bin/sh\nif [ "$1" = present ]; then echo "$3" > trace/value; else rm trace/value; fi\n',
    });
    const config = 'plugins: { certificates: { commands: [[sh, hook.sh]] } }\n';
    writeFileSync(join(folder, 'fettle.yaml'), `${readFileSync(join(folder, 'fettle.yaml'), 'utf8')}${config}`);
    const http = `http01: { ${WEBROOT}, selfCheck: skip }`;
    const exec = 'dns01: { exec: { command: [sh, hook.sh] }, wait: 1s }';
    edit(site, http, exec);
    expect(await applyKilled(site, { file: 'trace' })).toBe(true);
    edit(site, exec, http);
    expectDone(await run(site, 'apply --yes'));
    expect([isStored(site), filesIn(join(folder, 'trace')), tokens(site, 'website')]).toEqual([true, ['value'], []]);
    const { presented } = await keptOf(site);
    expect(presented).toMatchObject([{ at: { via: 'exec', command: ['sh', 'hook.sh'] } }]);
    // The order of other names puts up other values, and removes those as well.
    edit(site, http, `match: { names: [none.example.test] }, ${exec} }, { ${http}`);
    edit(site, '[www.example.test]', '[other.example.test]');
    expectDone(await run(site, 'apply --yes'));
    expect([filesIn(join(folder, 'trace')), tokens(site, 'website')]).toEqual([[], []]);
    expect(Object.keys(await keptOf(site))).not.toContain('presented');
  });

  it('are removed with the key of the order by the removal of the certificate', async () => {
    site = await siteFor('renewal');
    edit(site, 'metadata: { name: www }', 'metadata: { name: www }\nlifecycle: { onRemove: remove }');
    // A first row records what happens at the removal.
    expectDone(await run(site, 'apply --yes'));
    expect(await applyKilled(site, { file: 'website/.well-known/acme-challenge' })).toBe(true);
    expect([tokens(site, 'website').length, keys(site, 'account')]).toEqual([1, ['www.key']]);
    const [issuer = ''] = readFileSync(join(site.folder, 'certs.yaml'), 'utf8').split('---\n');
    writeFileSync(join(site.folder, 'certs.yaml'), issuer);
    expectDone(await run(site, 'apply --yes'));
    expect([isStored(site), tokens(site, 'website'), keys(site, 'account')]).toEqual([false, [], []]);
  });

  it('are named with the key of the order if the certificate is released', async () => {
    site = await siteFor('renewal');
    expect(await applyKilled(site, { file: 'website/.well-known/acme-challenge' })).toBe(true);
    const [token = ''] = tokens(site, 'website');
    const [issuer = ''] = readFileSync(join(site.folder, 'certs.yaml'), 'utf8').split('---\n');
    writeFileSync(join(site.folder, 'certs.yaml'), issuer);
    const { stdout } = await run(site, 'apply --yes');
    expect(isStored(site)).toBe(true);
    expect(stdout).toMatch(
      new RegExp(`leftover-files: its document was removed .* left acme/account.key.orders/www.key, .*/${token}`, 'u'),
    );
  });

  it('are removed with the key of the order once the certificate needs no renewal', async () => {
    site = await siteFor('issuance');
    expectDone(await run(site, 'apply --yes'));
    const after = `issuedAfter: "${new Date().toISOString()}"`;
    edit(site, 'issuer: public, dns', `issuer: public, renewal: { ${after} }, dns`);
    expect(await applyKilled(site, { file: 'website/.well-known/acme-challenge' })).toBe(true);
    edit(site, `renewal: { ${after} }, `, '');
    const plan = await run(site, 'plan');
    expect(plan.stdout).toMatch(/normal > normal .*the rest of an order that has ended/u);
    expectDone(await run(site, 'apply --yes'));
    expect([isStored(site), tokens(site, 'website'), keys(site, 'account')]).toEqual([true, [], []]);
    expect((await run(site, 'plan --detailed-exitcode')).code).toBe(0);
  });
});

describe('a step that was killed after the swap', { timeout: 120_000 }, () => {
  it('leaves the chain that its authority has instead of the preferred one', async () => {
    site = await siteFor('issuance');
    const { folder } = site;
    edit(site, 'solvers:', 'preferredChain: None, solvers:');
    expectDone(await run(site, 'apply --yes'));
    const { other_chain: other } = await keptOf(site);
    expect(other).toEqual(expect.any(String));
    // The log of a killed step ends with the record of its order.
    const [name = ''] = readdirSync(join(folder, '.fettle/log'));
    const log = join(folder, '.fettle/log', name);
    const lines = readFileSync(log, 'utf8').split('\n');
    const last = lines.findLastIndex((line) => line.includes('"download"') && line.includes('"order":{'));
    writeFileSync(log, `${lines.slice(0, last + 1).join('\n')}\n`);
    expect((await run(site, 'plan')).stdout).toContain('the rest of an order that has ended');
    expectDone(await run(site, 'apply --yes'));
    expect(await keptOf(site)).toMatchObject({ chain: 'None', other_chain: other });
    expect((await run(site, 'plan')).stdout).toContain('chain-not-offered');
  });
});

describe('the rest of an order', { timeout: 120_000 }, () => {
  const script = (traced: string): Record<string, string> => ({
    'hook.sh': `#!/bin/sh\nif [ "$1" = present ]; then echo "$3" > trace/value; else ${traced}; fi\n`,
  });

  /** A site whose renewal was killed while a command had put up its values, and which needs that renewal no longer. */
  async function withRest(): Promise<Site> {
    const made = await siteFor('issuance');
    site = made;
    const { folder } = made;
    mkdirSync(join(folder, 'trace'));
    writeFiles(folder, script('rm trace/value'));
    const config = 'plugins: { certificates: { commands: [[sh, hook.sh]] } }\n';
    writeFileSync(join(folder, 'fettle.yaml'), `${readFileSync(join(folder, 'fettle.yaml'), 'utf8')}${config}`);
    edit(made, 'metadata: { name: www }', 'metadata: { name: www }\nlifecycle: { onRemove: remove }');
    expectDone(await run(made, 'apply --yes'));
    edit(made, `http01: { ${WEBROOT}, selfCheck: skip }`, 'dns01: { exec: { command: [sh, hook.sh] }, wait: 1s }');
    const after = `renewal: { issuedAfter: "${new Date().toISOString()}" }, `;
    edit(made, 'issuer: public, dns', `issuer: public, ${after}dns`);
    expect(await applyKilled(made, { file: 'trace' })).toBe(true);
    edit(made, after, '');
    return made;
  }

  it.each(['in place', 'by the removal'])('runs only the approved command %s', async (how) => {
    const made = await withRest();
    const { folder } = made;
    if (how !== 'in place') {
      const [issuer = ''] = readFileSync(join(folder, 'certs.yaml'), 'utf8').split('---\n');
      writeFileSync(join(folder, 'certs.yaml'), issuer);
    }
    const plan = await run(made, 'plan --out plan.json');
    expect(plan.stdout).toContain('sh hook.sh');
    writeFiles(folder, script('touch trace/other'));
    const refused = await run(made, 'apply plan.json');
    expect(refused.code).not.toBe(0);
    expect([filesIn(join(folder, 'trace')), keys(made, 'account')]).toEqual([['value'], ['www.key']]);
    writeFiles(folder, script('rm trace/value'));
    expectDone(await run(made, 'apply plan.json'));
    expect([filesIn(join(folder, 'trace')), keys(made, 'account')]).toEqual([[], []]);
  });

  it('stays recorded as far as it could not be removed', async () => {
    const made = await withRest();
    const { folder } = made;
    const key = 'acme/account.key.orders/www.key';
    rmSync(join(folder, key));
    mkdirSync(join(folder, key));
    const { stdout } = await run(made, 'apply --yes');
    expect(stdout).toContain('the key of the order could not be removed');
    expect(filesIn(join(folder, 'trace'))).toEqual([]);
    const { presented, order_key: left } = await keptOf(made);
    expect([presented, left]).toEqual([undefined, key]);
    rmSync(join(folder, key), { recursive: true });
    expectDone(await run(made, DESPITE_BACKOFF));
    expect(Object.keys(await keptOf(made))).not.toContain('order_key');
  });
});

describe('an open order', { timeout: 120_000 }, () => {
  it('goes on after its account has another key', async () => {
    site = await siteFor('issuance');
    edit(site, 'selfCheck: skip', 'selfCheck: required');
    const first = await run(site, 'apply --yes');
    expect(first.code).toBe(7);
    expect([keys(site, 'account'), site.authority.acme.orders().length]).toEqual([['www.key'], 1]);
    edit(site, 'selfCheck: required', 'selfCheck: skip');
    edit(site, 'account.key', 'second.key');
    expectDone(await run(site, DESPITE_BACKOFF));
    expect([isStored(site), site.authority.acme.orders().length]).toEqual([true, 1]);
    expect([keys(site, 'account'), keys(site, 'second')]).toEqual([[], []]);
  });

  it('is not continued by another account, which removes its key', async () => {
    site = await siteFor('issuance');
    edit(site, 'selfCheck: skip', 'selfCheck: required');
    expect((await run(site, 'apply --yes')).code).toBe(7);
    const [issuer = '', www = ''] = readFileSync(join(site.folder, 'certs.yaml'), 'utf8')
      .replace('selfCheck: required', 'selfCheck: skip')
      .split('---\n');
    const second = issuer.replace('name: public', 'name: second').replace('account.key', 'second.key');
    const moved = www.replace('issuer: public', 'issuer: second');
    writeFileSync(join(site.folder, 'certs.yaml'), [issuer, second, moved].join('---\n'));
    expectDone(await run(site, DESPITE_BACKOFF));
    expect([isStored(site), site.authority.acme.orders().length]).toEqual([true, 2]);
    expect([keys(site, 'account'), keys(site, 'second')]).toEqual([[], []]);
  });
});

describe('an order that replaces a certificate', { timeout: 120_000 }, () => {
  /** The certificates that orders name as the one that they replace. */
  function replacing({ authority }: Site): (string | undefined)[] {
    const seen: (string | undefined)[] = [];
    authority.acme.faults.list.push({
      endpoint: 'new-order',
      when: 'after',
      answer: (right) => {
        seen.push((right.body as { readonly replaces?: string }).replaces);
        return right;
      },
    });
    return seen;
  }

  it('names none that another account has ordered', async () => {
    site = await siteFor('renewal');
    const seen = replacing(site);
    const [issuer = '', www = ''] = readFileSync(join(site.folder, 'certs.yaml'), 'utf8').split('---\n');
    const second = issuer.replace('name: public', 'name: second').replace('account.key', 'second.key');
    const moved = www.replace('issuer: public', 'issuer: second');
    writeFileSync(join(site.folder, 'certs.yaml'), [issuer, second, moved].join('---\n'));
    // The first apply creates the account, and records what the certificate needs.
    expectDone(await run(site, 'apply --yes'));
    const renewal = await run(site, 'apply --yes');
    expectDone(renewal);
    expect(seen).toEqual([undefined]);
    expect(renewal.stdout).not.toContain('as a replacement');
  });

  /** Refuses the next order by a problem. */
  function refuseNext({ authority }: Site, problem: string, status: number): void {
    const headers = { 'content-type': 'application/problem+json' };
    const body = { type: `urn:ietf:params:acme:error:${problem}`, detail: 'refused', status };
    authority.acme.faults.list.push({
      endpoint: 'new-order',
      when: 'before',
      times: 1,
      answer: { status, headers, body },
    });
  }

  it('names none again that the authority has refused, if the order without it has to wait', async () => {
    site = await siteFor('renewal');
    refuseNext(site, 'alreadyReplaced', 409);
    refuseNext(site, 'rateLimited', 429);
    expect((await run(site, 'apply --yes')).stdout).toContain('0 failed');
    const { ari, replaced_id: refused, wait_until: until } = await keptOf(site);
    expect(refused).toBe((ari as { readonly id: string }).id);
    expect(until).toBeDefined();
  });

  it('names the next certificate again after the authority has refused one', async () => {
    site = await siteFor('renewal');
    refuseNext(site, 'alreadyReplaced', 409);
    expectDone(await run(site, 'apply --yes'));
    const { ari, replaced, replaced_id: refused } = await keptOf(site);
    expect(replaced).toContain('alreadyReplaced');
    expect(refused).not.toBe((ari as { readonly id: string }).id);
    const seen = replacing(site);
    edit(site, 'issuer: public, dns', `issuer: public, renewal: { issuedAfter: "${new Date().toISOString()}" }, dns`);
    expectDone(await run(site, 'apply --yes'));
    expect(seen).toEqual([(ari as { readonly id: string }).id]);
  });
});

test('the listener of an order ends with the order', { timeout: 120_000 }, async () => {
  const authority = await startEmulated({ ownHttp: true });
  onTestFinished(authority.stop);
  const { run } = acmeProject(authority);
  expectDone(await run('apply', '--yes'));
  expect(authority.acme.orders().length).toBe(1);
  await expect(fetch(`http://127.0.0.1:${authority.httpPort}/`)).rejects.toMatchObject({
    cause: { code: 'ECONNREFUSED' },
  });
});

const PROVIDERS: Readonly<Record<string, DnsProvider>> = {
  one: { rfc2136: { server: 'ns1.example.test', keyName: 'fettle', zone: 'example.test' } },
  two: { rfc2136: { server: 'ns2.example.test', keyName: 'fettle' } },
  cloud: { hetzner: {} },
};
const EXEC: SolverConfig = { dns01: { exec: { command: ['sh', 'hook.sh'] }, wait: '1s' } };

test.each<
  readonly [
    name: string,
    entry: SolverConfig,
    others: readonly SolverConfig[],
    now: Readonly<Record<string, DnsProvider>>,
    found: SolverConfig | undefined,
  ]
>([
  [
    'a webroot',
    { http01: { webroot: './a' } },
    [{ http01: { webroot: './b' } }],
    PROVIDERS,
    { http01: { webroot: './a' } },
  ],
  ['a provider', { dns01: { provider: 'one' } }, [], PROVIDERS, { dns01: { provider: 'one' } }],
  [
    'a provider with another name',
    { dns01: { provider: 'one' } },
    [],
    { new: PROVIDERS['one'] ?? {} },
    { dns01: { provider: 'new' } },
  ],
  [
    'a provider whose name another server has',
    { dns01: { provider: 'one' } },
    [],
    { one: PROVIDERS['two'] ?? {} },
    undefined,
  ],
  [
    'a provider that was removed',
    { dns01: { provider: 'cloud' } },
    [{ dns01: { provider: 'two' } }],
    { two: PROVIDERS['two'] ?? {} },
    undefined,
  ],
  ['a command of the Issuer', EXEC, [{ http01: { webroot: './b' } }, EXEC], {}, EXEC],
  [
    'a command that the Issuer no longer has',
    EXEC,
    [{ dns01: { exec: { command: ['sh', 'other.sh'] } } }],
    {},
    undefined,
  ],
  [
    'the port of a listener',
    { http01: { listener: { port: 8080, address: '127.0.0.1' } } },
    [],
    {},
    { http01: { listener: { port: 8080, address: '127.0.0.1' } } },
  ],
  ['the usual port of a listener', { http01: {} }, [], {}, { http01: { listener: {} } }],
  ['the folder of a daemon', { http01: { serve: {} } }, [], {}, { http01: { serve: {} } }],
])('values at %s', (_name, entry, others, now, found) => {
  const place = JSON.parse(JSON.stringify(solverPlace(entry, PROVIDERS))) as SolverPlace;
  expect(entryAt(place, others, now)).toEqual(found);
});
