/**
 * An explanation as text: the next step, the rules that block it and the ways to unblock it; then state, findings, last
 * records.
 */

import type { Explanation, RuleSaid, Way, WayOut } from '../formats/explanation.ts';
import type { LogRecord } from '../formats/log-record.ts';
import { counted, type Json, printable } from '#plugin';
import { valueText } from './fields.ts';
import { isGrave } from '../formats/parts.ts';
import { pendingFindingLines, SEVERITY_STYLE, suppressedFindingLines } from './findings-text.ts';
import { recordLine } from './log-text.ts';
import { scheduleTexts } from './schedule-text.ts';
import { namedText } from './labels-text.ts';
import {
  columnWidth,
  type Paint,
  painter,
  shortDigests,
  ageText,
  relativeText,
  type Style,
  textOfBlocks,
} from './text.ts';

export interface ExplainTextOptions {
  readonly color: boolean;
  /** In epoch ms. */
  readonly now: number;
  /** Lists passing rules with their facts, instead of counting them. */
  readonly detail?: boolean;
}

type Row = readonly [label: string, text: string];

function clean(text: string): string {
  return shortDigests(printable(text));
}

function factsText(facts: Readonly<Record<string, Json>>): string {
  const entries = Object.entries(facts).filter(([, value]) => value !== null);
  return entries.map(([name, value]) => `${name}=${valueText(value)}`).join(' ');
}

function rowsText(rows: readonly Row[], paint: Paint): readonly string[] {
  const width = columnWidth(
    rows.map(([label]) => label),
    16,
  );
  return rows.map(([label, text]) => `  ${paint('dim', label.padEnd(width))}  ${text}`);
}

function wayOutText({ machine, to, by, trigger, due_at: due }: WayOut, single: boolean, now: number): string {
  const where = single ? '' : `${machine}: `;
  const until = due === undefined ? '' : `, due ${due} (${relativeText(due, now)})`;
  return `${where}> ${to} (${by === 'world' ? 'on its own' : 'by fettle'}, ${printable(trigger)}${until})`;
}

function stateText(explanation: Explanation, { now }: ExplainTextOptions, paint: Paint): string {
  const { state, since, overdue_since: overdue, seen, gap, others } = explanation;
  const parts = [
    paint('bold', printable(state)),
    since === undefined ? '' : ` since ${since} (${ageText(since, now)})`,
    others === undefined
      ? ''
      : Object.entries(others)
          .map(([machine, value]) => `, ${machine} ${value}`)
          .join(''),
    overdue === undefined ? '' : paint('yellow', `; overdue since ${overdue}`),
    seen || gap === undefined ? '' : paint('red', `, as last recorded: ${clean(gap.message)}`),
  ];
  return parts.join('');
}

function memoryRows(explanation: Explanation, { now }: ExplainTextOptions, paint: Paint): readonly Row[] {
  const { memory } = explanation;
  const none =
    memory.applied_at === undefined
      ? 'neither created nor adopted by this project'
      : 'nothing of its own; its document is applied';
  const owned = memory.owned === null ? none : `yes, ${memory.owned}`;
  return [
    ['owned', `${owned}${memory.protected ? ', protected' : ''}; if its document is removed: ${memory.on_remove}`],
    ...(memory.unknown
      ? [['unknown', paint('yellow', 'a damaged log named the resource. Refresh or import it')] as const]
      : []),
    ...(memory.hold === undefined ? [] : [['on hold', clean(memory.hold)] as const]),
    ...(memory.applied_at === undefined
      ? []
      : [['last applied', `${memory.applied_at} (${relativeText(memory.applied_at, now)})`] as const]),
    ...(memory.open_intent === undefined
      ? []
      : [
          [
            'open',
            paint('yellow', `${memory.open_intent.step} since ${memory.open_intent.at}, run ${memory.open_intent.run}`),
          ] as const,
        ]),
    ...(memory.failures === 0
      ? []
      : [
          [
            'failed',
            paint('red', counted(memory.failures, 'time')) +
              (memory.last_error === undefined
                ? ''
                : `, last ${memory.last_error.step} at ${memory.last_error.at}: ${clean(memory.last_error.message)}`),
          ] as const,
        ]),
  ];
}

function entryRows(label: string, values: Json | undefined): readonly Row[] {
  if (values === undefined || values === null || typeof values !== 'object') return [];
  return Object.entries(values).map(
    ([name, value], i): Row => [i === 0 ? label : '', `${printable(name)} ${valueText(value)}`],
  );
}

function topRows(explanation: Explanation, options: ExplainTextOptions, paint: Paint): readonly Row[] {
  const { source, written, ways_out: ways, needs, needed_by: neededBy, schedule, values, signals } = explanation;
  const single = new Set(ways.map(({ machine }) => machine)).size <= 1;
  const list = (label: string, items: readonly string[]): readonly Row[] =>
    items.length === 0 ? [] : [[label, items.map(clean).join(', ')]];
  return [
    [
      'declared',
      written && source !== undefined ? `${printable(source.filename)}:${source.line}:${source.column}` : 'no',
    ],
    ['state', stateText(explanation, options, paint)],
    ...ways.map((way, i): Row => [i === 0 ? 'next states' : '', wayOutText(way, single, options.now)]),
    ...memoryRows(explanation, options, paint),
    ...list('needs', needs),
    ...list('needed by', neededBy),
    ...scheduleTexts(schedule, options.now).map((text, i): Row => [i === 0 ? 'schedule' : '', text]),
    ...entryRows('facts', values),
    ...entryRows('signals', signals),
  ];
}

const OUTCOME_STYLE: Readonly<Record<RuleSaid['outcome'], Style>> = {
  pass: 'green',
  warn: 'yellow',
  defer: 'yellow',
  reject: 'red',
};

function ruleLines(rules: readonly RuleSaid[], paint: Paint): readonly string[] {
  const width = columnWidth(
    rules.map(({ rule }) => rule),
    32,
  );
  return rules.flatMap((said) => {
    const { rule, outcome, message, facts, clears_at: clears, overridden } = said;
    const word = overridden === undefined ? outcome : 'passed';
    const lead = `  ${paint(OUTCOME_STYLE[overridden === undefined ? outcome : 'pass'], word.padEnd(6))}  ${rule.padEnd(width)}`;
    const until = clears === undefined ? '' : `; clears at ${clears}`;
    const known = factsText(facts);
    return [
      `${lead}  ${clean(message)}${until}`,
      ...(known === '' ? [] : [`  ${' '.repeat(6)}  ${' '.repeat(width)}  ${paint('dim', known)}`]),
      ...(overridden === undefined
        ? []
        : [`  ${' '.repeat(6)}  ${' '.repeat(width)}  overridden: ${clean(overridden)}`]),
    ];
  });
}

const WAY_WORD: Readonly<Record<Way['do'], string>> = {
  wait: 'wait',
  set: 'set',
  outside: 'do',
  override: 'or override',
};

const RANK: Readonly<Record<RuleSaid['outcome'], number>> = { reject: 0, defer: 1, warn: 2, pass: 3 };

function noStepText({ gap, written, findings, schedule }: Explanation): string {
  if (gap !== undefined) return 'Next step: unknown, because the resource could not be read.';
  if (!written) return 'Next step: none. The resource is neither declared nor owned.';
  const waiting = schedule?.['waiting_for'];
  if (typeof waiting === 'string') return `Next step: none until the resource is ready. It waits for ${clean(waiting)}`;
  const fault = findings.find(isGrave);
  if (fault === undefined) return 'Next step: none. The resource is as declared.';
  return `Next step: none. fettle has no step for this error: ${fault.code}: ${clean(fault.message)}`;
}

/** Returns the next step and its verdict. */
function stepLines(explanation: Explanation, { now }: ExplainTextOptions, paint: Paint): readonly string[] {
  const { next } = explanation;
  if (next === undefined) return [noStepText(explanation)];
  const words = {
    accept: paint('green', 'would be applied'),
    reject: paint('red', 'REJECTED'),
    defer: paint('yellow', 'WAITING'),
  };
  const clears =
    next.clears_at === undefined ? '' : `; clears at ${next.clears_at} (${relativeText(next.clears_at, now)})`;
  const fields = next.fields.map(({ path, before, after, secret }) => {
    const name = printable(path).slice(1).replaceAll('/', '.');
    return `    ${name}: ${secret === true ? '(secret, changed)' : `${valueText(before)} → ${valueText(after)}`}`;
  });
  return [
    `${paint('bold', `Next step: ${next.step}`)} (${next.goal}, ${next.cause}): ${clean(next.because)}`,
    ...fields,
    ...(next.after.length === 0 ? [] : [`  after ${next.after.map(clean).join(', ')}`]),
    `  ${words[next.verdict]}${clears}`,
  ];
}

/** Returns the rules that block the next step or warn about it, each with the ways to unblock the step. */
function blockerLines({ next }: Explanation, paint: Paint): readonly string[] {
  const blocking = (next?.rules ?? [])
    .filter(({ outcome }) => outcome !== 'pass')
    .toSorted((a, b) => RANK[a.outcome] - RANK[b.outcome]);
  return blocking.flatMap((said) => [
    ...ruleLines([said], paint),
    ...(next?.ways ?? [])
      .filter(({ rule }) => rule === said.rule)
      .map(({ do: how, text }) => `          ${WAY_WORD[how]} ${clean(text)}`),
  ]);
}

/** Returns the passing rules, counted or listed with their facts. */
function passingLines({ next }: Explanation, detail: boolean, paint: Paint): readonly string[] {
  const passing = (next?.rules ?? []).filter(({ outcome }) => outcome === 'pass');
  if (passing.length === 0) return [];
  if (!detail)
    return [`${counted(passing.length, 'rule')} ${passing.length === 1 ? 'passes' : 'pass'} (--detail lists them).`];
  return [paint('bold', 'Rules that pass'), ...ruleLines(passing, paint)];
}

function findingLines({ findings }: Explanation, paint: Paint): readonly string[] {
  return findings.flatMap(({ code, severity, message, facts }) => {
    const style: Style = SEVERITY_STYLE[severity];
    const known = factsText(facts);
    return [`  ${paint(style, code)}: ${clean(message)}`, ...(known === '' ? [] : [`      ${paint('dim', known)}`])];
  });
}

function uncountedLines({ pending_checks, suppressed_checks }: Explanation, paint: Paint): readonly string[] {
  return [...pendingFindingLines(pending_checks, paint), ...suppressedFindingLines(suppressed_checks, paint)];
}

function block(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines];
}

function recordLines(records: readonly LogRecord[]): readonly string[] {
  return records.map((record) => recordLine(record).trimEnd());
}

/** Returns the whole explanation. Ends with a newline. */
export function explainText(explanation: Explanation, options: ExplainTextOptions): string {
  const paint = painter(options.color);
  const blocks = [
    [`${paint('bold', namedText(explanation))} · ${clean(explanation.summary)}`],
    stepLines(explanation, options, paint),
    blockerLines(explanation, paint),
    rowsText(topRows(explanation, options, paint), paint),
    block('Findings', findingLines(explanation, paint), paint),
    block('Findings that do not count', uncountedLines(explanation, paint), paint),
    explanation.records.length === 0
      ? ['The log has no record of the resource.']
      : block('Last records', recordLines(explanation.records), paint),
    passingLines(explanation, options.detail ?? false, paint),
  ];
  return textOfBlocks(blocks, options.color);
}
