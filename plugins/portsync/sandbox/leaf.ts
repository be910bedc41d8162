/** The switch `leaf` of the sandbox, and its documents. Pure. */

import type { Row } from '../redis/reader.ts';
import type { ConfigTables } from './emulated-switch.ts';

/** A port of 100 Gbit/s with four lanes; its number is that of its first lane. */
function port(lane: number, more: Row): Row {
  const lanes = [0, 1, 2, 3].map((i) => lane + i).join(',');
  const number = String(lane / 4 + 1);
  return { alias: `etp${number}`, index: number, lanes, speed: '100000', mtu: '9100', fec: 'rs', ...more };
}

const UP: Row = { admin_status: 'up' };

/** Its configuration at the first start. */
export const LEAF: ConfigTables = {
  DEVICE_METADATA: { localhost: { hostname: 'leaf', hwsku: 'fettle-sandbox', type: 'LeafRouter' } },
  PORT: {
    Ethernet0: port(0, { ...UP, description: 'spine-1' }),
    Ethernet4: port(4, { ...UP, description: 'spine-2' }),
    Ethernet8: port(8, { ...UP, description: 'server-1', mtu: '1500' }),
    Ethernet12: port(12, { ...UP, description: 'server-2' }),
    Ethernet16: port(16, { ...UP, description: 'server-3' }),
    Ethernet20: port(20, { description: 'server-4', admin_status: 'down' }),
    Ethernet24: port(24, { admin_status: 'down' }),
    Ethernet28: port(28, { admin_status: 'down' }),
  },
  PORTCHANNEL: { PortChannel1: { admin_status: 'up', mtu: '9100', min_links: '1' } },
  PORTCHANNEL_MEMBER: { 'PortChannel1|Ethernet0': {}, 'PortChannel1|Ethernet4': {} },
  PORTCHANNEL_INTERFACE: { PortChannel1: {}, 'PortChannel1|10.10.0.2/31': {} },
  VLAN: { Vlan100: { vlanid: '100' } },
  VLAN_MEMBER: {
    'Vlan100|Ethernet8': { tagging_mode: 'untagged' },
    'Vlan100|Ethernet12': { tagging_mode: 'untagged' },
    'Vlan100|Ethernet16': { tagging_mode: 'untagged' },
  },
};

/** Rows of ROUTE_TABLE: the default route leads over the PortChannel. */
export const ROUTES: Readonly<Record<string, Row>> = {
  '0.0.0.0/0': { nexthop: '10.10.0.3', ifname: 'PortChannel1' },
  '10.10.0.2/31': { nexthop: '0.0.0.0', ifname: 'PortChannel1' },
};

export function switchYaml(redisPort: number): string {
  return `apiVersion: portsync/v1
kind: Switch
metadata: { name: leaf }
spec:
  sonic: { redis: "127.0.0.1:${redisPort}" }
  # Two ports carry PortChannel1: a change that takes down both is rejected.
  management: [PortChannel1]
`;
}

function portYaml(name: string, spec: string): string {
  return `apiVersion: portsync/v1
kind: Port
metadata: { switch: leaf, name: ${name} }
spec: ${spec}
`;
}

const UPLINK = (spine: string): string =>
  `{ admin_status: up, mtu: 9100, speed: 100000, fec: rs, description: ${spine} }`;

/** Documents of the ports by the names of their files. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  'ports-uplinks.yaml': [portYaml('Ethernet0', UPLINK('spine-1')), portYaml('Ethernet4', UPLINK('spine-2'))].join(
    '---\n',
  ),
  'ports-servers.yaml': [
    portYaml('Ethernet8', '{ admin_status: up, mtu: 9100, description: server-1 }'),
    portYaml('Ethernet12', '{ admin_status: up, mtu: 9100, description: server-2 }'),
    portYaml('Ethernet16', '{ admin_status: up, mtu: 9100, description: server-3 }'),
    portYaml('Ethernet20', '{ admin_status: up, mtu: 9100, description: server-4 }'),
  ].join('---\n'),
};
