/** The command line with the plugin of the benchmark instead of the built-in ones. */

import { run } from '../../src/run.ts';

void run(async () => {
  const { main } = await import('../../src/commands/main.ts');
  return { main, plugins: new Map([['bench', async () => (await import('./plugin.ts')).benchPlugin]]) };
});
