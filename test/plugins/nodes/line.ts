/** Tests on the whole line of nodes: projects that stop with their test, and their plans as text. */

import { expect, onTestFinished } from 'vitest';
import type { Plan } from '../../../src/formats/plan.ts';
import { type Ran, startWhole, type Whole } from './whole.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

type PlannedRow = Plan['resource_changes'][number];

/** The form of a row as text: its name, and the rest of an accepted one. */
export interface Shown {
  readonly name: (row: PlannedRow) => string;
  readonly rest: (row: PlannedRow) => string;
}

/** Starts a project with these documents. */
export async function start(documents: string, config: object = {}): Promise<Whole> {
  const whole = await startWhole({}, config);
  onTestFinished(() => whole.stop());
  whole.write(documents);
  return whole;
}

/** Every row as text: the accepted ones, and the others with their rules. */
export function rowsOf({ reconciled, error }: Ran, { name, rest }: Shown): readonly string[] {
  if (reconciled === undefined) throw new Error('no plan', { cause: error });
  const { resource_changes: taken, rejected_changes: rejected, deferred_changes: deferred } = reconciled.plan;
  const blocked = (word: string, rows: typeof rejected): readonly string[] =>
    rows.map(
      ({ resource_change: row, reasons }) =>
        `${word} ${name(row)} ${row.step}: ${reasons.map(({ rule }) => rule).join(', ')}`,
    );
  return [
    ...taken.map((row) => `${name(row)} ${row.step} ${rest(row)}`),
    ...blocked('REJECTED', rejected),
    ...blocked('WAITING', deferred),
  ];
}

/** Runs, checks that every action was taken, and gives the rows. */
export async function runOf(whole: Whole, shown: Shown): Promise<readonly string[]> {
  const ran = await whole.run();
  const bad = [...ran.rows.values()].filter(({ status }) => !['done', 'rejected', 'deferred'].includes(status));
  expect(bad.map(({ address, status, message }) => `${address} ${status}: ${message}`)).toEqual([]);
  return rowsOf(ran, shown);
}

/** The names of all servers. */
export function servers(whole: Whole): readonly string[] {
  return [...whole.emulator.cloud().servers.values()].map(({ name }) => name).sort();
}
