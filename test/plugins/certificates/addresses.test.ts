/**
 * Names with several addresses, by a DNS server of the test: each is probed, denied ones never, and connections go to
 * the resolved address.
 */

import { lookup } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { DomainFacts } from '../../../plugins/certificates/facts.ts';
import type { CertificatesConfig, DomainSpec } from '../../../plugins/certificates/generated.ts';
import { hostsOf } from '../../../src/net/resolve.ts';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Observed, View } from '#plugin';
import { type DnsServer, type Zone, dnsServer } from '../../support/dns.ts';
import { DAY, desiredOf, domainSpec, outside, queryOf, refreshed } from './support.ts';
import { temporaryFolder } from '../../support/cli.ts';

const HOST = 'www.example.test';
const now = Date.now();

let folder: string;
const pairs: Record<string, { readonly cert: string; readonly key: string }> = {};

beforeAll(async () => {
  folder = temporaryFolder();
  const keys = await makeKeys('ecdsa-p256');
  const authority = await makeAuthority('Test CA', keys, now - 400 * DAY);
  writeFileSync(join(folder, 'ca.crt'), authority.toString());
  const make = async (name: string, from: number): Promise<void> => {
    const own = await makeKeys('ecdsa-p256');
    const leaf = await makeLeaf({
      dnsNames: [HOST],
      validityDays: 90,
      keys: own,
      signer: { certificate: authority, key: keys.privateKey },
      now: from,
    });
    pairs[name] = { cert: leaf.toString(), key: keyPem(own.privateKey) };
  };
  await make('new', now - DAY);
  await make('old', now - 70 * DAY - 3_600_000);
  await make('ended', now - 93 * DAY);
});

interface Listening {
  readonly port: number;
  /** Connections by address. */
  readonly connections: Record<string, number>;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Servers on one port of several addresses: each serves a pair, or never answers. */
async function serving(pairOf: Readonly<Record<string, string>>): Promise<Listening> {
  const connections: Record<string, number> = {};
  let port = 0;
  for (const [address, name] of Object.entries(pairOf)) {
    const server = name === 'silent' ? createServer() : createTlsServer({ ...pairs[name] });
    server.on('tlsClientError', () => {});
    server.on('connection', (socket) => {
      connections[address] = (connections[address] ?? 0) + 1;
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
    });
    port = await listen(server, address, port);
    onTestFinished(() => void server.close());
  }
  return { port, connections };
}

interface Looked {
  readonly spec?: Partial<DomainSpec>;
  readonly config?: Partial<CertificatesConfig['probe']>;
}

async function look(names: Readonly<Record<string, Zone>> | DnsServer, more: Looked = {}): Promise<View> {
  const dns = 'asked' in names ? (names as DnsServer) : await dnsServer(names);
  const config = { resolvers: [dns.address], ...more.config };
  const reader = await certificates.openReader(outside(folder, { probe: config }));
  const desired = desiredOf(
    'Domain',
    'www',
    domainSpec({ host: HOST, trust: ['ca.crt'], keyTypes: ['ecdsa'], ...more.spec }),
  );
  return refreshed(reader, queryOf([desired], { now }));
}

async function domain(
  names: Readonly<Record<string, Zone>> | DnsServer,
  more: Looked = {},
): Promise<Observed<DomainFacts>> {
  const { observed, gaps } = await look(names, more);
  expect(gaps).toEqual([]);
  return observed[0] as Observed<DomainFacts>;
}

const said = ({ findings }: Observed): readonly string[] => findings.map(({ code, message }) => `${code}: ${message}`);

describe('every address of a name is probed', () => {
  test('of both families, in one order', async () => {
    const { port, connections } = await serving({ '127.0.0.1': 'new', '127.0.0.2': 'new', '::1': 'new' });
    const seen = await domain({ [HOST]: { a: ['127.0.0.2', '127.0.0.1'], aaaa: ['::1'] } }, { spec: { port } });
    expect(seen.state).toBe('issued');
    expect(seen.findings).toEqual([]);
    expect(seen.facts.addresses?.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2', '::1']);
    expect(new Set(seen.facts.addresses?.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(connections).toEqual({ '127.0.0.1': 1, '127.0.0.2': 1, '::1': 1 });
  });

  test('an older certificate at one of them is shown, each address with its own facts', async () => {
    const { port } = await serving({ '127.0.0.1': 'new', '127.0.0.2': 'old' });
    const seen = await domain({ [HOST]: { a: ['127.0.0.1', '127.0.0.2'] } }, { spec: { port } });
    expect(seen.state).toBe('expiring');
    expect(said(seen)).toEqual(['expiring: at 127.0.0.2: expires in 19 days (expiryWarnDays is 30)']);
    const [first, second] = seen.facts.addresses ?? [];
    expect(first?.fingerprint).not.toBe(second?.fingerprint);
    // The first to expire counts for the Domain.
    expect(seen.facts.fingerprint).toBe(second?.fingerprint);
    expect(seen.signals).toMatchObject({ days_left: 19, address: '127.0.0.2' });
  });

  test('an address that a client would refuse fails the Domain, and is named', async () => {
    const { port } = await serving({ '127.0.0.1': 'new', '127.0.0.2': 'ended', '127.0.0.3': 'ended' });
    const seen = await domain(
      { [HOST]: { a: ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'] } },
      { spec: { port } },
    );
    expect(seen.state).toBe('tls_error');
    expect(said(seen)).toEqual([
      expect.stringMatching(/^expired: at 127\.0\.0\.2, 127\.0\.0\.3: expired 3 days ago, at /u),
      `refused: at 127.0.0.4: ${HOST}:${port}: connection refused`,
    ]);
    expect(seen.facts).toMatchObject({ error: 'expired' });
    expect(seen.facts.addresses?.map(({ error }) => error)).toEqual([undefined, 'expired', 'expired', 'refused']);
  });

  test('a silent address delays no other', async () => {
    const { port } = await serving({ '127.0.0.1': 'silent', '127.0.0.2': 'new' });
    const config = { handshakeSeconds: 2 };
    const seen = await domain({ [HOST]: { a: ['127.0.0.1', '127.0.0.2'] } }, { spec: { port }, config });
    expect(seen.facts.addresses?.map(({ error }) => error)).toEqual(['timeout', undefined]);
    expect(said(seen)).toEqual([
      `timeout: at 127.0.0.1: ${HOST}:${port}: the server did not finish the handshake within 2 s`,
    ]);
  });

  test('up to a limit, and the omitted number is reported', async () => {
    const { port } = await serving({ '127.0.0.1': 'new' });
    const a = Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}`);
    const seen = await domain({ [HOST]: { a } }, { spec: { port } });
    expect(seen.facts.addresses).toHaveLength(32);
    expect(said(seen).at(-1)).toBe('too-many-addresses: the host has 40 addresses. 8 of them were not probed');
  });

  test('of the route, if one is set', async () => {
    const { port } = await serving({ '127.0.0.2': 'new' });
    const dns = await dnsServer({ 'lb.example.test': { a: ['127.0.0.2'] } });
    const seen = await domain(dns, { spec: { port, route: { target: 'lb.example.test', region: 'eu' } } });
    expect(seen.state).toBe('issued');
    expect(dns.asked.toSorted()).toEqual(['A lb.example.test', 'AAAA lb.example.test']);
  });

  test('a literal address is not resolved', async () => {
    const { port } = await serving({ '::1': 'new' });
    const dns = await dnsServer({});
    for (const address of ['::1', '[::1]'])
      expect((await domain(dns, { spec: { port, address } })).state).toBe('issued');
    expect(dns.asked).toEqual([]);
  });
});

describe('a denied address', () => {
  test.each([
    ['link-local', { a: ['169.254.1.1'] }, '169.254.0.0/16'],
    ['metadata', { a: ['169.254.169.254'] }, '169.254.169.254/32'],
    ['mapped', { aaaa: ['::ffff:a9fe:a9fe'] }, '169.254.169.254/32'],
    ['translated', { aaaa: ['64:ff9b::a9fe:a9fe'] }, '169.254.169.254/32'],
    ['6to4', { aaaa: ['2002:a9fe:a9fe::1'] }, '169.254.169.254/32'],
    ['multicast', { a: ['239.1.2.3'] }, '224.0.0.0/4'],
  ])('is not probed, even if a name resolves to it: %s', async (_name, zone, network) => {
    const seen = await domain({ [HOST]: zone });
    expect(seen.state).toBe('tls_error');
    expect(said(seen)).toEqual([`denied: ${HOST}:443: it is in ${network}, which is denied`]);
  });

  test('is skipped among others, and reported', async () => {
    const { port, connections } = await serving({ '127.0.0.1': 'new', '127.0.0.2': 'new', '::1': 'new' });
    const seen = await domain(
      { [HOST]: { a: ['127.0.0.1', '127.0.0.2'], aaaa: ['::1', '::ffff:7f00:2'] } },
      { spec: { port }, config: { deny: ['127.0.0.2/32'] } },
    );
    expect(connections).toEqual({ '127.0.0.1': 1, '::1': 1 });
    expect(seen.state).toBe('tls_error');
    expect(said(seen)).toEqual([
      `denied: at 127.0.0.2, ::ffff:127.0.0.2: ${HOST}:${port}: it is in 127.0.0.2/32, which is denied`,
    ]);
  });

  test('is not probed if it is declared, either', async () => {
    const { port, connections } = await serving({ '127.0.0.1': 'new' });
    const config = { deny: ['127.0.0.0/8'] };
    for (const address of ['127.0.0.1', '0.0.0.0', '::ffff:127.0.0.1', '[::ffff:7f00:1]'])
      expect((await domain({}, { spec: { port, address }, config })).facts.error).toBe('denied');
    expect(connections).toEqual({});
  });

  test('loopback is not denied by default', async () => {
    const { port } = await serving({ '127.0.0.1': 'new' });
    expect((await domain({}, { spec: { port, address: '127.0.0.1' } })).state).toBe('issued');
  });

  test('the connection goes to the address that was checked', async () => {
    const { port, connections } = await serving({ '127.0.0.1': 'new', '127.0.0.2': 'new' });
    const dns = await dnsServer({ [HOST]: { a: ['127.0.0.1'] } });
    // From now on, every further answer is another one.
    const table = dns.names;
    const get = table.get.bind(table);
    table.get = (name) => {
      const zone = get(name);
      if (dns.asked.filter((each) => each.startsWith('A ')).length > 0) table.set(name, { a: ['127.0.0.2'] });
      return zone;
    };
    const seen = await domain(dns, { spec: { port }, config: { deny: ['127.0.0.2'] } });
    expect(seen.state).toBe('issued');
    expect(connections).toEqual({ '127.0.0.1': 1 });
    expect(dns.asked.filter((each) => each.startsWith('A '))).toHaveLength(1);
    // The next refresh resolves to the other one.
    expect((await domain(dns, { spec: { port }, config: { deny: ['127.0.0.2'] } })).facts.error).toBe('denied');
  });
});

describe('a name', () => {
  test.each<readonly [string, Zone | undefined, string, string, string]>([
    ['that does not exist', undefined, 'pending_route', 'name-not-resolved', 'the name does not resolve'],
    ['without addresses', { txt: [['x']] }, 'pending_route', 'name-not-resolved', 'the name does not resolve'],
  ])('%s', async (_name, zone, state, code, message) => {
    const seen = await domain(zone === undefined ? {} : { [HOST]: zone });
    expect(seen.state).toBe(state);
    expect(said(seen)).toEqual([`${code}: ${HOST}:443: ${message}`]);
    // A Domain without a route has no error of its server.
    expect(seen.facts).toEqual({});
  });

  test.each<readonly [string, Zone, string]>([
    ['the DNS server fails', { broken: true }, 'failed (ESERVFAIL)'],
    ['the DNS server does not answer', { silent: true }, 'did not answer in time'],
  ])('is a gap if %s', async (_name, zone, why) => {
    const dns = await dnsServer({ [HOST]: zone });
    const { observed, gaps } = await look(dns, { config: { totalSeconds: 0.5 } });
    expect(observed).toEqual([]);
    expect(gaps).toEqual([
      expect.objectContaining({ message: `${HOST} cannot be resolved: the DNS server ${dns.address} ${why}` }),
    ]);
  });

  test.each(['termination', 'passthrough'] as const)(
    'is a gap if the DNS server is unreachable, with tlsMode %s',
    async (tlsMode) => {
      const { observed, gaps } = await look(
        { [HOST]: { a: ['127.0.0.1'] } },
        { config: { resolvers: ['127.0.0.1:9'] }, spec: { tlsMode } },
      );
      expect(observed).toEqual([]);
      expect(gaps).toEqual([
        expect.objectContaining({
          refs: [{ plugin: 'certificates', kind: 'Domain', name: 'www' }],
          message: `${HOST} cannot be resolved: the DNS server 127.0.0.1:9 is unreachable (ECONNREFUSED)`,
        }),
      ]);
    },
  );

  test('that does not exist is known of by one answer', async () => {
    const dns = await dnsServer({});
    const get = dns.names.get.bind(dns.names);
    // The question for IPv6 addresses is not answered.
    dns.names.get = (name) => (dns.asked.at(-1)?.startsWith('AAAA') === true ? { silent: true } : get(name));
    const seen = await domain(dns, { config: { totalSeconds: 10 } });
    expect(said(seen)).toEqual([`name-not-resolved: ${HOST}:443: the name does not resolve`]);
  });

  test('with answers for one address family has those of the other', async () => {
    const { port } = await serving({ '127.0.0.1': 'new' });
    const config = { totalSeconds: 3 };
    const seen = await domain({ [HOST]: { a: ['127.0.0.1'], silent: 'aaaa' } }, { spec: { port }, config });
    expect(seen.state).toBe('issued');
  });

  test('is resolved as on this machine if no resolver is set', async () => {
    const known =
      hostsOf(readFileSync('/etc/hosts', 'utf8')).get('localhost') ??
      (await lookup('localhost', { all: true })).map(({ address }) => address);
    const { port, connections } = await serving(Object.fromEntries(known.map((address) => [address, 'new'])));
    const reader = await certificates.openReader(outside(folder));
    const desired = desiredOf(
      'Domain',
      'www',
      domainSpec({ host: HOST, address: 'LOCALHOST', port, trust: ['ca.crt'] }),
    );
    const { observed } = await refreshed(reader, queryOf([desired], { now }));
    expect(observed).toMatchObject([{ state: 'issued', findings: [] }]);
    expect(Object.keys(connections).toSorted()).toEqual(known.toSorted());
  });

  test('is found in the hosts file', () => {
    const hosts = hostsOf(
      '# no\n127.0.0.1\tlocalhost  Local.Example # one\n::1 localhost\n127.0.0.1 localhost\n10.0.0.300 bad\n  192.0.2.1 a b\n',
    );
    expect(Object.fromEntries(hosts)).toEqual({
      localhost: ['127.0.0.1', '::1'],
      'local.example': ['127.0.0.1'],
      a: ['192.0.2.1'],
      b: ['192.0.2.1'],
    });
  });

  test('an invalid resolver is an error of the settings', async () => {
    await expect(certificates.openReader(outside(folder, { probe: { resolvers: ['example.test'] } }))).rejects.toThrow(
      'probe.resolvers: example.test: each entry must be an address or [address]:port',
    );
  });

  test.each(['169.254.169.254', '169.254.169.253:5353', 'fd00:ec2::254', '[fd00:ec2::254]:53', '0.0.0.0:53'])(
    'is not asked for at %s, unless the environment allows it',
    async (server) => {
      const config = { probe: { resolvers: [server] } };
      await expect(certificates.openReader(outside(folder, config))).rejects.toThrow(/probe\.resolvers: .* is denied/u);
      const env = { FETTLE_ALLOW_NETWORKS: '169.254.169.253,169.254.169.254,fd00:ec2::254,0.0.0.0' };
      await expect(certificates.openReader({ ...outside(folder, config), env })).resolves.toBeDefined();
    },
  );
});

describe('a host with a required ownership record', () => {
  const verified = { txt: 'fettle=1234' };

  test('is probed while its record matches', async () => {
    const { port } = await serving({ '127.0.0.1': 'new' });
    const dns = await dnsServer({
      [HOST]: { a: ['127.0.0.1'] },
      [`_fettle-verify.${HOST}`]: { txt: [['other'], ['fettle=', '1234']] },
    });
    expect((await domain(dns, { spec: { port, verified } })).state).toBe('issued');
    expect(dns.asked).toContain(`TXT _fettle-verify.${HOST}`);
  });

  test.each<readonly [string, Zone | undefined]>([
    ['no record', undefined],
    ['another record', { txt: [['fettle=12345']] }],
    ['no text', { a: ['127.0.0.1'] }],
  ])('is not probed with %s', async (_name, zone) => {
    const { port, connections } = await serving({ '127.0.0.1': 'new' });
    const dns = await dnsServer({ [HOST]: { a: ['127.0.0.1'] } });
    if (zone !== undefined) dns.names.set('here.example.test', zone);
    const seen = await domain(dns, { spec: { port, verified: { ...verified, name: 'here.example.test' } } });
    expect(seen).toMatchObject({ state: 'pending_issue', facts: {}, given: true });
    expect(said(seen)).toEqual([
      'not-verified: the TXT record here.example.test with the text fettle=1234 does not exist',
    ]);
    expect(connections).toEqual({});
    expect(dns.asked).toEqual(['TXT here.example.test']);
  });

  test('is unknown if no resolver answers', async () => {
    const { observed, gaps } = await look(
      { [`_fettle-verify.${HOST}`]: { silent: true } },
      { spec: { verified }, config: { totalSeconds: 0.5 } },
    );
    expect(observed).toEqual([]);
    expect(gaps).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^the TXT records of .+ cannot be read: /u) }),
    ]);
  });

  test('is not probed if the record denies it', async () => {
    const { port, connections } = await serving({ '127.0.0.1': 'new' });
    const seen = await domain({}, { spec: { port, address: '127.0.0.1', verified: false } });
    expect(seen).toMatchObject({ state: 'pending_issue', findings: [], facts: {} });
    expect(connections).toEqual({});
  });
});

test('a host without a route is not probed', async () => {
  const { port, connections } = await serving({ '127.0.0.1': 'new' });
  const seen = await domain({}, { spec: { port, address: '127.0.0.1', route: 'none' } });
  expect(seen).toMatchObject({ state: 'pending_route', findings: [], facts: {} });
  expect(connections).toEqual({});
});
