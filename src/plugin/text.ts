/** Counts and shares as text. */

/** `1 day`, `3 days`, `1,200 entries`. `many`: the plural, where that is not `noun` with an s. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${count < 1000 ? count : count.toLocaleString('en-US')} ${count === 1 ? noun : many}`;
}

/** At most `length` UTF-16 units, never ending inside a character. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}

/** `30%` as 0.3. */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}
