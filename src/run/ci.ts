/** CI: detection of a CI system, and the user and the address of its run. */

import type { Host } from './project.ts';

type Env = Host['env'];

/** Variables that only a CI system sets, other than `CI`. */
export const CI_MARKS = [
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'TF_BUILD',
  'BITBUCKET_BUILD_NUMBER',
  'BUILDKITE',
  'CIRCLECI',
  'CF_BUILD_URL',
  'JENKINS_URL',
  'TRAVIS',
] as const;

/** True if the environment is that of a CI system. `FETTLE_DISABLE_CI_DETECTION` turns the detection off. */
export function isCi(env: Env): boolean {
  if ((env.FETTLE_DISABLE_CI_DETECTION ?? '') !== '') return false;
  return CI_MARKS.some((name) => (env[name] ?? '') !== '') || !['', '0', 'false'].includes(env.CI ?? '');
}

/** Removes user and password: the address is recorded, and shown to every process that waits for the lock. */
function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/iu, '$1');
}

/** The address of the CI run, from the variables of its system. */
export function ciRun(env: Env): string | undefined {
  const address =
    env.GITHUB_ACTIONS === 'true' && env.GITHUB_RUN_ID !== undefined
      ? `${env.GITHUB_SERVER_URL ?? ''}/${env.GITHUB_REPOSITORY ?? ''}/actions/runs/${env.GITHUB_RUN_ID}`
      : (env.CI_JOB_URL ??
        env.BUILDKITE_BUILD_URL ??
        env.CIRCLE_BUILD_URL ??
        env.CF_BUILD_URL ??
        env.BUILD_URL ??
        env.TRAVIS_JOB_WEB_URL);
  return address === undefined ? undefined : withoutCredentials(address);
}

const set = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value;

/** The user that started the CI run, by the variable of its system; undefined outside CI. Any process can set it. */
function claimedUser(env: Env): string | undefined {
  if (!isCi(env)) return undefined;
  if (set(env.GITHUB_ACTIONS) !== undefined) return set(env.GITHUB_TRIGGERING_ACTOR) ?? set(env.GITHUB_ACTOR);
  if (set(env.GITLAB_CI) !== undefined) return set(env.GITLAB_USER_LOGIN);
  if (set(env.TF_BUILD) !== undefined) return set(env.BUILD_REQUESTEDFOREMAIL) ?? set(env.BUILD_REQUESTEDFOR);
  const others = [
    env.BUILDKITE_BUILD_CREATOR_EMAIL,
    env.BUILDKITE_BUILD_CREATOR,
    env.CIRCLE_USERNAME,
    env.BITBUCKET_STEP_TRIGGERER_UUID,
    env.CF_BUILD_INITIATOR,
    env.BUILD_USER_ID,
  ];
  return others.map(set).find((each) => each !== undefined);
}

/** The limit for the name of a user, in characters. */
const USER = 100;

/**
 * The actor of a run: `alice@laptop`; in CI `octocat (unverified) runner@vm https://…/runs/1`. `account` is the account
 * of the process. The name from the environment has no spaces and parentheses, so that it cannot imitate the rest.
 */
export function actorIn(env: Env, account: string): string {
  const user = claimedUser(env)
    ?.replace(/[^\p{L}\p{N}._@+[\]-]/gu, '_')
    .slice(0, USER);
  const run = ciRun(env);
  return [...(user === undefined ? [] : [`${user} (unverified)`]), account, ...(run === undefined ? [] : [run])].join(
    ' ',
  );
}

/** True if an actor of a record is the named one: the whole text, or its first word. */
export function isActor(actor: string, name: string): boolean {
  return actor === name || actor.startsWith(`${name} `);
}
