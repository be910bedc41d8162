/**
 * Reads or writes the ports of a switch, and prints the CPU time and the elapsed time of that alone, in ms:
 * `node ports.js fettle|plain|produce PORT PORTS`. `fettle` reads a switch as the plugin does, with the rows around its
 * ports. `plain` reads the ports with one pipeline for each database and a parser of its own, and builds the same objects.
 * `produce` writes APPL_DB.
 */

import { connect } from 'node:net';
import { usualDenial } from '#plugin/net';
import { openSwitch, remotePlace } from '../../plugins/portsync/sonic/connect.ts';
import { produce, producerNames } from '../../plugins/portsync/sonic/producer.ts';
import { readSwitch } from '../../plugins/portsync/sonic/read-switch.ts';
import { portRow } from './port-row.ts';

const [way = '', portText = '', countText = ''] = process.argv.slice(2);
const port = Number(portText);
const count = Number(countText);

async function byFettle(): Promise<readonly ReadonlyMap<string, unknown>[]> {
  const databases = await openSwitch(remotePlace(`127.0.0.1:${port}`), { denial: usualDenial({}) });
  const seen = await readSwitch(databases);
  databases.close();
  if (!seen.isLoaded) throw new Error('CONFIG_DB is not loaded');
  return [seen.config.PORT, seen.appl.PORT_TABLE, seen.state.PORT_TABLE];
}

const INCOMPLETE = Symbol('incomplete');

/** The answers of Redis in bytes, and the bytes that are left. */
function answersIn(bytes: Buffer): { readonly answers: readonly unknown[]; readonly rest: Buffer } {
  let at = 0;
  const value = (): unknown => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return INCOMPLETE;
    const head = bytes.toString('latin1', at, end);
    at = end + 2;
    const size = Number(head.slice(1));
    if (head[0] === '$') {
      if (bytes.length < at + size + 2) return INCOMPLETE;
      const text = bytes.toString('utf8', at, at + size);
      at += size + 2;
      return text;
    }
    if (head[0] !== '*') return head.slice(1);
    const items: unknown[] = [];
    for (let i = 0; i < size; i += 1) {
      const item = value();
      if (item === INCOMPLETE) return INCOMPLETE;
      items.push(item);
    }
    return items;
  };
  const answers: unknown[] = [];
  for (;;) {
    const begun = at;
    const answer = value();
    if (answer === INCOMPLETE) return { answers, rest: bytes.subarray(begun) };
    answers.push(answer);
  }
}

type Pipeline = (commands: readonly (readonly string[])[]) => Promise<readonly unknown[]>;

/** A connection that sends commands at once, and waits for all answers. */
function plainConnection(): { readonly pipeline: Pipeline; readonly end: () => void } {
  const socket = connect({ host: '127.0.0.1', port });
  let rest: Buffer = Buffer.alloc(0);
  let answers: unknown[] = [];
  let arrived = (): void => undefined;
  socket.on('data', (chunk) => {
    const read = answersIn(Buffer.concat([rest, chunk]));
    ({ rest } = read);
    answers.push(...read.answers);
    arrived();
  });
  const encoded = (words: readonly string[]): string =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return {
    pipeline: (commands) =>
      new Promise((resolve) => {
        arrived = () => {
          if (answers.length < commands.length) return;
          const done = answers;
          answers = [];
          resolve(done);
        };
        socket.write(commands.map(encoded).join(''));
      }),
    end: () => socket.end(),
  };
}

async function plainTable(database: number, prefix: string): Promise<ReadonlyMap<string, unknown>> {
  const { pipeline, end } = plainConnection();
  await pipeline([['SELECT', String(database)]]);
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [page] = await pipeline([['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000']]);
    const [next, found] = page as [string, string[]];
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  const hashes = (await pipeline(keys.map((key) => ['HGETALL', key]))) as string[][];
  end();
  const rows = new Map<string, Record<string, string>>();
  for (const [i, hash] of hashes.entries()) {
    const row: Record<string, string> = {};
    for (let field = 0; field < hash.length; field += 2) row[hash[field] ?? ''] = hash[field + 1] ?? '';
    rows.set((keys[i] ?? '').slice(prefix.length), row);
  }
  return rows;
}

async function plain(): Promise<readonly ReadonlyMap<string, unknown>[]> {
  return Promise.all([plainTable(4, 'PORT|'), plainTable(0, 'PORT_TABLE:'), plainTable(6, 'PORT_TABLE|')]);
}

async function produced(): Promise<readonly ReadonlyMap<string, unknown>[]> {
  const { appl, close } = await openSwitch(remotePlace(`127.0.0.1:${port}`), { denial: usualDenial({}) });
  const operations = Array.from({ length: count }, (_, i) => ({
    kind: 'set' as const,
    key: `Ethernet${i}`,
    fields: portRow(i),
  }));
  await produce(appl, producerNames(appl, 'PORT_TABLE'), operations);
  close();
  return [];
}

const ways: Readonly<Record<string, () => Promise<readonly ReadonlyMap<string, unknown>[]>>> = {
  fettle: byFettle,
  plain,
  produce: produced,
};
const work = ways[way];
if (work === undefined) throw new Error(`${way} is not a way`);
const before = process.cpuUsage();
const begun = performance.now();
const tables = await work();
const ms = performance.now() - begun;
const { user, system } = process.cpuUsage(before);
if (tables.some(({ size }) => size !== count))
  throw new Error(`read ${tables.map(({ size }) => size).join(', ')} ports`);
process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, ms }));
