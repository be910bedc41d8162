/**
 * Patterns of Redis, as in KEYS and PSUBSCRIBE: `*`, `?`, `[a-c]`, `[^a]` and `\`. Pure.
 *
 * The same steps as in Redis 7 (util.c, stringmatchlen), also for patterns that are not complete. They compare bytes.
 */

/** True for a text that matches. */
export type Matcher = (text: string) => boolean;

/** A text whose characters are the bytes of another one. */
function bytesOf(text: string): string {
  return /[^\0-\x7f]/u.test(text) ? Buffer.from(text).toString('latin1') : text;
}

interface Class {
  readonly isMatch: boolean;
  /** The position of its bracket, or the last one of the pattern. */
  readonly end: number;
}

/** A class whose first character is at `from`. */
function classAt(pattern: string, from: number, character: string): Class {
  const isNegated = pattern[from] === '^';
  let at = isNegated ? from + 1 : from;
  let isMatch = false;
  for (; ; at += 1) {
    const first = pattern[at];
    if (first === undefined || first === ']') break;
    const next = pattern[at + 1];
    const last = pattern[at + 2];
    if (first === '\\' && next !== undefined) {
      at += 1;
      isMatch ||= next === character;
    } else if (next === '-' && last !== undefined) {
      at += 2;
      isMatch ||= first <= last ? first <= character && character <= last : last <= character && character <= first;
    } else isMatch ||= first === character;
  }
  return { isMatch: isMatch !== isNegated, end: Math.min(at, pattern.length - 1) };
}

/** Matches the rests of a pattern and a text. `over` has a value once the text was too short after a `*`. */
function matches(pattern: string, text: string, from: number, start: number, over: { isOver: boolean }): boolean {
  let at = from;
  let place = start;
  while (at < pattern.length && place < text.length) {
    const character = text[place] ?? '';
    switch (pattern[at]) {
      case '*':
        while (pattern[at + 1] === '*') at += 1;
        if (at + 1 === pattern.length) return true;
        for (; place < text.length; place += 1) {
          if (matches(pattern, text, at + 1, place, over)) return true;
          if (over.isOver) return false;
        }
        over.isOver = true;
        return false;
      case '?':
        break;
      case '[': {
        const { isMatch, end } = classAt(pattern, at + 1, character);
        if (!isMatch) return false;
        at = end;
        break;
      }
      default:
        if (pattern[at] === '\\' && at + 1 < pattern.length) at += 1;
        if (pattern[at] !== character) return false;
    }
    at += 1;
    place += 1;
    if (place === text.length) while (pattern[at] === '*') at += 1;
  }
  return at >= pattern.length && place === text.length;
}

/** The test of a pattern. */
export function globMatcher(pattern: string): Matcher {
  if (pattern === '*') return () => true;
  const bytes = bytesOf(pattern);
  return (text) => matches(bytes, bytesOf(text), 0, 0, { isOver: false });
}
