/** A folder of a webroot that its owner replaces during a challenge: nothing behind its link changes. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CHALLENGE_PATH } from '#plugin';
import { webrootSolver } from '../../../../plugins/certificates/acme/solvers/challenge-files.ts';
import { bareEnvironment, temporaryFolder } from '../../../support/cli.ts';
import { challenge, solverRun } from './support.ts';

const unchecked = async (): Promise<void> => undefined;
const TRIES = 600;

/** Starts the other program: the folder `.well-known` of `ROOT/NUMBER` becomes a link to `target` again and again. */
function startRacer(root: string, target: string): void {
  const racer = spawn(process.execPath, [join(import.meta.dirname, 'folder-racer.ts'), root, target], {
    stdio: 'ignore',
  });
  onTestFinished(async () => {
    const ended = once(racer, 'exit');
    writeFileSync(join(root, 'end'), '');
    await ended;
  });
}

/** Waits until the other program is at a webroot. */
async function raced(webroot: string): Promise<void> {
  while (!existsSync(join(webroot, 'begun'))) await setImmediate();
}

interface Victim {
  readonly folder: string;
  /** The folder that the path of challenges leads to behind the link. */
  readonly inner: string;
}

function victimOf(): Victim {
  const folder = join(temporaryFolder(), 'private');
  const inner = join(folder, 'acme-challenge');
  mkdirSync(inner, { recursive: true });
  chmodSync(folder, 0o700);
  return { folder, inner };
}

/** Ignores the errors that a folder that was moved causes: only what happens behind the link counts. */
async function tried(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

describe('while another program replaces the folder by a link', () => {
  test('no mode changes and no file is created behind the link', async () => {
    const root = temporaryFolder();
    const victim = victimOf();
    startRacer(root, victim.folder);
    let presented = 0;
    for (let number = 0; number < TRIES; number += 1) {
      const webroot = join(root, String(number));
      mkdirSync(webroot);
      const solver = webrootSolver(webroot, unchecked);
      const prepared = await solver.prepare([challenge('a.test')], solverRun());
      await raced(webroot);
      if (await tried(solver.present(prepared, solverRun()))) presented += 1;
      writeFileSync(join(webroot, 'next'), '');
      expect([number, lstatSync(victim.folder).mode & 0o777]).toEqual([number, 0o700]);
      expect([number, readdirSync(victim.inner)]).toEqual([number, []]);
    }
    expect(presented).toBeGreaterThan(0);
  });

  test('no file is removed behind the link', async () => {
    const root = temporaryFolder();
    const victim = victimOf();
    const wanted = challenge('a.test');
    const theirs = join(victim.inner, wanted.token);
    const webroots = Array.from({ length: TRIES }, (_, number) => join(root, String(number)));
    for (const folder of [victim.inner, ...webroots.map((webroot) => join(webroot, CHALLENGE_PATH))]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, wanted.token), wanted.keyAuthorization);
    }
    startRacer(root, victim.folder);
    let removed = 0;
    for (const webroot of webroots) {
      const solver = webrootSolver(webroot, unchecked);
      const prepared = await solver.prepare([wanted], solverRun());
      await raced(webroot);
      if (await tried(solver.remove(prepared, solverRun()))) removed += 1;
      writeFileSync(join(webroot, 'next'), '');
      expect([webroot, existsSync(theirs)]).toEqual([webroot, true]);
    }
    expect(removed).toBeGreaterThan(0);
  });
});

const isRoot = process.geteuid?.() === 0;
const OTHER_USER = 65_534;

/** Calls a function as another user, who owns nothing here. */
async function asOther<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(OTHER_USER);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe.skipIf(!isRoot || process.platform !== 'linux')('with the rights of another user', () => {
  async function openWebroot() {
    const webroot = temporaryFolder();
    chmodSync(webroot, 0o755);
    const solver = webrootSolver(webroot, unchecked);
    const prepared = await solver.prepare([challenge('a.test')], solverRun());
    return { webroot, solver, prepared };
  }

  test('the folders around that of the challenges need not be listed', async () => {
    const { webroot, solver, prepared } = await openWebroot();
    const folder = join(webroot, CHALLENGE_PATH);
    mkdirSync(folder, { recursive: true });
    chownSync(folder, OTHER_USER, OTHER_USER);
    for (const closed of [webroot, join(webroot, '.well-known')]) chmodSync(closed, 0o711);
    await asOther(() => solver.present(prepared, solverRun()));
    expect(readdirSync(folder)).toHaveLength(1);
    await asOther(() => solver.remove(prepared, solverRun()));
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an error has the path of the folder, and not that of a descriptor', async () => {
    const { webroot, solver, prepared } = await openWebroot();
    const error = await asOther(() => solver.present(prepared, solverRun()).catch(String));
    expect(error).toBe(`Error: EACCES: permission denied, mkdir '${webroot}/.well-known'`);
  });
});

describe.skipIf(!isRoot || process.platform !== 'linux')('without /proc', () => {
  /** Runs the solver in a process of its own, from whose mounts `/proc` is removed. */
  function withoutProc(webroot: string, script: string): string {
    const solvers = join(import.meta.dirname, '../../../../plugins/certificates/acme/solvers/challenge-files.ts');
    const text = `
      import { existsSync, renameSync, mkdirSync } from 'node:fs';
      import { webrootSolver } from ${JSON.stringify(solvers)};
      if (existsSync('/proc/self')) throw new Error('/proc is there');
      const webroot = ${JSON.stringify(webroot)};
      const solver = webrootSolver(webroot, async () => undefined);
      const run = { signal: new AbortController().signal, progress: () => undefined, remark: () => undefined };
      const prepared = { via: 'webroot', values: [{ name: 'a.test', place: webroot + '/.well-known/acme-challenge/token', text: 'token.key' }] };
      ${script}`;
    const file = join(temporaryFolder(), 'run.mjs');
    writeFileSync(file, text);
    const words = ['-m', 'sh', '-c', 'umount -l /proc && exec "$0" "$@"', process.execPath, file];
    const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', env: bareEnvironment() });
    return stdout + stderr;
  }

  test('files are written and removed by path', () => {
    const webroot = temporaryFolder();
    const folder = join(webroot, CHALLENGE_PATH);
    expect(withoutProc(webroot, 'await solver.present(prepared, run);')).toBe('');
    expect(readFileSync(join(folder, 'token'), 'utf8')).toBe('token.key');
    expect(withoutProc(webroot, 'await solver.remove(prepared, run);')).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that was replaced is an error, and a link is refused', () => {
    const webroot = temporaryFolder();
    const target = temporaryFolder();
    symlinkSync(target, join(webroot, '.well-known'));
    expect(withoutProc(webroot, 'await solver.present(prepared, run);')).toContain('is a symbolic link');
    expect(readdirSync(target)).toEqual([]);
    const held = join(import.meta.dirname, '../../../../plugins/certificates/live/held-folder.ts');
    const swap = `
      const { holdFolder, inFolder } = await import(${JSON.stringify(held)});
      mkdirSync(webroot + '/first');
      const folder = await holdFolder(webroot + '/first', { links: false });
      renameSync(webroot + '/first', webroot + '/moved');
      mkdirSync(webroot + '/first');
      await inFolder(folder, 'inner', (path) => mkdirSync(path)).catch((error) => console.log(error.message));
      await folder.handle.close();`;
    expect(withoutProc(webroot, swap)).toBe(`${webroot}/first was replaced by another program\n`);
    expect(readdirSync(join(webroot, 'first'))).toEqual([]);
  });
});
