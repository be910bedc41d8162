/** The labels that the plugin itself puts on servers. They only find things again: what is ours, the log says. */

import { digestOf } from '#plugin';

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

/** The project that a server belongs to by its label; undefined where the label says none. */
export function projectOf(labels: Readonly<Record<string, string>>): string | undefined {
  const value = labels[LABELS.project];
  return value === '' ? undefined : value;
}

/** Whether a server belongs to another project than this one, by its label. */
export function isOfOther(labels: Readonly<Record<string, string>>, project: string): boolean {
  const value = projectOf(labels);
  return value !== undefined && value !== labelValue(project);
}

/** Reads the drain label: epoch ms; undefined where there is none, `invalid` where its value is no time. */
export function drainLabel(labels: Readonly<Record<string, string>>): number | 'invalid' | undefined {
  const value = labels[LABELS.drain];
  if (value === undefined) return undefined;
  return /^[1-9]\d{0,10}$/u.test(value) ? Number(value) * 1000 : 'invalid';
}

/** The value of the drain label at a time, in epoch ms. */
export function drainValue(now: number): string {
  return String(Math.floor(now / 1000));
}
