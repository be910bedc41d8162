/** Checks of pools that a schema cannot express: consistent sizes, and names that are reserved for members. */

import { type Desired, formatRef, type Mistake, type Ref, defined } from '#plugin';
import { PLUGIN } from '../facts.ts';
import type { NodePoolSpec, NodeSpec } from '../generated.ts';
import { numberOf } from './names.ts';

/** Maximum length of a prefix: a host name has 63 characters, of which a hyphen and four digits are reserved. */
const LONGEST_NAME = 58;
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;

function sizes({ size, min, max }: NodePoolSpec): readonly Mistake[] {
  const wrong = (pointer: string, message: string, suggestion?: string): readonly Mistake[] => [
    defined({ code: 'wrong-value', pointer, message, suggestion }),
  ];
  if (size !== undefined && (min !== undefined || max !== undefined))
    return wrong('/spec/size', 'size excludes min and max', 'Remove size, or min and max');
  if (size !== undefined) return [];
  if (min === undefined || max === undefined)
    return wrong('/spec', 'A pool needs a size, or a min and a max', 'size: 3');
  return min > max ? wrong('/spec/min', `min is ${min}, which is more than max (${max})`) : [];
}

function thresholds({ scaling }: NodePoolSpec): readonly Mistake[] {
  const [up, down] = [scaling.up, scaling.down].map((text) => Number(text.slice(0, -1))) as [number, number];
  if (down < up) return [];
  const message = `scaling.down is ${scaling.down} and scaling.up is ${scaling.up}; down must be less than up`;
  return [{ code: 'wrong-value', pointer: '/spec/scaling/down', message }];
}

/** Problems of policies without input, or without a decision to make. */
function policies({ size, consolidation, template }: NodePoolSpec): readonly Mistake[] {
  const wrong = (pointer: string, message: string, suggestion: string): readonly Mistake[] => [
    { code: 'wrong-value', pointer, message, suggestion },
  ];
  if (size === undefined)
    return template.workloads.none
      ? wrong('/spec/template/workloads/none', 'A pool that scales with its load needs a workload source', 'size: 3')
      : [];
  return consolidation.enabled
    ? wrong('/spec/consolidation/enabled', 'A pool of a fixed size cannot be consolidated', 'a min and a max')
    : [];
}

function poolName(name: string): readonly Mistake[] {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return [];
  const message = `${name} is the prefix of the node names, but is not valid in them. Use at most ${LONGEST_NAME} lower-case letters, digits and inner hyphens`;
  return [{ code: 'wrong-value', pointer: '/metadata/name', message }];
}

/** Problems of one pool. */
export function checkPool(pool: Desired<NodePoolSpec>): readonly Mistake[] {
  return [...poolName(pool.ref.name), ...sizes(pool.spec), ...thresholds(pool.spec), ...policies(pool.spec)];
}

/** Problems of a declared Node that concern pools. */
export function checkNodeOfPool({ spec }: Desired<NodeSpec>): readonly Mistake[] {
  if (spec.pool === undefined) return [];
  const message = 'pool is reserved for the nodes that a pool declares';
  return [{ code: 'wrong-value', pointer: '/spec/pool', message, suggestion: 'Remove the key' }];
}

/** Declared nodes with a name that a pool may give to a member. */
export function checkNames(documents: readonly Desired[]): readonly (Mistake & { readonly ref: Ref })[] {
  const pools = documents.filter(({ ref }) => ref.plugin === PLUGIN && ref.kind === 'NodePool');
  const nodes = documents.filter(({ ref }) => ref.plugin === PLUGIN && ref.kind === 'Node');
  return nodes.flatMap(({ ref }) =>
    pools
      .filter((pool) => numberOf(pool.ref.name, ref.name) !== undefined)
      .map((pool) => ({
        ref,
        code: 'duplicate-name',
        pointer: '/metadata/name',
        message: `${formatRef(pool.ref)} uses names like this one for its members`,
        suggestion: 'Rename one of the two',
      })),
  );
}
