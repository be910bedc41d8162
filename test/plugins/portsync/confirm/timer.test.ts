/**
 * The timer on the target, as a whole: `fettle apply` on the switch arms it before a change and is killed after it, and
 * `redis-cli` alone takes the change back.
 *
 * systemd does not run where the tests run. Its part is played by two scripts in the place of `systemd-run` and `systemctl`,
 * in a mount namespace.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { processSeen } from '../../../../plugins/portsync/confirm/clock.ts';
import { STAGES } from '../../../../plugins/portsync/confirm/pending.ts';
import { type EmulatedSwitch, startSwitch } from '../../../../plugins/portsync/sandbox/emulated-switch.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../../../support/cli.ts';
import { fettle } from '../../../support/command-line.ts';
import { hasNamespaces } from '../../../support/network-namespace.ts';
import { type RedisServer, startRedis } from '../../../support/redis.ts';
import { eventually } from '../daemon/emulated-switch.ts';

const PORT = { speed: '100000', fec: 'rs', mtu: '9100', admin_status: 'up' };
const CONFIG = { PORT: { Ethernet0: { ...PORT, lanes: '0,1' }, Ethernet8: { ...PORT, lanes: '8,9' } } };
const OLD = { mtu: '9100', description: 'server 1' };
const NEW = { mtu: '1600', description: 'server 2' };

function documents(values: typeof OLD): string {
  return `apiVersion: portsync/v1
kind: Switch
metadata: { name: leaf }
spec: { sonic: { local: true }, management: [Ethernet0], confirm: { within: 10s, settle: 1s } }
---
apiVersion: portsync/v1
kind: Port
metadata: { switch: leaf, name: Ethernet8 }
spec: ${JSON.stringify({ ...values, mtu: Number(values.mtu) })}
`;
}

/** Plays systemd: keeps the arguments, and starts the command after its time in a session of its own. */
const SYSTEMD_RUN = `#!/bin/sh
cd PLACE || exit 1
printf '%s\\0' "$@" >arguments
while [ "$1" != -- ]; do
  case "$1" in
    --unit=*) unit=\${1#--unit=} ;;
    --on-active=*s) seconds=\${1#--on-active=}; seconds=\${seconds%s} ;;
  esac
  shift
done
shift
setsid sh -c 'sleep "$1"; rm -f "$2"; shift 2; exec "$@"' timer "$seconds" "PLACE/$unit.timer" "$@" </dev/null >/dev/null 2>&1 &
echo $! >"$unit.timer"
`;
const SYSTEMCTL = `#!/bin/sh
cd PLACE || exit 1
echo "$*" >>calls
case "$1" in
  is-active) [ -e "$2" ] && echo active || { echo inactive; exit 3; } ;;
  stop) kill -9 -- "-$(cat "$2")" && rm "$2" ;;
esac
`;

let server: RedisServer;
let up: EmulatedSwitch;
let project: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await startRedis();
  up = await startSwitch(server.address, { config: CONFIG, delayMs: 200 });
});
afterAll(async () => {
  await up.stop();
  await server.stop();
});

const environment = () => ({
  ...bareEnvironment(),
  FETTLE_SONIC_SOCKET: server.socket,
  FETTLE_PORTSYNC_STATE: join(project, 'state'),
});
const row = async () => (await up.databases.config.redis.hashes(['PORT|Ethernet8']))[0] ?? {};
const declare = (values: typeof OLD): void => writeFiles(project, { 'desired/leaf.yaml': documents(values) });

beforeEach(async () => {
  await up.reload({ PORT: { ...CONFIG.PORT, Ethernet8: { ...CONFIG.PORT.Ethernet8, description: OLD.description } } });
  project = temporaryFolder();
  writeFiles(project, { 'fettle.yaml': 'name: switch\ndesired: [desired/]\n' });
  declare(OLD);
  const { code, stdout } = await fettle(project, 'apply --yes', { env: environment() });
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 done')]);
  declare(NEW);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts an apply as a process, by another program if one is named. */
function apply(...before: readonly string[]): { readonly child: ChildProcess; readonly output: () => string } {
  const argv = ['env', ...before, process.execPath, cliFile, 'apply', '--yes'] as const;
  const child = spawn(argv[0], argv.slice(1), { cwd: project, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

/** The stages of the changes in the state folder. */
function stages(): readonly string[] {
  const folder = join(project, 'state', 'confirm');
  return STAGES.flatMap((stage) =>
    (existsSync(join(folder, stage)) ? readdirSync(join(folder, stage)) : []).map(() => stage),
  );
}

/** Kills an apply once CONFIG_DB has its change, and waits until it is taken back. */
async function killedAfterChange({ child, output }: ReturnType<typeof apply>): Promise<void> {
  await eventually(async () => expect(await row(), output()).toMatchObject(NEW));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect([stages(), await row()]).toEqual([['pending'], expect.objectContaining(NEW)]);
  await eventually(async () => expect(stages()).toEqual(['taken-back']));
  expect(await row()).toMatchObject(OLD);
}

describe.runIf(hasNamespaces)('the timer of an apply on the switch', () => {
  test('is a shell without systemd, and takes the change back after the apply was killed', async () => {
    await killedAfterChange(apply());
    // The next run records it.
    declare(OLD);
    const { code, stdout } = await fettle(project, 'apply --yes', { env: environment() });
    expect([code, stdout]).toEqual([0, expect.stringContaining('The change of Ethernet8 was taken back')]);
    expect([stages(), await row()]).toEqual([['closed'], expect.objectContaining(OLD)]);
  });

  test('is disarmed once the change is confirmed', async () => {
    const { child, output } = apply();
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, output()]).toEqual([0, expect.stringContaining('which is confirmed')]);
    expect([stages(), await row()]).toEqual([['confirmed'], expect.objectContaining(NEW)]);
    const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
    const seen = await Promise.all(pids.map((pid) => processSeen(Number(pid))));
    expect(seen.filter((each) => each?.command.includes(join(project, 'state', 'confirm')))).toEqual([]);
  });

  describe('with systemd', () => {
    /** The words that run a program where the two scripts are in the place of systemd's. */
    function withSystemd(): { readonly words: readonly string[]; readonly place: string } {
      const place = temporaryFolder();
      writeFiles(place, {
        'systemd-run': SYSTEMD_RUN.replaceAll('PLACE', place),
        systemctl: SYSTEMCTL.replaceAll('PLACE', place),
      });
      const mounts = ['systemd-run', 'systemctl'].map(
        (name) => `chmod +x ${place}/${name} && mount --bind ${place}/${name} ${realpathSync(`/usr/bin/${name}`)}`,
      );
      const script = [...mounts, 'mount -t tmpfs run /run', 'mkdir -p /run/systemd/system', 'exec "$@"'].join(' && ');
      return { words: ['unshare', '--mount', 'sh', '-c', script, 'sh'], place };
    }

    test('is a transient timer of it, with options that the real one has', async () => {
      const { words, place } = withSystemd();
      await killedAfterChange(apply(...words));
      const given = readFileSync(join(place, 'arguments'), 'utf8').split('\0');
      const options = given.slice(0, given.indexOf('--'));
      expect(options).toEqual([
        '--quiet',
        '--collect',
        '--no-ask-password',
        expect.stringMatching(/^--unit=fettle-confirm-[0-9a-f]{16}$/u),
        '--description=Takes back an unconfirmed change of ports',
        '--on-active=10s',
        '--timer-property=AccuracySec=1s',
      ]);
      const help = execFileSync('systemd-run', ['--help'], { encoding: 'utf8' });
      for (const option of options) expect(help).toMatch(new RegExp(`${option.split('=')[0]}\\b`, 'u'));
    });

    test('is stopped once the change is confirmed', async () => {
      const { words, place } = withSystemd();
      const { child, output } = apply(...words);
      const [code] = (await once(child, 'exit')) as [number];
      expect([code, output()]).toEqual([0, expect.stringContaining('which is confirmed')]);
      expect(readFileSync(join(place, 'calls'), 'utf8')).toMatch(
        /^is-active (fettle-confirm-[0-9a-f]{16})\.timer\n(?:is-active \1\.timer\n)*stop \1\.timer\n$/u,
      );
      expect(stages()).toEqual(['confirmed']);
    });
  });
});
