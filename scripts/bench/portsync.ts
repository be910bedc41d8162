/**
 * The state file and the metrics of `portsync run`: saves and recoveries of 10,000 ports next to the machine's own fsync, and
 * the figures of a switch with 514 ports.
 */

import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync, fsyncSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NO_METRICS, recorded } from '../../plugins/portsync/daemon/metrics.ts';
import { encodeState, type PortState, type SavedPort } from '../../plugins/portsync/daemon/port-state.ts';
import { meter } from '../../plugins/portsync/daemon/runtime.ts';
import {
  listBackups,
  openStateFolder,
  recoverState,
  rotateState,
  saveState,
  setAsideStale,
  STATE_FILE,
  type StateFolder,
} from '../../plugins/portsync/daemon/state-file.ts';
import type { Places } from './fleet.ts';
import { median } from './measure.ts';
import { fixed, type Row } from './rows.ts';

const ROUNDS = 20;
const MANY = 10_000;
/** Ports of the largest switches. */
const LARGEST = 514;
const BACKUPS = 10;

function stateOf(count: number): PortState {
  const ports = Array.from({ length: count }, (_, i): [string, SavedPort] => {
    const name = `Ethernet${i}`;
    return [name, { name, admin_state: 1, oper_state: 1, flags: 0x1_1043, mtu: 9100 }];
  });
  return { savedAt: 1_800_000_000, ports: new Map(ports) };
}

/** The median time of a work in ms; `prepare` is not measured. */
async function timeOf(work: () => unknown, prepare: () => unknown = () => undefined): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await prepare();
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

function limitRow(figure: string, limit: number, measured: number, unit: string, detail: string): Row {
  return {
    figure,
    measured: `${fixed(measured)} ${unit}`,
    target: `${limit} ${unit}`,
    verdict: measured <= limit ? 'ok' : 'over',
    detail,
  };
}

/** Writes a file of the same size and syncs it: the least that a durable save takes. */
function plainSave(path: string, content: Buffer): void {
  const file = openSync(path, 'w');
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
}

/** Flips one bit near the end of a file, so that all of it is read before the damage is found. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.length - 200;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Makes `BACKUPS` damaged backups behind one that is valid, and a damaged state file. */
async function damageAll(folder: StateFolder, state: PortState): Promise<void> {
  await saveState(folder, state);
  for (let i = 0; i <= BACKUPS; i += 1) await rotateState(folder, 1_800_000_000_000 + i);
  for (const name of (await listBackups(folder)).slice(0, BACKUPS)) damage(join(folder.path, 'backups', name));
}

async function chainRow(place: string, count: number, limit: number): Promise<Row> {
  const folder = await openStateFolder(place, { retention: BACKUPS + 1 });
  const state = stateOf(count);
  await damageAll(folder, state);
  const measured = await timeOf(
    async () => {
      const { state: found } = await recoverState(folder);
      if (found?.ports.size !== count) throw new Error('the state was not recovered');
    },
    async () => {
      await saveState(folder, state);
      damage(join(folder.path, STATE_FILE));
    },
  );
  const what = `portsync: recovery of ${count.toLocaleString('en')} ports over ${BACKUPS} damaged backups`;
  return limitRow(what, limit, measured, 'ms', `median of ${ROUNDS}`);
}

async function saveRows(place: string): Promise<readonly Row[]> {
  const folder = await openStateFolder(place);
  const state = stateOf(MANY);
  const content = Buffer.from(encodeState(state));
  const plain = await timeOf(() => plainSave(join(place, 'plain'), content));
  const save = await timeOf(() => saveState(folder, state));
  const small = stateOf(LARGEST);
  const quick = await timeOf(() => saveState(folder, small, { isDurable: false }));
  const detail = `median of ${ROUNDS}; ${fixed(plain)} ms for a plain write and fsync of ${content.length} bytes`;
  return [
    limitRow('portsync: save of 10,000 ports', 50, save, 'ms', detail),
    limitRow(`portsync: save of ${LARGEST} ports without fsync`, 1, quick, 'ms', `median of ${ROUNDS}`),
  ];
}

async function cleanUpRow(place: string): Promise<Row> {
  const folder = await openStateFolder(place);
  for (let i = 0; i < 1000; i += 1) writeFileSync(join(place, `${i}.json`), '{}');
  const measured = await timeOf(() => setAsideStale(folder, Date.now()));
  return limitRow('portsync: cleanup scan of 1,000 files', 100, measured, 'ms', `median of ${ROUNDS}`);
}

const RECORDINGS = 1_000_000;

async function metricRow(): Promise<Row> {
  const counts = meter();
  let metrics = NO_METRICS;
  const measured = await timeOf(() => {
    for (let i = 0; i < RECORDINGS / 2; i += 1) {
      metrics = recorded(metrics, { event: 'backup-created' }, i);
      counts.eventLatency(0.001);
    }
  });
  const micros = (measured * 1000) / RECORDINGS;
  return {
    ...limitRow('portsync: one metric', 1, micros, 'µs', `of ${RECORDINGS}`),
    measured: `${micros.toFixed(2)} µs`,
  };
}

/** Heap of one port in memory, in bytes. */
function memoryRow(): Row {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const kept: PortState[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 20; i += 1) kept.push(stateOf(MANY));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / (kept.length * MANY);
  return limitRow('portsync: memory of a saved port', 200, bytes, 'bytes', 'heap, after a collection');
}

export async function portsyncRows({ folder }: Places): Promise<readonly Row[]> {
  const root = join(folder, 'portsync');
  mkdirSync(root, { mode: 0o700 });
  const place = (name: string): string => join(root, name);
  try {
    return [
      ...(await saveRows(place('saves'))),
      await chainRow(place('many'), MANY, 250),
      await chainRow(place('largest'), LARGEST, 50),
      await cleanUpRow(place('stale')),
      await metricRow(),
      memoryRow(),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
