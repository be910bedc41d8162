/** The API token, from the configuration or the environment. It is never printed. */

import { heldSecret, InputError } from '#plugin';

export interface Token {
  /** The source of the token in messages: `the environment variable HCLOUD_TOKEN`. */
  readonly source: string;
  readonly value: string;
}

const USUAL_ENV = 'HCLOUD_TOKEN';
const FIELD = 'plugins.nodes.provider.hetzner.token';
const MOST_CHARACTERS = 4096;

/** The characters that a header can carry. */
function checked(source: string, text: string): Token {
  const value = text.trim();
  if (value === '') throw new InputError(`${source} is empty: it has to hold a token of the project`);
  if (value.length > MOST_CHARACTERS || !/^[\x21-\x7e]+$/u.test(value))
    throw new InputError(`${source} does not hold a valid token: a token is one word of ASCII characters`);
  return { source, value };
}

/** The token of the configuration, or else of the environment. Throws an InputError that names its source, never its value. */
export function tokenOf(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Token {
  const what = 'the token of the project';
  const source =
    given === undefined ? `the environment variable ${USUAL_ENV}` : 'provider.hetzner.token in fettle.yaml';
  return checked(source, heldSecret(given, { what, variable: USUAL_ENV, field: FIELD }, env));
}
