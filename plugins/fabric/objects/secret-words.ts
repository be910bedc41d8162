/**
 * Words of the cluster without secret values. A server quotes what it refuses (`spec.password: Invalid value: "…"`), and a
 * webhook may quote any part of an object: the values at secret pointers of the object, and every message about such a
 * field, are hidden.
 */

import { isTree, type Json, pointerKeys, valueAt, valueRedactor } from '#plugin';
import { asWords, type Refusal, type Said } from '../live/answers.ts';

const HIDDEN = '(hidden)';

/** The secrets of one object: JSON pointers, and the documents and objects that may have a value there. */
export interface Secrets {
  readonly pointers: readonly string[];
  readonly holders: readonly unknown[];
}

/** Every text and number in a value. */
function scalarsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(scalarsIn);
  return isTree(value) ? Object.values(value).flatMap(scalarsIn) : [];
}

/** The values at the pointers. `data` of a Secret is in base64: its decoded form is as secret. */
function valuesOf({ pointers, holders }: Secrets): readonly string[] {
  return holders.flatMap((holder) =>
    pointers.flatMap((pointer) => {
      const values = scalarsIn(valueAt(holder, pointer));
      return pointer === '/data' ? values.flatMap((text) => [text, Buffer.from(text, 'base64').toString()]) : values;
    }),
  );
}

/** The keys of a field as an error names it: `spec.links[0].ip`, `data[tls.crt]`. */
function keysOf(field: string): readonly string[] {
  return field.split(/[.[\]]+/u).filter((key) => key !== '');
}

function startsWith(keys: readonly string[], first: readonly string[]): boolean {
  return first.every((key, i) => keys[i] === key);
}

/** A message about a field; without its value if the field is a secret, or has one below it. */
function fieldMessage({ field, message }: Said['fields'][number], pointers: readonly string[]): string {
  const own = keysOf(field);
  const secrets = pointers.map((pointer) => pointerKeys(pointer).flatMap(keysOf));
  const hidden = `${/^[^:"]*/u.exec(message)?.[0] ?? ''}: ${HIDDEN}`;
  if (secrets.some((secret) => startsWith(own, secret))) return hidden;
  const isAbove = secrets.some((secret) => startsWith(secret, own));
  return isAbove && !message.startsWith('Invalid value: "object"') ? hidden : message;
}

/** A text without secret values. */
export function hideSecrets(text: string, secrets: Secrets): string {
  return valueRedactor(valuesOf(secrets))(text);
}

/** The words of a refusal, without secret values. */
export function publicWords({ words, said }: Refusal, secrets: Secrets): string {
  const { pointers } = secrets;
  if (said === undefined || pointers.length === 0) return words;
  // The longest first: one message may be a part of another.
  const fields = said.fields.toSorted((a, b) => b.message.length - a.message.length);
  const text = fields.reduce(
    (rest, each) =>
      rest.replaceAll(`${each.field}: ${each.message}`, () => `${each.field}: ${fieldMessage(each, pointers)}`),
    said.text,
  );
  return asWords(hideSecrets(text, secrets));
}
