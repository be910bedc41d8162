/** dns-persist-01: a record that a person writes once. Nothing is written here; an order needs the record to exist. */

import { InputError, listed } from '#plugin';
import { type Dns, LookUpError } from '../dns/lookup.ts';
import { persistMistake, persistName, type PersistQuestion, persistText } from '../persist.ts';
import { type Challenge, type Prepared, type Solver, valuesFor } from './solver.ts';

/** Records in one message: the state has 1000 characters of it. */
const MOST_SHOWN = 5;

function questionOf({ name, wildcard, kind, issuers, accountUri }: Challenge): PersistQuestion {
  if (kind === 'ip') throw new InputError(`${name} is an address, and DNS cannot prove an address. Use http01`);
  if (issuers === undefined || accountUri === undefined)
    throw new Error(`the challenge for ${name} has no names of the authority, or no account`);
  return { name, wildcard, issuers, accountUri };
}

/** One question for each name: a record for its wildcard permits the name itself. */
function distinct(questions: readonly PersistQuestion[]): readonly PersistQuestion[] {
  const byName = Map.groupBy(questions, ({ name }) => name.toLowerCase());
  return [...byName.values()].flatMap(([first, ...rest]) =>
    first === undefined ? [] : [{ ...first, wildcard: [first, ...rest].some(({ wildcard }) => wildcard) }],
  );
}

/** `now`: epoch ms. */
export function persistSolver({ ask }: Dns, now: () => number): Solver {
  const via = 'persist';
  /** The record that is missing, with the text to write; undefined if a record gives the permission. */
  const missing = async (question: PersistQuestion, signal: AbortSignal): Promise<string | undefined> => {
    const place = persistName(question.name);
    const answer = await ask('TXT', place, signal);
    if (answer.known === 'unknown')
      throw new LookUpError(`the TXT records of ${place} cannot be looked up: ${answer.reason}`);
    const texts = answer.known === 'some' ? answer.records : [];
    const mistakes = texts.map((text) => persistMistake(text, question, now()));
    if (mistakes.includes(undefined)) return undefined;
    const found =
      texts.length === 0 ? 'there is none' : `the present one ${listed(mistakes.map(String), 3, '; another ')}`;
    return `${place} needs a TXT record that permits this account: ${found}. Write ${JSON.stringify(persistText(question))}`;
  };
  return {
    type: 'dns-persist-01',
    via,
    prepare: async (challenges, { signal }): Promise<Prepared> => {
      const questions = distinct(challenges.map(questionOf));
      const wrong: string[] = [];
      for (const each of questions) wrong.push(...[(await missing(each, signal)) ?? []].flat());
      if (wrong.length > 0) throw new InputError(listed(wrong, MOST_SHOWN, '. '));
      return {
        via,
        values: questions.map((each) => ({ name: each.name, place: persistName(each.name), text: persistText(each) })),
      };
    },
    present: async (prepared) => void valuesFor(prepared, via),
    remove: async (prepared) => void valuesFor(prepared, via),
  };
}
