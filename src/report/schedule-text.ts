/** A schedule as phrases: `renewal due at 2026-12-30T08:00:00.000Z (in 32 days)`, `threshold days 30`. */

import { type Facts, type Json, printable } from '#plugin';
import { valueText } from './fields.ts';
import { relativeText } from './text.ts';

function words(name: string): string {
  return printable(name).replaceAll('_', ' ');
}

function phrase(name: string, value: Json, now: number): string {
  if (typeof value === 'string')
    return name.endsWith('_at') ? `${printable(value)} (${relativeText(value, now)})` : printable(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value)
      .map(([key, each]) => `${words(key)} ${phrase(key, each, now)}`)
      .join(', ');
  return valueText(value);
}

/** Returns a phrase for each value, in order. `now`: epoch ms. */
export function scheduleTexts(schedule: Facts | undefined, now: number): readonly string[] {
  return Object.entries(schedule ?? {}).map(([name, value]) => `${words(name)} ${phrase(name, value, now)}`);
}
