/** Numbers of actions that run at once. */

import type { Plugin } from '#plugin';
import type { ApplyInput } from '../engine/action.ts';
import type { Config } from '../engine/load/config.ts';

/** The limit of all plugins together, if no plugin of the project has a higher one. */
const USUAL_PARALLELISM = 10;

/** The limits of an apply. `asked`: by the command line. A limit of all that is not set hinders no plugin. */
export function parallelismOf(
  config: Pick<Config, 'parallelism' | 'plugins'>,
  plugins: ReadonlyMap<string, Pick<Plugin, 'tables'>>,
  asked?: number,
): Pick<ApplyInput, 'parallelism' | 'limits'> {
  const limits = Object.fromEntries(
    [...plugins].map(([name, { tables }]) => [name, config.plugins[name]?.parallelism ?? tables.parallelism]),
  );
  const usual = Math.max(USUAL_PARALLELISM, ...Object.values(limits));
  return { parallelism: asked ?? config.parallelism ?? usual, limits };
}
