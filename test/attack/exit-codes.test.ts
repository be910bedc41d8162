/** Every exit code, by a real command, with the line that explains it. */

import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openFileStore } from '../../src/store/file-store.ts';
import {
  certificateProject,
  certificateYaml,
  fettle,
  issueWithOpenssl,
  type Ran,
  run,
  cliFile,
  writeFiles,
} from '../support/cli.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function project(...names: readonly string[]): string {
  const folder = certificateProject(names);
  folders.push(folder);
  return folder;
}

async function applied(...names: readonly string[]): Promise<string> {
  const folder = project(...names);
  expect(await fettle(folder, 'apply', '--yes')).toMatchObject({ code: 0 });
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
    ['a parallelism of nothing', ['apply', '--parallelism', '0']],
    ['a plan that is not there', ['show', 'nothing.json']],
    ['a folder that is not there', ['plan', '--chdir', 'nowhere']],
    ['somebody to ask, and nobody there', ['apply']],
    ['a head that is none', ['log', 'verify', '--head', 'x']],
    ['an address that nothing is remembered of', ['state', 'show', 'certificates/Certificate/none']],
  ])('1: %s', async (_name, args) => {
    const done = await fettle(project('www'), ...args);
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
    expect(await fettle(folder, 'apply', '--yes')).toMatchObject({ code: 0 });
    rmSync(join(folder, 'desired/api.yaml'));
    expectEnding(await fettle(folder, 'apply', '--yes'), 3);
    expectEnding(await fettle(folder, 'plan', '--fail-on', 'rejected'), 3);
    expect((await fettle(folder, 'apply', '--yes', '--allow-rejected')).code).toBe(0);
    // The environment decides nothing of this.
    const environment = {
      FETTLE_OVERRIDE: 'protected@certificates/Certificate/api',
      FETTLE_REASON: 'x',
      FETTLE_ALLOW_REJECTED: 'false',
    };
    expect((await run(process.execPath, [cliFile, 'apply', '--yes'], folder, environment)).code).toBe(3);
    expect((await run(process.execPath, [cliFile, 'apply'], folder, { FETTLE_YES: 'true' })).code).toBe(3);
    const override = ['--override', 'protected@certificates/Certificate/api', '--reason', 'replaced by www'];
    expect((await fettle(folder, 'apply', '--yes', ...override)).code).toBe(0);
    expect((await fettle(folder, 'log', 'list')).stdout).toContain('overrides protected: replaced by www');
    expect((await fettle(folder, 'plan', '--detailed-exitcode')).code).toBe(0);
  });

  it('4: a part of the world that cannot be read', async () => {
    const folder = await applied('www', 'api');
    rmSync(join(folder, 'tls/www.crt'));
    // A loop of links can be read by nobody, root included.
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
    expect(refused.stderr).toMatch(new RegExp(`^locked by .+@.+, process ${process.pid}, since .+, holding$`, 'mu'));
    // To look is always allowed.
    expect((await fettle(folder, 'plan')).code).toBe(0);
    const waiting = fettle(folder, 'apply', '--yes', '--lock-timeout', '20s');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await store.unlock(fence);
    const done = await waiting;
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('waiting for the lock')]);
    await store.close();
  });

  describe('a saved plan', () => {
    async function savedIn(folder: string): Promise<string> {
      const file = join(folder, 'plan.json');
      expect(await fettle(folder, 'plan', '-o', file)).toMatchObject({ code: 0 });
      return file;
    }

    it('0: is done, and rows that are new are listed and not run', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      writeFiles(folder, { 'desired/api.yaml': certificateYaml('api') });
      const done = await fettle(folder, 'apply', file);
      expect([done.code, done.stderr]).toEqual([
        0,
        expect.stringContaining('not in the saved plan, and not run: certificates/Certificate/api'),
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

    it('6: is of another project', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      writeFiles(folder, { 'fettle.yaml': 'name: other\nstore: .fettle\n' });
      expectEnding(await fettle(folder, 'apply', file), 6);
    });

    it('6: none of its rows holds any more', async () => {
      const folder = project('www');
      const file = await savedIn(folder);
      expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
      expectEnding(await fettle(folder, 'apply', file), 6);
    });

    it('7: some of its rows do not hold any more', async () => {
      const folder = await applied('www', 'api');
      issueWithOpenssl(folder, 'www', 20);
      issueWithOpenssl(folder, 'api', 20);
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
    // A file where a folder has to be.
    writeFiles(folder, { blocked: '' });
    const done = await fettle(folder, 'apply', '--yes');
    expect([4, 7]).toContain(done.code);
    expect(done.stdout).toContain('certificates/Certificate/www: done');
    rmSync(join(folder, 'blocked'));
    mkdirSync(join(folder, 'blocked'));
    chmodSync(join(folder, 'blocked'), 0o755);
    expect((await fettle(folder, 'apply', '--yes')).code).toBe(0);
  });

  it('7: the authority cannot sign', async () => {
    const folder = await applied('www');
    writeFiles(folder, { 'desired/api.yaml': certificateYaml('api'), 'ca/ca.key': 'no key\n' });
    const done = await fettle(folder, 'apply', '--yes');
    expect(done.code).toBe(3);
    expect(done.stdout).toContain('REJECTED issuer-changed');
  });
});
