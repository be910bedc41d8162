/**
 * References to secrets in a plugin's configuration: `${env:NAME}` and `${file:PATH}`, where its schema allows them.
 *
 * A field takes its own secret alone, by name: `HCLOUD_TOKEN`, `HCLOUD_TOKEN_SHOP`, or a file of that name. Otherwise an edit
 * of `fettle.yaml` could send any variable of the environment, or the key of the store, to the origin of the field's own
 * secret.
 */

import { escapePointer, type Json, type SecretTable, textsAt } from '#plugin';
import type { PointerMistake } from './explain.ts';
import { shorten } from './mistake.ts';

export interface SecretReference {
  /** JSON pointer into the plugin's configuration. */
  readonly pointer: string;
  readonly from: 'env' | 'file';
  /** Name of the variable, or the declared path. */
  readonly name: string;
  /** Name of the variable that the field is for. */
  readonly variable: string;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The references in secret fields of the schema. */
export function secretsIn(config: Json, tables: readonly SecretTable[]): readonly SecretReference[] {
  return tables.flatMap(({ pointer: place, variable }) =>
    textsAt(config, place).flatMap(({ pointer, text }) => {
      const found = /^\$\{(env|file):([^}]+)\}$/u.exec(text);
      const [, from, name] = found ?? [];
      return name === undefined
        ? []
        : [{ pointer, from: from === 'env' ? ('env' as const) : ('file' as const), name, variable }];
    }),
  );
}

function isNameOf(name: string, variable: string): boolean {
  return name === variable || name.startsWith(`${variable}_`);
}

/** Tests whether the name of a file is that of a variable's secret: `hcloud-token`, `hcloud_token.txt`, `hcloud/token`. */
export function isFileOf(path: string, variable: string): boolean {
  const [file = '', folder = ''] = path.split('/').toReversed();
  return [file, `${folder}_${file}`].some((name) =>
    isNameOf(name.replaceAll(/[^A-Za-z0-9]+/gu, '_').toUpperCase(), variable),
  );
}

/** References to a secret other than the field's own; pointers begin with `base`. */
export function secretMistakes(config: Json, tables: readonly SecretTable[], base: string): readonly PointerMistake[] {
  return secretsIn(config, tables).flatMap(({ pointer, from, name, variable }) => {
    if (from === 'env' ? isNameOf(name, variable) : isFileOf(name, variable)) return [];
    const file = variable.toLowerCase().replaceAll('_', '-');
    return [
      {
        code: 'secret-not-allowed',
        pointer: `${base}${pointer}`,
        at: 'value' as const,
        message: `the ${from === 'env' ? 'environment variable' : 'file'} ${shorten(name, 100)} is not allowed here`,
        suggestion:
          from === 'env'
            ? `this field takes ${variable}, or a variable whose name begins with ${variable}_`
            : `this field takes a file named ${file}, or one whose name begins with ${file}-`,
      },
    ];
  });
}

/** The configuration with values in the place of references, by JSON pointer. */
export function withSecrets(config: Json, values: ReadonlyMap<string, string>, pointer = ''): Json {
  const value = values.get(pointer);
  if (value !== undefined) return value;
  if (Array.isArray(config))
    return (config as readonly Json[]).map((item, i) => withSecrets(item, values, `${pointer}/${i}`));
  if (!isObject(config)) return config;
  return Object.fromEntries(
    Object.entries(config).map(([key, member]) => [
      key,
      withSecrets(member, values, `${pointer}/${escapePointer(key)}`),
    ]),
  );
}
