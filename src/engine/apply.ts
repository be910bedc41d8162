/**
 * Apply: takes the accepted actions of a plan, and accounts for every one.
 *
 * An action starts when those it waits for are done; independent ones run in parallel, with a limit per plugin, and
 * one failure never stops what does not depend on it. When the log cannot be written, nothing new starts.
 */

import PQueue from 'p-queue';
import { groupsOf } from './group.ts';
import { auditOf, type ApplyInput, type Ending, type Row, refusalDraft, sentence, take } from './action.ts';
import { dependents } from './judge.ts';
import { removalsByKind, withChanges, withFresh } from './scene.ts';
import { standing } from './standing.ts';
import type { Action } from '#plugin';

/** Whether what an action waited for is there all the same: a failed edit of a settled resource blocks nothing. */
function blocks(need: Row): boolean {
  const { goal } = need.action.change;
  return need.status !== 'done' && goal !== 'update' && goal !== 'adopt' && goal !== 'protect';
}

/** Ends when every task that was started has ended, those that tasks started included. */
function tracker(): { readonly begin: () => void; readonly end: () => void; readonly idle: Promise<void> } {
  let running = 0;
  let settle: () => void = () => undefined;
  const idle = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const end = (): void => {
    running -= 1;
    if (running === 0) settle();
  };
  return {
    begin: () => {
      running += 1;
    },
    end,
    idle,
  };
}

type Enqueue = (plugin: string, priority: number, task: () => Promise<void>) => Promise<void>;

/** A queue for all actions, and one before it for each plugin whose limit is lower: an action waits for a place in both. */
function queues(input: ApplyInput): Enqueue {
  const all = new PQueue({ concurrency: input.parallelism });
  const own = new Map<string, PQueue>();
  const ownQueue = (plugin: string, limit: number): PQueue => {
    const queue = own.get(plugin) ?? new PQueue({ concurrency: limit });
    own.set(plugin, queue);
    return queue;
  };
  return async (plugin, priority, task) => {
    const limit = input.limits[plugin] ?? input.parallelism;
    const queued = (): Promise<void> => all.add(task, { priority });
    if (limit >= input.parallelism) await queued();
    else await ownQueue(plugin, limit).add(queued, { priority });
  };
}

/** What one action has of the places of those that run at once. */
interface Place {
  readonly take: () => Promise<void>;
  /** Gives it back for good. */
  readonly leave: () => void;
  readonly aside: <T>(waiting: Promise<T>) => Promise<T>;
}

function placeIn(enqueue: Enqueue, plugin: string): Place {
  let free: () => void = () => undefined;
  let left = false;
  let waiting = 0;
  const take = (priority: number): Promise<void> =>
    new Promise((taken, fail) => {
      enqueue(
        plugin,
        priority,
        () =>
          new Promise((done) => {
            taken();
            // An action that ended while it waited needs none any more.
            if (left) done();
            else free = done;
          }),
      ).catch(fail);
    });
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
        // What was begun is ended before anything new begins.
        if (waiting === 0 && !left) await take(1);
      }
    },
  };
}

interface Graph {
  /** How many actions each one still waits for. */
  readonly waiting: Map<string, number>;
  readonly followers: ReadonlyMap<string, readonly string[]>;
}

/**
 * Who waits for whom: for what it needs, and, where a rule looks at the fleet, for the one before it in its group. The
 * actions come in an order in which none waits for a later one, so there are no circles.
 */
function graphOf({ actions, resources }: ApplyInput): Graph {
  const waiting = new Map<string, number>();
  const followers = new Map<string, string[]>();
  const last = new Map<string, string>();
  for (const [address, action] of actions) {
    if (action.verdict !== 'accept') continue;
    const resource = resources.get(address);
    const groups = resource === undefined ? [] : groupsOf(action.change, resource);
    const needs = action.after.filter((need) => actions.get(need)?.verdict === 'accept');
    const before = new Set([...needs, ...groups.flatMap((group) => last.get(group) ?? [])]);
    for (const group of groups) last.set(group, address);
    waiting.set(address, before.size);
    for (const need of before) {
      const known = followers.get(need);
      if (known === undefined) followers.set(need, [address]);
      else known.push(address);
    }
  }
  return { waiting, followers };
}

/**
 * Takes all accepted actions and gives one row for every action. Rejected and deferred ones are recorded first.
 * Throws what the store throws: what was under way then is open in the log.
 */
export async function apply(given: ApplyInput): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>();
  const live = new Map(given.resources);
  const underWay = new Map<string, Action>();
  const input: ApplyInput = {
    ...given,
    scene: withChanges(withFresh(given.scene, live, given.scene), given.changes, {
      removals: removalsByKind(given.scene, given.changes, given.recall.spent.values()),
      judged: given.actions,
      underWay,
      // Each accepted step found room when all of them were judged; while the lock is held nobody else can take it.
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
        refusalDraft(
          action,
          status,
          standing(action),
          auditOf(action.change, input.resources.get(address), input),
          input.run,
        ),
      ),
    );
  for (const { address, action, status } of refused)
    finish(address, action, { status, message: sentence(standing(action)) });

  const { waiting, followers } = graphOf(input);
  const tasks = tracker();
  const enqueue = queues(input);
  /** What the log could not take; the first of it is thrown at the end. */
  const broken: unknown[] = [];

  /** Its place is free when the world is done with, while the outcome is still made durable. */
  const attempt = async (address: string, action: Action, { leave, aside }: Place): Promise<void> => {
    const need = action.after
      .map((each) => rows.get(each))
      .find((row) => row !== undefined && row.action.verdict === 'accept' && blocks(row));
    if (need !== undefined)
      return finish(address, action, {
        status: 'not-attempted',
        message: `it needs ${need.address}, which is ${need.status}`,
      });
    if (broken.length > 0)
      return finish(address, action, { status: 'not-attempted', message: 'the log cannot be written' });
    if (input.stop.aborted || input.abort.aborted)
      return finish(address, action, { status: 'not-attempted', message: 'the run was stopped' });
    input.on({ type: 'start', address, change: action.change });
    const started = input.now();
    const ending = await take(action, live, neededBy.get(address) ?? [], input, {
      begun: () => underWay.set(address, action),
      seen: leave,
      aside,
    }).finally(() => underWay.delete(address));
    finish(address, action, ending, input.now() - started);
  };
  const start = (address: string): void => {
    const action = input.actions.get(address);
    if (action === undefined) return;
    tasks.begin();
    const ended = (): void => {
      for (const follower of followers.get(address) ?? []) {
        const left = (waiting.get(follower) ?? 1) - 1;
        waiting.set(follower, left);
        if (left === 0) start(follower);
      }
      tasks.end();
    };
    const place = placeIn(enqueue, action.change.ref.plugin);
    void place
      .take()
      .then(() => attempt(address, action, place))
      .catch((error: unknown) => {
        broken.push(error);
      })
      .then(() => {
        place.leave();
        ended();
      });
  };

  const ready = [...waiting].filter(([, count]) => count === 0).map(([address]) => address);
  for (const address of ready) start(address);
  if (ready.length > 0) await tasks.idle;
  if (broken.length > 0) throw broken[0];
  return rows;
}
