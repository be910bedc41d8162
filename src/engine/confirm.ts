/**
 * Confirmation of findings: with an entry of `drift.confirm`, a finding counts only after several refreshes in a row.
 *
 * Each refresh that is recorded adds one to the count in the state, and so does the present one. A refresh without a
 * finding of the entry starts the count again; a gap leaves it unchanged. All findings of an entry have one count: a
 * server that is refused now and times out later has failed twice in a row. A resource that is not in the state has no
 * count, so its findings count at once.
 */

import { type Finding, formatRef, type Instant, type Resource } from '#plugin';
import { addressMatcher } from './address-glob.ts';
import type { Confirmation } from './load/config.ts';

/** The progress of a finding that does not count yet. */
export interface Progress {
  /** Refreshes in a row that reported it, the present one included. */
  readonly seen: number;
  /** The number of refreshes after which it counts. */
  readonly after: number;
}

export interface PendingFinding extends Progress {
  readonly finding: Finding;
}

export interface Confirmed {
  /** The findings that do not count yet. */
  readonly pending: ReadonlyMap<Finding, Progress>;
  /** The counts for the state, by address and code. */
  readonly repeats: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

interface ConfirmInput {
  readonly findings: readonly Finding[];
  readonly resources: ReadonlyMap<string, Resource>;
  readonly confirm: readonly Confirmation[];
  /** Time of the last recorded refresh before this one. A sighting that is not newer was counted then. */
  readonly recordedAt: Instant | undefined;
  /** True for a further refresh of the same run: a run counts once. */
  readonly again: boolean;
}

/** Counts the refreshes of each finding that an entry covers. */
export function confirmFindings({ findings, resources, confirm, recordedAt, again }: ConfirmInput): Confirmed {
  const pending = new Map<Finding, Progress>();
  const repeats = new Map<string, Record<string, number>>();
  const entries = confirm.map((entry) => ({ entry, matches: addressMatcher(entry.address) }));
  for (const finding of findings) {
    const address = formatRef(finding.ref);
    const entry = entries.find((each) => each.entry.findings.includes(finding.code) && each.matches(address))?.entry;
    const resource = resources.get(address);
    if (entry === undefined || resource?.memory === undefined || resource.sight.is !== 'seen') continue;
    const recorded = resource.memory.repeats ?? {};
    const before = Math.max(0, ...entry.findings.map((code) => recorded[code] ?? 0));
    const isNew = !again && (recordedAt === undefined || resource.sight.observed.at > recordedAt);
    const seen = Math.min(entry.after, Math.max(1, isNew ? before + 1 : before));
    repeats.set(address, { ...repeats.get(address), [finding.code]: seen });
    if (seen < entry.after) pending.set(finding, { seen, after: entry.after });
  }
  return { pending, repeats };
}
