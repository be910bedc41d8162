/** Safety rules on the change of a pool. What it does to its nodes is judged again at each of them. */

import { type Change, counted, defer, instantText, pass, reject, sameJson, type Scene, type Verdict } from '#plugin';
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

/** A rule on what is decided; where nothing is decided any more, `decided-otherwise` says so. */
type Judge = (decision: Decision, situation: Situation) => Verdict;

/** Nodes that the change lets go, or begins to empty. */
function going({ gone }: Decision, { prefix, nodes }: Situation): readonly Member[] {
  return gone.flatMap((number) => nodes.find(({ node }) => node.name === nameOf(prefix, number)) ?? []);
}

/** It takes capacity away: it is no exchange, and what goes has a server. */
function takesAway(decision: Decision, situation: Situation): boolean {
  return decision.kind !== 'swap' && going(decision, situation).some(({ node }) => node.phase !== 'planned');
}

const queueWaits: Judge = (decision, situation) => {
  const { queue } = situation;
  const facts = { queued: queue?.count ?? null, queued_mb: queue?.mb ?? null };
  if (!takesAway(decision, situation)) return pass('takes no capacity away', facts);
  if (queue === undefined)
    return defer('what waits for room is not known', facts, {
      remedy: { outside: 'make the workload source readable' },
    });
  if (queue.count === 0) return pass('nothing waits for room', facts);
  return defer(
    `${counted(queue.count, 'container')} ${queue.count === 1 ? 'waits' : 'wait'} for ${queue.mb} MB`,
    facts,
  );
};

const keepsMin: Judge = (decision, situation) => {
  const { nodes, min } = situation;
  const leaving = going(decision, situation);
  const serving = nodes.filter(({ node, isMember }) => isMember && node.phase === 'serving');
  const lost = leaving.filter((each) => serving.includes(each)).length;
  const facts = { in_service: serving.length, goes: lost, min };
  if (lost === 0) return pass('takes none out of service', facts);
  if (serving.length - lost >= min) return pass('enough stay in service', facts);
  return reject(`${serving.length - lost} of ${counted(min, 'node')} that it has to have would be in service`, facts, {
    remedy: { outside: 'wait until more of its nodes are in service' },
  });
};

const oneAtATime: Judge = (decision, situation) => {
  const { nodes, removalsAtOnce } = situation;
  const still = nodes
    .filter(({ isMember, node }) => !isMember && node.phase !== 'planned')
    .map(({ node }) => node.name);
  const leaving = going(decision, situation).filter(({ node }) => node.phase !== 'planned').length;
  const facts = { leaving: still, goes: leaving, removals_at_once: removalsAtOnce };
  if (leaving === 0 || still.length + leaving <= removalsAtOnce) return pass('no more than may leave at once', facts);
  return defer(
    still.length === 0
      ? `${leaving} would leave at once, ${removalsAtOnce} may`
      : `${still.join(', ')} ${still.length === 1 ? 'is' : 'are'} still leaving, ${removalsAtOnce} may at once`,
    facts,
    { remedy: { set: { path: '/spec/removalsAtOnce', value: still.length + leaving } } },
  );
};

const cooldown: Judge = (decision, situation) => {
  const wait = cooldownOf(decision, situation);
  if (wait === undefined) return pass('no cooldown holds', { by: decision.by, until: null });
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
  if (!takesAway(decision, situation) || starting.length === 0) return pass('nothing of it is starting', facts);
  return defer(`${starting.join(', ')} ${starting.length === 1 ? 'is' : 'are'} still starting`, facts);
};

/** A consolidation empties its nodes first: what their containers forbid does not hold it back then. */
const noCandidate: Judge = (decision, situation) => {
  if (decision.kind === 'swap' || (decision.plan?.moves ?? []).length > 0)
    return pass('the rules for nodes hold before any of them goes', {});
  const refused = going(decision, situation).filter(({ refusal }) => refusal !== undefined);
  const facts = {
    candidates: situation.nodes
      .filter(({ isMember }) => isMember)
      .map(({ node, refusal }) => ({ name: node.name, rule: refusal?.rule ?? null })),
  };
  const [first] = refused;
  if (first?.refusal === undefined) return pass('what goes may go', facts);
  const { rule, message, clearsAt } = first.refusal;
  return defer(
    `${first.node.name} is the best to lose, and may not go: ${rule}: ${message}`,
    facts,
    clearsAt === undefined ? {} : { clearsAt },
  );
};

/** A judge as a rule: it judges what would be decided now, which `decided-otherwise` holds against what was planned. */
function judged(judge: Judge): PoolRule {
  return (_change, resource, scene) => {
    const { situation, decision } = decideFor(resource, scene) ?? {};
    return situation === undefined || decision === undefined
      ? pass('nothing is decided now')
      : judge(decision, situation);
  };
}

const decidedOtherwise: PoolRule = (change, resource, scene) => {
  const { situation, decision } = decideFor(resource, scene) ?? {};
  if (situation === undefined || decision === undefined) return reject('nothing would be decided any more', {});
  const now = essence(fieldsOf(decision, situation, scene));
  const facts = { kind: decision.kind, by: decision.by, decided: now };
  return sameJson(now, essence(change.fields))
    ? pass('it would be decided the same way', facts)
    : reject(`now it would be decided otherwise: ${decision.because}`, facts);
};

/** What the members that it would gain are made of. */
function orderingOf(
  { added }: Decision,
  { found }: Situation,
  resource: PoolResource,
  scene: Scene,
): Ordering | undefined {
  const count = added.filter((number) => !found.includes(number)).length;
  const template = resource.desired?.spec.template;
  if (template === undefined || count === 0) return undefined;
  const group = template.placementGroup;
  const nodes = Node.all(scene);
  const planned = nodes.filter(
    ({ desired, sight: { observed } }) =>
      group !== undefined && desired?.spec.placementGroup === group && observed === undefined,
  );
  return { order: template, joining: planned.length, count, now: scene.now };
}

function ordered(why: Obstacle['why']): PoolRule {
  return (_change, resource, scene) => {
    const { situation, decision } = decideFor(resource, scene) ?? {};
    if (situation === undefined || decision === undefined) return pass('nothing is decided now');
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
