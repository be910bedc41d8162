/**
 * `fettle portsync run` from end to end on a kernel of its own, with bonds and teams, in user-mode Linux: next to a real
 * Redis server, the consumer of APPL_DB, and the socket of the service manager. One boot for all.
 */

import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasUserModeLinux, inUserModeLinux } from '../../../support/user-mode-linux.ts';
import { POP } from './emulated-switch.ts';

const CLI = join(import.meta.dirname, '../../../../dist/cli.js');
const SCRIPT = join(import.meta.dirname, 'user-mode-linux.py');

const SWITCH = `apiVersion: portsync/v1
kind: Switch
metadata: { name: leaf-1 }
spec: { sonic: { local: true } }
`;

type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;
type Moment = 'created' | 'initialized' | 'cut' | 'changed' | 'joined' | 'left' | 'gated' | 'reconciled';
interface Kept
  extends Readonly<Record<Moment, { readonly state: Rows; readonly appl: Rows; readonly warm: Rows[string] }>> {
  /** Datagrams for the service manager. */
  readonly notified: readonly string[];
  /** Exit code of the daemon after SIGTERM. */
  readonly stopped: number;
  /** Commands that Redis got, in their order, those of scripts included. */
  readonly commands: readonly string[];
}

const NEW = { state: 'ok', netdev_oper_status: 'down', admin_status: 'down', mtu: '1500' };
const UP = { ...NEW, netdev_oper_status: 'up', admin_status: 'up' };

describe.skipIf(!hasUserModeLinux)('fettle portsync run', () => {
  let kept: Kept;
  let logs: readonly string[];

  /** Position of the first command with all words; -1 without one. */
  const at = (...words: readonly string[]): number =>
    kept.commands.findIndex((line) => words.every((word) => line.includes(word)));

  beforeAll(async () => {
    const argv = [SCRIPT, process.execPath, CLI, 'portsync', 'run', 'leaf-1', '--listen', 'off'];
    const machine = await inUserModeLinux(`exec python3 ${argv.map((word) => `'${word}'`).join(' ')}`, {
      'fettle.yaml': 'name: fabric\ndesired: [switch.yaml]\n',
      'switch.yaml': SWITCH,
      'pop.lua': POP,
    });
    logs = ['cold.log', 'warm.log'].map(machine.file);
    expect([machine.code, machine.stderr, machine.code === 0 ? [] : logs]).toEqual([0, '', []]);
    kept = JSON.parse(machine.stdout) as Kept;
  });

  test('copies CONFIG_DB, and writes PortConfigDone once the consumer has taken up the copy', () => {
    expect(kept.created.appl).toEqual({
      Ethernet0: { lanes: '0', speed: '10000' },
      Ethernet4: { lanes: '4', speed: '10000' },
      Ethernet8: { lanes: '8', speed: '10000' },
      PortConfigDone: { count: '3' },
    });
    const taken = at('"HSET" "PORT_TABLE:Ethernet');
    expect(taken).toBeGreaterThan(at('"HSET" "_PORT_TABLE:Ethernet'));
    expect(at('"SADD" "PORT_TABLE_KEY_SET" "PortConfigDone"')).toBeGreaterThan(taken);
  });

  test('ignores a netdev of an earlier run, and writes PortInitDone after it is replaced', () => {
    expect(logs[0]).toContain('1 netdevs of an earlier run are ignored');
    expect(kept.created.state).toEqual({ Ethernet0: NEW, Ethernet4: NEW });
    expect(kept.initialized.state).toMatchObject({ Ethernet8: { state: 'ok' } });
    expect(at('"SADD" "PORT_TABLE_KEY_SET" "PortInitDone"')).toBeGreaterThan(at('"HSET" "PORT_TABLE|Ethernet8"'));
  });

  test('follows a link that goes down and up, and administrative changes', () => {
    expect(kept.cut.state['Ethernet0']).toEqual({ ...UP, netdev_oper_status: 'down' });
    expect(kept.changed.state).toEqual({ Ethernet0: UP, Ethernet4: NEW, Ethernet8: { ...UP, mtu: '9000' } });
  });

  test('follows the members of a bond, a team and a bridge, but not the team', () => {
    const bond = { ...UP, mtu: '1600' };
    expect(kept.joined.state).toEqual({
      Ethernet0: UP,
      // The kernel opens a link before it joins the team: the link may come up before or after that.
      Ethernet4: { ...NEW, admin_status: 'up', netdev_oper_status: expect.stringMatching(/^(?:up|down)$/u) },
      Ethernet8: bond,
      PortChannel2: bond,
    });
    expect(kept.left.state).toMatchObject({ Ethernet0: { state: 'ok' }, Ethernet4: { state: 'ok', mtu: '1400' } });
    const before = kept.commands.slice(0, at('"ECHO" "killed"'));
    expect(before.filter((line) => /"H?DEL" "PORT_TABLE\|/u.test(line))).toEqual([]);
  });

  test('restarts warm after a kill, and writes no row during the initial sync', () => {
    expect(logs[1]).toContain('warm start: ');
    expect(kept.gated.warm).toEqual({ restore_count: '1', state: 'restored' });
    expect(kept.gated.state).toEqual({
      ...kept.left.state,
      Ethernet8: { ...kept.left.state['Ethernet8'], host_tx_ready: 'true' },
    });
  });

  test('then writes the differences alone, before it is reconciled', () => {
    const { Ethernet0, Ethernet4, PortChannel2 } = kept.left.state;
    expect(kept.reconciled.warm).toEqual({ restore_count: '1', state: 'reconciled' });
    expect(kept.reconciled.state).toEqual({
      Ethernet0: { ...Ethernet0, mtu: '1200' },
      Ethernet4: { ...Ethernet4, mtu: '1300' },
      // The field of another program stays.
      Ethernet8: { host_tx_ready: 'true' },
      PortChannel2: { ...PortChannel2, netdev_oper_status: 'down' },
    });
    const writes = kept.commands
      .slice(at('"ECHO" "killed"'))
      .flatMap((line) => /"(?:HSET|HDEL|DEL|SADD)" "_?(?:PORT_TABLE|WARM_RESTART).*$/u.exec(line)?.[0] ?? []);
    const warm = (words: string): string => `"HSET" "WARM_RESTART_TABLE|portsyncd" ${words}`;
    expect(writes.toSorted()).toEqual(
      [
        ...['"restore_count" "1"', ...['initialized', 'restored', 'reconciled'].map((each) => `"state" "${each}"`)].map(
          warm,
        ),
        '"HSET" "PORT_TABLE|Ethernet0" "mtu" "1200"',
        '"HSET" "PORT_TABLE|Ethernet4" "mtu" "1300"',
        '"HSET" "PORT_TABLE|PortChannel2" "netdev_oper_status" "down"',
        '"HDEL" "PORT_TABLE|Ethernet8" "state" "netdev_oper_status" "admin_status" "mtu"',
      ].toSorted(),
    );
    expect(writes.at(-1)).toBe(warm('"state" "reconciled"'));
  });

  test('notifies the service manager when it is ready, alive and stopping', () => {
    const text = kept.notified.join('\n');
    expect(text).toMatch(/READY=1[^]*READY=1[^]*STOPPING=1/u);
    // Each is sent by a process of its own, so that the first one may overtake.
    expect(text).toContain('WATCHDOG=1');
    expect(kept.stopped).toBe(0);
  });
});
