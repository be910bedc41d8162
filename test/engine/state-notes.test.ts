/** State notes: the resources that may have one, and the recorded states of several moves. */

import { describe, expect, it } from 'vitest';
import { InputError, type KindTables, type Memory, type Plugin, type StateNote } from '#plugin';
import { emptyRecall, fold } from '../../src/engine/remember.ts';
import { noteDrafts } from '../../src/engine/state-notes.ts';
import { item, START, toyPlugin, toyTables, wanted } from '../support/toy.ts';

const NOW = '2026-01-02T00:00:00.000Z';

/** A kind without steps, with two machines. */
const watched: KindTables = {
  ...(toyTables.kinds['Item'] as KindTables),
  machines: {
    link: {
      states: ['absent', 'UP', 'DOWN', 'PAUSED'],
      transitions: [
        { from: 'absent', to: 'UP', trigger: 'check', by: 'world' },
        { from: 'UP', to: 'DOWN', trigger: 'check', by: 'world' },
        { from: 'UP', to: 'PAUSED', trigger: 'pause', by: 'world' },
        { from: 'PAUSED', to: 'UP', trigger: 'resume', by: 'world' },
      ],
      edits: [],
    },
    alert: {
      states: ['OPEN', 'CLOSED'],
      transitions: [
        { from: 'OPEN', to: 'CLOSED', trigger: 'close', by: 'world' },
        { from: 'CLOSED', to: 'OPEN', trigger: 'open', by: 'world' },
      ],
      edits: [],
    },
  },
};

const plugin: Plugin = { ...toyPlugin, tables: { ...toyTables, kinds: { Item: watched } } };

/** The state of `a` after notes; undefined if the state does not have it. */
async function after(notes: readonly StateNote[], memory?: Omit<Memory, 'ref' | 'version' | 'kept'>, of = plugin) {
  const recall = emptyRecall();
  if (memory !== undefined)
    recall.resources.set('toy/Item/a', { ref: item('a'), version: 1, kept: { last_value: 1 }, ...memory });
  const desired = new Map([['toy/Item/a', wanted('a', 1)]]);
  const drafts = noteDrafts(notes, { plugin: of, validators: await of.validators(), desired, recall, run: 'run' });
  for (const draft of drafts) fold(recall, { ...draft, seq: 1, time: NOW, actor: 'test', prev: '', hash: '' });
  return recall.resources.get('toy/Item/a');
}

const move = (machine: string, from: string, to: string, trigger: string) => ({ machine, from, to, trigger });

describe('a note', () => {
  it('makes several moves of several machines', async () => {
    const moves = [
      move('link', 'UP', 'PAUSED', 'pause'),
      move('alert', 'OPEN', 'CLOSED', 'close'),
      move('link', 'PAUSED', 'UP', 'resume'),
      move('link', 'UP', 'DOWN', 'check'),
    ];
    const known = { state: 'UP', since: START, others: { alert: 'OPEN', more: 'x' } };
    expect(await after([{ ref: item('a'), moves, kept: { last_value: null } }], known)).toMatchObject({
      state: 'DOWN',
      since: Date.parse(NOW),
      kept: {},
      others: { alert: 'CLOSED', more: 'x' },
    });
  });

  it('keeps the start of a state to which it returns', async () => {
    const moves = [move('link', 'UP', 'PAUSED', 'pause'), move('link', 'PAUSED', 'UP', 'resume')];
    expect(await after([{ ref: item('a'), moves }], { state: 'UP', since: START })).toMatchObject({
      state: 'UP',
      since: START,
    });
  });

  it('starts a machine in any of its states if none is recorded', async () => {
    const moves = [move('alert', 'CLOSED', 'OPEN', 'open')];
    expect((await after([{ ref: item('a'), moves }], { state: 'UP' }))?.others).toEqual({ alert: 'OPEN' });
    await expect(after([{ ref: item('a'), moves }], { state: 'UP', others: { alert: 'OPEN' } })).rejects.toThrow(
      'does not start in the recorded state OPEN',
    );
  });

  it('may be the first record of a declared resource of a kind without steps', async () => {
    const first: StateNote = { ref: item('a'), kept: { last_value: 7 } };
    expect(await after([first])).toEqual({ ref: item('a'), version: 1, kept: { last_value: 7 } });
    await expect(after([first], undefined, { ...plugin, tables: toyTables })).rejects.toThrow(InputError);
    await expect(after([{ ...first, ref: item('b') }])).rejects.toThrow('toy/Item/b is not in the state');
  });

  it('waits for an open step', async () => {
    const open = { seq: 1, step: 'ready>ready', goal: 'update', at: START, run: 'run' } as const;
    const waiting = after([{ ref: item('a'), kept: { last_value: 2 } }], { open });
    await expect(waiting).rejects.toThrow(InputError);
    await expect(waiting).rejects.toThrow('has an open step (ready>ready). Run `fettle apply` first to settle it');
  });

  it('of any size is refused above the limit', async () => {
    const large: StateNote = { ref: item('a'), kept: { last_value: 'x'.repeat(20_000) } };
    await expect(after([large], {})).rejects.toThrow('the note is too large');
  });
});
