/**
 * Certificate events over HTTP: signed requests, 64 at once, sent by wrk. Each is durable before its answer. The requests are
 * signed beforehand: wrk would need more CPU for that than the server does.
 */

import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Places } from './fleet.ts';
import { median } from './measure.ts';
import { fixed, type Row } from './rows.ts';
import type { Usage } from './usage-lines.ts';

const REQUESTS = 20_000;
const CONNECTIONS = 64;
const SECONDS = 4;
const PHASES = 4;
const [TOKEN, SECRET] = ['bench-token-of-all-sources', 'bench-secret-of-one-source'];

/** Bodies as cert-manager's events have them, each another event. */
function requestsFor(seconds: number): string {
  const requests = Array.from({ length: REQUESTS }, (_, i) => {
    const body = JSON.stringify({
      source: 'cert_manager',
      clusterId: 'prod',
      sourceEventId: `default/www-${i}/renewal`,
      domain: `www-${i % 1000}.example.test`,
      eventType: 'renewal_succeeded',
      notAfter: '2027-03-01T00:00:00Z',
      certificateRef: `sha256:${'0'.repeat(64)}`,
      reason: 'The certificate has been successfully issued',
    });
    const signature = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
    return [
      'POST /v1/domains/cert-events HTTP/1.1',
      'host: 127.0.0.1',
      `x-cert-event-token: ${TOKEN}`,
      'x-cert-source: cert_manager',
      'x-cert-cluster: prod',
      `x-cert-timestamp: ${seconds}`,
      `x-cert-signature: ${signature}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
  });
  return requests.join('\0');
}

/** Reads the requests, and prints the figures of a run in one line. */
function luaFor(file: string): string {
  return `local requests = {}
local file = io.open("${file}", "rb")
for request in (file:read("*a") .. "\\0"):gmatch("(.-)%z") do requests[#requests + 1] = request end
file:close()
local at = 0
function request() at = at % #requests + 1 return requests[at] end
function done(summary, latency)
  io.write(string.format("FIGURES %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(99),
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
`;
}

interface Figures {
  readonly requests: number;
  readonly seconds: number;
  readonly p99Ms: number;
  readonly refused: number;
  readonly broken: number;
}

async function load(port: string, script: string): Promise<Figures> {
  const argv = ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', script, `http://127.0.0.1:${port}`];
  const { stdout } = await promisify(execFile)('wrk', argv);
  const [, requests = 0, micros = 0, p99 = 0, refused = 0, broken = 0] = (
    /FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)/u.exec(stdout) ?? []
  ).map(Number);
  return { requests, seconds: micros / 1e6, p99Ms: p99 / 1000, refused, broken };
}

function entriesIn(store: string): number {
  const inbox = join(store, 'inbox');
  return readdirSync(inbox).reduce(
    (count, name) => count + readFileSync(join(inbox, name), 'latin1').split('\n').length - 2,
    0,
  );
}

/** A server in a process of its own. */
interface Served {
  readonly port: string;
  readonly usage: () => Promise<Usage>;
  readonly end: () => Promise<void>;
}

async function served(program: string, place: string, env: Readonly<Record<string, string>>): Promise<Served> {
  const server = spawn(process.execPath, [program, place], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  return {
    port: await next(),
    usage: async () => {
      server.stdin.write('usage\n');
      return JSON.parse(await next()) as Usage;
    },
    end: async () => {
      server.stdin.end('end\n');
      await new Promise((resolve) => void server.once('close', resolve));
    },
  };
}

type Phase = Figures & { readonly cpuMicros: number; readonly memoryMib: number };

async function phaseOf({ port, usage }: Served, script: string): Promise<Phase> {
  const before = await usage();
  const figures = await load(port, script);
  const { cpuMs, memoryMib } = await usage();
  return { ...figures, cpuMicros: ((cpuMs - before.cpuMs) / figures.requests) * 1000, memoryMib };
}

/** None without wrk. */
export async function intakeRows({ dist, folder }: Places): Promise<readonly Row[]> {
  if (spawnSync('wrk', ['-v']).error !== undefined) return [];
  const place = join(folder, 'intake');
  mkdirSync(place);
  const at = (name: string): string => join(place, name);
  const [requests, script, store] = [at('requests'), at('wrk.lua'), at('store')];
  writeFileSync(requests, requestsFor(Math.trunc(Date.now() / 1000)));
  writeFileSync(script, luaFor(requests));
  const programs = join(dist, 'bench');
  const bare = await served(join(programs, 'bare-intake.js'), at('bare'), { SECRET });
  const server = await served(join(programs, 'intake-server.js'), store, {
    CERT_EVENT_INGEST_TOKEN: TOKEN,
    CERT_EVENT_SOURCE_KEYS: `cert_manager:prod=${SECRET}`,
  });
  const phases: (Phase & { readonly bare: Phase })[] = [];
  try {
    for (let phase = 0; phase < PHASES; phase += 1)
      phases.push({ bare: await phaseOf(bare, script), ...(await phaseOf(server, script)) });
  } finally {
    await Promise.all([bare.end(), server.end()]);
  }
  const sent = phases.reduce((sum, each) => sum + each.requests, 0);
  const wrong = phases.reduce((sum, each) => sum + each.refused + each.broken, 0);
  if (wrong > 0) throw new Error(`${wrong} of ${sent} requests were not answered with 202`);
  const stored = entriesIn(store);
  if (stored < sent) throw new Error(`${sent} requests were accepted, and ${stored} entries are in the inbox`);
  // Best and least: other programs on the machine make every figure worse, never better.
  const rate = Math.max(...phases.map((each) => each.requests / each.seconds));
  const p99 = Math.min(...phases.map(({ p99Ms }) => p99Ms));
  const cpu = Math.min(...phases.map(({ cpuMicros }) => cpuMicros));
  const memory = phases.map(({ memoryMib }) => Math.round(memoryMib));
  const most = Math.max(...memory);
  const ratio = (of: (phase: Phase) => number): number => median(phases.map((each) => of(each) / of(each.bare)));
  const rateRatio = ratio((each) => each.requests / each.seconds);
  const bareCpu = Math.min(...phases.map((each) => each.bare.cpuMicros));
  const medianOf = `median of ${PHASES} ratios`;
  const of = `best of ${PHASES} runs of ${SECONDS} s, load ${fixed(loadavg()[0] ?? 0)}`;
  return [
    // For information: the reference neither checks a schema nor redacts, and keeps no log of its own.
    {
      figure: 'intake: CPU of the server per event, over a bare server of Node.js',
      measured: `${ratio(({ cpuMicros }) => cpuMicros).toFixed(2)} x`,
      target: '',
      verdict: '',
      detail: `${medianOf}; the bare one takes ${Math.round(bareCpu)} µs`,
    },
    {
      figure: 'intake: rate over that of a bare server of Node.js',
      measured: `${rateRatio.toFixed(2)} x`,
      target: '',
      verdict: '',
      detail: medianOf,
    },
    {
      figure: 'intake: signed, durable events, 64 connections',
      measured: `${Math.round(rate).toLocaleString('en')}/s`,
      target: '5,000/s',
      verdict: rate >= 5000 ? 'ok' : 'short',
      detail: `${sent.toLocaleString('en')} events in all, ${of}`,
    },
    {
      figure: 'intake: 99 % answered within',
      measured: `${fixed(p99)} ms`,
      target: '100 ms',
      verdict: p99 <= 100 ? 'ok' : 'over',
      detail: of,
    },
    {
      figure: 'intake: CPU of the server per event',
      measured: `${Math.round(cpu)} µs`,
      target: '130 µs',
      verdict: cpu <= 130 ? 'ok' : 'over',
      detail: of,
    },
    {
      figure: 'intake: memory of the server',
      measured: `${most} MiB`,
      target: '250 MiB',
      verdict: most <= 250 ? 'ok' : 'over',
      detail: `after each run: ${memory.join(', ')} MiB`,
    },
  ];
}
