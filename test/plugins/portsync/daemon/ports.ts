/** Ports for tests. */

import type { SavedPort } from '../../../../plugins/portsync/daemon/port-state.ts';

/** Saved ports `Ethernet0`, `Ethernet4`, …; every third one is down. */
export function portsOf(count: number): ReadonlyMap<string, SavedPort> {
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const name = `Ethernet${i * 4}`;
      const isUp = i % 3 !== 0;
      const port: SavedPort = {
        name,
        admin_state: isUp ? 1 : 0,
        oper_state: isUp ? 1 : 0,
        flags: isUp ? 0x1_1043 : 0x1002,
        mtu: 9100,
      };
      return [name, port] as const;
    }),
  );
}
