/** The actor of a record: the account of the process, and in CI the user and the run, marked as unverified. */

import { describe, expect, it, test } from 'vitest';
import { actorIn } from '../../src/run/ci.ts';
import { certificateProject, cliFile, run } from '../support/cli.ts';

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTOR: 'octocat',
  GITHUB_SERVER_URL: 'https://github.test',
  GITHUB_REPOSITORY: 'shop/infra',
  GITHUB_RUN_ID: '7',
};

describe('the actor', () => {
  it.each([
    ['outside CI', {}, 'me@host'],
    [
      'without CI, a variable alone does not name a user',
      { GITHUB_ACTOR: 'octocat', GITLAB_USER_LOGIN: 'eve' },
      'me@host',
    ],
    ['GitHub', GITHUB, 'octocat (unverified) me@host https://github.test/shop/infra/actions/runs/7'],
    [
      'GitHub, run again by another user',
      { ...GITHUB, GITHUB_TRIGGERING_ACTOR: 'hubot' },
      'hubot (unverified) me@host https://github.test/shop/infra/actions/runs/7',
    ],
    [
      'GitLab',
      { GITLAB_CI: 'true', GITLAB_USER_LOGIN: 'alice', CI_JOB_URL: 'https://gitlab.test/j/1', GITHUB_ACTOR: 'eve' },
      'alice (unverified) me@host https://gitlab.test/j/1',
    ],
    ['Buildkite', { BUILDKITE: 'true', BUILDKITE_BUILD_CREATOR: 'Ann Lee' }, 'Ann_Lee (unverified) me@host'],
    [
      'a bot',
      { ...GITHUB, GITHUB_ACTOR: 'dependabot[bot]', GITHUB_RUN_ID: undefined },
      'dependabot[bot] (unverified) me@host',
    ],
    [
      'a name that imitates',
      { CI: '1', BUILDKITE: '1', BUILDKITE_BUILD_CREATOR: 'root@host (verified)\n' },
      'root@host__verified__ (unverified) me@host',
    ],
    ['CI whose detection is off', { ...GITHUB, FETTLE_DISABLE_CI_DETECTION: '1', GITHUB_RUN_ID: undefined }, 'me@host'],
  ])('%s', (_name, env, actor) => {
    expect(actorIn(env, 'me@host')).toBe(actor);
  });
});

test('the log has the user of the CI run, in records and in text, and can be filtered by it', async () => {
  const folder = certificateProject([]);
  const fettle = (...words: readonly string[]) =>
    run(process.execPath, [cliFile, ...words], folder, { ...GITHUB, FETTLE_DISABLE_CI_DETECTION: '' });
  expect((await fettle('apply', '--yes')).code).toBe(0);
  const records = (await fettle('log', 'list', '--actor', 'octocat', '--format', 'json')).stdout.trim().split('\n');
  const actors = records.map((line) => (JSON.parse(line) as { readonly actor: string }).actor);
  expect(new Set(actors).size).toBe(1);
  expect(actors[0]).toMatch(/^octocat \(unverified\) \S+@\S+ https:\/\/github\.test\/shop\/infra\/actions\/runs\/7$/u);
  expect((await fettle('log', 'list')).stdout).toContain('apply by octocat (unverified)');
  expect((await fettle('log', 'why', 'certificates/Issuer/ca')).stdout).toContain('(apply by octocat (unverified)');
  expect((await fettle('log', 'list', '--actor', 'octo')).stdout).toBe('');
});
