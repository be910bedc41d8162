/** Paths that documents and `fettle.yaml` name: their form, where they stand, and what they are from the project's folder. */

import { posix } from 'node:path';
import { mapTexts, type TextAt, textsAt } from './pointer.ts';
import type { PathTable } from './tables.ts';
import type { Desired, Json } from './types.ts';

/** Names of the formats that a schema has for paths. */
export const FOLDER_FORMAT = 'folder-path';

export function isPathFormat(format: string): boolean {
  return format === 'path' || format === FOLDER_FORMAT;
}

/** Control characters, characters that change how a text is shown, and halves of a character. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** What is wrong with a path, as the end of "the path …". */
export interface PathMistake {
  readonly message: string;
  readonly suggestion: string;
}

function code(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Whether a path can be meant as it is written. The formats `path` and `folder-path` of specs say the same as patterns. */
export function pathMistake(text: string, isFolder: boolean): PathMistake | undefined {
  const absolute = 'write an absolute path, or one that is relative to the file that names it';
  const invisible = INVISIBLE.exec(text)?.[0];
  if (invisible !== undefined)
    return { message: `holds the character ${code(invisible)}`, suggestion: 'take the character out' };
  if (text !== text.trim()) return { message: 'begins or ends with a space', suggestion: `\`${text.trim()}\`` };
  if (text.includes('\\'))
    return { message: 'holds a backslash', suggestion: `separate folders by \`/\`: \`${text.replaceAll('\\', '/')}\`` };
  if (/^[A-Za-z]:/u.test(text)) return { message: 'begins with a drive letter', suggestion: absolute };
  if (text.startsWith('~')) return { message: 'begins with `~`, which only a shell expands', suggestion: absolute };
  if (/^(?:\$|%[^%/]*%)/u.test(text))
    return { message: 'begins with a variable, which only a shell expands', suggestion: absolute };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//u.test(text))
    return { message: 'is a URL', suggestion: 'write the path of a file on this machine' };
  if (text.includes('//'))
    return { message: 'has an empty segment', suggestion: `\`${text.replaceAll(/\/{2,}/gu, '/')}\`` };
  if (!isFolder && /(?:^\.{1,2}|\/\.{0,2})$/u.test(text))
    return { message: 'is a folder, and a file is expected', suggestion: 'write the name of the file' };
  return undefined;
}

/** A path that a document or a configuration names, with its place there and how it is used. */
export type NamedPath = TextAt & Omit<PathTable, 'pointer'>;

/** The paths in a spec or a plugin's settings, by the table of its kind or plugin; the pointers begin with `base`. */
export function pathsIn(value: unknown, tables: readonly PathTable[], base = ''): readonly NamedPath[] {
  return tables.flatMap(({ pointer, ...rest }) =>
    textsAt(value, pointer, base).map((found) => ({ ...found, ...rest })),
  );
}

/** The file of a document and a path in it, as one path relative to the project's folder, or absolute: normalised, without `./`. */
export function fromProject(documentFile: string, path: string): string {
  const joined = posix.isAbsolute(path) ? path : posix.join(posix.dirname(documentFile), path);
  const normal = posix.normalize(joined);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** The other way: a path relative to the project's folder, or absolute, as a document in that file writes it. */
export function toDocument(documentFile: string, path: string): string {
  return posix.isAbsolute(path) ? path : posix.relative(posix.dirname(documentFile), path);
}

/** A document with each of its paths as seen from the project's folder, so that memory finds them without the document. */
export function withProjectPaths(desired: Desired, tables: readonly PathTable[]): Desired {
  if (tables.length === 0) return desired;
  const pointers = tables.map(({ pointer }) => pointer);
  return {
    ...desired,
    spec: mapTexts(desired.spec as Json, pointers, (path) => fromProject(desired.source.file, path)),
  };
}
