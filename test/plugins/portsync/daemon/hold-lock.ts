/** Holds the lock of a state folder until it is killed: `node hold-lock.ts FOLDER`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { lockFolder } from '../../../../plugins/portsync/daemon/process-lock.ts';

const [path = ''] = process.argv.slice(2);
await lockFolder(path);
process.stdout.write('locked\n');
await sleep(600_000);
