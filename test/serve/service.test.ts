/** The daemon as a service of systemd: its notifications over a real socket. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../support/cli.ts';

const RECEIVER = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True: print(s.recv(4096).decode(), flush=True)`;

/** Everything that a process prints on its standard output. */
function outputOf(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return () => text;
}

describe('notifications', () => {
  it('say that the daemon is ready, alive, what its round did, and that it stops', async () => {
    const socket = join(temporaryFolder(), 'notify');
    const received = outputOf(spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] }));
    await expect.poll(received, { timeout: 20_000 }).toContain('listening');
    const folder = join(temporaryFolder(), 'shop');
    mkdirSync(folder);
    writeFiles(folder, {
      'fettle.yaml': 'name: shop\nstore: .fettle\n',
      'desired/issuer.yaml':
        'apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: internal }\nspec: { localCa: { dir: ../ca, commonName: CA } }\n',
    });
    const child = spawn(process.execPath, [cliFile, 'serve', '--listen', '127.0.0.1:0'], {
      cwd: folder,
      env: bareEnvironment({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = outputOf(child);
    const has = async (text: string | RegExp): Promise<void> => {
      await expect.poll(received, { timeout: 60_000 }).toMatch(text);
    };
    await has(/^READY=1$/mu);
    expect(said()).toContain('listening on');
    await has(/^STATUS=shop: .*1 to apply/mu);
    await has(/^WATCHDOG=1$[^]*^WATCHDOG=1$/mu);
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    await has(/^STOPPING=1$/mu);
    expect(said()).not.toContain('warning');
  }, 120_000);

  it('that cannot be sent are warnings, and the daemon goes on', async () => {
    const folder = join(temporaryFolder(), 'shop');
    mkdirSync(folder);
    writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\ndesired: []\n' });
    const child = spawn(process.execPath, [cliFile, 'serve', '--listen', '127.0.0.1:0'], {
      cwd: folder,
      env: bareEnvironment({ NOTIFY_SOCKET: join(folder, 'missing') }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = outputOf(child);
    await expect.poll(said, { timeout: 60_000 }).toMatch(/warning: systemd was not notified of STATUS=/u);
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
  }, 120_000);
});
