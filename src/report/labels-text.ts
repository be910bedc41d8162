/** Labels next to an address, as text and as markdown. */

import { type Labels, printable, shorten } from '#plugin';
import { code, escapeText } from './markdown.ts';

/** The limit for the labels of one address, in characters; the JSON has all labels. */
const LENGTH = 80;

/** A resource as published: its address, and its labels if it has any. */
export interface Named {
  readonly address: string;
  readonly labels?: Labels | undefined;
}

/** Returns `team=web, tier=prod`, shortened; an empty text without labels. */
export function labelsText(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${printable(name)}=${printable(value)}`);
  return shorten(pairs.join(', '), LENGTH);
}

/** Returns `certificates/Certificate/www [team=web]`. */
export function namedText({ address, labels }: Named): string {
  const text = labelsText(labels);
  return text === '' ? printable(address) : `${printable(address)} [${text}]`;
}

/** Returns the same as markdown. */
export function namedCode({ address, labels }: Named): string {
  const text = labelsText(labels);
  return text === '' ? code(address) : `${code(address)} ${escapeText(`[${text}]`)}`;
}
