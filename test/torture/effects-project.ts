/** Projects of the tortured runs: created, run in separate processes, and checked against the promises. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { openFileStore } from '../../src/store/files/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import { bareEnvironment, type Ran } from '../support/cli.ts';
import { PASSWORD } from '../support/postgres.ts';
import { removedFolder, itemsFolder, parseEffects } from './effects-plugin.ts';

/** A long run has its own copy, which no build replaces. */
const dist = process.env['FETTLE_TORTURE_DIST'] ?? join(import.meta.dirname, '../../dist');

export const tortureCli = join(dist, 'torture/cli.js');

/** The command line with fettle's own plugins. */
export const usualCli = join(dist, 'cli.js');

/** Names and values of the declared items of a project. */
export type Items = Readonly<Record<string, number>>;

export function manyItems(count: number, value = 1): Items {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`item-${String(i).padStart(3, '0')}`, value]));
}

export function writeItems(folder: string, items: Items): void {
  const documents = Object.entries(items).map(
    ([name, value]) => `apiVersion: effects/v1\nkind: Item\nmetadata: { name: ${name} }\nspec: { value: ${value} }\n`,
  );
  writeFileSync(join(folder, 'items.yaml'), documents.join('---\n'));
}

/** Writes a project; `store` as in fettle.yaml, `more` below it. */
export function effectsProject(folder: string, items: Items, store = '.fettle', more = ''): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'fettle.yaml'), `name: torture\nstore: ${store}\ndesired: [items.yaml]\n${more}`);
  writeItems(folder, items);
}

function storeOf(folder: string): string {
  return /^store: "?([^"\n]*)"?$/mu.exec(readFileSync(join(folder, 'fettle.yaml'), 'utf8'))?.[1] ?? '.fettle';
}

/** The environment of a store on PostgreSQL. */
function storeEnvironment(folder: string): Readonly<Record<string, string>> {
  const store = storeOf(folder);
  if (!store.startsWith('postgres:')) return {};
  return { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: `postgres://${new URL(store).host}` };
}

/** A command that runs: its process, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

export function start(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [tortureCli, ...args], {
    cwd: folder,
    env: bareEnvironment({ ...storeEnvironment(folder), ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

export function fettleIn(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return start(folder, args, env).ended;
}

/** Throws an error that names the broken promise and the project's folder. */
export function must(holds: boolean, what: string, where: string): asserts holds {
  if (!holds) throw new Error(`${what} (${where})`);
}

/** The store that a project's fettle.yaml names. */
export async function openLogOf(folder: string): Promise<Store> {
  const store = storeOf(folder);
  const options = { project: 'torture', actor: 'check', now: Date.now, randomId: () => 'check' };
  if (!store.startsWith('postgres:')) return openFileStore({ ...options, folder: join(folder, store) });
  const { openPostgresStore } = await import('../../src/store/postgres/postgres-store.ts');
  const { targetOf } = await import('../../src/store/postgres/target.ts');
  return openPostgresStore({ ...options, target: await targetOf(store, 'file', storeEnvironment(folder)) });
}

/** All records, after verification. Throws if the log is damaged. */
export async function soundLog(folder: string): Promise<readonly LogRecord[]> {
  const store = await openLogOf(folder);
  const report = await store.verify();
  must(report.status !== 'damaged', `the log is damaged: ${report.damage[0]?.message ?? ''}`, folder);
  const records: LogRecord[] = [];
  await store.read((record) => records.push(record), 'all');
  await store.close();
  return records;
}

/** Every effect in the world, with its item. */
export function effectsIn(
  folder: string,
): readonly { readonly name: string; readonly what: string; readonly intent: string }[] {
  const world = join(folder, 'world');
  const list = (dir: string): readonly string[] => (existsSync(dir) ? readdirSync(dir) : []);
  const files = [
    ...list(itemsFolder(world)).map((file) => ({ file, path: join(itemsFolder(world), file) })),
    ...list(removedFolder(world)).map((file) => ({ file, path: join(removedFolder(world), file) })),
  ];
  return files.flatMap(({ file, path }) => {
    const [name = '', removal] = file.split(' ');
    const lines = parseEffects(readFileSync(path, 'utf8')).map(({ what, intent }) => ({ name, what, intent }));
    return removal === undefined ? lines : [...lines, { name, what: 'remove', intent: removal }];
  });
}

/** Ids of the intents of a log, as handlers get them. */
function intentsOf(records: readonly LogRecord[]): ReadonlySet<string> {
  return new Set(records.flatMap((record) => (record.kind === 'intent' ? [`${record.body.run}-${record.seq}`] : [])));
}

/** No effect without its intent, and none twice for the same intent. */
export function effectsAreAccounted(folder: string, records: readonly LogRecord[]): void {
  const intents = intentsOf(records);
  const seen = new Set<string>();
  for (const { name, what, intent } of effectsIn(folder)) {
    must(intents.has(intent), `${what} of ${name} has no intent ${intent} in the log`, folder);
    must(!seen.has(intent), `${what} of ${name} was done twice for the intent ${intent}`, folder);
    seen.add(intent);
  }
}

/** Every step that a process reported as done is in the log. */
export function outcomesAreThere(folder: string, said: string, records: readonly LogRecord[]): void {
  const done = new Set(
    records.flatMap((record) =>
      record.kind === 'outcome' && record.body.outcome === 'done' ? [record.body.ref.name] : [],
    ),
  );
  for (const [, name = ''] of said.matchAll(/^effects\/Item\/(\S+): done/gmu))
    must(done.has(name), `${name} was said to be done, and no outcome in the log says so`, folder);
}

/** The world matches the documents, each item was created once, and nothing is left to do, without manual help. */
export async function converges(folder: string, items: Items, updates = 0): Promise<void> {
  const last = await fettleIn(folder, ['apply', '--yes'], { EFFECTS_DELAY_MS: '0' });
  must(last.code === 0, `the next apply exits ${last.code}: ${last.stderr}${last.stdout}`, folder);
  const plan = await fettleIn(folder, ['plan', '--detailed-exitcode']);
  must(plan.code === 0, `the plan after it exits ${plan.code}: ${plan.stdout}`, folder);
  const records = await soundLog(folder);
  effectsAreAccounted(folder, records);
  const effects = effectsIn(folder);
  for (const name of Object.keys(items)) {
    const own = effects.filter((effect) => effect.name === name);
    const made = own.filter(({ what }) => what === 'create').length;
    must(made === 1, `${name} was made ${made} times`, folder);
    const changed = own.filter(({ what }) => what === 'update').length;
    must(changed <= updates, `${name} was changed ${changed} times`, folder);
  }
  const store = await openLogOf(folder);
  const lock = await store.lockStatus();
  await store.close();
  must(lock === undefined, `a lock is left: ${lock?.holder.id}`, folder);
}
