/** A thread of probes: runs requested probes concurrently and answers each. It runs until terminated. */

import { errorText } from '#plugin';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type FromThread, type ThreadOrder, type ToThread, inBatches } from './probe-threads.ts';
import { probe } from './probe.ts';
import { probeWays } from './probing.ts';
import type { TrustSet } from './trust.ts';

function serve(port: MessagePort, { settings, places }: ThreadOrder): void {
  const ways = probeWays(settings, places);
  const sets = new Map<string, TrustSet>();
  // To cancel, the caller terminates the thread.
  const never = new AbortController().signal;
  const say = inBatches((said: readonly FromThread[]) => port.postMessage(said));
  const answer = async (message: Extract<ToThread, { kind: 'probe' }>): Promise<FromThread> => {
    const { call, target, anchors, now } = message;
    const set = sets.get(anchors);
    if (set === undefined) return { call, problem: 'these trust anchors were not sent to this thread' };
    try {
      return { call, seen: await probe(target, set, ways, now, never) };
    } catch (error) {
      return { call, problem: errorText(error) };
    }
  };
  port.on('message', (messages: readonly ToThread[]) => {
    for (const message of messages) {
      if (message.kind === 'anchors') sets.set(message.id, message);
      else void answer(message).then(say);
    }
  });
}

// The build loads every chunk once, to store its bytecode; the thread does nothing then.
if (!isMainThread && parentPort !== null) serve(parentPort, workerData as ThreadOrder);
