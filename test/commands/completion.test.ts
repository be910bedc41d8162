/** Completion scripts in real shells. */

import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { plugin as files } from '../../examples/files/plugin.ts';
import { builtinPlugins } from '../../src/plugins.ts';
import { bareEnvironment, cliFile, fettle, run, temporaryFolder, writeFiles } from '../support/cli.ts';
import { fettle as fettleWith } from '../support/command-line.ts';

let folder: string;
const env = () => ({ PATH: `${join(folder, 'bin')}:${bareEnvironment()['PATH'] ?? ''}`, HOME: folder });

const document = (name: string): string =>
  `apiVersion: certificates/v1\nkind: Issuer\nmetadata: { name: ${name} }\nspec: { selfSigned: {} }\n`;

beforeAll(async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  symlinkSync(cliFile, join(folder, 'bin/fettle'));
  writeFiles(folder, {
    'fettle.yaml': 'name: shop\n',
    'desired/a.yaml': `${document('internal')}---\n${document('"$(touch${IFS}evil)"')}---\n${document('"`touch${IFS}evil`"')}`,
  });
  const plugins = new Map([...builtinPlugins, ['files', async () => files] as const]);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code } = await fettleWith(folder, `completion ${shell}`, { plugins });
    expect(code).toBe(0);
    writeFiles(folder, { [`completion.${shell}`]: stdout });
  }
});

/** Returns the suggestions of a shell for a line whose last word is being typed. */
const offers: Readonly<Record<string, (words: readonly string[]) => Promise<readonly string[]>>> = {
  bash: async (words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const script = `source completion.bash; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _fettle; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(await run('bash', ['--noprofile', '--norc', '-c', script], folder, env()));
  },
  zsh: async (words) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const script = `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print FILES; }; source ./completion.zsh; words=(${list}); CURRENT=${words.length}; _fettle`;
    const all = linesOf(await run('zsh', ['-f', '-c', script], folder, env()));
    // The completion system itself keeps those with the prefix of the word.
    return all.filter((word) => word.startsWith(words.at(-1) ?? ''));
  },
  fish: async (words) => {
    const line = words.join(' ');
    const done = await run(
      'fish',
      ['--no-config', '-c', `source completion.fish; complete -C '${line}'`],
      folder,
      env(),
    );
    return linesOf(done).map((each) => each.split('\t')[0] ?? '');
  },
};

function linesOf({ stdout }: { readonly stdout: string }): readonly string[] {
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(Object.keys(offers))('%s', (shell) => {
  const offered = async (line: string): Promise<readonly string[]> => (await offers[shell]?.(line.split(' '))) ?? [];

  it.each([
    ['fettle comp', ['completion']],
    ['fettle log ver', ['verify']],
    ['fettle state m', ['mv']],
    ['fettle plan --detailed', ['--detailed-exitcode']],
    ['fettle apply --format m', ['markdown']],
    ['fettle init --ci git', ['github', 'gitlab']],
    ['fettle completion z', ['zsh']],
    ['fettle fil', ['files']],
    ['fettle files re', ['review', 'restore']],
    ['fettle files review --un', ['--until']],
    ['fettle files content w', ['watch']],
    ['fettle files content watch --for', ['--format']],
    ['fettle files check --format j', ['json']],
    ['fettle plan --cause new,', ['new,edit,orphan']],
  ])('completes %s', async (line, expected) => {
    expect((await offered(line)).toSorted()).toEqual(expected.toSorted());
  });

  it('completes addresses of documents, and never runs a part of a name', async () => {
    expect(await offered('fettle explain certificates/')).toEqual(['certificates/Issuer/internal']);
    expect(await offered('fettle plan --target certificates/Issuer/')).toEqual(['certificates/Issuer/internal']);
    const left = await run('ls', [], folder, env());
    expect(left.stdout).not.toContain('evil');
  });
});

it('suggests nothing outside of a project', async () => {
  const empty = temporaryFolder();
  writeFiles(empty, { 'fettle.yaml': 'name: [\n' });
  expect(await fettle(empty, 'completion', '--addresses')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  rmSync(empty, { recursive: true });
});
