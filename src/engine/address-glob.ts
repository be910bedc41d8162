/**
 * Globs over addresses: `*` stops at `/`, `**` does not, `?` is one character other than `/`.
 *
 * A match follows all states of the glob at once and never backtracks, so the time is at most the product of the
 * lengths of glob and address.
 */

/** `is` tests one character. */
export type Part = '?' | '*' | '**' | { readonly is: (character: string) => boolean };

/** The parts of a glob. */
export function partsOf(glob: string): readonly Part[] {
  return Array.from(glob.matchAll(/\*+|\?|[^*?]/gsu), ([text]): Part => {
    if (text === '?' || text === '*') return text;
    return text.startsWith('*') ? '**' : { is: (character) => character === text };
  });
}

/** The possible next parts, by index. The index after the last part means that all parts have matched. */
type Places = readonly boolean[];

/** Adds the parts after a star, which may match nothing. */
function withNothing(places: boolean[], parts: readonly Part[]): Places {
  for (const [i, part] of parts.entries())
    if (places[i] === true && (part === '*' || part === '**')) places[i + 1] = true;
  return places;
}

function startOf(parts: readonly Part[]): Places {
  const places = Array.from({ length: parts.length + 1 }, (_, i) => i === 0);
  return withNothing(places, parts);
}

function after(places: Places, parts: readonly Part[], character: string): Places {
  const next = places.map(() => false);
  for (const [i, part] of parts.entries()) {
    if (places[i] !== true) continue;
    if (part === '**' || (part === '*' && character !== '/')) next[i] = true;
    else if (part === '?' ? character !== '/' : part !== '*' && part.is(character)) next[i + 1] = true;
  }
  return withNothing(next, parts);
}

/** Matches a text; calls `step` for every character. */
function through(parts: readonly Part[], text: string, step?: () => void): Places {
  let places = startOf(parts);
  for (const character of text) {
    step?.();
    if (!places.includes(true)) break;
    places = after(places, parts, character);
  }
  return places;
}

/** True if the parts match the whole text. */
export function partsMatch(parts: readonly Part[], text: string): boolean {
  return through(parts, text)[parts.length] === true;
}

/** A predicate for a glob. Calls `step` for every character of an address that is read. */
export function addressMatcher(glob: string, step?: () => void): (address: string) => boolean {
  if (!/[*?]/u.test(glob)) return (address) => address === glob;
  const parts = partsOf(glob);
  return (address) => through(parts, address, step)[parts.length] === true;
}

/** True if a glob could match a longer address that starts with `prefix`. */
export function reachesBelow(glob: string, prefix: string): boolean {
  const parts = partsOf(glob);
  return through(parts, prefix).slice(0, -1).includes(true);
}
