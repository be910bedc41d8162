/**
 * Apply: runs the accepted actions of a plan, and returns a row for every action.
 *
 * An action starts when the actions that it waits for are done. Independent actions run in parallel, with a limit per
 * plugin, and a failure does not stop independent actions. If the log cannot be written, no other action starts.
 */

import { groupsOf } from './group.ts';
import {
  auditOf,
  type ApplyInput,
  type Ending,
  type Moments,
  type Row,
  refusalDraft,
  sentence,
  take,
} from './action.ts';
import { beforeOrigins, ledBy } from './follow.ts';
import { guarded } from './guard.ts';
import { dependents } from './judge.ts';
import { removalsByKind, withChanges, withFresh } from './scene.ts';
import { standing } from './standing.ts';
import type { Action, ActionUnderWay } from '#plugin';
import { type Limiter, limiter } from '#plugin/limit';

/** True if a row blocks the actions that wait for it: a failed edit of a settled resource does not. */
function blocks(need: Row): boolean {
  const { goal } = need.action.change;
  return need.status !== 'done' && goal !== 'update' && goal !== 'adopt' && goal !== 'protect';
}

/** Waits for a place of its plugin, if its limit is lower, and for one of all; returns the function that frees both. */
type Enter = (plugin: string, priority: number) => Promise<() => void>;

function places({ parallelism, limits }: ApplyInput): Enter {
  const all = limiter(parallelism);
  const own = new Map(
    Object.entries(limits).flatMap(([plugin, limit]) => (limit < parallelism ? [[plugin, limiter(limit)]] : [])),
  ) as ReadonlyMap<string, Limiter>;
  return (plugin, priority) =>
    new Promise((entered, fail) => {
      const hold = (): Promise<void> => all(() => new Promise((free) => entered(free)), { priority });
      (own.get(plugin)?.(hold, { priority }) ?? hold()).catch(fail);
    });
}

/** The slot of one action. */
interface Place {
  readonly take: () => Promise<void>;
  /** Releases the slot; the action does not get it again. */
  readonly leave: () => void;
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
}

function placeIn(enter: Enter, plugin: string): Place {
  let free: () => void = () => undefined;
  let left = false;
  let waiting = 0;
  const take = async (priority: number): Promise<void> => {
    free = await enter(plugin, priority);
    // An action that ended during the wait does not need a slot.
    if (left) free();
  };
  return {
    take: () => take(0),
    leave: () => {
      left = true;
      free();
    },
    aside: async (work) => {
      waiting += 1;
      free();
      try {
        return await work;
      } finally {
        waiting -= 1;
        // Started actions finish before others start.
        if (waiting === 0 && !left) await take(1);
      }
    },
  };
}

/**
 * Runs all accepted actions, and returns one row for every action. Rejected and deferred ones are recorded first.
 * Throws errors of the store. The intents of running actions are then open in the log.
 */
export async function apply(given: ApplyInput): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>();
  const { followers } = given;
  const live = beforeOrigins(given.resources, followers);
  const underWay = new Map<string, ActionUnderWay>();
  const coming = [...followers.values()].map(({ resource }) => resource.ref);
  const input: ApplyInput = {
    ...given,
    scene: withChanges(withFresh(given.scene, live, { ...given.scene, coming }), given.changes, {
      removals: removalsByKind(given.scene, given.changes, given.recall.spent.values()),
      judged: given.actions,
      underWay,
      // The judgement of all actions has checked the budgets, and no other run can spend them while the lock is held.
      budgets: given.scene.budgets,
    }),
  };
  const neededBy = dependents({ resources: input.resources, unloaded: input.scene.unloaded });
  const finish = (address: string, action: Action, ending: Ending, elapsedMs = 0): void => {
    const { status, message } = ending;
    const row: Row = { address, action, status, message, elapsedMs };
    rows.set(address, row);
    input.on({ type: 'end', row });
  };

  const refused = [...input.actions].flatMap(([address, action]) =>
    action.verdict === 'accept'
      ? []
      : [{ address, action, status: action.verdict === 'reject' ? ('rejected' as const) : ('deferred' as const) }],
  );
  if (refused.length > 0)
    await input.record(
      refused.map(({ address, action, status }) =>
        refusalDraft({
          action,
          verdict: status,
          reasons: standing(action),
          audit: auditOf(action.change, input.resources.get(address), input),
          run: input.run,
        }),
      ),
    );
  for (const { address, action, status } of refused)
    finish(address, action, { status, message: sentence(standing(action)) });

  const enter = places(input);
  /** Errors of the log; the first one is thrown at the end. */
  const broken: unknown[] = [];

  /** Gives the followers of an action that is done their documents. Without them their own actions find nothing to do. */
  const lead = (address: string): void => {
    const origin = live.get(address);
    if (origin === undefined || ![...followers.values()].some((each) => each.origin === address)) return;
    const led = guarded(address, new Map(), () => ledBy(origin, followers, live, input.recall, input.look.plugins));
    for (const [each, resource] of led ?? []) live.set(each, resource);
  };

  /** The slot is released when the plugin's world is no longer used, before the outcome is durable. */
  const attempt = async (address: string, action: Action, { leave, aside }: Place): Promise<void> => {
    const need = action.after
      .map((each) => rows.get(each))
      .find((row) => row !== undefined && row.action.verdict === 'accept' && blocks(row));
    // A step that its provider has postponed is not a failure, so those that depend on it wait, too.
    if (need?.status === 'deferred')
      return finish(address, action, { status: 'deferred', message: `Waits for ${need.address}` });
    if (need !== undefined)
      return finish(address, action, {
        status: 'not-attempted',
        message: `Depends on ${need.address}, which is ${need.status}`,
      });
    if (broken.length > 0)
      return finish(address, action, { status: 'not-attempted', message: 'The log cannot be written' });
    if (input.stop.aborted || input.abort.aborted)
      return finish(address, action, { status: 'not-attempted', message: 'The run was stopped' });
    const origin = action.follows === undefined ? undefined : rows.get(action.follows);
    if (action.follows !== undefined && origin?.status !== 'done')
      return finish(address, action, {
        status: 'not-attempted',
        message: `Follows from ${action.follows}, which is ${origin?.status ?? 'not part of this run'}`,
      });
    input.on({ type: 'start', address, change: action.change, labels: action.labels });
    const started = input.now();
    const spent: string[] = [];
    const moments: Moments = {
      begun: () => underWay.set(address, { ...action, spent }),
      spent: (keys) => spent.push(...keys),
      seen: leave,
      aside,
    };
    const attempt = { action, live, neededBy: neededBy.get(address) ?? [], input, moments };
    const ending = await take(attempt).finally(() => underWay.delete(address));
    if (ending.status === 'done') lead(address);
    finish(address, action, ending, input.now() - started);
  };
  const start = async (address: string, action: Action, needs: readonly unknown[]): Promise<void> => {
    await Promise.all(needs);
    const place = placeIn(enter, action.change.ref.plugin);
    try {
      await place.take();
      await attempt(address, action, place);
    } catch (error) {
      broken.push(error);
    } finally {
      place.leave();
    }
  };
  const ended = new Map<string, Promise<void>>();
  /** The last action of each group: a rule about a fleet sees one change of its group at a time. */
  const last = new Map<string, string>();
  // No action waits for a later one.
  for (const [address, action] of input.actions) {
    if (action.verdict !== 'accept') continue;
    const resource = input.resources.get(address);
    const groups = resource === undefined ? [] : groupsOf(action.change, resource);
    const needs = [...action.after, ...groups.flatMap((group) => last.get(group) ?? [])];
    for (const group of groups) last.set(group, address);
    ended.set(
      address,
      start(
        address,
        action,
        needs.map((need) => ended.get(need)),
      ),
    );
  }
  await Promise.all(ended.values());
  if (broken.length > 0) throw broken[0];
  return rows;
}
