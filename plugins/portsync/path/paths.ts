/**
 * Paths to keep: each way of the evidence, and each device that the document names, with the tree of devices that carry it.
 * Pure.
 */

import { compareText } from '#plugin';
import type { Device, Evidence, Way } from './evidence.ts';

/** A device of a path. The path holds while the device is up, and `needs` of its branches hold. */
export interface Branch {
  readonly device: string;
  readonly mtu?: number;
  readonly isStacked: boolean;
  /** Number of `branches` that must hold; 0 for a port. */
  readonly needs: number;
  /** The branches that carry traffic now. */
  readonly branches: readonly Branch[];
  /** The other members of the device, which do not carry traffic now. */
  readonly idle: readonly string[];
}

export interface ManagementPath {
  /** As the subject of a sentence: `the SSH session with 192.0.2.7`. */
  readonly what: string;
  readonly tree: Branch;
  /** The smallest MTU with which the path still works, in bytes. */
  readonly mtu: number;
}

export interface Paths {
  readonly keep: readonly ManagementPath[];
  /** Reasons for which a path may be missing. Empty if all paths are known, or the document names them. */
  readonly unknown: readonly string[];
  /** Names in `management` that the switch does not have. */
  readonly notFound: readonly string[];
  /** All devices by their name. */
  readonly devices: ReadonlyMap<string, Device>;
}

/** RFC 8200, 5: every link with IPv6 carries packets of this size. */
export const IPV6_MTU = 1280;
/** RFC 791, 3.1: every host accepts IPv4 packets of this size. */
const IPV4_MTU = 576;
/** A connection of unknown packet size may send packets as large as Ethernet usually permits (RFC 894). */
export const USUAL_MTU = 1500;

function mtuOf(way: Way, device: Device | undefined): number {
  const least = way.family === 4 ? IPV4_MTU : IPV6_MTU;
  if (way.mtu === 'unknown') return Math.max(least, Math.min(device?.mtu ?? USUAL_MTU, USUAL_MTU));
  return Math.max(least, way.mtu ?? 0);
}

/** A device that cannot be read is a port that carries the path. */
function deviceNamed(name: string, { devices }: Evidence): Device {
  return devices.get(name) ?? { name, role: 'port', isUp: true, carries: true, lower: [], isUsed: true };
}

/** The members that carry traffic now. If none does, those that are up may again; then all. */
function carriersAmong(members: readonly Device[]): readonly Device[] {
  const carrying = members.filter(({ carries }) => carries);
  if (carrying.length > 0) return carrying;
  const up = members.filter(({ isUp }) => isUp);
  return up.length > 0 ? up : members;
}

function treeOf(name: string, way: Way, evidence: Evidence, above: readonly string[] = []): Branch {
  const device = deviceNamed(name, evidence);
  const path = [...above, name];
  // A loop among devices does not occur in a kernel, but the evidence is read in several steps.
  // Redis has its rows in any order; a verdict has one.
  const lower = device.lower.filter((each) => !path.includes(each)).toSorted(compareText);
  const behind = way.neighbour === undefined ? [] : (evidence.learned.get(name)?.get(way.neighbour) ?? []);
  const known = lower.filter((each) => behind.includes(each));
  const usable = device.role === 'bridge' && known.length > 0 ? known : lower;
  const carriers = carriersAmong(usable.map((each) => deviceNamed(each, evidence)));
  // Behind a bridge, any member may be the one.
  const needs = device.role === 'aggregate' ? Math.min(device.needs ?? 1, carriers.length) : carriers.length;
  const names = new Set(carriers.map((each) => each.name));
  return {
    device: name,
    ...(device.mtu === undefined ? {} : { mtu: device.mtu }),
    isStacked: device.role === 'stacked',
    needs,
    branches: carriers.map((each) => treeOf(each.name, way, evidence, path)),
    idle: device.role === 'aggregate' ? lower.filter((each) => !names.has(each)) : [],
  };
}

/**
 * The paths to keep. `management` has the names of devices that the document declares as management paths; with them, a
 * path that could not be found is not needed. A declared name that the switch does not have leaves the paths unknown.
 * `vouching` has those of the names that stand for a path that could not be found; by default, all.
 */
export function pathsOf(
  evidence: Evidence,
  management: readonly string[],
  vouching: readonly string[] = management,
): Paths {
  const { devices, unknown } = evidence;
  const notFound = management.filter((name) => !devices.has(name));
  const named = management
    .filter((name) => devices.has(name))
    .map((name): Way => ({ what: `the declared management path ${name}`, device: name }));
  const isDeclared = vouching.length > 0 && notFound.length === 0;
  const ways = [...evidence.ways.filter(({ isFallback }) => isFallback !== true || !isDeclared), ...named];
  return {
    keep: ways.map((way) => ({
      what: way.what,
      tree: treeOf(way.device, way, evidence),
      mtu: mtuOf(way, devices.get(way.device)),
    })),
    unknown: isDeclared
      ? []
      : [...unknown, ...notFound.map((name) => `the switch does not have the declared management path ${name}`)],
    notFound,
    devices,
  };
}

/** The names of all devices that carry a path. */
export function devicesOf(tree: Branch): readonly string[] {
  return [...new Set([tree.device, ...tree.branches.flatMap(devicesOf)])];
}
