/** The architecture holds in the whole tree, and each of its checks finds what it is for. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Project } from 'ts-morph';
import { describe, expect, test } from 'vitest';
import {
  type CheckedFile,
  checkArchitecture,
  checkConnections,
  checkDates,
  checkEngine,
  checkForms,
  checkHomes,
  checkLayers,
  checkModes,
  checkPurity,
  checkTimes,
} from '../src/codegen/architecture.ts';

const root = join(import.meta.dirname, '..');
const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });

function parsed(path: string, text: string): CheckedFile {
  return { path, source: project.createSourceFile(`/${path}`, text, { overwrite: true }) };
}

function treeOf(folder: string): readonly CheckedFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => parsed(`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')));
}

const tree = [...treeOf('src'), ...treeOf('plugins')];

test('the tree keeps to the architecture', () => {
  expect(tree.length).toBeGreaterThan(50);
  expect(checkArchitecture(tree).map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([]);
});

type Check = (files: readonly CheckedFile[]) => readonly { readonly message: string }[];

/** Path, text of the file, and the message, or undefined where it is fine. */
type Case = readonly [path: string, text: string, message: string | undefined];

function cases(check: Check, table: readonly Case[]): void {
  test.each(table)('%s: %s', (path, text, message) => {
    const messages = check([parsed(path, text)]).map((violation) => violation.message);
    expect(messages).toEqual(message === undefined ? [] : [message]);
  });
}

describe('layers', () => {
  cases(checkLayers, [
    ['src/engine/a.ts', `import { b } from './load/b.ts';`, undefined],
    [
      'src/engine/a.ts',
      `import { b } from '../../plugins/certificates/plugin.ts';`,
      'plugins/certificates/plugin.ts must not be imported in this layer',
    ],
    ['src/engine/a.ts', `import { b } from '../report/b.ts';`, 'src/report/b.ts must not be imported in this layer'],
    ['src/engine/a.ts', `import type { Head } from '../store/store.ts';`, undefined],
    [
      'src/engine/a.ts',
      `import { x } from '../store/store.ts';`,
      'only types of src/store/store.ts can be imported in this layer',
    ],
    [
      'src/engine/a.ts',
      `const b = () => import('../commands/main.ts');`,
      'src/commands/main.ts must not be imported in this layer',
    ],
    [
      'src/engine/a.ts',
      `let b: import('../commands/main.ts').B;`,
      'src/commands/main.ts must not be imported in this layer',
    ],
    [
      'src/engine/a.ts',
      `export { b } from '../commands/b.ts';`,
      'src/commands/b.ts must not be imported in this layer',
    ],
    ['src/run/a.ts', `import { diff } from '../engine/diff.ts';`, undefined],
    [
      'src/run/a.ts',
      `import { ask } from '../commands/ask.ts';`,
      'src/commands/ask.ts must not be imported in this layer',
    ],
    [
      'src/run/a.ts',
      `import { planText } from '../report/plan-text.ts';`,
      'src/report/plan-text.ts must not be imported in this layer',
    ],
    ['src/run/a.ts', `import type { Shell } from '../shell.ts';`, 'src/shell.ts must not be imported in this layer'],
    [
      'src/run/a.ts',
      `import { builtinPlugins } from '../plugins.ts';`,
      'only types of src/plugins.ts can be imported in this layer',
    ],
    ['src/run/watch.ts', `import { openWorlds } from './worlds.ts';`, undefined],
    [
      'src/run/watch.ts',
      `import { writeLog } from './write-log.ts';`,
      'src/run/write-log.ts must not be imported in this layer',
    ],
    ['src/run/watch.ts', `import { apply } from './apply.ts';`, 'src/run/apply.ts must not be imported in this layer'],
    ['src/report/a.ts', `import type { RunEvent } from '../run/events.ts';`, undefined],
    ['src/report/a.ts', `import { plan } from '../run/plan.ts';`, 'src/run/plan.ts must not be imported in this layer'],
    ['src/store/a.ts', `import { fold } from '../engine/remember.ts';`, undefined],
    ['src/store/a.ts', `import { x } from './files/x.ts';`, 'src/store/files/x.ts must not be imported in this layer'],
    ['src/store/files/a.ts', `import { x } from '../line.ts';`, undefined],
    [
      'src/store/files/a.ts',
      `import { x } from '../postgres/x.ts';`,
      'src/store/postgres/x.ts must not be imported in this layer',
    ],
    ['src/store/a.ts', `import { b } from '../commands/b.ts';`, 'src/commands/b.ts must not be imported in this layer'],
    [
      'src/commands/a.ts',
      `import { readSpecs } from '../codegen/read-spec.ts';`,
      'src/codegen/read-spec.ts must not be imported in this layer',
    ],
    [
      'src/commands/a.ts',
      `import { certificates } from '../../plugins/certificates/plugin.ts';`,
      'plugins/certificates/plugin.ts must not be imported in this layer',
    ],
    ['src/plugins.ts', `const a = () => import('../plugins/certificates/plugin.ts');`, undefined],
    [
      'src/plugins.ts',
      `import { diff } from '../plugins/certificates/diff.ts';`,
      'plugins/certificates/diff.ts must not be imported in this layer',
    ],
    [
      'src/codegen/a.ts',
      `import { diff } from '../engine/diff.ts';`,
      'src/engine/diff.ts must not be imported in this layer',
    ],
    [
      'plugins/nodes/diff.ts',
      `import { formatRef } from '#plugin'; import { openHttp } from '#plugin/net'; import './state.ts';`,
      undefined,
    ],
    ['plugins/nodes/live/a.ts', `import type { World } from '../world.ts';`, undefined],
    [
      'plugins/nodes/diff.ts',
      `import { judge } from '../../src/engine/judge.ts';`,
      'src/engine/judge.ts must not be imported in this layer',
    ],
    [
      'plugins/nodes/diff.ts',
      `import type { X } from '../certificates/world.ts';`,
      'plugins/certificates/world.ts must not be imported in this layer',
    ],
    [
      'plugins/nodes/diff.ts',
      `import { connectTo } from '../../src/net/connect.ts';`,
      'src/net/connect.ts must not be imported in this layer',
    ],
    ['src/plugin/a.ts', `import type { Ref } from './ref.ts';`, undefined],
    [
      'src/plugin/a.ts',
      `import type { Plan } from '../formats/plan.ts';`,
      'src/formats/plan.ts must not be imported in this layer',
    ],
    ['src/engine/a.ts', `import type { Ref } from '#plugin';`, undefined],
    ['src/codegen/a.ts', `import { sameJson } from '#plugin';`, undefined],
    ['lib/a.ts', ``, 'the file does not belong to a layer'],
  ]);
});

describe('homes', () => {
  cases(checkHomes, [
    ['src/engine/load/a.ts', `import { parse } from 'yaml';`, undefined],
    [
      'src/engine/a.ts',
      `import { parse } from 'yaml';`,
      'yaml must only be imported in src/engine/load/**, src/codegen/**, plugins/certificates/handover/lego-config.ts, plugins/fabric/live/**',
    ],
    ['src/engine/a.ts', `import ajv from 'ajv/dist/runtime/equal.js';`, 'ajv must only be imported in src/codegen/**'],
    [
      'plugins/certificates/diff.ts',
      `const a = await import('croner');`,
      'croner must only be imported in src/plugin/windows.ts',
    ],
    [
      'src/commands/a.ts',
      `import { x } from 'left-pad';`,
      'left-pad has no home. Add it to HOMES, or remove the import',
    ],
    ['src/commands/a.ts', `import { x } from 'node:fs';`, undefined],
  ]);
});

describe('connections', () => {
  const only = (what: string, module?: string): string =>
    `only src/net can use ${what}${module === undefined ? '' : ` of ${module}`}`;
  cases(checkConnections, [
    ['plugins/nodes/live/a.ts', `import { isIP, type Socket } from 'node:net';`, undefined],
    ['plugins/nodes/live/a.ts', `import { connect } from 'node:net';`, only('connect', 'node:net')],
    ['plugins/nodes/live/a.ts', `import { connect as reach } from 'node:tls';`, only('connect', 'node:tls')],
    ['plugins/nodes/live/a.ts', `import net from 'node:net';`, only('*', 'node:net')],
    ['plugins/nodes/live/a.ts', `import * as http from 'node:https';`, only('*', 'node:https')],
    ['plugins/nodes/a.ts', `import { createSocket } from 'node:dgram';`, only('createSocket', 'node:dgram')],
    ['src/store/postgres/a.ts', `import { Resolver } from 'node:dns/promises';`, only('Resolver', 'node:dns/promises')],
    ['src/commands/a.ts', `const { request } = await import('node:http');`, only('*', 'node:http')],
    ['src/commands/a.ts', `const net = process.getBuiltinModule('net');`, only('*', 'node:net')],
    ['src/commands/a.ts', `const answer = await fetch(url);`, only('fetch')],
    ['src/commands/a.ts', `const socket = new WebSocket(url);`, only('WebSocket')],
    ['src/net/a.ts', `import { connect } from 'node:net';`, undefined],
    ['plugins/nodes/sandbox/a.ts', `import { createServer, request } from 'node:http';`, undefined],
  ]);
});

describe('purity', () => {
  cases(checkPurity, [
    ['src/engine/diff.ts', `export const a = (now: number) => new Date(now).toISOString();`, undefined],
    ['src/engine/diff.ts', `const a = Date.now();`, 'Date.now must be an argument here'],
    ['src/report/a.ts', `const a = new Date();`, 'new Date() reads the clock. The time must be an argument here'],
    ['src/engine/a.ts', `const a = Date();`, 'Date() reads the clock. The time must be an argument here'],
    ['plugins/nodes/safety.ts', `const a = Math.random();`, 'Math.random must be an argument here'],
    ['plugins/nodes/diff.ts', `const a = process.env.A;`, 'a pure file must not use process'],
    ['plugins/nodes/diff.ts', `const a = { process };`, 'a pure file must not use process'],
    ['plugins/nodes/diff.ts', `const a = (b: { process: string }) => b.process;`, undefined],
    ['plugins/nodes/diff.ts', `const a = (fetch: () => string) => fetch();`, undefined],
    ['src/engine/a.ts', `setTimeout(() => undefined, 5);`, 'a pure file must not use setTimeout'],
    ['src/engine/a.ts', `console.log(1);`, 'a pure file must not use console'],
    ['src/engine/a.ts', `import { createHash } from 'node:crypto';`, 'a pure file must not import node:crypto'],
    ['src/plugin/canonical.ts', `import { createHash } from 'node:crypto';`, undefined],
    ['src/engine/a.ts', `import type { KeyObject } from 'node:crypto';`, undefined],
    ['src/engine/a.ts', `export async function a() {}`, 'a pure file must not be asynchronous'],
    ['src/engine/apply.ts', `export async function a() { setTimeout(b, 1); }`, undefined],
    ['plugins/nodes/live/a.ts', `export const a = async () => Date.now();`, undefined],
  ]);
});

describe('engine', () => {
  cases(checkEngine, [
    ['src/engine/apply.ts', `const a = Date.now();`, 'Date.now must be an argument here'],
    ['src/engine/apply.ts', `console.log(1);`, 'the engine must not use console'],
    ['src/engine/load/a.ts', `const a = process.env;`, 'the engine must not use process'],
    ['src/run/a.ts', `const a = process.env;`, 'the application layer must not use process'],
    ['src/run/a.ts', `const a = Date.now();`, 'Date.now must be an argument here'],
    ['src/run/a.ts', `import { stat } from 'node:fs/promises';`, undefined],
    ['src/engine/load/a.ts', `import { stat } from 'node:fs/promises';`, undefined],
    [
      'src/engine/apply.ts',
      `import { stat } from 'node:fs/promises';`,
      'only src/engine/load can import node:fs/promises',
    ],
  ]);
});

describe('times', () => {
  cases(checkTimes, [
    ['src/engine/a.ts', `const a = Date.parse(b);`, 'only src/plugin/time.ts can use parse'],
    ['plugins/nodes/life.ts', `const a = new Date(b).toISOString();`, 'only src/plugin/time.ts can use toISOString'],
    ['src/plugin/time.ts', `const a = Date.parse(b);`, undefined],
    ['plugins/nodes/sandbox/a.ts', `const a = new Date(b).toISOString();`, undefined],
    ['src/engine/a.ts', `const a = JSON.parse(b);`, undefined],
  ]);
});

describe('dates of certificates', () => {
  const message = 'only src/plugin/certificate-dates.ts can read';
  cases(checkDates, [
    ['plugins/certificates/live/a.ts', `const a = b.validToDate.getTime();`, `${message} validToDate`],
    ['plugins/fabric/live/a.ts', `const { validFrom } = new X509Certificate(b);`, `${message} validFrom`],
    ['src/net/a.ts', `const a = socket.getPeerCertificate().valid_to;`, `${message} valid_to`],
    ['src/plugin/certificate-dates.ts', `const a = b.validToDate.getTime();`, undefined],
    ['src/engine/a.ts', `const a = b.not_after;`, undefined],
  ]);
});

describe('modes and owners', () => {
  const message = 'follows a path. Set the mode or the owner of an open file';
  cases(checkModes, [
    ['plugins/nodes/live/a.ts', `import { chmod } from 'node:fs/promises';`, `chmod of node:fs/promises ${message}`],
    ['src/store/files/a.ts', `import { lchownSync } from 'node:fs';`, `lchownSync of node:fs ${message}`],
    ['plugins/nodes/live/a.ts', `import { fchmodSync, fchownSync } from 'node:fs';`, undefined],
    ['src/run/a.ts', `import { chmod } from './a.ts';`, undefined],
  ]);
});

describe('forms', () => {
  cases(checkForms, [
    ['src/engine/a.ts', `/** A. */\nexport class A extends Error {}\nexport class B extends TypeError {}`, undefined],
    [
      'src/engine/a.ts',
      `/** A. */\nexport class A {\n  readonly b = 1;\n  #c = 2;\n  get c() { return this.#c; }\n}`,
      undefined,
    ],
    ...[
      'export class Manager {}',
      'const a = class extends Map {};',
      'class A { #b = 1; c = 2; }',
      'class A { readonly b = 1; }',
    ].map(
      (text) =>
        [
          'src/engine/a.ts',
          `/** A. */\n${text}`,
          'a class must be an error, or keep its state in #private fields',
        ] as const,
    ),
    ['src/engine/a.ts', `/** A. */\nexport default 1;`, 'an export must have a name'],
    ['src/engine/a.ts', `/** A. */\nexport default function a() {}`, 'an export must have a name'],
    ['src/engine/a.ts', `/** A. */\nswitch (a) { default: b(); }`, undefined],
    ['src/engine/a.ts', `/** A. */\nenum A { B }`, 'enums and namespaces cannot be erased. Use a union or a module'],
    [
      'src/engine/a.ts',
      `/** A. */\nnamespace A { export const b = 1; }`,
      'enums and namespaces cannot be erased. Use a union or a module',
    ],
    ['src/plugin/index.ts', `/** A. */\nexport * from './b.ts';`, undefined],
    [
      'src/engine/a.ts',
      `/** A. */\nexport * from './b.ts';`,
      'a module must not export names of another one. Import them from their own module',
    ],
    ['src/engine/a.ts', `export const a = 1;`, 'the file does not start with a comment about its purpose'],
    ['src/cli.ts', `#!/usr/bin/env node\n/** A. */\nrun();`, undefined],
    ['src/engine/someFile.ts', `/** A. */`, 'someFile.ts is not kebab-case'],
    ['src/engine/a.ts', `/** A. */\nimport { b } from './b';`, './b has no extension'],
  ]);
});
