/**
 * The timer on the target: a shell that sleeps, moves the pending entry, and runs the take-back. Neither Node.js nor fettle
 * has to run then.
 *
 * Ways, in this order: a transient timer of systemd, which survives the end of the session and of the service of fettle; a
 * shell in a session of its own, which survives the end of fettle and of its terminal. A way counts only if the timer was
 * seen: exit codes are not enough.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { errorText } from '#plugin';
import { type Ended, runProgram } from '#plugin/program';
import { systemProgram } from '../path/evidence-linux.ts';
import { isRunning, processSeen } from './clock.ts';
import { LINKS_FILE, LINKS_PROGRAM, LUA_FILE, OUTPUT_FILE } from './pending.ts';
import type { Owner, PendingRecord } from './record.ts';
import { DONE } from './take-back.ts';
import { linksArguments } from './take-back-links.ts';

const DEADLINE_MS = 10_000;
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Arguments: seconds to sleep, the folder, the id, the number of tries, the start of a line of its output, and the program
 * with its arguments. It runs in the folder of the entry, and has succeeded if it ends with 0 and has that line.
 *
 * A sleep that is killed takes the change back early: fettle that still runs finds out at its confirmation.
 */
const TIMER = `
PATH=${PATH}; export PATH; umask 077
seconds=$1; folder=$2; id=$3; tries=$4; start=$5
shift 5
sleep "$seconds"
cd "$folder" || exit 1
mv -T "pending/$id" "taking-back/$id" || exit 0
cd "taking-back/$id" || exit 1
while [ "$tries" -gt 0 ]; do
  if "$@" > ${OUTPUT_FILE} 2>&1 < /dev/null && grep -q "$start" ${OUTPUT_FILE}; then
    cd "$folder" && exec mv -T "taking-back/$id" "taken-back/$id"
    exit 1
  fi
  tries=$((tries - 1))
  sleep 1
done
exit 1
`;

/** The place of the switch's CONFIG_DB on this machine. */
export interface LocalRedis {
  readonly socket: string;
}

interface Program {
  readonly tries: number;
  readonly start: string;
  readonly command: readonly string[];
}

/** The program that carries a take-back out; a reason if it is not installed. */
function programFor({ takeBack }: PendingRecord, redis: LocalRedis | undefined): Program | string {
  if (takeBack.kind === 'linux') {
    const ip = systemProgram('ip');
    if (ip === undefined) return 'ip is not installed';
    const shell = systemProgram('sh');
    if (shell === undefined) return 'sh is not installed';
    return { tries: 3, start: DONE, command: [shell, LINKS_PROGRAM, ...linksArguments(LINKS_FILE, ip, takeBack)] };
  }
  const cli = systemProgram('redis-cli');
  if (cli === undefined) return 'redis-cli is not installed';
  if (redis === undefined) return 'fettle does not run on the switch';
  const command = [cli, '-s', redis.socket, '-n', String(takeBack.database), '--eval', LUA_FILE];
  // While CONFIG_DB is loaded, or Redis starts, the program fails.
  return { tries: 300, start: DONE, command };
}

/** True if the programs of a timer are installed on this machine. */
export function timerPrograms(kind: 'linux' | 'sonic'): boolean {
  return ['sh', 'sleep', 'mv', 'grep', kind === 'linux' ? 'ip' : 'redis-cli'].every(
    (name) => systemProgram(name) !== undefined,
  );
}

/** The arguments of the shell. Nothing in them is code. */
export function timerArguments(seconds: number, folder: string, id: string, program: Program): readonly string[] {
  const { tries, start, command } = program;
  return ['-c', TIMER, 'fettle-take-back', String(seconds), folder, id, String(tries), start, ...command];
}

export type Armed =
  | { readonly way: 'systemd'; readonly unit: string }
  | { readonly way: 'session'; readonly process: Owner };

function unitOf(id: string): string {
  return `fettle-confirm-${id}`;
}

/** The arguments of `systemd-run` for a timer. The usual accuracy of a timer is a minute. */
export function systemdArguments(
  seconds: number,
  id: string,
  shell: string,
  args: readonly string[],
): readonly string[] {
  return [
    '--quiet',
    '--collect',
    '--no-ask-password',
    `--unit=${unitOf(id)}`,
    '--description=Takes back an unconfirmed change of ports',
    `--on-active=${seconds}s`,
    '--timer-property=AccuracySec=1s',
    '--',
    shell,
    ...args,
  ];
}

async function run(file: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  return runProgram({
    file,
    args,
    folder: '/',
    env: { PATH, LC_ALL: 'C' },
    deadlineMs: DEADLINE_MS,
    mostBytes: 65_536,
    signal,
  });
}

/** True if systemd is the init of this machine. Source: sd_booted(3). */
function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

async function isActive(unit: string, signal: AbortSignal): Promise<boolean> {
  const systemctl = systemProgram('systemctl');
  if (systemctl === undefined) return false;
  const ended = await run(systemctl, ['is-active', `${unit}.timer`], signal);
  return ended.how === 'code' && ended.code === 0 && ended.stdout.trim() === 'active';
}

type Tried = Armed | { readonly failed: string };

async function armSystemd(
  seconds: number,
  id: string,
  program: Program,
  folder: string,
  signal: AbortSignal,
): Promise<Tried> {
  const [systemd, shell] = [systemProgram('systemd-run'), systemProgram('sh')];
  if (!hasSystemd() || systemd === undefined || shell === undefined) return { failed: 'systemd does not run' };
  const args = timerArguments(0, folder, id, program);
  const ended = await run(systemd, systemdArguments(seconds, id, shell, args), signal);
  if (ended.how !== 'code' || ended.code !== 0) return { failed: 'systemd-run failed' };
  return (await isActive(unitOf(id), signal))
    ? { way: 'systemd', unit: unitOf(id) }
    : { failed: 'its timer is not active' };
}

async function armSession(seconds: number, id: string, program: Program, folder: string): Promise<Tried> {
  const shell = systemProgram('sh');
  if (shell === undefined) return { failed: 'sh is not installed' };
  const child = spawn(shell, timerArguments(seconds, folder, id, program), {
    cwd: '/',
    env: { PATH, LC_ALL: 'C' },
    detached: true,
    stdio: 'ignore',
  });
  const started = Promise.withResolvers<string | undefined>();
  child.once('spawn', () => started.resolve(undefined)).once('error', (error) => started.resolve(errorText(error)));
  const failed = await started.promise;
  child.unref();
  if (failed !== undefined || child.pid === undefined) return { failed: failed ?? 'the shell has no id' };
  const seen = await processSeen(child.pid);
  if (seen === undefined || seen.session !== child.pid || !seen.command.includes(id))
    return { failed: 'the shell of the timer does not run' };
  return { way: 'session', process: { pid: seen.pid, started: seen.started } };
}

/**
 * Arms the timer of a pending entry, and checks that it waits. `redis` is needed for a SONiC switch. A way that could not be
 * armed is a reason; without any, the change must not be made.
 */
export async function arm(
  folder: string,
  record: PendingRecord,
  seconds: number,
  redis: LocalRedis | undefined,
  signal: AbortSignal,
): Promise<Armed | { readonly failed: readonly string[] }> {
  const program = programFor(record, redis);
  if (typeof program === 'string') return { failed: [program] };
  const failed: string[] = [];
  for (const way of [
    () => armSystemd(seconds, record.id, program, folder, signal),
    () => armSession(seconds, record.id, program, folder),
  ]) {
    const tried = await way();
    if ('way' in tried) return tried;
    failed.push(tried.failed);
  }
  return { failed };
}

/** True if the timer still waits. */
export async function isArmed(armed: Armed, signal: AbortSignal): Promise<boolean> {
  return armed.way === 'systemd' ? isActive(armed.unit, signal) : isRunning(armed.process);
}

/** Ends a timer that has nothing left to do. A failure is harmless: a timer without its entry does nothing. */
export async function disarm(armed: Armed, signal: AbortSignal): Promise<void> {
  if (armed.way === 'systemd') {
    const systemctl = systemProgram('systemctl');
    if (systemctl !== undefined) await run(systemctl, ['stop', `${armed.unit}.timer`], signal);
    return;
  }
  if (!(await isRunning(armed.process))) return;
  try {
    // The shell and its sleep are a process group of their own.
    process.kill(-armed.process.pid, 'SIGKILL');
  } catch {
    // The timer has ended meanwhile.
  }
}
