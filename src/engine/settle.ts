/**
 * Settle: closes the intents that an earlier run left open, by what is seen now.
 *
 * | intent | seen now | outcome |
 * |---|---|---|
 * | removal | nothing | done |
 * | removal | it is there | undone: it is proposed again if it is still wanted |
 * | creation | it is there | done, and ours: the intent came before it |
 * | creation | nothing | undone |
 * | update | in the state where the step settles, and as the intent wanted it | done |
 * | update | in a state to which the world leads from there alone, and not from before the step | done |
 * | update | anything else | undone: the next step starts from what is seen |
 * | any | covered by a gap, or by a run that goes on | stays open |
 * | any | nothing, in a kind of which far too much is missing (`doubted`: `plugin/Kind`) | stays open |
 *
 * No failure is counted for any of it: nobody knows that one happened.
 */

import { guarded } from './guard.ts';
import { withIgnored } from './ignored.ts';
import { movesBetween, movesOf, movesOfUndone, stateFor, worldLeadsTo } from './lifecycle.ts';
import { noteOf, type Refreshed } from './note.ts';
import {
  ABSENT,
  type Desired,
  type FieldChange,
  firstMachine,
  type OpenIntent,
  type Scene,
  settlesIn,
  stepParts,
  stepTransition,
  type KnownResource,
  isAbsent,
  isSeen,
  isKnown,
  seenState,
} from '#plugin';
import type { Draft, Move } from '../formats/log-record.ts';

/** A step as it was planned, with its fields where they are known. */
type Planned = Pick<OpenIntent, 'step' | 'goal'> & { readonly fields?: readonly FieldChange[] };

/**
 * Whether what is seen is what a step was to bring about. A resource that needs the same step once more, for other
 * fields, has taken this one.
 */
export function isAsPlanned(resource: KnownResource, intent: Planned, spec: unknown, scene: Scene): boolean {
  const { kind, tables } = resource;
  const { machine, from, to } = stepParts(intent.step);
  const transition = stepTransition(tables, intent.step);
  const settles = transition === undefined ? to : settlesIn(transition);
  if (isAbsent(resource)) return settles === ABSENT;
  if (settles === ABSENT) return false;
  const state = stateFor(resource, intent.step);
  if (state !== settles) {
    if (!worldLeadsTo(tables, machine, settles, state)) return false;
    // The world may have moved it on since; where it leads there from before the step too, nothing speaks for the step.
    if (intent.goal === 'update' && worldLeadsTo(tables, machine, from, state)) return false;
  }
  if (intent.goal === 'remove' || from !== to || resource.desired === undefined) return true;
  const wanted: Desired = { ...resource.desired, spec };
  const next = kind.diff(withIgnored({ ...resource, desired: wanted }), scene);
  if (next?.step !== intent.step) return true;
  const fields = new Set(intent.fields?.map(({ path }) => path));
  return fields.size > 0 && next.fields?.some(({ path }) => fields.has(path)) !== true;
}

function isDone(resource: KnownResource, open: OpenIntent, scene: Scene): boolean {
  if (open.goal === 'create') return isSeen(resource);
  if (open.applied?.spec === undefined) return isAsPlanned(resource, open, resource.desired?.spec, scene);
  const desired: Desired = resource.desired ?? {
    ref: resource.ref,
    spec: open.applied.spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: '', line: 1, column: 1 },
  };
  return isAsPlanned({ ...resource, desired }, open, open.applied.spec, scene);
}

function movesTo(resource: KnownResource, open: OpenIntent, done: boolean): readonly Move[] {
  const { tables } = resource;
  const { machine, from } = stepParts(open.step);
  const seen = stateFor(resource, open.step);
  const before = machine === undefined ? (resource.memory?.state ?? ABSENT) : resource.memory?.others?.[machine];
  if (before === from) return done ? movesOf(tables, open.step, seen) : movesOfUndone(tables, open.step, seen);
  return before === undefined
    ? []
    : movesBetween(tables, { machine: machine ?? firstMachine(tables), from: before, to: seen });
}

/** One outcome record for each open intent that a look settles. */
export function settle({ resources, scene, run, doubted, failures }: Refreshed): readonly Draft[] {
  const drafts: Draft[] = [];
  for (const [address, resource] of resources) {
    const open = resource.memory?.open;
    if (open === undefined || !isKnown(resource)) continue;
    if (isAbsent(resource) && doubted.has(`${resource.ref.plugin}/${resource.ref.kind}`)) continue;
    const found = guarded(address, failures, () => ({
      done: isDone(resource, open, scene),
      kept: noteOf(resource, scene),
    }));
    // Nobody can say how it ended: it stays open.
    if (found === undefined) continue;
    const { done, kept } = found;
    const state = seenState(resource);
    drafts.push({
      kind: 'outcome',
      body: {
        run,
        ref: resource.ref,
        intent: open.seq,
        outcome: done ? 'done' : 'undone',
        settled: true,
        state,
        moves: movesTo(resource, open, done),
        // Also of a step that came to nothing in the end: what it did before is seen, and nothing later tells whose it is.
        ...(Object.keys(kept).length === 0 ? {} : { kept, version: resource.tables.memoryVersion }),
      },
    });
  }
  return drafts;
}
