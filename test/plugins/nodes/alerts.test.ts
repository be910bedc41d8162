/** Alerts about Nodes: from findings, failed steps and rejected decisions. */

import { describe, expect, it } from 'vitest';
import { nodeAlerts } from '../../../plugins/nodes/alerts.ts';
import type { NodeResource } from '../../../plugins/nodes/facts.ts';
import { type Action, digestOf, type Finding, type Gap, type Memory, type Resource } from '#plugin';
import { resourceWith } from '../../support/resource.ts';
import { alertRound } from '../../support/scene.ts';
import { changeOf, nodeResource, nodeSpec, NOW, refOf, desiredOf, sceneOf } from './node-support.ts';

const alertsOf = (resources: readonly Resource[], judged: ReadonlyMap<string, Action> = new Map()) =>
  nodeAlerts(alertRound(resources, { scene: sceneOf(resources, { judged }) })).map(
    ({ class: named, severity, message, since }) => ({
      named,
      severity,
      message,
      since,
    }),
  );

function finding(code: string, severity: Finding['severity']): Finding {
  return { ref: refOf('Node', 'web-1'), code, severity, message: `The words of ${code}`, facts: { n: 1 } };
}

function withFindings(resource: NodeResource, ...findings: readonly Finding[]): Resource {
  if (resource.sight.is !== 'seen') throw new Error('not seen');
  return { ...resource, sight: { is: 'seen', observed: { ...resource.sight.observed, findings } } };
}

describe('alerts of findings', () => {
  it('are those about health and disks, with their severity', () => {
    const found = ['unhealthy', 'disk-full', 'disk-critical', 'deprecated', 'not-listed'];
    const resource = withFindings(nodeResource(), ...found.map((code) => finding(code, 'warning')));
    expect(alertsOf([resource])).toEqual([
      { named: 'unhealthy', severity: 'high', message: 'The words of unhealthy', since: undefined },
      { named: 'disk-full', severity: 'warning', message: 'The words of disk-full', since: undefined },
      { named: 'disk-critical', severity: 'critical', message: 'The words of disk-critical', since: undefined },
    ]);
  });

  it('hold under a gap if the last refresh recorded them', () => {
    const gap: Gap = { plugin: 'nodes', message: 'not due' };
    const { memory } = nodeResource();
    const recorded = { ...memory, findings: { 'disk-full': NOW - 1, deprecated: NOW } } as Memory;
    const resource = resourceWith({
      ref: refOf('Node', 'web-1'),
      desired: nodeResource().desired as never,
      memory: recorded,
      gap,
    });
    expect(alertsOf([resource])).toEqual([
      { named: 'disk-full', severity: 'warning', message: 'The disk is more than 90 % full', since: NOW - 1 },
    ]);
  });
});

describe('alerts of decisions', () => {
  const failed = (failures: number, state = 'absent', digest = digestOf(nodeSpec())): Resource => {
    const ref = refOf('Node', 'web-1');
    const lastError = { at: NOW, step: 'absent>provisioning', message: 'no capacity', digest } as const;
    const memory: Memory = { ref, version: 1, kept: {}, failures, lastError, state };
    return resourceWith({ ref, desired: desiredOf('Node', 'web-1', nodeSpec()), memory });
  };

  it('hold for a failed creation, which is over after four tries until the document changes', () => {
    expect([1, 3, 4].flatMap((failures) => alertsOf([failed(failures)]))).toEqual([
      {
        named: 'decision-failed',
        severity: 'high',
        message: 'The step absent>provisioning failed: no capacity',
        since: NOW,
      },
      {
        named: 'decision-failed',
        severity: 'high',
        message: 'The step absent>provisioning failed: no capacity',
        since: NOW,
      },
      {
        named: 'creation-exhausted',
        severity: 'high',
        message: 'The creation failed 4 times in a row and is not tried again. Last failure: no capacity',
        since: NOW,
      },
    ]);
    expect(alertsOf([failed(4, 'absent', 'sha256:other')])).toEqual([]);
  });

  it('hold for a rejected step, with the rules and the values of the audit', () => {
    const resource = nodeResource({ state: 'ready' });
    const change = changeOf(resource, 'ready>draining');
    const judgement = { rule: 'in-use', overridable: true, facts: {} };
    const judgements = [
      { ...judgement, outcome: 'reject', message: 'The node has 2 containers' },
      { ...judgement, rule: 'other', outcome: 'reject', message: 'Overridden', overridden: 'by ann' },
    ] as const;
    const action = { change, verdict: 'reject', judgements } as unknown as Action;
    const judged = new Map([[resource.address, action]]);
    const [alert] = nodeAlerts(alertRound([resource], { scene: sceneOf([resource], { judged }) }));
    expect(alert).toMatchObject({
      class: 'decision-rejected',
      severity: 'warning',
      route: 'ticket',
      message: `The step ${change.step} was rejected: The node has 2 containers`,
      facts: { rules: ['in-use'], result: 'rejected', action: 'node_decommission', decision_by: 'manual' },
    });
    expect(alertsOf([resource], new Map([[resource.address, { ...action, verdict: 'defer' }]]))).toEqual([]);
  });
});
