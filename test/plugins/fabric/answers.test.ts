/** The meaning of each answer of an API server, and numbers that JSON of JavaScript would round. */

import { describe, expect, it } from 'vitest';
import { isPassing, refusalOf } from '../../../plugins/fabric/live/answers.ts';
import { parseExactly } from '../../../plugins/fabric/live/numbers.ts';

function status(code: number, reason: string, message: string, details?: object): Parameters<typeof refusalOf>[0] {
  const body = JSON.stringify({
    kind: 'Status',
    status: 'Failure',
    code,
    reason,
    message,
    ...(details === undefined ? {} : { details }),
  });
  return { status: code, contentType: 'application/json', body };
}

const conflict = {
  causes: [
    {
      reason: 'FieldManagerConflict',
      field: '.spec.vlan',
      message: 'conflict with "kubectl-edit" using vpc.githedgehog.com/v1beta1',
    },
  ],
};

describe('an answer', () => {
  it.each([
    [
      'a webhook that refuses',
      status(403, 'Forbidden', 'admission webhook "vvpc.kb.io" denied the request: no room'),
      'denied',
      'HH-K8S-011',
      false,
    ],
    [
      'a missing right',
      status(403, 'Forbidden', 'vpcs is forbidden: User "x" cannot patch resource', { name: 'a', kind: 'vpcs' }),
      'forbidden',
      'HH-K8S-033',
      false,
    ],
    [
      'a namespace that is ending',
      status(403, 'Forbidden', 'x', { causes: [{ reason: 'NamespaceTerminating' }] }),
      'terminating',
      undefined,
      true,
    ],
    ['a bad login', status(401, 'Unauthorized', 'Unauthorized'), 'unauthorized', 'HH-K8S-002', false],
    ['a wrong schema', status(422, 'Invalid', 'VPC "a" is invalid', { causes: [] }), 'invalid', 'HH-K8S-011', false],
    [
      'an unknown field',
      status(
        500,
        '',
        'failed to create typed patch object (default/a; v1, Kind=VPC): .spec.x: field not declared in schema',
      ),
      'invalid',
      'HH-K8S-011',
      false,
    ],
    [
      'an object that is too large',
      status(500, '', 'etcdserver: request is too large'),
      'invalid',
      'HH-K8S-011',
      false,
    ],
    [
      'a webhook that is down',
      status(500, 'InternalError', 'failed calling webhook "mvpc.kb.io": connection refused'),
      'webhook-down',
      'HH-K8S-001',
      true,
    ],
    ['another failure of the server', status(500, 'InternalError', 'oops'), 'server-error', undefined, true],
    [
      'a group that is not served',
      { status: 404, contentType: 'text/plain', body: '404 page not found' },
      'not-served',
      'HH-K8S-010',
      false,
    ],
    [
      'a missing namespace',
      status(404, 'NotFound', 'namespaces "a" not found', { name: 'a', kind: 'namespaces' }),
      'no-namespace',
      undefined,
      false,
    ],
    [
      'a missing object',
      status(404, 'NotFound', 'vpcs "a" not found', { name: 'a', kind: 'vpcs' }),
      'not-found',
      undefined,
      false,
    ],
    ['a field of another manager', status(409, 'Conflict', 'Apply failed', conflict), 'conflict', undefined, false],
    [
      'an object that has changed',
      status(409, 'Conflict', 'the object has been modified'),
      'changed',
      'HH-K8S-024',
      false,
    ],
    ['an object that exists', status(409, 'AlreadyExists', 'exists'), 'exists', undefined, false],
    [
      'a webhook without dry runs',
      status(400, 'BadRequest', 'admission webhook "x" does not support dry run'),
      'no-dry-run',
      undefined,
      false,
    ],
    [
      'a body and path that differ',
      status(400, 'BadRequest', 'the name of the object does not match'),
      'bad-request',
      undefined,
      false,
    ],
    ['a list that has expired', status(410, 'Expired', 'too old'), 'expired', undefined, false],
    [
      'too many requests',
      { status: 429, contentType: 'text/plain', body: 'Too many requests, please try again later.', retryAfter: '1' },
      'too-many-requests',
      undefined,
      true,
    ],
    ['a version from the future', status(504, 'Timeout', 'Too large resource version'), 'expired', undefined, false],
    [
      'a request that took too long',
      status(504, 'Timeout', 'request did not complete within requested timeout'),
      'server-error',
      undefined,
      true,
    ],
    [
      'a page of a proxy',
      { status: 502, contentType: 'text/html', body: '<html>bad gateway</html>' },
      'server-error',
      undefined,
      true,
    ],
    ['an unknown code', { status: 418, contentType: '', body: '' }, 'bad-request', undefined, false],
  ] as const)('%s', (_name, answer, kind, code, passes) => {
    const refusal = refusalOf(answer);
    expect([refusal.kind, refusal.code, isPassing(refusal)]).toEqual([kind, code, passes]);
    expect(refusal.words).not.toBe('');
  });

  it('names the managers of a conflict, and the wait that the server asks for', () => {
    expect(refusalOf(status(409, 'Conflict', 'x', conflict)).conflicts).toEqual([
      { field: '.spec.vlan', manager: 'kubectl-edit' },
    ]);
    expect(refusalOf({ status: 429, contentType: '', body: 'x', retryAfter: '7' }).retryAfterMs).toBe(7000);
    expect(refusalOf({ status: 429, contentType: '', body: 'x', retryAfter: '86400' }).retryAfterMs).toBe(60_000);
  });

  it('is one printable line of limited length', () => {
    const { words } = refusalOf(
      status(403, 'Forbidden', `admission webhook "a" denied the request: one\n\u001b[31mtwo ${'x'.repeat(5000)}`),
    );
    expect(words).toMatch(/^a: one /u);
    expect(words.length).toBeLessThan(1100);
    expect(words).not.toMatch(/[\n\u001b]/u);
  });
});

it.each([
  ['{"a": 9007199254740993}', { a: '9007199254740993' }],
  ['{"a": -9007199254740993, "b": "9007199254740993"}', { a: '-9007199254740993', b: '9007199254740993' }],
  ['{"a": 9007199254740991}', { a: 9007199254740991 }],
  ['{"a": 1.5, "b": 1700000000000000.5}', { a: 1.5, b: 1700000000000000.5 }],
])('%s is parsed without loss', (text, value) => {
  expect(parseExactly(text)).toEqual(value);
});
