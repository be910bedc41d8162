/**
 * Scenarios with golden output: each folder holds what happens (`scenario.yaml`) and what is printed (`expected.txt`).
 *
 * What differs from run to run is replaced: the folder, times, hashes, ports, who runs it and how long it took.
 * `FETTLE_UPDATE_GOLDEN=1` writes the output of now; then read the difference.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fettle, issueWithOpenssl, temporaryFolder } from '../support/cli.ts';

/** One thing that happens; exactly one of its keys but `exit`. */
interface Happening {
  /** A command line of fettle, and the code that it ends with (0). */
  readonly run?: string;
  readonly exit?: number;
  /** Files by path; PORT(name) stands for the port of a server. */
  readonly write?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  readonly move?: Readonly<Record<string, string>>;
  readonly chmod?: Readonly<Record<string, string>>;
  /** A link that points to itself: nobody can read it. */
  readonly loop?: string;
  /** A certificate from openssl with the project's authority for the key that is there: name, and days left. */
  readonly issue?: Readonly<Record<string, number>>;
  /** The same with a key of its own. */
  readonly replace?: Readonly<Record<string, number>>;
  /** Servers by name: the stored pair that each serves as it is now; `silent` never answers. */
  readonly serve?: Readonly<Record<string, string>>;
}

interface Scenario {
  /** What it shows, for the reader. */
  readonly shows: string;
  readonly happens: readonly Happening[];
}

interface World {
  readonly folder: string;
  readonly ports: Map<string, number>;
  readonly close: (() => void)[];
}

const CONFIG = 'name: scenario\nstore: .fettle\nplugins:\n  certificates: { probe: { handshakeSeconds: 0.5 } }\n';

async function serve(world: World, name: string, pair: string): Promise<void> {
  const read = (kind: string) => readFileSync(join(world.folder, `tls/${pair}.${kind}`));
  const server: Server =
    pair === 'silent' ? createTcpServer() : createTlsServer({ cert: read('crt'), key: read('key') });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  world.ports.set(name, (server.address() as AddressInfo).port);
  world.close.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

function write(world: World, path: string, text: string): void {
  const filled = text.replaceAll(/PORT\((\w+)\)/gu, (_all, name: string) => String(world.ports.get(name)));
  mkdirSync(dirname(join(world.folder, path)), { recursive: true });
  writeFileSync(join(world.folder, path), filled);
}

/** Lets one thing happen; gives what was printed. */
async function happen(world: World, each: Happening): Promise<string> {
  const at = (path: string) => join(world.folder, path);
  for (const [path, text] of Object.entries(each.write ?? {})) write(world, path, text);
  for (const path of each.delete ?? []) rmSync(at(path), { recursive: true });
  for (const [from, to] of Object.entries(each.move ?? {})) renameSync(at(from), at(to));
  for (const [path, mode] of Object.entries(each.chmod ?? {})) chmodSync(at(path), Number.parseInt(mode, 8));
  if (each.loop !== undefined) {
    rmSync(at(each.loop), { force: true });
    symlinkSync(at(each.loop), at(each.loop));
  }
  for (const [name, days] of Object.entries(each.issue ?? {})) issueWithOpenssl(world.folder, name, days);
  for (const [name, days] of Object.entries(each.replace ?? {})) issueWithOpenssl(world.folder, name, days, true);
  for (const [name, pair] of Object.entries(each.serve ?? {})) await serve(world, name, pair);
  if (each.run === undefined) return '';
  const words = each.run.match(/"[^"]*"|\S+/gu)?.map((word) => word.replaceAll('"', '')) ?? [];
  // One at a time, so that what is printed has one order.
  const more = words[0] === 'apply' ? ['--parallelism', '1'] : [];
  const done = await fettle(world.folder, ...words, ...more);
  expect([each.run, done.code, done.code === (each.exit ?? 0) ? '' : done.stdout + done.stderr]).toEqual([
    each.run,
    each.exit ?? 0,
    '',
  ]);
  return `$ fettle ${each.run}\n${done.stdout}${done.stderr}\n`;
}

function withoutVolatile(text: string, world: World): string {
  const ports = [...world.ports].reduce((all, [name, port]) => all.replaceAll(`:${port}`, `:PORT(${name})`), text);
  return ports
    .replaceAll(world.folder, 'DIR')
    .replaceAll(`${userInfo().username}@${hostname()}`, 'USER@HOST')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu, 'TIME')
    .replaceAll(/sha256:[0-9a-f]{64}/gu, 'sha256:HASH')
    .replaceAll(/sha256:[0-9a-f]{12}…?(?![0-9a-f])/gu, 'sha256:HASH…')
    .replaceAll(/(log head \d+:)[0-9a-f]{64}/gu, '$1HASH')
    .replaceAll(/run [0-9a-f]{16}/gu, 'run RUN')
    .replaceAll(/ after \d+\.\d s/gu, '')
    .replaceAll(/observed \d+ s ago/gu, 'observed NOW');
}

const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

describe('scenarios', () => {
  it.concurrent.each(names)('%s', { timeout: 60_000 }, async (name) => {
    const dir = join(import.meta.dirname, name);
    const scenario = parse(readFileSync(join(dir, 'scenario.yaml'), 'utf8')) as Scenario;
    const world: World = { folder: temporaryFolder(), ports: new Map(), close: [] };
    try {
      write(world, 'fettle.yaml', CONFIG);
      let printed = `# ${scenario.shows}\n\n`;
      for (const each of scenario.happens) printed += await happen(world, each);
      const golden = join(dir, 'expected.txt');
      const output = withoutVolatile(printed, world);
      if (process.env['FETTLE_UPDATE_GOLDEN'] === '1') writeFileSync(golden, output);
      expect(output).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
    } finally {
      for (const close of world.close) close();
      rmSync(world.folder, { recursive: true, force: true });
    }
  });
});
