/** Problems of an ACME server, and the reaction to each of them. */

import { describe, expect, test } from 'vitest';
import { AcmeProblem } from '../../../../plugins/certificates/acme/acme-problem.ts';
import {
  NO_PROBLEM,
  problemOf,
  problemText,
  type Reaction,
  reactionTo,
} from '../../../../plugins/certificates/acme/problems.ts';

const PREFIX = 'urn:ietf:params:acme:error:';

interface Row {
  readonly type: string;
  readonly status: number;
  readonly plain: Reaction;
  /** For an order that replaces a certificate, if it differs. */
  readonly replacing?: Reaction;
}

/** RFC 8555, 6.7; RFC 9773, 7.4; draft-ietf-acme-profiles, 6.3. */
const TABLE: readonly Row[] = [
  { type: 'accountDoesNotExist', status: 400, plain: 'new-account' },
  { type: 'alreadyReplaced', status: 409, plain: 'without-replaces' },
  { type: 'alreadyRevoked', status: 400, plain: 'done' },
  { type: 'badCSR', status: 400, plain: 'refuse' },
  { type: 'badNonce', status: 400, plain: 'retry-now' },
  { type: 'badPublicKey', status: 400, plain: 'refuse' },
  { type: 'badRevocationReason', status: 400, plain: 'refuse' },
  { type: 'badSignatureAlgorithm', status: 400, plain: 'refuse' },
  { type: 'caa', status: 403, plain: 'fail' },
  { type: 'compound', status: 400, plain: 'fail' },
  { type: 'connection', status: 400, plain: 'fail' },
  { type: 'dns', status: 400, plain: 'fail' },
  { type: 'externalAccountRequired', status: 403, plain: 'refuse' },
  { type: 'incorrectResponse', status: 400, plain: 'fail' },
  { type: 'invalidContact', status: 400, plain: 'refuse' },
  { type: 'invalidProfile', status: 400, plain: 'refuse' },
  { type: 'malformed', status: 400, plain: 'fail', replacing: 'without-replaces' },
  { type: 'orderNotReady', status: 403, plain: 'read-again' },
  { type: 'rateLimited', status: 429, plain: 'wait' },
  { type: 'rateLimited', status: 503, plain: 'wait' },
  { type: 'rejectedIdentifier', status: 400, plain: 'refuse' },
  { type: 'serverInternal', status: 500, plain: 'fail', replacing: 'without-replaces' },
  { type: 'tls', status: 400, plain: 'fail' },
  { type: 'unauthorized', status: 403, plain: 'fail', replacing: 'without-replaces' },
  { type: 'unsupportedContact', status: 400, plain: 'refuse' },
  { type: 'unsupportedIdentifier', status: 400, plain: 'refuse' },
  { type: 'userActionRequired', status: 403, plain: 'refuse' },
  { type: 'ofTheFuture', status: 400, plain: 'fail' },
  { type: 'ofTheFuture', status: 429, plain: 'wait' },
  { type: 'ofTheFuture', status: 500, plain: 'fail', replacing: 'without-replaces' },
];

describe('reactions', () => {
  test.each(TABLE)('$type with status $status: $plain', ({ type, status, plain, replacing = plain }) => {
    const problem = problemOf({ type: PREFIX + type, detail: 'a reason' });
    if (problem === undefined) throw new Error('no problem');
    const refusal = { problem, status, retryAfterMs: undefined };
    expect(reactionTo(refusal, { replaces: false })).toBe(plain);
    expect(reactionTo(refusal, { replaces: true })).toBe(replacing);
  });

  test.each<readonly [parts: readonly string[], reaction: Reaction]>([
    [['dns', 'connection'], 'fail'],
    [['dns', 'rejectedIdentifier'], 'refuse'],
    [['rateLimited', 'rejectedIdentifier'], 'refuse'],
    [['rateLimited', 'dns'], 'wait'],
    [['ofTheFuture'], 'fail'],
  ])('compound of %j: %s', (parts, reaction) => {
    const subproblems = parts.map((type) => ({ type: PREFIX + type }));
    const problem = problemOf({ type: `${PREFIX}compound`, subproblems });
    if (problem === undefined) throw new Error('no problem');
    expect(reactionTo({ problem, status: 400, retryAfterMs: undefined }, { replaces: false })).toBe(reaction);
  });

  test.each<readonly [status: number, retryAfterMs: number | undefined, reaction: Reaction]>([
    [403, undefined, 'unusable'],
    [404, undefined, 'unusable'],
    [408, undefined, 'unusable'],
    [429, undefined, 'wait'],
    [502, undefined, 'unusable'],
    [503, 90_000, 'wait'],
  ])('an answer with status %d that has no problem of ACME: %3$s', (status, retryAfterMs, reaction) => {
    for (const body of [undefined, '<html>', {}, { type: 'about:blank' }, { type: 'https://waf.example.test/blocked' }])
      expect(reactionTo({ problem: problemOf(body) ?? NO_PROBLEM, status, retryAfterMs }, { replaces: false })).toBe(
        reaction,
      );
  });

  test('a busy server that names a time is waited for', () => {
    const problem = problemOf({ type: `${PREFIX}serverInternal` });
    if (problem === undefined) throw new Error('no problem');
    expect(reactionTo({ problem, status: 503, retryAfterMs: 90_000 }, { replaces: false })).toBe('wait');
  });
});

describe('a problem document', () => {
  test('gives its type, reason and parts', () => {
    const problem = problemOf({
      type: `${PREFIX}compound`,
      detail: 'two names failed',
      status: 400,
      subproblems: [
        { type: `${PREFIX}dns`, detail: 'no such name', identifier: { type: 'dns', value: 'www.example.test' } },
        { type: `${PREFIX}caa`, detail: 'forbidden' },
      ],
    });
    expect(problem).toEqual({
      type: 'compound',
      detail: 'two names failed',
      status: 400,
      subproblems: [
        { type: 'dns', detail: 'no such name', identifier: 'www.example.test' },
        { type: 'caa', detail: 'forbidden' },
      ],
    });
    expect(problem === undefined ? '' : problemText(problem)).toBe(
      'two names failed (compound); www.example.test: no such name (dns); forbidden (caa)',
    );
  });

  test.each([
    ['a text', 'text', undefined],
    ['a list', [], undefined],
    ['nothing', undefined, undefined],
    ['members of other types', { type: 7, detail: {}, status: 'x', subproblems: { 0: 1 } }, 'other'],
    ['a type of another namespace', { type: 'about:blank' }, 'other'],
    ['a type that is a member of every object', { type: `${PREFIX}constructor` }, 'other'],
    ['parts that are not objects', { type: `${PREFIX}dns`, subproblems: [1, 'x', null] }, 'dns'],
  ])('that is %s is read as far as possible', (_name, value, type) => {
    expect(problemOf(value)?.type).toBe(type);
    expect(problemOf(value)?.subproblems ?? []).toEqual([]);
  });

  test('is limited in length, and has no control characters or commands of CI runners', () => {
    const text = `\u001b[2J##[error]\u202e${'x'.repeat(50_000)}`;
    const part = { type: `${PREFIX}dns`, detail: text, identifier: { value: text } };
    const problem = problemOf({
      type: `${PREFIX}compound`,
      detail: text,
      subproblems: Array.from({ length: 5000 }, () => part),
    });
    if (problem === undefined) throw new Error('no problem');
    expect(problem.subproblems.length).toBe(100);
    expect(problem.detail.length).toBeLessThan(400);
    // oxlint-disable-next-line no-control-regex
    expect(JSON.stringify(problem)).not.toMatch(/[\u001b\u202e]|##\[/u);
    const { message } = new AcmeProblem(problem, { what: 'create an order', fate: 'nothing' });
    expect(message.length).toBeLessThanOrEqual(1000);
  });

  test.each([
    ['account', `${PREFIX}unauthorized`, 403, 'Check that the account is valid, and the external account'],
    ['order', `${PREFIX}unauthorized`, 403, 'Check that the name leads to the solver'],
    ['directory', undefined, 404, 'Check that `directory` of the Issuer is the address of an ACME directory'],
    ['directory', undefined, 503, 'check what answers in the place of the authority'],
    ['order', undefined, 404, 'check what answers in the place of the authority'],
  ] as const)(
    'about the request %s, of the type %s with status %i, says what to do',
    (action, type, status, advice) => {
      const problem = problemOf(type === undefined ? {} : { type });
      if (problem === undefined) throw new Error('no problem');
      const { message } = new AcmeProblem(problem, { what: 'ask', fate: 'nothing' }, { action, status });
      expect(message).toContain(advice);
    },
  );

  test('asks for a wait of at most 31 days', () => {
    const problem = problemOf({ type: `${PREFIX}rateLimited` });
    if (problem === undefined) throw new Error('no problem');
    const error = new AcmeProblem(problem, { what: 'create an order', fate: 'nothing', retryAfterMs: 1e15 });
    expect(error.retryAfterMs).toBe(31 * 86_400_000);
    expect(error.code).toBe('rateLimited');
  });
});
