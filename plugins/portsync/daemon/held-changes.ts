/** Takes held changes of the switch back that were not confirmed: the daemon's part of `confirm`. */

import { errorText } from '#plugin';
import { newId } from '../confirm/hold.ts';
import { type HoldDatabases, type Tended, tendTakeBacks } from '../confirm/redis-hold.ts';
import { CLIENT_NAME } from './session.ts';

/** Time after which a daemon that ended no longer counts: several intervals. */
const HOLDER_MS = 5_000;

export interface HeldChanges {
  /** Accepts the held change, and takes back the one that is due. To be called at the start and then every second. */
  readonly tend: (signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

function tendedText({ ports, done: { kept } }: Tended): string {
  const others = kept.length === 0 ? '' : `. Others changed ${kept.join(', ')}, which stay`;
  return `the change of ${ports.join(', ')} was taken back, because it was not confirmed in time${others}`;
}

/** Tends the held changes over connections of its own; after a failure, the next call makes new ones. */
export function heldChanges(
  open: (signal: AbortSignal) => Promise<HoldDatabases>,
  say: (line: string) => void,
): HeldChanges {
  const name = `${CLIENT_NAME}-${newId()}`;
  let databases: HoldDatabases | undefined;
  const close = (): void => {
    databases?.close();
    databases = undefined;
  };
  return {
    close,
    tend: async (signal) => {
      try {
        databases ??= await open(signal);
        const tended = await tendTakeBacks(databases, name, HOLDER_MS, signal);
        if (tended !== undefined) say(tendedText(tended));
      } catch (error) {
        close();
        throw new Error(`held changes cannot be taken back: ${errorText(error)}`, { cause: error });
      }
    },
  };
}
