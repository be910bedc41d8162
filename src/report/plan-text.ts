/** A plan as text for people: what is rejected, removed or wrong comes first; what does not change is only counted. */

import { causeLines } from './cause-text.ts';
import type { Plan, PluginSummary, RefusedChange, ResourceChange } from '../engine/plan.ts';
import { coverLines } from './covers-text.ts';
import { type FieldRow, fieldRows, valueText } from './fields.ts';
import { printable as harmless } from '../engine/printable.ts';
import { columnWidth, type Paint, painter, plural, scopeText, shortDigests, spanText, textOfBlocks } from './text.ts';

export interface PlanTextOptions {
  readonly color: boolean;
  /** Epoch ms: how long ago the world was looked at. */
  readonly now: number;
  /** Every field of every row, instead of the first few. */
  readonly detail?: boolean;
}

function printable(text: string): string {
  return shortDigests(harmless(text));
}

/** `+ - -/+ ~ >`, as people know them. */
export function symbolOf(change: Pick<ResourceChange, 'goal' | 'step'>): string {
  if (change.goal === 'create') return '+';
  if (change.goal === 'remove') return '-';
  if (change.goal === 'replace') return '-/+';
  const [from, to] = stepStates(change);
  return change.goal === 'update' && from !== to ? '>' : '~';
}

function stepStates(change: Pick<ResourceChange, 'step'>): readonly [string, string] {
  const [from = '', to = ''] = change.step.slice(change.step.indexOf(':') + 1).split('>');
  return [from, to];
}

/** `ready > draining`, the machine in front where the step names one. */
export function stepText(change: Pick<ResourceChange, 'step'>): string {
  const [from, to] = stepStates(change);
  const machine = change.step.includes(':') ? `${change.step.slice(0, change.step.indexOf(':'))}: ` : '';
  return `${machine}${from} > ${to}`;
}

/** Which secrets differ, without a value. */
export function secretRows(change: Pick<ResourceChange, 'change'>): readonly FieldRow[] {
  return fieldRows(change.change.before_sensitive, change.change.after_sensitive).map(({ path }) => ({
    path,
    text: `${printable(path)}: (secret, changed)`,
  }));
}

/** What a row says in its last column: its differences, or why it is there. */
function reasonText(change: ResourceChange): string {
  const { before, after } = change.change;
  const word =
    change.goal === 'adopt' || change.goal === 'protect' || change.goal === 'release' ? `${change.goal}: ` : '';
  if (change.goal === 'create' || change.goal === 'remove') return printable(change.because);
  const rows = [...fieldRows(before, after), ...secretRows(change)];
  if (rows.length === 0) return word + printable(change.because);
  const [from, to] = stepStates(change);
  // Of an edit that people asked for, the differences say all; of one that the plugin decided on, or that disturbs what is
  // in use, they do not.
  const isAsked = from === to && change.disruptive !== true && !['time', 'progress', 'policy'].includes(change.cause);
  const lead = isAsked ? '' : `${printable(change.because)}; `;
  return `${word}${lead}${rows.map(({ text }) => text).join(', ')}`;
}

interface Line {
  readonly symbol: string;
  readonly address: string;
  readonly step: string;
  readonly reason: string;
  readonly cause: string;
  readonly below: readonly string[];
}

function lineOf(change: ResourceChange, detail: boolean, below: readonly string[]): Line {
  return {
    symbol: symbolOf(change),
    address: printable(change.address),
    step: stepText(change),
    reason: reasonText(change),
    cause: `(${change.cause})`,
    below: [
      ...change.warnings.map((warning) => `warning ${printable(warning)}`),
      ...(change.overrides ?? []).map(({ rule, reason }) => `overridden ${rule}: ${printable(reason)}`),
      ...coverLines(change, detail).map(({ label, texts }) => `${label} ${texts.join(', ')}`),
      ...below,
    ],
  };
}

function remedyText(refused: RefusedChange, paint: Paint): readonly string[] {
  return refused.reasons.flatMap((reason) => {
    const { remedy } = reason;
    const ways = [
      ...(remedy?.set === undefined
        ? []
        : [`set ${remedy.set.path.slice(1).replaceAll('/', '.')}: ${valueText(remedy.set.value)}`]),
      ...(remedy?.outside === undefined ? [] : [printable(remedy.outside)]),
    ];
    const override = `--override ${reason.rule}@${printable(refused.resource_change.address)} --reason "…"`;
    return [
      ...(ways.length === 0 ? [] : [paint('dim', `remedy: ${ways.join(', or ')}`)]),
      ...(reason.overridable ? [paint('dim', `override: ${override}`)] : []),
    ];
  });
}

function refusedLine(refused: RefusedChange, word: string, detail: boolean, paint: Paint): Line {
  const reasons = refused.reasons.map((reason) => {
    const clears = reason.clears_at === undefined ? '' : `; clears at ${reason.clears_at}`;
    return `${paint(word === 'REJECTED' ? 'red' : 'yellow', word)} ${reason.rule}: ${printable(reason.message)}${clears}`;
  });
  return lineOf(refused.resource_change, detail, [...reasons, ...remedyText(refused, paint)]);
}

function paintSymbol(symbol: string, paint: Paint): string {
  const style = symbol === '+' ? 'green' : symbol.startsWith('-') ? 'red' : symbol === '>' ? 'cyan' : 'yellow';
  return paint(style, symbol);
}

function linesText(lines: readonly Line[], paint: Paint): readonly string[] {
  const wide = columnWidth(
    lines.map(({ symbol }) => symbol),
    3,
  );
  const address = columnWidth(
    lines.map((line) => line.address),
    56,
  );
  const step = columnWidth(
    lines.map((line) => line.step),
    32,
  );
  return lines.flatMap((line) => [
    `  ${paintSymbol(line.symbol, paint)}${' '.repeat(wide - line.symbol.length)} ${line.address.padEnd(address)}  ${line.step.padEnd(step)}  ${line.reason}  ${paint('dim', line.cause)}`,
    ...line.below.map((text) => `      ${text}`),
  ]);
}

function headline(plan: Plan, options: PlanTextOptions): string {
  const { resources, plugins } = plan.summary;
  const age = spanText(options.now - Date.parse(plan.timestamp));
  return `fettle plan · ${plural(resources, 'resource')} in ${plural(plugins, 'plugin')} · observed ${age} ago`;
}

const SEVERITY_MARK = { error: '!', warning: '!', info: 'i' } as const;

function findingLines(plan: Plan, paint: Paint): readonly string[] {
  const rank = { error: 0, warning: 1, info: 2 } as const;
  const sorted = plan.checks.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
  const width = columnWidth(
    sorted.map(({ address }) => printable(address)),
    56,
  );
  return sorted.map(({ address, code, severity, message }) => {
    const style = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'dim';
    return `  ${paint(style, SEVERITY_MARK[severity])} ${printable(address).padEnd(width)}  ${paint(style, code)}: ${printable(message)}`;
  });
}

/** Findings that are known: each with who answers for it, and until when. */
export function suppressedFindingLines(checks: Plan['suppressed_checks'], paint: Paint): readonly string[] {
  return (checks ?? []).flatMap(({ address, code, message, suppressed: { until, owner, reason } }) => [
    `  ${paint('dim', 's')} ${address}  ${paint('dim', code)}: ${message}`,
    `      suppressed until ${until} by ${owner}: ${reason}`,
  ]);
}

function gapLines(plan: Plan, paint: Paint): readonly string[] {
  return plan.gaps.map(
    ({ scope, message }) =>
      `  ${paint('red', '?')} ${printable(scopeText(scope))}  could not be read: ${printable(message)}`,
  );
}

function settledLines(plan: Plan): readonly string[] {
  return plan.settled.map(
    ({ address, step, outcome }) => `  . ${printable(address)}  ${step}, left open by an earlier run: ${outcome}`,
  );
}

const UNMANAGED_SHOWN = 10;

/** What is there, and neither written nor ours, with the command that writes documents for it. */
function unmanagedLines(plan: Plan, detail: boolean): readonly string[] {
  const { unmanaged } = plan;
  if (unmanaged.length === 0) return [];
  const shown = detail ? unmanaged : unmanaged.slice(0, UNMANAGED_SHOWN);
  const more = unmanaged.length - shown.length;
  const plugins = [...new Set(unmanaged.map((address) => address.split('/')[0] ?? ''))];
  return [
    'Not managed; to adopt it, write documents with ' +
      `${plugins.map((plugin) => `\`fettle import --all --plugin ${printable(plugin)}\``).join(', ')} and apply:`,
    ...shown.map((address) => `    ${printable(address)}`),
    ...(more === 0 ? [] : [`    and ${more} more (--detail lists them)`]),
  ];
}

/** What plugins say of all of it: a title for each, its lines below. */
export function summaryLines(summaries: readonly PluginSummary[] | undefined, paint: Paint): readonly string[] {
  return (summaries ?? []).flatMap(({ plugin, title, lines }) => [
    paint('bold', printable(`${plugin} · ${title}`)),
    ...lines.map((line) => `    ${printable(line)}`),
  ]);
}

/** `Plan: 1 to add, …`. */
export function summaryText(plan: Plan): string {
  const { add, change, step, remove, rejected, deferred, findings, unchanged, unread } = plan.summary;
  const blind = unread === 0 ? '' : ` ${unread} could not be read.`;
  const foreign = plan.unmanaged.length === 0 ? '' : ` ${plan.unmanaged.length} not managed.`;
  return (
    `Plan: ${add} to add, ${change} to change, ${step} to step, ${remove} to remove. ` +
    `${rejected} rejected, ${deferred} waiting, ${plural(findings, 'finding')}. ${unchanged} unchanged.${blind}${foreign}`
  );
}

/** `418:5be0a1…`. */
export function headText(head: Plan['log_head']): string {
  return head === undefined ? 'none' : `${head.seq}:${head.hash.replace(/^sha256:/u, '')}`;
}

/** Said in the place of a digest, where there is none. */
export const NO_DIGEST = 'no digest: the memory could not be read';

/** The whole plan; ends with a newline. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const paint = painter(options.color);
  const detail = options.detail ?? false;
  const lines = [
    ...plan.rejected_changes.map((each) => refusedLine(each, 'REJECTED', detail, paint)),
    ...plan.deferred_changes.map((each) => refusedLine(each, 'WAITING', detail, paint)),
    ...plan.resource_changes.map((each) => lineOf(each, detail, [])),
  ];
  const blocks = [
    [paint('bold', headline(plan, options))],
    gapLines(plan, paint),
    settledLines(plan),
    linesText(lines, paint),
    findingLines(plan, paint),
    suppressedFindingLines(plan.suppressed_checks, paint),
    unmanagedLines(plan, detail),
    summaryLines(plan.summaries, paint),
    [
      paint('bold', summaryText(plan)),
      ...(plan.targeted ? ['This plan is partial: only what --target and --exclude leave was judged.'] : []),
      ...causeLines(plan),
      ...(plan.gaps.length > 0 ? ['This plan is partial: part of the world could not be read.'] : []),
      `${plan.plan_digest === undefined ? NO_DIGEST : `digest ${plan.plan_digest}`}   log head ${headText(plan.log_head)}`,
    ],
  ];
  return textOfBlocks(blocks, options.color);
}
