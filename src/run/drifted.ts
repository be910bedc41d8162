/** Drift in the result of a refresh, and the contents of the refresh that `--fail-on` counts. */

import { type Drift, findDrift } from '../engine/drift.ts';
import type { Planned } from '../formats/plan.ts';
import type { Found } from './ending.ts';
import type { Project } from './project.ts';
import { type Selection, selects } from './selection.ts';

/** Returns the drift within a selection, and its suppressed part. */
export function driftIn(planned: Planned, { config }: Project, selection: Selection = {}): Drift {
  const { resources, proposed, actions, scene, sealed } = planned;
  const covering = new Set(sealed.suppressed.map(({ by }) => by));
  const { suppress } = config;
  return findDrift({ resources, proposed, actions, scene, suppress, covering, within: selects(selection, resources) });
}

/** Returns the contents of a plan that `--fail-on` counts. A resource that was never applied has not drifted. */
export function foundIn(planned: Planned, project: Project, selection?: Selection): Found {
  return {
    plan: planned.plan,
    drifted: () => driftIn(planned, project, selection).rows.filter(({ since }) => since === 'applied').length,
  };
}
