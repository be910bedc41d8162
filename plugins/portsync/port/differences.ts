/** Differences between a port and its document. Pure. */

import { type Change, type FieldChange, isRecord, type Json } from '#plugin';
import { portFacts, type PortResource, type PortSignals } from '../facts.ts';
import type { PortSpec } from '../generated.ts';
import {
  FIELDS,
  isPortField,
  isSameValue,
  PORT_FIELDS,
  type PortField,
  type Row,
  rowOf,
  specOfRow,
  rowValue,
} from '../model/fields.ts';

/** Values that a switch takes for a field that a row does not have. */
export const ABSENT_MEANS: Partial<Record<PortField, string>> = {
  admin_status: 'down',
  mtu: '9100',
  role: 'Ext',
  dhcp_rate_limit: '300',
  fast_linkup: 'false',
};

/** The value of a field in effect; undefined without one. */
export function effective(row: Row, field: PortField): string | undefined {
  return row[field] ?? ABSENT_MEANS[field] ?? FIELDS[field].neutral;
}

/** Fields that the applied document had, and the present one has not. */
function droppedFields(spec: PortSpec, applied: Json | undefined): readonly PortField[] {
  if (!isRecord(applied)) return [];
  return Object.keys(applied).filter(
    (field): field is PortField => isPortField(field) && applied[field] !== undefined && spec[field] === undefined,
  );
}

/** Fields without a neutral value that left the document now, or before (`known`): the port keeps them. */
export function keptFields(
  spec: PortSpec,
  applied: Json | undefined,
  row: Row,
  known: readonly string[] = [],
): readonly PortField[] {
  const left = known.filter(isPortField).filter((field) => spec[field] === undefined);
  return [...new Set([...droppedFields(spec, applied), ...left])]
    .sort()
    .filter(
      (field) => FIELDS[field].neutral === undefined && row[field] !== undefined && ABSENT_MEANS[field] !== row[field],
    );
}

/**
 * The fields to write, with their texts: declared ones that differ, and neutral values of those that left the document. A
 * switch cannot take a field away at run time. With `oper` up, a port without an `admin_status` is up.
 */
export function wantedChanges(
  spec: PortSpec,
  applied: Json | undefined,
  row: Row,
  oper?: PortSignals['oper_status'],
): Row {
  const wanted: Record<string, string> = { ...rowOf(spec) };
  for (const field of droppedFields(spec, applied)) {
    const { neutral } = FIELDS[field];
    if (neutral !== undefined && row[field] !== undefined) wanted[field] = neutral;
  }
  return Object.fromEntries(
    PORT_FIELDS.flatMap((field): (readonly [string, string])[] => {
      const value = wanted[field];
      if (value === undefined) return [];
      const isUp = field === 'admin_status' && row[field] === undefined && oper === 'up';
      const actual = isUp ? 'up' : effective(row, field);
      return actual !== undefined && isSameValue(field, actual, value) ? [] : [[field, value]];
    }),
  );
}

/** Changes of a row as the fields of a plan's row. */
export function fieldChanges(before: Row, changes: Row): readonly FieldChange[] {
  const actual = specOfRow(before).spec;
  const after = specOfRow(changes).spec;
  return Object.keys(changes)
    .sort()
    .map((field) => ({
      path: `/${field}`,
      ...(actual[field] === undefined ? {} : { before: actual[field] }),
      ...(after[field] === undefined ? {} : { after: after[field] }),
    }));
}

/** The row of a port after the change. */
export function rowAfter(change: Change, resource: PortResource): Row {
  const fields = change.fields.flatMap(({ path, after }): (readonly [string, string])[] =>
    after === undefined || after === null ? [] : [[path.slice(1), rowValue(after) ?? '']],
  );
  return { ...portFacts(resource)?.row, ...Object.fromEntries(fields) };
}
