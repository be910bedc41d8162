/** Redaction, guards over the values of plugins, and the texts of errors. */

import { describe, expect, it, test } from 'vitest';
import { errorText, maskPatterns, redactor, redactPatterns, secretsOf } from '#plugin';
import { plainJson, soundFindings, soundProposal, soundVerdict } from '../../src/engine/guard.ts';
import fc from '../support/property.ts';

describe('text that looks like a secret', () => {
  it.each([
    ['postgres://me:geheim@host/db', 'postgres://(hidden)@host/db'],
    ['https://ghp_0123456789abcdef@host/x?y=1', 'https://(hidden)@host/x?y=1'],
    ['postgres://admin@host/db', 'postgres://admin@host/db'],
    ['https://host/x@y', 'https://host/x@y'],
    ['https://h/v1?token=abcdef&x=1', 'https://h/v1?token=(hidden)&x=1'],
    ['password: "geheim1"', 'password: "(hidden)"'],
    ["{ api_key: 'geheim1' }", "{ api_key: '(hidden)' }"],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: (hidden)'],
    ['sent bearer abcdefgh', 'sent bearer (hidden)'],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\nrest', '(hidden)\nrest'],
    ['"-----BEGIN RSA PRIVATE KEY-----\\nAAAA', '"(hidden)'],
    ['token: unset', 'token: unset'],
    ['the token is missing', 'the token is missing'],
    ['nothing to hide', 'nothing to hide'],
    ['certificates/Certificate/www: secret-not-allowed', 'certificates/Certificate/www: secret-not-allowed'],
  ])('%j', (text, hidden) => {
    expect(redactPatterns(text)).toBe(hidden);
  });
});

test('a text without the name of a secret is not searched for settings, with the same result', () => {
  const part = fc.constantFrom(
    'PASSWORD',
    'api_key',
    'token',
    'tok',
    'en',
    ':',
    '= ',
    '"',
    'abcdef',
    ' ',
    '\n',
    'x-',
    'none',
  );
  const other = fc.string({ unit: 'binary', maxLength: 3 });
  const parts = fc.array(fc.oneof(part, other), { maxLength: 12 });
  fc.assert(
    fc.property(parts, (all) => {
      const text = all.join('');
      // The name in front of the text makes it searched.
      expect(redactPatterns(`secret;\n${text}`)).toBe(`secret;\n${redactPatterns(text)}`);
    }),
    { numRuns: 5000 },
  );
});

describe('a text that an adversary chooses', () => {
  const LENGTH = 64_000;

  it.each(['a', 'a-', 'token', 'token=', 'a:', 'http://', 'bearer ', 'cookie', "token'", '-----BEGIN ', '://a'])(
    'of %j many times is searched in a short time',
    (part) => {
      const text = part.repeat(LENGTH / part.length);
      const from = performance.now();
      redactPatterns(text);
      redactPatterns(`https://${text}`);
      expect(performance.now() - from).toBeLessThan(1_000);
    },
  );
});

describe('a known secret', () => {
  const redact = redactor(['a/b+c d"e', 'line-one\nline-two', 'abc', 'a/b+c d"e-longer']);
  it.each([
    ['x a/b+c d"e y', 'x (hidden) y'],
    ['x a/b+c d"e-longer y', 'x (hidden) y'],
    [`x ${encodeURIComponent('a/b+c d"e')} y`, 'x (hidden) y'],
    [`x ${JSON.stringify('a/b+c d"e')} y`, 'x "(hidden)" y'],
    [`x ${Buffer.from('a/b+c d"e').toString('base64')} y`, 'x (hidden) y'],
    [`x ${Buffer.from('a/b+c d"e').toString('hex')} y`, 'x (hidden) y'],
    ['only line-two of it', 'only (hidden) of it'],
    ['abc is too short to be hidden everywhere', 'abc is too short to be hidden everywhere'],
  ])('%j', (text, hidden) => {
    expect(redact(text)).toBe(hidden);
  });

  it('is found in an environment by its name', () => {
    const env = {
      HCLOUD_TOKEN: 'one',
      PGPASSWORD: 'two',
      PATH: 'three',
      MY_STORE: 'four',
      EMPTY_TOKEN: '',
      X: undefined,
    };
    expect(secretsOf(env, ['MY_STORE'])).toEqual(['one', 'two', 'four']);
  });
});

it.each([
  [new Error('no'), 'no'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [new Error(''), 'an error without a message'],
  [Object.assign(new Error('x'), { message: 7 }), '7'],
  [
    {
      toString: () => {
        throw new Error('even so');
      },
    },
    'an error without a readable message',
  ],
  [Symbol('s'), 'Symbol(s)'],
  [new Error('\ud800'), '\ufffd'],
])('%#: the text of an error', (error, text) => {
  expect(errorText(error)).toBe(text);
});

it('is at most a page long', () => {
  expect(errorText(new Error('x'.repeat(10_000_000))).length).toBeLessThan(2100);
});

describe('guards', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  it.each([[circle], [10n], [() => 1], [undefined], ['x'.repeat(2000)]])('%#: cannot be kept', (value) => {
    expect(() => plainJson(value, 'it', 1000)).toThrow(/it is|BigInt|circular/u);
  });

  it.each([
    [null],
    [7],
    [[]],
    [{}],
    [{ step: 'a', goal: 'create', because: 'x' }],
    [{ step: 'a>b', goal: 'destroy', because: 'x' }],
    [{ step: 'a>b', goal: 'create', because: 7 }],
    [{ step: 'a>b', goal: 'create', because: 'x', fields: [{}] }],
    [{ step: 'a>b', goal: 'create', because: 'x', cause: 'whim' }],
  ])('%j is not a valid proposal', (value) => {
    expect(() => soundProposal(value as never)).toThrow(/proposal/u);
  });

  it.each([
    [null],
    [{}],
    [{ outcome: 'pass', message: 'x' }],
    [{ outcome: 'maybe', message: 'x', facts: {} }],
    [{ outcome: 'defer', message: 'x', facts: {}, clearsAt: 'soon' }],
    [{ outcome: 'defer', message: 'x', facts: {}, clearsAt: Number.POSITIVE_INFINITY }],
    [{ outcome: 'defer', message: 'x', facts: {}, clearsAt: 9e15 }],
  ])('%j is not a valid verdict', (value) => {
    expect(() => soundVerdict(value as never)).toThrow(/verdict|null/u);
  });

  it('a finding is of the resource that is judged', () => {
    const ref = { plugin: 'toy', kind: 'Item', name: 'a' };
    const finding = { ref: { ...ref, name: 'b' }, code: 'c', severity: 'info', message: 'm', facts: {} } as const;
    expect(soundFindings([finding], ref)).toEqual([{ ...finding, ref }]);
    for (const wrong of [{}, [{}], [{ ...finding, severity: 'bad' }]])
      expect(() => soundFindings(wrong as never, ref)).toThrow(/findings/u);
  });
});

describe('the password of an address in the environment', () => {
  it.each([
    ['postgres://me:geh%40im1@host/db', ['geh%40im1', 'geh@im1']],
    ['postgres://me@host/db?password=geheim1&x=1', ['geheim1', 'geheim1']],
    ['postgres://me:a@b@host/db', ['a@b', 'a@b']],
    ['http://proxy:geheim1@host:3128', ['geheim1', 'geheim1']],
    ['postgres://me@host/db', []],
    ['https://host/a:b@c', []],
  ])('%s', (value, secrets) => {
    expect(secretsOf({ FETTLE_STORE: value })).toEqual(secrets);
  });
});

describe('a masked secret', () => {
  it('leaves every other character, and references, in place', () => {
    const text = 'a://me:geh\u{1f511}eim@h token: "geheim12" x\n-----BEGIN PRIVATE KEY-----\nabc\nend';
    const masked = maskPatterns(text);
    expect(masked).toBe(`a://${'*'.repeat(11)}@h token: "********" x\n${'*'.repeat(27)}\n***\n***`);
    expect(masked).toHaveLength(text.length);
    for (const plain of ['token: "${env:HCLOUD_TOKEN}"', 'postgres://me:${env:PW}@h', 'keyAlgorithm: rsa-2048'])
      expect(maskPatterns(plain)).toBe(plain);
  });
});
