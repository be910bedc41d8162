/** The README in an empty folder: its installation from a tarball, and every command of its tutorial as printed. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PATH } from '../ci/repository.ts';
import { run, temporaryFolder } from '../support/cli.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Commands of the blocks of a section in their order, each with the lines that it must print. */
interface Command {
  readonly line: string;
  readonly prints: readonly string[];
}

function section(title: string): string {
  return readme.split(`\n## ${title}\n`)[1]?.split(/\n## /u)[0] ?? '';
}

function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gmu)].flatMap(([, name, block = '']) =>
    name === language ? [block] : [],
  );
}

function commandsOf(text: string): readonly Command[] {
  return blocks(text, 'console').flatMap((block) =>
    block
      .split(/^\$ /mu)
      .slice(1)
      .map((part) => {
        const [line = '', ...prints] = part.trimEnd().split('\n');
        return { line, prints };
      }),
  );
}

let folder: string;
const env = () => ({ PATH, HOME: folder, npm_config_cache: join(folder, 'npm'), npm_config_offline: 'true' });

beforeAll(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'infra'));
  const options = { cwd: folder, env: { ...process.env, ...env() }, stdio: 'pipe' } as const;
  // The result of the README's line in a checkout of fettle whose dependencies are installed.
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', join(folder, 'infra')], {
    ...options,
    cwd: root,
  });
}, 120_000);

const installs = blocks(section('Install'), '').flatMap((block) => block.trimEnd().split('\n'));

describe('the installation', () => {
  it('from a tarball, as the README prints it, runs this version by npx alone', async () => {
    const install = installs.find((line) => line.startsWith('npm install') && line.includes('.tgz')) ?? '';
    const infra = join(folder, 'infra');
    writeFileSync(join(infra, 'package.json'), '{ "private": true }\n');
    expect(await run('bash', ['-ec', install], infra, env())).toMatchObject({ code: 0 });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    const done = await run('npx', ['--no-install', 'fettle', 'version'], infra, env());
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining(`fettle v${version}`)]);
    rmSync(join(infra, 'node_modules'), { recursive: true });
    // A bare name is never downloaded.
    expect((await run('npx', ['--no-install', 'fettle', 'version'], infra, env())).code).not.toBe(0);
    expect(await run('npm', ['ci', '--no-audit', '--no-fund'], infra, env())).toMatchObject({ code: 0 });
  });
});

describe('the tutorial', () => {
  it('prints the shown output', async () => {
    const alias = installs.find((line) => line.startsWith('alias ')) ?? '';
    const commands = commandsOf(section('Tutorial'));
    expect(commands.length).toBeGreaterThan(10);
    let where = join(folder, 'infra');
    for (const { line, prints } of commands) {
      const script = join(folder, 'command.sh');
      writeFileSync(
        script,
        `shopt -s expand_aliases\n${alias}\n${line}\nstatus=$?\npwd > ${join(folder, 'where')}\nexit $status\n`,
      );
      const done = await run('bash', [script], where, env());
      expect([line, done.code, done.code === 0 ? '' : done.stderr]).toEqual([line, 0, '']);
      for (const text of prints) expect(done.stdout, line).toContain(text.trim());
      where = readFileSync(join(folder, 'where'), 'utf8').trim();
    }
    expect(readFileSync(join(where, 'tls/www.crt'), 'utf8')).toContain('BEGIN CERTIFICATE');
  });

  it('ends with a schedule whose commands exist', async () => {
    const [cron = ''] = blocks(section('Tutorial'), '').slice(-1);
    const line = cron.trim().replace(/^(?:\S+ ){5}cd \S+ && /u, '');
    expect(line).toContain('--cause time,progress,policy');
    expect(await run('bash', ['-ec', line], join(folder, 'infra/shop'), env())).toMatchObject({ code: 0 });
  });
});
