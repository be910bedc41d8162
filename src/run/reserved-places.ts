/** Files and folders of the project that no resource may write to: the store, the configuration, and documents. */

import { resolve } from 'node:path';
import type { Config } from '../engine/load/config.ts';
import { isDatabase } from '../engine/store-address.ts';
import type { Reserved } from '../engine/places.ts';

/** `documents` are relative to the project's folder, or absolute. */
export function reservedPlaces(config: Config, documents: readonly string[] = []): readonly Reserved[] {
  const file = (path: string, what: string): Reserved => ({ kind: 'file', path: resolve(config.folder, path), what });
  return [
    ...(isDatabase(config.store)
      ? []
      : [{ kind: 'folder' as const, path: resolve(config.folder, config.store), what: "the store's folder" }]),
    file('fettle.yaml', 'the configuration'),
    ...(config.file === undefined ? [] : [file(config.file, 'the configuration')]),
    ...[...new Set(documents)].map((path) => file(path, 'a document')),
  ];
}
