/** The log: lists, exports, recovers and prunes it, and collects the history of a resource. */

import { recordTexts } from '../engine/generated.ts';
import { defined, formatRef, type Goal, InputError, type Ref, suggest, instantOf } from '#plugin';
import type { LogRecord, RecordKind } from '../formats/log-record.ts';
import type { PruneReport, ReadReport, RecoverReport, Store } from '../store/store.ts';
import { isActor } from './ci.ts';
import type { Ending } from './ending.ts';
import type { Listener } from './events.ts';
import { auditStats, type AuditStats, concerns, type Decision, Decisions } from '../engine/audit.ts';
import { endingWithoutLock, type Locking, withLock } from './lock.ts';
import type { Workspace } from './project.ts';
import { aboutAddress, addressesIn } from './records.ts';
import { addressOf, didYouMean } from './selection.ts';
import { sayLogState, withStore } from './stores.ts';
import { type Ended, writeLog } from './write-log.ts';

/** A filter over records; absent members match every record. Times are epoch ms. */
export interface LogFilter {
  readonly address?: string | undefined;
  readonly run?: string | undefined;
  /** Only records of these runs. */
  readonly runs?: readonly string[] | undefined;
  /** Only beginnings of runs of this command. */
  readonly command?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly step?: string | undefined;
  readonly actor?: string | undefined;
  readonly outcome?: readonly string[] | undefined;
  readonly action?: readonly string[] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only records with a lower sequence number. */
  readonly before?: number | undefined;
}

/** The outcome of a step, or the verdict of a refusal. */
export function outcomeOf(record: LogRecord): string | undefined {
  return record.kind === 'outcome' ? record.body.outcome : record.kind === 'refusal' ? record.body.verdict : undefined;
}

function wanted(filter: LogFilter): (record: LogRecord) => boolean {
  const { step, actor, since, until, before, outcome: outcomes, address, run, runs, command } = filter;
  const kinds = filter.kind as readonly RecordKind[] | undefined;
  // An outcome has the step of its intent.
  const intents = new Set<number>();
  const isStep = (record: LogRecord): boolean => {
    if (record.kind === 'intent' && record.body.step === step) intents.add(record.seq);
    if (record.kind === 'outcome') return intents.has(record.body.intent);
    return 'step' in record.body && record.body.step === step;
  };
  return (record) =>
    (step === undefined || isStep(record)) &&
    (actor === undefined || isActor(record.actor, actor)) &&
    (outcomes === undefined || outcomes.includes(outcomeOf(record) ?? '')) &&
    (since === undefined || instantOf(record.time) >= since) &&
    (until === undefined || instantOf(record.time) <= until) &&
    (before === undefined || record.seq < before) &&
    (kinds === undefined ? record.kind !== 'remembered' : kinds.includes(record.kind)) &&
    (address === undefined || aboutAddress(record, address) !== undefined) &&
    (run === undefined || ('run' in record.body && record.body.run === run)) &&
    (runs === undefined || ('run' in record.body && runs.includes(record.body.run))) &&
    (command === undefined || (record.kind === 'run' && record.body.command === command));
}

export const OUTCOMES = ['done', 'failed', 'unknown', 'undone', 'rejected', 'deferred', 'stale'];

function mustBeAmong(flag: string, given: readonly string[] | undefined, known: readonly string[]): void {
  const wrong = given?.find((each) => !known.includes(each));
  if (wrong !== undefined)
    throw new InputError(`${flag} ${wrong} matches no record; ${suggest(wrong, known, 'the values are')}`);
}

/** Throws InputError for values that no record can have. */
export function checkFilter({ address, kind, outcome, step }: LogFilter): void {
  if (address !== undefined) addressOf(address);
  mustBeAmong('--kind', kind, Object.keys(recordTexts));
  mustBeAmong('--outcome', outcome, OUTCOMES);
  if (step !== undefined && !/^[^>]+>[^>]+$/u.test(step))
    throw new InputError(`--step ${step} is not a step. Use FROM>TO, for example ready>absent`);
}

export interface FoundRecords {
  readonly records: readonly LogRecord[];
  readonly report: ReadReport;
  /** Says which address or run of the filter the log does not have. */
  readonly unknown?: string | undefined;
}

/** Says which address or run of a filter a log does not have. `hasRun`: it has the run. */
export function unknownIn(
  { address, run }: Pick<LogFilter, 'address' | 'run'>,
  { addresses, hasRun }: { readonly addresses: ReadonlySet<string>; readonly hasRun: boolean },
): string | undefined {
  if (address !== undefined && !addresses.has(address))
    return `the log has no record of ${address}${didYouMean(address, addresses)}`;
  return run === undefined || hasRun ? undefined : `the log has no run ${run}`;
}

/** The newest `last` records that match (0: all), oldest first. Throws InputError for a filter that is not valid. */
export async function logRecords(store: Pick<Store, 'read'>, filter: LogFilter, last: number): Promise<FoundRecords> {
  checkFilter(filter);
  const { address, run } = filter;
  const keep = wanted(filter);
  const others = new Set<string>();
  let isKnown = address === undefined;
  let isRun = run === undefined;
  let records: LogRecord[] = [];
  const report = await store.read((record) => {
    isRun ||= 'run' in record.body && record.body.run === run;
    if (!isKnown) for (const each of addressesIn(record)) others.add(each);
    isKnown ||= others.has(address ?? '');
    if (!keep(record)) return;
    records.push(record);
    // Cut every 1000 records instead of at each one, so that the cost stays linear.
    if (records.length > 2 * last + 1000) records = records.slice(-last);
  }, 'all');
  const unknown = unknownIn(filter, { addresses: isKnown ? new Set([address ?? '']) : others, hasRun: isRun });
  return { records: last === 0 ? records : records.slice(-last), report, unknown };
}

/** As `logRecords`, from the store of a workspace. Throws InputError for an unknown address or run, too. */
export async function listLog(
  workspace: Workspace,
  filter: LogFilter,
  last: number,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly records: readonly LogRecord[] }> {
  return withStore(workspace, say, async (store) => {
    const { records, report, unknown } = await logRecords(store, filter, last);
    sayLogState(report, store, say);
    if (unknown !== undefined) throw new InputError(unknown);
    return { ending: endingOf(report), records };
  });
}

function endingOf({ status }: ReadReport): Ending {
  return status === 'damaged' ? 'error' : 'ok';
}

/** Goals of steps, which name the actions of a kind without audited actions. */
const GOALS: readonly Goal[] = ['create', 'update', 'replace', 'remove'];

/** The actions that the installed plugins audit; undefined if a plugin cannot be loaded. */
async function knownActions({ host }: Workspace): Promise<readonly string[] | undefined> {
  const loaded = await Promise.allSettled([...host.plugins.values()].map((load) => load()));
  const plugins = loaded.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (plugins.length < loaded.length) return undefined;
  return plugins.flatMap(({ kinds }) =>
    Object.entries(kinds).flatMap(
      ([name, { actions }]) => actions ?? GOALS.map((goal) => `${name.toLowerCase()}_${goal}`),
    ),
  );
}

/** Every decision of a log. */
export async function decisionsIn(
  store: Store,
): Promise<{ readonly report: ReadReport; readonly decisions: readonly Decision[] }> {
  const found = new Decisions();
  const report = await store.read((record) => found.add(record), 'all');
  return { report, decisions: found.all() };
}

/** Reads every decision of the log. */
async function decisionsOf(
  workspace: Workspace,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly decisions: readonly Decision[] }> {
  return withStore(workspace, say, async (store) => {
    const { report, decisions } = await decisionsIn(store);
    sayLogState(report, store, say);
    return { ending: endingOf(report), decisions };
  });
}

/** The newest `last` decisions that match (0: all), oldest first. Throws InputError for an unknown action. */
export async function listDecisions(
  workspace: Workspace,
  filter: LogFilter,
  last: number,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly decisions: readonly Decision[] }> {
  checkFilter(filter);
  const { action = [], address, ...rest } = filter;
  const { ending, decisions } = await decisionsOf(workspace, say);
  const known = await knownActions(workspace);
  if (known !== undefined) mustBeAmong('--action', action, [...known, ...decisions.map((each) => each.action)]);
  const keep = wanted({ ...rest, step: undefined });
  const matching = decisions.filter(
    (each) =>
      action.includes(each.action) &&
      (address === undefined || concerns(each, address)) &&
      (filter.step === undefined || each.step === filter.step) &&
      keep(each.record),
  );
  return { ending, decisions: last === 0 ? matching : matching.slice(-last) };
}

/** Counts the decisions of a period; times are epoch ms. */
export async function statsOf(
  workspace: Workspace,
  { since, until }: Pick<LogFilter, 'since' | 'until'>,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly stats: AuditStats }> {
  const { ending, decisions } = await decisionsOf(workspace, say);
  const keep = wanted({ since, until });
  return { ending, stats: auditStats(decisions.filter(({ record }) => keep(record))) };
}

/** The history of one resource. */
export interface Story {
  readonly ending: Ending;
  readonly address: string;
  readonly records: readonly LogRecord[];
  /** Every run, by id. */
  readonly runs: Runs;
}

/** The command, the actor and the reason of each run, by its ID. */
type Runs = ReadonlyMap<string, { readonly command: string; readonly actor: string; readonly reason?: string }>;

/** The decisions about one resource and their outcomes, newest last. Throws InputError if the log does not name it. */
export async function storyOf(workspace: Workspace, ref: Ref, say: Listener): Promise<Story> {
  const address = formatRef(ref);
  const records: LogRecord[] = [];
  const others = new Set<string>();
  const runs = new Map<string, NonNullable<ReturnType<Runs['get']>>>();
  return withStore(workspace, say, async (store) => {
    const report = await store.read((record) => {
      if (record.kind === 'run') {
        const { run, command, reason } = record.body;
        runs.set(run, defined({ command, actor: record.actor, reason }));
      }
      const about = aboutAddress(record, address);
      if (about !== undefined) records.push(about);
      else if (records.length === 0) for (const each of addressesIn(record)) others.add(each);
    }, 'all');
    sayLogState(report, store, say);
    if (records.length === 0) throw new InputError(`the log has no record of ${address}${didYouMean(address, others)}`);
    return { ending: endingOf(report), address, records, runs };
  });
}

/** Passes each record of a range of sequence numbers to `take`, unchanged. */
export async function exportLog(
  workspace: Workspace,
  range: { readonly from: number; readonly to: number },
  say: Listener,
  take: (record: LogRecord) => void,
): Promise<Ending> {
  return withStore(workspace, say, async (store) => {
    const report = await store.read((record) => {
      if (record.seq >= range.from && record.seq <= range.to) take(record);
    }, 'all');
    sayLogState(report, store, say);
    return endingOf(report);
  });
}

/** Restarts a damaged log after its last valid record. The report is absent if the log is not damaged. */
export async function recoverLog(
  workspace: Workspace,
  locking: Omit<Locking, 'command'>,
  say: Listener,
): Promise<{ readonly ending: Ending; readonly report?: RecoverReport }> {
  return withStore(workspace, say, async (store) => {
    const before = await store.verify();
    if (before.status === 'none') throw new InputError(`no log was found at ${store.place}`);
    if (before.damage.length === 0) return { ending: 'ok' };
    try {
      const own = { ...locking, command: 'log recover' };
      const report = await withLock(store, own, say, (fence) => store.recover(fence));
      return { ending: 'ok', report };
    } catch (error) {
      return { ending: endingWithoutLock(error, locking.interruption, say) };
    }
  });
}

export interface PruneOptions extends Omit<Locking, 'command'> {
  /** Number of segments to keep, newest first. */
  readonly keep: number;
  /** Asks for approval before segments are deleted. Throws if it is declined. */
  readonly ask: (place: string, stop: AbortSignal) => Promise<void>;
}

/** Deletes the oldest segments. The result is absent if the run was stopped before it deleted one. */
export async function pruneLog(
  workspace: Workspace,
  { keep, ask, ...locking }: PruneOptions,
  say: Listener,
): Promise<Ended<PruneReport>> {
  return writeLog(workspace, { ...locking, command: 'log prune' }, say, async ({ store, fence }) => {
    await ask(store.place, locking.interruption.stop);
    const report = await store.prune(keep, fence);
    return { ending: 'ok', counts: { deleted: report.deleted.length }, result: report };
  });
}
