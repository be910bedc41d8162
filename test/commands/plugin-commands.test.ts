/** Commands of plugins on the command line, with the plugin of `examples/`: one command of each kind. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { plugin as files } from '../../examples/files/plugin.ts';
import { COMMON } from '../../src/commands/plugin-commands.ts';
import { commandMistakes, RESERVED_OPTIONS } from '../../src/engine/plugin-commands.ts';
import { defineCommand, definePlugin, type Plugin, type PluginCommand, type StateNote } from '#plugin';
import { temporaryFolder, writeFiles } from '../support/cli.ts';
import { type Done, fettle as fettleWith, type Settings } from '../support/command-line.ts';

const plugins = new Map([['files', async () => files]]);

function fettle(folder: string, line: string, settings: Settings = {}): Promise<Done> {
  return fettleWith(folder, line, { plugins, ...settings });
}

function fileYaml(name: string, content = 'one'): string {
  return `apiVersion: files/v1\nkind: File\nmetadata: { name: ${name} }\nspec: { path: ../out/${name}.txt, content: ${content} }\n`;
}

/** A project with applied Files. */
async function project(...names: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  const documents = Object.fromEntries(names.map((name) => [`desired/${name}.yaml`, fileYaml(name)]));
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n', ...documents });
  const { code, stderr } = await fettle(folder, 'apply --yes');
  expect([code, stderr]).toEqual([0, '']);
  return folder;
}

interface LogLine {
  readonly kind: string;
  readonly actor: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The newest records of the log. */
async function records(folder: string, last: number): Promise<readonly LogLine[]> {
  const { stdout } = await fettle(folder, `log list --format json --last ${last}`);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

async function verified(folder: string): Promise<void> {
  const { code, stdout } = await fettle(folder, 'log verify --format json');
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { status: 'sound', damage: [] }]);
}

describe('help', () => {
  it('lists the commands of a plugin as a group, and a group in it', async () => {
    expect((await fettle('/', '--help')).stdout).toMatch(/^ {2}files +Commands of the plugin files\.$/mu);
    const group = await fettle('/', 'files --help');
    expect(group.code).toBe(0);
    expect(group.stdout).toMatch(/^ {2}review \[options\] <name> +Record a review of the content of a File\.$/mu);
    expect(group.stdout).toMatch(/^ {2}content +Commands of the plugin files for content\.$/mu);
    expect((await fettle('/', 'files content')).stderr).toContain('watch [options] <name>');
    expect((await fettle('/', 'help files')).stdout).toBe(group.stdout);
  });

  it.each([
    ['list', ['--reviewed', '--format', '--json', '--config'], ['--yes', '--lock-timeout', '--override']],
    ['check', ['--lock-timeout', '--format', '--json'], ['--yes', '--reason']],
    [
      'review',
      ['--until <time>', 'End of the review. Required.', 'Reason for the log. Required.', '--yes', '--lock-timeout'],
      ['--override'],
    ],
    [
      'restore',
      ['--yes', '--plan-digest', '--override', '--max-removals', '--fail-on', '--lock-timeout'],
      ['--target'],
    ],
    ['content watch', ['--json', '--chdir'], ['--yes', '--lock-timeout']],
  ])('shows the options of %s that follow from its effect', async (name, shown, left) => {
    const { code, stdout } = await fettle('/', `files ${name} --help`);
    expect(code).toBe(0);
    for (const each of shown) expect(stdout).toContain(each);
    for (const each of left) expect(stdout).not.toContain(each);
  });

  it.each([
    ['files chekc', "unknown command 'chekc'\n(Did you mean check?)"],
    ['fils check', "unknown command 'fils'\n(Did you mean files?)"],
    ['files check --nothing', "unknown option '--nothing'"],
    ['files review', "missing required argument 'name'"],
  ])('%s is an error', async (line, text) => {
    const { code, stderr } = await fettle('/', line);
    expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
  });

  it('is complete if a plugin cannot be loaded, with a warning', async () => {
    const broken = new Map<string, () => Promise<Plugin>>([
      ...plugins,
      ['broken', () => Promise.reject(new Error('its file is missing'))],
    ]);
    const { code, stdout, stderr } = await fettle('/', '--help', { plugins: broken });
    expect(code).toBe(0);
    expect(stdout).toContain('Commands of the plugin files.');
    expect(stderr).toBe('warning: the commands of the plugin broken are left out: its file is missing\n');
    const named = await fettleWith('/', '--help', { env: { FETTLE_PLUGINS: 'not-installed' } });
    expect([named.code, named.stdout]).toEqual([0, expect.stringContaining('plan')]);
    expect(named.stderr).toContain('warning: FETTLE_PLUGINS: the package not-installed is not installed');
  });

  it('loads the commands of a plugin only for them, the help and the completion', async () => {
    let loaded = 0;
    const counting = definePlugin({
      ...files,
      commands: async () => ((loaded += 1), (await files.commands?.()) ?? []),
    });
    const settings = { plugins: new Map([['files', async () => counting]]) };
    const folder = await project('a');
    for (const line of ['plan', 'apply --yes', 'drift', 'state list', 'explain files/File/a'])
      expect((await fettle(folder, line, settings)).code).toBe(0);
    expect(loaded).toBe(0);
    expect((await fettle(folder, 'files list', settings)).code).toBe(0);
    expect(loaded).toBe(1);
    expect((await fettle(folder, 'completion bash', settings)).stdout).toContain("'files content watch'");
    expect(loaded).toBe(2);
  });

  it.each(['bash', 'zsh', 'fish'])('is completed by %s', async (shell) => {
    const { code, stdout } = await fettle('/', `completion ${shell}`);
    expect(code).toBe(0);
    for (const name of ['files', 'files review', 'files content', 'files content watch'])
      expect(stdout).toContain(`'${name}'`);
    expect(stdout).toMatch(/--until|-l until/u);
  });
});

describe('declarations', () => {
  it('cannot have the name of an option of fettle', () => {
    for (const options of Object.values(COMMON))
      for (const key of Object.keys(options)) expect(RESERVED_OPTIONS, key).toContain(key);
  });

  it('cannot have an option whose variable is one of the host', () => {
    const text = readFileSync(fileURLToPath(new URL('../../docs/configuration.md', import.meta.url)), 'utf8');
    const variables = [...text.matchAll(/^\| `FETTLE_([A-Z_]+)` \|/gmu)].map(([, name = '']) => name.toLowerCase());
    expect(variables).toContain('dns_delegated');
    for (const name of variables)
      expect(RESERVED_OPTIONS).toContain(name.replaceAll(/_(.)/gu, (_, letter: string) => letter.toUpperCase()));
  });

  it.each<[object, string]>([
    [{ name: 'Check' }, 'the name is invalid'],
    [{ name: 'a b c' }, 'the name is invalid'],
    [{ name: 'x --yes' }, 'the name is invalid'],
    [{ summary: '' }, 'the summary is missing'],
    [{ summary: 'Print.\u001b[2J' }, 'the summary is missing'],
    [{ show: undefined }, 'the function of a command that does show is missing'],
    [{ does: 'write' }, 'the function of a command that does write is missing'],
    [{ options: { yes: { summary: 'Do.' } } }, 'the option yes has the name of an option of fettle'],
    [{ options: { store: { summary: 'Do.' } } }, 'the option store has the name of an option of fettle'],
    [{ options: { noColor: { summary: 'Do.' } } }, 'the option noColor has an invalid name'],
    [{ options: { size: { summary: 'Do.', short: 'y' } } }, 'the option size has the letter of another option'],
    [{ options: { size: { summary: 'Do.', kind: 'switch', value: '<n>' } } }, 'is a switch with a value'],
    [{ options: { size: { summary: 'Do.', choices: ["a'$(id)"] } } }, 'has an invalid choice'],
    [{ words: { a: { summary: 'A.', as: 'rest' }, b: { summary: 'B.', as: 'rest' } } }, 'any number of values'],
    [{ words: { a: { summary: 'A.', as: 'optional' }, b: { summary: 'B.', as: 'required' } } }, 'an optional one'],
  ])('%j is refused', async (changes, text) => {
    const wrong = { name: 'x', summary: 'Print.', does: 'show', show: () => ({ lines: [], facts: {} }), ...changes };
    expect(commandMistakes([wrong as PluginCommand]).join('\n')).toContain(text);
    const done = await fettle('/', 'files x', { plugins: withCommands([wrong as PluginCommand]) });
    expect([done.code, done.stderr]).toEqual([
      1,
      expect.stringContaining('the commands of the plugin files are left out'),
    ]);
  });

  it('cannot share a name, or use the name of a group', () => {
    const named = (name: string): PluginCommand =>
      defineCommand({ name, summary: 'Print.', does: 'show', show: () => ({ lines: [], facts: {} }) });
    expect(commandMistakes([named('a'), named('a')])).toEqual(['the command "a": the name is used twice']);
    expect(commandMistakes([named('a'), named('a b')])).toEqual([
      'the command "a": the name is also the name of a group',
    ]);
    expect(commandMistakes([named('a b'), named('a c'), named('b')])).toEqual([]);
  });
});

describe('show', () => {
  it('prints lines, facts as one JSON object, or events', async () => {
    const folder = await project('a', 'b');
    expect(await fettle(folder, 'files list')).toEqual({
      code: 0,
      stdout: 'a  present  not reviewed\nb  present  not reviewed\n2 Files\n',
      stderr: '',
    });
    const facts = {
      files: ['a', 'b'].map((name) => ({ name, state: 'present', reviewed_by: null })),
    };
    expect(JSON.parse((await fettle(folder, 'files list --format json')).stdout)).toEqual(facts);
    const events = (await fettle(folder, 'files list --json')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toMatchObject([
      { type: 'version' },
      { type: 'command_output', command: 'files list', facts },
      { type: 'log', exit: { code: 0 } },
    ]);
    // Options stand before or after the name.
    expect((await fettle('/', `--chdir ${folder} files list -reviewed=true`)).stdout).toBe('0 Files\n');
    expect((await fettle(folder, 'files list', { env: { FETTLE_REVIEWED: 'true' } })).stdout).toBe('0 Files\n');
  });
});

describe('output', () => {
  const TOKEN = 'token-0123456789abcdef';
  const printing = defineCommand({
    name: 'print',
    summary: 'Print.',
    does: 'show',
    show: () => ({ lines: [`a ${TOKEN} \u001b[2J ##[error]x`], facts: { texts: [{ token: TOKEN }] } }),
  });

  it('has no secret of the environment, and no control character', async () => {
    const folder = await project('a');
    const settings = { plugins: withCommands([printing]), env: { HCLOUD_TOKEN: TOKEN } };
    for (const line of ['files print', 'files print --format json', 'files print --json']) {
      const { code, stdout } = await fettle(folder, line, settings);
      expect([code, stdout.includes(TOKEN), stdout.includes('\u001b')]).toEqual([0, false, false]);
      expect(stdout).toContain('(hidden)');
    }
  });

  it.each<[string, unknown, string]>([
    ['lines that are not texts', { lines: [1], facts: {} }, 'invalid output of the command'],
    ['facts that are not an object', { lines: [], facts: [] }, 'invalid output of the command'],
    ['facts that are not JSON', { lines: [], facts: { size: 1n } }, 'BigInt'],
    ['facts without a limit', { lines: ['x'.repeat(17_000_000)], facts: {} }, 'is too large'],
  ])('refuses %s', async (_name, report, text) => {
    const folder = await project('a');
    const wrong = defineCommand({ name: 'print', summary: 'Print.', does: 'show', show: () => report as never });
    const { code, stderr } = await fettle(folder, 'files print', { plugins: withCommands([wrong]) });
    expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
  });
});

describe('refresh', () => {
  it('reads the named resources alone, and records nothing about the others', async () => {
    const folder = await project('a', 'b');
    writeFileSync(join(folder, 'out/a.txt'), 'two');
    rmSync(join(folder, 'out/b.txt'));
    const done = await fettle(folder, 'files check a');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^a: differs\nlog head \d+:[0-9a-f]{64}\n$/u);
    const [run, seen, end] = await records(folder, 3);
    expect(run).toMatchObject({ kind: 'run', body: { command: 'files check' } });
    expect(seen).toMatchObject({ kind: 'seen', body: { partial: true, resources: [], counts: { 'files/File': 1 } } });
    expect(seen?.body).not.toHaveProperty('gaps');
    expect(end).toMatchObject({ kind: 'end', body: { exit: 0 } });
    expect(JSON.parse((await fettle(folder, 'state show files/File/b --format json')).stdout)).toMatchObject({
      state: 'present',
      owned: 'created',
    });
    await verified(folder);

    // A missing file is recorded, and fails the command like a gap.
    const missing = await fettle(folder, 'files check --format json');
    expect([missing.code, JSON.parse(missing.stdout)]).toEqual([
      4,
      {
        results: [
          { name: 'a', result: 'differs' },
          { name: 'b', result: 'does not exist' },
        ],
      },
    ]);
    expect((await fettle(folder, 'log why files/File/b')).stdout).toMatch(
      /present > absent \(check\) .*\(files check by /u,
    );
    await verified(folder);
  });

  it('ends with 4 for a resource that cannot be read', async () => {
    const folder = await project('a');
    rmSync(join(folder, 'out/a.txt'));
    mkdirSync(join(folder, 'out/a.txt'));
    const done = await fettle(folder, 'files check a');
    expect(done).toMatchObject({ code: 4, stdout: expect.stringContaining('a: could not be read') as string });
    expect((await records(folder, 1))[0]).toMatchObject({ kind: 'end', body: { exit: 4 } });
    expect(JSON.parse((await fettle(folder, 'state show files/File/a --format json')).stdout)).toMatchObject({
      state: 'present',
    });
  });

  it('reports a stream of events', async () => {
    const folder = await project('a');
    const types = (await fettle(folder, 'files check --json')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(['version', 'refresh_start', 'refresh_complete', 'command_output', 'log_head', 'log']);
  });
});

describe('note', () => {
  const until = '2999-01-01T00:00:00.000Z';

  it('records kept fields and moves, with command, actor and reason', async () => {
    const folder = await project('a');
    const done = await fettle(folder, `files review a --until ${until} --reason "the new text"`);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^a is reviewed until 2999-01-01T00:00:00.000Z\nlog head \d+:[0-9a-f]{64}\n$/u);
    const [run, seen] = await records(folder, 3);
    const actor = run?.actor;
    expect(run).toMatchObject({ kind: 'run', body: { command: 'files review', reason: 'the new text' } });
    expect(seen).toMatchObject({
      kind: 'seen',
      body: {
        partial: true,
        resources: [
          {
            ref: { plugin: 'files', kind: 'File', name: 'a' },
            kept: { reviewed_by: actor, reviewed_until: until },
            others: { review: 'reviewed' },
            moves: [{ machine: 'review', from: 'pending', to: 'reviewed', trigger: 'review' }],
            version: 1,
          },
        ],
      },
    });
    const state = JSON.parse((await fettle(folder, 'state show files/File/a --format json')).stdout) as object;
    expect(state).toMatchObject({ state: 'present', owned: 'created', others: { review: 'reviewed' } });
    expect((await fettle(folder, 'log why files/File/a')).stdout).toMatch(
      /pending > reviewed \(review\) +\(files review by .*: the new text\)/u,
    );
    await verified(folder);
    // A refresh keeps what it cannot see.
    expect((await fettle(folder, 'drift --record')).code).toBe(0);
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
    expect(JSON.parse((await fettle(folder, 'state show files/File/a --format json')).stdout)).toEqual(state);
  });

  it('asks, and records nothing without approval', async () => {
    const folder = await project('a');
    expect((await fettle(folder, `files review a --until 7d --reason x`)).code).toBe(0);
    const before = readFileSync(join(folder, 'out/a.txt'), 'utf8');
    expect(await fettle(folder, 'files unreview a')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot ask for approval: the input is not a terminal') as string,
    });
    expect((await fettle(folder, 'files unreview a', { typed: 'no\n' })).stderr).toContain('Approval was declined');
    expect((await fettle(folder, 'files list --reviewed')).stdout).toContain('1 File\n');
    expect((await fettle(folder, 'files unreview a --json')).stdout).toContain('the output is not text');
    expect((await fettle(folder, 'files unreview a', { typed: 'yes\n' })).code).toBe(0);
    expect((await fettle(folder, 'files list --reviewed')).stdout).toBe('0 Files\n');
    expect((await fettle(folder, 'files unreview a --yes')).stderr).toContain('error: a is not reviewed');
    expect((await records(folder, 1))[0]).toMatchObject({ kind: 'end', body: { exit: 1 } });
    expect(readFileSync(join(folder, 'out/a.txt'), 'utf8')).toBe(before);
    await verified(folder);
  });

  it.each([
    [`review aa --until ${until} --reason x`, 'the File "aa" is neither declared nor in the state; did you mean a?'],
    [`review files/File/zzzzzz --until ${until} --reason x`, 'known names: `a`, `b`'],
    [`review a --until ${until}`, 'files review requires --reason "…", which is recorded in the log'],
    [`review a --until ${until} --reason " "`, 'requires --reason'],
    ['review a --reason x', '--until <time> is required'],
    ['review a --until 2001-01-01T00:00:00Z --reason x', 'The time is in the past.'],
    ['review a --until tomorrow --reason x', 'Expected a timestamp such as'],
    [`review new --until ${until} --reason x`, 'files/File/new is not in the state. Run `fettle apply` first'],
  ])('refuses %s', async (line, text) => {
    const folder = await project('a', 'b');
    writeFiles(folder, { 'desired/new.yaml': fileYaml('new') });
    const before = JSON.parse((await fettle(folder, 'state list --format json')).stdout.split('\n')[0] ?? '') as object;
    const { code, stderr } = await fettle(folder, `files ${line}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
    expect(JSON.parse((await fettle(folder, 'state list --format json')).stdout.split('\n')[0] ?? '')).toEqual(before);
    await verified(folder);
  });

  it.each<[string, StateNote, string]>([
    [
      'a field that the memory schema does not have',
      note({ kept: { size: 1 } }),
      'must NOT have additional properties',
    ],
    ['a removed field that it does not have', note({ kept: { size: null } }), 'does not have the field size'],
    ['a field of another type', note({ kept: { reviewed_by: 1 } }), 'kept/reviewed_by must be string'],
    ['a kind of another plugin', { ref: { plugin: 'nodes', kind: 'Node', name: 'a' } }, 'does not have this kind'],
    ['an unlisted move', moved('review', 'pending', 'lost', 'review'), 'is not a transition of the spec by world'],
    ['another trigger', moved('review', 'pending', 'reviewed', 'check'), 'is not a transition of the spec by world'],
    ['an unknown machine', moved('nothing', 'a', 'b', 'c'), 'is not a transition of the spec by world'],
    ['a step of fettle', moved('file', 'present', 'absent', 'remove'), 'is not a transition of the spec by world'],
    ['an absence', moved('file', 'present', 'absent', 'check'), 'which only a refresh records'],
    ['another state', moved('file', 'absent', 'present', 'check'), 'does not start in the recorded state present'],
  ])('%s is an error of the plugin, and is not recorded', async (_name, each, text) => {
    const folder = await project('a');
    const settings = { plugins: withCommands([deciding([each])]) };
    const before = (await fettle(folder, 'state pull')).stdout;
    const { code, stderr } = await fettle(folder, 'files decide', settings);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`the plugin returned an invalid note for`)]);
    expect(stderr).toContain(text);
    expect((await fettle(folder, 'state pull')).stdout).toBe(before);
    await verified(folder);
    // The next run needs no repair.
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
  });

  it('refuses two notes about one resource', async () => {
    const folder = await project('a');
    const twice = deciding([note({ kept: { reviewed_by: 'x' } }), note({ kept: { reviewed_by: 'y' } })]);
    expect((await fettle(folder, 'files decide', { plugins: withCommands([twice]) })).stderr).toContain(
      'has two notes',
    );
  });

  it('that changes nothing records no note', async () => {
    const folder = await project('a');
    const same = { plugins: withCommands([deciding([note({ kept: { reviewed_by: null } })])]) };
    expect((await fettle(folder, 'files decide', same)).code).toBe(0);
    expect((await records(folder, 2)).map(({ kind }) => kind)).toEqual(['run', 'end']);
  });
});

function note(changes: Omit<StateNote, 'ref'>): StateNote {
  return { ref: { plugin: 'files', kind: 'File', name: 'a' }, ...changes };
}

function moved(machine: string, from: string, to: string, trigger: string): StateNote {
  return note({ moves: [{ machine, from, to, trigger }] });
}

function deciding(notes: readonly StateNote[]): PluginCommand {
  return defineCommand({
    name: 'decide',
    summary: 'Record a decision.',
    does: 'note',
    decide: () => ({ notes, lines: ['recorded'] }),
  });
}

/** The plugin with other commands. */
function withCommands(commands: readonly PluginCommand[]): NonNullable<Settings['plugins']> {
  const plugin: Plugin = { ...files, commands: async () => commands };
  return new Map([['files', async () => plugin]]);
}

describe('apply', () => {
  it('plans, asks and applies the selected resources alone', async () => {
    const folder = await project('a', 'b');
    for (const name of ['a', 'b']) writeFileSync(join(folder, `out/${name}.txt`), 'two');
    const declined = await fettle(folder, 'files restore a', { typed: 'no\n' });
    expect([declined.code, declined.stdout]).toEqual([1, expect.stringContaining('files/File/a')]);
    expect(declined.stdout).not.toContain('files/File/b ');
    const digest = /digest (sha256:[0-9a-f]{64})/u.exec(declined.stdout)?.[1] ?? '';
    expect((await fettle(folder, `files restore b --plan-digest ${digest}`)).code).toBe(6);
    const applied = await fettle(folder, `files restore a --plan-digest ${digest} --format json`);
    expect([applied.code, JSON.parse(applied.stdout)]).toMatchObject([
      0,
      { exit_code: 0, results: [{ address: 'files/File/a' }] },
    ]);
    const read = (name: string): string => readFileSync(join(folder, `out/${name}.txt`), 'utf8');
    expect([read('a'), read('b')]).toEqual(['one', 'two']);
    const kinds = await records(folder, 4);
    expect(kinds.map(({ kind }) => kind)).toEqual(['seen', 'intent', 'outcome', 'end']);
    expect((await fettle(folder, 'log why files/File/a')).stdout).toContain('(files restore by ');
    await verified(folder);
  });

  it('keeps to rules and overrides', async () => {
    const folder = await project('a');
    writeFileSync(join(folder, 'out/a.txt'), 'line\n'.repeat(2000));
    writeFiles(folder, { 'desired/a.yaml': fileYaml('a', '""') });
    const rejected = await fettle(folder, 'files restore --yes');
    expect([rejected.code, rejected.stdout]).toEqual([3, expect.stringContaining('REJECTED keeps-lines')]);
    const override = '--override keeps-lines@files/File/a';
    expect((await fettle(folder, `files restore --yes ${override}`)).stderr).toContain('require --reason');
    expect((await fettle(folder, `files restore --yes ${override} --reason x`)).code).toBe(0);
    expect(readFileSync(join(folder, 'out/a.txt'), 'utf8')).toBe('');
  });

  it('never applies everything, or a resource of another plugin', async () => {
    const folder = await project('a');
    writeFileSync(join(folder, 'out/a.txt'), 'two');
    const selecting = (...targets: readonly string[]): Settings => ({
      plugins: withCommands([defineCommand({ name: 'all', summary: 'Apply.', does: 'apply', targets: () => targets })]),
    });
    expect((await fettle(folder, 'files all --yes', selecting())).stderr).toContain('the command selects no resource');
    for (const target of ['*', 'label=a:b', 'nodes/Node/x'])
      expect((await fettle(folder, 'files all --yes', selecting(target))).stderr).toContain('cannot apply');
    expect(readFileSync(join(folder, 'out/a.txt'), 'utf8')).toBe('two');
  });
});

describe('watch', () => {
  it('prints until it ends', async () => {
    const folder = await project('a');
    const watching = fettle(folder, 'files content watch a --json');
    setTimeout(() => rmSync(join(folder, 'out/a.txt')), 400);
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toMatchObject([
      { type: 'version' },
      { type: 'command_output', command: 'files content watch', facts: { lines: 1 } },
      { type: 'command_output', facts: { lines: null } },
      { type: 'log', exit: { code: 0 } },
    ]);
  });

  it('prints until it is interrupted, and writes nothing', async () => {
    const folder = await project('a');
    const before = (await fettle(folder, 'log export')).stdout;
    const { code } = await fettle(folder, 'files content watch a', { signal: 'SIGINT' });
    expect(code).toBe(130);
    expect((await fettle(folder, 'log export')).stdout).toBe(before);
  });

  it('ends with 4 if the infrastructure cannot be read, and with 1 for wrong words', async () => {
    const folder = await project('a');
    rmSync(join(folder, 'out/a.txt'));
    mkdirSync(join(folder, 'out/a.txt'));
    expect(await fettle(folder, 'files content watch a')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('error: the plugin files could not read the infrastructure: EISDIR') as string,
    });
    expect(await fettle(folder, 'files content watch b')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean a?') as string,
    });
  });
});

describe('run', () => {
  it('runs a program until it ends, without the store and its lock', async () => {
    const folder = await project('a');
    rmSync(join(folder, '.fettle'), { recursive: true });
    const running = fettle(folder, `files wait ${join(folder, 'flag')} --json`);
    setTimeout(() => writeFileSync(join(folder, 'flag'), ''), 400);
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(stdout).toContain('"command":"files wait"');
    expect(stdout).toContain('"facts":{"found":true}');
    expect(existsSync(join(folder, '.fettle'))).toBe(false);
  });

  it('has ended well if it ends in order after a stop', async () => {
    const folder = await project('a');
    const { code, stdout } = await fettle(folder, `files wait ${join(folder, 'flag')}`, { signal: 'SIGTERM' });
    expect([code, stdout]).toEqual([0, 'stopped\n']);
  });

  it('ends with 1 for wrong words and for failures', async () => {
    const folder = await project('a');
    expect(await fettle(folder, 'files wait flag')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('flag is not an absolute path') as string,
    });
  });
});

describe('commands that write', () => {
  const HOLDER = fileURLToPath(new URL('../store/fixtures/holder.ts', import.meta.url));
  const lines = ['files check', 'files review a --until 1d --reason x', 'files restore --yes'];

  it.each(lines)('%s needs a store in CI', async (line) => {
    const folder = await project('a');
    writeFiles(folder, { 'fettle.yaml': 'name: shop\n' });
    const env = { CI: 'true', FETTLE_DISABLE_CI_DETECTION: '' };
    const { code, stderr } = await fettle(folder, line, { env });
    const name = line.split(' ').slice(0, 2).join(' ');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`in CI, ${name} needs \`store\` in fettle.yaml`)]);
  });

  it.each(lines)('%s ends at a signal, and can run again', async (line) => {
    const folder = await project('a');
    const { code } = await fettle(folder, line, { signal: 'SIGTERM' });
    expect(code).toBe(143);
    expect((await fettle(folder, line)).code).toBe(0);
    await verified(folder);
  });

  it.each(lines)('%s ends with 5 if the lock is held', async (line) => {
    const folder = await project('a');
    const holder = spawn(process.execPath, [HOLDER, join(folder, '.fettle')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PROJECT: 'shop' },
    });
    try {
      await once(holder.stdout, 'data');
      const { code, stderr } = await fettle(folder, line);
      expect([code, stderr]).toEqual([5, expect.stringContaining(`process ${holder.pid}`)]);
      const waited = await fettle(folder, `${line} --lock-timeout 1s`);
      expect([waited.code, waited.stderr]).toEqual([5, expect.stringContaining('waiting for the lock')]);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it.each(['FETTLE_YES', 'FETTLE_OVERRIDE', 'FETTLE_REASON', 'FETTLE_PLAN_DIGEST'])(
    'refuse %s in the environment',
    async (name) => {
      const folder = await project('a');
      for (const line of lines)
        expect(await fettle(folder, line, { env: { [name]: 'x' } })).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(`${name} must not be set in the environment`) as string,
        });
    },
  );
});
