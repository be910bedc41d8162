/** Recorded events and incidents of plugins: lists, and the decisions of a person, which are recorded under the lock. */

import {
  defined,
  type DeskDecision,
  type DeskRow,
  type EventsDesk,
  type EventSelection,
  type IncidentSelection,
  InputError,
  type Instant,
  type Ledger,
  type ReplayChoice,
  secretsOf,
  valueRedactor,
} from '#plugin';
import type { Head } from '../store/store.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import type { Locking } from './lock.ts';
import type { Workspace } from './project.ts';
import { ledgerDrafts } from './ledger-drafts.ts';
import { readState } from './state.ts';
import { refuseInCi, writeLog } from './write-log.ts';

/** The desk of a plugin, with the tables that it may change. */
interface Desk {
  readonly desk: EventsDesk;
  readonly tables: readonly string[];
}

async function desksOf({ host }: Workspace): Promise<readonly Desk[]> {
  const desks: Desk[] = [];
  for (const load of host.plugins.values()) {
    const events = await (await load()).events?.();
    if (events?.desk !== undefined) desks.push({ desk: events.desk, tables: events.tables });
  }
  return desks;
}

/** Throws InputError for a status that no plugin has. */
function checkStatus(desks: readonly Desk[], status: string | undefined): void {
  const known = [...new Set(desks.flatMap(({ desk }) => desk.statuses))];
  if (status !== undefined && !known.includes(status))
    throw new InputError(`"${status}" is not a valid status. Use one of ${known.join(', ')}`);
}

export interface Listed {
  readonly ending: Ending;
  readonly rows: readonly DeskRow[];
}

export interface ListedEvents extends Listed {
  /** Numbers of all events by status. */
  readonly counts: Readonly<Record<string, number>>;
}

export async function listEvents(
  workspace: Workspace,
  selection: EventSelection,
  say: Listener,
): Promise<ListedEvents> {
  const desks = await desksOf(workspace);
  checkStatus(desks, selection.status);
  const { ending, recall } = await readState(workspace, say);
  const counts: Record<string, number> = {};
  for (const { desk } of desks)
    for (const [status, count] of Object.entries(desk.counts(recall.ledger)))
      counts[status] = (counts[status] ?? 0) + count;
  return { ending, rows: desks.flatMap(({ desk }) => desk.events(recall.ledger, selection)), counts };
}

export async function showEvent(workspace: Workspace, id: string, say: Listener): Promise<DeskRow> {
  const { recall } = await readState(workspace, say);
  for (const { desk } of await desksOf(workspace)) {
    const row = desk.event(recall.ledger, id);
    if (row !== undefined) return row;
  }
  throw new InputError(`no event has the id ${id}. \`fettle events list\` prints the ids`);
}

export async function listIncidents(
  workspace: Workspace,
  selection: IncidentSelection,
  say: Listener,
): Promise<Listed> {
  const { ending, recall } = await readState(workspace, say);
  const desks = await desksOf(workspace);
  return { ending, rows: desks.flatMap(({ desk }) => desk.incidents(recall.ledger, selection)) };
}

interface Recording extends Omit<Locking, 'command'> {
  readonly reason?: string | undefined;
}

/** The result of decisions about several events or incidents. */
export interface Decided {
  readonly changed: readonly DeskRow[];
  readonly unchanged: readonly DeskRow[];
  readonly head?: Head | undefined;
}

type Decide = (desk: EventsDesk, ledger: Ledger, id: string) => DeskDecision | undefined;

/** The decisions about ids, with the tables of their plugins. Throws InputError for an id that is unknown or refused. */
function decisionsOf(
  desks: readonly Desk[],
  ledger: Ledger,
  ids: readonly string[],
  noun: string,
  decide: Decide,
): readonly { readonly decision: DeskDecision; readonly tables: readonly string[] }[] {
  return [...new Set(ids)].map((id) => {
    for (const { desk, tables } of desks) {
      const decision = decide(desk, ledger, id);
      if (decision === undefined) continue;
      if (decision.is === 'refused') throw new InputError(`${id}: ${decision.message}`);
      return { decision, tables };
    }
    throw new InputError(`no ${noun} has the id ${id}. \`fettle ${noun}s list\` prints the ids`);
  });
}

interface Deciding extends Recording {
  readonly command: string;
  readonly noun: 'event' | 'incident';
  readonly ids: (desks: readonly Desk[], ledger: Ledger) => readonly string[];
  readonly decide: Decide;
}

function sorted(decisions: readonly { readonly decision: DeskDecision }[]): Omit<Decided, 'head'> {
  const rows = (is: DeskDecision['is']): readonly DeskRow[] =>
    decisions.flatMap(({ decision }) => (decision.is === is ? [decision.row] : []));
  return { changed: rows('changed'), unchanged: rows('unchanged') };
}

async function recordDecisions(
  workspace: Workspace,
  { command, noun, ids, decide, reason, ...locking }: Deciding,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result?: Decided }> {
  refuseInCi(workspace, command);
  const desks = await desksOf(workspace);
  const body = reason === undefined ? {} : { reason };
  const redact = valueRedactor(secretsOf(workspace.host.env));
  return writeLog<Decided>(workspace, { ...locking, command, body }, say, async ({ recall, record, run, head }) => {
    const decisions = decisionsOf(desks, recall.ledger, ids(desks, recall.ledger), noun, decide);
    await record(
      decisions.flatMap(({ decision, tables }) =>
        decision.is === 'changed'
          ? ledgerDrafts(
              [{ ...decision.change, because: [decision.change.because, reason].filter((part) => part).join(': ') }],
              { run, tables, redact },
            )
          : [],
      ),
    );
    return { ending: 'ok', result: { ...sorted(decisions), head: head() } };
  });
}

export interface Replay extends Recording, ReplayChoice {
  /** Ids of events; with none, the selection counts. */
  readonly ids: readonly string[];
  readonly selection: EventSelection;
}

function replayedIds({ ids, selection }: Pick<Replay, 'ids' | 'selection'>): Deciding['ids'] {
  return (desks, ledger) => (ids.length > 0 ? ids : desks.flatMap(({ desk }) => desk.replayable(ledger, selection)));
}

function replaying(choice: ReplayChoice, now: () => Instant): Decide {
  return (desk, ledger, id) => desk.replay(ledger, id, choice, now());
}

/** Makes events pending again, and due now. */
export async function replayEvents(
  workspace: Workspace,
  { ids, selection, force, keepRetries, ...recording }: Replay,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result?: Decided }> {
  checkStatus(await desksOf(workspace), selection.status);
  const decide = replaying({ force, keepRetries }, workspace.host.now);
  const own = { command: 'events replay', noun: 'event' as const, ids: replayedIds({ ids, selection }), decide };
  return recordDecisions(workspace, { ...recording, ...own }, say);
}

/** The events that a replay would change. Records nothing. */
export async function previewReplay(
  workspace: Workspace,
  { ids, selection, force, keepRetries }: Omit<Replay, keyof Recording>,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result: Decided }> {
  const desks = await desksOf(workspace);
  checkStatus(desks, selection.status);
  const { ending, recall } = await readState(workspace, say);
  const { ledger } = recall;
  const decide = replaying({ force, keepRetries }, workspace.host.now);
  const chosen = replayedIds({ ids, selection })(desks, ledger);
  return { ending, result: sorted(decisionsOf(desks, ledger, chosen, 'event', decide)) };
}

/** Acknowledges or resolves incidents, by the actor of the run. */
export async function decideIncidents(
  workspace: Workspace,
  { verb, ids, ...recording }: Recording & { readonly verb: 'ack' | 'resolve'; readonly ids: readonly string[] },
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result?: Decided }> {
  const { actor, now } = workspace.host;
  const decide: Decide = (desk, ledger, id) =>
    verb === 'ack' ? desk.acknowledge(ledger, id, actor, now()) : desk.resolve(ledger, id, actor, now());
  return recordDecisions(
    workspace,
    defined({ ...recording, command: `incidents ${verb}`, noun: 'incident' as const, ids: () => ids, decide }),
    say,
  );
}
