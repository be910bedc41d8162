/**
 * Probes in threads: handshakes are bound by the CPU, and one core completes about two thousand per second.
 *
 * Each thread has its own connections and trust anchors. A call goes to the thread with the fewest open ones, so that
 * unresponsive servers do not delay others. A thread that dies fails its own calls.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { raced } from '#plugin/deadline';
import type { ProbeSeen, ServerTarget } from '../world.ts';
import type { ProbeSettings } from './probing.ts';
import type { TrustSet } from './trust.ts';

/** The input of a thread. */
export interface ThreadOrder {
  readonly settings: ProbeSettings;
  /** Maximum number of open connections. */
  readonly places: number;
}

export type ToThread =
  | { readonly kind: 'anchors'; readonly id: string; readonly anchors: TrustSet['anchors'] }
  | {
      readonly kind: 'probe';
      readonly call: number;
      readonly target: ServerTarget;
      /** Id of anchors that the thread has received. */
      readonly anchors: string;
      readonly now: number;
    };

export type FromThread =
  | { readonly call: number; readonly seen: ProbeSeen }
  | { readonly call: number; readonly problem: string };

/** Batches the messages of one turn, because each message wakes the other thread. */
export function inBatches<T>(send: (batch: readonly T[]) => void): (item: T) => void {
  let batch: T[] = [];
  return (item) => {
    if (batch.length === 0)
      setImmediate(() => {
        const whole = batch;
        batch = [];
        send(whole);
      });
    batch.push(item);
  };
}

/** The thread's file is next to this one, both in the sources and in the bundle. */
function workerFile(): string {
  return join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'probe-worker.ts' : 'probe-worker.cjs');
}

interface Thread {
  readonly worker: Worker;
  readonly say: (message: ToThread) => void;
  /** Calls without an answer yet. */
  readonly open: Map<number, PromiseWithResolvers<ProbeSeen>>;
  /** Anchors that the thread has received. */
  readonly anchors: Set<string>;
  failed: Error | undefined;
}

/** The flags of this process that select the well-known anchors; threads must use the same. */
export function anchorFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => flag === '--use-system-ca');
}

function startThread(order: ThreadOrder): Thread {
  const worker = new Worker(workerFile(), {
    workerData: order,
    stdin: false,
    execArgv: anchorFlags(process.execArgv),
    // OpenSSL's memory is freed by V8's collector: a small heap is collected often, so that memory stays constant.
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
  });
  const say = inBatches((messages: readonly ToThread[]) => worker.postMessage(messages, []));
  const thread: Thread = { worker, say, open: new Map(), anchors: new Set(), failed: undefined };
  const fail = (error: Error): void => {
    thread.failed ??= error;
    for (const { reject } of thread.open.values()) reject(error);
    thread.open.clear();
  };
  worker.on('message', (answers: readonly FromThread[]) => {
    for (const answer of answers) {
      const call = thread.open.get(answer.call);
      thread.open.delete(answer.call);
      if ('seen' in answer) call?.resolve(answer.seen);
      else call?.reject(new Error(answer.problem));
    }
  });
  worker.on('error', (error) => fail(new Error(`a thread for probes failed: ${String(error)}`)));
  worker.on('exit', () => fail(new Error('a thread for probes ended')));
  return thread;
}

export interface Threads {
  readonly probe: (target: ServerTarget, trust: TrustSet, now: number) => Promise<ProbeSeen>;
  /** Ends the threads; open calls fail. */
  readonly close: () => Promise<void>;
}

/** Starts threads. When the signal fires, all open calls fail immediately with its reason. */
export function openThreads(count: number, settings: ProbeSettings, signal: AbortSignal): Threads {
  const places = Math.ceil(settings.concurrency / count);
  const threads = Array.from({ length: count }, () => startThread({ settings, places }));
  let calls = 0;
  return {
    probe: async (target, trust, now) => {
      signal.throwIfAborted();
      const [thread] = threads
        .filter(({ failed }) => failed === undefined)
        .toSorted((a, b) => a.open.size - b.open.size);
      if (thread === undefined) throw threads[0]?.failed ?? new Error('no probe thread is running');
      const { say, open, anchors } = thread;
      if (!anchors.has(trust.id)) {
        anchors.add(trust.id);
        say({ kind: 'anchors', id: trust.id, anchors: trust.anchors });
      }
      const call = (calls += 1);
      const answer = Promise.withResolvers<ProbeSeen>();
      open.set(call, answer);
      say({ kind: 'probe', call, target, anchors: trust.id, now });
      return raced(answer.promise, signal);
    },
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
