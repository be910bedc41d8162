/**
 * Diff: the next step of a Port towards its document. All fields that differ change in one write.
 *
 * | observed | declared | step |
 * |---|---|---|
 * | nothing | yes | create |
 * | present | no | remove |
 * | up | down | shut |
 * | down | up | start |
 * | up, differs in a field that interrupts the link | yes | edit of the line |
 * | differs in other fields | yes | edit of the port |
 * | as declared in CONFIG_DB, and not taken up for `takeUp` | yes | the same write again |
 */

import {
  durationMs,
  instantOf,
  type KnownResource,
  observedOf,
  otherState,
  type Proposal,
  type Scene,
  seenFacts,
} from '#plugin';
import { type PortResource, portSignals, type SwitchFacts } from '../facts.ts';
import type { PortStep } from '../generated.ts';
import { switchOf } from '../kinds.ts';
import { confirmOf } from '../switch/confirm.ts';
import { interrupts, isPortField, type Row, rowOf } from '../model/fields.ts';
import type { PortPolicy } from './policy.ts';
import { fieldChanges, wantedChanges } from './differences.ts';

/** True if the changes take a port that is up down for a moment. */
export function flaps(before: Row, changes: Row): boolean {
  const after = { ...before, ...changes };
  return Object.keys(changes).some((field) => isPortField(field) && interrupts(field, after));
}

function stepOf(isUp: boolean, before: Row, changes: Row): PortStep {
  const after = changes['admin_status'];
  if (isUp && after === 'down') return 'line:up>down';
  if (!isUp && after === 'up') return 'line:down>up';
  return isUp && flaps(before, changes) ? 'line:up>up' : 'present>present';
}

function becauseOf(changes: Row, confirmed: string): string {
  const fields = Object.keys(changes).sort();
  return `${fields.length === 1 ? `${fields[0]} differs` : `${fields.join(', ')} differ`}${confirmed}`;
}

/** The confirmation of a change that affects a link, as the end of a sentence; empty without one. */
function confirmedText(step: PortStep, changes: Row, resource: PortResource, scene: Scene): string {
  const device = switchOf(scene, resource.ref);
  const confirm = device === undefined ? undefined : confirmOf(device);
  const isSafe = step === 'line:down>up' || step === 'present>present';
  if (confirm === undefined || (isSafe && changes['mtu'] === undefined)) return '';
  const means = seenFacts<SwitchFacts>(device)?.taken_back_by?.means ?? 'the next run on this machine only';
  return `. Unless the change is confirmed within ${confirm.within}, it is taken back by ${means}`;
}

/** Writes the declared fields again that the switch has not taken up for longer than `takeUp`. */
function repeated(resource: KnownResource<PortResource>, now: number): Proposal<PortStep> | undefined {
  const { behind = {}, behind_values: shown = {}, row = {} } = observedOf(resource)?.facts ?? {};
  const since = instantOf(resource.memory?.kept.behind_since ?? '');
  const { takeUp } = resource.policy as PortPolicy;
  if (!(now - since >= durationMs(takeUp))) return undefined;
  const declared = rowOf(resource.desired?.spec ?? {});
  const fields = Object.keys(behind).filter((field) => declared[field] !== undefined);
  if (fields.length === 0) return undefined;
  return {
    step: 'uptake:behind>current',
    goal: 'update',
    fields: fieldChanges(shown, Object.fromEntries(fields.map((field) => [field, row[field] ?? '']))),
    because: `the switch has not taken up ${fields.map((field) => `${field} (${behind[field]} does not show it)`).join(', ')}`,
  };
}

export function diffPort(resource: KnownResource<PortResource>, scene: Scene): Proposal<PortStep> | undefined {
  const { desired, memory } = resource;
  const observed = observedOf(resource);
  if (desired === undefined)
    return observed === undefined
      ? undefined
      : { step: 'present>absent', goal: 'remove', because: 'the port is no longer declared' };
  if (observed === undefined)
    return {
      step: 'absent>present',
      goal: 'create',
      fields: fieldChanges({}, rowOf(desired.spec)),
      because: 'the switch does not have the port',
    };
  const { row } = observed.facts;
  const changes = wantedChanges(desired.spec, memory?.applied?.spec, row, portSignals(resource).oper_status);
  if (Object.keys(changes).length === 0)
    return otherState(resource, 'uptake') === 'behind' ? repeated(resource, scene.now) : undefined;
  const step = stepOf(otherState(resource, 'line') === 'up', row, changes);
  return {
    step,
    goal: 'update',
    fields: fieldChanges(row, changes),
    because: becauseOf(changes, confirmedText(step, changes, resource, scene)),
  };
}
