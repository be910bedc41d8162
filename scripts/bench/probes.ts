/**
 * The rate at which Domains are refreshed: against `openssl s_time` by CPU time, against blackbox_exporter by the clock, and
 * with silent servers against the time that those alone take. All against one nginx with TLS 1.3 and ECDSA P-256.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyPem, makeAuthority, makeKeys, makeLeaf } from '../../plugins/certificates/live/x509-make.ts';
import { type Daemon, freePort, startNginx } from '../../test/support/daemons.ts';
import type { Places } from './fleet.ts';
import { median, type Spent, timed } from './measure.ts';
import { atLeastRow, fixed, ratioRow, type Row } from './rows.ts';

const DOMAINS = 10_000;
const ROUNDS = 3;
/** Time for which the other programs are measured, in seconds. */
const SECONDS = 5;
/** Open probes on both sides: the defaults differ, so both are set. */
const AT_ONCE = 100;
const HOST = 'www.example.test';
const SILENT_SHARE = 10;
/** Short enough for a bench, and long enough for start-up not to matter. */
const SILENT_SECONDS = 2;

interface Server {
  readonly folder: string;
  readonly port: number;
}

async function makePair(folder: string): Promise<void> {
  const now = Date.now();
  const keys = await makeKeys('ecdsa-p256');
  const authority = await makeAuthority('Bench CA', keys, now);
  const own = await makeKeys('ecdsa-p256');
  const signer = { certificate: authority, key: keys.privateKey };
  const leaf = await makeLeaf({ dnsNames: [HOST], validityDays: 90, keys: own, signer, now });
  writeFileSync(join(folder, 'ca.crt'), authority.toString());
  writeFileSync(join(folder, 'www.crt'), leaf.toString());
  writeFileSync(join(folder, 'www.key'), keyPem(own.privateKey), { mode: 0o600 });
}

/** Writes a project of Domains at the server; every tenth at the other port, if one is given. */
function project({ folder, port }: Server, name: string, silentPort?: number): string {
  const place = join(folder, name);
  mkdirSync(join(place, 'desired'), { recursive: true });
  const probe = `{ concurrency: ${AT_ONCE}, handshakeSeconds: ${SILENT_SECONDS} }`;
  writeFileSync(
    join(place, 'fettle.yaml'),
    `name: bench\ndesired: [desired/]\nplugins:\n  certificates: { probe: ${probe} }\n`,
  );
  const document = (i: number): string => {
    const at = silentPort !== undefined && i % SILENT_SHARE === 0 ? silentPort : port;
    return `apiVersion: certificates/v1
kind: Domain
metadata: { name: d${i} }
spec: { host: ${HOST}, address: 127.0.0.1, port: ${at}, trust: [../../ca.crt], keyTypes: [ecdsa] }
`;
  };
  const documents = Array.from({ length: DOMAINS }, (_, i) => document(i));
  writeFileSync(join(place, 'desired', 'domains.yaml'), documents.join('---\n'));
  return place;
}

interface Look {
  readonly spent: Spent;
  /** Time of the refresh and the comparison alone, without reading the documents. */
  readonly lookSeconds: number;
}

function drift({ dist }: Places, place: string, problems: number): Look {
  const spent = timed([process.execPath, join(dist, 'cli.js'), 'drift', '--json'], place);
  const events = spent.stdout.split('\n').filter((line) => line !== '');
  const complete = events.find((line) => line.includes('"refresh_complete"'));
  if (complete === undefined) throw new Error('drift did not refresh');
  const { hook } = JSON.parse(complete) as {
    readonly hook: { readonly seen: number; readonly gaps: number; readonly elapsed_seconds: number };
  };
  const found = events.filter(
    (line) => line.includes('"severity":"error"') || line.includes('"@level":"error"'),
  ).length;
  if (hook.seen !== DOMAINS || hook.gaps !== 0 || (problems === 0 && found > 0))
    throw new Error(`drift saw ${hook.seen} of ${DOMAINS}, ${hook.gaps} gaps and ${found} problems`);
  return { spent, lookSeconds: hook.elapsed_seconds };
}

/** Handshakes per second of CPU time. */
function openssl({ folder, port }: Server): number {
  const argv = ['openssl', 's_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', String(SECONDS)];
  const { stdout, cpu } = timed(argv, folder);
  const count = Number(/(\d+) connections in [\d.]+ real seconds/u.exec(stdout)?.[1]);
  return count / cpu;
}

interface Exporter {
  readonly rate: () => number;
  readonly stop: () => void;
}

/** Debian's blackbox_exporter for the same server, and `wrk` to ask it. */
async function startExporter({ folder, port }: Server): Promise<Exporter> {
  const own = await freePort();
  writeFileSync(
    join(folder, 'blackbox.yml'),
    `modules:
  tls:
    prober: tcp
    timeout: 5s
    tcp: { tls: true, tls_config: { ca_file: ${join(folder, 'ca.crt')}, server_name: ${HOST} } }
`,
  );
  const argv = [`--config.file=${join(folder, 'blackbox.yml')}`, `--web.listen-address=127.0.0.1:${own}`];
  const child = spawn('prometheus-blackbox-exporter', [...argv, '--log.level=error'], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const url = `http://127.0.0.1:${own}/probe?target=127.0.0.1:${port}&module=tls`;
  const works = async (): Promise<boolean> =>
    fetch(url).then(
      async (answer) => (await answer.text()).includes('\nprobe_success 1\n'),
      () => false,
    );
  for (let tries = 0; !(await Promise.race([works(), failed])); tries += 1) {
    if (tries > 100) throw new Error('blackbox_exporter does not reach the server');
    await sleep(50);
  }
  return {
    rate: () => {
      const { stdout } = timed(['wrk', '-t1', `-c${AT_ONCE}`, `-d${SECONDS}s`, url], folder);
      if (/Non-2xx|Socket errors/u.test(stdout)) throw new Error(`wrk: ${stdout}`);
      return Number(/Requests\/sec:\s*([\d.]+)/u.exec(stdout)?.[1]);
    },
    stop: () => void child.kill(),
  };
}

function probeRows(places: Places, server: Server, exporter: Exporter): readonly Row[] {
  const place = project(server, 'healthy');
  const rounds = Array.from({ length: ROUNDS }, () => {
    const theirs = { cpu: openssl(server), rate: exporter.rate() };
    const ours = drift(places, place, 0);
    return {
      ours: { cpu: DOMAINS / ours.spent.cpu, rate: DOMAINS / ours.lookSeconds },
      theirs,
    };
  });
  const row = (figure: string, target: number, kind: 'cpu' | 'rate', unit: string): Row =>
    atLeastRow(
      figure,
      target,
      median(rounds.map(({ ours, theirs }) => ours[kind] / theirs[kind])),
      `${Math.round(median(rounds.map(({ ours }) => ours[kind])))} over ${Math.round(median(rounds.map(({ theirs }) => theirs[kind])))} ${unit}, medians of ${ROUNDS}`,
    );
  return [
    row('drift of 10,000 Domains over openssl s_time: probes by CPU time', 0.9, 'cpu', 'per CPU second'),
    row('refresh of 10,000 Domains over blackbox_exporter: probes by the clock', 1.2, 'rate', 'per second'),
  ];
}

/** A server that accepts connections and never answers. */
async function startSilent(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const text = `const s = require('node:net').createServer(() => {}).listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ['-e', text], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())));
  });
  return { port, stop: () => void child.kill() };
}

async function silentRows(places: Places, server: Server): Promise<readonly Row[]> {
  const silent = await startSilent();
  try {
    const healthy = DOMAINS / drift(places, join(server.folder, 'healthy'), 0).lookSeconds;
    const { spent } = drift(places, project(server, 'silent', silent.port), 1);
    const waiting = ((DOMAINS / SILENT_SHARE) * SILENT_SECONDS) / AT_ONCE;
    const ideal = Math.max((DOMAINS - DOMAINS / SILENT_SHARE) / healthy, waiting);
    return [
      ratioRow(
        'drift of 10,000 Domains, a tenth of them silent, over the waiting alone: time',
        1.3,
        spent.wall / ideal,
        `${fixed(spent.wall)} s over ${fixed(ideal)} s`,
      ),
    ];
  } finally {
    silent.stop();
  }
}

export async function probesRows(places: Places): Promise<readonly Row[]> {
  const folder = join(places.folder, 'probes');
  mkdirSync(folder);
  await makePair(folder);
  const port = await freePort();
  let nginx: Daemon | undefined;
  let exporter: Exporter | undefined;
  try {
    const server = { folder, port };
    nginx = await startNginx(
      folder,
      `server { listen 127.0.0.1:${port} ssl backlog=4096; server_name ${HOST}; ssl_certificate www.crt; ssl_certificate_key www.key; ssl_protocols TLSv1.3; ssl_session_cache off; return 204; }`,
      [port],
      'auto',
    );
    exporter = await startExporter(server);
    return [...probeRows(places, server, exporter), ...(await silentRows(places, server))];
  } finally {
    exporter?.stop();
    await nginx?.stop();
  }
}
