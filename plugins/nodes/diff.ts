/**
 * Diff: the next step of a Node towards its document.
 *
 * | observed | declared | step |
 * |---|---|---|
 * | nothing | yes | create |
 * | in service | no | drain, to be removed |
 * | starting, draining or unhealthy | no | remove |
 * | draining | yes | remove, to be created again: a drained node never returns to service |
 * | in service, its disk too full | yes | drain |
 * | protected at the provider | not protected | lift the protection, and nothing else |
 * | differs in place | yes | edit |
 * | off | on, or vice versa | turn it on or off |
 * | differs in a field that needs the power off | yes | turn it off, change it, turn it on |
 * | differs in the image, or in turned-off backups | yes | a row that destroys data |
 * | differs in a field that cannot change | yes | drain, or remove, to be created again |
 */

import {
  type FieldChange,
  type Proposal,
  type Scene,
  gapOver,
  instantText,
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
import { dedication, ms, type Settings, settingsOfResource } from './settings.ts';

type Taking = { readonly goal: 'remove' | 'replace' } & Pick<Proposal, 'because' | 'cause' | 'fields'>;

/** The step that drains a node; undefined for a node that is not in service. */
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

/** The step that deletes a node without a drain; undefined if the provider is already deleting it. */
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

/** The deletion that follows a drain, in a later plan. */
function deletedLater({ drainGrace }: Settings, now: number): string {
  const grace = ms(drainGrace);
  const when = grace === 0 ? '' : `, at ${instantText(now + grace)} at the earliest (drainGrace is ${drainGrace})`;
  return `A later plan deletes the server${when}`;
}

/** The next step of the removal of a node: a node in service is drained first. */
function leaving(resource: NodeResource, state: string, scene: Scene, how: Taking): Proposal<NodeStep> | undefined {
  const drain = drainStep(state);
  if (drain !== undefined)
    return { step: drain, ...how, because: `${how.because}. ${deletedLater(settingsOfResource(resource), scene.now)}` };
  const step = deleteStep(state);
  return step === undefined ? undefined : { step, ...how };
}

/** The field for the notification of the workload source about a drain. */
export const TOLD_FIELD = '/workloads/drained';

/** The step for a node that another program drained by its label: notifies the workload source. */
function notification(resource: NodeResource, state: string): Proposal<NodeStep> | undefined {
  const signals = nodeSignals(resource);
  if (state !== 'draining' || signals?.drains !== true || signals.workloads === 'none') return undefined;
  // In a gap, the name of the node at the source is uncertain.
  if (resource.memory?.kept.told_at !== undefined || gapOver(resource) !== undefined) return undefined;
  return {
    step: 'draining>draining',
    goal: 'update',
    fields: [{ path: TOLD_FIELD, before: false, after: true }],
    because: 'The node is draining, but the workload source has not been notified',
    cause: 'progress',
  };
}

function removal(resource: NodeResource, state: string, scene: Scene): Proposal<NodeStep> | undefined {
  const notifying = notification(resource, state);
  if (notifying !== undefined) return notifying;
  const { because } = decisionOf(resource, scene);
  const why = because ?? 'The server is no longer declared';
  return leaving(resource, state, scene, {
    goal: 'remove',
    because: state === 'draining' ? `The node is drained: ${why}` : why,
    // An applied row of the pool removed the node.
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
  '/upgradeDisk': 'its disk, irreversibly',
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

/** Text of the differences that wait for later plans, because a plan has one step for each resource. */
function later(found: Differences, shown: readonly FieldChange[]): string {
  const all = [found.inPlace, found.cycle, found.endBackups, found.rebuild, found.replace].flat();
  const rest = all.filter((field) => !shown.includes(field));
  return rest.length === 0 ? '' : `. Later steps: ${listed(rest)}`;
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
  const used = nodeSignals(resource)?.disk_used_percent;
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
    return { step: 'power:off>on', goal: 'update', fields, because: 'The server is turned on, as declared' };
  if (now === 'on' && wanted === 'off')
    return { step: 'power:on>off', goal: 'update', fields, because: 'The server is turned off, as declared' };
  return undefined;
}

/** The step for a change that needs the power off; undefined while the server starts or stops. */
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

/** The step of a declared and existing node. */
function change(resource: KnownResource<NodeResource>, state: string, scene: Scene): Proposal<NodeStep> | undefined {
  const { desired, memory, ref } = resource;
  const observed = observedOf(resource);
  if (desired === undefined || observed === undefined) return undefined;
  const { spec } = desired;
  const found = differencesOf(ref.name, spec, observed.facts, memory?.kept ?? {});
  if (found.lift.length > 0)
    return edit(state, found.lift, `The protection at the provider is lifted${later(found, [])}`);
  if (state === 'draining' || (state === 'unhealthy' && nodeSignals(resource)?.life.draining_at !== undefined))
    return (
      notification(resource, state) ??
      leaving(resource, state, scene, {
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
  // A server that is off is changed before it is turned on.
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
  return leaving(resource, state, scene, { goal: 'replace', fields: found.replace, because });
}

export function diffNode(resource: KnownResource<NodeResource>, scene: Scene): Proposal<NodeStep> | undefined {
  const { desired } = resource;
  const observed = observedOf(resource);
  if (observed?.given === true || desired?.spec.provider === 'static') return undefined;
  if (observed === undefined) {
    if (desired === undefined) return undefined;
    const { serverType = '', image = '', location = '' } = desired.spec;
    const handed = leftFields(desired.spec, resource.memory?.kept.left);
    const passed = handed.length === 0 ? '' : `. The server gets ${listed(handed)} from the former one`;
    return {
      step: 'absent>provisioning',
      goal: 'create',
      ...(handed.length === 0 ? {} : { fields: handed }),
      because: `The server does not exist. It is created as a ${serverType} from ${image} in ${location}${passed}`,
    };
  }
  return desired === undefined ? removal(resource, observed.state, scene) : change(resource, observed.state, scene);
}
