/** Events and incidents of every plugin that has them, for pages. */

import { defined, type DeskRow, type EventSelection, type IncidentSelection, InputError, type Ledger } from '#plugin';
import { closing, decisionOf, type Desk, desksOf, replaying } from '../../run/desk.ts';
import type { Recorded } from '../answers/recorded.ts';
import type { EndpointOrder } from '#plugin';

export interface OpenDesks {
  readonly desks: readonly Desk[];
  readonly ledger: Ledger;
}

export async function openDesks(recorded: Recorded): Promise<OpenDesks> {
  const [desks, { recall }] = await Promise.all([desksOf(recorded.workspace.host.plugins), recorded.log()]);
  return { desks, ledger: recall.ledger };
}

export function eventRows({ desks, ledger }: OpenDesks, selection: EventSelection): readonly DeskRow[] {
  return desks.flatMap(({ desk }) => desk.events(ledger, selection));
}

export function incidentRows({ desks, ledger }: OpenDesks, selection: IncidentSelection): readonly DeskRow[] {
  return desks.flatMap(({ desk }) => desk.incidents(ledger, selection));
}

/** Numbers of all events by status. */
export function eventCounts({ desks, ledger }: OpenDesks): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { desk } of desks)
    for (const [status, count] of Object.entries(desk.counts(ledger))) counts[status] = (counts[status] ?? 0) + count;
  return counts;
}

/** A decision in a form. */
export interface FormOrder {
  readonly verb: EndpointOrder['verb'];
  readonly ids: readonly string[];
  readonly reason?: string | undefined;
  readonly by: string;
}

/**
 * The order of a form. Undefined if nothing changes. Throws InputError for an id that is unknown, or about which the decision
 * is refused.
 */
export async function orderOf(
  { verb, ids, reason, by }: FormOrder,
  recorded: Recorded,
): Promise<EndpointOrder | undefined> {
  const { desks, ledger } = await openDesks(recorded);
  const now = recorded.workspace.host.now();
  const choice = { force: false, keepRetries: false };
  const decide = verb === 'replay' ? replaying(choice, now) : closing(verb, by, now);
  const noun = verb === 'replay' ? 'event' : 'incident';
  if (ids.length === 0) throw new InputError(`the form names no ${noun}`);
  const changed = ids.filter((id) => decisionOf(desks, ledger, id, { noun, decide }).decision.is === 'changed');
  return changed.length === 0 ? undefined : defined<EndpointOrder>({ verb, ids: changed, reason });
}
