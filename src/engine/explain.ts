/** Explain: one resource with its state, the verdicts on its next step, and their remedies. */

import {
  type Action,
  type Facts,
  type Finding,
  firstMachine,
  formatRef,
  type OnRemove,
  type Resource,
  type Ref,
  type Transition,
  defined,
  seenState,
  isSeen,
  isAbsent,
} from '#plugin';
import type { Head } from '../store/store.ts';
import type { Reconciled } from './reconcile.ts';
import type { LogRecord } from '../formats/log-record.ts';
import type { PendingFinding } from './confirm.ts';
import type { SuppressedFinding } from './suppress.ts';
import { overdue } from './rules.ts';
import { holdOf } from './safety-inputs.ts';
import { scheduleOf } from './schedule.ts';

/** A transition from the present state, from the spec. */
export interface WayOut {
  readonly machine: string;
  readonly transition: Transition;
  /** Time by which the infrastructure should have made the transition: epoch ms. */
  readonly dueAt?: number;
}

/** The explanation of one resource. */
export interface Explained {
  readonly resource: Resource;
  /** Summary of the kind. */
  readonly summary: string;
  readonly state: string;
  /** Start of the present state, and the time by which it should have ended: epoch ms. */
  readonly since?: number;
  readonly overdueSince?: number;
  readonly waysOut: readonly WayOut[];
  readonly owned?: 'created' | 'adopted';
  readonly isProtected: boolean;
  readonly onRemove: OnRemove;
  readonly hold?: string;
  readonly schedule?: Facts;
  readonly needs: readonly string[];
  readonly neededBy: readonly string[];
  /** Absent if the resource needs no step. */
  readonly action?: Action;
  readonly findings: readonly Finding[];
  /** Findings that do not count yet. */
  readonly pending: readonly PendingFinding[];
  readonly suppressed: readonly SuppressedFinding[];
  readonly records: readonly LogRecord[];
  readonly head?: Head;
}

function waysOut(resource: Resource): readonly WayOut[] {
  const { tables, memory } = resource;
  const states: Readonly<Record<string, string | undefined>> = {
    [firstMachine(tables)]: seenState(resource) ?? memory?.state,
    ...(isSeen(resource) ? resource.sight.observed.others : isAbsent(resource) ? {} : memory?.others),
  };
  const { since, state } = memory ?? {};
  const dueOf = ({ by, withinMs, from }: Transition): { readonly dueAt?: number } =>
    by === 'world' && withinMs !== undefined && since !== undefined && state === from
      ? { dueAt: since + withinMs }
      : {};
  return Object.entries(tables.machines).flatMap(([machine, { transitions }]) =>
    transitions
      .filter(({ from }) => from === states[machine])
      .map((transition) => ({ machine, transition, ...dueOf(transition) })),
  );
}

/** Explains one resource of a reconciliation; undefined if it is not declared, seen or in the state. */
export function explain(
  reconciled: Reconciled,
  ref: Ref,
  neededBy: readonly string[],
  records: readonly LogRecord[],
): Explained | undefined {
  const address = formatRef(ref);
  const resource = reconciled.resources.get(address);
  if (resource === undefined) return undefined;
  const { sealed, scene, actions } = reconciled;
  const { tables, desired, memory } = resource;
  const action = actions.get(address);
  const late = overdue(resource, scene.now);
  const state = seenState(resource) ?? memory?.state ?? 'not known';
  const hold = holdOf(resource);
  return defined({
    resource,
    summary: tables.summary,
    state,
    since: memory?.state === state ? memory?.since : undefined,
    overdueSince: late?.dueAt,
    waysOut: waysOut(resource),
    owned: resource.owned ? memory?.owned : undefined,
    isProtected: memory?.protect === true || desired?.meta.lifecycle.protect === true,
    onRemove: desired?.meta.lifecycle.onRemove ?? memory?.onRemove ?? tables.onRemove,
    hold,
    schedule: scheduleOf(resource, scene.now),
    needs: desired?.needs.map(formatRef) ?? memory?.needs ?? [],
    neededBy,
    action,
    findings: sealed.findings.filter((finding) => formatRef(finding.ref) === address),
    pending: sealed.pending.filter(({ finding }) => formatRef(finding.ref) === address),
    suppressed: sealed.suppressed.filter(({ finding }) => formatRef(finding.ref) === address),
    records,
    head: sealed.head,
  });
}
