/** Errors: those that the user can fix, failures outside, and bugs are distinguished by type. */

import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { errorKind, InputError, OutsideError } from '#plugin';
import { FileError } from '#plugin/files';
import { ISSUES } from '../../src/version.ts';
import { LogDamagedError, StoreBrokenError, StoreProjectError, StoreSecretError } from '../../src/store/errors.ts';
import { ProblemsError } from '../../src/run/project.ts';
import packageJson from '../../package.json' with { type: 'json' };

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it.each([
  new InputError('a'),
  new ProblemsError([]),
  new FileError('/a', 'a', 'ENOENT'),
  new StoreSecretError('a'),
  new StoreProjectError('a', 'b', 'c'),
  new LogDamagedError([]),
])('the user can fix $name', (error) => {
  expect(errorKind(error)).toBe('input');
});

it('an outside failure is recognised by the error that was thrown', async () => {
  const socket = connect({ host: '127.0.0.1', port: 1 });
  const [refused] = (await once(socket, 'error').catch((error: unknown) => [error])) as [unknown];
  for (const error of [new OutsideError('a'), new StoreBrokenError('a'), thrown(() => statSync('/no/such')), refused])
    expect(errorKind(error)).toBe('outside');
});

it.each([
  ['a code alone', thrown(() => Buffer.from(5 as unknown as string))],
  ['a code and a name of ours', Object.assign(new Error('a'), { code: 'ENOENT', name: 'StoreError' })],
  ['a type error', new TypeError('a')],
  ['no error at all', 'text'],
])('%s is a bug', (_what, error) => {
  expect(errorKind(error)).toBe('bug');
});

it('bugs are reported where package.json says', () => {
  expect(packageJson.bugs.url).toBe(ISSUES);
});
