/** Expand: a pool expands to a Node for each of its members, and to the containers that its consolidation moves. */

import type { Desired, Ref } from '#plugin';
import { PLUGIN } from '../facts.ts';
import type { ContainerSpec, NodePoolMemory, NodePoolSpec, NodeSpec } from '../generated.ts';
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

/** The pool, its members, and its moves. */
export function expandPool(pool: Desired<NodePoolSpec>, kept: Partial<NodePoolMemory> | undefined): readonly Desired[] {
  const prefix = prefixOf(pool.ref, kept);
  const spec = memberSpec(pool);
  const nodes = (kept?.members ?? []).map(
    (number): Desired<NodeSpec> => ({
      ...pool,
      ref: nodeRef(nameOf(prefix, number)),
      spec,
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
