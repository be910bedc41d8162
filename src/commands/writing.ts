/** Writing: what every command has in common that writes the log without applying: the lock, a run with its end, the exit code. */

import type { Config } from '../engine/load/config.ts';
import type { RecordBodies } from '../formats/log-record.ts';
import { type Recall, rememberedOf } from '../engine/remember.ts';
import type { Shell } from '../shell.ts';
import type { Fence, ReadReport, Store } from '../store/store.ts';
import { version } from '../version.ts';
import { isCi } from './actor.ts';
import { type ExitName, exitCode } from './ending.ts';
import { type Flags, UsageError } from './flags.ts';
import { openStore, randomId, recallFrom } from './session.ts';
import { stoppedBy, type Stopping, stopping } from './stopping.ts';
import { tellEnding } from './tell.ts';
import { endingWithoutLock, type Recorder, recorder, withLock } from './under-lock.ts';

/** The log of a command that holds its lock. */
export interface OpenLog extends Recorder {
  readonly store: Store;
  readonly fence: Fence;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly run: string;
  readonly signals: Stopping;
}

export interface Writing {
  readonly command: string;
  /** Beside command and version, in the record of the run. */
  readonly body?: Partial<RecordBodies['run']>;
  /** Id of a holder whose lock is taken over. */
  readonly takeOver?: string;
}

export interface Written {
  readonly exit: ExitName;
  readonly counts?: Readonly<Record<string, number>>;
}

/** In CI a checkout is thrown away, and a log in it with it. Throws UsageError. */
export function refuseInCi(config: Config, command: string, shell: Shell): void {
  if (config.storeFrom !== 'default' || !isCi(shell.env)) return;
  throw new UsageError(
    `in CI, ${command} needs \`store\` in fettle.yaml, or FETTLE_STORE: a log in a checkout that is thrown away remembers nothing`,
  );
}

async function underLock(
  store: Store,
  fence: Fence,
  writing: Writing,
  signals: Stopping,
  work: (log: OpenLog) => Promise<Written>,
): Promise<ExitName> {
  const { recall, report } = await recallFrom(store);
  if (report.status === 'damaged')
    throw new UsageError('the log is damaged; `fettle log recover` starts it again from its last sound record');
  const run = randomId();
  const { record, head } = recorder(store, fence, recall, report.head);
  await record([{ kind: 'run', body: { run, version, ...writing.body, command: writing.command } }]);
  const log: OpenLog = { store, fence, recall, report, run, signals, record, head };
  const { exit, counts } = await work(log).catch(async (error: unknown): Promise<Written> => {
    const stopped = stoppedBy(signals, error);
    if (stopped !== undefined) return { exit: stopped };
    if (error instanceof UsageError)
      await record([{ kind: 'end', body: { run, exit: exitCode('error'), counts: {} } }]);
    throw error;
  });
  const name = signals.ending() ?? exit;
  await record([{ kind: 'end', body: { run, exit: exitCode(name), counts: counts ?? {} } }]);
  await store.checkpoint(rememberedOf(recall), fence);
  return name;
}

/** Takes the lock, lets `work` write, and gives everything back. Gives the exit code, with its line on stderr. */
export async function writingLog(
  flags: Flags,
  shell: Shell,
  config: Config,
  writing: Writing,
  work: (log: OpenLog) => Promise<Written>,
): Promise<number> {
  const end = (name: ExitName): number => {
    tellEnding(shell, name);
    return exitCode(name);
  };
  const signals = stopping(shell);
  const store = await openStore(config, shell);
  try {
    const { command, takeOver } = writing;
    const locking = { command, timeoutMs: flags.lockTimeout, shell, signals, takeOver };
    return end(await withLock(store, locking, (fence) => underLock(store, fence, writing, signals, work)));
  } catch (error) {
    return end(endingWithoutLock(error, signals, shell));
  } finally {
    signals.forget();
    await store.close();
  }
}
