/**
 * Breakers, one for each kind: a webhook that does not answer costs its whole timeout with every request (10 s by default),
 * so after three failures in a row no further request is sent for a while.
 */

import { raced } from '#plugin/deadline';
import type { Reply } from '../world.ts';
import type { Refusal, RefusalKind } from './answers.ts';

/** Failures in a row that open a breaker. */
const MOST_FAILURES = 3;
/**
 * Time without a request, in ms. A restarted controller is ready after about as long; within one run, a webhook that hangs
 * takes a request of 10 s out of 40 s.
 */
const OPEN_MS = 30_000;

/** Answers that the webhooks of a kind took part in, or never take part in. Others precede admission and say nothing. */
const BEYOND_WEBHOOKS: ReadonlySet<RefusalKind> = new Set(['denied', 'forbidden', 'no-dry-run', 'not-served']);

/** True for an answer that shows that admission does not work: a webhook failed, or the server gave up on the request. */
function isFailure({ kind, status }: Refusal): boolean {
  return kind === 'webhook-down' || status === 504;
}

/**
 * The breaker of one kind. Until an answer shows that its webhooks work, only as many requests run at once as may still
 * fail. After a pause, one request decides if the others follow.
 */
class Breaker {
  readonly #now: () => number;
  #failures = 0;
  #isProven = false;
  #running = 0;
  #open: { readonly until: number; readonly refusal: Refusal } | undefined;
  #settled = Promise.withResolvers<void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Number of requests that may run at once. */
  get #width(): number {
    if (this.#isProven) return Infinity;
    return this.#open === undefined ? MOST_FAILURES - this.#failures : 1;
  }

  async run(work: () => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    for (;;) {
      if (this.#open !== undefined && this.#now() < this.#open.until)
        return { done: false, refusal: this.#open.refusal };
      if (this.#running < this.#width) break;
      await raced(this.#settled.promise, signal);
    }
    this.#running += 1;
    try {
      const reply = await work();
      this.#learn(reply);
      return reply;
    } finally {
      this.#running -= 1;
      this.#settled.resolve();
      this.#settled = Promise.withResolvers();
    }
  }

  #learn(reply: Reply): void {
    if (reply.done || BEYOND_WEBHOOKS.has(reply.refusal.kind)) {
      this.#failures = 0;
      this.#isProven = true;
      this.#open = undefined;
    } else if (isFailure(reply.refusal)) {
      this.#failures += 1;
      this.#isProven = false;
      if (this.#failures >= MOST_FAILURES) this.#open = { until: this.#now() + OPEN_MS, refusal: reply.refusal };
    }
  }
}

/** The breakers of a cluster. */
export class Breakers {
  readonly #now: () => number;
  readonly #known = new Map<string, Breaker>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Sends a request of a kind; while its breaker is open, answers with the last refusal and sends nothing. */
  run(kind: string, work: () => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    const known = this.#known.get(kind) ?? new Breaker(this.#now);
    this.#known.set(kind, known);
    return known.run(work, signal);
  }
}
