/**
 * Rows of CONFIG_DB that name a port: its removal would leave them without it. Pure.
 *
 * Source: the leafrefs and musts of the YANG models (sonic-buildimage 086b03bd), and fields of names that no model checks.
 */

import type { Table } from './tables.ts';

/** The parts of a row that can name a port. */
interface Reference {
  /** Parts of its key: `PortChannel1|Ethernet0`; also several of them in one part, between commas. */
  readonly isInKey?: true;
  /** Fields with a name, or with names between commas. */
  readonly fields?: readonly string[];
  /** The names of its fields. */
  readonly isFieldName?: true;
  /** Parts of its key that are subinterfaces: `Ethernet0.10`, `Eth0.10`. */
  readonly isSubinterface?: true;
}

const KEY: Reference = { isInKey: true };

const REFERENCES = {
  ACL_TABLE: { fields: ['ports'] },
  BGP_INTERNAL_NEIGHBOR: { ...KEY, fields: ['local_addr'] },
  BGP_NEIGHBOR: { ...KEY, fields: ['local_addr'] },
  BUFFER_PG: KEY,
  BUFFER_PORT_EGRESS_PROFILE_LIST: KEY,
  BUFFER_PORT_INGRESS_PROFILE_LIST: KEY,
  BUFFER_QUEUE: KEY,
  CABLE_LENGTH: { isFieldName: true },
  DEVICE_NEIGHBOR: { ...KEY, fields: ['local_port'] },
  DHCPV4_RELAY: { fields: ['source_interface'] },
  DHCP_SERVER_IPV4_PORT: KEY,
  EVPN_ETHERNET_SEGMENT: KEY,
  FG_NHG_MEMBER: { fields: ['link'] },
  INTERFACE: KEY,
  LLDP_PORT: KEY,
  MCLAG_DOMAIN: { fields: ['peer_link'] },
  MIRROR_SESSION: { fields: ['dst_port', 'src_port'] },
  MUX_CABLE: KEY,
  NEIGH: KEY,
  NTP: { fields: ['src_intf'] },
  PBH_TABLE: { fields: ['interface_list'] },
  PFC_WD: KEY,
  PORTCHANNEL_MEMBER: KEY,
  PORT_QOS_MAP: KEY,
  PORT_STORM_CONTROL: KEY,
  QUEUE: KEY,
  RADIUS_SERVER: { fields: ['src_intf'] },
  ROUTE_MAP: { fields: ['match_interface', 'match_neighbor'] },
  SFLOW: { fields: ['agent_id'] },
  SFLOW_SESSION: KEY,
  SRV6_MY_SIDS: { fields: ['interface'] },
  STP_PORT: { ...KEY, fields: ['ifname'] },
  TACPLUS: { fields: ['src_intf'] },
  VLAN_MEMBER: KEY,
  VLAN_SUB_INTERFACE: { isSubinterface: true },
} as const satisfies Readonly<Record<string, Reference>>;

export type ReferringTable = keyof typeof REFERENCES;

export const REFERRING_TABLES = Object.keys(REFERENCES) as readonly ReferringTable[];

/** `Ethernet0` of `Ethernet0.10` and `Eth0.10`; undefined for another name. */
function parentPort(name: string): string | undefined {
  const parent = /^(?<name>[^.]+)\.\d+$/u.exec(name)?.groups?.['name'];
  return parent?.replace(/^Eth(?=\d)/u, 'Ethernet');
}

/** Names that a row mentions, ports and others. */
function namesIn(reference: Reference, key: string, row: Readonly<Record<string, string>>): readonly string[] {
  const { isInKey, fields = [], isFieldName, isSubinterface } = reference;
  const parts = key.split('|');
  return [
    ...(isInKey === true ? parts.flatMap((part) => part.split(',')) : []),
    ...(isSubinterface === true ? parts.flatMap((part) => parentPort(part) ?? []) : []),
    ...(isFieldName === true ? Object.keys(row) : []),
    ...fields.flatMap((field) => [row[field], row[`${field}@`]].flatMap((value) => value?.split(',') ?? [])),
  ];
}

/** Keys of the rows that name each port, with their tables, in order: `VLAN_MEMBER|Vlan100|Ethernet0`. Only for the given names. */
export function portReferences(
  tables: Readonly<Partial<Record<ReferringTable, Table>>>,
  ports: { readonly has: (name: string) => boolean },
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const table of REFERRING_TABLES)
    for (const [key, row] of tables[table] ?? [])
      for (const name of new Set(namesIn(REFERENCES[table], key, row).map((each) => each.trim()))) {
        if (!ports.has(name)) continue;
        const keys = found.get(name) ?? [];
        keys.push(`${table}|${key}`);
        found.set(name, keys);
      }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, keys]) => [name, keys.sort()]));
}

/** The names of ports: those in the table PORT, and those of missing ones that rows may name. */
export function portNames(ports: { readonly has: (name: string) => boolean }): {
  readonly has: (name: string) => boolean;
} {
  return { has: (name) => ports.has(name) || /^Ethernet\d/u.test(name) };
}
