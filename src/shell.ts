/** The process of a command as an argument: output, input, environment, clock and signals. Tests pass their own. */

import type { Output } from './output.ts';
import type { PluginLoaders } from './plugins.ts';

export interface Shell {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Opens standard input. Only called by commands that read it. */
  readonly stdin: () => NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: () => string;
  /** Epoch ms. */
  readonly now: () => number;
  /**
   * Handles SIGINT and SIGTERM instead of the default, which ends the process. Returns a function that ends the
   * handling.
   */
  readonly onSignal: (take: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
  /** Handles SIGHUP instead of the default, which ends the process. Returns a function that ends the handling. */
  readonly onHangup?: (take: () => void) => () => void;
  /** Path of the program, for processes that a command starts. */
  readonly program?: string;
  /** Sends a message to the process that started this one; absent without such a channel. */
  readonly toParent?: (message: object) => Promise<void>;
  /** Waits for the first message of the process that started this one; absent without such a channel. */
  readonly fromParent?: () => Promise<unknown>;
  /** The messages of the process that started this one, until it ends; absent without such a channel. */
  readonly messages?: () => AsyncIterable<unknown>;
  /** Settles when the process that started this one has ended; absent without a channel to it. */
  readonly parentEnded?: () => Promise<void>;
  /** Plugins instead of the built-in ones. */
  readonly plugins?: PluginLoaders;
}

/** Runs one command line. Returns the exit code. */
export type Main = (argv: readonly string[], shell: Shell) => Promise<number>;
