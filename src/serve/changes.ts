/**
 * Changes of one project, for the pages that are open: every ended round, and every append to its log, also by another process.
 *
 * While a page listens, the end of the log is read again and again, which reads no record. Without a listener, nothing is.
 */

/** Time between two readings, in ms. */
const EVERY_MS = 400;

export type Listener = (head: string) => void;

export class Changes {
  readonly #head: () => Promise<string | undefined>;
  readonly #listeners = new Set<Listener>();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #last: string | undefined;
  #isReading = false;
  #isClosed = false;
  readonly #ended = new Set<() => void>();

  /** `head`: a text that every change changes; undefined if it cannot be read now. */
  constructor(head: () => Promise<string | undefined>, everyMs = EVERY_MS) {
    this.#head = head;
    this.#everyMs = everyMs;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` with the present head and with each later one, and `ended` at the end. Returns a function that ends it. */
  listen(listener: Listener, ended: () => void): () => void {
    if (this.#isClosed) {
      ended();
      return () => undefined;
    }
    this.#listeners.add(listener);
    this.#ended.add(ended);
    if (this.#last !== undefined && this.#listeners.size > 1) listener(this.#last);
    this.look();
    return () => {
      this.#listeners.delete(listener);
      this.#ended.delete(ended);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#last = undefined;
    };
  }

  /** Reads the head now, if a page listens. */
  look(): void {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    void this.#read();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const end of this.#ended) end();
    this.#listeners.clear();
    this.#ended.clear();
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const head = await this.#head().catch(() => undefined);
    this.#isReading = false;
    if (this.#listeners.size === 0) return;
    if (head !== undefined && head !== this.#last) {
      this.#last = head;
      for (const listener of this.#listeners) listener(head);
    }
    this.#timer = setTimeout(() => void this.#read(), this.#everyMs);
  }
}
