/** Secrets of the configuration, read where they are: from the environment, or from files of the project. */

import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { type SecretReference, secretsIn, withSecrets } from '../engine/load/secrets.ts';
import { rootOf } from '../engine/load/within-root.ts';
import type { Json } from '../engine/types.ts';

/** Longest secret, in bytes: keys of an authority with their chains fit. */
const LONGEST = 65_536;

export interface Place {
  /** Folder of `fettle.yaml`: what paths start from. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration with its secrets, and these alone, for redaction. `missing` says which one could not be had. */
export type WithSecrets =
  | { readonly config: Json; readonly secrets: readonly string[] }
  | { readonly missing: string; readonly secrets: readonly string[] };

/** The first line of a file is not enough for a key, so it is all of it, without the newline at its end. Throws with words. */
async function readSecret(path: string, folder: string): Promise<string> {
  const root = await realpath(await rootOf(folder));
  const file = await realpath(resolve(folder, path)).catch(() => undefined);
  if (file === undefined) throw new Error(`the file ${path} of a secret is not there`);
  if (!file.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
    throw new Error(`the file ${path} of a secret lies outside ${root}`);
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`the file ${path} of a secret cannot be read: ${error.code ?? 'unknown'}`);
  });
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${path}, which a secret names, is no file`);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0);
    if (bytesRead > LONGEST) throw new Error(`the file ${path} of a secret is longer than ${LONGEST} bytes`);
    const text = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/\r?\n$/u, '');
    if (text === '') throw new Error(`the file ${path} of a secret is empty`);
    return text;
  } finally {
    await handle.close();
  }
}

async function valueOf({ from, name }: SecretReference, { folder, env }: Place): Promise<string> {
  if (from === 'file') return readSecret(name, folder);
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Reads the secrets that a plugin's configuration names. One that cannot be had is no error here: what needs it is a gap. */
export async function readSecrets(config: Json, places: readonly string[], place: Place): Promise<WithSecrets> {
  const values = new Map<string, string>();
  try {
    for (const reference of secretsIn(config, places)) values.set(reference.pointer, await valueOf(reference, place));
    return { config: withSecrets(config, values), secrets: [...values.values()] };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error), secrets: [...values.values()] };
  }
}
