/**
 * Values of secrets, and their permitted targets: origins that the environment names. A change of `fettle.yaml`, as in a
 * pull request, cannot send a secret to another origin. A secret that is missing is a text that names the reason, and is
 * never sent. Pure.
 */

import { InputError } from './errors.ts';
import { isLoopback, isOriginMistake, originText, parseOrigin, sameOrigin } from './origin.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The prefix of sandbox secrets: they are public, may be in files, and are only sent to this machine. */
const PUBLIC = 'sandbox-token-';

/** Protocols that do not send a secret in the clear: they encrypt, or sign with it (DNS). */
const SAFE: ReadonlySet<string> = new Set(['https:', 'ssh:', 'dns:']);

/** Protocols of one kind of secret each, which only signs and is never sent. */
const SIGNING: ReadonlySet<string> = new Set(['ssh:', 'dns:']);

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
  /** The variable of the secret's field: `HCLOUD_TOKEN`, also for the secret of `HCLOUD_TOKEN_SHOP`. */
  readonly variable: string;
  readonly to: URL;
  /** The secret only signs requests to the target, and is never sent. */
  readonly signs?: true;
}

/** An entry of a list: `WORKLOADS_TOKEN=https://a.example.test`, or the origin alone. */
interface Entry {
  /** The variable whose secret the entry is for; undefined without a name. */
  readonly name: string | undefined;
  readonly origin: ReturnType<typeof parseOrigin>;
  /** 1 for the first. */
  readonly number: number;
}

function entriesOf(list: string): readonly Entry[] {
  const texts = list.split(/[\s,]+/u).filter((entry) => entry !== '');
  return texts.map((entry, index) => {
    const [, name, origin = entry] = /^([A-Z][A-Z0-9_]*)=(.*)$/su.exec(entry) ?? [];
    return { name, origin: parseOrigin(origin), number: index + 1 };
  });
}

/**
 * The variables that a secret is permitted by: those that have it, of the field's own names (`HCLOUD_TOKEN`,
 * `HCLOUD_TOKEN_…`). A secret of a file goes by the field's variable.
 */
function namesOf({ secret, variable }: Sending, env: Environment): readonly [string, ...string[]] {
  const [first = variable, ...others] = Object.keys(env)
    .filter((name) => name === variable || name.startsWith(`${variable}_`))
    .filter((name) => env[name]?.trim() === secret.trim())
    .toSorted();
  return [first, ...others];
}

/**
 * The reason why a secret must not be sent to a target, as a predicate; undefined if it may be sent. `list` is the
 * environment variable that names the origins. An entry with a name is for the secret of that variable alone. One without
 * a name is only valid for a protocol by which a secret signs and is never sent: elsewhere, it would permit a secret of
 * one kind at the server of another kind. Loopback needs an entry like any other origin: other users may listen there.
 */
export function sendingMistake(sending: Sending, list: string, env: Environment): string | undefined {
  const { secret, to, signs = false } = sending;
  const sent = signs ? 'used for' : 'sent to';
  const reason = missingReason(secret);
  if (reason !== undefined) return `is missing: ${reason}`;
  if (isPublic(secret) && isLoopback(to.hostname)) return undefined;
  const origin = parseOrigin(`${to.protocol}//${to.host}`);
  if (isOriginMistake(origin)) return `must not be ${sent} an address that ${origin.mistake}`;
  const names = namesOf(sending, env);
  const own = entriesOf(env[list] ?? '').filter(({ name }) => name === undefined || names.includes(name));
  for (const { origin: entry, number } of own)
    if (isOriginMistake(entry))
      return `cannot be ${signs ? 'used' : 'sent'}: ${list}: entry ${number} ${entry.mistake}`;
  const fitting = own.filter((entry) => !isOriginMistake(entry.origin) && sameOrigin(entry.origin, origin));
  const shown = originText(origin);
  // Redaction would hide an origin behind the name of a secret and an equals sign.
  const [wanted, remedy] = SIGNING.has(to.protocol)
    ? ['that origin', `Add ${shown} to it`]
    : [`that origin for ${names[0]}`, `Add an entry with both, in the form NAME=${shown}`];
  if (fitting.length === 0)
    return `is only ${sent} ${shown} if the environment variable ${list} names ${wanted}. ${remedy}`;
  if (!SIGNING.has(to.protocol) && fitting.every(({ name }) => name === undefined))
    return `must not be ${sent} ${shown}: the entry of that origin in the environment variable ${list} has no name, and would permit secrets of every kind. Write the entry for ${names[0]}, in the form NAME=${shown}`;
  if (!SAFE.has(to.protocol) && !isLoopback(to.hostname))
    return `must not be ${sent} ${shown}: without https it would be sent in the clear`;
  return undefined;
}
