/** The time for which the fault of an account counts. */

import { expect, test } from 'vitest';
import { faultInForce } from '../../../../plugins/certificates/acme/account-faults.ts';
import { DAY, iso, issuerResource, memoryOf, NOW, sceneOf } from '../support.ts';

test.each([
  ['now', 0, true],
  ['almost a day ago', DAY - 1, true],
  ['a day ago', DAY, false],
  ['by a clock that was a year ahead', -365 * DAY, false],
])('a fault that was found %s', (_when, age, isInForce) => {
  const account = 'https://ca.example.test/account/1';
  const fault = { account, at: iso(NOW - age), status: 'unknown' as const, reason: 'no account' };
  const issuer = issuerResource({ memory: memoryOf('Issuer', 'ca', { kept: { account, account_fault: fault } }) });
  expect(faultInForce(issuer as never, sceneOf([issuer])) !== undefined).toBe(isInForce);
});
