/**
 * Rules about whether a step can be carried out at all: whether the provider has what it needs, whether it failed before,
 * and whether somebody works on the server. Nothing is drained or turned off for what cannot come after it.
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
  nextTryAt,
  pass,
  reject,
  type RetryPolicy,
  type Scene,
  type Verdict,
} from '#plugin';
import { type Obstacle, obstaclesOf, type Ordering } from './catalogue.ts';
import { type NodePair, nodeSignals, PLUGIN } from './facts.ts';
import type { NodeSpec } from './generated.ts';
import { leftBy, withLeft } from './successor.ts';

type NodeRule = (change: Change, pair: NodePair, scene: Scene) => Verdict;

const isPower = ({ machine }: Change): boolean => machine === 'power';

/** Whether a step is to bring about a new server: at once, or by making room for it first. */
function isOrder(change: Change): boolean {
  return change.goal === 'create' || (change.goal === 'replace' && !isPower(change));
}

/** Servers that come into a placement group by what is accepted, and are not in it yet. */
function joiningOf(spec: NodeSpec, pair: NodePair, scene: Scene): number {
  const { placementGroup: group } = spec;
  if (group === undefined) return 0;
  const nodes = scene.ofKind(PLUGIN, 'Node') as readonly NodePair[];
  return nodes.filter(({ ref, desired, memory }) => {
    if (ref.name === pair.ref.name || desired === undefined) return false;
    const change = scene.underWay.get(`${ref.plugin}/${ref.kind}/${ref.name}`)?.change;
    const comes = change?.goal === 'create' || change?.fields.some(({ path }) => path === '/placementGroup') === true;
    return comes && withLeft(desired.spec, memory?.kept.left).placementGroup === group;
  }).length;
}

/** What a node's server is, or would be, made of: its document, and what its predecessor had where that says nothing. */
export function orderOfNode({ desired, observed, memory }: NodePair): NodeSpec | undefined {
  if (desired === undefined || desired.spec.provider === 'static') return undefined;
  const left = observed === undefined ? memory?.kept.left : leftBy(desired.spec, observed.facts);
  return withLeft(desired.spec, left);
}

/** What a change orders; undefined where it orders nothing. */
function orderingOf(change: Change, pair: NodePair, scene: Scene): Ordering | undefined {
  const whole = orderOfNode(pair);
  if (whole === undefined || change.goal === 'remove' || pair.desired === undefined) return undefined;
  const isNew = isOrder(change);
  // A rebuild, and a change in place, take what the row says, and leave the rest.
  const fields = new Set(change.fields.map(({ path }) => path));
  if (!isNew && fields.size === 0) return undefined;
  const order = isNew ? whole : pair.desired.spec;
  const facts = pair.observed?.facts;
  return {
    order,
    ...(isNew ? {} : { fields }),
    ...(facts === undefined ? {} : { server: facts }),
    joining: joiningOf(order, pair, scene),
    count: 1,
    now: scene.now,
  };
}

/** What one kind of obstacles comes to, as a verdict. */
export function obstacleVerdict(why: Obstacle['why'], ordering: Ordering | undefined, scene: Scene): Verdict {
  if (ordering === undefined) return pass('The step orders nothing');
  const found = obstaclesOf(ordering, scene).filter((each) => each.why === why);
  const facts: Facts = { obstacles: found.map(({ path, message }) => ({ path, message })) };
  if (found.length === 0) return pass('The provider has what the step needs', facts);
  return reject(found.map(({ message }) => message).join('; '), facts, {
    remedy: {
      outside:
        why === 'missing'
          ? 'Correct the document, or make what it names at the provider'
          : 'Wait until the provider has it, or write what it has',
    },
  });
}

const notInCatalogue: NodeRule = (change, pair, scene) =>
  obstacleVerdict('missing', orderingOf(change, pair, scene), scene);

const notAvailable: NodeRule = (change, pair, scene) =>
  obstacleVerdict('unavailable', orderingOf(change, pair, scene), scene);

const MINUTE_MS = 60_000;

/** Attempts to make or to change a server. */
export const ATTEMPTS: RetryPolicy = { retryMs: MINUTE_MS, multiplier: 2, maxMs: 4 * MINUTE_MS, maxRetries: 4 };

function attempts({ to }: Change, { memory, desired }: NodePair) {
  const tried = attemptsAt(memory, desired, to);
  const facts: Facts = {
    failed: tried.failed,
    max_retries: ATTEMPTS.maxRetries,
    ...(tried.failed === 0 ? {} : { last_at: instantText(tried.at) }),
  };
  return { tried, facts };
}

const backoff: NodeRule = (change, pair, scene) => {
  const { tried, facts } = attempts(change, pair);
  const next = nextTryAt(ATTEMPTS, tried);
  if (next === undefined || isExhausted(ATTEMPTS, tried)) return pass('No attempt waits', facts);
  const all = { ...facts, next_at: instantText(next) };
  if (scene.now >= next) return pass('The next attempt is due', all);
  return defer(
    `${counted(tried.failed, 'attempt')} failed in a row; the next one waits ${durationText(next - tried.at)}`,
    all,
    { clearsAt: next },
  );
};

const retryExhausted: NodeRule = (change, pair) => {
  const { tried, facts } = attempts(change, pair);
  if (!isExhausted(ATTEMPTS, tried)) return pass('It may be tried', facts);
  return reject(
    `${counted(tried.failed, 'attempt')} failed in a row, and ${ATTEMPTS.maxRetries} is the most. The last error: ${tried.message ?? 'unknown'}`,
    facts,
    { remedy: { outside: 'Remove the cause of the failure, and change the document or override this rule' } },
  );
};

const inUseByHand: NodeRule = (change, pair) => {
  const { rescue, iso: image, locked } = nodeSignals(pair) ?? {};
  const facts: Facts = { rescue: rescue === true, iso: image ?? null, locked: locked === true };
  // A drain for a full disk keeps the server as it is.
  if (change.to === 'draining' && change.goal === 'update') return pass('The server stays as it is', facts);
  const why = [
    ...(rescue === true ? ['The server is in rescue mode'] : []),
    ...(image === undefined ? [] : [`The ISO ${image} is mounted`]),
    ...(locked === true ? ['An action of the provider runs on the server'] : []),
  ];
  if (why.length === 0) return pass('Nobody works on the server, as far as the provider says', facts);
  return defer(`${why.join('; ')}. It is neither turned off nor taken away meanwhile`, facts, {
    remedy: { outside: 'End the rescue mode, unmount the ISO, or wait until the action is done; then apply again' },
  });
};

export const orderRules = {
  'not-in-catalogue': notInCatalogue,
  'not-available': notAvailable,
  backoff,
  'retry-exhausted': retryExhausted,
  'in-use-by-hand': inUseByHand,
} as const;
