/** `fettle lock status`: shows the holder of the lock, its age, and if the holder still runs. */

import { lockDocument } from '../formats/lock-status.ts';
import { lockText } from '../report/lock-text.ts';
import { withStore } from '../run/stores.ts';
import { command } from './command.ts';
import { shown, where } from './options.ts';

export const lockStatus = command({
  name: 'lock status',
  summary: 'Show the holder of the lock, its start time, and if it still runs.',
  options: { ...where, ...shown },
  call: async ({ flags, say, print, view, openWorkspace }) => {
    const workspace = await openWorkspace();
    const { status, place } = await withStore(workspace, say, async (store) => ({
      status: await store.lockStatus(),
      place: store.place,
    }));
    print(
      flags.format === 'json'
        ? `${JSON.stringify(lockDocument(status))}\n`
        : lockText(status, { now: view().now, place }),
    );
    return 'ok';
  },
});
