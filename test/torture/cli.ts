/** The command line with the plugin of the tortured runs, in place of those that fettle comes with. */

import { run } from '../../src/run.ts';

void run(async () => {
  const { main } = await import('../../src/commands/main.ts');
  return { main, plugins: new Map([['effects', async () => (await import('./effects-plugin.ts')).effectsPlugin]]) };
});
