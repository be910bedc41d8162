/** The desks of plugins, and decisions about their events and incidents: by a command, or by an order from the inbox. */

import {
  type DeskDecision,
  type EventsDesk,
  InputError,
  type Instant,
  type Ledger,
  type LedgerChange,
  type Plugin,
  type Redact,
  type ReplayChoice,
} from '#plugin';
import type { Draft } from '../formats/log-record.ts';
import { ledgerDrafts } from './ledger-drafts.ts';
import type { Host } from './project.ts';

/** The desk of a plugin, with the tables that it may change. */
export interface Desk {
  readonly desk: EventsDesk;
  readonly tables: readonly string[];
}

export async function desksOf(
  plugins: Host['plugins'] | ReadonlyMap<string, () => Promise<Plugin>>,
): Promise<readonly Desk[]> {
  const desks: Desk[] = [];
  for (const load of plugins.values()) {
    const events = await (await load()).events?.();
    if (events?.desk !== undefined) desks.push({ desk: events.desk, tables: events.tables });
  }
  return desks;
}

/** Throws InputError for a status that no plugin has. */
export function checkStatus(desks: readonly Desk[], status: string | undefined): void {
  const known = [...new Set(desks.flatMap(({ desk }) => desk.statuses))];
  if (status !== undefined && !known.includes(status))
    throw new InputError(`"${status}" is not a valid status. Use one of ${known.join(', ')}`);
}

export type Noun = 'event' | 'incident';

export type Decide = (desk: EventsDesk, ledger: Ledger, id: string) => DeskDecision | undefined;

/** Makes events pending again, and due now. */
export function replaying(choice: ReplayChoice, now: Instant): Decide {
  return (desk, ledger, id) => desk.replay(ledger, id, choice, now);
}

/** Acknowledges or resolves incidents. `by`: the person. */
export function closing(verb: 'ack' | 'resolve', by: string, now: Instant): Decide {
  return (desk, ledger, id) =>
    verb === 'ack' ? desk.acknowledge(ledger, id, by, now) : desk.resolve(ledger, id, by, now);
}

export interface DecidedId {
  readonly decision: Exclude<DeskDecision, { readonly is: 'refused' }>;
  readonly tables: readonly string[];
}

/** The decision about an id, with the tables of its plugin. Throws InputError for an id that is unknown or refused. */
export function decisionOf(
  desks: readonly Desk[],
  ledger: Ledger,
  id: string,
  { noun, decide }: { readonly noun: Noun; readonly decide: Decide },
): DecidedId {
  for (const { desk, tables } of desks) {
    const decision = decide(desk, ledger, id);
    if (decision === undefined) continue;
    if (decision.is === 'refused') throw new InputError(`${id}: ${decision.message}`);
    return { decision, tables };
  }
  throw new InputError(`no ${noun} has the id ${id}. \`fettle ${noun}s list\` prints the ids`);
}

/** The records of decisions. `why`: further reasons. */
export function decisionDrafts(
  decisions: readonly DecidedId[],
  {
    run,
    redact,
    why,
  }: { readonly run: string; readonly redact: Redact; readonly why: readonly (string | undefined)[] },
): readonly Draft[] {
  const reasoned = (change: LedgerChange): LedgerChange => ({
    ...change,
    because: [change.because, ...why].filter((part) => part).join(': '),
  });
  return decisions.flatMap(({ decision, tables }) =>
    decision.is === 'changed' ? ledgerDrafts([reasoned(decision.change)], { run, tables, redact }) : [],
  );
}
