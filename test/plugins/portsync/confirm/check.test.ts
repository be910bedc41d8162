/** The check before a confirmation, the guarantee, and the arguments of timers. */

import { describe, expect, test } from 'vitest';
import { systemdArguments, timerArguments, timerPrograms } from '../../../../plugins/portsync/confirm/arm.ts';
import { checked, expectedAfter, missingFrom } from '../../../../plugins/portsync/confirm/check.ts';
import { expectedGuarantee, guaranteeText, survivesCut } from '../../../../plugins/portsync/confirm/guarantee.ts';
import type { Device } from '../../../../plugins/portsync/path/evidence.ts';

const { signal } = new AbortController();

function devices(carrying: readonly string[], needs = 1): ReadonlyMap<string, Device> {
  const all: readonly Pick<Device, 'name' | 'role' | 'lower'>[] = [
    { name: 'e0', role: 'port', lower: [] },
    { name: 'e4', role: 'port', lower: [] },
    { name: 'e8', role: 'port', lower: [] },
    { name: 'pc', role: 'aggregate', lower: ['e0', 'e4'] },
  ];
  return new Map(
    all.map((each) => [each.name, { ...each, isUp: true, carries: carrying.includes(each.name), needs, isUsed: true }]),
  );
}

describe('after a change', () => {
  test('changed ports that carried traffic are expected, and aggregates of changed ports', () => {
    const effects = [
      { port: 'e0', down: 'moment' },
      { port: 'e4', down: 'lasting' },
      { port: 'e8', mtu: 1500 },
    ] as const;
    expect(expectedAfter(devices(['e0', 'e4', 'pc']), effects)).toEqual({
      ports: ['e0'],
      groups: [{ name: 'pc', members: ['e0', 'e4'], needs: 1 }],
    });
  });

  test('other aggregates, and those that did not work, are not expected', () => {
    expect(expectedAfter(devices(['e8', 'pc']), [{ port: 'e8', mtu: 1500 }]).groups).toEqual([]);
    expect(expectedAfter(devices(['e0']), [{ port: 'e0', mtu: 1500 }]).groups).toEqual([]);
  });

  test.each<readonly [carrying: readonly string[], needs: number, missing: readonly string[]]>([
    [['e0', 'e4'], 2, []],
    [['e0'], 2, ['pc has 1 of 2 needed links']],
    [['e0'], 1, []],
    [['e4'], 1, ['e0 has no link']],
    [[], 1, ['e0 has no link', 'pc has 0 of 1 needed links']],
  ])('with %j and min_links %i', (carrying, needs, missing) => {
    const expected = { ports: ['e0'], groups: [{ name: 'pc', members: ['e0', 'e4'], needs }] };
    expect(missingFrom(expected, devices(carrying))).toEqual(missing);
  });
});

describe('a check', () => {
  const expected = { ports: ['e0'], groups: [] };

  test('waits for a port, by a new reading each time', async () => {
    let looks = 0;
    const look = async (): Promise<ReadonlyMap<string, Device>> => devices((looks += 1) < 3 ? [] : ['e0']);
    expect([await checked({ look, expected, settle: 60, signal }), looks]).toEqual([undefined, 3]);
  });

  test('gives the reason after its time', async () => {
    expect(await checked({ look: async () => devices([]), expected, settle: 0, signal })).toBe('e0 has no link');
  });

  test('gives the failure of the connection', async () => {
    const look = (): Promise<never> => Promise.reject(new Error('refused'));
    expect(await checked({ look, expected, settle: 0, signal })).toBe(
      'the target does not answer over a new connection: refused',
    );
  });

  test('ends with its signal', async () => {
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(checked({ look: async () => devices([]), expected, settle: 60, signal: aborted })).rejects.toThrow(
      'stop',
    );
  });
});

test.each([
  [{ isLocal: true, hasPrograms: true, hasDaemon: true }, 'a timer on the target', true],
  [{ isLocal: true, hasPrograms: false, hasDaemon: true }, "the switch's daemon", true],
  [{ isLocal: false, hasPrograms: true, hasDaemon: true }, "the switch's daemon", true],
  [{ isLocal: false, hasPrograms: true, hasDaemon: false }, 'the next run on this machine only', false],
  [{ isLocal: true, hasPrograms: false, hasDaemon: false }, 'the next run on this machine only', false],
])('with %j, a change is taken back by %s', (means, text, survives) => {
  const guarantee = expectedGuarantee(means);
  expect([guaranteeText(guarantee), survivesCut(guarantee)]).toEqual([text, survives]);
});

describe('timers', () => {
  const program = { tries: 3, start: 'done', command: ['/bin/sh', 'take-back.sh', 'take-back.links', '/sbin/ip'] };

  test('have their data as arguments of the shell', () => {
    const [flag, script, ...rest] = timerArguments(60, '/x y', '0'.repeat(16), program);
    expect(flag).toBe('-c');
    expect(rest).toEqual(['fettle-take-back', '60', '/x y', '0'.repeat(16), '3', 'done', ...program.command]);
    // systemd replaces `${NAME}` in arguments of programs.
    expect(script).not.toContain('${');
  });

  test('of systemd have a name and an accuracy', () => {
    expect(systemdArguments(60, 'ab', '/bin/sh', ['-c', 'x'])).toEqual([
      '--quiet',
      '--collect',
      '--no-ask-password',
      '--unit=fettle-confirm-ab',
      '--description=Takes back an unconfirmed change of ports',
      '--on-active=60s',
      '--timer-property=AccuracySec=1s',
      '--',
      '/bin/sh',
      '-c',
      'x',
    ]);
  });

  test('have their programs here', () => {
    expect([timerPrograms('linux'), timerPrograms('sonic')]).toEqual([true, true]);
  });
});
