/** Texts of other clients in comments and output: a command line or a setting of a client can have secrets. */

import { printable, redactPatterns } from '#plugin';

/** Maximum number of characters of a reason. */
const MOST_REASON = 1000;

/** A command line of a client, and the file that has the command line. */
export interface Hook {
  readonly command: string;
  readonly file: string;
}

const PROGRAM = /^\s*([\w@%+:,./-]{1,255})(\s+\S)?/u;

/** Only the program of a command line, and the file with the rest: any other word can be a secret. */
export function shownCommand({ command, file }: Hook): string {
  const [all = '', program, more] = PROGRAM.exec(command) ?? [];
  const isProgram = program !== undefined && (more !== undefined || all.length === command.trimEnd().length);
  if (!isProgram || redactPatterns(program) !== program) return `the command in ${file}`;
  return more === undefined ? program : `${program} … (the other words are in ${file})`;
}

/** A reason in a form that can be printed: patterns of secrets are redacted, and its length is limited. */
export function shownReason(reason: string): string {
  const text = printable(redactPatterns(reason));
  return text.length > MOST_REASON ? `${text.slice(0, MOST_REASON)}…` : text;
}

const SECRET_OPTION = /^--?[\w-]*(?:pass|passwd|password|passphrase|secret|token|key|credentials?|auth|user|header)$/iu;
const SHORT_SECRET_OPTION = /^-[puH]$/u;
/** A part as long as a token, with letters and digits. */
const TOKEN = /(?<!\w)(?=\w*\d)(?=\w*[A-Za-z])\w{20,}/u;

/** True if a word of a command line looks like a secret. A path is not one. */
export function looksSecret(words: readonly string[]): boolean {
  const line = words.join(' ');
  return (
    redactPatterns(line) !== line ||
    words.some((word, i) => {
      if (word.startsWith('/')) return false;
      const before = words[i - 1] ?? '';
      const isNamed = i > 1 && (SECRET_OPTION.test(before) || (SHORT_SECRET_OPTION.test(before) && word.includes(':')));
      return isNamed || /^-p\S{4,}$/u.test(word) || TOKEN.test(word);
    })
  );
}
