/** Counts and shares as text. */

/** `12`, `1,200`. */
export function numberText(count: number): string {
  return count < 1000 ? String(count) : count.toLocaleString('en-US');
}

/** `1 day`, `3 days`, `1,200 entries`. `many` is the plural; by default, `noun` with an s. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${numberText(count)} ${count === 1 ? noun : many}`;
}

/** Shortens a text to `length` UTF-16 units, never inside a character. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}

/** One line without control characters; text beyond 300 characters is cut. */
export function shortLine(text: string): string {
  return shorten(text.replace(/[\p{C}\s]+/gu, ' ').trim(), 301);
}

/** The first texts of a list, and the number of the others: `a, b and 3 more`. */
export function listed(texts: readonly string[], most = 5, separator = ', '): string {
  const more = texts.length - most;
  return more > 0 ? `${texts.slice(0, most).join(separator)} and ${numberText(more)} more` : texts.join(separator);
}

/** The fraction of a percentage: 0.3 for `30%`. */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}
