/** The story of `log why`: only records with changes that concern a reader have an entry. */

import { describe, expect, it } from 'vitest';
import type { LogRecord, Seen } from '../../src/formats/log-record.ts';
import { storyText } from '../../src/report/story-text.ts';
import { item } from '../support/toy.ts';

const base = { time: '2026-01-01T00:00:00.000Z', actor: 'alice@laptop', prev: '', hash: '' };
const ref = item('a');

function seen(seq: number, changes: Omit<Seen, 'ref'>): LogRecord {
  return { ...base, seq, kind: 'seen', body: { run: 'r', resources: [{ ref, ...changes }], counts: {} } };
}

function refused(seq: number): LogRecord {
  const reasons = [{ rule: 'limit', outcome: 'reject', message: 'no', facts: {}, overridable: false }] as const;
  const body = { run: 'r', ref, step: 'a>b', goal: 'update', cause: 'edit', verdict: 'rejected', reasons } as const;
  return { ...base, seq, kind: 'refusal', body };
}

function story(...records: readonly LogRecord[]): readonly string[] {
  return storyText('toy/Item/a', records, new Map(), { color: false }).trimEnd().split('\n').slice(1);
}

describe('a seen record', () => {
  it.each<[string, Omit<Seen, 'ref'>]>([
    ['read', { read: { '/size': '10' } as never }],
    ['ignore', { ignore: ['/size'] }],
    ['safety', { safety: {} }],
  ])('with only `%s` is not part of the story', (_name, changes) => {
    expect(story(seen(1, changes))).toEqual([]);
  });

  it.each<[string, Omit<Seen, 'ref'>]>([
    ['no longer exists; removed from the state', { gone: true }],
    ['a > b (clock)', { state: 'b', moves: [{ from: 'a', to: 'b', trigger: 'clock', by: 'world' } as never] }],
    ['first observed as ready', { state: 'ready' }],
    ['on hold: OPS-7', { hold: 'OPS-7' }],
    [
      'idle_since; needs: none; labels; findings: old',
      { kept: { idle_since: 1 }, needs: [], labels: {}, findings: ['old'] },
    ],
    ['failures are settled', { settled: true }],
  ])('reads %j', (text, changes) => {
    expect(story(seen(1, changes))).toEqual([expect.stringContaining(`  ${text}  (alice@laptop)`)]);
  });

  it('of a row for safety inputs does not claim a protection', () => {
    const body = { run: 'r', ref, goal: 'protect', because: 'the document changes safety inputs' } as const;
    expect(story({ ...base, seq: 4, kind: 'memory', body })).toEqual([
      expect.stringContaining('  recorded  the document changes safety inputs  '),
    ]);
  });

  it('without an entry does not separate refusals that are the same', () => {
    expect(story(refused(1), seen(2, { ignore: [] }), refused(3))[0]).toContain(', 2 times since');
  });
});
