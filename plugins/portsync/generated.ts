/** Generated from specs/portsync.yaml by `npm run generate`: do not edit. */

import type { PluginTables } from '#plugin';

/** A SONiC switch, a Linux host, or a file with a table of ports. The switch itself is never created or removed. With the defaults filled in. */
export interface SwitchSpec {
  /** A SONiC switch, by its databases. Exactly one of `sonic`, `linux` and `snapshot` is set. */
  readonly sonic?: {
    /** Host and port of the Redis server with the databases, for example the end of an SSH tunnel. The databases have their usual numbers. */
    readonly redis?: string;
    /** The switch that fettle runs on. The socket and the mapping file are the usual ones, or those in the environment variables `FETTLE_SONIC_SOCKET` and `FETTLE_SONIC_DATABASE_CONFIG`. */
    readonly local?: true;
    /** Namespace of an ASIC in a switch with several, with `local`. */
    readonly namespace?: string;
  };
  /** The Linux host that fettle runs on. */
  readonly linux?: {
    /** Network namespace, as `ip netns` lists it. Defaults to the one of fettle. */
    readonly namespace?: string;
  };
  /** A file instead of a switch, for planning without access. Steps are planned, and never run. */
  readonly snapshot?: {
    /** A `config_db.json` of the switch, relative to this document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. */
    readonly file: string;
  };
  /** Ports, PortChannels or other interfaces that lead to the management of the switch, in addition to those that fettle finds. */
  readonly management: readonly string[];
  /** Takes changes back unless the switch still answers after them. The take-back is armed before the first change. */
  readonly confirm?: {
    /** Time after the arming at which an unconfirmed change is taken back; 10s to 1h. */
    readonly within: string;
    /** Time within which ports that were up, and should be, are up again. */
    readonly settle: string;
  };
  /** A `config_db.json` whose table PORT declares the ports of the switch. */
  readonly configDb?: {
    /** Path of the file, relative to this document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. */
    readonly file: string;
    /** The file has every port: an applied port that the file no longer has is removed. By default, such a port stays unchanged. */
    readonly whole: boolean;
  };
}

/** Its state, as far as it is known. */
export interface SwitchMemory {
  /** Where the switch was at the last refresh: `sonic 10.0.0.11:6379`. */
  readonly target: string;
}

export type SwitchState = 'absent' | 'loading' | 'ready';

/** Steps that fettle takes. */
export type SwitchStep = 'confirmation:overdue>settled' | 'confirmation:reverted>settled';

/** Rules that guard its steps. */
export type SwitchRuleId = never;

/** A port, by its switch and name. On Linux, `admin_status`, `mtu` and `description` are its fields. A field without a value is left as it is. With the defaults filled in. */
export interface PortSpec {
  /** Administrative status. The switch takes `down` for a new port without it. */
  readonly admin_status?: 'up' | 'down';
  /** Largest frame without its header, in bytes. The switch takes 9100 for a new port without it. */
  readonly mtu?: number;
  /** Text for people; on Linux, the alias of the link. */
  readonly description?: string;
  /** Name of the port on the front panel. */
  readonly alias?: string;
  /** Lanes of the ASIC, in order. A port keeps its lanes for life. */
  readonly lanes?: string;
  /** Speed in Mbit/s. A change takes the port down for a moment. */
  readonly speed?: number;
  /** Number of the front panel port. */
  readonly index?: number;
  /** Mode of the port. */
  readonly mode?: 'routed' | 'access' | 'trunk';
  /** Role of the port. The switch takes `Ext` for a port without it. */
  readonly role?: 'Ext' | 'Int' | 'Inb' | 'Rec' | 'Dpc';
  /** Number within a port that is broken out, from 1; 0 for a whole port. */
  readonly subport?: number;
  /** Auto-negotiation. A change takes the port down for a moment. */
  readonly autoneg?: 'on' | 'off';
  /** Advertised speeds in Mbit/s, or `all` alone. A change takes a port with auto-negotiation down for a moment. */
  readonly adv_speeds?: readonly (number | string)[];
  /** Type of the interface. A change takes a port without auto-negotiation down for a moment. */
  readonly interface_type?: 'CR' | 'CR2' | 'CR4' | 'CR8' | 'SR' | 'SR2' | 'SR4' | 'SR8' | 'LR' | 'LR4' | 'LR8' | 'KR' | 'KR4' | 'KR8' | 'CAUI' | 'GMII' | 'SFI' | 'XLAUI' | 'KR2' | 'CAUI4' | 'XAUI' | 'XFI' | 'XGMII' | 'none';
  /** Advertised types of the interface, or `all` alone. A change takes the port down for a moment. */
  readonly adv_interface_types?: readonly ('all' | 'CR' | 'CR2' | 'CR4' | 'CR8' | 'SR' | 'SR2' | 'SR4' | 'SR8' | 'LR' | 'LR4' | 'LR8' | 'KR' | 'KR4' | 'KR8' | 'CAUI' | 'GMII' | 'SFI' | 'XLAUI' | 'KR2' | 'CAUI4' | 'XAUI' | 'XFI' | 'XGMII' | 'none')[];
  /** Forward error correction. A change takes the port down for a moment. */
  readonly fec?: 'rs' | 'fc' | 'none' | 'auto';
  /** Link training. A change takes the port down for a moment. */
  readonly link_training?: 'on' | 'off';
  /** Asymmetric priority flow control. */
  readonly pfc_asym?: 'on' | 'off';
  /** Tag protocol of VLANs. */
  readonly tpid?: '0x8100' | '0x9100' | '0x9200' | '0x88a8' | '0x88A8';
  /** DHCP packets a second. The switch takes 300 for a port without it. */
  readonly dhcp_rate_limit?: number;
  /** Reading of the module's monitors. */
  readonly dom_polling?: 'enabled' | 'disabled';
  /** The port has a mux cable. */
  readonly mux_cable?: boolean;
  /** Name of a profile in MACSEC_PROFILE. */
  readonly macsec?: string;
  /** Transmit power in dBm, with one digit after the point. */
  readonly tx_power?: string;
  /** Frequency of the laser in GHz. */
  readonly laser_freq?: number;
  /** Fast link-up. The switch takes `false` for a port without it. */
  readonly fast_linkup?: boolean;
  /** Core of the ASIC. */
  readonly core_id?: string;
  /** Port within the core. */
  readonly core_port_id?: string;
  /** Number of virtual output queues. */
  readonly num_voq?: string;
  /** Name of the port at its ASIC. */
  readonly asic_port_name?: string;
}

/** Its state, as far as it is known. */
export interface PortMemory {
  /** Changes of the link at the last recorded refresh. */
  readonly flap_count: number;
  /** Time of that refresh, ISO 8601. */
  readonly flap_at: string;
  /** Time at which the port exceeded `flaps.max`, ISO 8601; empty after `flaps.per` without an excess. */
  readonly flapping_since: string;
  /** Fields that left the document, and that the port keeps. */
  readonly kept_fields: readonly string[];
  /** Time of the first refresh at which the switch had not taken up the applied fields, ISO 8601; empty after it has. */
  readonly behind_since: string;
}

export type PortState = 'absent' | 'present';

/** Steps that fettle takes. */
export type PortStep =
  | 'absent>present'
  | 'present>absent'
  | 'present>present'
  | 'line:down>up'
  | 'line:up>down'
  | 'line:up>up'
  | 'uptake:behind>current';

/** Rules that guard its steps. */
export type PortRuleId =
  | 'snapshot-only'
  | 'not-ready'
  | 'open-confirmation'
  | 'not-a-link'
  | 'lanes-create-only'
  | 'incomplete'
  | 'port-in-use'
  | 'unsupported'
  | 'combination'
  | 'lag-member-mtu'
  | 'would-cut-management-path'
  | 'management-path-mtu'
  | 'management-path-unknown'
  | 'flapping'
  | 'port-flaps'
  | 'ipv6-lost'
  | 'routes-lost'
  | 'vlan-shrinks';

export type FindingCode =
  | 'not-taken-up'
  | 'field-kept'
  | 'list-in-config-db'
  | 'bad-combination'
  | 'routed-member'
  | 'no-link'
  | 'flapping'
  | 'missing-port'
  | 'unmanaged'
  | 'path-unknown'
  | 'taken-back';

export type AlertClass =
  | 'eoiu-timeout-rate'
  | 'corruption'
  | 'cold-starts'
  | 'slow-initial-sync'
  | 'low-health-score'
  | 'recovery-success'
  | 'no-backups'
  | 'longest-initial-sync'
  | 'restart-rate'
  | 'high-health-score';

export type RuleId =
  | 'snapshot-only'
  | 'not-ready'
  | 'open-confirmation'
  | 'not-a-link'
  | 'lanes-create-only'
  | 'incomplete'
  | 'port-in-use'
  | 'unsupported'
  | 'combination'
  | 'lag-member-mtu'
  | 'would-cut-management-path'
  | 'management-path-mtu'
  | 'management-path-unknown'
  | 'flapping'
  | 'port-flaps'
  | 'ipv6-lost'
  | 'routes-lost'
  | 'vlan-shrinks';

/** Its part of `fettle.yaml`, with the defaults filled in. */
export interface PortsyncConfig {
  /** Largest number of actions of this plugin that run at once, within `parallelism` of the project. */
  readonly parallelism: number;
  /** Time within which the switch must take up a change: CONFIG_DB, APPL_DB, STATE_DB and the kernel show it. */
  readonly takeUp: string;
  /** Deadline of one command to a database or to the kernel. */
  readonly commandSeconds: number;
  /** Limit of the changes of a port's link. A port above it is left alone. The changes of the link that an applied change makes do not count. */
  readonly flaps: {
    /** Greatest number of changes of the link within `per`. */
    readonly max: number;
    /** Period of the limit. */
    readonly per: string;
  };
}

/** The defaults of the configuration and of the documents of each kind, including those below optional parts. */
export const defaults = {
  config: { parallelism: 128, takeUp: '10s', commandSeconds: 5, flaps: { max: 10, per: '10m' } },
  Switch: { management: [], confirm: { within: '60s', settle: '10s' }, configDb: { whole: false } },
  Port: {},
} as const;

export const tables = {
  name: 'portsync',
  version: 'v1',
  summary: 'Ports of SONiC switches, in CONFIG_DB, and of Linux hosts, in the kernel.',
  parallelism: 128,
  kinds: {
    Switch: {
      summary: 'A SONiC switch, a Linux host, or a file with a table of ports. The switch itself is never created or removed.',
      scope: [],
      onRemove: 'release',
      machines: {
        switch: {
          states: ['absent', 'loading', 'ready'],
          transitions: [
            { from: 'absent', to: 'loading', trigger: 'check', by: 'world' },
            { from: 'absent', to: 'ready', trigger: 'check', by: 'world' },
            { from: 'loading', to: 'ready', trigger: 'loaded', by: 'world' },
            { from: 'ready', to: 'loading', trigger: 'reload', by: 'world' },
            { from: 'loading', to: 'absent', trigger: 'forget', by: 'world' },
            { from: 'ready', to: 'absent', trigger: 'forget', by: 'world' },
          ],
          edits: [],
        },
        confirmation: {
          states: ['settled', 'open', 'overdue', 'reverted'],
          transitions: [
            {
              from: 'overdue',
              to: 'settled',
              trigger: 'take-back',
              by: 'fettle',
              disruptive: true,
              deadlineMs: 120000,
            },
            { from: 'reverted', to: 'settled', trigger: 'record', by: 'fettle' },
            { from: 'settled', to: 'open', trigger: 'check', by: 'world' },
            { from: 'settled', to: 'overdue', trigger: 'check', by: 'world' },
            { from: 'settled', to: 'reverted', trigger: 'check', by: 'world' },
            { from: 'open', to: 'settled', trigger: 'check', by: 'world' },
            { from: 'open', to: 'overdue', trigger: 'check', by: 'world' },
            { from: 'open', to: 'reverted', trigger: 'check', by: 'world' },
            { from: 'overdue', to: 'settled', trigger: 'check', by: 'world' },
            { from: 'overdue', to: 'open', trigger: 'check', by: 'world' },
            { from: 'overdue', to: 'reverted', trigger: 'check', by: 'world' },
            { from: 'reverted', to: 'settled', trigger: 'check', by: 'world' },
            { from: 'reverted', to: 'open', trigger: 'check', by: 'world' },
            { from: 'reverted', to: 'overdue', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [],
      references: [],
      fields: [
        '/sonic',
        '/sonic/redis',
        '/sonic/local',
        '/sonic/namespace',
        '/linux',
        '/linux/namespace',
        '/snapshot',
        '/snapshot/file',
        '/management',
        '/management/*',
        '/confirm',
        '/confirm/within',
        '/confirm/settle',
        '/configDb',
        '/configDb/file',
        '/configDb/whole',
      ],
      paths: [{ pointer: '/snapshot/file', use: 'send' }, { pointer: '/configDb/file', use: 'send' }],
      safetyInputs: [{ pointer: '/management', combine: 'both' }, { pointer: '/confirm', combine: 'applied' }],
      releases: [],
      undeciding: ['/takeUp', '/commandSeconds'],
      memoryVersion: 1,
    },
    Port: {
      summary: 'A port, by its switch and name. On Linux, `admin_status`, `mtu` and `description` are its fields. A field without a value is left as it is.',
      scope: ['switch'],
      onRemove: 'release',
      machines: {
        port: {
          states: ['absent', 'present'],
          transitions: [
            { from: 'absent', to: 'present', trigger: 'create', by: 'fettle', reversible: 'yes', deadlineMs: 120000 },
            {
              from: 'present',
              to: 'absent',
              trigger: 'remove',
              by: 'fettle',
              destructive: true,
              disruptive: true,
              reversible: 'partly',
              deadlineMs: 120000,
            },
            { from: 'absent', to: 'present', trigger: 'found', by: 'world' },
            { from: 'present', to: 'absent', trigger: 'vanish', by: 'world' },
          ],
          edits: [{ state: 'present', reversible: 'yes', deadlineMs: 120000 }],
        },
        line: {
          states: ['up', 'down'],
          transitions: [
            { from: 'down', to: 'up', trigger: 'start', by: 'fettle', reversible: 'yes', deadlineMs: 120000 },
            {
              from: 'up',
              to: 'down',
              trigger: 'shut',
              by: 'fettle',
              disruptive: true,
              reversible: 'partly',
              deadlineMs: 120000,
            },
            { from: 'up', to: 'down', trigger: 'check', by: 'world' },
            { from: 'down', to: 'up', trigger: 'check', by: 'world' },
          ],
          edits: [{ state: 'up', disruptive: true, reversible: 'yes', deadlineMs: 120000 }],
        },
        uptake: {
          states: ['current', 'behind'],
          transitions: [
            { from: 'behind', to: 'current', trigger: 'repeat', by: 'fettle', reversible: 'yes', deadlineMs: 120000 },
            { from: 'current', to: 'behind', trigger: 'check', by: 'world' },
            { from: 'behind', to: 'current', trigger: 'check', by: 'world' },
          ],
          edits: [],
        },
      },
      rules: [
        {
          id: 'snapshot-only',
          guards: [
            'absent>present',
            'present>absent',
            'present>present',
            'line:down>up',
            'line:up>down',
            'line:up>up',
            'uptake:behind>current',
          ],
          overridable: false,
          text: 'The switch is a file: its ports are planned, and never changed.',
        },
        {
          id: 'not-ready',
          guards: [
            'absent>present',
            'present>absent',
            'present>present',
            'line:down>up',
            'line:up>down',
            'line:up>up',
            'uptake:behind>current',
          ],
          overridable: false,
          text: 'The switch is loading its configuration, or is initializing its ports. No port is changed meanwhile.',
        },
        {
          id: 'open-confirmation',
          guards: [
            'absent>present',
            'present>absent',
            'present>present',
            'line:down>up',
            'line:up>down',
            'line:up>up',
            'uptake:behind>current',
          ],
          overridable: false,
          text: 'An earlier change of the switch is neither confirmed nor taken back.',
        },
        {
          id: 'not-a-link',
          guards: ['absent>present', 'present>absent'],
          overridable: false,
          text: 'fettle does not create or remove links of a Linux host.',
        },
        {
          id: 'lanes-create-only',
          guards: ['present>present', 'line:down>up', 'line:up>down', 'line:up>up'],
          overridable: false,
          text: 'A port keeps its lanes for life: other lanes need the removal of the port, and its creation.',
        },
        {
          id: 'incomplete',
          guards: ['absent>present'],
          overridable: false,
          text: 'A new port of a SONiC switch needs `lanes` and `speed`.',
        },
        {
          id: 'port-in-use',
          guards: ['present>absent'],
          overridable: false,
          text: 'Rows of CONFIG_DB name the port. Its removal would leave them without a port, and the switch would never complete it.',
        },
        {
          id: 'unsupported',
          guards: [
            'absent>present',
            'present>absent',
            'present>present',
            'line:down>up',
            'line:up>down',
            'line:up>up',
            'uptake:behind>current',
          ],
          overridable: true,
          text: 'The switch reports the supported speeds or corrections of the port, and the declared one is not among them.',
        },
        {
          id: 'combination',
          guards: [
            'absent>present',
            'present>absent',
            'present>present',
            'line:down>up',
            'line:up>down',
            'line:up>up',
            'uptake:behind>current',
          ],
          overridable: true,
          text: 'Speed, lanes, correction and auto-negotiation do not go together: the port would have no link.',
        },
        {
          id: 'lag-member-mtu',
          guards: ['present>present', 'line:down>up', 'line:up>down', 'line:up>up'],
          overridable: true,
          text: 'A member of a PortChannel has another MTU than its PortChannel.',
        },
        {
          id: 'would-cut-management-path',
          guards: ['present>absent', 'line:up>down', 'line:up>up', 'uptake:behind>current'],
          overridable: true,
          group: 'scope',
          text: 'The change would interrupt the path over which the switch is managed.',
        },
        {
          id: 'management-path-mtu',
          guards: ['present>present', 'line:down>up', 'line:up>down', 'line:up>up', 'uptake:behind>current'],
          overridable: true,
          text: 'The MTU would be smaller than the packets on the path over which the switch is managed.',
        },
        {
          id: 'management-path-unknown',
          guards: ['present>absent', 'line:up>down', 'line:up>up', 'uptake:behind>current'],
          overridable: true,
          text: 'The path over which the switch is managed is unknown, and the change takes down a port that is in use.',
        },
        {
          id: 'flapping',
          guards: ['line:down>up', 'line:up>down', 'line:up>up', 'uptake:behind>current'],
          overridable: true,
          text: 'The link of the port changes more often than `flaps.max`. The port is left alone until it is quiet.',
        },
        {
          id: 'port-flaps',
          guards: ['line:up>up'],
          overridable: true,
          advisory: true,
          text: 'The change takes the port down for a moment.',
        },
        {
          id: 'ipv6-lost',
          guards: ['present>present', 'line:down>up', 'line:up>down'],
          overridable: true,
          text: 'An MTU below 1280 removes IPv6 from the link: addresses and routes, which a larger MTU does not bring back.',
        },
        {
          id: 'routes-lost',
          guards: ['line:up>down'],
          overridable: true,
          text: 'Taking the link down removes routes and addresses that taking it up does not bring back.',
        },
        {
          id: 'vlan-shrinks',
          guards: ['present>present', 'line:down>up', 'line:up>down'],
          overridable: true,
          text: 'A smaller MTU also makes the MTU of the links on top of it smaller, and a larger one does not bring it back.',
        },
      ],
      references: [],
      fields: [
        '/admin_status',
        '/mtu',
        '/description',
        '/alias',
        '/lanes',
        '/speed',
        '/index',
        '/mode',
        '/role',
        '/subport',
        '/autoneg',
        '/adv_speeds',
        '/adv_speeds/*',
        '/interface_type',
        '/adv_interface_types',
        '/adv_interface_types/*',
        '/fec',
        '/link_training',
        '/pfc_asym',
        '/tpid',
        '/dhcp_rate_limit',
        '/dom_polling',
        '/mux_cable',
        '/macsec',
        '/tx_power',
        '/laser_freq',
        '/fast_linkup',
        '/core_id',
        '/core_port_id',
        '/num_voq',
        '/asic_port_name',
      ],
      paths: [],
      safetyInputs: [],
      releases: [],
      undeciding: ['/takeUp', '/commandSeconds'],
      memoryVersion: 1,
    },
  },
  secrets: [],
  settingPaths: [],
  findings: [
    {
      code: 'not-taken-up',
      kind: 'Port',
      severity: 'error',
      text: 'The switch has not taken up a declared field; the finding names the database at which it stopped.',
    },
    {
      code: 'field-kept',
      kind: 'Port',
      severity: 'warning',
      text: 'A field left the document, and a switch cannot take it away at run time.',
    },
    {
      code: 'list-in-config-db',
      kind: 'Port',
      severity: 'warning',
      text: 'CONFIG_DB has a field as a list, such as `adv_speeds@`, which the switch does not read.',
    },
    {
      code: 'bad-combination',
      kind: 'Port',
      severity: 'warning',
      text: 'Speed, lanes, correction and auto-negotiation of the port do not go together.',
    },
    {
      code: 'routed-member',
      kind: 'Port',
      severity: 'warning',
      text: 'The port is a member of a PortChannel and has rows in INTERFACE.',
    },
    { code: 'no-link', kind: 'Port', severity: 'info', text: 'The port is declared up, and has no link.' },
    {
      code: 'flapping',
      kind: 'Port',
      severity: 'warning',
      text: 'The link of the port changes more often than `flaps.max`.',
    },
    {
      code: 'missing-port',
      kind: 'Switch',
      severity: 'warning',
      text: 'Rows of CONFIG_DB name ports that the switch does not have.',
    },
    {
      code: 'unmanaged',
      kind: 'Switch',
      severity: 'info',
      text: 'The switch has ports that its whole `configDb` does not have, and that the project does not own.',
    },
    {
      code: 'path-unknown',
      kind: 'Switch',
      severity: 'warning',
      text: 'The path over which the switch is managed was not found, and `management` does not name one.',
    },
    {
      code: 'taken-back',
      kind: 'Switch',
      severity: 'error',
      text: 'A change was taken back because it was not confirmed.',
    },
  ],
  alerts: [
    {
      class: 'eoiu-timeout-rate',
      kind: 'Switch',
      severities: ['warning'],
      text: 'More than 50 % of the warm restarts of the daemon ended by their timeout.',
    },
    {
      class: 'corruption',
      kind: 'Switch',
      severities: ['critical'],
      text: 'The daemon found more than 5 damaged state files.',
    },
    { class: 'cold-starts', kind: 'Switch', severities: ['warning'], text: 'The daemon had more than 10 cold starts.' },
    {
      class: 'slow-initial-sync',
      kind: 'Switch',
      severities: ['info'],
      text: 'The initial sync takes more than 30 s on average.',
    },
    {
      class: 'low-health-score',
      kind: 'Switch',
      severities: ['warning'],
      text: 'The health score of the daemon is below 50.',
    },
    {
      class: 'recovery-success',
      kind: 'Switch',
      severities: ['warning'],
      text: 'Less than 75 % of the recoveries of the state succeeded.',
    },
    { class: 'no-backups', kind: 'Switch', severities: ['info'], text: 'The daemon has no backup of its state.' },
    {
      class: 'longest-initial-sync',
      kind: 'Switch',
      severities: ['critical'],
      text: 'An initial sync took more than 300 s.',
    },
    {
      class: 'restart-rate',
      kind: 'Switch',
      severities: ['critical'],
      text: 'The daemon restarts more than once in two seconds.',
    },
    {
      class: 'high-health-score',
      kind: 'Switch',
      severities: ['info'],
      text: 'The health score of the daemon is above 85; off by default.',
    },
  ],
} as const satisfies PluginTables;
