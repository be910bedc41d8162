/** A running `fettle serve` of a test. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext } from 'vitest';
import { bareEnvironment, cliFile, temporaryFolder } from '../support/cli.ts';

export interface Daemon {
  readonly lines: () => string;
  /** Waits until the output has a text. */
  readonly said: (text: string | RegExp) => Promise<void>;
  readonly ask: (path: string, method?: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  /** Waits until the daemon has ended by itself; gives its exit code. */
  readonly ended: () => Promise<number | null>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Waits until the server listens. */
  readonly port: () => Promise<number>;
  readonly pid: number;
}

/** Starts `fettle serve` on a free port. It is killed at the end of the test. A concurrent test passes its context. */
export async function daemon(
  folder: string,
  hostYaml?: string,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  test: Pick<TestContext, 'expect' | 'onTestFinished'> = { expect, onTestFinished },
): Promise<Daemon> {
  const file = join(temporaryFolder(), 'serve.yaml');
  if (hostYaml !== undefined) writeFileSync(file, hostYaml);
  const own = hostYaml === undefined ? [] : ['--serve-config', file];
  const child = spawn(process.execPath, [cliFile, 'serve', '--listen', '127.0.0.1:0', ...own, ...more], {
    cwd: folder,
    env: bareEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  const said = async (part: string | RegExp): Promise<void> => {
    await test.expect.poll(() => text, { timeout: 60_000 }).toMatch(part);
  };
  const ended = async (): Promise<number | null> => {
    const [code] = (await closed) as [number | null];
    return code;
  };
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    return ended();
  };
  const port = async (): Promise<number> => {
    await said(/listening on/u);
    return Number(/port (\d+)/u.exec(text)?.[1]);
  };
  test.onTestFinished(async () => {
    if (child.exitCode === null) await stop('SIGKILL');
  });
  return {
    lines: () => text,
    said,
    stop,
    ended,
    signal: (signal) => void child.kill(signal),
    pid: child.pid ?? 0,
    port,
    ask: async (path, method = 'GET') => {
      const response = await fetch(`http://127.0.0.1:${await port()}${path}`, { method });
      return { status: response.status, text: await response.text() };
    },
  };
}
