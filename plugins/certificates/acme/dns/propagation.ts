/**
 * Waits until TXT values can be seen where an authority looks. Authorities ask the servers of the zone, so every one of
 * them is asked; a resolver's cache says nothing about the others.
 */

import { isIPv6 } from 'node:net';
import { counted, listed, spanText } from '#plugin';
import type { Timing } from '#plugin/http';
import { limiter } from '#plugin/limit';
import { type AskRecords, serverText } from '#plugin/net';
import { type Dns, LookUpError, serversOf, zoneOf } from './lookup.ts';

/** Texts that a name must have. */
export interface Expected {
  readonly name: string;
  readonly texts: readonly string[];
}

export interface PropagationOptions {
  readonly dns: Dns;
  /** Servers to ask instead of those of the zone. */
  readonly resolvers?: readonly string[];
  /** Waits this time, in ms, and asks no server. */
  readonly waitMs?: number;
  /** Longest time until all servers have all texts, in ms. */
  readonly timeoutMs: number;
  /** Port of the servers of zones; 53 by default. */
  readonly port?: number;
  readonly timing: Timing;
}

/** Settles when every server has every text. Throws after the timeout, with the servers that do not have them. */
export type Propagation = (expected: readonly Expected[], run: PropagationRun) => Promise<void>;

interface PropagationRun {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const FIRST_PAUSE_MS = 500;
const GROWTH = 1.5;
const LONGEST_PAUSE_MS = 10_000;
const AT_ONCE = 16;

type Seen = 'all' | 'missing' | 'silent';

/** A question that is repeated until its answer has all texts. */
interface Look {
  readonly expected: Expected;
  /** The server in words: `ns1.example.test (192.0.2.1)`. */
  readonly server: string;
  readonly family: 4 | 6;
  readonly ask: AskRecords;
  seen: Seen;
}

async function look({ expected, ask }: Look, signal: AbortSignal): Promise<Seen> {
  const answer = await ask('TXT', expected.name, signal);
  if (answer.known === 'unknown') return 'silent';
  const there = new Set(answer.known === 'some' ? answer.records : []);
  return expected.texts.every((text) => there.has(text)) ? 'all' : 'missing';
}

/** The questions of one propagation. */
interface Looks {
  readonly looks: readonly Look[];
  /** Servers that are not asked, with the reason. */
  readonly left: readonly string[];
}

/** The questions to the servers of each name's zone, or to the resolvers. */
async function looksFor(
  expected: readonly Expected[],
  { dns, resolvers, port }: PropagationOptions,
  signal: AbortSignal,
): Promise<Looks> {
  if (resolvers !== undefined) {
    const looks = expected.flatMap((each) =>
      resolvers.map(
        (server): Look => ({
          expected: each,
          server,
          family: server.includes('[') || isIPv6(server) ? 6 : 4,
          ask: dns.askAt(server),
          seen: 'silent',
        }),
      ),
    );
    return { looks, left: [] };
  }
  const byName = await Promise.all(
    expected.map(async (each): Promise<Looks> => {
      const { servers, left } = await serversOf(dns, await zoneOf(dns.ask, each.name, signal), signal);
      const looks = servers.map(
        ({ name, address }): Look => ({
          expected: each,
          server: `${name} (${address})`,
          family: isIPv6(address) ? 6 : 4,
          ask: dns.askAt(serverText(address, port)),
          seen: 'silent',
        }),
      );
      return { looks, left };
    }),
  );
  return { looks: byName.flatMap(({ looks }) => looks), left: [...new Set(byName.flatMap(({ left }) => left))] };
}

/**
 * The questions about a name that are still open. A machine may have no route to one family of addresses: if no server of a
 * family answers, those of the other family decide, once they all have the texts.
 */
function openFor(looks: readonly Look[]): readonly Look[] {
  const open = looks.filter(({ seen }) => seen !== 'all');
  const isDeaf = (family: 4 | 6): boolean =>
    looks.some((each) => each.family !== family) &&
    looks.every((each) => each.family !== family || each.seen === 'silent');
  return ([4, 6] as const).some((family) => isDeaf(family) && open.every((each) => each.family === family)) ? [] : open;
}

function openOnes(looks: readonly Look[]): readonly Look[] {
  const byName = Map.groupBy(looks, ({ expected }) => expected.name);
  return [...byName.values()].flatMap(openFor);
}

/** Repeats a search without an answer until `end`. */
async function retried<T>(search: () => Promise<T>, end: number, timing: Timing, signal: AbortSignal): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * GROWTH)) {
    try {
      return await search();
    } catch (error) {
      if (!(error instanceof LookUpError) || timing.now() + pause > end) throw error;
      await timing.sleep(pause, signal);
    }
  }
}

function missingText(looks: readonly Look[]): string {
  const texts = looks.map(({ server, expected, seen }) =>
    seen === 'silent' ? `${server} does not answer` : `${server} does not have ${expected.name}`,
  );
  return listed([...new Set(texts)].sort());
}

export function propagation(options: PropagationOptions): Propagation {
  const { waitMs, timeoutMs, timing } = options;
  return async (expected, { signal, progress }) => {
    if (waitMs !== undefined) {
      progress(`waiting ${spanText(waitMs)} for DNS`);
      return timing.sleep(waitMs, signal);
    }
    const limit = limiter(AT_ONCE);
    const end = timing.now() + timeoutMs;
    const { looks, left } = await retried(() => looksFor(expected, options, signal), end, timing, signal);
    const unasked = left.length === 0 ? '' : `not asked: ${listed(left)}`;
    if (unasked !== '') progress(unasked);
    for (let open = looks, pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * GROWTH)) {
      await Promise.all(
        open.map((each) =>
          limit(async () => {
            each.seen = await look(each, signal);
          }),
        ),
      );
      signal.throwIfAborted();
      open = openOnes(looks);
      if (open.length === 0) return;
      if (timing.now() + pause > end)
        throw new Error(
          `the values are not at every DNS server after ${spanText(timeoutMs)}: ${[missingText(open), unasked].filter((each) => each !== '').join('; ')}. ` +
            'If this machine sees other servers than the authority, set resolvers or wait',
        );
      progress(`waiting for ${counted(open.length, 'DNS answer')}`);
      await timing.sleep(pause, signal);
    }
  };
}
