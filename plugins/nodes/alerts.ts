/**
 * Alerts about Nodes: findings about their health and disks, creations that are not tried again, and decisions that were
 * rejected or failed. Pure.
 */

import {
  type Alert,
  attemptsAt,
  type AlertSeverity,
  defined,
  type Facts,
  isExhausted,
  lastFailureText,
  type RaiseAlerts,
  type Scene,
  seenState,
  stepParts,
  usualRoute,
} from '#plugin';
import { auditNode } from './audit.ts';
import type { NodeResource } from './facts.ts';
import { type AlertClass, tables } from './generated.ts';
import { Node } from './kinds.ts';
import { ATTEMPTS } from './order-rules.ts';

function alertOf(
  named: AlertClass,
  { ref }: NodeResource,
  more: { readonly message: string; readonly facts: Facts; readonly since?: number | undefined },
): Alert {
  const severity: AlertSeverity = tables.alerts.find((each) => each.class === named)?.severities[0] ?? 'high';
  return defined<Alert>({ class: named, ref, severity, route: usualRoute(severity), ...more });
}

/** Findings that are alerts too, with the same names. */
const FINDINGS: readonly (AlertClass & (typeof tables.findings)[number]['code'])[] = [
  'unhealthy',
  'disk-full',
  'disk-critical',
];

/** The alerts of findings; under a gap, of those that the last refresh recorded. */
function findingAlerts(resource: NodeResource): readonly Alert[] {
  const { sight, memory } = resource;
  return FINDINGS.flatMap((code) => {
    const since = memory?.findings?.[code];
    if (sight.is === 'unseen') {
      const text = tables.findings.find((each) => each.code === code)?.text ?? '';
      return since === undefined
        ? []
        : [alertOf(code, resource, { message: text.replace(/\.$/u, ''), facts: {}, since })];
    }
    const found = sight.is === 'seen' ? sight.observed.findings.find((each) => each.code === code) : undefined;
    return found === undefined ? [] : [alertOf(code, resource, { message: found.message, facts: found.facts, since })];
  });
}

/** The alert of a step that failed: it is tried again, or, for a creation after too many tries, it is not. */
function failureAlerts(resource: NodeResource): readonly Alert[] {
  const { memory, desired } = resource;
  const last = memory?.lastError;
  if (last === undefined || (memory?.failures ?? 0) === 0) return [];
  const { from, to } = stepParts(last.step);
  const attempts = attemptsAt(memory, desired, to);
  if (attempts.failed === 0) return [];
  const state = seenState(resource) ?? memory?.state;
  const isOver = desired !== undefined && from === 'absent' && state === 'absent' && isExhausted(ATTEMPTS, attempts);
  const facts = { step: last.step, failures: attempts.failed, error: last.message, result: 'failed' };
  const message = isOver
    ? `The creation failed ${attempts.failed} times in a row and is not tried again${lastFailureText(attempts)}`
    : `The step ${last.step} failed: ${last.message}`;
  return [alertOf(isOver ? 'creation-exhausted' : 'decision-failed', resource, { message, facts, since: last.at })];
}

/** The alert of a decision that a rule rejects, with the values of the audit. */
function rejectionAlerts(resource: NodeResource, scene: Scene): readonly Alert[] {
  const action = scene.judged.get(resource.address);
  if (action?.verdict !== 'reject') return [];
  const { change, judgements } = action;
  const reasons = judgements.filter(({ outcome, overridden }) => outcome === 'reject' && overridden === undefined);
  const message = `The step ${change.step} was rejected: ${reasons.map((each) => each.message).join('; ')}`;
  const rules = reasons.map(({ rule }) => rule);
  const facts = { ...auditNode(change, resource, scene), step: change.step, rules, result: 'rejected' };
  return [alertOf('decision-rejected', resource, { message, facts })];
}

export const nodeAlerts: RaiseAlerts = ({ resources, scene }) =>
  Node.among(resources).flatMap((resource) => {
    const failures = failureAlerts(resource);
    const isOver = failures.some((alert) => alert.class === 'creation-exhausted');
    return [...findingAlerts(resource), ...failures, ...(isOver ? [] : rejectionAlerts(resource, scene))];
  });
