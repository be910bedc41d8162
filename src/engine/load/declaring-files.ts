/**
 * Resources that files of other systems declare, such as the ports of a `config_db.json` (`Plugin.files`).
 *
 * A document names the file, and its plugin finds the resources in the content. Each of them is checked as if a document
 * declared it; its place, and that of each mistake, is in the file.
 */

import { dirname, isAbsolute, resolve } from 'node:path';
import {
  type DeclaredPart,
  defined,
  errorText,
  formatRef,
  isRecord,
  type Json,
  leavesOf,
  type Plugin,
  printable,
  type Problem,
  valueAt,
} from '#plugin';
import { FileError, readInside } from '#plugin/files';
import { checkDocument, needsOf, type PluginOf } from './check-document.ts';
import { readDocuments, offsetAt, type TextDocument, textMistake } from './documents.ts';
import type { PointerMistake } from './explain.ts';
import { limits } from './limits.ts';
import type { Declared } from './link.ts';
import { shownPath } from './paths.ts';
import { located, positionAt, problemAt, type Source, sourceOf } from './problem-in.ts';
import { textOf } from './read-text.ts';

/** The resources of the files that one document names. */
export interface TakenFiles {
  readonly declared: readonly Declared[];
  /** The valid parts of resources with mistakes. */
  readonly incomplete: readonly Declared[];
  readonly problems: readonly Problem[];
  /** True if a resource could not be read: others may seem to be missing. */
  readonly isPartial: boolean;
}

/** A file that was read and parsed. */
interface ReadFile {
  readonly source: Source;
  readonly document: TextDocument;
}

interface Unread {
  readonly problems: readonly Problem[];
}

function isError({ severity }: Pick<Problem, 'severity'>): boolean {
  return severity !== 'warning';
}

/** Reads and parses a file. The problem of one that cannot be read is at the document that names it. */
async function readFile(
  path: string,
  shown: string,
  at: Problem['at'],
  fileRoots: readonly string[],
): Promise<ReadFile | Unread> {
  const unreadable = (code: string, message: string, suggestion?: string): Unread => ({
    problems: [defined<Problem>({ code, message, at, suggestion, severity: 'error' })],
  });
  let bytes: Buffer;
  try {
    bytes = await readInside(path, shown, { roots: fileRoots, limit: limits.fileBytes });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // A path outside is reported with the other paths of the document.
    return error.code === 'outside' ? { problems: [] } : unreadable('unreadable-file', errorText(error));
  }
  const read = textOf(bytes);
  if ('unreadable' in read) {
    const { code, message, suggestion, line = 1, column = 1 } = read.unreadable;
    const place = { file: shown, line, column };
    return { problems: [defined<Problem>({ code, message, at: place, suggestion, severity: 'error' })] };
  }
  const source = sourceOf(shown, read.text);
  const whole = textMistake(read.text);
  if (whole !== undefined) return { problems: [problemAt(source, whole)] };
  const [document] = readDocuments(read.text);
  if (document === undefined || document.value === null)
    return unreadable('empty-desired', `${shown} is empty`, 'write the file, or remove its name from the document');
  if (document.value === undefined) return { problems: document.mistakes.map((mistake) => problemAt(source, mistake)) };
  return { source, document };
}

/** The document that would declare a part of a file. */
function documentOf({ kind, scope = [], name, spec }: DeclaredPart, { tables }: Plugin): Json {
  const names = tables.kinds[kind]?.scope ?? [];
  const metadata = Object.fromEntries([...names.map((part, i) => [part, scope[i] ?? '']), ['name', name]]);
  return { apiVersion: `${tables.name}/${tables.version}`, kind, metadata, spec };
}

/** The place in the file of a mistake in the document of a part. */
function inFile({ pointer: part }: DeclaredPart, mistake: PointerMistake): PointerMistake {
  const { pointer } = mistake;
  return { ...mistake, pointer: pointer.startsWith('/spec/') ? `${part}${pointer.slice('/spec'.length)}` : part };
}

/** Checks the parts of one file. */
function partsOf(file: ReadFile, document: Declared, plugin: Plugin, pluginOf: PluginOf): TakenFiles {
  const { source, document: content } = file;
  const { parts, mistakes } = plugin.files?.parts(content.value ?? null, document.desired) ?? {
    parts: [],
    mistakes: [],
  };
  const problemOf = (mistake: PointerMistake): Problem =>
    problemAt(source, located(content.root, content.start, mistake));
  const problems = [
    ...content.mistakes.map((mistake) => problemAt(source, mistake)),
    ...mistakes.map(({ message, ...mistake }) => problemOf({ ...mistake, at: 'value', message: printable(message) })),
  ];
  const declared: Declared[] = [];
  const incomplete: Declared[] = [];
  let isPartial = problems.some(isError);
  for (const part of parts) {
    const checked = checkDocument(documentOf(part, plugin), pluginOf, [plugin.name]);
    const found = checked.mistakes.map((mistake) => problemOf(inFile(part, mistake)));
    problems.push(...found);
    if (checked.ref === undefined || checked.parts === undefined) {
      isPartial = true;
      continue;
    }
    const { spec, meta, links, valid } = checked.parts;
    const at = positionAt(source, offsetAt(content.root, part.pointer, 'key') ?? content.start);
    const desired = { ref: checked.ref, spec, meta, needs: needsOf(links), source: at, written: leavesOf(part.spec) };
    (found.some(isError) ? incomplete : declared).push(
      defined({ desired, address: formatRef(checked.ref), file: source.file, links, valid }),
    );
  }
  return { declared, incomplete, problems, isPartial };
}

/** A problem without the line of its file: an author of documents may not be a reader of files outside of the repository. */
function withoutLine(problem: Problem): Problem {
  const { sourceLine: _, ...rest } = problem;
  return rest;
}

/**
 * Reads the file that a document names, and checks its resources. `folder` is the one of `fettle.yaml`. Returns undefined
 * for a document that names none.
 */
export async function takeDeclaringFiles(
  document: Declared,
  pluginOf: PluginOf,
  folder: string,
  fileRoots: readonly string[],
): Promise<TakenFiles | undefined> {
  const { ref, spec, source: at } = document.desired;
  const plugin = pluginOf(ref.plugin)?.plugin;
  const pointer = plugin?.files?.pointers[ref.kind];
  if (plugin === undefined || pointer === undefined || !isRecord(spec)) return undefined;
  const named = valueAt(spec, pointer);
  if (typeof named !== 'string') return undefined;
  const path = resolve(dirname(resolve(folder, at.file)), named);
  const shown = shownPath(folder, path);
  const read = await readFile(path, shown, at, fileRoots);
  const taken =
    'problems' in read
      ? { declared: [], incomplete: [], problems: read.problems, isPartial: true }
      : partsOf(read, document, plugin, pluginOf);
  return isAbsolute(shown) ? { ...taken, problems: taken.problems.map(withoutLine) } : taken;
}
