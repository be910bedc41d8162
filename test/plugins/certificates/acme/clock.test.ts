/** The rule `acme-clock`: a renewal waits until it is due by the clocks of this machine and of the authority. */

import { describe, expect, test } from 'vitest';
import { changeOf, type Step } from '#plugin';
import { acmeClock } from '../../../../plugins/certificates/acme/rules.ts';
import { type IssuerSpec, tables } from '../../../../plugins/certificates/generated.ts';
import { certificateResource, DAY, desiredOf, iso, issuerResource, MINUTE, NOW, refOf, sceneOf } from '../support.ts';

const ACME = {
  acme: { directory: 'letsencrypt', accountKey: 'account.key', contact: [], solvers: [{ http01: { webroot: 'www' } }] },
} as unknown as IssuerSpec;
const issuer = issuerResource({ desired: desiredOf('Issuer', 'ca', ACME) });

/** A certificate of 90 days whose renewal is due 30 days before its end, and at the latest 15 days before it. */
const BEGIN = NOW - 60 * DAY;
const END = BEGIN + 90 * DAY;

/** The verdict `at` a time; `ahead`: the clock of the authority minus that of this machine, in ms. */
function judged(step: Step, at: number, ahead: number | undefined) {
  const ari = { id: 'a.b', next: iso(at + DAY), ...(ahead === undefined ? {} : { clock: ahead / 1000 }) };
  const resource = certificateResource({
    state: step.startsWith('expired') ? 'expired' : 'expiring_soon',
    facts: { acme: true, not_before: iso(BEGIN), not_after: iso(END), usable: true },
    signals: { ari },
  });
  const change = changeOf(refOf('Certificate', 'www'), tables.kinds.Certificate, {
    step,
    goal: 'update',
    because: '',
    cause: 'time',
  });
  return acmeClock(change, resource, sceneOf([issuer], { now: at }));
}

const RENEWAL = 'expiring_soon>renewing';
const RECOVERY = 'expired>recovering';

describe('a step that is due by time', () => {
  test.each<readonly [string, Step, number, number | undefined, string, number | undefined]>([
    ['passes if the clocks agree', RENEWAL, NOW, undefined, 'pass', undefined],
    ['passes if the authority is ahead: the step is due by both', RENEWAL, NOW, 10 * MINUTE, 'warn', undefined],
    ['waits for an authority that is behind', RENEWAL, NOW, -10 * MINUTE, 'defer', NOW + 10 * MINUTE],
    ['passes once it is due by both', RENEWAL, NOW + 10 * MINUTE, -10 * MINUTE, 'warn', undefined],
    ['waits for an authority that is behind by weeks', RENEWAL, NOW, -20 * DAY, 'defer', NOW + 20 * DAY],
    ['does not expire because an authority is behind by minutes', RECOVERY, END, -10 * MINUTE, 'warn', undefined],
    ['waits if this machine is ahead by weeks', RECOVERY, END, -40 * DAY, 'defer', NOW + 40 * DAY],
  ])('%s', (_name, step, at, ahead, outcome, clearsAt) => {
    expect(judged(step, at, ahead)).toMatchObject({ outcome, ...(clearsAt === undefined ? {} : { clearsAt }) });
  });

  test('gives both numbers', () => {
    expect(judged(RENEWAL, NOW, -10 * MINUTE)).toMatchObject({
      facts: { clock_seconds: -600, limit_seconds: 300 },
      message:
        'the clock of the authority is 10 min behind the clock of this machine, and by its clock the step is not due yet',
    });
  });
});
