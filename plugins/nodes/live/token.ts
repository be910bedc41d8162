/** The API token, from the configuration or the environment. It is never printed. */

/** The token is missing or cannot be sent. The message names its source, never its value. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

export interface Token {
  /** The source of the token in messages: `the environment variable HCLOUD_TOKEN`. */
  readonly source: string;
  readonly value: string;
}

const USUAL_ENV = 'HCLOUD_TOKEN';
const MOST_CHARACTERS = 4096;

/** The characters that a header can carry. */
function checked(source: string, text: string): Token {
  const value = text.trim();
  if (value === '') throw new TokenError(`${source} is empty: it has to hold a token of the project`);
  if (value.length > MOST_CHARACTERS || !/^[\x21-\x7e]+$/u.test(value))
    throw new TokenError(`${source}does not hold a valid token: a token is one word of ASCII characters`);
  return { source, value };
}

/** The token of the configuration, or else of the environment. Throws a TokenError. */
export function tokenOf(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Token {
  if (given !== undefined) return checked('provider.hetzner.token in fettle.yaml', given);
  const value = env[USUAL_ENV];
  if (value !== undefined) return checked(`the environment variable ${USUAL_ENV}`, value);
  throw new TokenError(
    `the environment variable ${USUAL_ENV} is not set: it has to hold a token of the project, or provider.hetzner.token in fettle.yaml must name one`,
  );
}
