/** Settings of a node, from its document or, where that is gone, from what is remembered of it. */

import { durationMs } from '../../src/engine/load/amounts.ts';
import type { Desired, Memory, Pair } from '../../src/engine/types.ts';
import { type NodeFacts, PLUGIN } from './facts.ts';
import type { NodeMemory, NodePoolSpec, NodeSpec } from './generated.ts';
import { LABELS } from './labels.ts';

/** What has to be known of a node when its document is gone. */
export type Settings = Pick<
  NodeSpec,
  | 'provider'
  | 'role'
  | 'pool'
  | 'address'
  | 'readyGrace'
  | 'idleGrace'
  | 'drainGrace'
  | 'startDeadline'
  | 'power'
  | 'readiness'
  | 'workloads'
>;

export function settingsOfSpec(spec: NodeSpec): Settings {
  const { provider, role, pool, address, readyGrace, idleGrace, drainGrace, startDeadline, power, readiness } = spec;
  return {
    provider,
    role,
    ...(pool === undefined ? {} : { pool }),
    ...(address === undefined ? {} : { address }),
    readyGrace,
    idleGrace,
    drainGrace,
    startDeadline,
    power,
    readiness,
    workloads: spec.workloads,
  };
}

/** Of a server that nobody wrote anything of: nothing is asked, and nothing is taken for granted. */
const UNWRITTEN: Settings = {
  provider: 'hetzner',
  role: 'worker',
  readyGrace: '30m',
  idleGrace: '30m',
  drainGrace: '5m',
  startDeadline: '15m',
  power: 'on',
  readiness: { after: '2m' },
  workloads: { none: false },
};

type Known = Pick<Memory<NodeMemory>, 'kept' | 'applied' | 'open'>;

export function settingsOf(desired: Desired<NodeSpec> | undefined, memory: Known | undefined): Settings {
  if (desired !== undefined) return settingsOfSpec(desired.spec);
  const begun = memory?.open?.applied?.spec ?? memory?.applied?.spec;
  const kept = memory?.kept.settings as Settings | undefined;
  return kept ?? (begun === undefined ? UNWRITTEN : settingsOfSpec(begun as unknown as NodeSpec));
}

export function settingsOfPair(pair: Pair): Settings {
  return settingsOf(pair.desired as Desired<NodeSpec> | undefined, pair.memory);
}

/** What a memory can hold of them. */
export function settingsNote(settings: Settings): NodeMemory['settings'] {
  return settings;
}

/** A duration that a schema has checked, in ms. */
export function ms(duration: string): number {
  return durationMs(duration);
}

/** What the workload source calls a node. */
export function workloadName(name: string, { workloads }: Settings): string {
  return workloads.name ?? name;
}

/** Why a node is dedicated: it is a system node by its document, its label or what is remembered, or no cloud manages it. */
export function dedication(pair: Pair): string | undefined {
  const settings = settingsOfPair(pair);
  if (settings.provider === 'static') return 'no cloud manages it';
  const facts = pair.observed?.facts as NodeFacts | undefined;
  const kept = (pair.memory?.kept as Partial<NodeMemory> | undefined)?.settings?.role;
  const label = facts?.labels?.[LABELS.role];
  return settings.role === 'system' || kept === 'system' || label === 'system' ? 'it is a system node' : undefined;
}

/** Name of the pool that a node is, or was, a member of. */
export function poolOf(pair: Pair): string | undefined {
  return settingsOfPair(pair).pool;
}

export function poolRef(name: string): { readonly plugin: string; readonly kind: 'NodePool'; readonly name: string } {
  return { plugin: PLUGIN, kind: 'NodePool', name };
}

/** So many of a pool have to be in service; 0 where nobody says. */
export function leastOf(spec: NodePoolSpec | undefined): number {
  return spec?.size ?? spec?.min ?? 0;
}
