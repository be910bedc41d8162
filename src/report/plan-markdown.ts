/**
 * A plan as a comment on a pull request: errors, rejected changes and removals come first, and the text stays within a
 * budget of bytes.
 */

import { counted, digestOf, isMemoryOnly } from '#plugin';
import type { Plan, PlanReason, RefusedChange, ResourceChange } from '../formats/plan.ts';
import { isGrave } from '../formats/parts.ts';
import { causeLines } from './cause-text.ts';
import { coverLines } from './covers-text.ts';
import { approvedCut, fieldRows } from './fields.ts';
import { byGravity, progressText } from './findings-text.ts';
import { code, escapeText, marker, rowsSection, type Section, tableHead, tableRow, withinBudget } from './markdown.ts';
import { secretRows, stepText, symbolOf } from './plan-rows.ts';
import { headText, NO_DIGEST, summaryText } from './plan-text.ts';
import { overrideText, remedyText } from './remedy-text.ts';
import { refusalGroups, sharedRemedy } from './rule-groups.ts';
import { namedCode } from './labels-text.ts';
import { scopeText, shortDigests, ageText } from './text.ts';

export interface PlanMarkdownOptions {
  /** The time of the comment, in epoch ms. */
  readonly now: number;
  /** In bytes of UTF-8; the default is the size limit of a comment. */
  readonly budgetBytes?: number;
  /** Name of the file or artifact with the complete plan. */
  readonly artifact?: string;
  /** Shows every field of every row, instead of the first few. */
  readonly detail?: boolean;
}

/** Number of fields in a row of drift. */
const FIELDS_SHOWN = 3;
/** Number of fields in a row that is to be approved: a pool with more members would fill a comment. */
const MOST_FIELDS = 100;
const REASONS_SHOWN = 5;
/** Sections with more rows than this are collapsed. */
const OPEN_ROWS = 10;

const CHANGE_COLUMNS = tableHead(['', 'Resource', 'Step', 'What', 'Cause']);

/** A field whose name the author of a document chooses: there can be many. */
const NAMED = /^(?:metadata\.labels|labels|members|moves)\./u;

/**
 * Returns the field differences as code; an empty text without differences. Of more than `most`, chosen names are
 * omitted first.
 */
function cellsOf(change: Pick<ResourceChange, 'change'>, most: number): string {
  const rows = [...fieldRows(change.change.before, change.change.after), ...secretRows(change)];
  const sorted =
    rows.length <= most ? rows : rows.toSorted((a, b) => Number(NAMED.test(a.path)) - Number(NAMED.test(b.path)));
  const [shown, rest] = [sorted.slice(0, most), sorted.slice(most)];
  const cells = shown.map(({ text }) => code(text, 1000));
  const more = shortDigests(digestOf(rest.map(({ text }) => text)));
  return `${cells.join(', ')}${rest.length === 0 ? '' : `, and ${counted(rest.length, 'more field')} (${more})`}`;
}

/** Returns the field differences of drift as code; an empty text without differences. */
export function fieldCells(change: Pick<ResourceChange, 'change'>, detail: boolean): string {
  return cellsOf(change, detail ? Number.POSITIVE_INFINITY : FIELDS_SHOWN);
}

function whatText(change: ResourceChange, detail: boolean): string {
  const because = `${isMemoryOnly(change) ? `${escapeText(change.goal)}: ` : ''}${escapeText(change.because)}`;
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
    namedCode(change),
    code(stepText(change)),
    [whatText(change, detail), ...asides(change, detail)].join('<br>'),
    escapeText(change.cause),
  ]);
}

function remedyLines({ remedy, rule, overridable }: PlanReason, address: string): readonly string[] {
  const way = remedyText(remedy, FORMATS);
  return [
    ...(way === undefined ? [] : [way]),
    ...(overridable ? [`override: ${code(overrideText(rule, address), 1500)}`] : []),
  ];
}

/** Returns a row that does not run, with each reason and each remedy on a line of its own. */
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
  const head = `- ${code(symbolOf(change))} ${namedCode(change)} ${code(stepText(change))} ${whatText(change, detail)} (${escapeText(change.cause)})`;
  return [head, ...lines.map((line) => `  - ${line}`)].join('\n');
}

const FORMATS = { set: (text: string) => code(text, 300), outside: escapeText };

/** Returns rows that do not run, grouped by rule; above them the rules with their counts, and with a shared remedy. */
function refusedSection(
  refused: readonly RefusedChange[],
  word: string,
  detail: boolean,
  rest: Omit<Section, 'count' | 'row'>,
): Section {
  const groups = refusalGroups(refused);
  const lines = groups.map((group) => {
    const shared = sharedRemedy(group, FORMATS);
    const each = shared === undefined ? '' : `; for each, ${shared}`;
    return `**${word}** ${code(group.rule)} · ${counted(group.rows.length, 'change')}${each}  `;
  });
  return rowsSection(
    groups.flatMap(({ rows }) => rows),
    (each) => refusedRow(each, word, detail),
    // Without several changes of a rule, each row says everything.
    groups.length === refused.length ? rest : { ...rest, head: `${lines.join('\n')}\n` },
  );
}

type Check = Plan['checks'][number];

/** Returns the row of a finding. */
export function findingRow({ address, labels, severity, code: name, message }: Check): string {
  return `- **${escapeText(severity)}** ${namedCode({ address, labels })} ${code(name)}: ${escapeText(message)}`;
}

/** Returns the collapsed section of findings that do not count yet. */
export function pendingFindings(checks: Plan['pending_checks']): Section {
  return rowsSection(checks ?? [], (check) => `${findingRow(check)}; ${progressText(check.pending)}`, {
    noun: 'pending finding',
    title: 'Pending findings',
    collapsed: true,
  });
}

/** Returns the collapsed section of suppressed findings, each with its owner and the end of its suppression. */
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

function driftRow({ address, labels, change }: Plan['resource_drift'][number], detail: boolean): string {
  const isRemoved = change.actions.includes('delete');
  return tableRow([namedCode({ address, labels }), isRemoved ? 'no longer exists' : fieldCells({ change }, detail)]);
}

/** Returns the summaries of plugins, a row for each line. */
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
    ...plan.checks.filter(isGrave).toSorted(byGravity).map(findingRow),
  ];
  const findings = [
    ...plan.checks.filter(({ severity }) => severity === 'warning'),
    ...plan.checks.filter(({ severity }) => severity === 'info'),
  ];
  const asRow = (change: ResourceChange) => changeRow(change, detail);
  return [
    rowsSection(errors, (row) => row, { noun: 'error', title: 'Errors' }),
    refusedSection(plan.rejected_changes, 'REJECTED', detail, {
      noun: 'rejection',
      title: 'Rejected: these will not run',
    }),
    rowsSection(taking, asRow, {
      noun: 'removal or replacement',
      plural: 'removals and replacements',
      title: 'Removals and replacements',
      head: CHANGE_COLUMNS,
    }),
    refusedSection(plan.deferred_changes, 'WAITING', detail, {
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
      noun: 'summary line',
      plural: 'summary lines',
      title: 'Summary',
    }),
    rowsSection(findings, findingRow, { noun: 'finding', title: 'Findings', collapsed: true }),
    pendingFindings(plan.pending_checks),
    suppressedFindings(plan.suppressed_checks),
    rowsSection(plan.resource_drift, (row) => driftRow(row, detail), {
      noun: 'drifted resource',
      title: 'Drift: differs from the last apply',
      head: tableHead(['Resource', 'Applied → seen']),
      collapsed: true,
    }),
    rowsSection(
      plan.settled,
      ({ address, step, outcome }) => `- ${code(address)} ${code(stepText({ step }))}: ${escapeText(outcome)}`,
      {
        noun: 'unfinished step',
        plural: 'unfinished steps',
        title: 'Unfinished steps of an earlier run',
        collapsed: true,
      },
    ),
    rowsSection(plan.unmanaged, (address) => `- ${code(address)}`, {
      noun: 'unmanaged resource',
      title: 'Not managed',
      collapsed: true,
    }),
  ];
}

/** Returns the complete digest, because `apply --plan-digest` needs it. */
function digestText(digest: string | undefined): string {
  if (digest === undefined) return NO_DIGEST;
  return `digest ${digestCode(digest)}`;
}

function digestCode(digest: string): string {
  return /^sha256:[0-9a-f]{64}$/u.test(digest) ? `<code>${digest}</code>` : code(digest);
}

function placeText(plan: Plan, now: number): string {
  const age = ageText(plan.timestamp, now);
  const seen = `${counted(plan.summary.resources, 'resource')} in ${counted(plan.summary.plugins, 'plugin')}`;
  return `${seen}, observed at ${code(plan.timestamp)}, ${age} before this comment<br>${digestText(plan.plan_digest)}, log head ${code(headText(plan.log_head))}`;
}

function remarks(plan: Plan): readonly string[] {
  const adopted = plan.resource_changes.filter(({ goal }) => goal === 'adopt').length;
  const rows = plan.resource_changes.length + plan.rejected_changes.length + plan.deferred_changes.length;
  return [
    ...(rows === 0 ? ['No changes.'] : []),
    ...(adopted === 0
      ? []
      : [`${counted(adopted, 'change')} of these only ${adopted === 1 ? 'adopts' : 'adopt'} what is there.`]),
    ...(plan.targeted ? ['This plan is partial: only the resources that the command names were planned.'] : []),
    ...causeLines(plan).map((line) => escapeText(line)),
    ...(plan.gaps.length === 0 ? [] : ['This plan is partial: some resources could not be read.']),
  ];
}

/** Returns the plan as markdown within its budget. The same plan and time give the same bytes. Ends with a newline. */
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
