/** docs/serve.md refers to the files of `packaging/`, repeats none of them, and says the same. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGING = join(ROOT, 'packaging');
const docs = readFileSync(join(ROOT, 'docs/serve.md'), 'utf8');
const textOf = (name: string): string => readFileSync(join(PACKAGING, name), 'utf8');

/** The first cells of the table whose head begins with a word. */
function firstCells(head: string): readonly string[] {
  const [, rows = ''] = new RegExp(`^\\| ${head} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`, 'mu').exec(docs) ?? [];
  return [...rows.matchAll(/^\| `([^`]+)`/gmu)].map(([, cell = '']) => cell);
}

it('links to every file, and repeats none', () => {
  for (const name of readdirSync(PACKAGING)) expect(docs).toContain(`(../packaging/${name})`);
  expect(docs).not.toMatch(/^\[Service\]|^FROM |^services:|^scrape_configs:/mu);
});

it('names the secrets that compose.yaml reads', () => {
  const { secrets } = parse(textOf('compose.yaml')) as { readonly secrets: Readonly<Record<string, unknown>> };
  expect(firstCells('Secret').toSorted()).toEqual(['fettle.env', ...Object.keys(secrets)].toSorted());
  expect(textOf('compose.yaml')).toContain('env_file: [secrets/fettle.env]');
});

it('has the user, the paths and the times of the files', () => {
  const [, user] = /^USER (\d+):\1$/mu.exec(textOf('Dockerfile')) ?? [];
  expect(docs).toContain(`user ${user}`);
  expect(docs).toContain(`user \`${/^User=(\S+)$/mu.exec(textOf('fettle.service'))?.[1]}\``);
  const [, project] = /^WORKDIR (\S+)$/mu.exec(textOf('Dockerfile')) ?? [];
  expect(docs).toContain(`:${project}:ro`);
  const [, folder] = /^Environment=FETTLE_STORE=%S(\S+)$/mu.exec(textOf('fettle.service')) ?? [];
  expect(docs).toContain(`FETTLE_STORE=/var/lib${folder} `);
  const [, seconds] = /stop_grace_period: (\d+)s/u.exec(textOf('compose.yaml')) ?? [];
  expect(docs).toContain(`--stop-timeout ${seconds}`);
});
