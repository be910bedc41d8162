/** The labels that the plugin itself puts on servers. They only find things again: what is ours, the log says. */

import { digestOf } from '../../src/engine/canonical.ts';

/** Keys with this beginning are the plugin's; documents do not write them. */
export const OWN_PREFIX = 'fettle/';

export const LABELS = {
  /** The project that made or adopted it. */
  project: `${OWN_PREFIX}project`,
  /** `system` where it is a system node; absent on workers. */
  role: `${OWN_PREFIX}role`,
  /** The pool that it is a member of. */
  pool: `${OWN_PREFIX}pool`,
  /** The intent that made it: a run that was killed finds it again by this. */
  intent: `${OWN_PREFIX}intent`,
  /** It is drained; the value is since when, in Unix seconds. */
  drain: `${OWN_PREFIX}drain`,
} as const;

const LONGEST = 63;
const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/u;

/** A text as a label's value: itself where it is one, else a readable rest of it with a digest behind. */
export function labelValue(text: string): string {
  if (VALUE.test(text)) return text;
  const digest = digestOf(text).slice('sha256:'.length, 'sha256:'.length + 12);
  const rest = text
    .replaceAll(/[^A-Za-z0-9._-]/gu, '-')
    .slice(0, LONGEST - digest.length - 1)
    .replace(/^[^A-Za-z0-9]+/u, '');
  return rest === '' ? digest : `${rest}-${digest}`;
}

/**
 * When a server was drained, by its label: ISO 8601; `undefined` where it is not drained, `now` where the label says no
 * time, and never earlier than `from`, since when it was in service (epoch ms).
 */
export function drainedAt(labels: Readonly<Record<string, string>>, from: number, now: number): string | undefined {
  const value = labels[LABELS.drain];
  if (value === undefined) return undefined;
  const ms = /^\d{1,11}$/u.test(value) ? Number(value) * 1000 : now;
  return new Date(Math.min(Math.max(ms, from), now)).toISOString();
}

/** The value of the drain label at a time, in epoch ms. */
export function drainValue(now: number): string {
  return String(Math.floor(now / 1000));
}
