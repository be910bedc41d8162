/** Paths in documents and `fettle.yaml`: their form, their place, and their conversion to the project's folder. */

import { posix } from 'node:path';
import { mapTexts, type TextAt, textsAt } from './pointer.ts';
import type { PathTable } from './tables.ts';
import type { Desired, Json } from './types.ts';

/** Names of the schema formats for paths. */
export const FOLDER_FORMAT = 'folder-path';

export function isPathFormat(format: string): boolean {
  return format === 'path' || format === FOLDER_FORMAT;
}

/** Control characters, characters that change the display of a text, and lone surrogates. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** A mistake in a path, as the end of "the path …". */
export interface PathMistake {
  readonly message: string;
  readonly suggestion: string;
}

function code(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * Checks the form of a path; undefined if it is valid. The patterns of `path` and `folder-path` in specs are
 * equivalent.
 */
export function pathMistake(text: string, isFolder: boolean): PathMistake | undefined {
  const absolute = 'use an absolute path, or a path relative to the file that names it';
  const invisible = INVISIBLE.exec(text)?.[0];
  if (invisible !== undefined)
    return { message: `contains the character ${code(invisible)}`, suggestion: 'remove the character' };
  if (text !== text.trim()) return { message: 'begins or ends with a space', suggestion: `\`${text.trim()}\`` };
  if (text.includes('\\'))
    return {
      message: 'contains a backslash',
      suggestion: `separate folders by \`/\`: \`${text.replaceAll('\\', '/')}\``,
    };
  if (/^[A-Za-z]:/u.test(text)) return { message: 'begins with a drive letter', suggestion: absolute };
  if (text.startsWith('~')) return { message: 'begins with `~`, which only a shell expands', suggestion: absolute };
  if (/^(?:\$|%[^%/]*%)/u.test(text))
    return { message: 'begins with a variable, which only a shell expands', suggestion: absolute };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//u.test(text))
    return { message: 'is a URL', suggestion: 'use the path of a file on this machine' };
  if (text.includes('//'))
    return { message: 'has an empty segment', suggestion: `\`${text.replaceAll(/\/{2,}/gu, '/')}\`` };
  if (!isFolder && /(?:^\.{1,2}|\/\.{0,2})$/u.test(text))
    return { message: 'is a folder, but a file is expected', suggestion: 'add the name of the file' };
  return undefined;
}

/** A path in a document or configuration, with its place and use. */
export type NamedPath = TextAt & Omit<PathTable, 'pointer'>;

/** The paths in a spec or a plugin's settings, found by the table of the kind or plugin. Pointers start with `base`. */
export function pathsIn(value: unknown, tables: readonly PathTable[], base = ''): readonly NamedPath[] {
  return tables.flatMap(({ pointer, ...rest }) =>
    textsAt(value, pointer, base).map((found) => ({ ...found, ...rest })),
  );
}

/** Converts a path in a document to one relative to the project's folder, or absolute: normalised, without `./`. */
export function fromProject(documentFile: string, path: string): string {
  const joined = posix.isAbsolute(path) ? path : posix.join(posix.dirname(documentFile), path);
  const normal = posix.normalize(joined);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** Converts a path relative to the project's folder, or absolute, to the form for a document in that file. */
export function toDocument(documentFile: string, path: string): string {
  return posix.isAbsolute(path) ? path : posix.relative(posix.dirname(documentFile), path);
}

/** A document with all paths relative to the project's folder, so that they have a meaning without the document. */
export function withProjectPaths(desired: Desired, tables: readonly PathTable[]): Desired {
  if (tables.length === 0) return desired;
  const pointers = tables.map(({ pointer }) => pointer);
  return {
    ...desired,
    spec: mapTexts(desired.spec as Json, pointers, (path) => fromProject(desired.source.file, path)),
  };
}
