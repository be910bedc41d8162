/** The labels that the plugin adds to servers. They only find servers again; the log decides ownership. */

import { digestOf } from '#plugin';

/** Prefix of the plugin's own keys, which documents cannot declare. */
export const OWN_PREFIX = 'fettle/';

export const LABELS = {
  /** Project that created or adopted the server. */
  project: `${OWN_PREFIX}project`,
  /** `system` for a system node; absent on workers. */
  role: `${OWN_PREFIX}role`,
  /** Pool of the node. */
  pool: `${OWN_PREFIX}pool`,
  /** Intent of the creation, by which the run after an interrupted one finds the server. */
  intent: `${OWN_PREFIX}intent`,
  /** Mark of a drained node; the value is the time of the drain, in Unix seconds. */
  drain: `${OWN_PREFIX}drain`,
} as const;

const LONGEST = 63;
const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/u;

/** A text as the value of a label: unchanged if it is valid, else a readable part with a digest. */
export function labelValue(text: string): string {
  if (VALUE.test(text)) return text;
  const digest = digestOf(text).slice('sha256:'.length, 'sha256:'.length + 12);
  const rest = text
    .replaceAll(/[^A-Za-z0-9._-]/gu, '-')
    .slice(0, LONGEST - digest.length - 1)
    .replace(/^[^A-Za-z0-9]+/u, '');
  return rest === '' ? digest : `${rest}-${digest}`;
}

/** The project of a server by its label; undefined without the label. */
export function projectOf(labels: Readonly<Record<string, string>>): string | undefined {
  const value = labels[LABELS.project];
  return value === '' ? undefined : value;
}

/** True if the label of a server names another project. */
export function isOfOther(labels: Readonly<Record<string, string>>, project: string): boolean {
  const value = projectOf(labels);
  return value !== undefined && value !== labelValue(project);
}

/** Reads the drain label: epoch ms; undefined without the label, `invalid` if its value is not a time. */
export function drainLabel(labels: Readonly<Record<string, string>>): number | 'invalid' | undefined {
  const value = labels[LABELS.drain];
  if (value === undefined) return undefined;
  return /^[1-9]\d{0,10}$/u.test(value) ? Number(value) * 1000 : 'invalid';
}

/** The value of the drain label for a time in epoch ms. */
export function drainValue(now: number): string {
  return String(Math.floor(now / 1000));
}
