/** The pulls of one peer: how many events it puts into the inbox, and how they end. */

import { expect, onTestFinished, test } from 'vitest';
import type { Json, PluginRegions } from '#plugin';
import { certificateRegions } from '../../plugins/certificates/events/regions.ts';
import { entryOf } from '../plugins/certificates/events/region-model.ts';
import { PAGE_RECORDS, type PullPage, type PullRequest } from '../../src/serve/regions/page.ts';
import { MOST_CYCLES, MOST_OPEN, Peering } from '../../src/serve/regions/peering.ts';

const PAGE = { region: 'us', epoch: 'e', seq: 1, more: false, records: [], ages: {} };
const PEER = {
  name: 'us',
  url: new URL('https://127.0.0.1:1'),
  san: 'URI:us',
  files: { certificate: '', key: '' },
} as unknown as ConstructorParameters<typeof Peering>[0]['peer'];

interface Started {
  readonly deposited: Json[];
  /** Events that the log has. */
  readonly held: Set<string>;
  readonly ends: ('ok' | 'failed')[];
  readonly lines: string[];
  readonly peering: Peering;
}

/** A peering that pulls all the time. */
function started(pull: (request: PullRequest) => PullPage): Started {
  const found = {
    deposited: [] as Json[],
    held: new Set<string>(),
    ends: [] as ('ok' | 'failed')[],
    lines: [] as string[],
  };
  const peering = new Peering({
    peer: PEER,
    regions: { own: 'eu', names: ['us', 'eu'], maxLagMs: 900_000, peers: [PEER], pullMs: 1 },
    plugins: new Map<string, PluginRegions>([['certificates', certificateRegions]]),
    pull: (_, request) => Promise.resolve(pull(request)),
    deposit: (_, entries) => {
      found.deposited.push(...entries.filter((entry) => 'event' in (entry as object)));
      return Promise.resolve('deposited');
    },
    held: (events) => Promise.resolve(events.filter((each) => found.held.has(each))),
    now: Date.now,
    elapsed: () => performance.now(),
    ended: (result) => void found.ends.push(result),
    say: (line) => void found.lines.push(line),
  });
  onTestFinished(() => peering.stop());
  peering.start(undefined);
  return { ...found, peering };
}

function recordOf(number: number): PullPage['records'][number] {
  return { plugin: 'certificates', value: { event: (entryOf(`event-${number}`) as { readonly event: Json }).event } };
}

function idIn(entry: Json): string {
  return `certificates/${(entry as unknown as { readonly event: { readonly id: string } }).event.id}`;
}

test('a peer puts no more events into the inbox than the log takes, and no event is left out for ever', async () => {
  const all = Array.from({ length: 3 * PAGE_RECORDS }, (_, i) => recordOf(i));
  // Like a feed: the events that this region has confirmed are no longer part of it.
  const gone = new Set<string>();
  const us = started(({ seq, held }) => {
    for (const each of held) gone.add(each);
    const end = seq + PAGE_RECORDS;
    const records = all.slice(seq, end).filter(({ value }) => !gone.has(idIn(value as Json)));
    return { ...PAGE, seq: Math.min(end, all.length), more: end < all.length, records };
  });
  const known = (): number => new Set(us.deposited.map(idIn)).size;
  await expect.poll(() => us.ends.length, { timeout: 20_000 }).toBeGreaterThan(5);
  expect(us.deposited).toHaveLength(MOST_OPEN);
  // The state of the peer is still complete.
  expect(us.peering.age()).toBeLessThan(900_000);
  await expect
    .poll(
      () => {
        for (const entry of us.deposited) us.held.add(idIn(entry));
        return known();
      },
      { timeout: 20_000 },
    )
    .toBe(all.length);
  expect(us.deposited).toHaveLength(all.length);
});

test('a peer whose records do not end is a failed pull, and an end makes it a pull again', async () => {
  let seq = 0;
  let more = true;
  const us = started(() => {
    seq += 1;
    return { ...PAGE, seq, more };
  });
  await expect.poll(() => us.ends.filter((each) => each === 'failed').length, { timeout: 20_000 }).toBeGreaterThan(2);
  expect(us.ends.indexOf('failed')).toBe(MOST_CYCLES - 1);
  expect(us.lines).toEqual(['error: the region us cannot be pulled: its records do not end']);
  more = false;
  await expect.poll(() => us.lines.length, { timeout: 20_000 }).toBe(2);
  expect(us.lines[1]).toBe('the region us is pulled again');
});
