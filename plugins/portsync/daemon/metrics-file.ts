/** The metrics in `metrics.json` of the state folder: kept over restarts, and never a reason not to start. */

import { join } from 'node:path';
import { errorText } from '#plugin';
import { type Metrics, metricsFrom, NO_METRICS } from './metrics.ts';
import { readOwn, replaceOwn, setAsideOwn, type WriteOptions } from './own-folder.ts';
import { NO_TOTALS, type Totals, totalsFrom } from './runtime.ts';
import { METRICS_FILE, type StateFolder } from './state-file.ts';

const LIMIT_BYTES = 1 << 20;
const VERSION = 1;

/** Metrics of the warm restart, and totals of the running daemon. */
export interface KeptMetrics {
  readonly metrics: Metrics;
  readonly totals: Totals;
}

export const NO_KEPT_METRICS: KeptMetrics = { metrics: NO_METRICS, totals: NO_TOTALS };

export interface LoadedMetrics extends KeptMetrics {
  /** Sentences about a file that was not used. */
  readonly warnings: readonly string[];
}

function keptFrom(text: string): KeptMetrics | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, warm_restart, runtime } = value as Readonly<Record<string, unknown>>;
  const metrics = metricsFrom(warm_restart);
  const totals = totalsFrom(runtime);
  return version === VERSION && metrics !== undefined && totals !== undefined ? { metrics, totals } : undefined;
}

/** Reads the metrics without changing anything; undefined if the file is damaged. */
export async function readMetrics({ path }: Pick<StateFolder, 'path'>): Promise<KeptMetrics | undefined> {
  const file = await readOwn(join(path, METRICS_FILE), LIMIT_BYTES);
  if (file.status === 'missing') return NO_KEPT_METRICS;
  return file.status === 'read' ? keptFrom(file.text) : undefined;
}

/** Loads the metrics of the last run. A damaged file is set aside, and all values start at 0. */
export async function loadMetrics(folder: StateFolder): Promise<LoadedMetrics> {
  const kept = await readMetrics(folder);
  if (kept !== undefined) return { ...kept, warnings: [] };
  const warnings = [`${METRICS_FILE} is damaged; all metrics start at 0`];
  try {
    await setAsideOwn(folder.path, METRICS_FILE);
  } catch (error) {
    warnings.push(`${METRICS_FILE} cannot be set aside: ${errorText(error)}`);
  }
  return { ...NO_KEPT_METRICS, warnings };
}

/** Replaces the file. `now`: epoch ms. */
export async function saveMetrics(
  { path }: Pick<StateFolder, 'path'>,
  { metrics, totals }: KeptMetrics,
  now: number,
  options?: WriteOptions,
): Promise<void> {
  const content = {
    version: VERSION,
    saved_at: Math.floor(now / 1000),
    warm_restart: metrics,
    runtime: totals,
  };
  await replaceOwn(path, METRICS_FILE, `${JSON.stringify(content, null, 2)}\n`, options);
}
