/** References to secrets in a plugin's configuration: `${env:NAME}` and `${file:PATH}`, where its schema allows them. */

import { escapePointer, textsAt } from '../pointer.ts';
import type { Json } from '../types.ts';

export interface SecretReference {
  /** JSON pointer into the plugin's configuration. */
  readonly pointer: string;
  readonly from: 'env' | 'file';
  /** Name of the variable, or the path as written. */
  readonly name: string;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The references that stand where the schema has a secret; `places` are JSON pointers with `*` for every item. */
export function secretsIn(config: Json, places: readonly string[]): readonly SecretReference[] {
  return places.flatMap((place) =>
    textsAt(config, place).flatMap(({ pointer, text }) => {
      const found = /^\$\{(env|file):([^}]+)\}$/u.exec(text);
      const [, from, name] = found ?? [];
      return name === undefined ? [] : [{ pointer, from: from === 'env' ? ('env' as const) : ('file' as const), name }];
    }),
  );
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
