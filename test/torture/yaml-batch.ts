/**
 * One batch of hostile and random texts, in a process of its own: `argv` is folder, seed, batch and count.
 *
 * Each text is written to a file before it is read, so that the text that killed this process is known. Prints its
 * counts as JSON; exits 1 with a message if a promise is broken.
 */

import { readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/engine/load/config.ts';
import { load } from '../../src/engine/load/load.ts';
import type { Problem } from '#plugin';
import { readPlan } from '../../src/run/plan-file.ts';
import { builtinPlugins } from '../../src/plugins.ts';
import { randomFrom } from '../support/seed.ts';

const [folder = '', seed = '0', batch = '0', count = '500'] = process.argv.slice(2);
const random = randomFrom(Number(seed) * 1_000_003 + Number(batch));
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const below = (limit: number): number => Math.floor(random() * limit);

const examples = join(import.meta.dirname, '../../specs/examples');
const corpus = [
  ...readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFileSync(join(examples, name), 'utf8')),
  'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ca }\nspec: { selfSigned: {} }\n',
  '',
  '{}',
  '---\n---\n',
];
const configs = [
  'name: shop\ndesired: [desired/]\nstore: .fettle\n',
  'safety: { removals: { max: 10, share: 30%, from: 4 }, freeze: [{ cron: "0 16 * * FRI", for: 64h, reason: weekend }] }\n',
  'plugins: { certificates: { probe: { concurrency: 7 } } }\nonDamage: stop\n',
];
const plans = [
  JSON.stringify({ format_version: '1.0', resource_changes: [], summary: {} }),
  '{"format_version":"2.0"}',
  '[]',
];

/** Texts that break parsers, or have a meaning for parsers or JavaScript. */
const TOKENS = [
  '[',
  ']',
  '{',
  '}',
  ':',
  ': ',
  '- ',
  '? ',
  '&a ',
  '*a',
  '!!str ',
  '!!binary ',
  '!<tag:x> ',
  '|',
  '>',
  '|-\n',
  '>+\n',
  '"',
  "'",
  '#',
  '%YAML 1.2\n',
  '---\n',
  '...\n',
  '<<: *a',
  '\t',
  '\r\n',
  '\r',
  '\n\n\n',
  '\u0000',
  '\u0007',
  '\ufeff',
  '\u2028',
  '\u0085',
  '\ud800',
  '\\ud800',
  '\\x00',
  '\u{1f600}',
  '\u202e',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  '~',
  'true',
  'yes',
  '.inf',
  '-.inf',
  '.nan',
  '0x7fffffffffffffff',
  '1e400',
  '9007199254740993',
  '0o777',
  '2026-11-20T14:30:10Z',
  '${env:HOME}',
  '${file:/etc/passwd}',
  '=',
  ',',
  'spec',
  'kind',
  'metadata',
  'name',
  'apiVersion',
  'lifecycle',
  'certificates/v1',
  'Certificate',
  '../../../etc/passwd',
  '%00',
  '*'.repeat(40),
];

const LARGE = [
  () => '['.repeat(50 + below(3000)),
  () => '{a: '.repeat(50 + below(2000)),
  () => '- '.repeat(50 + below(3000)),
  () => `a: ${'x'.repeat(below(200_000))}`,
  () => '\n'.repeat(below(20_000)),
  () => ' '.repeat(below(20_000)),
  () =>
    Array.from({ length: 50 + below(200) }, (_, i) => `k${i}: &a${i} [${i > 0 ? `*a${i - 1}, *a${i - 1}` : '1'}]`).join(
      '\n',
    ),
  () => Array.from({ length: below(3000) }, (_, i) => `k${i}: ${i}`).join('\n'),
  () => `"${'\\u0041'.repeat(below(20_000))}"`,
];

function mutate(text: string): string {
  const at = below(text.length + 1);
  const to = Math.min(text.length, at + below(40));
  switch (below(8)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    case 2:
    case 3:
      return text.slice(0, at) + pick(TOKENS) + text.slice(at);
    case 4:
      return text.slice(0, at) + pick(TOKENS) + text.slice(to);
    case 5:
      return text.slice(0, at) + String.fromCodePoint(below(0x10ffff)) + text.slice(at);
    case 6: {
      const other = pick(corpus);
      const from = below(other.length + 1);
      return text.slice(0, at) + other.slice(from, from + below(200)) + text.slice(to);
    }
    default:
      return random() < 0.05 ? text.slice(0, at) + pick(LARGE)() + text.slice(to) : text.slice(0, at);
  }
}

function hostile(from: readonly string[]): string {
  let text = pick(from);
  for (let i = below(8); i >= 0; i -= 1) text = mutate(text);
  return text.slice(0, 400_000);
}

function fail(message: string): never {
  writeSync(2, `${message}\n`);
  process.exit(1);
}

function checkProblems(problems: readonly Problem[], where: string): void {
  for (const { at, code, message } of problems) {
    if (code === '' || message === '') fail(`a problem without a message: ${where}`);
    if (at === undefined || at.line < 1 || at.column < 1 || at.file === '') fail(`${code} without its place: ${where}`);
  }
}

const own = (value: object): string => JSON.stringify(Object.getOwnPropertyNames(value).sort());
const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;
const before = prototypes.map(own);
const counts = { texts: 0, sound: 0, problems: 0 };

async function documents(text: string): Promise<void> {
  const file = join(folder, 'text.yaml');
  writeFileSync(file, text);
  const read = () => load({ folder, paths: ['text.yaml'], plugins: builtinPlugins, allowEmpty: true });
  const loaded = await read();
  checkProblems(loaded.problems, file);
  counts.problems += loaded.problems.length;
  if (random() < 0.1 && !isDeepStrictEqual(loaded, await read()))
    fail(`twice the same text, and not the same problems`);
  if (loaded.problems.length > 0) return;
  counts.sound += 1;
  const parsed = parseAllDocuments(text, { version: '1.2' });
  const values = (Array.isArray(parsed) ? parsed : [])
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null);
  // A byte order mark that is not the first is text to the library, and nothing to us.
  if (text.replaceAll('\ufeff', '').trim() === '') return;
  if (values.length !== loaded.documents)
    fail(`${loaded.documents} documents are read, and there are ${values.length}`);
}

async function configuration(text: string): Promise<void> {
  writeFileSync(join(folder, 'fettle.yaml'), text);
  const { config, problems } = await loadConfig({
    owners: 'everybody',
    startFolder: folder,
    plugins: builtinPlugins,
    now: 0,
  });
  checkProblems(problems, 'fettle.yaml');
  counts.problems += problems.length;
  if (problems.length === 0) counts.sound += 1;
  if (typeof config.name !== 'string' || !(config.safety.removals.max >= 0)) fail('the configuration is not whole');
}

async function plan(text: string): Promise<void> {
  const file = join(folder, 'plan.json');
  writeFileSync(file, text);
  try {
    await readPlan(file);
    counts.sound += 1;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InputError') throw error;
    counts.problems += 1;
  }
}

for (let i = 0; i < Number(count); i += 1) {
  counts.texts += 1;
  const kind = random();
  if (kind < 0.8) await documents(hostile(corpus));
  else if (kind < 0.92) await configuration(hostile(configs));
  else await plan(hostile(plans));
}
if (!isDeepStrictEqual(prototypes.map(own), before)) fail('a prototype was changed');
writeSync(1, `${JSON.stringify(counts)}\n`);
