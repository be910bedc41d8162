/** What stands against an action, what lets it pass, and when it clears: read from its judgements. */

import type { Action, Judgement } from '#plugin';

type Judged = Pick<Action, 'judgements'>;

/** Overrides that let an action pass. */
export function overridesOf({ judgements }: Judged): readonly { readonly rule: string; readonly reason: string }[] {
  return judgements.flatMap(({ rule, overridden }) => (overridden === undefined ? [] : [{ rule, reason: overridden }]));
}

/** The judgements for which an action does not run; the gravest kind first. */
export function standing({ judgements }: Judged): readonly Judgement[] {
  const left = judgements.filter(({ overridden }) => overridden === undefined);
  return [...left.filter(({ outcome }) => outcome === 'reject'), ...left.filter(({ outcome }) => outcome === 'defer')];
}

/** When all that stands against an action has cleared (epoch ms); undefined where one reason does not clear by itself. */
export function clearsAt(action: Judged): number | undefined {
  const times = standing(action).map((reason) => reason.clearsAt);
  return times.length > 0 && times.every((time) => time !== undefined) ? Math.max(...times) : undefined;
}
