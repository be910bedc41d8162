/** CI: detection of a CI system, and the address of its run. */

import type { Host } from './project.ts';

type Env = Host['env'];

/** True if the environment is that of a CI system. `FETTLE_DISABLE_CI_DETECTION` turns the detection off. */
export function isCi(env: Env): boolean {
  if ((env.FETTLE_DISABLE_CI_DETECTION ?? '') !== '') return false;
  const marks = [
    env.GITHUB_ACTIONS,
    env.GITLAB_CI,
    env.TF_BUILD,
    env.BITBUCKET_BUILD_NUMBER,
    env.BUILDKITE,
    env.CIRCLECI,
  ];
  const others = [env.CF_BUILD_URL, env.JENKINS_URL, env.TRAVIS];
  return [...marks, ...others].some((mark) => (mark ?? '') !== '') || !['', '0', 'false'].includes(env.CI ?? '');
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
