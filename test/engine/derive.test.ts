/**
 * States are derived: the same facts at a later time, or under another document, have other states, and nothing is
 * probed.
 */

import { describe, expect, test } from 'vitest';
import { certificates } from '../../plugins/certificates/plugin.ts';
import { nodes } from '../../plugins/nodes/plugin.ts';
import { derivedOne } from '../../src/conformance/derived.ts';
import { memoryLog, usualSafety } from '../../src/conformance/memory-log.ts';
import { reconcileView } from '../../src/engine/reconcile.ts';
import type { Plugin, Sighting, View } from '#plugin';
import * as of from '../plugins/certificates/support.ts';
import * as node from '../plugins/nodes/node-support.ts';
import { everyPlace } from '../support/places.ts';

const AT = new Date(of.NOW).toISOString();

/** A certificate that ends in 40 days, as a refresh saw it. */
const seen: Sighting = {
  ref: of.refOf('Certificate', 'www'),
  facts: of.certificateFacts({
    not_before: new Date(of.NOW - 50 * of.DAY).toISOString(),
    not_after: new Date(of.NOW + 40 * of.DAY).toISOString(),
  }),
  at: Date.parse(AT),
};
const declared = (thresholdDays?: number) =>
  of.desiredOf(
    'Certificate',
    'www',
    of.certificateSpec(thresholdDays === undefined ? {} : { renewal: { thresholdDays } }),
  );

describe('a Certificate', () => {
  const stateAt = (now: number, thresholdDays?: number): string =>
    derivedOne(certificates, seen, { desired: [declared(thresholdDays)], now }).state;

  test.each([
    ['now', 0, 'normal'],
    ['just before it is due', 9 * of.DAY, 'normal'],
    ['when it is due', 10 * of.DAY + 1, 'expiring_soon'],
    ['after its end', 41 * of.DAY, 'expired'],
  ])('%s', (_name, later, state) => {
    expect(stateAt(of.NOW + later)).toBe(state);
  });

  test('another document gives another state of the same sighting', () => {
    const before = JSON.stringify(seen);
    expect([stateAt(of.NOW, 20), stateAt(of.NOW, 29), stateAt(of.NOW + 15 * of.DAY, 20)]).toEqual([
      'normal',
      'normal',
      'normal',
    ]);
    expect(stateAt(of.NOW + 15 * of.DAY, 28)).toBe('expiring_soon');
    expect(JSON.stringify(seen)).toBe(before);
  });
});

describe('a Node', () => {
  const spec = { ...node.nodeSpec(), startDeadline: '15m', readiness: { after: '2m' } };
  const desired = [node.desiredOf('Node', 'web-1', spec)];
  /** A server of a minute ago, which does not answer. */
  const sighting = {
    ref: node.refOf('Node', 'web-1'),
    facts: { server_id: 42 },
    signals: node.signalsOf({
      probe: 'failed',
      probe_message: 'no',
      life: { provisioned_at: node.ago(node.MINUTE), containers_ever: 0, probe_failures: 0 },
    }),
    at: node.NOW,
  } as unknown as Sighting;

  test('becomes ready by its age alone', () => {
    const stateAt = (now: number) => derivedOne(nodes, sighting, { desired, now });
    expect(stateAt(node.NOW).state).toBe('initializing');
    expect(stateAt(node.NOW + node.MINUTE)).toMatchObject({
      state: 'ready',
      signals: { life: { initialized_at: new Date(node.NOW + node.MINUTE).toISOString() } },
    });
  });

  test('becomes unhealthy when its deadline to start passes', () => {
    const probed = [node.desiredOf('Node', 'web-1', { ...spec, readiness: { tcp: { port: 22 } } })];
    const stateAt = (now: number) => derivedOne(nodes, sighting, { desired: probed, now }).state;
    expect(stateAt(node.NOW + 14 * node.MINUTE)).toBe('initializing');
    expect(stateAt(node.NOW + 14 * node.MINUTE + 1)).toBe('unhealthy');
  });
});

describe('a round without a refresh', () => {
  const view: View = { observed: [seen], gaps: [], at: Date.parse(AT) };
  const round = (now: number, plugin: Plugin = certificates) => {
    const log = memoryLog(() => now);
    log.recall.resources.set('certificates/Certificate/www', of.memoryOf('Certificate', 'www', { state: 'normal' }));
    return {
      log,
      done: reconcileView(view, {
        places: everyPlace,
        project: 'test',
        version: '0.0.0',
        run: 'run',
        documents: [declared()],
        plugins: new Map([['certificates', plugin]]),
        reader: async () => {
          throw new Error('nothing is read');
        },
        recall: log.recall,
        record: log.record,
        safety: usualSafety,
        now: () => now,
        abort: new AbortController().signal,
      }),
    };
  };

  test('proposes the renewal that the clock makes due, and records nothing', async () => {
    const early = await round(of.NOW + 9 * of.DAY).done;
    expect(early.changes.get('certificates/Certificate/www')?.step).not.toBe('expiring_soon>renewing');
    const { log, done } = round(of.NOW + 11 * of.DAY);
    expect([...(await done).changes.values()].map(({ step, cause }) => [step, cause])).toEqual([
      ['expiring_soon>renewing', 'time'],
    ]);
    expect(log.records).toEqual([]);
  });

  test('a state that cannot be derived is a gap on its resource', async () => {
    const kind = certificates.kinds['Certificate'];
    const broken = { ...certificates, kinds: { ...certificates.kinds, Certificate: { ...kind, state: fails } } };
    const { changes, resources } = await round(of.NOW + 11 * of.DAY, broken as unknown as Plugin).done;
    expect(changes.size).toBe(0);
    expect(resources.get('certificates/Certificate/www')?.sight).toMatchObject({
      is: 'unseen',
      gap: { message: expect.stringContaining('out of order') },
    });
  });
});

function fails(): never {
  throw new Error('out of order');
}
