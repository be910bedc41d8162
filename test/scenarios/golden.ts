/** Golden output: what differs from run to run is replaced, and what is left is held against a file. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

/** Instants as they are printed. */
export const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/gu;

/** Folders of scenarios, by name. */
export function scenarioNames(wanted: (name: string) => boolean): readonly string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter(wanted)
    .sort();
}

/** Without folder, hashes, who runs it and how long it took; times are left. */
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

/** `FETTLE_UPDATE_GOLDEN=1` writes the output of now; then read the difference. */
export function expectGolden(dir: string, output: string): void {
  const golden = join(dir, 'expected.txt');
  if (process.env['FETTLE_UPDATE_GOLDEN'] === '1') writeFileSync(golden, output);
  expect(output).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}
