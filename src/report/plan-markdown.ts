/** A plan as a comment on a pull request: what is wrong, rejected or removed comes first, and it keeps within a budget of bytes. */

import { counted, digestOf, spanText } from '#plugin';
import type { Plan, PlanReason, RefusedChange, ResourceChange } from '../formats/plan.ts';
import { causeLines } from './cause-text.ts';
import { coverLines } from './covers-text.ts';
import { approvedCut, fieldRows } from './fields.ts';
import { code, escapeText, marker, rowsSection, type Section, tableHead, tableRow, withinBudget } from './markdown.ts';
import { secretRows, stepText, symbolOf } from './plan-rows.ts';
import { headText, NO_DIGEST, summaryText } from './plan-text.ts';
import { overrideText, remedyText } from './remedy-text.ts';
import { scopeText, shortDigests } from './text.ts';

export interface PlanMarkdownOptions {
  /** Epoch ms: when this is written. */
  readonly now: number;
  /** Bytes of UTF-8; by default what the largest comment may have. */
  readonly budgetBytes?: number;
  /** Name of the file or artifact that has all of the plan. */
  readonly artifact?: string;
  /** Every field of every row, instead of the first few. */
  readonly detail?: boolean;
}

/** Fields of drift. */
const FIELDS_SHOWN = 3;
/** Fields of what is to be approved: a pool with more members than this would fill a comment alone. */
const MOST_FIELDS = 100;
const REASONS_SHOWN = 5;
/** More rows than this are closed until somebody opens them. */
const OPEN_ROWS = 10;

const CHANGE_COLUMNS = tableHead(['', 'Resource', 'Step', 'What', 'Cause']);

/** A field with a name that somebody makes up, of which there may be many. */
const NAMED = /^(?:metadata\.labels|labels|members|moves)\./u;

/** Differences of the fields, each as code; an empty text for none. Of more than `most`, made-up names are left out first. */
function cellsOf(change: Pick<ResourceChange, 'change'>, most: number): string {
  const rows = [...fieldRows(change.change.before, change.change.after), ...secretRows(change)];
  const sorted =
    rows.length <= most ? rows : rows.toSorted((a, b) => Number(NAMED.test(a.path)) - Number(NAMED.test(b.path)));
  const [shown, rest] = [sorted.slice(0, most), sorted.slice(most)];
  const cells = shown.map(({ text }) => code(text, 1000));
  const more = shortDigests(digestOf(rest.map(({ text }) => text)));
  return `${cells.join(', ')}${rest.length === 0 ? '' : `, and ${counted(rest.length, 'more field')} (${more})`}`;
}

/** Differences of the fields of drift, each as code; an empty text for none. */
export function fieldCells(change: Pick<ResourceChange, 'change'>, detail: boolean): string {
  return cellsOf(change, detail ? Number.POSITIVE_INFINITY : FIELDS_SHOWN);
}

function whatText(change: ResourceChange, detail: boolean): string {
  const memoryOnly = change.goal === 'adopt' || change.goal === 'protect' || change.goal === 'release';
  const because = `${memoryOnly ? `${escapeText(change.goal)}: ` : ''}${escapeText(change.because)}`;
  if (change.goal === 'create' || change.goal === 'remove') return because;
  const fields = cellsOf(change, detail ? Number.POSITIVE_INFINITY : MOST_FIELDS);
  return fields === '' ? because : `${because}: ${fields}`;
}

function asides(change: ResourceChange, detail: boolean): readonly string[] {
  return [
    ...coverLines(change, detail).map(
      ({ label, texts }) =>
        `**${label}** ${texts.map((text) => code(approvedCut(text, detail ? 4000 : 1000), Number.POSITIVE_INFINITY)).join(', ')}`,
    ),
    ...change.warnings.map((warning) => `**warning** ${escapeText(warning)}`),
    ...(change.overrides ?? []).map(({ rule, reason }) => `**overridden** ${code(rule)}: ${escapeText(reason)}`),
  ];
}

function changeRow(change: ResourceChange, detail: boolean): string {
  return tableRow([
    code(symbolOf(change)),
    code(change.address),
    code(stepText(change)),
    [whatText(change, detail), ...asides(change, detail)].join('<br>'),
    escapeText(change.cause),
  ]);
}

function remedyLines({ remedy, rule, overridable }: PlanReason, address: string): readonly string[] {
  const way = remedyText(remedy, { set: (text) => code(text, 300), outside: escapeText });
  return [
    ...(way === undefined ? [] : [way]),
    ...(overridable ? [`override: ${code(overrideText(rule, address), 1500)}`] : []),
  ];
}

/** A row that does not run: all that is known of why, and what would let it pass, each on a line of its own. */
function refusedRow(refused: RefusedChange, word: string, detail: boolean): string {
  const { resource_change: change, reasons } = refused;
  const shown = reasons.slice(0, REASONS_SHOWN);
  const more = reasons.length - shown.length;
  const lines = [
    ...asides(change, detail),
    ...shown.flatMap((reason) => [
      `**${word}** ${code(reason.rule)}: ${escapeText(reason.message)}${reason.clears_at === undefined ? '' : `; clears at ${code(reason.clears_at)}`}`,
      ...remedyLines(reason, change.address),
    ]),
    ...(more === 0 ? [] : [`and ${counted(more, 'more reason')}`]),
  ];
  const head = `- ${code(symbolOf(change))} ${code(change.address)} ${code(stepText(change))} ${whatText(change, detail)} (${escapeText(change.cause)})`;
  return [head, ...lines.map((line) => `  - ${line}`)].join('\n');
}

type Check = Plan['checks'][number];

/** One finding. */
export function findingRow({ address, severity, code: name, message }: Check): string {
  return `- **${escapeText(severity)}** ${code(address)} ${code(name)}: ${escapeText(message)}`;
}

/** Findings that are known, closed: each with who answers for it, and until when. */
export function suppressedFindings(checks: Plan['suppressed_checks']): Section {
  return rowsSection(
    checks ?? [],
    (check) => {
      const { until, owner, reason } = check.suppressed;
      return `${findingRow(check)}; suppressed until ${code(until)} by ${escapeText(owner)}: ${escapeText(reason)}`;
    },
    { noun: 'suppressed finding', title: 'Suppressed findings', collapsed: true },
  );
}

function driftRow({ address, change }: Plan['resource_drift'][number], detail: boolean): string {
  const gone = change.actions.includes('delete');
  return tableRow([code(address), gone ? 'is not there any more' : fieldCells({ change }, detail)]);
}

/** What plugins say of all of it, a row for each line. */
function summaryRows(plan: Plan): readonly string[] {
  return (plan.summaries ?? []).flatMap(({ plugin, title, lines }) =>
    lines.map((line) => `- ${code(plugin)} ${escapeText(title)}: ${escapeText(line)}`),
  );
}

function sectionsOf(plan: Plan, detail: boolean): readonly Section[] {
  const taking = plan.resource_changes.filter(({ goal }) => goal === 'remove' || goal === 'replace');
  const others = plan.resource_changes.filter(({ goal }) => goal !== 'remove' && goal !== 'replace');
  const errors = [
    ...plan.gaps.map(
      ({ scope, message }) => `- **could not be read** ${code(scopeText(scope))}: ${escapeText(message)}`,
    ),
    ...plan.checks.filter(({ severity }) => severity === 'error').map(findingRow),
  ];
  const findings = [
    ...plan.checks.filter(({ severity }) => severity === 'warning'),
    ...plan.checks.filter(({ severity }) => severity === 'info'),
  ];
  const asRow = (change: ResourceChange) => changeRow(change, detail);
  return [
    rowsSection(errors, (row) => row, { noun: 'error', title: 'Errors' }),
    rowsSection(plan.rejected_changes, (each) => refusedRow(each, 'REJECTED', detail), {
      noun: 'rejection',
      title: 'Rejected: these will not run',
    }),
    rowsSection(taking, asRow, {
      noun: 'removal or replacement',
      plural: 'removals and replacements',
      title: 'Removals and replacements',
      head: CHANGE_COLUMNS,
    }),
    rowsSection(plan.deferred_changes, (each) => refusedRow(each, 'WAITING', detail), {
      noun: 'waiting change',
      title: 'Waiting',
      collapsed: plan.deferred_changes.length > OPEN_ROWS,
    }),
    rowsSection(others, asRow, {
      noun: 'other change',
      title: 'Changes',
      head: CHANGE_COLUMNS,
      collapsed: others.length > OPEN_ROWS,
    }),
    rowsSection(summaryRows(plan), (row) => row, {
      noun: 'line in sum',
      plural: 'lines in sum',
      title: 'In sum',
    }),
    rowsSection(findings, findingRow, { noun: 'finding', title: 'Findings', collapsed: true }),
    suppressedFindings(plan.suppressed_checks),
    rowsSection(plan.resource_drift, (row) => driftRow(row, detail), {
      noun: 'drifted resource',
      title: 'Drift: not as last applied',
      head: tableHead(['Resource', 'Applied → seen']),
      collapsed: true,
    }),
    rowsSection(
      plan.settled,
      ({ address, step, outcome }) => `- ${code(address)} ${code(stepText({ step }))}: ${escapeText(outcome)}`,
      { noun: 'step left open', plural: 'steps left open', title: 'Left open by an earlier run', collapsed: true },
    ),
    rowsSection(plan.unmanaged, (address) => `- ${code(address)}`, {
      noun: 'unmanaged resource',
      title: 'Seen, and not managed',
      collapsed: true,
    }),
  ];
}

/** Whole: it is what `apply --plan-digest` takes. */
function digestText(digest: string | undefined): string {
  if (digest === undefined) return NO_DIGEST;
  return `digest ${digestCode(digest)}`;
}

function digestCode(digest: string): string {
  return /^sha256:[0-9a-f]{64}$/u.test(digest) ? `<code>${digest}</code>` : code(digest);
}

function placeText(plan: Plan, now: number): string {
  const age = spanText(now - Date.parse(plan.timestamp));
  const seen = `${counted(plan.summary.resources, 'resource')} in ${counted(plan.summary.plugins, 'plugin')}`;
  return `${seen}, observed at ${code(plan.timestamp)}, ${age} before this was written<br>${digestText(plan.plan_digest)}, log head ${code(headText(plan.log_head))}`;
}

function remarks(plan: Plan): readonly string[] {
  const adopted = plan.resource_changes.filter(({ goal }) => goal === 'adopt').length;
  const rows = plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length;
  return [
    ...(rows === 0 ? ['Nothing is to be changed.'] : []),
    ...(adopted === 0
      ? []
      : [`${counted(adopted, 'change')} of these only ${adopted === 1 ? 'adopts' : 'adopt'} what is there.`]),
    ...(plan.targeted ? ['This plan is partial: only what was targeted was judged.'] : []),
    ...causeLines(plan).map((line) => escapeText(line)),
    ...(plan.gaps.length === 0 ? [] : ['This plan is partial: part of the world could not be read.']),
  ];
}

/** The plan as markdown within its budget; the same plan and time give the same bytes. Ends with a newline. */
export function planMarkdown(plan: Plan, options: PlanMarkdownOptions): string {
  const { now, budgetBytes, artifact, detail = false } = options;
  return withinBudget({
    lead: [
      marker('plan', plan.project),
      `## fettle plan: ${escapeText(plan.project, 255)}`,
      `**${summaryText(plan)}**`,
      placeText(plan, now),
      remarks(plan).join('<br>'),
    ],
    sections: sectionsOf(plan, detail),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    ...(artifact === undefined ? {} : { artifact }),
  });
}
