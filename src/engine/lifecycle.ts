/** Lifecycles as tables: which steps there are, where they settle, and which moves lie on the way. */

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

/** State of the machine that a step belongs to, as seen; `absent` for an absent resource. */
export function stateFor(resource: KnownResource, step: Step): string {
  const { machine } = stepParts(step);
  return machine === undefined ? seenState(resource) : (otherState(resource, machine) ?? ABSENT);
}

/** Triggers of moves out of a step that ended without success: it was broken off, or it failed. */
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

/** What is known of the way between two states. */
interface Way {
  /** The step that failed since the last refresh. */
  readonly failed?: Step | undefined;
  /** The states in between, oldest first. */
  readonly via?: readonly string[] | undefined;
}

/** The move between two states: one of who is meant where there is such, and among several the one of that trigger. */
function listed(machine: Machine, { from, to, by, trigger }: Wanted): Transition | undefined {
  const all = machine.transitions.filter((each) => each.from === from && each.to === to);
  const meant = all.filter((each) => each.by === by);
  return meant.find((each) => each.trigger === trigger) ?? meant[0] ?? all[0];
}

/** A move between two states, with its trigger, or marked where the table has no such move. */
export function moveOf(kind: KindTables, wanted: Wanted): Move {
  const { machine, from, to } = wanted;
  const table = kind.machines[machine];
  const transition = table === undefined ? undefined : listed(table, wanted);
  return transition === undefined
    ? { machine, from, to, trigger: 'unlisted', unlisted: true }
    : { machine, from, to, trigger: transition.trigger };
}

/** Whether a state is one that a step only passes through, on its way to where it settles. */
function isPassed(kind: KindTables, machine: string, state: string): boolean {
  const all = kind.machines[machine]?.transitions ?? [];
  return all.some(({ to, settles }) => to === state && settles !== undefined && settles !== to);
}

/** Out of a state that a step only passes through, by a listed move of the world, and on by another one. */
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
 * The moves by which a look finds a resource in another state: one that is listed; or, where a step failed since the
 * look before, into that step and out of it; or out of a step that was broken off, and on; or one that the spec does
 * not have. `via` are the states that it went through on the way, as the look knows them.
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

/** The moves of a step that is done: to its target, and on to where it settled. An edit moves nothing. */
export function movesOf(kind: KindTables, step: Step, settled: string): readonly Move[] {
  const parts = stepParts(step);
  const machine = parts.machine ?? firstMachine(kind);
  const stops = [parts.from, parts.to, settled].filter((state, i, all) => i === 0 || state !== all[i - 1]);
  return stops.slice(1).map((to, i) => moveOf(kind, { machine, from: stops[i] ?? to, to, by: 'fettle' }));
}

/**
 * The moves of a step that failed, and the state that it leads to: where a look finds the resource as it was before,
 * the one that the spec says (`fails`); where it is another state after all, the way there.
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

/** The moves of a step that was broken off, where a look finds the resource in a state. */
export function movesOfUndone(kind: KindTables, step: Step, seen: string): readonly Move[] {
  const { from, to, machine = firstMachine(kind) } = stepParts(step);
  if (from === to) return movesBetween(kind, { machine, from, to: seen });
  const begun = moveOf(kind, { machine, from, to, by: 'fettle' });
  if (seen === to) return [begun];
  const back = moveOf(kind, { machine, from: to, to: seen, by: 'world', trigger: INTERRUPTED });
  return back.trigger === INTERRUPTED ? [begun, back] : movesBetween(kind, { machine, from, to: seen });
}

/** Whether the world by itself leads from one state to another, in any number of moves; what goes in between is another resource. */
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

/** Whether a state is one that the world has to leave by itself: what depends on the resource waits. */
export function isUnsettled(kind: KindTables, state: string): boolean {
  const machine = kind.machines[firstMachine(kind)];
  return machine?.transitions.some((each) => each.from === state && each.withinMs !== undefined) ?? false;
}
