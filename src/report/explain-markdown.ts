/** An explanation as markdown, with the same content as its text: for a ticket or a chat. */

import { counted } from '#plugin';
import type { Explanation, RuleSaid, Way } from '../formats/explanation.ts';
import { fieldRows } from './fields.ts';
import { recordLine } from './log-text.ts';
import { code, escapeText, marker, rowsSection, tableHead, tableRow, withinBudget } from './markdown.ts';
import { scheduleTexts } from './schedule-text.ts';
import { namedCode } from './labels-text.ts';
import { findingRow, pendingFindings, suppressedFindings } from './plan-markdown.ts';

const WAYS: Readonly<Record<Way['do'], string>> = {
  wait: 'wait',
  set: 'set',
  outside: 'do',
  override: 'or override',
};

function ruleRow({ rule, outcome, message, facts, clears_at: clears, overridden }: RuleSaid): string {
  const word = overridden === undefined ? outcome : `passed: ${overridden}`;
  const until = clears === undefined ? '' : `; clears at ${code(clears)}`;
  return tableRow([escapeText(word), code(rule), `${escapeText(message)}${until}`, code(JSON.stringify(facts), 300)]);
}

function memoryText({ memory }: Explanation): readonly string[] {
  const owned = memory.owned === null ? 'not owned' : `owned: ${escapeText(memory.owned)}`;
  return [
    `${owned}${memory.protected ? ', protected' : ''}; if its document is removed: ${escapeText(memory.on_remove)}`,
    ...(memory.unknown ? ['unknown: a damaged log named the resource'] : []),
    ...(memory.hold === undefined ? [] : [`on hold: ${escapeText(memory.hold)}`]),
    ...(memory.applied_at === undefined ? [] : [`last applied at ${code(memory.applied_at)}`]),
    ...(memory.failures === 0
      ? []
      : [
          `failed ${counted(memory.failures, 'time')}${memory.last_error === undefined ? '' : `, last at ${code(memory.last_error.at)}: ${escapeText(memory.last_error.message)}`}`,
        ]),
  ];
}

function nextText({ next, gap, written, schedule }: Explanation): readonly string[] {
  if (next === undefined) {
    const why =
      gap !== undefined
        ? 'unknown, because the resource could not be read'
        : typeof schedule?.['waiting_for'] === 'string'
          ? `none until the resource is ready. It waits for ${escapeText(schedule['waiting_for'])}`
          : written
            ? 'none, the resource is as declared'
            : 'none';
    return [`**Next step:** ${why}`];
  }
  const verdict = { accept: 'would be applied', reject: '**REJECTED**', defer: '**WAITING**' }[next.verdict];
  const clears = next.clears_at === undefined ? '' : `; clears at ${code(next.clears_at)}`;
  const fields = next.fields.map(({ path, before, after, secret }) =>
    secret === true
      ? `${code(path)}: (secret, changed)`
      : fieldRows(before, after, path.slice(1).replaceAll('/', '.'))
          .map(({ text }) => code(text, 300))
          .join(', '),
  );
  return [
    `**Next step:** ${code(next.step)} (${escapeText(next.goal)}, ${escapeText(next.cause)}): ${escapeText(next.because)}<br>${verdict}${clears}`,
    ...(fields.length === 0 ? [] : [fields.join('<br>')]),
  ];
}

/** Returns the explanation within the size limit of a comment. Ends with a newline. */
export function explainMarkdown(explanation: Explanation, project: string, now: number): string {
  const { summary, state, since, next, findings, records, gap } = explanation;
  const schedule = scheduleTexts(explanation.schedule, now);
  const rank = { reject: 0, defer: 1, warn: 2, pass: 3 } as const;
  const rules = (next?.rules ?? []).toSorted((a, b) => rank[a.outcome] - rank[b.outcome]);
  return withinBudget({
    lead: [
      marker('explain', project),
      `## ${namedCode(explanation)}`,
      escapeText(summary),
      `**State:** ${code(state)}${since === undefined ? '' : ` since ${code(since)}`}${gap === undefined ? '' : `; could not be read: ${escapeText(gap.message)}`}`,
      memoryText(explanation).join('<br>'),
      ...(schedule.length === 0 ? [] : [`**Schedule:** ${schedule.map((text) => escapeText(text)).join('<br>')}`]),
      ...nextText(explanation),
    ],
    sections: [
      rowsSection(next?.ways ?? [], ({ rule, do: how, text }) => `- ${code(rule)}: ${WAYS[how]} ${code(text, 1500)}`, {
        noun: 'way',
        title: 'Ways to unblock the step',
      }),
      rowsSection(findings, findingRow, { noun: 'finding', title: 'Findings' }),
      pendingFindings(explanation.pending_checks),
      suppressedFindings(explanation.suppressed_checks),
      rowsSection(rules, ruleRow, {
        noun: 'rule',
        title: 'Rules',
        head: tableHead(['Outcome', 'Rule', 'Why', 'Facts']),
        collapsed: true,
      }),
      rowsSection(records, (record) => `- ${code(recordLine(record).trim(), 600)}`, {
        noun: 'record',
        title: 'Last records',
        collapsed: true,
      }),
    ],
  });
}
