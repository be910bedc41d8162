/** Alerts in real rounds: intents and outcomes in the log, cooldowns across processes, and receivers that do not answer. */

import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '#plugin';
import { bareEnvironment, cliFile, fettle, temporaryFolder } from '../support/cli.ts';
import { deposit, domainProject, eventEntry, recordsIn, serveOnce, tableIn } from './inbox-project.ts';
import { ok, receiver } from './receiver.ts';

function hostFile(yaml: string): string {
  const file = join(temporaryFolder(), 'serve.yaml');
  writeFileSync(file, yaml);
  return file;
}

const reasons = async (folder: string): Promise<readonly string[]> =>
  (await recordsIn(folder)).flatMap(({ kind, body }) =>
    kind === 'ledger' && body.table === 'deliveries' ? [body.because] : [],
  );

test('without receivers, nothing is recorded about alerts', async () => {
  const folder = domainProject(['www']);
  await serveOnce(folder);
  expect(await reasons(folder)).toEqual([]);
});

test('an alert is recorded, sent, settled by the next round, and not repeated within its cooldown', async () => {
  const { url, received } = await receiver(ok);
  const folder = domainProject(['www']);
  const env = { CERT_ALERT_WEBHOOK_URL: url };
  await serveOnce(folder, [], env);
  expect(received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { source: 'worker-certificates', severity: 'warning', domain: 'www.example.test', status: 'tls_error' },
  ]);
  await serveOnce(folder, [], env);
  await serveOnce(folder, [], env);
  expect(received).toHaveLength(1);
  expect(await reasons(folder)).toEqual([
    'certificates/Domain/www:tls_error is due at cert-alerts',
    'certificates/Domain/www:tls_error was delivered to cert-alerts',
  ]);
  expect(JSON.stringify(await recordsIn(folder))).not.toContain('hook-path-secret');
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
});

test('an incident alerts once when it opens, at each higher tier, and when a person or an event ends it', async () => {
  const [hook, runbook] = [await receiver(ok), await receiver(ok)];
  const folder = domainProject(['www']);
  const env = { CERT_ALERT_WEBHOOK_URL: hook.url, CERT_RUNBOOK_WEBHOOK_URL: runbook.url, CERT_DEPLOYMENT_ENV: 'prod' };
  const about = ({ received }: typeof hook): readonly string[] =>
    received.flatMap(({ body }) => {
      const { type, change, severity, incidentRoute, tier, domain } = JSON.parse(body) as Record<string, unknown>;
      return type === 'certificate.incident' ? [[change, severity, incidentRoute, tier, domain].join(' ')] : [];
    });
  const event = (id: number, eventType: string, more: Readonly<Record<string, Json>> = {}): Json =>
    eventEntry({ domain: 'www.example.test', sourceEventId: `order-${id}`, eventType, ...more }, Date.now() + id);
  const round = async (...entries: readonly Json[]): Promise<void> => {
    await deposit(folder, entries);
    await serveOnce(folder, [], env);
  };
  await serveOnce(folder, [], env);
  const opened = 'opened high ticket 2 www.example.test';
  const escalated = 'escalated critical page 3 www.example.test';
  await round(event(1, 'renewal_failed'));
  await round();
  expect([about(hook), about(runbook)]).toEqual([[opened], [opened]]);
  await round(event(2, 'renewal_failed', { callbackAttempt: 3 }));
  await round(event(3, 'renewal_failed', { callbackAttempt: 4 }));
  expect([about(hook), about(runbook)]).toEqual([
    [opened, escalated],
    [opened, escalated],
  ]);
  const [[, incident] = []] = tableIn(await recordsIn(folder), 'certificate-incidents');
  await fettle(folder, 'incidents', 'ack', (incident as unknown as { readonly id: string }).id);
  await round();
  await round(event(4, 'renewal_succeeded'));
  await round();
  expect(about(hook)).toEqual([
    opened,
    escalated,
    'acknowledged info ticket 3 www.example.test',
    'resolved info ticket 3 www.example.test',
  ]);
  // A runbook acts on conditions alone.
  expect(about(runbook)).toEqual([opened, escalated]);
  expect((await reasons(folder)).filter((each) => each.includes('incident_'))).toEqual(
    expect.arrayContaining([
      'certificates/Domain/www:incident_opened/renewal_failed is due at cert-alerts',
      'certificates/Domain/www:incident_escalated/renewal_failed-3 was delivered to cert-runbook',
      'certificates/Domain/www:incident_resolved/renewal_failed was delivered to cert-alerts',
    ]),
  );
});

test('receivers of the host file have addresses and keys from files and variables', async () => {
  const [signed, plain] = [await receiver(ok), await receiver(ok)];
  const file = hostFile(`alerts:
  environment: prod
  receivers:
    - { name: pager, kind: runbook, url: "\${file:pager-url}", secret: "\${env:PAGER_KEY}", plugins: [certificates] }
    - { name: other, kind: webhook, url: "${plain.url}", plugins: [nodes] }
`);
  writeFileSync(join(file, '../pager-url'), `${signed.url}\n`);
  const folder = domainProject(['www']);
  const { stderr } = await serveOnce(folder, ['--serve-config', file], { PAGER_KEY: 'key-of-the-pager' });
  expect(stderr).not.toContain('warning');
  expect(plain.received).toEqual([]);
  const [{ headers, body } = { headers: {}, body: '' }] = signed.received;
  const timestamp = String(headers['x-fdt-timestamp']);
  const expected = createHmac('sha256', 'key-of-the-pager').update(`${timestamp}.${body}`).digest('hex');
  expect(headers['x-fdt-signature']).toBe(expected);
  expect(JSON.parse(body)).toMatchObject({ type: 'certificate.alert', severity: 'critical', status: 'tls_error' });
});

test('a receiver that refuses or redirects gets the alert again after its own wait, and others do not', async () => {
  const good = await receiver(ok);
  const moved = await receiver((_request, response) => void response.writeHead(302, { location: good.url }).end());
  const folder = domainProject(['www']);
  const env = { CERT_ALERT_WEBHOOK_URL: good.url, CERT_RUNBOOK_WEBHOOK_URL: moved.url };
  const { stderr } = await serveOnce(folder, [], env);
  expect(stderr).toContain(
    'warning: certificates/Domain/www:tls_error:cert-runbook was not delivered: the receiver answered with status 302, and redirects are not followed',
  );
  await serveOnce(folder, [], env);
  expect([good.received.length, moved.received.length]).toEqual([1, 1]);
  const deliveries = tableIn(await recordsIn(folder), 'deliveries');
  expect(deliveries.get('certificates/Domain/www:tls_error:cert-runbook')).toMatchObject({ failures: 1 });
});

test('a receiver that hangs does not hold the lock, and a killed round does not deliver twice', async () => {
  const { url, received } = await receiver(() => undefined);
  const folder = domainProject(['www']);
  const child = spawn(process.execPath, [cliFile, 'serve', '--once'], {
    cwd: folder,
    env: bareEnvironment({ CERT_ALERT_WEBHOOK_URL: url }),
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => received.length, { timeout: 60_000 }).toBe(1);
  await expect.poll(async () => (await fettle(folder, 'lock', 'status')).stdout).toMatch(/is not held$/mu);
  expect(child.exitCode).toBeNull();
  child.kill('SIGKILL');
  await once(child, 'close');
  await serveOnce(folder, [], { CERT_ALERT_WEBHOOK_URL: url });
  expect(received).toHaveLength(1);
  expect(await reasons(folder)).toEqual(['certificates/Domain/www:tls_error is due at cert-alerts']);
});

test.each([
  ['the address of a variable that is not set', 'url: "${env:NONE}"', 'the environment variable NONE is not set'],
  ['an address with a password', 'url: "http://a:b@127.0.0.1/"', 'contains a user or a password'],
  ['an unknown plugin', 'url: "http://127.0.0.1/", plugins: [certs]', 'the plugin certs does not exist'],
  ['a short cooldown', 'url: "http://127.0.0.1/", cooldown: 1s', 'shorter than the least value, 10s'],
  ['a key in the file', 'url: "http://127.0.0.1/", secret: abc', 'secret'],
])('a receiver with %s is refused, with its place', async (_name, text, message) => {
  const file = hostFile(`alerts: { receivers: [{ name: pager, kind: webhook, ${text} }] }\n`);
  const { code, stderr } = await serveOnce(domainProject(['www']), ['--serve-config', file]);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/serve\.yaml:1:\d+ error/u);
});
