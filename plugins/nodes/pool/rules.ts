/** Safety rules on the change of a pool. Its effects on nodes are judged again for each node. */

import {
  type Change,
  counted,
  defer,
  instantText,
  pass,
  reject,
  sameJson,
  type Scene,
  type Verdict,
  isSeen,
} from '#plugin';
import type { Obstacle, Ordering } from '../catalogue.ts';
import { type PoolResource } from '../facts.ts';
import { obstacleVerdict } from '../order-rules.ts';
import type { NodePoolRuleId } from '../generated.ts';
import type { Decision, Member, Situation } from './decide.ts';
import { cooldownOf } from './decide.ts';
import { decideFor, essence, fieldsOf } from './diff.ts';
import { nameOf } from './names.ts';
import { Node } from '../kinds.ts';

type PoolRule = (change: Change, resource: PoolResource, scene: Scene) => Verdict;

/** A rule on the decision of a pool; `decided-otherwise` covers a pool that no longer decides anything. */
type Judge = (decision: Decision, situation: Situation) => Verdict;

/** Nodes that the change removes, or starts to empty. */
function going({ gone }: Decision, { prefix, nodes }: Situation): readonly Member[] {
  return gone.flatMap((number) => nodes.find(({ node }) => node.name === nameOf(prefix, number)) ?? []);
}

/** True if the change removes capacity: it is not a replacement, and removed members have servers. */
function takesAway(decision: Decision, situation: Situation): boolean {
  return decision.kind !== 'swap' && going(decision, situation).some(({ node }) => node.phase !== 'planned');
}

const queueWaits: Judge = (decision, situation) => {
  const { queue } = situation;
  const facts = { queued: queue?.count ?? null, queued_mb: queue?.mb ?? null };
  if (!takesAway(decision, situation)) return pass('The change removes no capacity', facts);
  if (queue === undefined)
    return defer('The queue of the workload source is unknown', facts, {
      remedy: { outside: 'make the workload source readable' },
    });
  if (queue.count === 0) return pass('The queue is empty', facts);
  return defer(
    `${counted(queue.count, 'container')} ${queue.count === 1 ? 'waits' : 'wait'} for ${queue.mb} MB of memory`,
    facts,
  );
};

const keepsMin: Judge = (decision, situation) => {
  const { nodes, min } = situation;
  const leaving = going(decision, situation);
  const serving = nodes.filter(({ node, isMember }) => isMember && node.phase === 'serving');
  const lost = leaving.filter((each) => serving.includes(each)).length;
  const facts = { in_service: serving.length, goes: lost, min };
  if (lost === 0) return pass('The change takes no node out of service', facts);
  if (serving.length - lost >= min) return pass('Enough nodes stay in service', facts);
  return reject(
    `The pool would have ${counted(serving.length - lost, 'node')} in service; its minimum is ${min}`,
    facts,
    {
      remedy: { outside: 'wait until more of its nodes are in service' },
    },
  );
};

const oneAtATime: Judge = (decision, situation) => {
  const { nodes, removalsAtOnce } = situation;
  const still = nodes
    .filter(({ isMember, node }) => !isMember && node.phase !== 'planned')
    .map(({ node }) => node.name);
  const leaving = going(decision, situation).filter(({ node }) => node.phase !== 'planned').length;
  const facts = { leaving: still, goes: leaving, removals_at_once: removalsAtOnce };
  if (leaving === 0 || still.length + leaving <= removalsAtOnce)
    return pass('The nodes that leave at once are within removalsAtOnce', facts);
  return defer(
    still.length === 0
      ? `${counted(leaving, 'node')} would leave at once; removalsAtOnce is ${removalsAtOnce}`
      : `${still.join(', ')} ${still.length === 1 ? 'is' : 'are'} still leaving; removalsAtOnce is ${removalsAtOnce}`,
    facts,
    { remedy: { set: { path: '/spec/removalsAtOnce', value: still.length + leaving } } },
  );
};

const cooldown: Judge = (decision, situation) => {
  const wait = cooldownOf(decision, situation);
  if (wait === undefined) return pass('No cooldown is in effect', { by: decision.by, until: null });
  return defer(wait.because, { by: decision.by, until: instantText(wait.until) }, { clearsAt: wait.until });
};

const capacityStarting: Judge = (decision, situation) => {
  const { nodes } = situation;
  const leaving = new Set(going(decision, situation));
  const starting = nodes
    .filter((each) => each.isMember && !leaving.has(each))
    .filter(({ node }) => node.phase === 'planned' || node.phase === 'starting')
    .map(({ node }) => node.name);
  const facts = { starting };
  if (!takesAway(decision, situation) || starting.length === 0) return pass('No node of the pool is starting', facts);
  return defer(`${starting.join(', ')} ${starting.length === 1 ? 'is' : 'are'} still starting`, facts);
};

/** True if a rejection does not block a consolidation, which first empties its nodes. */
const noCandidate: Judge = (decision, situation) => {
  if (decision.kind === 'swap' || (decision.plan?.moves ?? []).length > 0)
    return pass('The rules for nodes apply before any of them is removed', {});
  const refused = going(decision, situation).filter(({ refusal }) => refusal !== undefined);
  const facts = {
    candidates: situation.nodes
      .filter(({ isMember }) => isMember)
      .map(({ node, refusal }) => ({ name: node.name, rule: refusal?.rule ?? null })),
  };
  const [first] = refused;
  if (first?.refusal === undefined) return pass('The nodes to remove can be removed', facts);
  const { rule, message, clearsAt } = first.refusal;
  return defer(
    `${first.node.name} is the first node to remove, and the rule ${rule} rejects its removal: ${message}`,
    facts,
    clearsAt === undefined ? {} : { clearsAt },
  );
};

/** Wraps a judge as a rule on the present decision, which `decided-otherwise` compares with the planned one. */
function judged(judge: Judge): PoolRule {
  return (_change, resource, scene) => {
    const { situation, decision } = decideFor(resource, scene) ?? {};
    return situation === undefined || decision === undefined
      ? pass('The pool decides nothing now')
      : judge(decision, situation);
  };
}

const decidedOtherwise: PoolRule = (change, resource, scene) => {
  const { situation, decision } = decideFor(resource, scene) ?? {};
  if (situation === undefined || decision === undefined) return reject('The pool no longer decides anything', {});
  const now = essence(fieldsOf(decision, situation, scene));
  const facts = { kind: decision.kind, by: decision.by, decided: now };
  return sameJson(now, essence(change.fields))
    ? pass('The pool decides the same now', facts)
    : reject(`The pool decides differently now: ${decision.because}`, facts);
};

/** The orders of the new members. */
function orderingOf(
  { added }: Decision,
  { found }: Situation,
  resource: PoolResource,
  scene: Scene,
): Ordering | undefined {
  const count = added.filter((number) => !found.includes(number)).length;
  return count === 0 ? undefined : templateOrder(resource, count, scene);
}

/** An order of some servers from the template of a pool; undefined without a document. */
export function templateOrder(resource: PoolResource, count: number, scene: Scene): Ordering | undefined {
  const template = resource.desired?.spec.template;
  if (template === undefined) return undefined;
  const group = template.placementGroup;
  const nodes = Node.all(scene);
  // One that cannot be seen may have to be created too.
  const planned = nodes.filter(
    (node) => group !== undefined && node.desired?.spec.placementGroup === group && !isSeen(node),
  );
  return { order: template, joining: planned.length, count, now: scene.now };
}

function ordered(why: Obstacle['why']): PoolRule {
  return (_change, resource, scene) => {
    const { situation, decision } = decideFor(resource, scene) ?? {};
    if (situation === undefined || decision === undefined) return pass('The pool decides nothing now');
    return obstacleVerdict(why, orderingOf(decision, situation, resource, scene), scene);
  };
}

export const poolRules = {
  'not-in-catalogue': ordered('missing'),
  'not-available': ordered('unavailable'),
  'queue-waits': judged(queueWaits),
  'keeps-min': judged(keepsMin),
  'one-at-a-time': judged(oneAtATime),
  cooldown: judged(cooldown),
  'capacity-starting': judged(capacityStarting),
  'no-candidate': judged(noCandidate),
  'decided-otherwise': decidedOtherwise,
} as const satisfies Record<NodePoolRuleId, PoolRule>;
