/** `fettle serve` as a process: rounds, permissions, the lock, metrics, reload, invalid documents, and its end. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fettle, temporaryFolder, writeFiles } from '../support/cli.ts';
import { daemon } from './daemon.ts';

const ISSUER = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: internal }
spec: { localCa: { dir: ../ca, commonName: "Internal CA" } }
`;
const certificate = (name: string): string => `apiVersion: certificates/v1
kind: Certificate
metadata: { name: ${name} }
spec:
  issuer: internal
  dnsNames: [${name}.example.test]
  storage: { file: { certificate: ../tls/${name}.crt, key: ../tls/${name}.key } }
`;
/** Permits the creation of authorities and certificates. */
const ISSUES = `apply: [{ plugin: certificates, steps: ["absent>ready", "absent>normal"], causes: [new] }]\ninterval: 1h\n`;
const HOLDER = join(import.meta.dirname, '../store/fixtures/holder.ts');

function project(config = 'name: shop\nstore: .fettle\n'): string {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, {
    'fettle.yaml': config,
    'desired/issuer.yaml': ISSUER,
    'desired/www.yaml': certificate('www'),
  });
  return folder;
}

async function commands(folder: string): Promise<readonly string[]> {
  const { stdout } = await fettle(folder, 'log', 'list', '--format', 'json');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; body: { command?: string } })
    .flatMap(({ kind, body }) => (kind === 'run' ? [body.command ?? ''] : []));
}

describe('without permissions', () => {
  test('a round records the refresh, applies nothing, and shows metrics', async () => {
    const folder = project();
    const running = await daemon(folder);
    await running.said(/shop: .*2 to apply/u);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(false);
    expect(await commands(folder)).toEqual(['serve']);
    expect(await running.ask('/healthz')).toEqual({ status: 200, text: '{"ok":true}\n' });
    expect(await running.ask('/readyz')).toEqual({ status: 200, text: 'ready\n' });
    const { text } = await running.ask('/metrics');
    expect(text).toContain('fettle_plan_rows{project="shop",verdict="accept",goal="create"} 2');
    expect(text).toContain('fettle_rounds_total{project="shop",outcome="ok"} 1');
    expect(text).toContain('fettle_rounds_total{project="shop",outcome="stopped"} 0');
    expect(text).toContain('fettle_refresh_interval_seconds{project="shop"} 300');
    expect((await running.ask('/other')).status).toBe(404);
    expect((await running.ask('/-/reload')).status).toBe(405);
    expect(await running.stop()).toBe(0);
    expect(running.lines()).toContain('stopping: running actions finish');
    expect((await fettle(folder, 'lock', 'status')).stdout).toMatch(/is not held$/mu);
  });
});

describe('with permissions', () => {
  test('a round applies the permitted rows alone, and the next rounds go on', async () => {
    const folder = project();
    const running = await daemon(folder, ISSUES);
    await running.said(/shop: .*actions done/u);
    const first = running.lines();
    writeFiles(folder, { 'desired/api.yaml': certificate('api') });
    await running.ask('/-/reload', 'POST');
    await expect.poll(() => existsSync(join(folder, 'tls/api.crt')), { timeout: 60_000 }).toBe(true);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(true);
    expect(first).toContain('done');
    await running.said(/shop: .*\n[^]*shop: .*1 action done/u);
    const { text } = await running.ask('/metrics');
    expect(text).toMatch(
      /fettle_actions_total\{project="shop",plugin="certificates",step="absent>normal",outcome="done"\} [12]/u,
    );
    expect(await running.stop('SIGINT')).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });

  test('a project narrows what its host permits', async () => {
    const folder = project('name: shop\nstore: .fettle\nserve: { apply: [] }\n');
    const running = await daemon(folder, ISSUES);
    await running.said(/shop: .*to apply/u);
    expect(existsSync(join(folder, 'tls/www.crt'))).toBe(false);
    await running.stop();
  });
});

describe('the lock', () => {
  test('of another process makes a round refresh without a record, and the next one records', async () => {
    const folder = project();
    await fettle(folder, 'drift', '--record');
    const holder = spawn(process.execPath, [HOLDER, join(folder, '.fettle')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PROJECT: 'shop' },
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    const running = await daemon(folder, ISSUES);
    await running.said(/2 to apply.*not recorded, because another process holds the lock/u);
    expect((await running.ask('/metrics')).text).toContain('fettle_rounds_total{project="shop",outcome="locked"} 1');
    holder.kill('SIGKILL');
    await once(holder, 'close');
    await running.ask('/-/reload', 'POST');
    await running.said(/holds the lock\n[^]*shop: .*\n/u);
    await running.stop();
    expect(await commands(folder)).toEqual(['drift', 'serve']);
  });
});

describe('documents that are not valid', () => {
  /** The value of the metric that says if the documents could be read. */
  async function isLoaded(running: Awaited<ReturnType<typeof daemon>>): Promise<string | undefined> {
    const { text } = await running.ask('/metrics');
    return /^fettle_config_last_reload_successful\{project="shop"\} (\d)$/mu.exec(text)?.[1];
  }

  test('leave the last valid ones in force, by name', async () => {
    const folder = project();
    const running = await daemon(folder);
    await running.said(/shop: .* 2 to apply/u);
    writeFiles(folder, {
      'desired/www.yaml': `${certificate('www')}  odd: 1\n`,
      'desired/api.yaml': certificate('api'),
    });
    running.signal('SIGHUP');
    await running.said(
      /shop: desired.www.yaml:8:3 error unknown-key[^]*shop: .* 2 to apply, 0 rejected, by the last valid documents/u,
    );
    expect(await isLoaded(running)).toBe('0');
    writeFiles(folder, { 'desired/www.yaml': certificate('www') });
    running.signal('SIGHUP');
    await running.said(/by the last valid documents[^]*shop: .* 3 to apply, 0 rejected\n/u);
    expect(await isLoaded(running)).toBe('1');
    await running.stop();
  });

  test('in the configuration leave the last valid one in force', async () => {
    const folder = project();
    const valid = readFileSync(join(folder, 'fettle.yaml'), 'utf8');
    const running = await daemon(folder);
    await running.said(/shop: .* 2 to apply/u);
    writeFiles(folder, { 'fettle.yaml': `${valid}odd: 1\n` });
    running.signal('SIGHUP');
    await running.said(/error unknown-key[^]*shop: .* 2 to apply, 0 rejected, by the last valid documents/u);
    writeFiles(folder, { 'fettle.yaml': valid });
    running.signal('SIGHUP');
    await running.said(/by the last valid documents[^]*shop: .* 2 to apply, 0 rejected\n/u);
    await running.stop();
  });

  test.each([
    ['another store', 'name: shop\nstore: other\n', /shop: .* 3 to apply, 0 rejected\n/u],
    ['another name', 'name: other\nstore: .fettle\n', /the log of .* belongs to the project shop/u],
  ])('that name %s leave the one in force, until a restart', async (_name, config, restarted) => {
    const folder = project();
    const running = await daemon(folder);
    await running.said(/shop: .* 2 to apply/u);
    writeFiles(folder, { 'fettle.yaml': config, 'desired/api.yaml': certificate('api') });
    running.signal('SIGHUP');
    await running.said(/error other-store[^]*shop: .* 2 to apply, 0 rejected, by the last valid documents/u);
    expect(await isLoaded(running)).toBe('0');
    // The next rounds too.
    running.signal('SIGHUP');
    await running.said(/(?:by the last valid documents[^]*){2}/u);
    expect(await running.stop()).toBe(0);
    expect(existsSync(join(folder, 'other'))).toBe(false);
    writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n' });
    expect((await commands(folder)).length).toBeGreaterThan(1);
    writeFiles(folder, { 'fettle.yaml': config });
    const again = await daemon(folder);
    await again.said(restarted);
    await again.stop();
  });

  test('from the start fail the round, by name, and the daemon goes on', async () => {
    const folder = project();
    writeFiles(folder, { 'desired/www.yaml': `${certificate('www')}  odd: 1\n` });
    const running = await daemon(folder);
    await running.said(/shop: desired.www.yaml:8:3 error unknown-key[^]*shop: the round ended with exit code 1/u);
    expect(await isLoaded(running)).toBe('0');
    writeFiles(folder, { 'desired/www.yaml': certificate('www') });
    running.signal('SIGHUP');
    await running.said(/exit code 1[^]*shop: .* 2 to apply/u);
    await running.stop();
  });
});

describe('the file of the host', () => {
  test.each<[string, string, string]>([
    [
      'an unknown plugin',
      'apply: [{ plugin: certificate, steps: ["a>b"], causes: [time] }]',
      'did you mean `certificates`?',
    ],
    [
      'an unknown step',
      'apply: [{ plugin: certificates, steps: ["normal>normol"], causes: [time] }]',
      'is not a step of certificates',
    ],
    ['a short interval', 'interval: 1s', '10s'],
    ['an unknown key', 'intervall: 1m', '`interval`'],
  ])('with %s is refused', async (_name, text, message) => {
    const file = join(temporaryFolder(), 'serve.yaml');
    writeFileSync(file, `${text}\n`);
    const { code, stderr } = await fettle(project(), 'serve', '--once', '--serve-config', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  test('in the repository is refused, as a pull request can change it', async () => {
    const folder = project();
    writeFiles(folder, { 'serve.yaml': ISSUES });
    const { code, stderr } = await fettle(folder, 'serve', '--once', '--serve-config', 'serve.yaml');
    expect([code, stderr]).toEqual([1, expect.stringContaining('where a pull request can change it')]);
  });

  test('that every user can write is refused', async () => {
    const file = join(temporaryFolder(), 'serve.yaml');
    writeFileSync(file, ISSUES);
    chmodSync(file, 0o666);
    const { code, stderr } = await fettle(project(), 'serve', '--once', '--serve-config', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining('can be written by every user')]);
  });
});

/** The shortest interval: the tests wait for it at the same time. */
describe.concurrent('a later round', () => {
  const QUICK = ISSUES.replace('1h', '10s');

  test('refreshes what is due alone, and counts every resource', async (context) => {
    const folder = project();
    const running = await daemon(folder, QUICK, [], {}, context);
    await running.said(/shop: 0 resources refreshed.*2 actions done/u);
    // The new resources have a row in the plan of the first round.
    await running.said(/shop: 2 of 2 resources refreshed|shop: 1 of 2 resources refreshed/u);
    await running.said(/shop: 1 of 2 resources refreshed in .*, 0 drifted, 0 to apply/u);
    const { text } = await running.ask('/metrics');
    expect(text).toContain(
      'fettle_resources{project="shop",plugin="certificates",kind="Certificate",state="normal"} 1',
    );
    expect(text).toContain('fettle_resources{project="shop",plugin="certificates",kind="Issuer",state="ready"} 1');
  });

  test('records a refusal once', async (context) => {
    const freeze = 'safety: { freeze: [{ cron: "0 0 1 1 *", for: 366d, reason: closed }] }';
    const folder = project(`name: shop\nstore: .fettle\n${freeze}\n`);
    const running = await daemon(folder, QUICK, [], {}, context);
    await running.said(/(?:shop: .*refreshed[^]*){3}/u);
    expect(await running.stop()).toBe(0);
    const { stdout } = await fettle(folder, 'log', 'list', '--format', 'json');
    const kinds = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === 'run').length).toBeGreaterThan(2);
    expect(kinds.filter((kind) => kind === 'refusal').length).toBe(2);
  });

  test('refreshes everything if a document was edited, or at a reload', async (context) => {
    const folder = project();
    const running = await daemon(folder, QUICK, [], {}, context);
    await running.said(/shop: 1 of 2 resources refreshed/u);
    const lines = running.lines().length;
    const later = (): string => running.lines().slice(lines);
    writeFiles(folder, {
      'desired/www.yaml': certificate('www').replace('{ name: www }', '{ name: www, labels: { a: b } }'),
    });
    await context.expect.poll(later, { timeout: 60_000 }).toMatch(/shop: 2 resources refreshed/u);
    await running.ask('/-/reload', 'POST');
    await context.expect
      .poll(later, { timeout: 60_000 })
      .toMatch(/shop: 2 resources refreshed[^]*shop: 2 resources refreshed/u);
  });
});

test('several projects of a folder are served, each with its own rounds', async () => {
  const folder = temporaryFolder();
  for (const name of ['a', 'b'])
    writeFiles(folder, {
      [`${name}/fettle.yaml`]: `name: ${name}\nstore: .fettle\n`,
      [`${name}/desired/issuer.yaml`]: ISSUER,
    });
  const running = await daemon(folder, undefined, ['--projects', '.']);
  await running.said(/^a: .*to apply/mu);
  await running.said(/^b: .*to apply/mu);
  await running.stop();
  expect(await commands(join(folder, 'b'))).toEqual(['serve']);
});
