/**
 * The state of attempts: intents whose effect can still appear, the count of equal failures, and the reset of that
 * count.
 */

import { describe, expect, it } from 'vitest';
import { emptyRecall, fold, type Recall } from '../../src/engine/remember.ts';
import type { Draft } from '../../src/formats/log-record.ts';
import type { Goal, Memory, Ref, Step } from '#plugin';

const REF: Ref = { plugin: 'nodes', kind: 'Node', name: 'web-1' };

interface Log {
  readonly append: (draft: Draft) => number;
  readonly memory: () => Memory | undefined;
  /** Records one attempt and its outcome; returns the ID of its intent. */
  readonly attempt: (outcome: 'done' | 'failed' | 'undone' | 'unknown', more?: Attempt) => string;
}

interface Attempt {
  readonly step?: Step;
  readonly goal?: Goal;
  readonly digest?: string;
  readonly override?: string;
}

const digest = (text: string): string => `sha256:${text.padEnd(64, '0')}`;

function log(): Log {
  const recall: Recall = emptyRecall();
  let seq = 0;
  const append = (draft: Draft): number => {
    seq += 1;
    const time = new Date(Date.UTC(2026, 10, 20) + seq * 1000).toISOString();
    fold(recall, { ...draft, seq, time, actor: 'test', prev: '', hash: '' });
    return seq;
  };
  const attempt: Log['attempt'] = (outcome, more = {}) => {
    const { step = 'absent>provisioning', goal = 'create', digest: spec = 'a', override } = more;
    const intent = append({
      kind: 'intent',
      body: {
        run: 'run',
        ref: REF,
        step,
        goal,
        cause: 'new',
        because: 'a test',
        basis: digest('b'),
        spec_digest: digest(spec),
        ...(override === undefined ? {} : { overrides: [{ rule: override, reason: 'it is meant' }] }),
      },
    });
    append({ kind: 'outcome', body: { run: 'run', ref: REF, intent, outcome, error: 'no room' } });
    return `run-${intent}`;
  };
  return { append, attempt, memory: () => recall.resources.get('nodes/Node/web-1') };
}

describe('the ids of intents to create', () => {
  it('are kept until the resource is observed', () => {
    const { attempt, memory } = log();
    const first = attempt('failed');
    const second = attempt('undone');
    expect(memory()?.tried).toEqual([first, second]);
    attempt('done');
    expect(memory()?.tried).toBeUndefined();
    expect(memory()?.owned).toBe('created');
  });

  it('are those of creations alone, the newest sixteen of them', () => {
    const { attempt, memory } = log();
    attempt('failed', { step: 'ready>ready', goal: 'update' });
    expect(memory()?.tried).toBeUndefined();
    const ids = Array.from({ length: 20 }, () => attempt('failed'));
    expect(memory()?.tried).toEqual(ids.slice(-16));
  });

  it('stay with the open intent while its outcome is unknown', () => {
    const { attempt, memory } = log();
    const id = attempt('unknown');
    expect(memory()?.tried).toBeUndefined();
    expect(`${memory()?.open?.run}-${memory()?.open?.seq}`).toBe(id);
  });
});

describe('failures in a row', () => {
  it.each<[string, readonly Attempt[], number]>([
    ['count for the same step and document', [{}, {}, {}], 3],
    ['are reset by another document', [{}, {}, { digest: 'b' }], 1],
    ['are reset by an override of retry-exhausted', [{}, {}, { override: 'retry-exhausted' }], 1],
    ['go on from there', [{}, {}, { override: 'retry-exhausted' }, {}], 2],
    ['are counted under any other override', [{}, {}, { override: 'budget' }], 3],
  ])('%s', (_what, attempts, failures) => {
    const { attempt, memory } = log();
    for (const each of attempts) attempt('failed', each);
    expect(memory()?.failures).toBe(failures);
  });
});

describe('a replacement', () => {
  it('hands on the kept state of its outcome, and nothing else; a removal leaves nothing', () => {
    const ended = (goal: Goal, outcome: 'done'): Memory | undefined => {
      const { append, attempt, memory } = log();
      attempt('done');
      append({
        kind: 'seen',
        body: {
          run: 'run',
          resources: [{ ref: REF, state: 'draining', kept: { server_id: 7 }, version: 1 }],
          counts: {},
        },
      });
      const step: Step = 'draining>decommissioned';
      const intent = append({
        kind: 'intent',
        body: { run: 'run', ref: REF, step, goal, cause: 'edit', because: '', basis: digest('b') },
      });
      const kept = { left: { volumes: ['1'] } };
      append({
        kind: 'outcome',
        body: { run: 'run', ref: REF, intent, outcome, state: 'absent', kept, version: 1 },
      });
      return memory();
    };
    expect(ended('replace', 'done')?.kept).toEqual({ left: { volumes: ['1'] } });
    expect(ended('remove', 'done')).toBeUndefined();
  });
});
