/** `fettle serve` under a clock that is set, forward and back: rounds, alerts, events, and the time between rounds. */

import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { EVENT, PATH, SIGNED, SECRET, signedHeaders } from '../support/intake-server.ts';
import { type Daemon, daemon } from './daemon.ts';
import { domainProject } from './inbox-project.ts';
import { ok, receiver } from './receiver.ts';

const HOUR = 3_600_000;
const INTERVAL_MS = 10_000;

interface Clock {
  readonly env: Readonly<Record<string, string>>;
  /** Sets the clock to a distance from the right time. */
  readonly set: (hours: number) => void;
  readonly now: () => number;
}

/** A clock for processes: their monotonic clocks and the times of files stay right. */
function settableClock(): Clock {
  const file = join(temporaryFolder(), 'clock');
  let ms = 0;
  const set = (hours: number): void => {
    ms = hours * HOUR;
    writeFileSync(`${file}.new`, `${hours < 0 ? '' : '+'}${ms / 1000}`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  const env = {
    LD_PRELOAD: execFileSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { env, set, now: () => Date.now() + ms };
}

/** Waits for the ends of rounds that begin from now on. */
async function rounds(running: Daemon, count: number): Promise<string> {
  const before = running.lines().length;
  const later = (): string => running.lines().slice(before);
  // The first line can be that of a round that is running.
  await expect
    .poll(() => later().match(/^shop: .* refreshed in /gmu)?.length ?? 0, { timeout: 120_000 })
    .toBeGreaterThan(count);
  return later();
}

/** The status of an event that was signed at a time. */
async function send(running: Daemon, id: string, at: number): Promise<number> {
  const body = JSON.stringify({ ...EVENT, domain: 'other.example.test', sourceEventId: id });
  const headers = signedHeaders(body, SECRET, Math.trunc(at / 1000));
  return (await fetch(`http://127.0.0.1:${await running.port()}${PATH}`, { method: 'POST', body, headers })).status;
}

const CASES = [
  ['forward by 40 days and back', 40 * 24],
  ['forward by an hour and back', 1],
  ['back by 40 days and forward', -40 * 24],
] as const;

test.each(process.env['FETTLE_TEST_FULL'] === undefined ? CASES.slice(0, 1) : CASES)(
  '%s: rounds go on, no alert is repeated, and events are judged by the clock',
  async (_name, hours) => {
    const clock = settableClock();
    const team = await receiver(ok);
    const folder = domainProject(['www']);
    const env = { ...SIGNED, ...clock.env, CERT_ALERT_WEBHOOK_URL: team.url };
    const running = await daemon(folder, `interval: ${INTERVAL_MS / 1000}s\n`, [], env);
    await expect.poll(() => team.received.length, { timeout: 60_000 }).toBe(1);
    await rounds(running, 1);
    const began = performance.now();
    const from = running.lines().length;

    for (const [turn, to] of [hours, 0].entries()) {
      const before = clock.now();
      clock.set(to);
      // The first round after it refreshes the Domain.
      expect(await rounds(running, 1)).toMatch(/^shop: (?:1 resource|1 of 1 resource)s? refreshed/mu);
      expect(await send(running, `old-${turn}`, before)).toBe(401);
      expect(await send(running, `new-${turn}`, clock.now())).toBe(202);
      await rounds(running, 1);
      expect((await running.ask('/readyz')).status).toBe(200);
    }
    expect(team.received.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([{ status: 'tls_error' }]);
    const { text } = await running.ask('/metrics');
    expect(text).toContain('fettle_rounds_total{project="shop",outcome="failed"} 0');
    expect(text).toContain('fettle_events_received_total{project="shop",result="stale"} 2');
    // Rounds of the schedule, one for each event, and one in progress.
    const count =
      running
        .lines()
        .slice(from)
        .match(/^shop: .* refreshed in /gmu)?.length ?? 0;
    expect(count).toBeLessThanOrEqual((performance.now() - began) / INTERVAL_MS + 4);
    expect(await running.stop()).toBe(0);
  },
  300_000,
);
