/** Saves states of a growing number of ports until it is killed: `node save-in-a-loop.ts FOLDER`. Prints each saved number. */

import { openStateFolder, saveState } from '../../../../plugins/portsync/daemon/state-file.ts';
import { portsOf } from './ports.ts';

const [path = ''] = process.argv.slice(2);
const folder = await openStateFolder(path);
for (let count = 200; ; count += 1) {
  try {
    await saveState(folder, { savedAt: count, ports: portsOf(count) });
  } catch (error) {
    process.stdout.write(`${(error as NodeJS.ErrnoException).code ?? String(error)}\n`);
    break;
  }
  process.stdout.write(`${count}\n`);
}
