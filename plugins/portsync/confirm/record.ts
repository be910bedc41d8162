/** The record of a change that waits for its confirmation: its forms and its checks. Pure. */

import { digestOf, isRecord } from '#plugin';
import type { TakeBack } from './take-back.ts';

/** A process by its id and start: ids are used again. */
export interface Owner {
  readonly pid: number;
  /** Start of the process, in ticks since the boot of the machine (`/proc/PID/stat`). */
  readonly started: string;
  /** Its PID namespace, such as that of a container: a process of another one cannot be seen. */
  readonly space?: string;
}

export interface PendingRecord {
  readonly version: 1;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** The switch, as in plans: `sonic local`. One confirmation is open for each. */
  readonly target: string;
  readonly ports: readonly string[];
  readonly takeBack: TakeBack;
  /** `/proc/sys/kernel/random/boot_id` of the machine with the folder. */
  readonly bootId: string;
  /** The deadline, in seconds of `/proc/uptime`. */
  readonly due: number;
  /** The run of fettle that made the change. */
  readonly owner: Owner;
}

const ID = /^[0-9a-f]{16}$/u;

export function isId(text: string): boolean {
  return ID.test(text);
}

/** The text of a record, with its digest. */
export function recordText(record: PendingRecord): string {
  return `${JSON.stringify({ digest: digestOf(record), record })}\n`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextMap(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isText);
}

function isRowBack(value: unknown): boolean {
  if (!isRecord(value) || !isText(value['key']) || !value['key'].startsWith('PORT|')) return false;
  const { kind, fields } = value;
  if (kind === 'created' || kind === 'removed') return isTextMap(fields);
  return (
    kind === 'written' &&
    Array.isArray(fields) &&
    fields.every(
      (each) =>
        isRecord(each) &&
        isText(each['field']) &&
        isText(each['ours']) &&
        (each['back'] === null || isText(each['back'])),
    )
  );
}

function isBackLine(value: unknown): boolean {
  if (!isRecord(value) || !isText(value['line'])) return false;
  const { only } = value;
  if (only === undefined) return true;
  return (
    isRecord(only) &&
    isText(only['link']) &&
    (only['field'] === 'mtu' || only['field'] === 'alias') &&
    isText(only['ours']) &&
    isText(only['before'])
  );
}

function isTakeBack(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if (value['kind'] === 'linux')
    return (
      (value['namespace'] === undefined || isText(value['namespace'])) &&
      Array.isArray(value['lines']) &&
      value['lines'].every(isBackLine)
    );
  return (
    value['kind'] === 'sonic' &&
    Number.isSafeInteger(value['database']) &&
    Array.isArray(value['rows']) &&
    value['rows'].every(isRowBack)
  );
}

/** The record in a text; undefined if the text is damaged, or is not a record of this version. */
export function recordIn(text: string): PendingRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed) || !isRecord(parsed['record'])) return undefined;
  const { record } = parsed;
  if (parsed['digest'] !== digestOf(record)) return undefined;
  const owner = record['owner'];
  const isValid =
    record['version'] === 1 &&
    isText(record['id']) &&
    isId(record['id']) &&
    isText(record['target']) &&
    Array.isArray(record['ports']) &&
    record['ports'].every(isText) &&
    isText(record['bootId']) &&
    typeof record['due'] === 'number' &&
    isRecord(owner) &&
    Number.isSafeInteger(owner['pid']) &&
    isText(owner['started']) &&
    (owner['space'] === undefined || isText(owner['space'])) &&
    isTakeBack(record['takeBack']);
  return isValid ? (record as unknown as PendingRecord) : undefined;
}
