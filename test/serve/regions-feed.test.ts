/** The records for other regions, and the pages that carry them. */

import { describe, expect, test } from 'vitest';
import type { RegionRecord } from '#plugin';
import { Feed } from '../../src/serve/regions/feed.ts';
import { PAGE_RECORDS, pullPageIn, pullRequestIn } from '../../src/serve/regions/page.ts';

const START = { epoch: '', seq: 0 };

function record(key: string, value: string, to?: string): RegionRecord & { readonly plugin: string } {
  return { plugin: 'certificates', key, value, ...(to === undefined ? {} : { to }) };
}

function pageOf(feed: Feed, region: string, from: { readonly epoch: string; readonly seq: number }) {
  const page = pullPageIn(feed.page('us', region, from, { ap: 5 }));
  if (page === undefined) throw new Error('not a page');
  return { ...page, values: page.records.map(({ value }) => value) };
}

test('a page has what changed since its sequence number, and each record once', () => {
  const feed = new Feed('first');
  feed.update([record('a', 'a1'), record('b', 'b1')]);
  const first = pageOf(feed, 'eu', START);
  expect(first).toMatchObject({ region: 'us', epoch: 'first', more: false, ages: { ap: 5 }, values: ['a1', 'b1'] });
  expect(pageOf(feed, 'eu', first).values).toEqual([]);
  feed.update([record('a', 'a2'), record('b', 'b1')]);
  feed.update([record('a', 'a3'), record('b', 'b1'), record('c', 'c1')]);
  expect(pageOf(feed, 'eu', first).values).toEqual(['a3', 'c1']);
});

test('a page has no record of another region, and none that ended', () => {
  const feed = new Feed('first');
  feed.update([record('a', 'for eu', 'eu'), record('b', 'for ap', 'ap'), record('c', 'for all')]);
  expect(pageOf(feed, 'eu', START).values).toEqual(['for eu', 'for all']);
  feed.update([record('b', 'for ap', 'ap'), record('c', 'for all')]);
  expect(pageOf(feed, 'eu', START).values).toEqual(['for all']);
  feed.update([record('b', 'for ap', 'eu')]);
  expect(pageOf(feed, 'eu', START).values).toEqual(['for ap']);
});

// The position that a peer has, then what it gets.
test.each([
  ['of another epoch', { epoch: 'other', seq: 1 }, ['a1', 'b1']],
  ['after the last number', { epoch: 'first', seq: 3 }, ['a1', 'b1']],
  ['in between', { epoch: 'first', seq: 1 }, ['b1']],
  ['at the last number', { epoch: 'first', seq: 2 }, []],
])('a position %s gets %j: %j', (_, from, values) => {
  const feed = new Feed('first');
  feed.update([record('a', 'a1'), record('b', 'b1')]);
  expect(pageOf(feed, 'eu', from).values).toEqual(values);
});

test('pages have a limited number of records and of bytes, and together all of them', () => {
  const all = Array.from({ length: PAGE_RECORDS + 50 }, (_, i) =>
    record(`r${String(i).padStart(4, '0')}`, `value ${i}`),
  );
  const large = Array.from({ length: 5 }, (_, i) => record(`s${i}`, String(i).repeat(100_000)));
  const feed = new Feed('first');
  feed.update([...all, ...large]);
  const seen: unknown[] = [];
  const counts: number[] = [];
  let from: { readonly epoch: string; readonly seq: number } = START;
  for (let more = true; more; ) {
    const page = pageOf(feed, 'eu', from);
    seen.push(...page.values);
    counts.push(page.values.length);
    ({ more } = page);
    from = page;
  }
  expect(seen).toEqual([...all, ...large].map(({ value }) => value));
  expect(counts).toEqual([PAGE_RECORDS, 52, 2, 1]);
});

describe('an answer', () => {
  const page = { region: 'us', epoch: 'e', seq: 1, more: false, records: [], ages: {} };
  test.each([
    ['no JSON', 'page'],
    ['a list', '[]'],
    ['deep JSON', '['.repeat(1_000_000)],
    ['no region', { ...page, region: undefined }],
    ['a region with other characters', { ...page, region: 'us\n' }],
    ['an empty epoch', { ...page, epoch: '' }],
    ['a long epoch', { ...page, epoch: 'e'.repeat(65) }],
    ['a negative number', { ...page, seq: -1 }],
    ['a number that is not whole', { ...page, seq: 0.5 }],
    ['a number that is too large', { ...page, seq: 2 ** 53 }],
    ['a text for more', { ...page, more: 'true' }],
    [
      'too many records',
      { ...page, records: Array.from({ length: PAGE_RECORDS + 1 }, () => ({ plugin: 'p', value: 1 })) },
    ],
    ['a record without a plugin', { ...page, records: [{ value: 1 }] }],
    ['no ages', { ...page, ages: null }],
  ])('with %s is not a page', (_, value) => {
    expect(pullPageIn(typeof value === 'string' ? value : JSON.stringify(value))).toBeUndefined();
  });

  test('with ages of odd regions or values keeps the others', () => {
    const ages = { us: 5, 'A B': 5, eu: -1, ap: '5' };
    expect(pullPageIn(JSON.stringify({ ...page, ages }))?.ages).toEqual({ us: 5 });
  });
});

describe('a request', () => {
  const request = { epoch: '', seq: 0, held: ['certificates/evt-1'], regions: ['us', 'eu'] };
  test('is read with its members alone', () => {
    expect(pullRequestIn(JSON.stringify({ ...request, region: 'us' }))).toEqual(request);
  });

  test.each([
    ['no JSON', 'pull'],
    ['no epoch', { ...request, epoch: undefined }],
    ['a negative number', { ...request, seq: -1 }],
    ['events that are not a list', { ...request, held: 'certificates/evt-1' }],
    ['no list of regions', { ...request, regions: undefined }],
    ['a region with other characters', { ...request, regions: ['us', 'e u'] }],
    ['too many regions', { ...request, regions: Array.from({ length: 101 }, (_, i) => `r${i}`) }],
    ['an event without its plugin', { ...request, held: ['evt-1'] }],
    ['an event with a line break', { ...request, held: ['certificates/evt-1\n'] }],
    ['too many events', { ...request, held: Array.from({ length: 501 }, (_, i) => `certificates/evt-${i}`) }],
  ])('with %s is not a pull', (_, value) => {
    expect(pullRequestIn(typeof value === 'string' ? value : JSON.stringify(value))).toBeUndefined();
  });
});
