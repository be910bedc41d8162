/**
 * Judges all changes of a plan together by the paths to keep. Pure.
 *
 * A path holds while its device is up and enough of the devices that carry it hold. Accepted changes may all take effect at
 * the same moment, and every path still holds:
 *
 * - Changes that take ports down for good are judged together: if a path would not hold after all of them, each of those
 *   that cut it is rejected.
 * - Changes that take ports down for a moment come after them, one by one in the order of the plan: a change that only has
 *   to wait for another one is `isWaiting`.
 * - An MTU below that of a path, or of a device stacked on the port in the path, is rejected.
 * - If a path may be missing, changes that take down a port that is up and in use are rejected as unknown.
 */

import type { Facts } from '#plugin';
import { type Branch, devicesOf, type ManagementPath, type Paths, USUAL_MTU } from './paths.ts';

/** The effect of the change of one port. */
export interface PortEffect {
  readonly port: string;
  /** `moment`: the port goes down and comes up again, such as for another speed. */
  readonly down?: 'lasting' | 'moment';
  /** The MTU after the change, in bytes, if the change sets it. */
  readonly mtu?: number;
}

export type PathVerdict = Allowed | Refused;

export interface Allowed {
  readonly verdict: 'allowed';
}

export interface Refused {
  readonly verdict: 'would-cut-management-path' | 'management-path-unknown';
  readonly message: string;
  readonly facts: Facts;
  /** An instruction for the user. */
  readonly remedy: string;
  /** The change is safe once another change of the plan is done. */
  readonly isWaiting: boolean;
}

type IsDown = (device: string) => boolean;

function holds(tree: Branch, isDown: IsDown): boolean {
  return !isDown(tree.device) && tree.branches.filter((branch) => holds(branch, isDown)).length >= tree.needs;
}

/** A device of a path that does not hold, with the number of its carriers that do. */
interface Cut {
  readonly path: ManagementPath;
  readonly device: string;
  readonly needs: number;
  readonly stays: readonly string[];
  readonly carriers: readonly string[];
}

/** The ports whose changes cut a path, each with the device that no longer holds. If none of them is applied, the path holds. */
function cutsOf(path: ManagementPath, isDown: IsDown): readonly (readonly [port: string, cut: Cut])[] {
  const visit = (tree: Branch, above: Cut): readonly (readonly [string, Cut])[] => {
    const own = isDown(tree.device) ? [[tree.device, above] as const] : [];
    const [failing, staying] = [false, true].map((isWanted) =>
      tree.branches.filter((branch) => holds(branch, isDown) === isWanted),
    ) as [Branch[], Branch[]];
    if (staying.length >= tree.needs) return own;
    const cut: Cut = {
      path,
      device: tree.device,
      needs: tree.needs,
      stays: staying.map(({ device }) => device),
      carriers: tree.branches.map(({ device }) => device),
    };
    return [...own, ...failing.flatMap((branch) => visit(branch, cut))];
  };
  const { device } = path.tree;
  return visit(path.tree, { path, device, needs: 1, stays: [], carriers: [device] });
}

/** A port whose MTU would be too small for a path. */
interface Narrow {
  readonly path: ManagementPath;
  readonly needed: number;
  /** The stacked device that needs the MTU; undefined if the path itself does. */
  readonly stacked?: string;
}

/** Finds the ports of a path whose planned MTU is too small for it. Larger MTUs than the current ones are always enough. */
function narrowIn(path: ManagementPath, planned: ReadonlyMap<string, number>): readonly (readonly [string, Narrow])[] {
  const visit = (tree: Branch, need: Narrow): readonly (readonly [string, Narrow])[] => {
    const mtu = planned.get(tree.device);
    const isNarrow = mtu !== undefined && mtu < (tree.mtu ?? Infinity) && mtu < need.needed;
    const after = mtu ?? tree.mtu ?? 0;
    const below = tree.isStacked && after > need.needed ? { path, needed: after, stacked: tree.device } : need;
    return [
      ...(isNarrow ? [[tree.device, need] as const] : []),
      ...tree.branches.flatMap((branch) => visit(branch, below)),
    ];
  };
  return visit(path.tree, { path, needed: path.mtu });
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function refusedCut(
  effect: PortEffect,
  cuts: readonly Cut[],
  together: ReadonlySet<string>,
  isWaiting: boolean,
): Refused {
  const { port, down } = effect;
  const [first] = cuts as [Cut, ...Cut[]];
  const spell = down === 'moment' ? ' for a moment' : '';
  const isAlone = first.carriers.length === 1;
  const carries = isAlone
    ? `${port} alone carries ${first.path.what}`
    : `${first.path.what} uses ${first.device}, which needs ${first.needs} of its carriers (${listed(first.carriers)}) and would keep ${first.stays.length}`;
  const names = first.carriers.filter((name) => name !== port && together.has(name));
  return {
    verdict: 'would-cut-management-path',
    message: `The change takes ${port} down${spell}, and ${carries}`,
    facts: {
      port,
      down: down ?? null,
      paths: [...new Set(cuts.map(({ path }) => path.what))],
      device: first.device,
      carriers: first.carriers,
      staying: first.stays,
      min_links: first.needs,
      together_with: names,
    },
    remedy: isWaiting
      ? `apply again once ${listed(names)} ${names.length === 1 ? 'has' : 'have'} a link again`
      : names.length > 0
        ? `change one port after another: leave ${listed(names)} up, and apply again`
        : `move the management path to another port, or declare \`confirm\` on the Switch, with a timer that can be armed`,
    isWaiting,
  };
}

function refusedMtu({ port, mtu }: PortEffect, narrow: readonly Narrow[]): Refused {
  const widest = narrow.reduce((a, b) => (b.needed > a.needed ? b : a));
  const whose = widest.stacked === undefined ? widest.path.what : `${widest.stacked} on it`;
  return {
    verdict: 'would-cut-management-path',
    message: `The MTU ${mtu} of ${port} is too small: ${whose} needs ${widest.needed}`,
    facts: {
      port,
      mtu: mtu ?? null,
      needed_mtu: widest.needed,
      paths: [...new Set(narrow.map(({ path }) => path.what))],
      ...(widest.stacked === undefined ? {} : { stacked: widest.stacked }),
    },
    remedy: `declare an mtu of at least ${widest.needed}`,
    isWaiting: false,
  };
}

function isUnsafeUnknown({ port, down, mtu }: PortEffect, { devices }: Paths): boolean {
  const device = devices.get(port);
  if (device !== undefined && !(device.isUp && device.isUsed)) return false;
  return down !== undefined || (mtu !== undefined && mtu < Math.min(device?.mtu ?? USUAL_MTU, USUAL_MTU));
}

function refusedUnknown({ port, down, mtu }: PortEffect, { unknown, notFound }: Paths): Refused {
  const what = down === undefined ? `makes the MTU of ${port} smaller` : `takes ${port} down`;
  return {
    verdict: 'management-path-unknown',
    message: `The change ${what}, which is up and in use, and the management path is unknown: ${unknown[0]}`,
    facts: { port, down: down ?? null, mtu: mtu ?? null, unknown },
    remedy:
      notFound.length === 0
        ? 'name the ports that carry the management path in `management` of the Switch'
        : `correct ${listed(notFound)} in \`management\` of the Switch`,
    isWaiting: false,
  };
}

/**
 * The verdict on each change of a plan, by the name of its port. `effects` has all changes of the plan on this switch, in
 * the order of the plan, one for each port; those that are already running count too.
 */
export function judgePaths(paths: Paths, effects: readonly PortEffect[]): ReadonlyMap<string, PathVerdict> {
  const { keep } = paths;
  const refused = new Map<string, Refused>();

  const planned = new Map(effects.flatMap(({ port, mtu }) => (mtu === undefined ? [] : [[port, mtu] as const])));
  const narrow = Map.groupBy(
    keep.flatMap((path) => narrowIn(path, planned)),
    ([port]) => port,
  );
  for (const effect of effects) {
    const found = narrow.get(effect.port);
    if (found !== undefined)
      refused.set(
        effect.port,
        refusedMtu(
          effect,
          found.map(([, each]) => each),
        ),
      );
  }

  const ofKind = (kind: PortEffect['down']): readonly PortEffect[] =>
    effects.filter(({ port, down }) => down === kind && !refused.has(port));
  const cutsBy = (down: ReadonlySet<string>): Map<string, (readonly [string, Cut])[]> =>
    Map.groupBy(
      keep.flatMap((path) => cutsOf(path, (device) => down.has(device))),
      ([port]) => port,
    );

  const lasting = ofKind('lasting');
  const allDown = new Set(lasting.map(({ port }) => port));
  const allCuts = cutsBy(allDown);
  for (const effect of lasting) {
    const cuts = allCuts.get(effect.port);
    if (cuts === undefined) continue;
    const found = cuts.map(([, cut]) => cut);
    refused.set(effect.port, refusedCut(effect, found, allDown, false));
  }

  const settled = lasting.map(({ port }) => port).filter((port) => !refused.has(port));
  const moments: string[] = [];
  const carrying = new Set(keep.flatMap(({ tree }) => devicesOf(tree)));
  for (const effect of ofKind('moment')) {
    const { port } = effect;
    // The others cannot cut a path.
    if (!carrying.has(port)) continue;
    const cuts = cutsBy(new Set([...settled, ...moments, port])).get(port);
    if (cuts === undefined) {
      moments.push(port);
      continue;
    }
    const isWaiting = !cutsBy(new Set([...settled, port])).has(port);
    const found = cuts.map(([, cut]) => cut);
    refused.set(port, refusedCut(effect, found, new Set(isWaiting ? moments : settled), isWaiting));
  }

  if (paths.unknown.length > 0)
    for (const effect of effects)
      if (!refused.has(effect.port) && isUnsafeUnknown(effect, paths))
        refused.set(effect.port, refusedUnknown(effect, paths));

  return new Map(effects.map(({ port }) => [port, refused.get(port) ?? { verdict: 'allowed' }]));
}
