/** A port of the benchmark. */

/** The 12 fields of a port in CONFIG_DB. */
export function portRow(i: number): Readonly<Record<string, string>> {
  return {
    alias: `Eth${Math.floor(i / 4) + 1}/${(i % 4) + 1}`,
    index: String(Math.floor(i / 4) + 1),
    lanes: `${4 * i},${4 * i + 1},${4 * i + 2},${4 * i + 3}`,
    speed: '100000',
    mtu: '9100',
    admin_status: 'up',
    fec: 'rs',
    autoneg: 'off',
    description: `link to server ${i}`,
    tpid: '0x8100',
    pfc_asym: 'off',
    role: 'Ext',
  };
}
