/** What every emulated world is to the command that starts it. */

import type { Json } from './types.ts';

/** A world that is up. */
export interface RunningWorld {
  /** Addresses and credentials, for the one line of `--json` and the table. */
  readonly addresses: { readonly [name: string]: Json };
  /** The plugin's part of the sandbox's `fettle.yaml`. */
  readonly config: { readonly [key: string]: Json };
  /** What to say about it: name, address, what it shows. */
  readonly rows: readonly { readonly name: string; readonly address: string; readonly shows: string }[];
  /** Ends every listener and connection. */
  readonly stop: () => Promise<void>;
}

export interface SandboxWorld {
  /** Key of its addresses in the line of `--json`. */
  readonly name: string;
  /** Makes what is not there yet below `folder`, writes its documents to `folder/desired`, and starts its servers. */
  readonly start: (folder: string, now: number) => Promise<RunningWorld>;
}
