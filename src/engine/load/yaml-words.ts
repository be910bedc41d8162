/** The sentences of YAML's syntax errors: the parser's codes and messages in fettle's words. */

import type { ErrorCode } from 'yaml';
import { printable } from '#plugin';

/** A sentence about a syntax error, and how to fix it. */
export interface SyntaxWords {
  readonly message: string;
  readonly suggestion?: string;
}

type Say = (found: RegExpExecArray) => SyntaxWords;

const of =
  (message: string, suggestion?: string): Say =>
  () => ({ message, ...(suggestion === undefined ? {} : { suggestion }) });

const COLON = of(
  'a key on this line does not have a colon',
  'write `key: value`, with a space after the colon; put a longer text in quotes',
);
const NESTED = of(
  'a second `key: value` is not allowed here',
  'put it on a line of its own, with the same indentation as its siblings; put a value with a colon in quotes',
);

const CLOSERS: Readonly<Record<string, string>> = { '}': '{', ']': '[' };

/** In order: the first pattern that matches the parser's message counts. An empty pattern matches every message. */
const WORDS: Readonly<Partial<Record<ErrorCode, readonly (readonly [RegExp, Say])[]>>> = {
  ALIAS_PROPS: [[/(?:)/u, of('an alias cannot have an anchor or a tag', 'remove the anchor or the tag')]],
  BAD_ALIAS: [[/(?:)/u, of('`*` and `&` are followed by a name', 'put the text in quotes, if it is a text')]],
  BAD_DIRECTIVE: [
    [/(?:)/u, of('a line that starts with `%` is a directive, and this one is not valid', 'remove the line')],
  ],
  BAD_DQ_ESCAPE: [
    [
      /sequence (\S+)/u,
      ([, escape = '']) => ({
        message: `\`${printable(escape)}\` is not a valid escape in double quotes`,
        suggestion: 'write `\\\\` for a backslash, or use single quotes',
      }),
    ],
  ],
  BAD_INDENT: [
    [
      /must be sufficiently indented and end with a (\S)/u,
      ([, closer = '}']) => ({
        message: `\`${CLOSERS[closer] ?? closer}\` is not closed before this line`,
        suggestion: `add \`${closer}\`, or indent the lines up to it more than the key before \`${CLOSERS[closer] ?? closer}\``,
      }),
    ],
    [
      /(?:mapping|sequence) items must start at the same column/u,
      of(
        'this line is not indented like the lines before it',
        'give the items of one mapping or list the same indentation',
      ),
    ],
    [/(?:)/u, of('the indentation is not valid here', 'indent with spaces, more than the line of the parent key')],
  ],
  BAD_PROP_ORDER: [[/(?:)/u, of('an anchor or a tag is before its key or dash', 'write it directly before the value')]],
  BAD_SCALAR_START: [
    [
      /with (?:a )?(?:reserved character|directive indicator character|block scalar indicator|flow indicator character)? ?(\S)/u,
      ([, character = '']) => ({
        message: `a text without quotes cannot start with \`${printable(character)}\``,
        suggestion: 'put the text in quotes',
      }),
    ],
  ],
  BLOCK_AS_IMPLICIT_KEY: [[/(?:)/u, NESTED]],
  BLOCK_IN_FLOW: [
    [
      /(?:)/u,
      of('lines with dashes or indented keys are not allowed inside `{ }` and `[ ]`', 'separate the items with commas'),
    ],
  ],
  IMPOSSIBLE: [[/(?:)/u, of('the text is not valid YAML')]],
  KEY_OVER_1024_CHARS: [[/(?:)/u, of('the key is longer than 1,024 characters')]],
  MISSING_CHAR: [
    [
      /closing (\S)quote/u,
      ([, quote = '"']) => ({
        message: `the quote \`${quote}\` is not closed`,
        suggestion: `add \`${quote}\` at the end of the text`,
      }),
    ],
    [
      /must end with a (\S)/u,
      ([, closer = '}']) => ({
        message: `\`${CLOSERS[closer] ?? closer}\` is not closed`,
        suggestion: `add \`${closer}\``,
      }),
    ],
    [
      /directives-end/u,
      of(
        'a document after a directive, or a mapping, does not start on the line of `---`',
        'start a new line after `---`',
      ),
    ],
    [
      /Comments must be separated/u,
      of('`#` begins a comment only after a space', 'add a space before `#`, or put the text in quotes'),
    ],
    [/followed by map values/u, COLON],
    [/Sequence item without/u, of('an item of this list does not start with `- `')],
    [/Missing , /u, of('two items are not separated by a comma', 'add a comma, or put the text in quotes')],
    [/space after :/u, of('a colon is not followed by a space', 'write `key: value`')],
    [/(?:)/u, of('a space, a comma or a colon is missing here')],
  ],
  MULTILINE_IMPLICIT_KEY: [[/(?:)/u, COLON]],
  MULTIPLE_ANCHORS: [[/(?:)/u, of('a value can have only one anchor (`&name`)')]],
  MULTIPLE_TAGS: [[/(?:)/u, of('a value can have only one tag (`!name`)')]],
  TAB_AS_INDENT: [[/(?:)/u, of('a tab is not allowed as indentation', 'indent with spaces')]],
  UNEXPECTED_TOKEN: [
    [
      /flow-(?:seq|map)-end token/u,
      of('a closing `]` or `}` does not have an opening one', 'remove it, or put the text in quotes'),
    ],
    [
      /block-seq-ind on same line/u,
      of('a list cannot start on the line of its key', 'start the first `- ` on a new line'),
    ],
    [/Block scalar header/u, of('text follows `|` or `>` on the same line', 'start the text on the next line')],
    [
      /at node end/u,
      of('text follows the end of a value', 'put the whole text in quotes; write a quote inside single quotes twice'),
    ],
    [/Unexpected (?:,|empty item)/u, of('an item between two commas is missing', 'remove the comma')],
    [/(?:)/u, of('this character is not expected here', 'put the text in quotes, if it belongs to a value')],
  ],
};

/** The words for an error of the parser. A code without words of its own gets a general sentence. */
export function syntaxWords(code: string, message: string): SyntaxWords {
  for (const [pattern, say] of WORDS[code as ErrorCode] ?? []) {
    const found = pattern.exec(message);
    if (found !== null) return say(found);
  }
  return { message: 'the text is not valid YAML' };
}
