/** The lifecycle of a Certificate is exactly this table of transitions. */

import { describe, expect, test } from 'vitest';
import { tables } from '../../plugins/certificates/generated.ts';
import type { Transition } from '#plugin';

const { transitions } = tables.kinds.Certificate.machines.certificate;
const STATES = ['normal', 'expiring_soon', 'expired', 'renewing', 'recovering', 'renewal_failed'] as const;

/**
 * From (row) to (column): the triggers, or nothing if the move does not exist. A refresh never overwrites a renewal in
 * progress, which ends by success, by an error, or because its run died (`interrupted`).
 */
const TABLE: Readonly<Record<(typeof STATES)[number], readonly string[]>> = {
  //               normal    expiring_soon  expired        renewing  recovering  renewal_failed
  normal: /*    */ ['', 'check', 'check', 'manual', '', ''],
  expiring_soon: ['check', '', 'check', 'renew', '', ''],
  expired: /*   */ ['check', 'check', '', '', 'recover', ''],
  renewing: /*  */ ['finish', 'interrupted', '', '', '', 'error'],
  recovering: /**/ ['finish', '', 'error interrupted', '', '', ''],
  renewal_failed: ['check', '', 'check', 'retry', '', ''],
};

const OURS = ['manual', 'renew', 'recover', 'retry', 'finish'];

const cells = STATES.flatMap((from) => STATES.map((to, column) => [from, to, TABLE[from][column] ?? ''] as const));

describe('certificate', () => {
  test.each(cells)('%s > %s: %s', (from, to, trigger) => {
    const moves = transitions.filter((each) => each.from === from && each.to === to);
    expect(moves.map((each) => each.trigger).join(' ')).toBe(trigger);
    for (const move of moves) expect(move.by).toBe(OURS.includes(trigger) ? 'fettle' : 'world');
  });

  test('renewals settle in normal, and have a deadline', () => {
    const begun = (transitions as readonly Transition[]).filter(
      ({ by, to }) => by === 'fettle' && (to === 'renewing' || to === 'recovering'),
    );
    expect(begun).toHaveLength(4);
    for (const { to, settles, fails, deadlineMs } of begun) {
      expect(settles).toBe('normal');
      expect(fails).toBe(to === 'renewing' ? 'renewal_failed' : 'expired');
      expect(deadlineMs).toBeGreaterThan(0);
    }
  });

  test('a certificate in progress is not removed', () => {
    const removed = transitions.filter(({ to, by }) => to === 'absent' && by === 'fettle').map(({ from }) => from);
    expect(removed).toEqual(['normal', 'expiring_soon', 'expired', 'renewal_failed']);
  });
});
