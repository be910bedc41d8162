/**
 * The connection to a Git repository: its states, and events as the only way from one to the next. Pure.
 *
 * The types exclude a connection without a time, and a failure without a reason.
 */

import { CLOCK_AHEAD_MS, type Instant } from '#plugin';
import type { Failure } from './failures.ts';

export const STATES = ['PENDING', 'TESTING', 'CONNECTED', 'FAILED'] as const;
export type RepositoryState = (typeof STATES)[number];

export type Connection =
  | { readonly state: 'PENDING' }
  | { readonly state: 'TESTING' }
  | { readonly state: 'CONNECTED'; readonly validatedAt: Instant }
  | { readonly state: 'FAILED'; readonly failure: Failure };

interface Move {
  readonly from: readonly RepositoryState[];
  readonly to: RepositoryState;
}

/** Every allowed transition. A transition that no event makes is forbidden. */
export const MOVES = {
  'test-started': { from: ['PENDING', 'CONNECTED', 'FAILED'], to: 'TESTING' },
  'login-changed': { from: ['PENDING', 'CONNECTED', 'FAILED'], to: 'TESTING' },
  'test-passed': { from: ['TESTING'], to: 'CONNECTED' },
  'test-failed': { from: ['TESTING'], to: 'FAILED' },
  'operation-failed': { from: ['CONNECTED'], to: 'FAILED' },
  'address-changed': { from: ['CONNECTED', 'FAILED'], to: 'PENDING' },
} as const satisfies Readonly<Record<string, Move>>;

/** The end of a test. */
export type TestResult =
  | { readonly kind: 'test-passed'; readonly at: Instant }
  | { readonly kind: 'test-failed'; readonly failure: Failure };

export type RepositoryEvent =
  | TestResult
  | { readonly kind: 'test-started' | 'login-changed' | 'address-changed' }
  | { readonly kind: 'operation-failed'; readonly failure: Failure };

export type Moved =
  | { readonly connection: Connection }
  | { readonly refused: { readonly code: 'HH-STATE-001'; readonly message: string } };

function reached(event: RepositoryEvent): Connection {
  switch (event.kind) {
    case 'address-changed':
      return { state: 'PENDING' };
    case 'test-started':
    case 'login-changed':
      return { state: 'TESTING' };
    case 'test-passed':
      return { state: 'CONNECTED', validatedAt: event.at };
    case 'test-failed':
    case 'operation-failed':
      return { state: 'FAILED', failure: event.failure };
  }
}

export function moved({ state }: Connection, event: RepositoryEvent): Moved {
  const { from, to }: Move = MOVES[event.kind];
  if (from.includes(state)) return { connection: reached(event) };
  const message = `The connection of the repository cannot move from ${state} to ${to} (${event.kind}).`;
  return { refused: { code: 'HH-STATE-001', message } };
}

/** A finished test, and what has changed since the one before. */
export interface Test {
  readonly hasNewAddress: boolean;
  readonly hasNewLogin: boolean;
  readonly result: TestResult;
}

/** The events of a test. A test that was interrupted only ends. */
function eventsOf(state: RepositoryState, { hasNewAddress, hasNewLogin, result }: Test): readonly RepositoryEvent[] {
  if (state === 'TESTING') return [result];
  if (state !== 'PENDING' && hasNewAddress) return [{ kind: 'address-changed' }, { kind: 'test-started' }, result];
  return [{ kind: hasNewLogin ? 'login-changed' : 'test-started' }, result];
}

/** A connection after a test, and the states on the way to it. */
export interface Tested {
  readonly connection: Connection;
  readonly via: readonly RepositoryState[];
}

/** The connection after a test; `before` is undefined for a repository that was never declared. */
export function tested(before: Connection | undefined, test: Test): Tested {
  const start: Connection = before ?? { state: 'PENDING' };
  const passed: Connection[] = before === undefined ? [start] : [];
  let connection = start;
  for (const event of eventsOf(start.state, test)) {
    const after = moved(connection, event);
    if ('refused' in after) throw new Error(after.refused.message);
    connection = after.connection;
    passed.push(connection);
  }
  return { connection, via: passed.slice(0, -1).map(({ state }) => state) };
}

const HOUR_MS = 3_600_000;
/** Age of a successful test from which operations wait for a new one. */
export const TEST_DUE_MS = 24 * HOUR_MS;
/** Age of a successful test from which it proves nothing. */
export const STALE_MS = 25 * HOUR_MS;

/** The connection at a time: an old success no longer shows a connection. */
export function connectionAt(connection: Connection, now: Instant): Connection {
  if (connection.state !== 'CONNECTED') return connection;
  const age = now - connection.validatedAt;
  return age > STALE_MS || age < -CLOCK_AHEAD_MS ? { state: 'TESTING' } : connection;
}

/** The reason why operations on the repository wait, as a sentence without its full stop; undefined if they may run. */
export function holdReason(connection: Connection, now: Instant): string | undefined {
  const current = connectionAt(connection, now);
  switch (current.state) {
    case 'PENDING':
      return 'the connection to the repository was not tested yet';
    case 'TESTING':
      return 'the connection to the repository is being tested';
    case 'FAILED':
      return `the connection to the repository failed: ${current.failure.text}`;
    case 'CONNECTED':
      return now - current.validatedAt > TEST_DUE_MS
        ? 'the last test of the connection to the repository is older than 24 hours'
        : undefined;
  }
}
