/**
 * One round of `fettle serve`: refreshes, records the refresh, and applies the rows that serve may apply by itself.
 *
 * A round is an apply under the same lock, rules and log as one from CI, without overrides of a command line. While another
 * process holds the lock, a round only refreshes, so that the metrics stay fresh.
 */

import { isPermitted, isUnattended, permittedCauses, type Permission, type Permissions } from '../engine/permission.ts';
import { type RoundHealth, type RoundReport, roundReport } from '../formats/round.ts';
import { type RowRules, rowRules } from '../formats/row-rules.ts';
import { restlessIn, type Standing, standingOf } from '../formats/standing.ts';
import type { Due } from '../engine/due.ts';
import type { Plan, Planned } from '../formats/plan.ts';
import type { Row } from '../engine/action.ts';
import {
  type Action,
  type Desired,
  digestOf,
  formatRef,
  type Instant,
  type Ledger,
  type Plugin,
  type Ref,
  type Regions,
} from '#plugin';
import { apply } from './apply.ts';
import type { OpenRound } from './apply-round.ts';
import type { RoundSchedule } from './due-now.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import type { Interruption } from './interruption.ts';
import { plan } from './plan.ts';
import {
  countingHost,
  gapsOver,
  inboxAge,
  ledgerCopy,
  type MeasureSettings,
  measuredIn,
  type RoundFound,
  type RoundMeasures,
  watchHealth,
} from './round-found.ts';
import { type Handed, keptAfter, keptText } from './last-valid.ts';
import type { Project, Workspace } from './project.ts';
import { type Draining, drainEvents } from './round-events.ts';
import type { Head } from '../store/store.ts';

/** The part of a round that its predecessors decide. */
export interface RoundOrder extends Handed {
  /** Number of rounds in a row before this one that gave the lock to another process and ended no action. */
  readonly gaveWay: number;
  /** Time of the refresh of the last recorded round, epoch ms; absent if this one refreshes every resource. */
  readonly since?: number | undefined;
  /** Time by which the clock was set forward since that round, in ms; absent if it was not. */
  readonly skippedMs?: number | undefined;
  /** The version of the documents that the last recorded round read. A round with another one refreshes every resource. */
  readonly documents?: string | undefined;
  /** The resources as the last rounds found them. */
  readonly standing?: Standing | undefined;
  /** Reports of watchers since the last recorded round: addresses, and names of plugins for all of their resources. */
  readonly changed?: readonly string[] | undefined;
}

/** The alerts of a round, as the daemon decides and sends them. */
export interface RoundAlerts {
  /** The changes by the outcomes of earlier deliveries. */
  readonly settled: Draining['settled'];
  /** Records the deliveries that are due, and begins to send them. */
  readonly begin: (reconciled: Planned, open: OpenRound) => Promise<void>;
  /** Waits until everything is sent. Returns the time at which the next delivery is due. */
  readonly end: () => Promise<Instant | undefined>;
}

export interface RoundOptions {
  /** Of the host: without any, no row is applied. */
  readonly permissions: readonly Permission[];
  readonly interruption: Interruption;
  /** Longest wait for the lock, in ms. */
  readonly lockTimeout: number;
  readonly order: RoundOrder;
  /** Longest time between two rounds, in ms. */
  readonly everyMs: number;
  readonly measure: MeasureSettings;
  /** Gets the standing of log, lock and inbox, even if the round fails. */
  readonly onHealth?: (health: RoundHealth) => void;
  readonly alerts: RoundAlerts;
  /** Absent for a daemon without other regions. */
  readonly regions?: Regions | undefined;
}

export interface RoundResult {
  readonly ending: Ending;
  /** Absent if the round was stopped before its refresh ended. */
  readonly report?: RoundReport;
  /** The plan of the refresh. Present with a report. */
  readonly plan?: Plan;
  /** The rules of its rows. Present with a report. */
  readonly rules?: RowRules;
  /** The ledger before the round and after it. Present with a report. */
  readonly ledger?: { readonly before: Ledger; readonly after: Ledger };
  /** The documents of the round, packed, if they are valid and other than those of the order. */
  readonly lastValid?: string;
}

async function pluginsOf({ host }: Workspace, standing: Standing): Promise<ReadonlyMap<string, Plugin>> {
  const names = new Set(Object.keys(standing).map((address) => address.split('/')[0] ?? ''));
  const plugins = new Map<string, Plugin>();
  for (const name of names) {
    const plugin = await host.plugins.get(name)?.();
    if (plugin !== undefined) plugins.set(name, plugin);
  }
  return plugins;
}

function earliest(...times: readonly (Instant | undefined)[]): Instant | undefined {
  const known = times.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function addressesOf(refs: readonly Ref[] | undefined): ReadonlySet<string> | undefined {
  return refs === undefined ? undefined : new Set(refs.map(formatRef));
}

/** A digest of the verdict on an action, with its rules and their facts. */
function refusalOf({ change: { step }, verdict, judgements }: Action): string {
  return digestOf({ step, verdict, judgements: judgements.map(({ rule, facts }) => ({ rule, facts })) });
}

/** Names by which events may address declared resources, by plugin. */
async function targetsOf({ host }: Workspace, documents: readonly Desired[]): Promise<RoundReport['targets']> {
  const targets: Record<string, readonly string[]> = {};
  for (const [name, own] of Map.groupBy(documents, ({ ref }) => ref.plugin)) {
    const events = await (await host.plugins.get(name)?.())?.events?.();
    if (events !== undefined) targets[name] = events.targets(own);
  }
  return targets;
}

/** The report about regions: what the daemon needs for its pulls. */
async function regionReport(
  { host }: Workspace,
  documents: readonly Desired[],
  ledger: Ledger,
): Promise<NonNullable<RoundReport['regions']>> {
  const counts: Record<string, number> = {};
  const pulls: Record<string, Instant> = {};
  for (const [name, own] of Map.groupBy(documents, ({ ref }) => ref.plugin)) {
    const { regions } = (await (await host.plugins.get(name)?.())?.events?.()) ?? {};
    if (regions === undefined) continue;
    for (const [region, count] of Object.entries(regions.counts(own))) counts[region] = (counts[region] ?? 0) + count;
    Object.assign(pulls, regions.pulls(ledger));
  }
  return { counts, pulls };
}

/** Runs one round. The ending is that of an apply, or of a plan while another process holds the lock. */
export async function round(workspace: Workspace, options: RoundOptions, say: Listener): Promise<RoundResult> {
  const watch = watchHealth(workspace.host, say);
  const { host, counted } = countingHost(workspace.host);
  let oldest: number | undefined;
  try {
    return await onLastValid({ ...workspace, host }, options.order, watch.say, (each) =>
      watchedRound(each, options, watch.say, (age) => (oldest = age)),
    );
  } finally {
    const inbox = oldest === undefined ? {} : { inbox_oldest_ms: oldest };
    options.onHealth?.({ ...watch.health(), ...inbox, counted: counted() });
  }
}

/**
 * Runs a round with the documents in the files, or with the last valid ones if those are not valid. Documents are read
 * before the lock is taken, so that the first try leaves nothing.
 */
async function onLastValid(
  workspace: Workspace,
  { lastValid }: RoundOrder,
  say: Listener,
  run: (workspace: Workspace) => Promise<RoundResult>,
): Promise<RoundResult> {
  try {
    return await run(workspace);
  } catch (error) {
    return run(keptAfter(error, workspace.host, lastValid, say));
  }
}

/** The documents that a round read, packed, if they are valid and other than the packed ones: their content decides. */
function lastValidOf(read: Project | undefined, { lastValid }: RoundOrder): Pick<RoundResult, 'lastValid'> {
  if (read === undefined || read.kept !== undefined) return {};
  const packed = keptText(read);
  return packed === lastValid ? {} : { lastValid: packed };
}

async function watchedRound(
  workspace: Workspace,
  options: RoundOptions,
  say: Listener,
  onInbox: (ageMs: number | undefined) => void,
): Promise<RoundResult> {
  const { config, host } = workspace;
  const { interruption, lockTimeout, order, everyMs, alerts, regions } = options;
  const permissions: Permissions = { host: options.permissions, project: config.serveApply };
  const causes = permittedCauses(permissions);
  const refreshedAt = host.now();
  let found: Plan | undefined;
  let rules: RowRules = {};
  let rows: readonly Row[] = [];
  let head: Head | undefined;
  let due: Due | undefined;
  /** Addresses of the refreshed resources; undefined for all. */
  let refreshed: ReadonlySet<string> | undefined;
  let version: string | undefined;
  const schedule: RoundSchedule = {
    everyMs,
    restless: restlessIn(order.standing),
    changed: new Set(order.changed),
    since: (read) => {
      version = read;
      return order.documents === read && !isOrdered ? order.since : undefined;
    },
    found: (found) => (due = found),
  };
  const refusals = new Map<string, string>();
  let eventAt: Instant | undefined;
  let isOrdered = false;
  let measures: RoundMeasures = { measured: { plugins: [], families: [], failures: new Map() }, alerts: new Map() };
  let ledger: RoundResult['ledger'];
  const onFound = async (each: RoundFound): Promise<void> => {
    measures = await measuredIn(each, options.measure);
    rules = rowRules(each.reconciled.sealed.actions);
    known = new Set(each.reconciled.resources.keys());
    gaps = gapsOver(each.reconciled, addressesOf(each.reconciled.refreshed));
    ledger = { before: each.ledger.before, after: ledgerCopy(each.ledger.after) };
    onInbox(await inboxAge(each, host.now()));
  };
  let known: ReadonlySet<string> = new Set();
  let gaps: ReturnType<typeof gapsOver> = new Map();
  let documents: readonly Desired[] = [];
  let read: Project | undefined;
  const listen: Listener = (event) => {
    if (event.type === 'documents-read') ({ documents } = event);
    if (event.type === 'planned') found = event.plan;
    if (event.type === 'applied') ({ rows, head } = event.applied);
    say(event);
  };
  const result = await apply(
    workspace,
    {
      approval: { by: 'yes' },
      interruption,
      lockTimeout,
      giveWay: { gaveWay: order.gaveWay },
      schedule,
      allowRejected: true,
      // Limits the run to what may be applied: a renewal does not apply a pending edit.
      selection: causes === undefined ? {} : { causes: [...causes] },
      part: {
        command: 'serve',
        opened: async (open) => {
          read = open.project;
          ({ nextAt: eventAt, refreshesAll: isOrdered } = await drainEvents(
            { ...open, regions, settled: alerts.settled },
            say,
          ));
        },
        judged: (reconciled, open) => {
          refreshed = addressesOf(reconciled.refreshed);
          return alerts.begin(reconciled, open);
        },
        keeps: (action, resource, resources) => isUnattended(action, permissions, resource, resources),
        keepsRefused: (action, resource, resources) => {
          if (!isPermitted(action, permissions, resource, resources)) return false;
          // A resource that was not refreshed has the refusal that the log has.
          if (refreshed !== undefined && !refreshed.has(resource?.address ?? '')) return false;
          // A refusal is recorded once, and not in every round.
          const refusal = refusalOf(action);
          const { address = '' } = resource ?? {};
          refusals.set(address, refusal);
          return order.standing?.[address]?.refusal !== refusal;
        },
        found: onFound,
      },
    },
    listen,
  ).catch(async (error: unknown) => {
    await alerts.end();
    throw error;
  });
  // The lock is free: a receiver that does not answer delays nothing but the end of this process.
  const deliveryAt = await alerts.end();
  let { ending } = result;
  const recorded = ending !== 'locked';
  if (!recorded) ({ ending } = await plan(workspace, { stop: interruption.stop, found: onFound }, listen));
  if (found === undefined) return { ending };
  // Without the lock, every resource is refreshed.
  if (!recorded) refreshed = undefined;
  const nextAt = recorded ? due?.nextAt : undefined;
  const refused = new Set(rows.map(({ address }) => address));
  const inLog = [...refusals].filter(
    ([address, refusal]) => refused.has(address) || order.standing?.[address]?.refusal === refusal,
  );
  const standing = standingOf(found, {
    before: order.standing,
    refreshed,
    known,
    refusals: new Map(inLog),
    alerts: measures.alerts,
    gaps,
  });
  return {
    ending,
    report: roundReport({
      plan: found,
      rows,
      standing,
      plugins: await pluginsOf(workspace, standing.now),
      recorded,
      refreshedAt,
      refreshed: refreshed?.size,
      documents: version,
      headSeq: (head ?? found.log_head)?.seq,
      measured: measures.measured,
      nextDueAt: earliest(eventAt, deliveryAt, nextAt),
      targets: await targetsOf(workspace, documents),
      regions: regions === undefined ? undefined : await regionReport(workspace, documents, ledger?.after ?? new Map()),
    }),
    plan: found,
    rules,
    ...(ledger === undefined ? {} : { ledger }),
    ...lastValidOf(read, order),
  };
}
