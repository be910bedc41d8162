/** State notes: records the changes of the state that a command of a plugin decides, after checks against the spec. */

import {
  ABSENT,
  type Desired,
  type Facts,
  firstMachine,
  formatRef,
  InputError,
  isRecord,
  type KindTables,
  type Memory,
  type Plugin,
  type StateNote,
  type Validators,
} from '#plugin';
import type { Draft, Seen } from '../formats/log-record.ts';
import { plainJson } from './guard.ts';
import { asPartial, changedFacts, inRecords, MEMORY_LIMIT_BYTES } from './note.ts';
import type { Recall } from './remember.ts';

/** The state that notes refer to. */
export interface Noting {
  readonly plugin: Plugin;
  readonly validators: Validators;
  /** Declared resources, by address. */
  readonly desired: ReadonlyMap<string, Desired>;
  readonly recall: Recall;
  readonly run: string;
  /** True for a trial: a declared resource that no step has created yet can have fields, too. */
  readonly isTrial?: true;
}

/** One note, with its resource. */
interface Noted {
  readonly address: string;
  readonly kind: string;
  readonly tables: KindTables;
  readonly note: StateNote;
  readonly memory: Memory | undefined;
}

function mistake({ address }: Pick<Noted, 'address'>, message: string): Error {
  return new Error(`the plugin returned an invalid note for ${address}: ${message}`);
}

/** True if fettle takes steps on resources of the kind. The others are only refreshed. */
function takesSteps({ machines }: KindTables): boolean {
  return Object.values(machines).some(
    ({ transitions, edits }) => edits.length > 0 || transitions.some(({ by }) => by === 'fettle'),
  );
}

/** The resource of a note. Throws InputError if its state cannot be changed now. */
function notedOf(note: StateNote, { plugin, desired, recall, isTrial }: Noting): Noted {
  const { ref } = note;
  const address = formatRef(ref);
  const tables = plugin.tables.kinds[ref.kind];
  if (ref.plugin !== plugin.name || tables === undefined)
    throw mistake({ address }, `the plugin ${plugin.name} does not have this kind`);
  const memory = recall.resources.get(address);
  const isKnown =
    memory !== undefined ||
    (desired.has(address) && (!takesSteps(tables) || (isTrial === true && note.moves === undefined)));
  if (!isKnown) throw new InputError(`${address} is not in the state. Run \`fettle apply\` first`);
  if (memory?.open !== undefined)
    throw new InputError(`${address} has an open step (${memory.open.step}). Run \`fettle apply\` first to settle it`);
  return { address, kind: tables.base ?? ref.kind, tables, note, memory };
}

/** The kept fields that the note changes. Throws if the kind's memory schema does not have them so. */
function keptOf(noted: Noted, validators: Validators): Facts | undefined {
  if (noted.note.kept === undefined) return undefined;
  const kept = plainJson(noted.note.kept, 'the note', MEMORY_LIMIT_BYTES);
  if (!isRecord(kept)) throw mistake(noted, 'the kept fields are not an object');
  const validate = validators[`memory:${noted.kind}`];
  const set = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null));
  if (validate?.(structuredClone(set)) !== true) {
    const [first] = validate?.errors ?? [];
    throw mistake(noted, `kept${first?.instancePath ?? ''} ${first?.message ?? 'does not match the memory schema'}`);
  }
  for (const name of Object.keys(kept)) {
    validate({ [name]: null });
    if (validate.errors?.some(({ keyword, instancePath }) => keyword === 'additionalProperties' && instancePath === ''))
      throw mistake(noted, `the memory schema does not have the field ${name}`);
  }
  return changedFacts(kept, (noted.memory?.kept ?? {}) as Facts);
}

/** The states after the moves. Throws unless each is a transition by `world` that starts in the recorded state. */
function statesOf(noted: Noted): Pick<Seen, 'state' | 'others' | 'moves'> {
  const { tables, memory, note } = noted;
  const moves = note.moves ?? [];
  if (moves.length === 0) return {};
  const first = firstMachine(tables);
  const states = new Map(Object.entries({ ...memory?.others, [first]: memory?.state ?? ABSENT }));
  for (const { machine, from, to, trigger } of moves) {
    const text = `${machine}: ${from} > ${to} (${trigger})`;
    const recorded = states.get(machine);
    if (recorded !== undefined && recorded !== from)
      throw mistake(noted, `${text} does not start in the recorded state ${recorded}`);
    const isListed = tables.machines[machine]?.transitions.some(
      (each) => each.by === 'world' && each.from === from && each.to === to && each.trigger === trigger,
    );
    if (isListed !== true) throw mistake(noted, `${text} is not a transition of the spec by world`);
    if (machine === first && to === ABSENT)
      throw mistake(noted, `${text} ends in absence, which only a refresh records`);
    states.set(machine, to);
  }
  const { [first]: state, ...others } = Object.fromEntries(states);
  return {
    ...(state === undefined || state === (memory?.state ?? ABSENT) ? {} : { state }),
    ...(Object.keys(others).length === 0 ? {} : { others }),
    moves: moves.map(({ machine, from, to, trigger }) => ({ machine, from, to, trigger })),
  };
}

/**
 * The records of notes; none for those that change nothing. Throws an InputError for a resource whose state cannot be
 * changed now, and any other error for a note that its spec does not permit.
 */
export function noteDrafts(notes: readonly StateNote[], noting: Noting): readonly Draft[] {
  const known = new Set<string>();
  const changed = notes.flatMap((note): readonly Seen[] => {
    const noted = notedOf(note, noting);
    if (known.has(noted.address)) throw mistake(noted, 'the resource has two notes');
    known.add(noted.address);
    const kept = keptOf(noted, noting.validators);
    const states = statesOf(noted);
    if (kept === undefined && states.moves === undefined) return [];
    const version = noted.tables.memoryVersion;
    return [{ ref: note.ref, ...states, ...(kept === undefined ? {} : { kept, version }) }];
  });
  return changed.length === 0 ? [] : asPartial(inRecords(noting.run, changed, {}, []));
}
