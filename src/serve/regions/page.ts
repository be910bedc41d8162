/** A pull of another region: its request, and the page of records that answers it. Both come from another machine. Pure. */

import { isRecord } from '#plugin';

/** The request: the records after a sequence number, and the events of earlier pages that the log of the caller now has. */
export interface PullRequest {
  /** The feed that the sequence number belongs to; empty at first. */
  readonly epoch: string;
  readonly seq: number;
  /** As `PLUGIN/ID`. */
  readonly held: readonly string[];
  /** Every region, in the order of the caller. Another list makes other owners, so it is refused. */
  readonly regions: readonly string[];
}

export interface PulledRecord {
  readonly plugin: string;
  readonly value: unknown;
}

/** Records in the order of their sequence numbers. */
export interface PullPage {
  /** The region that answers. */
  readonly region: string;
  /** Another epoch than that of the request: the records begin with the first one. */
  readonly epoch: string;
  /** Of the last record of the page. */
  readonly seq: number;
  /** True if there are further records. */
  readonly more: boolean;
  readonly records: readonly PulledRecord[];
  /** By region: ms since the answering region pulled it. */
  readonly ages: Readonly<Record<string, number>>;
}

/** Records of a page, and their size as JSON, in bytes. A single record may be larger than that. */
export const PAGE_RECORDS = 500;
export const PAGE_BYTES = 256 * 1024;
/** Largest answer, in bytes. */
export const ANSWER_BYTES = 1024 * 1024;
/** Events that one request reports, and its largest body, in bytes. */
export const MOST_HELD = 500;
export const REQUEST_BYTES = 64 * 1024;

/** Names of regions in a request. */
const MOST_REGIONS = 100;

const NAME = /^[a-z0-9-]{1,40}$/u;
const HELD = /^[a-z0-9-]{1,63}\/[\x21-\x7e]{1,64}$/u;

function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isEpoch(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The request in a body; undefined if it is not one. */
export function pullRequestIn(text: string): PullRequest | undefined {
  const value = parsed(text);
  if (!isRecord(value)) return undefined;
  const { epoch, seq, held, regions } = value;
  if (!isEpoch(epoch) || !isSeq(seq) || !Array.isArray(held) || held.length > MOST_HELD) return undefined;
  if (!held.every((each) => typeof each === 'string' && HELD.test(each))) return undefined;
  if (!Array.isArray(regions) || regions.length > MOST_REGIONS) return undefined;
  if (!regions.every((each) => typeof each === 'string' && NAME.test(each))) return undefined;
  return { epoch, seq, held, regions };
}

/** The page in an answer; undefined if it is not one. The values of its records are judged by their plugin. */
export function pullPageIn(text: string): PullPage | undefined {
  const value = parsed(text);
  if (!isRecord(value)) return undefined;
  const { region, epoch, seq, more, records, ages } = value;
  if (typeof region !== 'string' || !NAME.test(region)) return undefined;
  if (!isEpoch(epoch) || epoch === '' || !isSeq(seq) || typeof more !== 'boolean') return undefined;
  if (!Array.isArray(records) || records.length > PAGE_RECORDS) return undefined;
  const known = records.flatMap((each: unknown): readonly PulledRecord[] =>
    isRecord(each) && typeof each['plugin'] === 'string' ? [{ plugin: each['plugin'], value: each['value'] }] : [],
  );
  if (known.length < records.length || !isRecord(ages)) return undefined;
  const reported = Object.entries(ages).filter(([name, age]) => NAME.test(name) && isSeq(age)) as [string, number][];
  return { region, epoch, seq, more, records: known, ages: Object.fromEntries(reported.slice(0, 100)) };
}
