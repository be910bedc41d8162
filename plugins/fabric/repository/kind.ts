/** The kind GitRepository: a repository that exists independent of fettle, and whose connection is tested. Pure. */

import {
  defined,
  type Facts,
  type Finding,
  type Instant,
  instantOf,
  instantText,
  type Kind,
  type KnownResource,
  type Memory,
  observedOf,
  type Sighting,
  type Standing,
} from '#plugin';
import type { FindingCode, GitRepositoryMemory, GitRepositorySpec } from '../generated.ts';
import { connectionWait } from '../states/retries.ts';
import type { FabricWriter } from '../world.ts';
import { type Connection, connectionAt, TEST_DUE_MS, tested } from './connection.ts';
import type { Failure } from './failures.ts';
import { connectionOf, recordedConnection, type RepositoryFacts, type RepositoryResource } from './facts.ts';

/** Time between two records of a success that differ in their time alone. */
const RECORD_MS = 3_600_000;

const BRANCH_CODE = 'HH-GIT-015';

function unreachable(
  { ref, facts: { url, remembered } }: Sighting<RepositoryFacts>,
  { code, text }: Failure,
  { failed_at: failedAt = '', retry_at: retryAt = '' }: Partial<GitRepositoryMemory>,
): Finding {
  const when = remembered === true ? `. Tested at ${failedAt}; the next scheduled test is at ${retryAt}` : '';
  return {
    ref,
    code: 'repository-unreachable' satisfies FindingCode,
    severity: 'error',
    message: `${url}: ${text}${when}`,
    facts: { url, code },
  };
}

function branchMissing({ ref, facts: { url, branch, default_branch: usual } }: Sighting<RepositoryFacts>): Finding {
  const hint =
    usual === undefined
      ? 'Push it, or edit spec.branch'
      : `The default branch is ${usual}: edit spec.branch, or push the branch`;
  return {
    ref,
    code: 'branch-not-found' satisfies FindingCode,
    severity: 'error',
    message: `${url} does not have the branch ${branch}. ${hint}`,
    facts: defined<Facts>({ url, branch, code: BRANCH_CODE, default_branch: usual }),
  };
}

function findingsOf(
  seen: Sighting<RepositoryFacts>,
  found: Connection,
  kept: Partial<GitRepositoryMemory>,
): readonly Finding[] {
  if (found.state === 'FAILED') return [unreachable(seen, found.failure, kept)];
  return seen.facts.head === undefined ? [branchMissing(seen)] : [];
}

function hasNewLogin({ login }: RepositoryFacts, { login: last }: Partial<GitRepositoryMemory>): boolean {
  return last !== undefined && last !== login;
}

function hasNewAddress({ url }: RepositoryFacts, { url: last }: Partial<GitRepositoryMemory>): boolean {
  return last !== undefined && last !== url;
}

/** Failures before a test: its own one may be in the state already. */
function recordedFailures({ failures = 0, failed_at: at, retry_at: retryAt }: Partial<GitRepositoryMemory>): Facts {
  return failures === 0
    ? {}
    : defined<Facts>({ recorded_failures: failures, last_recorded_failure: at, next_scheduled_test: retryAt });
}

/** The state after the test that a sighting shows, by way of the states before. A success that is too old is due again. */
export function repositoryStanding(
  seen: Sighting<RepositoryFacts>,
  memory: Memory<GitRepositoryMemory> | undefined,
  now: Instant,
): Standing<RepositoryFacts> {
  const { facts, at } = seen;
  const kept = memory?.kept ?? {};
  const found = connectionOf(facts, at);
  const findings = findingsOf(seen, found, kept);
  if (facts.remembered === true) return { state: found.state, findings };
  const { via } = tested(recordedConnection(memory), {
    hasNewAddress: hasNewAddress(facts, kept),
    hasNewLogin: hasNewLogin(facts, kept),
    result: found.state === 'FAILED' ? { kind: 'test-failed', failure: found.failure } : { kind: 'test-passed', at },
  });
  const { state } = connectionAt(found, now);
  const signals = recordedFailures(kept);
  return state === found.state ? { state, via, findings, signals } : { state, findings, signals };
}

/** A failure is recorded each time, because the wait until the next test follows from it. */
function noteRepository(resource: KnownResource<RepositoryResource>, now: Instant): Partial<GitRepositoryMemory> {
  const observed = observedOf(resource);
  if (resource.desired === undefined || observed === undefined || observed.facts.remembered === true) return {};
  const { facts } = observed;
  const kept = resource.memory?.kept ?? {};
  const isSame = !hasNewAddress(facts, kept) && !hasNewLogin(facts, kept);
  const hasFailed = facts.error !== undefined;
  const failures = hasFailed ? (isSame ? (kept.failures ?? 0) : 0) + 1 : 0;
  const last = instantOf(kept.last_validated ?? '');
  const isRecent = isSame && resource.memory?.state === 'CONNECTED' && now - last < RECORD_MS && now >= last;
  return defined({
    url: facts.url,
    login: facts.login,
    head: facts.head ?? '',
    validation_error: facts.error ?? '',
    error_code: facts.error_code ?? '',
    failures,
    failed_at: hasFailed ? instantText(now) : '',
    retry_at: hasFailed ? instantText(now + connectionWait(failures)) : '',
    last_validated: hasFailed || isRecent ? undefined : instantText(observed.at),
  });
}

/** Empty texts stand for fields that a note cleared. */
function timeOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function scheduleOf(resource: RepositoryResource): Facts {
  const { kept = {} } = resource.memory ?? {};
  const { sight } = resource;
  const tested = sight.is === 'seen' && sight.observed.facts.remembered !== true ? sight.observed : undefined;
  const validated =
    tested !== undefined && tested.facts.error === undefined ? instantText(tested.at) : timeOf(kept.last_validated);
  const before = tested === undefined ? recordedFailures(kept) : (tested.signals ?? {});
  return defined<Facts>({
    last_validated_at: validated,
    test_due_at: validated === undefined ? undefined : instantText(instantOf(validated) + TEST_DUE_MS),
    recorded_failures: before['recorded_failures'] ?? 0,
    last_recorded_failure_at: before['last_recorded_failure'],
    next_scheduled_test_at: before['next_scheduled_test'],
  });
}

export const repositoryKind: Kind<FabricWriter, GitRepositorySpec, RepositoryFacts, GitRepositoryMemory, never, never> =
  {
    state: (_policy, seen, memory, now) => repositoryStanding(seen, memory, now),
    diff: () => undefined,
    note: noteRepository,
    schedule: scheduleOf,
    rules: {},
    handlers: {},
  };
