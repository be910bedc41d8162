/** Settings of a node, from its document and from what was applied of it. */

import {
  appliedInputs,
  changedSpecInputs,
  type Desired,
  durationMs,
  type FieldChange,
  type Inputs,
  inputsOf,
  type Memory,
  type Resource,
  type SafetyInput,
  sameJson,
  strictest,
  withInputValues,
  defined,
  seenFacts,
} from '#plugin';
import { type NodeFacts, PLUGIN } from './facts.ts';
import { defaults, type NodeMemory, type NodePoolSpec, type NodeSpec, tables } from './generated.ts';
import { LABELS } from './labels.ts';

export type Way = NodeSpec['readiness'];

/**
 * What rules ask of a node's document, whether it is written, remembered, or both: of what was applied and what is
 * written, the stricter one.
 */
export interface Settings
  extends Pick<
    NodeSpec,
    'provider' | 'role' | 'pool' | 'address' | 'readyGrace' | 'idleGrace' | 'drainGrace' | 'startDeadline' | 'power'
  > {
  /** How its readiness is found out, as applied and as written. */
  readonly ways: readonly Way[];
  /** Nothing lists what runs on it, by consent. */
  readonly unlisted: boolean;
  /** What the workload source is to call it, as applied and as written; undefined stands for its own name. */
  readonly aliases: readonly (string | undefined)[];
}

const NODE_INPUTS: readonly SafetyInput[] = tables.kinds.Node.safetyInputs;
const POOL_INPUTS: readonly SafetyInput[] = tables.kinds.NodePool.safetyInputs;

const SIZES: ReadonlySet<string> = new Set(['/size', '/min']);

/** Of a server that nobody wrote anything of: nothing is asked, and nothing is taken for granted. */
const UNWRITTEN: Inputs = {
  '/provider': defaults.Node.provider,
  '/role': defaults.Node.role,
  '/readyGrace': defaults.Node.readyGrace,
  '/idleGrace': defaults.Node.idleGrace,
  '/drainGrace': defaults.Node.drainGrace,
  '/startDeadline': defaults.Node.startDeadline,
  '/power': defaults.Node.power,
  '/readiness': { after: defaults.Node.readiness.after },
  '/workloads/none': defaults.Node.workloads.none,
};

function distinct<T>(values: readonly T[]): readonly T[] {
  return values.filter((value, i) => values.findIndex((each) => sameJson(each ?? null, value ?? null)) === i);
}

type Known = Pick<Memory<NodeMemory>, 'safety' | 'applied' | 'open'>;

/** The safety inputs of a node as they were applied. */
export function nodeInputs(spec: NodeSpec): Inputs {
  return inputsOf(spec, NODE_INPUTS);
}

export function settingsOf(desired: Pick<Desired<NodeSpec>, 'spec'> | undefined, memory: Known | undefined): Settings {
  const applied = appliedInputs(memory, NODE_INPUTS);
  const written = desired === undefined ? undefined : nodeInputs(desired.spec);
  const sides = [applied, written].filter((side) => side !== undefined);
  const inputs = { ...UNWRITTEN, ...strictest(NODE_INPUTS, applied, written) };
  const address = desired?.spec.address;
  const pool = inputs['/pool'];
  return defined({
    provider: inputs['/provider'] as NodeSpec['provider'],
    role: inputs['/role'] as NodeSpec['role'],
    pool: pool === undefined ? undefined : (pool as string),
    address,
    readyGrace: inputs['/readyGrace'] as string,
    idleGrace: inputs['/idleGrace'] as string,
    drainGrace: inputs['/drainGrace'] as string,
    startDeadline: inputs['/startDeadline'] as string,
    power: inputs['/power'] as NodeSpec['power'],
    ways: distinct((sides.length === 0 ? [UNWRITTEN] : sides).map((side) => side['/readiness'] as unknown as Way)),
    unlisted: inputs['/workloads/none'] === true,
    aliases:
      sides.length === 0 ? [undefined] : distinct(sides.map((side) => side['/workloads/name'] as string | undefined)),
  });
}

export function settingsOfSpec(spec: NodeSpec): Settings {
  return settingsOf({ spec }, undefined);
}

/** What counts for a node, as the engine worked it out. */
export function settingsOfResource({ policy }: Pick<Resource, 'policy'>): Settings {
  return policy as Settings;
}

/** A pool's spec with what counts until its safety inputs are applied; undefined without a document. */
export function strictPoolSpec(resource: Resource | undefined): NodePoolSpec | undefined {
  if (resource?.desired === undefined) return undefined;
  const { spec } = resource.desired as Desired<NodePoolSpec>;
  const written = inputsOf(spec, POOL_INPUTS);
  return withInputValues(
    spec,
    strictest(POOL_INPUTS, appliedInputs(resource.memory, POOL_INPUTS), written),
    POOL_INPUTS,
  );
}

/** How many a pool is to have, where that is written otherwise than it was applied: the pool's own step shows it. */
export function changedSizes(resource: Resource): readonly FieldChange[] {
  const sizes = POOL_INPUTS.filter(({ pointer }) => SIZES.has(pointer));
  return changedSpecInputs(resource, sizes);
}

/** A duration that a schema has checked, in ms. */
export function ms(duration: string): number {
  return durationMs(duration);
}

/** Why a node is dedicated: it is a system node by its document, its label or what is remembered, or no cloud manages it. */
export function dedication(resource: Resource): string | undefined {
  const settings = settingsOfResource(resource);
  if (settings.provider === 'static') return 'no cloud provider manages the node';
  const facts = seenFacts(resource) as NodeFacts | undefined;
  const label = facts?.labels?.[LABELS.role];
  return settings.role === 'system' || label === 'system' ? 'the node is a system node' : undefined;
}

/** Name of the pool that a node is, or was, a member of. */
export function poolOf(resource: Resource): string | undefined {
  return settingsOfResource(resource).pool;
}

export function poolRef(name: string): { readonly plugin: string; readonly kind: 'NodePool'; readonly name: string } {
  return { plugin: PLUGIN, kind: 'NodePool', name };
}

/** So many of a pool have to be in service; 0 where nobody says. Of a size and a min, the larger one. */
export function leastOf(spec: NodePoolSpec | undefined): number {
  return Math.max(spec?.size ?? 0, spec?.min ?? 0);
}
