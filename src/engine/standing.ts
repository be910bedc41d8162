/** Standing judgements of an action: the refusals, the overrides, and the time at which the refusals clear. */

import type { Action, Judgement } from '#plugin';

type Judged = Pick<Action, 'judgements'>;

/** Overrides that let an action pass. */
export function overridesOf({ judgements }: Judged): readonly { readonly rule: string; readonly reason: string }[] {
  return judgements.flatMap(({ rule, overridden }) => (overridden === undefined ? [] : [{ rule, reason: overridden }]));
}

/** The judgements that refuse an action, rejections first. */
export function standing({ judgements }: Judged): readonly Judgement[] {
  const left = judgements.filter(({ overridden }) => overridden === undefined);
  return [...left.filter(({ outcome }) => outcome === 'reject'), ...left.filter(({ outcome }) => outcome === 'defer')];
}

/**
 * Time at which all refusals of an action have cleared (epoch ms); undefined if one does not clear without a change.
 */
export function clearsAt(action: Judged): number | undefined {
  const times = standing(action).map((reason) => reason.clearsAt);
  return times.length > 0 && times.every((time) => time !== undefined) ? Math.max(...times) : undefined;
}
