/**
 * The workflow that `init --ci github` writes: bash runs each of its steps against a server that speaks GitHub's API.
 */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { applyAgo } from '../support/command-line.ts';
import { type Forge, startForge } from './forge.ts';
import { bash, certificateYaml, makeRepository, type Repository } from './repository.ts';

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string | boolean;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

type Outputs = Record<string, { readonly outputs: Record<string, string> }>;

/** The event, in the members of GitHub's contexts. */
interface Event {
  readonly github: Readonly<Record<string, unknown>>;
  readonly commit: string;
  readonly token: string;
}

interface Result {
  readonly ran: readonly string[];
  readonly failed?: string;
  readonly output: string;
  readonly outputs: Record<string, string>;
}

const BOT = { id: 41898282, login: 'github-actions[bot]' };
const ATTACKER = { id: 666, login: 'mallory' };

let forge: Forge;
let repository: Repository;
let workflow: Workflow;

/** The value of an expression; a name without a value is empty, as GitHub compares it. */
function evaluate(expression: string, contexts: Readonly<Record<string, unknown>>): unknown {
  const valueOf = (path: string): unknown =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], contexts) ??
    '';
  const code = expression.replaceAll(
    /\b(?:github|secrets|vars|needs|steps)(?:\.\w+)+/gu,
    (path) => `valueOf("${path}")`,
  );
  // The workflows are fettle's own: the expressions that they use are valid JavaScript too.
  return runInNewContext(code, { valueOf, cancelled: () => false });
}

function filled(text: string, contexts: Readonly<Record<string, unknown>>): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gu, (_all, expression: string) => String(evaluate(expression, contexts)));
}

function condition(text: string | boolean | undefined, contexts: Readonly<Record<string, unknown>>): boolean {
  if (text === undefined) return true;
  return evaluate(String(text).replace(/^\$\{\{(.*)\}\}$/u, '$1'), contexts) === true;
}

/** Runs the steps of one job in a fresh checkout. */
async function runJob(name: string, event: Event, needs: Outputs = {}): Promise<Result | 'skipped'> {
  const job = workflow.jobs[name];
  if (job === undefined) throw new Error(`no job ${name}`);
  const steps: Outputs = {};
  const github = {
    ...event.github,
    api_url: forge.address,
    server_url: 'https://github.test',
    repository: 'shop/infra',
    run_id: 1,
    sha: event.commit,
    token: event.token,
  };
  const contexts = { github, needs, steps, secrets: {}, vars: {} };
  if (!condition(job.if, contexts)) return 'skipped';
  repository.checkout(event.commit);
  const ran: string[] = [];
  let output = '';
  for (const step of job.steps) {
    if (step.run === undefined || !condition(step.if, contexts)) continue;
    const files = {
      GITHUB_OUTPUT: join(repository.folder, 'output'),
      GITHUB_STEP_SUMMARY: join(repository.folder, 'summary'),
    };
    for (const file of Object.values(files)) writeFileSync(file, '');
    const env = Object.fromEntries(
      Object.entries({ ...workflow.env, ...step.env }).map(([key, value]) => [key, filled(value, contexts)]),
    );
    const done = await bash(repository, step.run, ['-e'], {
      ...env,
      ...files,
      GITHUB_SHA: event.commit,
      GITHUB_ACTIONS: 'true',
      RUNNER_TEMP: repository.folder,
    });
    output += done.stdout + done.stderr + readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8');
    ran.push(step.name ?? '');
    if (step.id !== undefined)
      steps[step.id] = {
        outputs: Object.fromEntries(
          readFileSync(files.GITHUB_OUTPUT, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => line.split('=') as [string, string]),
        ),
      };
    if (done.code !== 0) return { ran, failed: `${step.name ?? ''}: ${done.code}`, output, outputs: {} };
  }
  const outputs = Object.fromEntries(
    Object.entries(job.outputs ?? {}).map(([key, value]) => [key, filled(value, contexts)]),
  );
  return { ran, output, outputs };
}

function pullRequest(head: string, from = 'shop/infra', token = 'of-workflow'): Event {
  const event = { pull_request: { number: 7, head: { sha: head, repo: { full_name: from } } } };
  return { github: { event_name: 'pull_request', ref: 'refs/pull/7/merge', event }, commit: head, token };
}

function push({ before, merge }: { readonly before: string; readonly merge: string }): Event {
  return {
    github: { event_name: 'push', ref: 'refs/heads/main', event: { before } },
    commit: merge,
    token: 'of-workflow',
  };
}

const schedule = (commit: string): Event => ({
  github: { event_name: 'schedule', ref: 'refs/heads/main', event: {} },
  commit,
  token: 'of-workflow',
});

async function ranJob(name: string, event: Event, needs?: Outputs): Promise<Result> {
  const result = await runJob(name, event, needs);
  if (result === 'skipped') throw new Error(`${name} was skipped`);
  return result;
}

/** Merges a branch, and runs the jobs of the push. */
async function mergeAndApply(branch: string, head: string, from = 'shop/infra') {
  const merged = repository.merge(branch);
  forge.merged.push({ merge: merged.merge, head, from });
  const approved = await ranJob('approved', push(merged));
  const environment = filled(workflow.jobs['apply']?.environment ?? '', { needs: { approved } });
  return { merged, approved, environment, apply: async () => ranJob('apply', push(merged), { approved }) };
}

function names(name: string): string {
  return new X509Certificate(readFileSync(join(repository.folder, `tls/${name}.crt`))).subjectAltName ?? '';
}

function planned(): readonly string[] {
  return forge.comments.filter(({ user }) => user === BOT).map(({ body }) => body);
}

beforeAll(async () => {
  forge = await startForge('github');
  forge.tokens
    .set('of-workflow', BOT)
    .set('of-fork', { ...BOT, readOnly: true })
    .set('of-mallory', ATTACKER);
  repository = await makeRepository('github');
  workflow = parse(readFileSync(join(repository.folder, 'work/.github/workflows/fettle.yaml'), 'utf8')) as Workflow;
  await applyAgo(join(repository.folder, 'work'), 70);
}, 120_000);

afterAll(() => forge.close());

describe('a pull request', () => {
  it('gets one comment, edited in place, and the digest as a status; its merge is applied, also after a renewal in between', async () => {
    // A long discussion, with a comment of another user that pretends to be the plan.
    const marker = '<!-- fettle plan: shop -->\nNo changes.';
    for (let i = 0; i < 130; i += 1)
      forge.comments.push({ id: i + 1, user: ATTACKER, body: i === 3 ? marker : `comment ${i}` });
    const first = repository.commit('names', {
      'desired/api.yaml': certificateYaml(repository.folder, 'api', ['api.example.test']),
    });
    expect(await runJob('plan', pullRequest(first))).toMatchObject({
      ran: ['Install', 'Plan', 'Comment', 'Hand over the digest'],
    });
    const head = repository.commit('names', {
      'desired/api.yaml': certificateYaml(repository.folder, 'api', ['api.example.test', 'api2.example.test']),
    });
    const plan = await ranJob('plan', pullRequest(head));
    expect(plan.failed).toBeUndefined();
    expect(planned()).toHaveLength(1);
    expect(planned()[0]).toContain('certificates/Certificate/api');
    expect(planned()[0]).toContain('api2.example.test');
    expect(planned()[0]).not.toContain('certificates/Certificate/www');
    expect(forge.comments[3]?.body).toBe(marker);
    const status = forge.statuses.at(-1);
    expect(status).toMatchObject({ sha: head, name: 'fettle/plan', state: 'success' });
    expect(status?.description).toMatch(/^sha256:[0-9a-f]{64}$/u);
    expect(planned()[0]).toContain(status?.description);

    // Meanwhile the schedule renews on main.
    const renewal = await ranJob('renew', schedule('main'));
    expect(renewal).toMatchObject({ ran: ['Install', 'Renew', 'Drift'] });
    expect(renewal.failed).toBeUndefined();
    expect(renewal.output).toContain('certificates/Certificate/www: done');
    expect(existsSync(join(repository.folder, 'tls/api.crt'))).toBe(false);

    const { approved, environment, apply } = await mergeAndApply('names', head);
    expect(approved.outputs).toEqual({ digest: status?.description, planned: '' });
    expect(environment).toBe('fettle');
    const applied = await apply();
    expect([applied.failed, applied.ran]).toEqual([undefined, ['Install', 'Apply']]);
    expect(names('api')).toBe('DNS:api.example.test, DNS:api2.example.test');
  });

  it('from a fork gets its plan in the summary, and a reviewer approves it after the merge', async () => {
    const head = repository.commit('fork', {
      'desired/fork.yaml': certificateYaml(repository.folder, 'fork', ['fork.example.test']),
    });
    const statuses = forge.statuses.length;
    const plan = await ranJob('plan', pullRequest(head, 'mallory/infra', 'of-fork'));
    expect(plan.ran).toEqual(['Install', 'Plan']);
    expect(plan.output).toContain('certificates/Certificate/fork');
    expect(forge.statuses).toHaveLength(statuses);

    const { approved, environment, apply } = await mergeAndApply('fork', head, 'mallory/infra');
    expect(approved.outputs['digest']).toBe('');
    expect(approved.outputs['planned']).toMatch(/^sha256:/u);
    expect(approved.output).toContain('certificates/Certificate/fork');
    expect(environment).toBe('fettle-review');
    expect((await apply()).failed).toBeUndefined();
    expect(names('fork')).toBe('DNS:fork.example.test');
  });

  it('applies nothing if its plan is not the approved one', async () => {
    const head = repository.commit('later', {
      'desired/later.yaml': certificateYaml(repository.folder, 'later', ['later.example.test']),
    });
    await ranJob('plan', pullRequest(head));
    repository.commit('other', {
      'desired/other.yaml': certificateYaml(repository.folder, 'other', ['other.example.test']),
    });
    repository.merge('other');
    const { apply } = await mergeAndApply('later', head);
    expect((await apply()).failed).toBe('Apply: 6');
    expect(existsSync(join(repository.folder, 'tls/later.crt'))).toBe(false);
    // Run by hand, it plans both for a reviewer.
    const dispatch = {
      ...push({ before: '', merge: 'main' }),
      github: { event_name: 'workflow_dispatch', ref: 'refs/heads/main', event: {} },
    };
    const approved = await ranJob('approved', dispatch);
    expect((await ranJob('apply', dispatch, { approved })).failed).toBeUndefined();
    expect(names('later') + names('other')).toBe('DNS:later.example.testDNS:other.example.test');
  });
});

describe('a digest that the workflow did not create is not used', () => {
  it.each([
    [
      'of another user',
      (head: string) =>
        forge.statuses.push({
          id: 0,
          sha: head,
          user: ATTACKER,
          name: 'fettle/plan',
          state: 'success',
          description: `sha256:${'a'.repeat(64)}`,
        }),
    ],
    [
      'that is not a digest',
      (head: string) =>
        forge.statuses.push({
          id: 0,
          sha: head,
          user: BOT,
          name: 'fettle/plan',
          state: 'success',
          description: 'sha256:$(touch evil)',
        }),
    ],
    [
      'of a plan that failed',
      (head: string) =>
        forge.statuses.push({
          id: 0,
          sha: head,
          user: BOT,
          name: 'fettle/plan',
          state: 'failure',
          description: `sha256:${'a'.repeat(64)}`,
        }),
    ],
  ])('%s', async (what, forgeStatus) => {
    const branch = what.replaceAll(' ', '-');
    const head = repository.commit(branch, { 'notes.md': what });
    forgeStatus(head);
    const { approved, environment } = await mergeAndApply(branch, head);
    expect(approved.outputs['digest']).toBe('');
    expect(environment).toBe('fettle-review');
  });

  it.each(['.github/workflows/fettle.yaml', 'package.json', '.npmrc'])(
    'of a pull request that changes %s',
    async (file) => {
      const branch = `ci-${file.replaceAll(/\W/gu, '')}`;
      const before = existsSync(join(repository.folder, 'work', file))
        ? readFileSync(join(repository.folder, 'work', file), 'utf8')
        : '';
      const head = repository.commit(branch, { [file]: `${before}\n` });
      forge.statuses.push({
        id: 0,
        sha: head,
        user: BOT,
        name: 'fettle/plan',
        state: 'success',
        description: `sha256:${'a'.repeat(64)}`,
      });
      const { approved } = await mergeAndApply(branch, head);
      expect(approved.output).toContain('needs a review');
      expect(approved.outputs['digest']).toBe('');
    },
  );
});

describe('the schedule', () => {
  it('applies no edit, and fails if a renewal waits for one', async () => {
    repository.commit('edit', { 'desired/www.yaml': certificateYaml(repository.folder, 'www', ['evil.example.test']) });
    const { merge } = repository.merge('edit');
    expect((await ranJob('renew', schedule(merge))).failed).toBeUndefined();
    expect(names('www')).toBe('DNS:www.example.test');
  });
});

describe('the workflow', () => {
  it('gives no permission to pull requests of forks', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs['plan']?.environment).toBeUndefined();
  });

  it('has permissions and a concurrency group where they matter, and writes from one job alone', () => {
    const writing = Object.entries(workflow.jobs).filter(([, { permissions }]) =>
      Object.values(permissions).includes('write'),
    );
    expect(writing.map(([name]) => name)).toEqual(['plan']);
    for (const [name, job] of Object.entries(workflow.jobs))
      expect([name, job.permissions['contents']]).toEqual([name, 'read']);
    for (const name of ['plan', 'apply', 'renew']) expect(workflow.jobs[name]?.concurrency?.group).toContain('fettle-');
  });

  it('puts no expression into a shell script', () => {
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.map(({ run }) => run ?? ''));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
    expect(scripts.filter((script) => /npx (?!--no-install)/u.test(script))).toEqual([]);
  });
});
