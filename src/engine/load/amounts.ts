/** Durations and percentages as people write them, as numbers. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `1h` in ms; NaN for a text that is no duration. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/u.exec(text) ?? [];
  return count === undefined ? Number.NaN : Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
}

/** `30%` as 0.3. */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}
