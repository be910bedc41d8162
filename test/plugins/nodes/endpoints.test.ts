/** The endpoints of nodes, from recorded state alone. */

import { expect, test } from 'vitest';
import type { Endpoint, Json, Memory } from '#plugin';
import { endpoints } from '../../../plugins/nodes/endpoints.ts';
import { answerOf, mistakesIn } from '../../serve/described.ts';

const SINCE = Date.parse('2026-11-20T08:00:00Z');

function recorded(kind: string, name: string, state: string, kept: Readonly<Record<string, Json>> = {}): Memory {
  return { ref: { plugin: 'nodes', kind, name }, version: 1, kept, state, since: SINCE };
}

const memory = [
  recorded('Node', 'web-2', 'active', {
    containers: 2,
    allocated_mb: 1024,
    provisioned_at: '2026-11-20T07:00:00.000Z',
  }),
  recorded('Node', 'web-1', 'idle', { containers: 0, names: ['old'] }),
  recorded('Node', 'web-3', 'active', { containers: 1, allocated_mb: 512 }),
  recorded('NodePool', 'web', 'steady'),
];

function endpointAt(path: string): Endpoint {
  const found = endpoints.find((each) => each.path === path);
  if (found === undefined) throw new Error(`${path} is not an endpoint`);
  return found;
}

async function asked(path: string, query: object = {}): Promise<Readonly<Record<string, Json>>> {
  const endpoint = endpointAt(path);
  const { status, body } = await answerOf(endpoint, query, { ledger: new Map(), desired: [], memory });
  expect(status).toBe(200);
  expect(mistakesIn(endpoint.statuses[200]?.body ?? {}, body)).toEqual([]);
  return body;
}

test('nodes are listed by address, in parts, and by their state', async () => {
  const first = await asked('/v1/nodes', { limit: 2 });
  expect(first).toMatchObject({
    nodes: [
      { address: 'nodes/Node/web-1', state: 'idle', declared: false, since: '2026-11-20T08:00:00.000Z', containers: 0 },
      { address: 'nodes/Node/web-2', allocated_mb: 1024, provisioned_at: '2026-11-20T07:00:00.000Z' },
    ],
    total: 3,
    next: 'nodes/Node/web-2',
  });
  const second = await asked('/v1/nodes', { limit: 2, after: first['next'] });
  expect(second).toMatchObject({ nodes: [{ address: 'nodes/Node/web-3' }] });
  expect(second).not.toHaveProperty('next');
  expect(await asked('/v1/nodes', { state: 'active' })).toMatchObject({
    nodes: [{ address: 'nodes/Node/web-2' }, { address: 'nodes/Node/web-3' }],
    total: 3,
  });
});

test('the metrics count the recorded states and loads', async () => {
  const { metrics } = (await asked('/v1/nodes/metrics')) as unknown as {
    readonly metrics: readonly {
      readonly name: string;
      readonly values: readonly { readonly labels: object; readonly value: number }[];
    }[];
  };
  const valuesOf = (wanted: string): object => metrics.find(({ name }) => name === wanted)?.values ?? [];
  expect(valuesOf('fettle_nodes')).toEqual(
    expect.arrayContaining([
      { labels: { state: 'active' }, value: 2 },
      { labels: { state: 'idle' }, value: 1 },
      { labels: { state: 'unhealthy' }, value: 0 },
    ]),
  );
  expect(valuesOf('fettle_node_workloads')).toEqual([{ labels: {}, value: 3 }]);
  expect(valuesOf('fettle_node_allocated_memory_bytes')).toEqual([{ labels: {}, value: 1_536_000_000 }]);
});
