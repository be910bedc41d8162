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

import { type Failures, guarded } from './guard.ts';
import { withIgnored } from './ignored.ts';
import { movesBetween, movesOf, movesOfUndone, stateFor, worldLeadsTo } from './lifecycle.ts';
import { noteOf } from './note.ts';
import {
  ABSENT,
  type Desired,
  type FieldChange,
  firstMachine,
  type Kind,
  type KindTables,
  type OpenIntent,
  type Pair,
  type Plugin,
  type Scene,
  settlesIn,
  stepParts,
  stepTransition,
} from '#plugin';
import type { Draft, Move } from '../formats/log-record.ts';

/** A step as it was planned, with its fields where they are known. */
type Planned = Pick<OpenIntent, 'step' | 'goal'> & { readonly fields?: readonly FieldChange[] };

/**
 * Whether what is seen is what a step was to bring about. A resource that needs the same step once more, for other
 * fields, has taken this one.
 */
export function isAsPlanned(
  pair: Pair,
  intent: Planned,
  spec: unknown,
  kind: Kind<unknown>,
  tables: KindTables,
  scene: Scene,
): boolean {
  const { machine, from, to } = stepParts(intent.step);
  const transition = stepTransition(tables, intent.step);
  const settles = transition === undefined ? to : settlesIn(transition);
  if (settles === ABSENT) return pair.observed === undefined;
  if (pair.observed === undefined) return false;
  const state = machine === undefined ? pair.observed.state : (pair.observed.others?.[machine] ?? ABSENT);
  if (state !== settles) {
    if (!worldLeadsTo(tables, machine, settles, state)) return false;
    // The world may have moved it on since; where it leads there from before the step too, nothing speaks for the step.
    if (intent.goal === 'update' && worldLeadsTo(tables, machine, from, state)) return false;
  }
  if (intent.goal === 'remove' || from !== to || pair.desired === undefined) return true;
  const wanted: Desired = { ...pair.desired, spec };
  const next = kind.diff(withIgnored({ ...pair, desired: wanted }, kind), scene);
  if (next?.step !== intent.step) return true;
  const fields = new Set(intent.fields?.map(({ path }) => path));
  return fields.size > 0 && next.fields?.some(({ path }) => fields.has(path)) !== true;
}

function isDone(pair: Pair, open: OpenIntent, kind: Kind<unknown>, tables: KindTables, scene: Scene): boolean {
  if (open.goal === 'create') return pair.observed !== undefined;
  if (open.applied?.spec === undefined) return isAsPlanned(pair, open, pair.desired?.spec, kind, tables, scene);
  const desired: Desired = pair.desired ?? {
    ref: pair.ref,
    spec: open.applied.spec,
    meta: { labels: {}, lifecycle: { ignore: [] } },
    needs: [],
    source: { file: '', line: 1, column: 1 },
  };
  return isAsPlanned({ ...pair, desired }, open, open.applied.spec, kind, tables, scene);
}

function movesTo(pair: Pair, open: OpenIntent, done: boolean, tables: KindTables): readonly Move[] {
  const { machine, from } = stepParts(open.step);
  const seen = stateFor(pair, open.step);
  const before = machine === undefined ? (pair.memory?.state ?? ABSENT) : pair.memory?.others?.[machine];
  if (before === from) return done ? movesOf(tables, open.step, seen) : movesOfUndone(tables, open.step, seen);
  return before === undefined ? [] : movesBetween(tables, machine ?? firstMachine(tables), before, seen, undefined);
}

/** One outcome record for each open intent that a look settles. */
export function settle(
  pairs: ReadonlyMap<string, Pair>,
  plugins: ReadonlyMap<string, Plugin>,
  scene: Scene,
  run: string,
  doubted: ReadonlySet<string>,
  failures: Failures,
): readonly Draft[] {
  const drafts: Draft[] = [];
  for (const [address, pair] of pairs) {
    const open = pair.memory?.open;
    const plugin = plugins.get(pair.ref.plugin);
    const kind = plugin?.kinds[pair.ref.kind];
    const tables = plugin?.tables.kinds[pair.ref.kind];
    if (open === undefined || kind === undefined || tables === undefined) continue;
    if (pair.observed === undefined && pair.gap !== undefined) continue;
    if (pair.observed === undefined && doubted.has(`${pair.ref.plugin}/${pair.ref.kind}`)) continue;
    const found = guarded(address, failures, () => ({
      done: isDone(pair, open, kind, tables, scene),
      kept: noteOf(kind, pair, scene),
    }));
    // Nobody can say how it ended: it stays open.
    if (found === undefined) continue;
    const { done, kept } = found;
    const state = pair.observed?.state ?? ABSENT;
    drafts.push({
      kind: 'outcome',
      body: {
        run,
        ref: pair.ref,
        intent: open.seq,
        outcome: done ? 'done' : 'undone',
        settled: true,
        state,
        moves: movesTo(pair, open, done, tables),
        // Also of a step that came to nothing in the end: what it did before is seen, and nothing later tells whose it is.
        ...(Object.keys(kept).length === 0 ? {} : { kept, version: tables.memoryVersion }),
      },
    });
  }
  return drafts;
}
