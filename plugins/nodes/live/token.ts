/** The token of the API: from the environment or a file, never from a document, and never in what is printed. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';

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
  // Not blocking: a named pipe in its place would hold the look up for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TokenError(`${source} cannot be read (${code})`);
  });
  try {
    if (!(await handle.stat()).isFile()) throw new TokenError(`${source} is no regular file`);
    const buffer = Buffer.alloc(MOST_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MOST_BYTES) throw new TokenError(`${source} is larger than ${MOST_BYTES} bytes: it holds no token`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Reads the token: from the file where one is named, else from the environment. Throws a TokenError. */
export async function readToken(
  { tokenEnv = USUAL_ENV, tokenFile }: TokenSource,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Token> {
  if (tokenFile !== undefined) {
    const source = `the token file ${tokenFile}`;
    return checked(source, await fileText(resolve(folder, tokenFile), source));
  }
  const value = env[tokenEnv];
  if (value === undefined)
    throw new TokenError(
      `the environment variable ${tokenEnv} is not set: it has to hold a token of the project (tokenEnv and tokenFile say where it is)`,
    );
  return checked(`the environment variable ${tokenEnv}`, value);
}
