/**
 * Values of secrets, and their permitted targets: origins that the environment names. A change of `fettle.yaml`, as in a
 * pull request, cannot send a secret to another origin. A secret that is missing is a text that names the reason, and is
 * never sent. Pure.
 */

import { InputError } from './errors.ts';
import { isLoopback, isOriginMistake, namesOrigin, originsIn, originText, parseOrigin } from './origin.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The prefix of sandbox secrets: they are public, may be in files, and are only sent to this machine. */
const PUBLIC = 'sandbox-token-';

/** Protocols that do not send a secret in the clear: they encrypt, or sign with it (DNS). */
const SAFE: ReadonlySet<string> = new Set(['https:', 'ssh:', 'dns:']);

export function isPublic(secret: string): boolean {
  return secret.startsWith(PUBLIC);
}

/** The text in the place of a secret that cannot be read. */
export function missingSecret(reason: string): string {
  return `\${missing:${reason}}`;
}

/** The reason why a text is not a secret: it stands for a missing one, or is a reference; undefined for a secret. */
export function missingReason(text: string): string | undefined {
  const [, from, rest] = /^\$\{(env|file|missing):(.*)\}$/su.exec(text) ?? [];
  return from === undefined || from === 'missing' ? rest : `the reference ${text} was not read`;
}

/** A field of `fettle.yaml` that has a secret. */
export interface SecretField {
  /** The secret in messages: `the token of the cluster`. */
  readonly what: string;
  /** The variable of the field, which also has the value of a field that is left out: `FABRIC_TOKEN`. */
  readonly variable: string;
  /** The field in `fettle.yaml`: `plugins.fabric.token`. */
  readonly field: string;
}

/** The value of a field; of its variable if the field is left out. Throws an InputError if the secret is missing. */
export function heldSecret(
  given: string | undefined,
  { what, variable, field }: SecretField,
  env: Environment,
): string {
  const value = given ?? env[variable] ?? '';
  const reason = missingReason(value);
  if (reason !== undefined)
    throw new InputError(`${what} is missing: ${reason}. Provide the secret that ${field} in fettle.yaml names`);
  if (value !== '') return value;
  throw new InputError(`${what} is missing. Set the environment variable ${variable}, or ${field} in fettle.yaml`);
}

/** A secret and its target. */
export interface Sending {
  readonly secret: string;
  /** The variable of the secret's field: `HCLOUD_TOKEN`. */
  readonly variable: string;
  readonly to: URL;
  /** The secret only signs requests to the target, and is never sent. */
  readonly signs?: true;
}

/**
 * The entries of a list for one secret: `https://a.example.test` is for every secret, and
 * `WORKLOADS_TOKEN=https://a.example.test` for one.
 */
function entriesFor(list: string, variable: string): string {
  return list
    .split(/[\s,]+/u)
    .flatMap((entry) => {
      const [, name, origin] = /^([A-Z][A-Z0-9_]*)=(.*)$/su.exec(entry) ?? [];
      return name === undefined ? [entry] : name === variable ? [origin] : [];
    })
    .join(',');
}

/**
 * The reason why a secret must not be sent to a target, as a predicate; undefined if it may be sent. `list` is the
 * environment variable that names the origins. Loopback needs an entry like any other origin: other users may listen
 * there.
 */
export function sendingMistake(sending: Sending, list: string, env: Environment): string | undefined {
  const { secret, variable, to, signs = false } = sending;
  const sent = signs ? 'used for' : 'sent to';
  const reason = missingReason(secret);
  if (reason !== undefined) return `is missing: ${reason}`;
  if (isPublic(secret) && isLoopback(to.hostname)) return undefined;
  const origin = parseOrigin(`${to.protocol}//${to.host}`);
  if (isOriginMistake(origin)) return `must not be ${sent} an address that ${origin.mistake}`;
  const named = originsIn({ [list]: entriesFor(env[list] ?? '', variable) }, list);
  const [mistake] = named.mistakes;
  if (mistake !== undefined) return `cannot be ${signs ? 'used' : 'sent'}: ${mistake}`;
  const shown = originText(origin);
  if (!namesOrigin(named, origin))
    return `is only ${sent} ${shown} if the environment variable ${list} names that origin. Add ${shown} to it`;
  if (!SAFE.has(to.protocol) && !isLoopback(to.hostname))
    return `must not be sent to ${shown}: without https it would be sent in the clear`;
  return undefined;
}
