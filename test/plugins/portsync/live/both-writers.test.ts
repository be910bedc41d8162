/**
 * Both writers of a switch: `fettle apply` elsewhere writes CONFIG_DB, and `fettle portsync run` on the switch, a process with
 * real links, takes the changes up and holds those that wait for a confirmation. portmgrd and orchagent are emulated.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { holderOf, latestHeld } from '../../../../plugins/portsync/confirm/redis-hold.ts';
import { type EmulatedSwitch, startSwitch } from '../../../../plugins/portsync/sandbox/emulated-switch.ts';
import { INIT_DONE } from '../../../../plugins/portsync/sonic/read-switch.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { type Done, fettle } from '../../../support/command-line.ts';
import { hasNamespaces, makeNamespace, type Namespace } from '../../../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { eventually } from '../daemon/emulated-switch.ts';

const PORT = { speed: '100000', fec: 'rs', mtu: '9100', admin_status: 'up' };
const CONFIG = {
  DEVICE_METADATA: { localhost: { hostname: 'leaf' } },
  PORT: {
    Ethernet0: { ...PORT, lanes: '0,1,2,3' },
    Ethernet4: { ...PORT, lanes: '4,5,6,7' },
    Ethernet8: { ...PORT, lanes: '8,9,10,11' },
  },
};

/** A long time for a confirmation: the tests end it where they need its end. */
const CONFIRM = ', confirm: { within: 60s, settle: 10s }';

function switchYaml(at: string, more = ''): string {
  return `apiVersion: portsync/v1
kind: Switch
metadata: { name: leaf }
spec: { sonic: ${at}, management: [Ethernet0]${more} }
`;
}

function portYaml(spec: string): string {
  return `---
apiVersion: portsync/v1
kind: Port
metadata: { switch: leaf, name: Ethernet8 }
spec: ${spec}
`;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function killed(child: ChildProcess, how: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return;
  child.kill(how);
  await once(child, 'exit');
}

describe.runIf(hasNamespaces)('apply next to fettle portsync run', () => {
  let server: RedisServer;
  let namespace: Namespace;
  let up: EmulatedSwitch;
  let onSwitch: string;
  let project: string;
  let daemon: ChildProcess;
  const children: ChildProcess[] = [];
  let output = '';

  /** Shows a link of the emulated kernel in the real one: each port is one end of a veth, and the other end its cable. */
  const shown = new Set<string>();
  function showLink(
    port: string,
    link: Parameters<NonNullable<Parameters<typeof startSwitch>[1]['showLink']>>[1],
  ): void {
    const cable = `cable${port.slice('Ethernet'.length)}`;
    if (link === undefined) return namespace.batch([`link delete ${port}`]);
    namespace.batch([
      ...(shown.has(port) ? [] : [`link add ${port} type veth peer name ${cable}`]),
      `link set ${port} mtu ${link.mtu} ${link.adminStatus}`,
      `link set ${cable} ${link.isUp ? 'up' : 'down'}`,
    ]);
    shown.add(port);
  }

  function startDaemon(): void {
    output = '';
    const argv = ['netns', 'exec', namespace.name, process.execPath, cliFile];
    const env = {
      ...bareEnvironment(),
      FETTLE_SONIC_SOCKET: server.socket,
      FETTLE_PORTSYNC_STATE: `${onSwitch}/state`,
    };
    daemon = spawn('ip', [...argv, 'portsync', 'run', 'leaf', '--listen', 'off'], { cwd: onSwitch, env });
    for (const stream of [daemon.stdout, daemon.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }

  const stopDaemon = (how: NodeJS.Signals): Promise<void> => killed(daemon, how);

  const rowIn = async (database: 'config' | 'state'): Promise<Readonly<Record<string, string>>> => {
    const { redis, separator } = up.databases[database];
    const table = database === 'config' ? 'PORT' : 'PORT_TABLE';
    return (await redis.hashes([`${table}${separator}Ethernet8`]))[0] ?? {};
  };
  /** Waits until the row of the port has fields. */
  const untilRow = (database: 'config' | 'state', fields: Readonly<Record<string, string>>): Promise<void> =>
    eventually(async () => expect(await rowIn(database), output).toMatchObject(fields));
  const held = () => latestHeld(up.databases.state.redis);

  const environment = () => ({ ...bareEnvironment(), FETTLE_PORTSYNC_STATE: `${project}/state` });
  const inProject = (line: string): Promise<Done> => fettle(project, line, { env: environment() });

  /** Applies everything: a row that waits would leave the switch as it was. */
  async function applies(): Promise<void> {
    const { code, stdout, stderr } = await inProject('apply --yes');
    expect([code, stdout + stderr]).toEqual([0, expect.not.stringContaining('WAITING')]);
  }

  /** Writes the document of the port, with the time for its take-up. */
  function declare(spec: string, takeUp: '2s' | '60s', confirm = ''): void {
    const at = `{ redis: "127.0.0.1:${server.address.port}" }`;
    writeFiles(project, {
      'fettle.yaml': `name: fabric\ndesired: [desired/]\nplugins: { portsync: { takeUp: ${takeUp}, flaps: { max: 1000 } } }\n`,
      'desired/leaf.yaml': switchYaml(at, confirm) + portYaml(spec),
    });
  }

  beforeAll(async () => {
    server = await startRedis();
    namespace = makeNamespace();
    [onSwitch, project] = [temporaryFolder(), temporaryFolder()];
    writeFiles(onSwitch, {
      'fettle.yaml': 'name: switch\ndesired: [leaf.yaml]\n',
      'leaf.yaml': switchYaml('{ local: true }'),
    });
    up = await startSwitch(server.address, { config: CONFIG, showLink, delayMs: 200 });
    startDaemon();
    await untilRow('state', { netdev_oper_status: 'up', mtu: '9100' });
    // Until the marker is written, which takes up to two ticks of the daemon, changes wait for the switch to be ready.
    const isInitialized = () => up.databases.appl.redis.call(['EXISTS', `PORT_TABLE:${INIT_DONE}`]);
    await eventually(async () => expect(await isInitialized(), output).toBe(1));
    // The first apply adopts the port.
    declare('{ mtu: 9100 }', '60s', CONFIRM);
    await applies();
  });
  afterAll(async () => {
    await Promise.all([daemon, ...children].map((child) => killed(child)));
    await up.stop();
    namespace.remove();
    await server.stop();
  });

  test('a change ends as done once the daemon shows it, and the daemon holds it until then', async () => {
    declare('{ mtu: 1500 }', '60s', CONFIRM);
    const plan = await inProject('plan --format json');
    expect(plan.stdout).toContain("it is taken back by the switch's daemon");
    const { code, stdout } = await inProject('apply --yes');
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('The switch works after the change, which is confirmed'),
    ]);
    expect(await rowIn('config')).toMatchObject({ mtu: '1500' });
    expect(await rowIn('state')).toMatchObject({ mtu: '1500', netdev_oper_status: 'up' });
    expect(await held()).toMatchObject({ stage: 'confirmed', heldBy: expect.stringContaining('fettle-portsync') });
  });

  describe('the daemon is killed', () => {
    const OLD = { mtu: '1500', fec: 'rs', speed: '100000' };
    const NEW = { mtu: '1600', fec: 'fc', speed: '25000' };
    const newSpec = '{ mtu: 1600, fec: fc, speed: 25000 }';
    const oldSpec = '{ mtu: 1500, fec: rs, speed: 100000 }';
    /** The moments of a held change, in their order. */
    const moments = {
      'the take-back is accepted': () =>
        eventually(async () => expect(await held()).toMatchObject({ stage: 'pending', heldBy: expect.any(String) })),
      'CONFIG_DB is written': () => untilRow('config', { mtu: '1600' }),
      'STATE_DB shows the change': () => untilRow('state', { mtu: '1600' }),
    } as const;
    type Moment = keyof typeof moments;

    beforeEach(async () => {
      if (hasEnded(daemon)) {
        // The name of a daemon that was killed stays for seconds.
        await up.databases.state.redis.call(['DEL', 'FETTLE_CONFIRM_HOLDER']);
        startDaemon();
      }
      await eventually(async () => expect(await holderOf(up.databases.state.redis), output).toBeDefined());
      declare(oldSpec, '60s', CONFIRM);
      await applies();
      await untilRow('state', { mtu: '1500', fec: 'rs' });
    });

    test.each<readonly [Moment]>([
      ['the take-back is accepted'],
      ['CONFIG_DB is written'],
      ['STATE_DB shows the change'],
    ])('when %s: its run confirms the change or takes it back, never half', async (moment) => {
      declare(newSpec, '2s', CONFIRM);
      const applied = inProject('apply --yes');
      await moments[moment]();
      await stopDaemon('SIGKILL');
      const { code, stdout } = await applied;
      const isConfirmed = code === 0;
      expect(await rowIn('config'), stdout).toMatchObject(isConfirmed ? NEW : OLD);
      expect(await held()).toMatchObject({ stage: isConfirmed ? 'confirmed' : 'closed' });
    });

    test('and started again: the change is confirmed', async () => {
      declare(newSpec, '60s', CONFIRM);
      const applied = inProject('apply --yes');
      await moments['the take-back is accepted']();
      await stopDaemon('SIGKILL');
      startDaemon();
      const { code, stdout } = await applied;
      expect([code, stdout]).toEqual([0, expect.stringContaining('which is confirmed')]);
      expect([await rowIn('config'), await rowIn('state')]).toMatchObject([NEW, { mtu: '1600' }]);
    });

    test.each([
      ['its next start takes the change back', true],
      ['the next run takes the change back', false],
    ])('with the run that waits for it: %s', async (_how, isRestarted) => {
      declare(newSpec, '60s', CONFIRM);
      const applying = spawn(process.execPath, [cliFile, 'apply', '--yes'], { cwd: project, env: environment() });
      children.push(applying);
      await moments['CONFIG_DB is written']();
      await Promise.all([stopDaemon('SIGKILL'), killed(applying)]);
      expect(await held()).toMatchObject({ stage: 'pending' });
      expect(await rowIn('config')).toMatchObject(NEW);
      if (isRestarted) {
        // The time for the confirmation is over.
        await up.databases.state.redis.call(['DEL', `FETTLE_CONFIRM_DUE|${(await held())?.id}`]);
        startDaemon();
        await untilRow('config', OLD);
        await eventually(async () => expect(await held()).toMatchObject({ stage: 'taken-back' }));
      }
      declare(oldSpec, '60s', CONFIRM);
      const { code, stdout } = await inProject('apply --yes');
      expect([code, await rowIn('config'), stdout]).toEqual([0, expect.objectContaining(OLD), expect.any(String)]);
      expect(await held()).toMatchObject({ stage: 'closed' });
    });
  });

  test('a change while the daemon is stopped names STATE_DB, and is taken up by its next start', async () => {
    await stopDaemon('SIGTERM');
    declare('{ mtu: 1400 }', '2s');
    const { code, stdout } = await inProject('apply --yes');
    expect(code).toBe(7);
    expect(stdout).toMatch(
      /failed +portsync\/Port\/leaf\/Ethernet8 .*did not take it up within 2 s: mtu is \d+ in STATE_DB/u,
    );
    const plan = await inProject('plan');
    expect(plan.stdout).toContain('has not taken up mtu (STATE_DB does not show it)');
    startDaemon();
    await untilRow('state', { mtu: '1400' });
    const again = await inProject('plan');
    expect(again.stdout).toContain('Plan: 0 to add, 0 to change');
    expect(again.stdout).not.toContain('not-taken-up');
  });
});
