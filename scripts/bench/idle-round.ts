/** A round of `fettle serve` that learns of nothing new, as its daemon starts it: CPU, against a plan of the same project. */

import { fork } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { RoundOrder } from '../../src/run/round.ts';
import type { RoundMessage } from '../../src/serve/round-process.ts';
import { apply, benchProject, fill, type Places, planOf } from './fleet.ts';
import { median, runOnce, writeUsageHook } from './measure.ts';
import { fixed, type Row } from './rows.ts';

const REPEATS = 5;
const TARGET_S = 1.5;

interface Round {
  readonly cpuMs: number;
  readonly message: RoundMessage;
}

/** Runs one round by its order. Throws unless it recorded a refresh. */
async function roundOf({ dist }: Places, project: string, hook: string, order: RoundOrder): Promise<Round> {
  const child = fork(join(dist, 'bench', 'cli.js'), ['serve', '--once', '--ordered', `--chdir=${project}`], {
    execArgv: ['--require', hook],
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'ipc'],
  });
  let message: RoundMessage = {};
  let usage = '';
  child.on('message', (said) => (message = said as RoundMessage));
  child.stdio[3]?.on('data', (text: Buffer) => (usage += text.toString()));
  child.send(order);
  const code = await new Promise((resolve) => void child.once('close', resolve));
  if (code !== 0 || message.report?.recorded !== true) throw new Error(`the round ended with ${String(code)}`);
  return { cpuMs: (JSON.parse(usage) as { readonly cpuMs: number }).cpuMs, message };
}

/** The order that the daemon gives after a round. `refreshAll`: every resource is due. */
function orderAfter({ message: { report, lastValid } }: Round, before: RoundOrder, refreshAll: boolean): RoundOrder {
  if (report === undefined) return before;
  const { documents, standing } = report;
  const since = refreshAll ? undefined : report.refreshed_at;
  return { gaveWay: 0, since, documents, standing, lastValid: lastValid ?? before.lastValid };
}

export async function idleRoundRows(places: Places): Promise<readonly Row[]> {
  const project = benchProject(places, 'idle-round', 10_000);
  fill(places, project, 10_000, 100_000);
  apply(places, project);
  const hook = writeUsageHook(places.folder);
  const samples: { readonly plan: number; readonly none: number; readonly all: number }[] = [];
  let order: RoundOrder = { gaveWay: 0 };
  order = orderAfter(await roundOf(places, project, hook, order), order, false);
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const plan = runOnce(planOf(places, project), hook).cpuMs ?? Number.NaN;
    const none = await roundOf(places, project, hook, order);
    const all = await roundOf(places, project, hook, orderAfter(none, order, true));
    samples.push({ plan, none: none.cpuMs, all: all.cpuMs });
  }
  const row = (what: string, of: (sample: (typeof samples)[number]) => number): Row => {
    const cpu = median(samples.map(of)) / 1000;
    const ratio = median(samples.map((sample) => of(sample) / sample.plan));
    return {
      figure: `idle round of serve, 10,000 resources, ${what}: CPU over that of a plan`,
      measured: `${ratio.toFixed(2)} x, ${cpu.toFixed(2)} s`,
      target: `${TARGET_S} s`,
      verdict: cpu <= TARGET_S ? 'ok' : 'over',
      detail: `medians of ${REPEATS}, a plan takes ${(median(samples.map(({ plan }) => plan)) / 1000).toFixed(2)} s, load ${fixed(loadavg()[0] ?? 0)}`,
    };
  };
  return [row('nothing due', ({ none }) => none), row('everything refreshed', ({ all }) => all)];
}
