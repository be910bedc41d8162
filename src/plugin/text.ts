/** Counts and shares as text. */

/** `1 day`, `3 days`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `30%` as 0.3. */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}
