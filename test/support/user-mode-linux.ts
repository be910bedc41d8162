/**
 * User-mode Linux of Debian: a kernel as an ordinary process, with bonds, teams, VLANs and VRFs, which most machines lack.
 *
 * The machine's own files are its root, read-only, with empty `/tmp` and `/run`; the user who starts it is root in it. It
 * boots in two seconds. Its processes are slow to start, above all those that Node.js starts (about a second): a scenario is
 * best a script of the shell.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../src/plugin/program.ts';
import { temporaryFolder } from './cli.ts';
import { userModeLinux } from './user-mode-linux-files.ts';

const installed = userModeLinux();

/** True if the kernel and the program that loads its modules are installed. */
export const hasUserModeLinux = installed !== undefined;

if (installed === undefined) {
  const missing = 'user-mode Linux is not installed (Debian: apt-get install user-mode-linux kmod)';
  if (process.env['CI'] !== undefined) throw new Error(missing);
  console.warn(`skipped: ${missing}`);
}

const MODULES = ['dummy', 'bonding', 'team', 'team_mode_activebackup', '8021q', 'vrf', 'macvlan', 'veth', 'bridge'];
/** Long, because several may boot at once on few processors. */
const DEADLINE_MS = 180_000;

/** The first process: it prepares the machine, runs the command, and switches the machine off. */
function initScript(out: string, command: string): string {
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mkdir -p /tmp/out /tmp/modules/lib/modules
ln -s "${installed?.modules}/$(uname -r)" "/tmp/modules/lib/modules/$(uname -r)"
mount -t hostfs none /tmp/out -o '${out}'
modprobe -d /tmp/modules -a ${MODULES.join(' ')} 2>/tmp/out/modules.log
ip link set lo up
(
cd /tmp
${command}
) >/tmp/out/stdout 2>/tmp/out/stderr
echo $? >/tmp/out/code
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}

export interface InUserModeLinux {
  /** Undefined if the machine ended before the command. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The text of a file that the command wrote to the folder `/tmp/out`. */
  readonly file: (name: string) => string;
}

/** Boots a machine, runs a command of the shell in it, and returns its result. `files` are in its folder `/tmp/out`. */
export async function inUserModeLinux(
  command: string,
  files: Readonly<Record<string, string>> = {},
): Promise<InUserModeLinux> {
  // A machine mounts its own devices over /dev, where folders in memory are.
  const folder = temporaryFolder('/tmp');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'init'), initScript(folder, command), { mode: 0o755 });
  const ended = await runProgram({
    file: installed?.kernel ?? '',
    args: [
      'root=/dev/root',
      'rootfstype=hostfs',
      'rootflags=/',
      'ro',
      'mem=512M',
      `init=${join(folder, 'init')}`,
      'con=null',
      'con0=fd:0,fd:1',
      'quiet',
      `uml_dir=${folder}`,
      'umid=machine',
    ],
    folder,
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: tmpdir() },
    deadlineMs: DEADLINE_MS,
    mostBytes: 1 << 24,
    signal: new AbortController().signal,
  });
  const read = (name: string): string => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const code = read('code').trim();
  const console = ended.how === 'code' ? ended.stdout : ended.how;
  return {
    code: code === '' ? undefined : Number(code),
    stdout: read('stdout'),
    file: read,
    stderr: code === '' ? `${read('stderr')}\nthe console: ${console}` : read('stderr'),
  };
}
