/** `fettle events` and `fettle incidents` on what real rounds recorded, and a replay that the next round applies. */

import { beforeAll, describe, expect, test } from 'vitest';
import { jsonValues, misspelt } from '../formats/field-names.ts';
import { fettle } from '../support/cli.ts';
import { deposit, domainProject, eventEntry, recordsIn, serveOnce } from './inbox-project.ts';

let folder: string;

beforeAll(async () => {
  folder = domainProject(['www']);
  await serveOnce(folder);
  await deposit(folder, [
    eventEntry({
      domain: 'www.example.test',
      sourceEventId: 'order-1',
      eventType: 'renewal_failed',
      callbackClass: 'renewal',
      callbackAction: 'failed',
      callbackAttempt: 4,
      reason: 'the order failed\u001b[31m',
    }),
    eventEntry({ domain: 'other.example.test', sourceEventId: 'order-2', eventType: 'issuance_failed' }),
  ]);
  await serveOnce(folder, [], { CERT_EVENT_MAX_RETRIES: '1' });
});

interface Row {
  readonly status: string;
  readonly retry: number;
  readonly event: { readonly id: string; readonly domain: string };
}

async function rows(...args: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await fettle(folder, 'events', 'list', '--format', 'json', ...args);
  expect(misspelt(jsonValues(stdout))).toEqual([]);
  return jsonValues(stdout) as readonly Row[];
}

async function only<T>(...args: readonly string[]): Promise<T> {
  const { stdout, stderr, code } = await fettle(folder, ...args, '--format', 'json');
  expect([code, stderr]).toEqual([0, '']);
  expect(misspelt(jsonValues(stdout))).toEqual([]);
  return JSON.parse(stdout) as T;
}

describe('events', () => {
  test('are listed by status, source, domain and number, without control characters', async () => {
    expect((await rows()).map(({ status, event }) => [status, event.domain])).toEqual([
      ['applied', 'www.example.test'],
      ['failed', 'other.example.test'],
    ]);
    expect(await rows('--unresolved')).toMatchObject([{ status: 'failed', retry: 1 }]);
    expect(await rows('--domain', 'WWW.example.test.')).toHaveLength(1);
    expect(await rows('--source', 'other')).toEqual([]);
    expect(await rows('--limit', '1')).toMatchObject([{ status: 'failed' }]);
    const { stdout } = await fettle(folder, 'events', 'list');
    expect(stdout).toMatch(
      /failed {3}issuance_failed {2}other\.example\.test {2}cert_manager:prod .*dead letter after 1/u,
    );
    expect(stdout).toMatch(/^0 pending, 1 applied, 1 failed, 0 forwarded, 1 unresolved$/mu);
    expect(stdout).not.toContain('\u001b');
  });

  test('one is shown, and an unknown id or status is an error', async () => {
    const [{ event } = { event: { id: '' } }] = await rows('--status', 'applied');
    expect(await only<Row>('events', 'show', event.id)).toMatchObject({ status: 'applied', event: { id: event.id } });
    expect((await fettle(folder, 'events', 'show', 'evt-x')).stderr).toContain('no event has the id evt-x');
    expect((await fettle(folder, 'events', 'list', '--status', 'odd')).stderr).toContain(
      '"odd" is not a valid status. Use one of pending, applied, failed',
    );
  });

  test('a dry run of a replay records nothing; a replay is recorded with its reason, and the next round applies it', async () => {
    const before = (await recordsIn(folder)).length;
    expect((await fettle(folder, 'events', 'replay', '--dry-run')).stdout).toContain('1 event to replay');
    expect(await recordsIn(folder)).toHaveLength(before);
    const { stdout, code } = await fettle(folder, 'events', 'replay', '--reason', 'the Domain is declared now');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/1 event replayed\nlog head \d+:[0-9a-f]{64}\n$/u)]);
    const added = (await recordsIn(folder)).slice(before);
    expect(added.map(({ kind }) => kind)).toEqual(['run', 'ledger', 'end']);
    expect(added[1]).toMatchObject({
      body: { because: 'replayed by a person: the Domain is declared now', value: { status: 'pending', retry: 0 } },
    });
    await serveOnce(folder, [], { CERT_EVENT_MAX_RETRIES: '1' });
    expect(await rows('--status', 'failed')).toHaveLength(1);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });

  test('an applied one is replayed only with --force', async () => {
    const [{ event } = { event: { id: '' } }] = await rows('--status', 'applied');
    const refused = await fettle(folder, 'events', 'replay', event.id);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('the event is applied. Use --force to apply it again'),
    ]);
    expect((await fettle(folder, 'events', 'replay', event.id, '--force')).code).toBe(0);
    expect(await rows('--status', 'pending')).toHaveLength(1);
    await serveOnce(folder);
    expect(await rows('--status', 'applied')).toHaveLength(1);
  });
});

test('incidents are listed, acknowledged and resolved, each by its user; a resolved one is not acknowledged', async () => {
  interface Shown {
    readonly id: string;
    readonly status: string;
    readonly tier: number;
    readonly acknowledged_by?: string;
  }
  const incident = await only<Shown>('incidents', 'list');
  expect(incident).toMatchObject({ status: 'open', tier: 3 });
  const decided = await only<{ readonly changed: readonly Shown[] }>('incidents', 'ack', incident.id);
  expect(decided.changed).toMatchObject([
    { status: 'acknowledged', acknowledged_by: expect.stringContaining('@') as string },
  ]);
  const again = await only<{ readonly unchanged: readonly Shown[] }>('incidents', 'ack', incident.id);
  expect(again.unchanged).toHaveLength(1);
  const resolved = await fettle(folder, 'incidents', 'resolve', incident.id, '--reason', 'renewed by hand');
  expect(resolved.stdout).toContain('1 incident resolved');
  expect(await only<Shown>('incidents', 'list', '--status', 'resolved')).toMatchObject({ id: incident.id });
  const refused = await fettle(folder, 'incidents', 'ack', incident.id);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the incident is resolved')]);
  expect((await fettle(folder, 'incidents', 'ack', 'inc-x')).stderr).toContain('no incident has the id inc-x');
});
