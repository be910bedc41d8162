/**
 * Prints the speed of the built CLI against its references, with the targets: `npm run bench`.
 *
 * Every figure is a difference or ratio of two programs run in turns, so it is the same on a fast machine and a slow one. A
 * missed target never fails the command: a shared machine is not a judge. If a terraform binary is installed, its figures
 * for the same work are printed too; `npm run bench -- --terraform` adds 10,000 resources, which take Terraform minutes.
 * `npm run bench -- --only probes` measures the figures with that word in their name.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { acmePlanRows } from './bench/acme-plan.ts';
import { acmeRows } from './bench/acme.ts';
import { applyRows, judgeRows, type Places, planRows as fleetRows } from './bench/fleet.ts';
import { applyPortsRows } from './bench/apply-ports.ts';
import { idleRoundRows } from './bench/idle-round.ts';
import { intakeRows } from './bench/intake.ts';
import { scrapeRows } from './bench/scrape.ts';
import { issueRows } from './bench/issue.ts';
import { linksRows } from './bench/links.ts';
import { longLogRows } from './bench/long-log.ts';
import { interleave, median, type Sample, writeUsageHook } from './bench/measure.ts';
import { emulatedClusterRows, kubernetesRows } from './bench/fabric.ts';
import { nodesRows } from './bench/nodes.ts';
import { portsyncRows } from './bench/portsync.ts';
import { portsyncDaemonRows } from './bench/portsync-daemon.ts';
import { pagesRows } from './bench/pages.ts';
import { probesRows } from './bench/probes.ts';
import { fixed, ratioRow, type Row } from './bench/rows.ts';
import { sonicRows } from './bench/sonic.ts';
import { terraformRows } from './bench/terraform.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const node = process.execPath;
const starts = 40;
const validations = 7;
const appends = 5;

function versionRows(folder: string): readonly Row[] {
  const empty = { argv: [node, join(folder, 'empty.js')], cwd: folder };
  const cli = { argv: [node, join(dist, 'cli.js'), 'version'], cwd: folder };
  return [startRow('fettle version over an empty script', 15, interleave({ empty, cli }, starts))];
}

function planRows(folder: string): readonly Row[] {
  const project = join(folder, 'plan');
  mkdirSync(join(project, 'desired'), { recursive: true });
  writeFileSync(join(project, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\n');
  const items = Array.from({ length: 20 }, (_, index) =>
    document('bench/v1', 'Item', `item-${index}`, `{ size: ${index} }`),
  );
  writeFileSync(join(project, 'desired', 'items.yaml'), items.join('---\n'));
  const empty = { argv: [node, join(folder, 'empty.js')], cwd: folder };
  const cli = { argv: [node, join(dist, 'bench', 'cli.js'), 'plan'], cwd: project };
  return [startRow('plan of 20 resources over an empty script', 45, interleave({ empty, cli }, starts))];
}

function validateRows(folder: string): readonly Row[] {
  const project = join(folder, 'validate');
  const desired = join(project, 'desired');
  mkdirSync(desired, { recursive: true });
  writeFileSync(join(project, 'fettle.yaml'), 'name: bench\ndesired: [desired/]\n');
  for (let file = 0; file < 10; file += 1) {
    const domains = Array.from({ length: 1000 }, (_, index) => {
      const name = `host-${file}-${index}`;
      return document(
        'certificates/v1',
        'Domain',
        name,
        `\n  host: ${name}.example.test\n  port: 443\n  expiryWarnDays: 30`,
      );
    });
    writeFileSync(join(desired, `domains-${file}.yaml`), domains.join('---\n'));
  }
  const hook = writeUsageHook(folder);
  const yaml = { argv: [node, join(dist, 'bench', 'parse.js'), desired], cwd: project };
  const cli = { argv: [node, join(dist, 'cli.js'), 'validate'], cwd: project };
  const samples = interleave({ yaml, cli }, validations, hook);
  const time = { yaml: median(samples.yaml.map(ms)), cli: median(samples.cli.map(ms)) };
  const peak = { yaml: median(samples.yaml.map(mib)), cli: median(samples.cli.map(mib)) };
  const what = 'validate of 10,000 Domains over yaml alone';
  return [
    ratioRow(
      `${what}: time`,
      1.6,
      time.cli / time.yaml,
      `${fixed(time.cli)} ms over ${fixed(time.yaml)} ms, medians of ${validations}`,
    ),
    ratioRow(
      `${what}: peak memory`,
      1.5,
      peak.cli / peak.yaml,
      `${fixed(peak.cli)} MiB over ${fixed(peak.yaml)} MiB, medians of ${validations}`,
    ),
  ];
}

/** For information: the rate depends on the disk, so the reference is writes of the same size to the same disk. */
function durableRow(folder: string, program: string, figure: string, things: string): Row {
  const rounds = Array.from({ length: appends }, (_, round) => {
    const place = join(folder, `${program}-${round}`);
    mkdirSync(place);
    const said = execFileSync(node, [join(dist, 'bench', `${program}.js`), place], { encoding: 'utf8' });
    return JSON.parse(said) as {
      readonly count: number;
      readonly durableMs: number;
      readonly plainMs: number;
      readonly cpuMs?: number;
    };
  });
  const rate = median(rounds.map(({ count, durableMs }) => (count / durableMs) * 1000));
  const ratio = median(rounds.map(({ durableMs, plainMs }) => durableMs / plainMs));
  const cpu = median(rounds.map(({ count, cpuMs = Number.NaN }) => (cpuMs / count) * 1000));
  return {
    figure,
    measured: `${ratio.toFixed(2)} x`,
    target: '',
    verdict: '',
    detail: `${Math.round(rate)} ${things}/s${Number.isNaN(cpu) ? '' : `, ${Math.round(cpu)} µs of CPU each`}, medians of ${appends}`,
  };
}

function document(apiVersion: string, kind: string, name: string, spec: string): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec: ${spec}\n`;
}

function startRow(
  figure: string,
  limitMs: number,
  samples: { readonly empty: readonly Sample[]; readonly cli: readonly Sample[] },
): Row {
  const empty = median(samples.empty.map(ms));
  const cli = median(samples.cli.map(ms));
  return {
    figure,
    measured: `+ ${fixed(cli - empty)} ms (${(cli / empty).toFixed(2)} x)`,
    target: `+ ${limitMs} ms`,
    verdict: cli - empty <= limitMs ? 'ok' : 'over',
    detail: `${fixed(cli)} ms over ${fixed(empty)} ms, medians of ${samples.cli.length}`,
  };
}

const ms = (sample: Sample): number => sample.ms;
const mib = (sample: Sample): number => (sample.peakKib ?? Number.NaN) / 1024;

/** Measures one figure; a program that fails becomes a row, and the other figures go on. */
async function attempt(figure: string, take: () => readonly Row[] | Promise<readonly Row[]>): Promise<readonly Row[]> {
  const only = process.argv[process.argv.indexOf('--only') + 1];
  if (process.argv.includes('--only') && !figure.includes(only ?? '')) return [];
  try {
    return await take();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return [{ figure, measured: '', target: '', verdict: 'failed', detail }];
  }
}

function table(rows: readonly Row[]): string {
  const head: Row = { figure: 'figure', measured: 'measured', target: 'target', verdict: '', detail: 'of' };
  const columns = ['figure', 'measured', 'target', 'verdict', 'detail'] as const;
  const widths = columns.map((column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row: Row): string =>
    columns
      .map((column, index) => row[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

// On the project's disk: a temporary folder may be in memory, where durable writes are free.
const folder = join(root, '.bench', String(process.pid));
mkdirSync(folder, { recursive: true });
try {
  writeFileSync(join(folder, 'empty.js'), '');
  const places: Places = { dist, folder };
  const rows = [
    ...(await attempt('fettle version', () => versionRows(folder))),
    ...(await attempt('plan of 20 resources', () => planRows(folder))),
    ...(await attempt('validate of 10,000 Domains', () => validateRows(folder))),
    ...(await attempt('append of records', () => [
      durableRow(folder, 'append', 'append of records in groups of ten over plain writes', 'records'),
    ])),
    ...(await attempt('deposit of entries', () => [
      durableRow(folder, 'deposit', 'deposit of entries, 64 at once, over plain writes', 'entries'),
    ])),
    ...(await attempt('intake of events', () => intakeRows(places))),
    ...(await attempt('plan of 10,000 unchanged', () => fleetRows(places))),
    ...(await attempt('pages', () => Promise.resolve(pagesRows()))),
    ...(await attempt('pages of a long log', () => longLogRows(folder))),
    ...(await attempt('idle round of serve', () => idleRoundRows(places))),
    ...(await attempt('scrape of metrics', () => scrapeRows())),
    ...(await attempt('apply of 10,000 steps', () => applyRows(places))),
    ...(await attempt('one action judged again', () => judgeRows(places))),
    ...(await attempt('certificates issued', () => issueRows(places))),
    ...(await attempt('acme', () => acmeRows(places))),
    ...(await attempt('plan of certificates by acme', () => acmePlanRows(places))),
    ...(await attempt('probes of Domains', () => probesRows(places))),
    ...(await attempt('plan of 1,000 servers', () => nodesRows(places))),
    ...(await attempt('plan of objects of a cluster, emulated', () => emulatedClusterRows(places))),
    ...(await attempt('plan of objects of a cluster, kube-apiserver', () => kubernetesRows(places))),
    ...(await attempt('ports of three databases', () => sonicRows(places))),
    ...(await attempt('apply of ports', () => applyPortsRows(places))),
    ...(await attempt('portsync state file', () => portsyncRows(places))),
    ...(await attempt('portsync daemon', () => portsyncDaemonRows(places))),
    ...(await attempt('links of a host', linksRows)),
    ...(await attempt('Terraform', () => terraformRows(places, process.argv.includes('--terraform')))),
  ];
  process.stdout.write(
    `Node.js ${process.version}, ${availableParallelism()} cores, NODE_EXTRA_CA_CERTS unset\n\n${table(rows)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
