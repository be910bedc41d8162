/**
 * Requests with certificate events that must not be accepted, over HTTP and in random order: forged, stale, altered, too
 * large, malformed, and bytes that are not a request. Genuine requests between them are accepted, and a replayed one is the
 * same event.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { certificateEvents } from '../../plugins/certificates/events/plugin-events.ts';
import { inboxEntryOf } from '../../src/formats/inbox-entry.ts';
import { randomFrom } from '../support/seed.ts';
import { EVENT, fileStore, inboxEntries, PATH, SIGNED, signedHeaders, startIntake } from '../support/intake-server.ts';
import { must } from './effects-project.ts';
import type { RoundInput, Torture } from './torture.ts';

const REQUESTS = 2_000;
const AT_ONCE = 32;
const LIMIT = 65_536;

type Random = () => number;
type Headers = Readonly<Record<string, string | readonly string[]>>;

interface Attempt {
  readonly body: Buffer;
  readonly headers: Headers;
  readonly path?: string;
  readonly method?: string;
}

interface Answered {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

function nowSeconds(): number {
  return Math.trunc(Date.now() / 1000);
}

function without(headers: Headers, name: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
}

function changed(random: Random, bytes: Buffer): Buffer {
  const at = Math.floor(random() * bytes.length);
  return Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ (1 + Math.floor(random() * 255)) : byte)));
}

/** A genuine body; each is another event. */
function bodyOf(random: Random): Buffer {
  return Buffer.from(JSON.stringify({ ...EVENT, sourceEventId: `event-${Math.floor(random() * 1e12)}` }));
}

const ATTACKS: Readonly<Record<string, (random: Random) => Attempt>> = {
  'wrong-token': (random) => {
    const body = bodyOf(random);
    return { body, headers: { ...signedHeaders(body), 'x-cert-event-token': randomBytes(16).toString('hex') } };
  },
  'no-header': (random) => {
    const body = bodyOf(random);
    const names = ['x-cert-event-token', 'x-cert-timestamp', 'x-cert-signature'] as const;
    return { body, headers: without(signedHeaders(body), pick(random, [...names])) };
  },
  forged: (random) => {
    const body = bodyOf(random);
    const signatures = [
      randomBytes(32).toString('hex'),
      '',
      '0'.repeat(64),
      createHmac('sha256', 'another-secret').update(`${nowSeconds()}.`).update(body).digest('hex'),
      signedHeaders(body)['x-cert-signature'].toUpperCase(),
      signedHeaders(body)['x-cert-signature'].slice(0, 63),
    ] as const;
    const signature = pick(random, [...signatures]);
    // Without letters, the capitals are the same signature.
    const isSame = signature === signedHeaders(body)['x-cert-signature'];
    return { body, headers: { ...signedHeaders(body), 'x-cert-signature': isSame ? 'x' : signature } };
  },
  stale: (random) => {
    const body = bodyOf(random);
    const seconds = nowSeconds() + pick(random, [-1, 1]) * (400 + Math.floor(random() * 1e8));
    return { body, headers: signedHeaders(body, undefined, seconds) };
  },
  'another-time': (random) => {
    const body = bodyOf(random);
    const headers = signedHeaders(body);
    const seconds = Number(headers['x-cert-timestamp']) - 1 - Math.floor(random() * 200);
    return { body, headers: { ...headers, 'x-cert-timestamp': String(seconds) } };
  },
  'another-body': (random) => {
    const body = bodyOf(random);
    const headers = signedHeaders(body);
    const more = Buffer.from(' '.repeat(1 + Math.floor(random() * 20)));
    const bodies = [
      changed(random, body),
      Buffer.concat([body, more]),
      Buffer.concat([more, body]),
      body.subarray(1),
    ] as const;
    return { body: pick(random, [...bodies]), headers };
  },
  'another-source': (random) => {
    const body = bodyOf(random);
    const name = pick(random, ['x-cert-source', 'x-cert-cluster']);
    return {
      body,
      headers: { ...signedHeaders(body), [name]: pick(random, ['other', 'prod\u00e9', 'x'.repeat(500)]) },
    };
  },
  twice: (random) => {
    const body = bodyOf(random);
    const headers = signedHeaders(body);
    const names = ['x-cert-event-token', 'x-cert-timestamp', 'x-cert-signature'] as const;
    const name = pick(random, [...names]);
    return { body, headers: { ...headers, [name]: [headers[name], headers[name]] } };
  },
  'too-large': (random) => {
    const body = Buffer.alloc(LIMIT + 1 + Math.floor(random() * 1000), ' ');
    body.write(bodyOf(random).toString());
    return { body, headers: { ...signedHeaders(body), ...(random() < 0.5 ? { 'transfer-encoding': 'chunked' } : {}) } };
  },
  malformed: (random) => {
    const texts = [
      '',
      '{',
      '[]',
      'null',
      '"text"',
      `{"a":${'['.repeat(20_000)}`,
      JSON.stringify({ ...EVENT, eventType: 'renewed' }),
      JSON.stringify({ ...EVENT, source: 'other' }),
      JSON.stringify({ ...EVENT, callbackClass: 'renewal' }),
      JSON.stringify({ eventType: 'renewal_failed' }),
      JSON.stringify({ ...EVENT, domainId: '0b5f4c1e-6d1f-4f0e-9a59-2f4f5a3c7d11' }),
      JSON.stringify({ ...EVENT, __proto__: null, sourceEventId: { toString: 'x' } }),
      '\ufffe\u0000',
    ] as const;
    const body = random() < 0.2 ? randomBytes(Math.floor(random() * 300)) : Buffer.from(pick(random, [...texts]));
    return { body, headers: signedHeaders(body) };
  },
  'another-route': (random) => {
    const body = bodyOf(random);
    const paths = [
      `${PATH}/`,
      `${PATH}//`,
      `/v1/../v1${PATH}`,
      '/v1/domains',
      '/',
      '/%00',
      `/v1/projects/other/domains/cert-events`,
    ] as const;
    return random() < 0.5
      ? { body, headers: signedHeaders(body), path: pick(random, [...paths]) }
      : { body, headers: signedHeaders(body), method: pick(random, ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) };
  },
};

const NAMES = Object.keys(ATTACKS) as [string, ...string[]];

function send(port: number, agent: Agent, { body, headers, path = PATH, method = 'POST' }: Attempt): Promise<Answered> {
  return new Promise((resolve) => {
    const chunked = 'transfer-encoding' in headers;
    const own = { ...headers, ...(chunked ? {} : { 'content-length': String(body.length) }) };
    const sent = request({ host: '127.0.0.1', port, agent, path, method, headers: own }, (answer) => {
      let text = '';
      answer.on('data', (more: Buffer) => (text += more.toString()));
      answer.on('error', () => undefined);
      answer.once('close', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.once('error', () => resolve({ status: 0, text: '' }));
    sent.end(body);
  });
}

/** Bytes that are not a request, or only the beginning of one. */
function rubbish(port: number, random: Random): Promise<Answered> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    socket.on('data', (more: Buffer) => (text += more.toString('latin1')));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/u.exec(text)?.[1] ?? 0), text }));
    const heads = [
      randomBytes(200),
      Buffer.from(`POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`),
      Buffer.from(`POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n`),
      Buffer.from(`POST ${PATH} HTTP/9.9\r\n\r\n`),
      Buffer.from(`POST ${PATH} HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(9000)}\r\n\r\n`),
    ] as const;
    socket.write(pick(random, [...heads]));
    setTimeout(() => socket.destroy(), 50);
  });
}

async function round({ seed, index, folder }: RoundInput): Promise<Readonly<Record<string, number>>> {
  const random = randomFrom(seed * 1_000_003 + index);
  const server = await startIntake({ folder: join(folder, 'store'), env: SIGNED });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const counts: Record<string, number> = { requests: 0, genuine: 0 };
  const genuine = new Map<string, Attempt>();
  let left = REQUESTS;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      counts['requests'] = (counts['requests'] ?? 0) + 1;
      const chance = random();
      if (chance < 0.01) {
        const body = bodyOf(random);
        const attempt = { body, headers: signedHeaders(body) };
        const { status, text } = await send(server.port, agent, attempt);
        must(status === 202, `a genuine request was answered with ${status}: ${text}`, folder);
        genuine.set((JSON.parse(text) as { readonly eventId: string }).eventId, attempt);
        counts['genuine'] = (counts['genuine'] ?? 0) + 1;
      } else if (chance < 0.03 && genuine.size > 0) {
        const [id, attempt] = pick(random, [...genuine] as [[string, Attempt]]);
        const { status, text } = await send(server.port, agent, attempt);
        must(status === 202 && text.includes(id), `a replayed request was answered with ${status}: ${text}`, folder);
        counts['replayed'] = (counts['replayed'] ?? 0) + 1;
      } else if (chance < 0.06) {
        const { status } = await rubbish(server.port, random);
        must(status === 0 || status >= 400, `rubbish was answered with ${status}`, folder);
        counts['rubbish'] = (counts['rubbish'] ?? 0) + 1;
      } else {
        const name = pick(random, NAMES);
        const { status, text } = await send(
          server.port,
          agent,
          ATTACKS[name]?.(random) ?? { body: Buffer.alloc(0), headers: {} },
        );
        // A server may close the connection of a body that it does not read before its sender reads the answer.
        const isRefused = (status >= 400 && status < 500) || (status === 0 && name === 'too-large');
        must(isRefused, `${name} was answered with ${status}: ${text}`, folder);
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  await server.close();
  must(server.lines.length === 0, `the server said: ${server.lines[0] ?? ''}`, folder);
  const store = join(folder, 'store');
  const entries = existsSync(join(store, 'inbox')) ? inboxEntries(store) : [];
  const ids = new Set(entries.flatMap(({ entry }) => /"id":"(evt-\w+)"/u.exec(JSON.stringify(entry))?.[1] ?? []));
  must(
    ids.size === genuine.size && [...ids].every((id) => genuine.has(id)),
    `${ids.size} events are in the inbox, and ${genuine.size} requests were genuine`,
    folder,
  );
  // The next round takes each genuine event once.
  const opened = fileStore(store);
  const arrivals = (await opened.undrained(10_000)).flatMap((each) => {
    const own = 'entry' in each ? inboxEntryOf(each.entry) : undefined;
    return own !== undefined && 'plugin' in own ? [own.entry] : [];
  });
  await opened.close();
  const folded = certificateEvents
    .open(SIGNED)
    .fold({ ledger: new Map(), arrivals, desired: [], memory: [], now: Date.now() });
  const events = folded.changes.filter(({ key }) => genuine.has(key)).length;
  must(events === genuine.size, `${events} events were folded, and ${genuine.size} requests were genuine`, folder);
  return counts;
}

export const torture: Torture = {
  name: 'intake',
  what: '2,000 requests with certificate events over HTTP, nearly all of them forged, stale, altered, too large or malformed',
  long: 500,
  short: 1,
  parallel: 2,
  round,
};
