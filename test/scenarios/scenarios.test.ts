/**
 * Scenarios with golden output: each folder holds what happens (`scenario.yaml`) and what is printed (`expected.txt`).
 *
 * What differs from run to run is replaced: the folder, times, hashes, ports, who runs it and how long it took. The
 * commands run in this process, which lends them its clock where days pass.
 * `FETTLE_UPDATE_GOLDEN=1` writes the output of now; then read the difference.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { misspelt } from '../formats/field-names.ts';
import { dirname, join } from 'node:path';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bareEnvironment, issueWithOpenssl, temporaryFolder } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';
import { type DnsServer, dnsServer } from '../support/dns.ts';
import { type ReloadingServer, reloadingServer } from '../support/reloading-server.ts';
import { expectGolden, scenarioNames, TIMES, withoutVolatile } from './golden.ts';

/** One event of a scenario, with exactly one key other than `exit`. */
interface Happening {
  /** A command line of fettle, and its exit code (default 0). */
  readonly run?: string;
  readonly exit?: number;
  /** Files by path. PORT(name) stands for the port of a server, NOW(-5) for the time five days ago. */
  readonly write?: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  readonly move?: Readonly<Record<string, string>>;
  readonly chmod?: Readonly<Record<string, string>>;
  /** A link that points to itself and cannot be read. */
  readonly loop?: string;
  /** A certificate from openssl, issued by the project's authority for the existing key: name, and days left. */
  readonly issue?: Readonly<Record<string, number>>;
  /** The same, with a new key. */
  readonly replace?: Readonly<Record<string, number>>;
  /** Servers by name: the stored pair that each serves in its present version; `silent` never answers. */
  readonly serve?: Readonly<Record<string, string>>;
  /**
   * Servers by name that read a stored pair when they start, and, unless they are deaf, again at SIGHUP; each writes
   * `NAME.pid`. `port` names one whose port it has, at another address.
   */
  readonly start?: Readonly<
    Record<string, { readonly pair: string; readonly address?: string; readonly port?: string; readonly deaf?: true }>
  >;
  readonly stop?: readonly string[];
  /** The addresses of names, for `resolvers: [DNS]`. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Moves the clock of the scenario to this number of days after the real time. */
  readonly clock?: number;
}

interface Scenario {
  /** The subject of the scenario, for the reader. */
  readonly shows: string;
  readonly happens: readonly Happening[];
}

interface World {
  readonly folder: string;
  readonly ports: Map<string, number>;
  readonly servers: Map<string, ReloadingServer>;
  dns: DnsServer | undefined;
  /** Days. */
  clock: number;
  readonly close: (() => unknown)[];
}

const DAY = 86_400_000;

const CONFIG = 'name: scenario\nstore: .fettle\nplugins:\n  certificates: { probe: { handshakeSeconds: 3 } }\n';

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

async function start(world: World, name: string, what: NonNullable<Happening['start']>[string]): Promise<void> {
  const server = reloadingServer(world.folder, what.pair, {
    pid: name,
    finished: (stop) => world.close.push(stop),
    ...(what.address === undefined ? {} : { address: what.address }),
    ...(what.deaf === true ? { deaf: true } : {}),
  });
  const known = world.ports.get(what.port ?? name);
  world.ports.set(name, await server.start(known));
  world.servers.set(name, server);
}

function write(world: World, path: string, text: string): void {
  const filled = text
    .replaceAll(/PORT\((\w+)\)/gu, (_all, name: string) => String(world.ports.get(name)))
    .replaceAll('[DNS]', `[${world.dns?.address ?? ''}]`)
    .replaceAll(/NOW\((-?\d+)\)/gu, (_all, days: string) => new Date(Date.now() + Number(days) * DAY).toISOString());
  mkdirSync(dirname(join(world.folder, path)), { recursive: true });
  writeFileSync(join(world.folder, path), filled);
}

/** Runs one event; returns its output. */
async function happen(world: World, each: Happening): Promise<string> {
  const at = (path: string) => join(world.folder, path);
  if (each.clock !== undefined) world.clock = each.clock;
  for (const name of each.stop ?? []) await world.servers.get(name)?.stop();
  for (const [name, what] of Object.entries(each.start ?? {})) await start(world, name, what);
  if (each.names !== undefined) {
    world.dns ??= await dnsServer({}, (close) => world.close.push(close));
    for (const [name, a] of Object.entries(each.names)) world.dns.names.set(name, { a });
  }
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
  // One at a time, so that the output has one order.
  const more = words[0] === 'apply' ? ['--parallelism', '1'] : [];
  const now = (): number => Date.now() + world.clock * DAY;
  const done = await fettle(world.folder, [each.run, ...more].join(' '), { now, env: bareEnvironment() });
  expect([each.run, done.code, done.code === (each.exit ?? 0) ? '' : done.stdout + done.stderr]).toEqual([
    each.run,
    each.exit ?? 0,
    '',
  ]);
  return `$ fettle ${each.run}\n${done.stdout}${done.stderr}\n`;
}

/** Every record of the scenario in the log. */
function logOf({ folder }: World): readonly unknown[] {
  const log = join(folder, '.fettle', 'log');
  if (!existsSync(log)) return [];
  return readdirSync(log).flatMap((file) =>
    readFileSync(join(log, file), 'utf8')
      .split('\n')
      .flatMap((line): readonly unknown[] => (line.endsWith('}') ? [JSON.parse(line)] : [])),
  );
}

const names = scenarioNames((name) => !/^(?:nodes|portsync)-/u.test(name));

describe('scenarios', () => {
  it.concurrent.each(names)('%s', { timeout: 60_000 }, async (name) => {
    const dir = join(import.meta.dirname, name);
    const scenario = parse(readFileSync(join(dir, 'scenario.yaml'), 'utf8')) as Scenario;
    const world: World = {
      folder: temporaryFolder(),
      ports: new Map(),
      servers: new Map(),
      dns: undefined,
      clock: 0,
      close: [],
    };
    try {
      write(world, 'fettle.yaml', CONFIG);
      let printed = `# ${scenario.shows}\n\n`;
      for (const each of scenario.happens) printed += await happen(world, each);
      expect(logOf(world).flatMap((record) => misspelt(record))).toEqual([]);
      const ports = [...world.ports].reduce(
        (all, [name, port]) => all.replaceAll(`:${port}`, `:PORT(${name})`),
        printed,
      );
      expectGolden(dir, withoutVolatile(ports, world.folder).replaceAll(TIMES, 'TIME'));
    } finally {
      for (const close of world.close) await close();
      rmSync(world.folder, { recursive: true, force: true });
    }
  });
});
