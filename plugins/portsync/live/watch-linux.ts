/** The watch of the links of a host, until its signal fires. A name that a link had or has counts as changed. */

import type { LinkHost } from '../linux/ip.ts';
import { linkSource, watchLinks } from '../linux/watch-links.ts';
import type { PortWatch } from '../world.ts';

/** Throws if the links cannot be read at the start. */
export async function watchLinux(host: LinkHost, { signal, sees, blind, changed }: PortWatch): Promise<void> {
  const { ended } = await watchLinks({
    source: linkSource(host),
    signal,
    onEvent: (event) => {
      switch (event.what) {
        case 'synced':
          sees();
          return;
        case 'lost':
          blind(event.why);
          return;
        case 'changed':
          changed(new Set([event.before.name, event.link.name]));
          return;
        default:
          changed([event.link.name]);
      }
    },
  });
  await ended;
}
