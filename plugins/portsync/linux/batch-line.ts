/**
 * Lines of a batch of `ip`: words, quoted so that none of them is more than one word of one line.
 *
 * `ip` ends a line at a "#", joins it with the next one after a backslash, and has no escapes within quotes. A word with a
 * line break, a "#" or both quotes therefore cannot be written. Source: iproute2's lib/utils.c, getcmdline and makeargs.
 */

import { InputError, shortLine } from '#plugin';

/** A command of `ip` without the program: `link set dev eth0 up`. */
export type Words = readonly string[];

/** Words that need no quotes. */
const PLAIN = /^[\w.:@%+,=/-]+$/u;

/** The reason why a text cannot be a word of a batch; undefined if it can. */
export function wordMistake(word: string): string | undefined {
  if (/[\n\r\0]/u.test(word)) return 'has a line break or a NUL';
  if (word.includes('#')) return 'has a "#", at which ip ends a line';
  if (word.includes('"') && word.includes("'")) return 'has both kinds of quotes';
  return undefined;
}

/** A line of a batch, without its end. Throws an InputError for a word that cannot be written. */
export function batchLine(words: Words): string {
  return words.map(batchWord).join(' ');
}

function batchWord(word: string): string {
  if (PLAIN.test(word)) return word;
  const mistake = wordMistake(word);
  if (mistake !== undefined)
    throw new InputError(
      `${shortLine(JSON.stringify(word))} ${mistake}, so it cannot be part of a batch of ip. Use another text`,
    );
  return word.includes('"') ? `'${word}'` : `"${word}"`;
}
