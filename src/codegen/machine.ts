/** Machines of a spec in full: lists of states expanded, edits as objects, and the resulting steps. */

import type { Edit, Machine, Transition } from '#plugin';
import type { KindSpec, MachineSpec, TransitionSpec } from './spec.ts';

function listOf(states: string | readonly string[]): readonly string[] {
  return typeof states === 'string' ? [states] : states;
}

/** One transition for each pair of different states; a single pair stays unchanged. */
export function writeOut(transition: TransitionSpec): readonly Transition[] {
  const { from, to } = transition;
  if (typeof from === 'string' && typeof to === 'string') return [{ ...transition, from, to }];
  return listOf(from).flatMap((start) =>
    listOf(to).flatMap((end) => (start === end ? [] : [{ ...transition, from: start, to: end }])),
  );
}

export function editsOf(machine: MachineSpec): readonly Edit[] {
  return machine.edits.map((edit) => (typeof edit === 'string' ? { state: edit } : edit));
}

export function machineTable(machine: MachineSpec): Machine {
  return {
    states: Object.keys(machine.states),
    transitions: machine.transitions.flatMap(writeOut),
    edits: editsOf(machine),
  };
}

type Effect = 'destructive' | 'disruptive';

const isEffect = (guard: string): guard is Effect => guard === 'destructive' || guard === 'disruptive';

/** The kind with only those steps that have an effect. */
function withEffect(kind: KindSpec, effect: Effect): KindSpec {
  const marked = (machine: MachineSpec): MachineSpec => ({
    ...machine,
    transitions: machine.transitions.filter((each) => each[effect] === true),
    edits: editsOf(machine).filter((each) => each[effect] === true),
  });
  const machines = Object.entries(kind.machines).map(([name, machine]) => [name, marked(machine)] as const);
  return { ...kind, machines: Object.fromEntries(machines) };
}

/**
 * Steps that a guard names: `every`, an effect, a step, or moves from or to `*`, any other state. Empty if no step
 * matches.
 */
export function guardedSteps(kind: KindSpec, guard: string): readonly string[] {
  if (guard === 'every') return stepsOf(kind);
  if (isEffect(guard)) return stepsOf(withEffect(kind, guard));
  const pattern = new RegExp(`^${RegExp.escape(guard).replaceAll('\\*', '[\\w-]+')}$`, 'u');
  const isEdit = (step: string): boolean => /(?:^|:)([\w-]+)>\1$/u.test(step);
  return stepsOf(kind).filter((step) => step === guard || (pattern.test(step) && !isEdit(step)));
}

/** The steps that a rule guards, in the order of the kind's steps. */
export function stepsOfGuards(kind: KindSpec, guards: readonly string[]): readonly string[] {
  const guarded = new Set(guards.flatMap((guard) => guardedSteps(kind, guard)));
  return stepsOf(kind).filter((step) => guarded.has(step));
}

/**
 * Steps that fettle takes, in the order of the spec, moves before edits; those of later machines with the machine's
 * name.
 */
export function stepsOf(kind: KindSpec): readonly string[] {
  return Object.entries(kind.machines).flatMap(([name, machine], index) => {
    const prefix = index === 0 ? '' : `${name}:`;
    const { transitions, edits } = machineTable(machine);
    return [
      ...transitions.filter(({ by }) => by === 'fettle').map(({ from, to }) => `${prefix}${from}>${to}`),
      ...edits.map(({ state }) => `${prefix}${state}>${state}`),
    ];
  });
}
