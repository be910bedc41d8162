/** Steps: parses their names, looks up their tables, and builds changes. */

import type { KindTables, Transition } from './tables.ts';
import type { Change, FieldChange, Ref, Step } from './types.ts';

/** The state in which a resource does not exist. */
export const ABSENT = 'absent';

/** The parts of a step. `machine` is absent for the kind's first machine. */
export interface StepParts {
  readonly machine?: string;
  readonly from: string;
  readonly to: string;
}

/** Parses the name of a step: `power:on>off` has the machine `power`, and the states `on` and `off`. */
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

/** The transition of a step that fettle takes, or of an edit; undefined if the spec does not have it. */
export function stepTransition(kind: KindTables, step: Step): Transition | undefined {
  const { machine: name = firstMachine(kind), from, to } = stepParts(step);
  const machine = kind.machines[name];
  if (from !== to)
    return machine?.transitions.find((each) => each.by === 'fettle' && each.from === from && each.to === to);
  const edit = machine?.edits.find((each) => each.state === from);
  return edit === undefined ? undefined : { ...edit, from, to, trigger: 'edit', by: 'fettle' };
}

/** The state of the resource after the step. */
export function settlesIn(transition: Transition): string {
  return transition.settles ?? transition.to;
}

/** The step that removes a resource from a state; a name of that form if the spec does not have one. */
export function removalStep(kind: KindTables, state: string): Step {
  const found = kind.machines[firstMachine(kind)]?.transitions.find(
    (each) => each.by === 'fettle' && each.from === state && settlesIn(each) === ABSENT,
  );
  return `${state}>${found?.to ?? ABSENT}`;
}

/** The effect of a step on its resource. */
export interface StepEffect {
  /** True if the step removes or replaces the resource, or the spec marks it so: a resource in use may be lost. */
  readonly destructive: boolean;
  /** True if the spec marks the step so: a resource in use is disturbed. */
  readonly disruptive: boolean;
  readonly reversible: 'yes' | 'no' | 'partly';
}

/** Goals that only change the state: they are not steps of a machine. */
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
    changedBy,
  }: Pick<Change, 'step' | 'goal' | 'because' | 'cause' | 'changedBy'> & {
    readonly fields?: readonly FieldChange[] | undefined;
  },
): Change {
  const parts = { ...stepParts(step), effect: effectOfStep(kind, step, goal) };
  return { ref, step, ...parts, goal, fields, because, cause, ...(changedBy === undefined ? {} : { changedBy }) };
}
