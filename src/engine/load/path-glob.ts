/**
 * Patterns over paths: `*`, `?`, `[a-z]` within a name, `**` for any folders, `{a,b}` for alternatives.
 *
 * The pattern may be hostile: alternatives are counted before they are made, and names are matched without backtracking
 * (`address-glob.ts`).
 */

import { type Part, partsMatch, partsOf } from '../address-glob.ts';

/** Greatest number of alternatives that the braces of a pattern may expand to. */
export const MOST_ALTERNATIVES = 100;
/** The longest pattern with braces, in UTF-16 code units. */
const LONGEST_PATTERN = 1024;

/** The first braces with a comma of their own: start, end and alternatives. */
function bracesOf(
  pattern: string,
): { readonly from: number; readonly to: number; readonly each: string[] } | undefined {
  for (let from = pattern.indexOf('{'); from !== -1; from = pattern.indexOf('{', from + 1)) {
    const each: string[] = [];
    let start = from + 1;
    for (let at = start, depth = 1; at < pattern.length; at += 1) {
      const character = pattern[at];
      if (character === '{') depth += 1;
      else if (character === '}') depth -= 1;
      if (depth === 0 || (depth === 1 && character === ',')) {
        each.push(pattern.slice(start, at));
        start = at + 1;
      }
      if (depth > 0) continue;
      if (each.length > 1) return { from, to: at + 1, each };
      break;
    }
  }
  return undefined;
}

/** All patterns without braces that a pattern expands to; undefined if there are too many. */
export function alternatives(pattern: string): readonly string[] | undefined {
  if (!pattern.includes('{')) return [pattern];
  if (pattern.length > LONGEST_PATTERN) return undefined;
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const next: string[] = [];
    for (const each of open) {
      const braces = bracesOf(each);
      if (braces === undefined) done.push(each);
      else next.push(...braces.each.map((part) => each.slice(0, braces.from) + part + each.slice(braces.to)));
      if (done.length + next.length > MOST_ALTERNATIVES) return undefined;
    }
    open = next;
  }
  return done;
}

/** `[a-z]`, `[!x]`: a test of one character, and the end of the class; undefined if the text is not a class. */
function classAt(name: string, from: number): { readonly part: Part; readonly to: number } | undefined {
  const isNot = name[from + 1] === '!' || name[from + 1] === '^';
  const first = from + (isNot ? 2 : 1);
  const end = name.indexOf(']', first + 1);
  if (end === -1) return undefined;
  const characters = Array.from(name.slice(first, end));
  const ranges: (readonly [string, string])[] = [];
  for (let i = 0; i < characters.length; i += 1) {
    const [low = '', dash, high] = characters.slice(i, i + 3);
    if (dash === '-' && high !== undefined) {
      ranges.push([low, high]);
      i += 2;
    } else ranges.push([low, low]);
  }
  const point = (character: string): number => character.codePointAt(0) ?? 0;
  const isIn = (character: string): boolean =>
    ranges.some(([low, high]) => point(low) <= point(character) && point(character) <= point(high));
  return { part: { is: (character) => isIn(character) !== isNot }, to: end + 1 };
}

/** A name of a path as a test. */
function nameMatcher(pattern: string): (name: string) => boolean {
  const parts: Part[] = [];
  let start = 0;
  for (let at = pattern.indexOf('['); at !== -1; at = pattern.indexOf('[', Math.max(at + 1, start))) {
    const found = classAt(pattern, at);
    if (found === undefined) break;
    parts.push(...partsOf(pattern.slice(start, at)), found.part);
    start = found.to;
  }
  parts.push(...partsOf(pattern.slice(start)));
  return (name) => partsMatch(parts, name);
}

/** A pattern below a folder, as one goes down from name to name. */
export interface PathPattern {
  /** Folders in front, without any pattern in them: `../other`, `/srv`, or an empty text. */
  readonly base: string;
  readonly start: PathPlaces;
  readonly below: (places: PathPlaces, name: string) => PathPlaces;
  /** Tests whether a path to these places matches. */
  readonly isMet: (places: PathPlaces) => boolean;
}

/** The names of the pattern that may come next. */
export type PathPlaces = ReadonlySet<number>;

/** `alternative` has no braces. */
export function pathPattern(alternative: string): PathPattern {
  const names = alternative.split('/').filter((name, i) => i === 0 || (name !== '' && name !== '.'));
  // A file below any folders has a name of its own.
  if (names.at(-1) === '**') names.push('*');
  const first = names.findIndex((name) => /[*?[]/u.test(name));
  const split = first === -1 ? names.length - 1 : first;
  const tests = names.slice(split).map((name) => (name === '**' ? undefined : nameMatcher(name)));
  const withFolders = (places: Set<number>): PathPlaces => {
    // Folders of any number: also none.
    for (let i = 0; i < tests.length; i += 1) if (places.has(i) && tests[i] === undefined) places.add(i + 1);
    return places;
  };
  return {
    base: names.slice(0, split).join('/') + (split === 1 && names[0] === '' ? '/' : ''),
    start: withFolders(new Set([0])),
    below: (places, name) => {
      const next = new Set<number>();
      for (const i of places) {
        if (i >= tests.length) continue;
        const test = tests[i];
        if (test === undefined) next.add(i);
        else if (test(name)) next.add(i + 1);
      }
      return withFolders(next);
    },
    isMet: (places) => places.has(tests.length),
  };
}
