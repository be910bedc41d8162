/** HTTP-01 challenges of ACME (RFC 8555, 8.3), as far as a daemon that answers them has to know. Pure. */

/** Names the folder from which `fettle serve` answers challenges: one file for each token. Only the host sets it. */
export const CHALLENGE_FOLDER = 'FETTLE_CHALLENGE_FOLDER';

/** The path at which an authority asks for a token. */
export const CHALLENGE_PATH = '/.well-known/acme-challenge';

/** Size limit of the text of a challenge, in bytes: more than any key authorization has. */
export const MOST_CHALLENGE_BYTES = 1024;

/** Characters of a token (RFC 8555, 8.1), with a limit of length: the token is part of a path. */
const TOKEN = /^[A-Za-z0-9_-]{1,200}$/u;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
