/** Ports of a switch: read from three databases, against a plain pipelined reader; written by the producer protocol. */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/daemons.ts';
import { startRedisServer } from '../../test/support/redis.ts';
import { openSwitchAt, writeRows } from '../../test/support/sonic.ts';
import { LOADED_KEY } from '../../plugins/portsync/sonic/read-switch.ts';
import type { Places } from './fleet.ts';
import { median } from './measure.ts';
import { portRow } from './port-row.ts';
import { fixed, ratioRow, type Row } from './rows.ts';

const PORTS = 10_000;
const ROUNDS = 9;
const FIELDS_PER_SECOND = 100_000;

interface Spent {
  readonly cpuMs: number;
  readonly ms: number;
}

/** Runs `ports.js`, and gives its own measurement. */
function spent({ dist, folder }: Places, way: string, port: number): Spent {
  const argv = [join(dist, 'bench', 'ports.js'), way, String(port), String(PORTS)];
  return JSON.parse(execFileSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' })) as Spent;
}

/** Fills the databases of a switch with `count` ports that have taken up their fields. */
export async function fillSwitch(port: number, count: number): Promise<void> {
  const { config, appl, state, close } = await openSwitchAt({ kind: 'tcp', host: '127.0.0.1', port });
  const rows = (prefix: string, row: (i: number) => Readonly<Record<string, string>>) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}Ethernet${i}`, row(i)]));
  await config.redis.call(['SET', LOADED_KEY, '1']);
  await writeRows(config, rows('PORT|', portRow));
  await writeRows(
    appl,
    rows('PORT_TABLE:', (i) => ({ ...portRow(i), oper_status: 'up', flap_count: String(i % 7) })),
  );
  await writeRows(
    state,
    rows('PORT_TABLE|', () => ({
      state: 'ok',
      netdev_oper_status: 'up',
      admin_status: 'up',
      mtu: '9100',
      supported_speeds: '40000,50000,100000',
      supported_fecs: 'none,rs',
      host_tx_ready: 'true',
      speed: '100000',
    })),
  );
  close();
}

export async function sonicRows(places: Places): Promise<readonly Row[]> {
  const folder = join(places.folder, 'sonic');
  mkdirSync(folder);
  const port = await freePort();
  const server = await startRedisServer(folder, port);
  try {
    await fillSwitch(port, PORTS);
    const rounds = Array.from({ length: ROUNDS }, () => ({
      plain: spent(places, 'plain', port),
      fettle: spent(places, 'fettle', port),
    }));
    const writes = Array.from({ length: ROUNDS }, () => spent(places, 'produce', port));
    const rate = median(writes.map(({ ms }) => (PORTS * Object.keys(portRow(0)).length) / (ms / 1000)));
    const [plain, fettle] = (['plain', 'fettle'] as const).map((way) =>
      median(rounds.map(({ [way]: { cpuMs } }) => cpuMs)),
    );
    return [
      ratioRow(
        'reading 10,000 ports of three databases over a plain pipelined reader: CPU',
        1.5,
        median(rounds.map((round) => round.fettle.cpuMs / round.plain.cpuMs)),
        `${fixed(fettle ?? 0)} ms over ${fixed(plain ?? 0)} ms, medians of ${ROUNDS}`,
      ),
      {
        figure: 'first copy of 10,000 ports of 12 fields into APPL_DB',
        measured: `${Math.round(rate)} fields/s`,
        target: `at least ${FIELDS_PER_SECOND}`,
        verdict: rate >= FIELDS_PER_SECOND ? 'ok' : 'short',
        detail: `medians of ${ROUNDS}`,
      },
    ];
  } finally {
    await server.stop();
  }
}
