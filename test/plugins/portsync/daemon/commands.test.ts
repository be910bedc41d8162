/** The commands of the daemon, called with their arguments. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Facts, PluginCommand, RunCommand } from '#plugin';
import { daemonCommands } from '../../../../plugins/portsync/daemon/commands.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { configure, type Databases, eventually, openDatabases } from './emulated-switch.ts';

let server: RedisServer;
let databases: Databases;
let root: string;
let control: AbortController;

beforeAll(async () => {
  server = await startRedis();
  databases = await openDatabases(server);
});
afterAll(() => server.stop());
beforeEach(async () => {
  await databases.state.call(['FLUSHALL']);
  await configure(databases, {});
  root = mkdtempSync(join(tmpdir(), 'portsync-commands-'));
  control = new AbortController();
});
afterEach(() => {
  control.abort();
  rmSync(root, { recursive: true, force: true });
});

interface Printed {
  readonly lines: string[];
  readonly facts: Facts[];
  readonly ended: Promise<void>;
}

const switches = (spec: object) => [{ ref: { plugin: 'portsync', kind: 'Switch', name: 'leaf-1' }, spec }];

function call(
  name: string,
  flags: Readonly<Record<string, unknown>> = {},
  { env = {}, word = 'leaf-1', spec = { sonic: { redis: `127.0.0.1:${server.address.port}` } } }: Partial<Given> = {},
): Printed {
  const command = daemonCommands.find((each) => each.name === name) as PluginCommand & RunCommand;
  const lines: string[] = [];
  const facts: Facts[] = [];
  const ended = command.run({
    words: { switch: word },
    flags: { stateDir: join(root, 'state'), ...flags },
    env,
    signal: control.signal,
    print: (text: string | readonly string[], each: Facts) => {
      lines.push(...[text].flat());
      facts.push(each);
    },
    desired: switches(spec),
    memory: [],
    now: 0,
    actor: 'test',
    settings: {},
  } as unknown as Parameters<RunCommand['run']>[0]);
  ended.catch(() => undefined);
  return { lines, facts, ended };
}

interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly word: string;
  readonly spec: object;
}

describe('portsync run', () => {
  test('runs until it is stopped, and status and metrics reset reach it', async () => {
    const run = call('run', { listen: '[::1]:0', eoiuTimeout: 'disabled', backups: '3' });
    await eventually(() => expect(run.lines.join('\n')).toContain('cold start'));
    expect(run.lines.join('\n')).toMatch(/metrics are served on ::1 port \d+/u);
    await eventually(async () => {
      const status = call('status');
      await status.ended;
      expect(status.lines[0]).toBe(`the daemon runs as process ${process.pid}: healthy`);
      expect(status.facts[0]).toMatchObject({ pid: process.pid, metrics: {}, status: { phase: 'ColdStart' } });
    });
    const reset = call('metrics reset');
    await reset.ended;
    expect(reset.lines).toEqual(['the metrics are reset']);
    control.abort();
    await run.ended;
    const after = call('status');
    await after.ended;
    expect(after.lines.slice(0, 2)).toEqual(['the daemon does not run', 'starts: 0 warm, 0 cold (0 % warm)']);
    expect(statSync(join(root, 'state')).mode & 0o777).toBe(0o700);
  });

  test('finds the databases of the switch that it runs on by the environment', async () => {
    const run = call(
      'run',
      { listen: 'off', observe: true },
      { spec: { sonic: { local: true } }, env: { FETTLE_SONIC_SOCKET: server.socket } },
    );
    await eventually(() => expect(run.lines.join('\n')).toContain('cold start'));
    expect(run.lines.join('\n')).not.toContain('metrics are served');
    control.abort();
    await run.ended;
    expect(existsSync(join(root, 'state', 'port_state.json'))).toBe(false);
  });

  test.each([
    [{}, { word: 'leaf-2' }, 'did you mean leaf-1?'],
    [{}, { spec: { linux: {} } }, 'Name a Switch with `sonic`'],
    [{ backups: '0' }, {}, '--backups is not a whole number from 1 to 1000'],
    [{ maxPorts: 'x' }, {}, '--max-ports is not a whole number'],
    [{ staleDays: '1.5' }, {}, '--stale-days is not a whole number'],
    [{ suppress: 'corruptio' }, {}, '"corruptio" is not an alert'],
    [{ stateDir: 'state' }, {}, 'is not an absolute path'],
    [{ metricsCert: '/c', metricsKey: '/k' }, {}, 'Name all three'],
    [{ metricsCert: '/c', metricsKey: '/k', metricsCa: '/a' }, {}, '/c cannot be read'],
    [{ stateFile: '/etc' }, {}, 'the state file /etc cannot be read: it is not a regular file'],
  ])('with %j and %j is refused', async (flags, given, message) => {
    await expect(call('run', { listen: 'off', ...flags }, given).ended).rejects.toThrow(message);
  });
});

describe('the metrics of a daemon that does not run', () => {
  test('are reset in their file', async () => {
    const reset = call('metrics reset');
    await reset.ended;
    expect(JSON.parse(readFileSync(join(root, 'state', 'metrics.json'), 'utf8'))).toMatchObject({ version: 1 });
  });
});
