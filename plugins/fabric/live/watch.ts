/**
 * A watch that loses no change: a list, then events from its version on, and a new list whenever events may be missing.
 *
 * A watch does not prove that it lives: one from a version of the future is answered, and then silent for ever. Therefore
 * silence beyond the interval of bookmarks ends it, and a list shows what it did not report.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes and observed answers.
 */

import { backoffMs, defined, errorKind, errorText, isRecord, isTree, type Json, type RetryPolicy } from '#plugin';
import { raced } from '#plugin/deadline';
import type { Timing } from '#plugin/http';
import type { LiveObject } from '../objects/content.ts';
import type { ObjectChange, WatchEvent } from '../world.ts';
import { isPassing, type Refusal, refusalOf } from './answers.ts';
import { parseExactly } from './numbers.ts';
import { changesByEvent, changesByList, identityOf, makeChanges } from './watch-state.ts';

/** Servers send a bookmark every 60 s. */
export const SILENCE_MS = 90_000;

/** Pauses between attempts that fail. The first repetition has none. */
const PAUSES: Pick<RetryPolicy, 'retryMs' | 'multiplier' | 'maxMs'> = { retryMs: 500, multiplier: 2, maxMs: 30_000 };
/** Duration from which on a watch counts as a success, if it is shorter than half of the silence. */
const STEADY_MS = 1000;
/** Failures in a row after which the version itself may be the cause. */
const MOST_FAILURES = 3;

export interface ListedObjects {
  readonly objects: readonly LiveObject[];
  /** The version from which on a watch has all changes. */
  readonly version: string;
}

export type Refused = { readonly refusal: Refusal };

/** The requests of a watch. Each throws an OutsideError if no usable answer comes. */
export interface WatchSource {
  list(signal: AbortSignal): Promise<ListedObjects | Refused>;
  /** Lines of a watch. An iteration that stops early ends the connection. */
  open(version: string, signal: AbortSignal): Promise<{ readonly lines: AsyncIterable<string> } | Refused>;
  /** An object of an event, as a list would have it. */
  object(value: LiveObject): LiveObject;
}

export interface WatchSettings {
  readonly silenceMs: number;
  readonly timing: Timing;
}

/** A line of a watch. */
type Heard =
  | { readonly kind: 'change'; readonly change: ObjectChange; readonly version: string }
  | { readonly kind: 'bookmark'; readonly version: string }
  | { readonly kind: 'error'; readonly refusal: Refusal }
  | { readonly kind: 'odd' };

const ODD: Heard = { kind: 'odd' };

function errorHeard(object: { readonly [key: string]: Json }): Heard {
  const { code } = object;
  const status = typeof code === 'number' ? code : 500;
  return {
    kind: 'error',
    refusal: refusalOf({ status, contentType: 'application/json', body: JSON.stringify(object) }),
  };
}

/** Reads a line of a watch. */
export function heardIn(line: string): Heard {
  let value: Json;
  try {
    value = parseExactly(line);
  } catch {
    return ODD;
  }
  if (!isRecord(value)) return ODD;
  const { type, object } = value;
  if (!isTree(object)) return ODD;
  if (type === 'ERROR') return errorHeard(object);
  const { key, version } = identityOf(object);
  if (version === '') return ODD;
  if (type === 'BOOKMARK') return { kind: 'bookmark', version };
  if (key.endsWith('/')) return ODD;
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'change', change: { type: 'changed', object }, version };
  return type === 'DELETED' ? { kind: 'change', change: { type: 'deleted', object }, version } : ODD;
}

type RelistCause = Extract<WatchEvent, { readonly type: 'relisted' }>['cause'];

/** The end of an attempt, and the next one. `failure`: the reason why nothing came of it. */
type End =
  | { readonly next: 'watch'; readonly failure?: string; readonly afterMs?: number }
  | { readonly next: 'list'; readonly cause: RelistCause; readonly failure?: string; readonly afterMs?: number }
  | { readonly next: 'nothing'; readonly refusal: Refusal };

class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

/** One watch. `signal` fires with the caller's signal, and with `silence`. */
interface Attempt {
  readonly silence: AbortController;
  readonly signal: AbortSignal;
}

class ObjectWatch {
  readonly #source: WatchSource;
  readonly #timing: Timing;
  readonly #silenceMs: number;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, LiveObject>();
  #version = '';
  /** Attempts in a row that ended at once. */
  #failures = 0;
  /** Time that was spent waiting since the last line or list, over all connections. */
  #quietMs = 0;

  constructor(source: WatchSource, { silenceMs, timing }: WatchSettings, signal: AbortSignal) {
    this.#source = source;
    this.#silenceMs = silenceMs;
    this.#timing = timing;
    this.#signal = signal;
  }

  async *run(): AsyncGenerator<WatchEvent, void> {
    const first = await this.#source.list(this.#signal);
    if ('refusal' in first) {
      yield { type: 'refused', refusal: first.refusal };
      return;
    }
    this.#take(first);
    yield { type: 'listed', objects: first.objects };
    let end: End = { next: 'watch' };
    for (;;) {
      if (end.next === 'nothing') {
        yield { type: 'refused', refusal: end.refusal };
        return;
      }
      yield* this.#pause(end);
      end = end.next === 'list' ? yield* this.#relist(end.cause) : yield* this.#follow();
    }
  }

  #take({ objects, version }: ListedObjects): readonly ObjectChange[] {
    const changes = changesByList(this.#known, objects);
    makeChanges(this.#known, changes);
    this.#version = version;
    this.#quietMs = 0;
    return changes;
  }

  /** Waits before the next attempt. The jitter keeps many clients from asking at the same time. */
  async *#pause({
    failure,
    afterMs = 0,
  }: Exclude<End, { readonly next: 'nothing' }>): AsyncGenerator<WatchEvent, void> {
    const policy = { ...PAUSES, maxRetries: 0 };
    const jitter = 0.5 + this.#timing.random() / 2;
    const retryMs = Math.max(afterMs, Math.round(backoffMs(policy, this.#failures - 1) * jitter));
    if (failure !== undefined) yield { type: 'interrupted', reason: failure, retryMs };
    if (retryMs > 0) await this.#timing.sleep(retryMs, this.#signal);
    this.#quietMs += retryMs;
  }

  async *#relist(cause: RelistCause): AsyncGenerator<WatchEvent, End> {
    try {
      const listed = await this.#source.list(this.#signal);
      if ('refusal' in listed) return this.#afterRefusal(listed.refusal, { next: 'list', cause });
      const changes = this.#take(listed);
      yield { type: 'relisted', cause, missed: changes.length };
      yield* changes;
      yield { type: 'fresh' };
      return { next: 'watch' };
    } catch (error) {
      const failure = this.#reasonOf(error);
      this.#failures += 1;
      return { next: 'list', cause, failure };
    }
  }

  /** One watch, from the last version on. */
  async *#follow(): AsyncGenerator<WatchEvent, End> {
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#signal, silence.signal]);
    const attempt = { silence, signal };
    let accepted: number | undefined;
    let lines: AsyncIterator<string> | undefined;
    try {
      const opened = await this.#heard(this.#source.open(this.#version, signal), attempt);
      if ('refusal' in opened) return this.#afterRefusal(opened.refusal, { next: 'watch' });
      accepted = this.#timing.now();
      lines = opened.lines[Symbol.asyncIterator]();
      const end = yield* this.#events(lines, attempt);
      this.#count(accepted);
      return end;
    } catch (error) {
      const reason = this.#reasonOf(error);
      this.#count(accepted);
      if (error instanceof SilenceError) return { next: 'list', cause: 'silent' };
      if (this.#failures >= MOST_FAILURES) return { next: 'list', cause: 'failed', failure: reason };
      // The first repetition is immediate, and not worth a word.
      return this.#failures > 1 ? { next: 'watch', failure: reason } : { next: 'watch' };
    } finally {
      // Ends the connection.
      lines?.return?.().catch(() => undefined);
    }
  }

  async *#events(
    lines: AsyncIterator<string>,
    attempt: Attempt,
  ): AsyncGenerator<WatchEvent, Exclude<End, { readonly next: 'nothing' }>> {
    for (;;) {
      const { done, value } = await this.#heard(lines.next(), attempt);
      if (done === true) return { next: 'watch' };
      this.#quietMs = 0;
      const heard = heardIn(value);
      if (heard.kind === 'odd')
        return { next: 'list', cause: 'failed', failure: 'the watch answered with a line that is not an event' };
      if (heard.kind === 'error') {
        const { kind, words, retryAfterMs } = heard.refusal;
        if (kind === 'expired') return { next: 'list', cause: 'expired' };
        return defined<End & { next: 'list' }>({
          next: 'list',
          cause: 'failed',
          failure: words,
          afterMs: retryAfterMs,
        });
      }
      this.#version = heard.version;
      if (heard.kind === 'bookmark') yield { type: 'fresh' };
      else yield* this.#changes(heard.change);
    }
  }

  #changes({ type, object }: ObjectChange): readonly ObjectChange[] {
    const changes = changesByEvent(this.#known, { type, object: this.#source.object(object) });
    makeChanges(this.#known, changes);
    return changes;
  }

  /** Waits for the server, for what is left of the silence. Time in which the consumer is busy does not count. */
  async #heard<T>(work: Promise<T>, { silence, signal }: Attempt): Promise<T> {
    const begun = this.#timing.now();
    const left = Math.max(0, this.#silenceMs - this.#quietMs);
    // The end of the silence also ends the connection.
    const timer = setTimeout(() => silence.abort(new SilenceError()), left);
    try {
      return await raced(work, signal);
    } finally {
      clearTimeout(timer);
      this.#quietMs += Math.max(0, this.#timing.now() - begun);
    }
  }

  /** Counts an attempt that the server accepted at a time, or not at all. */
  #count(accepted: number | undefined): void {
    const lasted = accepted === undefined ? 0 : this.#timing.now() - accepted;
    this.#failures = lasted < Math.min(STEADY_MS, this.#silenceMs / 2) ? this.#failures + 1 : 0;
  }

  /** The reason of a failure. Throws the signal's reason, and bugs. */
  #reasonOf(error: unknown): string {
    this.#signal.throwIfAborted();
    if (!(error instanceof SilenceError) && errorKind(error) === 'bug') throw error;
    return errorText(error);
  }

  #afterRefusal(
    refusal: Refusal,
    again: { readonly next: 'watch' } | { readonly next: 'list'; readonly cause: RelistCause },
  ): End {
    this.#failures += 1;
    if (refusal.kind === 'expired') return { next: 'list', cause: 'expired' };
    // A login may be renewed later, by the program or the file that it comes from.
    if (!isPassing(refusal) && refusal.kind !== 'unauthorized') return { next: 'nothing', refusal };
    const more = defined<{ readonly failure: string; readonly afterMs?: number }>({
      failure: refusal.words,
      afterMs: refusal.retryAfterMs,
    });
    return again.next === 'watch' && this.#failures >= MOST_FAILURES
      ? { next: 'list', cause: 'failed', ...more }
      : { ...again, ...more };
  }
}

/** Lists and watches objects until the signal fires, or the cluster refuses. */
export function watchObjects(
  source: WatchSource,
  settings: WatchSettings,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void> {
  return new ObjectWatch(source, settings, signal).run();
}
