/**
 * Every exit code, by a real command, with the line that explains it.
 *
 * | Code | Here it comes from |
 * |---|---|
 * | 0 | nothing to do; everything done |
 * | 1 | usage, documents, no terminal for a prompt, a declined prompt, no store in CI |
 * | 2 | `--detailed-exitcode`, `--fail-on` |
 * | 3 | a protected certificate whose document was removed |
 * | 4 | a loop of links, which no user can read, including root |
 * | 5 | another run in progress |
 * | 6 | a saved plan that was altered, belongs to another project, or is outdated |
 * | 7 | an action that failed, a saved row that is stale |
 * | 8 | files that could no longer be read once they were written |
 * | 9 | a node that never gets ready, which has its own test file |
 * | 130, 143 | signals, which have their own test file |
 */

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileStore } from '../../src/store/files/file-store.ts';
import {
  bareEnvironment,
  certificateProject,
  certificateYaml,
  fettle,
  intentIn,
  issueWithOpenssl,
  type Ran,
  run,
  cliFile,
  writeFiles,
} from '../support/cli.ts';
import { applyAgo, fettleHere } from '../support/command-line.ts';

const project = (...names: readonly string[]): string => certificateProject(names);

async function applied(...names: readonly string[]): Promise<string> {
  const folder = project(...names);
  expect(await fettleHere(folder, 'apply', '--yes')).toMatchObject({ code: 0 });
  return folder;
}

function expectEnding({ code, stderr }: Ran, expected: number): void {
  expect([code, stderr]).toEqual([expected, expect.stringMatching(new RegExp(`^exit ${expected}: .+\\..+\\.$`, 'mu'))]);
}

describe('exit codes', () => {
  it('0: done, and then nothing to do', async () => {
    const folder = await applied('www');
    const again = await fettle(folder, 'apply', '--yes');
    expect([again.code, again.stdout.includes('Nothing to do.')]).toEqual([0, true]);
  });

  it.each([
    ['an unknown command', ['plant']],
    ['an unknown flag', ['plan', '--frob']],
    ['an override without a reason', ['plan', '--override', 'protected@certificates/Certificate/www']],
    ['an override of a pattern', ['plan', '--override', 'protected@certificates/Certificate/*', '--reason', 'x']],
    ['a parallelism of 0', ['apply', '--parallelism', '0']],
    ['a missing plan', ['show', 'nothing.json']],
    ['a missing folder', ['plan', '--chdir', 'nowhere']],
    ['a prompt without a terminal', ['apply']],
    ['an invalid head', ['log', 'verify', '--head', 'x']],
    ['an address without state', ['state', 'show', 'certificates/Certificate/none']],
  ])('1: %s', async (_name, args) => {
    const done = await fettleHere(project('www'), ...args);
    expect([done.code, done.stderr]).toEqual([1, expect.stringMatching(/\S/u)]);
    expect(done.stderr).not.toContain('internal error');
  });

  it('1: invalid documents, all problems at once, and nothing is done', async () => {
    const folder = project('www');
    writeFiles(folder, {
      'desired/bad.yaml': 'apiVersion: certificates/v1\nkind: Certificat\nmetadata: { name: x }\nspec: {}\n---\na: 1\n',
    });
    const done = await fettle(folder, 'apply', '--yes');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('desired/bad.yaml:2:7');
    expect(done.stderr).toContain('Certificate');
    expect(done.stderr).toContain('desired/bad.yaml:6:1');
  });

  it('1: a prompt that is declined, or without a terminal', async () => {
    const folder = project('www');
    const command = `'${process.execPath}' '${cliFile}' apply`;
    // A terminal, with a user who answers no.
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder, env: bareEnvironment() });
    let said = '';
    terminal.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.endsWith('to approve: ')) terminal.stdin.write('y\n');
    });
    const code = await new Promise((resolve) => terminal.on('close', resolve));
    expect([code, said]).toEqual([1, expect.stringContaining('Approval was declined. Nothing was changed.')]);
    for (const [args, reason] of [
      [['apply'], 'the input is not a terminal'],
      [['apply', '--input=false'], '--input=false is set'],
      [['apply', '-input=false'], '--input=false is set'],
    ] as const) {
      const done = await fettle(folder, ...args);
      expect([done.code, done.stderr]).toEqual([1, expect.stringContaining(`Cannot ask for approval: ${reason}.`)]);
    }
    expect(readdirSync(folder).sort()).toEqual(['.fettle', 'desired', 'fettle.yaml']);
    expect((await fettleHere(folder, 'log', 'list', '--kind', 'intent')).stdout).toBe('');
  });

  it('1: in CI, without a store that is written down', async () => {
    const folder = project('www');
    writeFiles(folder, { 'fettle.yaml': 'name: test\n' });
    const done = await run(process.execPath, [cliFile, 'apply', '--yes'], folder, {
      FETTLE_DISABLE_CI_DETECTION: '',
      CI: 'true',
    });
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining('`store` in fettle.yaml')]);
  });

  it('2: changes, with --detailed-exitcode or --fail-on', async () => {
    const folder = project('www');
    expectEnding(await fettle(folder, 'plan', '--detailed-exitcode'), 2);
    expectEnding(await fettle(folder, 'plan', '-detailed-exitcode'), 2);
    expectEnding(await fettle(folder, 'plan', '--fail-on', 'changes'), 2);
    expect((await fettle(folder, 'plan')).code).toBe(0);
  });

  it('3: rejected rows remain; an override lets one through, and is recorded', async () => {
    const folder = project('www', 'api');
    writeFiles(folder, { 'desired/api.yaml': certificateYaml('api', '{ protect: true, onRemove: remove }') });
    expect(await fettleHere(folder, 'apply', '--yes')).toMatchObject({ code: 0 });
    rmSync(join(folder, 'desired/api.yaml'));
    expectEnding(await fettle(folder, 'apply', '--yes'), 3);
    expectEnding(await fettle(folder, 'plan', '--fail-on', 'rejected'), 3);
    expect((await fettle(folder, 'apply', '--yes', '--allow-rejected')).code).toBe(0);
    expect(
      (await run(process.execPath, [cliFile, 'apply', '--yes'], folder, { FETTLE_ALLOW_REJECTED: 'false' })).code,
    ).toBe(3);
    // An override is for one rule on one address.
    const elsewhere = ['--override', 'protected@certificates/Certificate/www', '--reason', 'x'];
    expect((await fettle(folder, 'apply', '--yes', ...elsewhere)).code).toBe(3);
    readFileSync(join(folder, 'tls/api.crt'));
    const override = ['--override', 'protected@certificates/Certificate/api', '--reason', 'replaced by www'];
    expect((await fettle(folder, 'apply', '--yes', ...override)).code).toBe(0);
    expect(() => readFileSync(join(folder, 'tls/api.crt'))).toThrow('ENOENT');
    expect((await fettleHere(folder, 'log', 'list')).stdout).toContain('overrides protected: replaced by www');
    const intent = (await fettleHere(folder, 'log', 'list', '--kind', 'intent', '--last', '1', '--format', 'json'))
      .stdout;
    expect(JSON.parse(intent)).toMatchObject({
      body: { step: 'normal>absent', overrides: [{ rule: 'protected', reason: 'replaced by www' }] },
    });
    expect((await fettleHere(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('4: a part of the world that cannot be read', async () => {
    const folder = await applied('www', 'api');
    rmSync(join(folder, 'tls/www.crt'));
    // No user can read a loop of links, including root.
    symlinkSync('www.crt', join(folder, 'tls/www.crt'));
    const plan = await fettle(folder, 'plan');
    expectEnding(plan, 4);
    expect(plan.stdout).toContain('? certificates/Certificate/www');
    expectEnding(await fettle(folder, 'apply', '--yes'), 4);
  });

  it('5: somebody else holds the lock, and is named', async () => {
    const folder = await applied('www');
    const store = openFileStore({
      folder: join(folder, '.fettle'),
      project: 'test',
      actor: 'x',
      now: Date.now,
      randomId: randomUUID,
    });
    const fence = await store.lock({ command: 'holding', timeoutMs: 0 });
    const refused = await fettle(folder, 'apply', '--yes');
    expectEnding(refused, 5);
    expect(refused.stderr).toMatch(
      new RegExp(`^error: locked by .+@.+, process ${process.pid}, since .+, holding$`, 'mu'),
    );
    // Reading is always allowed.
    expect((await fettle(folder, 'plan')).code).toBe(0);
    const waiting = fettle(folder, 'apply', '--yes', '--lock-timeout', '60s');
    await expect.poll(() => store.isWanted(fence), { timeout: 60_000 }).toBe(true);
    await store.unlock(fence);
    const done = await waiting;
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('waiting for the lock')]);
    await store.close();
  });

  it('5: a run that is under way holds the lock; one that was killed does not', async () => {
    const folder = project('www');
    const slow = certificateYaml('www').replace('  dnsNames', '  keyAlgorithm: rsa-4096\n  dnsNames');
    writeFiles(folder, { 'desired/www.yaml': slow });
    const child = spawn(process.execPath, [cliFile, 'apply', '--yes'], { cwd: folder, env: bareEnvironment() });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await intentIn(folder, 'absent>normal');
    child.kill('SIGSTOP');
    const refused = await fettle(folder, 'apply', '--yes');
    expectEnding(refused, 5);
    expect(refused.stderr).toMatch(new RegExp(`^error: locked by .+, process ${child.pid}, since .+, apply$`, 'mu'));
    const recover = await fettle(folder, 'log', 'recover');
    expect([recover.code, recover.stdout]).toEqual([0, expect.stringContaining('Nothing to recover')]);
    // A plan waits for the resources of the running apply.
    const plan = await fettle(folder, 'plan');
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringMatching(/WAITING in-progress/u)]);
    child.kill('SIGKILL');
    await ended;
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
    expect((await fettleHere(folder, 'log', 'verify')).code).toBe(0);
  });

  describe('a saved plan', () => {
    async function savedIn(folder: string): Promise<string> {
      const file = join(folder, 'plan.json');
      expect(await fettleHere(folder, 'plan', '-o', file)).toMatchObject({ code: 0 });
      return file;
    }

    it('0: is done, and rows that are new are listed and not run', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      writeFiles(folder, { 'desired/api.yaml': certificateYaml('api') });
      const done = await fettle(folder, 'apply', file);
      expect([done.code, done.stderr]).toEqual([
        0,
        expect.stringContaining('not in the saved plan, and therefore not run: certificates/Certificate/api'),
      ]);
      expect(() => readFileSync(join(folder, 'tls/api.crt'))).toThrow('ENOENT');
      readFileSync(join(folder, 'tls/www.crt'));
    });

    it('6: was altered', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      writeFileSync(file, readFileSync(file, 'utf8').replace('"goal":"create"', '"goal":"update"'));
      expectEnding(await fettle(folder, 'apply', file), 6);
    });

    it('6: has no checksum', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      const { checksum: _checksum, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
        Record<string, unknown>
      >;
      writeFileSync(file, JSON.stringify(rest));
      expectEnding(await fettle(folder, 'apply', file), 6);
      expect(readdirSync(folder)).not.toContain('tls');
    });

    it('a row that was rejected there is not run, although it would be overridden now', async () => {
      const folder = project('www', 'api');
      writeFiles(folder, { 'desired/api.yaml': certificateYaml('api', '{ protect: true, onRemove: remove }') });
      expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
      rmSync(join(folder, 'desired/api.yaml'));
      const file = await savedIn(folder);
      const override = ['--override', 'protected@certificates/Certificate/api', '--reason', 'x'];
      const done = await fettle(folder, 'apply', file, ...override);
      expect([done.code, done.stderr]).toEqual([
        expect.any(Number),
        expect.stringContaining('not in the saved plan, and therefore not run: certificates/Certificate/api'),
      ]);
      readFileSync(join(folder, 'tls/api.crt'));
    });

    it('0: with the override that it was saved with, which is given again', async () => {
      const folder = project('www', 'api');
      writeFiles(folder, { 'desired/api.yaml': certificateYaml('api', '{ protect: true, onRemove: remove }') });
      expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
      rmSync(join(folder, 'desired/api.yaml'));
      const file = join(folder, 'plan.json');
      const override = ['--override', 'protected@certificates/Certificate/api', '--reason', 'replaced'];
      expect((await fettleHere(folder, 'plan', '-out', file, ...override)).code).toBe(0);
      const without = await fettle(folder, 'apply', file);
      expectEnding(without, 6);
      expect(without.stderr).toContain('The plan overrides protected: use the same override');
      readFileSync(join(folder, 'tls/api.crt'));
      expect((await fettle(folder, 'apply', file, ...override)).code).toBe(0);
      expect(() => readFileSync(join(folder, 'tls/api.crt'))).toThrow('ENOENT');
      expect((await fettleHere(folder, 'log', 'list')).stdout).toContain('overrides protected: replaced');
    });

    it('6: is of another project', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      writeFiles(folder, { 'fettle.yaml': 'name: other\nstore: .fettle\n' });
      expectEnding(await fettle(folder, 'apply', file), 6);
    });

    it('6: none of its rows is current', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
      expectEnding(await fettle(folder, 'apply', file), 6);
    });

    it('7: some of its rows are no longer current', async () => {
      const folder = project('www', 'api');
      await applyAgo(folder, 70);
      const file = await savedIn(folder);
      issueWithOpenssl(folder, 'api', 10);
      const done = await fettle(folder, 'apply', file);
      expectEnding(done, 7);
      expect(done.stderr).toContain('stale: certificates/Certificate/api');
      expect((await fettle(folder, 'plan')).stdout).toContain('1 to step');
    });
  });

  it('7: an action failed, and the others were done', async () => {
    const folder = project('www', 'api');
    writeFiles(folder, { 'desired/api.yaml': certificateYaml('api').replaceAll('../tls/api', '../blocked/api') });
    // A file in the place of a folder.
    writeFiles(folder, { blocked: '' });
    const done = await fettle(folder, 'apply', '--yes');
    expectEnding(done, 7);
    expect(done.stdout).toMatch(/certificates\/Certificate\/api: failed.*blocked/u);
    expect(done.stdout).toContain('certificates/Certificate/www: done');
    expect((await fettleHere(folder, 'state', 'list')).stdout).toMatch(/Certificate\/api .*1 failed/u);
    rmSync(join(folder, 'blocked'));
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
    expect((await fettleHere(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('7: what needs a failed action is not attempted', async () => {
    const folder = project('www');
    writeFiles(folder, { ca: '' });
    const done = await fettle(folder, 'apply', '--yes');
    expectEnding(done, 7);
    expect(done.stdout).toContain('Depends on certificates/Issuer/ca, which is failed');
    rmSync(join(folder, 'ca'));
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
  });

  it('8: the outcome of an action is unknown, until a refresh settles it', async () => {
    const underStrace = (folder: string, ...rules: readonly string[]): Promise<Ran> => {
      const path = join(folder, 'tls/www.crt');
      const args = ['-f', '-qq', '-o', join(folder, 'trace'), '-P', path, '-e', 'trace=openat', ...rules];
      // One thread for all file calls: strace counts the calls of each thread.
      return run('strace', [...args, process.execPath, cliFile, 'apply', '--yes'], folder, { UV_THREADPOOL_SIZE: '1' });
    };
    const first = project('www');
    expect((await underStrace(first)).code).toBe(0);
    const opened = readFileSync(join(first, 'trace'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('openat('));
    const threadOf = (line: string | undefined): string | undefined => line?.split(' ')[0];
    // Written files are read back in the main thread; refreshes are in the other one.
    const looks = opened.filter((line) => threadOf(line) === threadOf(opened.at(-1))).length;
    const folder = project('www');
    // The last one is the refresh after the action.
    const done = await underStrace(folder, '-e', `inject=openat:error=EIO:when=${looks}+`);
    expectEnding(done, 8);
    expect(done.stdout).toMatch(/certificates\/Certificate\/www: unknown.*EIO/u);
    expect((await fettleHere(folder, 'state', 'list')).stdout).toContain('open: absent>normal');
    const plan = await fettle(folder, 'plan', '--detailed-exitcode');
    expect([plan.code, plan.stdout]).toEqual([
      0,
      expect.stringMatching(/Certificate\/www .*absent>normal, left open by an earlier run: done/u),
    ]);
    expect((await fettleHere(folder, 'apply', '--yes')).code).toBe(0);
    expect((await fettleHere(folder, 'state', 'list')).stdout).toMatch(/Certificate\/www +normal .* created$/mu);
  });

  it('7: the authority cannot sign', async () => {
    const folder = await applied('www');
    writeFiles(folder, { 'desired/api.yaml': certificateYaml('api'), 'ca/ca.key': 'no key\n' });
    const done = await fettle(folder, 'apply', '--yes');
    expect(done.code).toBe(3);
    expect(done.stdout).toContain('REJECTED issuer-changed');
  });
});
