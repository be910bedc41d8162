import { describe, expect, it } from 'vitest';
import { diffPort } from '../../../../plugins/portsync/port/diff.ts';
import { wantedChanges } from '../../../../plugins/portsync/port/differences.ts';
import type { PortSpec } from '../../../../plugins/portsync/generated.ts';
import type { Row } from '../../../../plugins/portsync/model/fields.ts';
import type { Memory } from '#plugin';
import { instantText } from '#plugin';
import { NOW, port, type PortCase, portScene } from './port-support.ts';

const UP: Row = { lanes: '0,1,2,3', speed: '100000', admin_status: 'up', mtu: '9100', fec: 'none' };
const DOWN: Row = { ...UP, admin_status: 'down' };

function applied(spec: PortSpec, kept: Memory['kept'] = {}): Partial<Memory> {
  return { applied: { at: NOW, digest: 'sha256:0', spec: spec as never }, kept };
}

const CASES: readonly (readonly [
  name: string,
  port: PortCase,
  step: string | undefined,
  fields?: readonly string[],
])[] = [
  ['a missing port', { spec: { lanes: '0', speed: 25_000 } }, 'absent>present', ['lanes', 'speed']],
  ['a port that is no longer declared', { facts: { row: UP } }, 'present>absent'],
  ['a missing port that is no longer declared', {}, undefined],
  ['a port as declared', { spec: { mtu: 9100, admin_status: 'up' }, facts: { row: UP } }, undefined],
  ['no declared field', { spec: {}, facts: { row: UP } }, undefined],
  ['another MTU', { spec: { mtu: 1500 }, facts: { row: UP } }, 'present>present', ['mtu']],
  [
    'a port to shut',
    { spec: { admin_status: 'down', mtu: 1500 }, facts: { row: UP } },
    'line:up>down',
    ['admin_status', 'mtu'],
  ],
  ['a port to start', { spec: { admin_status: 'up' }, facts: { row: DOWN } }, 'line:down>up', ['admin_status']],
  [
    'a port without a status, declared down',
    { spec: { admin_status: 'down' }, facts: { row: { lanes: '0', speed: '1' } } },
    undefined,
  ],
  [
    'a port without an MTU, declared with the default',
    { spec: { mtu: 9100 }, facts: { row: { lanes: '0' } } },
    undefined,
  ],
  ['another speed of a port that is up', { spec: { speed: 40_000 }, facts: { row: UP } }, 'line:up>up', ['speed']],
  [
    'another speed of a port that is down',
    { spec: { speed: 40_000 }, facts: { row: DOWN } },
    'present>present',
    ['speed'],
  ],
  [
    'another speed with auto-negotiation',
    { spec: { speed: 40_000 }, facts: { row: { ...UP, autoneg: 'on' } } },
    'present>present',
    ['speed'],
  ],
  [
    'other advertised speeds with auto-negotiation',
    { spec: { adv_speeds: [10_000] }, facts: { row: { ...UP, autoneg: 'on' } } },
    'line:up>up',
    ['adv_speeds'],
  ],
  [
    'other advertised speeds without it',
    { spec: { adv_speeds: [10_000] }, facts: { row: UP } },
    'present>present',
    ['adv_speeds'],
  ],
  [
    'a list in another order',
    { spec: { adv_speeds: [25_000, 10_000] }, facts: { row: { ...UP, adv_speeds: '10000,25000' } } },
    undefined,
  ],
  [
    'a dropped correction',
    { spec: {}, facts: { row: { ...UP, fec: 'rs' } }, memory: applied({ fec: 'rs' }) },
    'line:up>up',
    ['fec'],
  ],
  [
    'a dropped alias, which has no neutral value',
    { spec: {}, facts: { row: { ...UP, alias: 'etp1' } }, memory: applied({ alias: 'etp1' }) },
    undefined,
  ],
  [
    'a field that the switch has not taken up yet',
    { spec: { mtu: 9100 }, facts: { row: UP, behind: { mtu: 'APPL_DB' } }, memory: applied({ mtu: 9100 }) },
    undefined,
  ],
  [
    'a field that the switch has not taken up for takeUp',
    {
      spec: { mtu: 9100 },
      facts: { row: UP, behind: { mtu: 'APPL_DB' } },
      memory: applied({ mtu: 9100 }, { behind_since: instantText(NOW - 10_000) }),
    },
    'uptake:behind>current',
    ['mtu'],
  ],
  [
    'a field of others that the switch has not taken up',
    {
      spec: { mtu: 9100 },
      facts: { row: UP, behind: { alias: 'APPL_DB' } },
      memory: applied({ mtu: 9100 }, { behind_since: instantText(NOW - 10_000) }),
    },
    undefined,
  ],
];

describe('the next step of', () => {
  it.each(CASES.map(([name, each, step, fields]) => ({ name, each, step, fields })))(
    '$name',
    ({ each, step, fields }) => {
      const resource = port(each);
      const proposal = diffPort(resource, portScene([resource]));
      expect(proposal?.step).toBe(step);
      if (fields !== undefined) expect(proposal?.fields?.map(({ path }) => path.slice(1))).toEqual(fields);
    },
  );
});

it('shows the value of the database that is behind, and the one of CONFIG_DB', () => {
  const resource = port({
    spec: { mtu: 9100, fec: 'none' },
    facts: { row: UP, behind: { mtu: 'APPL_DB', fec: 'APPL_DB' }, behind_values: { mtu: '1500' } },
    memory: applied({ mtu: 9100 }, { behind_since: instantText(NOW - 10_000) }),
  });
  expect(diffPort(resource, portScene([resource]))?.fields).toEqual([
    { path: '/fec', after: 'none' },
    { path: '/mtu', before: 1500, after: 9100 },
  ]);
});

it('writes the neutral value of a field that left the document', () => {
  expect(
    wantedChanges({}, { fec: 'rs', adv_speeds: [10_000], alias: 'a' }, { fec: 'rs', adv_speeds: '10000', alias: 'a' }),
  ).toEqual({
    fec: 'none',
    adv_speeds: 'all',
  });
});
