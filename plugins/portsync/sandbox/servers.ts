/** The Redis server of the sandbox: `redis-server` where it is installed, and otherwise the sandbox's own. */

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { usualDenial } from '#plugin/net';
import type { TcpAddress } from '../redis/address.ts';
import { openRedis } from '../redis/client.ts';
import { startRespServer } from './resp-server.ts';

export interface SandboxServer {
  readonly address: TcpAddress;
  /** The program behind it. */
  readonly kind: 'redis-server' | 'own';
  stop(): Promise<void>;
}

const START_MS = 10_000;
const POLL_MS = 50;
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/** The path of a program in the folders of PATH and the usual ones. */
function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS].filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The wanted port if it is free, and otherwise another one. */
async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  const port = await new Promise<number | undefined>((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(wanted, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port ?? freePort(0);
}

/** True once the server of a process answers: another program may have the port. */
async function answers(address: TcpAddress, pid: number | undefined): Promise<boolean> {
  try {
    const redis = await openRedis(address, { denial: usualDenial({}) });
    const info = await redis.call(['INFO', 'server']);
    redis.close();
    return /^process_id:(?<pid>\d+)\r$/mu.exec(String(info))?.groups?.['pid'] === String(pid);
  } catch {
    return false;
  }
}

/** Starts `redis-server` without files; undefined if it does not start. */
async function startProgram(program: string, folder: string, wanted: number): Promise<SandboxServer | undefined> {
  const port = await freePort(wanted);
  const address: TcpAddress = { kind: 'tcp', host: '127.0.0.1', port };
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    databases: '100',
    'notify-keyspace-events': 'AKE',
    save: '',
    appendonly: 'no',
    dir: folder,
    loglevel: 'warning',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // The server ends with the sandbox, also if that is killed.
  const setpriv = programPath('setpriv');
  const [command, ...words] =
    setpriv === undefined ? [program, ...args] : [setpriv, '--pdeathsig', 'TERM', program, ...args];
  const child = spawn(command ?? program, words, { cwd: folder, env: {}, stdio: 'ignore' });
  const life = { hasEnded: false };
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      life.hasEnded = true;
      resolve();
    };
    child.once('exit', end).once('error', end);
  });
  const stop = async (): Promise<void> => {
    if (!life.hasEnded) child.kill('SIGTERM');
    await ended;
  };
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && !life.hasEnded; await sleep(POLL_MS))
    if (await answers(address, child.pid)) return { address, kind: 'redis-server', stop };
  await stop();
  return undefined;
}

/** The path of `redis-server`; undefined if it is not installed. */
export function redisProgram(): string | undefined {
  return programPath('redis-server');
}

/** Starts a server: the program, or the sandbox's own without one that starts. `port`: the former one; 0 for any. */
export async function startServer(folder: string, port: number, program: string | undefined): Promise<SandboxServer> {
  const started = program === undefined ? undefined : await startProgram(program, folder, port);
  if (started !== undefined) return started;
  return { ...(await startRespServer({ port })), kind: 'own' };
}
