/**
 * Entries of the inbox without secrets. Pure.
 *
 * The sender of a request chooses most texts of its entry, and some of its keys. The words of the plugin and times are no
 * secrets, also if a secret equals one of them: a fold would not know an entry without its field names.
 */

import { type EventRequest, isWord, type Json, keeping, type Redact } from '#plugin';

/** Adds every text that may hold a secret, each with a newline. */
function textsIn(value: Json, words: ReadonlySet<string>): string {
  if (typeof value === 'string') return isWord(value, words) ? '' : `${value}\n`;
  if (typeof value !== 'object' || value === null) return '';
  let texts = '';
  if (Array.isArray(value)) for (const each of value as readonly Json[]) texts += textsIn(each, words);
  else
    for (const [key, each] of Object.entries(value)) {
      if (!words.has(key)) texts += `${key}\n`;
      texts += textsIn(each, words);
    }
  return texts;
}

/** A copy with every text redacted, and every key. */
export function redactedCopy(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => redactedCopy(each, redact));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [redact(key), redactedCopy(each, redact)]));
}

const SHORTEST_CREDENTIAL = 6;

/** Adds the value of a header, and its last word. */
function addCredentials(value: string, credentials: string[]): void {
  const last = value.slice(value.lastIndexOf(' ') + 1);
  if (value.length >= SHORTEST_CREDENTIAL) credentials.push(value);
  if (last.length < value.length && last.length >= SHORTEST_CREDENTIAL) credentials.push(last);
}

/** The credentials of a request: the settings may know a token by its hash alone. */
function credentialsOf(headers: EventRequest['headers']): readonly string[] {
  const credentials: string[] = [];
  for (const name in headers) {
    if (name !== 'authorization' && !name.endsWith('token')) continue;
    const value = headers[name];
    if (typeof value === 'string') addCredentials(value, credentials);
    else for (const each of value ?? []) addCredentials(each, credentials);
  }
  return credentials;
}

export interface EntryRedaction {
  /** Words of the plugin that no redaction changes: field names, and values that it chooses from. */
  readonly words: ReadonlySet<string>;
  readonly redact: Redact;
  /** Redacts further secrets. */
  readonly redactor: (secrets: readonly string[]) => Redact;
}

/**
 * The entry without known secrets, and without the credentials of its request. One search in all texts is faster than one
 * in each, and hardly any entry has a secret.
 */
export function redactedEntry(
  entry: Json,
  headers: EventRequest['headers'],
  { words, redact, redactor }: EntryRedaction,
): Json {
  const texts = textsIn(entry, words);
  const repeated = credentialsOf(headers).filter((credential) => texts.includes(credential));
  const known = redact(texts) === texts ? entry : redactedCopy(entry, keeping(words, redact));
  return repeated.length === 0 ? known : redactedCopy(known, keeping(words, redactor(repeated)));
}
