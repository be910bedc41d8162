/** The pipeline that `init --ci gitlab` writes: bash runs its scripts against a server that speaks GitLab's API. */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Ran } from '../support/cli.ts';
import { applyAgo } from '../support/command-line.ts';
import { type Forge, startForge } from './forge.ts';
import { bash, certificateYaml, makeRepository, type Repository } from './repository.ts';

interface Job {
  readonly extends: string;
  readonly rules: readonly { readonly if: string; readonly when?: string }[];
  readonly environment?: { readonly name: string };
  readonly script: readonly string[];
}

type Variables = Readonly<Record<string, string>>;

const BOT = { id: 5, login: 'project_42_bot' };
const ATTACKER = { id: 666, login: 'mallory' };

let forge: Forge;
let repository: Repository;
let pipeline: Readonly<Record<string, Job>> & {
  readonly '.fettle': { readonly before_script: readonly string[] };
  readonly workflow: { readonly rules: Job['rules'] };
};

/** True if a pipeline has a job: rules are comparisons with `&&` and `||`. */
function applies(rules: Job['rules'], variables: Variables): boolean {
  const one = (text: string): boolean => {
    const [left = '', right = ''] = text.split('==').map((side) => side.trim());
    const value = (side: string): string =>
      side.startsWith('$') ? (variables[side.slice(1)] ?? '') : side.replaceAll('"', '');
    return value(left) === value(right);
  };
  return rules.some(({ if: text }) => text.split('||').some((all) => all.split('&&').every(one)));
}

/** Runs one job in a fresh checkout, as GitLab's runner does: all of its lines in one shell. */
async function runJob(name: string, commit: string, variables: Variables): Promise<Ran> {
  const job = pipeline[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  const all: Variables = {
    CI_API_V4_URL: forge.address,
    CI_PROJECT_ID: '42',
    CI_DEFAULT_BRANCH: 'main',
    CI_COMMIT_SHA: commit,
    CI_JOB_URL: 'https://gitlab.test/job/1',
    GITLAB_CI: 'true',
    FETTLE_GITLAB_TOKEN: 'of-project',
    ...variables,
  };
  expect([name, applies(job.rules, all), applies(pipeline.workflow.rules, all)]).toEqual([name, true, true]);
  repository.checkout(commit);
  return bash(repository, [...pipeline['.fettle'].before_script, ...job.script].join('\n'), ['-eo', 'pipefail'], all);
}

const REQUEST: Variables = {
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_MERGE_REQUEST_IID: '7',
  CI_MERGE_REQUEST_PROJECT_ID: '42',
  CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '42',
};
const SCHEDULE: Variables = { CI_PIPELINE_SOURCE: 'schedule', CI_COMMIT_BRANCH: 'main' };

function pushOf(before: string): Variables {
  return { CI_PIPELINE_SOURCE: 'push', CI_COMMIT_BRANCH: 'main', CI_COMMIT_BEFORE_SHA: before };
}

async function mergeAndApply(
  branch: string,
  head: string,
  from = '42',
): Promise<Ran & { readonly merge: string; readonly before: string }> {
  const { before, merge } = repository.merge(branch);
  forge.merged.push({ merge, head, from });
  return { ...(await runJob('apply', merge, pushOf(before))), merge, before };
}

function names(name: string): string {
  return new X509Certificate(readFileSync(join(repository.folder, `tls/${name}.crt`))).subjectAltName ?? '';
}

beforeAll(async () => {
  forge = await startForge('gitlab');
  forge.tokens.set('of-project', BOT).set('of-mallory', ATTACKER);
  repository = await makeRepository('gitlab');
  pipeline = parse(readFileSync(join(repository.folder, 'work/.gitlab-ci.yml'), 'utf8')) as typeof pipeline;
  await applyAgo(join(repository.folder, 'work'), 70);
}, 120_000);

afterAll(() => forge.close());

describe('a merge request', () => {
  it('gets one comment, edited in place, and the digest as a status; its merge is applied, also after a renewal in between', async () => {
    const marker = '<!-- fettle plan: shop -->\nNo changes.';
    for (let i = 0; i < 130; i += 1)
      forge.comments.push({ id: i + 1, user: ATTACKER, body: i === 3 ? marker : `comment ${i}` });
    for (const dnsNames of [['api.example.test'], ['api.example.test', 'api2.example.test']]) {
      const head = repository.commit('names', {
        'desired/api.yaml': certificateYaml(repository.folder, 'api', dnsNames),
      });
      const plan = await runJob('plan', head, REQUEST);
      expect([plan.code, plan.code === 0 ? '' : plan.stderr]).toEqual([0, '']);
    }
    const plans = forge.comments.filter(({ user }) => user === BOT);
    expect(plans).toHaveLength(1);
    expect(plans[0]?.body).toContain('api2.example.test');
    expect(forge.comments[3]?.body).toBe(marker);
    const status = forge.statuses.at(-1);
    expect(status).toMatchObject({ name: 'fettle/plan', state: 'success' });
    expect(plans[0]?.body).toContain(status?.description);

    expect(await runJob('renew', 'main', SCHEDULE)).toMatchObject({ code: 0 });
    expect(await runJob('drift', 'main', SCHEDULE)).toMatchObject({ code: 0 });
    expect(existsSync(join(repository.folder, 'tls/api.crt'))).toBe(false);

    const applied = await mergeAndApply('names', status?.sha ?? '');
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect(names('api')).toBe('DNS:api.example.test, DNS:api2.example.test');
  });

  it('of a fork is planned and reviewed after the merge', async () => {
    expect(
      applies(pipeline.workflow.rules, {
        ...REQUEST,
        CI_DEFAULT_BRANCH: 'main',
        CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '666',
      }),
    ).toBe(false);
    const head = repository.commit('fork', {
      'desired/fork.yaml': certificateYaml(repository.folder, 'fork', ['fork.example.test']),
    });
    const { code, merge, before } = await mergeAndApply('fork', head, '666');
    expect(code).toBe(75);
    expect((await runJob('plan-main', merge, pushOf(before))).stdout).toContain('certificates/Certificate/fork');
    const [, planned = ''] = readFileSync(join(repository.workspace, 'planned.env'), 'utf8').trim().split('=');
    expect(pipeline['apply-reviewed']?.rules[0]?.when).toBe('manual');
    expect(await runJob('apply-reviewed', merge, { ...pushOf(before), FETTLE_PLANNED: planned })).toMatchObject({
      code: 0,
    });
    expect(names('fork')).toBe('DNS:fork.example.test');
  });

  it('applies nothing if its plan is not the approved one', async () => {
    const head = repository.commit('later', {
      'desired/later.yaml': certificateYaml(repository.folder, 'later', ['later.example.test']),
    });
    await runJob('plan', head, REQUEST);
    repository.commit('other', {
      'desired/other.yaml': certificateYaml(repository.folder, 'other', ['other.example.test']),
    });
    repository.merge('other');
    expect((await mergeAndApply('later', head)).code).toBe(6);
    expect(existsSync(join(repository.folder, 'tls/later.crt'))).toBe(false);
  });
});

describe('a digest that the pipeline did not create is not used', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['another user', { user: ATTACKER, state: 'success', description: digest }],
    ['no digest', { user: BOT, state: 'success', description: 'sha256:$(touch evil)' }],
    ['a failure', { user: BOT, state: 'failed', description: digest }],
  ])('%s', async (what, made) => {
    const branch = what.replaceAll(' ', '-');
    const head = repository.commit(branch, { 'notes.md': what });
    forge.statuses.push({ id: forge.statuses.length + 1, sha: head, name: 'fettle/plan', ...made });
    expect((await mergeAndApply(branch, head)).code).toBe(75);
  });

  it('a merge request that changes the pipeline', async () => {
    const file = join(repository.folder, 'work/.gitlab-ci.yml');
    const head = repository.commit('ci', { '.gitlab-ci.yml': `${readFileSync(file, 'utf8')}\n` });
    forge.statuses.push({
      id: forge.statuses.length + 1,
      sha: head,
      name: 'fettle/plan',
      user: BOT,
      state: 'success',
      description: digest,
    });
    const { code, stdout } = await mergeAndApply('ci', head);
    expect([code, stdout]).toEqual([75, expect.stringContaining('needs a review')]);
  });
});

it('runs the fettle that npm ci installed, and no program by a bare name', () => {
  const scripts = Object.values(pipeline).flatMap((job) => ('script' in job ? job.script : []));
  expect(scripts.filter((script) => /npx (?!--no-install)/u.test(script))).toEqual([]);
  expect(
    scripts.filter((script) => /CI_(?:COMMIT_(?:TITLE|MESSAGE|REF_NAME)|MERGE_REQUEST_TITLE)/u.test(script)),
  ).toEqual([]);
});
