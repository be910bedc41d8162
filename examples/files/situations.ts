/** Situations for the conformance suite: each requires a step, a rejection or a finding. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Situation } from 'fettle/conformance';
import type { Desired } from 'fettle/plugin';
import type { FileSpec } from './generated.ts';

export interface FilesBench extends Bench {
  readonly folder: string;
}

/** A fresh folder for each situation. */
export async function open(): Promise<FilesBench> {
  const folder = mkdtempSync(join(tmpdir(), 'fettle-files-'));
  return {
    folder,
    reader: { folder },
    writer: { folder },
    world: () => JSON.stringify(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
    secrets: () => [],
    close: async () => rmSync(folder, { recursive: true }),
    now: () => Date.parse('2026-01-01T00:00:00Z'),
  };
}

/** A parsed document. */
function fileOf(name: string, content: string): Desired<FileSpec> {
  return {
    ref: { plugin: 'files', kind: 'File', name },
    spec: { path: `${name}.txt`, content },
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'files.yaml', line: 1, column: 1 },
  };
}

export const situations: readonly Situation<FilesBench>[] = [
  { name: 'a new file', prepare: async () => [fileOf('a', 'one')], takes: ['File absent>present'] },
  {
    name: 'other content',
    prepare: async ({ apply }) => {
      await apply([fileOf('a', 'one')]);
      return [fileOf('a', 'two')];
    },
    takes: ['File present>present'],
  },
  {
    name: 'a file of another program',
    prepare: async ({ bench }) => {
      writeFileSync(join(bench.folder, 'a.txt'), 'one');
      return [fileOf('a', 'one')];
    },
    takes: ['File adopt'],
  },
  {
    name: 'a removed document',
    prepare: async ({ apply }) => {
      await apply([fileOf('a', 'one')]);
      return [];
    },
    takes: ['File present>absent'],
  },
  {
    name: 'a long file that the change would empty',
    prepare: async ({ apply }) => {
      await apply([fileOf('a', 'line\n'.repeat(2000))]);
      return [fileOf('a', '')];
    },
    takes: [],
    rejects: ['File keeps-lines'],
  },
  {
    name: 'an empty file',
    prepare: async ({ apply }) => {
      await apply([fileOf('a', '')]);
      return [fileOf('a', '')];
    },
    takes: [],
    finds: ['File empty-file'],
  },
];
