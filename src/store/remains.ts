/** Information left in the unsound part of a log: the resources that it names, and its highest sequence number. */

import type { LogRecord } from '../formats/log-record.ts';
import { formatRef, parseRef, type Ref } from '#plugin';
import { type Recall, rememberedOf } from '../engine/remember.ts';
import { readLine } from './line.ts';
import type { Remembered } from './store.ts';

export interface Remains {
  readonly addresses: Set<string>;
  /** Highest sequence number of a line that is valid by itself. */
  seq: number;
}

const REF = /"ref":(\{[^{}]*\})/gu;

function isRef(value: unknown): value is Ref {
  if (typeof value !== 'object' || value === null) return false;
  const ref = value as Partial<Record<keyof Ref, unknown>>;
  const scoped =
    ref.scope === undefined || (Array.isArray(ref.scope) && ref.scope.every((part) => typeof part === 'string'));
  return [ref.plugin, ref.kind, ref.name].every((part) => typeof part === 'string' && part !== '') && scoped;
}

/** Refs in a line that is not a valid record: every text that looks like a ref. */
function refsInText(text: string): Ref[] {
  const refs: Ref[] = [];
  for (const [, json] of text.matchAll(REF)) {
    try {
      const value: unknown = JSON.parse(json ?? '');
      if (isRef(value)) refs.push(value);
    } catch {
      // Cut or changed: it names nothing.
    }
  }
  return refs;
}

function refsOf(record: LogRecord): readonly unknown[] {
  switch (record.kind) {
    case 'seen':
      return record.body.resources.map((seen) => seen.ref);
    case 'intent':
    case 'outcome':
    case 'memory':
      return [record.body.ref];
    case 'moved':
      return [record.body.from, record.body.ref];
    case 'remembered':
      return 'memory' in record.body ? [record.body.memory.ref] : [];
    default:
      return [];
  }
}

/** Reads one line (without its newline). `skipRemembered`: the sound part already has its `remembered` records. */
export function readRemains(
  remains: Remains,
  bytes: Buffer,
  start: number,
  end: number,
  skipRemembered: boolean,
): void {
  const text = bytes.toString('utf8', start, end);
  let refs: readonly unknown[];
  try {
    const record = JSON.parse(text) as LogRecord;
    if (skipRemembered && record.kind === 'remembered') return;
    refs = refsOf(record);
    if (typeof readLine(bytes, start, end, record.seq, undefined) !== 'string')
      remains.seq = Math.max(remains.seq, record.seq);
  } catch {
    if (skipRemembered && text.includes(',"kind":"remembered","body":')) return;
    refs = refsInText(text);
  }
  for (const ref of refs) if (isRef(ref)) remains.addresses.add(formatRef(ref));
}

/** The whole state, with the resources that the remains name marked as unknown. */
export function rememberedBeside(recall: Recall, { addresses }: Remains): readonly Remembered[] {
  const memories = new Map(recall.resources);
  for (const address of addresses) {
    const ref = parseRef(address);
    const memory = memories.get(address) ?? (ref === undefined ? undefined : { ref, version: 1, kept: {} });
    if (memory !== undefined) memories.set(address, { ...memory, unknown: true });
  }
  return rememberedOf({ ...recall, resources: memories });
}
