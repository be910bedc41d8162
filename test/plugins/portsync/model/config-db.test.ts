import { describe, expect, it } from 'vitest';
import { portsIn, rowsIn } from '../../../../plugins/portsync/model/config-db.ts';
import type { Json } from '#plugin';

interface Case {
  readonly form: string;
  readonly content: Json;
  readonly ports?: Readonly<Record<string, Json>>;
  /** Pointer and code of each mistake. */
  readonly mistakes?: readonly (readonly [pointer: string, code: string])[];
}

const CASES: readonly Case[] = [
  {
    form: 'tables by name',
    content: { PORT: { Ethernet0: { lanes: '0,1', speed: '100000', mtu: '9100' } }, VLAN: { Vlan10: {} } },
    ports: { Ethernet0: { lanes: '0,1', speed: 100_000, mtu: 9100 } },
  },
  {
    form: 'a flat dump of the database',
    content: { 'PORT|Ethernet0': { mtu: '1500' }, 'VLAN|Vlan10': { vlanid: '10' } },
    ports: { Ethernet0: { mtu: 1500 } },
  },
  {
    form: 'rows of 2017, with an alias alone',
    content: { PORT: { Ethernet0: { alias: 'fortyGigE0/0' } } },
    ports: { Ethernet0: { alias: 'fortyGigE0/0' } },
  },
  {
    form: 'numbers instead of texts',
    content: { PORT: { Ethernet0: { mtu: 9100, index: 1 } } },
    ports: { Ethernet0: { mtu: 9100, index: 1 } },
  },
  {
    form: 'lists, as JSON, as text and in a field with @',
    content: {
      PORT: { A: { adv_speeds: ['10000', '25000'] }, B: { adv_speeds: '10000,25000' }, C: { 'adv_speeds@': 'all' } },
    },
    ports: { A: { adv_speeds: [10_000, 25_000] }, B: { adv_speeds: [10_000, 25_000] }, C: { adv_speeds: ['all'] } },
  },
  {
    form: 'truth values as texts',
    content: { PORT: { A: { mux_cable: 'true', fast_linkup: 'false' } } },
    ports: { A: { mux_cable: true, fast_linkup: false } },
  },
  { form: 'an entry without fields', content: { PORT: { A: { NULL: 'NULL' } } }, ports: { A: {} } },
  { form: 'an empty table', content: { PORT: {} }, ports: {} },
  {
    form: 'a number that is not in its shortest form',
    content: { PORT: { A: { mtu: '09100' } } },
    ports: { A: { mtu: '09100' } },
  },
  {
    form: 'a field that the model does not have',
    content: { PORT: { A: { parent_port: 'B', mtu: '9100' } } },
    ports: { A: { mtu: 9100 } },
    mistakes: [['/PORT/A/parent_port', 'unknown-key']],
  },
  {
    form: 'a value that a database cannot have',
    content: { PORT: { A: { mtu: { value: 1 } } } },
    ports: { A: {} },
    mistakes: [['/PORT/A/mtu', 'wrong-type']],
  },
  {
    form: 'a row that is not an object',
    content: { PORT: { A: 'up' } },
    ports: {},
    mistakes: [['/PORT/A', 'wrong-type']],
  },
  { form: 'a table that is not an object', content: { PORT: [] }, ports: {}, mistakes: [['/PORT', 'wrong-type']] },
  { form: 'a file without the table', content: { VLAN: {} }, ports: {}, mistakes: [['', 'missing-key']] },
  { form: 'a list', content: [], ports: {}, mistakes: [['', 'not-a-mapping']] },
  {
    form: 'names with slashes',
    content: { PORT: { 'a/b': 'x' } },
    ports: {},
    mistakes: [['/PORT/a~1b', 'wrong-type']],
  },
];

describe('a config_db.json with', () => {
  it.each(CASES)('$form', ({ content, ports = {}, mistakes = [] }) => {
    const found = portsIn(content);
    expect(Object.fromEntries(found.ports.map(({ name, spec }) => [name, spec]))).toEqual(ports);
    expect(found.mistakes.map(({ pointer, code }) => [pointer, code])).toEqual(mistakes);
  });
});

it('has the rows of a table, in both forms', () => {
  const nested = { PORT: { A: { mtu: '1' } }, VLAN_MEMBER: { 'Vlan1|A': { tagging_mode: 'tagged' } } };
  const flat = { 'PORT|A': { mtu: '1' }, 'VLAN_MEMBER|Vlan1|A': { tagging_mode: 'tagged' } };
  expect(rowsIn(nested, 'VLAN_MEMBER').get('Vlan1|A')).toEqual({ tagging_mode: 'tagged' });
  for (const table of ['PORT', 'VLAN_MEMBER', 'VLAN']) expect(rowsIn(flat, table)).toEqual(rowsIn(nested, table));
});
