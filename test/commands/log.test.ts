/** Commands about the log, its lock and the state, on a project of toys. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { misspelt } from '../formats/field-names.ts';
import { type Done, fettle, type Settings } from '../support/command-line.ts';
import type { Change, Plugin } from '#plugin';
import { toyPlugin, type ToyWorld, toyWorld } from '../support/toy.ts';
import { itemsYaml, itemYaml, toyPlugins, toyProject } from '../support/toy-project.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Bench {
  readonly world: ToyWorld;
  readonly folder: string;
  readonly write: (documents: string) => void;
  readonly run: (line: string, settings?: Settings) => Promise<Done>;
}

async function bench(documents: string): Promise<Bench> {
  const world = toyWorld();
  const folder = toyProject(documents);
  folders.push(folder);
  const run = (line: string, settings: Settings = {}) =>
    fettle(folder, line, { plugins: toyPlugins(world), ...settings });
  await run('apply -y');
  return { world, folder, run, write: (text) => writeFileSync(join(folder, 'items.yaml'), text) };
}

const logText = ({ folder }: Bench) =>
  readdirSync(join(folder, '.fettle/log'))
    .sort()
    .map((name) => readFileSync(join(folder, '.fettle/log', name), 'utf8'))
    .join('');

describe('log why', () => {
  it('shows the story of one resource: why, what, and by whom; a repeated refusal is one line', async () => {
    const at = await bench(itemsYaml({ a: 2, b: 2 }));
    at.write(itemsYaml({ a: 13, b: 2 }));
    for (let i = 0; i < 3; i += 1) await at.run('apply -y');
    await at.run('apply -y --override not-thirteen@toy/Item/a --reason luck');
    const { code, stdout } = await at.run('log why toy/Item/a');
    expect(code).toBe(0);
    const words = stdout.split('\n').flatMap((line) => /^ *\d+ {2}\S+ {2}(\S+)/u.exec(line)?.[1] ?? []);
    expect(words).toEqual(['intended', 'done', 'rejected', 'intended', 'done']);
    for (const part of [
      '3 times since',
      'not-thirteen: 13 is not allowed',
      'overridden not-thirteen: luck',
      '/value: 2 → 13',
      '(apply by ',
    ])
      expect(stdout).toContain(part);
    expect(stdout).not.toContain('toy/Item/b');
    const lines = (await at.run('log why toy/Item/a --format json')).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind)).toContain('refusal');
  });

  it('reports that there are no records', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    const { code, stderr } = await at.run('log why toy/Item/z');
    expect([code, stderr]).toEqual([1, 'error: the log has no record of toy/Item/z; did you mean toy/Item/a?\n']);
  });
});

describe('log list', () => {
  it.each([
    ['--step ready>ready', ['intent', 'outcome', 'refusal']],
    ['--outcome rejected', ['refusal']],
    ['--outcome done --step absent>ready', ['outcome', 'outcome']],
    ['--actor mallory', []],
    ['--since 1h --kind run', ['run', 'run', 'run']],
    ['--until 1h', []],
    ['--since 2999-01-01T00:00:00Z', []],
  ])('%s', async (filter, kinds) => {
    const at = await bench(itemsYaml({ a: 2, b: 2 }));
    at.write(itemsYaml({ a: 4, b: 2 }));
    await at.run('apply -y');
    at.write(itemsYaml({ a: 13, b: 2 }));
    await at.run('apply -y');
    const { stdout } = await at.run(`log list --format json ${filter}`);
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
    ).toEqual(kinds);
  });

  it('by action, with the audited facts of each decision', async () => {
    const world = toyWorld();
    const folder = toyProject(itemsYaml({ a: 2, b: 13 }));
    folders.push(folder);
    const { kinds } = toyPlugin;
    const item = kinds['Item'] as NonNullable<(typeof kinds)['Item']>;
    const audit = (change: Change) => ({ action: `item_${change.goal}`, decision_by: 'manual', note: '\u001b[2J' });
    const plugin: Plugin = {
      ...toyPlugin,
      kinds: { Item: { ...item, audit } },
      openReader: async () => world,
      openWriter: async () => world,
    };
    const run = (line: string) => fettle(folder, line, { plugins: new Map([['toy', async () => plugin]]) });
    await run('apply -y');
    const { stdout } = await run('log list --action item_create,item_other');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => line.startsWith('        '))).toEqual(
      Array.from({ length: 3 }, () => '        action="item_create" decision_by="manual" note="\\u001b[2J"'),
    );
    expect(lines.filter((line) => !line.startsWith('        ')).map((line) => line.split(/ {2,}/u)[3])).toEqual([
      'refusal',
      'intent',
      'outcome',
    ]);
    expect((await run('log list --action item_remove')).stdout).toBe('');
    expect((await run('log list --action item_create --outcome rejected --format json')).stdout).toContain('"toy"');
  });

  it('rejects an invalid time', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    expect(await at.run('log list --since yesterday')).toMatchObject({ code: 1 });
  });
});

describe('log export', () => {
  it('prints the exact lines of the log', async () => {
    const at = await bench(itemYaml('a', 2, { labels: '{ "10": x, "9": y, "ä": "\\u2028" }' }));
    expect((await at.run('log export')).stdout).toBe(logText(at));
    expect((await at.run('log export -o out.ndjson')).code).toBe(0);
    expect(readFileSync(join(at.folder, 'out.ndjson'), 'utf8')).toBe(logText(at));
    expect(statSync(join(at.folder, 'out.ndjson')).mode & 0o777).toBe(0o600);
    const over = await at.run('log export -o out.ndjson');
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining('already exists and is not overwritten')]);
    const part = (await at.run('log export --from 2 --to 3')).stdout;
    expect(
      part
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly seq: number }).seq),
    ).toEqual([2, 3]);
  });
});

describe('log prune', () => {
  it('asks, deletes segments, and lists them', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    expect((await at.run('log prune --keep 1')).stderr).toContain('Cannot ask for approval');
    expect((await at.run('log prune --keep 1', { typed: 'no\n' })).code).toBe(1);
    const head = /log head (\S+)/u.exec((await at.run('plan')).stdout.replace('\n', ' '))?.[1];
    const { code, stdout } = await at.run('log prune --keep 1 -y');
    expect([code, stdout]).toEqual([0, expect.stringContaining('the log is complete from record')]);
    expect((await at.run('log verify')).code).toBe(0);
    expect((await at.run(`log verify --head ${head}`)).code).toBe(1);
    expect((await at.run('plan')).stdout).toContain('1 unchanged');
    expect((await at.run('log prune')).stderr).toContain('--keep');
    expect((await at.run('log prune --keep 0 -y')).code).toBe(1);
  });
});

describe('the lock', () => {
  const HOLDER = fileURLToPath(new URL('../store/fixtures/holder.ts', import.meta.url));

  it('is shown, and released by the ID of its holder', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    expect((await at.run('lock status')).stdout).toMatch(/^the lock of .* is not held/u);
    expect((await at.run('force-unlock abc -y')).stderr).toContain('is not held');
    const child = spawn(process.execPath, [HOLDER, join(at.folder, '.fettle')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PROJECT: 'test' },
    });
    try {
      const id = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().split(' ')[1] ?? '')),
      );
      const status = await at.run('lock status');
      expect([status.code, status.stdout]).toEqual([0, expect.stringContaining(`fettle force-unlock ${id}`)]);
      const document = JSON.parse((await at.run('lock status --format json')).stdout) as unknown;
      expect(misspelt(document)).toEqual([]);
      expect(document).toMatchObject({
        held: true,
        lease_ms: 15_000,
        liveness: 'held',
        holder: { id, command: 'hold', pid: child.pid },
      });
      const refused = await at.run('apply -y');
      expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining(`process ${child.pid}`)]);
      expect((await at.run('force-unlock other -y')).stderr).toContain(`Its holder is ${id}`);
      expect((await at.run(`force-unlock ${id}`)).stderr).toContain('Cannot ask for approval');
      const taken = await at.run(`force-unlock ${id} -y --reason "it hangs"`);
      expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('The lock was released')]);
      expect((await at.run('lock status')).stdout).toMatch(/is not held$/mu);
      expect((await at.run('log list --kind run --format json')).stdout).toContain('"reason":"it hangs"');
      child.stdin.write('append late\n');
      const said = await new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      expect(said.trim()).toBe('FenceLostError');
      expect((await at.run('log verify')).code).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('state', () => {
  it('mv: moves the resource, and the references to it', async () => {
    const at = await bench(itemsYaml({ a: 2, b: 2 }));
    at.world.items.set('c', { value: 2, state: 'ready' });
    expect((await at.run('state mv toy/Item/a toy/Item/c --reason renamed')).code).toBe(0);
    at.world.items.delete('a');
    at.write(itemsYaml({ c: 2, b: 2 }));
    expect((await at.run('plan')).stdout).toContain('2 unchanged');
    expect((await at.run('state show toy/Item/c')).stdout).toContain('"created"');
    expect((await at.run('log why toy/Item/c')).stdout).toContain('renamed');
    expect((await at.run('log verify')).code).toBe(0);
    for (const [from, to, says] of [
      ['toy/Item/z', 'toy/Item/y', 'is not in the state'],
      ['toy/Item/c', 'toy/Item/b', 'is already in the state'],
      ['toy/Item/c', 'toy/Other/c', 'keeps its plugin and kind'],
      ['toy/Item/c', 'toy/Item/c', 'identical'],
      ['toy/Item/c', 'c', 'not a valid address'],
    ] as const) {
      const { code, stderr } = await at.run(`state mv ${from} ${to}`);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
    }
  });

  it('forget: the provider keeps the resource, and a declared one is adopted again', async () => {
    const at = await bench(itemsYaml({ a: 2, b: 2, c: 2 }));
    expect((await at.run('state forget toy/Item/z')).code).toBe(1);
    expect((await at.run('state forget toy/Item/a')).code).toBe(0);
    expect((await at.run('state list')).stdout).not.toContain('toy/Item/a');
    expect(at.world.items.size).toBe(3);
    expect((await at.run('plan')).stdout).toContain('adopt');
    expect((await at.run('state forget toy/Item/*')).stderr).toContain('Cannot ask for approval');
    expect((await at.run('state list')).stdout).toContain('toy/Item/b');
    expect((await at.run('state forget "toy/Item/*" -y')).code).toBe(0);
    expect((await at.run('state list')).stdout).toBe('');
  });

  it('forget: asks about a protected resource', async () => {
    const at = await bench(itemYaml('a', 2, { lifecycle: '{ protect: true }' }));
    const { code, stdout } = await at.run('state forget toy/Item/a');
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('Protected resources that lose their protection: toy/Item/a'),
    ]);
  });

  it('pull: every resource, one per line', async () => {
    const at = await bench(itemsYaml({ a: 2, b: 2, c: 2, d: 2 }));
    at.write(itemsYaml({ a: 2, b: 2, c: 2 }));
    await at.run('apply -y');
    const lines = (await at.run('state pull')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['memory', 'memory', 'memory', 'spent']);
  });
});

describe('drift --record', () => {
  it('records the refresh, and nothing else', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    at.world.items.set('a', { value: 2, state: 'starting' });
    const before = logText(at);
    expect((await at.run('drift')).code).toBe(0);
    expect(logText(at)).toBe(before);
    expect((await at.run('drift --record')).code).toBe(0);
    expect((await at.run('state list')).stdout).toContain('starting');
    expect((await at.run('log why toy/Item/a')).stdout).toContain('ready > starting');
    expect((await at.run('log list --kind end --last 1')).stdout).toContain('exit 0');
  });

  it('in CI requires a configured store', async () => {
    const at = await bench(itemsYaml({ a: 2 }));
    writeFileSync(join(at.folder, 'fettle.yaml'), 'name: test\ndesired: [items.yaml]\n');
    const env = { FETTLE_DISABLE_CI_DETECTION: '', CI: 'true' };
    expect((await at.run('drift', { env })).code).toBe(0);
    expect((await at.run('drift --record', { env })).stderr).toContain('in CI, drift --record needs `store`');
  });
});
