/** Records of the log as text, one line for each. */

import type { LedgerEntry, LogRecord, Move, RecordBodies } from '../formats/log-record.ts';
import { formatRef, type Labels, type Ref } from '#plugin';
import { namedText } from './labels-text.ts';
import { textOf } from './text.ts';

function movesText(moves: readonly Move[] | undefined): string {
  return (moves ?? [])
    .map(({ from, to, trigger, unlisted }) => `${from} > ${to} (${unlisted === true ? 'not in the spec' : trigger})`)
    .join(', ');
}

function seenText(record: LogRecord & { readonly kind: 'seen' }): string {
  const { counts, resources, gaps } = record.body;
  const seen = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  const changed = resources.map((each) => {
    const what = each.gone === true ? 'removed' : movesText(each.moves) || (each.state ?? 'noted');
    return `${formatRef(each.ref)} ${what}`;
  });
  const shown = changed.length > 3 ? [...changed.slice(0, 3), `and ${changed.length - 3} more`] : changed;
  const blind = gaps === undefined ? [] : [`could not read ${gaps.join(', ')}`];
  return [...seen, ...(shown.length === 0 ? ['no changes'] : shown), ...blind].join('; ');
}

/** Returns the address of the resource, with its labels. */
function about({ ref, labels }: { readonly ref: Ref; readonly labels?: Labels }): string {
  return namedText({ address: formatRef(ref), labels });
}

function entryText({ table, key }: LedgerEntry): string {
  return `${table} ${key}`;
}

function rememberedText(body: RecordBodies['remembered']): string {
  if ('entry' in body) return entryText(body.entry);
  if ('inbox' in body) return `${body.inbox.file}: ${body.inbox.drained} bytes drained`;
  return formatRef('memory' in body ? body.memory.ref : body.spent.ref);
}

/** Returns the text of a record after its number, time and kind. */
export function bodyText(record: LogRecord): string {
  switch (record.kind) {
    case 'run':
      return `${record.body.command} by ${record.actor}, fettle ${record.body.version}, run ${record.body.run}${record.body.reason === undefined ? '' : `: ${record.body.reason}`}`;
    case 'end': {
      const counts = Object.entries(record.body.counts).filter(([, count]) => count > 0);
      return `exit ${record.body.exit}${counts.length === 0 ? '' : `: ${counts.map(([name, count]) => `${count} ${name}`).join(', ')}`}`;
    }
    case 'seen':
      return seenText(record);
    case 'intent': {
      const overrides = (record.body.overrides ?? [])
        .map(({ rule, reason }) => `; overrides ${rule}: ${reason}`)
        .join('');
      return `${about(record.body)} ${record.body.step}: ${record.body.because}${overrides}`;
    }
    case 'outcome': {
      const { body } = record;
      const moves = movesText(body.moves);
      return `${about(body)} ${body.outcome}${body.settled === true ? ', as a later refresh found' : ''} (intent ${body.intent})${moves === '' ? '' : `: ${moves}`}${body.error === undefined ? '' : `: ${body.error}`}`;
    }
    case 'progress': {
      const kept = Object.keys(record.body.kept ?? {}).join(', ');
      return `${about(record.body)} progress (intent ${record.body.intent})${kept === '' ? '' : `: ${kept}`}`;
    }
    case 'refusal':
      return `${about(record.body)} ${record.body.step} ${record.body.verdict}: ${record.body.reasons.map(({ rule, message }) => `${rule}: ${message}`).join('; ')}`;
    case 'memory':
      return `${about(record.body)} ${record.body.goal}: ${record.body.because}`;
    case 'moved':
      return `${formatRef(record.body.from)} is now ${formatRef(record.body.ref)}${record.body.reason === undefined ? '' : `: ${record.body.reason}`}`;
    case 'checkpoint':
      return `segment of fence ${record.body.token} begins with ${record.body.resources} resources${record.body.recovers === undefined ? '' : ', after a recovery'}${record.body.seals === undefined ? '' : ', after a takeover'}${record.body.renames === undefined ? '' : `; former project name ${record.body.renames.from}${record.body.renames.reason === undefined ? '' : `: ${record.body.renames.reason}`}`}`;
    case 'remembered':
      return rememberedText(record.body);
    case 'ledger':
      return `${entryText(record.body)}${record.body.value === undefined ? ' removed' : ''}: ${record.body.because}`;
    case 'order':
      return `${record.body.verb} ordered by ${record.body.by}`;
    case 'inbox':
      return `${record.body.entries} entries of the inbox were drained, with ${record.body.records} records`;
  }
}

/** Returns one record on one line. Ends with a newline. */
export function recordLine(record: LogRecord): string {
  return textOf(
    [`${String(record.seq).padStart(6)}  ${record.time}  ${record.kind.padEnd(10)}  ${bodyText(record)}`],
    false,
  );
}
