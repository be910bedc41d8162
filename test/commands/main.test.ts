/** Command lines run in this process, with a shell of the test's own: prompts, environment, colours, signals. */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateProject, certificateYaml, writeFiles } from '../support/cli.ts';
import { applyAgo, fettle, type Settings } from '../support/command-line.ts';

const project = (...names: readonly string[]): string => certificateProject(names);

describe('the prompt', () => {
  it.each([
    ['yes\n', 0, true],
    ['no\n', 1, false],
    ['y\n', 1, false],
    ['', 1, false],
  ])('answered %j', async (typed, code, done) => {
    const folder = project('www');
    const answer = await fettle(folder, 'apply', { typed });
    expect([answer.code, readdirSync(folder).includes('tls')]).toEqual([code, done]);
    expect(answer.stdout).toContain('Only "yes" will be accepted to approve');
    // A declined run is in the log too, and has released its lock.
    expect((await fettle(folder, 'log list --last 1')).stdout).toContain(`exit ${code}`);
    expect(readdirSync(join(folder, '.fettle')).some((name) => name.startsWith('lock'))).toBe(false);
  });

  it('is an error without a terminal or with --input=false, and is skipped if there is nothing to do', async () => {
    const folder = project('www');
    expect((await fettle(folder, 'apply')).stderr).toContain('Cannot ask for approval: the input is not a terminal');
    expect((await fettle(folder, 'apply --input=false', { typed: 'yes\n' })).stderr).toContain(
      'Cannot ask for approval: --input=false is set',
    );
    expect((await fettle(folder, 'apply -input=false -auto-approve')).code).toBe(0);
    expect((await fettle(folder, 'apply')).code).toBe(0);
  });
});

describe('flags', () => {
  it('come from the environment, except for decisions', async () => {
    const folder = project('www');
    expect((await fettle(folder, 'plan', { env: { FETTLE_DETAILED_EXITCODE: 'true' } })).code).toBe(2);
    expect(JSON.parse((await fettle(folder, 'plan', { env: { FETTLE_FORMAT: 'json' } })).stdout)).toHaveProperty(
      'plan_digest',
    );
    expect((await fettle(folder, 'plan --format text', { env: { FETTLE_FORMAT: 'json' } })).stdout).toContain(
      'fettle plan',
    );
    expect((await fettle(folder, 'plan', { env: { FETTLE_FORMAT: 'yaml' } })).stderr).toContain(
      'FETTLE_FORMAT must be one of',
    );
    expect((await fettle(folder, 'plan', { env: { FETTLE_DETAIL: 'perhaps' } })).stderr).toContain(
      'FETTLE_DETAIL must be true or false',
    );
    expect((await fettle(folder, 'apply --yes', { env: { FETTLE_LOCK_TIMEOUT: 'soon' } })).stderr).toContain(
      'FETTLE_LOCK_TIMEOUT',
    );
    expect((await fettle(folder, 'apply', { env: { FETTLE_YES: 'true' } })).code).toBe(1);
  });

  it.each([
    ['plan --override x --reason y', 'RULE@ADDRESS'],
    ['plan --reason y', '--reason requires --override or --max-removals'],
    ['plan --max-removals 3', 'require --reason'],
    ['plan --override protected@a/B/c --reason " "', '--reason is empty'],
    ['plan --override protected@a/B/c --reason a --reason b', 'Got 2 reasons for 1 overrides'],
    ['plan --fail-on nothing', 'is not a value of --fail-on'],
    ['apply --lock-timeout 5', 'such as 30s'],
    ['plann', 'Did you mean plan'],
    ['log', 'verify'],
  ])('%s is rejected with a reason', async (line, reason) => {
    const { code, stdout, stderr } = await fettle(project('www'), line);
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining(reason)]);
  });

  it('an override without effect is a warning', async () => {
    const done = await fettle(project('www'), 'plan --override protected@certificates/Certificate/www --reason x');
    expect([done.code, done.stderr]).toEqual([0, expect.stringContaining('has no effect')]);
  });

  it.each<[string, Settings, boolean]>([
    ['plan', {}, false],
    ['plan', { tty: true }, true],
    ['plan', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['plan', { tty: true, env: { TERM: 'dumb' } }, false],
    ['plan', { env: { FORCE_COLOR: '1' } }, true],
    ['plan --no-color', { tty: true }, false],
    ['plan --color=never', { env: { FORCE_COLOR: '1' } }, false],
    ['plan --color=always', {}, true],
  ])('%s with %j has colours: %s', async (line, settings, expected) => {
    const { stdout } = await fettle(project('www'), line, settings);
    expect(stdout.includes(String.fromCharCode(27))).toBe(expected);
  });
});

describe('a project', () => {
  it('is found from a folder below, or by --chdir', async () => {
    const folder = project('www');
    expect((await fettle('/', `validate --chdir ${folder}`)).stdout).toContain('2 documents are valid');
    expect((await fettle(join(folder, 'desired'), 'validate')).stdout).toContain('2 documents are valid');
    expect((await fettle(join(folder, 'desired'), 'validate www.yaml')).code).toBe(1);
    expect((await fettle('/', `plan --config ${join(folder, 'fettle.yaml')}`)).code).toBe(0);
    expect((await fettle('/', `plan --config ${join(folder, 'none.yaml')}`)).code).toBe(1);
  });

  it('goes through its whole life in JSON', async () => {
    const folder = project('www', 'api');
    expect(JSON.parse((await fettle(folder, 'validate --format json')).stdout)).toMatchObject({
      valid: true,
      documents: 3,
    });
    expect((await fettle(folder, 'plan -o plan.json --format json')).code).toBe(0);
    expect(statSync(join(folder, 'plan.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse((await fettle(folder, 'show plan.json --format json')).stdout)).toMatchObject({
      project: 'test',
      applyable: true,
    });
    const applied = JSON.parse((await fettle(folder, 'apply plan.json --format json')).stdout) as {
      exit_code: number;
      results: object[];
    };
    expect([applied.exit_code, applied.results.length]).toEqual([0, 3]);
    const records = (await fettle(folder, 'log list --last 0 --format json')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number });
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1));
    expect(JSON.parse((await fettle(folder, 'log verify --format json')).stdout)).toMatchObject({
      status: 'sound',
      damage: [],
    });
    const states = (await fettle(folder, 'state list --format json --target certificates/Certificate/*')).stdout
      .trimEnd()
      .split('\n');
    expect(states).toHaveLength(2);
    expect(
      JSON.parse((await fettle(folder, 'state show certificates/Certificate/api --format json')).stdout),
    ).toMatchObject({ owned: 'created', state: 'normal' });
    expect(
      (await fettle(folder, 'log list --address certificates/Certificate/api --kind intent')).stdout
        .trimEnd()
        .split('\n'),
    ).toHaveLength(1);
  });

  it('has a log that is read, and recovered only if it is damaged', async () => {
    const folder = project('www');
    expect((await fettle(folder, 'log recover')).stderr).toContain('no log was found');
    expect((await fettle(folder, 'log list')).stderr).toContain('no log was found');
    expect((await fettle(folder, 'log verify')).stdout).toContain('the log does not exist yet');
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
    expect((await fettle(folder, 'log recover')).stdout).toContain('Nothing to recover');
    expect((await fettle(folder, 'audit verify')).code).toBe(0);
    const [segment = ''] = readdirSync(join(folder, '.fettle/log'));
    const file = join(folder, '.fettle/log', segment);
    const text = readFileSync(file, 'utf8');
    writeFiles(folder, { [`.fettle/log/${segment}`]: text.replace('"outcome":"done"', '"outcome":"tone"') });
    expect((await fettle(folder, 'log verify')).stdout).toContain('damaged');
    expect((await fettle(folder, 'log list')).code).toBe(1);
    expect((await fettle(folder, 'plan')).stderr).toContain('only its valid beginning is used');
    expect((await fettle(folder, 'apply --yes')).stderr).toContain('fettle log recover');
    expect((await fettle(folder, 'log recover')).stdout).toContain('the log continues after record');
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
  });

  it('ends at a signal', async () => {
    const folder = project('www');
    expect((await fettle(folder, 'plan', { signal: 'SIGINT' })).code).toBe(130);
    const done = await fettle(folder, 'apply --yes', { signal: 'SIGTERM' });
    expect([done.code, done.stderr]).toEqual([143, expect.stringContaining('exit 143')]);
    expect((await fettle(folder, 'apply --yes')).code).toBe(0);
  });

  it('rejects, renews, and says what to do next', async () => {
    const folder = project('www', 'api');
    writeFiles(folder, { 'desired/api.yaml': certificateYaml('api', '{ protect: true, onRemove: remove }') });
    await applyAgo(folder, 70);
    rmSync(join(folder, 'desired/api.yaml'));
    const done = await fettle(folder, 'apply --yes --detail', { tty: true });
    expect([done.code, done.stdout]).toEqual([3, expect.stringContaining('expiring_soon > renewing')]);
    expect(done.stderr).toContain('exit 3');
  });
});

describe('schema and help', () => {
  it.each([
    ['schema', 'anyOf'],
    ['schema Certificate', 'dnsNames'],
    ['schema certificates/Domain', 'host'],
    ['schema fettle', 'safety'],
    ['version', 'fettle v'],
    ['version --json', 'fettle_version'],
    ['--help', 'plan'],
    ['help apply', 'Exit codes'],
    ['plan --help', '--detailed-exitcode'],
  ])('%s', async (line, text) => {
    const done = await fettle('/', line);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining(text)]);
  });

  it('lists the kinds if one is unknown', async () => {
    expect((await fettle('/', 'schema Nothing')).stderr).toContain('certificates/Certificate');
    expect((await fettle('/', '')).code).toBe(1);
  });
});
