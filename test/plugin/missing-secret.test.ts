/** A missing secret: the text in its place is never a secret, for any gate that a secret passes before it is sent. */

import { describe, expect, it } from 'vitest';
import { heldSecret, InputError, missingReason, missingSecret, providerEndpoint, sendingMistake } from '#plugin';

const REASON = 'the environment variable A_TOKEN is not set';
const own = { what: 'the token', variable: 'A_TOKEN', field: 'plugins.toy.token' };

describe.each([
  ['the text of a missing secret', missingSecret(REASON), REASON],
  ['a reason with braces', missingSecret('the secret file ${x}} is empty'), 'the secret file ${x}} is empty'],
  ['a reference to a variable', '${env:A_TOKEN}', 'the reference ${env:A_TOKEN} was not read'],
  ['a reference to a file', '${file:a-token}', 'the reference ${file:a-token} was not read'],
])('%s', (_name, text, reason) => {
  it('has its reason', () => {
    expect(missingReason(text)).toBe(reason);
  });

  it('is not held, also if the variable of the field has a secret', () => {
    const held = () => heldSecret(text, own, { A_TOKEN: 'the secret of another field' });
    expect(held).toThrow(InputError);
    expect(held).toThrow(
      `the token is missing: ${reason}. Provide the secret that plugins.toy.token in fettle.yaml names`,
    );
  });

  it.each([true as const, undefined])(
    'is not sent (signs: %s), although the environment permits the origin',
    (signs) => {
      const to = new URL('https://api.example.test');
      const sending = { secret: text, variable: 'A_TOKEN', to, ...(signs === undefined ? {} : { signs }) };
      expect(sendingMistake(sending, 'ORIGINS', { ORIGINS: 'https://api.example.test' })).toBe(`is missing: ${reason}`);
    },
  );

  it.each([
    ['the own address of a provider', {}],
    ['the address of the environment', { OVERRIDE: 'https://other.example.test' }],
  ])('is not sent to %s', (_where, env) => {
    const endpoint = {
      written: 'https://api.example.test/v1',
      usual: 'https://api.example.test/v1',
      override: 'OVERRIDE',
      token: { value: text, variable: 'A_TOKEN' },
      list: 'ORIGINS',
    };
    expect(() => providerEndpoint(endpoint, env)).toThrow(`the token is missing: ${reason}`);
  });
});

it.each(['a secret', '${other}', '$', '{env:A_TOKEN}', 'x${env:A_TOKEN}'])('%s is a secret', (text) => {
  expect(missingReason(text)).toBeUndefined();
  expect(heldSecret(text, own, {})).toBe(text);
});
