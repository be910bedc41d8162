/**
 * Command lines run in this process, with a shell of the test's own: prompts, environment, colours, signals, plugins.
 */

import { PassThrough } from 'node:stream';
import { main } from '../../src/commands/main.ts';
import { CLEAR_LINE, inert } from '#plugin';
import type { Output } from '../../src/output.ts';
import type { PluginLoaders } from '../../src/plugins.ts';
import type { Shell } from '../../src/shell.ts';
import { bareEnvironment, wordsOf } from './cli.ts';

export interface Settings {
  readonly env?: NodeJS.ProcessEnv;
  /** Input at a terminal; undefined: without a terminal. */
  readonly typed?: string;
  readonly tty?: boolean;
  /** Plugins, instead of those of fettle. */
  readonly plugins?: PluginLoaders;
  /** Epoch ms. */
  readonly now?: () => number;
  /** A signal, sent as soon as a listener is added. */
  readonly signal?: 'SIGINT' | 'SIGTERM';
  /** Sends SIGINT when this signal fires. */
  readonly interrupt?: AbortSignal;
  /** Gets everything that is written to standard output so far, at each write. */
  readonly heard?: (stdout: string) => void;
}

export interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function output(isTTY: boolean, heard?: (text: string) => void): Output & { readonly text: () => string } {
  let text = '';
  return {
    isTTY,
    columns: () => (isTTY ? 100 : undefined),
    write: (more) => {
      text += isTTY && more.startsWith(CLEAR_LINE) ? more : inert(more);
      heard?.(text);
    },
    failure: () => undefined,
    text: () => text,
  };
}

/** Runs one command line in this process. */
export function fettle(folder: string, line: string, settings: Settings = {}): Promise<Done> {
  return runWords(folder, wordsOf(line), settings);
}

/**
 * Runs `fettle` in this process, in a tenth of the time of `fettle` of `cli.ts`, which starts its own: for tests that
 * do not depend on the process.
 */
export function fettleHere(folder: string, ...words: readonly string[]): Promise<Done> {
  return fettleWith({}, folder, ...words);
}

/** As `fettleHere`, with more variables. */
export function fettleWith(
  more: Readonly<Record<string, string>>,
  folder: string,
  ...words: readonly string[]
): Promise<Done> {
  return runWords(folder, words, { env: bareEnvironment(more) });
}

async function runWords(folder: string, words: readonly string[], settings: Settings): Promise<Done> {
  const stdout = output(settings.tty ?? false, settings.heard);
  const stderr = output(settings.tty ?? false);
  const stdin = Object.assign(new PassThrough(), { isTTY: settings.typed !== undefined });
  if (settings.typed !== undefined) stdin.end(settings.typed);
  const shell: Shell = {
    stdout,
    stderr,
    stdin: () => stdin as unknown as NodeJS.ReadStream,
    env: { FETTLE_DISABLE_CI_DETECTION: '1', ...settings.env },
    cwd: () => folder,
    now: settings.now ?? (() => Date.now()),
    ...(settings.plugins === undefined ? {} : { plugins: settings.plugins }),
    onSignal: (take) => {
      const { signal } = settings;
      if (signal !== undefined) setImmediate(() => take(signal));
      settings.interrupt?.addEventListener('abort', () => take('SIGINT'), { once: true });
      return () => undefined;
    },
    exit: (code) => {
      throw new Error(`exit ${code}`);
    },
  };
  const code = await main(words, shell);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const DAY_MS = 86_400_000;

/** Applies in this process as if it were `days` days ago, so that issued certificates have less time left. */
export async function applyAgo(folder: string, days: number): Promise<Done> {
  const done = await fettle(folder, 'apply --yes', { now: () => Date.now() - days * DAY_MS });
  if (done.code !== 0) throw new Error(done.stdout + done.stderr);
  return done;
}
