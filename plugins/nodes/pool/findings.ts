/** Findings of a pool: differences from its document that no step removes. */

import { counted, type Finding, type Scene, mayBeOwned } from '#plugin';
import { type PoolResource, poolSignals } from '../facts.ts';
import type { FindingCode } from '../generated.ts';
import { fleetOf, unmetGrowth } from './decide.ts';
import { decideFor } from './diff.ts';
import { nodeRef } from './expand.ts';
import { unknowns } from './fleet.ts';
import { obstaclesOf } from '../catalogue.ts';
import { ATTEMPTS } from '../order-rules.ts';
import { templateOrder } from './rules.ts';

export function poolFindings(resource: PoolResource, scene: Scene): readonly Finding[] {
  const { situation, decision } = decideFor(resource, scene) ?? {};
  if (situation === undefined) return [];
  const found: Finding[] = [];
  const add = (
    code: FindingCode,
    message: string,
    facts: Finding['facts'],
    severity: Finding['severity'] = 'warning',
  ): void => {
    found.push({ ref: resource.ref, code, severity, message, facts });
  };
  const foreign = (poolSignals(resource)?.labelled ?? []).filter((name) => {
    const node = scene.get(nodeRef(name));
    return node?.desired === undefined && !mayBeOwned(node?.memory);
  });
  if (foreign.length > 0 && situation.remembered !== undefined)
    add(
      'unmanaged',
      `${foreign.join(', ')} ${foreign.length === 1 ? 'has' : 'have'} the label of the pool, but no document`,
      {
        servers: foreign,
      },
    );
  const members = situation.nodes.filter(({ isMember }) => isMember);
  const count = (...phases: readonly string[]) => members.filter(({ node }) => phases.includes(node.phase)).length;
  // A member whose creation is exhausted does not count as starting.
  const given = members.filter(
    ({ node }) =>
      node.phase === 'planned' && (scene.get(nodeRef(node.name))?.memory?.failures ?? 0) >= ATTEMPTS.maxRetries,
  ).length;
  const [serving, coming, unseen] = [count('serving'), count('planned', 'starting') - given, count('unseen')];
  if (members.length > 0 && coming === 0 && unseen === 0 && serving < situation.min)
    add('short', `${counted(serving, 'node')} of ${situation.min} ${serving === 1 ? 'is' : 'are'} in service`, {
      in_service: serving,
      min: situation.min,
    });
  const wanted = unmetGrowth(situation);
  if (wanted !== undefined)
    add('full', `${wanted.because}. The pool is at its maximum of ${counted(situation.max, 'node')}`, {
      max: situation.max,
      urgency: wanted.urgency ?? null,
    });
  // The rows of new and present nodes are rejected for it; without nodes, the template has no row.
  const order = members.length === 0 && decision === undefined ? templateOrder(resource, 1, scene) : undefined;
  const wrong = order === undefined ? [] : obstaclesOf(order, scene).filter(({ why }) => why === 'missing');
  if (wrong.length > 0)
    add(
      'wrong-template',
      `The pool cannot create nodes from its template: ${wrong.map(({ message }) => message).join('; ')}. Correct the document, or create the missing object at the provider`,
      { obstacles: wrong.map(({ path, message }) => ({ path: `/template${path}`, message })) },
      'error',
    );
  const missing = unknowns(fleetOf(situation));
  if (missing.length > 0 && (situation.scaling !== undefined || situation.consolidation !== undefined))
    add('blind', `The scaling policy decides nothing. Unknown input: ${missing.join(', ')}`, {
      unknown: missing,
    });
  return found;
}
