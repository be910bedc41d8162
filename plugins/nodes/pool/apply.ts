/** Apply: the step of a pool changes only its state; its nodes and containers have steps of their own. */

import { type ActionRun, type Change, defined, type Facts, formatRef, instantText, type Scene } from '#plugin';
import type { PoolResource } from '../facts.ts';
import type { NodePoolMemory } from '../generated.ts';
import type { Decision, Situation } from './decide.ts';
import { decideFor, movesOf } from './diff.ts';
import { nodeRef } from './expand.ts';
import { nameOf } from './names.ts';

type Dropped = NodePoolMemory['dropped'];
type Ordered = NodePoolMemory['ordered'];

/** The source of a decision, in the terms of the audit log. */
function decisionBy({ by }: Decision): Dropped[number]['by'] {
  return by === 'reactive' ? 'reactive_policy' : by === 'consolidation' ? 'consolidation_policy' : 'manual';
}

/** Former members, as long as their servers exist. */
function stillDropped(dropped: Dropped, prefix: string, scene: Scene): Dropped {
  return dropped
    .map((each) => ({
      ...each,
      members: each.members.filter((number) => scene.get(nodeRef(nameOf(prefix, number))) !== undefined),
    }))
    .filter(({ members }) => members.length > 0);
}

/** The members with the policies that ordered them; those without an entry were ordered by a document. */
function orderedBy(decision: Decision, before: Ordered): Ordered {
  const { members } = decision.numbers;
  const added = decision.added.filter((number) => members.includes(number));
  const by = decisionBy(decision);
  const older = before
    .map((each) => ({ ...each, members: each.members.filter((number) => members.includes(number)) }))
    .filter((each) => each.members.length > 0);
  if (by === 'manual' || added.length === 0) return older;
  const same = older.find((each) => each.by === by)?.members ?? [];
  return [...older.filter((each) => each.by !== by), { by, members: [...new Set([...same, ...added])] }];
}

/** Maximum length of the recorded reason for each former member. */
const BECAUSE_LENGTH = 200;

function kept(
  decision: Decision,
  situation: Situation,
  before: Partial<NodePoolMemory>,
  scene: Scene,
): Partial<NodePoolMemory> {
  const { prefix, now } = situation;
  const { numbers, added, gone, kind, plan } = decision;
  const at = instantText(now);
  const leaving = gone.filter((number) => !numbers.members.includes(number));
  const older = stillDropped(before.dropped ?? [], prefix, scene);
  const ordered = orderedBy(decision, before.ordered ?? []);
  const isMoving = (plan?.moves ?? []).length > 0;
  return {
    prefix,
    members: numbers.members,
    next: numbers.next,
    dropped:
      leaving.length === 0
        ? older
        : [
            ...older,
            { members: leaving, at, by: decisionBy(decision), because: decision.because.slice(0, BECAUSE_LENGTH) },
          ],
    ...(ordered.length === 0 && before.ordered === undefined ? {} : { ordered }),
    going: isMoving ? gone : [],
    moves: isMoving ? movesOf(decision, prefix) : [],
    ...(added.length > leaving.length ? { scaled_up_at: at } : {}),
    ...(leaving.length > added.length ? { scaled_down_at: at } : {}),
    ...(kind === 'consolidate' ? { consolidated_at: at } : {}),
  };
}

/**
 * The state of a pool after its step, if the first steps of its nodes belong to the same plan: a document decided, or
 * the health of a member. The nodes of a policy's decision follow in a later plan.
 */
export function poolAfter(
  { fields }: Change,
  resource: PoolResource,
  scene: Scene,
): Partial<NodePoolMemory> | undefined {
  const { situation, decision } = decideFor(resource, scene) ?? {};
  if (situation === undefined || decision === undefined || fields.length === 0) return undefined;
  if (decision.by === 'reactive' || decision.by === 'consolidation') return undefined;
  return kept(decision, situation, resource.memory?.kept ?? {}, scene);
}

/** Handler of a pool's only step. */
export async function changePool(
  _world: unknown,
  resource: PoolResource,
  run: ActionRun,
): Promise<Partial<NodePoolMemory>> {
  const { situation, decision } = decideFor(resource, run.scene) ?? {};
  if (situation === undefined || decision === undefined) throw new Error('The pool no longer decides anything');
  return { ...kept(decision, situation, resource.memory?.kept ?? {}, run.scene), changed_by: run.id };
}

/** The source of a decision that is no longer current. */
function byCause({ cause, fields }: Change): Dropped[number]['by'] {
  if (cause !== 'policy') return 'manual';
  return fields.some(({ path }) => path.startsWith('/moves/')) ? 'consolidation_policy' : 'reactive_policy';
}

/** The actions of a pool's decisions; another change of a pool is `pool_change`. */
export const POOL_ACTIONS = ['scale_up', 'scale_down', 'pool_change'] as const;

/** The snapshot of a pool for each decision in the log. */
export function auditPool(change: Change, resource: PoolResource, scene: Scene): Facts {
  const { situation, decision } = decideFor(resource, scene) ?? {};
  const comes = change.fields.filter(({ path, after }) => path.startsWith('/members/') && after !== undefined).length;
  const goes = change.fields.filter(({ path, after }) => path.startsWith('/members/') && after === undefined).length;
  const action = comes > goes ? 'scale_up' : goes > comes ? 'scale_down' : 'pool_change';
  return defined({
    action,
    decision_by: decision === undefined ? byCause(change) : decisionBy(decision),
    pool: formatRef(resource.ref),
    members: resource.memory?.kept.members?.length ?? 0,
    in_service: situation?.nodes.filter(({ node, isMember }) => isMember && node.phase === 'serving').length ?? null,
    allocated_ram_mb: situation?.nodes.reduce((sum, { node }) => sum + node.allocatedMb, 0) ?? null,
    queued: situation?.queue?.count ?? null,
    savings_hourly: decision?.plan?.savings,
  });
}
