/** Explain: all that is known about one resource, why its next step may or may not be taken, and what would change that. */

import { remedyJson } from './seal.ts';
import { gapScope } from './gap.ts';
import { ABSENT, firstMachine } from './lifecycle.ts';
import type { Plan, PlanRemedy } from './plan.ts';
import {
  type Action,
  type FieldChange,
  formatRef,
  instantText,
  type Json,
  type Judgement,
  type Resource,
  type Ref,
  type Transition,
} from '#plugin';
import type { Reconciled } from './reconcile.ts';
import type { LogRecord } from './record.ts';
import { overdue } from './rules.ts';
import { holdOf } from './safety-inputs.ts';
import { clearsAt, standing } from './standing.ts';

export const EXPLANATION_FORMAT = '1.0';

/** A way out of the present state, as the spec has it. */
export interface WayOut {
  readonly machine: string;
  readonly to: string;
  readonly by: 'fettle' | 'world';
  readonly trigger: string;
  /** Until when the world ought to have gone it: ISO 8601. */
  readonly due_at?: string;
}

export interface RuleSaid {
  readonly rule: string;
  readonly outcome: Judgement['outcome'];
  readonly message: string;
  readonly facts: Readonly<Record<string, Json>>;
  readonly clears_at?: string;
  readonly remedy?: PlanRemedy;
  readonly overridable: boolean;
  /** The reason of an override that passes it by. */
  readonly overridden?: string;
}

/** One thing that would let a refused step through. */
export interface Way {
  readonly rule: string;
  readonly do: 'wait' | 'set' | 'outside' | 'override';
  readonly text: string;
}

export interface Explanation {
  readonly format_version: string;
  readonly address: string;
  readonly type: string;
  readonly summary: string;
  readonly source?: { readonly filename: string; readonly line: number; readonly column: number };
  readonly written: boolean;
  readonly seen: boolean;
  /** Why it could not be looked at. */
  readonly gap?: { readonly scope: string; readonly message: string };
  readonly state: string;
  readonly since?: string;
  readonly others?: Readonly<Record<string, string>>;
  /** It ought to have left that state by then. */
  readonly overdue_since?: string;
  readonly ways_out: readonly WayOut[];
  readonly values?: Json;
  readonly signals?: Json;
  readonly needs: readonly string[];
  readonly needed_by: readonly string[];
  readonly memory: {
    readonly owned: 'created' | 'adopted' | null;
    readonly protected: boolean;
    readonly on_remove: string;
    readonly hold?: string;
    readonly applied_at?: string;
    readonly failures: number;
    readonly last_error?: { readonly at: string; readonly step: string; readonly message: string };
    readonly open_intent?: { readonly step: string; readonly at: string; readonly run: string };
    /** A damaged log named it. */
    readonly unknown: boolean;
    readonly kept?: Json;
  };
  /** Absent: there is nothing to do. */
  readonly next?: {
    readonly step: string;
    readonly goal: string;
    readonly cause: string;
    readonly because: string;
    readonly verdict: Action['verdict'];
    readonly fields: readonly FieldChange[];
    readonly rules: readonly RuleSaid[];
    readonly ways: readonly Way[];
    /** When all that stands against it has cleared by itself. */
    readonly clears_at?: string;
    readonly after: readonly string[];
  };
  readonly findings: Plan['checks'];
  readonly records: readonly LogRecord[];
  readonly log_head?: Plan['log_head'];
}

function waysOut(resource: Resource): readonly WayOut[] {
  const { tables } = resource;
  const states: Readonly<Record<string, string>> = {
    [firstMachine(tables)]: resource.sight.observed?.state ?? ABSENT,
    ...resource.sight.observed?.others,
  };
  const { since, state } = resource.memory ?? {};
  const dueOf = ({ by, withinMs, from }: Transition): { readonly due_at?: string } =>
    by === 'world' && withinMs !== undefined && since !== undefined && state === from
      ? { due_at: instantText(Date.parse(since) + withinMs) }
      : {};
  return Object.entries(tables.machines).flatMap(([machine, { transitions }]) =>
    transitions
      .filter(({ from }) => from === states[machine])
      .map((transition) => ({
        machine,
        to: transition.to,
        by: transition.by,
        trigger: transition.trigger,
        ...dueOf(transition),
      })),
  );
}

function said(judgement: Judgement): RuleSaid {
  const { rule, outcome, message, facts, clearsAt: clears, remedy, overridable, overridden } = judgement;
  return {
    rule,
    outcome,
    message,
    facts,
    ...(clears === undefined ? {} : { clears_at: instantText(clears) }),
    ...remedyJson(remedy, clears),
    overridable,
    ...(overridden === undefined ? {} : { overridden }),
  };
}

/** Everything that would let a refused action through, rule by rule: all of them have to be met. */
function waysOf(action: Action): readonly Way[] {
  const address = formatRef(action.change.ref);
  return standing(action).flatMap(({ rule, remedy, clearsAt: clears, overridable }): readonly Way[] => {
    return [
      ...(clears === undefined ? [] : [{ rule, do: 'wait' as const, text: `until ${instantText(clears)}` }]),
      ...(remedy?.set === undefined
        ? []
        : [
            {
              rule,
              do: 'set' as const,
              text: `${remedy.set.path.slice(1).replaceAll('/', '.')}: ${JSON.stringify(remedy.set.value)}`,
            },
          ]),
      ...(remedy?.outside === undefined ? [] : [{ rule, do: 'outside' as const, text: remedy.outside }]),
      ...(overridable
        ? [{ rule, do: 'override' as const, text: `fettle apply --override ${rule}@${address} --reason "…"` }]
        : []),
    ];
  });
}

function nextOf(action: Action): NonNullable<Explanation['next']> {
  const { change, judgements, verdict, after } = action;
  const clears = clearsAt(action);
  return {
    step: change.step,
    goal: change.goal,
    cause: change.cause,
    because: change.because,
    verdict,
    fields: change.fields.map(({ path, before, after, secret }) =>
      secret === true
        ? { path, secret }
        : { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ),
    rules: judgements.map(said),
    ways: waysOf(action),
    ...(clears === undefined ? {} : { clears_at: instantText(clears) }),
    after,
  };
}

function memoryOf(resource: Resource, onRemove: string): Explanation['memory'] {
  const { memory, desired } = resource;
  const hold = holdOf(resource);
  return {
    owned: resource.owned ? (memory?.owned ?? null) : null,
    protected: memory?.protect === true || desired?.meta.lifecycle.protect === true,
    on_remove: desired?.meta.lifecycle.onRemove ?? memory?.onRemove ?? onRemove,
    ...(hold === undefined ? {} : { hold }),
    ...(memory?.applied === undefined ? {} : { applied_at: memory.applied.at }),
    failures: memory?.failures ?? 0,
    ...(memory?.lastError === undefined
      ? {}
      : { last_error: { at: memory.lastError.at, step: memory.lastError.step, message: memory.lastError.message } }),
    ...(memory?.open === undefined
      ? {}
      : { open_intent: { step: memory.open.step, at: memory.open.at, run: memory.open.run } }),
    unknown: memory?.unknown === true,
    ...(memory === undefined || Object.keys(memory.kept).length === 0 ? {} : { kept: memory.kept as Json }),
  };
}

/** Explains one resource of a reconciliation; undefined when it is neither written, nor seen, nor remembered. */
export function explain(
  reconciled: Reconciled,
  ref: Ref,
  neededBy: readonly string[],
  records: readonly LogRecord[],
): Explanation | undefined {
  const address = formatRef(ref);
  const resource = reconciled.resources.get(address);
  if (resource === undefined) return undefined;
  const { plan, scene, actions } = reconciled;
  const { sight, tables, desired, memory } = resource;
  const { observed } = sight;
  const action = actions.get(address);
  const late = overdue(resource, scene.now);
  const state = observed?.state ?? (sight.is === 'absent' ? ABSENT : (memory?.state ?? 'not known'));
  return {
    format_version: EXPLANATION_FORMAT,
    address,
    type: `${ref.plugin}/${ref.kind}`,
    summary: tables.summary,
    ...(desired === undefined
      ? {}
      : {
          source: { filename: desired.source.file, line: desired.source.line, column: desired.source.column },
        }),
    written: desired !== undefined,
    seen: sight.is === 'seen',
    ...(sight.is === 'unseen' ? { gap: { scope: gapScope(sight.gap), message: sight.gap.message } } : {}),
    state,
    ...(memory?.since === undefined || memory.state !== state ? {} : { since: memory.since }),
    ...(observed?.others === undefined ? {} : { others: observed.others }),
    ...(late === undefined ? {} : { overdue_since: instantText(late.dueAt) }),
    ways_out: waysOut(resource),
    ...(observed === undefined ? {} : { values: observed.facts as Json }),
    ...(observed?.signals === undefined ? {} : { signals: observed.signals }),
    needs: desired?.needs.map(formatRef) ?? memory?.needs ?? [],
    needed_by: neededBy,
    memory: memoryOf(resource, tables.onRemove),
    ...(action === undefined ? {} : { next: nextOf(action) }),
    findings: plan.checks.filter((check) => check.address === address),
    records,
    ...(plan.log_head === undefined ? {} : { log_head: plan.log_head }),
  };
}
