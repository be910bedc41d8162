/**
 * Turns the text of one file into plain values, document by document, for any text.
 *
 * A YAML parser can be killed by its input: nesting overflows the stack, a megabyte of dashes becomes a gigabyte of
 * nodes, aliases expand without end, and a thousand errors cost more than the text. So nothing here trusts the text:
 *
 * - The lexer runs alone. It is a generator without recursion, reads ahead no further than the scalar or blank run at
 *   hand, and so takes time in proportion to any text.
 * - Between lexer and parser stands the guard. It sees every lexeme before anything is built of it, and it counts on
 *   the parser's own stack how deep the next node would be. It cannot count too little: no second reading exists of
 *   the text that could disagree with the parser's about quotes, comments or block scalars. A node of the tree may lie
 *   one collection deeper than the stack was (a flow collection that turns out to be a key), so the recursion of the
 *   composer stays below twice the limit.
 * - Each document becomes plain data as soon as it is whole, and its tree is dropped after the next step of the
 *   iterator. No more than two trees are in memory.
 * - Errors are counted, not built: the composer's handler is replaced by one that keeps offset and text, and ends the
 *   file after a hundred. Unique keys are checked here with a table (the composer compares each with each), and
 *   aliases are expanded here, with a budget (the library walks the document for each of them).
 *
 * | Text | Ends as |
 * |---|---|
 * | `[[[[…`, `{{{{…`, `- - - -…`, `? ? ?…`, ever deeper indentation | `too-deep` at the collection that is too deep |
 * | a million blank lines, also inside scalars | `blank-run`, before the lexer |
 * | `&a &b …`, `*a *a …` | `too-many-anchors`, `too-many-aliases` |
 * | an alias bomb | `too-many-values` at the alias that goes over the budget |
 * | 8 MB of `-`, `a:`, `[,`, quotes, comments in one document | `too-many-values` after 400,000 parts, or syntax errors |
 * | a scalar, key, tag or comment of 8 MB | `too-large` |
 * | 8 MB of `---` | `too-many-values` after 50,000 documents |
 */

import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser, Schema } from 'yaml';
import { defined, type Json, pointerKeys, SEEN, UNSEEN } from '#plugin';
import { limits } from './limits.ts';
import { blankRun } from './lines.ts';
import { echo, shorten, type TextMistake } from './mistake.ts';
import { type SyntaxWords, syntaxWords } from './yaml-words.ts';

/** One document of a file. `root` is valid until the next document is requested. */
export interface TextDocument {
  /** Null for a document without content; undefined if the text is not valid YAML. */
  readonly value: Json | undefined;
  readonly root: Node | null;
  /** Start of the content, or of the document if it has no content. */
  readonly start: number;
  readonly mistakes: readonly TextMistake[];
  /** The document has anchors or aliases, whose number is limited for a file. */
  readonly hasAnchors?: true;
}

class ReadingEnds extends Error {}

const SCALAR = '\x1f';
const TAGS: ReadonlySet<string> = new Set([
  '!',
  ...['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
]);
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const SECRET = /\$\{(?:env|file):/u;
/** Control characters that YAML does not allow, and a carriage return that is not part of a line end. */
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\r(?!\n)/u;

/** Conflict markers of git at the beginning of a line, which valid documents never have. */
const CONFLICT = /^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)/mu;
/** An invisible character of a plain scalar in the place of indentation, of the space after a mark, or by accident. */
const MISPLACED = `(?<=^|^-|^[\\w.-]+:|\\n[ \\t]*)(?![\\n\\r\\t])[${UNSEEN}]|(?![\\n\\r\\t])[${UNSEEN}]$`;
const NOT_SEEN = new RegExp(`[^\\n\\r\\t${SEEN}]`, 'u');
let misplacedPattern: RegExp | undefined;

function misplacedIn(lexeme: string): RegExpExecArray | null {
  // Few texts need the pattern, which takes milliseconds to compile.
  return NOT_SEEN.test(lexeme) ? (misplacedPattern ??= new RegExp(MISPLACED, 'u')).exec(lexeme) : null;
}

const NAMES: Readonly<Record<string, string>> = {
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u200b': 'zero width space',
  '\u202f': 'narrow no-break space',
  '\u3000': 'ideographic space',
  '\ufeff': 'byte order mark',
};

function invisibleMistake(character: string, offset: number): TextMistake {
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = NAMES[character];
  return {
    code: 'invisible-character',
    message: `the invisible character U+${point}${name === undefined ? '' : ` (${name})`} is not a space in YAML`,
    offset,
    suggestion: 'replace the character with a space, or remove it; if it is intended, put the text in quotes',
  };
}

/** The first mistake of a text as a whole, before parsing. */
export function textMistake(text: string): TextMistake | undefined {
  const unprintable = text.search(UNPRINTABLE);
  if (unprintable !== -1) {
    if (text[unprintable] === '\r')
      return {
        code: 'yaml-syntax',
        message: 'a carriage return (CR) alone is not a line end',
        offset: unprintable,
        suggestion: 'save the file with LF or CRLF line ends',
      };
    const code = text.charCodeAt(unprintable).toString(16).toUpperCase().padStart(4, '0');
    return {
      code: 'binary',
      message: `the control character U+${code} is not allowed in YAML`,
      offset: unprintable,
      suggestion: 'write the character as an escape in double quotes, or remove it',
    };
  }
  const conflict = text.search(CONFLICT);
  if (conflict !== -1)
    return {
      code: 'merge-conflict',
      message: 'the file contains a merge conflict marker',
      offset: conflict,
      suggestion: 'resolve the conflict and remove its markers',
    };
  const run = blankRun(text, limits.blankLines);
  if (run !== -1)
    return { code: 'blank-run', message: `more than ${count(limits.blankLines)} blank lines in a row`, offset: run };
  return undefined;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function offsetOf(source: unknown): number {
  if (typeof source === 'number') return source;
  if (Array.isArray(source)) return Number(source[0]);
  return (source as { offset: number }).offset;
}

function linesIn(lexeme: string): number {
  let lines = 0;
  for (let at = lexeme.indexOf('\n'); at !== -1; at = lexeme.indexOf('\n', at + 1)) lines++;
  return lines;
}

interface Held {
  readonly mistakes: TextMistake[];
}

/** Takes `true` if the yielded document is wrong: only a limited part of a file with mistakes is read. */
export type Documents = Generator<TextDocument, void, boolean | undefined>;

/**
 * The documents of a text, in order. Ends early, with a mistake that says so, if the text exceeds a limit.
 * Call `textMistake` first.
 */
export function* readDocuments(text: string): Documents {
  // Every document gets the same schema: the core of YAML 1.2, without tags beyond it and without merge keys.
  const schema = new Schema({ schema: 'core', resolveKnownTags: false, merge: false });
  const composer = new Composer({ schema, uniqueKeys: false, prettyErrors: false, strict: true });
  const parser = new Parser();
  const counts = { parts: 0, ofDocument: 0, anchors: 0, aliases: 0, documents: 0, errors: 0, firstMistake: -1 };
  const budget: Budget = { aliasValues: limits.aliasValues };
  let held: Held | undefined;
  let target: Held = { mistakes: [] };
  const stray = target;

  const add = (mistake: TextMistake): void => {
    if (counts.firstMistake < 0) counts.firstMistake = counts.parts;
    target.mistakes.push(mistake);
  };
  const syntax = (offset: number, words: SyntaxWords, code = 'yaml-syntax'): void => {
    counts.errors++;
    add({ ...words, code, offset });
    if (counts.errors >= limits.syntaxErrors) throw new ReadingEnds();
  };
  const end = (code: string, message: string, suggestion?: string): never => {
    add(defined({ code, message, offset: Math.min(parser.offset, Math.max(0, text.length - 1)), suggestion }));
    throw new ReadingEnds();
  };
  // The composer builds an Error for each mistake; this keeps a few words of it. A field of the class, not of its type.
  (composer as unknown as { onError: unknown }).onError = (source: unknown, code: string, message: string): void =>
    code === 'TAG_RESOLVE_FAILED'
      ? syntax(
          offsetOf(source),
          { message: `unknown tag ${echo(message.replace(/^Unresolved tag: /u, ''))}` },
          'unknown-tag',
        )
      : syntax(offsetOf(source), syntaxWords(code, message));

  const finish = (document: Document.Parsed, of: Held): TextDocument => {
    const root = document.contents as Node | null;
    const start = root?.range?.[0] ?? document.range[0];
    if (of.mistakes.length > 0) return { value: undefined, root, start, mistakes: of.mistakes };
    const anchors = new Map<string, Json>();
    const value = root === null ? null : plain(root, of.mistakes, budget, anchors);
    if (of.mistakes.length > 0 && counts.firstMistake < 0) counts.firstMistake = counts.parts;
    return { value, root, start, mistakes: of.mistakes, ...(anchors.size > 0 ? { hasAnchors: true } : {}) };
  };

  type Token = Parameters<Composer['next']>[0];
  function* compose(token: Token): Documents {
    if (token.type === 'error') return syntax(token.offset, syntaxWords('UNEXPECTED_TOKEN', token.message));
    if (token.type === 'directive') {
      if (/^%YAML[ \t]+1\.2[ \t]*$/u.test(token.source)) yield* composed(token);
      else
        syntax(token.offset, {
          message: `the directive ${echo(token.source)} is not supported; documents are YAML 1.2`,
        });
      return;
    }
    if (token.type === 'doc-end' && held === undefined)
      return syntax(token.offset, { message: 'an end marker without a document' });
    if (token.type !== 'document') return yield* composed(token);
    counts.ofDocument = 0;
    if (++counts.documents > limits.documents)
      end('too-many-values', `more than ${count(limits.documents)} documents in one file`, 'split the file');
    // A mistake before the first document, for example a directive, belongs to that document.
    target = held === undefined ? stray : { mistakes: [] };
    const mine = target;
    yield* composed(token);
    held = mine;
  }
  function* composed(token: Token): Documents {
    for (const document of composer.next(token)) yield* given(document);
  }
  function* given(document: Document.Parsed): Documents {
    if (held === undefined) return;
    const isWrong = yield finish(document, held);
    if (isWrong === true && counts.firstMistake < 0) counts.firstMistake = counts.parts;
  }

  try {
    let isScalarNext = false;
    let isBlock = false;
    for (const lexeme of new Lexer().lex(text)) {
      counts.parts++;
      counts.ofDocument++;
      if (lexeme.length > limits.partLength)
        end(
          'too-large',
          `a text of more than ${count(limits.partLength)} characters`,
          'keep the text in a file of its own',
        );
      if (isScalarNext || lexeme.length > 80) {
        const lines = linesIn(lexeme);
        counts.parts += lines;
        counts.ofDocument += lines;
      }
      if (!isScalarNext) {
        const first = lexeme[0];
        if (first === '&' && ++counts.anchors > limits.anchors)
          end('too-many-anchors', `more than ${limits.anchors} anchors in one file`);
        if (first === '*' && ++counts.aliases > limits.aliases)
          end('too-many-aliases', `more than ${limits.aliases} aliases in one file`);
      }
      const misplaced = isScalarNext && !isBlock ? misplacedIn(lexeme) : null;
      if (misplaced !== null) {
        add(invisibleMistake(misplaced[0], parser.offset + misplaced.index));
        throw new ReadingEnds();
      }
      if (isScalarNext || /^[|>]/u.test(lexeme)) isBlock = !isScalarNext;
      isScalarNext = lexeme === SCALAR && !isScalarNext;
      if (counts.ofDocument > limits.documentParts)
        end('too-many-values', `more than ${count(limits.documentParts)} parts in one document`, 'split the document');
      if (counts.parts > limits.fileParts)
        end('too-many-values', `more than ${count(limits.fileParts)} parts in one file`, 'split the file');
      if (counts.firstMistake >= 0 && counts.parts - counts.firstMistake > limits.partsAfterMistake)
        end('too-many-problems', 'the rest of the file was not read because of the problems above');
      for (const token of parser.next(lexeme)) yield* compose(token);
      if (parser.stack.length > limits.depth + 1) {
        const top = parser.stack.at(-1);
        const depth = parser.stack.length - (top !== undefined && 'items' in top ? 1 : 2);
        if (depth > limits.depth) {
          const offset = top !== undefined ? top.offset : parser.offset;
          add({ code: 'too-deep', message: `values are nested more than ${limits.depth} deep`, offset });
          throw new ReadingEnds();
        }
      }
    }
    for (const token of parser.end()) yield* compose(token);
    for (const document of composer.end()) yield* given(document);
    if (held === undefined && stray.mistakes.length > 0)
      yield { value: undefined, root: null, start: 0, mistakes: stray.mistakes };
  } catch (error) {
    if (!(error instanceof ReadingEnds)) throw error;
    // The document inside the composer is lost, its mistakes are not.
    const mistakes = held === undefined || held === target ? target.mistakes : [...held.mistakes, ...target.mistakes];
    yield { value: undefined, root: null, start: mistakes[0]?.offset ?? 0, mistakes };
  }
}

interface Budget {
  aliasValues: number;
}

/** A node as plain data. Values that are not allowed are noted, and left out, or kept if a check can proceed with them. */
function plain(root: Node, mistakes: TextMistake[], budget: Budget, anchors: Map<string, Json>): Json {
  let isTooDeep = false;
  let isOverBudget = false;

  const note = (
    code: string,
    message: string,
    node: Node,
    more: { other?: number; suggestion?: string } = {},
  ): void => {
    if (mistakes.length < limits.mistakes) mistakes.push({ code, message, offset: node.range?.[0] ?? 0, ...more });
  };

  const copy = (value: Json, depth: number, at: Node): Json => {
    budget.aliasValues--;
    if (budget.aliasValues < 0) {
      if (!isOverBudget)
        note('too-many-values', `the aliases of this file expand to more than ${count(limits.aliasValues)} values`, at);
      isOverBudget = true;
      return null;
    }
    if (value === null || typeof value !== 'object') return value;
    if (depth > limits.depth) {
      note('too-deep', `values are nested more than ${limits.depth} deep through an alias`, at);
      return null;
    }
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const item of value as readonly Json[]) {
        if (budget.aliasValues < 0) break;
        items.push(copy(item, depth + 1, at));
      }
      return items;
    }
    const out: Record<string, Json> = {};
    for (const [key, member] of Object.entries(value)) {
      if (budget.aliasValues < 0) break;
      out[key] = copy(member, depth + 1, at);
    }
    return out;
  };

  const scalar = (value: unknown, node: Node): Json => {
    if (typeof value === 'string') {
      if (SECRET.test(value))
        note('secret-not-allowed', 'a secret is not allowed here: no field of a document takes one', node);
      if ('type' in node && node.type === 'QUOTE_DOUBLE' && (!value.isWellFormed() || value.includes('\0')))
        note('wrong-value', 'the text has an escape that is not a character', node);
      return value;
    }
    if (typeof value === 'number') {
      if (!Number.isFinite(value))
        note(
          'wrong-value',
          `${shorten(String((node as { source?: string }).source ?? value))} is not a number that can be represented`,
          node,
        );
      else if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
        note(
          'unsafe-integer',
          `${shorten(String((node as { source?: string }).source ?? value))} is beyond 2^53 and would be rounded`,
          node,
          { suggestion: 'write the value in quotes, as text' },
        );
      return value === 0 ? 0 : value;
    }
    return typeof value === 'boolean' ? value : null;
  };

  const key = (node: unknown): string | undefined => {
    const at = (node ?? root) as Node;
    if (!isScalar(node) || typeof node.value !== 'string') {
      const shown = isScalar(node)
        ? `the key ${node.value === null ? 'is empty' : `${echo(node.source ?? '')} is a ${typeof node.value}`}`
        : 'the key is a collection or an alias';
      note(
        'bad-key',
        `${shown}; keys are text`,
        at,
        isScalar(node) && node.value !== null ? { suggestion: 'write it in quotes' } : {},
      );
      return undefined;
    }
    if (FORBIDDEN.has(node.value)) {
      note('forbidden-key', `the key \`${node.value}\` is not allowed anywhere`, at);
      return undefined;
    }
    if (node.value === '<<' && node.type === 'PLAIN') {
      note('unknown-key', 'merge keys (`<<`) are not part of YAML 1.2', at, { suggestion: 'write the keys out' });
      return undefined;
    }
    if (node.value.length > 1024) {
      note('bad-key', 'the key is longer than 1,024 characters', at);
      return undefined;
    }
    checkTag(node);
    if (node.anchor !== undefined) anchors.set(node.anchor, node.value);
    if (SECRET.test(node.value)) note('secret-not-allowed', 'a secret is not allowed in a key', at);
    return node.value;
  };

  const checkTag = (node: Node): void => {
    const tag = 'tag' in node ? node.tag : undefined;
    if (tag !== undefined && !TAGS.has(tag)) note('unknown-tag', `unknown tag ${echo(tag)}`, node);
  };

  const convert = (node: Node | null, depth: number): Json => {
    if (node === null) return null;
    if (isAlias(node)) {
      const value = anchors.get(node.source);
      if (value === undefined) {
        note('yaml-syntax', `the alias ${echo(`*${node.source}`)} has no anchor before it`, node);
        return null;
      }
      return copy(value, depth, node);
    }
    checkTag(node);
    let value: Json;
    if (isScalar(node)) value = scalar(node.value, node);
    else if (depth > limits.depth) {
      if (!isTooDeep) note('too-deep', `values are nested more than ${limits.depth} deep`, node);
      isTooDeep = true;
      return null;
    } else if (isMap(node)) {
      const out: Record<string, Json> = {};
      for (const pair of node.items) {
        const name = key(pair.key);
        if (name === undefined) continue;
        const member = convert(pair.value as Node | null, depth + 1);
        if (Object.hasOwn(out, name)) {
          // Only as often as it is noted: with each search, thousands of duplicates would cost their square.
          if (mistakes.length >= limits.mistakes) continue;
          const first = node.items.find((other) => isScalar(other.key) && other.key.value === name);
          const other = (first?.key as Node | undefined)?.range?.[0];
          note(
            'duplicate-key',
            `the key \`${shorten(name)}\` occurs twice in one mapping`,
            pair.key as Node,
            other === undefined ? {} : { other },
          );
        } else out[name] = member;
      }
      value = out;
    } else if (isSeq(node)) value = node.items.map((item) => convert(item as Node | null, depth + 1));
    else value = null;
    if (node.anchor !== undefined) anchors.set(node.anchor, value);
    return value;
  };

  return convert(root, 1);
}

/** Offset of the value that a JSON pointer names, or with `key` of its key; of the nearest enclosing node if it does not exist. */
export function offsetAt(root: Node | null, pointer: string, what: 'value' | 'key' = 'value'): number | undefined {
  if (root === null) return undefined;
  let node: Node | null = root;
  let at = root.range?.[0];
  const parts = pointerKeys(pointer);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && each.key.value === part);
      if (pair === undefined) return at;
      const ofKey = (pair.key as Node).range?.[0];
      if (last && what === 'key') return ofKey;
      node = pair.value as Node | null;
      // A key without a value: the place is the key, not the line after it.
      const empty = node === null || (isScalar(node) && node.value === null && node.source === '');
      at = empty ? ofKey : (node?.range?.[0] ?? ofKey);
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined;
      if (item === undefined) return at;
      node = item;
      at = item.range?.[0] ?? at;
    } else return at;
  }
  return at;
}
