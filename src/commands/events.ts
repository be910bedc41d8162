/** `fettle events`: the recorded events of other systems, and their replay. */

import { counted, type DeskRow, type EventSelection, printable } from '#plugin';
import { columnWidth } from '../report/text.ts';
import { type Decided, listEvents, previewReplay, replayEvents, showEvent } from '../run/events-desk.ts';
import { command } from './command.ts';
import { flag, locking, parsed, parsedOr, reason, required, rest, shown, text, where, wholeNumber } from './options.ts';

/** Rows in columns, one per line. */
export function rowsText(rows: readonly DeskRow[]): string {
  const cells = rows.map((row) => row.cells.map(printable));
  const widths = (cells[0] ?? []).map((_, i) =>
    columnWidth(
      cells.map((row) => row[i] ?? ''),
      56,
    ),
  );
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Rows as JSON, one per line. */
export function rowsJson(rows: readonly DeskRow[]): string {
  return rows.map(({ facts }) => `${JSON.stringify(facts)}\n`).join('');
}

/** The text about decisions, with the rows that changed. */
export function decidedText({ changed, unchanged, head }: Decided, verb: string, noun: string): string {
  const same = unchanged.length === 0 ? '' : `, ${unchanged.length} unchanged`;
  const end = head === undefined ? '' : `log head ${head.seq}:${head.hash}\n`;
  return `${rowsText(changed)}${counted(changed.length, noun)} ${verb}${same}\n${end}`;
}

/** Decisions as one JSON object. */
export function decidedJson({ changed, unchanged, head }: Decided): string {
  const factsOf = (rows: readonly DeskRow[]): readonly unknown[] => rows.map(({ facts }) => facts);
  const body = {
    changed: factsOf(changed),
    unchanged: factsOf(unchanged),
    ...(head === undefined ? {} : { log_head: head }),
  };
  return `${JSON.stringify(body)}\n`;
}

const filters = {
  status: text('<status>', 'Only include events with this status: pending, applied or failed.'),
  source: text('<source>', 'Only include events of this source.'),
  cluster: text('<cluster>', 'Only include events of this cluster.'),
  domain: text('<host>', 'Only include events about this host or id.'),
};

function selectionOf(flags: {
  readonly status?: string | undefined;
  readonly source?: string | undefined;
  readonly cluster?: string | undefined;
  readonly domain?: string | undefined;
}): EventSelection {
  const { status, source, cluster, domain } = flags;
  return { status, source, cluster, domain };
}

export const eventsList = command({
  name: 'events list',
  summary: 'List the events of other systems, newest last.',
  options: {
    ...where,
    ...filters,
    unresolved: flag('Only include events that are not applied.'),
    limit: parsedOr('<n>', wholeNumber(1), 'Number of events to show.', 200),
    ...shown,
  },
  call: async ({ flags, say, print, openWorkspace }) => {
    const { limit, unresolved, format } = flags;
    const workspace = await openWorkspace();
    const { ending, rows, counts } = await listEvents(workspace, { ...selectionOf(flags), unresolved, limit }, say);
    const total = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
    print(format === 'json' ? rowsJson(rows) : `${rowsText(rows)}${total.join(', ')}\n`);
    return ending;
  },
});

export const eventsShow = command({
  name: 'events show',
  summary: 'Print one event.',
  words: { id: required('Id of the event.') },
  options: { ...where, ...shown },
  call: async ({ flags, words: { id }, say, print, openWorkspace }) => {
    const { facts } = await showEvent(await openWorkspace(), id, say);
    print(`${JSON.stringify(facts, null, flags.format === 'json' ? undefined : 2)}\n`);
    return 'ok';
  },
});

export const eventsReplay = command({
  name: 'events replay',
  summary: 'Apply events again in the next round: by id, or all dead letters.',
  words: { ids: rest('Ids of events. Default: every event that failed, limited by the options.') },
  options: {
    ...where,
    ...filters,
    limit: parsed(
      '<n>',
      (value) => wholeNumber(1)(value),
      'Number of events to replay, oldest first. Default: 100, at most 1000.',
    ),
    force: flag('Replay applied events too.'),
    keepRetries: flag('Keep the counts of failures.'),
    dryRun: flag('Print the events, and record nothing.'),
    ...reason,
    ...locking,
    ...shown,
  },
  call: async ({ flags, words: { ids }, say, print, interruption, openWorkspace }) => {
    const { limit, force = false, keepRetries = false, dryRun = false, format, lockTimeout } = flags;
    const workspace = await openWorkspace();
    const replay = { ids, selection: { ...selectionOf(flags), limit }, force, keepRetries };
    const recording = { reason: flags.reason?.[0], lockTimeout, interruption: interruption() };
    const { ending, result } = dryRun
      ? await previewReplay(workspace, replay, say)
      : await replayEvents(workspace, { ...replay, ...recording }, say);
    if (result !== undefined)
      print(format === 'json' ? decidedJson(result) : decidedText(result, dryRun ? 'to replay' : 'replayed', 'event'));
    return ending;
  },
});
