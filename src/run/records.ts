/** The records of the log about one resource. */

import type { LogRecord } from '../formats/log-record.ts';
import { formatRef } from '#plugin';

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
