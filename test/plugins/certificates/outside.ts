/** The dependencies of the opened certificates plugin, independent of any test runner. */

import type { Outside } from '#plugin';

export function outside(folder: string, config: Outside['config'] = {}, env: Outside['env'] = {}): Outside {
  return { config, project: 'test', folder, fileRoots: [folder], env, now: () => Date.now() };
}
