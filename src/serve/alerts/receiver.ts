/** Receivers of alerts, and the time for which a delivered alert is not delivered to one again. */

import type { Alert } from '#plugin';

/** `webhook` and `runbook` get one alert as JSON. `alertmanager` is Prometheus's API for alerts. */
export type ReceiverKind = 'webhook' | 'runbook' | 'alertmanager';

/** A receiver as decisions know it: without its address and its secrets. */
export interface Receiver {
  /** Lower-case letters, digits and hyphens. Names the receiver in records and messages. */
  readonly name: string;
  readonly kind: ReceiverKind;
  readonly cooldownMs: number;
  /** Plugins whose alerts it gets; absent for all. */
  readonly plugins?: readonly string[];
}

/** A receiver with its address. It never comes from the repository. */
export interface Destination extends Receiver {
  /** `http:` or `https:`. Its path and query may be secret. */
  readonly url: URL;
  /** Key of the signature; absent for unsigned deliveries. */
  readonly secret?: string;
}

/** Usual cooldowns. An Alertmanager suppresses repetitions itself, and expects an alert again while it holds. */
export const COOLDOWN_MS: Readonly<Record<ReceiverKind, number>> = {
  webhook: 1_800_000,
  runbook: 900_000,
  alertmanager: 300_000,
};

/** True if an alert is for a receiver. A runbook and an Alertmanager act on conditions, so only webhooks get news. */
export function receives({ kind, plugins }: Receiver, { ref, happenedAt }: Pick<Alert, 'ref' | 'happenedAt'>): boolean {
  if (happenedAt !== undefined && kind !== 'webhook') return false;
  return plugins === undefined || plugins.includes(ref.plugin);
}

/** The values of destinations that no message and no record may contain. */
export function secretsOfDestinations(destinations: readonly Destination[]): readonly string[] {
  return destinations.flatMap(({ url, secret }) => {
    const path = `${url.pathname}${url.search}`;
    return [...(path === '/' ? [] : [path]), ...(secret === undefined ? [] : [secret])];
  });
}
