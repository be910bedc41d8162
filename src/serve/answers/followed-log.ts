/**
 * Follows the log of a store: what was appended since the last read is read, and nothing else. A log that was pruned, recovered,
 * replaced or damaged is read again as a whole.
 */

import type { LogRecord } from '../../formats/log-record.ts';
import { type FoundRecords, logRecords } from '../../run/log.ts';
import { lastRecords } from '../../run/records.ts';
import type { ReadReport, Store } from '../../store/store.ts';
import { type KnownFilter, KnownRecords } from './known-records.ts';

interface Followed {
  /** Of the log before the read. */
  readonly mark: string;
  readonly records: KnownRecords;
  readonly report: ReadReport;
}

/** True for a checkpoint after which earlier records are no longer part of the log. */
function cutsOff({ kind, body }: LogRecord): boolean {
  return kind === 'checkpoint' && ('prunes' in body || 'recovers' in body);
}

async function readWhole(store: Store, mark: string, mostBytes: number | undefined): Promise<Followed> {
  const records = new KnownRecords(mostBytes);
  return { mark, records, report: await store.read((record) => records.add(record), 'all') };
}

/** Reads what was appended; undefined if the log does not continue the one that was read. */
async function readOn(store: Store, mark: string, { records, report }: Followed): Promise<Followed | undefined> {
  const { head, status } = report;
  if (head === undefined || status !== 'sound') return undefined;
  let isSame = false;
  let isCut = false;
  const next = await store.read(
    (record) => {
      if (record.seq === head.seq) isSame = record.hash === head.hash;
      if (record.seq <= head.seq || !isSame) return;
      isCut ||= cutsOff(record);
      if (!isCut) records.add(record);
    },
    { at: head.seq },
  );
  return isSame && !isCut && next.status === 'sound' ? { mark, records, report: next } : undefined;
}

export class FollowedLog {
  readonly #open: () => Promise<Store>;
  readonly #mostBytes: number | undefined;
  /** One read at a time: each continues the one before. */
  #last: Promise<Followed | undefined> = Promise.resolve(undefined);

  /** `mostBytes`: of the records that are kept in memory. */
  constructor(open: () => Promise<Store>, mostBytes?: number) {
    this.#open = open;
    this.#mostBytes = mostBytes;
  }

  /** As `logRecords`. */
  async list(filter: KnownFilter, last: number): Promise<FoundRecords> {
    const { records, report } = await this.#followed();
    const found = records.list(filter, last);
    return found === undefined ? logRecords(await this.#open(), filter, last) : { ...found, report };
  }

  /** As `lastRecords`. */
  async about(address: string, last: number): Promise<readonly LogRecord[]> {
    const { records } = await this.#followed();
    return records.about(address, last) ?? lastRecords(await this.#open(), address, last);
  }

  async #followed(): Promise<Followed> {
    const before = this.#last;
    const next = before.then((followed) => this.#read(followed));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #read(followed: Followed | undefined): Promise<Followed> {
    const store = await this.#open();
    const mark = await store.mark();
    if (followed?.mark === mark) return followed;
    return (
      (followed === undefined ? undefined : await readOn(store, mark, followed)) ??
      (await readWhole(store, mark, this.#mostBytes))
    );
  }
}
