/** The scene: what a rule or a diff may look at beside its own pair. */

import { isOurs } from './match.ts';
import { formatRef } from './ref.ts';
import type { Action, Change, Gap, Pair, Ref, Safety, Scene } from './types.ts';

export interface SceneInput {
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly gaps: readonly Gap[];
  readonly now: number;
  readonly viewedAt: number;
  readonly safety: Safety;
  readonly busy?: Scene['busy'];
  readonly logAt?: number;
}

function addressesByKind(pairs: ReadonlyMap<string, Pair>): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const [address, { ref }] of pairs) {
    const key = `${ref.plugin}/${ref.kind}`;
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, [address]);
    else known.push(address);
  }
  return kinds;
}

/** A scene without changes yet: what a diff sees. It looks into `pairs` as they are when it is asked. */
export function sceneOf(input: SceneInput): Scene {
  let kinds: ReadonlyMap<string, readonly string[]> | undefined;
  const pair = (ref: Ref | string) => input.pairs.get(typeof ref === 'string' ? ref : formatRef(ref));
  return {
    now: input.now,
    viewedAt: input.viewedAt,
    safety: input.safety,
    gaps: input.gaps,
    ...(input.busy === undefined ? {} : { busy: input.busy }),
    ...(input.logAt === undefined ? {} : { logAt: input.logAt }),
    pair,
    ofKind: (plugin, kind) => {
      kinds ??= addressesByKind(input.pairs);
      return (kinds.get(`${plugin}/${kind}`) ?? []).flatMap((address) => pair(address) ?? []);
    },
    changes: new Map(),
    removals: new Map(),
    judged: new Map(),
  };
}

function removalsByKind(scene: Scene, changes: Scene['changes']): Scene['removals'] {
  const counts = new Map<string, { owned: number; removals: number }>();
  for (const { goal, ref } of changes.values()) {
    if (goal !== 'remove' && goal !== 'replace') continue;
    const key = `${ref.plugin}/${ref.kind}`;
    const known = counts.get(key) ?? { owned: scene.ofKind(ref.plugin, ref.kind).filter(isOurs).length, removals: 0 };
    counts.set(key, { ...known, removals: known.removals + 1 });
  }
  return counts;
}

/** The scene as the rules see it: with every proposed change, and what is judged so far. */
export function withChanges(
  scene: Scene,
  changes: ReadonlyMap<string, Change>,
  judged: ReadonlyMap<string, Action>,
): Scene {
  return { ...scene, changes, removals: removalsByKind(scene, changes), judged };
}

/** The scene with fresh pairs laid over it: right before an action, only what matters is looked at again. */
export function withFresh(
  scene: Scene,
  fresh: ReadonlyMap<string, Pair>,
  seen: { readonly now: number; readonly viewedAt: number; readonly gaps: readonly Gap[] },
): Scene {
  return {
    ...scene,
    ...seen,
    pair: (ref) => {
      const address = typeof ref === 'string' ? ref : formatRef(ref);
      return fresh.get(address) ?? scene.pair(address);
    },
    ofKind: (plugin, kind) => scene.ofKind(plugin, kind).map((pair) => fresh.get(formatRef(pair.ref)) ?? pair),
  };
}
