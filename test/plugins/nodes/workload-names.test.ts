/** Containers count under every name that a node has and had, and no alias hides them. */

import { resourceWith } from '../../support/resource.ts';
import { describe, expect, it } from 'vitest';
import { type NodeSpec, tables } from '../../../plugins/nodes/generated.ts';
import { type NodeSeen, seenNode, type Surroundings } from '../../../plugins/nodes/observe-node.ts';
import { nodeRules } from '../../../plugins/nodes/safety.ts';
import { nodeInputs, settingsOf } from '../../../plugins/nodes/settings.ts';
import { nodeStanding } from '../../../plugins/nodes/standing.ts';
import { mergedWorkloads, type WorkloadsOfNode } from '../../../plugins/nodes/workload-names.ts';
import type { ServerSeen } from '../../../plugins/nodes/world.ts';
import { type Desired, type Memory, removalStep, seenState } from '#plugin';
import { ago, changeOf, desiredOf, MINUTE, nodeSpec, NOW, refOf, sceneOf } from './node-support.ts';

const OWN = 'web-1';
const RENAMED = 'web-one';
const FORMER = 'old-1';
const APPLIED = 'applied-alias';
const WRITTEN = 'written-alias';

type Workloads = NodeSpec['workloads'];

/**
 * The observation of the node while its applied document has one name of its workloads, and the declared one another.
 */
function seen(applied: Workloads, written: Workloads | undefined, said: readonly WorkloadsOfNode[]) {
  const ref = refOf('Node', OWN);
  const memory: Memory = {
    ref,
    version: 1,
    kept: { server_id: 42, initialized_at: ago(90 * MINUTE), names: [FORMER], containers_ever: 3 },
    owned: 'created',
    state: 'idle',
    safety: nodeInputs(nodeSpec({ workloads: applied })),
  };
  const desired: Desired<NodeSpec> | undefined =
    written === undefined ? undefined : desiredOf('Node', OWN, nodeSpec({ workloads: written }));
  const server = {
    id: 42,
    name: RENAMED,
    status: 'running',
    created: ago(100 * MINUTE),
    serverType: { id: 1, name: 'cx23', deprecated: false },
    diskGb: 40,
    location: 'nbg1',
    locked: false,
    protection: { delete: false, rebuild: false },
    backups: false,
    labels: {},
    networks: [],
    firewalls: [],
    volumes: [],
  } as unknown as ServerSeen;
  const nodeSeen: NodeSeen = {
    ref,
    settings: settingsOf(desired, memory),
    memory,
    server,
    probe: { answered: true, rttMs: 1 },
  };
  const workloads = { nodes: said, queue: [] };
  const around: Surroundings = {
    now: NOW,
    at: NOW,
    limits: { probes: 1, probeIntervalMs: 10_000, workloadsIntervalMs: 2 * MINUTE, project: 'shop' },
    drains: false,
    workloads,
    byName: new Map(said.map((node) => [node.name, node])),
  };
  const sighting = seenNode(nodeSeen, around);
  const policy = settingsOf(desired, memory);
  const observed = { ...sighting, findings: [], ...nodeStanding(policy, sighting, memory, NOW) };
  return resourceWith({ ref, observed, memory, ...(desired === undefined ? {} : { desired }) });
}

const empty = (name: string): WorkloadsOfNode => ({ name, containers: [], emptySince: ago(60 * MINUTE) });
const busy = (name: string): WorkloadsOfNode => ({ name, containers: [{ id: `on-${name}`, mb: 1 }] });

const NAMES = [OWN, RENAMED, FORMER, APPLIED, WRITTEN];

function blocks(resource: ReturnType<typeof seen>): readonly string[] {
  const state = seenState(resource) ?? '';
  const change = changeOf(resource, removalStep(tables.kinds.Node, state));
  return (['containers-unknown', 'drains-containers', 'has-containers', 'idle-grace'] as const).filter(
    (rule) => nodeRules[rule](change, resource as never, sceneOf([resource as never])).outcome === 'reject',
  );
}

/** Every set of the names, each listed as busy or empty. */
const COMBINATIONS = Array.from({ length: 3 ** NAMES.length }, (_, code) =>
  NAMES.map((name, i) => [name, Math.floor(code / 3 ** i) % 3] as const).filter(([, how]) => how > 0),
);

describe('a container under any name of a node', () => {
  const documents: readonly (readonly [string, Workloads, Workloads | undefined, readonly string[]])[] = [
    ['another alias is written', { none: false, name: APPLIED }, { none: false, name: WRITTEN }, [APPLIED, WRITTEN]],
    ['an alias is written', { none: false }, { none: false, name: WRITTEN }, [OWN, WRITTEN]],
    ['its alias is taken out', { none: false, name: APPLIED }, { none: false }, [OWN, APPLIED]],
    ['it is no longer listed', { none: false }, { none: true, name: WRITTEN }, [OWN, WRITTEN]],
    ['it is not listed', { none: true }, { none: true }, []],
    ['the document was removed', { none: false, name: APPLIED }, undefined, [APPLIED]],
  ];

  it.each(documents)('keeps it while %s', (_while, applied, written, expected) => {
    const counted = new Set([OWN, RENAMED, FORMER, ...expected]);
    let [kept, free] = [0, 0];
    for (const combination of COMBINATIONS) {
      const said = combination.map(([name, how]) => (how === 1 ? busy(name) : empty(name)));
      const found = blocks(seen(applied, written, said));
      const isBusy = combination.some(([name, how]) => how === 1 && counted.has(name));
      const isListed = expected.every((name) => combination.some(([each]) => each === name));
      if (isBusy) expect(found, JSON.stringify(combination)).toContain('drains-containers');
      else if (!isListed) expect(found, JSON.stringify(combination)).toContain('containers-unknown');
      else expect(found.filter((rule) => rule !== 'idle-grace')).toEqual([]);
      if (found.length > 0) kept += 1;
      else free += 1;
    }
    // A rule that kept every node would keep these, too.
    expect([kept > 0, free > 0]).toEqual([true, true]);
  });
});

describe('a list under several names', () => {
  it('is one: containers of all, the last end, and a sum only if each has a count', () => {
    const merged = mergedWorkloads([
      { ...empty('a'), startedTotal: 3, allocatedMb: 10 },
      { name: 'b', containers: [], emptySince: ago(5 * MINUTE), startedTotal: 4, diskUsedPercent: 91 },
    ]);
    expect(merged).toEqual({
      workloads: {
        name: 'a',
        containers: [],
        allocatedMb: 10,
        startedTotal: 7,
        emptySince: ago(5 * MINUTE),
        diskUsedPercent: 91,
      },
      emptyFrom: Date.parse(ago(5 * MINUTE)),
    });
    const partly = mergedWorkloads([empty('a'), { name: 'b', containers: [] }]);
    expect(partly?.workloads.emptySince).toBeUndefined();
    expect(partly?.emptyFrom).toBe(Date.parse(ago(60 * MINUTE)));
  });
});
