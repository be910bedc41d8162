/** What a command gets of the process it runs in: everything from outside comes through here, so that tests can pass their own. */

import type { Output } from './output.ts';
import type { PluginLoaders } from './plugins.ts';

export interface Shell {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Opened when it is asked for: a command that reads nothing leaves standard input alone. */
  readonly stdin: () => NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: () => string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Hears of SIGINT and SIGTERM, which then end nothing by themselves; the result stops hearing. */
  readonly onSignal: (take: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => never;
  /** In place of the plugins that fettle comes with. */
  readonly plugins?: PluginLoaders;
}

/** One command line: what it answers is the exit code. */
export type Main = (argv: readonly string[], shell: Shell) => Promise<number>;
