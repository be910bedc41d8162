/**
 * Follows the log of a store: what was appended since the last read is read, and nothing else. A log that was pruned, recovered,
 * replaced or damaged is read again as a whole.
 */

import type { LogRecord } from '../../formats/log-record.ts';
import { type FoundRecords, logRecords } from '../../run/log.ts';
import { aboutAddress } from '../../run/records.ts';
import type { ReadReport, Store } from '../../store/store.ts';
import { type KnownFilter, KnownRecords } from './known-records.ts';

/** Records from one call of `advanced` to the next. */
const ADVANCE_RECORDS = 1000;

/** Results of reads of the whole log that are kept. */
const MOST_OLDER = 32;

export interface FollowedLogOptions {
  /** Of the records that are kept in memory. */
  readonly mostBytes?: number;
  /** Called while records are read. */
  readonly advanced?: () => void;
}

/** A list that needs older records than those in memory, with the records that it adds to. */
interface Older {
  readonly of: KnownRecords;
  readonly found: Promise<FoundRecords>;
}

type Source = Pick<Store, 'mark' | 'read'>;

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

async function readWhole(store: Source, mark: string, mostBytes: number | undefined): Promise<Followed> {
  const records = new KnownRecords(mostBytes);
  return { mark, records, report: await store.read((record) => records.add(record), 'all') };
}

/** Reads what was appended; undefined if the log does not continue the one that was read. */
async function readOn(store: Source, mark: string, { records, report }: Followed): Promise<Followed | undefined> {
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
  readonly #open: () => Promise<Source>;
  readonly #mostBytes: number | undefined;
  /** One read at a time: each continues the one before. */
  #last: Promise<Followed | undefined> = Promise.resolve(undefined);
  /** By their filters. A log that is large has a new request for the same list before the read for it has ended. */
  readonly #older = new Map<string, Older>();

  constructor(open: () => Promise<Store>, { mostBytes, advanced = () => undefined }: FollowedLogOptions = {}) {
    let count = 0;
    this.#open = async () => {
      const store = await open();
      return {
        mark: () => store.mark(),
        read: (take, from) =>
          store.read((record) => {
            count += 1;
            if (count % ADVANCE_RECORDS === 0) advanced();
            take(record);
          }, from),
      };
    };
    this.#mostBytes = mostBytes;
  }

  /** As `logRecords`. */
  async list(filter: KnownFilter, last: number): Promise<FoundRecords> {
    const { records, report } = await this.#followed();
    const found = records.list(filter, last);
    if (found !== undefined) return { ...found, report };
    if (filter.kind?.includes('remembered') === true) return logRecords(await this.#open(), filter, last);
    const older = await this.#readOlder(records, filter, last);
    const newer = records.newest(filter, last).filter(({ seq }) => seq > (older.report.head?.seq ?? 0));
    const all = [...older.records, ...newer].slice(-last);
    return { records: all, report, unknown: older.unknown === undefined ? undefined : records.unknown(filter, all) };
  }

  /** Number of records of a run, by kind; undefined if the run is older than the records in memory. */
  async countsOf(run: string): Promise<Readonly<Record<string, number>> | undefined> {
    return (await this.#followed()).records.countsOf(run);
  }

  /** As `lastRecords`. */
  async about(address: string, last: number): Promise<readonly LogRecord[]> {
    const { records } = await this.#followed();
    const found = records.about(address, last);
    if (found !== undefined) return found;
    const { records: all } = await this.list({ address }, last);
    return all.flatMap((record) => aboutAddress(record, address) ?? []);
  }

  /** Reads the whole log for a list. Requests for the same list share the read, and later ones its result. */
  #readOlder(of: KnownRecords, filter: KnownFilter, last: number): Promise<FoundRecords> {
    const name = JSON.stringify([filter, last]);
    const known = this.#older.get(name);
    if (known?.of === of) return known.found;
    const found = this.#open().then((store) => logRecords(store, filter, last));
    this.#older.delete(name);
    this.#older.set(name, { of, found });
    found.catch(() => this.#older.delete(name));
    for (const oldest of this.#older.keys()) {
      if (this.#older.size <= MOST_OLDER) break;
      this.#older.delete(oldest);
    }
    return found;
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
