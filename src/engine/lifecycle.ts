/** Lifecycles as tables: steps, the states in which they settle, and the moves between. */

import {
  ABSENT,
  firstMachine,
  type KindTables,
  type Machine,
  type Step,
  stepParts,
  stepTransition,
  type Transition,
  type KnownResource,
  seenState,
  otherState,
} from '#plugin';
import type { Move } from '../formats/log-record.ts';

/** Actual state of the machine of a step; `absent` for an absent resource. */
export function stateFor(resource: KnownResource, step: Step): string {
  const { machine } = stepParts(step);
  return machine === undefined ? seenState(resource) : (otherState(resource, machine) ?? ABSENT);
}

/** Triggers of moves after a step that was interrupted or failed. */
const INTERRUPTED = 'interrupted';
const ERROR = 'error';

/** Two states of a machine. */
interface Between {
  readonly machine: string;
  readonly from: string;
  readonly to: string;
}

/** The transition to look up between two states. */
interface Wanted extends Between {
  readonly by: Transition['by'];
  readonly trigger?: string;
}

/** The known details of the moves between two states. */
interface Way {
  /** The step that failed since the last refresh. */
  readonly failed?: Step | undefined;
  /** The states in between, oldest first. */
  readonly via?: readonly string[] | undefined;
}

/** The transition between two states, preferably by the given actor, and among several with the given trigger. */
function listed(machine: Machine, { from, to, by, trigger }: Wanted): Transition | undefined {
  const all = machine.transitions.filter((each) => each.from === from && each.to === to);
  const meant = all.filter((each) => each.by === by);
  return meant.find((each) => each.trigger === trigger) ?? meant[0] ?? all[0];
}

/** A move between two states with its trigger, or `unlisted` if the table does not have it. */
export function moveOf(kind: KindTables, wanted: Wanted): Move {
  const { machine, from, to } = wanted;
  const table = kind.machines[machine];
  const transition = table === undefined ? undefined : listed(table, wanted);
  return transition === undefined
    ? { machine, from, to, trigger: 'unlisted', unlisted: true }
    : { machine, from, to, trigger: transition.trigger };
}

/** True if a state is only an intermediate state of a step. */
function isPassed(kind: KindTables, machine: string, state: string): boolean {
  const all = kind.machines[machine]?.transitions ?? [];
  return all.some(({ to, settles }) => to === state && settles !== undefined && settles !== to);
}

/** The moves from an intermediate state by a listed move of the infrastructure, and on by another one. */
function wayOut(kind: KindTables, machine: string, from: string, to: string): readonly Move[] | undefined {
  if (!isPassed(kind, machine, from)) return undefined;
  const all = (kind.machines[machine]?.transitions ?? []).filter(({ by }) => by === 'world');
  const outs = all.filter((out) => out.from === from && all.some((on) => on.from === out.to && on.to === to));
  const out = outs.find(({ trigger }) => trigger === INTERRUPTED) ?? outs[0];
  if (out === undefined) return undefined;
  return [
    moveOf(kind, { machine, from, to: out.to, by: 'world', trigger: INTERRUPTED }),
    moveOf(kind, { machine, from: out.to, to, by: 'world' }),
  ];
}

/**
 * The moves between two refreshes: one listed move; or into and out of a step that failed meanwhile; or out of an
 * interrupted step, and on; or one that the spec does not have. `via` has the known intermediate states.
 */
export function movesBetween(
  kind: KindTables,
  { machine, from, to }: Between,
  { failed, via = [] }: Way = {},
): readonly Move[] {
  if (from === to) return [];
  if (via.length > 0)
    return [...via, to].map((stop, i) => moveOf(kind, { machine, from: via[i - 1] ?? from, to: stop, by: 'world' }));
  const direct = moveOf(kind, { machine, from, to, by: 'world', trigger: INTERRUPTED });
  if (direct.unlisted !== true) return [direct];
  const step = failed === undefined ? undefined : stepParts(failed);
  if (step?.from === from && (step.machine ?? firstMachine(kind)) === machine && isPassed(kind, machine, step.to)) {
    const detour = [
      moveOf(kind, { machine, from, to: step.to, by: 'fettle' }),
      moveOf(kind, { machine, from: step.to, to, by: 'world', trigger: ERROR }),
    ];
    if (detour.every(({ unlisted }) => unlisted !== true)) return detour;
  }
  return wayOut(kind, machine, from, to) ?? [direct];
}

/** The moves of a step that is done: to its target, and on to its settled state. An edit has no moves. */
export function movesOf(kind: KindTables, step: Step, settled: string): readonly Move[] {
  const parts = stepParts(step);
  const machine = parts.machine ?? firstMachine(kind);
  const stops = [parts.from, parts.to, settled].filter((state, i, all) => i === 0 || state !== all[i - 1]);
  return stops.slice(1).map((to, i) => moveOf(kind, { machine, from: stops[i] ?? to, to, by: 'fettle' }));
}

/**
 * The moves of a failed step, and the resulting state: if a refresh shows the state before, the one that the spec has
 * as `fails`; if it shows another state, the moves to it.
 */
export function movesOfFailure(
  kind: KindTables,
  step: Step,
  seen: string,
): { readonly state: string; readonly moves: readonly Move[] } {
  const { from, to, machine = firstMachine(kind) } = stepParts(step);
  const fails = stepTransition(kind, step)?.fails;
  if (seen !== from) {
    const moves = movesOf(kind, step, seen);
    const known = moves.every(({ unlisted }) => unlisted !== true);
    return { state: seen, moves: known ? moves : movesBetween(kind, { machine, from, to: seen }) };
  }
  if (fails === undefined) return { state: seen, moves: [] };
  const moves = [
    moveOf(kind, { machine, from, to, by: 'fettle' }),
    moveOf(kind, { machine, from: to, to: fails, by: 'world', trigger: ERROR }),
  ];
  return { state: fails, moves };
}

/** The moves of an interrupted step to the state that a refresh shows. */
export function movesOfUndone(kind: KindTables, step: Step, seen: string): readonly Move[] {
  const { from, to, machine = firstMachine(kind) } = stepParts(step);
  if (from === to) return movesBetween(kind, { machine, from, to: seen });
  const begun = moveOf(kind, { machine, from, to, by: 'fettle' });
  if (seen === to) return [begun];
  const back = moveOf(kind, { machine, from: to, to: seen, by: 'world', trigger: INTERRUPTED });
  return back.trigger === INTERRUPTED ? [begun, back] : movesBetween(kind, { machine, from, to: seen });
}

/**
 * True if the infrastructure can move a resource from one state to another, in any number of moves, without absence.
 */
export function worldLeadsTo(kind: KindTables, machineName: string | undefined, from: string, to: string): boolean {
  const machine = kind.machines[machineName ?? firstMachine(kind)];
  const reached = new Set([from]);
  for (const state of reached) {
    if (state === to) return true;
    if (state === ABSENT && from !== ABSENT) continue;
    for (const move of machine?.transitions ?? []) {
      if (move.by === 'world' && move.from === state) reached.add(move.to);
    }
  }
  return false;
}

/** True if a state is transient: dependents of the resource wait until the infrastructure has left it. */
export function isUnsettled(kind: KindTables, state: string): boolean {
  const machine = kind.machines[firstMachine(kind)];
  return machine?.transitions.some((each) => each.from === state && each.withinMs !== undefined) ?? false;
}
