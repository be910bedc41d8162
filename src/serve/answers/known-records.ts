/**
 * The records of a log in memory, for lists: packed in blocks, with the values by which lists are filtered.
 *
 * Blocks beyond the limit are dropped, the oldest first. A list that needs older records is then `undefined`. The copies of the
 * state in checkpoints are not kept: `remembered` records.
 */

import { gunzipSync, gzipSync } from 'node:zlib';
import { defined } from '#plugin';
import type { LogRecord } from '../../formats/log-record.ts';
import { isActor } from '../../run/ci.ts';
import { checkFilter, type LogFilter, outcomeOf, unknownIn } from '../../run/log.ts';
import { aboutAddress, addressesIn } from '../../run/records.ts';

export type KnownFilter = Pick<
  LogFilter,
  'address' | 'run' | 'runs' | 'command' | 'kind' | 'step' | 'actor' | 'outcome' | 'before'
>;

export interface KnownList {
  /** Oldest first. */
  readonly records: readonly LogRecord[];
  /** Says which address or run of the filter the log does not have. */
  readonly unknown?: string | undefined;
}

/** The values of a record by which lists are filtered. */
interface Row extends Pick<LogRecord, 'seq' | 'kind' | 'actor'> {
  readonly run?: string | undefined;
  readonly step?: string | undefined;
  readonly outcome?: string | undefined;
  /** Of the beginning of a run. */
  readonly command?: string | undefined;
}

/** Records in a row. */
interface Block {
  readonly rows: Row[];
  /** The places of the records about each address. */
  readonly places: Map<string, number[]>;
  /** Until the block is full. */
  records: LogRecord[];
  /** Once the block is full. */
  packed?: Buffer;
}

const BLOCK_RECORDS = 256;
/** Estimated memory of the values of a record, in bytes. */
const ROW_BYTES = 200;
const MOST_BYTES = 256 * 1024 * 1024;

function newBlock(): Block {
  return { rows: [], places: new Map(), records: [] };
}

function pack(block: Block): void {
  block.packed = gzipSync(block.records.map((record) => JSON.stringify(record)).join('\n'), { level: 1 });
  block.records = [];
}

/** The records at some places, in the order of the places. */
function recordsAt({ packed, records }: Block, places: readonly number[]): readonly LogRecord[] {
  if (places.length === 0) return [];
  if (packed === undefined) return places.flatMap((place) => records[place] ?? []);
  const lines = gunzipSync(packed).toString().split('\n');
  return places.map((place) => JSON.parse(lines[place] ?? '') as LogRecord);
}

/** The step of a record; an outcome has that of its intent. */
function stepOf(record: LogRecord, stepOfIntent: (seq: number) => string | undefined): string | undefined {
  if (record.kind === 'outcome') return stepOfIntent(record.body.intent);
  return 'step' in record.body ? record.body.step : undefined;
}

function matches(filter: KnownFilter): (row: Row) => boolean {
  const { kind: kinds, actor, run, command, step, outcome: outcomes, before } = filter;
  const runs = filter.runs === undefined ? undefined : new Set<string | undefined>(filter.runs);
  return (row) =>
    (kinds === undefined || kinds.includes(row.kind)) &&
    (actor === undefined || isActor(row.actor, actor)) &&
    (run === undefined || row.run === run) &&
    (runs === undefined || runs.has(row.run)) &&
    (command === undefined || row.command === command) &&
    (step === undefined || row.step === step) &&
    (outcomes === undefined || outcomes.includes(row.outcome ?? '')) &&
    (before === undefined || row.seq < before);
}

export class KnownRecords {
  readonly #mostBytes: number;
  #blocks: Block[] = [];
  #bytes = 0;
  #isWhole = true;
  readonly #addresses = new Set<string>();
  /** Texts that many records share. */
  readonly #texts = new Map<string, string>();

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Adds the next record of the log. */
  add(record: LogRecord): void {
    const addresses = addressesIn(record);
    for (const address of addresses) this.#addresses.add(this.#shared(address));
    if (record.kind === 'remembered') return;
    let block = this.#blocks.at(-1);
    if (block === undefined || block.packed !== undefined) {
      block = newBlock();
      this.#blocks.push(block);
    }
    for (const address of new Set(addresses)) {
      const places = block.places.get(address);
      if (places === undefined) block.places.set(this.#shared(address), [block.rows.length]);
      else places.push(block.rows.length);
    }
    block.rows.push(this.#rowOf(record, block.rows.at(-1)));
    block.records.push(record);
    if (block.rows.length < BLOCK_RECORDS) return;
    pack(block);
    this.#bytes += this.#sizeOf(block);
    while (this.#bytes > this.#mostBytes && this.#blocks.length > 1) this.#drop();
  }

  /**
   * The newest `last` records that match, as `logRecords` finds them; undefined if older records than those in memory are
   * needed. Throws InputError for a filter that is not valid.
   */
  list(filter: KnownFilter, last: number): KnownList | undefined {
    checkFilter(filter);
    if (filter.kind?.includes('remembered') === true) return undefined;
    const found = this.newest(filter, last);
    if (found.length < last && !this.#isWhole) return undefined;
    return defined<KnownList>({ records: found, unknown: this.unknown(filter, found) });
  }

  /** Says which address or run of a filter, by which `found` was found, the records do not have. */
  unknown(filter: KnownFilter, found: readonly LogRecord[]): string | undefined {
    const { address, run } = filter;
    if (found.length > 0 || (address === undefined && run === undefined)) return undefined;
    const hasRun = run === undefined || this.newest({ run }, 1).length > 0;
    return unknownIn(filter, { addresses: this.#addresses, hasRun });
  }

  /** The newest `last` records about one resource, of a refresh only that resource, as `lastRecords` finds them. */
  about(address: string, last: number): readonly LogRecord[] | undefined {
    const found = this.newest({ address }, last);
    if (found.length < last && !this.#isWhole) return undefined;
    return found.flatMap((record) => aboutAddress(record, address) ?? []);
  }

  /** Number of records of a run, by kind; undefined if some of them may not be in memory. */
  countsOf(run: string): Readonly<Record<string, number>> | undefined {
    const counts: Record<string, number> = {};
    const isWanted = matches({ run });
    for (const { rows } of this.#blocks)
      for (const row of rows) if (isWanted(row)) counts[row.kind] = (counts[row.kind] ?? 0) + 1;
    return this.#isWhole || counts['run'] !== undefined ? counts : undefined;
  }

  /** The newest `last` records in memory that match. */
  newest(filter: KnownFilter, last: number): readonly LogRecord[] {
    const { address } = filter;
    const isWanted = matches(filter);
    const groups: (readonly LogRecord[])[] = [];
    let left = last;
    for (const block of this.#blocks.toReversed()) {
      if (left === 0) break;
      const candidates = address === undefined ? block.rows.keys() : (block.places.get(address) ?? []);
      const places = [...candidates].filter((place) => {
        const row = block.rows[place];
        return row !== undefined && isWanted(row);
      });
      const newest = places.slice(-left);
      groups.unshift(recordsAt(block, newest));
      left -= newest.length;
    }
    return groups.flat();
  }

  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #rowOf(record: LogRecord, before: Row | undefined): Row {
    const { seq, kind, actor, body } = record;
    const step = stepOf(record, (intent) => this.#rowAt(intent)?.step);
    const run = 'run' in body ? body.run : undefined;
    return {
      seq,
      kind,
      actor: this.#shared(actor),
      run: run === before?.run ? before?.run : run,
      step: step === undefined ? undefined : this.#shared(step),
      outcome: outcomeOf(record),
      command: record.kind === 'run' ? this.#shared(record.body.command) : undefined,
    };
  }

  #rowAt(seq: number): Row | undefined {
    const block = this.#blocks.findLast(({ rows }) => (rows[0]?.seq ?? Infinity) <= seq);
    return block?.rows.findLast((row) => row.seq === seq);
  }

  #sizeOf({ packed, rows, places }: Block): number {
    let mentions = 0;
    for (const each of places.values()) mentions += each.length;
    return (packed?.length ?? 0) + ROW_BYTES * rows.length + 64 * places.size + 8 * mentions;
  }

  /** Drops the oldest block. */
  #drop(): void {
    const dropped = this.#blocks.shift();
    if (dropped === undefined) return;
    this.#bytes -= this.#sizeOf(dropped);
    this.#isWhole = false;
  }
}
