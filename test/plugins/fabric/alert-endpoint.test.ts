/** The endpoint of alerts, from recorded state alone. */

import { expect, test } from 'vitest';
import type { Json, Memory } from '#plugin';
import type { Alert } from '../../../plugins/fabric/alerts/record.ts';
import { endpoints } from '../../../plugins/fabric/alerts/endpoints.ts';
import { answerOf, mistakesIn, NOW } from '../../serve/described.ts';

function recorded(name: string, alerts: Readonly<Record<string, Alert>>, more: Partial<Memory> = {}): Memory {
  const kept = { alerts } as unknown as Memory['kept'];
  return { ref: { plugin: 'fabric', kind: 'VPC', scope: ['prod', 'default'], name }, version: 1, kept, ...more };
}

function alert(id: string, minutesAgo: number, more: Partial<Alert> = {}): Alert {
  const since = new Date(NOW - minutesAgo * 60_000).toISOString();
  return { id, status: 'active', severity: 'medium', since, condition: 'sha256:1', message: 'it differs', ...more };
}

const memory = [
  recorded('vpc-1', { drift_detected: alert('a1', 50, { score: 0.6 }) }),
  recorded('vpc-2', { drift_detected: alert('a2', 40, { score: 0.5 }) }),
  recorded(
    'vpc-3',
    { sync_failure: alert('a3', 5, { severity: 'high' }) },
    { failures: 2, lastError: { at: NOW - 60_000, step: 'PENDING>SYNCED', message: 'refused' } },
  ),
  recorded('vpc-4', {
    conflict_detected: alert('a4', 5, {
      status: 'resolved',
      by: 'ann',
      at: new Date(NOW).toISOString(),
      action: 'manual_review',
    }),
  }),
];

const [endpoint] = endpoints;

async function listed(query: object): Promise<Json> {
  if (endpoint === undefined) throw new Error('the plugin has no endpoint');
  const { body } = await answerOf(endpoint, query, { ledger: new Map(), desired: [], memory });
  expect(mistakesIn(endpoint.statuses[200]?.body ?? {}, body)).toEqual([]);
  return body['alerts'] ?? [];
}

test('open alerts come first by urgency, and close ones of one type are one entry', async () => {
  expect(await listed({})).toMatchObject([
    { id: 'a3', severity: 'high', failures: 2, next_try: expect.any(String), overdue: false },
    {
      id: 'a1',
      type: 'drift_detected',
      fabric: 'prod',
      score: 0.6,
      consolidated: [{ id: 'a2', address: 'fabric/VPC/prod/default/vpc-2' }],
    },
  ]);
  expect(await listed({ fabric: 'other' })).toEqual([]);
  expect(await listed({ all: true })).toMatchObject([
    { id: 'a3' },
    { id: 'a1' },
    { id: 'a4', status: 'resolved', by: 'ann', action: 'manual_review' },
  ]);
});
