/** Commands under the name of the plugin, one of each kind: `fettle files list`. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  codeOf,
  counted,
  defineCommand,
  type Desired,
  formatRef,
  InputError,
  instantText,
  type Memory,
  namedResource,
  type PluginCommand,
  type Ref,
  type Resource,
} from 'fettle/plugin';
import type { FileMemory, FileSpec } from './generated.ts';
import { placeOf, type World } from './world.ts';

const name = { summary: 'Name of the File.', as: 'required' } as const;
const names = { summary: 'Names of the Files. Default: all of them.', as: 'rest' } as const;

interface Known {
  readonly desired: readonly Desired[];
  readonly memory: readonly Memory[];
}

/** The named Files; all declared ones without a name. */
function filesOf(words: readonly string[], known: Known): readonly Ref[] {
  return words.length === 0
    ? known.desired.map(({ ref }) => ref)
    : words.map((word) => namedResource('File', word, known));
}

function memoryOf(ref: Ref, { memory }: Known) {
  return (memory as readonly Memory<FileMemory>[]).find((each) => each.ref.name === ref.name);
}

/** The comparison of a refreshed File with its document. */
function resultOf({ sight, desired }: Resource): string {
  if (sight.is === 'unseen') return 'could not be read';
  if (sight.is === 'absent') return 'does not exist';
  const { content } = sight.observed.facts as { readonly content: string };
  return (desired?.spec as FileSpec | undefined)?.content === content ? 'as declared' : 'differs';
}

/** `show`: documents and state alone. */
const list = defineCommand({
  name: 'list',
  summary: 'List the Files in the state, with their reviews.',
  does: 'show',
  options: { reviewed: { summary: 'Only list reviewed Files.', kind: 'switch' } },
  show({ memory, flags: { reviewed } }) {
    const files = (memory as readonly Memory<FileMemory>[])
      .map(({ ref, state = 'absent', kept }) => ({ name: ref.name, state, reviewed_by: kept.reviewed_by ?? null }))
      .filter((file) => reviewed !== true || file.reviewed_by !== null);
    const lines = files.map((file) => `${file.name}  ${file.state}  ${file.reviewed_by ?? 'not reviewed'}`);
    return { lines: [...lines, counted(files.length, 'File')], facts: { files } };
  },
});

/** `refresh`: reads some resources now, and records the refresh. */
const check = defineCommand({
  name: 'check',
  summary: 'Refresh Files, and compare them with their documents.',
  does: 'refresh',
  words: { names },
  only: ({ words, ...known }) => filesOf(words.names, known),
  report(resources) {
    const results = resources.map((resource) => ({ name: resource.ref.name, result: resultOf(resource) }));
    const lines = results.map((each) => `${each.name}: ${each.result}`);
    return { lines, facts: { results }, failed: resources.some(({ sight }) => sight.is === 'absent') };
  },
});

/** `note`: a decision that only the state has. The move is a transition of the machine `review` in the spec. */
const review = defineCommand({
  name: 'review',
  summary: 'Record a review of the content of a File.',
  does: 'note',
  needsReason: true,
  words: { name },
  options: { until: { summary: 'End of the review.', kind: 'until', required: true } },
  decide({ words, flags: { until }, actor, ...known }) {
    const ref = namedResource('File', words.name, known);
    const isReviewed = memoryOf(ref, known)?.others?.['review'] === 'reviewed';
    const kept = { reviewed_by: actor, reviewed_until: instantText(until) };
    const moves = isReviewed ? [] : [{ machine: 'review', from: 'pending', to: 'reviewed', trigger: 'review' }];
    return {
      notes: [{ ref, kept, moves }],
      lines: [`${ref.name} is reviewed until ${kept.reviewed_until}`],
      facts: { name: ref.name, ...kept },
    };
  },
});

const unreview = defineCommand({
  name: 'unreview',
  summary: 'Withdraw the review of a File.',
  does: 'note',
  words: { name },
  decide({ words, ...known }) {
    const ref = namedResource('File', words.name, known);
    if (memoryOf(ref, known)?.others?.['review'] !== 'reviewed') throw new InputError(`${ref.name} is not reviewed`);
    return {
      notes: [
        {
          ref,
          kept: { reviewed_by: null, reviewed_until: null },
          moves: [{ machine: 'review', from: 'reviewed', to: 'pending', trigger: 'unreview' }],
        },
      ],
      lines: [`the review of ${ref.name} is withdrawn`],
      ask: `Withdraw the review of ${ref.name}?`,
    };
  },
});

/** `apply`: the same plan, rules and approval as `fettle apply --target`. */
const restore = defineCommand({
  name: 'restore',
  summary: 'Apply the documents of some Files.',
  does: 'apply',
  words: { names },
  targets: ({ words, ...known }) => filesOf(words.names, known).map(formatRef),
});

const EVERY_MS = 200;

/** `watch`: reads the infrastructure until it is interrupted. A word in front makes a group: `fettle files content …`. */
const watch = defineCommand({
  name: 'content watch',
  summary: 'Print the number of lines of a File whenever it changes, until the file is removed.',
  does: 'watch',
  words: { name },
  async watch(world: World, { words, signal, print, ...known }) {
    const ref = namedResource('File', words.name, known);
    const path = memoryOf(ref, known)?.kept.path;
    if (path === undefined) throw new InputError(`${ref.name} was never applied`);
    for (let before: string | undefined; !signal.aborted; ) {
      const content = await readFile(placeOf(world, path), 'utf8').catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (content === undefined) return print('removed', { lines: null });
      const lines = content.split('\n').length;
      if (content !== before) print(counted(lines, 'line'), { lines });
      before = content;
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  },
});

/** `run`: a program of the plugin, which opens what it needs by itself. */
const wait = defineCommand({
  name: 'wait',
  summary: 'Wait until a file with a path exists.',
  does: 'run',
  words: { path: { summary: 'Absolute path of the file.', as: 'required' } },
  async run({ words, signal, print }) {
    if (!isAbsolute(words.path)) throw new InputError(`${words.path} is not an absolute path`);
    while (!signal.aborted) {
      if (existsSync(words.path)) return print('found', { found: true });
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    print('stopped', { found: false });
  },
});

export const commands: readonly PluginCommand[] = [list, check, review, unreview, restore, watch, wait];
