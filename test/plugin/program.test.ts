/** Programs: limited in time and output, ended with their child processes, and never with a part of a line. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Program, runProgram } from '../../src/plugin/program.ts';
import { temporaryFolder } from '../support/cli.ts';

const never = new AbortController().signal;

function run(script: string, more: Partial<Program> = {}) {
  return runProgram({
    file: '/bin/sh',
    args: ['-c', script],
    folder: temporaryFolder(),
    env: { PATH: process.env['PATH'] },
    deadlineMs: 60_000,
    mostBytes: 1000,
    signal: never,
    ...more,
  });
}

function isRunning(id: number): boolean {
  try {
    // A process that has ended waits for its parent.
    return !readFileSync(`/proc/${id}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test('the end of a program has its code and its outputs', async () => {
  expect(await run('echo out; echo err >&2; exit 3')).toEqual({
    how: 'code',
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await run('kill -TERM $$')).toEqual({ how: 'signal', by: 'SIGTERM' });
  expect(await run('', { file: '/nonexistent' })).toEqual({ how: 'not-started', code: 'ENOENT' });
});

test('output up to the limit is kept, and more ends the program', async () => {
  expect(await run('head -c 1000 /dev/zero')).toMatchObject({ how: 'code', code: 0 });
  expect(await run('head -c 1001 /dev/zero')).toEqual({ how: 'too-much' });
  expect(await run('cat /dev/zero')).toEqual({ how: 'too-much' });
});

test('of a long standard error, the last whole lines are kept', async () => {
  const ended = await run('head -c 70000 /dev/zero | tr "\\\\0" x >&2; echo >&2; echo last >&2');
  expect(ended).toEqual({ how: 'code', code: 0, stdout: '', stderr: 'last\n' });
  expect(await run('head -c 70000 /dev/zero | tr "\\\\0" x >&2')).toMatchObject({ stderr: '' });
  expect(await run('echo one >&2; echo two >&2', { mostErrors: 6 })).toMatchObject({ stderr: 'two\n' });
});

test.each(['late', 'aborted'])('a program that is %s ends with its child processes', async (why) => {
  const folder = temporaryFolder();
  const stop = new AbortController();
  const script = 'sleep 1000 & echo $! $$ > ids.tmp; mv ids.tmp ids; wait';
  const ids = (): readonly number[] => readFileSync(join(folder, 'ids'), 'utf8').trim().split(' ').map(Number);
  const ended = run(script, { folder, signal: stop.signal, deadlineMs: why === 'late' ? 1000 : 60_000 });
  const settled = ended.then(
    (end) => end.how,
    (error: unknown) => String(error),
  );
  await expect.poll(() => ids().length).toBe(2);
  const started = ids();
  if (why === 'aborted') stop.abort(new Error('stopped'));
  expect(await settled).toBe(why === 'late' ? 'late' : 'Error: stopped');
  await expect.poll(() => started.filter(isRunning)).toEqual([]);
});

test('a process that a program left running does not hold it', async () => {
  const ended = await run('sleep 30 & echo started');
  expect(ended).toEqual({ how: 'code', code: 0, stdout: 'started\n', stderr: '' });
});

test('a program gets its input, and one that does not read it ends as usual', async () => {
  const input = 'x'.repeat(900);
  expect(await run('cat', { input })).toMatchObject({ how: 'code', code: 0, stdout: input });
  expect(await run('exit 3', { input: 'x'.repeat(1_000_000) })).toMatchObject({ how: 'code', code: 3 });
  expect(await run('cat')).toMatchObject({ how: 'code', code: 0, stdout: '' });
});
