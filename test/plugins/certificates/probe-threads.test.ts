/** Many Domains in one refresh: real servers, threads, and both after an aborted refresh. */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { anchorFlags, openThreads } from '../../../plugins/certificates/live/probe-threads.ts';
import { type ProbeSettings, openProbing, threadsFor } from '../../../plugins/certificates/live/probing.ts';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../../plugins/certificates/live/x509-make.ts';
import { certificates } from '../../../plugins/certificates/plugin.ts';
import type { Anchor } from '../../../plugins/certificates/live/trust.ts';
import type { ProbeSeen } from '../../../plugins/certificates/world.ts';
import { type Daemon, freePort, startHaproxy, startNginx } from '../../support/daemons.ts';
import { fettle, temporaryFolder, writeFiles } from '../../support/cli.ts';
import { DAY, desiredOf, domainSpec, outside, queryOf, refreshed } from './support.ts';

const HOST = 'www.example.test';
/** Long deadlines: no server here is slow, and a busy machine may take seconds for a handshake. */
const DEADLINES = { connectSeconds: 60, handshakeSeconds: 60, greetingSeconds: 60, totalSeconds: 120 };
const SETTINGS: ProbeSettings = {
  concurrency: 40,
  ...DEADLINES,
  allow: [],
  deny: [],
};

let folder: string;
let port: number;
let nginx: Daemon;

beforeAll(async () => {
  folder = temporaryFolder();
  const keys = await makeKeys('ecdsa-p256');
  const authority = await makeAuthority('Fleet CA', keys, Date.now() - DAY);
  writeFileSync(join(folder, 'ca.crt'), authority.toString());
  const make = async (name: string, dnsNames: readonly string[]): Promise<void> => {
    const own = await makeKeys('ecdsa-p256');
    const leaf = await makeLeaf({
      dnsNames,
      validityDays: 90,
      keys: own,
      signer: { certificate: authority, key: keys.privateKey },
      now: Date.now() - DAY,
    });
    writeFileSync(join(folder, `${name}.crt`), leaf.toString());
    writeFileSync(join(folder, `${name}.key`), keyPem(own.privateKey), { mode: 0o600 });
  };
  await make('www', [HOST]);
  await make('other', ['other.example.test']);
  port = await freePort();
  const server = (name: string, host: string): string =>
    `server { listen 127.0.0.1:${port} ssl; server_name ${host}; ssl_certificate ${name}.crt; ssl_certificate_key ${name}.key; ssl_protocols TLSv1.2 TLSv1.3; return 204; }`;
  nginx = await startNginx(folder, `${server('www', HOST)} ${server('other', 'other.example.test')}`, [port]);
}, 60_000);

afterAll(async () => {
  await nginx.stop();
});

describe('threads', () => {
  test.each([
    [0, 4, 0],
    [499, 64, 0],
    [500, 64, 2],
    [1000, 2, 2],
    [10_000, 1, 0],
    [10_000, 8, 8],
    [10_000, 64, 40],
  ])('%i probes on %i cores use %i', (count, cores, threads) => {
    expect(threadsFor(count, cores)).toBe(threads);
  });

  test('have the same results as without them', async () => {
    const alone = openProbing({ folder, env: {} }, SETTINGS);
    const trust = await alone.readTrust(['ca.crt']);
    const target = { host: HOST, address: '127.0.0.1', port };
    const now = Date.now();
    const expected = await alone.probe(target, trust, now, new AbortController().signal);
    const threads = openThreads(2, SETTINGS, new AbortController().signal);
    onTestFinished(() => threads.close());
    const anchors = await readTrust();
    const withoutTime = (seen: ProbeSeen): unknown =>
      JSON.parse(JSON.stringify(seen, (key, value: unknown) => (key === 'rtt_ms' ? 0 : value)));
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        threads.probe(i % 3 === 0 ? { ...target, host: 'other.example.test' } : target, { id: 'ca', anchors }, now),
      ),
    );
    for (const [i, seen] of all.entries()) {
      if (i % 3 === 0) expect(seen).toMatchObject({ addresses: [{ chain: [{ dnsNames: ['other.example.test'] }] }] });
      else expect(withoutTime(seen)).toEqual(withoutTime(expected));
    }
    // Other anchors have other results in every thread.
    const strange = await Promise.all(
      Array.from({ length: 4 }, () => threads.probe(target, { id: 'none', anchors: [] }, now)),
    );
    for (const seen of strange)
      expect(seen).toMatchObject({ addresses: [{ distrust: expect.stringContaining('UNABLE_TO') }] });
  });

  test('have the well-known anchors of their process', () => {
    const count = `process.stdout.write(String(require('node:tls').getCACertificates('default').length))`;
    const flags = anchorFlags(['--use-system-ca', '--inspect', '--import', './x.js']);
    expect(flags).toEqual(['--use-system-ca']);
    const inThread = `new (require('node:worker_threads').Worker)(${JSON.stringify(count)}, { eval: true, execArgv: ${JSON.stringify(flags)} })`;
    const said = (script: string): string =>
      execFileSync(process.execPath, ['--use-system-ca', '-e', script], { encoding: 'utf8' });
    expect(said(inThread)).toBe(said(count));
  });

  test('end with the refresh, and open probes fail with its reason', async () => {
    const silent = createServer((socket) => {
      onTestFinished(() => void socket.destroy());
    });
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const controller = new AbortController();
    const threads = openThreads(2, SETTINGS, controller.signal);
    const target = { host: HOST, address: '127.0.0.1', port: (silent.address() as AddressInfo).port };
    const open = Array.from({ length: 10 }, () => threads.probe(target, { id: '', anchors: [] }, Date.now()));
    const ended = Promise.allSettled(open);
    controller.abort(new Error('stopped'));
    for (const each of await ended) expect(each).toEqual({ status: 'rejected', reason: new Error('stopped') });
    await expect(threads.probe(target, { id: '', anchors: [] }, Date.now())).rejects.toThrow('stopped');
    await threads.close();
  });

  test('that fail return no result', async () => {
    // A setting that no thread can start with.
    const threads = openThreads(2, { ...SETTINGS, resolvers: ['nothing'] }, new AbortController().signal);
    onTestFinished(() => threads.close());
    const target = { host: HOST, address: '127.0.0.1', port };
    const probe = (): Promise<unknown> => threads.probe(target, { id: '', anchors: [] }, Date.now());
    await expect(Promise.all([probe(), probe()])).rejects.toThrow('a thread for probes failed: Error: probe.resolvers');
    await expect(probe()).rejects.toThrow('a thread for probes failed');
  });
});

async function readTrust(): Promise<readonly Anchor[]> {
  const { readAnchors } = await import('../../../plugins/certificates/live/trust.ts');
  return (await readAnchors(folder, ['ca.crt'])).anchors;
}

test('a thousand Domains in one refresh, some of them failing', async () => {
  const refused = await freePort();
  const reader = await certificates.openReader(outside(folder, { probe: SETTINGS }));
  const spec = { address: '127.0.0.1', trust: ['ca.crt'] };
  const desired = Array.from({ length: 1000 }, (_, i) =>
    desiredOf(
      'Domain',
      `d${String(i).padStart(4, '0')}`,
      domainSpec(
        i % 10 === 0
          ? { ...spec, host: HOST, port: refused }
          : i % 10 === 1
            ? { ...spec, host: 'none.example.test', port }
            : { ...spec, host: HOST, port },
      ),
    ),
  );
  const progress: number[] = [];
  const now = Date.now();
  const view = await refreshed(reader, queryOf(desired, { now, progress: (done) => void progress.push(done) }));
  const { observed, gaps } = view;
  expect(gaps).toEqual([]);
  expect(observed.map(({ ref }) => ref.name)).toEqual(desired.map(({ ref }) => ref.name));
  const counts = Object.groupBy(
    observed,
    ({ state, findings }) => `${state} ${findings.map(({ code }) => code).join()}`,
  );
  expect(Object.fromEntries(Object.entries(counts).map(([key, all]) => [key, all?.length]))).toEqual({
    'issued ': 800,
    'tls_error refused': 100,
    'tls_error wrong-name': 100,
  });
  expect(progress).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  // A probe closes its connection: for the server, the handshake ended like any other.
  expect(nginx.log()).not.toMatch(/SSL_do_handshake\(\) failed|\[(?:error|crit|alert)\]/u);
});

test('a large number of Domains by the built command line', async () => {
  const project = temporaryFolder();
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const document = (i: number): string => `apiVersion: certificates/v1
kind: Domain
metadata: { name: d${i} }
spec: { host: ${HOST}, address: 127.0.0.1, port: ${port}, trust: [${join(folder, 'ca.crt')}] }
`;
  writeFiles(project, {
    'fettle.yaml': JSON.stringify({ name: 'test', plugins: { certificates: { probe: DEADLINES } } }),
    'desired/domains.yaml': Array.from({ length: 600 }, (_, i) => document(i)).join('---\n'),
  });
  const done = await fettle(project, 'plan');
  // A busy machine takes longer than the ten seconds after which the command reports its progress.
  const said = done.stderr.replaceAll(/^still refreshing: certificates \d+\/600 .*\n/gmu, '');
  expect([done.code, said]).toEqual([0, '']);
  expect(done.stdout).toContain('Domain  600 issued; left: 600 under 90 days\n');
});

test('TLS that is routed by server name shows the certificate behind', async () => {
  const at = temporaryFolder();
  const front = await freePort();
  const haproxy = await startHaproxy(
    at,
    `frontend front
  mode tcp
  bind 127.0.0.1:${front}
  tcp-request inspect-delay 60s
  tcp-request content accept if { req_ssl_hello_type 1 }
  use_backend behind if { req_ssl_sni -i ${HOST} }
backend behind
  mode tcp
  server one 127.0.0.1:${port}`,
    [front],
  );
  onTestFinished(async () => {
    await haproxy.stop();
    rmSync(at, { recursive: true, force: true });
  });
  const reader = await certificates.openReader(outside(folder, { probe: SETTINGS }));
  const spec = { address: '127.0.0.1', port: front, trust: ['ca.crt'], tlsMode: 'passthrough' } as const;
  const { observed } = await refreshed(
    reader,
    queryOf(
      [
        desiredOf('Domain', 'behind', domainSpec({ ...spec, host: HOST })),
        desiredOf('Domain', 'unknown', domainSpec({ ...spec, host: 'unknown.example.test' })),
      ],
      { now: Date.now() },
    ),
  );
  expect(observed).toMatchObject([
    { state: 'passthrough_unverified', findings: [], facts: { subject: `CN=${HOST}`, trusted: true } },
    {
      state: 'passthrough_unverified',
      findings: [{ code: 'upstream', severity: 'warning' }],
      facts: { error: 'reset' },
    },
  ]);
});
