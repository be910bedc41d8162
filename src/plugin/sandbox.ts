/** The interface of an emulated world. */

import type { Json } from './types.ts';

/** A running world. */
export interface RunningWorld {
  /** Addresses and credentials, for `--json` and the table. */
  readonly addresses: { readonly [name: string]: Json };
  /** The plugin's part of the sandbox's `fettle.yaml`. */
  readonly config: { readonly [key: string]: Json };
  /** Rows of the table: name, address, purpose. */
  readonly rows: readonly { readonly name: string; readonly address: string; readonly shows: string }[];
  /** Closes every listener and connection. */
  readonly stop: () => Promise<void>;
}

export interface SandboxWorld {
  /** The key of its addresses in `--json`. */
  readonly name: string;
  /** Creates missing files in `folder`, writes documents to `folder/desired`, and starts servers. */
  readonly start: (folder: string, now: number) => Promise<RunningWorld>;
}
