/** The scene: the context of a rule or diff other than its own resource. */

import { budgetUses } from './budget.ts';
import { missingByKind } from './collapse.ts';
import {
  type Change,
  compareText,
  formatRef,
  type Gap,
  type Instant,
  type Resource,
  type Ref,
  type Safety,
  type Scene,
  type Spent,
  defined,
} from '#plugin';

export interface SceneInput {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly unloaded?: Scene['unloaded'];
  readonly gaps: readonly Gap[];
  readonly extras?: Scene['extras'];
  readonly now: number;
  readonly viewedAt: number;
  readonly safety: Safety;
  readonly given?: Scene['given'];
  readonly busy?: Scene['busy'];
  readonly memoryGap?: Scene['memoryGap'];
  readonly logAt?: number;
  /** Steps of earlier runs that count against limits over time. */
  readonly spent: ReadonlyMap<number, Spent>;
  /** Times at which steps used a limit, by key. May grow: an apply records what its steps use. */
  readonly uses?: ReadonlyMap<string, readonly Instant[]>;
  readonly shared?: Scene['shared'];
  readonly causes?: Scene['causes'];
}

function addressesByKind(resources: ReadonlyMap<string, Resource>): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const [address, { ref }] of resources) {
    const key = `${ref.plugin}/${ref.kind}`;
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, [address]);
    else known.push(address);
  }
  return kinds;
}

/** A scene without changes, for a diff. It reads `resources` at each call. */
export function sceneOf(input: SceneInput): Scene {
  let kinds: ReadonlyMap<string, readonly string[]> | undefined;
  const resource = (ref: Ref | string) => input.resources.get(typeof ref === 'string' ? ref : formatRef(ref));
  return defined({
    now: input.now,
    viewedAt: input.viewedAt,
    safety: input.safety,
    gaps: input.gaps,
    extras: input.extras,
    given: input.given,
    busy: input.busy,
    memoryGap: input.memoryGap,
    shared: input.shared,
    causes: input.causes,
    logAt: input.logAt,
    get: resource,
    spentOn: (key: string) => input.uses?.get(key) ?? [],
    unloaded: input.unloaded ?? new Map(),
    ofKind: (plugin: string, kind: string) => {
      kinds ??= addressesByKind(input.resources);
      return (kinds.get(`${plugin}/${kind}`) ?? []).flatMap((address) => resource(address) ?? []);
    },
    changes: new Map(),
    removals: new Map(),
    missing: missingByKind(input.resources.values()),
    budgets: budgetUses(input.safety.budgets, input.spent.values()).map((use) => ({ ...use, accepted: 0 })),
    judged: new Map(),
    underWay: new Map(),
  });
}

/** Addresses of resources removed within the period of the limits, by `plugin/Kind`. */
function removedLately(scene: Scene, spent: Iterable<Spent>): ReadonlyMap<string, ReadonlySet<string>> {
  const since = scene.now - scene.safety.removals.perMs;
  const removed = new Map<string, Set<string>>();
  for (const { removal, at, ref } of spent) {
    if (removal !== true || at <= since) continue;
    const key = `${ref.plugin}/${ref.kind}`;
    const known = removed.get(key);
    if (known === undefined) removed.set(key, new Set([formatRef(ref)]));
    else known.add(formatRef(ref));
  }
  return removed;
}

/** Counts kinds with removals. A resource that is still or again owned does not count as removed. */
export function removalsByKind(scene: Scene, changes: Scene['changes'], spent: Iterable<Spent>): Scene['removals'] {
  const proposed = new Map<string, { ref: Ref; count: number }>();
  for (const { goal, ref } of changes.values()) {
    if (goal !== 'remove' && goal !== 'replace') continue;
    const key = `${ref.plugin}/${ref.kind}`;
    proposed.set(key, { ref, count: (proposed.get(key)?.count ?? 0) + 1 });
  }
  if (proposed.size === 0) return new Map();
  const lately = removedLately(scene, spent);
  return new Map(
    [...proposed].map(([key, { ref, count }]) => {
      const owned = scene.ofKind(ref.plugin, ref.kind).filter(({ owned }) => owned);
      const gone = new Set(lately.get(key));
      for (const resource of owned) gone.delete(formatRef(resource.ref));
      return [key, { owned: owned.length, removals: count, recent: gone.size }];
    }),
  );
}

/** Inputs of the rules other than the proposed changes. */
export interface Deciding {
  readonly removals: Scene['removals'];
  readonly judged: Scene['judged'];
  readonly underWay: Scene['underWay'];
  readonly budgets: Scene['budgets'];
}

/** The scene for rules: with every proposed change, and the decisions so far. */
export function withChanges(scene: Scene, changes: ReadonlyMap<string, Change>, deciding: Deciding): Scene {
  return { ...scene, changes, ...deciding };
}

/** The scene with resources as they are after steps that are accepted, and not done yet. `later` may grow. */
export function withLater(scene: Scene, later: ReadonlyMap<string, Resource>): Scene {
  let size = -1;
  const kinds = new Map<string, readonly Resource[]>();
  const ofKind = (plugin: string, kind: string): readonly Resource[] => {
    const known = scene.ofKind(plugin, kind);
    const all = new Map(known.map((resource) => [resource.address, later.get(resource.address) ?? resource]));
    for (const [address, resource] of later)
      if (resource.ref.plugin === plugin && resource.ref.kind === kind) all.set(address, resource);
    return all.size === known.length
      ? [...all.values()]
      : [...all.values()].sort((a, b) => compareText(a.address, b.address));
  };
  return {
    ...scene,
    get: (ref) => later.get(typeof ref === 'string' ? ref : formatRef(ref)) ?? scene.get(ref),
    ofKind: (plugin, kind) => {
      if (size !== later.size) kinds.clear();
      size = later.size;
      const key = `${plugin}/${kind}`;
      const found = kinds.get(key) ?? ofKind(plugin, kind);
      kinds.set(key, found);
      return found;
    },
  };
}

/** The scene with refreshed resources: right before an action, only the relevant ones are refreshed again. */
export function withFresh(
  scene: Scene,
  fresh: ReadonlyMap<string, Resource>,
  seen: {
    /** Resources that the scene may get: they count from the time when they are among the fresh ones. */
    readonly coming?: readonly Ref[];
    readonly now: number;
    readonly viewedAt: number;
    readonly gaps: readonly Gap[];
    readonly extras?: Scene['extras'];
  },
): Scene {
  const coming = (seen.coming ?? []).filter((ref) => scene.get(ref) === undefined);
  return {
    ...scene,
    now: seen.now,
    viewedAt: seen.viewedAt,
    gaps: seen.gaps,
    ...(seen.extras === undefined ? {} : { extras: { ...scene.extras, ...seen.extras } }),
    get: (ref) => {
      const address = typeof ref === 'string' ? ref : formatRef(ref);
      return fresh.get(address) ?? scene.get(address);
    },
    ofKind: (plugin, kind) => {
      const known = scene.ofKind(plugin, kind).map((resource) => fresh.get(resource.address) ?? resource);
      const come = coming.flatMap((ref) =>
        ref.plugin === plugin && ref.kind === kind ? (fresh.get(formatRef(ref)) ?? []) : [],
      );
      return come.length === 0 ? known : [...known, ...come].sort((a, b) => compareText(a.address, b.address));
    },
  };
}
