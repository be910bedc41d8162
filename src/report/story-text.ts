/**
 * The story of one resource: the decisions about it and their reasons, its actions and its observed changes, in log
 * order.
 */

import type { LogRecord, Seen } from '../formats/log-record.ts';
import { counted, printable } from '#plugin';
import { painter, shortDigests, type Style, textOf } from './text.ts';

/** The command, the actor and the reason of each run, by its ID. */
export type Runs = ReadonlyMap<string, { readonly command: string; readonly actor: string; readonly reason?: string }>;

interface Chapter {
  /** The entry of the last record. */
  readonly entry: Entry;
  readonly first: LogRecord;
  readonly last: LogRecord;
  readonly count: number;
}

/** Groups records into chapters: consecutive refusals of the same step by the same rules are one chapter. */
function chapters(records: readonly LogRecord[]): readonly Chapter[] {
  const out: Chapter[] = [];
  for (const record of records) {
    const entry = entryOf(record);
    if (entry === undefined) continue;
    const before = out.at(-1);
    if (before !== undefined && isSameRefusal(before.last, record))
      out[out.length - 1] = { entry, first: before.first, last: record, count: before.count + 1 };
    else out.push({ entry, first: record, last: record, count: 1 });
  }
  return out;
}

function isSameRefusal(a: LogRecord, b: LogRecord): boolean {
  if (a.kind !== 'refusal' || b.kind !== 'refusal') return false;
  const rules = (record: typeof a): string => record.body.reasons.map(({ rule }) => rule).join(' ');
  return a.body.step === b.body.step && a.body.verdict === b.body.verdict && rules(a) === rules(b);
}

function clean(text: string): string {
  return shortDigests(printable(text));
}

function movesText(moves: readonly { readonly from: string; readonly to: string; readonly trigger: string }[]): string {
  return moves.map(({ from, to, trigger }) => `${from} > ${to} (${trigger})`).join(', ');
}

/** The texts that are not empty, with a separator. */
function joined(separator: string, ...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(separator);
}

const MEMORY_WORDS = { adopt: 'adopted', protect: 'recorded', release: 'released' } as const;

interface Entry {
  readonly word: string;
  readonly style: Style;
  readonly lines: readonly string[];
}

/**
 * Returns the changes that a refresh recorded apart from the state; empty for texts that are only kept for the next
 * plan.
 */
function notedText({ hold, kept, needs, labels, findings, repeats, settled }: Seen): string {
  return [
    ...Object.keys(kept ?? {}),
    ...(hold === undefined ? [] : [`on hold: ${hold}`]),
    ...(needs === undefined ? [] : [`needs: ${needs.join(', ') || 'none'}`]),
    ...(labels === undefined ? [] : ['labels']),
    ...(findings === undefined ? [] : [`findings: ${findings.join(', ') || 'none'}`]),
    ...Object.entries(repeats ?? {}).map(
      ([code, count]) => `${code}: ${counted(count, 'refresh', 'refreshes')} in a row`,
    ),
    ...(settled === true ? ['failures are settled'] : []),
  ].join('; ');
}

function seenEntry(seen: Seen): Entry | undefined {
  if (seen.gone === true)
    return { word: 'removed', style: 'yellow', lines: ['no longer exists; removed from the state'] };
  const moves = seen.moves ?? [];
  if (moves.length > 0) return { word: 'seen', style: 'cyan', lines: [movesText(moves)] };
  if (seen.state !== undefined) return { word: 'seen', style: 'cyan', lines: [`first observed as ${seen.state}`] };
  if (seen.spec_digest !== undefined)
    return {
      word: 'seen',
      style: 'cyan',
      lines: ['the resource is already as declared, which counts as applied'],
    };
  const noted = notedText(seen);
  return noted === '' ? undefined : { word: 'noted', style: 'dim', lines: [noted] };
}

/** Returns the entry of a record; undefined if no change in it concerns a reader. */
function entryOf(record: LogRecord): Entry | undefined {
  switch (record.kind) {
    case 'seen': {
      const [seen] = record.body.resources;
      return seen === undefined ? undefined : seenEntry(seen);
    }
    case 'intent': {
      const { step, goal, cause, because, overrides, fields } = record.body;
      return {
        word: 'intended',
        style: 'bold',
        lines: [
          `${step} (${goal}, ${cause}): ${because}`,
          ...(fields ?? []).map(({ path, before, after, secret }) =>
            secret === true
              ? `${path}: (secret)`
              : `${path}: ${JSON.stringify(before ?? null)} → ${JSON.stringify(after ?? null)}`,
          ),
          ...(overrides ?? []).map(({ rule, reason }) => `overridden ${rule}: ${reason}`),
        ],
      };
    }
    case 'outcome': {
      const { outcome, error, moves, settled, elapsed_ms: elapsedMs } = record.body;
      const style = outcome === 'done' ? 'green' : outcome === 'undone' ? 'yellow' : 'red';
      const when =
        settled === true
          ? 'as a later refresh found'
          : elapsedMs === undefined
            ? ''
            : `after ${(elapsedMs / 1000).toFixed(1)} s`;
      return {
        word: outcome,
        style,
        lines: [
          joined(settled === true ? ', ' : ' ', movesText(moves ?? []), when) +
            (error === undefined ? '' : `: ${error}`),
        ],
      };
    }
    case 'refusal': {
      const { verdict, step, goal, cause, reasons } = record.body;
      return {
        word: verdict,
        style: verdict === 'deferred' ? 'yellow' : 'red',
        lines: [
          `${step} (${goal}, ${cause})`,
          ...reasons.map(
            ({ rule, message, clears_at: clears }) =>
              `${rule}: ${message}${clears === undefined ? '' : `; clears at ${clears}`}`,
          ),
        ],
      };
    }
    case 'memory':
      return { word: MEMORY_WORDS[record.body.goal], style: 'green', lines: [record.body.because] };
    case 'moved':
      return { word: 'renamed', style: 'yellow', lines: [record.body.reason ?? ''] };
    default:
      return undefined;
  }
}

function chapterText({ entry, first, last, count }: Chapter, runs: Runs, color: boolean): string {
  const paint = painter(color);
  const run = 'run' in last.body ? last.body.run : undefined;
  const who = run === undefined ? undefined : runs.get(run);
  const reason = who?.reason === undefined ? '' : `: ${who.reason}`;
  const by = who === undefined ? last.actor : `${who.command} by ${who.actor}${reason}`;
  const times = count === 1 ? '' : `, ${count} times since ${first.time} (record ${first.seq})`;
  const [lead = '', ...more] = entry.lines;
  const lines = [
    `${String(last.seq).padStart(6)}  ${last.time}  ${paint(entry.style, entry.word.padEnd(8))}  ${clean(lead)}${times}  ${paint('dim', `(${clean(by)})`)}`,
    ...more.map((line) => `${' '.repeat(44)}${clean(line)}`),
  ];
  return textOf(lines, color);
}

/** Returns the whole story; an empty text without records. */
export function storyText(
  address: string,
  records: readonly LogRecord[],
  runs: Runs,
  options: { readonly color: boolean },
): string {
  if (records.length === 0) return '';
  const paint = painter(options.color);
  const lines = chapters(records).map((chapter) => chapterText(chapter, runs, options.color));
  return textOf([paint('bold', address)], options.color) + lines.join('');
}
