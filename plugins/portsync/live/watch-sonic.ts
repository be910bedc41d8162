/**
 * The watch of the ports of a switch, by keyspace notifications of its three databases. It ends with a connection: then
 * notifications may be missed.
 */

import { OutsideError } from '#plugin';
import { raced } from '#plugin/deadline';
import { type DatabaseOptions, openSwitch, type SwitchPlace } from '../sonic/connect.ts';
import { subscribeToTables } from '../sonic/port-changes.ts';
import type { PortWatch } from '../world.ts';

/** Throws if a database does not notify, and once a connection is lost. */
export async function watchSonic(
  place: SwitchPlace,
  options: Omit<DatabaseOptions, 'signal'>,
  { signal, sees, changed }: PortWatch,
): Promise<void> {
  const { denial } = options;
  const { config, appl, state, close } = await openSwitch(place, { ...options, signal });
  const tables = [
    { database: config, table: 'PORT' },
    { database: appl, table: 'PORT_TABLE' },
    { database: state, table: 'PORT_TABLE' },
  ];
  const subscriptions = await subscribeToTables(tables, (port) => changed([port]), { denial, signal }).finally(close);
  if (subscriptions === undefined)
    throw new OutsideError(
      'a database does not notify of changes: notify-keyspace-events of its Redis server has neither AK nor Kgh',
    );
  try {
    sees();
    throw await raced(Promise.race(subscriptions.map(({ ended }) => ended)), signal);
  } finally {
    for (const each of subscriptions) each.close();
  }
}
