/** Renewals by certificates of a shorter lifetime than the stored one: they are stored, and no renewal repeats at once. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateId } from '../../../../plugins/certificates/acme/certificate-id.ts';
import type { AcmeProfile } from '../../../../plugins/certificates/sandbox/acme/context.ts';
import { PROFILES } from '../../../support/acme/authority.ts';
import { type EmulatedAuthority, startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { keptOf } from './hostile.ts';
import { acmeDocuments, acmeProject, type AcmeProject } from './project.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An apply against an authority whose certificates are old when they are issued. */
const DESPITE_CLOCK = 'apply --yes --override acme-clock@certificates/Certificate/www --reason test';

/** The clock of the authority minus that of this machine, in ms. */
let aheadMs = 0;
const profiles: Record<string, AcmeProfile> = {};
const lasting = (days: number): AcmeProfile => ({ description: '', validitySeconds: (days * DAY_MS) / 1000 });
let authority: EmulatedAuthority;
beforeAll(async () => {
  authority = await startEmulated(
    { ownHttp: true },
    { profiles, now: () => Date.now() + aheadMs, retryAfterSeconds: 0 },
  );
});
afterAll(() => authority.stop());
beforeEach(() => {
  profiles['default'] = lasting(90);
  profiles['shortlived'] = { description: '', validitySeconds: PROFILES.shortlived.validityPeriod };
});
afterEach(() => {
  aheadMs = 0;
});

const run = ({ folder }: AcmeProject, line: string, laterMs = 0): Promise<Done> =>
  fettle(folder, line, { now: () => Date.now() + laterMs });
const stored = ({ folder }: AcmeProject): X509Certificate =>
  new X509Certificate(readFileSync(join(folder, 'tls/www.crt')));
const ordered = (): number => authority.acme.counts()['new-order'] ?? 0;

/** A project whose certificate was issued some days ago, and the number of orders since. */
async function issuedAgo(days: number): Promise<{ readonly project: AcmeProject; readonly orders: () => number }> {
  const project = acmeProject(authority);
  aheadMs = -days * DAY_MS;
  expect((await run(project, 'apply --yes', aheadMs)).code).toBe(0);
  aheadMs = 0;
  const before = ordered();
  return { project, orders: () => ordered() - before };
}

async function expectNothingDue(project: AcmeProject): Promise<void> {
  expect((await run(project, 'plan')).stdout).toContain(
    '0 to add, 0 to change, 0 to step, 0 to remove. 0 rejected, 0 waiting',
  );
}

describe('a renewal by a certificate that ends before the stored one', () => {
  it('stores it, if another profile has a shorter lifetime', async () => {
    const { project, orders } = await issuedAgo(62);
    const before = stored(project);
    project.declare(acmeDocuments(authority).replace('profile: default', 'profile: shortlived'));
    const renewal = await run(project, 'apply --yes');
    expect([renewal.code, renewal.code === 0 ? '' : renewal.stdout]).toEqual([0, '']);
    expect(stored(project).validToDate.getTime()).toBeLessThan(before.validToDate.getTime());
    expect(orders()).toBe(1);
    await expectNothingDue(project);
  });

  it('stores it, if the authority revokes the stored one and has shortened its lifetimes', async () => {
    const { project, orders } = await issuedAgo(2);
    const revoked = stored(project);
    profiles['default'] = lasting(45);
    const now = Date.now();
    authority.acme.suggestRenewal(certificateId(revoked) ?? '', { start: now - 2 * DAY_MS, end: now - DAY_MS });
    const renewal = await run(project, 'apply --yes');
    expect([renewal.code, renewal.code === 0 ? '' : renewal.stdout]).toEqual([0, '']);
    expect(stored(project).serialNumber).not.toBe(revoked.serialNumber);
    expect(orders()).toBe(1);
    await expectNothingDue(project);
  });

  it('does not store one whose own renewal would be due at once, and tries again after the backoff', async () => {
    const { project, orders } = await issuedAgo(70);
    const before = stored(project);
    // The authority issues certificates that are as old.
    aheadMs = -75 * DAY_MS;
    const renewal = await run(project, DESPITE_CLOCK);
    expect([renewal.code, renewal.stdout]).toEqual([
      7,
      expect.stringMatching(/it expires at .*, before the stored one .*, and its renewal would be due at once/u),
    ]);
    expect(stored(project).serialNumber).toBe(before.serialNumber);
    expect(Object.keys(await keptOf(project))).not.toContain('order');
    expect((await run(project, DESPITE_CLOCK)).stdout).toMatch(/waiting .*backoff: /u);
    expect(orders()).toBe(1);
  });

  it('fails if the new one ends later and is still due at once: the next try waits', async () => {
    const { project, orders } = await issuedAgo(88);
    // The stored one ends in 2 days, and the next one in 2.5.
    aheadMs = -87.5 * DAY_MS;
    const before = stored(project);
    const renewal = await run(project, DESPITE_CLOCK);
    expect([renewal.code, renewal.stdout]).toEqual([
      7,
      expect.stringContaining('is expiring_soon; normal was expected'),
    ]);
    expect(stored(project).validToDate.getTime()).toBeGreaterThan(before.validToDate.getTime());
    expect((await run(project, DESPITE_CLOCK)).stdout).toMatch(/waiting .*backoff: /u);
    expect(orders()).toBe(1);
  });
});
