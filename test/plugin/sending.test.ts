/** Entries of the lists of origins: which secret each of them permits. */

import { expect, test } from 'vitest';
import { sendingMistake } from '#plugin';

const HELD = { A_TOKEN: 'first value', A_TOKEN_B: 'second value', AA_TOKEN: 'third value' };

const mistake = (secret: string, to: string, list: string, more: object = {}): string | undefined =>
  sendingMistake({ secret, variable: 'A_TOKEN', to: new URL(to), ...more }, 'LIST', { ...HELD, LIST: list });

test.each<readonly [secret: string, entry: string, isPermitted: boolean]>([
  ['first value', 'A_TOKEN=https://a.test', true],
  ['first value', 'https://b.test A_TOKEN=https://a.test:443/', true],
  ['first value', 'https://a.test,A_TOKEN=https://a.test', true],
  ['first value', 'https://a.test', false],
  ['first value', 'A_TOKEN_B=https://a.test', false],
  ['first value', 'A_=https://a.test', false],
  ['first value', 'A_TOKEN=https://b.test https://a.test', false],
  ['second value', 'A_TOKEN_B=https://a.test', true],
  ['second value\n', 'A_TOKEN_B=https://a.test', true],
  ['second value', 'A_TOKEN=https://a.test', false],
  ['second value', 'A_TOKEN_C=https://a.test', false],
  // The variable of another field has the same value.
  ['third value', 'AA_TOKEN=https://a.test', false],
  // The secret is in a file.
  ['of a file', 'A_TOKEN=https://a.test', true],
  ['of a file', 'A_TOKEN_B=https://a.test', false],
  ['of a file', 'https://a.test', false],
])('%j with the list %j: %s', (secret, list, isPermitted) => {
  expect(mistake(secret, 'https://a.test', list) === undefined).toBe(isPermitted);
});

test.each(['dns://a.test', 'ssh://a.test'])('%s needs no name: a secret only signs there', (to) => {
  expect(mistake('second value', to, to, { signs: true })).toBeUndefined();
  expect(mistake('second value', to, `A_TOKEN_B=${to}`, { signs: true })).toBeUndefined();
  expect(mistake('second value', to, `A_TOKEN=${to}`, { signs: true })).toMatch(
    /^is only used for .* if the environment variable LIST names that origin\. Add .*:\/\/a\.test:\d+ to it$/u,
  );
});

test('a secret that signs over https needs a name too, and is never "sent"', () => {
  expect(mistake('first value', 'https://a.test', 'https://a.test', { signs: true })).toBe(
    'must not be used for https://a.test:443: the entry of that origin in the environment variable LIST has no name, and would permit secrets of every kind. Write the entry for A_TOKEN, in the form NAME=https://a.test:443',
  );
});

test('a number in a message counts all entries of the list', () => {
  expect(mistake('first value', 'https://a.test', 'OTHER=nonsense A_TOKEN=https://a.test A_TOKEN=b.test')).toMatch(
    /^cannot be sent: LIST: entry 3 is not a scheme/u,
  );
});
