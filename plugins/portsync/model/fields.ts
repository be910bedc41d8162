/**
 * The fields of a port: their form in a document and in a database, and what a change of each does. Pure.
 *
 * Source: the list PORT_LIST of sonic-port.yang, and the changes for which orchagent takes a port down.
 */

import { isRecord, type Json } from '#plugin';
import type { PortSpec } from '../generated.ts';
import type { Row } from '../redis/reader.ts';

export type { Row };

export type PortField = keyof PortSpec;

/** When a change of a field takes a port that is up down for a moment. */
type Interrupts = 'always' | 'with-autoneg' | 'without-autoneg' | 'never';

interface FieldForm {
  readonly is: 'text' | 'number' | 'boolean' | 'list';
  readonly interrupts: Interrupts;
  /** The value that has the effect of an absent field. A switch cannot take a field away at run time. */
  readonly neutral?: string;
  /** True if a link of a Linux host has the field. */
  readonly onLinux?: true;
}

const text = (more: Partial<FieldForm> = {}): FieldForm => ({ is: 'text', interrupts: 'never', ...more });
const number = (more: Partial<FieldForm> = {}): FieldForm => ({ is: 'number', interrupts: 'never', ...more });

export const FIELDS: { readonly [F in PortField]-?: FieldForm } = {
  admin_status: text({ onLinux: true }),
  mtu: number({ onLinux: true }),
  description: text({ onLinux: true, neutral: '' }),
  alias: text(),
  lanes: text(),
  speed: number({ interrupts: 'without-autoneg' }),
  index: number(),
  mode: text(),
  role: text(),
  subport: number(),
  autoneg: text({ interrupts: 'always', neutral: 'off' }),
  adv_speeds: { is: 'list', interrupts: 'with-autoneg', neutral: 'all' },
  interface_type: text({ interrupts: 'without-autoneg', neutral: 'none' }),
  adv_interface_types: { is: 'list', interrupts: 'always', neutral: 'all' },
  fec: text({ interrupts: 'always', neutral: 'none' }),
  link_training: text({ interrupts: 'always', neutral: 'off' }),
  pfc_asym: text({ neutral: 'off' }),
  tpid: text({ neutral: '0x8100' }),
  dhcp_rate_limit: number({ neutral: '300' }),
  dom_polling: text({ neutral: 'enabled' }),
  mux_cable: { is: 'boolean', interrupts: 'never' },
  macsec: text(),
  tx_power: text(),
  laser_freq: number(),
  fast_linkup: { is: 'boolean', interrupts: 'never', neutral: 'false' },
  core_id: text(),
  core_port_id: text(),
  num_voq: text(),
  asic_port_name: text(),
};

export const PORT_FIELDS = Object.keys(FIELDS) as readonly PortField[];

export function isPortField(name: string): name is PortField {
  return Object.hasOwn(FIELDS, name);
}

/** The text of a value in a database. */
function textOf(value: Json): string {
  return rowValue(value) ?? '';
}

/** The row of a spec: the declared fields alone. */
export function rowOf(spec: PortSpec): Row {
  return Object.fromEntries(
    Object.entries(spec).flatMap(([field, value]) => (value === undefined ? [] : [[field, textOf(value as Json)]])),
  );
}

/** A whole number in its shortest form, as CONFIG_DB has it; other texts stay, and a schema rejects them. */
function numberOf(value: string): Json {
  return /^-?(?:0|[1-9]\d{0,14})$/u.test(value) ? Number(value) : value;
}

/** The value of a field in a document, from its text in a database. */
function valueOf(field: PortField, value: string): Json {
  switch (FIELDS[field].is) {
    case 'number':
      return numberOf(value);
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'list':
      return value.split(',').map((each) => (field === 'adv_speeds' ? numberOf(each.trim()) : each.trim()));
    default:
      return value;
  }
}

/** A row in the shape of a spec, and its further fields. */
export function specOfRow(row: Row): {
  readonly spec: { readonly [field: string]: Json };
  readonly others: readonly string[];
} {
  const fields = Object.entries(row).filter(([field]) => field !== 'NULL');
  return {
    spec: Object.fromEntries(
      fields.flatMap(([field, value]) => (isPortField(field) ? [[field, valueOf(field, value)]] : [])),
    ),
    others: fields.flatMap(([field]) => (isPortField(field) ? [] : [field])),
  };
}

/**
 * Compares values of one field as the switch does: `all` and the case of types do not matter, and neither does the order
 * of a list.
 */
export function isSameValue(field: PortField, a: string, b: string): boolean {
  if (a === b) return true;
  if (field === 'tpid') return a.toLowerCase() === b.toLowerCase();
  if (field === 'lanes') return lanesOf(a).join() === lanesOf(b).join();
  if (FIELDS[field].is !== 'list') return false;
  const parts = (list: string): string =>
    list
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .sort()
      .join();
  return parts(a) === parts(b);
}

/** The lanes in a text, in its order. */
export function lanesOf(lanes: string): readonly string[] {
  return lanes.split(',').map((each) => each.trim());
}

/** True if the change of a field takes a port that is up down for a moment. `row` has the fields after the change. */
export function interrupts(field: PortField, row: Row): boolean {
  const when = FIELDS[field].interrupts;
  const hasAutoneg = row['autoneg'] === 'on';
  return when === 'always' || (when === 'with-autoneg' && hasAutoneg) || (when === 'without-autoneg' && !hasAutoneg);
}

/** A value of JSON as a row has it, or undefined for one that is neither text, number, truth value nor a list of these. */
export function rowValue(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return undefined;
  const parts = value.map((each: Json) => (isRecord(each) || Array.isArray(each) ? undefined : rowValue(each)));
  return parts.every((each) => each !== undefined) ? parts.join(',') : undefined;
}
