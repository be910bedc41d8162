/** Events in real rounds: entries of the inbox reach the ledger and the state once, also those that are damaged. */

import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inboxJson } from '../../src/formats/inbox-entry.ts';
import { fettle } from '../support/cli.ts';
import { deposit, domainProject, eventEntry, recordsIn, serveOnce, storeIn, tableIn } from './inbox-project.ts';

const FAILED = { domain: 'www.example.test', eventType: 'renewal_failed', reason: 'the order failed' };

/** A project whose log exists: the inbox is next to a log. */
async function begun(names: readonly string[] = ['www']): Promise<string> {
  const folder = domainProject(names);
  expect((await serveOnce(folder)).code).not.toBe(1);
  return folder;
}

async function undrained(folder: string): Promise<number> {
  const store = storeIn(folder);
  const left = await store.undrained(1000);
  await store.close();
  return left.length;
}

describe('an entry of the inbox', () => {
  test('is applied by the next round, in one append with its effects', async () => {
    const folder = await begun();
    await deposit(folder, [eventEntry(FAILED)]);
    await serveOnce(folder);
    const records = await recordsIn(folder);
    const at = records.findIndex(({ kind }) => kind === 'inbox');
    expect(records[at]?.body).toMatchObject({ entries: 1 });
    expect(records[at - 1]).toMatchObject({ kind: 'run', body: { command: 'serve' } });
    const { records: count } = (records[at]?.body ?? {}) as { readonly records: number };
    const group = records.slice(at + 1, at + 1 + count);
    expect(group.map(({ kind }) => kind)).toEqual(['seen', 'ledger', 'ledger', 'ledger']);
    expect(group[0]?.body).toMatchObject({
      resources: [{ ref: { name: 'www' }, kept: { cert_last_event_type: 'renewal_failed' } }],
    });
    const events = tableIn(records, 'certificate-events');
    expect([...events.values()]).toMatchObject([{ status: 'applied', event: { domain: 'www.example.test' } }]);
    expect([...tableIn(records, 'certificate-incidents').values()]).toMatchObject([{ status: 'open', tier: 2 }]);
    expect(await undrained(folder)).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
    const shown = JSON.parse(
      (await fettle(folder, 'state', 'show', 'certificates/Domain/www', '--format', 'json')).stdout,
    ) as {
      readonly schedule: { readonly certificate_events: object };
    };
    expect(shown.schedule.certificate_events).toMatchObject({
      cert_last_event_type: 'renewal_failed',
      cert_failure_policy: 'standard',
    });
    expect(Object.keys(shown.schedule.certificate_events)).toHaveLength(12);
  });

  test('of an event without its Domain is tried again when it is due, and later is a dead letter', async () => {
    const folder = await begun();
    const env = { CERT_EVENT_BASE_BACKOFF_SECONDS: '1', CERT_EVENT_MAX_RETRIES: '2' };
    await deposit(folder, [eventEntry({ domain: 'other.example.test', eventType: 'issuance_failed' })]);
    const { stderr } = await serveOnce(folder, [], env);
    expect(stderr).not.toContain('warning');
    const first = tableIn(await recordsIn(folder), 'certificate-events');
    expect([...first.values()]).toMatchObject([{ status: 'pending', retry: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await serveOnce(folder, [], env);
    const second = tableIn(await recordsIn(folder), 'certificate-events');
    expect([...second.values()]).toMatchObject([
      { status: 'failed', retry: 2, error: expect.stringContaining('other.') as string },
    ]);
  });

  test('of an unknown form, of an unknown plugin, or damaged, is reported and does not block the others', async () => {
    const folder = await begun();
    await deposit(folder, [{ odd: true }, inboxJson({ plugin: 'unknown', entry: {} }), eventEntry(FAILED)]);
    const inbox = join(folder, '.fettle/inbox');
    const [file = ''] = readdirSync(inbox);
    appendFileSync(join(inbox, file), 'rubbish\n');
    const { stderr } = await serveOnce(folder);
    expect(stderr).toMatch(/warning: the entry of the inbox of .* has an unknown form and is not used/u);
    expect(stderr).toContain('warning: 1 entry of the inbox is for the plugin unknown, which takes no events');
    expect(stderr).toMatch(/warning: an entry of the inbox is damaged and is not used: /u);
    expect(tableIn(await recordsIn(folder), 'certificate-events').size).toBe(1);
    expect(await undrained(folder)).toBe(0);
    expect((await serveOnce(folder)).stderr).not.toContain('warning');
  });

  test('keeps its field names and values if a secret of the environment is the same as one', async () => {
    const folder = await begun();
    await deposit(folder, [eventEntry({ ...FAILED, reason: 'the domain failed' })]);
    await serveOnce(folder, [], { PGPASSWORD: 'domain', OTHER_SECRET: 'renewal_failed' });
    expect([...tableIn(await recordsIn(folder), 'certificate-events').values()]).toMatchObject([
      {
        status: 'applied',
        event: { domain: 'www.example.test', type: 'renewal_failed', reason: 'the (hidden) failed' },
      },
    ]);
  });

  test('waits while a setting of the host is invalid', async () => {
    const folder = await begun();
    await deposit(folder, [eventEntry(FAILED)]);
    const { code } = await serveOnce(folder, [], { CERT_DEPLOYMENT_ENV: 'x' });
    expect(code).toBe(1);
    expect(await undrained(folder)).toBe(1);
  });
});

describe('an order of a caller', () => {
  test('is recorded by the next round with the caller, after the entries before it', async () => {
    const folder = await begun();
    await deposit(folder, [eventEntry(FAILED)]);
    await serveOnce(folder);
    const [incident] = [...tableIn(await recordsIn(folder), 'certificate-incidents').values()] as unknown as readonly {
      readonly id: string;
    }[];
    const [event] = [...tableIn(await recordsIn(folder), 'certificate-events').keys()];
    const ids = [incident?.id ?? ''];
    await deposit(folder, [
      inboxJson({ order: { verb: 'ack', ids, by: 'ann', reason: 'on it' } }),
      inboxJson({ order: { verb: 'resolve', ids, by: 'bob' } }),
      inboxJson({ order: { verb: 'ack', ids, by: 'ann' } }),
      inboxJson({ order: { verb: 'replay', ids: [event ?? '', 'evt-unknown'], by: 'ann' } }),
      inboxJson({ order: { verb: 'replay', ids: [event ?? ''], by: 'ann', force: true } }),
    ]);
    const ran = await serveOnce(folder);
    // The second acknowledgement is about a resolved incident, and the first replay about an applied event.
    expect(ran.stderr.match(/has no effect/gu)).toHaveLength(3);
    expect(ran.stderr).toContain('evt-unknown');
    const records = await recordsIn(folder);
    const reasons = records.flatMap(({ kind, body }) => (kind === 'ledger' ? [body.because] : []));
    expect(reasons).toEqual(
      expect.arrayContaining([
        expect.stringContaining('by ann: on it'),
        expect.stringContaining('by bob'),
        expect.stringContaining('replayed by a person: by ann'),
      ]),
    );
    expect([...tableIn(records, 'certificate-incidents').values()]).toMatchObject([
      { status: 'resolved', acknowledged_by: 'ann', resolved_by: 'bob' },
    ]);
    expect(await undrained(folder)).toBe(0);
    expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
  });
});

test('entries by the hundred are drained in several appends of one round, each event once', async () => {
  const folder = await begun(['www', 'api']);
  const entries = Array.from({ length: 450 }, (_, n) =>
    eventEntry({
      domain: `${n % 2 === 0 ? 'www' : 'api'}.example.test`,
      eventType: 'renewal_succeeded',
      sourceEventId: `run-${n}`,
    }),
  );
  await deposit(folder, [...entries, ...entries.slice(0, 10)]);
  await serveOnce(folder);
  const records = await recordsIn(folder);
  expect(records.flatMap(({ kind, body }) => (kind === 'inbox' ? [body.entries] : []))).toEqual([200, 200, 60]);
  const events = tableIn(records, 'certificate-events');
  expect(events.size).toBe(450);
  expect(new Set([...events.values()].map((value) => (value as { readonly status: string }).status))).toEqual(
    new Set(['applied']),
  );
  expect((await fettle(folder, 'log', 'verify')).code).toBe(0);
});

test('a secret of the environment in an event is not recorded', async () => {
  const folder = await begun();
  await deposit(folder, [
    eventEntry({ domain: 'other.example.test', eventType: 'renewal_failed', reason: 'prod-secret leaked' }),
  ]);
  await serveOnce(folder);
  const text = JSON.stringify(await recordsIn(folder));
  expect(text).toContain('(hidden) leaked');
  expect(text).not.toContain('prod-secret');
});
