/**
 * A plan as text: the changes of this run, then rejected and waiting changes, then findings. Other resources are
 * counted.
 */

import type { PluginSummary } from '../engine/seal.ts';
import type { Plan } from '../formats/plan.ts';
import { counted, printable } from '#plugin';
import { causeLines } from './cause-text.ts';
import {
  findingCountText,
  findingLines,
  pendingFindingLines,
  standingLines,
  suppressedFindingLines,
} from './findings-text.ts';
import { cleanText, columnsOf, type RowOptions, rowLines } from './plan-rows.ts';
import { refusalBlocks } from './refusals-text.ts';
import { type Paint, painter, scopeText, ageText, textOfBlocks } from './text.ts';

export interface PlanTextOptions {
  readonly color: boolean;
  /** In epoch ms; the age of the refresh is relative to this time. */
  readonly now: number;
  /** Width of the terminal in characters; undefined: lines are not wrapped. */
  readonly width?: number | undefined;
  /** Shows every row and every field, instead of the first few. */
  readonly detail?: boolean;
}

function headline(plan: Plan, options: PlanTextOptions): string {
  const { resources, plugins } = plan.summary;
  const age = ageText(plan.timestamp, options.now);
  return `fettle plan · ${counted(resources, 'resource')} in ${counted(plugins, 'plugin')} · refreshed ${age} ago`;
}

function gapLines(plan: Plan, paint: Paint): readonly string[] {
  return plan.gaps.map(
    ({ scope, message }) =>
      `  ${paint('red', '?')} ${cleanText(scopeText(scope))}  could not be read: ${cleanText(message)}`,
  );
}

function settledLines(plan: Plan): readonly string[] {
  return plan.settled.map(
    ({ address, step, outcome }) => `  . ${cleanText(address)}  ${step}, left open by an earlier run: ${outcome}`,
  );
}

const UNMANAGED_SHOWN = 10;

/** Returns resources that exist but are neither declared nor owned, with the command that writes documents for them. */
function unmanagedLines(plan: Plan, detail: boolean): readonly string[] {
  const { unmanaged } = plan;
  if (unmanaged.length === 0) return [];
  const shown = detail ? unmanaged : unmanaged.slice(0, UNMANAGED_SHOWN);
  const more = unmanaged.length - shown.length;
  const plugins = [...new Set(unmanaged.map((address) => address.split('/')[0] ?? ''))];
  return [
    'Not managed; to adopt it, write documents with ' +
      `${plugins.map((plugin) => `\`fettle import --all --plugin ${printable(plugin)}\``).join(', ')} and apply:`,
    ...shown.map((address) => `    ${cleanText(address)}`),
    ...(more === 0 ? [] : [`    and ${more} more (--detail lists them)`]),
  ];
}

/** Returns the totals of each plugin: a title, and its lines below. */
export function summaryLines(summaries: readonly PluginSummary[] | undefined, paint: Paint): readonly string[] {
  return (summaries ?? []).flatMap(({ plugin, title, lines }) => [
    paint('bold', printable(`${plugin} · ${title}`)),
    ...lines.map((line) => `    ${printable(line)}`),
  ]);
}

/** `Plan: 1 to add, …`. */
export function summaryText(plan: Plan): string {
  const { add, change, step, remove, rejected, deferred, unchanged, unread } = plan.summary;
  const unseen = unread === 0 ? '' : ` ${unread} could not be read.`;
  const foreign = plan.unmanaged.length === 0 ? '' : ` ${plan.unmanaged.length} not managed.`;
  return (
    `Plan: ${add} to add, ${change} to change, ${step} to step, ${remove} to remove. ` +
    `${rejected} rejected, ${deferred} waiting, ${findingCountText(plan.summary)}. ${unchanged} unchanged.${unseen}${foreign}`
  );
}

/** `418:5be0a1…`. */
export function headText(head: Plan['log_head']): string {
  return head === undefined ? 'none' : `${head.seq}:${head.hash.replace(/^sha256:/u, '')}`;
}

/** Printed in place of the digest if the plan has none. */
export const NO_DIGEST = 'no digest: the state could not be read';

/** Sorts removals and replacements to the top. */
function inOrder(changes: Plan['resource_changes']): Plan['resource_changes'] {
  const removes = ({ goal }: Plan['resource_changes'][number]): boolean => goal === 'remove' || goal === 'replace';
  return [...changes.filter(removes), ...changes.filter((change) => !removes(change))];
}

/** Returns the whole plan. Ends with a newline. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const paint = painter(options.color);
  const { now, width, detail = false } = options;
  const changes = inOrder(plan.resource_changes);
  const refused = [...plan.rejected_changes, ...plan.deferred_changes].map((each) => each.resource_change);
  const rows: RowOptions = { paint, width, detail, columns: columnsOf([...changes, ...refused]) };
  const fresh = plan.checks.filter(({ since }) => detail || since === undefined);
  const standing = plan.checks.filter(({ since }) => !detail && since !== undefined);
  const blocks = [
    [paint('bold', headline(plan, options))],
    gapLines(plan, paint),
    settledLines(plan),
    changes.flatMap((change) => rowLines({ change, notes: [] }, rows)),
    ...refusalBlocks(plan.rejected_changes, 'REJECTED', { ...rows, now }),
    ...refusalBlocks(plan.deferred_changes, 'WAITING', { ...rows, now }),
    findingLines(fresh, { paint, width }),
    standingLines(standing, { paint, width }),
    pendingFindingLines(plan.pending_checks, paint),
    suppressedFindingLines(plan.suppressed_checks, paint),
    unmanagedLines(plan, detail),
    summaryLines(plan.summaries, paint),
    [
      paint('bold', summaryText(plan)),
      ...(plan.targeted ? ['This plan is partial: only the resources that the command names were planned.'] : []),
      ...causeLines(plan),
      ...(plan.gaps.length > 0 ? ['This plan is partial: some resources could not be read.'] : []),
      `${plan.plan_digest === undefined ? NO_DIGEST : `digest ${plan.plan_digest}`}   log head ${headText(plan.log_head)}`,
    ],
  ];
  return textOfBlocks(blocks, options.color);
}
