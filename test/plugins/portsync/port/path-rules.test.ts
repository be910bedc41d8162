import { describe, expect, it } from 'vitest';
import type { PortRuleId, PortSpec } from '../../../../plugins/portsync/generated.ts';
import { diffPort } from '../../../../plugins/portsync/port/diff.ts';
import { portRules } from '../../../../plugins/portsync/port/rules.ts';
import type { Device, Evidence } from '../../../../plugins/portsync/path/evidence.ts';
import type { SwitchResource, TakenBackBy } from '../../../../plugins/portsync/facts.ts';
import { confirmOf } from '../../../../plugins/portsync/switch/confirm.ts';
import type { Change } from '#plugin';
import { instantText } from '#plugin';
import { device, NOW, port, type PortCase, portScene } from './port-support.ts';

const ROW = { lanes: '0,1,2,3', speed: '100000', admin_status: 'up', mtu: '9100', fec: 'rs' };

function used(name: string): Device {
  return { name, role: 'port', isUp: true, carries: true, lower: [], isUsed: true };
}

/** Two ports in use, and a path that was not found. */
const UNKNOWN: Evidence = {
  devices: new Map(['Ethernet0', 'Ethernet4'].map((name) => [name, used(name)])),
  ways: [],
  learned: new Map(),
  unknown: ['the connection of fettle ends at the switch itself'],
};

/** The path leads over Ethernet0. */
const KNOWN: Evidence = { ...UNKNOWN, ways: [{ what: 'the connection of fettle', device: 'Ethernet0' }], unknown: [] };

interface Case {
  readonly owner?: ReturnType<typeof device>;
  readonly evidence?: Evidence;
  readonly port?: Partial<PortCase>;
}

/** The step of the next change, and the verdict of a rule about it. */
function verdictOf(rule: PortRuleId, spec: PortSpec, { owner = device(), evidence = KNOWN, port: more }: Case) {
  const resource = port({ spec, facts: { row: ROW }, signals: { oper_status: 'up' }, ...more });
  const scene = portScene([resource], owner, evidence);
  const proposal = diffPort(resource, scene);
  if (proposal === undefined) throw new Error('nothing differs');
  const change = { ...proposal, ref: resource.ref, fields: proposal.fields ?? [] } as unknown as Change;
  const changes = new Map([[resource.address, change]]);
  return [proposal.step, portRules[rule](change, resource, { ...scene, changes })] as const;
}

/** The step of the next change, and the outcome of a rule about it. */
function judged(rule: PortRuleId, spec: PortSpec, given: Case) {
  const [step, { outcome }] = verdictOf(rule, spec, given);
  return [step, outcome];
}

describe('a name in management', () => {
  const shut = (owner: ReturnType<typeof device>) =>
    judged('management-path-unknown', { admin_status: 'down' }, { owner, evidence: UNKNOWN })[1];

  it('stands for an unknown path before the first apply, and once it is applied', () => {
    expect(shut(device())).toBe('reject');
    expect(shut(device({}, { management: ['Ethernet4'] }))).toBe('pass');
    expect(shut(device({}, { management: ['Ethernet4'] }, { '/management': ['Ethernet4'] }))).toBe('pass');
  });

  it('does not stand for an unknown path in the same change as it is declared', () => {
    expect(shut(device({}, { management: ['Ethernet4'] }, { '/management': [] }))).toBe('reject');
    expect(shut(device({}, { management: ['Ethernet4'] }, {}))).toBe('reject');
  });

  it('is kept after it left the document, until that is applied', () => {
    const owner = device({}, { management: [] }, { '/management': ['Ethernet0'] });
    const [, outcome] = judged('would-cut-management-path', { admin_status: 'down' }, { owner, evidence: UNKNOWN });
    expect(outcome).toBe('reject');
  });
});

describe('a confirmation', () => {
  const applied = { within: '20s', settle: '2s' };
  const inForce = (owner: ReturnType<typeof device>) => confirmOf(owner as unknown as SwitchResource);

  it('is the applied one until another is applied', () => {
    expect(inForce(device({}, { confirm: { within: '1h', settle: '10s' } }, { '/confirm': applied }))).toEqual(applied);
    expect(inForce(device({}, {}, { '/confirm': applied }))).toEqual(applied);
  });

  it('counts at once where none is applied', () => {
    expect(inForce(device({}, { confirm: applied }, {}))).toEqual(applied);
    expect(inForce(device({}, { confirm: applied }))).toEqual(applied);
  });
});

describe('a change that cuts the management path, with confirm', () => {
  const confirm = { within: '20s', settle: '2s' };
  const cut = (by: TakenBackBy | undefined, spec: PortSpec) =>
    judged('would-cut-management-path', spec, {
      owner: device(by === undefined ? {} : { taken_back_by: by }, { confirm }, { '/confirm': confirm }),
    })[1];
  const daemon = { means: "the switch's daemon", survives_cut: true, sees_cut: true };
  const timer = { means: 'a timer on the target', survives_cut: true, sees_cut: false };
  const nextRun = { means: 'the next run on this machine only', survives_cut: false, sees_cut: true };

  it.each([
    [daemon, 'warn', 'warn'],
    [timer, 'warn', 'reject'],
    [nextRun, 'reject', 'reject'],
    [undefined, 'reject', 'reject'],
  ] as const)('taken back by %j, for a moment: %s, for good: %s', (by, moment, lasting) => {
    expect([cut(by, { speed: 50_000 }), cut(by, { admin_status: 'down' })]).toEqual([moment, lasting]);
  });
});

describe('the approval of a change with confirm', () => {
  const by = (means: string) => device({ taken_back_by: { means, survives_cut: true, sees_cut: true } }, { confirm });
  const confirm = { within: '20s', settle: '2s' };
  const covered = (spec: PortSpec, owner: ReturnType<typeof device>) =>
    verdictOf('open-confirmation', spec, { owner })[1].limits;

  it('covers the means that take it back', () => {
    expect(covered({ mtu: 1500 }, by("the switch's daemon"))).toEqual({ taken_back_by: "the switch's daemon" });
    expect(covered({ mtu: 1500 }, by('the next run'))).toEqual({ taken_back_by: 'the next run' });
  });

  it('covers none for a change that is not held', () => {
    expect(covered({ description: 'x' }, by('the next run'))).toBeUndefined();
    expect(covered({ mtu: 1500 }, device())).toBeUndefined();
  });
});

describe('a port of the management path', () => {
  const behind = (fields: Record<string, string>, row: Record<string, string>, spec: PortSpec): Partial<PortCase> => ({
    facts: { row: { ...ROW, ...row }, behind: fields },
    memory: {
      applied: { at: NOW, digest: 'sha256:0', spec: spec as never },
      kept: { behind_since: instantText(NOW - 60_000) },
    },
  });

  it('is not shut by a repeated write', () => {
    const spec: PortSpec = { admin_status: 'down' };
    const more = behind({ admin_status: 'APPL_DB' }, { admin_status: 'down' }, spec);
    expect(judged('would-cut-management-path', spec, { port: more })).toEqual(['uptake:behind>current', 'reject']);
  });

  it('is not interrupted by a repeated write', () => {
    const spec: PortSpec = { fec: 'rs' };
    const more = behind({ fec: 'APPL_DB' }, {}, spec);
    expect(judged('would-cut-management-path', spec, { port: more })).toEqual(['uptake:behind>current', 'reject']);
  });

  it('counts as up while it has a link, if its row does not say so', () => {
    const { admin_status: _, ...row } = ROW;
    const more = { facts: { row } };
    expect(judged('would-cut-management-path', { speed: 50_000 }, { port: more })).toEqual(['line:up>up', 'reject']);
  });

  it.each<PortSpec>([
    { link_training: 'on' },
    { autoneg: 'on' },
    { interface_type: 'CR4' },
    { adv_interface_types: ['CR4'] },
  ])('is not interrupted by %j', (spec) =>
    expect(judged('would-cut-management-path', spec, {})).toEqual(['line:up>up', 'reject']),
  );
});
