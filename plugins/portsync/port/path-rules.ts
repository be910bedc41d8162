/** Rules about the management path: each change is judged with all other changes of the plan on its switch. Pure. */

import { type Change, defer, pass, reject, type Rule, type Scene, seenFacts, type Verdict, warn } from '#plugin';
import {
  type PortFacts,
  portFacts,
  type PortResource,
  portSignals,
  type SwitchFacts,
  type SwitchResource,
} from '../facts.ts';
import type { PortMemory, PortSpec } from '../generated.ts';
import { Port, portRef, switchOf } from '../kinds.ts';
import type { Device } from '../path/evidence.ts';
import { judgePaths, type PathVerdict, type PortEffect } from '../path/judge-path.ts';
import { type Paths, pathsOf } from '../path/paths.ts';
import { evidenceOf } from '../switch/surroundings.ts';
import { confirmOf } from '../switch/confirm.ts';
import { effective, rowAfter } from './differences.ts';
import { flaps } from './diff.ts';

type PortRule = Rule<PortSpec, PortFacts, PortMemory>;

/** The effect of a change on the link of its port; undefined for one without any. */
export function effectOf(change: Change, resource: PortResource): PortEffect | undefined {
  const before = portFacts(resource)?.row ?? {};
  // CONFIG_DB may say down while the switch has not taken it up, and a row may not have the field at all.
  const wasUp = effective(before, 'admin_status') === 'up' || portSignals(resource).oper_status === 'up';
  const port = change.ref.name;
  if (change.goal === 'remove') return wasUp ? { port, down: 'lasting' } : undefined;
  const changed = Object.fromEntries(change.fields.map(({ path }) => [path.slice(1), '']));
  const after = rowAfter(change, resource);
  const isShut = wasUp && effective(after, 'admin_status') === 'down';
  const isMomentary =
    wasUp &&
    !isShut &&
    flaps(after, Object.fromEntries(Object.keys(changed).map((field) => [field, after[field] ?? ''])));
  const mtu = 'mtu' in changed ? Number(after['mtu']) : undefined;
  const down = isShut ? ('lasting' as const) : isMomentary ? ('moment' as const) : undefined;
  if (down === undefined && mtu === undefined) return undefined;
  return { port, ...(down === undefined ? {} : { down }), ...(mtu === undefined ? {} : { mtu }) };
}

/** The device of a port that carries no path, from its facts. */
function deviceOf(port: PortResource): Device {
  const { row = {}, in_use: used } = portFacts(port) ?? {};
  const mtu = Number(effective(row, 'mtu'));
  return {
    name: port.ref.name,
    role: 'port',
    isUp: effective(row, 'admin_status') === 'up',
    carries: portSignals(port).oper_status !== 'down',
    lower: [],
    isUsed: used === true,
    ...(Number.isFinite(mtu) ? { mtu } : {}),
  };
}

/**
 * The paths to keep. A name counts if the document or the applied document declares it. Only an applied name stands for a
 * path that was not found: otherwise a document could name another port in the same change as it cuts the path.
 */
export function managementPaths(scene: Scene, { ref, desired, memory }: SwitchResource): Paths {
  const declared = desired?.spec.management ?? [];
  const inputs = memory?.safety;
  if (inputs === undefined) return pathsOf(evidenceOf(scene, ref.name), declared);
  const { '/management': known } = inputs;
  const applied = Array.isArray(known) ? (known as readonly string[]) : [];
  return pathsOf(evidenceOf(scene, ref.name), [...new Set([...declared, ...applied])], applied);
}

/** The paths, with the devices of the ports that change. */
export function pathsWith(scene: Scene, device: SwitchResource, effects: readonly PortEffect[]): Paths {
  const paths = managementPaths(scene, device);
  const others = effects.flatMap(({ port: name }): (readonly [string, Device])[] => {
    const port = paths.devices.has(name) ? undefined : Port.get(scene, portRef(device.ref.name, name));
    return port === undefined ? [] : [[name, deviceOf(port)]];
  });
  return { ...paths, devices: new Map([...paths.devices, ...others]) };
}

function effectsOf(changes: Iterable<Change>, scene: Scene, device: SwitchResource): readonly PortEffect[] {
  return [...changes].flatMap((change): readonly PortEffect[] => {
    if (change.ref.kind !== 'Port' || change.ref.scope?.[0] !== device.ref.name) return [];
    const port = Port.get(scene, change.ref);
    const effect = port === undefined ? undefined : effectOf(change, port);
    return effect === undefined ? [] : [effect];
  });
}

/** Verdicts on all changes of a plan, by switch: judged once, and not again for each change. */
const planned = new WeakMap<Scene['changes'], Map<string, ReadonlyMap<string, PathVerdict>>>();

function plannedVerdicts(scene: Scene, device: SwitchResource): ReadonlyMap<string, PathVerdict> {
  const bySwitch = planned.get(scene.changes) ?? new Map<string, ReadonlyMap<string, PathVerdict>>();
  planned.set(scene.changes, bySwitch);
  const known = bySwitch.get(device.ref.name);
  if (known !== undefined) return known;
  const effects = effectsOf(scene.changes.values(), scene, device);
  const verdicts = judgePaths(pathsWith(scene, device, effects), effects);
  bySwitch.set(device.ref.name, verdicts);
  return verdicts;
}

/**
 * The verdict on a change. In a plan, it is judged with all other changes of the switch; right before its action, with
 * those that run at this moment, because the refreshed switch shows those that are done.
 */
function verdictOn(scene: Scene, change: Change, resource: PortResource): PathVerdict {
  const { ref, address } = resource;
  const device = switchOf(scene, ref);
  if (device === undefined) return { verdict: 'allowed' };
  if (!scene.judged.has(address)) return plannedVerdicts(scene, device).get(ref.name) ?? { verdict: 'allowed' };
  // Hundreds of others may run.
  if (effectOf(change, resource) === undefined) return { verdict: 'allowed' };
  const running = [...scene.underWay.values()].map((action) => action.change).filter((each) => each.ref !== change.ref);
  const effects = effectsOf([...running, change], scene, device);
  return judgePaths(pathsWith(scene, device, effects), effects).get(ref.name) ?? { verdict: 'allowed' };
}

/**
 * A change that cuts a path may be made if it is taken back without the path, unless it is confirmed; and if the check
 * before the confirmation would see the cut. On the switch itself, it sees a link that does not come up again, and neither
 * a link that is down for good nor packets that are too large.
 */
function withConfirm(scene: Scene, { ref }: PortResource, found: Verdict): Verdict {
  const device = switchOf(scene, ref);
  const confirm = device === undefined ? undefined : confirmOf(device);
  const by = seenFacts<SwitchFacts>(device)?.taken_back_by;
  if (confirm === undefined || by === undefined) return found;
  const facts = { ...found.facts, taken_back_by: by.means, within: confirm.within };
  const kept = (why: string): Verdict => ({
    ...found,
    message: `${found.message}. confirm does not help: ${why}`,
    facts,
  });
  if (!by.survives_cut)
    return {
      ...kept(`the change would be taken back by ${by.means}`),
      remedy: { outside: 'run `fettle portsync run` on the switch, or move the management path to another port' },
    };
  if (!by.sees_cut && found.facts['down'] !== 'moment')
    return kept('fettle runs on the switch, and would not see the cut');
  return warn(
    `${found.message}. Unless the switch works after it, ${by.means} takes the change back within ${confirm.within}`,
    facts,
  );
}

function asVerdict(found: PathVerdict, isAsked: (facts: { readonly mtu?: unknown }) => boolean): Verdict {
  if (found.verdict === 'allowed' || !isAsked(found.facts)) return pass('The management path stays');
  const { message, facts, remedy, isWaiting } = found;
  return (isWaiting ? defer : reject)(message, facts, { remedy: { outside: remedy } });
}

/** The verdict of a rule, with what `confirm` of the switch makes of it. */
function judgedBy(scene: Scene, resource: PortResource, verdict: Verdict): Verdict {
  return verdict.outcome === 'reject' ? withConfirm(scene, resource, verdict) : verdict;
}

export const managementPath: PortRule = (change, resource, scene) => {
  const found = verdictOn(scene, change, resource);
  const isAsked = (facts: object): boolean => found.verdict === 'would-cut-management-path' && !('needed_mtu' in facts);
  return judgedBy(scene, resource, asVerdict(found, isAsked));
};

export const managementMtu: PortRule = (change, resource, scene) =>
  judgedBy(
    scene,
    resource,
    asVerdict(verdictOn(scene, change, resource), (facts) => 'needed_mtu' in facts),
  );

export const managementUnknown: PortRule = (change, resource, scene) => {
  const found = verdictOn(scene, change, resource);
  return judgedBy(
    scene,
    resource,
    asVerdict(found, () => found.verdict === 'management-path-unknown'),
  );
};
