/** Secrets of the configuration, read from the environment or from files of the project. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readInside } from '#plugin/files';
import { isFileOf, type SecretReference, secretsIn, withSecrets } from '../engine/load/secrets.ts';
import { errorText, type Json, missingSecret, type SecretTable } from '#plugin';

/** Size limit of a secret, in bytes: the key of a CA with its chain fits. */
const LONGEST = 65_536;

export interface Place {
  /** Folder of `fettle.yaml`: relative paths start here. */
  readonly folder: string;
  /** Folders that a secret's file may be in. */
  readonly roots: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration with its secrets filled in, and the list of secrets for redaction. */
export interface WithSecrets {
  readonly config: Json;
  readonly secrets: readonly string[];
}

/** Reads the whole file, as a key has several lines, and removes the last newline. Throws with a message for users. */
async function readSecret({ name, variable }: SecretReference, { folder, roots }: Place): Promise<string> {
  const path = resolve(folder, name);
  const what = `the secret file ${name}`;
  const bytes = await readInside(path, what, { roots, limit: LONGEST });
  // A link with a permitted name must not lead to another secret.
  if (!isFileOf(await realpath(path), variable)) throw new Error(`${what} is a link to a file with another name`);
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

/**
 * Reads the secrets that a plugin's configuration names. A missing one is not an error here: the reason is in its place,
 * for the resources that use it.
 */
export async function readSecrets(config: Json, tables: readonly SecretTable[], place: Place): Promise<WithSecrets> {
  const values = new Map<string, string>();
  const secrets: string[] = [];
  for (const reference of secretsIn(config, tables)) {
    try {
      const value = await valueOf(reference, place);
      values.set(reference.pointer, value);
      secrets.push(value);
    } catch (error) {
      values.set(reference.pointer, missingSecret(errorText(error)));
    }
  }
  return { config: withSecrets(config, values), secrets };
}
