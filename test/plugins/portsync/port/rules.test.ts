import { describe, expect, it } from 'vitest';
import type { PortFacts, SwitchFacts } from '../../../../plugins/portsync/facts.ts';
import type { PortRuleId, PortSpec, SwitchSpec } from '../../../../plugins/portsync/generated.ts';
import { diffPort } from '../../../../plugins/portsync/port/diff.ts';
import { portRules } from '../../../../plugins/portsync/port/rules.ts';
import type { Change, Outcome, Remedy } from '#plugin';
import { instantText } from '#plugin';
import { device, NOW, port, type PortCase, portScene } from './port-support.ts';

const ROW = { lanes: '0,1,2,3', speed: '100000', admin_status: 'up', mtu: '9100', fec: 'none' };

interface Case {
  readonly name: string;
  readonly spec?: PortSpec;
  readonly facts?: Partial<PortFacts> | null;
  readonly port?: Partial<PortCase>;
  readonly device?: Partial<SwitchFacts>;
  readonly declared?: Partial<SwitchSpec>;
  readonly gives: Outcome;
  readonly set?: Remedy['set'];
  readonly says?: string;
}

const LINK = { ipv6: [], routes: [], addresses: [], on_top: [] };

const CASES: { readonly [Id in PortRuleId]?: readonly Case[] } = {
  'snapshot-only': [
    { name: 'a switch', spec: { mtu: 1500 }, gives: 'pass' },
    {
      name: 'a file',
      spec: { mtu: 1500 },
      device: { world: 'snapshot', target: 'snapshot a.json' },
      gives: 'reject',
      says: 'a.json',
    },
  ],
  'not-ready': [
    { name: 'a ready switch', spec: { mtu: 1500 }, gives: 'pass' },
    {
      name: 'a loading switch',
      spec: { mtu: 1500 },
      device: { not_ready: 'is loading its configuration' },
      gives: 'defer',
      says: 'is loading its configuration',
    },
  ],
  'open-confirmation': [
    { name: 'none', spec: { mtu: 1500 }, gives: 'pass' },
    {
      name: 'one',
      spec: { mtu: 1500 },
      device: { confirmation: { is: 'open', ports: ['Ethernet4'] } },
      gives: 'defer',
      says: 'Ethernet4',
    },
    {
      name: 'one that was taken back',
      spec: { mtu: 1500 },
      device: { confirmation: { is: 'reverted', ports: ['Ethernet4'] } },
      gives: 'pass',
    },
  ],
  'not-a-link': [
    { name: 'a port of a switch', spec: { lanes: '0', speed: 1 }, facts: null, gives: 'pass' },
    { name: 'a link of a host', spec: { mtu: 1500 }, facts: null, device: { world: 'linux' }, gives: 'reject' },
  ],
  'lanes-create-only': [
    { name: 'the same lanes', spec: { mtu: 1500, lanes: '0,1,2,3' }, gives: 'pass' },
    { name: 'other lanes', spec: { lanes: '0,1' }, gives: 'reject', says: '0,1,2,3' },
  ],
  incomplete: [
    { name: 'lanes and speed', spec: { lanes: '0', speed: 1 }, facts: null, gives: 'pass' },
    { name: 'lanes alone', spec: { lanes: '0' }, facts: null, gives: 'reject', says: 'without speed' },
    { name: 'neither', spec: { mtu: 1500 }, facts: null, gives: 'reject', says: 'lanes and speed' },
  ],
  'port-in-use': [
    { name: 'an unused port', gives: 'pass' },
    {
      name: 'a member of a VLAN',
      facts: { used_by: ['VLAN_MEMBER|Vlan10|Ethernet0'], used_by_count: 3 },
      gives: 'reject',
      says: 'VLAN_MEMBER|Vlan10|Ethernet0, and 2 more',
    },
  ],
  unsupported: [
    { name: 'a switch that does not report', spec: { speed: 40_000 }, gives: 'pass' },
    {
      name: 'a supported speed',
      spec: { speed: 40_000 },
      facts: { supported_speeds: ['40000', '100000'] },
      gives: 'pass',
    },
    {
      name: 'another speed',
      spec: { speed: 50_000 },
      facts: { supported_speeds: ['40000', '100000'] },
      gives: 'reject',
      set: { path: '/spec/speed', value: 40_000 },
    },
    {
      name: 'a speed whose nearest supported one is neither the first nor the lowest',
      spec: { speed: 50_000 },
      facts: { supported_speeds: ['N/A', '10000', '100000', '25000', '40000'] },
      gives: 'reject',
      set: { path: '/spec/speed', value: 40_000 },
    },
    {
      name: 'another correction',
      spec: { fec: 'fc' },
      facts: { supported_fecs: ['rs', 'none'] },
      gives: 'reject',
      set: { path: '/spec/fec', value: 'rs' },
    },
    {
      name: 'no correction at all',
      spec: { fec: 'rs' },
      facts: { supported_fecs: [] },
      gives: 'reject',
      says: 'no value',
    },
    {
      name: 'an unsupported speed that stays',
      spec: { mtu: 1500 },
      facts: { supported_speeds: ['40000'] },
      gives: 'pass',
    },
  ],
  combination: [
    { name: 'a change of the MTU', spec: { mtu: 1500 }, facts: { row: { ...ROW, fec: 'fc' } }, gives: 'pass' },
    { name: 'fc at 100G', spec: { fec: 'fc' }, gives: 'reject', set: { path: '/spec/fec', value: 'none' } },
    { name: 'speed and correction together', spec: { speed: 40_000, fec: 'fc' }, gives: 'pass' },
    {
      name: 'a slower speed with rs left',
      spec: { speed: 40_000 },
      facts: { row: { ...ROW, fec: 'rs' } },
      gives: 'reject',
    },
  ],
  'lag-member-mtu': [
    { name: 'a port of its own', spec: { mtu: 1500 }, gives: 'pass' },
    {
      name: 'the MTU of its PortChannel',
      spec: { mtu: 1500 },
      facts: { lag: { name: 'PortChannel1', mtu: '1500' } },
      gives: 'pass',
    },
    {
      name: 'another MTU',
      spec: { mtu: 1500 },
      facts: { lag: { name: 'PortChannel1' } },
      gives: 'reject',
      set: { path: '/spec/mtu', value: 9100 },
    },
  ],
  flapping: [
    { name: 'a quiet link', spec: { speed: 1 }, gives: 'pass' },
    {
      name: 'a flapping link',
      spec: { speed: 1 },
      port: { memory: { kept: { flapping_since: instantText(NOW - 1000), flap_at: instantText(NOW) } } },
      gives: 'defer',
      says: 'flaps.max (10 in 10m)',
    },
  ],
  'port-flaps': [
    {
      name: 'a port without a link',
      spec: { speed: 40_000 },
      port: { signals: { oper_status: 'down' } },
      gives: 'pass',
    },
    {
      name: 'a port with a link',
      spec: { speed: 40_000 },
      port: { signals: { oper_status: 'up' } },
      gives: 'warn',
      says: 'speed',
    },
  ],
  'ipv6-lost': [
    {
      name: 'an MTU above the least',
      spec: { mtu: 1400 },
      facts: { link: { ...LINK, ipv6: ['2001:db8::1/64'] } },
      gives: 'pass',
    },
    {
      name: 'an MTU below it',
      spec: { mtu: 1000 },
      facts: { link: { ...LINK, ipv6: ['2001:db8::1/64'] } },
      gives: 'reject',
      set: { path: '/spec/mtu', value: 1280 },
    },
    { name: 'a link without IPv6', spec: { mtu: 1000 }, facts: { link: LINK }, gives: 'pass' },
  ],
  'routes-lost': [
    { name: 'a link without routes', spec: { admin_status: 'down' }, facts: { link: LINK }, gives: 'pass' },
    {
      name: 'a link with a route',
      spec: { admin_status: 'down' },
      facts: { link: { ...LINK, routes: ['default via 10.0.0.1'] } },
      gives: 'reject',
      says: 'default via 10.0.0.1',
    },
    {
      name: 'a link with an address',
      spec: { admin_status: 'down' },
      facts: { link: { ...LINK, addresses: ['2001:db8::1/64'] } },
      gives: 'reject',
    },
  ],
  'vlan-shrinks': [
    {
      name: 'a smaller VLAN on top',
      spec: { mtu: 1500 },
      facts: { link: { ...LINK, on_top: [{ name: 'v1', mtu: 1500 }] } },
      gives: 'pass',
    },
    {
      name: 'a larger VLAN on top',
      spec: { mtu: 1500 },
      facts: { link: { ...LINK, on_top: [{ name: 'v1', mtu: 9000 }] } },
      gives: 'reject',
      says: 'v1',
    },
    {
      name: 'a larger MTU',
      spec: { mtu: 9200 },
      facts: { link: { ...LINK, on_top: [{ name: 'v1', mtu: 9000 }] } },
      gives: 'pass',
    },
  ],
};

const ALL = Object.entries(CASES).flatMap(([id, cases]) => cases.map((each) => ({ ...each, id: id as PortRuleId })));

describe('the rule', () => {
  it.each(ALL)('$id, $name: $gives', ({ id, spec, facts, port: more, device: seen, declared, gives, set, says }) => {
    const known = facts === null ? {} : { facts: { row: ROW, ...facts } };
    const resource = port({ ...(spec === undefined ? {} : { spec }), ...known, ...more });
    const scene = portScene([resource], device(seen, declared));
    const proposal = diffPort(resource, scene);
    if (proposal === undefined) throw new Error('nothing differs');
    const change = { ...proposal, ref: resource.ref, fields: proposal.fields ?? [] } as unknown as Change;
    const verdict = portRules[id](change, resource, scene);
    expect([verdict.outcome, verdict.message]).toEqual([gives, verdict.message]);
    if (set !== undefined) expect(verdict.remedy?.set).toEqual(set);
    if (says !== undefined) expect(verdict.message).toContain(says);
    if (gives === 'reject') expect(verdict.remedy).toBeDefined();
  });

  it('has a case for each id but those of the management path', () => {
    const others = Object.keys(portRules).filter((id) => !id.includes('management-path'));
    expect(Object.keys(CASES).sort()).toEqual(others.sort());
  });
});
