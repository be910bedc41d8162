/**
 * The entries of the inbox: of a plugin, which gave them to the daemon, the outcome of a delivery of an alert, or the order of
 * a caller. JSON.
 */

import { isRecord, type Json } from '#plugin';

/** A decision of a caller of the daemon about events or incidents, which the next round records. */
export interface DeskOrder {
  readonly verb: 'replay' | 'ack' | 'resolve';
  readonly ids: readonly string[];
  /** Name of the caller. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** Replays applied events too. */
  readonly force?: boolean | undefined;
  /** Replays without a change of the counts of failures. */
  readonly keep_retries?: boolean | undefined;
}

/** A start of a round that refreshes every resource, by a caller of the daemon. */
export interface RefreshOrder {
  readonly verb: 'refresh';
  /** Name of the caller. */
  readonly by: string;
}

export type Order = DeskOrder | RefreshOrder;

export type InboxEntry =
  /** An entry of a plugin's events: `OpenEvents` made it, and folds it. */
  | { readonly plugin: string; readonly entry: Json }
  /** The outcome of a delivery; only the part that sent it knows its form. */
  | { readonly delivery: Json }
  | { readonly order: Order };

/** An entry as it is deposited. */
export function inboxJson(entry: InboxEntry): Json {
  if ('order' in entry) return { order: JSON.parse(JSON.stringify(entry.order)) as Json };
  return 'plugin' in entry ? { plugin: entry.plugin, entry: entry.entry } : { delivery: entry.delivery };
}

const VERBS: readonly string[] = ['replay', 'ack', 'resolve'] satisfies readonly DeskOrder['verb'][];

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isOrder(value: Json): boolean {
  if (!isRecord(value)) return false;
  const { verb, ids, by, reason, force, keep_retries: keep } = value;
  if (verb === 'refresh') return typeof by === 'string';
  return (
    typeof verb === 'string' &&
    VERBS.includes(verb) &&
    Array.isArray(ids) &&
    ids.every((id) => typeof id === 'string') &&
    typeof by === 'string' &&
    isTextOrAbsent(reason) &&
    isFlag(force) &&
    isFlag(keep)
  );
}

/** The entry as it was deposited; undefined for one of another form, which another version of the program deposited. */
export function inboxEntryOf(value: Json): InboxEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { plugin, entry, delivery, order } = value;
  if (order !== undefined) return isOrder(order) ? { order: order as unknown as Order } : undefined;
  if (typeof plugin === 'string' && entry !== undefined) return { plugin, entry };
  return delivery === undefined ? undefined : { delivery };
}
