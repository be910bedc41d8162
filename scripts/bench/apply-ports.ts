/** An apply that changes one field of each of 10,000 ports, next to one of as many items in memory, which does nothing else. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/daemons.ts';
import { startRedisServer } from '../../test/support/redis.ts';
import { openSwitchAt, writeRows } from '../../test/support/sonic.ts';
import { INIT_DONE } from '../../plugins/portsync/sonic/read-switch.ts';
import { readTable } from '../../plugins/portsync/sonic/tables.ts';
import { emptyProject, itemText, type Places, writeDocuments } from './fleet.ts';
import { median, runOnce, type Sample, writeUsageHook } from './measure.ts';
import { atLeastRow, fixed, type Row } from './rows.ts';
import { fillSwitch } from './sonic.ts';

const node = process.execPath;
/** The cost of a change is the same among 3,000 ports as among 10,000, which take three times as long. */
const PORTS = 3_000;
const ROUNDS = 3;

/** Starts the program that plays the switch, in a process of its own: its work is not that of fettle. */
async function startSwitch({ dist }: Places, port: number): Promise<() => Promise<void>> {
  const argv = [join(dist, 'bench', 'switch.js'), String(port)];
  const child: ChildProcess = spawn(node, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the switch ended with ${code}`)));
  });
  return () => {
    child.stdin?.end();
    return ended;
  };
}

function portText(at: number, round: number): string {
  return `apiVersion: portsync/v1\nkind: Port\nmetadata:\n  switch: leaf\n  name: Ethernet${at}\nspec:\n  description: round ${round}\n`;
}

function switchText(port: number): string {
  return `apiVersion: portsync/v1\nkind: Switch\nmetadata:\n  name: leaf\nspec:\n  sonic:\n    redis: 127.0.0.1:${port}\n  management: [Ethernet0]\n`;
}

/** Projects whose every resource gets another value of one field in each round. */
interface Edited {
  readonly edit: (round: number) => void;
  /** Wall and CPU time of an apply. Throws if the apply fails. */
  readonly apply: () => Sample;
}

function applied(cli: string, cwd: string, hook: string): Edited['apply'] {
  return () => runOnce({ argv: [node, cli, 'apply', '--yes', '--format', 'json'], cwd }, hook);
}

function items(places: Places, hook: string): Edited {
  const project = emptyProject(places, 'apply-items');
  return {
    edit: (round) => writeDocuments(project, 'items', PORTS, (at) => itemText(at, at + round)),
    apply: applied(join(places.dist, 'bench', 'cli.js'), project, hook),
  };
}

function ports(places: Places, port: number, hook: string): Edited {
  const project = emptyProject(places, 'apply-ports');
  writeFileSync(join(project, 'desired', 'leaf.yaml'), switchText(port));
  return {
    edit: (round) => writeDocuments(project, 'ports', PORTS, (at) => portText(at, round)),
    apply: applied(join(places.dist, 'cli.js'), project, hook),
  };
}

/** Fills a switch whose ports are initialized. */
async function fillReady(port: number): Promise<void> {
  await fillSwitch(port, PORTS);
  const { appl, close } = await openSwitchAt({ kind: 'tcp', host: '127.0.0.1', port });
  await writeRows(appl, { [`PORT_TABLE${appl.separator}${INIT_DONE}`]: { lanes: '0' } });
  close();
}

async function lastDescriptions(port: number): Promise<ReadonlySet<string | undefined>> {
  const { appl, close } = await openSwitchAt({ kind: 'tcp', host: '127.0.0.1', port });
  const table = await readTable(appl, 'PORT_TABLE');
  close();
  return new Set([...table].flatMap(([name, row]) => (name === INIT_DONE ? [] : [row['description']])));
}

/** Before the measured rounds, two applies create the items, or adopt the ports and change them. */
async function ratioRows(places: Places, port: number): Promise<readonly Row[]> {
  const hook = writeUsageHook(places.folder);
  const both = { items: items(places, hook), ports: ports(places, port, hook) };
  for (const each of Object.values(both)) {
    each.edit(0);
    each.apply();
    each.apply();
  }
  const rounds: { readonly items: Sample; readonly ports: Sample }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    both.items.edit(round);
    both.ports.edit(round);
    rounds.push({ items: both.items.apply(), ports: both.ports.apply() });
    const [description, ...others] = await lastDescriptions(port);
    if (description !== `round ${round}` || others.length > 0) throw new Error('an apply did not change all ports');
  }
  const row = (of: (sample: Sample) => number, name: string): Row => {
    const [own, idle] = [median(rounds.map((each) => of(each.ports))), median(rounds.map((each) => of(each.items)))];
    return atLeastRow(
      `rate of an apply of ${PORTS} changes of a port over as many of items in memory: ${name}`,
      0.5,
      median(rounds.map((each) => of(each.items) / of(each.ports))),
      `${fixed(own)} ms and ${fixed(idle)} ms in all, medians of ${ROUNDS}`,
    );
  };
  return [row(({ ms }) => ms, 'time'), row(({ cpuMs = Number.NaN }) => cpuMs, 'CPU of fettle')];
}

export async function applyPortsRows(places: Places): Promise<readonly Row[]> {
  const folder = join(places.folder, 'apply-ports-redis');
  mkdirSync(folder);
  const port = await freePort();
  const server = await startRedisServer(folder, port);
  try {
    await fillReady(port);
    const stop = await startSwitch(places, port);
    try {
      return await ratioRows(places, port);
    } finally {
      await stop();
    }
  } finally {
    await server.stop();
  }
}
