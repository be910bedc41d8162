/** The limit of flaps counts the changes of a link, other than those that fettle makes. */

import { describe, expect, it } from 'vitest';
import type { ActionRun, Change } from '#plugin';
import { instantText } from '#plugin';
import type { PortSignals } from '../../../../plugins/portsync/facts.ts';
import type { PortSpec } from '../../../../plugins/portsync/generated.ts';
import { diffPort } from '../../../../plugins/portsync/port/diff.ts';
import { portKind } from '../../../../plugins/portsync/port/kind.ts';
import { flappingSince } from '../../../../plugins/portsync/port/standing.ts';
import { device, NOW, port, portScene, SETTINGS } from './port-support.ts';

const ROW = { lanes: '0,1,2,3', speed: '100000', admin_status: 'up', mtu: '9100', fec: 'rs' };
const POLICY = { ...SETTINGS, flaps: { max: 1, per: '10m' } };
const { signal } = new AbortController();

/** The recorded counter after a change of a port whose counter was 5. */
async function countAfter(spec: PortSpec, row: Partial<typeof ROW> = {}, oper: PortSignals['oper_status'] = 'up') {
  const resource = port({
    spec,
    facts: { row: { ...ROW, ...row } },
    signals: { oper_status: oper, flap_count: 5 },
    memory: { kept: { flap_count: 5, flap_at: instantText(NOW - 1000) } },
  });
  const scene = portScene([resource], device());
  const proposal = diffPort(resource, scene);
  const handler = proposal === undefined ? undefined : portKind.handlers[proposal.step];
  if (proposal === undefined || handler === undefined) throw new Error('nothing differs');
  const change = { ...proposal, ref: resource.ref, fields: proposal.fields ?? [] } as unknown as Change;
  const run = { change, scene, signal, progress: () => {}, remark: () => {} } as unknown as ActionRun;
  const world = {
    change: async () => {},
    settle: async () => [],
    close: async () => {},
    look: () => Promise.reject(),
    watch: () => Promise.reject(),
  };
  const kept = await handler(world, resource, run);
  return kept?.['flap_count'];
}

describe('the counter of a link', () => {
  it.each<readonly [string, PortSpec, Partial<typeof ROW>, PortSignals['oper_status'], number | undefined]>([
    ['a change of the speed', { speed: 50_000 }, {}, 'up', 7],
    ['a change of the speed without a link', { speed: 50_000 }, {}, 'down', undefined],
    ['a change of the MTU', { mtu: 1500 }, {}, 'up', undefined],
    ['a port that is taken down', { admin_status: 'down' }, {}, 'up', 6],
    ['a port that is taken up', { admin_status: 'up' }, { admin_status: 'down' }, 'down', 6],
  ])('is recorded after %s with the changes that fettle made', async (_what, spec, row, oper, expected) => {
    expect(await countAfter(spec, row, oper)).toBe(expected);
  });

  it('exceeds the limit by changes of others alone', async () => {
    const before = await countAfter({ speed: 50_000 });
    const since = (count: number) =>
      flappingSince(
        POLICY,
        { signals: { flap_count: count }, at: NOW },
        port({ memory: { kept: { flap_count: before ?? 0, flap_at: instantText(NOW - 1000) } } }).memory,
        NOW,
      );
    expect([since(7), since(8), since(9)]).toEqual([undefined, undefined, NOW]);
  });
});
