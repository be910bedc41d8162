/** Secrets of the configuration, read where they are: from the environment, or from files of the project. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readInside } from '#plugin/files';
import { isFileOf, type SecretReference, secretsIn, withSecrets } from '../engine/load/secrets.ts';
import { errorText, type Json, type SecretTable } from '#plugin';

/** Longest secret, in bytes: keys of an authority with their chains fit. */
const LONGEST = 65_536;

export interface Place {
  /** Folder of `fettle.yaml`: what paths start from. */
  readonly folder: string;
  /** Folders that a secret's file may lie in. */
  readonly roots: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration with its secrets, and these alone, for redaction. `missing` says which one could not be had. */
export type WithSecrets =
  | { readonly config: Json; readonly secrets: readonly string[] }
  | { readonly missing: string; readonly secrets: readonly string[] };

/** The first line of a file is not enough for a key, so it is all of it, without the newline at its end. Throws with words. */
async function readSecret({ name, variable }: SecretReference, { folder, roots }: Place): Promise<string> {
  const path = resolve(folder, name);
  const what = `the file ${name} of a secret`;
  const bytes = await readInside(path, what, { roots, limit: LONGEST });
  // A link may be called so, and lead to another secret.
  if (!isFileOf(await realpath(path), variable)) throw new Error(`${what} leads to a file that is called otherwise`);
  const text = bytes.toString('utf8').replace(/\r?\n$/u, '');
  if (text === '') throw new Error(`${what} is empty`);
  return text;
}

async function valueOf(reference: SecretReference, place: Place): Promise<string> {
  const { from, name } = reference;
  if (from === 'file') return readSecret(reference, place);
  const value = place.env[name];
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Reads the secrets that a plugin's configuration names. One that cannot be had is no error here: what needs it is a gap. */
export async function readSecrets(config: Json, tables: readonly SecretTable[], place: Place): Promise<WithSecrets> {
  const values = new Map<string, string>();
  try {
    for (const reference of secretsIn(config, tables)) values.set(reference.pointer, await valueOf(reference, place));
    return { config: withSecrets(config, values), secrets: [...values.values()] };
  } catch (error) {
    return { missing: errorText(error), secrets: [...values.values()] };
  }
}
