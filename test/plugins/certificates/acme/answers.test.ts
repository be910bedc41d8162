/** Answers of an ACME server with any content: each is read, or refused as an answer of a wrong form. */

import { describe, expect, test } from 'vitest';
import { ShapeError } from '#plugin/http';
import {
  accountOf,
  authorizationOf,
  directoryOf,
  identifierKey,
  linksOf,
  orderedIdentifier,
  orderOf,
  renewalInfoOf,
  sameIdentifiers,
} from '../../../../plugins/certificates/acme/answers.ts';
import { problemOf, problemText } from '../../../../plugins/certificates/acme/problems.ts';
import fc from '../../../support/property.ts';
import { dns } from './issuing.ts';

const HOST = 'https://acme.example.test';

const problem = {
  type: 'urn:ietf:params:acme:error:dns',
  detail: 'text',
  status: 400,
  subproblems: [{ detail: 'text' }],
};
const challenge = { type: 'http-01', url: `${HOST}/c`, status: 'pending', token: 'a'.repeat(43), error: problem };

/** A good body by the function that reads it. */
const READERS: readonly { readonly name: string; readonly body: object; readonly read: (value: unknown) => unknown }[] =
  [
    {
      name: 'a directory',
      body: {
        newNonce: `${HOST}/n`,
        newAccount: `${HOST}/a`,
        newOrder: `${HOST}/o`,
        meta: {
          termsOfService: `${HOST}/t`,
          profiles: { a: 'b' },
          caaIdentities: ['a.test'],
          externalAccountRequired: true,
        },
      },
      read: (value) => directoryOf(value, HOST),
    },
    {
      name: 'an account',
      body: { status: 'valid', contact: ['mailto:a@b.test'] },
      read: (value) => accountOf(value, HOST),
    },
    {
      name: 'an order',
      body: {
        status: 'pending',
        identifiers: dns('a.test'),
        authorizations: [`${HOST}/z`],
        finalize: `${HOST}/f`,
        certificate: `${HOST}/c`,
        expires: '2026-01-01T00:00:00Z',
        error: problem,
      },
      read: (value) => orderOf(value, HOST, HOST),
    },
    {
      name: 'an authorization',
      body: {
        status: 'pending',
        identifier: { type: 'dns', value: 'a.test' },
        challenges: [challenge],
        wildcard: true,
      },
      read: (value) => authorizationOf(value, HOST, HOST),
    },
    {
      name: 'renewal information',
      body: {
        suggestedWindow: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
        explanationURL: `${HOST}/e`,
      },
      read: renewalInfoOf,
    },
    { name: 'a problem', body: problem, read: (value) => problemOf(value) },
  ];

/** The places of a body: paths of members. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy: Record<string, unknown> = Object.assign(Array.isArray(value) ? [] : {}, value);
  copy[name] = replaced(copy[name], rest, by);
  return copy;
}

describe.each(READERS)('$name', ({ body, read }) => {
  test('of the right form is read', () => {
    expect(read(body)).toBeDefined();
  });

  test('with any value in any place is read or refused', () => {
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.webUrl(),
      fc.constantFrom(
        '../x',
        'javascript:x',
        `${HOST}.evil.test/`,
        `https://u@acme.example.test/`,
        '\u202e',
        '__proto__',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...placesOf(body)), hostile, (place, value) => {
        try {
          const text = JSON.stringify(read(replaced(body, place, value))) ?? '';
          return text.length < 1_000_000;
        } catch (error) {
          return error instanceof ShapeError;
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('URLs in an order that is read belong to the server', () => {
  const order = READERS.find(({ name }) => name === 'an order');
  const places = [['finalize'], ['certificate'], ['authorizations', '0']];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.oneof(fc.webUrl(), fc.string()), (place, url) => {
      try {
        order?.read(replaced(order.body, place, url));
        return new URL(url).origin === HOST;
      } catch (error) {
        return error instanceof ShapeError;
      }
    }),
  );
});

test('any problem gives a text on one line', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (detail, subproblems) => {
      const read = problemOf({ detail, subproblems });
      return read !== undefined && !/[\r\n]/u.test(problemText(read));
    }),
  );
});

describe('identifiers', () => {
  test.each([
    ['letters of another case', dns('WWW.example.test'), dns('www.example.test'), true],
    ['another order', dns('a.test', 'b.test'), dns('b.test', 'a.test'), true],
    ['one that is missing', dns('a.test', 'b.test'), dns('a.test'), false],
    [
      'another spelling of an address',
      [{ type: 'ip', value: '2001:db8:0::1' }],
      [{ type: 'ip', value: '2001:db8::1' }],
      true,
    ],
    ['an address in place of a name', [{ type: 'ip', value: '192.0.2.1' }], dns('192.0.2.1'), false],
  ] as const)('with %s', (_name, one, other, same) => {
    expect(sameIdentifiers(one, other)).toBe(same);
  });

  test('an authorization is for the name or for its wildcard, not for both', () => {
    const identifier = { type: 'dns', value: 'example.test' } as const;
    const [plain, wild] = [dns('example.test'), dns('*.example.test')];
    expect(orderedIdentifier({ identifiers: plain }, { identifier, wildcard: false })).toEqual(plain[0]);
    expect(orderedIdentifier({ identifiers: plain }, { identifier, wildcard: true })).toBeUndefined();
    expect(orderedIdentifier({ identifiers: wild }, { identifier, wildcard: true })).toEqual(wild[0]);
    expect(orderedIdentifier({ identifiers: wild }, { identifier, wildcard: false })).toBeUndefined();
    expect(identifierKey(identifier)).toBe('dns:example.test');
  });
});

test.each([
  [`<${HOST}/a>;rel="alternate"`, [`${HOST}/a`]],
  [
    `<${HOST}/dir>;rel="index", <${HOST}/a>; rel="alternate", <${HOST}/b>;rel=alternate;title="b"`,
    [`${HOST}/a`, `${HOST}/b`],
  ],
  [`<${HOST}/a>;rel="alternate-of-another-kind"`, []],
  [`<${HOST}/up>;rel="up"`, []],
  ['', []],
  [null, []],
] as const)('the alternates of the header Link %s', (header, urls) => {
  expect(linksOf(header, 'alternate', 8, HOST)).toEqual(urls);
});
