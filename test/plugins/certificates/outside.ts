/** What a world of certificates is opened with, apart from any test runner. */

import type { Outside } from '#plugin';

export function outside(folder: string, config: Outside['config'] = {}, env: Outside['env'] = {}): Outside {
  return { config, project: 'test', folder, fileRoots: [folder], env, now: () => Date.now() };
}
