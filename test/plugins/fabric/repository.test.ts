/** Addresses, branches and the connection of a Git repository: every form, every transition, and no impossible state. */

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { branchMistake, isAddressMistake, repositoryAddress } from '../../../plugins/fabric/repository/address.ts';
import {
  type Connection,
  connectionAt,
  holdReason,
  MOVES,
  moved,
  type RepositoryEvent,
  type RepositoryState,
  STALE_MS,
  STATES,
  TEST_DUE_MS,
  tested,
} from '../../../plugins/fabric/repository/connection.ts';
import {
  recordedConnection,
  repositoryHold,
  type RepositoryResource,
} from '../../../plugins/fabric/repository/facts.ts';
import { repositoryStanding } from '../../../plugins/fabric/repository/kind.ts';
import { failureOf, printedFailure, recordedFailure } from '../../../plugins/fabric/repository/failures.ts';
import fc from '../../support/property.ts';

describe('an address', () => {
  test.each([
    ['https://git.example.com/infra/fabric.git', 'https git.example.com 443 https://git.example.com/infra/fabric.git'],
    ['HTTPS://Git.Example.com.:8443/a/', 'https git.example.com 8443 https://git.example.com:8443/a/'],
    ['https://git.example.com:443/a%20b/~c', 'https git.example.com 443 https://git.example.com/a%20b/~c'],
    ['https://münchen.example/a', 'https xn--mnchen-3ya.example 443 https://xn--mnchen-3ya.example/a'],
    ['https://[2001:db8::1]:1/a', 'https [2001:db8::1] 1 https://[2001:db8::1]:1/a'],
    ['https://0x7f.1/a', 'https 127.0.0.1 443 https://127.0.0.1/a'],
    ['ssh://git@git.example.com/a.git', 'ssh git.example.com 22 ssh://git@git.example.com/a.git'],
    ['ssh://git@git.example.com:22/~me/a', 'ssh git.example.com 22 ssh://git@git.example.com/~me/a'],
    ['ssh://git@[::1]:2222/a', 'ssh [::1] 2222 ssh://git@[::1]:2222/a'],
    ['git@git.example.com:infra/fabric.git', 'ssh git.example.com 22 git@git.example.com:infra/fabric.git'],
    ['git@[2001:db8::1]:/srv/a', 'ssh [2001:db8::1] 22 git@[2001:db8::1]:/srv/a'],
  ])('%s is accepted', (text, expected) => {
    const address = repositoryAddress(text);
    if (isAddressMistake(address)) throw new Error(address.mistake);
    expect([address.scheme, address.host, address.port, address.url].join(' ')).toBe(expected);
  });

  test.each([
    ['--upload-pack=touch /tmp/x', 'begins with -'],
    ['-oProxyCommand=x', 'begins with -'],
    ['ext::sh -c touch% /tmp/x', 'names a helper program. Use https or ssh'],
    ['fd::17', 'names a helper program. Use https or ssh'],
    ['https::https://a.example/a', 'names a helper program. Use https or ssh'],
    ['file:///etc', 'has the scheme file. Use https or ssh'],
    ['http://a.example/a', 'has the scheme http. Use https or ssh'],
    ['git://a.example/a', 'has the scheme git. Use https or ssh'],
    ['/srv/a.git', 'is not an address'],
    ['a.git', 'is not an address'],
    ['a.example:a', 'is not an address'],
    ['C:\\a', 'is not an address'],
    ['https://ann:secret@a.example/a', 'has a user or a password'],
    ['https://token@a.example/a', 'has a user or a password'],
    ['https://a.example', 'has a path'],
    ['https://a.example/', 'has a path'],
    ['https:///a', 'has an invalid host'],
    ['https://-a.example/a', 'has an invalid host'],
    ['https://a.example:0/a', 'has an invalid port'],
    ['https://a.example:99999/a', 'has an invalid port'],
    ['https://a.example/a?x=y', 'has a query or a fragment'],
    ['https://a.example/a#b', 'has a query or a fragment'],
    ['https://a.example/../a', 'has a path'],
    ['https://a.example/a//b', 'has a path'],
    ['https://a.example/-a', 'has a path'],
    ['https://a.example/a b', 'has a path'],
    ['https://a.example/a\nb', 'has a path'],
    ['https://a.example/a\\b', 'has a path'],
    ['https://a.example/a%zz', 'has a path'],
    ['https://a.example\\@b.example/a', 'has a user or a password'],
    ['ssh://a.example/a', 'has no user'],
    ['ssh://git:secret@a.example/a', 'has a password'],
    ['ssh://-oProxyCommand=x@a.example/a', 'has an invalid user'],
    ['ssh://git@-oProxyCommand=x/a', 'has an invalid host'],
    ['ssh://git@a.example/-a', 'has a path'],
    ['ssh://git@a.example/a%0ab', 'has a % in its path'],
    ["ssh://git@a.example/a'b", 'has a path'],
    ['ssh://git@a.example/$(touch x)', 'has a path'],
    ['-git@a.example:a', 'begins with -'],
    ['git@-oProxyCommand=x:a', 'has an invalid host'],
    ['git@a.example:-a', 'has a path'],
    ['git@a.example:', 'has a path'],
    ['git@a.example:a;b', 'has a path'],
    ['', 'is not an address'],
  ])('%j is refused', (text, mistake) => {
    const address = repositoryAddress(text);
    expect(isAddressMistake(address) ? address.mistake : address).toContain(mistake);
    expect(JSON.stringify(address)).not.toContain('secret');
  });

  test('an accepted text is never an option, a path or a helper to git', () => {
    const pieces = fc.constantFrom(
      'https://',
      'ssh://',
      'git@',
      'a.example',
      ':',
      '/',
      '-',
      '::',
      '@',
      'ext',
      '..',
      '%',
      ' ',
      "'",
      '$',
      'x',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
        (text) => {
          const address = repositoryAddress(text);
          if (isAddressMistake(address)) return;
          expect(address.url).toMatch(
            /^(?:https:\/\/[a-z0-9.:[\]-]+\/|ssh:\/\/\w[\w.-]*@[a-z0-9.:[\]-]+\/|\w[\w.-]*@[a-z0-9.[\]:-]+:)[\w.~+@=,:%/-]+$/u,
          );
          // git and ssh read an option at the start of a host, of a path and of its segments, and nowhere else.
          expect(address.url).not.toMatch(/(?:^|[/@]|^[^:/[]*:|\]:)-|['$ ]/u);
          expect(repositoryAddress(address.url)).toEqual(address);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('the name of a branch', () => {
  test.each(['main', 'release/1.2', 'a-b', 'ä', 'a@b', 'x.lock.y', '1'])('%s is accepted', (name) => {
    expect(branchMistake(name)).toBeUndefined();
  });

  test('is accepted only if git accepts it', () => {
    const pieces = fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '..',
      '@',
      '{',
      '-',
      '~',
      '^',
      ':',
      '?',
      '*',
      '[',
      '\\',
      ' ',
      '.lock',
      '\x7f',
      'HEAD',
      'ü',
    );
    const names = fc.sample(
      fc.array(pieces, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
      300,
    );
    for (const name of new Set(names)) {
      const { status } = spawnSync('git', ['check-ref-format', '--branch', name], { cwd: '/' });
      // `@{` and the like mean branches of a repository there.
      if (branchMistake(name) === undefined) expect([name, status]).toEqual([name, 0]);
      else if (status === 0) expect(name).toMatch(/^@$|^HEAD$|^-/u);
    }
  });
});

const failure = failureOf('unauthorized');
const SOME: Readonly<Record<RepositoryState, Connection>> = {
  PENDING: { state: 'PENDING' },
  TESTING: { state: 'TESTING' },
  CONNECTED: { state: 'CONNECTED', validatedAt: 1000 },
  FAILED: { state: 'FAILED', failure },
};
const EVENTS: Readonly<Record<RepositoryEvent['kind'], RepositoryEvent>> = {
  'test-started': { kind: 'test-started' },
  'login-changed': { kind: 'login-changed' },
  'address-changed': { kind: 'address-changed' },
  'test-passed': { kind: 'test-passed', at: 2000 },
  'test-failed': { kind: 'test-failed', failure },
  'operation-failed': { kind: 'operation-failed', failure },
};
const PAIRS = STATES.flatMap((state) => Object.values(EVENTS).map((event) => [state, event] as const));

describe('the connection', () => {
  test('moves along each allowed pair, and along no other', () => {
    const seen = PAIRS.flatMap(([state, event]) => {
      const after = moved(SOME[state], event);
      return 'connection' in after ? [`${state} ${after.connection.state}`] : [];
    });
    // The table of the requirement; a changed address leads back to PENDING.
    expect([...new Set(seen)].sort()).toEqual(
      [
        'PENDING TESTING',
        'TESTING CONNECTED',
        'TESTING FAILED',
        'CONNECTED TESTING',
        'CONNECTED FAILED',
        'FAILED TESTING',
        'CONNECTED PENDING',
        'FAILED PENDING',
      ].sort(),
    );
  });

  test.each(PAIRS.filter(([state, { kind }]) => !(MOVES[kind].from as readonly string[]).includes(state)))(
    'from %s, the event %j is refused with both states',
    (state, event) => {
      expect(moved(SOME[state], event)).toEqual({
        refused: {
          code: 'HH-STATE-001',
          message: `The connection of the repository cannot move from ${state} to ${MOVES[event.kind].to} (${event.kind}).`,
        },
      });
    },
  );

  test('a success has its time, and no error; a failure has a reason', () => {
    expect(moved(SOME.TESTING, EVENTS['test-passed'])).toEqual({
      connection: { state: 'CONNECTED', validatedAt: 2000 },
    });
    for (const kind of ['test-failed', 'operation-failed'] as const)
      expect(moved(SOME[kind === 'test-failed' ? 'TESTING' : 'CONNECTED'], EVENTS[kind])).toEqual({
        connection: { state: 'FAILED', failure },
      });
    expect([recordedFailure('', ''), recordedFailure(undefined, ' ')].map(({ code, text }) => [code, text])).toEqual(
      Array.from({ length: 2 }, () => ['HH-GIT-001', 'the reason is not recorded']),
    );
  });

  const passed = { kind: 'test-passed', at: 2000 } as const;
  test.each([
    ['never declared', undefined, {}, 'PENDING TESTING'],
    ['PENDING', SOME.PENDING, {}, 'TESTING'],
    ['an interrupted test', SOME.TESTING, { hasNewAddress: true, hasNewLogin: true }, ''],
    ['CONNECTED', SOME.CONNECTED, {}, 'TESTING'],
    ['FAILED', SOME.FAILED, {}, 'TESTING'],
    ['CONNECTED with a new login', SOME.CONNECTED, { hasNewLogin: true }, 'TESTING'],
    ['CONNECTED with a new address', SOME.CONNECTED, { hasNewAddress: true, hasNewLogin: true }, 'PENDING TESTING'],
    ['FAILED with a new address', SOME.FAILED, { hasNewAddress: true }, 'PENDING TESTING'],
    ['PENDING with a new address', SOME.PENDING, { hasNewAddress: true }, 'TESTING'],
  ])('a test from %s passes the states between', (_name, before, news, via) => {
    const test = { hasNewAddress: false, hasNewLogin: false, ...news };
    expect(tested(before, { ...test, result: passed })).toEqual({
      connection: { state: 'CONNECTED', validatedAt: 2000 },
      via: via === '' ? [] : via.split(' '),
    });
    expect(tested(before, { ...test, result: { kind: 'test-failed', failure } }).connection).toEqual(SOME.FAILED);
  });

  test('a success is current for 25 hours, and operations wait after 24', () => {
    const at = (age: number) => connectionAt({ state: 'CONNECTED', validatedAt: 1e12 }, 1e12 + age).state;
    expect([0, STALE_MS, STALE_MS + 1, -60_000, -60_001].map(at)).toEqual([
      'CONNECTED',
      'CONNECTED',
      'TESTING',
      'CONNECTED',
      'TESTING',
    ]);
    const held = (age: number) => holdReason({ state: 'CONNECTED', validatedAt: 1e12 }, 1e12 + age);
    expect(held(TEST_DUE_MS)).toBeUndefined();
    expect(held(TEST_DUE_MS + 1)).toBe('the last test of the connection to the repository is older than 24 hours');
    expect(held(STALE_MS + 1)).toBe('the connection to the repository is being tested');
  });

  test.each([
    ['PENDING', 'the connection to the repository was not tested yet'],
    ['TESTING', 'the connection to the repository is being tested'],
    ['FAILED', 'the connection to the repository failed: the server refuses the login'],
  ] as const)('operations wait while it is %s', (state, reason) => {
    expect(holdReason(SOME[state], 1000)).toBe(reason);
  });
});

test('a recorded connection without its time is tested again, and a failure without words gets some', () => {
  const memory = (state: string, kept = {}) =>
    recordedConnection({ ref: { plugin: 'fabric', kind: 'GitRepository', name: 'a' }, version: 1, state, kept });
  expect(recordedConnection(undefined)).toBeUndefined();
  expect(memory('CONNECTED')).toEqual({ state: 'TESTING' });
  expect(memory('CONNECTED', { last_validated: '2026-01-01T00:00:00.000Z' })).toEqual({
    state: 'CONNECTED',
    validatedAt: Date.parse('2026-01-01T00:00:00Z'),
  });
  expect(memory('FAILED')).toEqual({ state: 'FAILED', failure: recordedFailure(undefined, undefined) });
  expect([memory('PENDING'), memory('TESTING')]).toEqual([{ state: 'PENDING' }, { state: 'TESTING' }]);
});

describe('operations on a repository', () => {
  const facts = { url: 'https://a.example/a', branch: 'main', login: '', head: 'a'.repeat(40) };
  const ref = { plugin: 'fabric', kind: 'GitRepository', name: 'a' };
  const NOW = Date.parse('2026-11-20T08:00:00Z');
  const HOUR = 3_600_000;
  const resource = (parts: object) => ({ ref, ...parts }) as unknown as RepositoryResource;
  const seen = (at: number, more = {}) =>
    resource({ sight: { is: 'seen', observed: { ref, state: '', facts: { ...facts, ...more }, findings: [], at } } });
  const recorded = (kept: object, state: string) =>
    resource({ sight: { is: 'absent' }, memory: { ref, version: 1, state, kept } });

  test.each([
    ['a test that passed now', seen(NOW), undefined],
    ['a test that passed 24 h ago', seen(NOW - 24 * HOUR), undefined],
    ['an older test', seen(NOW - 25 * HOUR), 'older than 24 hours'],
    ['a test that failed', seen(NOW, { error: 'x', error_code: 'HH-GIT-002' }), 'failed: x'],
    ['a gap', resource({ sight: { is: 'unseen', gap: { plugin: 'fabric', message: 'no git' } } }), 'no git'],
    ['a recorded success', recorded({ last_validated: '2026-11-20T07:00:00.000Z' }, 'CONNECTED'), undefined],
    ['a recorded failure', recorded({ validation_error: 'x' }, 'FAILED'), 'failed: x'],
    ['a repository without a record', resource({ sight: { is: 'absent' } }), 'not tested yet'],
    ['an undeclared repository', undefined, 'the repository is not declared'],
  ])('%s', (_name, of, reason) => {
    const hold = repositoryHold(of, NOW);
    if (reason === undefined) expect(hold).toBeUndefined();
    else expect(hold).toContain(reason);
  });

  test('the clock alone makes a success due again', () => {
    const sighting = { ref, given: true as const, facts, at: NOW };
    const after = (age: number) => repositoryStanding(sighting, undefined, NOW + age);
    expect(after(0)).toMatchObject({ state: 'CONNECTED', via: ['PENDING', 'TESTING'], findings: [] });
    expect(after(25 * HOUR).state).toBe('CONNECTED');
    expect(after(25 * HOUR + 1)).toEqual({ state: 'TESTING', findings: [], signals: {} });
  });
});

describe('messages of git', () => {
  test.each([
    ["fatal: Authentication failed for 'https://a.example/certificate.git/'", 'unauthorized'],
    ["fatal: could not read Username for 'https://a.example': terminal prompts disabled", 'unauthorized'],
    [
      "fatal: unable to access 'https://a.example/certificate/': Failed to connect to a.example port 443",
      'unreachable',
    ],
    [
      "fatal: unable to access 'https://a.example/x/': SSL certificate problem: unable to get local issuer certificate",
      'certificate',
    ],
    [
      "fatal: unable to access 'https://a.example/x/': server certificate verification failed. CAfile: none",
      'certificate',
    ],
    [
      "fatal: unable to access 'https://a.example/x/': GnuTLS recv error (-110): The TLS connection was non-properly terminated.",
      'broken',
    ],
    ["fatal: unable to access 'https://a.example/x/': Empty reply from server", 'broken'],
    ["fatal: unable to access 'https://a.example/x/': Recv failure: Connection reset by peer", 'broken'],
    ["fatal: repository 'https://a.example/x/' not found", 'not-found'],
    ['fatal: https://a.example/x/info/refs not valid: is this a git repository?', 'not-found'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'not-found'],
    ["fatal: '/x' does not appear to be a git repository", 'not-found'],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'host-key'],
    ['Load key "key": error in libcrypto\ngit@a.example: Permission denied (publickey).', 'private-key'],
    ['git@a.example: Permission denied (publickey).', 'unauthorized'],
    ['ssh: connect to host 192.0.2.1 port 22: Connection timed out', 'unreachable'],
    ['kex_exchange_identification: Connection closed by remote host', 'broken'],
    ['fatal: something else', 'other'],
    ['', 'other'],
  ])('%j means %s', (stderr, kind) => {
    expect(printedFailure(stderr).kind).toBe(kind);
  });

  test('an unknown message is quoted on one line without control characters', () => {
    expect(printedFailure('x\nfatal: a\u001B[31mb\nremote: c\n')).toEqual({ kind: 'other', detail: 'fatal: a [31mb' });
  });
});
