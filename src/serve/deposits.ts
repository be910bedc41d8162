/**
 * Deposits of one project: entries that become durable in the inbox of its store, without the lock.
 *
 * The store combines concurrent deposits into one write. A deposit has a deadline, and their number is limited, so that a
 * disk or a server that does not answer holds up neither senders nor memory.
 */

import { errorText, type Json } from '#plugin';
import { DeadlineError } from '#plugin/deadline';
import { EntryTooLargeError, InboxFullError } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';

/** `failed`: the entry is most likely not in the inbox. `busy`: too many deposits are under way. */
export type Deposited = 'deposited' | 'too_large' | 'inbox_full' | 'busy' | 'failed';

const DEADLINE_MS = 10_000;
const MOST_PENDING = 1_000;

export interface DepositsOptions {
  /** Called again after it failed. */
  readonly open: () => Promise<Store>;
  /** Gets the reason of the first failure after a success, and undefined at the next success. */
  readonly failing: (reason: string | undefined) => void;
  readonly deadlineMs?: number;
}

/** Settles like `work`, or rejects after `ms`. Cheaper than a deadline with a signal, which a deposit would not heed. */
function before(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new DeadlineError(`the store did not answer within ${ms / 1000} s`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

export class Deposits {
  readonly #options: DepositsOptions;
  readonly #pending = new Set<Promise<unknown>>();
  #store: Promise<Store> | undefined;
  #isFailing = false;

  constructor(options: DepositsOptions) {
    this.#options = options;
  }

  /** Ends once the entries are durable, or with the reason why they are not. */
  async add(entries: readonly Json[]): Promise<Deposited> {
    if (this.#pending.size >= MOST_PENDING) return 'busy';
    const { deadlineMs = DEADLINE_MS } = this.#options;
    try {
      await before(deadlineMs, this.#deposit(entries));
    } catch (error) {
      if (error instanceof EntryTooLargeError) return 'too_large';
      if (!this.#isFailing) this.#options.failing(errorText(error));
      this.#isFailing = true;
      return error instanceof InboxFullError ? 'inbox_full' : 'failed';
    }
    if (this.#isFailing) this.#options.failing(undefined);
    this.#isFailing = false;
    return 'deposited';
  }

  /** Waits for the deposits under way until their deadline, and closes the store. */
  async close(): Promise<void> {
    const { deadlineMs = DEADLINE_MS } = this.#options;
    const ended = async (): Promise<void> => {
      await Promise.allSettled(this.#pending);
      await (await this.#store)?.close();
    };
    await before(deadlineMs, ended()).catch(() => undefined);
  }

  /** A deposit counts as pending until the store has answered, also after its deadline. */
  async #deposit(entries: readonly Json[]): Promise<void> {
    const work = this.#opened().then((store) => store.deposit(entries));
    this.#pending.add(work);
    try {
      await work;
    } finally {
      this.#pending.delete(work);
    }
  }

  #opened(): Promise<Store> {
    this.#store ??= this.#options.open().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }
}
