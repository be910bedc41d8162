/** The records of the log about one resource. */

import type { LogRecord } from '../formats/log-record.ts';
import { formatRef } from '#plugin';
import type { Store } from '../store/store.ts';

/** The part of a record about one address: of a refresh, only that resource. Undefined if the record has none. */
export function aboutAddress(record: LogRecord, address: string): LogRecord | undefined {
  if (record.kind === 'seen') {
    const resources = record.body.resources.filter(({ ref }) => formatRef(ref) === address);
    return resources.length === 0 ? undefined : { ...record, body: { ...record.body, counts: {}, resources } };
  }
  return 'ref' in record.body && formatRef(record.body.ref) === address ? record : undefined;
}

/** Addresses of the resources that a record is about. */
export function addressesIn(record: LogRecord): readonly string[] {
  if (record.kind === 'seen') return record.body.resources.map(({ ref }) => formatRef(ref));
  return 'ref' in record.body ? [formatRef(record.body.ref)] : [];
}

export function ofKind<K extends LogRecord['kind']>(
  records: readonly LogRecord[],
  kind: K,
): readonly (LogRecord & { readonly kind: K })[] {
  return records.filter((record): record is LogRecord & { readonly kind: K } => record.kind === kind);
}

/** The newest `last` records about one resource, oldest first. */
export async function lastRecords(store: Store, address: string, last: number): Promise<readonly LogRecord[]> {
  let records: LogRecord[] = [];
  await store.read((record) => {
    const about = aboutAddress(record, address);
    if (about === undefined) return;
    records.push(about);
    if (records.length > 2 * last + 100) records = records.slice(-last);
  }, 'all');
  return last === 0 ? [] : records.slice(-last);
}
