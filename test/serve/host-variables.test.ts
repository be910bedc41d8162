/** Variables of the host in real rounds: each has the effect that the documentation states. */

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:tls';
import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Json } from '#plugin';
import { cliFile, fettle, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { deposit, eventEntry, serveOnce } from './inbox-project.ts';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function project(port: number, more = ''): string {
  const folder = temporaryFolder();
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\nstore: .fettle\n',
    'desired/www.yaml': `apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: www.example.test, address: 127.0.0.1, port: ${port}, verify: false${more} }
`,
  });
  return folder;
}

async function stateOf(folder: string): Promise<string> {
  const { stdout } = await fettle(folder, 'state', 'show', 'certificates/Domain/www', '--format', 'json');
  return (JSON.parse(stdout) as { readonly state: string }).state;
}

/** A server with a certificate for some days. */
async function serverFor(days: number): Promise<number> {
  const folder = temporaryFolder();
  const [certificate, key] = [join(folder, 'www.crt'), join(folder, 'www.key')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-days', String(days), '-subj', '/CN=www.example.test', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...request, ...files], { stdio: 'pipe' });
  return listening(createServer({ cert: readFileSync(certificate), key: readFileSync(key) }));
}

describe('CERT_EXPIRY_WARN_DAYS', () => {
  test('decides for Domains without a value of their own', async () => {
    const port = await serverFor(20);
    const folder = project(port);
    await serveOnce(folder);
    expect(await stateOf(folder)).toBe('expiring');
    await serveOnce(folder, [], { CERT_EXPIRY_WARN_DAYS: '14' });
    expect(await stateOf(folder)).toBe('issued');
    writeFileSync(
      join(folder, 'desired/www.yaml'),
      readFileSync(join(folder, 'desired/www.yaml'), 'utf8').replace(
        'verify: false',
        'verify: false, expiryWarnDays: 25',
      ),
    );
    await serveOnce(folder, [], { CERT_EXPIRY_WARN_DAYS: '14' });
    expect(await stateOf(folder)).toBe('expiring');
  });
});

describe('TLS_PROBE_TIMEOUT_SECONDS', () => {
  test('is the deadline of a probe', async () => {
    // A server that takes the connection and says nothing.
    const port = await listening(createTcpServer(() => undefined));
    const folder = project(port);
    await serveOnce(folder, [], { TLS_PROBE_TIMEOUT_SECONDS: '1' });
    const { stdout } = await fettle(folder, 'state', 'show', 'certificates/Domain/www', '--format', 'json');
    expect(stdout).toMatch(/within 1(?:\.0)? s|1 s/u);
  });
});

describe('CERT_PROBE_FALLBACK_ENABLED=false', () => {
  test('leaves the state of Domains to certificate events', async () => {
    const connections: number[] = [];
    const port = await listening(createTcpServer(() => void connections.push(1)));
    const folder = project(port);
    const env = { CERT_PROBE_FALLBACK_ENABLED: 'false' };
    await serveOnce(folder, [], env);
    expect(await stateOf(folder)).toBe('pending_issue');
    const event = async (id: string, eventType: string, more: Readonly<Record<string, Json>> = {}): Promise<string> => {
      await deposit(folder, [eventEntry({ domain: 'www.example.test', sourceEventId: id, eventType, ...more })]);
      await serveOnce(folder, [], env);
      await serveOnce(folder, [], env);
      return stateOf(folder);
    };
    expect(await event('order-1', 'issuance_succeeded')).toBe('issued');
    expect(await event('order-2', 'renewal_failed', { reason: 'the CA is closed' })).toBe('tls_error');
    expect(await event('order-3', 'renewal_succeeded')).toBe('issued');
    expect(connections).toEqual([]);
    // Without the switch, the next round probes.
    await serveOnce(folder);
    expect(connections.length).toBeGreaterThan(0);
  });
});

test('a variable that is not valid stops the daemon before its first round', async () => {
  const folder = project(1);
  for (const name of [
    'TLS_PROBE_TIMEOUT_SECONDS',
    'CERT_EXPIRY_WARN_DAYS',
    'CERT_DEPLOYMENT_ENV',
    'CERT_EVENT_BATCH_SIZE',
  ]) {
    const { code, stderr } = await run(process.execPath, [cliFile, 'serve'], folder, { [name]: 'often' });
    expect([name, code]).toEqual([name, 1]);
    expect(stderr).toContain(`${name} is not valid`);
  }
});
