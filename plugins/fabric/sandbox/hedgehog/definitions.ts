/** Custom resource definitions of a Hedgehog fabric, as far as the emulated fabric uses their fields. */

import type { Tree } from '../value.ts';

const object = (properties: Tree, required: readonly string[] = []): Tree => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const map = (additionalProperties: Tree): Tree => ({ type: 'object', additionalProperties });
const list = (items: Tree, more: Tree = {}): Tree => ({ type: 'array', items, ...more });
const text: Tree = { type: 'string' };
const flag: Tree = { type: 'boolean' };
const integer: Tree = { type: 'integer' };
const int32: Tree = { type: 'integer', format: 'int32' };
const int64: Tree = { type: 'integer', format: 'int64' };
const time: Tree = { type: 'string', format: 'date-time' };
const oneOf = (...values: readonly string[]): Tree => ({ type: 'string', enum: values });
const limited = (value: Tree, more: Tree): Tree => ({ ...value, ...more });
const empty: Tree = { type: 'object' };

const PREFIX: Tree = {
  type: 'string',
  pattern: String.raw`^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}/([1-2]?[0-9]|3[0-2])$`,
};
const ADDRESS: Tree = { type: 'string', pattern: String.raw`^((25[0-5]|(2[0-4]|1\d|[1-9]|)\d)\.?\b){4}$` };

const port = object({ port: text });
const addressedPort = object({ port: text, ip: PREFIX });
const pair = (a: string, b: string, end: Tree): Tree => object({ [a]: end, [b]: end });
const some = (items: Tree, minItems = 1): Tree => list(items, { minItems });
const serverLinks = (minItems?: number): Tree =>
  object({
    fallback: flag,
    mtu: integer,
    links: list(pair('server', 'switch', port), minItems === undefined ? {} : { minItems }),
  });
const switchPair = pair('switch1', 'switch2', port);

const CONNECTION = object({
  unbundled: object({ link: pair('server', 'switch', port), mtu: integer }),
  bundled: serverLinks(),
  mclag: serverLinks(2),
  eslag: serverLinks(2),
  mclagDomain: object({ peerLinks: some(switchPair), sessionLinks: some(switchPair) }),
  fabric: object({ links: some(pair('spine', 'leaf', addressedPort)) }),
  mesh: object({ links: some(pair('leaf1', 'leaf2', addressedPort)) }),
  gateway: object({ links: some(pair('switch', 'gateway', addressedPort)) }),
  vpcLoopback: object({ links: some(switchPair) }),
  external: object({ link: object({ switch: port }) }),
  staticExternal: object({
    link: object({ switch: object({ port: text, ip: PREFIX, nextHop: ADDRESS, subnets: list(text), vlan: integer }) }),
    withinVPC: text,
  }),
});

const SWITCH = object(
  {
    role: oneOf('spine', 'server-leaf', 'border-leaf', 'mixed-leaf', 'virtual-edge'),
    description: text,
    profile: text,
    groups: list(text),
    redundancy: object({ group: text, type: oneOf('mclag', 'eslag') }),
    vlanNamespaces: list(text),
    asn: int32,
    ip: text,
    vtepIP: text,
    protocolIP: text,
    portGroupSpeeds: map(text),
    portSpeeds: map(text),
    portBreakouts: map(text),
    portAutoNegs: map(flag),
    portFECs: map(oneOf('rs', 'fc', 'auto', 'disabled')),
    boot: object({ serial: text, mac: text }),
    enableAllPorts: flag,
    roce: flag,
    ecmp: object({ roceQPN: flag }),
    linkFlapErrDisable: object({
      flapThreshold: limited(integer, { default: 3, minimum: 1, maximum: 50 }),
      samplingInterval: limited(int32, { default: 30, minimum: 1, maximum: 65_535 }),
      recoveryInterval: limited(int32, { default: 300, minimum: 0, maximum: 65_534 }),
    }),
  },
  ['role'],
);

const DHCP_OPTIONS = object(
  {
    pxeURL: text,
    dnsServers: list(text),
    timeServers: list(text),
    interfaceMTU: integer,
    leaseTimeSeconds: int32,
    disableDefaultRoute: flag,
    advertisedRoutes: list(object({ destination: text, gateway: text })),
  },
  ['interfaceMTU', 'leaseTimeSeconds'],
);

const VPC = object({
  mode: text,
  ipv4Namespace: text,
  vlanNamespace: text,
  defaultIsolated: flag,
  defaultRestricted: flag,
  permit: list(list(text)),
  staticRoutes: list(object({ prefix: text, nextHops: list(text) })),
  subnets: map(
    object({
      subnet: text,
      gateway: text,
      vlan: integer,
      isolated: flag,
      restricted: flag,
      hostBGP: flag,
      dhcp: object({
        enable: flag,
        relay: text,
        relayVPC: text,
        range: object({ start: text, end: text }),
        options: DHCP_OPTIONS,
        static: map(object({ ip: text }, ['ip'])),
      }),
    }),
  ),
});

const ACL = object({
  statements: list(
    object(
      {
        seq: integer,
        action: text,
        protocol: text,
        srcPrefix: text,
        dstPrefix: text,
        portRangeBegin: integer,
        portRangeEnd: integer,
      },
      ['action', 'dstPrefix', 'protocol', 'seq', 'srcPrefix'],
    ),
  ),
});

const EXTERNAL_ATTACHMENT = object(
  {
    external: text,
    connection: text,
    switch: object({ vlan: integer, ip: text }),
    neighbor: object({ asn: int32, ip: text }),
    static: object({ remoteIP: text, vlan: integer, ip: text, proxy: flag }, ['remoteIP']),
    inboundACL: ACL,
  },
  ['neighbor', 'switch'],
);

const EXTERNAL_PEERING = object({
  permit: object({
    vpc: object({ name: text, subnets: list(text) }),
    external: object({ name: text, prefixes: list(object({ prefix: text })) }),
  }),
});

const AGENT_STATUS = object(
  {
    version: text,
    installID: text,
    runID: text,
    bootID: text,
    lastHeartbeat: time,
    lastAttemptTime: time,
    lastAttemptGen: int64,
    lastAppliedTime: time,
    lastAppliedGen: int64,
    rebootRequired: flag,
    state: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    conditions: list(
      object(
        { type: text, status: text, reason: text, message: text, lastTransitionTime: time, observedGeneration: int64 },
        ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
      ),
    ),
  },
  ['conditions'],
);

interface Column {
  readonly name: string;
  readonly path: string;
  readonly type?: string;
}

interface Draft {
  readonly group: 'wiring' | 'vpc' | 'agent' | 'dhcp';
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly spec: Tree;
  readonly status?: Tree;
  readonly required?: readonly string[];
  readonly columns?: readonly Column[];
}

const FREE: Tree = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const KINDS: readonly Draft[] = [
  {
    group: 'wiring',
    kind: 'VLANNamespace',
    plural: 'vlannamespaces',
    shortNames: ['vlanns'],
    spec: object({ ranges: list(object({ from: integer, to: integer }), { minItems: 1, maxItems: 20 }) }),
  },
  { group: 'wiring', kind: 'SwitchGroup', plural: 'switchgroups', shortNames: ['sg'], spec: empty },
  { group: 'wiring', kind: 'SwitchProfile', plural: 'switchprofiles', shortNames: ['sp'], spec: FREE },
  {
    group: 'wiring',
    kind: 'ServerProfile',
    plural: 'serverprofiles',
    spec: object({ nics: list(object({ name: text, ports: list(object({ name: text })) })) }),
  },
  {
    group: 'wiring',
    kind: 'Switch',
    plural: 'switches',
    shortNames: ['sw'],
    spec: SWITCH,
    columns: [
      { name: 'Profile', path: '.spec.profile' },
      { name: 'Role', path: '.spec.role' },
      { name: 'Descr', path: '.spec.description' },
    ],
  },
  {
    group: 'wiring',
    kind: 'Server',
    plural: 'servers',
    shortNames: ['srv'],
    spec: object({ description: text, profile: text }),
  },
  { group: 'wiring', kind: 'Connection', plural: 'connections', shortNames: ['conn'], spec: CONNECTION },
  {
    group: 'vpc',
    kind: 'IPv4Namespace',
    plural: 'ipv4namespaces',
    shortNames: ['ipns'],
    spec: object({ subnets: list(text, { minItems: 1, maxItems: 20 }) }),
  },
  {
    group: 'vpc',
    kind: 'VPC',
    plural: 'vpcs',
    spec: VPC,
    columns: [
      { name: 'IPv4NS', path: '.spec.ipv4Namespace' },
      { name: 'VLANNS', path: '.spec.vlanNamespace' },
    ],
  },
  {
    group: 'vpc',
    kind: 'VPCAttachment',
    plural: 'vpcattachments',
    shortNames: ['vpcattach'],
    spec: object({ subnet: text, connection: text, nativeVLAN: flag }),
    columns: [
      { name: 'VPCSUBNET', path: '.spec.subnet' },
      { name: 'Connection', path: '.spec.connection' },
    ],
  },
  {
    group: 'vpc',
    kind: 'VPCPeering',
    plural: 'vpcpeerings',
    shortNames: ['vpcpeer'],
    spec: object({
      remote: text,
      permit: list(map(object({ subnets: list(text, { minItems: 1, maxItems: 10 }) })), { minItems: 1, maxItems: 10 }),
    }),
  },
  {
    group: 'vpc',
    kind: 'External',
    plural: 'externals',
    shortNames: ['ext'],
    spec: object({
      ipv4Namespace: text,
      inboundCommunity: text,
      outboundCommunity: text,
      static: object({ prefixes: list(text) }),
    }),
  },
  {
    group: 'vpc',
    kind: 'ExternalAttachment',
    plural: 'externalattachments',
    shortNames: ['extattach'],
    spec: EXTERNAL_ATTACHMENT,
    required: ['spec'],
  },
  {
    group: 'vpc',
    kind: 'ExternalPeering',
    plural: 'externalpeerings',
    shortNames: ['extpeering', 'extpeer'],
    spec: EXTERNAL_PEERING,
  },
  {
    group: 'dhcp',
    kind: 'DHCPSubnet',
    plural: 'dhcpsubnets',
    shortNames: ['dhcp'],
    spec: FREE,
    status: object({ allocated: map(object({ ip: text, expiry: time, hostname: text, discover: flag }, ['ip'])) }),
  },
  {
    group: 'agent',
    kind: 'Agent',
    plural: 'agents',
    shortNames: ['ag'],
    spec: FREE,
    status: AGENT_STATUS,
    columns: [
      { name: 'Role', path: '.spec.role' },
      { name: 'Descr', path: '.spec.description' },
      { name: 'Heartbeat', path: '.status.lastHeartbeat', type: 'date' },
      { name: 'Applied', path: '.status.lastAppliedTime', type: 'date' },
      { name: 'AppliedG', path: '.status.lastAppliedGen', type: 'integer' },
      { name: 'CurrentG', path: '.metadata.generation', type: 'integer' },
      { name: 'Version', path: '.status.version' },
      { name: 'RebootReq', path: '.status.rebootRequired' },
      { name: 'Attempt', path: '.status.lastAttemptTime', type: 'date' },
      { name: 'AttemptG', path: '.status.lastAttemptGen', type: 'integer' },
    ],
  },
];

function definitionOf({
  group,
  kind,
  plural,
  shortNames = [],
  spec,
  status = empty,
  required = [],
  columns = [],
}: Draft): Tree {
  const name = `${group}.githedgehog.com`;
  const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${name}` },
    spec: {
      group: name,
      scope: 'Namespaced',
      names: {
        kind,
        plural,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        categories: ['hedgehog'],
        ...(shortNames.length > 0 ? { shortNames } : {}),
      },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...columns.map(({ name: title, path, type = 'string' }) => ({ name: title, type, jsonPath: path })),
            age,
          ],
          schema: {
            openAPIV3Schema: object({ apiVersion: text, kind: text, metadata: empty, spec, status }, required),
          },
        },
      ],
    },
  };
}

export const HEDGEHOG_DEFINITIONS: readonly Tree[] = KINDS.map(definitionOf);

/** Plural and group by kind. */
export const HEDGEHOG_KINDS: ReadonlyMap<string, { readonly group: string; readonly plural: string }> = new Map(
  KINDS.map(({ kind, group, plural }) => [kind, { group: `${group}.githedgehog.com`, plural }]),
);

const PORTS = 48;

/** The switch profile that the controller of a fabric creates for virtual switches. */
export const VIRTUAL_PROFILE: Tree = {
  apiVersion: 'wiring.githedgehog.com/v1beta1',
  kind: 'SwitchProfile',
  metadata: { name: 'vs', namespace: 'default' },
  spec: {
    displayName: 'Virtual Switch',
    ports: Object.fromEntries([
      ['M1', { nos: 'Management0', management: true }],
      ...Array.from({ length: PORTS }, (_one, i) => [
        `E1/${i + 1}`,
        { nos: `1/${i + 1}`, group: String(Math.floor(i / 4) + 1) },
      ]),
    ]),
    portGroups: Object.fromEntries(
      Array.from({ length: PORTS / 4 }, (_one, i) => [String(i + 1), { profile: 'SFP28-25G' }]),
    ),
    portProfiles: { 'SFP28-25G': { speed: { default: '25G', supported: ['10G', '25G'] } } },
  },
};
