/** The emulated switch, over both Redis servers: changes are taken up, and each fault stops them at its stage. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Row } from '../../../../plugins/portsync/redis/reader.ts';
import { type EmulatedSwitch, startSwitch } from '../../../../plugins/portsync/sandbox/emulated-switch.ts';
import { LEAF } from '../../../../plugins/portsync/sandbox/leaf.ts';
import { changeRows, type RowChange } from '../../../../plugins/portsync/sonic/compare-and-set.ts';
import { readSwitch, type SwitchSeen } from '../../../../plugins/portsync/sonic/read-switch.ts';
import type { Lag } from '../../../../plugins/portsync/sonic/take-up.ts';
import { waitForTakeUp } from '../../../../plugins/portsync/sonic/wait-take-up.ts';
import { REDIS_SERVERS } from '../../../support/redis.ts';

describe.each(REDIS_SERVERS)('over %s', (_name, start) => {
  let server: Awaited<ReturnType<typeof start>>;
  let up: EmulatedSwitch;
  beforeAll(async () => {
    server = await start();
    up = await startSwitch(server.address, { config: LEAF });
  });
  beforeEach(async () => {
    up.setFaults([]);
    await up.reload(LEAF);
    await up.settled();
  });
  afterAll(async () => {
    await up.stop();
    await server.stop();
  });

  const seen = async (): Promise<SwitchSeen> => (await readSwitch(up.databases)) as SwitchSeen;

  /** Writes fields of a port, and waits until they are taken up. */
  async function apply(name: string, fields: Row, deadlineMs = 20_000): Promise<ReadonlyMap<string, readonly Lag[]>> {
    const change: RowChange = { kind: 'write', table: 'PORT', key: name, expected: {}, fields };
    expect(await changeRows(up.databases.config, [change])).toEqual([{ kind: 'done' }]);
    const { signal } = new AbortController();
    return waitForTakeUp(up.databases, new Map([[name, fields]]), { signal, deadlineMs });
  }

  test('begins with all ports in all databases, and both markers', async () => {
    const { config, appl, state, markers, references } = await seen();
    const names = [...config.PORT.keys()].sort();
    expect(names).toHaveLength(8);
    expect([...appl.PORT_TABLE.keys()].sort()).toEqual(names);
    expect([...state.PORT_TABLE.keys()].sort()).toEqual(names);
    expect(markers).toEqual({ configDone: { count: '8' }, initDone: { lanes: '0' } });
    expect(appl.PORT_TABLE.get('Ethernet0')).toMatchObject({ speed: '100000', oper_status: 'up', flap_count: '1' });
    expect(state.PORT_TABLE.get('Ethernet24')).toMatchObject({
      state: 'ok',
      netdev_oper_status: 'down',
      admin_status: 'down',
    });
    expect(references.get('Ethernet0')).toEqual(['PORTCHANNEL_MEMBER|PortChannel1|Ethernet0']);
    expect(up.log).toEqual([]);
  });

  test('takes up a change of fields, which flaps the port if it must be shut', async () => {
    expect(await apply('Ethernet8', { mtu: '9000', speed: '25000', description: 'é' })).toEqual(new Map());
    const { appl, state } = await seen();
    expect(appl.PORT_TABLE.get('Ethernet8')).toMatchObject({ mtu: '9000', speed: '25000', flap_count: '3' });
    expect(state.PORT_TABLE.get('Ethernet8')).toMatchObject({ mtu: '9000', speed: '25000', netdev_oper_status: 'up' });
    expect(await apply('Ethernet8', { admin_status: 'down' })).toEqual(new Map());
    expect((await seen()).appl.PORT_TABLE.get('Ethernet8')).toMatchObject({ oper_status: 'down', flap_count: '4' });
  });

  test.each<[what: string, fault: Parameters<EmulatedSwitch['setFaults']>[0][number], fields: Row, lag: Lag]>([
    ['portmgrd', { stage: 'portmgrd', field: 'fec' }, { fec: 'fc' }, { field: 'fec', stage: 'APPL_DB', found: 'rs' }],
    [
      'the kernel',
      { stage: 'kernel', field: 'mtu' },
      { mtu: '1400' },
      { field: 'mtu', stage: 'APPL_DB', found: '9100' },
    ],
    [
      'portsyncd',
      { stage: 'portsyncd', port: 'Ethernet12' },
      { mtu: '1400' },
      { field: 'mtu', stage: 'STATE_DB', found: '9100' },
    ],
    [
      'orchagent',
      { stage: 'orchagent', field: 'speed' },
      { speed: '25000' },
      { field: 'speed', stage: 'STATE_DB', found: '100000' },
    ],
  ])('a change that %s does not take up stops there', async (_what, fault, fields, lag) => {
    up.setFaults([fault]);
    expect(await apply('Ethernet12', fields, 300)).toEqual(new Map([['Ethernet12', [lag]]]));
  });

  test('one bad value drops the whole update', async () => {
    await apply('Ethernet12', { speed: '25000', fec: 'nonsense' }, 300);
    await up.settled();
    expect(up.log.at(-1)).toBe('orchagent: an update of Ethernet12 was dropped: fec has a bad value');
    expect((await seen()).state.PORT_TABLE.get('Ethernet12')).toMatchObject({ speed: '100000', fec: 'rs' });
  });

  test('a port is created with its defaults, and removed once no row names it', async () => {
    const { config } = up.databases;
    const port = { table: 'PORT', key: 'Ethernet32' };
    const member = { table: 'VLAN_MEMBER', key: 'Vlan100|Ethernet32' };
    const row: Row = { lanes: '32', speed: '10000' };
    await changeRows(config, [
      { kind: 'create', ...port, fields: row },
      { kind: 'create', ...member, fields: {} },
    ]);
    const { signal } = new AbortController();
    const written = new Map([['Ethernet32', row as Row | undefined]]);
    expect(await waitForTakeUp(up.databases, written, { signal, deadlineMs: 20_000 })).toEqual(new Map());
    expect((await seen()).appl.PORT_TABLE.get('Ethernet32')).toMatchObject({ mtu: '9100', admin_status: 'down' });
    await changeRows(config, [{ kind: 'remove', ...port, expected: row }]);
    written.set('Ethernet32', undefined);
    expect(await waitForTakeUp(up.databases, written, { signal, deadlineMs: 300 })).toEqual(
      new Map([['Ethernet32', [{ stage: 'STATE_DB' }]]]),
    );
    expect(up.log.at(-1)).toBe('orchagent: Ethernet32 is not removed, because it is in use');
    await changeRows(config, [{ kind: 'remove', ...member, expected: {} }]);
    expect(await waitForTakeUp(up.databases, written, { signal, deadlineMs: 20_000 })).toEqual(new Map());
  });

  test('a cable that is removed takes the link down', async () => {
    await up.setCable('Ethernet16', false);
    expect((await seen()).state.PORT_TABLE.get('Ethernet16')).toMatchObject({
      netdev_oper_status: 'down',
      speed: 'N/A',
    });
    await up.setCable('Ethernet16', true);
    expect((await seen()).appl.PORT_TABLE.get('Ethernet16')).toMatchObject({ oper_status: 'up', flap_count: '3' });
  });

  test('its configuration is given as it was loaded', async () => {
    expect(await up.config()).toEqual(LEAF);
  });
});
