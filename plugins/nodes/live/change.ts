/**
 * One change of one server: reads the server, makes the call once, waits, and reads again if the outcome is unknown.
 */

import type { Json } from '#plugin';
import type { Call } from '../world.ts';
import { ActionError, type ActionWaiter } from './actions.ts';
import { type ApiAction, type ApiServer, actionShape, begunShape } from './answers.ts';
import { ApiError, type Client } from '#plugin/http';
import { listAll } from './pages.ts';
import { type Account, getServer } from './reader.ts';
import { defined } from '#plugin';

/** An account with write access. */
export interface Writable extends Account {
  readonly actions: ActionWaiter;
}

/** Interval, in ms, between reads of a server that is locked although no running action is listed. */
const LOCK_LOOK_MS = 2000;

/** One desired property of a server. */
export interface Change {
  /** A description: `attach server 42 to network inside`. */
  readonly what: string;
  /** Reports whether the server already has the property. */
  readonly isDone: (server: ApiServer) => boolean;
  /** The call that starts the change. */
  readonly path: string;
  readonly body?: Json;
  /** Set if the call can be repeated safely. */
  readonly safe: boolean;
  readonly secrets?: readonly string[];
}

/** The server; throws if it does not exist. */
export async function presentServer(account: Account, id: number, signal: AbortSignal): Promise<ApiServer> {
  const server = await getServer(account, id, signal);
  if (server === undefined) throw new Error(`server ${id} no longer exists`);
  return server;
}

async function runningOn(
  { client }: { readonly client: Client },
  id: number,
  signal: AbortSignal,
): Promise<readonly ApiAction[]> {
  const what = `list the actions of server ${id}`;
  const query = [['status', 'running']] as const;
  return listAll(client, { what, path: `/servers/${id}/actions`, query, member: 'actions', item: actionShape }, signal);
}

/** The server once no action runs on it, including actions of other clients, successful or not. */
export async function settledServer(writable: Writable, id: number, call: Call): Promise<ApiServer> {
  for (;;) {
    const server = await presentServer(writable, id, call.signal);
    if (!server.locked) return server;
    call.progress('waiting for running actions of the server');
    const running = await runningOn(writable, id, call.signal);
    if (running.length === 0) await writable.client.timing.sleep(LOCK_LOOK_MS, call.signal);
    else
      await writable.actions.finished(`wait for server ${id}`, running, call.signal).catch((error: unknown) => {
        // The next read shows the outcome.
        if (!(error instanceof ActionError)) throw error;
      });
  }
}

/** Makes a call that starts actions, and waits until they have ended. */
export async function begin(
  { client, actions }: Writable,
  { what, path, body, safe, secrets }: Omit<Change, 'isDone'>,
  call: Call,
): Promise<void> {
  const begun = await client.call(
    {
      what,
      method: 'POST',
      path,
      shape: begunShape,
      ...defined<Pick<Change, 'safe' | 'body' | 'secrets'>>({ safe, body, secrets }),
    },
    call.signal,
  );
  const all = [...(begun.action === undefined ? [] : [begun.action]), ...(begun.actions ?? [])];
  const [first] = all;
  if (first !== undefined) call.progress(`waiting for ${first.command}`);
  await actions.finished(what, all, call.signal);
}

/** Makes one change unless it is already in effect. `known` saves a read. Throws if it failed or its outcome is unknown. */
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
    // The change may have happened: the answer was lost, or an earlier attempt was slow.
    if (change.isDone(await settledServer(writable, id, call))) return;
    throw error;
  }
}
