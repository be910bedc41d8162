/** Golden output: values that differ between runs are replaced, and the rest is compared with a file. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Printed instants. */
export const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu;

/** Folders of scenarios, by name. */
export function scenarioNames(wanted: (name: string) => boolean): readonly string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter(wanted)
    .sort();
}

/** Replaces folder, hashes, user and durations; times are kept. */
export function withoutVolatile(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'DIR')
    .replaceAll(`${userInfo().username}@${hostname()}`, 'USER@HOST')
    .replaceAll(/sha256:[0-9a-f]{64}/gu, 'sha256:HASH')
    .replaceAll(/sha256:[0-9a-f]{12}…?(?![0-9a-f])/gu, 'sha256:HASH…')
    .replaceAll(/(log head \d+:)[0-9a-f]{64}/gu, '$1HASH')
    .replaceAll(/run [0-9a-f]{16}/gu, 'run RUN')
    .replaceAll(/ after \d+\.\d s/gu, '')
    .replaceAll(/refreshed \d+ s ago/gu, 'refreshed NOW')
    .replaceAll(/(clears at \S+) \(in [^)]+\)/gu, '$1 (in …)');
}

/** Compares output with its file. `FETTLE_UPDATE_GOLDEN=1` writes the file instead: read the difference. */
export function expectGolden(dir: string, output: string): void {
  const golden = join(dir, 'expected.txt');
  if (process.env['FETTLE_UPDATE_GOLDEN'] === '1') writeFileSync(golden, output);
  expect(output).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}
