/** Each kind of alert in real rounds: real servers and daemons have the condition, and a receiver gets the alert. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../../plugins/portsync/daemon/process-lock.ts';
import { tables } from '../../plugins/portsync/generated.ts';
import { NO_METRICS, recorded } from '../../plugins/portsync/daemon/metrics.ts';
import { saveMetrics } from '../../plugins/portsync/daemon/metrics-file.ts';
import { NO_TOTALS } from '../../plugins/portsync/daemon/runtime.ts';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';
import { startRedis } from '../support/redis.ts';
import { denied } from '../../plugins/fabric/sandbox/status.ts';
import { type ClusterProject, clusterProject, manifest } from '../plugins/fabric/cluster.ts';
import { configure, openDatabases } from '../plugins/portsync/daemon/emulated-switch.ts';
import { alertReceiver } from './alert-receiver.ts';
import { daemon } from './daemon.ts';
import { seriesIn } from './exposed.ts';
import { deposit, domainProject, eventEntry, serveOnce } from './inbox-project.ts';

const HOUR = 3_600_000;

test.each([
  ['soon', 24 * HOUR, 'renewal_sla_warning warning ticket'],
  ['overdue', -HOUR, 'renewal_sla_breach critical page'],
])('a renewal that an event reports as %s', async (_what, fromNow, expected) => {
  const { file, got } = await alertReceiver();
  const folder = domainProject(['www']);
  await serveOnce(folder);
  const renewalDueAt = new Date(Date.now() + fromNow).toISOString();
  await deposit(folder, [
    eventEntry({
      domain: 'www.example.test',
      sourceEventId: 'order-1',
      eventType: 'certificate_expiring',
      renewalDueAt,
    }),
  ]);
  await serveOnce(folder, ['--serve-config', file]);
  expect(got()).toContain(expected);
});

test('a served certificate that expires soon', async () => {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, 'www.crt'), join(folder, 'www.key')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '20'];
  execFileSync('openssl', [...request, '-subj', '/CN=www', '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/www.yaml': `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: www }\nspec: { host: www.example.test, address: 127.0.0.1, port: ${port}, verify: false }\n`,
  });
  const { file, got } = await alertReceiver();
  await serveOnce(folder, ['--serve-config', file]);
  expect(got()).toEqual(['expiring warning']);
});

const REFUSED = { kind: 'error', error: denied('vvpc.kb.io', 'not now') } as const;
const NAMESPACE = manifest('IPv4Namespace', 'default', '{ subnets: [10.10.0.0/16] }');
const vpc = (vlan: number): string =>
  manifest('VPC', 'vpc-1', `{ subnets: { default: { subnet: 10.10.1.0/24, vlan: ${vlan} } } }`);
const objects = (vlan: number): Readonly<Record<string, string>> => ({
  'desired/objects.yaml': [NAMESPACE, vpc(vlan)].join('---\n'),
});

test.each<readonly [string, (project: ClusterProject) => Promise<unknown>, number, readonly string[]]>([
  [
    'an active Fabric whose login is refused',
    async (project) => project.login('wrong'),
    0,
    ['fabric.connection_failure high ticket'],
  ],
  [
    'an object whose step failed',
    async ({ emulator, write, run }) => {
      emulator.inject({ path: '/vpcs/vpc-1', method: 'PATCH', dryRun: false, times: 9, mishap: REFUSED });
      write(objects(1003));
      await run('apply --yes', 7);
    },
    0,
    ['fabric.sync_failure high ticket'],
  ],
  [
    'a maintenance of more than 24 hours',
    async ({ run }) => run('fabric maintain prod --until 48h --reason upgrade'),
    25 * HOUR,
    ['fabric.maintenance_review medium ticket'],
  ],
])('%s', async (_what, begin, later, expected) => {
  const project = await clusterProject(objects(1001));
  await project.run('apply --yes');
  const { file, got } = await alertReceiver();
  const round = (): Promise<unknown> =>
    fettle(project.folder, `serve --once --serve-config ${file}`, { env: project.env, now: () => Date.now() + later });
  await begin(project);
  // The first round records the alert, and the next one delivers it.
  await round();
  await round();
  expect(got()).toEqual(expected);
});

test('the ten rules of the daemon of a switch, and its metrics under the names of portsyncd', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  await configure(await openDatabases(server), { Ethernet0: { lanes: '0' } });
  const state = temporaryFolder();
  const lock = await lockFolder(state);
  onTestFinished(() => lock[Symbol.asyncDispose]());
  const rules = tables.alerts.map(({ class: name, severities: [severity] }) => ({ name, severity, status: 'firing' }));
  writeFileSync(join(state, 'status.json'), JSON.stringify({ phase: 'x', health: {}, alerts: rules }), { mode: 0o600 });
  const started = recorded(recorded(NO_METRICS, { event: 'cold-start' }, 0), { event: 'warm-restart' }, 42_000);
  const metrics = recorded(started, { event: 'sync-duration', seconds: 7 }, 0);
  const totals = { ...NO_TOTALS, events_processed: 9, port_flaps: { Ethernet0: 3 } };
  await saveMetrics({ path: state }, { metrics, totals }, Date.now());
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/leaf.yaml':
      'apiVersion: portsync/v1\nkind: Switch\nmetadata: { name: leaf-1 }\nspec: { sonic: { local: true } }\n',
  });
  const env = { FETTLE_PORTSYNC_STATE: state, FETTLE_SONIC_SOCKET: server.socket };
  const { file, got } = await alertReceiver('interval: 1h\n');
  const running = await daemon(folder, readFileSync(file, 'utf8'), [], env);
  await running.said(/shop: 1 resource refreshed/u);
  const route = (severity: string | undefined): string => (severity === 'critical' ? 'page' : 'ticket');
  expect(rules).toHaveLength(10);
  await expect
    .poll(got, { timeout: 60_000 })
    .toEqual(rules.map(({ name, severity }) => `portsync.${name} ${severity} ${route(severity)}`).toSorted());
  const series = seriesIn((await running.ask('/metrics')).text);
  const valueOf = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    series.find(
      (each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value),
    )?.value;
  expect({
    cold: valueOf('portsyncd_cold_starts'),
    warm: valueOf('portsyncd_warm_restarts'),
    last: valueOf('portsyncd_last_warm_restart_timestamp_seconds'),
    under5: valueOf('portsyncd_initial_sync_duration_seconds_bucket', { le: '5' }),
    under10: valueOf('portsyncd_initial_sync_duration_seconds_bucket', { le: '10' }),
    events: valueOf('portsyncd_events_processed_total'),
    flaps: valueOf('portsyncd_port_flaps_total', { port: 'Ethernet0' }),
  }).toEqual({ cold: 1, warm: 1, last: 42, under5: 0, under10: 1, events: 9, flaps: 3 });
  for (const { name } of rules) expect(valueOf('fettle_alerts_active', { plugin: 'portsync', class: name })).toBe(1);
  expect(valueOf('fettle_switches', { state: 'loading' })).toBe(1);
});
