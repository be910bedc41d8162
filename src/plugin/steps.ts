/** Steps: their names taken apart, what the spec says of each, and the changes that are made of them. */

import type { KindTables, Transition } from './tables.ts';
import type { Change, FieldChange, Ref, Step } from './types.ts';

/** The state in which a resource does not exist. */
export const ABSENT = 'absent';

/** A step taken apart; `machine` is left out for the kind's first one. */
export interface StepParts {
  readonly machine?: string;
  readonly from: string;
  readonly to: string;
}

/** The parts of a step's name: of `power:on>off` the machine `power`, `on` and `off`. */
export function stepParts(step: Step): StepParts {
  const colon = step.indexOf(':');
  const arrow = step.indexOf('>', colon + 1);
  const from = step.slice(colon + 1, arrow);
  const to = step.slice(arrow + 1);
  return colon < 0 ? { from, to } : { machine: step.slice(0, colon), from, to };
}

/** The name of the machine that decides whether a resource of the kind exists. */
export function firstMachine(kind: KindTables): string {
  return Object.keys(kind.machines)[0] ?? '';
}

/** The transition of a step that fettle takes, or of an edit; undefined where the spec has none. */
export function stepTransition(kind: KindTables, step: Step): Transition | undefined {
  const { machine: name = firstMachine(kind), from, to } = stepParts(step);
  const machine = kind.machines[name];
  if (from !== to)
    return machine?.transitions.find((each) => each.by === 'fettle' && each.from === from && each.to === to);
  const edit = machine?.edits.find((each) => each.state === from);
  return edit === undefined ? undefined : { ...edit, from, to, trigger: 'edit', by: 'fettle' };
}

/** The state in which the resource is once the step is done. */
export function settlesIn(transition: Transition): string {
  return transition.settles ?? transition.to;
}

/** The step that removes a resource from a state; where the spec has none, the name that it would have. */
export function removalStep(kind: KindTables, state: string): Step {
  const found = kind.machines[firstMachine(kind)]?.transitions.find(
    (each) => each.by === 'fettle' && each.from === state && settlesIn(each) === ABSENT,
  );
  return `${state}>${found?.to ?? ABSENT}`;
}

/** What a step does to its resource. */
export interface StepEffect {
  /** The step removes or replaces the resource, or the spec marks it: something that may be in use is lost. */
  readonly destructive: boolean;
  /** The spec marks the step: something that is in use is disturbed. */
  readonly disruptive: boolean;
  readonly reversible: 'yes' | 'no' | 'partly';
}

/** Changes of memory alone: no step of a machine. */
export function isMemoryOnly({ goal }: Pick<Change, 'goal'>): boolean {
  return goal === 'adopt' || goal === 'protect' || goal === 'release';
}

function effectOfStep(kind: KindTables, step: Step, goal: Change['goal']): StepEffect {
  if (isMemoryOnly({ goal })) return { destructive: false, disruptive: false, reversible: 'yes' };
  const transition = stepTransition(kind, step);
  return {
    destructive: goal === 'remove' || goal === 'replace' || transition?.destructive === true,
    disruptive: transition?.disruptive === true,
    reversible: transition?.reversible ?? 'yes',
  };
}

/** The change of a resource by one step of its kind. */
export function changeOf(
  ref: Ref,
  kind: KindTables,
  {
    step,
    goal,
    because,
    cause,
    fields = [],
  }: Pick<Change, 'step' | 'goal' | 'because' | 'cause'> & {
    readonly fields?: readonly FieldChange[] | undefined;
  },
): Change {
  return { ref, step, ...stepParts(step), effect: effectOfStep(kind, step, goal), goal, fields, because, cause };
}
