import { expect, it } from 'vitest';
import { check } from '../../../../plugins/portsync/check.ts';
import type { Desired } from '#plugin';
import { device, port } from './port-support.ts';

it.each([
  ['Ethernet0', []],
  ['Ethernet1234567', []],
  ['Ethernet12345678', ['/metadata/name']],
  ['a|b', ['/metadata/name']],
  ['a:b', ['/metadata/name']],
  ['a b', ['/metadata/name']],
  ['../x', ['/metadata/name']],
  ['Eth\u001b[2J', ['/metadata/name']],
  ['PortChannel1', ['/metadata/name']],
])('the name %j of a port has the mistakes %j', (name, pointers) => {
  const { desired } = port({ name, spec: {} });
  const found = check(desired as Desired, () => device().desired);
  expect(found.map(({ pointer }) => pointer)).toEqual(pointers);
});

it.each([
  ['to leaf 2, port 4', []],
  ['port #4', ['/spec/description']],
  ['4" and 4\'', ['/spec/description']],
  ['ü'.repeat(128), ['/spec/description']],
])('the description %j of a link has the mistakes %j', (description, pointers) => {
  const { desired } = port({ name: 'eth0', spec: { description } });
  const host = device({ world: 'linux' }, { linux: {} }).desired;
  expect(check(desired as Desired, () => host).map(({ pointer }) => pointer)).toEqual(pointers);
  expect(check(desired as Desired, () => device().desired)).toEqual([]);
});
