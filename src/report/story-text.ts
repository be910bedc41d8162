/** The story of one resource: what was decided about it and why, what was done, and what was seen, in the order of the log. */

import type { LogRecord } from '../formats/log-record.ts';
import { printable } from '#plugin';
import { painter, shortDigests, type Style, textOf } from './text.ts';

/** Who ran what, by run. */
export type Runs = ReadonlyMap<string, { readonly command: string; readonly actor: string }>;

interface Chapter {
  readonly first: LogRecord;
  readonly last: LogRecord;
  readonly count: number;
}

/** Refusals that say the same, one right after the other, are one chapter. */
function chapters(records: readonly LogRecord[]): readonly Chapter[] {
  const out: Chapter[] = [];
  for (const record of records) {
    const before = out.at(-1);
    if (before !== undefined && isSameRefusal(before.last, record))
      out[out.length - 1] = { first: before.first, last: record, count: before.count + 1 };
    else out.push({ first: record, last: record, count: 1 });
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

const MEMORY_WORDS = { adopt: 'adopted', protect: 'protected', release: 'released' } as const;

interface Told {
  readonly word: string;
  readonly style: Style;
  readonly lines: readonly string[];
}

function told(record: LogRecord): Told | undefined {
  switch (record.kind) {
    case 'seen': {
      const [seen] = record.body.resources;
      if (seen === undefined) return undefined;
      if (seen.gone === true)
        return { word: 'gone', style: 'yellow', lines: ['it is not there any more, and forgotten'] };
      const moves = seen.moves ?? [];
      if (moves.length > 0) return { word: 'seen', style: 'cyan', lines: [movesText(moves)] };
      if (seen.state !== undefined) return { word: 'seen', style: 'cyan', lines: [`first seen ${seen.state}`] };
      if (seen.spec_digest !== undefined)
        return {
          word: 'seen',
          style: 'cyan',
          lines: ['the world is already as it is written: that counts as applied'],
        };
      const noted = [
        ...Object.keys(seen.kept ?? {}),
        ...(seen.findings === undefined ? [] : [`findings: ${seen.findings.join(', ') || 'none'}`]),
      ];
      return noted.length === 0 ? undefined : { word: 'noted', style: 'dim', lines: [noted.join(', ')] };
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
      const after = elapsedMs === undefined ? '' : ` after ${(elapsedMs / 1000).toFixed(1)} s`;
      return {
        word: outcome,
        style,
        lines: [
          `${movesText(moves ?? [])}${settled === true ? ', as a later look found' : after}${error === undefined ? '' : `: ${error}`}`,
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

function chapterText({ first, last, count }: Chapter, runs: Runs, color: boolean): string {
  const paint = painter(color);
  const what = told(last);
  if (what === undefined) return '';
  const run = 'run' in last.body ? last.body.run : undefined;
  const who = run === undefined ? undefined : runs.get(run);
  const by = who === undefined ? last.actor : `${who.command} by ${who.actor}`;
  const times = count === 1 ? '' : `, ${count} times since ${first.time} (record ${first.seq})`;
  const [lead = '', ...more] = what.lines;
  const lines = [
    `${String(last.seq).padStart(6)}  ${last.time}  ${paint(what.style, what.word.padEnd(8))}  ${clean(lead)}${times}  ${paint('dim', `(${clean(by)})`)}`,
    ...more.map((line) => `${' '.repeat(44)}${clean(line)}`),
  ];
  return textOf(lines, color);
}

/** The whole story; empty where there is none. */
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
