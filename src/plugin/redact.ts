/**
 * Redaction of secrets. Error messages of a plugin, a server or a driver may quote their input, so this module redacts
 * them before they become part of a plan, a record or terminal output.
 *
 * | Redacted | Forms |
 * |---|---|
 * | known secrets | plain, percent-encoded, escaped as JSON, in base64 (both alphabets) and in hex |
 * | a private key in PEM | the whole block, also with escaped newlines, or without its end |
 * | user and password in a URL | the text between `://` and `@`; a short user alone is kept |
 * | credentials of a header | the value of `Authorization:` and similar headers, and of `Bearer` and `Basic` |
 * | parameters and settings with the name of a secret | `password=…`, `token: …`, `api_key=…` |
 */

/** Redacts secrets in a text. */
export type Redact = (text: string) => string;

const HIDDEN = '(hidden)';

const PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/gu;
/**
 * Matches `user:password@`, or a user as long as a token; a short user alone is a name. This pattern and `SETTING` are
 * written so that each part of a text is searched once: an adversary chooses some texts.
 */
const URL_CREDENTIALS = /(:\/\/)(?<=[a-z][a-z0-9+.-]*:\/\/)([^/\s"'@?#:]*:[^/\s"'@?#]*|[^/\s"'@?#:]{16,})@/giu;
const HEADER =
  /\b((?:proxy-)?authorization|x-api-key|x-auth-token|cookie|set-cookie)(["']?\s*[:=]\s*["']?)([^\r\n"']+)/giu;
const SCHEME = /\b(bearer|basic)(\s+)([A-Za-z0-9+/=_.~-]{6,})/giu;
const SETTING =
  /(?<![\w-])(?=[\w-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential))([\w-]+)(["']?\s*[:=]\s*["']?)([^\s"'&,;)}\]]{4,})/giu;

/** The names in `SETTING`: a text without one has no such setting, and most texts have none. */
const SETTING_NAME = /password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential/iu;

/** Replaces parameters and settings with the name of a secret. */
function replaceSettings(text: string, hide: (secret: string) => string): string {
  if (!SETTING_NAME.test(text)) return text;
  return text.replace(SETTING, (whole: string, name: string, sign: string, secret: string) =>
    // A field or a rule may have such a name, with its status as the value.
    /^(?:true|false|null|undefined|none|missing|changed|unset|required)$/iu.test(secret)
      ? whole
      : `${name}${sign}${hide(secret)}`,
  );
}

/** Replaces texts with the form of a secret. */
function replacePatterns(text: string, hide: (secret: string) => string): string {
  const others = text
    .replace(PEM, hide)
    .replace(URL_CREDENTIALS, (_, scheme: string, secret: string) => `${scheme}${hide(secret)}@`)
    .replace(HEADER, (_, name: string, sign: string, secret: string) => `${name}${sign}${hide(secret)}`)
    .replace(SCHEME, (_, name: string, blank: string, secret: string) => `${name}${blank}${hide(secret)}`);
  return replaceSettings(others, hide);
}

/** Redacts texts with the form of a secret. */
export function redactPatterns(text: string): string {
  return replacePatterns(text, () => HIDDEN);
}

function stars(text: string): string {
  return text.replaceAll(/[^\n]/gu, (character) => '*'.repeat(character.length));
}

/** Like `redactPatterns`, with a star for each character to keep positions. Keeps references such as `${env:NAME}`. */
export function maskPatterns(text: string): string {
  return replacePatterns(text, (secret) => (secret.includes('${') ? secret : stars(secret)));
}

/** Shortest secret that is redacted: a shorter one would hide harmless words. */
const SHORTEST = 6;

function encodings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString('base64').replace(/=+$/u, '');
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    base64,
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
}

/** A function that redacts these values in all forms in which they are quoted, and nothing else. */
export function valueRedactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const part of [secret, ...secret.split(/\r?\n/u)].map((text) => text.trim()))
      if (part.length >= SHORTEST) for (const form of encodings(part)) forms.add(form);
  }
  // The longest first: one secret may be a prefix of another.
  const known = [...forms].sort((a, b) => b.length - a.length).map((form) => RegExp.escape(form));
  if (known.length === 0) return (text) => text;
  const pattern = new RegExp(known.join('|'), 'gu');
  return (text) => text.replace(pattern, HIDDEN);
}

/** A function that redacts these values too, in all forms in which they are quoted. */
export function redactor(secrets: Iterable<string>): Redact {
  const redactValues = valueRedactor(secrets);
  return (text) => redactPatterns(redactValues(text));
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u;
const INSTANT_LENGTH = '2026-01-01T00:00:00.000Z'.length;

/** True for one of the words, which are public, and for a time as records have it. */
export function isWord(text: string, words: ReadonlySet<string>): boolean {
  return words.has(text) || (text.length === INSTANT_LENGTH && INSTANT.test(text));
}

/** Redacts as `redact`, except for words: a secret may be the same as the name of a field. */
export function keeping(words: ReadonlySet<string>, redact: Redact): Redact {
  return (text) => (isWord(text, words) ? text : redact(text));
}

const SECRET_NAME =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|_PAT)$/iu;

/** True for the name of a variable that has a secret, by its ending. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** The password in an address, as in `FETTLE_STORE`, both decoded and encoded. */
function passwordsIn(address: string): readonly string[] {
  // Few variables hold an address, and the patterns cost more than this.
  if (!address.includes('://') && !/[?&]/u.test(address)) return [];
  const found = /^[a-z][a-z0-9+.-]*:\/\/[^:@/?#]*:([^/?#]*)@/iu.exec(address)?.[1];
  const parameter = /[?&]password=([^&#]*)/iu.exec(address)?.[1];
  return [found, parameter].flatMap((text) => {
    if (text === undefined || text === '') return [];
    try {
      return [text, decodeURIComponent(text)];
    } catch {
      return [text];
    }
  });
}

/** The secrets of an environment: variables with the name of a secret or in `named`, and passwords in addresses. */
export function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    const isSecret = isSecretName(name) || name === 'PGPASSWORD' || named.includes(name);
    return isSecret ? [value] : passwordsIn(value);
  });
}
