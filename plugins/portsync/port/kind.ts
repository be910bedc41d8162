/** The kind Port. */

import {
  type ActionRun,
  type Adoption,
  type Change,
  type Claim,
  type KnownResource,
  observedOf,
  defineKind,
  durationMs,
  InputError,
  type OnRemove,
  type Resource,
  type Scene,
  seenFacts,
  type Finding,
  type Handler,
} from '#plugin';
import { type PortFacts, portFacts, type PortResource, portSignals, type SwitchFacts } from '../facts.ts';
import type { FindingCode, PortMemory, PortRuleId, PortSpec, PortStep } from '../generated.ts';
import { switchOf, switchRef } from '../kinds.ts';
import { type Row, rowOf, specOfRow } from '../model/fields.ts';
import { expectedAfter } from '../confirm/check.ts';
import { confirmOf } from '../switch/confirm.ts';
import type { ConfirmRun, PortsyncWriter } from '../world.ts';
import { effectOf, pathsWith } from './path-rules.ts';
import { fieldChanges, keptFields, wantedChanges } from './differences.ts';
import { diffPort } from './diff.ts';
import { type PortPolicy, portPolicy } from './policy.ts';
import { portRules } from './rules.ts';
import { notePort, portStanding } from './standing.ts';
import { reachedSpec } from '../switch/target.ts';

type PortHandler = Handler<PortsyncWriter, PortSpec, PortFacts, PortMemory>;

/** The Switch of a port, as declared, or as last applied. */
function switchSpec(scene: Scene, { ref }: Pick<PortResource, 'ref'>) {
  const device = switchOf(scene, ref);
  const spec = device === undefined ? undefined : reachedSpec(device);
  if (spec === undefined) throw new InputError(`the Switch ${switchRef(ref).name} is not declared`);
  return { name: switchRef(ref).name, spec };
}

/** The values of some fields of a row. */
function partOf(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.flatMap((field) => (row[field] === undefined ? [] : [[field, row[field]]])));
}

/** The confirmation of a change that affects its link; undefined if the Switch has none. */
function confirmRun(scene: Scene, change: Change, resource: PortResource): ConfirmRun | undefined {
  const device = switchOf(scene, resource.ref);
  const confirm = device === undefined ? undefined : confirmOf(device);
  const effect = effectOf(change, resource);
  if (device === undefined || confirm === undefined || effect === undefined) return undefined;
  const { devices } = pathsWith(scene, device, [effect]);
  return {
    within: durationMs(confirm.within) / 1000,
    settle: durationMs(confirm.settle) / 1000,
    survivesCut: seenFacts<SwitchFacts>(device)?.taken_back_by?.survives_cut === true,
    expected: expectedAfter(devices, [effect]),
  };
}

/**
 * The counter of the link with the changes that a change of fettle makes: they do not count for the limit of flaps. A switch
 * that counts fewer of them has a lower count for a moment, which is not an excess.
 */
function flapsMade(change: Change, resource: PortResource): Partial<PortMemory> | undefined {
  const { flap_count: known } = resource.memory?.kept ?? {};
  if (known === undefined) return undefined;
  const isStarted = change.step === 'line:down>up';
  const { down } = effectOf(change, resource) ?? {};
  const hadLink = portSignals(resource).oper_status === 'up';
  const made = isStarted ? 1 : !hadLink || down === undefined ? 0 : down === 'moment' ? 2 : 1;
  return made === 0 ? undefined : { flap_count: known + made };
}

async function changed(
  world: PortsyncWriter,
  resource: PortResource,
  { change, scene, signal, progress, remark, aside }: ActionRun,
  goal: 'create' | 'update' | 'remove',
  set: Row,
): Promise<Partial<PortMemory> | undefined> {
  const { row = {}, others = {} } = portFacts(resource) ?? {};
  const { takeUp } = resource.policy as PortPolicy;
  const device = switchSpec(scene, resource);
  const confirm = confirmRun(scene, change, resource);
  await world.change(
    device,
    {
      port: resource.ref.name,
      goal,
      set,
      expected: goal === 'remove' ? { ...row, ...others } : partOf(row, Object.keys(set)),
    },
    { signal, progress, aside, takeUpMs: durationMs(takeUp), ...(confirm === undefined ? {} : { confirm }) },
  );
  if (confirm !== undefined) remark('The switch works after the change, which is confirmed');
  return goal === 'update' ? flapsMade(change, resource) : undefined;
}

/** Writes every field that differs from the document. */
const update: PortHandler = (world, resource, run) =>
  changed(
    world,
    resource,
    run,
    'update',
    wantedChanges(
      resource.desired?.spec ?? {},
      resource.memory?.applied?.spec,
      portFacts(resource)?.row ?? {},
      portSignals(resource).oper_status,
    ),
  );

const create: PortHandler = (world, resource, run) =>
  changed(world, resource, run, 'create', rowOf(resource.desired?.spec ?? {}));

const remove: PortHandler = (world, resource, run) => changed(world, resource, run, 'remove', {});

/** Writes the fields again that the switch has not taken up. */
const repeat: PortHandler = (world, resource, run) => {
  const declared = rowOf(resource.desired?.spec ?? {});
  const { behind = {}, row = {} } = portFacts(resource) ?? {};
  return changed(
    world,
    resource,
    run,
    'update',
    partOf(
      row,
      Object.keys(behind).filter((field) => declared[field] !== undefined),
    ),
  );
};

/** A port that the whole `configDb` of its switch no longer has is removed; another one stays. */
function onRemove({ ref }: PortResource, scene: Scene): OnRemove | undefined {
  return switchOf(scene, ref)?.desired?.spec.configDb?.whole === true ? 'remove' : undefined;
}

/** The differences that an adoption finds; a later plan applies them. */
function adoption(resource: KnownResource<PortResource>): Adoption {
  const row = observedOf(resource)?.facts.row ?? {};
  const changes = wantedChanges(resource.desired?.spec ?? {}, undefined, row, portSignals(resource).oper_status);
  return { fields: fieldChanges(row, changes), because: 'The next plan changes the fields that differ' };
}

function findings(resource: Resource<PortSpec, PortFacts, PortMemory>): readonly Finding[] {
  const { desired, memory, ref } = resource;
  if (desired === undefined) return [];
  const kept = keptFields(
    desired.spec,
    memory?.applied?.spec,
    portFacts(resource)?.row ?? {},
    memory?.kept.kept_fields,
  );
  if (kept.length === 0) return [];
  return [
    {
      ref,
      code: 'field-kept' satisfies FindingCode,
      severity: 'warning',
      message: `The port keeps ${kept.join(', ')}, because a field cannot be removed at run time. Declare the value that the port should have`,
      facts: { fields: kept },
    },
  ];
}

/** The port itself: two Switches may name one switch in different ways, such as by a name and by an address. */
function portPlaces(resource: PortResource): readonly Claim[] {
  const { switch_id: id } = portSignals(resource);
  return id === undefined ? [] : [{ kind: 'key', key: `the port ${resource.ref.name} of the switch ${id}` }];
}

export const portKind = defineKind<PortsyncWriter, PortSpec, PortFacts, PortMemory, PortStep, PortRuleId>({
  policy: (_desired, _memory, settings) => portPolicy(settings),
  state: (policy, seen, memory, now) => portStanding(policy as PortPolicy, seen, memory, now),
  onRemove,
  diff: diffPort,
  adoption,
  seen: ({ sight }) => specOfRow(sight.observed.facts.row).spec,
  note: notePort,
  findings,
  places: portPlaces,
  matters: ({ ref }) => [switchRef(ref)],
  rules: portRules,
  handlers: {
    'absent>present': create,
    'present>absent': remove,
    'present>present': update,
    'line:up>up': update,
    'line:down>up': update,
    'line:up>down': update,
    'uptake:behind>current': repeat,
  },
});
