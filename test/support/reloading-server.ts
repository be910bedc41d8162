/** A TLS server in its own process that reads its pair at start, and again at a signal. */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface ReloadingServer {
  readonly pidFile: string;
  readonly port: () => number;
  /** Reads the pair; settles when it listens. */
  readonly start: (port?: number) => Promise<number>;
  readonly stop: () => Promise<void>;
}

const PROGRAM = `
import { createServer } from 'node:tls';
import { readFileSync, writeFileSync } from 'node:fs';
const [certificate, key, pidFile, port, address, lazy] = process.argv.slice(2);
const read = () => ({ cert: readFileSync(certificate), key: readFileSync(key) });
const server = createServer(read());
process.on('SIGHUP', () => { if (lazy !== 'deaf') server.setSecureContext(read()); });
server.on('tlsClientError', () => undefined);
server.listen(Number(port), address, () => {
  writeFileSync(pidFile, String(process.pid));
  process.stdout.write(String(server.address().port) + '\\n');
});
`;

/**
 * A server of the pair `tls/NAME.crt`, `tls/NAME.key` below a folder, with its number in `NAME.pid` there. It ends
 * with the test. `deaf`: it accepts the signal, and reads nothing.
 */
export function reloadingServer(
  folder: string,
  name: string,
  {
    address = '127.0.0.1',
    deaf = false,
    pid = name,
    finished = onTestFinished,
  }: {
    readonly address?: string;
    readonly deaf?: boolean;
    readonly pid?: string;
    /** Reports the end of the test, for concurrent tests. */
    readonly finished?: (stop: () => Promise<void>) => void;
  } = {},
): ReloadingServer {
  const program = join(folder, `${pid}-server.mjs`);
  const pidFile = join(folder, `${pid}.pid`);
  let child: ChildProcess | undefined;
  let listening = 0;
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      running.once('exit', () => resolve());
      running.kill('SIGKILL');
    });
  };
  const start = (port = 0): Promise<number> => {
    writeFileSync(program, PROGRAM);
    const pair = [join(folder, `tls/${name}.crt`), join(folder, `tls/${name}.key`)];
    const args = [program, ...pair, pidFile, String(port), address, deaf ? 'deaf' : ''];
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    return new Promise((resolve, reject) => {
      started.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      started.stdout.once('data', (text: Buffer) => {
        listening = Number(text.toString());
        resolve(listening);
      });
    });
  };
  finished(stop);
  return { pidFile, port: () => listening, start, stop };
}
