/**
 * Diff: the one step that brings a Node nearer to what is written.
 *
 * | seen | written | step |
 * |---|---|---|
 * | nothing | yes | create |
 * | in service | no | drain, to be removed |
 * | starting, draining or unhealthy | no | remove |
 * | draining | yes | remove, to be made anew: it never returns to service |
 * | in service, its disk too full | yes | drain |
 * | its provider protects it | not to be protected | lift that, and nothing else |
 * | differs in place | yes | edit |
 * | off | on, or the other way | turn it on or off |
 * | differs in what needs its power off | yes | turn it off, change it, turn it on |
 * | another image, or no backups any more | yes | a row that destroys data |
 * | differs in what cannot be changed | yes | drain, or remove, to be made anew |
 */

import {
  type FieldChange,
  type Proposal,
  type Scene,
  gapOver,
  otherState,
  type KnownResource,
  observedOf,
} from '#plugin';
import { decisionOf } from './decision.ts';
import { type Differences, differencesOf } from './differences.ts';
import { type NodeResource, nodeSignals } from './facts.ts';
import type { NodeStep } from './generated.ts';
import { DISK_FULL_PERCENT } from './observe-node.ts';
import { leftFields } from './successor.ts';
import { dedication } from './settings.ts';

type Taking = { readonly goal: 'remove' | 'replace' } & Pick<Proposal, 'because' | 'cause' | 'fields'>;

/** The step that drains a node; undefined where it is not in service. */
function drainStep(state: string): NodeStep | undefined {
  switch (state) {
    case 'ready':
      return 'ready>draining';
    case 'active':
      return 'active>draining';
    case 'idle':
      return 'idle>draining';
    default:
      return undefined;
  }
}

/** The step that deletes a node which has nothing to drain; undefined where the provider is already at it. */
function deleteStep(state: string): NodeStep | undefined {
  switch (state) {
    case 'provisioning':
      return 'provisioning>decommissioned';
    case 'initializing':
      return 'initializing>decommissioned';
    case 'draining':
      return 'draining>decommissioned';
    case 'unhealthy':
      return 'unhealthy>decommissioned';
    default:
      return undefined;
  }
}

/** The step that takes a node away, or nearer to it. */
function leaving(state: string, how: Taking): Proposal<NodeStep> | undefined {
  const step = drainStep(state) ?? deleteStep(state);
  return step === undefined ? undefined : { step, ...how };
}

/** The field that says whether the workload source knows of a drain. */
export const TOLD_FIELD = '/workloads/drained';

/** A node that somebody else drained, by its label: the workload source does not know yet. */
function telling(resource: NodeResource, state: string): Proposal<NodeStep> | undefined {
  const signals = nodeSignals(resource);
  if (state !== 'draining' || signals?.drains !== true || signals.workloads === 'none') return undefined;
  // Where a gap covers it, nobody knows whether the source calls it by the name that it would be told.
  if (resource.memory?.kept.toldAt !== undefined || gapOver(resource) !== undefined) return undefined;
  return {
    step: 'draining>draining',
    goal: 'update',
    fields: [{ path: TOLD_FIELD, before: false, after: true }],
    because: 'The node is draining, but the workload source has not been notified',
    cause: 'progress',
  };
}

function removal(resource: NodeResource, state: string, scene: Scene): Proposal<NodeStep> | undefined {
  const untold = telling(resource, state);
  if (untold !== undefined) return untold;
  const { because } = decisionOf(resource, scene);
  const why = because ?? 'no longer declared';
  return leaving(state, {
    goal: 'remove',
    because: state === 'draining' ? `The node is drained: ${why}` : why,
    // Its pool let it go, by a row that was applied.
    ...(because === undefined ? {} : { cause: 'policy' as const }),
  });
}

const NAMES: Readonly<Record<string, string>> = {
  '/name': 'its name',
  '/protection': 'its protection',
  '/backups': 'its backups',
  '/networks': 'its networks',
  '/firewalls': 'its firewalls',
  '/volumes': 'its volumes',
  '/serverType': 'its server type',
  '/upgradeDisk': 'its disk, for good',
  '/placementGroup': 'its placement group',
  '/image': 'its image',
  '/location': 'its location',
  '/sshKeys': 'its SSH keys',
  '/userData': 'its user data',
  '/userDataFile': 'its user data',
  '/publicNet/ipv4': 'its public addresses',
  '/publicNet/ipv6': 'its public addresses',
};

function listed(fields: readonly FieldChange[]): string {
  return [...new Set(fields.map(({ path }) => NAMES[path] ?? 'its labels'))].join(', ');
}

/** What waits behind a row: one step a resource a plan. */
function later(found: Differences, shown: readonly FieldChange[]): string {
  const all = [found.inPlace, found.cycle, found.endBackups, found.rebuild, found.replace].flat();
  const rest = all.filter((field) => !shown.includes(field));
  return rest.length === 0 ? '' : `; after that: ${listed(rest)}`;
}

function edit(state: string, fields: readonly FieldChange[], because: string): Proposal<NodeStep> | undefined {
  const how = { goal: 'update', fields, because } as const;
  switch (state) {
    case 'initializing':
      return { step: 'initializing>initializing', ...how };
    case 'ready':
      return { step: 'ready>ready', ...how };
    case 'active':
      return { step: 'active>active', ...how };
    case 'idle':
      return { step: 'idle>idle', ...how };
    case 'draining':
      return { step: 'draining>draining', ...how };
    case 'unhealthy':
      return { step: 'unhealthy>unhealthy', ...how };
    default:
      return undefined;
  }
}

function diskFull(resource: NodeResource, state: string): Proposal<NodeStep> | undefined {
  const used = nodeSignals(resource)?.diskUsedPercent;
  if (used === undefined || used <= DISK_FULL_PERCENT || dedication(resource) !== undefined) return undefined;
  const how = {
    goal: 'update',
    because: `The disk of the node is ${used} % full; the limit is ${DISK_FULL_PERCENT} %`,
    cause: 'policy',
  } as const;
  const step = drainStep(state);
  return step === undefined ? undefined : { step, ...how };
}

function power(resource: NodeResource, wanted: 'on' | 'off'): Proposal<NodeStep> | undefined {
  const now = otherState(resource, 'power');
  const fields = [{ path: '/power', before: now ?? null, after: wanted }];
  if (now === 'off' && wanted === 'on')
    return { step: 'power:off>on', goal: 'update', fields, because: 'The server is turned on: its document says so' };
  if (now === 'on' && wanted === 'off')
    return { step: 'power:on>off', goal: 'update', fields, because: 'The server is turned off: its document says so' };
  return undefined;
}

/** A change that needs the power off; undefined while the server starts or stops. */
function cycle(
  resource: NodeResource,
  goal: 'update' | 'replace',
  fields: readonly FieldChange[],
  because: string,
): Proposal<NodeStep> | undefined {
  const now = otherState(resource, 'power');
  if (now === 'on') return { step: 'power:on>on', goal, fields, because };
  return now === 'off' ? { step: 'power:off>off', goal, fields, because } : undefined;
}

/** Of a node that is written and there. */
function change(resource: KnownResource<NodeResource>, state: string): Proposal<NodeStep> | undefined {
  const { desired, memory, ref } = resource;
  const observed = observedOf(resource);
  if (desired === undefined || observed === undefined) return undefined;
  const { spec } = desired;
  const found = differencesOf(ref.name, spec, observed.facts, memory?.kept ?? {});
  if (found.lift.length > 0)
    return edit(state, found.lift, `The protection by the provider is lifted${later(found, [])}`);
  if (state === 'draining' || (state === 'unhealthy' && nodeSignals(resource)?.life.drainingAt !== undefined))
    return (
      telling(resource, state) ??
      leaving(state, {
        goal: 'replace',
        because: 'The node was drained and does not return to service, so its server is replaced',
        cause: 'progress',
      })
    );
  const full = diskFull(resource, state);
  if (full !== undefined) return full;
  if (found.inPlace.length > 0)
    return edit(
      state,
      found.inPlace,
      `The server is updated in place: ${listed(found.inPlace)}${later(found, found.inPlace)}`,
    );
  const isOff = observed.others?.['power'] === 'off';
  const cycled = (): Proposal<NodeStep> | undefined =>
    found.cycle.length === 0
      ? undefined
      : cycle(
          resource,
          'update',
          found.cycle,
          `${isOff ? 'The server is off, and is changed before it is turned on again' : 'The server is turned off and on again to change it'}: ${listed(found.cycle)}${later(found, found.cycle)}`,
        );
  // What is off anyway is changed before it is turned on again.
  const first = isOff ? (cycled() ?? power(resource, spec.power)) : (power(resource, spec.power) ?? cycled());
  if (first !== undefined) return first;
  if (found.endBackups.length > 0)
    return edit(
      state,
      found.endBackups,
      `Backups are turned off, which deletes every backup of the server${later(found, found.endBackups)}`,
    );
  if (found.rebuild.length > 0)
    return cycle(
      resource,
      'replace',
      found.rebuild,
      `The server is turned off and rebuilt from another image, which destroys the data on its disk${later(found, found.rebuild)}`,
    );
  if (found.replace.length === 0) return undefined;
  const because = `The server is replaced, because ${listed(found.replace)} cannot be changed. The data on its disk is lost`;
  return leaving(state, { goal: 'replace', fields: found.replace, because });
}

export function diffNode(resource: KnownResource<NodeResource>, scene: Scene): Proposal<NodeStep> | undefined {
  const { desired } = resource;
  const observed = observedOf(resource);
  if (observed?.given === true || desired?.spec.provider === 'static') return undefined;
  if (observed === undefined) {
    if (desired === undefined) return undefined;
    const { serverType = '', image = '', location = '' } = desired.spec;
    const handed = leftFields(desired.spec, resource.memory?.kept.left);
    const beside = handed.length === 0 ? '' : `. The former server hands on ${listed(handed)}`;
    return {
      step: 'absent>provisioning',
      goal: 'create',
      ...(handed.length === 0 ? {} : { fields: handed }),
      because: `The server does not exist. It is created as a ${serverType} from ${image} in ${location}${beside}`,
    };
  }
  return desired === undefined ? removal(resource, observed.state, scene) : change(resource, observed.state);
}
