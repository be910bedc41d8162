/** Counts of deliveries that ended in a round, from the ledger before and after it. Pure. */

import type { Json, Ledger } from '#plugin';
import { DELIVERIES, type DeliveryEntry } from './deliveries.ts';
import type { Receiver, ReceiverKind } from './receiver.ts';

/** `unknown`: the process ended before the answer, so the alert counts as delivered, and may not have been. */
export const DELIVERY_RESULTS = ['delivered', 'failed', 'unknown'] as const;

export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];

export interface EndedDelivery {
  readonly kind: ReceiverKind;
  /** The plugin of the alert. */
  readonly plugin: string;
  /** The class of the alert. */
  readonly class: string;
  readonly result: DeliveryResult;
  /** True for the end of an alert. */
  readonly isEnd: boolean;
}

function entryOf(value: Json | undefined): DeliveryEntry {
  return (value ?? {}) as DeliveryEntry;
}

/** The result of the delivery of an entry that ended between two states of it. */
function resultOf(before: DeliveryEntry, after: DeliveryEntry): DeliveryResult | undefined {
  if ((after.failures ?? 0) > (before.failures ?? 0)) return 'failed';
  const { open, delivered_at: deliveredAt } = before;
  if (open === undefined || after.open?.at === open.at) return undefined;
  if (open.resolves === true) return after.fired === undefined && after.open === undefined ? 'delivered' : undefined;
  if (after.delivered_at === undefined || after.delivered_at === deliveredAt) return undefined;
  return after.delivered_at === open.until ? 'unknown' : 'delivered';
}

/** The parts of a key: `certificates/Domain/www:tls_error:cert-runbook`. A class ends at its subject. */
function partsOf(key: string): { readonly plugin: string; readonly class: string; readonly receiver: string } {
  const end = key.lastIndexOf(':');
  const alert = key.slice(0, end);
  const [named = ''] = alert.slice(alert.lastIndexOf(':') + 1).split('/');
  return {
    plugin: alert.slice(0, alert.indexOf('/')),
    class: named,
    receiver: key.slice(end + 1),
  };
}

/** The deliveries to these receivers that ended in a round. */
export function endedDeliveries(
  before: Ledger,
  after: Ledger,
  receivers: readonly Pick<Receiver, 'name' | 'kind'>[],
): readonly EndedDelivery[] {
  const kinds = new Map(receivers.map(({ name, kind }) => [name, kind]));
  const earlier = before.get(DELIVERIES) ?? new Map<string, Json>();
  const later = after.get(DELIVERIES) ?? new Map<string, Json>();
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((key): readonly EndedDelivery[] => {
    const { plugin, class: named, receiver } = partsOf(key);
    const kind = kinds.get(receiver);
    const was = entryOf(earlier.get(key));
    const result = resultOf(was, entryOf(later.get(key)));
    if (kind === undefined || result === undefined) return [];
    return [{ kind, plugin, class: named, result, isEnd: was.open?.resolves === true }];
  });
}
