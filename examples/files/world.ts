/** The connection of the plugin: a folder. */

import { isAbsolute, join } from 'node:path';

/** The folder that relative paths start from. */
export interface World {
  readonly folder: string;
}

/** The absolute path of a declared file. */
export function placeOf({ folder }: World, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
