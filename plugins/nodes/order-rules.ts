/**
 * Rules about the feasibility of a step: the provider offers the ordered objects, earlier attempts did not fail too
 * often, and no other work runs on the server. No node is drained or turned off for a step that cannot follow.
 */

import {
  attemptsAt,
  type Change,
  counted,
  defer,
  durationText,
  type Facts,
  instantText,
  isExhausted,
  lastFailureText,
  nextTryAt,
  pass,
  reject,
  type RetryPolicy,
  type Scene,
  type Verdict,
  defined,
  seenFacts,
} from '#plugin';
import { type Obstacle, obstaclesOf, type Ordering } from './catalogue.ts';
import { type NodeResource, nodeSignals } from './facts.ts';
import type { NodeSpec } from './generated.ts';
import { leftBy, withLeft } from './successor.ts';
import { Node } from './kinds.ts';

type NodeRule = (change: Change, resource: NodeResource, scene: Scene) => Verdict;

const isPower = ({ machine }: Change): boolean => machine === 'power';

/** True if a step leads to a new server: at once, or after the removal of the old one. */
function isOrder(change: Change): boolean {
  return change.goal === 'create' || (change.goal === 'replace' && !isPower(change));
}

/** Servers that accepted actions add to a placement group, and that are not in it yet. */
function joiningOf(spec: NodeSpec, resource: NodeResource, scene: Scene): number {
  const { placementGroup: group } = spec;
  if (group === undefined) return 0;
  const nodes = Node.all(scene);
  return nodes.filter(({ ref, desired, memory }) => {
    if (ref.name === resource.ref.name || desired === undefined) return false;
    const change = scene.underWay.get(`${ref.plugin}/${ref.kind}/${ref.name}`)?.change;
    const comes = change?.goal === 'create' || change?.fields.some(({ path }) => path === '/placementGroup') === true;
    return comes && withLeft(desired.spec, memory?.kept.left).placementGroup === group;
  }).length;
}

/** The order of a node's server: its document, with the settings of its predecessor for its open fields. */
export function orderOfNode(resource: Pick<NodeResource, 'desired' | 'sight' | 'memory'>): NodeSpec | undefined {
  const { desired, memory } = resource;
  if (desired === undefined || desired.spec.provider === 'static') return undefined;
  const facts = seenFacts(resource);
  const left = facts === undefined ? memory?.kept.left : leftBy(desired.spec, facts);
  return withLeft(desired.spec, left);
}

/** The order of a change; undefined if it orders nothing. */
function orderingOf(change: Change, resource: NodeResource, scene: Scene): Ordering | undefined {
  const whole = orderOfNode(resource);
  if (whole === undefined || change.goal === 'remove' || resource.desired === undefined) return undefined;
  const isNew = isOrder(change);
  // A rebuild, and a change in place, change only the fields of the row.
  const fields = new Set(change.fields.map(({ path }) => path));
  if (!isNew && fields.size === 0) return undefined;
  const order = isNew ? whole : resource.desired.spec;
  const facts = seenFacts(resource);
  return defined({
    order,
    fields: isNew ? undefined : fields,
    server: facts,
    joining: joiningOf(order, resource, scene),
    count: 1,
    now: scene.now,
  });
}

/** The verdict on one kind of obstacle. */
export function obstacleVerdict(why: Obstacle['why'], ordering: Ordering | undefined, scene: Scene): Verdict {
  if (ordering === undefined) return pass('The step orders nothing');
  const found = obstaclesOf(ordering, scene).filter((each) => each.why === why);
  const facts: Facts = { obstacles: found.map(({ path, message }) => ({ path, message })) };
  if (found.length === 0) return pass('The provider offers every object that the step needs', facts);
  return reject(found.map(({ message }) => message).join('; '), facts, {
    remedy: {
      outside:
        why === 'missing'
          ? 'Correct the document, or create the missing object at the provider'
          : 'Wait until the provider offers it, or declare an object that the provider offers',
    },
  });
}

const notInCatalogue: NodeRule = (change, resource, scene) =>
  obstacleVerdict('missing', orderingOf(change, resource, scene), scene);

const notAvailable: NodeRule = (change, resource, scene) =>
  obstacleVerdict('unavailable', orderingOf(change, resource, scene), scene);

const MINUTE_MS = 60_000;

/** Attempts to create or change a server. */
export const ATTEMPTS: RetryPolicy = { retryMs: MINUTE_MS, multiplier: 2, maxMs: 4 * MINUTE_MS, maxRetries: 4 };

function attempts({ to }: Change, { memory, desired }: NodeResource) {
  const tried = attemptsAt(memory, desired, to);
  const facts: Facts = {
    failed: tried.failed,
    max_retries: ATTEMPTS.maxRetries,
    ...(tried.failed === 0 ? {} : { last_at: instantText(tried.at) }),
  };
  return { tried, facts };
}

const backoff: NodeRule = (change, resource, scene) => {
  const { tried, facts } = attempts(change, resource);
  const next = nextTryAt(ATTEMPTS, tried);
  if (next === undefined || isExhausted(ATTEMPTS, tried)) return pass('No attempt has failed', facts);
  const all = { ...facts, next_at: instantText(next) };
  if (scene.now >= next) return pass('The next attempt is due', all);
  return defer(
    `${counted(tried.failed, 'attempt')} failed in a row; the next one follows ${durationText(next - tried.at)} after the last${lastFailureText(tried)}`,
    all,
    { clearsAt: next },
  );
};

const retryExhausted: NodeRule = (change, resource) => {
  const { tried, facts } = attempts(change, resource);
  if (!isExhausted(ATTEMPTS, tried)) return pass('The step can be attempted', facts);
  return reject(
    `${counted(tried.failed, 'attempt')} failed in a row; the limit is ${ATTEMPTS.maxRetries}${lastFailureText(tried)}`,
    facts,
    { remedy: { outside: 'fix the cause of the failure. Then change the document, or override this rule' } },
  );
};

const inUseByHand: NodeRule = (change, resource) => {
  const { rescue, iso: image, locked } = nodeSignals(resource) ?? {};
  const facts: Facts = { rescue: rescue === true, iso: image ?? null, locked: locked === true };
  // A drain for a full disk does not change the server.
  if (change.to === 'draining' && change.goal === 'update') return pass('The server stays as it is', facts);
  const why = [
    ...(rescue === true ? ['The server is in rescue mode'] : []),
    ...(image === undefined ? [] : [`The ISO ${image} is mounted`]),
    ...(locked === true ? ['An action of the provider runs on the server'] : []),
  ];
  if (why.length === 0) return pass('The provider reports no work on the server', facts);
  return defer(`${why.join('; ')}. Until that ends, the server is neither turned off nor removed`, facts, {
    remedy: { outside: 'end the rescue mode, unmount the ISO, or wait until the action is done; then apply again' },
  });
};

export const orderRules = {
  'not-in-catalogue': notInCatalogue,
  'not-available': notAvailable,
  backoff,
  'retry-exhausted': retryExhausted,
  'in-use-by-hand': inUseByHand,
} as const;
