/** Settings of a node, from its document and its applied safety inputs. */

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
import { type NodeResource, PLUGIN, type PoolResource } from './facts.ts';
import { defaults, type NodeMemory, type NodePoolSpec, type NodeSpec, tables } from './generated.ts';
import { LABELS } from './labels.ts';

export type Way = NodeSpec['readiness'];

/**
 * Settings of a node for rules: the stricter of the applied and the declared value.
 */
export interface Settings
  extends Pick<
    NodeSpec,
    'provider' | 'role' | 'pool' | 'address' | 'readyGrace' | 'idleGrace' | 'drainGrace' | 'startDeadline' | 'power'
  > {
  /** Readiness probes, as applied and as declared. */
  readonly ways: readonly Way[];
  /** True if `workloads.none` says that no source lists its containers. */
  readonly unlisted: boolean;
  /** Names at the workload source, as applied and as declared; undefined means its own name. */
  readonly aliases: readonly (string | undefined)[];
}

const NODE_INPUTS: readonly SafetyInput[] = tables.kinds.Node.safetyInputs;
const POOL_INPUTS: readonly SafetyInput[] = tables.kinds.NodePool.safetyInputs;

const SIZES: ReadonlySet<string> = new Set(['/size', '/min']);

/** Settings of an undeclared server: no probe, and no exemptions. */
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

/** The applied safety inputs of a node. */
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

/** The settings of a node, as computed by the engine. */
export function settingsOfResource({ policy }: Pick<Resource, 'policy'>): Settings {
  return policy as Settings;
}

/** A pool's spec, with the stricter of its applied and declared safety inputs; undefined without a document. */
export function strictPoolSpec(resource: PoolResource | undefined): NodePoolSpec | undefined {
  if (resource?.desired === undefined) return undefined;
  const { spec } = resource.desired;
  const written = inputsOf(spec, POOL_INPUTS);
  return withInputValues(
    spec,
    strictest(POOL_INPUTS, appliedInputs(resource.memory, POOL_INPUTS), written),
    POOL_INPUTS,
  );
}

/** Fields of a pool's size whose declared values differ from the applied ones; the pool's own step shows them. */
export function changedSizes(resource: Resource): readonly FieldChange[] {
  return changedSpecInputs(resource).filter(({ path }) => SIZES.has(path));
}

/** Parses a duration that a schema has checked, to ms. */
export function ms(duration: string): number {
  return durationMs(duration);
}

/** The reason why a node is dedicated: it is a system node by its document, its label or the state, or it is static. */
export function dedication(resource: NodeResource): string | undefined {
  const settings = settingsOfResource(resource);
  if (settings.provider === 'static') return 'no cloud provider manages the node';
  const label = seenFacts(resource)?.labels?.[LABELS.role];
  return settings.role === 'system' || label === 'system' ? 'the node is a system node' : undefined;
}

/** Name of the present or former pool of a node. */
export function poolOf(resource: Resource): string | undefined {
  return settingsOfResource(resource).pool;
}

export function poolRef(name: string): { readonly plugin: string; readonly kind: 'NodePool'; readonly name: string } {
  return { plugin: PLUGIN, kind: 'NodePool', name };
}

/** Minimum number of nodes in service of a pool: the larger of size and min, 0 without both. */
export function leastOf(spec: NodePoolSpec | undefined): number {
  return Math.max(spec?.size ?? 0, spec?.min ?? 0);
}
