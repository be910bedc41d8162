/** `fettle.yaml`: where it is found, its defaults, and its errors with their places. */

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durationMs, shareOf } from '#plugin';
import { type LoadedConfig, loadConfig, projectName } from '../../../src/engine/load/config.ts';
import { builtinPlugins } from '../../../src/plugins.ts';
import { brief, folderOf } from './files.ts';

/** Epoch ms. */
const NOW = Date.parse('2026-11-20T12:00:00Z');

const defaults = {
  desired: ['desired/'],
  store: '.fettle',
  storeFrom: 'default',
  onDamage: 'stop',
  plugins: {},
  safety: {
    maxAgeMs: 60_000,
    removals: { max: 10, share: 0.3, from: 4, perMs: 3_600_000 },
    collapse: { share: 0.5, from: 4 },
    budgets: [],
    freeze: [],
    overrides: [],
  },
  suppress: [],
  confirm: [],
  unloaded: [],
  serveWatch: true,
  owners: 'everybody',
};

async function read(text: string | Uint8Array): Promise<LoadedConfig> {
  return loadConfig({
    owners: 'everybody',
    startFolder: folderOf({ 'fettle.yaml': text }),
    plugins: builtinPlugins,
    now: NOW,
  });
}

describe('the configuration', () => {
  it('has defaults without a file', async () => {
    const startFolder = join(folderOf({}), 'My shop (2)');
    mkdirSync(startFolder);
    const { config, problems } = await loadConfig({
      owners: 'everybody',
      startFolder,
      plugins: builtinPlugins,
      now: NOW,
    });
    expect(problems).toEqual([]);
    expect(config).toEqual({
      ...defaults,
      name: 'My-shop-2',
      nameWritten: false,
      folder: startFolder,
      root: startFolder,
    });
  });

  it.each(['', '# nothing\n', '---\n', '{}\n'])('has defaults for the text %j', async (text) => {
    const { config, problems } = await read(text);
    expect(problems).toEqual([]);
    expect(config).toEqual({
      ...defaults,
      name: basename(config.folder),
      nameWritten: false,
      folder: config.folder,
      root: config.folder,
      file: join(config.folder, 'fettle.yaml'),
    });
  });

  it('has the values of the file', async () => {
    const { config, problems } = await read(
      [
        'name: shop',
        'desired: [live/, "more/*.yaml"]',
        'store: .fettle',
        'parallelism: 3',
        'onDamage: recover',
        'plugins: { certificates: { parallelism: 2, probe: { concurrency: 7 } } }',
        'safety: { maxAge: 5m, removals: { max: 0, share: 12.5%, from: 1 } }',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(config).toEqual({
      name: 'shop',
      nameWritten: true,
      desired: ['live/', 'more/*.yaml'],
      store: '.fettle',
      storeFrom: 'file',
      parallelism: 3,
      onDamage: 'recover',
      plugins: {
        certificates: {
          parallelism: 2,
          config: expect.objectContaining({
            probe: expect.objectContaining({ concurrency: 7, connectSeconds: 5, totalSeconds: 10 }),
          }),
        },
      },
      safety: {
        ...defaults.safety,
        maxAgeMs: 300_000,
        removals: { max: 0, share: 0.125, from: 1, perMs: 3_600_000 },
      },
      suppress: [],
      confirm: [],
      unloaded: [],
      serveWatch: true,
      owners: 'everybody',
      file: join(config.folder, 'fettle.yaml'),
      folder: config.folder,
      root: config.folder,
    });
  });

  it('takes one path or a list', async () => {
    expect((await read('desired: live\n')).config.desired).toEqual(['live']);
  });

  it('leaves the parallelism of a plugin undefined if the file does not set it', async () => {
    const { config } = await read('plugins: { certificates: {} }\n');
    expect(config.plugins['certificates']).not.toHaveProperty('parallelism');
  });

  it('is found in this folder or above, and not below', async () => {
    const folder = folderOf({ 'fettle.yaml': 'name: up\n', 'a/b/c.txt': '', 'a/x/fettle.yaml': 'name: down\n' });
    const from = async (startFolder: string) =>
      (await loadConfig({ owners: 'everybody', startFolder, plugins: builtinPlugins, now: NOW })).config;
    expect((await from(join(folder, 'a/b'))).name).toBe('up');
    expect((await from(join(folder, 'a/b'))).folder).toBe(folder);
    expect((await from(join(folder, 'a/x'))).name).toBe('down');
  });

  it('can be named, and must then exist', async () => {
    const folder = folderOf({ 'fettle.yaml': 'name: up\n', 'other/x.cfg': 'name: x\n' });
    const explicit = join(folder, 'other/x.cfg');
    const { config } = await loadConfig({
      owners: 'everybody',
      startFolder: folder,
      explicit,
      plugins: builtinPlugins,
      now: NOW,
    });
    expect([config.name, config.folder, config.file]).toEqual(['x', dirname(explicit), explicit]);
    const gone = await loadConfig({
      owners: 'everybody',
      startFolder: folder,
      explicit: join(folder, 'gone.yaml'),
      plugins: builtinPlugins,
      now: NOW,
    });
    expect(brief(gone.problems)).toEqual(['gone.yaml:1:1 unreadable-file']);
  });

  it('is shown relative to the current folder', async () => {
    const folder = folderOf({ 'fettle.yaml': 'nam: x\n', 'a/b.txt': '' });
    const { problems } = await loadConfig({
      owners: 'everybody',
      startFolder: join(folder, 'a'),
      plugins: builtinPlugins,
      now: NOW,
    });
    expect(brief(problems)).toEqual(['../fettle.yaml:1:1 unknown-key']);
  });

  it.each<[string, string | Uint8Array, readonly string[], readonly string[]]>([
    ['a misspelt key', 'paralelism: 3\n', ['fettle.yaml:1:1 unknown-key'], ['did you mean `parallelism`']],
    ['a wrong name', 'name: a b\n', ['fettle.yaml:1:7 wrong-value'], []],
    ['no duration', 'safety: { maxAge: 60 }\n', ['fettle.yaml:1:19 wrong-type'], ['quotes']],
    ['a duration without a unit', 'safety: { maxAge: "60" }\n', ['fettle.yaml:1:19 wrong-value'], ['a duration like']],
    [
      'a share that is not a percentage',
      'safety: { removals: { share: 130% } }\n',
      ['fettle.yaml:1:30 wrong-value'],
      ['a percentage like 30%'],
    ],
    ['a wrong word', 'onDamage: recovr\n', ['fettle.yaml:1:11 wrong-value'], ['did you mean `recover`']],
    [
      'an unknown plugin',
      'plugins:\n  certificate: {}\n',
      ['fettle.yaml:2:3 unknown-key'],
      ['did you mean `certificates`'],
    ],
    [
      'a wrong setting of a plugin',
      'plugins:\n  certificates:\n    probe: { concurrency: 0, timeout: 3 }\n',
      ['fettle.yaml:3:27 wrong-value', 'fettle.yaml:3:30 unknown-key'],
      ['from 1 to 1000', 'concurrency'],
    ],
    ['a plugin without a mapping', 'plugins:\n  certificates: yes\n', ['fettle.yaml:2:17 wrong-type'], ['a mapping']],
    ['a list', '- a\n', ['fettle.yaml:1:1 not-a-mapping'], []],
    ['two documents', 'name: a\n---\nname: b\n', ['fettle.yaml:3:1 bad-config'], ['one document']],
    ['no YAML', 'name: [\n', ['fettle.yaml:2:1 yaml-syntax'], []],
    [
      'a secret',
      'plugins: { certificates: { token: "${env:X}" } }\n',
      ['fettle.yaml:1:28 unknown-key', 'fettle.yaml:1:35 secret-not-allowed'],
      [],
    ],
    ['a NUL', 'name: a\0\n', ['fettle.yaml:1:8 binary'], []],
    ['a long run of blank lines', `name: a\n${'\n'.repeat(2_000)}`, ['fettle.yaml:2:1 blank-run'], []],
    ['UTF-16', Buffer.from('\ufeffname: a', 'utf16le'), ['fettle.yaml:1:1 utf-16'], []],
    [
      'several mistakes',
      'name: 7\nstore: []\nsafety: { removals: { max: -1 } }\n',
      ['fettle.yaml:1:7 wrong-type', 'fettle.yaml:2:8 wrong-type', 'fettle.yaml:3:28 wrong-value'],
      [],
    ],
  ])('has a problem with its place: %s', async (_name, text, at, says) => {
    const { config, problems } = await read(text);
    expect(brief(problems)).toEqual(at);
    const words = problems.map(({ message, suggestion }) => `${message}\n${suggestion ?? ''}`).join('\n');
    for (const each of says) expect(words).toContain(each);
    expect(config).toMatchObject(defaults);
  });
});

describe('safety and drift', () => {
  it('become limits in ms, and shares between 0 and 1', async () => {
    const { config, problems } = await read(
      [
        'safety:',
        '  collapse: { share: 20%, from: 2 }',
        '  removals: { per: 2h }',
        '  budgets: [{ match: { plugin: certificates, labels: { pool: web } }, max: 1, per: 1h }, { max: 5, per: 1d }]',
        '  freeze: [{ cron: "0 16 * * FRI", for: 64h, timezone: Europe/Berlin, reason: weekend }]',
        '  overrides: [{ rule: freeze, address: certificates/Certificate/www, until: 2026-12-01T00:00:00Z, reason: r }]',
        'drift: { suppress: [{ address: "nodes/Node/*", path: /labels/x, until: 2026-12-01T00:00:00Z, owner: o, reason: r }] }',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(config.safety).toEqual({
      maxAgeMs: 60_000,
      removals: { max: 10, share: 0.3, from: 4, perMs: 7_200_000 },
      collapse: { share: 0.2, from: 2 },
      budgets: [
        { match: { plugin: 'certificates', labels: { pool: 'web' } }, max: 1, perMs: 3_600_000 },
        { match: { labels: {} }, max: 5, perMs: 86_400_000 },
      ],
      freeze: [{ cron: '0 16 * * FRI', forMs: 230_400_000, timezone: 'Europe/Berlin', reason: 'weekend' }],
      overrides: [
        {
          rule: 'freeze',
          address: 'certificates/Certificate/www',
          until: Date.parse('2026-12-01T00:00:00Z'),
          reason: 'r',
        },
      ],
    });
    expect(config.suppress).toEqual([
      {
        address: 'nodes/Node/*',
        path: '/labels/x',
        until: Date.parse('2026-12-01T00:00:00Z'),
        owner: 'o',
        reason: 'r',
      },
    ]);
  });

  it('reports an expired override as a warning, and leaves it out', async () => {
    const { config, problems } = await read(
      [
        'safety:',
        '  overrides: [{ rule: freeze, address: certificates/Certificate/www, until: 2026-11-20T12:00:00Z, reason: r }]',
        'drift: { suppress: [{ address: "nodes/Node/*", path: /power, until: 2026-01-01T00:00:00Z, owner: o, reason: r }] }',
      ].join('\n'),
    );
    expect(problems.map(({ code, severity, at }) => [code, severity, at?.line])).toEqual([
      ['expired', 'warning', 2],
      ['expired', 'warning', 3],
    ]);
    expect(config.safety.overrides).toEqual([]);
    expect(config.suppress.length).toBe(1);
  });

  const suppress = (text: string) =>
    `drift: { suppress: [{ ${text}, until: 2026-12-01T00:00:00Z, owner: o, reason: r }] }`;
  it.each([
    'address: "**", path: /dnsNames',
    'address: "nod*/N*/web-?", path: /labels/seen',
    'address: "certificates/**", path: /storage',
    'address: "certificates/Certificate/*", path: /storage/file/key/mode',
    'address: "certificates/Certificate/*", path: /storage/directory/leftovers',
    'address: certificates/Issuer/ca, path: /localCa/fingerprint',
    'address: "**", finding: stuck',
    'address: certificates/Domain/old, finding: unreachable',
  ])('suppresses %s', async (text) => {
    expect((await read(suppress(text))).problems).toEqual([]);
  });

  const override = (text: string) => `safety: { overrides: [{ ${text}, until: 2026-12-01T00:00:00Z, reason: r }] }`;
  it.each([
    ['safety: { budgets: [{ max: 1, per: 8d }] }', '7d'],
    ['safety: { budgets: [{ max: 1, per: 0s }] }', 'longer than 0'],
    ['safety: { removals: { per: 8d } }', '7d'],
    ['safety: { freeze: [{ cron: "* * *", for: 1h, reason: r }] }', 'at least 9'],
    ['safety: { freeze: [{ cron: "61 * * * *", for: 1h, reason: r }] }', 'not a cron expression'],
    ['safety: { freeze: [{ cron: "0 0 30 2 *", for: 1h, reason: r }] }', 'never fires'],
    ['safety: { freeze: [{ cron: "0 0 * * *", for: 400d, reason: r }] }', '366d'],
    ['safety: { freeze: [{ cron: "0 0 * * *", for: 1h, timezone: Mars, reason: r }] }', 'time zone'],
    [override('rule: freze, address: certificates/Certificate/www'), 'did you mean `freeze`'],
    [override('rule: issuer-changed, address: certificates/Domain/www'), 'has no rule'],
    [override('rule: lifecycle, address: certificates/Certificate/www'), 'cannot be overridden'],
    [override('rule: freeze, address: certificates/Certificate/*'), 'not a pattern'],
    ['store: redis://x/y', 'postgres://'],
    ['name: x\nstore: postgres://me:geheim@host/db', 'PGPASSWORD'],
    ['store: postgres://me@host/db', 'needs `name`'],
    ['safety: { budgets: [{ match: { plugin: certificate }, max: 1, per: 1h }] }', 'did you mean `certificates`?'],
    ['safety: { budgets: [{ match: { plugin: nodes, kind: Nod }, max: 1, per: 1h }] }', 'did you mean `Node`?'],
    ['safety: { budgets: [{ match: { plugin: nodes, kind: Domain }, max: 1, per: 1h }] }', 'has no kind "Domain"'],
    ['safety: { budgets: [{ match: { kind: Domian }, max: 1, per: 1h }] }', 'did you mean `Domain`?'],
    [override('rule: freeze, address: certificate/Certificate/www'), 'did you mean `certificates`?'],
    [override('rule: freeze, address: certificates/Certificat/www'), 'did you mean `Certificate`?'],
    [suppress('address: nodes/Node/web'), 'needs the `path` of drift'],
    [suppress('address: nodes/Node/web, path: /power, finding: unhealthy'), 'either `path` or `finding`'],
    [suppress('address: node/Node/web, path: /power'), 'did you mean `nodes`?'],
    [suppress('address: nodes/Nod/web, path: /power'), 'did you mean `nodes/Node`?'],
    [suppress('address: "nodes/*", path: /power'), 'cannot match a kind'],
    [suppress('address: nodes/Node/web, path: /powr'), 'did you mean `/power`?'],
    [suppress('address: nodes/Node/web, path: /dnsNames'), 'is not a field of nodes/Node'],
    [suppress('address: nodes/Node/web, path: /power/x'), 'is not a field of nodes/Node'],
    [suppress('address: nodes/Node/web, finding: unhealty'), 'did you mean `unhealthy`?'],
    [suppress('address: nodes/Node/web, finding: expired'), 'has no finding "expired"'],
    [suppress('address: "certificates/Certificate/*", path: /storage/file/keys/mod'), 'is not a field'],
  ])('%s: %s', async (text, says) => {
    const { problems } = await read(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.map(({ message, suggestion }) => `${message}\n${suggestion ?? ''}`).join('\n')).toContain(says);
    expect(problems.every(({ at }) => at !== undefined)).toBe(true);
    expect(JSON.stringify(problems)).not.toContain('"geheim');
  });

  it.each([
    'store: postgres://me:geheim-1@host/db',
    'store: "postgres://me@host/db?password=geheim-1"',
    'store: mysql://me:geheim-1@host/db',
    'stroe: postgres://me:geheim-1@host/db',
    'store: { at: "postgres://me:geheim-1@host/db" }',
    'password: geheim-1',
    'plugins: { nodes: { provider: { hetzner: { token: geheim-1 } } } }',
    'plugins: { nodes: { workloads: { http: { url: "https://h.test", token: "geheim-1" } } } }',
    'plugins: { nodes: { provider: { hetzner: { tokn: "Bearer geheim-1" } } } }',
    'x: |\n  -----BEGIN PRIVATE KEY-----\n  geheim-1\n  -----END PRIVATE KEY-----\n',
    '-----BEGIN RSA PRIVATE KEY-----\ngeheim-1: [\n',
  ])('no problem repeats a secret of the file: %s', async (text) => {
    const { problems } = await read(text);
    expect(problems.length).toBeGreaterThan(0);
    for (const { message, sourceLine, suggestion } of problems)
      expect([message, sourceLine, suggestion].join('\n')).not.toContain('geheim');
  });

  it('a problem repeats a reference to a secret', async () => {
    const { problems } = await read('name: x\nstroe: "postgres://me:${env:PW}@host/db"');
    expect(problems.map(({ sourceLine }) => sourceLine)).toContain('stroe: "postgres://me:${env:PW}@host/db"');
  });

  it('a secret is allowed only in the address of the store', async () => {
    const good = await read('name: x\nstore: "postgres://me:${env:PW}@host/db"');
    expect(good.problems).toEqual([]);
    expect(good.config.store).toBe('postgres://me:${env:PW}@host/db');
    for (const text of ['store: "${env:STORE}"', 'name: "${env:NAME}"'])
      expect((await read(text)).problems.map(({ code }) => code)).toContain('secret-not-allowed');
  });
});

it.each([
  ['500ms', 500],
  ['60s', 60_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['0s', 0],
  ['5', Number.NaN],
  ['m', Number.NaN],
  ['5 m', Number.NaN],
])('the duration %s is %d ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each([
  ['30%', 0.3],
  ['0%', 0],
  ['100%', 1],
])('the share %s is %d', (text, share) => {
  expect(shareOf(text)).toBeCloseTo(share, 12);
});

it.each([
  ['/home/me/shop', 'shop'],
  ['/home/me/Müller & Söhne', 'Mu-ller-So-hne'],
  ['/', 'project'],
  ['/日本', 'project'],
  [`/${'x'.repeat(100)}`, 'x'.repeat(63)],
])('the project in %s has the name %s', (folder, name) => {
  expect(projectName(folder)).toBe(name);
});
