/**
 * Stored certificates become served: swaps, reloads and probes of every address, through whole commands and real
 * servers.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Memory, spanText } from '#plugin';
import { type Daemon, freePort, startNginx } from '../../support/daemons.ts';
import { dnsServer } from '../../support/dns.ts';
import { reloadingServer } from '../../support/reloading-server.ts';
import { ISSUER, type Project, certificateText, interrupted, projectOf } from './project.ts';
import { DAY, MINUTE } from './support.ts';

const HUP = 'reload: { signal: { pidFile: server.pid } }';
const NGINX = 'reload: { signal: { pidFile: nginx.pid } }';

function settings(more: Readonly<Record<string, unknown>> = {}): string {
  const all = { pidFiles: ['server.pid', 'nginx.pid'], ...more };
  return `plugins: { certificates: ${JSON.stringify(all)} }\n`;
}

function domainText(name: string, port: number, more = ''): string {
  return `apiVersion: certificates/v1
kind: Domain
metadata: { name: ${name} }
spec:
  host: ${name}.example.test
  port: ${port}
  certificate: ${name}
  trust: [ca/ca.crt]
  ${more === '' ? 'address: 127.0.0.1' : more}
`;
}

/** A project whose certificates have 20 days left: the served ones are compared with today. */
async function aging(names: readonly string[] = ['www'], more = '', config = settings()): Promise<Project> {
  const documents = (spec = ''): readonly (readonly [string, string])[] =>
    names.map((name) => [`${name}.yaml`, certificateText(name, spec)]);
  const project = projectOf({ 'ca.yaml': ISSUER, ...Object.fromEntries(documents()) }, config);
  const now = Date.now();
  project.clock.at = now - 70 * DAY;
  await project.run('apply --yes');
  project.clock.at = now;
  // No reload before there was a certificate.
  for (const [path, text] of documents(more)) project.write(path, text);
  return project;
}

function storedIn({ folder }: Project, name = 'www'): string {
  const text = execFileSync('openssl', [
    'x509',
    '-in',
    join(folder, `tls/${name}.crt`),
    '-noout',
    '-fingerprint',
    '-sha256',
  ]);
  return text.toString().split('=')[1]?.trim() ?? '';
}

/** The certificate that a server presents to openssl. */
function servedAt(port: number, name = 'www', address = '127.0.0.1'): string {
  const shown = execFileSync(
    'openssl',
    ['s_client', '-connect', `${address}:${port}`, '-servername', `${name}.example.test`],
    { input: '', stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const text = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: shown });
  return text.toString().split('=')[1]?.trim() ?? '';
}

async function nginx({ folder }: Project, servers: Readonly<Record<string, number>>): Promise<Daemon> {
  const blocks = Object.entries(servers).map(
    ([name, port]) =>
      `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/tls/${name}.crt; ssl_certificate_key ${folder}/tls/${name}.key; }`,
  );
  const daemon = await startNginx(folder, blocks.join(' '), Object.values(servers));
  onTestFinished(daemon.stop);
  return daemon;
}

const kept = async (project: Project, name = 'www'): Promise<Memory['kept']> => (await project.memory(name)).kept;

describe('nginx', () => {
  test('is reloaded after a renewal, which ends when it serves the new certificate', async () => {
    const project = await aging(['www'], NGINX);
    const port = await freePort();
    await nginx(project, { www: port });
    project.write('d.yaml', domainText('www', port));
    const before = storedIn(project);
    expect(servedAt(port)).toBe(before);
    const { stdout } = await project.run('apply --yes');
    expect(stdout).toContain('expiring_soon > renewing');
    expect(storedIn(project)).not.toBe(before);
    expect(servedAt(port)).toBe(storedIn(project));
    expect((await project.run('plan --detailed-exitcode --fail-on findings')).stdout).toContain('0 findings');
    const memory = await kept(project);
    expect(memory).toMatchObject({ issued: 2, servers: [{ host: 'www.example.test', port, address: '127.0.0.1' }] });
    expect(memory['reloaded']).toBe(memory['fingerprint']);
  });

  test('is reloaded once for all its certificates', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    const project = await aging(names, NGINX);
    const ports = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await freePort()] as const)),
    ) as Readonly<Record<string, number>>;
    const daemon = await nginx(project, ports);
    for (const name of names) project.write(`d-${name}.yaml`, domainText(name, ports[name] ?? 0));
    await project.run('apply --yes');
    for (const name of names) expect([name, servedAt(ports[name] ?? 0, name)]).toEqual([name, storedIn(project, name)]);
    expect(daemon.log().match(/\(SIGHUP\) received/gu)).toHaveLength(1);
  });

  test('that failed over expired certificates starts again after their recovery', async () => {
    const project = await aging(['www'], NGINX);
    project.clock.at += 21 * DAY;
    const port = await freePort();
    await nginx(project, { www: port });
    project.write('d.yaml', domainText('www', port));
    await project.run('apply --yes');
    expect(servedAt(port)).toBe(storedIn(project));
    expect((await project.memory()).state).toBe('normal');
  });

  test('gets files that are stored elsewhere from a command', async () => {
    const push = ['sh', 'push.sh'];
    const documents = {
      'ca.yaml': ISSUER,
      'www.yaml': certificateText('www', `deploy: { command: ${JSON.stringify(push)} }\n${NGINX}`),
      'push.sh': 'mkdir -p there && cp "$FETTLE_CERTIFICATE" there/www.crt && cp "$FETTLE_KEY" there/www.key\n',
    };
    const project = projectOf(documents, settings({ commands: [push] }));
    const now = Date.now();
    project.clock.at = now - 70 * DAY;
    // No server runs yet: the pair is stored, deployed and owned, and its reload is due later.
    const first = await project.run('apply --yes');
    expect(first.stdout).toContain('the certificate is stored and was not delivered to its servers: ');
    expect(first.stdout).toContain('Start the service; a later apply reloads it');
    expect(await project.memory()).toMatchObject({ owned: 'created', state: 'normal', kept: { issued: 1 } });
    expect((await project.run('plan')).stdout).toContain('WAITING backoff: after 1 unsuccessful reload');
    project.clock.at = now;
    const port = await freePort();
    const there = join(project.folder, 'there');
    const daemon = await startNginx(
      project.folder,
      `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${there}/www.crt; ssl_certificate_key ${there}/www.key; }`,
      [port],
    );
    onTestFinished(daemon.stop);
    project.write('d.yaml', domainText('www', port));
    await project.run('apply --yes');
    expect(servedAt(port)).toBe(storedIn(project));
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 2 } });
  });
});

describe('a stored certificate that is not served', () => {
  test('is reported, and fixed by a reload once one is possible, without a new issue', async () => {
    const project = await aging();
    const server = reloadingServer(project.folder, 'www', { pid: 'server' });
    const port = await server.start();
    project.write('d.yaml', domainText('www', port));
    await project.run('apply --yes');
    const stored = storedIn(project);
    expect(servedAt(port)).not.toBe(stored);
    const planned = await project.run('plan --detailed-exitcode');
    expect(planned.stdout).toContain('served-older-than-stored');
    expect(planned.stdout).not.toContain('normal > normal');
    project.write('www.yaml', certificateText('www', HUP));
    const { stdout } = await project.run('plan --detailed-exitcode', 2);
    expect(stdout).toContain(
      `normal > normal  www.example.test:${port} (127.0.0.1) still serves the previous certificate  (progress)`,
    );
    await project.run('apply --yes');
    expect(storedIn(project)).toBe(stored);
    expect(servedAt(port)).toBe(stored);
    expect(await kept(project)).toMatchObject({ issued: 2 });
    await project.run('plan --detailed-exitcode --fail-on findings');
  });

  test('fails its renewal, is retried by reloads alone, later each time, and ends by itself', async () => {
    const project = await aging(['www'], `${HUP}\nserved: { withinSeconds: 1, maxRetries: 4 }`);
    const server = reloadingServer(project.folder, 'www', { pid: 'server', deaf: true });
    const port = await server.start();
    project.write('d.yaml', domainText('www', port));
    const failed = await project.run('apply --yes', 7);
    expect(failed.stdout).toContain(
      `the certificate is stored, and www.example.test:${port} (127.0.0.1) does not serve it 1 s after the reload`,
    );
    const stored = storedIn(project);
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 2, unserved_tries: 1 } });
    // Each unsuccessful reload makes the next one wait longer.
    for (const minutes of [1, 2, 4]) {
      const waiting = await project.run('apply --yes');
      expect(waiting.stdout).toContain(`WAITING backoff: after`);
      expect(waiting.stdout).toContain(`the next attempt waits ${spanText(minutes * MINUTE)}`);
      project.clock.at += minutes * MINUTE;
      await project.run('apply --yes', 7);
    }
    expect((await project.run('apply --yes', 3)).stdout).toContain(
      'retry-exhausted: 4 unsuccessful reloads in a row, maxRetries is 4',
    );
    expect(storedIn(project)).toBe(stored);
    // Another document starts a new count.
    project.write('www.yaml', certificateText('www', `${HUP}\nserved: { withinSeconds: 1, maxRetries: 3 }`));
    await project.run('apply --yes', 7);
    expect(await kept(project)).toMatchObject({ unserved_tries: 1 });
    // The server is restarted: a refresh is enough. The edits of a failed step are not applied yet.
    await server.stop();
    await server.start(port);
    const { stdout } = await project.run('plan --detailed-exitcode --fail-on findings', 2);
    expect(stdout).toContain('protect: later steps go by these values; reload.signal.pidFile: (none) → "server.pid"');
    expect(stdout).toContain('Plan: 0 to add, 1 to change, 0 to step, 0 to remove. 0 rejected, 0 waiting, 0 findings.');
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 2 } });
  });

  test('fails its renewal if the reload itself fails', async () => {
    const project = await aging(['www'], HUP);
    const failed = await project.run('apply --yes', 7);
    expect(failed.stdout).toContain('the certificate is stored and was not delivered to its servers: ');
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 2, unserved_tries: 1 } });
    const server = reloadingServer(project.folder, 'www', { pid: 'server' });
    await server.start();
    project.clock.at += MINUTE;
    const { stdout } = await project.run('apply --yes');
    expect(stdout).toContain('the servers have not been reloaded since the certificate was stored');
    expect(await project.memory()).toMatchObject({ state: 'normal', kept: { issued: 2, unserved: '' } });
    await project.run('plan --detailed-exitcode');
  });

  test('is reloaded by the next run after one that was killed between swap and reload', async () => {
    const project = await aging(['www'], HUP);
    // A reload is not possible during this run: the simulated kill leaves it for the next one.
    await interrupted(project, 'expiring_soon>renewing', undefined, 7);
    const server = reloadingServer(project.folder, 'www', { pid: 'server' });
    const port = await server.start();
    for (const name of ['crt', 'key'])
      renameSync(join(project.folder, `new.${name}`), join(project.folder, `tls/www.${name}`));
    expect(servedAt(port)).not.toBe(storedIn(project));
    // No Domain shows it: the missing reload is in the state.
    expect((await project.run('apply --yes')).stdout).toContain('the servers have not been reloaded since');
    expect(servedAt(port)).toBe(storedIn(project));
    await project.run('plan --detailed-exitcode');
  });
});

describe('several addresses', () => {
  test('must all serve it; one that was behind before is reported, and does not fail the next renewal', async () => {
    const dns = await dnsServer({ 'www.example.test': { a: ['127.0.0.1', '127.0.0.2'] } });
    const config = settings({ probe: { resolvers: [dns.address] } });
    const project = await aging(['www'], `${HUP}\nserved: { withinSeconds: 5 }`, config);
    const good = reloadingServer(project.folder, 'www', { pid: 'server' });
    const stale = reloadingServer(project.folder, 'www', { pid: 'stale', address: '127.0.0.2', deaf: true });
    const port = await good.start();
    await stale.start(port);
    project.write('d.yaml', domainText('www', port, 'expiryWarnDays: 30'));
    const failed = await project.run('apply --yes', 7);
    expect(failed.stdout).toContain(`www.example.test:${port} (127.0.0.2) does not serve it 5 s after the reload`);
    expect(servedAt(port)).toBe(storedIn(project));
    expect(servedAt(port, 'www', '127.0.0.2')).not.toBe(storedIn(project));
    const planned = await project.run('plan');
    expect(planned.stdout).toContain('stale-address: 127.0.0.2 serves sha256:');
    expect(planned.stdout).toContain(' and served at 127.0.0.1');
    // Its document asks for another one: addresses with the previous one must serve it, and the other stays behind.
    project.clock.at += DAY;
    const asks = `renewal: { issuedAfter: ${new Date(project.clock.at - MINUTE).toISOString()} }`;
    project.write('www.yaml', certificateText('www', `${HUP}\n${asks}`));
    const renewed = await project.run('apply --yes');
    expect(renewed.stdout).toContain('normal > renewing');
    expect(servedAt(port)).toBe(storedIn(project));
  });

  test('an address that its name loses meanwhile is not awaited', async () => {
    const dns = await dnsServer({ 'www.example.test': { a: ['127.0.0.1', '127.0.0.2'] } });
    const config = settings({ probe: { resolvers: [dns.address] }, commands: [['sh', 'reload.sh']] });
    const command = 'reload: { command: [sh, reload.sh] }\nserved: { withinSeconds: 120 }';
    const project = projectOf({ 'ca.yaml': ISSUER }, config);
    const now = Date.now();
    project.clock.at = now - 70 * DAY;
    writeFileSync(join(project.folder, 'reload.sh'), 'true\n');
    project.write('www.yaml', certificateText('www', command));
    await project.run('apply --yes');
    project.clock.at = now;
    const good = reloadingServer(project.folder, 'www', { pid: 'server' });
    const stale = reloadingServer(project.folder, 'www', { pid: 'stale', address: '127.0.0.2', deaf: true });
    const port = await good.start();
    await stale.start(port);
    project.write('d.yaml', domainText('www', port, 'expiryWarnDays: 30'));
    writeFileSync(join(project.folder, 'reload.sh'), 'kill -HUP "$(cat server.pid)"\n');
    const running = project.run('apply --yes');
    // Once it is waited for, it goes.
    const waits = (): boolean => servedAt(port) === storedIn(project);
    const first = storedIn(project);
    while (storedIn(project) === first || !waits()) await new Promise((resolve) => setTimeout(resolve, 20));
    dns.names.set('www.example.test', { a: ['127.0.0.1'] });
    await running;
    expect((await project.memory()).failures).toBeUndefined();
  });
});

describe('a DNS server that is unreachable', () => {
  const closed = settings({ probe: { resolvers: ['127.0.0.1:9'] } });

  test('does not block a renewal, and its Domain is a gap', async () => {
    const project = await aging(['www'], HUP, closed);
    const server = reloadingServer(project.folder, 'www', { pid: 'server' });
    const port = await server.start();
    project.write('d.yaml', domainText('www', port, 'expiryWarnDays: 30'));
    const before = storedIn(project);
    const { stdout } = await project.run('apply --yes', 4);
    expect(stdout).toContain('www.example.test cannot be resolved: the DNS server 127.0.0.1:9 is unreachable');
    expect(storedIn(project)).not.toBe(before);
    expect(servedAt(port)).toBe(storedIn(project));
  });

  test('blocks a removal: where the certificate is served is not known', async () => {
    const dns = await dnsServer({ 'www.example.test': { a: ['127.0.0.1'] } });
    const config = settings({ probe: { resolvers: [dns.address] } });
    const text = certificateText('www').replace('spec:', 'lifecycle: { onRemove: remove }\nspec:');
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': text }, config);
    project.clock.at = Date.now();
    await project.run('apply --yes');
    const server = reloadingServer(project.folder, 'www', { pid: 'server' });
    project.write('d.yaml', domainText('www', await server.start(), 'expiryWarnDays: 30'));
    await project.run('apply --yes');
    for (const name of ['d', 'www']) rmSync(join(project.folder, `${name}.yaml`));
    const fettleYaml = readFileSync(join(project.folder, 'fettle.yaml'), 'utf8');
    project.write('fettle.yaml', fettleYaml.replace(dns.address, '127.0.0.1:9'));
    expect((await project.run('apply --yes', 4)).stdout).toContain('www.example.test cannot be resolved');
    expect(readFileSync(join(project.folder, 'tls/www.key'), 'utf8')).toContain('PRIVATE KEY');
  });
});

describe('a removal', () => {
  test('of a certificate that a server still serves is rejected, even without its Domain; without the server it is done', async () => {
    const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') }, settings());
    const { folder, write, run } = project;
    project.clock.at = Date.now();
    write('www.yaml', certificateText('www').replace('spec:', 'lifecycle: { onRemove: remove }\nspec:'));
    await run('apply --yes');
    const server = reloadingServer(folder, 'www', { pid: 'server' });
    const port = await server.start();
    write('d.yaml', domainText('www', port));
    await run('apply --yes');
    rmSync(join(folder, 'd.yaml'));
    rmSync(join(folder, 'www.yaml'));
    for (let i = 0; i < 2; i++)
      expect((await run('apply --yes', 3)).stdout).toContain(
        `still-served: the certificate is served at www.example.test:${port} (127.0.0.1)`,
      );
    expect(readFileSync(join(folder, 'tls/www.key'), 'utf8')).toContain('PRIVATE KEY');
    await server.stop();
    expect((await run('apply --yes')).stdout).toContain('normal > absent');
    expect(() => readFileSync(join(folder, 'tls/www.key'))).toThrow('ENOENT');
  });
});
