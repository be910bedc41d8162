/** Pages of a running `fettle serve` in a real browser: a stranger finds a reason and decides, axe, two widths, two schemes. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { fettle } from '../support/cli.ts';
import { launch, windowOf } from './pages-browser.ts';
import { HOLD, pagesSite, type PagesSite } from './pages-project.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let site: PagesSite;
let browser: Browser;
let started: Promise<[PagesSite, Browser]> | undefined;
const ends: (() => unknown)[] = [];

// All tests share a daemon and a browser. `expect.poll` needs a test, so the first one starts them.
beforeEach(async () => {
  [site, browser] = await (started ??= Promise.all([
    pagesSite({ expect, onTestFinished: (end) => void ends.push(end as () => unknown) }),
    launch(),
  ]));
}, 240_000);

afterAll(async () => {
  await browser?.close();
  for (const end of ends) await end();
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Folder for the images of the README; absent: none are made. */
const IMAGES = process.env['FETTLE_TEST_IMAGES'];

test.runIf(IMAGES !== undefined)('the images of the README', { timeout: 120_000 }, async () => {
  for (const [file, path, dark] of [
    ['fleet.png', '/', false],
    ['resource.png', '/r/certificates/Certificate/pay', true],
  ] as const) {
    const context = await windowOf(browser, 'ann', { dark });
    const page = await context.newPage();
    await page.goto(site.origin + path);
    await page.screenshot({ path: join(IMAGES ?? '', file), clip: { x: 0, y: 0, width: 1100, height: 800 } });
    await context.close();
  }
});

/** The violations that axe finds. Its code is evaluated by the test, past the policy of the page. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate('axe.run()');
  const { violations } = found as { readonly violations: readonly Violation[] };
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
}

type Scheme = 'light' | 'dark';

/** Axe takes most of the time: each width and each scheme once, and each pair in the long form. */
const AUDITED: Readonly<Record<number, readonly Scheme[]>> =
  process.env['FETTLE_TEST_FULL'] === undefined
    ? { 1100: ['light'], 390: ['dark'] }
    : { 1100: ['light', 'dark'], 390: ['light', 'dark'] };

test.each([1100, 390])(
  'at %i px, light and dark, every page fits, has no violation, and loads nothing that its policy excludes',
  { timeout: 120_000 },
  async (width) => {
    const context = await windowOf(browser, 'ann', { width });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(error.message));
    for (const path of site.paths) {
      const answer = await page.goto(site.origin + path);
      expect([path, answer?.status()]).toEqual([path, 200]);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const at = `${path}, ${colorScheme}`;
        expect(await page.evaluate('document.documentElement.scrollWidth'), at).toBeLessThanOrEqual(width);
        if (AUDITED[width]?.includes(colorScheme)) expect(await violationsOf(page), at).toEqual([]);
      }
    }
    expect(complaints).toEqual([]);
    await context.close();
  },
);

test('a stranger finds out from the pages why a renewal did not happen, and acknowledges its incident', {
  timeout: 120_000,
}, async () => {
  const context = await windowOf(browser, 'ann', { width: 390 });
  const page = await context.newPage();
  await page.goto(site.origin);
  await page.getByRole('link', { name: 'certificates/Certificate/pay' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'certificates/Certificate/pay' }).waitFor();
  const text = await page.getByRole('main').innerText();
  expect(text).toContain('REJECTED');
  expect(text).toContain(HOLD);
  await page.getByRole('link', { name: 'Incidents' }).click();
  await page.getByRole('cell', { name: 'open' }).waitFor();
  await page.getByLabel(/Reason, for renewal_failed/u).fill('on it');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('status').getByText('The acknowledgement is durable').waitFor();
  // The next round records it, and the page shows that by itself.
  await page.getByText('by ann').waitFor({ timeout: 60_000 });
  const { incidents } = (await (await site.get('/incidents.json')).json()) as { readonly incidents: object };
  expect(incidents).toMatchObject({ rows: [{ status: 'acknowledged', acknowledged_by: 'ann' }] });
  const { records } = (await (await site.get('/log.json?kind=ledger')).json()) as {
    readonly records: readonly object[];
  };
  expect(JSON.stringify(records)).toContain('on it');
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.locator('td', { hasText: /^resolved/u }).waitFor({ timeout: 60_000 });
  await context.close();
});

test('events are replayed, and a refresh starts, by forms', { timeout: 120_000 }, async () => {
  const context = await windowOf(browser, 'ann');
  const page = await context.newPage();
  await page.goto(`${site.origin}/events?status=failed`);
  await page.getByRole('button', { name: 'Replay' }).first().click();
  await page.getByText('The replay is durable').waitFor();
  expect(new URL(page.url()).searchParams.get('status')).toBe('failed');
  await expect
    .poll(async () => (await fettle(site.folder, 'log', 'list', '--kind', 'ledger')).stdout, { timeout: 60_000 })
    .toContain('replayed by a person');
  await page.getByRole('link', { name: 'Runs and lock' }).click();
  const before = await page.locator('table').first().locator('tbody tr').count();
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await page.getByText('A round starts').waitFor();
  await expect
    .poll(() => page.locator('table').first().locator('tbody tr').count(), { timeout: 60_000 })
    .toBeGreaterThan(before);
  await context.close();
});

test('an append of another process is on an open page within a second', { timeout: 120_000 }, async () => {
  const context = await windowOf(browser, 'reader');
  const page = await context.newPage();
  await page.goto(`${site.origin}/log`);
  const newest = (): Promise<number> => page.locator('tbody th').first().innerText().then(Number);
  const before = await newest();
  // The stream is open once it has sent the first head.
  await sleep(1000);
  const refreshed = await fettle(site.folder, 'drift', '--record', '--lock-timeout', '60s');
  const ended = performance.now();
  expect([0, 2]).toContain(refreshed.code);
  await expect.poll(newest, { timeout: 60_000, interval: 20 }).toBeGreaterThan(before);
  // Generous, for a machine under load: RELIABILITY.md has the figure.
  expect(performance.now() - ended).toBeLessThan(10_000);
  await context.close();
});
