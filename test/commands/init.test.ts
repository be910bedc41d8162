/** `fettle init`: its files can be planned at once, and existing files are not overwritten. */

import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle } from '../support/command-line.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

describe('init', () => {
  it('writes a project that is valid, plans and applies', async () => {
    const done = await fettle(folder, 'init "my shop"');
    expect(done.code).toBe(0);
    expect(done.stdout).toContain("  cd 'my shop'\n  fettle validate");
    const project = join(folder, 'my shop');
    expect(read('my shop/fettle.yaml')).toContain('\nname: my-shop\n');
    for (const [line, text] of [
      ['validate', '2 documents are valid'],
      ['plan', 'Plan: 2 to add'],
      ['apply --yes', 'Apply: 2 done'],
      ['plan --detailed-exitcode', 'Plan: 0 to add'],
    ] as const) {
      const { code, stdout } = await fettle(project, line);
      expect([line, code, stdout]).toEqual([line, 0, expect.stringContaining(text)]);
    }
    const ignored = read('my shop/.gitignore').split('\n');
    for (const path of ['.fettle/', '/ca/', '/tls/', 'plan.json']) expect(ignored).toContain(path);
  });

  it.each([
    ['', 'fettle.yaml', 'fettle.yaml exists in'],
    ['', 'desired/www.yaml', 'desired/www.yaml exists in'],
    ['--ci github', '.github/workflows/fettle.yaml', '.github/workflows/fettle.yaml exists in'],
    ['--ci gitlab', '.gitlab-ci.yml', '.gitlab-ci.yml exists in'],
  ])('init %s does not overwrite %s, and then writes nothing', async (flags, file, message) => {
    writeFiles(folder, { [file]: 'mine' });
    const done = await fettle(folder, `init ${flags}`);
    expect([done.code, done.stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(read(file)).toBe('mine');
    expect(existsSync(join(folder, '.gitignore'))).toBe(false);
  });

  it('does not write through a dangling link', async () => {
    mkdirSync(join(folder, 'project'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'project/fettle.yaml'));
    expect((await fettle(folder, 'init project')).code).toBe(1);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it('adds missing entries to a .gitignore, once', async () => {
    writeFiles(folder, { '.gitignore': 'dist/\n.fettle/' });
    expect((await fettle(folder, 'init')).stdout).toContain('extended  .gitignore');
    const after = read('.gitignore');
    expect(after.startsWith('dist/\n.fettle/\n# fettle\n/ca/\n')).toBe(true);
    expect((await fettle(folder, 'init --ci github')).stdout).toContain('unchanged .gitignore');
    expect(read('.gitignore')).toBe(after);
  });

  it('adds the workflow to an existing project', async () => {
    writeFiles(folder, { 'fettle.yaml': 'name: mine\n' });
    expect((await fettle(folder, 'init --ci gitlab')).code).toBe(0);
    expect(read('fettle.yaml')).toBe('name: mine\n');
    expect(read('.gitlab-ci.yml')).toContain('--cause new,edit,orphan');
    expect(existsSync(join(folder, 'desired'))).toBe(false);
  });
});
