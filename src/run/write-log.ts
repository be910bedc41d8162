/** Writes to the log other than by apply: takes the lock, records a run with its end, and writes a checkpoint. */

import type { RecordBodies } from '../formats/log-record.ts';
import { type Recall, rememberedOf } from '../engine/remember.ts';
import { InputError } from '#plugin';
import type { Fence, ReadReport, Store } from '../store/store.ts';
import { version } from '../version.ts';
import { isCi } from './ci.ts';
import { type Ending, exitCode } from './ending.ts';
import type { Listener } from './events.ts';
import { type Interruption, stoppedBy, stoppedEnding } from './interruption.ts';
import { endingWithoutLock, type Locking, type Recorder, recorder, withLock } from './lock.ts';
import type { Workspace } from './project.ts';
import { withStore } from './stores.ts';

export const DAMAGED = 'the log is damaged. Run `fettle log recover` to restart it after its last valid record';

/** The log of a run, which holds the lock. */
export interface OpenLog extends Recorder {
  readonly store: Store;
  readonly fence: Fence;
  readonly recall: Recall;
  readonly report: ReadReport;
  readonly run: string;
  readonly interruption: Interruption;
}

export interface Writing extends Locking {
  /** Further members of the run's record. */
  readonly body?: Partial<RecordBodies['run']>;
}

/** The end of a run, and its result. The result is absent if the run was stopped, or did not get the lock. */
export interface Ended<T> {
  readonly ending: Ending;
  readonly result?: T;
}

export interface Written<T> extends Ended<T> {
  readonly counts?: Readonly<Record<string, number>>;
}

/** Throws InputError in CI if the log would be in the checkout, which is lost when the job ends. */
export function refuseInCi({ host, config }: Workspace, command: string): void {
  if (config.storeFrom !== 'default' || !isCi(host.env)) return;
  throw new InputError(
    `in CI, ${command} needs \`store\` in fettle.yaml, or FETTLE_STORE. A log inside the checkout is lost when the job ends`,
  );
}

interface Locked<T> extends Pick<Workspace, 'host'> {
  readonly store: Store;
  readonly fence: Fence;
  readonly writing: Writing;
  readonly work: (log: OpenLog) => Promise<Written<T>>;
}

async function underLock<T>({ host, store, fence, writing, work }: Locked<T>): Promise<Ended<T>> {
  const { command, interruption, body } = writing;
  const { recall, report } = await store.state();
  if (report.status === 'damaged') throw new InputError(DAMAGED);
  const run = host.randomId();
  const { record, head } = recorder(store, fence, recall, report.head);
  await record([{ kind: 'run', body: { run, version, ...body, command } }]);
  const log: OpenLog = { store, fence, recall, report, run, interruption, record, head };
  const written = await work(log).catch(async (error: unknown): Promise<Written<T>> => {
    const stopped = stoppedBy(interruption, error);
    if (stopped !== undefined) return { ending: stopped };
    if (error instanceof InputError)
      await record([{ kind: 'end', body: { run, exit: exitCode('error'), counts: {} } }]);
    throw error;
  });
  const { counts = {}, ...ended } = written;
  const ending = stoppedEnding(interruption) ?? ended.ending;
  await record([{ kind: 'end', body: { run, exit: exitCode(ending), counts } }]);
  await store.checkpoint(() => rememberedOf(recall), fence);
  return { ...ended, ending };
}

/** Takes the lock, runs `work`, and releases everything. */
export async function writeLog<T>(
  workspace: Workspace,
  writing: Writing,
  say: Listener,
  work: (log: OpenLog) => Promise<Written<T>>,
): Promise<Ended<T>> {
  return withStore(workspace, say, async (store) => {
    try {
      return await withLock(store, writing, say, (fence) =>
        underLock({ host: workspace.host, store, fence, writing, work }),
      );
    } catch (error) {
      return { ending: endingWithoutLock(error, writing.interruption, say) };
    }
  });
}
