/** Recorded events and incidents of plugins: lists, and the decisions of a person, which are recorded under the lock. */

import {
  defined,
  type DeskDecision,
  type DeskRow,
  type EventSelection,
  type IncidentSelection,
  InputError,
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
import {
  checkStatus,
  closing,
  type Decide,
  type DecidedId,
  decisionDrafts,
  decisionOf,
  type Desk,
  desksOf,
  type Noun,
  replaying,
} from './desk.ts';
import { readState } from './state.ts';
import { refuseInCi, writeLog } from './write-log.ts';

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
  const desks = await desksOf(workspace.host.plugins);
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
  for (const { desk } of await desksOf(workspace.host.plugins)) {
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
  const desks = await desksOf(workspace.host.plugins);
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

interface Deciding extends Recording {
  readonly command: string;
  readonly noun: Noun;
  readonly ids: (desks: readonly Desk[], ledger: Ledger) => readonly string[];
  readonly decide: Decide;
}

function sorted(decisions: readonly DecidedId[]): Omit<Decided, 'head'> {
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
  const desks = await desksOf(workspace.host.plugins);
  const body = reason === undefined ? {} : { reason };
  const redact = valueRedactor(secretsOf(workspace.host.env));
  return writeLog<Decided>(workspace, { ...locking, command, body }, say, async ({ recall, record, run, head }) => {
    const decisions = [...new Set(ids(desks, recall.ledger))].map((id) =>
      decisionOf(desks, recall.ledger, id, { noun, decide }),
    );
    await record(decisionDrafts(decisions, { run, redact, why: [reason] }));
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

/** Makes events pending again, and due now. */
export async function replayEvents(
  workspace: Workspace,
  { ids, selection, force, keepRetries, ...recording }: Replay,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result?: Decided }> {
  checkStatus(await desksOf(workspace.host.plugins), selection.status);
  const decide = replaying({ force, keepRetries }, workspace.host.now());
  const own = { command: 'events replay', noun: 'event' as const, ids: replayedIds({ ids, selection }), decide };
  return recordDecisions(workspace, { ...recording, ...own }, say);
}

/** The events that a replay would change. Records nothing. */
export async function previewReplay(
  workspace: Workspace,
  { ids, selection, force, keepRetries }: Omit<Replay, keyof Recording>,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result: Decided }> {
  const desks = await desksOf(workspace.host.plugins);
  checkStatus(desks, selection.status);
  const { ending, recall } = await readState(workspace, say);
  const { ledger } = recall;
  const decide = replaying({ force, keepRetries }, workspace.host.now());
  const chosen = [...new Set(replayedIds({ ids, selection })(desks, ledger))];
  const decisions = chosen.map((id) => decisionOf(desks, ledger, id, { noun: 'event', decide }));
  return { ending, result: sorted(decisions) };
}

/** Acknowledges or resolves incidents, by the actor of the run. */
export async function decideIncidents(
  workspace: Workspace,
  { verb, ids, ...recording }: Recording & { readonly verb: 'ack' | 'resolve'; readonly ids: readonly string[] },
  say: Listener,
): Promise<{ readonly ending: Ending; readonly result?: Decided }> {
  const decide = closing(verb, workspace.host.actor, workspace.host.now());
  return recordDecisions(
    workspace,
    defined({ ...recording, command: `incidents ${verb}`, noun: 'incident' as const, ids: () => ids, decide }),
    say,
  );
}
