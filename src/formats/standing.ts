/**
 * The resources as the last rounds found them. A round that refreshes only some keeps the others as an earlier one found
 * them, so that the metrics count every resource. Pure.
 */

import type { Plan } from './plan.ts';

/** A resource with a state, a row, findings, drift or a gap. */
export interface Stand {
  readonly state?: string;
  readonly row?: { readonly verdict: 'accept' | 'reject' | 'defer'; readonly goal: string };
  readonly findings?: readonly { readonly code: string; readonly severity: string }[];
  /** Classes of the alerts that hold. */
  readonly alerts?: readonly string[];
  readonly drifted?: true;
  /** Digest of the refusal that the log has, if its row is refused. */
  readonly refusal?: string;
  /** The part that its last refresh could not read. Everything else is then as an earlier refresh found it. */
  readonly gap?: string;
}

/** A gap over a refreshed resource. */
export interface GapOver {
  /** The part that could not be read, by its key. */
  readonly part: string;
  /** True if the resource was read, although only in part. */
  readonly isSeen: boolean;
}

/** By address. */
export type Standing = Readonly<Record<string, Stand>>;

export interface Standings {
  /** Of this round, for its counts. */
  readonly now: Standing;
  /** For the next round: without the rows that follow from others, which no refresh settles. */
  readonly kept: Standing;
}

/** The addresses with a row or a gap. */
export function restlessIn(standing: Standing | undefined): ReadonlySet<string> {
  const isRestless = ({ row, gap }: Stand): boolean => row !== undefined || gap !== undefined;
  return new Set(Object.entries(standing ?? {}).flatMap(([address, stand]) => (isRestless(stand) ? [address] : [])));
}

function standingIn(
  plan: Plan,
  { refusals, alerts }: Pick<StandingParts, 'refusals' | 'alerts'>,
): ReadonlyMap<string, Stand> {
  const all = new Map<string, Stand>();
  const add = (address: string, more: Stand): void => void all.set(address, { ...all.get(address), ...more });
  for (const { address, state } of plan.prior_state.resources) add(address, { state });
  for (const { address, goal } of plan.resource_changes) add(address, { row: { verdict: 'accept', goal } });
  for (const { resource_change: row } of plan.rejected_changes)
    add(row.address, { row: { verdict: 'reject', goal: row.goal } });
  for (const { resource_change: row } of plan.deferred_changes)
    add(row.address, { row: { verdict: 'defer', goal: row.goal } });
  for (const { address, code, severity } of plan.checks)
    add(address, { findings: [...(all.get(address)?.findings ?? []), { code, severity }] });
  for (const { address } of plan.resource_drift) add(address, { drifted: true });
  for (const [address, classes] of alerts) add(address, { alerts: classes });
  for (const [address, refusal] of refusals) add(address, { refusal });
  return all;
}

export interface StandingParts {
  readonly before: Standing | undefined;
  /** The addresses that the plan refreshed; undefined for all. */
  readonly refreshed: ReadonlySet<string> | undefined;
  /** The addresses that are declared or in the state. */
  readonly known: ReadonlySet<string>;
  /** Digests of recorded refusals, by address. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Classes of the alerts that hold, by address. */
  readonly alerts: ReadonlyMap<string, readonly string[]>;
  /** The gaps over refreshed resources, by address. */
  readonly gaps: ReadonlyMap<string, GapOver>;
}

/** The standing of refreshed resources, and of those with a row that follows from others. */
function standingAfter(plan: Plan, parts: StandingParts): ReadonlyMap<string, Stand> {
  const found = new Map(standingIn(plan, parts));
  for (const [address, { part, isSeen }] of parts.gaps) {
    const stand = isSeen ? undefined : parts.before?.[address];
    found.set(address, { ...(stand ?? found.get(address)), gap: part });
  }
  return found;
}

export function standingOf(plan: Plan, parts: StandingParts): Standings {
  const { before, refreshed, known } = parts;
  const found = standingAfter(plan, parts);
  if (refreshed === undefined || before === undefined) {
    const all = Object.fromEntries(found);
    return { now: all, kept: all };
  }
  const kept: Record<string, Stand> = {};
  for (const [address, stand] of Object.entries(before))
    if (!refreshed.has(address) && known.has(address)) kept[address] = stand;
  const now: Record<string, Stand> = { ...kept };
  for (const [address, stand] of found) {
    if (refreshed.has(address)) kept[address] = stand;
    if (!Object.hasOwn(now, address)) now[address] = stand;
  }
  return { now, kept };
}
