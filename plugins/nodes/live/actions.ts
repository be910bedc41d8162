/** Polls actions of the provider until each has ended, several in one request. */

import { type ApiAction, actionShape } from './answers.ts';
import { ApiError, type Client, list, object } from '#plugin/http';
import { shortLine } from '#plugin';
import { raced } from '#plugin/deadline';

/** Maximum number of ids in one request. Some gateways refuse longer addresses. */
const CHUNK = 25;
const FIRST_MS = 500;
const GROWTH = 1.5;
const LONGEST_MS = 5000;
/** Number of consecutive answers without an action after which the action is given up. */
const MOST_MISSES = 3;

/** An action ended with an error, or the provider no longer knows it. */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  /** The provider's code, such as `action_failed`; `unknown_action` if the provider does not know the action. */
  readonly code: string;

  constructor(what: string, code: string, message: string) {
    super(`${what}: ${message}`.slice(0, 1000));
    this.code = code;
  }
}

export interface ActionWaiter {
  /**
   * Waits until all of these have succeeded. Throws an ActionError if one has not, an ApiError if they cannot be polled,
   * and the signal's reason when that fires; the action itself then continues.
   */
  readonly finished: (what: string, actions: readonly ApiAction[], signal: AbortSignal) => Promise<void>;
}

interface Waited {
  readonly settle: Set<(result: ApiAction | Error) => void>;
  misses: number;
}

const answerShape = object({ actions: list(actionShape) });

function chunksOf(ids: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, index) =>
    ids.slice(index * CHUNK, (index + 1) * CHUNK),
  );
}

function failureOf(what: string, action: ApiAction): ActionError {
  const code = action.error?.code ?? 'unknown';
  const said = action.error?.message ?? 'the API gave no reason';
  return new ActionError(
    what,
    shortLine(code),
    `the action ${shortLine(action.command)} failed: ${shortLine(said)} (${shortLine(code)})`,
  );
}

export function actionWaiter(client: Client): ActionWaiter {
  const waited = new Map<number, Waited>();
  let tries = 0;
  /** Aborts the polling when no caller is waiting. */
  let asking: AbortController | undefined;

  function settle(id: number, result: ApiAction | Error): void {
    const entry = waited.get(id);
    waited.delete(id);
    for (const each of entry?.settle ?? []) each(result);
  }

  function miss(id: number): void {
    const entry = waited.get(id);
    if (entry === undefined) return;
    entry.misses += 1;
    if (entry.misses >= MOST_MISSES)
      settle(id, new ActionError(`action ${id}`, 'unknown_action', 'the API no longer knows the action'));
  }

  async function askFor(ids: readonly number[], signal: AbortSignal): Promise<void> {
    try {
      const query = ids.map((id) => ['id', String(id)] as const);
      const what = ids.length === 1 ? `ask for action ${ids[0]}` : `ask for ${ids.length} actions`;
      const { actions } = await client.call(
        { what, method: 'GET', path: '/actions', query, shape: answerShape },
        signal,
      );
      const seen = new Map(actions.map((action) => [action.id, action]));
      for (const id of ids) {
        const action = seen.get(id);
        if (action === undefined) miss(id);
        else if (action.status !== 'running') settle(id, action);
      }
    } catch (error) {
      if (signal.aborted) return;
      for (const id of ids) settle(id, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async function ask(signal: AbortSignal): Promise<void> {
    while (waited.size > 0 && !signal.aborted) {
      const chunks = chunksOf([...waited.keys()]);
      const pause = Math.min(LONGEST_MS, FIRST_MS * GROWTH ** tries);
      tries += 1;
      // Polling many actions must not use up the rate that the changes themselves need.
      await client.timing.sleep(Math.max(pause, FIRST_MS * chunks.length), signal);
      await Promise.all(chunksOf([...waited.keys()]).map((ids) => askFor(ids, signal)));
    }
  }

  function ensureAsking(): void {
    tries = 0;
    if (asking !== undefined) return;
    const own = new AbortController();
    asking = own;
    void ask(own.signal)
      .catch((error: unknown) => {
        // Otherwise their callers would wait forever.
        if (own.signal.aborted) return;
        for (const id of waited.keys()) settle(id, error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        if (asking === own) asking = undefined;
        // A caller may have joined while the loop ended.
        if (waited.size > 0 && asking === undefined) ensureAsking();
      });
  }

  async function outcome(id: number, signal: AbortSignal): Promise<ApiAction> {
    const entry = waited.get(id) ?? { settle: new Set(), misses: 0 };
    const ended = Promise.withResolvers<ApiAction>();
    const done = (result: ApiAction | Error): void => {
      if (result instanceof Error) ended.reject(result);
      else ended.resolve(result);
    };
    signal.throwIfAborted();
    entry.settle.add(done);
    waited.set(id, entry);
    ensureAsking();
    try {
      return await raced(ended.promise, signal);
    } finally {
      entry.settle.delete(done);
      if (entry.settle.size === 0 && waited.get(id) === entry) waited.delete(id);
      if (waited.size === 0) asking?.abort(new Error('no caller is waiting'));
    }
  }

  return {
    finished: async (what, actions, signal) => {
      // When one of them is given up, waiting for the others ends too.
      const own = new AbortController();
      const either = AbortSignal.any([signal, own.signal]);
      try {
        await Promise.all(
          actions.map(async (action) => {
            const ended = action.status === 'running' ? await outcome(action.id, either) : action;
            if (ended.status !== 'success') throw failureOf(what, ended);
          }),
        );
      } catch (error) {
        if (error instanceof ActionError && error.code === 'unknown_action')
          throw new ActionError(what, error.code, error.message);
        if (error instanceof ApiError)
          throw new ActionError(what, error.code, `its outcome is unknown: ${error.message}`);
        throw error;
      } finally {
        own.abort(new Error('waiting has ended'));
      }
    },
  };
}
