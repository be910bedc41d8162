/** The kind Switch: a system that exists independent of fettle, and has the ports. Pure. */

import {
  type Claim,
  defineKind,
  defined,
  type Finding,
  type Handler,
  InputError,
  type Proposal,
  type KnownResource,
  type Note,
  observedOf,
  type Resource,
  type Scene,
  type SeenResource,
  type Sighting,
  type Standing,
} from '#plugin';
import type { SwitchFacts, SwitchResource } from '../facts.ts';
import type { FindingCode, SwitchMemory, SwitchRuleId, SwitchSpec, SwitchStep } from '../generated.ts';
import { changeText, MOST_NAMED, namesText } from './confirm.ts';
import { managementPaths } from '../port/path-rules.ts';
import { Port, portRef, switchRef } from '../kinds.ts';
import type { PortsyncWriter } from '../world.ts';
import { portNamesOf } from './surroundings.ts';
import { reachedSpec, targetText, worldOf } from './target.ts';

function switchStanding({ ref, facts }: Sighting<SwitchFacts>): Standing<SwitchFacts> {
  const { not_ready: notReady, missing_ports: missing = {}, confirmation } = facts;
  const lost = Object.keys(missing);
  const finding = (
    code: FindingCode,
    severity: Finding['severity'],
    message: string,
    found: Finding['facts'],
  ): Finding => ({
    ref,
    code,
    severity,
    message,
    facts: found,
  });
  return {
    state: notReady === undefined ? 'ready' : 'loading',
    others: { confirmation: confirmation?.is ?? 'settled' },
    findings: [
      ...(lost.length === 0
        ? []
        : [
            finding(
              'missing-port',
              'warning',
              `CONFIG_DB names ports that the switch does not have: ${namesText(lost.map((port) => `${port} (${missing[port]})`))}. Remove the rows, or declare the ports`,
              { ports: lost.slice(0, MOST_NAMED), count: lost.length },
            ),
          ]),
      ...(confirmation?.is !== 'reverted'
        ? []
        : [
            finding(
              'taken-back',
              'error',
              `${changeText(confirmation.ports, 'The')} was taken back, because it was not confirmed`,
              { ports: confirmation.ports.slice(0, MOST_NAMED), count: confirmation.ports.length },
            ),
          ]),
    ],
  };
}

/** The finding about ports that the whole file of a switch does not have, and that no document or state has. */
function unmanagedFindings({ ref, desired }: SwitchResource, scene: Scene): readonly Finding[] {
  if (desired?.spec.configDb?.whole !== true) return [];
  const names = portNamesOf(scene, ref.name).filter((name) => scene.get(portRef(ref.name, name)) === undefined);
  if (names.length === 0) return [];
  return [
    {
      ref,
      code: 'unmanaged' satisfies FindingCode,
      severity: 'info',
      message: `The switch has ports that its whole configDb does not have: ${namesText(names)}. Add them to the file; a port that the project does not own is never removed`,
      facts: { ports: names.slice(0, MOST_NAMED), count: names.length },
    },
  ];
}

/** The finding about a path that could not be found. */
function pathFindings(resource: SwitchResource, scene: Scene): readonly Finding[] {
  if (resource.sight.is !== 'seen' || worldOf(resource.desired?.spec ?? ({} as SwitchSpec)) === 'snapshot') return [];
  // While the switch is loaded, its paths cannot be read, and its ports wait.
  if (resource.sight.observed.facts.not_ready !== undefined) return [];
  const { unknown } = managementPaths(scene, resource);
  const [first] = unknown;
  if (first === undefined) return [];
  return [
    {
      ref: resource.ref,
      code: 'path-unknown' satisfies FindingCode,
      severity: 'warning',
      message: `The management path is unknown: ${first}. Name its ports in \`management\``,
      facts: { unknown },
    },
  ];
}

function noteSwitch(resource: KnownResource<SwitchResource>): Note<SwitchMemory> {
  const { desired } = resource;
  if (desired === undefined || observedOf(resource) === undefined) return {};
  return defined<Note<SwitchMemory>>({ target: targetText(desired.spec) });
}

/** Takes back a change that was not confirmed in time, or closes one that was taken back. */
function diffSwitch(resource: KnownResource<SwitchResource>): Proposal<SwitchStep> | undefined {
  const { is, ports = [] } = observedOf(resource)?.facts.confirmation ?? {};
  switch (is) {
    case 'overdue':
      return {
        step: 'confirmation:overdue>settled',
        goal: 'update',
        because: `${changeText(ports)} was not confirmed in time, and is taken back`,
        cause: 'progress',
      };
    case 'reverted':
      return {
        step: 'confirmation:reverted>settled',
        goal: 'update',
        because: `${changeText(ports)} was taken back, and is recorded`,
        cause: 'progress',
      };
    default:
      return undefined;
  }
}

const settle: Handler<PortsyncWriter, SwitchSpec, SwitchFacts, SwitchMemory> = async (world, resource, run) => {
  const spec = reachedSpec(resource);
  if (spec === undefined) throw new InputError(`the Switch ${resource.ref.name} is not declared`);
  for (const sentence of await world.settle({ name: resource.ref.name, spec }, run.signal)) run.remark(sentence);
  return undefined;
};

/** A Switch is reached as long as one of its ports is in the state, or a change is not settled. */
function lingers(resource: SeenResource<SwitchResource>, scene: Scene): boolean {
  return (
    observedOf(resource)?.facts.confirmation !== undefined ||
    Port.all(scene).some(({ ref, memory }) => memory !== undefined && switchRef(ref).name === resource.ref.name)
  );
}

/** Two Switches that name the same system would both manage its ports. */
function switchPlaces({ desired }: Resource<SwitchSpec, SwitchFacts, SwitchMemory>): readonly Claim[] {
  if (desired === undefined || worldOf(desired.spec) === undefined) return [];
  return [{ kind: 'key', key: `the switch ${targetText(desired.spec)}` }];
}

export const switchKind = defineKind<PortsyncWriter, SwitchSpec, SwitchFacts, SwitchMemory, SwitchStep, SwitchRuleId>({
  state: (_policy, seen) => switchStanding(seen),
  findings: (resource, scene) => [...pathFindings(resource, scene), ...unmanagedFindings(resource, scene)],
  note: noteSwitch,
  diff: diffSwitch,
  lingers,
  places: switchPlaces,
  rules: {},
  handlers: { 'confirmation:overdue>settled': settle, 'confirmation:reverted>settled': settle },
});
