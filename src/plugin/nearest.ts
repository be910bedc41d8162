/** Suggestions for misspelt names, by Damerau-Levenshtein distance. */

/** The restricted distance: an insertion, deletion, substitution or swap of neighbours counts 1. At most `most + 1`. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last: number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > most) return most + 1;
    before = last;
    last = row;
  }
  return Math.min(last[b.length] ?? most + 1, most + 1);
}

/** The only known name that a shorter one begins: `certs` or `cert` for `certificates`. */
function lengthened(wanted: string, known: readonly string[]): string | undefined {
  const stem = wanted.replace(/s$/u, '');
  const longer = stem.length < 3 ? [] : known.filter((candidate) => candidate.toLowerCase().startsWith(stem));
  return longer.length === 1 ? longer[0] : undefined;
}

/**
 * The nearest known name; undefined if none is near: a third of the letters may differ, at least 1 and at most 4, or the
 * name is the beginning of only one.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > 100) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(4, Math.max(1, Math.floor(name.length / 3)));
  const others = [...known].filter((candidate) => candidate !== name);
  for (const candidate of others) {
    const found = distance(wanted, candidate.toLowerCase(), least);
    if (found < least || (found === least && (best === undefined || candidate < best))) {
      least = found;
      best = candidate;
    }
  }
  return best ?? lengthened(wanted, others);
}

/** `did you mean …` if a known name is near, otherwise `what` with the known names. */
export function suggest(name: string, known: readonly string[], what: string): string | undefined {
  const near = nearest(name, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (known.length === 0) return undefined;
  const shown = known
    .slice(0, 12)
    .map((each) => `\`${each}\``)
    .join(', ');
  return `${what}: ${shown}${known.length > 12 ? ` and ${known.length - 12} more` : ''}`;
}
