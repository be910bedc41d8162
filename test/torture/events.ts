/**
 * Rounds of `fettle serve` that are killed at any moment, one or two at once, while events arrive: each event is applied
 * once, and no receiver gets an alert twice within its cooldown.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord, type Json } from '#plugin';
import { certificateEvents } from '../../plugins/certificates/events/plugin-events.ts';
import { inboxEntryOf, inboxJson } from '../../src/formats/inbox-entry.ts';
import type { LogRecord } from '../../src/formats/log-record.ts';
import { bareEnvironment, writeFiles } from '../support/cli.ts';
import { randomFrom } from '../support/seed.ts';
import { PASSWORD } from '../support/postgres.ts';
import { newDatabase } from './database.ts';
import { must, usualCli } from './effects-project.ts';
import { type InboxPlaceOfTest, openInboxStore } from './inbox-store.ts';
import type { RoundInput, Torture } from './torture.ts';

const HOSTS = ['a', 'b', 'c'].map((name) => `${name}.example.test`);
const TOKEN = 'token-of-the-test';
const KILLS = 6;
/** Tries of the last rounds to get a lock that a killed process left. */
const MOST_TRIES = 30;

interface Place {
  /** As in fettle.yaml. */
  readonly store: string;
  readonly inbox: InboxPlaceOfTest;
  readonly env: Readonly<Record<string, string>>;
  /** Rounds at once. */
  readonly replicas: number;
}

function eventOf(n: number, host: string, at: number): Json {
  const body = Buffer.from(
    JSON.stringify({
      domain: host,
      sourceEventId: `order-${n}`,
      eventType: n % 3 === 0 ? 'renewal_succeeded' : 'renewal_failed',
      callbackReceivedAt: new Date(at).toISOString(),
    }),
  );
  const { entry, body: answer } = certificateEvents
    .open({ CERT_EVENT_INGEST_TOKEN: TOKEN })
    .judge({ headers: { 'x-cert-event-token': TOKEN }, body, now: Date.now(), targets: new Set() });
  if (entry === undefined) throw new Error(JSON.stringify(answer));
  return inboxJson({ plugin: 'certificates', entry });
}

/** The subject of an alert: its host, its class, and its incident; each tier of an escalation is another alert. */
function subjectOf(body: unknown): string {
  if (!isRecord(body)) return '';
  const { domain, type, status, classification, incidentType, change, tier } = body;
  return JSON.stringify([
    domain,
    type,
    status,
    classification,
    incidentType,
    change,
    change === 'escalated' ? tier : '',
  ]);
}

/** A receiver that answers with a status, and counts the requests by the subject of their alert. */
async function receiver(
  status: number,
): Promise<{ readonly url: string; readonly counts: Map<string, number>; readonly close: () => void }> {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const subject = subjectOf(JSON.parse(Buffer.concat(parts).toString()));
      counts.set(subject, (counts.get(subject) ?? 0) + 1);
      response.writeHead(status).end();
    });
    request.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, counts, close };
}

function isOutcome(entry: Json): boolean {
  const read = inboxEntryOf(entry);
  return read !== undefined && 'delivery' in read;
}

async function attack({ seed, index, folder }: RoundInput, place: Place): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  writeFiles(folder, {
    'fettle.yaml': `name: torture\nstore: ${place.store}\n`,
    'desired/domains.yaml': HOSTS.map(
      (host) =>
        `apiVersion: certificates/v1\nkind: Domain\nmetadata: { name: ${host.slice(0, 1)} }\nspec: { host: ${host}, address: 127.0.0.1, port: 1 }\n`,
    ).join('---\n'),
  });
  const [accepting, refusing] = [await receiver(204), await receiver(500)];
  const env = bareEnvironment({
    ...place.env,
    CERT_ALERT_WEBHOOK_URL: accepting.url,
    CERT_RUNBOOK_WEBHOOK_URL: refusing.url,
    CERT_EVENT_BATCH_SIZE: '7',
  });
  const begin = (): { readonly kill: () => void; readonly ended: Promise<number | null> } => {
    const child = spawn(process.execPath, [usualCli, 'serve', '--once'], { cwd: folder, env, stdio: 'ignore' });
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { kill: () => void child.kill('SIGKILL'), ended };
  };
  /** Ends with a round that recorded. */
  const finish = async (): Promise<void> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const before = await records();
      await begin().ended;
      const added = (await records()).slice(before.length);
      if (added.some(({ kind }) => kind === 'end')) return;
    }
    must(false, 'no round got the lock', folder);
  };
  const store = await openInboxStore(place.inbox);
  const records = async (): Promise<readonly LogRecord[]> => {
    const all: LogRecord[] = [];
    await store.read((record) => all.push(record), 'all');
    return all;
  };
  try {
    const begun = Date.now();
    await begin().ended;
    // Some kills come before anything has begun, and some too late.
    const longest = 1.2 * (Date.now() - begun);
    let deposited = 0;
    const from = Date.now() - 60_000;
    let kills = 0;
    for (let turn = 0; turn < KILLS; turn += 1) {
      const running = Array.from({ length: place.replicas }, begin);
      const killing = running.map(async ({ kill, ended }, i) => {
        // With two replicas, one may live on.
        if (i > 0 && random() < 0.5) return ended;
        await sleep(random() * longest);
        kill();
        return ended;
      });
      for (let batch = 0; batch < 4; batch += 1) {
        const count = 1 + Math.floor(random() * 8);
        const entries = Array.from({ length: count }, (_, i) => {
          const n = deposited + i;
          return eventOf(n, HOSTS[Math.floor(random() * HOSTS.length)] ?? '', from + n * 10);
        });
        await store.deposit(entries);
        // A source repeats what it got no answer for.
        if (random() < 0.3) await store.deposit(entries.slice(0, 1));
        deposited += count;
        await sleep((random() * longest) / 4);
      }
      kills += (await Promise.all(killing)).filter((code) => code === null).length;
    }
    await finish();
    await finish();
    const report = await store.verify();
    must(report.status === 'sound', `the log is damaged: ${report.damage[0]?.message ?? ''}`, folder);
    // The outcomes of the last deliveries are for the next round.
    const left = (await store.undrained(1000)).filter((each) => !('entry' in each) || !isOutcome(each.entry));
    must(left.length === 0, `${left.length} events are left in the inbox`, folder);
    const applied = (await records()).flatMap(({ kind, body }) =>
      kind === 'ledger' && body.table === 'certificate-events' && body.because === 'the event was applied'
        ? [body.key]
        : [],
    );
    must(new Set(applied).size === deposited, `${deposited} events, ${new Set(applied).size} applied`, folder);
    must(applied.length === deposited, `${applied.length - deposited} events were applied twice`, folder);
    for (const [subject, count] of [...accepting.counts, ...refusing.counts])
      must(count <= 1, `the alert ${subject} was sent ${count} times`, folder);
    return { events: deposited, kills, alerts: accepting.counts.size, refused: refusing.counts.size };
  } finally {
    await store.close();
    accepting.close();
    refusing.close();
  }
}

export const torture: Torture = {
  name: 'events',
  what: 'kill -9 at a random moment of rounds of serve, while events arrive and alerts are sent',
  long: 200,
  short: 1,
  parallel: 1,
  round: (input) =>
    attack(input, { store: '.fettle', inbox: { folder: join(input.folder, '.fettle') }, env: {}, replicas: 1 }),
};

export const overPostgres: Torture = {
  name: 'events-postgres',
  what: 'two daemons at once, killed at random moments, while events arrive; the log on PostgreSQL',
  long: 200,
  short: 1,
  parallel: 1,
  round: async (input) => {
    const url = await newDatabase();
    const env = { PGPASSWORD: PASSWORD, FETTLE_STORE_ORIGIN: `postgres://${new URL(url).host}` };
    return attack(input, { store: `"${url}"`, inbox: { url, env: { PGPASSWORD: PASSWORD } }, env, replicas: 2 });
  },
};
