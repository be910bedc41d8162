/** The token of the API: as the configuration names it, or from the environment; never in what is printed. */

/** There is no token, or none that can be sent. Names its source, never its value. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

export interface Token {
  /** Where it comes from, as messages name it: `the environment variable HCLOUD_TOKEN`. */
  readonly source: string;
  readonly value: string;
}

const USUAL_ENV = 'HCLOUD_TOKEN';
const MOST_CHARACTERS = 4096;

/** What a header can carry. */
function checked(source: string, text: string): Token {
  const value = text.trim();
  if (value === '') throw new TokenError(`${source} is empty: it has to hold a token of the project`);
  if (value.length > MOST_CHARACTERS || !/^[\x21-\x7e]+$/u.test(value))
    throw new TokenError(`${source} holds no token: a token is one word of ASCII characters`);
  return { source, value };
}

/** The token that the configuration gives, or that of the environment. Throws a TokenError. */
export function tokenOf(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Token {
  if (given !== undefined) return checked('provider.hetzner.token in fettle.yaml', given);
  const value = env[USUAL_ENV];
  if (value !== undefined) return checked(`the environment variable ${USUAL_ENV}`, value);
  throw new TokenError(
    `the environment variable ${USUAL_ENV} is not set: it has to hold a token of the project, or provider.hetzner.token in fettle.yaml names one`,
  );
}
