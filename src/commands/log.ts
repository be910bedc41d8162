/** `fettle log …`: list, verify and recover the log. */

import { recordTexts } from '../engine/generated.ts';
import { suggest } from '#plugin';
import type { LogRecord, RecordKind } from '../formats/log-record.ts';
import { auditLines, recordLine } from '../report/log-text.ts';
import { verifyText } from '../report/verify-text.ts';
import type { Shell } from '../shell.ts';
import type { Head } from '../store/store.ts';
import { exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { aboutAddress, addressesIn } from './records.ts';
import { addressOf, didYouMean } from './selectors.ts';
import { openConfig, openStore } from './session.ts';
import { stopping } from './stopping.ts';
import { tellEnding } from './tell.ts';
import { endingWithoutLock, withLock } from './under-lock.ts';

export interface LogFlags extends Flags {
  readonly address?: string;
  readonly run?: string;
  readonly kind?: string;
  readonly last?: number;
  readonly step?: string;
  readonly actor?: string;
  readonly outcome?: string;
  readonly action?: string;
  readonly since?: number;
  readonly until?: number;
}

/** How a step ended, or that it was not taken. */
function outcomeOf(record: LogRecord): string | undefined {
  return record.kind === 'outcome' ? record.body.outcome : record.kind === 'refusal' ? record.body.verdict : undefined;
}

/** What a kind calls the action of a decision: `node_decommission`. */
function auditedAction(record: LogRecord): string {
  const action = 'audit' in record.body ? record.body.audit?.['action'] : undefined;
  return typeof action === 'string' ? action : '';
}

function wanted(flags: LogFlags): (record: LogRecord) => boolean {
  const kinds = flags.kind?.split(',') as readonly RecordKind[] | undefined;
  const outcomes = flags.outcome?.split(',');
  const actions = flags.action?.split(',');
  const { step, actor, since, until } = flags;
  // The step of an outcome is that of its intent.
  const intents = new Set<number>();
  const isStep = (record: LogRecord): boolean => {
    if (record.kind === 'intent' && record.body.step === step) intents.add(record.seq);
    if (record.kind === 'outcome') return intents.has(record.body.intent);
    return 'step' in record.body && record.body.step === step;
  };
  return (record) =>
    (step === undefined || isStep(record)) &&
    (actor === undefined || record.actor === actor) &&
    (outcomes === undefined || outcomes.includes(outcomeOf(record) ?? '')) &&
    (actions === undefined || actions.includes(auditedAction(record))) &&
    (since === undefined || Date.parse(record.time) >= since) &&
    (until === undefined || Date.parse(record.time) <= until) &&
    (kinds === undefined ? record.kind !== 'remembered' : kinds.includes(record.kind)) &&
    (flags.address === undefined || aboutAddress(record, flags.address) !== undefined) &&
    (flags.run === undefined || ('run' in record.body && record.body.run === flags.run));
}

const OUTCOMES = ['done', 'failed', 'unknown', 'undone', 'rejected', 'deferred', 'stale'];

function mustBeAmong(flag: string, given: string | undefined, known: readonly string[]): void {
  const wrong = given?.split(',').find((each) => !known.includes(each));
  if (wrong !== undefined)
    throw new UsageError(`${flag} ${wrong} matches no record; ${suggest(wrong, known, 'the values are')}`);
}

/** What no record can have is a mistake. Throws UsageError. */
function checkFilters({ address, kind, outcome, step }: LogFlags): void {
  if (address !== undefined) addressOf(address);
  mustBeAmong('--kind', kind, Object.keys(recordTexts));
  mustBeAmong('--outcome', outcome, OUTCOMES);
  if (step !== undefined && !/^[^>]+>[^>]+$/u.test(step))
    throw new UsageError(`--step ${step} is not a step: it looks like ready>absent`);
}

/** The newest records, oldest first. */
export async function logList(flags: LogFlags, shell: Shell): Promise<number> {
  checkFilters(flags);
  const store = await openStore(await openConfig(flags, shell), shell);
  const keep = wanted(flags);
  const others = new Set<string>();
  let isKnown = flags.address === undefined;
  let isRun = flags.run === undefined;
  const last = flags.last ?? 50;
  const line = flags.action === undefined ? recordLine : auditLines;
  let records: LogRecord[] = [];
  const report = await store.read((record) => {
    isRun ||= 'run' in record.body && record.body.run === flags.run;
    if (!isKnown) for (const each of addressesIn(record)) others.add(each);
    isKnown ||= others.has(flags.address ?? '');
    if (!keep(record)) return;
    records.push(record);
    // Cut now and then instead of at every record: the cost stays that of the records.
    if (records.length > 2 * last + 1000) records = records.slice(-last);
  }, 'all');
  for (const record of last === 0 ? records : records.slice(-last))
    shell.stdout.write(flags.format === 'json' ? `${JSON.stringify(record)}\n` : line(record));
  if (report.status === 'none') shell.stderr.write(`there is no log at ${store.place}\n`);
  if (report.status === 'damaged') shell.stderr.write('warning: the log is damaged; see `fettle log verify`\n');
  await store.close();
  if (!isKnown)
    throw new UsageError(`the log says nothing of ${flags.address}${didYouMean(flags.address ?? '', others)}`);
  if (!isRun) throw new UsageError(`the log has no run ${flags.run}`);
  return report.status === 'damaged' ? exitCode('error') : 0;
}

/** `418:5be0…`, as plan and apply print it. */
function headOf(text: string): Head {
  const found = /^(\d{1,15}):(?:sha256:)?([0-9a-f]{64})$/u.exec(text);
  if (found?.[1] === undefined || found[2] === undefined)
    throw new UsageError('--head must be SEQUENCE:HASH, as plan and apply print it');
  return { seq: Number(found[1]), hash: found[2] };
}

export async function logVerify(flags: LogFlags, shell: Shell): Promise<number> {
  const store = await openStore(await openConfig(flags, shell), shell);
  const report = await store.verify(flags.head === undefined ? undefined : headOf(flags.head));
  shell.stdout.write(flags.format === 'json' ? `${JSON.stringify(report)}\n` : verifyText(report));
  await store.close();
  const code = report.status === 'damaged' || report.damage.length > 0 ? 1 : 0;
  if (code === 1) tellEnding(shell, 'error');
  return code;
}

export async function logRecover(flags: LogFlags, shell: Shell): Promise<number> {
  const store = await openStore(await openConfig(flags, shell), shell);
  const signals = stopping(shell);
  try {
    const before = await store.verify();
    if (before.status === 'none') throw new UsageError(`there is no log at ${store.place}`);
    if (before.damage.length === 0) {
      shell.stdout.write('the log is sound; there is nothing to recover\n');
      return 0;
    }
    return await withLock(
      store,
      { command: 'log recover', timeoutMs: flags.lockTimeout, shell, signals },
      async (fence) => {
        const report = await store.recover(fence);
        if (flags.format === 'json') shell.stdout.write(`${JSON.stringify(report)}\n`);
        else {
          const unknown = report.unknown.length === 0 ? 'none' : report.unknown.join(', ');
          shell.stdout.write(
            `the log goes on after record ${report.head.seq}${report.cold ? ', from nothing: all that was remembered is lost' : ''}\n` +
              `in quarantine: ${report.quarantine.join(', ') || 'nothing'}\n` +
              `unknown until a look or an import settles them: ${unknown}\n` +
              `log head ${report.head.seq}:${report.head.hash}\n`,
          );
        }
        return 0;
      },
    );
  } catch (error) {
    const ending = endingWithoutLock(error, signals, shell);
    tellEnding(shell, ending);
    return exitCode(ending);
  } finally {
    signals.forget();
    await store.close();
  }
}
