/** The unit of systemd in `packaging/`: systemd takes it, it leaves few rights, and the daemon needs no other. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bareEnvironment, certificateProject, cliFile, temporaryFolder } from '../support/cli.ts';

const unit = readFileSync(join(import.meta.dirname, '../../packaging/fettle.service'), 'utf8');
const ANALYZE = '/usr/bin/systemd-analyze';
/** Highest level of exposure that the unit may have. systemd calls everything from 2 up to 4.9 "medium". */
const MOST_EXPOSURE = 2;

function analyze(...args: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  return spawnSync(ANALYZE, args, { encoding: 'utf8', env: { ...process.env, SYSTEMD_COLORS: '0' } });
}

function fileOf(text: string): string {
  const file = join(temporaryFolder(), 'fettle.service');
  // A program that does not exist on this machine would be a complaint.
  writeFileSync(file, text.replace(/ExecStart=\S+/u, 'ExecStart=/bin/true'));
  return file;
}

function complaints(text: string): string {
  return analyze('verify', '--man=no', fileOf(text)).stderr;
}

function exposure(text: string): number {
  const { stdout } = analyze('security', '--offline=yes', '--no-pager', fileOf(text));
  return Number(/Overall exposure level for fettle.service: ([\d.]+)/u.exec(stdout)?.[1]);
}

/** The system calls of the filters of a unit, by the groups of this systemd. */
function permittedCalls(text: string): ReadonlySet<string> {
  const groups = new Map<string, string[]>();
  let group: string[] = [];
  for (const line of analyze('syscall-filter', '--no-pager').stdout.split('\n'))
    if (line.startsWith('@')) groups.set(line, (group = []));
    else if (/^ {4}[@\w-]+$/u.test(line)) group.push(line.trim());
  const callsOf = (name: string): readonly string[] => groups.get(name)?.flatMap(callsOf) ?? [name];
  const permitted = new Set<string>();
  for (const [, sign, names = ''] of text.matchAll(/^SystemCallFilter=(~?)(.+)$/gmu))
    for (const call of names.split(' ').flatMap(callsOf))
      if (sign === '~') permitted.delete(call);
      else permitted.add(call);
  return permitted;
}

/** The system calls of a daemon with a round that applies, and of its processes. */
async function callsOfDaemon(): Promise<ReadonlySet<string>> {
  const log = join(temporaryFolder(), 'strace.txt');
  const limits = join(temporaryFolder(), 'serve.yaml');
  writeFileSync(limits, 'apply: [{ plugin: certificates, steps: ["absent>ready", "absent>normal"], causes: [new] }]\n');
  const daemon = [process.execPath, cliFile, 'serve', '--listen', '127.0.0.1:0', '--serve-config', limits];
  // With -D, the child is the daemon, and the tracer is another process.
  const child = spawn('strace', ['-D', '-f', '-q', '--signal=none', '-o', log, ...daemon], {
    cwd: certificateProject(['www']),
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await expect.poll(() => said, { timeout: 120_000 }).toMatch(/2 actions done/u);
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
  // strace pads a number of fewer than five digits.
  const end = new RegExp(`^${child.pid} +\\+{3} exited`, 'mu');
  await expect.poll(() => end.test(readFileSync(log, 'utf8'))).toBe(true);
  return new Set([...readFileSync(log, 'utf8').matchAll(/^\d+ +(\w+)\(/gmu)].map(([, call = '']) => call));
}

describe.skipIf(!existsSync(ANALYZE) && process.env['CI'] === undefined)('the unit for systemd', () => {
  it('is valid', () => {
    expect(unit).toContain('Type=notify');
    expect(complaints(unit)).toBe('');
    // The exit code is 0 for a misspelled key too.
    expect(complaints(unit.replace('WatchdogSec', 'WatchdogSecs'))).toContain('WatchdogSecs');
  });

  it('is valid with every setting that a comment shows', () => {
    const whole = unit.replaceAll(/^#(?=[A-Z]\w+=)/gmu, '');
    expect(whole).toMatch(/^ReadWritePaths=/mu);
    expect(whole).toMatch(/^LoadCredential=/mu);
    expect(complaints(whole)).toBe('');
  });

  it(`has a level of exposure of at most ${MOST_EXPOSURE}`, () => {
    expect(exposure(unit)).toBeGreaterThan(0);
    expect(exposure(unit)).toBeLessThanOrEqual(MOST_EXPOSURE);
    expect(exposure(unit.replaceAll(/^(?:Protect|Private|Restrict).*\n/gmu, ''))).toBeGreaterThan(MOST_EXPOSURE);
  });

  it('permits every system call of the daemon and its rounds', async () => {
    const permitted = permittedCalls(unit);
    expect(permitted.size).toBeGreaterThan(100);
    const used = [...(await callsOfDaemon())];
    expect(used.length).toBeGreaterThan(30);
    expect(used.filter((call) => !permitted.has(call))).toEqual([]);
  });
});

it('lets a round end before systemd kills the daemon', () => {
  expect(Number(/^TimeoutStopSec=(\d+)$/mu.exec(unit)?.[1])).toBeGreaterThan(60);
  expect(unit).toContain('NotifyAccess=all');
  expect(unit).toContain('KillMode=mixed');
});
