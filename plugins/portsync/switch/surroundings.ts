/** Data of a refresh around the resources, which rules and findings read from the scene. Pure. */

import type { Facts, Json, Scene } from '#plugin';
import { asJson, PLUGIN } from '../facts.ts';
import { type Device, type Evidence, nothingKnown, type Way } from '../path/evidence.ts';

export interface Surroundings {
  readonly evidence: Evidence;
  /** Names that may carry management paths, in addition to those of the evidence. */
  readonly management: readonly string[];
  /** The names of all ports, declared or not; absent if no finding needs them. */
  readonly ports?: readonly string[];
}

/** Devices by the evidence of a refresh, which refreshes of single ports share. */
const known = new WeakMap<Evidence, { readonly management: string; readonly devices: readonly Device[] }>();

function carryingOf(surroundings: Surroundings): readonly Device[] {
  const management = surroundings.management.join('\n');
  const found = known.get(surroundings.evidence);
  if (found?.management === management) return found.devices;
  const devices = carrying(surroundings);
  known.set(surroundings.evidence, { management, devices });
  return devices;
}

/** The devices of ways and all aggregates, with all that carry them. The others are facts of ports: there can be thousands. */
function carrying({ evidence: { devices, ways }, management }: Surroundings): readonly Device[] {
  const found = new Map<string, Device>();
  const visit = (name: string): void => {
    const device = devices.get(name);
    if (device === undefined || found.has(name)) return;
    found.set(name, device);
    device.lower.forEach(visit);
  };
  for (const { device } of ways) visit(device);
  management.forEach(visit);
  for (const { name, role } of devices.values()) if (role === 'aggregate') visit(name);
  return [...found.values()];
}

/** The same as JSON. */
interface SurroundingsData {
  readonly devices: readonly Device[];
  readonly ways: readonly Way[];
  readonly learned: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly unknown: readonly string[];
  readonly ports: readonly string[];
}

/** The surroundings of every switch, by its name. */
export function surroundingsData(all: ReadonlyMap<string, Surroundings>): Facts {
  return Object.fromEntries(
    [...all].map(([name, surroundings]): readonly [string, Json] => {
      const { evidence, ports = [] } = surroundings;
      const { ways, learned, unknown } = evidence;
      const data: SurroundingsData = {
        devices: carryingOf(surroundings),
        ways,
        learned: Object.fromEntries([...learned].map(([device, macs]) => [device, Object.fromEntries(macs)])),
        unknown,
        ports,
      };
      return [name, asJson(data)];
    }),
  );
}

function dataOf({ extras }: Pick<Scene, 'extras'>, name: string): SurroundingsData | undefined {
  return extras?.[PLUGIN]?.[name] as unknown as SurroundingsData | undefined;
}

/** The evidence about the management paths of one switch: its devices are those that carry a path. */
export function evidenceOf(scene: Pick<Scene, 'extras'>, name: string): Evidence {
  const data = dataOf(scene, name);
  if (data === undefined) return nothingKnown('the switch was not refreshed');
  return {
    devices: new Map(data.devices.map((device) => [device.name, device])),
    ways: data.ways,
    learned: new Map(Object.entries(data.learned).map(([device, macs]) => [device, new Map(Object.entries(macs))])),
    unknown: data.unknown,
  };
}

/** The names of all ports of one switch; none if the switch was not refreshed. */
export function portNamesOf(scene: Pick<Scene, 'extras'>, name: string): readonly string[] {
  return dataOf(scene, name)?.ports ?? [];
}
