import { describe, expect, it } from 'vitest';
import { changeText } from '../../../../plugins/portsync/switch/confirm.ts';
import { recordedSpec, targetText, worldOf } from '../../../../plugins/portsync/switch/target.ts';
import type { SwitchSpec } from '../../../../plugins/portsync/generated.ts';

const spec = (more: Partial<SwitchSpec>): SwitchSpec => ({ management: [], ...more });

describe('the system of a Switch', () => {
  it.each([
    [spec({ sonic: { redis: '10.0.0.1' } }), 'sonic 10.0.0.1:6379'],
    [spec({ sonic: { redis: 'redis://[2001:db8::1]:7000' } }), 'sonic [2001:db8::1]:7000'],
    [spec({ sonic: { redis: 'not an address' } }), 'sonic not an address'],
    [spec({ sonic: { local: true } }), 'sonic local'],
    [spec({ sonic: { local: true, namespace: 'asic0' } }), 'sonic local asic0'],
    [spec({ linux: {} }), 'linux'],
    [spec({ linux: { namespace: 'leaf-1' } }), 'linux leaf-1'],
    [spec({ snapshot: { file: 'a.json' } }), 'snapshot a.json'],
  ])('%j is %s', (each, text) => {
    expect(targetText(each)).toBe(text);
  });

  it.each([
    'sonic 10.0.0.1:6379',
    'sonic [2001:db8::1]:7000',
    'sonic local',
    'sonic local asic0',
    'linux',
    'linux leaf-1',
    'snapshot a folder/b.json',
  ])('that the state has as %s is found without a document', (target) => {
    const found = recordedSpec({ kept: { target } });
    expect(found === undefined ? undefined : targetText(found)).toBe(target);
  });

  it.each([undefined, '', 'sonic', 'other 1'])('that the state has as %j is not known', (target) => {
    expect(recordedSpec({ kept: target === undefined ? {} : { target } })).toBeUndefined();
  });

  it.each([
    [spec({}), undefined],
    [spec({ linux: {}, sonic: { local: true } }), undefined],
    [spec({ linux: {} }), 'linux'],
  ])('of %j is in the world %s', (each, world) => {
    expect(worldOf(each)).toBe(world);
  });
});

it.each([
  [[], 'the change with a damaged record'],
  [['Ethernet0', 'Ethernet4'], 'the change of Ethernet0, Ethernet4'],
  [Array.from({ length: 12 }, (_, i) => `e${i}`), 'the change of e0, e1, e2, e3, e4, e5, e6, e7, e8, e9 and 2 more'],
])('a held change of %j has a subject', (ports, text) => {
  expect(changeText(ports)).toBe(text);
});
