/**
 * Redaction: what a plugin, a server or a driver says of its failures may quote what it was given. Whatever they say goes
 * through here before it becomes part of a plan, a record or a line on a terminal.
 *
 * | Is taken out | as |
 * |---|---|
 * | values that are known to be secret | they are, percent-encoded, escaped as JSON, in base64 (both alphabets) and in hex |
 * | a private key in PEM | the whole block, also with its newlines escaped, and where its end is missing |
 * | user and password in a URL | everything between `://` and `@`; a short user alone is left |
 * | credentials of a header | what follows `Authorization:` and its kind, `Bearer` and `Basic` |
 * | parameters and settings that are called so | `password=…`, `token: …`, `api_key=…` |
 */

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

const HIDDEN = '(hidden)';

const PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/gu;
/** `user:password@`, or a user that is as long as a token; a short user alone is a name. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^/\s"'@?#:]*:[^/\s"'@?#]*|[^/\s"'@?#:]{16,})@/giu;
const HEADER =
  /\b((?:proxy-)?authorization|x-api-key|x-auth-token|cookie|set-cookie)(["']?\s*[:=]\s*["']?)([^\r\n"']+)/giu;
const SCHEME = /\b(bearer|basic)(\s+)([A-Za-z0-9+/=_.~-]{6,})/giu;
const SETTING =
  /\b([\w-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential)[\w-]*)(["']?\s*[:=]\s*["']?)([^\s"'&,;)}\]]{4,})/giu;

/** Puts something else in the place of what looks like a secret, whatever its value. */
function replacePatterns(text: string, hide: (secret: string) => string): string {
  return text
    .replace(PEM, hide)
    .replace(URL_CREDENTIALS, (_, scheme: string, secret: string) => `${scheme}${hide(secret)}@`)
    .replace(HEADER, (_, name: string, sign: string, secret: string) => `${name}${sign}${hide(secret)}`)
    .replace(SCHEME, (_, name: string, blank: string, secret: string) => `${name}${blank}${hide(secret)}`)
    .replace(SETTING, (whole: string, name: string, sign: string, secret: string) =>
      // A field or a rule may be called so, and say how it stands.
      /^(?:true|false|null|undefined|none|missing|changed|unset|required)$/iu.test(secret)
        ? whole
        : `${name}${sign}${hide(secret)}`,
    );
}

/** What looks like a secret, whatever its value. */
export function redactPatterns(text: string): string {
  return replacePatterns(text, () => HIDDEN);
}

function stars(text: string): string {
  return text.replaceAll(/[^\n]/gu, (character) => '*'.repeat(character.length));
}

/** The same with a star for each character, so that places stay what they are; a reference such as `${env:NAME}` is left. */
export function maskPatterns(text: string): string {
  return replacePatterns(text, (secret) => (secret.includes('${') ? secret : stars(secret)));
}

/** Shorter values would hide harmless words. */
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

/** Takes out these values too, in the forms in which they are quoted. */
export function redactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const part of [secret, ...secret.split(/\r?\n/u)].map((text) => text.trim()))
      if (part.length >= SHORTEST) for (const form of encodings(part)) forms.add(form);
  }
  // The longest first: one secret may be the beginning of another.
  const known = [...forms].sort((a, b) => b.length - a.length).map((form) => RegExp.escape(form));
  if (known.length === 0) return redactPatterns;
  const pattern = new RegExp(known.join('|'), 'gu');
  return (text) => redactPatterns(text.replace(pattern, HIDDEN));
}

const SECRET_NAME =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PASS|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?|_PAT)$/iu;

/** The password in an address, as in `FETTLE_STORE`: whatever it is for, decoded and as it stands. */
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

/** Values of an environment that are secret by the names of their variables, or that a configuration names; of addresses, their passwords. */
export function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    const isSecret = SECRET_NAME.test(name) || name === 'PGPASSWORD' || named.includes(name);
    return isSecret ? [value] : passwordsIn(value);
  });
}
