/**
 * Globs over addresses: `*` stops at `/`, `**` does not, `?` is one character but `/`.
 *
 * All ways through a glob are followed at once, so that the time is that of the glob's length times the address's,
 * whatever either of them is: nothing is ever tried again.
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

/** Which parts may come next, by their place; the place behind the last one says that all were met. */
type Places = readonly boolean[];

/** A star may also stand for nothing. */
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

/** Goes through a text; `step` hears of every character that is looked at. */
function through(parts: readonly Part[], text: string, step?: () => void): Places {
  let places = startOf(parts);
  for (const character of text) {
    step?.();
    if (!places.includes(true)) break;
    places = after(places, parts, character);
  }
  return places;
}

/** Whether parts match all of a text. */
export function partsMatch(parts: readonly Part[], text: string): boolean {
  return through(parts, text)[parts.length] === true;
}

/** A glob as a test. `step` hears of every character of an address that is looked at. */
export function addressMatcher(glob: string, step?: () => void): (address: string) => boolean {
  if (!/[*?]/u.test(glob)) return (address) => address === glob;
  const parts = partsOf(glob);
  return (address) => through(parts, address, step)[parts.length] === true;
}

/** Whether a glob could match an address that begins with `prefix` and goes on. */
export function reachesBelow(glob: string, prefix: string): boolean {
  const parts = partsOf(glob);
  return through(parts, prefix).slice(0, -1).includes(true);
}
