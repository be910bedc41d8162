/** Shared parts of the tests of nodes as data: specs, pairs and scenes. */

import { sceneAt } from '../../support/scene.ts';
import { resourceWith } from '../../support/resource.ts';
import { changeOf as changeBy, type KnownResource } from '#plugin';
import { NOTHING_COVERED } from '../../support/covers.ts';
import type { NodeFacts, NodeLife, NodeResource, NodeSignals } from '../../../plugins/nodes/facts.ts';
import { type NodeMemory, type NodePoolSpec, type NodeSpec, tables } from '../../../plugins/nodes/generated.ts';
import { validators } from '../../../plugins/nodes/generated.validators.js';
import { nodeInputs } from '../../../plugins/nodes/settings.ts';
import {
  type Action,
  type Change,
  type Desired,
  type Facts,
  formatRef,
  type Memory,
  type Observed,
  type Resource,
  type Ref,
  type Scene,
} from '#plugin';

export const NOW = Date.parse('2026-11-20T12:00:00Z');
export const MINUTE = 60_000;

export function ago(ms: number): string {
  return new Date(NOW - ms).toISOString();
}

export function refOf(kind: string, name: string): Ref {
  return { plugin: 'nodes', kind, name };
}

function withDefaults(name: 'spec:Node' | 'spec:NodePool', spec: object): unknown {
  const validate = validators[name];
  const value = structuredClone(spec);
  if (!validate(value)) throw new Error(JSON.stringify(validate.errors));
  return value;
}

/** A spec as the loader returns it: the given values, and the defaults. */
export function nodeSpec(more: Partial<NodeSpec> = {}): NodeSpec {
  const spec = { serverType: 'cx23', image: 'debian-13', location: 'nbg1', readiness: { tcp: { port: 22 } }, ...more };
  return withDefaults('spec:Node', JSON.parse(JSON.stringify(spec)) as object) as NodeSpec;
}

export function poolSpec(more: object = {}): NodePoolSpec {
  const template = { serverType: 'cx23', image: 'debian-13', location: 'nbg1' };
  return withDefaults('spec:NodePool', { template, ...more }) as NodePoolSpec;
}

export function desiredOf<S>(kind: string, name: string, spec: S, more: Partial<Desired<S>> = {}): Desired<S> {
  return {
    ref: refOf(kind, name),
    spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: 'main.yaml', line: 1, column: 1 },
    ...more,
  };
}

export const CX23: NodeFacts = {
  server_id: 42,
  name: 'web-1',
  serverType: 'cx23',
  disk_gb: 40,
  location: 'nbg1',
  image: { id: 7, name: 'debian-13' },
  protection: { delete: false, rebuild: false },
  backups: false,
  labels: { 'fettle/project': 'shop' },
  ipv4: { id: 1, ip: '198.51.100.1' },
  ipv6: { id: 2, ip: '2001:db8::/64' },
  networks: [],
  firewalls: [],
  volumes: [],
  project: 'shop',
};

export function lifeOfNode(more: Partial<NodeLife> = {}): NodeLife {
  return { containers_ever: 0, probe_failures: 0, containers: 0, allocated_mb: 0, ...more };
}

export function signalsOf(more: Partial<NodeSignals> = {}): NodeSignals {
  return {
    status: 'running',
    locked: false,
    probe: 'answered',
    workloads: 'listed',
    drains: false,
    life: lifeOfNode(),
    queue: { count: 0, mb: 0 },
    ...more,
  };
}

export interface NodeParts {
  readonly name?: string;
  /** `null` for a removed document. */
  readonly spec?: NodeSpec | null;
  readonly state?: string;
  readonly facts?: NodeFacts;
  readonly signals?: NodeSignals;
  readonly kept?: Partial<NodeMemory>;
  readonly memory?: Partial<Memory<NodeMemory>>;
  readonly observed?: Partial<Observed<NodeFacts>>;
}

/** An owned node that exists as declared, except for the given parts. */
export function nodeResource(parts: NodeParts = {}): KnownResource<NodeResource> {
  const { name = 'web-1', spec = nodeSpec(), state = 'ready', signals = signalsOf() } = parts;
  const ref = refOf('Node', name);
  const facts = parts.facts ?? { ...CX23, name };
  return resourceWith({
    ref,
    ...(spec === null ? {} : { desired: desiredOf('Node', name, spec) }),
    observed: {
      ref,
      state,
      others: { health: 'healthy', power: 'on' },
      facts,
      signals: signals as unknown as Facts,
      findings: [],
      at: NOW,
      ...parts.observed,
    },
    memory: {
      ref,
      version: 1,
      kept: { server_id: 42, ...parts.kept },
      owned: 'created',
      ...(spec === null ? {} : { safety: nodeInputs(spec) }),
      state,
      ...parts.memory,
    },
  });
}

/** An orphan, with the settings of its former document. */
export function orphan(
  parts: Omit<NodeParts, 'spec'> & { readonly was?: Partial<NodeSpec> } = {},
): KnownResource<NodeResource> {
  const safety = nodeInputs(nodeSpec(parts.was));
  return nodeResource({ ...parts, spec: null, memory: { safety, ...parts.memory } });
}

export function poolResource(
  name: string,
  spec: NodePoolSpec | undefined,
  kept: Facts = { members: [1, 2, 3] },
): Resource {
  const ref = refOf('NodePool', name);
  return resourceWith({
    ref,
    ...(spec === undefined ? {} : { desired: desiredOf('NodePool', name, spec) }),
    memory: { ref, version: 1, kept },
  });
}

export function sceneOf(resources: readonly Resource[] = [], more: Partial<Scene> = {}): Scene {
  return sceneAt(NOW, resources, more);
}

export function changeOf(
  resource: Resource,
  step: Change['step'],
  goal: Change['goal'] = 'remove',
  more: Partial<Pick<Change, 'fields' | 'because' | 'cause'>> = {},
): Change {
  const kind = tables.kinds[resource.ref.kind as keyof typeof tables.kinds];
  return changeBy(resource.ref, kind, { step, goal, because: '', cause: 'orphan', ...more });
}

/** Accepted actions in progress. */
export function underWay(...changes: readonly Change[]): Scene['underWay'] {
  return new Map(
    changes.map((change): [string, Action] => [
      formatRef(change.ref),
      { change, verdict: 'accept', judgements: [], covers: NOTHING_COVERED, basis: '', after: [] },
    ]),
  );
}
