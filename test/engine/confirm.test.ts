/** Confirmation of findings: counts over refreshes, runs, gaps and codes. */

import { expect, it } from 'vitest';
import type { Finding, Memory } from '#plugin';
import { confirmFindings } from '../../src/engine/confirm.ts';
import { type Given, resourceWith } from '../support/resource.ts';
import { addressOf, item, START } from '../support/toy.ts';

const NOW = START + 60_000;
const ENTRY = { address: 'toy/Item/*', findings: ['odd', 'even'], after: 3 };

function found(code: string): Finding {
  return { ref: item('a'), code, severity: 'error', message: '', facts: {} };
}

function memory(repeats?: Memory['repeats']): Memory {
  return { ref: item('a'), version: 1, kept: {}, ...(repeats === undefined ? {} : { repeats }) };
}

interface Case {
  readonly memory?: Memory;
  readonly again?: boolean;
  readonly at?: number;
  readonly given?: Partial<Given>;
  readonly after?: number;
}

/** The count in the state, and the progress of a pending finding, after a refresh that finds `code`. */
function counts(code: string, { memory: known, again = false, at = NOW, given, after = 3 }: Case) {
  const finding = found(code);
  const observed = { ref: item('a'), state: 'ready', facts: {}, findings: [], at };
  const parts = { ref: item('a'), ...(known === undefined ? {} : { memory: known }), ...(given ?? { observed }) };
  const { pending, repeats } = confirmFindings({
    findings: [finding],
    resources: new Map([[addressOf('a'), resourceWith(parts)]]),
    confirm: [{ ...ENTRY, after }],
    recordedAt: START,
    again,
  });
  return [repeats.get(addressOf('a')), pending.get(finding)?.seen];
}

it.each<[string, Case, string, unknown]>([
  ['a first refresh', { memory: memory() }, 'odd', [{ odd: 1 }, 1]],
  ['a second one', { memory: memory({ odd: 1 }) }, 'odd', [{ odd: 2 }, 2]],
  ['the last one', { memory: memory({ odd: 2 }) }, 'odd', [{ odd: 3 }, undefined]],
  ['one after it', { memory: memory({ odd: 3 }) }, 'odd', [{ odd: 3 }, undefined]],
  ['another code of the entry', { memory: memory({ even: 1 }) }, 'odd', [{ odd: 2 }, 2]],
  ['a code that no entry has', { memory: memory({ other: 1 }) }, 'other', [undefined, undefined]],
  ['a further refresh of the run', { memory: memory({ odd: 1 }), again: true }, 'odd', [{ odd: 1 }, 1]],
  ['a further refresh, which is the first with the finding', { memory: memory(), again: true }, 'odd', [{ odd: 1 }, 1]],
  ['an observation of an earlier refresh', { memory: memory({ odd: 2 }), at: START }, 'odd', [{ odd: 2 }, 2]],
  ['a limit that was raised', { memory: memory({ odd: 3 }), after: 5 }, 'odd', [{ odd: 4 }, 4]],
  ['a limit that was lowered', { memory: memory({ odd: 3 }), after: 2 }, 'odd', [{ odd: 2 }, undefined]],
  ['a resource that is not in the state', {}, 'odd', [undefined, undefined]],
  [
    'a resource that could not be read',
    { memory: memory({ odd: 1 }), given: { gap: { plugin: 'toy', message: 'no answer' } } },
    'odd',
    [undefined, undefined],
  ],
])('%s', (_name, given, code, expected) => {
  expect(counts(code, given)).toEqual(expected);
});
