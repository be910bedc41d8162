/**
 * From paths to Desired: finds the files, reads every document, and checks each alone and all together.
 *
 * Mistakes of the user never throw; they come back as problems, all at once, each with its place. A document is turned
 * into plain data, checked and dropped before the next one is read; one whose text memory holds is not parsed again
 * (`document-texts.ts`). Mistakes across documents (a duplicate name, an unknown reference, a cycle) have lost their text by
 * then: the files concerned, and only those, are read again to find the place.
 *
 * | Stage | Per | Finds |
 * |---|---|---|
 * | `findFiles` | path | a path without files |
 * | `readText` | file | size, encoding, not a regular file |
 * | `soundDocuments`, `readDocuments` | document | YAML, limits, keys, tags, numbers |
 * | `checkDocument` | document | envelope, plugin, kind, schema of the spec, addresses |
 * | `declaring-files.ts` | file of another system | the same, for the resources that it declares |
 * | `link.ts` | all | duplicates, unknown references, cycles, the plugins' own checks |
 *
 * `source.file` of a Desired is relative to the folder, with `/`, if the file is inside the folder, and absolute otherwise:
 * `resolve(folder, dirname(source.file), path)` resolves a path inside the document.
 */

import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  type Desired,
  formatRef,
  type Json,
  leavesOf,
  type Plugin,
  type Position,
  type Problem,
  type ReadText,
  defined,
  isRecord,
  inAddressOrder,
} from '#plugin';
import type { Reserved } from '../places.ts';
import { checkDocument, type Known, needsOf, type PluginOf } from './check-document.ts';
import { takeDeclaringFiles } from './declaring-files.ts';
import { documentTexts, type RememberedTexts, soundDocuments } from './document-texts.ts';
import { offsetAt, readDocuments, type TextDocument, textMistake } from './documents.ts';
import { foreignOf, type ReadForeign, takeForeign, yamlVersionWarnings } from './foreign.ts';
import { limits } from './limits.ts';
import {
  type Declared,
  findCycles,
  findDuplicates,
  findPluginMistakes,
  findUnknown,
  type LinkMistake,
  placeWords,
} from './link.ts';
import { shorten, type TextMistake } from './mistake.ts';
import { openLookUp } from './look-up.ts';
import { notLoaded } from './not-loaded.ts';
import { findSharedPlaces } from './shared-places.ts';
import { documentTest, type Entry, findFiles, shownPath } from './paths.ts';
import { inOrder, located, positionAt, problemAt, problemOfText, type Source, sourceOf } from './problem-in.ts';
import { readText } from './read-text.ts';
import { sentOutside } from './sent-outside.ts';
import { findWithin } from './within-root.ts';

export interface LoadOptions {
  /** Absolute: the base of `paths`, and of the shown names of files. */
  readonly folder: string;
  /** Files, folders and patterns. */
  readonly paths: readonly string[];
  /** Plugins by name; a plugin is imported for its first document. */
  readonly plugins: ReadonlyMap<string, () => Promise<Plugin>>;
  /** Plugins that are configured and not loaded: their documents are set aside. */
  readonly unloaded?: ReadonlySet<string>;
  /** The plugins' parts of the configuration, validated, by their names. */
  readonly settings?: Readonly<Record<string, Json>>;
  /** Absolute: files whose real path is outside are problems, and not read. */
  readonly root?: string;
  /** Absolute: folders that must contain every file whose content is sent. */
  readonly fileRoots?: readonly string[];
  /** Places that no document may describe, in addition to the documents themselves. */
  readonly reserved?: readonly Reserved[];
  /** Values of earlier runs by text; without them, every document is parsed. */
  readonly remembered?: RememberedTexts;
  /** Accepts a path without documents. */
  readonly allowEmpty?: boolean;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the number of files read, and of all files. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Loaded {
  /** The documents that are valid by themselves, in the order of their addresses. If a problem is an error, they must not be used. */
  readonly desired: readonly Desired[];
  /** In the order of their places. */
  readonly problems: readonly Problem[];
  /** Warnings: documents of plugins that are not loaded, which are not checked. */
  readonly setAside: readonly Problem[];
  readonly files: number;
  readonly documents: number;
}

/** Documents between two checks of the signal. */
const BREATH = 250;
/** Number of problems at which reading stops. */
const ENOUGH = 10_000;

/** The result so far. */
interface Reading {
  readonly declared: Declared[];
  /** The valid parts of documents with errors: compared with the others, and never returned. */
  readonly incomplete: Declared[];
  /** Addresses of documents with errors: references to them are not unknown. */
  readonly spoilt: Set<string>;
  readonly problems: Problem[];
  readonly setAside: Problem[];
  /** Documents of other systems. */
  readonly foreign: ReadForeign[];
  /** Documents by file. */
  readonly counts: Map<string, number>;
  documents: number;
  /** A file could not be read at all: it may declare resources that seem to be missing. */
  isPartial: boolean;
}

function emptyReading(problems: readonly Problem[] = []): Reading {
  return {
    declared: [],
    incomplete: [],
    spoilt: new Set(),
    problems: [...problems],
    setAside: [],
    foreign: [],
    counts: new Map(),
    documents: 0,
    isPartial: problems.length > 0,
  };
}

/** Loads documents. Throws only if aborted, or for a bug. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const { folder, signal, onProgress } = options;
  const found =
    options.root === undefined
      ? await findFiles(folder, options.paths)
      : await findWithin(folder, options.paths, options.root);
  const reading = emptyReading(found.problems);
  const known = new Map<string, Known>();
  for (const [index, path] of found.files.entries()) {
    signal?.throwIfAborted();
    onProgress?.(index, found.files.length);
    if (reading.problems.length >= ENOUGH) {
      reading.problems.push({
        code: 'too-many-problems',
        message: `${found.files.length - index} files were not read because of the problems in the others`,
        severity: 'error',
      });
      reading.isPartial = true;
      break;
    }
    await readFile(path, shownPath(folder, path), reading, known, options);
  }
  onProgress?.(found.files.length, found.files.length);
  if (options.allowEmpty !== true) reading.problems.push(...emptyEntries(found.entries, reading));
  const unplaced = await takeForeignOf(reading, known, options);
  await takeDeclaringFilesOf(reading, known, options);
  reading.problems.push(...(await checkTogether(reading, known, options, found.files, unplaced)));
  return {
    desired: inAddressOrder(reading.declared.map(({ desired }) => desired)),
    problems: inOrder(reading.problems),
    setAside: inOrder(reading.setAside),
    files: found.files.length,
    documents: reading.documents,
  };
}

function emptyEntries(entries: readonly Entry[], reading: Reading): readonly Problem[] {
  return entries
    .filter(({ files }) => files.every((file) => (reading.counts.get(file) ?? 0) === 0))
    .map(({ path }) => ({
      code: 'empty-desired',
      message: `\`${shorten(path, 200)}\` contains no document`,
      severity: 'error' as const,
      suggestion:
        'an empty path would mark everything that it declared for removal. Correct the path, or remove the entry; to end the project, set `desired: []`',
    }));
}

/** Reads one file into `reading`. */
async function readFile(
  path: string,
  shown: string,
  reading: Reading,
  known: Map<string, Known>,
  options: LoadOptions,
): Promise<void> {
  const read = await readText(path);
  if ('unreadable' in read) {
    const { code, message, suggestion, line = 1, column = 1 } = read.unreadable;
    reading.problems.push({
      code,
      message,
      at: { file: shown, line, column },
      severity: 'error',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    reading.isPartial = true;
    // The entry is not empty: its declarations are unknown.
    reading.counts.set(path, 1);
    return;
  }
  const whole = textMistake(read.text);
  if (whole !== undefined) {
    reading.problems.push(problemOfText(shown, read.text, whole));
    reading.isPartial = true;
    reading.counts.set(path, 1);
    return;
  }
  const source = sourceOf(shown, read.text);
  if (await readSound(path, source, reading, known, options)) return;
  const before = reading.problems.length;
  const documents = readDocuments(source.text);
  let index = 0;
  for (let step = documents.next(); step.done !== true; index++) {
    const document = step.value;
    if (index % BREATH === BREATH - 1) {
      await setImmediate();
      options.signal?.throwIfAborted();
    }
    await knowPluginOf(document, known, options);
    const hasContent = document.value !== null || document.mistakes.length > 0;
    if (hasContent) {
      reading.documents++;
      reading.counts.set(path, (reading.counts.get(path) ?? 0) + 1);
      const mistakes = takeDocument(document, source, reading, (each) => known.get(each), options);
      for (const mistake of mistakes) reading.problems.push(problemAt(source, mistake));
      if (reading.problems.length - before >= limits.mistakes) {
        const offset = document.start;
        reading.problems.push(
          problemAt(source, {
            code: 'too-many-problems',
            message: 'the rest of the file was not read because of the problems above',
            offset,
          }),
        );
        reading.isPartial = true;
        break;
      }
      step = documents.next(mistakes.length > 0);
    } else step = documents.next();
  }
}

/**
 * Reads a file without mistakes, and parses only the documents that memory does not hold. Returns false, with nothing
 * taken, for any other file, which is then read as a whole.
 */
async function readSound(
  path: string,
  source: Source,
  reading: Reading,
  known: Map<string, Known>,
  options: LoadOptions,
): Promise<boolean> {
  const { remembered, signal } = options;
  const parts = remembered === undefined ? undefined : documentTexts(source.text);
  if (remembered === undefined || parts === undefined) return false;
  const sound = emptyReading();
  for (const document of soundDocuments(source.text, parts, remembered)) {
    if (document === undefined) return false;
    if (++sound.documents % BREATH === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    await knowPluginOf(document, known, options);
    if (takeDocument(document, source, sound, (each) => known.get(each), options, document.read).length > 0)
      return false;
  }
  for (const each of sound.declared) reading.declared.push(each);
  for (const each of sound.setAside) reading.setAside.push(each);
  for (const each of sound.foreign) reading.foreign.push(each);
  reading.documents += sound.documents;
  if (sound.documents > 0) reading.counts.set(path, sound.documents);
  return true;
}

/** Imports the plugin that a document names. */
async function knowPluginOf(
  document: Pick<TextDocument, 'value'>,
  known: Map<string, Known>,
  { plugins }: LoadOptions,
): Promise<void> {
  const name = pluginName(document);
  if (name !== undefined) await knowPlugin(name, known, plugins);
}

async function knowPlugin(name: string, known: Map<string, Known>, plugins: LoadOptions['plugins']): Promise<void> {
  if (known.has(name)) return;
  const plugin = await plugins.get(name)?.();
  if (plugin !== undefined) known.set(name, { plugin, validators: await plugin.validators() });
}

/** `nodes` of `apiVersion: nodes/v1`. */
function pluginName({ value }: Pick<TextDocument, 'value'>): string | undefined {
  const version = isRecord(value) ? value['apiVersion'] : undefined;
  return typeof version === 'string' ? version.split('/', 1)[0] : undefined;
}

/** Checks one document, and keeps a valid one. */
function takeDocument(
  document: TextDocument,
  source: Source,
  reading: Reading,
  pluginOf: PluginOf,
  { plugins, unloaded }: LoadOptions,
  read?: ReadText,
): readonly TextMistake[] {
  if (document.value === undefined) {
    reading.isPartial = true;
    return document.mistakes;
  }
  const name = pluginName(document);
  if (name !== undefined && unloaded?.has(name) === true) {
    const at = placeOfName(document, source);
    const message = `the document is set aside, and is neither checked nor planned. ${notLoaded(name)}`;
    reading.setAside.push({ code: 'set-aside', message, at, severity: 'warning' });
    return document.mistakes;
  }
  const foreign = foreignOf(document.value, { file: source.file, source: placeOfName(document, source), read });
  if (foreign !== undefined) {
    const mistakes = [...document.mistakes, ...yamlVersionWarnings(document.root)];
    if (mistakes.every(({ severity }) => severity === 'warning')) reading.foreign.push(foreign);
    else reading.isPartial = true;
    return mistakes;
  }
  // Before its defaults are filled in.
  const written = leavesOf(isRecord(document.value) ? document.value['spec'] : undefined);
  const checked = checkDocument(document.value, pluginOf, [...plugins.keys()]);
  const places = new Set(document.mistakes.map(({ offset }) => offset));
  const mistakes = [
    ...document.mistakes,
    // A schema would report again each place where the reader left out or changed a value.
    ...checked.mistakes
      .map((mistake) => located(document.root, document.start, mistake))
      .filter(({ offset }) => !places.has(offset)),
  ];
  const { ref } = checked;
  if (ref === undefined) {
    reading.isPartial = true;
    return mistakes;
  }
  const isSound = mistakes.every(({ severity }) => severity === 'warning');
  if (!isSound || checked.parts === undefined) reading.spoilt.add(formatRef(ref));
  if (checked.parts === undefined) return mistakes;
  const { spec, meta, links, valid } = checked.parts;
  (isSound ? reading.declared : reading.incomplete).push({
    desired: defined({
      ref,
      spec,
      meta,
      needs: needsOf(links),
      source: placeOfName(document, source),
      written,
      read,
    }),
    address: formatRef(ref),
    file: source.file,
    links,
    ...(valid === undefined ? {} : { valid }),
  });
  return mistakes;
}

function placeOfName({ root, start }: TextDocument, source: Source): Position {
  return positionAt(source, offsetAt(root, '/metadata/name') ?? start);
}

/**
 * Adds the resources that plugins make of foreign documents. Only plugins that other documents name are asked; without
 * one that takes such documents, every plugin is loaded, for a better message.
 */
async function takeForeignOf(
  reading: Reading,
  known: Map<string, Known>,
  { plugins, settings = {} }: LoadOptions,
): Promise<readonly LinkMistake[]> {
  if (reading.foreign.length === 0) return [];
  const takes = (): boolean => [...known.values()].some(({ plugin }) => plugin.claim !== undefined);
  if (!takes()) for (const name of plugins.keys()) await knowPlugin(name, known, plugins);
  const { declared, mistakes } = takeForeign(
    reading.foreign,
    [...reading.declared, ...reading.incomplete],
    [...known.values()].map(({ plugin }) => plugin),
    settings,
  );
  reading.declared.push(...declared);
  if (mistakes.some(({ severity }) => severity !== 'warning')) reading.isPartial = true;
  return mistakes;
}

/** Adds the resources that files of other systems declare. */
async function takeDeclaringFilesOf(
  reading: Reading,
  known: ReadonlyMap<string, Known>,
  { folder, fileRoots = [folder], signal }: LoadOptions,
): Promise<void> {
  const pluginOf: PluginOf = (name) => known.get(name);
  for (const document of [...reading.declared, ...reading.incomplete]) {
    signal?.throwIfAborted();
    const taken = await takeDeclaringFiles(document, pluginOf, folder, fileRoots);
    if (taken === undefined) continue;
    reading.declared.push(...taken.declared);
    reading.incomplete.push(...taken.incomplete);
    reading.problems.push(...taken.problems);
    for (const { address } of taken.incomplete) reading.spoilt.add(address);
    if (taken.isPartial) reading.isPartial = true;
  }
}

/** Paths of files whose content is sent, and that are outside of the permitted folders. */
async function findSentOutside(
  documents: readonly Declared[],
  known: ReadonlyMap<string, Known>,
  folder: string,
  roots: readonly string[],
): Promise<readonly LinkMistake[]> {
  const mistakes: LinkMistake[] = [];
  for (const document of documents) {
    const { ref, spec, source } = document.desired;
    const tables = known.get(ref.plugin)?.plugin.tables.kinds[ref.kind]?.paths ?? [];
    if (!tables.some(({ use }) => use === 'send')) continue;
    for (const { pointer, text, message } of await sentOutside(
      spec,
      tables,
      dirname(resolve(folder, source.file)),
      roots,
    ))
      mistakes.push({
        of: document,
        code: 'outside-root',
        pointer: `/spec${pointer}`,
        at: 'value',
        message: `${text} ${message}`,
      });
  }
  return mistakes;
}

/** Mistakes across documents, with their places; `unplaced` has earlier ones. */
async function checkTogether(
  { declared, incomplete, spoilt, isPartial }: Reading,
  known: ReadonlyMap<string, Known>,
  { folder, paths, fileRoots, settings = {}, reserved = [], unloaded = new Set() }: LoadOptions,
  files: readonly string[],
  unplaced: readonly LinkMistake[],
): Promise<readonly Problem[]> {
  const documents = files.map((path): Reserved => ({ kind: 'file', path, what: 'a document' }));
  const lookUp = openLookUp(folder);
  const isDocument = documentTest(paths, (path) => lookUp.folder(path).real);
  const all = [...declared, ...incomplete];
  const found = [
    ...unplaced,
    ...findDuplicates(all),
    ...(isPartial ? [] : findUnknown(all, spoilt, unloaded)),
    ...findCycles(all),
    ...findPluginMistakes(
      all,
      (name) => known.get(name)?.plugin,
      (name) => settings[name] ?? {},
    ),
    ...(fileRoots === undefined ? [] : await findSentOutside(all, known, folder, fileRoots)),
    ...findSharedPlaces(all, (name) => known.get(name)?.plugin, [...reserved, ...documents], lookUp, isDocument),
  ];
  const mistakes = found.flatMap((mistake) => mistake.of.valid?.inWhole([mistake]) ?? [mistake]);
  const byFile = Map.groupBy(mistakes, (mistake) => mistake.of.file);
  const problems: Problem[] = [];
  for (const [file, ofFile] of byFile) problems.push(...(await place(resolve(folder, file), file, ofFile)));
  return problems;
}

/** Reads a file again for the places of mistakes in it. If it has changed meanwhile, each is at its document's name. */
async function place(path: string, shown: string, mistakes: readonly LinkMistake[]): Promise<readonly Problem[]> {
  const read = await readText(path);
  const problems: Problem[] = [];
  const waiting = Map.groupBy(mistakes, ({ of }) => placeWords(of.desired.source));
  if ('text' in read) {
    const source = sourceOf(shown, read.text);
    const documents = textMistake(source.text) === undefined ? readDocuments(source.text) : [];
    for (const document of documents) {
      const name = placeWords(placeOfName(document, source));
      for (const mistake of waiting.get(name) ?? [])
        problems.push(problemAt(source, located(document.root, document.start, mistake)));
      waiting.delete(name);
      if (waiting.size === 0) break;
    }
  }
  for (const left of waiting.values()) {
    for (const { of, code, message, suggestion, severity } of left)
      problems.push({
        code,
        message,
        at: of.desired.source,
        severity: severity ?? 'error',
        ...(suggestion === undefined ? {} : { suggestion }),
      });
  }
  return problems;
}
