/** The summary of certificates and Domains: every state and span, from observed resources and from the state. */

import { type Given, absent, resourceWith } from '../../support/resource.ts';
import { describe, expect, it } from 'vitest';
import { summary } from '../../../plugins/certificates/summary.ts';
import type { Resource } from '#plugin';
import { DAY, NOW, certificateSpec, desiredOf, domainSpec, memoryOf, observedOf, refOf } from './support.ts';

const now = { now: NOW };
const at = (ms: number): string => new Date(NOW + ms).toISOString();

let count = 0;
function resource(kind: string, state: string, end?: number, more: Partial<Given> = {}): Resource {
  count += 1;
  const name = `n${count}`;
  const facts = end === undefined ? {} : { not_after: at(end) };
  return resourceWith({
    ref: refOf(kind, name),
    desired: desiredOf<unknown>(kind, name, kind === 'Certificate' ? certificateSpec() : domainSpec()),
    observed: observedOf(kind, name, state, facts),
    ...more,
  });
}

describe('the summary', () => {
  it('is empty without resources', () => {
    expect(summary([], now)).toEqual([]);
    expect(summary([resource('Issuer', 'ready', DAY)], now)).toEqual([]);
  });

  it('counts states in the order of their lifecycle, and the days left', () => {
    const resources = [
      ...Array.from({ length: 3 }, () => resource('Domain', 'issued', 40 * DAY)),
      resource('Domain', 'tls_error'),
      resource('Domain', 'tls_error', -1),
      resource('Domain', 'expiring', 3 * DAY),
      resource('Certificate', 'normal', 200 * DAY),
      resource('Certificate', 'expiring_soon', 10 * DAY),
    ];
    expect(summary(resources, now).map(({ title, lines }) => [title, ...lines])).toEqual([
      [
        'by state and days left',
        'Certificate  1 normal, 1 expiring_soon; left: 1 under 30 days, 1 90 days and more',
        'Domain       3 issued, 1 expiring, 2 tls_error; left: 1 ended, 1 under 7 days, 3 under 90 days, 1 not known',
      ],
    ]);
  });

  it('has every state and span as a fact, also empty ones', () => {
    expect(summary([resource('Domain', 'issued', 40 * DAY)], now)[0]?.facts).toEqual({
      Domain: {
        states: {
          absent: 0,
          pending_issue: 0,
          pending_route: 0,
          issued: 1,
          expiring: 0,
          tls_error: 0,
          passthrough_unverified: 0,
        },
        days: {
          ended: 0,
          'under 7 days': 0,
          'under 30 days': 0,
          'under 90 days': 1,
          '90 days and more': 0,
          'not known': 0,
        },
      },
    });
  });

  it.each([
    [-1, 'ended'],
    [0, 'under 7 days'],
    [7 * DAY - 1, 'under 7 days'],
    [7 * DAY, 'under 30 days'],
    [30 * DAY, 'under 90 days'],
    [90 * DAY - 1, 'under 90 days'],
    [90 * DAY, '90 days and more'],
  ])('shows an end in %i ms as %s', (end, span) => {
    expect(summary([resource('Domain', 'issued', end)], now)[0]?.lines).toEqual([`Domain  1 issued; left: 1 ${span}`]);
  });

  it('counts the state of resources that were not observed, and only those', () => {
    const memory = memoryOf('Certificate', 'x', { state: 'normal', kept: { not_after: at(40 * DAY) } });
    const gap = { plugin: 'certificates', message: 'not probed' };
    const unseen = resourceWith({ ...absent(resource('Certificate', '', 0, { memory })), gap });
    expect(summary([unseen], now)[0]?.lines).toEqual(['Certificate  1 normal; left: 1 under 90 days']);
    const seen = resource('Certificate', 'expired', -DAY, { memory });
    expect(summary([seen], now)[0]?.lines).toEqual(['Certificate  1 expired; left: 1 ended']);
  });

  it('counts resources to create, without days, and no removed ones', () => {
    const wanted = absent(resource('Certificate', ''));
    expect(summary([wanted], now)[0]?.lines).toEqual(['Certificate  1 absent']);
    const { desired: _declared, ...gone } = absent(resource('Certificate', ''));
    expect(summary([gone], now)).toEqual([]);
  });
});
