/** The state of an emulated project at the provider: plain rows by id, and scheduled events. */

import type { Json } from '#plugin';
import type { Labels } from './labels.ts';

export type ServerStatus =
  | 'running'
  | 'initializing'
  | 'starting'
  | 'stopping'
  | 'off'
  | 'deleting'
  | 'migrating'
  | 'rebuilding'
  | 'unknown';

export interface PrivateNet {
  readonly network: number;
  readonly ip: string;
  readonly aliasIps: readonly string[];
  readonly mac: string;
}

export interface ServerRow {
  readonly id: number;
  readonly name: string;
  readonly status: ServerStatus;
  /** Epoch ms. */
  readonly created: number;
  readonly type: number;
  readonly location: number;
  readonly image: number | null;
  readonly iso: number | null;
  /** Primary IPs. */
  readonly ipv4: number | null;
  readonly ipv6: number | null;
  readonly privateNets: readonly PrivateNet[];
  readonly rescue: boolean;
  readonly backupWindow: string | null;
  readonly protection: { readonly delete: boolean; readonly rebuild: boolean };
  readonly labels: Labels;
  readonly placementGroup: number | null;
  /** GB. */
  readonly disk: number;
  readonly userData: string;
  readonly sshKeys: readonly number[];
  /** Set once the guest system has started and its ports answer. */
  readonly guest: 'down' | 'booting' | 'up';
  /** Count of starts; events of an earlier start are dropped. */
  readonly boots: number;
  /** Faults of the guest. */
  readonly faults: {
    /** The start never ends. */
    readonly neverReady?: boolean;
    /** The guest ignores ACPI signals. */
    readonly deaf?: boolean;
    /** The guest runs, and no port answers. */
    readonly silent?: boolean;
  };
}

export interface ActionRow {
  readonly id: number;
  readonly command: string;
  readonly status: 'running' | 'success' | 'error';
  /** Epoch ms. */
  readonly started: number;
  /** The time of the end, past or scheduled. */
  readonly ends: number;
  readonly resources: readonly { readonly id: number; readonly type: string }[];
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Effects of success. */
  readonly effects: readonly Effect[];
  /** Effects of failure. */
  readonly undo: readonly Effect[];
  /** The action will end in this failure. */
  readonly fails: { readonly code: string; readonly message: string } | null;
  /** The next action: starts after this one has succeeded, and fails with it. */
  readonly next: number | null;
}

/** A change of the rows as data, so that scheduled changes can be saved. */
export type Effect =
  | { readonly do: 'server'; readonly id: number; readonly patch: Partial<ServerRow> }
  /** The server runs, and its guest starts. */
  | { readonly do: 'boot'; readonly id: number }
  /** The guest received the signal to stop. */
  | { readonly do: 'acpi'; readonly id: number; readonly then: 'off' | 'boot' }
  | { readonly do: 'remove-server'; readonly id: number }
  | { readonly do: 'drop-backups'; readonly id: number }
  | { readonly do: 'image'; readonly id: number; readonly patch: Partial<ImageRow> }
  | { readonly do: 'remove-image'; readonly id: number }
  | { readonly do: 'volume'; readonly id: number; readonly patch: Partial<VolumeRow> }
  | { readonly do: 'firewall-applied'; readonly firewall: number; readonly server: number }
  | { readonly do: 'primary-ip'; readonly id: number; readonly server: number | null };

export type Due = {
  /** Epoch ms. */
  readonly at: number;
} & (
  | { readonly what: 'action'; readonly action: number }
  | { readonly what: 'guest-up'; readonly server: number; readonly boot: number }
  | { readonly what: 'guest-off'; readonly server: number; readonly boot: number; readonly then: 'off' | 'boot' }
);

export interface SshKeyRow {
  readonly id: number;
  readonly name: string;
  readonly fingerprint: string;
  readonly publicKey: string;
  readonly labels: Labels;
  readonly created: number;
}

export interface SubnetRow {
  readonly type: 'cloud' | 'server' | 'vswitch';
  readonly ipRange: string;
  readonly zone: string;
  readonly gateway: string;
}

export interface RouteRow {
  readonly destination: string;
  readonly gateway: string;
}

export interface NetworkRow {
  readonly id: number;
  readonly name: string;
  readonly ipRange: string;
  readonly subnets: readonly SubnetRow[];
  readonly routes: readonly RouteRow[];
  readonly protection: { readonly delete: boolean };
  readonly labels: Labels;
  readonly created: number;
  readonly exposeRoutes: boolean;
}

export interface FirewallRule {
  readonly description: string | null;
  readonly direction: 'in' | 'out';
  readonly sourceIps: readonly string[];
  readonly destinationIps: readonly string[];
  readonly protocol: string;
  readonly port: string | null;
}

export interface FirewallRow {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: number;
  readonly rules: readonly FirewallRule[];
  /** Servers that the firewall was applied to by id, and its status there. */
  readonly servers: readonly { readonly id: number; readonly applied: boolean }[];
  readonly selectors: readonly string[];
}

export interface VolumeRow {
  readonly id: number;
  readonly name: string;
  readonly created: number;
  readonly server: number | null;
  readonly location: number;
  /** GB. */
  readonly size: number;
  readonly protection: { readonly delete: boolean };
  readonly labels: Labels;
  readonly status: 'creating' | 'available';
  readonly format: string | null;
}

export interface PlacementGroupRow {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: number;
}

export interface PrimaryIpRow {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly created: number;
  readonly type: 'ipv4' | 'ipv6';
  readonly ip: string;
  readonly location: number;
  readonly dnsPtr: readonly { readonly ip: string; readonly name: string }[];
  readonly protection: { readonly delete: boolean };
  /** The address is deleted with its server. */
  readonly autoDelete: boolean;
}

export interface ImageRow {
  readonly id: number;
  readonly type: 'system' | 'app' | 'snapshot' | 'backup';
  readonly status: 'available' | 'creating' | 'unavailable';
  readonly name: string | null;
  readonly description: string;
  /** GB. */
  readonly imageSize: number | null;
  /** Minimum disk size of a server, in GB. */
  readonly disk: number;
  readonly created: number;
  readonly createdFrom: { readonly id: number; readonly name: string } | null;
  readonly boundTo: number | null;
  readonly os: string;
  readonly osVersion: string | null;
  readonly protection: { readonly delete: boolean };
  /** Epoch ms. */
  readonly deprecated: number | null;
  readonly labels: Labels;
  readonly architecture: 'x86' | 'arm';
}

/** The emulator's only mutable state: rows are replaced, never changed. */
export interface Cloud {
  nextId: number;
  /** Count of allocated public addresses. */
  nextAddress: number;
  readonly servers: Map<number, ServerRow>;
  readonly actions: Map<number, ActionRow>;
  readonly sshKeys: Map<number, SshKeyRow>;
  readonly networks: Map<number, NetworkRow>;
  readonly firewalls: Map<number, FirewallRow>;
  readonly volumes: Map<number, VolumeRow>;
  readonly placementGroups: Map<number, PlacementGroupRow>;
  readonly primaryIps: Map<number, PrimaryIpRow>;
  readonly images: Map<number, ImageRow>;
  /** Scheduled events, by time. */
  readonly due: Due[];
}

const TABLES = [
  'servers',
  'actions',
  'sshKeys',
  'networks',
  'firewalls',
  'volumes',
  'placementGroups',
  'primaryIps',
  'images',
] as const;

/** First id: beyond 32 bits, which the provider's ids may exceed. */
const FIRST_ID = 10_000_000_001;

export function emptyCloud(): Cloud {
  return {
    nextId: FIRST_ID,
    nextAddress: 0,
    servers: new Map(),
    actions: new Map(),
    sshKeys: new Map(),
    networks: new Map(),
    firewalls: new Map(),
    volumes: new Map(),
    placementGroups: new Map(),
    primaryIps: new Map(),
    images: new Map(),
    due: [],
  };
}

export function takeId(cloud: Cloud): number {
  const id = cloud.nextId;
  cloud.nextId += 1;
  return id;
}

/** Replaces a row; no effect if the row no longer exists. */
export function patchRow<R>(rows: Map<number, R>, id: number, patch: Partial<R>): void {
  const row = rows.get(id);
  if (row !== undefined) rows.set(id, { ...row, ...patch });
}

/** The complete state as JSON. */
export function saveCloud(cloud: Cloud): Json {
  const tables = Object.fromEntries(TABLES.map((name) => [name, [...cloud[name].values()]]));
  const all = { nextId: cloud.nextId, nextAddress: cloud.nextAddress, ...tables, due: cloud.due };
  return JSON.parse(JSON.stringify(all)) as Json;
}

/** Restores the output of `saveCloud`. */
export function loadCloud(json: Json): Cloud {
  const saved = json as unknown as Readonly<Record<string, readonly { readonly id: number }[]>> & {
    readonly nextId: number;
    readonly nextAddress: number;
    readonly due: readonly Due[];
  };
  const cloud = emptyCloud();
  cloud.nextId = saved.nextId;
  cloud.nextAddress = saved.nextAddress;
  for (const name of TABLES) {
    const table = cloud[name] as Map<number, unknown>;
    for (const row of saved[name] ?? []) table.set(row.id, row);
  }
  cloud.due.push(...saved.due);
  return cloud;
}
