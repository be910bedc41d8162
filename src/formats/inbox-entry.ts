/** The entries of the inbox: of a plugin, which gave them to the daemon, or the outcome of a delivery of an alert. JSON. */

import { isRecord, type Json } from '#plugin';

export type InboxEntry =
  /** An entry of a plugin's events: `OpenEvents` made it, and folds it. */
  | { readonly plugin: string; readonly entry: Json }
  /** The outcome of a delivery; only the part that sent it knows its form. */
  | { readonly delivery: Json };

/** An entry as it is deposited. */
export function inboxJson(entry: InboxEntry): Json {
  return 'plugin' in entry ? { plugin: entry.plugin, entry: entry.entry } : { delivery: entry.delivery };
}

/** The entry as it was deposited; undefined for one of another form, which another version of the program deposited. */
export function inboxEntryOf(value: Json): InboxEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { plugin, entry, delivery } = value;
  if (typeof plugin === 'string' && entry !== undefined) return { plugin, entry };
  return delivery === undefined ? undefined : { delivery };
}
