/** The metrics that real runs expose: their names, types and labels, and what promtool says about their text. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { eventsOf, INTAKE_RESULTS } from '../../src/serve/intake.ts';
import { serveMetrics } from '../../src/serve/metrics.ts';
import type { MeasuredPlugin } from '../../src/serve/metric-families.ts';
import { builtinPlugins } from '../../src/plugins.ts';
import { bareEnvironment, cliFile, temporaryFolder, writeFiles } from '../support/cli.ts';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/u;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gu;

/** The series in a text of metrics. */
export function seriesIn(text: string): readonly Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
      return {
        name,
        labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text])),
        value: Number(value),
      };
    });
}

/** The types in a text of metrics, by name. */
export function typesIn(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gmu)].map(([, name = '', type = '']) => [name, type]));
}

/** The complaints of `promtool check metrics`. */
export function complaintsAbout(text: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  return status === 0 || lines.length > 0 ? lines : [`promtool ended with ${status}`];
}

/** The parts of the plugins that metrics depend on, as the daemon has them. */
async function measuredPlugins(): Promise<readonly MeasuredPlugin[]> {
  return Promise.all(
    [...builtinPlugins].map(async ([name, load]) => {
      const plugin = await load();
      const { families = [] } = (await plugin.metrics?.()) ?? {};
      return { name, families, tables: plugin.tables, watches: plugin.watchers !== undefined };
    }),
  );
}

async function resultsOfEvents(): Promise<readonly string[]> {
  const events = await eventsOf(builtinPlugins);
  return [...[...events.values()].flatMap(({ results }) => results), ...INTAKE_RESULTS];
}

/** The metrics of a daemon before its first round. */
export async function metricsAtStart(
  change: Partial<Parameters<typeof serveMetrics>[0]> = {},
): Promise<ReturnType<typeof serveMetrics>> {
  return serveMetrics({
    projects: ['shop'],
    permissions: [],
    intervalMs: 300_000,
    results: await resultsOfEvents(),
    plugins: await measuredPlugins(),
    watch: true,
    compat: true,
    mostSeries: 2000,
    startedAt: Date.now(),
    ...change,
  });
}

const DOCUMENTS = `apiVersion: certificates/v1
kind: Issuer
metadata: { name: internal }
spec: { localCa: { dir: ../ca, commonName: "Internal CA" } }
---
apiVersion: certificates/v1
kind: Issuer
metadata: { name: public }
# An address of a denied network: the account cannot be created.
spec: { acme: { directory: "https://169.254.0.1/directory", accountKey: ../acme/account.key } }
---
apiVersion: certificates/v1
kind: Certificate
metadata: { name: www }
spec:
  issuer: internal
  dnsNames: [www.example.test]
  storage: { file: { certificate: ../tls/www.crt, key: ../tls/www.key } }
---
apiVersion: certificates/v1
kind: Domain
metadata: { name: www }
spec: { host: localhost, port: 1, certificate: www }
`;
const HOST = `apply: [{ plugin: certificates, steps: ["absent>ready", "absent>normal"], causes: [new] }]\ninterval: 1h\n`;

/** The metrics of a daemon after its second round. */
export async function scraped(hostYaml = HOST): Promise<string> {
  const folder = join(temporaryFolder(), 'shop');
  mkdirSync(folder);
  writeFiles(folder, { 'fettle.yaml': 'name: shop\nstore: .fettle\n', 'desired/all.yaml': DOCUMENTS });
  const file = join(temporaryFolder(), 'serve.yaml');
  writeFileSync(file, hostYaml);
  const child = spawn(process.execPath, [cliFile, 'serve', '--listen', '127.0.0.1:0', '--serve-config', file], {
    cwd: folder,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const heard = (text: RegExp): Promise<void> =>
    vi.waitFor(
      () => {
        if (!text.test(said)) throw new Error(`${text.source} is not in: ${said}`);
      },
      { timeout: 60_000, interval: 100 },
    );
  try {
    await heard(/listening on/u);
    const at = `http://127.0.0.1:${/port (\d+)/u.exec(said)?.[1]}`;
    await heard(/shop: .*done/u);
    await fetch(`${at}/-/reload`, { method: 'POST' });
    await heard(/shop: .*done[^]*shop: 3 resources/u);
    return await (await fetch(`${at}/metrics`)).text();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
}
