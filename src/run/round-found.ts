/** The findings of a round from which its metrics are made: the reconciled project, the ledger, and the state of log and lock. */

import {
  type AlertSettings,
  formatRef,
  type Ledger,
  instantOf,
  isSeen,
  type Plugin,
  type PluginMetrics,
} from '#plugin';
import { alertsOf } from '../engine/alerts.ts';
import { gapFinder, gapKey, gapScope } from '../engine/gap.ts';
import { type Measured, measure } from '../engine/metrics.ts';
import { raisingPlugins } from '../engine/raising.ts';
import type { Planned } from '../formats/plan.ts';
import { type PluginCount, type RoundHealth, Tally } from '../formats/round.ts';
import type { GapOver } from '../formats/standing.ts';
import type { Store } from '../store/store.ts';
import type { Listener } from './events.ts';
import type { Host } from './project.ts';

/** The end of a refresh, or of the actions after it. */
export interface RoundFound {
  readonly reconciled: Planned;
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** The ledger before the round and after it. */
  readonly ledger: { readonly before: Ledger; readonly after: Ledger };
  /** Undefined if the state could not be read. */
  readonly store: Store | undefined;
}

/** The gaps over refreshed resources, by address. `refreshed`: their addresses; undefined for all. */
export function gapsOver(
  { resources, sealed }: Planned,
  refreshed: ReadonlySet<string> | undefined,
): ReadonlyMap<string, GapOver> {
  const gapOf = gapFinder(sealed.gaps.map((gap) => ({ ...gap, part: gapKey(gapScope(gap)) })));
  const over = new Map<string, GapOver>();
  for (const [address, resource] of resources) {
    const gap = refreshed?.has(address) === false ? undefined : gapOf(resource.ref, address);
    if (gap !== undefined) over.set(address, { part: gap.part, isSeen: isSeen(resource) });
  }
  return over;
}

export interface MeasureSettings {
  readonly alerts: AlertSettings;
  /** Most series of a metric whose labels are names of resources. */
  readonly mostSeries: number;
}

/** A copy of the ledger, which records change. */
export function ledgerCopy(ledger: Ledger): Ledger {
  return new Map([...ledger].map(([table, entries]) => [table, new Map(entries)]));
}

/** The measures of a round: the metrics of its plugins, and the alerts that hold. */
export interface RoundMeasures {
  readonly measured: Measured;
  /** Classes of the alerts that hold, by address. News is not counted. */
  readonly alerts: ReadonlyMap<string, readonly string[]>;
}

export async function measuredIn(
  { reconciled, plugins, ledger }: RoundFound,
  { alerts: settings, mostSeries }: MeasureSettings,
): Promise<RoundMeasures> {
  const { resources, scene } = reconciled;
  const metrics = new Map<string, PluginMetrics>();
  for (const [name, plugin] of plugins) {
    const own = await plugin.metrics?.();
    if (own !== undefined) metrics.set(name, own);
  }
  const measured = measure(metrics, { resources, scene, ledger, settings, mostSeries });
  const raising = await raisingPlugins(plugins);
  // Only classes and addresses are used: no text needs redaction.
  const { alerts, failures } = alertsOf(reconciled, raising, { ledger: ledger.after, settings }, (text) => text);
  const holding = alerts.filter(({ happenedAt }) => happenedAt === undefined);
  const byAddress = Map.groupBy(holding, ({ ref }) => formatRef(ref));
  return {
    measured: {
      ...measured,
      plugins: [...new Set([...measured.plugins, ...raising.keys()])],
      failures: new Map([...failures, ...measured.failures]),
    },
    alerts: new Map([...byAddress].map(([address, own]) => [address, own.map((alert) => alert.class)])),
  };
}

/** The age of the oldest entry of the inbox, in ms; 0 without any. Undefined if the inbox cannot be read. */
export async function inboxAge({ store }: RoundFound, now: number): Promise<number | undefined> {
  const first = await store?.undrained(1).catch(() => undefined);
  if (first === undefined) return undefined;
  const [oldest] = first;
  return oldest === undefined || 'damage' in oldest ? 0 : Math.max(0, now - oldest.at);
}

/** A host whose worlds count for the metrics of their plugins. */
export function countingHost(host: Host): { readonly host: Host; readonly counted: () => readonly PluginCount[] } {
  const tallies = new Map<string, Tally>();
  const tallyOf = (key: string): Tally => {
    const tally = tallies.get(key) ?? new Tally();
    tallies.set(key, tally);
    return tally;
  };
  return {
    host: { ...host, count: (plugin, metric, labels) => tallyOf(`${plugin} ${metric}`).add(labels) },
    counted: () =>
      [...tallies].flatMap(([key, tally]) => {
        const [plugin = '', metric = ''] = key.split(' ');
        return tally.counts().map((counted) => ({ plugin, metric, ...counted }));
      }),
  };
}

/** Follows the events of a round about the log and its lock. */
export function watchHealth(
  { now, elapsed }: Pick<Host, 'now' | 'elapsed'>,
  say: Listener,
): { readonly say: Listener; readonly health: () => Omit<RoundHealth, 'inbox_oldest_ms' | 'counted'> } {
  let waitingFrom: number | undefined;
  let waitMs = 0;
  let heldMs = 0;
  let isDamaged = false;
  let isRead = false;
  const endWait = (): void => {
    if (waitingFrom !== undefined) waitMs = elapsed() - waitingFrom;
    waitingFrom = undefined;
  };
  return {
    say: (event) => {
      if (event.type === 'lock-wait') waitingFrom ??= elapsed();
      if (event.type === 'lock-held' || event.type === 'refresh-started') endWait();
      if (event.type === 'lock-held') heldMs = Math.max(1, now() - (instantOf(event.holder.since) || now()));
      if (event.type === 'documents-read') isRead = !event.isKept;
      if (event.type === 'log-damaged') isDamaged = true;
      if (event.type === 'log-recovered') isDamaged = false;
      say(event);
    },
    health: () => {
      endWait();
      return { lock_wait_ms: waitMs, lock_held_ms: heldMs, log_damaged: isDamaged, documents_read: isRead };
    },
  };
}
