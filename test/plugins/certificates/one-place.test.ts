/**
 * A place belongs to one resource: a resource with a new name, or another spelling, is neither adopted a second time
 * nor removed.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareEnvironment, cliFile } from '../../support/cli.ts';
import type { Done } from '../../support/command-line.ts';
import { certificateText, ISSUER, issued, type Project, projectOf } from './project.ts';

const REMOVE = 'lifecycle: { onRemove: remove }\n';
const REJECTED = 3;

/** The files of a folder with their digests. */
function digests(project: Project, folder: string): Readonly<Record<string, string>> {
  const at = join(project.folder, folder);
  return Object.fromEntries(
    readdirSync(at)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(at, name)))
          .digest('hex'),
      ]),
  );
}

/** A Certificate whose files have another path than its name. */
function at(name: string, certificate: string, key: string, lifecycle = ''): string {
  const storage = `storage: { file: { certificate: ${certificate}, key: ${key} } }`;
  return certificateText(name).replace(/storage: .*/u, storage) + lifecycle;
}

const textOf = ({ stdout }: Done): string => stdout;

async function removable(): Promise<Project> {
  const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') + REMOVE });
  await project.run('apply --yes');
  return project;
}

describe('a document with a new name for the same files', () => {
  it.each(['', REMOVE])(
    'is neither adopted nor removed, in any run, and the message says how to move the state: %j',
    async (lifecycle) => {
      const project = projectOf({ 'ca.yaml': ISSUER, 'www.yaml': certificateText('www') + lifecycle });
      await project.run('apply --yes');
      const before = digests(project, 'tls');
      project.write(
        'www.yaml',
        at('web', 'tls/www.crt', 'tls/www.key', lifecycle).replace('web.example', 'www.example'),
      );
      for (const line of ['apply --yes', 'apply --yes', 'apply --yes --until-settled']) {
        const text = textOf(await project.run(line, REJECTED));
        expect(text).toContain('same-place');
        expect(text).toContain('fettle state mv certificates/Certificate/www certificates/Certificate/web');
        expect(digests(project, 'tls')).toEqual(before);
      }
      expect((await project.memory('www')).owned).toBe('created');

      await project.run('state mv certificates/Certificate/www certificates/Certificate/web');
      await project.run('apply --yes');
      expect(digests(project, 'tls')).toEqual(before);
      expect((await project.memory('web')).owned).toBe('created');
    },
  );

  it('is neither, if both documents appear and disappear in the same commit, in another spelling', async () => {
    const project = await removable();
    const before = digests(project, 'tls');
    symlinkSync('tls', join(project.folder, 'link'));
    project.write('www.yaml', at('web', 'link/www.crt', join(project.folder, 'link/www.key'), REMOVE));
    for (let run = 0; run < 2; run++) {
      expect(textOf(await project.run('apply --yes', REJECTED))).toContain('REJECTED same-place');
      expect(digests(project, 'tls')).toEqual(before);
    }
  });
});

describe('a protected resource', () => {
  it('is not removed through a second name of its files, which an older version recorded', async () => {
    const project = projectOf({
      'ca.yaml': `${ISSUER}lifecycle: { protect: true }\n`,
      'www.yaml': `${certificateText('www')}lifecycle: { protect: true }\n`,
    });
    await project.run('apply --yes');
    const before = [digests(project, 'tls'), digests(project, 'ca')];
    // A second pair, applied while the folder was another one; then the folder becomes a link to the first.
    const other = ISSUER.replace('name: ca', 'name: tmp').replace('dir: ca', 'dir: other/ca');
    project.write(
      'tmp.yaml',
      [other + REMOVE, at('tmp', 'other/tls/www.crt', 'other/tls/www.key', REMOVE)].join('---\n'),
    );
    await project.run('apply --yes');
    renameSync(join(project.folder, 'other'), join(project.folder, 'was'));
    symlinkSync('.', join(project.folder, 'other'));
    project.write('tmp.yaml', '# nothing\n');
    project.write('fettle.yaml', 'name: test\nstore: .fettle\ndesired: [ca.yaml, www.yaml]\n');
    const text = textOf(await project.run('apply --yes', REJECTED));
    expect(text).toMatch(/REJECTED same-place: other\/tls\/www\.crt is the same as tls\/www\.crt/u);
    expect(text).toMatch(/REJECTED same-place: other\/ca\/ca\.crt is the same as ca\/ca\.crt/u);
    expect([digests(project, 'tls'), digests(project, 'ca')]).toEqual(before);
  });

  it.each(['protect: true', 'hold: audit'])('is not left behind by a document that moves it: %s', async (guard) => {
    const project = await issued();
    const lifecycle = `lifecycle: { ${guard} }\n`;
    const moved = (more: string): string => at('www', 'new/www.crt', 'new/www.key', more);
    project.write('www.yaml', certificateText('www') + lifecycle);
    await project.run('apply --yes');
    for (const line of ['apply --yes', 'apply --yes --until-settled']) {
      project.write('www.yaml', moved(lifecycle));
      const rule = guard.startsWith('hold') ? 'freeze' : 'protected';
      expect(textOf(await project.run(line, REJECTED))).toContain(`REJECTED ${rule}`);
      expect(existsSync(join(project.folder, 'new'))).toBe(false);
    }
    // Its guard is lifted first, by a row of its own.
    project.write('www.yaml', moved(guard.startsWith('hold') ? '' : 'lifecycle: { protect: false }\n'));
    expect(textOf(await project.run('apply --yes'))).not.toContain('new/www.crt');
    expect(existsSync(join(project.folder, 'new'))).toBe(false);
    await project.run('apply --yes');
    expect(readdirSync(join(project.folder, 'new')).sort()).toEqual(['www.crt', 'www.key']);
  });

  it('is not adopted under a second name', async () => {
    const project = await issued();
    const before = digests(project, 'tls');
    project.write('tmp.yaml', at('tmp', join(project.folder, 'tls/www.crt'), 'tls/../tls/www.key', REMOVE));
    expect((await project.run('validate', 1)).stdout + (await project.run('plan', 1)).stderr).toContain('same-place');
    expect(digests(project, 'tls')).toEqual(before);
  });
});

describe('a place in the state', () => {
  it('is not described by another document while its own document moves', async () => {
    const project = await issued();
    const before = digests(project, 'tls');
    project.write('www.yaml', at('www', 'new/www.crt', 'new/www.key'));
    project.write('web.yaml', at('web', 'tls/www.crt', 'tls/www.key'));
    const text = textOf(await project.run('apply --yes', REJECTED));
    expect(text).toContain(
      'same-place: two resources have the place tls/www.crt, which the state has as a place of certificates/Certificate/www',
    );
    expect(digests(project, 'tls')).toEqual(before);
  });

  it('does not stop its renewal if a second resource of the state claims it too', async () => {
    const project = projectOf({
      'ca.yaml': ISSUER,
      'www.yaml': certificateText('www'),
      'tmp.yaml': at('tmp', 'other/www.crt', 'other/www.key'),
    });
    await project.run('apply --yes');
    renameSync(join(project.folder, 'other'), join(project.folder, 'was'));
    symlinkSync('tls', join(project.folder, 'other'));
    project.write('fettle.yaml', 'name: test\nstore: .fettle\ndesired: [ca.yaml, www.yaml]\n');
    project.clock.at += 70 * 86_400_000;
    const text = textOf(await project.run('apply --yes'));
    expect(text).toContain('certificates/Certificate/www: done');
  });

  it('is released under its old name once another resource has it', async () => {
    const project = await issued();
    project.write('www.yaml', at('web', 'tls/www.crt', 'tls/www.key'));
    await project.run('state forget certificates/Certificate/www --yes');
    expect(textOf(await project.run('apply --yes'))).toContain('adopt');
    expect((await project.memory('web')).owned).toBe('adopted');
  });
});

describe('right before a step', () => {
  it('the places are resolved again', async () => {
    const command = ['sh', '-c', 'ln -s first second'];
    const project = projectOf(
      {
        'ca.yaml': ISSUER,
        'one.yaml': at('one', 'first/a.crt', 'first/a.key').replace(
          '  storage:',
          `  deploy: { command: ${JSON.stringify(command)} }\n  storage:`,
        ),
        // Neither exists at the second check: one of them is where the other pair keeps its copy.
        'two.yaml': at('two', 'second/b.crt', 'second/a.key.backup'),
      },
      `plugins: { certificates: { commands: [${JSON.stringify(command)}] } }\n`,
    );
    const { stdout } = await project.run('apply --yes --parallelism 1', 7);
    expect(stdout).toContain('certificates/Certificate/one: done');
    expect(stdout).toMatch(
      /certificates\/Certificate\/two: stale.*same-place: second\/a\.key\.backup is the same as first\/a\.key\.backup/u,
    );
    expect(Object.keys(digests(project, 'first'))).toEqual(['a.crt', 'a.key']);
  });
});

describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'a file that is mounted a second time',
  () => {
    /** Runs fettle with `tls/www.crt` and `tls/www.key` mounted at `again/` too, as in a container. */
    const runMounted = ({ folder }: Project, line: string): string => {
      const mounts = ['crt', 'key'].map((end) => `mount --bind tls/www.${end} again/www.${end}`).join(' && ');
      const command = `${mounts} && exec "$0" "$@"`;
      const words = ['-m', 'sh', '-c', command, process.execPath, cliFile, ...line.split(' ')];
      const { stdout, stderr } = spawnSync('unshare', words, { cwd: folder, encoding: 'utf8', env: bareEnvironment() });
      return stdout + stderr;
    };

    it('is one place: under a new name it is neither adopted nor removed', async () => {
      const project = await removable();
      project.write('again/www.crt', '');
      project.write('again/www.key', '');
      const before = digests(project, 'tls');
      project.write('two.yaml', at('two', 'again/www.crt', 'again/www.key', REMOVE));
      expect(runMounted(project, 'validate')).toContain('same-place: tls/www.crt is the same as again/www.crt');
      rmSync(join(project.folder, 'www.yaml'));
      const text = runMounted(project, 'apply --yes');
      expect(text.match(/REJECTED same-place: /gu)).toHaveLength(2);
      expect(text).toContain('fettle state mv certificates/Certificate/www certificates/Certificate/two');
      expect(digests(project, 'tls')).toEqual(before);
      // Without the mount, the two are separate files.
      await project.run('validate');
    });
  },
);
