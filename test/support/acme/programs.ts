/**
 * The ACME servers of the tests: Let's Encrypt's Pebble, built once of a pinned module into a cache, and Debian's older one.
 *
 * The cache is `~/.cache/fettle/pebble`, or FETTLE_PEBBLE_CACHE. A build takes a minute and needs Go 1.21 or newer. Without
 * it, tests against the pinned Pebble are skipped, but not in CI.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { goEnvironment, hasGo } from '../kubernetes/programs.ts';

const MODULE = 'github.com/letsencrypt/pebble/v2';
export const PEBBLE_VERSION = '2.10.3';
/** The sum of the module, as `go.sum` has it. */
const SUM = 'h1:Zg/Rq9T8FvNMvfLvi3k+dXmrwgDnG9neRpeaJY2hwVM=';
/** Without a network, Go waits for long. */
const BUILD_MS = 5 * 60_000;
const COMMANDS = ['pebble', 'pebble-challtestsrv'] as const;

/** Paths of the programs. */
export interface PebblePrograms {
  readonly version: string;
  readonly pebble: string;
  /** Answers the challenges. */
  readonly challenges: string;
}

function cacheFolder(): string {
  return process.env['FETTLE_PEBBLE_CACHE'] ?? join(homedir(), '.cache', 'fettle', 'pebble');
}

function programsIn(folder: string, version: string): PebblePrograms {
  const [pebble, challenges] = COMMANDS.map((command) => join(folder, command));
  return { version, pebble: pebble ?? '', challenges: challenges ?? '' };
}

/** True if a program was built of the pinned module. */
function isPinned(program: string): boolean {
  const { stdout } = spawnSync('go', ['version', '-m', program], { env: goEnvironment(), encoding: 'utf8' });
  return stdout.includes(`\tmod\t${MODULE}\tv${PEBBLE_VERSION}\t${SUM}\n`);
}

function build(folder: string): void {
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  try {
    const packages = COMMANDS.map((command) => `${MODULE}/cmd/${command}@v${PEBBLE_VERSION}`);
    execFileSync('go', ['install', ...packages], {
      env: { ...goEnvironment(), GOBIN: made },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: BUILD_MS,
    });
    for (const command of COMMANDS)
      if (!isPinned(join(made, command))) throw new Error(`${command} was not built of ${MODULE} v${PEBBLE_VERSION}`);
    // Another process may have built it meanwhile.
    if (!existsSync(folder)) renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The pinned Pebble; undefined if it is not in the cache. */
export function cachedPebble(): PebblePrograms | undefined {
  const folder = join(cacheFolder(), PEBBLE_VERSION);
  return existsSync(folder) ? programsIn(folder, PEBBLE_VERSION) : undefined;
}

/** Builds the pinned Pebble, or prints one line about why its tests are skipped. Throws in CI. */
export function preparePebble(): void {
  try {
    if (!hasGo()) throw new Error('Go is not installed');
    build(join(cacheFolder(), PEBBLE_VERSION));
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    const message = `Pebble ${PEBBLE_VERSION} cannot be built: ${why}`;
    if (process.env['CI'] !== undefined) throw new Error(message, { cause: error });
    console.warn(`${message}; its tests are skipped`);
  }
}

/** Debian's Pebble (2.4.0): without renewal information, profiles and dns-persist-01. Undefined if it is not installed. */
export function debianPebble(): PebblePrograms | undefined {
  return existsSync('/usr/bin/pebble') ? programsIn('/usr/bin', '2.4.0') : undefined;
}
