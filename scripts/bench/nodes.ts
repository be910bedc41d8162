/** Figures of the nodes plugin: a plan of many servers with slow pages, against the listing alone. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from './fleet.ts';
import { interleave, median, runOnce, type Sample } from './measure.ts';
import { fixed, ratioRow, type Row } from './rows.ts';

const node = process.execPath;
const SERVERS = 1000;
const DELAY_MS = 200;
const REPEATS = 5;

interface Cloud {
  readonly endpoint: string;
  readonly token: string;
  readonly readinessPort: number;
  readonly workloads: string;
  readonly stop: () => Promise<void>;
}

/** Starts a provider as a process of its own, to answer while this process waits for a program. */
async function startCloud({ dist }: Places, folder: string, delayMs: number): Promise<Cloud> {
  const argv = [join(dist, 'bench', 'cloud.js'), folder, String(SERVERS), String(delayMs)];
  const child: ChildProcess = spawn(node, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const line = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (data: Buffer) => {
      printed += data.toString();
      if (printed.includes('\n')) resolve(printed);
    });
    child.once('exit', (code) => reject(new Error(`the emulated provider ended with ${code}`)));
  });
  const stop = (): Promise<void> => {
    child.stdin?.end();
    return ended;
  };
  return { ...(JSON.parse(line) as Omit<Cloud, 'stop'>), stop };
}

function writeProject(project: string, { endpoint, token, readinessPort, workloads }: Cloud): void {
  mkdirSync(join(project, 'desired'), { recursive: true });
  // The token of the emulator is public.
  const provider = { hetzner: { endpoint, token } };
  const nodes = { provider, workloads: { http: { url: workloads } } };
  const lines = [
    'name: bench',
    'desired: [desired/]',
    'store: .fettle',
    'plugins:',
    `  nodes: ${JSON.stringify(nodes)}`,
  ];
  writeFileSync(join(project, 'fettle.yaml'), `${lines.join('\n')}\n`);
  const documents = Array.from(
    { length: SERVERS },
    (_, index) => `apiVersion: nodes/v1
kind: Node
metadata:
  name: node-${index}
spec:
  serverType: cx23
  image: debian-13
  location: nbg1
  readiness:
    tcp:
      port: ${readinessPort}
`,
  );
  writeFileSync(join(project, 'desired', 'nodes.yaml'), documents.join('---\n'));
}

/** A plan without changes: servers, workloads, prices and 1,000 probes, against nothing but the list of servers. */
export async function nodesRows(places: Places): Promise<readonly Row[]> {
  const project = join(places.folder, 'nodes');
  mkdirSync(project, { recursive: true });
  const fettle = (...words: readonly string[]) => ({
    argv: [node, join(places.dist, 'cli.js'), ...words],
    cwd: project,
  });
  const quick = await startCloud(places, project, 0);
  try {
    writeProject(project, quick);
    // The servers are adopted, and get the labels of adopted servers.
    for (let turn = 0; turn < 2; turn += 1) runOnce(fettle('apply', '--yes', '--format', 'json'));
  } finally {
    await quick.stop();
  }
  const slow = await startCloud(places, project, DELAY_MS);
  try {
    const list = (...words: readonly string[]) => ({
      argv: [node, join(places.dist, 'bench', 'list.js'), slow.endpoint, slow.token, ...words],
      cwd: project,
    });
    const plan = fettle('plan', '--detailed-exitcode');
    const samples = interleave({ inTurn: list(), atOnce: list('at-once'), plan }, REPEATS);
    const ms = (of: readonly Sample[]): number => median(of.map((sample) => sample.ms));
    const took = { inTurn: ms(samples.inTurn), atOnce: ms(samples.atOnce), plan: ms(samples.plan) };
    const what = `plan of ${SERVERS.toLocaleString('en')} servers, each answer after ${DELAY_MS} ms, over their listing`;
    return [
      ratioRow(
        `${what} page after page`,
        1.2,
        took.plan / took.inTurn,
        `${fixed(took.plan)} ms over ${fixed(took.inTurn)} ms, medians of ${REPEATS}`,
      ),
      // For information: the part of the plan that is not waiting.
      {
        figure: `${what} all pages at once`,
        measured: `${(took.plan / took.atOnce).toFixed(2)} x`,
        target: '',
        verdict: '',
        detail: `${fixed(took.plan)} ms over ${fixed(took.atOnce)} ms`,
      },
    ];
  } finally {
    await slow.stop();
  }
}
