/** The token of the API: from the environment or a file, never from a document, and never in what is printed. */

import { resolve } from 'node:path';
import { FileError, readLimited } from './limited-file.ts';

/** There is no token, or none that can be sent. Names its source, never its value. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

export interface Token {
  /** Where it comes from, as messages name it: `the environment variable HCLOUD_TOKEN`. */
  readonly source: string;
  readonly value: string;
}

export interface TokenSource {
  readonly tokenEnv?: string;
  readonly tokenFile?: string;
}

const USUAL_ENV = 'HCLOUD_TOKEN';
const MOST_BYTES = 4096;

/** What a header can carry, and long enough to be no slip of the pen. */
function checked(source: string, text: string): Token {
  const value = text.trim();
  if (value === '') throw new TokenError(`${source} is empty: it has to hold a token of the project`);
  if (!/^[\x21-\x7e]+$/u.test(value))
    throw new TokenError(`${source} holds no token: a token is one word of ASCII characters`);
  return { source, value };
}

async function fileText(path: string, source: string): Promise<string> {
  try {
    return (await readLimited(path, MOST_BYTES, source)).toString();
  } catch (error) {
    if (error instanceof FileError) throw new TokenError(error.message);
    throw error;
  }
}

/** Reads the token: from the environment, or where that has none, from the file. Throws a TokenError. */
export async function readToken(
  { tokenEnv = USUAL_ENV, tokenFile }: TokenSource,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Token> {
  const value = env[tokenEnv];
  if (value !== undefined) return checked(`the environment variable ${tokenEnv}`, value);
  if (tokenFile !== undefined) {
    const source = `the token file ${tokenFile}`;
    return checked(source, await fileText(resolve(folder, tokenFile), source));
  }
  throw new TokenError(
    `the environment variable ${tokenEnv} is not set: it has to hold a token of the project (tokenEnv and tokenFile say where it is)`,
  );
}
