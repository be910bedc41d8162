/**
 * Reads a `config_db.json` in the forms that switches have: tables by name (today's, one file for each ASIC of several,
 * and that of 2017, whose rows have an alias alone), and flat dumps (`"PORT|Ethernet0": {…}`). Pure.
 *
 * Values are texts, and sometimes numbers or lists. An entry without fields is `{"NULL": "NULL"}`.
 */

import { escapePointer, isRecord, type Json, type Mistake } from '#plugin';
import { type Row, rowValue, specOfRow } from './fields.ts';

/** Rows of one table by their keys, each with its JSON pointer in the file. */
export type FileRows = ReadonlyMap<string, { readonly value: Json; readonly pointer: string }>;

/** The rows of a table, in any of the forms. */
export function tableIn(content: Json, table: string): FileRows {
  const rows = new Map<string, { readonly value: Json; readonly pointer: string }>();
  if (!isRecord(content)) return rows;
  const { [table]: nested } = content;
  if (isRecord(nested))
    for (const [key, value] of Object.entries(nested))
      rows.set(key, { value: value, pointer: `/${escapePointer(table)}/${escapePointer(key)}` });
  for (const [key, value] of Object.entries(content))
    if (key.startsWith(`${table}|`))
      rows.set(key.slice(table.length + 1), { value: value, pointer: `/${escapePointer(key)}` });
  return rows;
}

/** The rows of a table by their keys, without the values that a database cannot hold. */
export function rowsIn(content: Json, table: string): ReadonlyMap<string, Row> {
  return new Map([...tableIn(content, table)].map(([key, { value }]) => [key, rowIn(value)] as const));
}

function rowIn(value: Json): Row {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, each]): (readonly [string, string])[] => {
      const text = field === 'NULL' ? undefined : rowValue(each);
      return text === undefined ? [] : [[field.replace(/@$/u, ''), text]];
    }),
  );
}

/** A port of the file in the shape of a spec. */
export interface FilePort {
  readonly name: string;
  readonly pointer: string;
  readonly spec: { readonly [field: string]: Json };
}

/** The ports of a file. Pointers start in the file. */
export function portsIn(content: Json): { readonly ports: readonly FilePort[]; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  if (!isRecord(content)) {
    const message = 'a `config_db.json` is an object with tables';
    return { ports: [], mistakes: [{ code: 'not-a-mapping', pointer: '', message }] };
  }
  const { PORT: table } = content;
  if (table !== undefined && !isRecord(table))
    mistakes.push({
      code: 'wrong-type',
      pointer: '/PORT',
      message: 'the table PORT must be an object with a row for each port',
    });
  const rows = tableIn(content, 'PORT');
  if (table === undefined && rows.size === 0)
    mistakes.push({
      code: 'missing-key',
      pointer: '',
      message: 'the file has no table PORT',
      suggestion: 'name a `config_db.json`, or write an empty table: `"PORT": {}`',
    });
  const ports = [...rows].flatMap(([name, { value, pointer }]): readonly FilePort[] => {
    if (!isRecord(value)) {
      mistakes.push({ code: 'wrong-type', pointer, message: `the row of the port ${name} must be an object` });
      return [];
    }
    for (const [field, each] of Object.entries(value))
      if (rowValue(each) === undefined)
        mistakes.push({
          code: 'wrong-type',
          pointer: `${pointer}/${escapePointer(field)}`,
          message: `${field} must be a text, a number or a list of these`,
        });
    const { spec, others } = specOfRow(rowIn(value));
    for (const field of others)
      mistakes.push({
        code: 'unknown-key',
        pointer: `${pointer}/${escapePointer(field)}`,
        message: `${field} is not a field of the table PORT in the model of SONiC; fettle leaves it as it is on the switch`,
        severity: 'warning',
      });
    return [{ name, pointer, spec }];
  });
  return { ports, mistakes };
}
