/** The facts of a test of a Git repository, and the connection that they and the state show. Pure. */

import { type Instant, instantOf, type Memory, type Resource } from '#plugin';
import type { GitRepositoryMemory, GitRepositorySpec } from '../generated.ts';
import { type Connection, holdReason } from './connection.ts';
import { recordedFailure } from './failures.ts';

export interface RepositoryFacts {
  /** The declared address. */
  readonly url: string;
  readonly branch: string;
  /** Name and kind of the login, with a short digest; empty without one. */
  readonly login: string;
  /** The commit of the branch; absent if the branch is not found, or the test failed. */
  readonly head?: string;
  readonly default_branch?: string;
  readonly error?: string;
  readonly error_code?: string;
  /** True for the recorded result of an earlier test, because the next scheduled one is not due. */
  readonly remembered?: true;
}

export type RepositoryResource = Resource<GitRepositorySpec, RepositoryFacts, GitRepositoryMemory>;

/** The connection that a test at a time showed. */
export function connectionOf({ error, error_code: code }: RepositoryFacts, at: Instant): Connection {
  return error === undefined
    ? { state: 'CONNECTED', validatedAt: at }
    : { state: 'FAILED', failure: recordedFailure(code, error) };
}

/** The recorded connection; undefined for a repository without a record. A connection without a time was not tested. */
export function recordedConnection(memory: Memory<GitRepositoryMemory> | undefined): Connection | undefined {
  const { last_validated: validated = '', error_code: code, validation_error: error } = memory?.kept ?? {};
  switch (memory?.state) {
    case 'CONNECTED': {
      const validatedAt = instantOf(validated);
      return Number.isNaN(validatedAt) ? { state: 'TESTING' } : { state: 'CONNECTED', validatedAt };
    }
    case 'FAILED':
      return { state: 'FAILED', failure: recordedFailure(code, error) };
    case 'PENDING':
    case 'TESTING':
      return { state: memory.state };
    default:
      return undefined;
  }
}

/**
 * The reason why operations on a repository wait, as a sentence without its full stop; undefined if they may run. Without
 * a refresh, the state counts. `now`: epoch ms.
 */
export function repositoryHold(resource: RepositoryResource | undefined, now: Instant): string | undefined {
  if (resource === undefined) return 'the repository is not declared';
  const { sight, memory } = resource;
  if (sight.is === 'unseen') return `the connection to the repository cannot be tested: ${sight.gap.message}`;
  const connection =
    sight.is === 'seen' ? connectionOf(sight.observed.facts, sight.observed.at) : recordedConnection(memory);
  return holdReason(connection ?? { state: 'PENDING' }, now);
}
