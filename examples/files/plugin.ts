/** A complete plugin: text files with declared content. */

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  codeOf,
  counted,
  defineKind,
  definePlugin,
  errorText,
  type Gap,
  type Memory,
  type Observed,
  observedOf,
  pass,
  reject,
  seenFacts,
} from 'fettle/plugin';
import { type FileMemory, type FileRuleId, type FileSpec, type FileStep, tables } from './generated.ts';
import { placeOf, type World } from './world.ts';

/** Facts of an existing file. */
interface FileFacts {
  readonly content: string;
}

const MOST_LINES = 1000;

/** Writes a whole file atomically, or keeps the old one. */
async function write(world: World, { path, content }: FileSpec): Promise<Partial<FileMemory>> {
  const place = placeOf(world, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(`${place}.new`, content);
  await rename(`${place}.new`, place);
  return { path };
}

function declared(desired: { readonly spec: FileSpec } | undefined): FileSpec {
  if (desired === undefined) throw new Error('The file is not declared');
  return desired.spec;
}

const file = defineKind<World, FileSpec, FileFacts, FileMemory, FileStep, FileRuleId>({
  diff(resource) {
    const { desired } = resource;
    const observed = observedOf(resource);
    if (desired === undefined) return { step: 'present>absent', goal: 'remove', because: 'no longer declared' };
    if (observed === undefined) return { step: 'absent>present', goal: 'create', because: 'the file does not exist' };
    const [before, after] = [observed.facts.content, desired.spec.content];
    if (before === after) return undefined;
    const fields = [{ path: '/content', before, after }];
    return { step: 'present>present', goal: 'update', because: 'the content differs', fields };
  },
  seen: ({ sight }) => ({ content: sight.observed.facts.content }),
  note: ({ desired, sight }) => (desired === undefined || sight.is === 'absent' ? {} : { path: desired.spec.path }),
  rules: {
    'keeps-lines': (_change, resource) => {
      const { desired } = resource;
      const lines = seenFacts(resource)?.content.split('\n').length ?? 0;
      const facts = { lines, most: MOST_LINES };
      if (lines <= MOST_LINES || desired?.spec.content !== '') return pass('The content is kept', facts);
      const remedy = { outside: 'Declare the content, or delete the document to remove the file' };
      return reject(`The change would empty a file with ${counted(lines, 'line')}`, facts, { remedy });
    },
  },
  handlers: {
    'absent>present': (world, { desired }) => write(world, declared(desired)),
    'present>present': (world, { desired }) => write(world, declared(desired)),
    'present>absent': async (world, { memory }) => {
      if (memory?.kept.path === undefined) throw new Error('The path of the file is not in state');
      await rm(placeOf(world, memory.kept.path), { force: true });
      return undefined;
    },
  },
});

const open = async (world: World): Promise<World> => ({ folder: world.folder });

export const plugin = definePlugin<World, World>({
  name: 'files',
  tables,
  validators: async () => (await import('./generated.validators.js')).validators,
  kinds: { File: file },
  openReader: open,
  openWriter: open,
  commands: async () => (await import('./commands.ts')).commands,
  async observe(world, { desired, memory, now, progress }) {
    const kept = (memory as readonly Memory<FileMemory>[]).map(({ ref, kept: { path } }) => ({ ref, path }));
    const wanted = desired.map(({ ref, spec }) => ({ ref, path: (spec as FileSpec).path }));
    const places = new Map([...kept, ...wanted].map((each) => [each.ref.name, each]));
    const observed: Observed[] = [];
    const gaps: Gap[] = [];
    for (const { ref, path } of places.values()) {
      if (path === undefined) continue;
      try {
        const content = await readFile(placeOf(world, path), 'utf8');
        const empty = { ref, code: 'empty-file', severity: 'info', message: 'The file is empty', facts: {} } as const;
        observed.push({ ref, state: 'present', facts: { content }, findings: content === '' ? [empty] : [], at: now });
      } catch (error) {
        // A file that does not exist is not observed. A failed read is a gap, and nothing that it covers is removed.
        if (codeOf(error) !== 'ENOENT') gaps.push({ plugin: 'files', refs: [ref], endpoint: path, message: errorText(error) });
      }
      progress(observed.length + gaps.length, places.size);
    }
    return { observed, gaps, at: now };
  },
});
