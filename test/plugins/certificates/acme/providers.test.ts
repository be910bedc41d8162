/** DNS-01 by Hetzner's API, by acme-dns and by a command, and the opening of all solvers from their configuration. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Timing } from '#plugin/http';
import { usualDenial } from '#plugin/net';
import { type Provable, solverFor } from '../../../../plugins/certificates/acme/solvers/choose.ts';
import {
  type Dns01,
  type DnsProvider,
  openSolver,
  type SolverConfig,
  type SolverOutside,
} from '../../../../plugins/certificates/acme/solvers/open.ts';
import type { Solver } from '../../../../plugins/certificates/acme/solvers/solver.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { startBind } from '../../../support/dns-servers.ts';
import { dnsServer } from '../../../support/dns.ts';
import { acmeDnsServer, type EmulatedZones, hetznerZones } from './emulators.ts';
import { challenge, solverRun } from './support.ts';

/** A clock that a sleep moves on. */
function quickTiming(): Timing {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
    },
    random: () => 0,
  };
}

function outside(more: Partial<SolverOutside> = {}): SolverOutside {
  return {
    folder: '/nowhere',
    env: {},
    denial: usualDenial({}),
    now: Date.now,
    commands: [],
    providers: {},
    stillApproved: async () => {},
    timing: quickTiming(),
    ...more,
  };
}

const open = (dns01: Dns01, provider: DnsProvider, more: Partial<SolverOutside> = {}): Solver =>
  openSolver({ dns01: { provider: 'own', ...dns01 } }, outside({ providers: { own: provider }, ...more }));

describe('Hetzner', () => {
  const NAME = '_acme-challenge.www.example.test';
  let api: EmulatedZones;
  beforeEach(async () => {
    api = await hetznerZones(['example.test']);
  });

  const hetzner = (given: Partial<NonNullable<DnsProvider['hetzner']>> = {}, env = {}): Solver =>
    open(
      { wait: '1s' },
      { hetzner: { token: api.token, ...given } },
      { env: { HCLOUD_ENDPOINT: api.endpoint, ...env } },
    );

  test('gets the values of a wildcard and its name, and loses only these', async () => {
    api.texts.set(NAME, ['"of a stranger"']);
    api.ttls.set(NAME, 86_400);
    const pair = [challenge('www.example.test'), challenge('www.example.test', { wildcard: true })];
    const solver = hetzner();
    const prepared = await solver.prepare(pair, solverRun());
    expect(prepared.values.map(({ zone }) => zone)).toEqual(['example.test', 'example.test']);
    await solver.present(prepared, solverRun());
    await solver.present(prepared, solverRun());
    expect(api.texts.get(NAME)).toEqual(['"of a stranger"', ...pair.map(({ txt }) => `"${txt}"`)]);
    expect(api.ttls.get(NAME)).toBe(86_400);
    const recorded = JSON.parse(JSON.stringify(prepared)) as typeof prepared;
    await hetzner().remove(recorded, solverRun());
    await hetzner().remove(recorded, solverRun());
    expect(api.texts.get(NAME)).toEqual(['"of a stranger"']);
  });

  test('values count as removed only where the project of the token has their zone', async () => {
    const recorded = await hetzner().prepare([challenge('www.example.test')], solverRun());
    const other = await hetznerZones(['elsewhere.test']);
    const elsewhere = open({}, { hetzner: { token: other.token } }, { env: { HCLOUD_ENDPOINT: other.endpoint } });
    await expect(elsewhere.remove(recorded, solverRun())).rejects.toThrow('the project of the token has no zone');
  });

  test('a new set of records lives for a minute, also at the apex of its zone', async () => {
    const solver = hetzner({ zone: '_acme-challenge.zone.test' });
    api = await hetznerZones(['_acme-challenge.zone.test']);
    const apex = open({ wait: '1s' }, { hetzner: { token: api.token } }, { env: { HCLOUD_ENDPOINT: api.endpoint } });
    const wanted = challenge('zone.test');
    const prepared = await apex.prepare([wanted], solverRun());
    await apex.present(prepared, solverRun());
    expect(api.texts.get('_acme-challenge.zone.test')).toEqual([`"${wanted.txt}"`]);
    expect(api.ttls.get('_acme-challenge.zone.test')).toBe(60);
    await apex.remove(prepared, solverRun());
    expect(api.texts.size).toBe(0);
    await expect(solver.prepare([challenge('a.example.test')], solverRun())).rejects.toThrow('is not in the zone');
  });

  test('an action that fails, or that the API no longer knows, fails the step', async () => {
    const solver = hetzner();
    const prepared = await solver.prepare([challenge('www.example.test')], solverRun());
    api.failActions = 'the zone is locked';
    await expect(solver.present(prepared, solverRun())).rejects.toThrow(
      `add TXT records of ${NAME}: the zone is locked (action_failed)`,
    );
    api.failActions = undefined;
    api.texts.clear();
    api.fault(/actions\?id=/u, { status: 200, body: { actions: [] } });
    await expect(solver.present(prepared, solverRun())).rejects.toThrow('no longer knows the action');
  });

  test('a value that another order added between look and change counts as added', async () => {
    const solver = hetzner();
    const wanted = challenge('www.example.test');
    const prepared = await solver.prepare([wanted], solverRun());
    api.fault(
      /POST .*add_records/u,
      { status: 409, body: { error: { code: 'uniqueness_error', message: 'exists' } } },
      () => api.texts.set(NAME, [`"${wanted.txt}"`]),
    );
    await solver.present(prepared, solverRun());
    expect(api.texts.get(NAME)).toEqual([`"${wanted.txt}"`]);
  });

  test('without a zone for the name, and with another token, nothing is written', async () => {
    await expect(hetzner().prepare([challenge('www.elsewhere.test')], solverRun())).rejects.toThrow(
      'the project of the token has no zone for _acme-challenge.www.elsewhere.test',
    );
    const wrong = hetzner({ token: 'other-token' }).prepare([challenge('www.example.test')], solverRun());
    await expect(wrong).rejects.toThrow('does not accept the token');
    await expect(wrong).rejects.not.toThrow('other-token');
    expect(api.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('the token does not go to acme-dns, also by an entry without a variable, and a suffixed one goes by its own', () => {
    const at = (list: string) => () =>
      open(
        {},
        { hetzner: { token: 'second', endpoint: 'https://auth.test/v1' } },
        { env: { DNS_HCLOUD_TOKEN: 'first', DNS_HCLOUD_TOKEN_B: 'second', FETTLE_DNS_ORIGINS: list } },
      );
    expect(at('https://auth.test')).toThrow(
      'has no name, and would permit secrets of every kind. Write the entry for DNS_HCLOUD_TOKEN_B, in the form NAME=https://auth.test:443',
    );
    for (const variable of ['DNS_ACMEDNS_PASSWORD', 'DNS_HCLOUD_TOKEN', 'DNS_HCLOUD_TOKEN_C'])
      expect(at(`${variable}=https://auth.test`)).toThrow('names that origin for DNS_HCLOUD_TOKEN_B. Add an entry');
    expect(at('DNS_HCLOUD_TOKEN_B=https://auth.test')).not.toThrow();
  });

  test('the token goes only to the provider, or where the host permits', () => {
    const elsewhere = 'https://api.elsewhere.test/v1';
    const at = (env: Readonly<Record<string, string>>) => () =>
      open({}, { hetzner: { token: 'x', endpoint: elsewhere } }, { env });
    expect(at({})).toThrow(
      'is only sent to https://api.elsewhere.test:443 if the environment variable FETTLE_DNS_ORIGINS',
    );
    expect(at({ FETTLE_PROVIDER_ORIGINS: 'https://api.elsewhere.test' })).toThrow('FETTLE_DNS_ORIGINS');
    expect(at({ FETTLE_DNS_ORIGINS: 'DNS_HCLOUD_TOKEN=https://api.elsewhere.test' })).not.toThrow();
  });
});

describe('acme-dns', () => {
  async function running(names: (subdomain: string) => Readonly<Record<string, readonly string[]>>) {
    const server = await acmeDnsServer();
    const { subdomain } = server.account;
    const lines = Object.entries(names(subdomain)).map(([name, to]) => `${name}. IN CNAME ${to.join('.')}`);
    const others = ['auth.test', 'elsewhere.test'].map((zone) => ({ zone, granted: [] }));
    const bind = await startBind([{ zone: 'example.test', granted: [], lines }, ...others]);
    const env = { FETTLE_DNS_ORIGINS: `DNS_ACMEDNS_PASSWORD=${server.url}` };
    const solver = (dns01: Dns01 = {}, account: object = {}): Solver =>
      open(
        dns01,
        { acmeDns: { url: server.url, ...server.account, ...account } },
        { env, resolvers: [bind.address], ports: { dns: bind.port } },
      );
    return { server, solver };
  }

  test('gets both values of a wildcard and its name, after the CNAME', async () => {
    const { server, solver } = await running((subdomain) => ({
      '_acme-challenge.example.test': [subdomain, 'auth.test.'],
    }));
    const pair = [challenge('example.test'), challenge('example.test', { wildcard: true })];
    const prepared = await solver().prepare(pair, solverRun());
    expect(new Set(prepared.values.map(({ place }) => place))).toEqual(
      new Set([`${server.account.subdomain}.auth.test`]),
    );
    // Here, the values are in no zone, and are not seen.
    await expect(solver({ timeout: '5s' }).present(prepared, solverRun())).rejects.toThrow(
      `does not have ${server.account.subdomain}.auth.test`,
    );
    expect(server.values).toEqual(pair.map(({ txt }) => txt));
    await solver().remove(prepared, solverRun());
  });

  test('a missing CNAME, and a third value, are refused before a request', async () => {
    const { solver } = await running(() => ({ '_acme-challenge.other.example.test': ['elsewhere.test.'] }));
    for (const name of ['example.test', 'other.example.test'])
      await expect(solver().prepare([challenge(name)], solverRun())).rejects.toThrow('Write the CNAME');
    const three = [1, 2, 3].map(() => challenge('example.test'));
    await expect(solver({ wait: '1s' }).prepare(three, solverRun())).rejects.toThrow('keeps 2 values');
  });

  test('another password, another answer and a redirect fail, and no message has the password', async () => {
    const { server, solver } = await running(() => ({}));
    const present = async (account: object = {}): Promise<void> => {
      const own = solver({ wait: '1s' }, account);
      return own.present(await own.prepare([challenge('example.test')], solverRun()), solverRun());
    };
    await expect(present({ password: 'x'.repeat(40) })).rejects.toThrow('does not accept the user, the password');
    server.reply = { status: 500, body: { said: server.account.password } };
    await expect(present()).rejects.toThrow('status 500, {"said":"(hidden)"}');
    server.reply = { status: 200, body: { txt: 'another' } };
    await expect(present()).rejects.toThrow('did not take the value');
    server.reply = { status: 302, body: {} };
    await expect(present()).rejects.toThrow('status 302');
    server.reply = undefined;
    await present();
  });

  test('the password goes only where the host permits, and never in the clear', () => {
    const account = { username: 'u', password: 'p', subdomain: 's' };
    const at = (url: string, env: Readonly<Record<string, string>>) => () =>
      open({}, { acmeDns: { url, ...account } }, { env });
    expect(at('https://auth.test', {})).toThrow('the password of acme-dns is only sent to https://auth.test:443 if');
    expect(at('https://auth.test', { FETTLE_DNS_ORIGINS: 'DNS_ACMEDNS_PASSWORD=https://auth.test' })).not.toThrow();
    expect(at('http://auth.test', { FETTLE_DNS_ORIGINS: 'DNS_ACMEDNS_PASSWORD=http://auth.test' })).toThrow(
      'sent in the clear',
    );
    expect(at('https://u:p@auth.test', {})).toThrow('has a user, a query or a fragment');
  });
});

describe('a command', () => {
  let folder = '';
  let command: readonly string[] = [];
  const said = (): string => readFileSync(join(folder, 'said'), 'utf8');

  beforeEach(() => {
    folder = temporaryFolder();
    const hook = join(folder, 'hook.sh');
    writeFileSync(hook, '#!/bin/sh\necho "$# $@ $SECRET" >> said\n[ "$2" != "fail" ] || exit 3\n');
    chmodSync(hook, 0o755);
    command = ['./hook.sh', 'own word'];
  });

  const exec = (more: Partial<SolverOutside> = {}): Solver =>
    openSolver(
      { dns01: { exec: { command }, wait: '1s' } },
      outside({ folder, commands: [command], env: { ...process.env, SECRET: 'secret' }, ...more }),
    );

  test('gets the words of lego, and no variable of fettle', async () => {
    const wanted = challenge('example.test');
    const prepared = await exec().prepare([wanted], solverRun());
    await exec().present(prepared, solverRun());
    await exec().remove(prepared, solverRun());
    expect(said()).toBe(
      `4 own word present _acme-challenge.example.test. ${wanted.txt} \n4 own word cleanup _acme-challenge.example.test. ${wanted.txt} \n`,
    );
  });

  test('runs only as it is listed, and as it was approved', async () => {
    expect(() => exec({ commands: [['./hook.sh']] })).toThrow('is not one of the commands that fettle.yaml lists');
    const prepared = await exec().prepare([challenge('example.test')], solverRun());
    const stillApproved = async (): Promise<void> => {
      throw new Error('the program was changed');
    };
    await expect(exec({ stillApproved }).present(prepared, solverRun())).rejects.toThrow('was changed');
    expect(existsSync(join(folder, 'said'))).toBe(false);
  });

  test('that fails, or does not end, fails the step', async () => {
    command = ['./hook.sh', 'fail'];
    writeFileSync(join(folder, 'hook.sh'), '#!/bin/sh\necho no such zone >&2\nexit 3\n');
    const prepared = await exec().prepare([challenge('example.test')], solverRun());
    await expect(exec().present(prepared, solverRun())).rejects.toThrow('ended with code 3: no such zone');
    writeFileSync(join(folder, 'hook.sh'), '#!/bin/sh\ntouch begun\nsleep 60\n');
    const stop = new AbortController();
    const present = exec().present(prepared, solverRun(stop.signal));
    await expect.poll(() => existsSync(join(folder, 'begun')), { timeout: 20_000 }).toBe(true);
    stop.abort(new Error('stopped'));
    await expect(present).rejects.toThrow('was ended because the run was stopped');
  });
});

describe('signed updates', () => {
  const key = { keyName: 'fettle', secret: Buffer.alloc(32, 1).toString('base64') };
  const at =
    (server: string, origins = '', more: object = {}) =>
    () =>
      open({}, { rfc2136: { server, ...key, ...more } }, { env: { FETTLE_DNS_ORIGINS: origins } });

  test('are signed only for servers that the host permits', () => {
    expect(at('ns1.test')).toThrow('the key fettle is only used for dns://ns1.test:53 if');
    expect(at('ns1.test', 'dns://ns1.test')).not.toThrow();
    expect(at('ns1.test:53', 'dns://ns1.test')).not.toThrow();
    expect(at('ns1.test:5353', 'dns://ns1.test')).toThrow('dns://ns1.test:5353');
    expect(at('[2001:db8::53]', 'dns://[2001:db8::53]:53')).not.toThrow();
    expect(at('ns1.test', 'OTHER_SECRET=dns://ns1.test')).toThrow('is only used');
    expect(at('ns1.test', 'DNS_TSIG_SECRET=dns://ns1.test')).not.toThrow();
    expect(at('127.0.0.1')).toThrow('is only used for dns://127.0.0.1:53');
  });

  test.each(['', 'a/b', 'user@ns1.test', 'ns1.test?x', 'ns1.test:99999'])('%j is not a server', (server) => {
    expect(at(server, 'dns://ns1.test')).toThrow(/is not a DNS server|is only used/u);
  });

  test('need a secret in base64', () => {
    expect(at('ns1.test', 'dns://ns1.test', { secret: 'not base64!' })).toThrow(
      'the secret of the key fettle is not base64',
    );
  });

  test('reach the server of the configuration', async () => {
    const name = '_acme-challenge.www.example.test';
    const server = await startBind([{ zone: 'example.test', granted: [name] }]);
    const secret = server.key.secret.toString('base64');
    const solver = open(
      { timeout: '1m' },
      { rfc2136: { server: server.address, keyName: 'fettle.', secret } },
      {
        env: { FETTLE_DNS_ORIGINS: `dns://${server.address}` },
        resolvers: [server.address],
        ports: { dns: server.port },
      },
    );
    const wanted = challenge('www.example.test');
    const prepared = await solver.prepare([wanted], solverRun());
    await solver.present(prepared, solverRun());
    expect(await server.texts(name)).toEqual([wanted.txt]);
    await solver.remove(prepared, solverRun());
    expect(await server.texts(name)).toEqual([]);
  });
});

describe('the name at the end of CNAMEs', () => {
  const lines = ['_acme-challenge.www IN CNAME _dmarc', '_acme-challenge.far IN CNAME far.acme.elsewhere.test.'];
  const given = async (env: Readonly<Record<string, string>>) => {
    const bind = await startBind([
      { zone: 'example.test', granted: [], lines },
      { zone: 'elsewhere.test', granted: [] },
    ]);
    const api = await hetznerZones(['example.test', 'elsewhere.test']);
    const more = {
      env: { ...env, HCLOUD_ENDPOINT: api.endpoint },
      resolvers: [bind.address],
      ports: { dns: bind.port },
    };
    return { api, more, solver: open({}, { hetzner: { token: api.token } }, more) };
  };

  test('is one of challenges, or in the list of the host, for an API', async () => {
    const { api, solver } = await given({ FETTLE_DNS_DELEGATED: 'other.test, ACME.elsewhere.test.' });
    await expect(solver.prepare([challenge('www.example.test')], solverRun())).rejects.toThrow(
      'the CNAME of _acme-challenge.www.example.test leads to _dmarc.example.test, and fettle does not write there',
    );
    const { values } = await solver.prepare([challenge('far.example.test')], solverRun());
    expect(values).toMatchObject([{ place: 'far.acme.elsewhere.test', zone: 'elsewhere.test' }]);
    expect(api.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('is one of challenges for a command too', async () => {
    const { more } = await given({});
    const command = ['./never-run.sh'];
    const solver = openSolver({ dns01: { exec: { command } } }, outside({ ...more, commands: [command] }));
    await expect(solver.prepare([challenge('www.example.test')], solverRun())).rejects.toThrow('does not write there');
  });

  test.each(['*', 'acme.example.test *.example.test', 'test', 'https://acme.example.test'])(
    'is not compared with a list that has another text: %s',
    async (list) => {
      await expect(given({ FETTLE_DNS_DELEGATED: list })).rejects.toThrow(
        /^FETTLE_DNS_DELEGATED: entry \d is not a name or a zone, such as acme\.example\.net\./u,
      );
    },
  );
});

test('a provider that fettle.yaml does not have, also by an inherited name, is refused', () => {
  for (const provider of ['other', 'constructor'])
    expect(() => openSolver({ dns01: { provider } }, outside())).toThrow(`does not have the provider ${provider}`);
  expect(() => openSolver({}, outside())).toThrow('a solver needs');
});

test.each<readonly [variable: string, field: string, value: string, provider: DnsProvider]>([
  ['DNS_TSIG_SECRET', 'rfc2136.secret', 'c2VjcmV0', { rfc2136: { server: 'ns1.test', keyName: 'fettle' } }],
  ['DNS_HCLOUD_TOKEN', 'hetzner.token', 'token', { hetzner: {} }],
  [
    'DNS_ACMEDNS_PASSWORD',
    'acmeDns.password',
    'password',
    { acmeDns: { url: 'https://auth.test', username: 'user', subdomain: 'sub' } },
  ],
])('%s has the credential of a provider whose field is left out', (variable, field, value, provider) => {
  const given = (env: Readonly<Record<string, string>>) => (): Solver => open({}, provider, { env });
  expect(given({})).toThrow(
    `the credential of the DNS provider own is missing. Set the environment variable ${variable}, or plugins.certificates.acme.dnsProviders.own.${field} in fettle.yaml`,
  );
  const FETTLE_DNS_ORIGINS = 'dns://ns1.test,DNS_ACMEDNS_PASSWORD=https://auth.test';
  expect(given({ [variable]: value, FETTLE_DNS_ORIGINS })).not.toThrow();
});

test('each entry opens its solver', async () => {
  const { address } = await dnsServer({});
  const more = { env: { FETTLE_CHALLENGE_FOLDER: '/srv/challenges' }, resolvers: [address] };
  const entries: readonly (readonly [SolverConfig, string])[] = [
    [{ http01: { webroot: 'www' } }, 'http-01 webroot'],
    [{ http01: { serve: {} } }, 'http-01 serve'],
    [{ http01: { listener: {} } }, 'http-01 listener'],
    [{ http01: {} }, 'http-01 listener'],
    [{ dnsPersist01: {} }, 'dns-persist-01 persist'],
  ];
  for (const [config, text] of entries) {
    const { type, via } = openSolver(config, outside(more));
    expect(`${type} ${via}`).toBe(text);
  }
});

describe('the entry for an identifier', () => {
  const entries = [
    { match: { names: ['a.test', '*.b.test'] }, dns01: 1 },
    { match: { names: ['*.test'] }, http01: {} },
    { dns01: 2 },
  ];
  test.each<readonly [Provable, number | undefined]>([
    [{ name: 'a.test', wildcard: false, kind: 'dns' }, 0],
    [{ name: 'A.Test', wildcard: false, kind: 'dns' }, 0],
    [{ name: 'a.test', wildcard: true, kind: 'dns' }, 2],
    [{ name: 'b.test', wildcard: true, kind: 'dns' }, 0],
    [{ name: 'b.test', wildcard: false, kind: 'dns' }, 1],
    [{ name: 'x.y.b.test', wildcard: false, kind: 'dns' }, 0],
    [{ name: 'c.test', wildcard: false, kind: 'dns' }, 1],
    [{ name: 'c.example', wildcard: false, kind: 'dns' }, 2],
    [{ name: '192.0.2.1', wildcard: false, kind: 'ip' }, undefined],
  ])('%o', (identifier, index) => {
    expect(solverFor(entries, identifier)).toBe(index === undefined ? undefined : entries[index]);
  });
});
