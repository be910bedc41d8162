/** Documents of nodes and pools: their checks and defaults. */

import { describe, expect, it } from 'vitest';
import { check, checkTogether } from '../../../plugins/nodes/check.ts';
import type { NodeSpec } from '../../../plugins/nodes/generated.ts';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import type { Desired } from '#plugin';
import { desiredOf, nodeSpec, poolSpec } from './node-support.ts';

const node = (more: object = {}, name = 'web-1'): Desired<NodeSpec> =>
  desiredOf('Node', name, { ...nodeSpec(), ...more });

function staticNode(more: object = {}): Desired<NodeSpec> {
  const { serverType: _type, image: _image, location: _location, ...spec } = nodeSpec();
  return desiredOf('Node', 'metal', { ...spec, provider: 'static' as const, address: '198.51.100.7', ...more });
}

const said = (desired: Desired): readonly string[] =>
  check(desired).map(({ pointer, message }) => `${pointer}: ${message}`);

describe('a node', () => {
  it('with usual values is valid', () => {
    expect(check(node())).toEqual([]);
    expect(check(staticNode())).toEqual([]);
    expect(check(node({ labels: { team: 'a', 'example.test/part': '', x: '1' } }))).toEqual([]);
  });

  it.each([
    [node({}, 'Web_1'), '/metadata/name: Web_1 is not a valid server name'],
    [node({}, 'a'.repeat(64)), '/metadata/name'],
    [node({ serverType: undefined }), '/spec: A server needs a value for serverType'],
    [node({ image: undefined }), '/spec: A server needs a value for image'],
    [node({ location: undefined }), '/spec: A server needs a value for location'],
    [node({ address: '198.51.100.7' }), '/spec/address: Only a static node'],
    [node({ pool: 'web' }), '/spec/pool: pool is reserved for the nodes that a pool declares'],
    [
      node({ labels: { 'fettle/role': 'system' } }),
      '/spec/labels/fettle~1role: Labels that begin with fettle/ are reserved for this plugin',
    ],
    [
      node({ labels: { 'hetzner.cloud/x': '1' } }),
      '/spec/labels/hetzner.cloud~1x: Labels that begin with hetzner.cloud/ are reserved for the provider',
    ],
    [node({ labels: { '-x': '1' } }), '/spec/labels/-x: -x is not a valid label'],
    [node({ labels: { 'a/b/c': '1' } }), '/spec/labels/a~1b~1c'],
    [node({ userData: 'a', userDataFile: 'b' }), '/spec/userDataFile: userData and userDataFile exclude each other'],
    [node({ userData: 'ä'.repeat(20_000) }), '/spec/userData: User data is larger than its limit of 32 KiB'],
    [
      node({ networks: [{ network: 'a', aliasIps: [] }], readiness: { tcp: { port: 22, network: 'b' } } }),
      '/spec/readiness/tcp/network: The node is not attached to the network b',
    ],
    [
      node({ publicNet: { ipv4: false, ipv6: false }, readiness: { http: { port: 80, path: '/' } } }),
      '/spec/readiness/http: The node has no public address to probe',
    ],
    [node({ startDeadline: '0s' }), '/spec/startDeadline'],
    [staticNode({ address: undefined }), '/spec: A static node needs an address'],
    [staticNode({ serverType: 'cx23' }), '/spec/serverType: A static node has no serverType'],
    [staticNode({ volumes: [] }), '/spec/volumes'],
    [staticNode({ power: 'off' }), '/spec/power'],
    [staticNode({ readiness: { label: 'a=b' } }), '/spec/readiness/label'],
    [
      staticNode({ readiness: { tcp: { port: 1, network: 'x' } } }),
      '/spec/readiness: A static node is probed at its address',
    ],
  ])('%#', (desired, expected) => {
    expect(said(desired).filter((each) => each.startsWith(expected))).toHaveLength(1);
  });

  it('has one kind of readiness', () => {
    const spec = (readiness: unknown) => {
      const value = { serverType: 'cx23', image: 'i', location: 'nbg1', readiness };
      return validators['spec:Node'](value);
    };
    expect(spec({ tcp: { port: 22 } })).toBe(true);
    expect(spec({})).toBe(false);
    expect(spec({ tcp: { port: 22 }, after: '2m' })).toBe(false);
  });

  it('is ready two minutes after its creation by default', () => {
    const value = { serverType: 'cx23', image: 'i', location: 'nbg1' };
    expect(validators['spec:Node'](value)).toBe(true);
    expect(value).toMatchObject({ readiness: { after: '2m' }, role: 'worker', provider: 'hetzner', readyGrace: '30m' });
  });

  it('is listed under a name of its own', () => {
    const same = checkTogether([node(), node({ workloads: { name: 'web-1', none: false } }, 'web-2')]);
    expect(same).toMatchObject([{ ref: { name: 'web-2' }, pointer: '/spec/workloads/name' }]);
    const none = checkTogether([node(), node({ workloads: { name: 'rack', none: true } }, 'web-2')]);
    expect(none).toEqual([]);
  });

  it.each([
    ['another node', [node({ workloads: { name: 'db-1', none: false } }, 'db-1')]],
    ['a node whose own name is other in the source', [node({ workloads: { name: 'x', none: false } }, 'db-1')]],
    ['a member that a pool could have', [desiredOf('NodePool', 'db', poolSpec({ size: 1 }))]],
  ])('is not listed under the name of %s, even if it is not listed at all', (_whose, others) => {
    for (const none of [false, true]) {
      const found = checkTogether([node({ workloads: { name: 'db-1', none } }, 'web-2'), ...others]);
      expect(found).toMatchObject([{ ref: { name: 'web-2' }, message: 'db-1 is the name of another node' }]);
    }
  });
});

describe('a template of a pool', () => {
  it('has the checks of a node', () => {
    const spec = poolSpec({ size: 1 });
    const pool = desiredOf('NodePool', 'web', {
      ...spec,
      template: { ...spec.template, labels: { 'fettle/pool': 'x' } },
    });
    expect(said(pool)).toEqual([
      '/spec/template/labels/fettle~1pool: Labels that begin with fettle/ are reserved for this plugin',
    ]);
  });
});
