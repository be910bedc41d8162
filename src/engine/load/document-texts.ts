/**
 * The texts of the documents of one file, and the values that an earlier run read from the same texts.
 *
 * A marker (`---` at the beginning of a line) ends every value before it, so a file whose parts are each sound reads as
 * its parts do, one after another. `documentTexts` splits only what is simple enough for that to be plain: no
 * directives, no end markers, no byte order mark, and a size at which no limit on a whole file can be reached. The
 * loader reads everything else, and every file in which anything is wrong, as a whole.
 *
 * A `ReadText` is found by the SHA-256 of the text and of the reader's version, so it stands for no other text. It
 * holds the value alone: schemas, references and places are checked each time.
 */

import { hash } from 'node:crypto';
import { defined, isRecord, type Json, type ReadText } from '#plugin';
import { offsetAt, readDocuments, type TextDocument } from './documents.ts';
import { isForeignVersion } from './foreign.ts';
import { limits } from './limits.ts';

export interface DocumentText {
  /** Offset in the file. */
  readonly start: number;
  readonly text: string;
}

/** Values that `load` may take from memory. */
export interface RememberedTexts {
  /** Changes with everything that decides how a text is read. */
  readonly reader: string;
  /** By digest. */
  readonly texts: ReadonlyMap<string, ReadText>;
}

/** A character is at most three parts, so neither limit on parts can be reached below these. */
const MOST_OF_A_FILE = Math.floor(limits.fileParts / 4);
const MOST_OF_A_DOCUMENT = Math.floor(limits.documentParts / 4);
/** A value over this size, as JSON, is not remembered. */
const MOST_REMEMBERED_BYTES = 8_192;

const AFTER_MARKER: ReadonlySet<string | undefined> = new Set([undefined, ' ', '\t', '\r', '\n']);

function hasLineWith(text: string, beginning: string): boolean {
  return text.startsWith(beginning) || text.includes(`\n${beginning}`);
}

/** Offsets of the documents: 0, and every marker after it. */
function startsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n---'); at !== -1; at = text.indexOf('\n---', at + 1))
    if (AFTER_MARKER.has(text[at + 4])) starts.push(at + 1);
  return starts;
}

/** The parts of a file that can be read one by one; undefined where it has to be read as a whole. */
export function documentTexts(text: string): readonly DocumentText[] | undefined {
  if (text.length > MOST_OF_A_FILE || text.includes('\ufeff')) return undefined;
  if (hasLineWith(text, '%') || hasLineWith(text, '...')) return undefined;
  const starts = startsOf(text);
  const parts = starts.map((start, i) => ({ start, text: text.slice(start, starts[i + 1]) }));
  const isSmall = parts.length <= limits.documents && parts.every((part) => part.text.length <= MOST_OF_A_DOCUMENT);
  return isSmall ? parts : undefined;
}

function textDigest(text: string, reader: string): string {
  return hash('sha256', `${reader}\n${text}`, 'hex');
}

/** The value of a text, for the log; undefined if it is over the size limit. `name` is an offset in the text. */
function readTextOf(digest: string, name: number, value: Json): ReadText | undefined {
  const json = JSON.stringify(value);
  return Buffer.byteLength(json) > MOST_REMEMBERED_BYTES ? undefined : { digest, name, value: copyOf(value, json) };
}

/** The schemas fill their defaults into what they are given. */
function copyOf(value: Json, json = JSON.stringify(value)): Json {
  return JSON.parse(json) as Json;
}

/** A document in which the reader finds nothing wrong. Its `start` is the place of its name. */
export interface SoundDocument extends TextDocument {
  readonly read?: ReadText;
}

/**
 * The documents of a file, those that are remembered without parsing them; undefined for one with which anything is
 * wrong, or that has anchors, and the file has to be read as a whole then.
 */
export function* soundDocuments(
  text: string,
  parts: readonly DocumentText[],
  { reader, texts }: RememberedTexts,
): Generator<SoundDocument | undefined, void, undefined> {
  let unknown: Digested[] = [];
  for (const part of parts) {
    const digest = textDigest(part.text, reader);
    const read = texts.get(digest);
    if (read === undefined) {
      unknown.push({ ...part, digest });
      continue;
    }
    yield* parsed(text, unknown);
    unknown = [];
    yield { value: copyOf(read.value), root: null, start: part.start + read.name, mistakes: [], read };
  }
  yield* parsed(text, unknown);
}

interface Digested extends DocumentText {
  readonly digest: string;
}

/** Reads parts that follow one another. */
function* parsed(text: string, parts: readonly Digested[]): Generator<SoundDocument | undefined, void, undefined> {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return;
  let next = 0;
  for (const { value, root, start, mistakes, hasAnchors } of readDocuments(
    text.slice(first.start, last.start + last.text.length),
  )) {
    if (value === null && mistakes.length === 0) continue;
    const isSound = value !== undefined && mistakes.length === 0 && hasAnchors !== true;
    while ((parts[next + 1]?.start ?? Number.POSITIVE_INFINITY) <= first.start + start) next++;
    const part = parts[next++];
    if (!isSound || part === undefined || first.start + start < part.start) return yield undefined;
    const name = first.start + (offsetAt(root, '/metadata/name') ?? start);
    const read = readTextOf(part.digest, name - part.start, value);
    // A foreign document has warnings about the texts of its values.
    const isForeign = isRecord(value) && isForeignVersion(value['apiVersion']);
    yield defined({ value, root: isForeign ? root : null, start: name, mistakes, read });
  }
}
