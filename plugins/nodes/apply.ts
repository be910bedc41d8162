/** Apply: the handler of every step of a Node. A call that returned is done at the provider, and can be repeated. */

import {
  type ActionRun,
  defined,
  type FileSeen,
  instantText,
  unescapePointer,
  UnknownOutcomeError,
  seenFacts,
  otherState,
} from '#plugin';
import { TOLD_FIELD } from './diff.ts';
import { isNamed, wantedLabels } from './differences.ts';
import type { NodeResource } from './facts.ts';
import type { NodeMemory, NodeSpec, NodeStep } from './generated.ts';
import { drainValue, LABELS, labelValue } from './labels.ts';
import { madeWith } from './note.ts';
import { settingsOfResource } from './settings.ts';
import { leftInRow, withLeft } from './successor.ts';
import { workloadName } from './workload-names.ts';
import type { Call, CreateOrder, LabelChange, NodesWriter } from './world.ts';

type NodeHandler = (
  world: NodesWriter,
  resource: NodeResource,
  run: ActionRun,
) => Promise<Partial<NodeMemory> | undefined>;

function specOf({ desired }: NodeResource): NodeSpec {
  if (desired === undefined) throw new Error('The node has no document, so nothing is created or changed');
  return desired.spec;
}

function idOf(resource: NodeResource): number {
  const id = seenFacts(resource)?.server_id;
  if (id === undefined) throw new Error('The server of the node is unknown');
  return id;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`The document of the node has no ${what}`);
  return value;
}

interface NewServer {
  readonly name: string;
  readonly spec: NodeSpec;
  readonly userData: string | undefined;
  readonly project: string;
  /** Id of the intent to create it. */
  readonly intent: string;
}

/** The order of a new server, with a label that finds the server again after an interruption. */
function orderOf({ name, spec, userData, project, intent }: NewServer): CreateOrder {
  const { placementGroup, publicNet } = spec;
  return defined({
    name,
    serverType: required(spec.serverType, 'server type'),
    image: required(spec.image, 'image'),
    location: required(spec.location, 'location'),
    sshKeys: spec.sshKeys,
    userData,
    networks: spec.networks ?? [],
    firewalls: spec.firewalls ?? [],
    placementGroup,
    volumes: spec.volumes ?? [],
    labels: { ...wantedLabels(spec, labelValue(project)), [LABELS.intent]: intent },
    backups: spec.backups ?? false,
    protection: spec.protection ?? false,
    publicNet,
    start: spec.power === 'on',
  });
}

/** The user data file with its approved content; undefined without such a file. */
function userDataSent({ userDataFile }: NodeSpec, { files }: ActionRun): FileSeen | undefined {
  if (userDataFile === undefined) return undefined;
  const sent = files.find(({ use }) => use === 'send');
  if (sent?.content === undefined) throw new Error(`The user data file ${userDataFile} was not read`);
  return sent;
}

const create: NodeHandler = async (world, resource, run) => {
  const spec = specOf(resource);
  const file = userDataSent(spec, run);
  const userData = file === undefined ? spec.userData : new TextDecoder().decode(file.content);
  const whole = withLeft(spec, leftInRow(run.change.fields));
  const order = orderOf({
    name: resource.ref.name,
    spec: whole,
    userData,
    project: world.limits.project,
    intent: run.id,
  });
  const server = await world.createServer(order, run).catch(async (error: unknown) => {
    // An existing server is owned even if a later call failed; the next refresh settles the step.
    const found = await world.serverByName(resource.ref.name, run.signal).catch(() => 'unknown' as const);
    const isOurs = found === 'unknown' || found?.labels[LABELS.intent] === run.id;
    throw isOurs ? new UnknownOutcomeError(error) : error;
  });
  return {
    server_id: server.id,
    ...madeWith(spec, file?.digest === undefined ? undefined : { userData: file.digest }),
  };
};

/** Notifies the workload source to start no new containers on the node; can be repeated. */
async function notifySource(
  world: NodesWriter,
  resource: NodeResource,
  run: ActionRun,
): Promise<Pick<NodeMemory, 'told_at'>> {
  const settings = settingsOfResource(resource);
  if (!settings.unlisted) await world.drainHook(workloadName(resource.ref.name, settings), run);
  return { told_at: instantText(run.now()) };
}

/** Notifies the source before it sets the label: a node with the label gets no new containers. */
const drain: NodeHandler = async (world, resource, run) => {
  run.progress('draining the node');
  const notified = await notifySource(world, resource, run);
  const now = run.now();
  await world.changeLabels(idOf(resource), { set: { [LABELS.drain]: drainValue(now) }, remove: [] }, run);
  return { ...notified, draining_at: instantText(now) };
};

const remove: NodeHandler = async (world, resource, run) => {
  if (otherState(resource, 'power') === 'on' && (seenFacts(resource)?.volumes ?? []).length > 0) {
    // A shutdown completes the writes to the volumes.
    run.progress('turning the server off before its volumes are detached');
    await world.powerOff(idOf(resource), run);
  }
  run.progress('deleting the server');
  await world.deleteServer(idOf(resource), run);
  return undefined;
};

/** Labels of a row: `/labels/team~1web` is the label `team/web`. */
function labelChange(run: ActionRun): LabelChange | undefined {
  const set: Record<string, string> = {};
  const gone: string[] = [];
  for (const { path, after } of run.change.fields) {
    if (!path.startsWith('/labels/')) continue;
    const key = unescapePointer(path.slice('/labels/'.length));
    if (typeof after === 'string') set[key] = after;
    else gone.push(key);
  }
  return Object.keys(set).length + gone.length === 0 ? undefined : { set, remove: gone };
}

async function setNetworks(world: NodesWriter, id: number, resource: NodeResource, call: Call): Promise<void> {
  const want = specOf(resource).networks ?? [];
  const have = seenFacts(resource)?.networks ?? [];
  for (const there of have) {
    const wanted = want.find(({ network }) => isNamed(there.network, network));
    if (wanted === undefined || (wanted.ip !== undefined && wanted.ip !== there.ip))
      await world.detachNetwork(id, String(there.network.id), call);
    else if (wanted.aliasIps.toSorted().join(' ') !== there.aliasIps.toSorted().join(' '))
      await world.setAliasIps(id, String(there.network.id), wanted.aliasIps, call);
  }
  for (const { network, ip, aliasIps } of want) {
    const there = have.find((each) => isNamed(each.network, network));
    if (there === undefined || (ip !== undefined && ip !== there.ip))
      await world.attachNetwork(id, network, ip, aliasIps, call);
  }
}

async function setNames(
  have: readonly { readonly id: number; readonly name: string }[],
  want: readonly string[],
  add: (name: string) => Promise<void>,
  take: (name: string) => Promise<void>,
): Promise<void> {
  for (const name of want) if (!have.some((each) => isNamed(each, name))) await add(name);
  for (const each of have) if (!want.some((name) => isNamed(each, name))) await take(String(each.id));
}

/** Applies the fields of the row, one call after another, because a server is locked while an action runs. */
const edit: NodeHandler = async (world, resource, run) => {
  if (run.change.fields.some(({ path }) => path === TOLD_FIELD)) return notifySource(world, resource, run);
  const id = idOf(resource);
  const spec = specOf(resource);
  const facts = seenFacts(resource);
  const has = (path: string): boolean => run.change.fields.some((field) => field.path === path);
  if (has('/protection')) await world.setProtection(id, spec.protection ?? false, run);
  if (has('/name')) await world.rename(id, resource.ref.name, run);
  const labels = labelChange(run);
  if (labels !== undefined) await world.changeLabels(id, labels, run);
  if (has('/networks')) await setNetworks(world, id, resource, run);
  if (has('/firewalls'))
    await setNames(
      facts?.firewalls ?? [],
      spec.firewalls ?? [],
      (name) => world.applyFirewall(id, name, run),
      (name) => world.removeFirewall(id, name, run),
    );
  if (has('/volumes'))
    await setNames(
      facts?.volumes ?? [],
      spec.volumes ?? [],
      (name) => world.attachVolume(id, name, run),
      (name) => world.detachVolume(id, name, run),
    );
  if (has('/backups')) await world.setBackups(id, spec.backups ?? false, run);
  return labels === undefined ? undefined : { labels: Object.keys(spec.labels).sort() };
};

const powerOn: NodeHandler = async (world, resource, run) => {
  await world.powerOn(idOf(resource), run);
  return undefined;
};

const powerOff: NodeHandler = async (world, resource, run) => {
  await world.powerOff(idOf(resource), run);
  return undefined;
};

/** Applies the fields of the row that need the power off, to a server that is off. */
async function changeWhileOff(world: NodesWriter, resource: NodeResource, run: ActionRun): Promise<void> {
  const id = idOf(resource);
  const spec = specOf(resource);
  const facts = seenFacts(resource) ?? {};
  const has = (path: string): boolean => run.change.fields.some((field) => field.path === path);
  if (has('/placementGroup')) {
    if (facts.placementGroup !== undefined) await world.leavePlacementGroup(id, run);
    await world.joinPlacementGroup(id, required(spec.placementGroup, 'placement group'), run);
  }
  // Last, because it starts the server again.
  if (has('/serverType'))
    await world.changeType(id, required(spec.serverType, 'server type'), has('/upgradeDisk'), run);
}

async function rebuild(world: NodesWriter, resource: NodeResource, run: ActionRun): Promise<undefined> {
  run.progress('rebuilding the server');
  await world.rebuild(idOf(resource), required(specOf(resource).image, 'image'), run);
  return undefined;
}

const changeRunning: NodeHandler = async (world, resource, run) => {
  if (run.change.goal === 'replace') return rebuild(world, resource, run);
  run.progress('turning the server off');
  await world.powerOff(idOf(resource), run);
  try {
    await changeWhileOff(world, resource, run);
  } catch (error) {
    // After a refused change (no capacity for the type), a server that ran is turned on again; the failure is reported.
    await world.powerOn(idOf(resource), run).catch(() => undefined);
    throw error;
  }
  run.progress('turning the server on');
  await world.powerOn(idOf(resource), run);
  return undefined;
};

/** A new type, or a new disk, starts the server: one that should be off is turned off again. */
const changeOff: NodeHandler = async (world, resource, run) => {
  if (run.change.goal === 'replace') await rebuild(world, resource, run);
  else await changeWhileOff(world, resource, run);
  if (specOf(resource).power === 'off') await world.powerOff(idOf(resource), run);
  return undefined;
};

export const nodeHandlers = {
  'absent>provisioning': create,
  'ready>draining': drain,
  'active>draining': drain,
  'idle>draining': drain,
  'provisioning>decommissioned': remove,
  'initializing>decommissioned': remove,
  'draining>decommissioned': remove,
  'unhealthy>decommissioned': remove,
  'initializing>initializing': edit,
  'ready>ready': edit,
  'active>active': edit,
  'idle>idle': edit,
  'draining>draining': edit,
  'unhealthy>unhealthy': edit,
  'power:off>on': powerOn,
  'power:on>off': powerOff,
  'power:on>on': changeRunning,
  'power:off>off': changeOff,
} as const satisfies Record<NodeStep, NodeHandler>;
