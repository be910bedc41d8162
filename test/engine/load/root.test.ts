/** The root: what a configuration names is read only inside its repository, links followed. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fettle, issuerYaml, temporaryFolder, writeFiles } from '../../support/cli.ts';

const SECRET = 'geheim: line of another file\n';

/** A repository with a project below it, and a file outside of both. */
function repository(): { readonly outside: string; readonly project: string } {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'other.yaml'), SECRET);
  const project = join(outside, 'repo/env/prod');
  mkdirSync(join(outside, 'repo/.git'), { recursive: true });
  writeFiles(join(outside, 'repo'), { 'shared/ca.yaml': issuerYaml });
  mkdirSync(join(project, 'desired'), { recursive: true });
  return { outside, project };
}

describe('documents that a configuration names', () => {
  it('can be anywhere in its repository', async () => {
    const { project } = repository();
    writeFiles(project, { 'fettle.yaml': 'name: x\ndesired: [../../shared/]\n' });
    expect(await fettle(project, 'validate')).toMatchObject({ code: 0 });
  });

  it.each([
    ['an absolute path', (outside: string) => join(outside, 'other.yaml')],
    ['a path upward', () => '../../../other.yaml'],
    ['a pattern', () => '../../../*.yaml'],
    ['an alternative of a pattern', () => '{desired,../../..}/*.yaml'],
  ])('cannot be outside of it: %s', async (_name, path) => {
    const { outside, project } = repository();
    writeFiles(project, { 'fettle.yaml': `name: x\ndesired: [${JSON.stringify(path(outside))}]\n` });
    const { code, stderr, stdout } = await fettle(project, 'validate');
    expect([code, stderr]).toEqual([1, expect.stringContaining('outside-root')]);
    expect(stdout + stderr).not.toContain('geheim');
    // The existence of a file there is not disclosed.
    writeFiles(project, { 'fettle.yaml': `name: x\ndesired: [${JSON.stringify(`${path(outside)}-none`)}]\n` });
    const none = await fettle(project, 'validate');
    expect(none.stderr.replaceAll('-none', '')).toBe(stderr);
    expect(stderr.replaceAll(path(outside), '')).not.toContain('other.yaml');
  });

  it('cannot be outside of it through a link, of a file or a folder', async () => {
    const { outside, project } = repository();
    writeFiles(project, { 'fettle.yaml': 'name: x\ndesired: [desired/]\n' });
    symlinkSync(join(outside, 'other.yaml'), join(project, 'desired/a.yaml'));
    mkdirSync(join(outside, 'more'));
    writeFileSync(join(outside, 'more/b.yaml'), SECRET);
    symlinkSync(join(outside, 'more'), join(project, 'desired/more'));
    const { code, stderr, stdout } = await fettle(project, 'plan');
    expect(code).toBe(1);
    expect(stderr.match(/outside-root/gu)?.length).toBe(2);
    expect(stdout + stderr).not.toContain('geheim');
    expect(stdout + stderr).not.toContain('b.yaml');
  });

  it('cannot be outside of it through a link in a pattern', async () => {
    const { outside, project } = repository();
    writeFiles(project, { 'fettle.yaml': 'name: x\ndesired: ["desired/**/*.yaml", "desired/more/*"]\n' });
    mkdirSync(join(outside, 'more'));
    for (const name of ['b.yaml', 'c.yaml']) writeFileSync(join(outside, 'more', name), SECRET);
    symlinkSync(join(outside, 'more'), join(project, 'desired/more'));
    writeFiles(project, { 'desired/own.yaml': issuerYaml });
    const { code, stderr, stdout } = await fettle(project, 'plan');
    expect([code, stderr]).toEqual([1, expect.stringContaining('outside-root')]);
    expect(stdout + stderr).not.toMatch(/geheim|b\.yaml|c\.yaml/u);
  });

  it.each(['../../.git/config', '../../.git/*', '../../link', '../../.fettle/key'])(
    'cannot be in .git or .fettle, or through a link there: %s',
    async (path) => {
      const { outside, project } = repository();
      writeFiles(join(outside, 'repo'), { '.git/config': SECRET, '.git/a.yaml': SECRET, '.fettle/key': SECRET });
      symlinkSync('.git/config', join(outside, 'repo/link'));
      writeFiles(project, { 'fettle.yaml': `name: x\ndesired: [${JSON.stringify(path)}]\n` });
      const { code, stderr, stdout } = await fettle(project, 'plan');
      expect([code, stderr]).toEqual([1, expect.stringContaining('outside-root')]);
      expect(stdout + stderr).not.toContain('geheim');
    },
  );

  it('the user of the command can name any file', async () => {
    const { outside, project } = repository();
    writeFiles(project, { 'fettle.yaml': 'name: x\ndesired: [desired/]\n' });
    expect((await fettle(project, 'validate', join(outside, 'other.yaml'))).stderr).toContain('geheim');
  });
});
