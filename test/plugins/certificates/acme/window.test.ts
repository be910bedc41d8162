/** A renewal in the window of its authority, from the command line and with a clock that moves: before, in and after freezes. */

import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renewalMoment } from '../../../../plugins/certificates/acme/renewal-window.ts';
import { startEmulated } from '../../../support/acme/emulated.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { acmeDocuments, acmeProject } from './project.ts';
import { windowFrom } from './window-from.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const URL = 'https://acme.example.test/incidents/42';

/** The begin of the minute that a time is in. */
const minute = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

/** A freeze window of `fettle.yaml`, from a whole minute on. */
function freezeFrom(from: number, hours: number): string {
  const at = new Date(from);
  const cron = `${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`;
  return `safety: { freeze: [{ cron: '${cron}', for: ${hours}h, reason: Change of the books. }] }\n`;
}

interface Setting {
  /** The time within the window that the authority suggests. */
  readonly moment: number;
  readonly start: number;
  readonly end: number;
  readonly notAfter: number;
  readonly lifetime: number;
}

/**
 * A certificate of 90 days whose authority suggests a window of three to four days, 30 days before its end. `freeze`: the window
 * of `fettle.yaml`, from the second run on.
 */
async function issued(freeze?: (setting: Setting) => string) {
  const start = minute(Date.now());
  let clock = start;
  const authority = await startEmulated({ ownHttp: true }, { now: () => clock, retryAfterSeconds: 0 });
  onTestFinished(() => authority.stop());
  const project = acmeProject(authority, acmeDocuments(authority));
  const run = (line: string, at: number): Promise<Done> => {
    clock = at;
    return fettle(project.folder, line, { now: () => clock });
  };
  const stored = (): X509Certificate => new X509Certificate(readFileSync(join(project.folder, 'tls/www.crt')));
  expect((await run('apply --yes', start)).code).toBe(0);
  const before = stored();
  const [order] = authority.acme.orders();
  const id = order?.certificate ?? '';
  const [from, notAfter] = [Date.parse(before.validFrom), Date.parse(before.validTo)];
  const window = windowFrom(notAfter - 30 * DAY, id);
  authority.acme.suggestRenewal(id, { ...window, explanationURL: URL });
  const setting = { ...window, moment: renewalMoment(window, id), notAfter, lifetime: notAfter - from };
  if (freeze !== undefined) {
    const config = readFileSync(join(project.folder, 'fettle.yaml'), 'utf8');
    writeFileSync(join(project.folder, 'fettle.yaml'), config + freeze(setting));
  }
  return {
    ...setting,
    run,
    /** No row at a time. */
    expectNothing: async (at: number): Promise<void> => {
      const plan = await run('plan --detailed-exitcode', at);
      expect([plan.code, plan.stdout]).toEqual([0, expect.not.stringContaining('renewing')]);
    },
    /** The plan at a time renews the certificate, for a reason. */
    expectDue: async (at: number, ...texts: readonly string[]): Promise<void> => {
      const plan = await run('plan --detailed-exitcode', at);
      expect(plan.code).toBe(2);
      for (const text of texts) expect(plan.stdout).toContain(text);
    },
    /** The row waits for the end of a freeze: an apply orders nothing. */
    expectFrozen: async (at: number): Promise<void> => {
      const orders = authority.acme.orders().length;
      const done = await run('apply --yes', at);
      expect([done.code, done.stdout]).toEqual([3, expect.stringContaining('freeze: Frozen since')]);
      expect(authority.acme.orders().length).toBe(orders);
    },
    /** An apply renews the certificate, in one order that replaces it; then nothing is due. */
    expectRenewal: async (at: number): Promise<void> => {
      const done = await run('apply --yes', at);
      expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('renewing')]);
      const orders = authority.acme.orders();
      expect(orders.map(({ status, replaces }) => [status, replaces])).toEqual([
        ['valid', undefined],
        ['valid', id],
      ]);
      expect(stored().fingerprint256).toBe(orders[1]?.leaf?.fingerprint256);
      expect(stored().fingerprint256).not.toBe(before.fingerprint256);
      expect((await run('plan --detailed-exitcode', at)).code).toBe(0);
    },
  };
}

test('a renewal is due at its time within the window, and replaces the certificate', async () => {
  const { expectNothing, expectDue, expectRenewal, start, end, moment } = await issued();
  expect(moment).toBeGreaterThanOrEqual(start);
  expect(moment).toBeLessThan(end);
  await expectNothing(start - MINUTE);
  await expectNothing(moment - 1000);
  const window = `between ${new Date(start).toISOString()} and ${new Date(end).toISOString()}`;
  await expectDue(moment, `the authority suggests a renewal ${window}`, `(see ${URL})`, new Date(moment).toISOString());
  await expectRenewal(moment);
});

test('a freeze that ends within the window is followed by the renewal', async () => {
  const length = ({ moment, end }: Setting): number => Math.floor((end - moment) / 2 / HOUR);
  const { expectNothing, expectFrozen, expectDue, expectRenewal, ...setting } = await issued((at) =>
    freezeFrom(minute(at.moment), length(at)),
  );
  const { moment, end } = setting;
  const frozenTo = minute(moment) + length(setting) * HOUR;
  expect(frozenTo).toBeLessThan(end);
  await expectNothing(moment - MINUTE);
  await expectFrozen(moment);
  await expectFrozen(frozenTo - 1000);
  await expectDue(frozenTo, URL);
  await expectRenewal(frozenTo);
});

test('a renewal comes before a freeze that outlasts the window', async () => {
  // From the moment on: an earlier part of the window is left.
  const from = ({ moment }: Setting): number => minute(moment);
  const {
    expectNothing,
    expectDue,
    expectRenewal,
    run: _run,
    ...setting
  } = await issued((at) => freezeFrom(from(at), 8 * 24));
  const { start, moment } = setting;
  // The time before the freeze is somewhere in that part: at its beginning nothing is due, at its end the renewal is.
  await expectNothing(start - MINUTE);
  const eve = from(setting) - 1;
  expect(eve).toBeLessThan(moment);
  await expectDue(eve, 'that time is in a freeze window, so the renewal comes before it', URL);
  await expectRenewal(eve);
});

test('a freeze that has the whole window gives way in the last tenth of the lifetime', async () => {
  const from = ({ start }: Setting): number => minute(start) - DAY;
  const { expectNothing, expectFrozen, expectDue, expectRenewal, ...setting } = await issued((at) =>
    freezeFrom(from(at), 40 * 24),
  );
  const { moment, notAfter, lifetime } = setting;
  await expectNothing(moment - MINUTE);
  await expectFrozen(moment);
  const latest = Math.ceil((notAfter - lifetime / 10) / 1000) * 1000;
  await expectFrozen(latest - MINUTE);
  await expectDue(latest, 'The freeze window gives way');
  await expectRenewal(latest);
});
