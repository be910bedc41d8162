/** Explain: all that is known about one resource, why its next step may or may not be taken, and what would change that. */

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
import { overdue } from './rules.ts';
import { holdOf } from './safety-inputs.ts';
import { scheduleOf } from './schedule.ts';

/** A way out of the present state, as the spec has it. */
export interface WayOut {
  readonly machine: string;
  readonly transition: Transition;
  /** Until when the infrastructure should have gone it: epoch ms. */
  readonly dueAt?: number;
}

/** All that is known about one resource. */
export interface Explained {
  readonly resource: Resource;
  /** Of its kind. */
  readonly summary: string;
  readonly state: string;
  /** Since when it is in that state, and when it should have left it: epoch ms. */
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
  /** Absent: there is nothing to do. */
  readonly action?: Action;
  readonly findings: readonly Finding[];
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

/** Explains one resource of a reconciliation; undefined when it is neither declared, nor seen, nor in state. */
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
    records,
    head: sealed.head,
  });
}
