/**
 * One change of one server: looked at first, called for once, awaited, and looked at again where nobody knows.
 */

import type { Json } from '#plugin';
import type { Call } from '../world.ts';
import { ActionError, type ActionWaiter } from './actions.ts';
import { type ApiAction, type ApiServer, actionShape, begunShape } from './answers.ts';
import { ApiError, type Client } from '#plugin/http';
import { listAll } from './pages.ts';
import { type Account, getServer } from './reader.ts';
import { defined } from '#plugin';

/** An account that is written to. */
export interface Writable extends Account {
  readonly actions: ActionWaiter;
}

/** How often a server that is locked by nothing that is listed is looked at, in ms. */
const LOCK_LOOK_MS = 2000;

/** One thing that a server is to become. */
export interface Change {
  /** In words: `attach server 42 to network inside`. */
  readonly what: string;
  /** Whether it is so already. */
  readonly isDone: (server: ApiServer) => boolean;
  /** The call that begins it. */
  readonly path: string;
  readonly body?: Json;
  /** Making the call twice does no harm. */
  readonly safe: boolean;
  readonly secrets?: readonly string[];
}

/** The server; throws where there is none. */
export async function presentServer(account: Account, id: number, signal: AbortSignal): Promise<ApiServer> {
  const server = await getServer(account, id, signal);
  if (server === undefined) throw new Error(`there is no server ${id} any more`);
  return server;
}

async function runningOn(
  { client }: { readonly client: Client },
  id: number,
  signal: AbortSignal,
): Promise<readonly ApiAction[]> {
  const what = `list what runs on server ${id}`;
  const query = [['status', 'running']] as const;
  return listAll(client, { what, path: `/servers/${id}/actions`, query, member: 'actions', item: actionShape }, signal);
}

/** The server once nothing runs on it any more, whoever began it, and however it ended. */
export async function settledServer(writable: Writable, id: number, call: Call): Promise<ApiServer> {
  for (;;) {
    const server = await presentServer(writable, id, call.signal);
    if (!server.locked) return server;
    call.progress('waiting for what runs on it');
    const running = await runningOn(writable, id, call.signal);
    if (running.length === 0) await writable.client.timing.sleep(LOCK_LOOK_MS, call.signal);
    else
      await writable.actions.finished(`wait for server ${id}`, running, call.signal).catch((error: unknown) => {
        // How it ended shows in the next look.
        if (!(error instanceof ActionError)) throw error;
      });
  }
}

/** Makes a call that begins actions, and waits until they have ended. */
export async function begin(
  { client, actions }: Writable,
  { what, path, body, safe, secrets }: Omit<Change, 'isDone'>,
  call: Call,
): Promise<void> {
  const begun = await client.call(
    defined({ what, method: 'POST', path, shape: begunShape, safe, body, secrets }),
    call.signal,
  );
  const all = [...(begun.action === undefined ? [] : [begun.action]), ...(begun.actions ?? [])];
  const [first] = all;
  if (first !== undefined) call.progress(`waiting for ${first.command}`);
  await actions.finished(what, all, call.signal);
}

/** Makes one change, unless it is so already. `known` spares a look. Throws where it could not be made, or nobody knows. */
export async function makeChange(
  writable: Writable,
  id: number,
  change: Change,
  call: Call,
  known?: ApiServer,
): Promise<void> {
  const seen = known ?? (await presentServer(writable, id, call.signal));
  const before = seen.locked ? await settledServer(writable, id, call) : seen;
  if (change.isDone(before)) return;
  try {
    await begin(writable, change, call);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ActionError)) throw error;
    // It may have happened all the same: an answer was lost, or an earlier try was only slow.
    if (change.isDone(await settledServer(writable, id, call))) return;
    throw error;
  }
}
