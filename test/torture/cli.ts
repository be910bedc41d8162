/** The command line with the plugin of the tortured runs, instead of fettle's plugins. */

import { run } from '../../src/run.ts';

void run(async () => {
  const { main } = await import('../../src/commands/main.ts');
  return { main, plugins: new Map([['effects', async () => (await import('./effects-plugin.ts')).effectsPlugin]]) };
});
