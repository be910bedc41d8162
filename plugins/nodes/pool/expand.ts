/** Expand: a pool expands to a Node for each of its members, and to the containers that its consolidation moves. */

import type { Desired, Meta, OnRemove, Ref, Scene } from '#plugin';
import { type NodeResource, PLUGIN } from '../facts.ts';
import { type ContainerSpec, type NodePoolMemory, type NodePoolSpec, type NodeSpec, tables } from '../generated.ts';
import { NodePool } from '../kinds.ts';
import { poolOf, poolRef } from '../settings.ts';
import { nameOf } from './names.ts';

export function nodeRef(name: string): Ref {
  return { plugin: PLUGIN, kind: 'Node', name };
}

export function containerRef(id: string): Ref {
  return { plugin: PLUGIN, kind: 'Container', name: id };
}

/** The prefix of the names of a pool's members. */
export function prefixOf(pool: Ref, kept: Partial<NodePoolMemory> | undefined): string {
  return kept?.prefix ?? pool.name;
}

/** A document for each member, with the labels and lifecycle of the pool. */
function memberSpec(pool: Desired<NodePoolSpec>): NodeSpec {
  const { workloads, ...template } = pool.spec.template;
  return { ...template, provider: 'hetzner', role: 'worker', pool: pool.ref.name, power: 'on', workloads };
}

const TEMPLATE = '/template';

/** The fields of a member that come from the pool's document. */
function memberWritten(written: readonly string[]): readonly string[] {
  const own = written.flatMap((pointer) =>
    pointer.startsWith(`${TEMPLATE}/`) ? [pointer.slice(TEMPLATE.length)] : [],
  );
  return [...own, '/pool'];
}

/** The labels and lifecycle of a member: those of the pool. If the pool is released, so are its members. */
function memberMeta({ meta }: Desired<NodePoolSpec>): Meta {
  const { onRemove = tables.kinds.NodePool.onRemove } = meta.lifecycle;
  return { ...meta, lifecycle: { ...meta.lifecycle, onRemove } };
}

/**
 * A member that its pool ended is removed, unless the document of the pool declares `onRemove: release`. Undefined for
 * a node whose pool is not declared: the recorded value counts then.
 */
export function onRemoveOfMember(resource: NodeResource, scene: Scene): OnRemove | undefined {
  if (resource.memory?.removing === true) return 'remove';
  const name = poolOf(resource);
  const pool = name === undefined ? undefined : NodePool.get(scene, poolRef(name))?.desired;
  return pool === undefined ? undefined : (pool.meta.lifecycle.onRemove ?? 'remove');
}

/** The pool, its members, and its moves. */
export function expandPool(pool: Desired<NodePoolSpec>, kept: Partial<NodePoolMemory> | undefined): readonly Desired[] {
  const prefix = prefixOf(pool.ref, kept);
  const spec = memberSpec(pool);
  const meta = memberMeta(pool);
  const nodes = (kept?.members ?? []).map(
    (number): Desired<NodeSpec> => ({
      ...pool,
      ref: nodeRef(nameOf(prefix, number)),
      spec,
      meta,
      ...(pool.written === undefined ? {} : { written: memberWritten(pool.written) }),
      needs: [pool.ref, ...pool.needs],
    }),
  );
  const containers = (kept?.moves ?? []).map(
    ({ container, to }): Desired<ContainerSpec> => ({
      ref: containerRef(container),
      spec: { node: nameOf(prefix, to), pool: pool.ref.name },
      meta: { labels: pool.meta.labels, lifecycle: { ignore: [] } },
      needs: [nodeRef(nameOf(prefix, to))],
      source: pool.source,
    }),
  );
  return [pool, ...nodes, ...containers];
}
