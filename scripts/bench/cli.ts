/** The command line with the one plugin of the benchmark, in place of those that fettle comes with. */

import { run } from '../../src/run.ts';

void run(async () => {
  const { main } = await import('../../src/commands/main.ts');
  return { main, plugins: new Map([['bench', async () => (await import('./plugin.ts')).benchPlugin]]) };
});
