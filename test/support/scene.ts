/** A scene of given resources, with the usual limits: what rules and diffs of a plugin are called with. */

import { type AlertRound, formatRef, type Resource, type Scene } from '#plugin';
import { usualSafety } from '../../src/conformance/memory-log.ts';

/** `now`: epoch ms. */
export function sceneAt(now: number, resources: readonly Resource[], more: Partial<Scene> = {}): Scene {
  const byAddress = new Map(resources.map((resource) => [formatRef(resource.ref), resource]));
  return {
    now,
    safety: usualSafety,
    viewedAt: now,
    gaps: [],
    unloaded: new Map(),
    spentOn: () => [],
    get: (ref) => byAddress.get(typeof ref === 'string' ? ref : formatRef(ref)),
    ofKind: (plugin, kind) => [...byAddress.values()].filter(({ ref }) => ref.plugin === plugin && ref.kind === kind),
    changes: new Map(),
    removals: new Map(),
    missing: new Map(),
    budgets: [],
    underWay: new Map(),
    judged: new Map(),
    ...more,
  };
}

/** The input of the alerts of a plugin, in production. */
export function alertRound(resources: readonly Resource[], more: Partial<AlertRound> = {}): AlertRound {
  const settings = { environment: 'prod', renewalWarningMs: 72 * 3_600_000 } as const;
  return { resources, scene: sceneAt(0, resources), ledger: new Map(), settings, ...more };
}
