/** Labels and label selectors, with the complete published grammar. */

import { invalidInput } from './errors.ts';

export type Labels = Readonly<Record<string, string>>;

const WORD = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const WORD_MAX = 63;
const PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const PREFIX_MAX = 253;
const RESERVED = 'hetzner.cloud';

function isWord(text: string): boolean {
  return text.length <= WORD_MAX && WORD.test(text);
}

function isKey(key: string): boolean {
  const parts = key.split('/');
  const [prefix = '', name = prefix] = parts;
  if (parts.length === 1) return isWord(prefix);
  return parts.length === 2 && prefix.length <= PREFIX_MAX && PREFIX.test(prefix) && isWord(name);
}

function isValue(value: string): boolean {
  return value === '' || isWord(value);
}

/** Throws `invalid_input` if a label is not allowed. */
export function checkLabels(labels: Labels): Labels {
  for (const [key, value] of Object.entries(labels)) {
    if (!isKey(key)) throw invalidInput('labels', `'${key}' is not a correct label key`);
    if (key.startsWith(`${RESERVED}/`)) throw invalidInput('labels', `the prefix '${RESERVED}/' is reserved`);
    if (!isValue(value)) throw invalidInput('labels', `'${value}' is not a correct label value`);
  }
  return labels;
}

type Matches = (labels: Labels) => boolean;

function bad(selector: string): Error {
  return invalidInput('label_selector', `'${selector}' is not a correct label selector`);
}

/** Splits at commas outside of parentheses. */
function termsOf(selector: string): readonly string[] {
  const terms: string[] = [];
  let depth = 0;
  let term = '';
  for (const letter of selector) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      terms.push(term.trim());
      term = '';
    } else {
      term += letter;
    }
  }
  return [...terms, term.trim()];
}

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUAL = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s!=]*)$/;
const PRESENT = /^(!?)\s*([^\s!=()]+)$/;

function termOf(term: string, selector: string): Matches {
  const has = (labels: Labels, key: string): boolean => Object.hasOwn(labels, key);
  const valid = (key: string, values: readonly string[]): boolean => isKey(key) && values.every(isValue);

  const set = SET.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    if (!valid(key, values)) throw bad(selector);
    const within: Matches = (labels) => has(labels, key) && values.includes(labels[key] ?? '');
    return operator === 'in' ? within : (labels) => !within(labels);
  }
  const equal = EQUAL.exec(term);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    if (!valid(key, [value])) throw bad(selector);
    const same: Matches = (labels) => has(labels, key) && labels[key] === value;
    return operator === '!=' ? (labels) => !same(labels) : same;
  }
  const present = PRESENT.exec(term);
  if (present === null) throw bad(selector);
  const [, not = '', key = ''] = present;
  if (!isKey(key)) throw bad(selector);
  return not === '' ? (labels) => has(labels, key) : (labels) => !has(labels, key);
}

/**
 * Parses a selector: `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, joined by commas that mean "and".
 * `!=` and `notin` also match objects without such a label. Throws `invalid_input`.
 */
export function parseSelector(selector: string): Matches {
  const terms = termsOf(selector).map((term) => termOf(term, selector));
  return (labels) => terms.every((matches) => matches(labels));
}
