/** The warm-restart machine: every transition that it takes, and every event that changes nothing. */

import { describe, expect, test } from 'vitest';
import {
  elapsedSeconds,
  eoiuTimeout,
  isWarmRestarting,
  type Machine,
  type MachineEvent,
  type MachineOptions,
  moved,
  type Phase,
  skipsUpdates,
  startMachine,
} from '../../../../plugins/portsync/daemon/machine.ts';
import { startDecision, warmStateOf, warmTimer } from '../../../../plugins/portsync/daemon/warm-restart.ts';

const options: MachineOptions = { timeout: 10 };
const STARTED = 1_000;

function machineIn(phase: Phase, given: MachineOptions = options): Machine {
  switch (phase) {
    case 'ColdStart':
    case 'WarmStart':
      return { phase, options: given };
    case 'InitialSyncInProgress':
      return { phase, startedAt: STARTED, options: given };
    case 'InitialSyncComplete':
      return { phase, startedAt: STARTED, endedAt: 4_500, by: 'end-of-dump', options: given };
  }
}

const PHASES: readonly Phase[] = ['ColdStart', 'WarmStart', 'InitialSyncInProgress', 'InitialSyncComplete'];
const EVENTS = ['begin', 'end-of-dump', 'change-mask-zero', 'check'] as const;

/** The transitions that exist: `check` is at a time before and after the timeout. */
const TAKEN: Readonly<Record<string, Phase>> = {
  'WarmStart begin 2000': 'InitialSyncInProgress',
  'WarmStart begin 20000': 'InitialSyncInProgress',
  'InitialSyncInProgress end-of-dump 2000': 'InitialSyncComplete',
  'InitialSyncInProgress end-of-dump 20000': 'InitialSyncComplete',
  'InitialSyncInProgress check 20000': 'InitialSyncComplete',
};

describe('transitions', () => {
  const table = PHASES.flatMap((from) =>
    EVENTS.flatMap((type) => [2_000, 20_000].map((now) => ({ from, type, now, to: TAKEN[`${from} ${type} ${now}`] }))),
  );
  test.each(table)('$from, $type at $now ms: $to', ({ from, type, now, to }) => {
    const before = machineIn(from);
    const { machine, effects } = moved(before, { type }, now);
    if (to === undefined) {
      expect(machine).toBe(before);
      expect(effects).toEqual([]);
    } else {
      expect(machine.phase).toBe(to);
    }
  });

  test('change mask 0 ends the dump only with the option', () => {
    const { machine, effects } = moved(
      machineIn('InitialSyncInProgress', { timeout: 10, maskZeroEnds: true }),
      { type: 'change-mask-zero' },
      2_000,
    );
    expect(machine).toMatchObject({ phase: 'InitialSyncComplete', by: 'change-mask-zero' });
    expect(effects).toContainEqual({ type: 'record', recording: { event: 'eoiu-detected' } });
  });

  test('an end of the dump records the detection and one duration, then reconciles and publishes', () => {
    const { effects } = moved(machineIn('InitialSyncInProgress'), { type: 'end-of-dump' }, 3_500);
    expect(effects).toEqual([
      { type: 'record', recording: { event: 'eoiu-detected' } },
      { type: 'record', recording: { event: 'sync-duration', seconds: 2.5 } },
      { type: 'reconcile' },
      { type: 'publish', state: 'reconciled' },
    ]);
  });

  test('defect 1: a timeout records one duration, and is not counted as a detection', () => {
    const { effects } = moved(machineIn('InitialSyncInProgress'), { type: 'check' }, STARTED + 10_000);
    expect(effects.filter(({ type }) => type === 'record')).toEqual([
      { type: 'record', recording: { event: 'eoiu-timeout' } },
      { type: 'record', recording: { event: 'sync-duration', seconds: 10 } },
    ]);
  });

  test('a start publishes its states, and counts once', () => {
    expect(startMachine('WarmStart', options).effects).toEqual([
      { type: 'record', recording: { event: 'warm-restart' } },
      { type: 'publish', state: 'initialized' },
      { type: 'publish', state: 'restored' },
    ]);
    expect(startMachine('ColdStart', options).effects).toEqual([
      { type: 'record', recording: { event: 'cold-start' } },
    ]);
  });
});

describe('timeout', () => {
  const checked = (machine: Machine, now: number): Phase => moved(machine, { type: 'check' }, now).machine.phase;

  test.each([
    ['before the timeout', 10, 9_999, 'InitialSyncInProgress'],
    ['at the timeout', 10, 10_000, 'InitialSyncComplete'],
    ['0 at the first check', 0, 0, 'InitialSyncComplete'],
    ['disabled', 'disabled', 1e12, 'InitialSyncInProgress'],
    ['a clock that went back', 1, -5_000, 'InitialSyncInProgress'],
  ] as const)('%s', (_, timeout, after, phase) => {
    expect(checked(machineIn('InitialSyncInProgress', { timeout }), STARTED + after)).toBe(phase);
  });

  test('is set while a sync is in progress', () => {
    const { machine } = moved(machineIn('InitialSyncInProgress'), { type: 'set-timeout', timeout: 2 }, STARTED);
    expect(machine).toEqual({ ...machineIn('InitialSyncInProgress'), options: { timeout: 2 } });
    expect(checked(machine, STARTED + 2_000)).toBe('InitialSyncComplete');
  });

  test('checks that are repeated have one effect', () => {
    const event: MachineEvent = { type: 'check' };
    const first = moved(machineIn('InitialSyncInProgress'), event, 20_000);
    expect(moved(first.machine, event, 30_000)).toEqual({ machine: first.machine, effects: [] });
  });

  test.each([
    ['10', 10],
    ['0', 0],
    ['+7', 7],
    ['disabled', 'disabled'],
    [undefined, 10],
    ['', 10],
    ['-1', 10],
    ['1.5', 10],
    [' 5', 10],
    ['ten', 10],
    ['18446744073709551615', Number.MAX_SAFE_INTEGER],
    ['184467440737095516150', 10],
  ])('PORTSYNCD_EOIU_TIMEOUT_SECS=%s is %s', (text, expected) => {
    expect(eoiuTimeout(text)).toBe(expected);
  });
});

describe('getters', () => {
  test.each([
    ['ColdStart', null],
    ['WarmStart', null],
    ['InitialSyncInProgress', 8],
    ['InitialSyncComplete', 3],
  ] as const)('elapsed seconds in %s: %s', (phase, expected) => {
    expect(elapsedSeconds(machineIn(phase), 9_999)).toBe(expected);
  });

  test.each([
    ['ColdStart', false, false],
    ['WarmStart', false, true],
    ['InitialSyncInProgress', true, true],
    ['InitialSyncComplete', false, false],
  ] as const)('%s: skips updates %s, restarts warm %s', (phase, skips, restarts) => {
    expect(skipsUpdates(machineIn(phase))).toBe(skips);
    expect(isWarmRestarting(machineIn(phase))).toBe(restarts);
  });
});

describe('the decision of the start', () => {
  const on = { enable: 'true' };
  const off = { enable: 'false' };
  test.each([
    [{}, {}, { restore_count: '4' }, 'checked', 'ColdStart', '0', 'disabled', false],
    [off, off, { restore_count: '4' }, 'checked', 'ColdStart', '0', 'disabled', false],
    [{ enable: 'TRUE' }, {}, { restore_count: '4' }, 'checked', 'ColdStart', '0', 'disabled', false],
    [on, {}, {}, 'checked', 'ColdStart', '0', 'unknown', true],
    [on, {}, { restore_count: 'x' }, 'checked', 'ColdStart', '0', 'unknown', true],
    [on, {}, { restore_count: '4' }, 'none', 'ColdStart', '0', 'unknown', true],
    [{}, on, { restore_count: '4' }, 'unchecked, and the links differ', 'ColdStart', '0', 'unknown', true],
    [on, off, { restore_count: '0' }, 'checked', 'WarmStart', '1', undefined, false],
    [off, on, { restore_count: '4' }, 'checked', 'WarmStart', '5', undefined, false],
    [on, on, { restore_count: '4' }, 'unchecked, and the links agree', 'WarmStart', '5', undefined, false],
  ] as const)(
    'system %j, docker %j, own %j, file %s: %s',
    (system, docker, own, recovered, start, count, state, isUnexpected) => {
      const decision = startDecision({ system, docker, own, recovered });
      expect(decision).toMatchObject({ start, restoreCount: count, isUnexpected });
      expect(decision.state).toBe(state);
    },
  );

  test.each([
    [{}, { state: 'restored' }, 'reconciled'],
    [on, { state: 'restored' }, 'restored'],
    [on, { state: 'strange' }, 'unknown'],
    [on, {}, 'unknown'],
  ] as const)('system %j, own %j: the state is %s', (system, own, expected) => {
    expect(warmStateOf({ system, docker: {}, own })).toBe(expected);
  });

  test.each([
    ['5', 5],
    ['010', 8],
    ['0x10', 16],
    ['9998', 9998],
    ['9999', 'disabled'],
    ['10000', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['5s', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('portsyncd_timer %s: %s', (text, expected) => {
    expect(warmTimer(text)).toBe(expected);
  });
});
